/* The view of progress: the words on whether it gets better and when it is done, curves, the table
 * of generations. UPDATE_GOLDEN=1 writes tests/golden/screen-progress*.txt anew: look at each
 * before it is committed. */
#include "../../ui/moment.h"
#include "../../ui/pages.h"
#include "../../ui/progress.h"
#include "../../ui/trend.h"
#include "desk.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOW 1764385200 /* Saturday, 29 November 2025, 03:00 UTC */

static int use_utc(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

static void open_run(struct desk *desk, size_t rows, size_t idle, enum glyphs glyphs)
{
    desk_open(desk, rows, glyphs);
    picture_rounds(&desk->picture, idle);
    desk->view.now = NOW;
    desk_type(desk, "4");
}

/* ---- words ---- */

static void test_moments(void **state)
{
    (void)state;
    static const struct {
        long later;
        const char *text;
    } cases[] = {
        {0, "03:00"},
        {4320, "04:12"},
        {-3 * 3600, "00:00"},
        {21 * 3600, "Sun 00:00"},
        {-3 * 3600 - 60, "Fri 23:59"},
        {3 * 86400, "Tue 03:00"},
        {9 * 86400, "8 Dec 03:00"},
        {-40 * 86400, "20 Oct 03:00"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(moment_text(NOW + cases[i].later, NOW, text, sizeof text),
                            cases[i].text);
    static const struct {
        double seconds;
        const char *text;
    } spans[] = {{0, "0m"},       {NAN, "0m"},          {-5, "0m"},
                 {89, "1m"},      {3569, "59m"},        {3570, "1h00"},
                 {11100, "3h05"}, {47 * 3600, "47h00"}, {188000, "2d04h"}};
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        assert_string_equal(span_text(spans[i].seconds, text, sizeof text), spans[i].text);
}

static void test_trends(void **state)
{
    (void)state;
    static const struct {
        double volume[8]; /* of generations, then of now; ended by -1 */
        bool running;
        const char *text, *pace;
    } cases[] = {
        {{0.2, -1},
         true,
         "Too early to say whether it gets better: no generation is finished.",
         ""},
        {{0.2, 0.2, -1},
         true,
         "Too early to say whether it gets better: one generation is finished.",
         ""},
        {{0.5, 0.505, -1},
         true,
         "Still getting better: +1.0 % in generation 1 so far, just now.",
         ""},
        {{0.5, 0.55, 0.56, 0.56, -1},
         true,
         "Still getting better: +1.8 % in generation 2, 20 min ago.",
         ""},
        {{0.5, 0.502, 0.502, 0.502, 0.502, 0.502, -1},
         true,
         "No gain for 3 generations; last gain +0.4 % in generation 1, 80 min ago.",
         "The last 3 generations: +0 %."},
        {{0.5, 0.502, 0.502, 0.502, -1},
         true,
         "No gain in the last generation; +0.4 % in generation 1, 40 min ago.",
         ""},
        {{0.5, 0.5, 0.5, 0.5, -1},
         true,
         "No gain since the first generation; there are 2 more.",
         ""},
        {{0, 0.5, 0.5, -1},
         true,
         "Still getting better: a first gain in generation 1, 20 min ago.",
         ""},
        {{0.5, 0.6, 0.6, 0.6, 0.6, -1},
         false,
         "It had stopped getting better: no gain for 2 generations; last gain +20 % in "
         "generation 1.",
         "The last 3 generations: +20 %."},
        {{0.5, 0.6, 0.6003, 0.6003, -1},
         false,
         "It was still getting better: +0.05 % in generation 2.",
         ""},
        {{0.4, 0.5, 0.5, 0.5, 0.5, 0.51, 0.51, -1},
         true,
         "Still getting better: +2.0 % in generation 5, 20 min ago.",
         "The last 3 generations: +2.0 %."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct run_round round[8] = {{0}};
        struct run_sample sample[8] = {{0}};
        struct snapshot snapshot = {.round = round, .sample = sample, .rows = 1};
        size_t n = 0;
        for (; cases[i].volume[n] >= 0; n++) { /* a sample each 20 minutes */
            round[n] =
                (struct run_round){.generation = (uint32_t)n, .hypervolume = cases[i].volume[n]};
            sample[n] = (struct run_sample){n, 1200.0 * (double)n, cases[i].volume[n]};
        }
        snapshot.rounds = n - 1;
        snapshot.samples = n;
        snapshot.hypervolume = cases[i].volume[n - 1];
        snapshot.generation = (uint32_t)n - 1;
        snapshot.run_seconds = 1200.0 * (double)(n - 1);
        struct trend trend = trend_of(&snapshot);
        char text[192];
        assert_string_equal(trend_text(&trend, cases[i].running, text, sizeof text), cases[i].text);
        assert_string_equal(trend_pace(&trend, text, sizeof text), cases[i].pace);
    }
}

/* ---- screens ---- */

static void test_screens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int width, height;
        size_t rows, idle;
        const char *pins, *keys;
        enum glyphs glyphs;
    } cases[] = {
        {"progress-80x24", 80, 24, 214, 3, "bytes<=87MiB", "", GLYPHS_BRAILLE},
        {"progress-100x30", 100, 30, 214, 0, "", "", GLYPHS_BRAILLE},
        {"progress-200x60", 200, 60, 214, 3, "bytes<=87MiB", "x", GLYPHS_BRAILLE},
        {"progress-40x12", 40, 12, 214, 3, "", "", GLYPHS_BRAILLE},
        {"progress-60x40", 60, 40, 214, 3, "", "v", GLYPHS_BRAILLE},
        {"progress-ascii", 80, 24, 214, 0, "", "vv", GLYPHS_ASCII},
        {"progress-blocks", 80, 24, 214, 0, "", "dx", GLYPHS_BRAILLE},
        {"progress-empty", 80, 24, 0, 0, "", "", GLYPHS_BRAILLE},
        {"progress-first", 80, 24, 7, 0, "", "", GLYPHS_BRAILLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        open_run(&desk, cases[i].rows, cases[i].idle, cases[i].glyphs);
        picture_pin(&desk.picture, cases[i].pins);
        if (!cases[i].rows) { /* what is expected before the first network */
            desk.picture.snapshot.evaluations_per_minute = NAN;
            desk.picture.snapshot.seconds_left = 6720;
            desk.picture.snapshot.hypervolume = desk.picture.snapshot.run_seconds = 0;
        }
        view_refresh(&desk.view, &desk.picture.snapshot);
        desk_type(&desk, cases[i].keys);
        desk_golden(&desk, cases[i].name, cases[i].width, cases[i].height);
        desk_close(&desk);
    }
}

static void test_phases(void **state)
{
    (void)state;
    static const struct {
        enum run_phase phase;
        bool stopped;
        size_t rows;
        const char *says[3];
    } cases[] = {
        {RUN_LOADING, false, 0, {"loading the model, 45 %", "0 of 400 evaluations", NULL}},
        {RUN_CALIBRATING, false, 0, {"measuring the layers of the model, 45 %", NULL}},
        {RUN_EVALUATING,
         false,
         214,
         {"searching, generation 10", "58 min left: done at 03:58", NULL}},
        {RUN_PAUSED, false, 214, {"paused; z lets it go on", "about 58 min left", NULL}},
        {RUN_STOPPING, false, 214, {"saving", NULL}},
        {RUN_FINISHED,
         false,
         214,
         {" finished ", "214 of 400 evaluations in 41 min", "It had stopped"}},
        {RUN_FINISHED, true, 214, {"stopped; paretop ./SmolLM2-135M", NULL}},
        {RUN_FAILED, false, 214, {"failed: the disk is full", "It had stopped", NULL}},
        {RUN_ABANDONED, false, 214, {"nobody writes this run any more; paretop ./Smol", NULL}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        open_run(&desk, cases[i].rows, 3, GLYPHS_BRAILLE);
        struct snapshot *s = &desk.picture.snapshot;
        s->phase = cases[i].phase;
        s->phase_progress = 0.45;
        s->stopped = cases[i].stopped;
        snprintf(s->message, sizeof s->message, "the disk is full");
        view_refresh(&desk.view, s);
        for (size_t k = 0; k < 3 && cases[i].says[k]; k++)
            desk_expect(&desk, cases[i].says[k]);
        desk_close(&desk);
    }
}

static void test_end_is_open(void **state)
{
    (void)state;
    struct desk desk;
    open_run(&desk, 214, 3, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    s->evaluations_wanted = RUN_EVALUATIONS_MOST;
    s->seconds_left = NAN;
    desk_expect(&desk, "214 evaluations, until it is stopped");
    s->seconds_left = 86400; /* a limit of time */
    desk_expect(&desk, "214 evaluations, about 24.0 h left: done at Sun 03:00");
    desk.view.now = 0; /* the clock is not known */
    desk_expect(&desk, "about 24.0 h left\n");
    s->evaluations_wanted = 400;
    s->seconds_left = NAN;
    desk_expect(&desk, "how long it takes is not known yet");
    desk_close(&desk);
}

static void test_table(void **state)
{
    (void)state;
    struct desk desk;
    open_run(&desk, 1214, 3, GLYPHS_BRAILLE); /* 60 generations, and one in work */
    struct snapshot *s = &desk.picture.snapshot;
    assert_int_equal(progress_table_lines(s), 61);
    desk.view.width = 80;
    desk.view.height = 24;
    desk_type(&desk, "j");
    assert_int_equal(desk.view.progress.top, 1);
    desk_type(&desk, "kk");
    assert_int_equal(desk.view.progress.top, 0);
    char *text = desk_text(&desk, 80, 24);
    assert_non_null(strstr(text, "\342\226\266 60"));
    assert_non_null(strstr(text, "generations, 1-4 of 61;"));
    memory_free(text);
    desk_type(&desk, "G");
    assert_int_equal(desk.view.progress.top, 57);
    text = desk_text(&desk, 80, 24);
    assert_non_null(strstr(text, "generations, 58-61 of 61"));
    assert_non_null(strstr(text, "\n     0     20"));
    memory_free(text);
    desk_type(&desk, "<Up><Up>"); /* what is read stays when a generation is added */
    s->rounds--;
    view_refresh(&desk.view, s);
    int top = desk.view.progress.top;
    s->rounds++;
    view_refresh(&desk.view, s);
    assert_int_equal(desk.view.progress.top, top + 1);
    desk_type(&desk, "G");
    s->phase = RUN_FINISHED; /* then none is in work */
    assert_int_equal(progress_table_lines(s), 61);
    s->evaluations = 1200;
    view_refresh(&desk.view, s);
    assert_int_equal(progress_table_lines(s), 60);
    assert_int_equal(desk.view.progress.top, 56);
    desk_close(&desk);
}

/* Of a generation without a line in progress.csv front and pins are not known; of the first one
 * nothing was foretold. */
static void test_unknown(void **state)
{
    (void)state;
    struct desk desk;
    open_run(&desk, 40, 0, GLYPHS_BRAILLE);
    desk.picture.round[0].front = 0;
    desk.picture.snapshot.evaluations = 40;
    char *text = desk_text(&desk, 100, 30);
    char *line = strstr(text, "\n     0     20");
    assert_non_null(line);
    *strchr(line + 1, '\n') = '\0';
    size_t dashes = 0;
    for (const char *c = line; *c; c++)
        dashes += *c == '-';
    assert_int_equal(dashes, 5); /* gain, front, within, tau, error */
    memory_free(text);
    struct snapshot *s = &desk.picture.snapshot; /* one with 20 networks, then with too few */
    assert_true(isfinite(round_correlation(s, 1, 0)));
    desk.picture.round[1].evaluations = desk.picture.round[0].evaluations + 4;
    assert_true(isnan(round_correlation(s, 1, 0)));
    for (int k = 0; k < 2; k++) /* of a method that foretells nothing there are no such columns */
        desk.picture.round[1].correlation[0] = desk.picture.round[1].error[0] = NAN;
    text = desk_text(&desk, 100, 30);
    assert_null(strstr(text, "tau"));
    memory_free(text);
    desk_type(&desk, "vv");
    desk_expect(&desk, "nsga2 has not foretold any network yet");
    desk_close(&desk);
}

static void test_inside(void **state)
{
    (void)state;
    static const struct {
        size_t rows;
        const char *keys;
    } cases[] = {{214, ""}, {214, "vx"}, {1214, "vvd"}, {0, ""}, {1, "v"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        open_run(&desk, cases[i].rows, i % 3, i % 2 ? GLYPHS_ASCII : GLYPHS_BRAILLE);
        desk_type(&desk, cases[i].keys);
        desk_stays_inside(&desk, PAGE_PROGRESS);
        desk_close(&desk);
    }
}

/* As many samples as a snapshot may have, and five thousand generations. */
static void test_speed(void **state)
{
    (void)state;
    struct desk desk;
    open_run(&desk, 100000, 3, GLYPHS_BRAILLE);
    double least = INFINITY;
    for (int i = 0; i < 5; i++) {
        double start = clock_cpu_seconds();
        progress_refresh(&desk.view, &desk.picture.snapshot);
        struct layout layout;
        grid_reset(&desk.grid, 200, 60, GLYPHS_BRAILLE, NULL);
        layout_compute(200, 60, &layout);
        draw_progress(&desk.grid, &layout, &desk.view, &desk.picture.snapshot);
        least = fmin(least, clock_cpu_seconds() - start);
    }
    print_message("100,000 samples, 5,000 generations: drawn in %.1f ms\n", 1000 * least);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(least < 0.02);
#endif
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments),     cmocka_unit_test(test_trends),
        cmocka_unit_test(test_screens),     cmocka_unit_test(test_phases),
        cmocka_unit_test(test_end_is_open), cmocka_unit_test(test_table),
        cmocka_unit_test(test_unknown),     cmocka_unit_test(test_inside),
        cmocka_unit_test(test_speed),
    };
    return cmocka_run_group_tests(tests, use_utc, NULL);
}
