/* Loaders of questions: every format and spelling, and refusals with file and line. */
#include "task/items.h"

#include "io/atomic_file.h"
#include "support.h"
#include "task_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct task_options whole;

/* ---- CSV with a header ---- */

#define Q "[Question: What?\nAnswer:]"

static void headers_are_told_by_their_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text, *items;
    } row[] = {
        {"question,a,b,answer\nWhat?,x,y,A\n", Q "*( x)( y)"},
        {"Question,A,B,C,Answer\n What? , x ,y,z,b\n", Q "( x)*( y)( z)"},
        {"stem,choice_a,choice_b,answerkey\nWhat?,x,y,2\n", Q "( x)*( y)"},
        {"prompt,option_a,option_b,answer_key\nWhat?,x,y,x\n", Q "*( x)( y)"},
        {"query,choicea,choiceb,correct\nWhat?,x,y,y\n", Q "( x)*( y)"},
        {"sentence,optiona,optionb,correct_answer\nWhat?,x,y,1\n", Q "*( x)( y)"},
        {"question,1,2,gold\nWhat?,x,y,B\n", Q "( x)*( y)"},
        {"question,choice_1,choice_2,label\nWhat?,x,y,2\n", Q "( x)*( y)"},
        {"question,choice1,choice2,target\nWhat?,x,y,1\n", Q "*( x)( y)"},
        {"question,option_1,option_2,answer\nWhat?,x,y,A\n", Q "*( x)( y)"},
        {"question,option1,option2,answer\nWhat?,x,y,A\n", Q "*( x)( y)"},
        /* any order, other columns, a byte-order mark, CR LF */
        {"\xEF\xBB\xBF"
         "id,answer,B,note,A,question\r\n7,A,y,n,x,What?\r\n",
         Q "*( x)( y)"},
        /* choices missing at the end of a row; as many as there are letters for */
        {"question,a,b,c,d,answer\nWhat?,x,y,,,B\nWhat?,x,y,z,,C\n",
         Q "( x)*( y)" Q "( x)( y)*( z)"},
        {"question,a,b,c,d,e,f,answer\nWhat?,u,v,w,x,y,z,F\n", Q "( u)( v)( w)( x)( y)*( z)"},
        /* the answer's text, with commas and newlines */
        {"question,a,b,answer\nWhat?,\"x, or\ny\",\" z \",\"x, or\ny\"\nWhat?,x,\" z \",z\n",
         Q "*( x, or\ny)( z)" Q "( x)*( z)"},
        /* numbers as choices: the text decides where no number of a choice is meant */
        {"question,a,b,answer\nWhat?,40,50,50\nWhat?,1,2,2\nWhat?,7,7,7\n",
         Q "( 40)*( 50)" Q "( 1)*( 2)" Q "*( 7)( 7)"},
        {"question,a,b,answer\n\"Say \"\"what\"\"\n now?\",x,y,A\n",
         "[Question: Say \"what\"\n now?\nAnswer:]*( x)( y)"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put("t.csv", row[i].text);
        expect_items("t.csv", 0, 0, row[i].items);
    }
}

static void bad_rows_are_refused_with_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } row[] = {
        {"question,a,b,answer\nq,x,y,A\nq,x,y,C\n", "line 3: the answer \"C\" names none of 2"},
        {"question,a,b,answer\nq,x,y,0\n", "line 2: the answer \"0\" names none"},
        {"question,a,b,answer\nq,x,y,3\n", "line 2: the answer \"3\" names none"},
        {"question,a,b,answer\nq,x,y,\n", "line 2: the answer \"\" names none"},
        {"question,a,b,answer\nq,x,y\n", "line 2: the answer \"\" names none"},
        {"question,a,b,answer\nq,x,y,X Y\n", "names none of 2 choices"},
        {"question,a,b,c,answer\nq,x,y,,C\n", "names none of 2 choices"},
        {"question,a,b,answer\n\"q\n\nq\",x,y,Z\n", "line 2: the answer"}, /* its first line */
        {"question,a,b,c,d,answer\nq,2,3,4,5,4\n", "line 2: the answer \"4\" could mean choice D"},
        {"question,a,b,answer\nq,B,A,A\n", "could mean choice A or the text of choice B"},
        {"question,a,b,answer\nq,x,,A\n", "line 2: 1 choices"},
        {"question,a,b,c,answer\nq,x,,z,A\n", "choice 2 is empty"},
        {"question,a,b,answer\n,x,y,A\n", "line 2: the question is empty"},
        {"question,a,b,answer\n \t,x,y,A\n", "line 2: the question is empty"},
        {"question,a,b,answer\nq,x\"y,y,A\n", "line 2: a stray quote"},
        {"question,a,b,answer\nq,\"x,y,A\n", "never ends"},
        {"question,a,b,answer\n", "has no questions"},
        {"", "is empty"},
        {"\xEF\xBB\xBF\n \n", "is empty"},
        {"question,a,answer\nq,x,A\n", "no known format"},
        {"hello\nworld\n", "no known format"},
        {"[1]", "line 1: not valid JSON"},
        {"{}", "line 1: no known format"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put("t.csv", row[i].text);
        expect_refused("t.csv", 0, row[i].message);
    }
    put("t.csv", "question,a,b,answer\nWhat?,x,y,A\n");
    expect_refused("t.csv", 5, "--shots");
    expect_refused("absent.csv", 0, "no task, file or folder");
}

