/* The front: what is new, other networks than the run's own, many of them, the hints. */
#include "desk.h"

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

#define NOON 1767268800 /* 2026-01-01 12:00 UTC */

static void check_screen(struct desk *desk, const char *name, int width, int height)
{
    char *text = desk_text(desk, width, height);
    screen_compare(name, text);
    memory_free(text);
}

static bool on_screen(struct desk *desk, const char *text)
{
    char *screen = desk_text(desk, 100, 30);
    bool there = strstr(screen, text) != NULL;
    memory_free(screen);
    return there;
}

/* ---- what is new ---- */

/* `rows` of the picture are there, at that time. */
static void snapshot_at(struct desk *desk, int64_t now, size_t rows)
{
    desk->picture.snapshot.rows = rows;
    picture_pin(&desk->picture, "");
    desk->view.now = now;
    view_refresh(&desk->view, &desk->picture.snapshot);
}

static void key_at(struct desk *desk, int64_t now, const char *key)
{
    desk->view.now = now;
    desk_type(desk, key);
}

static size_t news(const struct desk *desk)
{
    size_t count = 0;
    const struct snapshot *s = &desk->picture.snapshot;
    for (size_t i = 0; i < s->fronts; i++)
        count += view_new(&desk->view, s, s->front[i]);
    return count;
}

/* Another screen was left in the night; this one is opened at noon. */
static void test_new_since_the_last_screen(void **state)
{
    (void)state;
    struct desk desk;
    char text[64];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    s->seen_rows = 150;
    s->seen_time = NOON - 9 * 3600 + 14 * 60;
    snapshot_at(&desk, NOON, 214);
    size_t fresh = 0;
    for (size_t i = 0; i < s->fronts; i++)
        fresh += s->front[i] >= 150;
    assert_true(fresh > 1 && news(&desk) == fresh);
    snprintf(text, sizeof text, "%zu new on the front since 03:14", fresh);
    desk_expect(&desk, text);
    desk_expect(&desk, "\342\212\225 new");
    desk_expect(&desk, "03:14; Up Down walk the front");
    check_screen(&desk, "new", 80, 24);
    snapshot_at(&desk, NOON + 3600, 214); /* nobody has come */
    desk_expect(&desk, text);
    key_at(&desk, NOON + 3601, "j");
    desk_expect(&desk, text);
    key_at(&desk, NOON + 3700, "j");
    desk_expect(&desk, text);
    key_at(&desk, NOON + 3722, "j"); /* two minutes on: seen */
    assert_int_equal(news(&desk), 0);
    assert_false(on_screen(&desk, "new on the front"));
    s->seen_rows = 10; /* the run was told by this screen: nothing is new by that */
    s->seen_time = NOON + 3600;
    snapshot_at(&desk, NOON + 3723, 214);
    assert_int_equal(news(&desk), 0);
    desk_close(&desk);
}

/* The screen stays open; its user goes away at noon and comes back in the night. */
static void test_new_since_the_last_key(void **state)
{
    (void)state;
    struct desk desk;
    char text[64];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    snapshot_at(&desk, NOON - 10, 100);
    key_at(&desk, NOON, "Q");
    desk_expect(&desk, "Q does nothing here");
    snapshot_at(&desk, NOON + 119, 120);
    desk_expect(&desk, "Q does nothing here");
    assert_int_equal(news(&desk), 0); /* he may be looking */
    snapshot_at(&desk, NOON + 14 * 3600, 214);
    size_t fresh = news(&desk);
    assert_true(fresh > 1);
    snprintf(text, sizeof text, "%zu new on the front since 2026-01-01 12:00", fresh);
    desk_expect(&desk, text);                  /* not what was said half a day ago */
    key_at(&desk, NOON + 14 * 3600 + 10, "k"); /* back */
    desk_expect(&desk, text);
    snapshot_at(&desk, NOON + 14 * 3600 + 131, 214); /* and gone: from here on anew */
    assert_int_equal(news(&desk), 0);
    desk_type(&desk, "t");
    desk_close(&desk);
}

