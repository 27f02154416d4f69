/* The view that continues a prompt: as text in all its states, and what its keys ask of the run. */
#include "desk.h"

#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- attempts made by hand ---- */

static const char network_says[] =
    " was afraid of the dark. Every night it hid under the table, and\tno one knew why.\n\n"
    "One evening the lights went out. The robot said: \"Do not worry, I have a lamp!\" But the "
    "lamp "
    "was a lamp was a lamp was a lamp was a lamp was a lamp";
static const char base_says[] =
    " was afraid of the dark. Every night it would light a small candle, and\tthe children of the "
    "village would gather to hear its stories.\n\n"
    "One evening the wind blew the candle out. \"Do not be afraid,\" said the smallest of the "
    "children, \"the stars are still there.\" And so they were. \346\227\245";

static void put_text(struct run_try_side *side, const char *text, size_t length)
{
    static char cut[8][1024];
    static size_t next;
    char *here = cut[next++ % 8];
    snprintf(here, sizeof cut[0], "%.*s", (int)length, text);
    side->text = here;
    side->length = strlen(here);
}

struct stage {
    struct desk desk;
    struct run_try attempt;
};

static void count_agreement(struct run_try *attempt)
{
    const struct run_try_side *side = attempt->side;
    attempt->agree = 0;
    while (attempt->agree < side[0].length && attempt->agree < side[1].length &&
           side[0].text[attempt->agree] == side[1].text[attempt->agree])
        attempt->agree++;
}

/* Two texts, cut behind so many bytes. */
static void show(struct stage *stage, enum try_phase phase, size_t bytes)
{
    struct snapshot *s = &stage->desk.picture.snapshot;
    struct run_try *attempt = &stage->attempt;
    *attempt = (struct run_try){.phase = phase,
                                .progress = 0.4,
                                .prompt = "Once upon a time there was a small robot that",
                                .tokens = 64};
    attempt->side[0].code = view_row(s, 106)->code;
    attempt->side[1].code = view_row(s, s->base)->code;
    put_text(&attempt->side[0], network_says, bytes);
    put_text(&attempt->side[1], base_says, bytes);
    count_agreement(attempt);
    attempt->side[0].tokens_per_second = phase == TRY_LOADING ? NAN : 31.24;
    attempt->side[1].tokens_per_second = phase == TRY_LOADING ? NAN : 26.5;
    attempt->side[0].tokens = attempt->side[1].tokens = phase == TRY_DONE ? 64 : 17;
    if (phase == TRY_LOADING)
        snprintf(attempt->message, sizeof attempt->message, "reading the prompt");
    if (phase == TRY_FAILED)
        snprintf(attempt->message, sizeof attempt->message, "out of memory: 4.0 GiB are needed");
    if (phase == TRY_DONE) {
        attempt->side[0].end = TRY_TOKENS_MADE;
        attempt->side[1].end = TRY_END_OF_TEXT;
        attempt->side[1].tokens = 58;
        attempt->side[0].ended = attempt->side[1].ended = true;
    }
    s->attempt = attempt;
}

static void stage_open(struct stage *stage, enum glyphs glyphs)
{
    desk_open(&stage->desk, 214, glyphs);
    stage->desk.picture.snapshot.chat_known = true;
    desk_type(&stage->desk, "7");
}

/* ---- as text ---- */