/* ---- ARC ---- */

#define ARC_HEADER                                                                                 \
    "questionID,originalQuestionID,totalPossiblePoint,AnswerKey,isMultipleChoiceQuestion,"         \
    "includesDiagram,examName,schoolGrade,year,question,subject,category\n"
#define ARC(key, question) "X_1,1,1," key ",1,0,X,5,2010,\"" question "\",,Test\n"
#define JSONL(key, stem, choices)                                                                  \
    "{\"id\":\"X_1\",\"question\":{\"stem\":\"" stem "\",\"choices\":[" choices                    \
    "]},\"answerKey\":\"" key "\"}\n"
#define CHOICE(label, text) "{\"text\":\"" text "\",\"label\":\"" label "\"}"

static void both_forms_of_arc_give_equal_items(void **state)
{
    (void)state;
    static const char items[] = "[Question: What is up?\nAnswer:]( sky)*( air)( tea)( gas)"
                                "[Question: Grade (A) milk is?\nAnswer:]*( x)( y)"
                                "[Question: Count (A) them.\nAnswer:]( one)( two)*( three)"
                                "[Question: \xC3\x89t\xC3\xA9?\nAnswer:]( a)( b)( c)( d)*( e, f)";
    put("arc.csv", ARC_HEADER ARC("B", "What is up? (A) sky (B) air (C) tea (D) gas")
                       ARC("A", "Grade (A) milk is? (A) x (B) y")
                           ARC("3", "Count (A) them. (1) one (2) two (3) three")
                               ARC("E", "\xC3\x89t\xC3\xA9? (A) a (B) b (C) c (D) d (E) e, f"));
    expect_items("arc.csv", 0, 0, items);
    put("arc.jsonl",
        JSONL("B", "What is up?",
              CHOICE("A", "sky") "," CHOICE("B", "air ") "," CHOICE("C", " tea") "," CHOICE(
                  "D", "gas")) "\n" /* an empty line is no item */
        JSONL("A", "Grade (A) milk is?", CHOICE("A", "x") "," CHOICE("B", "y"))
            JSONL("3", "Count (A) them. ",
                  CHOICE("1", "one") "," CHOICE("2", "two") "," CHOICE("3", "three"))
                JSONL("E", "\\u00c9t\\u00e9?",
                      CHOICE("A", "a") "," CHOICE("B", "b") "," CHOICE("C", "c") "," CHOICE(
                          "D", "d") "," CHOICE("E", "e, f")));
    expect_items("arc.jsonl", 0, 0, items);
    put("bom.jsonl", "\xEF\xBB\xBF\r\n" JSONL("A", "Q", CHOICE("A", "x") "," CHOICE("B", "y")));
    expect_items("bom.jsonl", 0, 0, "[Question: Q\nAnswer:]*( x)( y)");
    expect_items("arc.csv", 0, 1, "[Question: What is up?\nAnswer:]( sky)*( air)( tea)( gas)");
    expect_items("arc.jsonl", 0, 1, "[Question: What is up?\nAnswer:]( sky)*( air)( tea)( gas)");
}