static void test_nothing_new(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, GLYPHS_ASCII);
    snapshot_at(&desk, NOON, 100); /* seen_time 0: his first screen */
    assert_int_equal(news(&desk), 0);
    desk.picture.snapshot.seen_rows = 100;
    desk.picture.snapshot.seen_time = NOON - 60;
    snapshot_at(&desk, NOON + 1, 100);
    assert_false(on_screen(&desk, "since"));
    desk_close(&desk);
    desk_open(&desk, 60, GLYPHS_BRAILLE); /* a network scored on more questions is not new */
    picture_stages(&desk.picture);
    desk.picture.snapshot.seen_rows = 60;
    desk.picture.snapshot.seen_time = NOON - 60;
    desk.view.now = NOON;
    view_refresh(&desk.view, &desk.picture.snapshot);
    assert_int_equal(news(&desk), 0);
    desk_expect(&desk, "30 evaluated since 11:59, none on the front");
    desk_close(&desk);
}

/* ---- other networks ---- */

static void test_others(void **state)
{
    (void)state;
    struct desk desk;
    char name[48];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "o");
    desk_expect(&desk, "paretop baselines DIR makes pruned networks");
    assert_int_equal(desk.view.others, OTHERS_DRAWN);
    picture_baselines(&desk.picture);
    picture_overlays(&desk.picture);
    view_refresh(&desk.view, s);
    view_fit(&desk.view, s, 0);
    assert_true(overlay_letter(s, 0) == 'q' && overlay_letter(s, 1) == '4');
    desk.view.notice[0] = '\0';
    check_screen(&desk, "overlays", 100, 30);
    assert_int_equal(desk.view.rows, s->fronts);
    desk_type(&desk, "o");
    assert_int_equal(desk.view.rows, s->fronts * 3 + s->baseline_rows);
    check_screen(&desk, "others-listed", 100, 30);
    size_t baselines = 0, overlays = 0;
    desk_type(&desk, "g");
    for (size_t i = 0; i < desk.view.rows; i++) { /* all are reached and are what they say */
        uint32_t id = desk.view.selected;
        const struct row *row = view_row(s, id);
        assert_int_equal(id, desk.view.row[i]);
        assert_true(i == 0 ||
                    view_value(s, row, OBJECTIVE_ACC_EST) <=
                        view_value(s, view_row(s, desk.view.row[i - 1]), OBJECTIVE_ACC_EST));
        baselines += view_is_baseline(id);
        overlays += view_overlay(id) < 2;
        desk_type(&desk, "j");
    }
    assert_true(baselines == s->baseline_rows && overlays == 2 * s->fronts);
    uint32_t sleb = BASELINE_IDS + 4;
    view_select(&desk.view, s, sleb);
    assert_string_equal(view_name(s, sleb, name, sizeof name), "sleb #4");
    desk_expect(&desk, "selected sleb #4");
    desk_type(&desk, " e"); /* marked; extracted under its own name */
    assert_int_equal(desk.view.mark[0], sleb);
    assert_non_null(strstr(desk.view.extract.path.text, "-sleb-4.gguf"));
    desk_type(&desk, "<Enter>");
    assert_string_equal(desk.asked.code.text, view_row(s, sleb)->code.text);
    assert_string_equal(view_name(s, overlay_id(1, 3), name, sizeof name), "q4_0 #3");
    desk_type(&desk, "<Left>"); /* from point to point, whatever they are */
    assert_true(view_row(s, desk.view.selected)->value[OBJECTIVE_BYTES] <=
                view_row(s, sleb)->value[OBJECTIVE_BYTES]);
    view_select(&desk.view, s, overlay_id(1, 3));
    desk_type(&desk, "e"); /* offered in the type that it was evaluated at */
    assert_int_equal(view_extract_weights(&desk.view, s).type, WEIGHT_Q4_0);
    assert_non_null(strstr(desk.view.extract.path.text, "-q4_0.gguf"));
    desk_type(&desk, "<Esc>");
    desk_type(&desk, " c"); /* in the other views under the same names */
    desk_expect(&desk, "2 marked, each against sleb #4");
    desk_expect(&desk, "q4_0 #3");
    desk_type(&desk, "2");
    desk_expect(&desk, "q4_0 #3, generation ");
    desk_type(&desk, "1");
    view_select(&desk.view, s, sleb);
    desk_type(&desk, "o"); /* hidden: the selection goes where it can */
    assert_true(desk.view.selected < s->rows);
    assert_false(on_screen(&desk, "q8_0"));
    desk_type(&desk, "c<Left><Left>"); /* what is chosen there comes into the list again */
    assert_int_equal(desk.view.selected, sleb);
    assert_int_equal(desk.view.others, OTHERS_LISTED);
    assert_false(desk.view.everything);
    desk_close(&desk);
}

