/* Worked examples: CPython's numbers (random.Random(1234), Python 3.11), and the prompts that
 * lm-evaluation-harness makes with them. */
#include "task/items.h"
#include "task/mt19937.h"

#include "task_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void numbers_are_cpythons(void **state)
{
    (void)state;
    static const struct {
        size_t index;
        uint32_t value;
    } row[] = {{0, 4150886329},   {1, 3342196574},  {2, 1892932127},   {3, 501869158},
               {4, 32175636},     {623, 152069139}, {624, 3715477445}, {625, 938706668},
               {626, 2293463937}, {1999, 881902874}};
    struct mt19937 random;
    mt19937_init(&random, 1234);
    size_t next = 0;
    for (size_t i = 0; i < 2000; i++) {
        uint32_t value = mt19937_next(&random);
        if (i == row[next].index)
            assert_int_equal(value, row[next++].value);
    }
    assert_int_equal(next, sizeof row / sizeof *row);
}

/* Two draws one after the other, from a list and by rejection, around the limits between them. */
static void samples_are_cpythons(void **state)
{
    (void)state;
    static const struct {
        size_t n, k, first[11], second[6];
    } row[] = {
        {1, 1, {0}, {0}},
        {5, 5, {3, 0, 4, 2, 1}, {0, 4, 1, 3, 2}},
        {21, 5, {14, 3, 0, 2, 1}, {2, 3, 11, 7, 0}},
        {22, 5, {14, 3, 0, 2, 18}, {1, 21, 2, 3, 11}},
        {85, 6, {56, 14, 0, 11, 74, 4}, {10, 12, 45, 30, 2, 3}},
        {86, 6, {56, 14, 0, 11, 74, 4}, {85, 10, 12, 45, 30, 2}},
        {2251, 5, {1805, 478, 30, 371, 143}, {343, 403, 1452, 969, 71}},
        {2251, 6, {1805, 478, 30, 371, 143, 343}, {403, 1452, 969, 71, 126, 64}},
        {40398, 11, {28883, 7657, 490, 5940, 38156, 2288, 5500, 6450, 23241, 15519, 1142}, {0}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct mt19937 random;
        size_t chosen[11];
        mt19937_init(&random, 1234);
        assert_int_equal(mt19937_sample(&random, row[i].n, row[i].k, chosen, NULL), STATUS_OK);
        assert_memory_equal(chosen, row[i].first, row[i].k * sizeof *chosen);
        if (row[i].k > 6)
            continue;
        assert_int_equal(mt19937_sample(&random, row[i].n, row[i].k, chosen, NULL), STATUS_OK);
        assert_memory_equal(chosen, row[i].second, row[i].k * sizeof *chosen);
    }
}

/* ---- prompts ---- */

#define ARC(n, key)                                                                                \
    "{\"id\":\"X_" n "\",\"question\":{\"stem\":\"Q" n "?\",\"choices\":[{\"text\":\"a" n          \
    "\",\"label\":\"A\"},{\"text\":\"b" n "\",\"label\":\"B\"}]},\"answerKey\":\"" key "\"}\n"
#define ASK(n) "Question: Q" n "?\nAnswer:"
#define A(n) ASK(n) " a" n "\n\n"
#define B(n) ASK(n) " b" n "\n\n"
#define TRAIN ARC("0", "A") ARC("1", "A") ARC("2", "A") ARC("3", "A") ARC("4", "B")

/* random.Random(1234): sample(range(5), 2) gives [3, 0], [0, 4], [4, 0];
 * sample(range(5), 3) gives [3, 0, 4], [0, 4, 2], [0, 4, 1]. */
static void examples_come_from_the_train_file_beside(void **state)
{
    (void)state;
    const struct task_options first = {.shots = 2, .from = SHOTS_FROM_FIRST};
    const struct task_options sample = {.shots = 2, .from = SHOTS_FROM_SAMPLE};
    struct task plain, task;
    struct error error = {0};
    put("ARC-Easy-Train.jsonl", TRAIN);
    put("ARC-Easy-Dev.jsonl", ARC("7", "B") ARC("8", "A") ARC("9", "A"));
#define SAMPLED                                                                                    \
    "[" A("3") A("0") ASK("7") "]( a7)*( b7)"                                                      \
                               "[" A("0") B("4") ASK("8") "]*( a8)( b8)"                           \
                                                          "[" B("4") A("0")                        \
                                                              ASK("9") "]*( a9)( b9)"
    expect_items("ARC-Easy-Dev.jsonl", 2, 0, SAMPLED);
    expect_items_with("ARC-Easy-Dev.jsonl", &sample, SAMPLED);
    expect_items_with("ARC-Easy-Dev.jsonl", &first,
                      "[" A("0") A("1") ASK("7") "]( a7)*( b7)"
                                                 "[" A("0") A("1")
                                                     ASK("8") "]*( a8)( b8)"
                                                              "[" A("0") A("1")
                                                                  ASK("9") "]*( a9)( b9)");
    expect_items("ARC-Easy-Dev.jsonl", 2, 1, "[" A("3") A("0") ASK("7") "]( a7)*( b7)");
    expect_refused("ARC-Easy-Dev.jsonl", 6,
                   "ARC-Easy-Train.jsonl has 5 worked examples, --shots asks for 6");
    /* the examples are a part of what the task is */
    assert_int_equal(
        task_load(place("ARC-Easy-Dev.jsonl"), &(struct task_options){0}, &plain, NULL), STATUS_OK);
    assert_int_equal(task_load(place("ARC-Easy-Dev.jsonl"), &sample, &task, NULL), STATUS_OK);
    assert_string_not_equal(plain.sha256, task.sha256);
    task_release(&plain);
    task_release(&task);
    put("test.jsonl", ARC("7", "B"));
    assert_int_equal(task_load(place("test.jsonl"), &sample, &task, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "/train.jsonl"));
    put("train.jsonl", "{\"passage\": \"p\", \"question\": \"q\", \"answer\": true}\n");
    expect_refused("test.jsonl", 1, "train.jsonl is BoolQ JSONL, not ARC JSONL");
    put("train.jsonl", TRAIN "\n{\"id\":\"X\",\"question\":{}}\n");
    expect_refused("test.jsonl", 1, "train.jsonl, line 7: question.stem");
}

static void an_item_is_not_its_own_example(void **state)
{
    (void)state;
    const struct task_options first = {.shots = 1, .from = SHOTS_FROM_FIRST};
    put("ARC-Easy-Train.jsonl", TRAIN);
    expect_items("ARC-Easy-Train.jsonl", 2, 3,
                 "[" A("3") B("4") ASK("0") "]*( a0)( b0)"
                                            "[" A("0") B("4") ASK("1") "]*( a1)( b1)"
                                                                       "[" A("0") B("4")
                                                                           ASK("2") "]*( a2)( b2)");
    expect_refused("ARC-Easy-Train.jsonl", 5,
                   "has 5 worked examples, --shots asks for 6 (one more");
    /* sample(range(3), 2) gives [1, 0]: both equal the first item, so once more, without them */
#define HAND "question,a,b,answer\nQ0?,a0,b0,A\nQ0?,a0,b0,A\nQ1?,a1,b1,B\n"
    put("hand.csv", HAND);
    expect_items("hand.csv", 1, 0,
                 "[" B("1") ASK("0") "]*( a0)( b0)"
                                     "[" B("1") ASK("0") "]*( a0)( b0)"
                                                         "[" A("0") ASK("1") "]( a1)*( b1)");
    expect_items_with("hand.csv", &first,
                      "[" B("1") ASK("0") "]*( a0)( b0)"
                                          "[" B("1") ASK("0") "]*( a0)( b0)"
                                                              "[" A("0") ASK("1") "]( a1)*( b1)");
    expect_refused("hand.csv", 2, "worked examples, --shots asks for 2");
}

/* Tasks that name no test split draw one more than they use. */
static void winogrande_draws_one_more(void **state)
{
    (void)state;
#define W(n, answer)                                                                               \
    "{\"sentence\": \"S" n " _ is so.\", \"option1\": \"a" n "\", \"option2\": \"b" n              \
    "\", \"answer\": \"" answer "\"}\n"
    put("dev.jsonl", W("8", "1") W("9", "2"));
    put("train_xl.jsonl", W("0", "1") W("1", "1") W("2", "2") W("3", "2") W("4", "1"));
#define WINO                                                                                       \
    "[S3 b3 is so.\n\nS0 a0 is so.\n\n]*(S8 a8| is so.)(S8 b8| is so.)"                            \
    "[S0 a0 is so.\n\nS4 a4 is so.\n\n](S9 a9| is so.)*(S9 b9| is so.)"
    expect_items("dev.jsonl", 2, 0, WINO);
    expect_refused("dev.jsonl", 5, "train_xl.jsonl has 5 worked examples, --shots asks for 6");
    put("valid.jsonl", "{\"goal\": \"g\", \"sol1\": \"a\", \"sol2\": \"b\"}\n");
    put("valid-labels.lst", "1\n");
    put("train.jsonl", "{\"goal\": \"h\", \"sol1\": \"c\", \"sol2\": \"d\"}\n"
                       "{\"goal\": \"i\", \"sol1\": \"e\", \"sol2\": \"f\"}\n");
    put("train-labels.lst", "0\n1\n");
    /* sample(range(2), 2) gives [1, 0] */
    expect_items("valid.jsonl", 1, 0, "[Question: i\nAnswer: f\n\nQuestion: g\nAnswer:]( a)*( b)");
}

static void mmlu_takes_the_first_unless_told(void **state)
{
    (void)state;
    const struct task_options sample = {.shots = 2, .from = SHOTS_FROM_SAMPLE};
#define DEV(n) "D" n "?,w" n ",x" n ",y" n ",z" n ",C\n"
#define FULL(n) "D" n "?\nA. w" n "\nB. x" n "\nC. y" n "\nD. z" n "\nAnswer: C\n\n"
#define INTRO(subject)                                                                             \
    "[The following are multiple choice questions (with answers) about " subject ".\n\n"
#define END "\nA. a\nB. b\nC. c\nD. d\nAnswer:]*( A)( B)( C)( D)"
    for (int i = 0; i < 2; i++) {
        put(i == 0 ? "dev/art_dev.csv" : "dev/old_art_dev.csv",
            DEV("0") DEV("1") DEV("2") DEV("3") DEV("4"));
        put(i == 0 ? "test/art_test.csv" : "test/old_art_test.csv",
            "Q1?,a,b,c,d,A\nQ2?,a,b,c,d,A\n");
    }
    expect_items("", 2, 0,
                 INTRO("art") FULL("0") FULL("1") "Q1?" END INTRO("art") FULL("0")
                     FULL("1") "Q2?" END INTRO("old art") FULL("0")
                         FULL("1") "Q1?" END INTRO("old art") FULL("0") FULL("1") "Q2?" END);
    expect_items_with("", &sample, /* each subject from the generator's start */
                      INTRO("art") FULL("3") FULL("0") "Q1?" END INTRO("art") FULL("0")
                          FULL("4") "Q2?" END INTRO("old art") FULL("3")
                              FULL("0") "Q1?" END INTRO("old art") FULL("0") FULL("4") "Q2?" END);
}

static void embedded_questions_are_their_own_examples(void **state)
{
    (void)state;
    struct task task;
    struct error error = {0};
    if (task_load("search", &(struct task_options){.shots = 3, .limit = 4}, &task, &error) != 0)
        fail_msg("%s", error.message);
    for (size_t i = 0; i < 4; i++) {
        size_t examples = 0;
        for (const char *at = task.item[i].context; (at = strstr(at, "\n\n")) != NULL; at += 2)
            examples++;
        assert_int_equal(examples, 3);
    }
    task_release(&task);
    enum shots_from from;
    assert_int_equal(shots_from_parse("sample", &from, NULL), STATUS_OK);
    assert_int_equal(from, SHOTS_FROM_SAMPLE);
    assert_int_equal(shots_from_parse("last", &from, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "first or sample"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, task_files_make, task_files_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_cpythons),
        cmocka_unit_test(samples_are_cpythons),
        TEST(examples_come_from_the_train_file_beside),
        TEST(an_item_is_not_its_own_example),
        TEST(winogrande_draws_one_more),
        TEST(mmlu_takes_the_first_unless_told),
        cmocka_unit_test(embedded_questions_are_their_own_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