static void bad_arc_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text, *message;
    } row[] = {
        {"t.csv", ARC_HEADER ARC("C", "Q (A) x (B) y"), "line 2: the answer key \"C\" names none"},
        {"t.csv", ARC_HEADER ARC("AB", "Q (A) x (B) y"), "the answer key \"AB\" names none"},
        {"t.csv", ARC_HEADER ARC("", "Q (A) x (B) y"), "the answer key \"\" names none"},
        {"t.csv", ARC_HEADER ARC("a", "Q (A) x (B) y"), "the answer key \"a\" names none"},
        {"t.csv", ARC_HEADER ARC("A", "Q x y"), "line 2: no choices \"(A) ...\""},
        {"t.csv", ARC_HEADER ARC("1", "Q (A) x (B) y"), "no choices \"(1) ...\""},
        {"t.csv", ARC_HEADER "X,1,1,A\n", "line 2: 4 fields are too few"},
        {"t.jsonl", "\n" JSONL("C", "Q", CHOICE("A", "x") "," CHOICE("B", "y")),
         "line 2: the answerKey \"C\" names none of 2"},
        {"t.jsonl", JSONL("A", "Q", CHOICE("A", "x")), "line 1: question.stem, two or more"},
        {"t.jsonl", "\n{\"question\": 3}\n", "line 2: no known format"},
        {"t.jsonl", "{\"question\": {}}\n", "line 1: question.stem"},
        {"t.jsonl", JSONL("A", "Q", "{\"label\":\"A\"}," CHOICE("B", "y")), "choice 1 lacks"},
        {"t.jsonl", JSONL("A", "Q", CHOICE("A", "x") "," CHOICE("B", "y")) "{\"id\": \n",
         "line 2: not valid JSON"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put(row[i].name, row[i].text);
        expect_refused(row[i].name, 0, row[i].message);
    }
    put("t.csv", ARC_HEADER ARC("A", "Q (A) x (B) y"));
    expect_refused("t.csv", 2, "has 1 worked examples, --shots asks for 3 (one more than used)");
}

/* ---- MMLU ---- */

#define DEV(n) "Dev " n "?,w" n ",x" n ",y" n ",z" n ",D\n"
#define SHOT(n) "Dev " n "?\nA. w" n "\nB. x" n "\nC. y" n "\nD. z" n "\nAnswer: D\n\n"
#define INTRO(subject)                                                                             \
    "The following are multiple choice questions (with answers) about " subject ".\n\n"
#define LETTERS(a, b, c, d) a "( A)" b "( B)" c "( C)" d "( D)"

static void mmlu_folders_have_subjects_and_shots(void **state)
{
    (void)state;
    put("mmlu/test/high_school_biology_test.csv", "Cell?,a,b,c,d,C\n\"Two\nlines \",e,f,g,h,A\n");
    put("mmlu/test/anatomy_test.csv", "Bone?,i,j,k,l,B\n");
    put("mmlu/test/readme.txt", "not a subject\n");
    put("mmlu/dev/high_school_biology_dev.csv", DEV("1") DEV("2") DEV("3") DEV("4") DEV("5"));
    put("mmlu/dev/anatomy_dev.csv", DEV("6") DEV("7") DEV("8") DEV("9") DEV("0"));
#define BONE "Bone?\nA. i\nB. j\nC. k\nD. l\nAnswer:]" LETTERS("", "*", "", "")
#define CELL "Cell?\nA. a\nB. b\nC. c\nD. d\nAnswer:]" LETTERS("", "", "*", "")
#define LINES "Two\nlines\nA. e\nB. f\nC. g\nD. h\nAnswer:]" LETTERS("*", "", "", "")
#define BIOLOGY "[" INTRO("high school biology")
#define ANATOMY "[" INTRO("anatomy")
#define SHOTS SHOT("1") SHOT("2") SHOT("3") SHOT("4") SHOT("5")
    expect_items("mmlu", 0, 0, ANATOMY BONE BIOLOGY CELL BIOLOGY LINES);
    expect_items("mmlu", 5, 0,
                 ANATOMY SHOT("6") SHOT("7") SHOT("8") SHOT("9") SHOT("0")
                     BONE BIOLOGY SHOTS CELL BIOLOGY SHOTS LINES);
    expect_items("mmlu/", 0, 2, ANATOMY BONE BIOLOGY CELL);
    expect_items("mmlu/test/high_school_biology_test.csv", 1, 1, BIOLOGY SHOT("1") CELL);
    struct task task;
    assert_int_equal(task_load(place("mmlu"), &whole, &task, NULL), STATUS_OK);
    assert_string_equal(task.name, "mmlu");
    assert_string_equal(task.item[0].group, "anatomy");
    assert_string_equal(task.item[2].group, "high_school_biology");
    assert_int_equal(strlen(task.sha256), 64);
    task_release(&task);
    expect_refused("mmlu", 6, "has 5 worked examples, --shots asks for 6");
    put("mmlu/dev/anatomy_dev.csv", DEV("6") "Dev?,w,x,y,z,E\n");
    expect_refused("mmlu", 2, "anatomy_dev.csv, line 2: the answer \"E\" names none of A, B, C, D");
    put("mmlu/test/anatomy_test.csv", "Bone?,i,j,k,l,B\n\nBone?,i,j,k,B\n");
    expect_refused("mmlu", 0, "anatomy_test.csv, line 3: 5 columns, MMLU has 6");
    put("mmlu/test/anatomy_test.csv", "Bone?,i,j,k,l,B\nBone?,i,j,k,l,b\n");
    expect_refused("mmlu", 0, "line 2: the answer \"b\" names none");
    put("empty/readme.txt", "nothing\n");
    expect_refused("empty", 0, "has no test/SUBJECT_test.csv");
}

