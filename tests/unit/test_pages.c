/* What holds of every view, at any size and in any state of the run: it draws within its area
 * alone, says something, is told from the others, and takes every key. */
#include "desk.h"

#include "../../ui/pages.h"
#include "base/rng.h"

#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct run_line told[] = {{1780012800, "the search begins"},
                                       {1780012900, "cannot write history.csv"}};

static struct run_try attempt = {
    .phase = TRY_RUNNING,
    .prompt = "Once upon a time",
    .tokens = 64,
    .side = {{.text = " there was", .length = 10}, {.text = " there were", .length = 11}},
    .agree = 9};

enum stage { STAGE_LOADING, STAGE_EMPTY, STAGE_FULL, STAGES };

static void open_in(struct desk *desk, enum stage stage, enum ui_page page, enum glyphs glyphs)
{
    desk_open(desk, stage == STAGE_FULL ? 60 : 0, glyphs);
    struct snapshot *s = &desk->picture.snapshot;
    if (stage == STAGE_LOADING) {
        s->shape = NULL;
        s->influence = NULL;
        s->phase = RUN_LOADING;
    }
    if (stage == STAGE_FULL) {
        picture_pin(&desk->picture, "bytes<=87MiB");
        s->line = told;
        s->lines = 2;
        attempt.side[0].code = view_row(s, 3)->code;
        attempt.side[1].code = view_row(s, 0)->code;
        attempt.side[0].tokens_per_second = attempt.side[1].tokens_per_second = NAN;
        s->attempt = &attempt;
    }
    desk->view.page = page;
    view_refresh(&desk->view, s);
    if (stage == STAGE_FULL)
        desk_type(desk, " j ");
}

static void check_size(struct desk *desk, int width, int height)
{
    struct layout layout;
    struct grid *grid = &desk->grid;
    layout_compute(width, height, &layout);
    assert_int_equal(grid_reset(grid, width, height, desk->view.glyphs, NULL), STATUS_OK);
    grid_fill(grid, (struct rect){0, 0, width, height}, 'Q', COLOUR_BAD);
    desk_size(desk, width, height);
    page_table[desk->view.page].draw(grid, &layout, &desk->view, &desk->picture.snapshot);
    struct rect body = layout.body;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            if ((x < body.x || x >= body.x + body.w || y < body.y || y >= body.y + body.h) &&
                grid_at(grid, x, y)->glyph != 'Q')
                fail_msg("%s leaves its area at %dx%d, in column %d of row %d",
                         page_table[desk->view.page].name, width, height, x, y);
}

static void test_stays_inside(void **state)
{
    (void)state;
    for (int page = 0; page < PAGES; page++)
        for (int stage = 0; stage < STAGES && page_table[page].draw; stage++) {
            struct desk desk;
            open_in(&desk, (enum stage)stage, (enum ui_page)page, GLYPHS_BRAILLE);
            for (int width = 1; width <= 200; width += width < 30 ? 1 : 9)
                for (int height = 1; height <= 60; height += height < 26 ? 1 : 4)
                    check_size(&desk, width, height);
            desk_close(&desk);
        }
}

static size_t letters(const struct desk *desk, struct rect rect)
{
    size_t count = 0;
    for (int y = rect.y; y < rect.y + rect.h; y++)
        for (int x = rect.x; x < rect.x + rect.w; x++) {
            uint32_t glyph = grid_at(&desk->grid, x, y)->glyph;
            count += (glyph >= 'a' && glyph <= 'z') || (glyph >= 'A' && glyph <= 'Z');
        }
    return count;
}