static void test_screens(void **state)
{
    (void)state;
    static const struct {
        const char *name, *keys;
        enum try_phase phase;
        size_t bytes;
        int width, height;
        enum glyphs glyphs;
    } cases[] = {
        {"try-none", "", TRY_NONE, 0, 80, 24, GLYPHS_BRAILLE},
        {"try-prompt", "<Enter>", TRY_NONE, 0, 80, 24, GLYPHS_BRAILLE},
        {"try-reading", "", TRY_LOADING, 0, 80, 24, GLYPHS_BRAILLE},
        {"try-80x24", "", TRY_RUNNING, 120, 80, 24, GLYPHS_BRAILLE},
        {"try-100x30", "]", TRY_DONE, 999, 100, 30, GLYPHS_BRAILLE},
        {"try-200x60", "", TRY_DONE, 999, 200, 60, GLYPHS_BRAILLE},
        {"try-40x12", "", TRY_DONE, 999, 40, 12, GLYPHS_ASCII},
        {"try-failed", "", TRY_FAILED, 30, 60, 15, GLYPHS_BRAILLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct stage stage;
        stage_open(&stage, cases[i].glyphs);
        desk_size(&stage.desk, cases[i].width, cases[i].height);
        if (cases[i].phase != TRY_NONE)
            show(&stage, cases[i].phase, cases[i].bytes);
        desk_type(&stage.desk, cases[i].keys);
        desk_golden(&stage.desk, cases[i].name, cases[i].width, cases[i].height);
        desk_close(&stage.desk);
    }
}

/* The sign is before the word in which the texts part, in both; not where one is only ahead. */
static void test_parting(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, GLYPHS_BRAILLE);
    show(&stage, TRY_RUNNING, 80);
    desk_expect(&stage.desk, "\342\226\270hid");
    desk_expect(&stage.desk, "\342\226\270would");
    stage.attempt.side[1].length = 30;
    put_text(&stage.attempt.side[1], base_says, 30);
    count_agreement(&stage.attempt);
    char *text = desk_text(&stage.desk, 100, 30);
    assert_null(strstr(text, "\342\226\270hid"));
    assert_non_null(strstr(text, "the same, as far as both go"));
    memory_free(text);
    put_text(&stage.attempt.side[0], base_says, 30);
    count_agreement(&stage.attempt);
    stage.attempt.phase = TRY_DONE;
    desk_expect(&stage.desk, "both have written the same");
    desk_close(&stage.desk);
}

static void test_scrolling(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, GLYPHS_BRAILLE);
    desk_size(&stage.desk, 40, 12);
    show(&stage, TRY_RUNNING, 999);
    desk_expect_at(&stage.desk, 40, 12, "lamp was a lamp"); /* the end is followed */
    desk_type(&stage.desk, "<Home>");
    desk_expect_at(&stage.desk, 40, 12, "was afraid of the dark");
    desk_type(&stage.desk, "j<PgDn><Up>kk<Up><Up><Up>");
    desk_expect_at(&stage.desk, 40, 12, "was afraid of the dark");
    desk_type(&stage.desk, "G");
    desk_expect_at(&stage.desk, 40, 12, "lamp was a lamp");
    desk_close(&stage.desk);
}

/* ---- what is asked of the run ---- */

static void test_prompting(void **state)
{
    (void)state;
    struct stage stage;
    struct desk *desk = &stage.desk;
    stage_open(&stage, GLYPHS_BRAILLE);
    char first[64];
    snprintf(first, sizeof first, "#%u", (unsigned)desk->view.selected);
    desk_type(desk, "<Enter><Enter>"); /* an example is proposed */
    assert_string_equal(desk->asked.tried,
                        "Once upon a time there was a small robot that|plain|64");
    assert_true(arch_code_equal(&desk->asked.code,
                                &view_row(&desk->picture.snapshot, desk->view.selected)->code));
    desk_type(desk, "iTwo plus two is<Enter>");
    assert_string_equal(desk->asked.tried, "Two plus two is|plain|64");
    desk_type(desk, "+t");           /* as long again, as a chat */
    desk_type(desk, "i<Up><Enter>"); /* the last one is proposed, Up is the one before */
    assert_string_equal(desk->asked.tried,
                        "Once upon a time there was a small robot that|chat|128");
    desk_type(desk, "t----ithree<Up><Up><Down><Down>!<Enter>"); /* what was typed is kept */
    assert_string_equal(desk->asked.tried, "three!|plain|16");
    for (int i = 0; i < 40; i++) /* as far back as it goes, and that is an example */
        desk_type(desk, i ? "<Up>" : "i");
    desk_type(desk, "<Enter>");
    assert_string_equal(desk->asked.tried, "Question: Why is the sky blue? Answer:|plain|16");
    desk->asked.tried[0] = '\0';
    desk_type(desk, "i<^U><Enter>iabc<Esc>"); /* nothing, or thought better of */
    assert_string_equal(desk->asked.tried, "");
    desk->asked.refuse = true;
    desk_type(desk, "iabc<Enter>");
    desk_expect(desk, "refused by the run");
    assert_int_equal(desk->view.mode, UI_MODE_PROMPT);
    desk_close(desk);
}