/* An overlay's file that has gone takes its marks along. */
static void test_others_that_go(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    picture_overlays(&desk.picture);
    view_refresh(&desk.view, s);
    desk_type(&desk, "o");
    view_select(&desk.view, s, overlay_id(1, 2));
    desk_type(&desk, " ");
    assert_int_equal(desk.view.marks, 1);
    s->overlays = 0;
    view_refresh(&desk.view, s);
    assert_true(desk.view.marks == 0 && desk.view.selected < s->rows);
    assert_null(view_row(s, overlay_id(1, 2)));
    assert_null(view_row(s, NO_ROW));
    assert_null(view_row(s, BASELINE_IDS));
    desk_close(&desk);
}

static void test_expected(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_ASCII);
    picture_expected(&desk.picture);
    desk.picture.expected[2].value[OBJECTIVE_BYTES] = NAN; /* not known: nowhere */
    desk_draw(&desk, 120, 40);
    size_t points = 0;
    struct layout layout;
    layout_compute(120, 40, &layout);
    for (int y = layout.plot.y; y < layout.plot.y + layout.plot.h; y++)
        for (int x = layout.plot.x; x < layout.plot.x + layout.plot.w; x++)
            points += grid_at(&desk.grid, x, y)->glyph == '?';
    assert_int_equal(points, 2);
    char *screen = desk_text(&desk, 120, 40);
    assert_non_null(strstr(screen, "? predicted"));
    memory_free(screen);
    desk_close(&desk);
}

/* ---- the table ---- */

static void test_questions(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    assert_false(view_has_column(&desk.view, &desk.picture.snapshot, COLUMN_QUESTIONS));
    picture_stages(&desk.picture);
    view_refresh(&desk.view, &desk.picture.snapshot);
    assert_true(view_has_column(&desk.view, &desk.picture.snapshot, COLUMN_QUESTIONS));
    desk_type(&desk, "t");
    check_screen(&desk, "stages", 80, 24);
    desk_close(&desk);
}

/* The list is cached: whatever changes, it is what it would be anew. */
static void test_list_follows(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "t", "s", "S", "w", "/acc>=45%<Enter>", "o", "<Esc>", "j", "/<^U><Enter>", "x"};
    struct desk desk, other;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    picture_baselines(&desk.picture);
    srand(3);
    for (int step = 0; step < 300; step++) {
        struct snapshot *s = &desk.picture.snapshot;
        if (step % 7 == 0)
            snapshot_at(&desk, 0, 100 + (size_t)(rand() % 115));
        desk_type(&desk, keys[rand() % 10]);
        other.view = desk.view;
        other.view.row = NULL;
        other.view.point = NULL;
        other.view.capacity = other.view.points_capacity = 0;
        other.view.listed = false;
        other.view.points_hash = 0;
        view_refresh(&other.view, s);
        assert_int_equal(other.view.rows, desk.view.rows);
        assert_memory_equal(other.view.row, desk.view.row, desk.view.rows * sizeof *desk.view.row);
        assert_int_equal(other.view.points_within, desk.view.points_within);
        memory_free(other.view.row);
        memory_free(other.view.point);
    }
    desk_close(&desk);
}