/* Also before there is anything to show, words say what is going on. */
static void test_says_something(void **state)
{
    (void)state;
    static const int sizes[][2] = {{80, 24}, {40, 12}, {30, 8}, {200, 60}};
    for (int page = 0; page < PAGES; page++)
        for (int stage = 0; stage < STAGES && page_table[page].draw; stage++)
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                struct desk desk;
                struct layout layout;
                open_in(&desk, (enum stage)stage, (enum ui_page)page, GLYPHS_ASCII);
                desk_size(&desk, sizes[i][0], sizes[i][1]);
                desk_draw(&desk, sizes[i][0], sizes[i][1]);
                layout_compute(sizes[i][0], sizes[i][1], &layout);
                if (letters(&desk, layout.body) < 12)
                    fail_msg("the view %s says nothing at %dx%d:\n%s", page_table[page].name,
                             sizes[i][0], sizes[i][1], desk_text(&desk, sizes[i][0], sizes[i][1]));
                desk_close(&desk);
            }
}

/* By its tab, and where there is no room for tabs, in the header. */
static void test_is_named(void **state)
{
    (void)state;
    for (int page = PAGE_FRONT + 1; page < PAGES; page++) {
        struct desk desk;
        if (!page_table[page].draw)
            continue;
        open_in(&desk, STAGE_FULL, (enum ui_page)page, GLYPHS_BRAILLE);
        char named[32];
        snprintf(named, sizeof named, " %d %s", page + 1, page_table[page].name);
        desk_expect_at(&desk, 80, 24, named);
        char *text = desk_text(&desk, 40, 12);
        if (strncmp(text, page_table[page].name, strlen(page_table[page].name)) != 0)
            fail_msg("%s is not named at 40x12:\n%s", page_table[page].name, text);
        memory_free(text);
        desk_close(&desk);
    }
}

/* Whatever is typed, at any size, while rows come and go. */
static void test_storm(void **state)
{
    (void)state;
    static const char keys[] = "?jkgG[]KbmA xX+-=txrRuUifnN/0123456789.8h\n\t\033\014\177";
    struct rng rng;
    rng_init(&rng, 5, "pages", 0);
    for (int page = 0; page < PAGES; page++) {
        struct desk desk;
        if (!page_table[page].draw)
            continue;
        open_in(&desk, STAGE_FULL, (enum ui_page)page, GLYPHS_ASCII);
        struct snapshot *s = &desk.picture.snapshot;
        for (int step = 0; step < 600; step++) {
            if (desk.view.mode == UI_MODE_VIEW)
                desk.view.page = (enum ui_page)page;
            view_key(&desk.view, s,
                     rng_below(&rng, 3) ? keys[rng_below(&rng, sizeof keys - 1)]
                                        : UI_KEY_FIRST + (int)rng_below(&rng, 18));
            if (step % 20 == 0) {
                s->rows = rng_below(&rng, 61);
                s->base = s->rows ? 0 : UINT32_MAX;
                s->phase = (enum run_phase)rng_below(&rng, 8);
                s->attempt = rng_below(&rng, 3) ? &attempt : NULL;
                attempt.phase = (enum try_phase)rng_below(&rng, 6);
                picture_pin(&desk.picture, rng_below(&rng, 2) ? "" : "bytes<=1MiB");
                view_refresh(&desk.view, s);
            }
            int width = 1 + (int)rng_below(&rng, 120), height = 1 + (int)rng_below(&rng, 40);
            desk_size(&desk, width, height);
            desk_draw(&desk, width, height);
            for (int i = 0; i < width * height; i++)
                assert_in_range(desk.grid.cell[i].glyph, ' ', '~');
        }
        desk_close(&desk);
    }
}

/* The way out is on the key line of every view, as narrow as it may be. */
static void test_way_out(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    for (int page = 0; page < PAGES; page++)
        for (int width = 20; width <= 200; width += 20) {
            char key[2] = {(char)('1' + page), '\0'};
            desk_type(&desk, key);
            char *screen = desk_text(&desk, width, 24), *last = screen;
            for (char *line = screen; (line = strchr(line, '\n')) != NULL && line[1]; line++)
                last = line + 1;
            assert_non_null(strstr(last, "? help"));
            assert_non_null(strstr(last, "q quit"));
            memory_free(screen);
        }
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_way_out),        cmocka_unit_test(test_stays_inside),
        cmocka_unit_test(test_says_something), cmocka_unit_test(test_is_named),
        cmocka_unit_test(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