/* Enter: again where something would come of it, else another prompt; Esc: first cancels. */
static void test_again(void **state)
{
    (void)state;
    struct stage stage;
    struct desk *desk = &stage.desk;
    stage_open(&stage, GLYPHS_BRAILLE);
    show(&stage, TRY_DONE, 999);
    desk->view.selected = 106;
    desk->view.chosen = true;
    desk_type(desk, "<Enter>"); /* it has said all that it will say */
    assert_int_equal(desk->view.mode, UI_MODE_PROMPT);
    assert_string_equal(desk->view.field.text, stage.attempt.prompt); /* of a screen before */
    desk_type(desk, "<Esc>]");
    char change[64];
    snprintf(change, sizeof change, "Enter: again with #%u", (unsigned)desk->view.selected);
    desk_expect(desk, change);
    desk_type(desk, "<Enter>");
    assert_string_equal(desk->asked.tried,
                        "Once upon a time there was a small robot that|plain|64");
    desk_type(desk, "[");
    assert_int_equal(desk->view.selected, 106);
    desk->asked.tried[0] = '\0';
    desk_type(desk, "+<Enter>");
    assert_string_equal(desk->asked.tried,
                        "Once upon a time there was a small robot that|plain|128");
    desk_type(desk, "-");
    show(&stage, TRY_CANCELLED, 30);
    desk->asked.tried[0] = '\0';
    desk_type(desk, "<Enter>");
    assert_string_not_equal(desk->asked.tried, "");
    show(&stage, TRY_RUNNING, 30);
    desk_type(desk, "<Esc>");
    assert_int_equal(desk->asked.tries_cancelled, 1);
    assert_int_equal(desk->view.page, PAGE_TRY);
    show(&stage, TRY_CANCELLED, 30);
    desk_type(desk, "<Esc>");
    assert_int_equal(desk->asked.tries_cancelled, 1);
    assert_int_equal(desk->view.page, PAGE_FRONT);
    desk_close(desk);
}

/* Where nothing can be tried it says why; where no chat is known, too. */
static void test_cannot(void **state)
{
    (void)state;
    struct stage stage;
    struct desk *desk = &stage.desk;
    stage_open(&stage, GLYPHS_BRAILLE);
    struct snapshot *s = &desk->picture.snapshot;
    snprintf(s->no_try, sizeof s->no_try, "the model file is not here");
    desk_expect(desk, "the model file is not here");
    desk_type(desk, "<Enter><Enter>");
    assert_string_equal(desk->asked.tried, "");
    desk_type(desk, "<Esc>");
    s->no_try[0] = '\0';
    s->chat_known = false;
    desk_type(desk, "t");
    desk_expect(desk, "no form of a chat is known");
    assert_false(desk->view.attempt.chat);
    desk_close(desk);
    desk_open(desk, 0, GLYPHS_BRAILLE);
    desk_type(desk, "7<Enter><Enter>");
    desk_expect(desk, "no network is selected");
    desk_close(desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screens),   cmocka_unit_test(test_parting),
        cmocka_unit_test(test_scrolling), cmocka_unit_test(test_prompting),
        cmocka_unit_test(test_again),     cmocka_unit_test(test_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
