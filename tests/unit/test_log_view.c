/* The view of the run's messages: as text, followed and scrolled, filtered. */
#include "desk.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NIGHT 1780012800 /* 2026-05-29 00:00 UTC */

static const struct run_line told[] = {
    {NIGHT - 9420, "the search begins: seed 1, 30 layers, 400 questions of arc_easy"},
    {NIGHT - 9419, "--context 4096 is cut to the model's own 2048"},
    {NIGHT - 9300, "about 14.6 s each, 400 evaluations in 1.6 h or less"},
    {0, "OpenBLAS warning: precompiled NUM_THREADS exceeded"},
    {NIGHT - 5000, "pin bytes<=87MiB, from evaluation 61 on"},
    {NIGHT - 4100, "request pin perplexity<=30 refused: perplexity is not measured in this run; "
                   "measured are acc, acc_est, acc_norm, choice_nll, params, bytes, macs"},
    {NIGHT + 60, "networks with equal first layers shared 31 % of the layers' work"},
    {NIGHT + 3600, "evaluation 214 failed: cannot write history.csv: No space left on device"},
};

static void open_log(struct desk *desk, size_t lines, enum glyphs glyphs)
{
    setenv("TZ", "UTC", 1);
    tzset();
    desk_open(desk, 214, glyphs);
    desk->picture.snapshot.line = told;
    desk->picture.snapshot.lines = lines;
    desk_type(desk, "6");
}

static void test_screens(void **state)
{
    (void)state;
    static const struct {
        const char *name, *keys;
        int width, height;
        size_t lines;
        enum glyphs glyphs;
    } cases[] = {
        {"log-80x24", "", 80, 24, 8, GLYPHS_BRAILLE},
        {"log-100x30", "/pin<Enter>", 100, 30, 8, GLYPHS_BRAILLE},
        {"log-200x60", "", 200, 60, 8, GLYPHS_BRAILLE},
        {"log-40x12", "", 40, 12, 8, GLYPHS_ASCII},
        {"log-empty", "", 80, 24, 0, GLYPHS_BRAILLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        open_log(&desk, cases[i].lines, cases[i].glyphs);
        desk_type(&desk, cases[i].keys);
        desk_golden(&desk, cases[i].name, cases[i].width, cases[i].height);
        desk_close(&desk);
    }
}

/* The newest is in sight until the user scrolls, and again from the end on. */
static void test_following(void **state)
{
    (void)state;
    struct desk desk;
    static struct run_line many[1000];
    static char text[1000][32];
    open_log(&desk, 0, GLYPHS_BRAILLE);
    for (int i = 0; i < 1000; i++) {
        snprintf(text[i], sizeof text[i], "message %d.", i);
        many[i] = (struct run_line){NIGHT + i, text[i]};
    }
    struct snapshot *s = &desk.picture.snapshot;
    s->line = many;
    s->lines = 500;
    desk_expect(&desk, "message 499.");
    desk_expect(&desk, "00:08:19");
    desk_type(&desk, "k");
    desk_expect(&desk, "1 more below");
    s->lines = 600; /* what the user reads stays where it is */
    desk_expect(&desk, "message 498.");
    desk_expect(&desk, "101 more below, End follows");
    desk_type(&desk, "g");
    desk_expect(&desk, "message 0.");
    desk_type(&desk, "<PgDn><PgUp>k");
    desk_expect(&desk, "message 0.");
    desk_type(&desk, "G");
    s->lines = 1000;
    desk_expect(&desk, "message 999.");
    desk_type(&desk, "kkj<Down><Down><Down>"); /* by steps to the end: followed, too */
    s->lines = 900;
    desk_expect(&desk, "message 899.");
    desk_close(&desk);
}

static void test_filter(void **state)
{
    (void)state;
    struct desk desk;
    open_log(&desk, 8, GLYPHS_BRAILLE);
    desk_type(&desk, "/PIN<Enter>"); /* upper or lower case */
    desk_expect(&desk, "2 of 8 messages");
    desk_expect(&desk, "from evaluation 61 on");
    desk_type(&desk, "/nothing like it<Enter>");
    desk_expect(&desk, "none of the 8 messages has \"nothing like it\"");
    desk_type(&desk, "<Esc>"); /* first the filter, then the view is left */
    desk_expect(&desk, "log: 8 messages");
    desk_type(&desk, "/cut<Enter>/<^U><Enter>"); /* nothing is an answer */
    desk_expect(&desk, "log: 8 messages");
    desk_type(&desk, "<Esc>");
    assert_int_equal(desk.view.page, PAGE_FRONT);
    desk_close(&desk);
}

/* What went wrong is told from the rest without colours. */
static void test_alarms(void **state)
{
    (void)state;
    struct desk desk;
    open_log(&desk, 8, GLYPHS_BRAILLE);
    desk_draw(&desk, 100, 30);
    size_t signs = 0, bold = 0;
    for (int y = 0; y < 30; y++) {
        signs += grid_at(&desk.grid, 9, y)->glyph == '!';
        bold += grid_at(&desk.grid, 11, y)->colour == COLOUR_BAD &&
                grid_at(&desk.grid, 11, y)->style == STYLE_BOLD;
    }
    assert_int_equal(signs, 4); /* a cut context, a library's warning, a refusal, a failure */
    assert_int_equal(bold, 1);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_screens),
        cmocka_unit_test(test_following),
        cmocka_unit_test(test_filter),
        cmocka_unit_test(test_alarms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