/* ---- the rest ---- */

static void embedded_tasks_are_whole(void **state)
{
    (void)state;
    static const char *const names[] = {"search", "heldout"};
    for (size_t i = 0; i < 2; i++) {
        struct task task;
        struct error error = {0};
        if (task_load(names[i], &whole, &task, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        assert_string_equal(task.name, names[i]);
        assert_true(task.items >= 100);
        task_release(&task);
        assert_int_equal(task_load(names[i], &(struct task_options){.limit = 7}, &task, NULL),
                         STATUS_OK);
        assert_int_equal(task.items, 7);
        task_release(&task);
    }
    size_t formats = 0;
    for (; task_format_info(formats) != NULL; formats++)
        assert_true(task_format_info(formats)->name != NULL &&
                    task_format_info(formats)->summary != NULL);
    assert_true(formats >= 6);
}

static void names_and_hashes_come_from_the_file(void **state)
{
    (void)state;
    static const char text[] = "question,a,b,answer\nWhat?,x,y,A\n";
    static const struct {
        const char *file, *name;
    } row[] = {{"arc_easy.csv", "arc_easy"},
               {"my.task.csv", "my.task"},
               {"plain", "plain"},
               {".hidden", ".hidden"}};
    char hex[SHA256_HEX];
    assert_int_equal(sha256_bytes(text, sizeof text - 1, hex, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct task task;
        put(row[i].file, text);
        assert_int_equal(task_load(place(row[i].file), &whole, &task, NULL), STATUS_OK);
        assert_string_equal(task.name, row[i].name);
        assert_string_equal(task.sha256, hex);
        task_release(&task);
    }
}

/* The published files, where they are. */
static void published_files_load(void **state)
{
    (void)state;
    char *csv = support_shared("data/arc_easy/ARC-Easy-Dev.csv"),
         *jsonl = support_shared("data/arc_easy/ARC-Easy-Dev.jsonl"),
         *mmlu = support_shared("data/mmlu");
    if (csv == NULL || jsonl == NULL || mmlu == NULL) {
        print_message("SKIPPED: ARC or MMLU absent\n");
        skip();
    }
    struct task a, b;
    struct error error = {0};
    if (task_load(csv, &whole, &a, &error) != STATUS_OK ||
        task_load(jsonl, &whole, &b, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(a.items, 570);
    assert_int_equal(b.items, 570);
    for (size_t i = 0; i < a.items; i++) {
        assert_string_equal(a.item[i].context, b.item[i].context);
        assert_int_equal(a.item[i].choices, b.item[i].choices);
        assert_int_equal(a.item[i].gold, b.item[i].gold);
        for (uint32_t c = 0; c < a.item[i].choices; c++)
            assert_string_equal(a.item[i].continuation[c], b.item[i].continuation[c]);
    }
    task_release(&a);
    task_release(&b);
    if (task_load(mmlu, &(struct task_options){.shots = 5}, &a, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(a.items > 0);
    task_release(&a);
    free(csv), free(jsonl), free(mmlu);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, task_files_make, task_files_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_are_told_by_their_spellings),  TEST(bad_rows_are_refused_with_their_line),
        TEST(both_forms_of_arc_give_equal_items),   TEST(bad_arc_is_refused),
        TEST(mmlu_folders_have_subjects_and_shots), TEST(embedded_tasks_are_whole),
        TEST(names_and_hashes_come_from_the_file),  TEST(published_files_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