/* ---- the picture ---- */

static void test_error_bars(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    for (int i = 0; desk.view.axis[0] != OBJECTIVE_ACC && i < OBJECTIVES; i++)
        desk_type(&desk, "x");
    assert_int_equal(desk.view.axis[0], OBJECTIVE_ACC);
    desk_draw(&desk, 100, 30);
    size_t across = 0, up = 0; /* other points lie over some of them */
    for (int i = 0; i < desk.grid.width * desk.grid.height; i++)
        if (desk.grid.cell[i].colour == COLOUR_SELECTED) {
            uint32_t glyph = desk.grid.cell[i].glyph;
            across += glyph == 0x251c || glyph == 0x2524 || glyph == 0x2500;
            up += glyph == 0x252c || glyph == 0x2534 || glyph == 0x2502;
        }
    assert_true(across > 1 && up > 1);
    desk_close(&desk);
}

/* ---- hints ---- */

static void test_hints(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    desk_expect(&desk, "Up Down walk the front; e extracts; ? explains");
    desk_type(&desk, "jjj");
    desk_expect(&desk, "p sets a limit: bytes<=80MiB");
    desk_type(&desk, " j");
    desk_expect(&desk, "Space marks one more to compare");
    desk_type(&desk, " j");
    desk_expect(&desk, "5 compares the marked");
    desk_type(&desk, "Mj");
    s->phase = RUN_PAUSED;
    desk_expect(&desk, "paused: z goes on");
    desk_type(&desk, "4");
    desk_expect(&desk, "x shows the curve by time"); /* the header says that it is paused */
    desk_type(&desk, "1");
    s->phase = RUN_FINISHED;
    view_refresh(&desk.view, s);
    desk_expect(&desk, "; L searches longer");
    s->watched = true;
    desk_expect(&desk, "; Space marks to compare");
    s->watched = false;
    s->phase = RUN_EVALUATING;
    picture_pin(&desk.picture, "bytes<=1MiB");
    view_refresh(&desk.view, s);
    desk_expect(&desk, "nothing is within: P lists the pins; F8 nudges");
    picture_pin(&desk.picture, "bytes<=85MiB");
    s->watched = true;
    view_refresh(&desk.view, s);
    desk_expect(&desk, "q only leaves");
    s->watched = false;
    desk_expect(&desk, "m selects the best within");
    desk_type(&desk, "/acc>=99%<Enter>j");
    desk_expect(&desk, "nothing passes the filter; Esc drops it");
    desk_type(&desk, "<Esc><F8>");
    desk_expect(&desk, "F7 F8 move the limit; Enter puts it in force");
    desk_close(&desk);
}

/* A message of the run stays a minute, or until a key; what went wrong stays. */
static void test_messages(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    snprintf(s->message, sizeof s->message, "about 18 s each");
    snapshot_at(&desk, NOON, 100);
    desk_expect(&desk, "about 18 s each");
    snapshot_at(&desk, NOON + 61, 100);
    assert_false(on_screen(&desk, "about 18 s each"));
    desk_expect(&desk, "walk the front");
    snprintf(s->message, sizeof s->message, "shared 40 %% of the work");
    snapshot_at(&desk, NOON + 62, 100);
    desk_expect(&desk, "shared 40 %");
    key_at(&desk, NOON + 63, "j");
    assert_false(on_screen(&desk, "shared 40 %"));
    s->phase = RUN_FAILED;
    snapshot_at(&desk, NOON + 600, 100);
    desk_expect(&desk, "shared 40 %");
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_since_the_last_screen),
        cmocka_unit_test(test_new_since_the_last_key),
        cmocka_unit_test(test_nothing_new),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_others_that_go),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_list_follows),
        cmocka_unit_test(test_error_bars),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_messages),
    };
    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
