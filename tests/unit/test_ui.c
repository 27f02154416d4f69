/* The screen without a terminal: layout, axes, fields, keys, and whole screens as text.
 * UPDATE_GOLDEN=1 writes tests/golden/screen-*.txt anew: look at each before it is committed. */
#include "../../ui/script.h"
#include "desk.h"

#include "base/memory.h"
#include "base/rng.h"

#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- layout ---- */

static void check_layout(int width, int height)
{
    struct layout layout;
    layout_compute(width, height, &layout);
    const struct rect *rects = (const struct rect *)&layout;
    size_t count = offsetof(struct layout, body) / sizeof *rects;
    char *owner = calloc((size_t)(width * height), 1);
    for (size_t i = 0; i < count; i++) {
        struct rect r = rects[i];
        if (r.w == 0 || r.h == 0)
            continue;
        assert_true(r.x >= 0 && r.y >= 0 && r.w > 0 && r.h > 0);
        assert_true(r.x + r.w <= width && r.y + r.h <= height);
        for (int y = r.y; y < r.y + r.h; y++)
            for (int x = r.x; x < r.x + r.w; x++) {
                /* the divider starts in the row of the rules, between them */
                assert_int_equal(owner[y * width + x], 0);
                owner[y * width + x] = (char)(i + 1);
            }
    }
    free(owner);
    struct rect body = layout.body,
                lines[] = {layout.header, layout.tabs, layout.pins, layout.status, layout.keys};
    assert_true(body.x >= 0 && body.y >= 0 && body.w <= width && body.y + body.h <= height);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_true(!lines[i].h || lines[i].y < body.y || lines[i].y >= body.y + body.h);
}

static void test_layout(void **state)
{
    (void)state;
    for (int width = 1; width <= 200; width++)
        for (int height = 1; height <= 60; height++)
            check_layout(width, height);
    struct layout full;
    layout_compute(80, 24, &full); /* the smallest size that has everything */
    const struct rect *rects = (const struct rect *)&full;
    for (size_t i = 0; i < sizeof full / sizeof *rects; i++)
        assert_true(rects[i].w > 0 && rects[i].h > 0);
    assert_true(full.plot.h >= 12 && full.plot.w >= 45 && full.table.w >= 30);
}

/* ---- axes ---- */

static void test_nice_steps(void **state)
{
    (void)state;
    static const double pairs[][2] = {{0.011, 0.02}, {0.01, 0.01}, {0.3, 0.5}, {0.5, 0.5},
                                      {0.7, 1},      {1, 1},       {1.01, 2},  {2, 2},
                                      {4.9, 5},      {5.1, 10},    {73, 100},  {-1, 1}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_true(fabs(nice_step(pairs[i][0]) / pairs[i][1] - 1) < 1e-12);
    assert_true(nice_step(NAN) == 1);
    assert_true(nice_step(INFINITY) == 1);
}

static void test_ticks(void **state)
{
    (void)state;
    static const struct {
        enum quantity quantity;
        double lo, hi;
        bool log;
        int most;
        const char *labels; /* with one blank after each, then the unit */
    } cases[] = {
        {QUANTITY_FRACTION, 0.38, 0.61, false, 6, "40 45 50 55 60 %"},
        {QUANTITY_FRACTION, 0.5, 0.516, false, 5, "50.0 50.5 51.0 51.5 %"},
        {QUANTITY_BYTES, 80.0 * 1048576, 121.0 * 1048576, false, 5, "80 90 100 110 120 MiB"},
        {QUANTITY_BYTES, 3.9 * 1073741824, 7.1 * 1073741824, false, 4, "4 5 6 7 GiB"},
        {QUANTITY_COUNT, 0, 100e6, false, 2, "0 50 100 M"},
        {QUANTITY_NUMBER, -2, 2, false, 4, "-2 -1 0 1 2 "},
        {QUANTITY_NUMBER, 1, 1000, true, 10, "1 2 5 10 20 50 100 200 500 1000 "},
        {QUANTITY_NUMBER, 1, 1e9, true, 10,
         "1 10 100 1000 10000 100000 1000000 10000000 "
         "100000000 1000000000 "},
        {QUANTITY_NUMBER, 0, 1e30, false, 2, "0 5.0e+29 1.0e+30 "},
        {QUANTITY_NUMBER, 0.02, 0.3, true, 5, "0.02 0.05 0.10 0.20 "},
        {QUANTITY_NUMBER, 10.1, 11.9, true, 4, "10.5 11.0 11.5 "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct axis axis;
        char labels[512] = "", label[32];
        axis_init(&axis, cases[i].quantity, cases[i].lo, cases[i].hi, cases[i].log, cases[i].most);
        for (int t = 0; t < axis.ticks; t++) {
            strcat(labels,
                   unit_format(axis.unit, axis.decimals, axis.tick[t], label, sizeof label));
            strcat(labels, " ");
        }
        strcat(labels, axis.unit.name);
        assert_string_equal(labels, cases[i].labels);
    }
}

static void test_axis_positions(void **state)
{
    (void)state;
    struct axis axis;
    axis_init(&axis, QUANTITY_NUMBER, 10, 20, false, 5);
    assert_int_equal(axis_position(&axis, 10, 101), 0);
    assert_int_equal(axis_position(&axis, 20, 101), 100);
    assert_int_equal(axis_position(&axis, 12.5, 101), 25);
    assert_true(axis_position(&axis, 9, 101) < 0);
    assert_true(axis_position(&axis, 21, 101) > 100);
    assert_int_equal(axis_position(&axis, NAN, 101), INT_MIN);
    assert_int_equal(axis_position(&axis, INFINITY, 101), INT_MIN);
    axis_init(&axis, QUANTITY_NUMBER, 1, 100, true, 9);
    assert_int_equal(axis_position(&axis, 10, 101), 50);
    assert_int_equal(axis_position(&axis, 0, 101), INT_MIN);
    static const double odd[][2] = {{5, 5},  {0, 0},         {NAN, 1},
                                    {3, -3}, {-INFINITY, 4}, {1e300, 1e300}};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) { /* any range becomes an axis */
        axis_init(&axis, QUANTITY_BYTES, odd[i][0], odd[i][1], false, 5);
        assert_true(isfinite(axis.lo) && isfinite(axis.hi) && axis.lo < axis.hi);
        assert_true(axis.ticks >= 0 && axis.ticks <= AXIS_TICKS);
    }
}

/* ---- grid ---- */

static void test_grid_text(void **state)
{
    (void)state;
    struct grid grid = {0};
    struct buf out;
    buf_init(&out);
    assert_int_equal(grid_reset(&grid, 12, 4, GLYPHS_BRAILLE, NULL), STATUS_OK);
    assert_int_equal(grid_text(&grid, 0, 0, 5, COLOUR_TEXT, 0, "abcdefgh"), 5);
    grid_text(&grid, 6, 0, 99, COLOUR_TEXT, 0, "beyond the edge");
    grid_text(&grid, 0, 1, 12, COLOUR_TEXT, 0, "a\033[2J\a\303\251\377x");
    grid_text_right(&grid, 12, 2, 8, COLOUR_TEXT, 0, "right");
    assert_int_equal(
        grid_wrap(&grid, (struct rect){0, 3, 12, 1}, COLOUR_TEXT, 0, "one two three four"), 1);
    assert_int_equal(grid_dump(&grid, &out, NULL), STATUS_OK);
    assert_string_equal(out.data, "abcd\342\200\246 beyond\na?[2J?\303\251\357\277\275x\n"
                                  "       right\none two thr\342\200\246\n");
    assert_int_equal(text_rows("one two three four", 9), 3);
    assert_int_equal(text_rows("unbreakable", 4), 3);
    size_t next;
    assert_int_equal(text_rows("one\n\n  two three", 9), 4); /* newlines and indents stay */
    assert_int_equal(text_line("one \n  two", 9, &next), 4);
    assert_int_equal(next, 5);
    assert_int_equal(text_line("one two", 4, &next), 3); /* a blank at the end of a row goes */
    assert_int_equal(next, 4);
    buf_release(&out);
    grid_release(&grid);
}

static void test_dots(void **state)
{
    (void)state;
    struct grid grid = {0};
    struct rect rect = {1, 1, 2, 2};
    grid_reset(&grid, 4, 4, GLYPHS_BRAILLE, NULL);
    for (int i = 0; i < 8; i++)
        grid_dot(&grid, rect, i % 2, i / 2, COLOUR_DOMINATED);
    grid_dot(&grid, rect, 3, 7, COLOUR_DOMINATED);
    assert_int_equal(grid_at(&grid, 1, 1)->glyph, 0x28ff); /* all eight dots of one cell */
    assert_int_equal(grid_at(&grid, 2, 2)->glyph, 0x2880);
    grid_dot(&grid, rect, -1, 0, COLOUR_DOMINATED);
    grid_dot(&grid, rect, 4, 0, COLOUR_DOMINATED);
    assert_int_equal(grid_at(&grid, 0, 1)->glyph, ' ');
    assert_int_equal(grid_at(&grid, 3, 1)->glyph, ' ');
    grid_put(&grid, 1, 1, 0x25cf, COLOUR_FRONT, 0);
    grid_dot(&grid, rect, 0, 0, COLOUR_DOMINATED); /* a front point is not overdrawn */
    assert_int_equal(grid_at(&grid, 1, 1)->glyph, 0x25cf);
    grid_reset(&grid, 4, 4, GLYPHS_BLOCKS, NULL);
    grid_dot(&grid, rect, 0, 0, COLOUR_DOMINATED);
    assert_int_equal(grid_at(&grid, 1, 1)->glyph, 0x2580);
    grid_dot(&grid, rect, 0, 1, COLOUR_DOMINATED);
    assert_int_equal(grid_at(&grid, 1, 1)->glyph, 0x2588);
    grid_reset(&grid, 4, 4, GLYPHS_ASCII, NULL);
    grid_dot(&grid, rect, 1, 1, COLOUR_DOMINATED);
    assert_int_equal(grid_at(&grid, 2, 2)->glyph, '.');
    grid_dot(&grid, rect, 1, 1, COLOUR_DOMINATED);
    assert_int_equal(grid_at(&grid, 2, 2)->glyph, ':');
    grid_release(&grid);
}

/* ---- fields, keys, scripts ---- */

static void test_field(void **state)
{
    (void)state;
    static const struct {
        const char *start, *keys, *text;
        size_t cursor;
    } cases[] = {
        {"", "abc", "abc", 3},
        {"abc", "<Left><Left>x", "axbc", 2},
        {"abc", "<Home><Del>", "bc", 0},
        {"abc", "<Bksp><Bksp><Bksp><Bksp>", "", 0},
        {"a\303\251b", "<Left><Left><Del>", "ab", 1},
        {"a\303\251b", "<Left><Bksp>", "ab", 1},
        {"path/to file", "<^W>", "path/to ", 8},
        {"path/to", "<^W><^W>", "path", 4},
        {"abc", "<^U>z", "z", 1},
        {"abc", "<^A>z<^K>", "z", 1},
        {"abc", "<^A><^E>d", "abcd", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct field field;
        const char *keys = cases[i].keys;
        int key;
        field_set(&field, cases[i].start);
        while ((key = script_next(&keys)) != 0)
            assert_true(field_key(&field, key));
        assert_string_equal(field.text, cases[i].text);
        assert_int_equal(field.cursor, cases[i].cursor);
    }
    struct field field;
    field_set(&field, "");
    for (int i = 0; i < 1000; i++)
        field_key(&field, 0x20ac); /* three bytes each: never half of one */
    assert_int_equal(strlen(field.text), sizeof field.text / 3 * 3);
    assert_false(field_key(&field, UI_KEY_F1));
    field_propose(&field, "proposed");
    field_key(&field, 'x'); /* typing replaces it */
    assert_string_equal(field.text, "x");
    field_propose(&field, "proposed");
    field_key(&field, UI_KEY_BACKSPACE); /* editing keeps it */
    field_key(&field, 'x');
    assert_string_equal(field.text, "proposex");
}

static void test_key_table(void **state)
{
    (void)state;
    size_t rows = 0;
    struct keymap keymap;
    keymap_init(&keymap);
    for (const struct ui_key *entry = ui_keys; entry->help; entry++, rows++) {
        char names[64];
        assert_true(entry->mode < UI_MODES && entry->key[0] && entry->act && *entry->help);
        assert_true(strlen(entry->help) <= 62); /* fits the help's window at 80 columns */
        assert_true(strlen(keymap_names(&keymap, entry, names, sizeof names)) <= 15);
        assert_null(strstr(names, "that key"));
        for (size_t i = 0; i < UI_KEY_CHOICES && entry->key[i]; i++) /* no key does two things */
            assert_ptr_equal(keymap_find(&keymap, entry->mode, entry->key[i]), entry);
        for (const struct ui_key *other = ui_keys; other != entry; other++) /* nor one name */
            assert_false(other->mode == entry->mode && !strcmp(other->name, entry->name));
        bool page = entry->mode >= UI_MODE_FRONT && entry->mode <= UI_MODE_TRY;
        for (size_t i = 0; page && i < UI_KEY_CHOICES && entry->key[i]; i++)
            assert_null(keymap_find(&keymap, UI_MODE_VIEW, entry->key[i])); /* no view hides one */
    }
    assert_true(rows > 40);
    for (int mode = 0; mode < UI_MODES; mode++) {
        assert_non_null(ui_mode_names[mode]);
        bool page = mode >= UI_MODE_FRONT && mode <= UI_MODE_TRY;
        assert_non_null(keymap_find(&keymap, page ? UI_MODE_VIEW : (enum ui_mode)mode,
                                    UI_KEY_ESCAPE)); /* Esc always goes back */
    }
    assert_null(keymap_find(&keymap, UI_MODE_VIEW, 'Q'));
}

static void test_script(void **state)
{
    (void)state;
    const char *script = "a<Up><Esc><lt>x<nonsense><^C><S-Tab>\303\251";
    static const int keys[] = {
        'a', UI_KEY_UP, UI_KEY_ESCAPE,  '<',  'x', '<', 'n', 'o', 'n', 's', 'e', 'n', 's', 'e',
        '>', 3,         UI_KEY_BACKTAB, 0xe9, 0,   0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_int_equal(script_next(&script), keys[i]);
}

/* ---- screens as text ---- */

struct screen_case {
    const char *name;
    int width, height;
    size_t rows;
    const char *pins, *keys;
    enum glyphs glyphs;
};

static void test_screens(void **state)
{
    (void)state;
    static const struct screen_case cases[] = {
        {"80x24", 80, 24, 214, "", "", GLYPHS_BRAILLE},
        {"100x30", 100, 30, 214, "bytes<=87MiB and acc>=45%", "jj ", GLYPHS_BRAILLE},
        {"60x15", 60, 15, 214, "", "", GLYPHS_BRAILLE},
        {"200x60", 200, 60, 214, "bytes<=87MiB", "t", GLYPHS_BRAILLE},
        {"ascii", 80, 24, 214, "bytes<=87MiB", "", GLYPHS_ASCII},
        {"blocks", 80, 24, 214, "", "", GLYPHS_BLOCKS},
        {"40x12", 40, 12, 214, "bytes<=87MiB", "", GLYPHS_BRAILLE},
        {"20x6", 20, 6, 214, "", "", GLYPHS_BRAILLE},
        {"none-within", 80, 24, 214, "bytes<=60MiB and acc>=45%", "", GLYPHS_BRAILLE},
        {"empty", 80, 24, 0, "", "", GLYPHS_BRAILLE},
        {"first", 80, 24, 1, "", "", GLYPHS_BRAILLE},
        {"nudge", 100, 30, 214, "bytes<=87MiB", "P<Right><Right>", GLYPHS_BRAILLE},
        {"help", 80, 24, 214, "", "?", GLYPHS_BRAILLE},
        {"help-search", 80, 24, 214, "", "?pin", GLYPHS_BRAILLE},
        {"prompt", 80, 24, 214, "", "p", GLYPHS_BRAILLE},
        {"refused", 80, 24, 214, "", "pbytes<=90M<Enter>", GLYPHS_BRAILLE},
        {"extract", 80, 24, 214, "", "e<Tab>", GLYPHS_BRAILLE},
        {"quit", 80, 24, 214, "", "q", GLYPHS_BRAILLE},
        {"axes", 80, 24, 214, "", "xvX+", GLYPHS_BRAILLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        desk_open(&desk, cases[i].rows, cases[i].glyphs);
        picture_pin(&desk.picture, cases[i].pins);
        view_refresh(&desk.view, &desk.picture.snapshot);
        desk_type(&desk, cases[i].keys);
        char *text = desk_text(&desk, cases[i].width, cases[i].height);
        screen_compare(cases[i].name, text);
        memory_free(text);
        desk_close(&desk);
    }
}

static void test_baselines(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum glyphs glyphs;
    } cases[] = {{"pruned", GLYPHS_BRAILLE}, {"pruned-ascii", GLYPHS_ASCII}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct desk desk;
        desk_open(&desk, 214, cases[i].glyphs);
        picture_pin(&desk.picture, "");
        picture_baselines(&desk.picture);
        view_refresh(&desk.view, &desk.picture.snapshot);
        char *text = desk_text(&desk, 100, 30);
        screen_compare(cases[i].name, text);
        assert_non_null(strstr(text, "uniform-eh2"));
        memory_free(text);
        /* what a pruning method left is no row that can be selected */
        size_t rows = desk.view.rows;
        desk_type(&desk, "t");
        assert_true(rows <= desk.view.rows && desk.view.rows <= 214);
        desk_close(&desk);
    }
}

static void test_times(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    picture_times(&desk.picture);
    desk.view.axis[0] = OBJECTIVE_DECODE_MS; /* which a run's own view begins with */
    view_fit(&desk.view, &desk.picture.snapshot, 0);
    view_refresh(&desk.view, &desk.picture.snapshot);
    char *text = desk_text(&desk, 140, 40);
    screen_compare("times", text);
    memory_free(text);
    desk_type(&desk, "pthroughput>=40<Enter>P<Down><Right>"); /* nudged by what is shown */
    assert_string_equal(desk.asked.requests, "pin,throughput>=40;");
    desk_close(&desk);
}

static void test_phases(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    s->shape = NULL; /* nothing is loaded yet */
    s->influence = NULL;
    s->phase = RUN_LOADING;
    desk_expect(&desk, "loading the model");
    desk_type(&desk, "ea<Esc>yKbmE \x0c");
    s->phase = RUN_CALIBRATING;
    desk_expect(&desk, "measuring the layers of the model");
    s->phase = RUN_FAILED;
    snprintf(s->message, sizeof s->message, "the disk is full");
    desk_expect(&desk, "the disk is full");
    desk_close(&desk);
}

/* Panels draw within their own areas only. */
static void test_panels_stay_inside(void **state)
{
    (void)state;
    struct desk desk;
    struct rng rng;
    rng_init(&rng, 3, "rects", 0);
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    picture_pin(&desk.picture, "bytes<=87MiB and acc>=45%");
    view_refresh(&desk.view, &desk.picture.snapshot);
    for (int round = 0; round < 600; round++) {
        const struct snapshot *s = &desk.picture.snapshot;
        struct grid *grid = &desk.grid;
        int w = (int)rng_below(&rng, 70), h = (int)rng_below(&rng, 25);
        struct rect rect = {5, 5, w, h}, rule = {5, 4, w, 1};
        grid_reset(grid, 80, 35, GLYPHS_BRAILLE, NULL);
        grid_fill(grid, (struct rect){0, 0, 80, 35}, 'Q', COLOUR_BAD);
        if (round % 3 == 0)
            draw_plot(grid, rule, rect, &desk.view, s);
        else if (round % 3 == 1)
            draw_table(grid, rule, rect, &desk.view, s);
        else
            draw_selected(grid, rule, rect, &desk.view, s);
        for (int y = 0; y < 35; y++)
            for (int x = 0; x < 80; x++)
                if (x < 5 || x >= 5 + w || y < 4 || y >= 5 + h)
                    assert_int_equal(grid_at(grid, x, y)->glyph, 'Q');
    }
    desk_close(&desk);
}

static void test_points_differ_by_shape(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_ASCII);
    picture_pin(&desk.picture, "bytes<=87MiB");
    picture_baselines(&desk.picture);
    view_refresh(&desk.view, &desk.picture.snapshot);
    desk_type(&desk, "g G");
    desk_draw(&desk, 200, 60);
    struct layout layout;
    layout_compute(200, 60, &layout);
    static const struct {
        char glyph;
        enum colour colour;
    } points[] = {{'o', COLOUR_FRONT},   {'@', COLOUR_SELECTED}, {'B', COLOUR_BASE},
                  {'M', COLOUR_MARKED},  {'x', COLOUR_OUTSIDE},  {'.', COLOUR_DOMINATED},
                  {'b', COLOUR_BASELINE}};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        size_t found = 0;
        for (int y = layout.plot.y; y < layout.plot.y + layout.plot.h - 2; y++)
            for (int x = layout.plot.x; x < layout.plot.x + layout.plot.w; x++) {
                const struct cell *cell = grid_at(&desk.grid, x, y);
                found +=
                    cell->glyph == (uint32_t)points[i].glyph && cell->colour == points[i].colour;
            }
        assert_true(found > 0);
    }
    desk_close(&desk);
}

/* ---- what keys do ---- */

static void test_moving(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    struct view *view = &desk.view;
    assert_int_equal(view->selected, s->front[s->knee]); /* follows the knee until moved */
    desk_type(&desk, "g");
    assert_int_equal(view->selected, view->row[0]);
    desk_type(&desk, "kk<Up><Down>");
    assert_int_equal(view->selected, view->row[1]);
    desk_type(&desk, "G<PgDn>");
    assert_int_equal(view->selected, view->row[view->rows - 1]);
    desk_type(&desk, "<Left>");
    uint32_t left = view->selected;
    for (size_t i = 0; i < s->fronts; i++)
        desk_type(&desk, "<Left>");
    for (size_t i = 0; i < view->rows; i++) /* nothing on the front is further left */
        assert_true(view_row(s, view->selected)->value[OBJECTIVE_BYTES] <=
                    view_row(s, view->row[i])->value[OBJECTIVE_BYTES]);
    double before = view_row(s, view->selected)->value[OBJECTIVE_BYTES];
    desk_type(&desk, "<Right>");
    assert_true(view_row(s, view->selected)->value[OBJECTIVE_BYTES] > before);
    (void)left;
    desk_type(&desk, "K");
    assert_int_equal(view->selected, s->front[s->knee]);
    desk_type(&desk, "m");
    for (size_t i = 0; i < s->fronts; i++)
        assert_true(view_value(s, view_row(s, view->selected), s->objectives[0]) >=
                    view_value(s, view_row(s, s->front[i]), s->objectives[0]));
    desk_type(&desk, "b"); /* the base is dominated here: the list opens up to show it */
    assert_int_equal(view->selected, 0);
    assert_true(view->everything && view->rows == 214);
    desk_close(&desk);
}

/* The front and more, sorted as ever; again: the front; all networks and it exclude each other. */
static void test_within_error(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    struct view *view = &desk.view;
    char text[64];
    desk_type(&desk, "w");
    assert_true(view->rows > s->fronts && view->rows < s->rows && view->near == view->rows);
    for (size_t i = 0; i < s->fronts; i++)
        assert_true(view_position(view, s->front[i]) != SIZE_MAX);
    for (size_t i = 1; i < view->rows; i++)
        assert_true(view_value(s, view_row(s, view->row[i - 1]), s->objectives[0]) >=
                    view_value(s, view_row(s, view->row[i]), s->objectives[0]));
    snprintf(text, sizeof text, "front %zu + %zu near, of %zu", s->fronts, view->rows - s->fronts,
             s->evaluations);
    desk_expect(&desk, text);
    desk_type(&desk, "t");
    assert_int_equal(view->rows, s->rows);
    desk_type(&desk, "t");
    assert_int_equal(view->rows, s->fronts);
    desk_type(&desk, "tw");
    assert_true(view->rows > s->fronts && view->rows < s->rows);
    desk_type(&desk, "w");
    assert_int_equal(view->rows, s->fronts);
    desk_close(&desk);
}

static void test_sorting(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    desk_type(&desk, "t");
    const struct snapshot *s = &desk.picture.snapshot;
    for (int i = 0; i < 2 * COLUMNS; i++) {
        desk_type(&desk, i % 2 ? "S" : "s");
        bool high = column_best_is_high(desk.view.sort) != desk.view.backwards;
        assert_true(column_measured(s, desk.view.sort));
        for (size_t r = 1; r < desk.view.rows; r++) {
            double a = column_value(s, view_row(s, desk.view.row[r - 1]), desk.view.sort);
            double b = column_value(s, view_row(s, desk.view.row[r]), desk.view.sort);
            assert_true(high ? a >= b : a <= b);
        }
    }
    desk_close(&desk);
}

/* Accuracies of single tasks are where the other objectives are: table, values, axes, order, pins.
 */
static void test_tasks(void **state)
{
    (void)state;
    struct desk desk;
    char text[64];
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    picture_tasks(&desk.picture);
    const struct snapshot *s = &desk.picture.snapshot;
    view_refresh(&desk.view, s);
    const struct row *row = view_row(s, desk.view.selected);
    for (int o = OBJECTIVE_TASK_FIRST; o < OBJECTIVE_TASK_FIRST + 2; o++) {
        double share = row->value[o];
        snprintf(text, sizeof text, "%s %.1f %% \302\261%.1f (", objective_table[o].name,
                 100 * share, 100 * sqrt(share * (1 - share) / 99));
        desk_expect(&desk, text);
    }
    desk_expect(&desk, "attn");
    desk_expect(&desk, "  arc_easy");
    for (int i = 0; desk.view.axis[1] != OBJECTIVE_TASK_FIRST + 1 && i < OBJECTIVES; i++)
        desk_type(&desk, "v");
    assert_int_equal(desk.view.axis[1], OBJECTIVE_TASK_FIRST + 1);
    desk_type(&desk, "a<Esc>");
    view_refresh(&desk.view, s);
    desk_expect(&desk, "acc:piqa % / size MiB");
    for (int i = 0; desk.view.sort != OBJECTIVE_TASK_FIRST && i < COLUMNS; i++)
        desk_type(&desk, "s");
    desk_expect(&desk, "sorted by acc:arc_easy");
    desk_type(&desk, "pacc:piqa>=0.4<Enter>");
    assert_string_equal(desk.asked.requests, "pin,acc:piqa>=0.4;");
    desk_type(&desk, "/acc:arc_easy>=45%<Enter>");
    assert_true(desk.view.rows > 0);
    for (size_t i = 0; i < desk.view.rows; i++)
        assert_true(view_row(s, desk.view.row[i])->value[OBJECTIVE_TASK_FIRST] >= 0.45);
    desk_type(&desk, "/<^U>acc:piqa>=45<Enter>");
    desk_expect(&desk, "beyond 100 %");
    desk_close(&desk);
    objective_name_tasks(NULL, 0);
}

static void test_pinning(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "pbytes<=87MiB<Enter>");
    assert_string_equal(desk.asked.requests, "pin,bytes<=87MiB;");
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    desk_type(&desk, "p87MiB<Enter>"); /* refused: the prompt stays, with what was typed */
    assert_int_equal(desk.view.mode, UI_MODE_PROMPT);
    assert_string_equal(desk.view.field.text, "87MiB");
    assert_true(*desk.view.prompt_error.message);
    desk_type(&desk, "<^U>latency<lt>=12ms<Enter>"); /* not measured here: refused by name */
    assert_int_equal(desk.view.mode, UI_MODE_PROMPT);
    assert_non_null(strstr(desk.view.prompt_error.message, "decode_ms"));
    desk_type(&desk, "<^U>acc>=45<Enter>"); /* 45 % was meant */
    assert_non_null(strstr(desk.view.prompt_error.message, "beyond 100 %"));
    desk_type(&desk, "<^U>acc>=0.4<Enter>");
    assert_string_equal(desk.asked.requests, "pin,bytes<=87MiB;pin,acc>=0.4;");
    desk_type(&desk, "pbytes<=1GiB<Esc>p<Enter>"); /* nothing is asked */
    assert_string_equal(desk.asked.requests, "pin,bytes<=87MiB;pin,acc>=0.4;");
    desk.asked.refuse = true;
    desk_type(&desk, "pbytes<=1GiB<Enter>");
    desk_expect(&desk, "refused by the run");
    desk_close(&desk);
}

static int occurrences(const char *text, const char *word)
{
    int count = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

/* No point, bar or mark stands in the label of a pin's line, wherever the line is. */
static void test_pin_labels_are_whole(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    for (int limit = 82; limit <= 96; limit++) {
        char pin[32];
        snprintf(pin, sizeof pin, "bytes<=%dMiB", limit);
        picture_pin(&desk.picture, pin);
        view_refresh(&desk.view, &desk.picture.snapshot);
        char *screen = desk_text(&desk, 80, 24);
        if (occurrences(screen, pin) != 2) /* in the plot and in the line of pins */
            fail_msg("%s is not whole:\n%s", pin, screen);
        memory_free(screen);
    }
    desk_close(&desk);
}

/* Where there is no room for all, what is pinned is shown, not what else is measured. */
static void test_pinned_values_are_shown(void **state)
{
    (void)state;
    static const char *const pinned[][2] = {
        {"params<=130M", "M par"}, {"macs<=130M", "M mac"}, {"choice_nll<=3", " nll"}};
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    for (size_t i = 0; i < sizeof pinned / sizeof *pinned; i++) {
        picture_pin(&desk.picture, "");
        char *screen = desk_text(&desk, 80, 24);
        assert_int_equal(occurrences(screen, pinned[i][1]), 0);
        memory_free(screen);
        picture_pin(&desk.picture, pinned[i][0]);
        view_refresh(&desk.view, &desk.picture.snapshot);
        screen = desk_text(&desk, 80, 24);
        assert_int_equal(occurrences(screen, pinned[i][1]), 1);
        memory_free(screen);
    }
    picture_pin(&desk.picture, "macs<=130M");
    view_refresh(&desk.view, &desk.picture.snapshot);
    char *screen = desk_text(&desk, 120, 30); /* of the selected network, the first of the rest */
    assert_non_null(strstr(screen, "   MACs/token "));
    memory_free(screen);
    desk_close(&desk);
}

static void test_pin_list(void **state)
{
    (void)state;
    struct desk desk;
    struct pin pins[VIEW_PINS];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "P"); /* no pins: nothing to list */
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    picture_pin(&desk.picture, "bytes<=87MiB and acc>=0.45");
    desk_type(&desk, "P<Right><Right><Left>");
    assert_true(desk.view.drafting);
    assert_true(desk.view.draft.limit > 87.0 * 1048576);
    assert_string_equal(desk.asked.requests, ""); /* a nudge is not asked for before Enter */
    double limit = desk.view.draft.limit;
    desk_type(&desk, "<Enter>");
    struct pin asked;
    char text[64];
    assert_int_equal(sscanf(desk.asked.requests, "pin,%63[^;];", text), 1);
    assert_int_equal(pin_parse(text, NULL, &asked, NULL), STATUS_OK);
    assert_true(asked.limit == limit); /* what is asked is what the line showed */
    desk.asked.requests[0] = '\0';
    desk_type(&desk, "<Down> ");
    assert_string_equal(desk.asked.requests, "unpin,acc>=;");
    assert_int_equal(view_pins(&desk.view, &desk.picture.snapshot, pins), 2);
    assert_false(pins[1].enabled);
    picture_pin(&desk.picture, "bytes<=87MiB"); /* the run has answered */
    desk_type(&desk, "<Esc>");
    assert_int_equal(view_pins(&desk.view, &desk.picture.snapshot, pins), 2);
    desk_expect(&desk, "off)");
    desk_type(&desk, "P "); /* on again */
    assert_non_null(strstr(desk.asked.requests, "pin,acc>=0.45;"));
    picture_pin(&desk.picture, "bytes<=87MiB and acc>=0.45");
    desk.asked.requests[0] = '\0';
    desk_type(&desk, "<Up><Up>d");
    assert_string_equal(desk.asked.requests, "unpin,bytes<=;");
    picture_pin(&desk.picture, "acc>=0.45");
    desk_type(&desk, "d"); /* the last one: the list closes */
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    desk_close(&desk);
}

static void test_pin_list_cursor_stays_on_its_pin(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    picture_pin(&desk.picture, "bytes<=87MiB and acc>=0.45");
    desk_type(&desk, "P "); /* off: the pin moves to the end of the list */
    picture_pin(&desk.picture, "acc>=0.45");
    view_refresh(&desk.view, &desk.picture.snapshot);
    desk_type(&desk, " "); /* on again, not the other one off */
    assert_string_equal(desk.asked.requests, "unpin,bytes<=;pin,bytes<=87MiB;");
    picture_pin(&desk.picture, "acc>=0.45 and bytes<=87MiB"); /* the run has answered */
    view_refresh(&desk.view, &desk.picture.snapshot);
    assert_int_equal(desk.view.pin_position, 1);
    desk_close(&desk);
}

static void test_nothing_within_names_the_pin(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    picture_pin(&desk.picture, "bytes<=20MiB and acc>=30%");
    view_refresh(&desk.view, &desk.picture.snapshot);
    assert_int_equal(desk.picture.snapshot.feasible, 0);
    assert_true(desk.picture.snapshot.fronts > 0); /* the least violating are shown */
    desk_expect(&desk, "none of 214 within: bytes<=20MiB excludes the most");
    desk.picture.snapshot.evaluations = 200; /* those that it began with are none of its own */
    desk.picture.snapshot.imported = 14;
    desk_expect(&desk, "none of 214 within: bytes<=20MiB excludes the most");
    desk_expect(&desk, "least outside");
    desk_close(&desk);
}

static void test_lock_add_pause(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 40, GLYPHS_BRAILLE);
    desk_type(&desk, "l0-3=8<Enter>l0-3=<Enter>z");
    assert_string_equal(desk.asked.requests, "lock,0-3=8;unlock,0-3;pause,;");
    desk.picture.snapshot.phase = RUN_PAUSED;
    desk.asked.requests[0] = '\0';
    view_refresh(&desk.view, &desk.picture.snapshot);
    desk_expect(&desk, "pausing; z again");
    desk.picture.snapshot.phase = RUN_EVALUATING; /* a watcher let it go on */
    view_refresh(&desk.view, &desk.picture.snapshot);
    assert_string_equal(desk.view.notice, "");
    desk.picture.snapshot.phase = RUN_PAUSED;
    desk_type(&desk, "z");
    assert_string_equal(desk.asked.requests, "continue,;");
    desk.asked.requests[0] = '\0';
    desk_type(
        &desk,
        "a888<Enter>"); /* typed over the selected code; too short: refused, the prompt stays */
    assert_int_equal(desk.view.mode, UI_MODE_PROMPT);
    desk_type(&desk, "<^U>444444444444444444444444444444<Enter>");
    assert_string_equal(desk.asked.requests, "inject,444444444444444444444444444444;");
    desk_type(&desk, "a<^U>888888888888888888888888888888<Enter>"); /* the base: not asked again */
    assert_string_equal(desk.asked.requests, "inject,444444444444444444444444444444;");
    assert_int_equal(desk.view.selected, 0);
    desk_close(&desk);
}

static void test_filter_and_yank(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "t/acc>=0.5 and bytes<=87MiB<Enter>");
    assert_true(desk.view.rows > 0 && desk.view.rows < 214);
    for (size_t i = 0; i < desk.view.rows; i++) {
        const double *value = view_row(&desk.picture.snapshot, desk.view.row[i])->value;
        assert_true(value[OBJECTIVE_ACC] >= 0.5 && value[OBJECTIVE_BYTES] <= 87.0 * 1048576);
    }
    desk_type(&desk, "gy");
    assert_string_equal(desk.asked.saved_path, "./SmolLM2-135M-Instruct.Q4_1.run/code.txt");
    assert_memory_equal(desk.asked.saved,
                        view_row(&desk.picture.snapshot, desk.view.selected)->code.text, 30);
    desk_type(&desk, "<Esc>");
    assert_int_equal(desk.view.rows, 214);
    desk_close(&desk);
}

static void test_extract(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    const struct row *row = view_row(s, desk.view.selected);
    desk_type(&desk, "e");
    char size[64];
    snprintf(size, sizeof size, "%.0f bytes exactly", row->value[OBJECTIVE_BYTES]);
    desk_expect(&desk, size); /* the size shown in the table, before a byte is written */
    for (int i = 0; i < 12; i++) {
        struct weight_options weights = view_extract_weights(&desk.view, s);
        assert_int_equal(desk.view.extract.bytes, arch_bytes(s->shape, &row->code, &weights));
        desk_type(&desk, "<Tab>");
    }
    desk_type(&desk, "<Esc>e<Tab><S-Tab><S-Tab><Tab><Enter>");
    assert_int_equal(desk.asked.type, WEIGHT_SOURCE);
    assert_true(arch_code_equal(&desk.asked.code, &row->code));
    assert_non_null(strstr(desk.asked.extracted, ".gguf"));
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);

    desk.asked = (struct asked){.file_exists = true};
    desk_type(&desk, "e<Tab>my file.gguf<Enter>");
    assert_string_equal(desk.asked.extracted, ""); /* a file is there: asked first */
    desk_expect(&desk, "Enter again replaces it");
    desk_type(&desk, "<Enter>");
    assert_string_equal(desk.asked.extracted, "my file.gguf");
    assert_true(desk.asked.replace && desk.asked.type != WEIGHT_SOURCE);

    char *home = getenv("HOME"), *kept = home ? strdup(home) : NULL;
    setenv("HOME", "/home/me", 1);
    desk.asked = (struct asked){0};
    desk_type(&desk, "e<^U>~/sub.gguf<Enter>");
    assert_string_equal(desk.asked.extracted, "/home/me/sub.gguf");
    desk.asked = (struct asked){0};
    unsetenv("HOME");
    desk_type(&desk, "e<^U>~/sub.gguf<Enter>");
    assert_string_equal(desk.asked.extracted, "");
    desk_expect(&desk, "HOME is not set");
    desk_type(&desk, "<Esc>");
    if (kept)
        setenv("HOME", kept, 1);
    free(kept);

    s->extract = EXTRACT_RUNNING;
    s->extract_progress = 0.5;
    desk_expect(&desk, "extracting  50%");
    view_refresh(&desk.view, s);
    s->extract = EXTRACT_DONE;
    snprintf(s->extract_message, sizeof s->extract_message, "my file.gguf is good");
    snprintf(s->extract_command, sizeof s->extract_command, "llama-cli -m 'my file.gguf'");
    view_refresh(&desk.view, s);
    desk_expect(&desk, "llama-cli -m 'my file.gguf'");
    assert_string_equal(desk.view.notice, ""); /* not "writing" any more */
    desk_type(&desk, "<Esc>");
    view_refresh(&desk.view, s);
    assert_int_equal(desk.view.mode, UI_MODE_VIEW); /* shown once; E shows it again */
    desk_type(&desk, "E");
    desk_expect(&desk, "my file.gguf is good");

    desk_type(&desk,
              "<Esc>e<Tab><Enter><Enter>"); /* a second one, over before it was seen running */
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    struct snapshot next = *s;
    snprintf(next.extract_message, sizeof next.extract_message, "the second one is good");
    view_refresh(&desk.view, &next);
    assert_int_equal(desk.view.mode, UI_MODE_RESULT);
    desk_close(&desk);
}

/* Another process makes the run: answers are told, leaving is not stopping, and no longer asked
 * about when nobody makes it. */
static void test_cancel_extraction(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    desk_type(&desk, "E");
    desk_expect(&desk, "nothing was extracted yet");
    desk.picture.snapshot.extract = EXTRACT_RUNNING;
    desk.picture.snapshot.extract_progress = 0.4;
    desk_type(&desk, "E");
    desk_expect(&desk, "x cancel");
    assert_false(desk.asked.cancelled);
    desk_type(&desk, "x");
    assert_true(desk.asked.cancelled);
    desk.picture.snapshot.extract = EXTRACT_FAILED;
    snprintf(desk.picture.snapshot.extract_message, sizeof desk.picture.snapshot.extract_message,
             "cancelled: sub.gguf was not written");
    view_refresh(&desk.view, &desk.picture.snapshot);
    desk_expect(&desk, "sub.gguf was not written");
    desk_close(&desk);
}

static void test_longer(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    desk_type(&desk, "L");
    desk_expect(&desk, "networks in all: 600");
    desk_type(&desk, "<Enter>");
    assert_string_equal(desk.asked.requests, "evals,600;");
    desk_expect(&desk, "the search goes on to 600 networks");
    desk_close(&desk);
}

static void test_watching(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    s->watched = true;
    desk_expect(&desk, "paretop watch");
    desk_type(&desk, "z");
    desk_expect(&desk, "pausing");
    s->answers = 1;
    snprintf(s->answer, sizeof s->answer, "pause: taken, from evaluation 215 on");
    view_refresh(&desk.view, s);
    desk_expect(&desk, "pause: taken, from evaluation 215 on");
    desk_type(&desk, "q");
    desk_expect(&desk, "y leave  s stop the search  n stay");
    desk_expect(&desk, "ends this watching alone");
    desk_type(&desk, "s");
    assert_false(desk.view.leave);
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    assert_string_equal(desk.asked.requests, "pause,;stop,;");
    s->answers = 2;
    s->refused = true;
    snprintf(s->answer, sizeof s->answer, "stop is refused: not today");
    view_refresh(&desk.view, s);
    desk_expect(&desk, "stop is refused: not today");
    assert_int_equal(desk.view.notice_colour, COLOUR_BAD);
    s->phase = RUN_ABANDONED;
    snprintf(s->message, sizeof s->message, "nobody writes this run any more");
    view_refresh(&desk.view, s);
    desk_expect(&desk, "nobody writes this run any more"); /* in the place of the answer */
    desk_expect(&desk, "abandoned gen");
    snprintf(s->no_extraction, sizeof s->no_extraction, "extraction needs the model");
    desk_type(&desk, "e");
    assert_int_equal(desk.view.mode, UI_MODE_VIEW);
    desk_expect(&desk, "extraction needs the model");
    desk_type(&desk, "q");
    assert_true(desk.view.leave);
    desk_close(&desk);

    desk_open(&desk, 214, GLYPHS_BRAILLE); /* one's own search: stopping is leaving */
    desk_type(&desk, "qs");
    assert_true(desk.view.leave);
    assert_string_equal(desk.asked.requests, "");
    desk_close(&desk);
}

static void test_leaving(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 40, GLYPHS_BRAILLE);
    desk_type(&desk, "q");
    assert_false(desk.view.leave); /* a search would stop: asked first */
    desk_expect(&desk, "paretop ./SmolLM2-135M-Instruct.Q4_1.run");
    desk_type(&desk, "n");
    assert_false(desk.view.leave);
    desk_type(&desk, "qy");
    assert_true(desk.view.leave);
    desk.view.leave = false;
    desk.view.mode = UI_MODE_VIEW;
    desk.picture.snapshot.phase = RUN_FINISHED;
    desk_type(&desk, "q");
    assert_true(desk.view.leave);
    desk_close(&desk);
}

static void test_ranges(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    s->rows = 120; /* an earlier moment of the same search */
    desk.view.range[0] = desk.view.range[1] = (struct view_range){0};
    view_refresh(&desk.view, s);
    struct view_range x = desk.view.range[0];
    for (s->rows = 121; s->rows <= 214; s->rows++) {
        double value = archive_row(s->archive, s->rows - 1)->value[OBJECTIVE_BYTES];
        view_refresh(&desk.view, s);
        struct view_range now = desk.view.range[0];
        assert_true(now.lo <= x.lo && now.hi >= x.hi); /* only outwards */
        if (value >= x.lo && value <= x.hi)
            assert_true(now.lo == x.lo && now.hi == x.hi); /* and only when it has to */
        x = now;
    }
    s->rows = 214;
    desk_type(&desk, "+");
    assert_true(desk.view.range[0].held);
    assert_true(desk.view.range[0].hi - desk.view.range[0].lo < 0.75 * (x.hi - x.lo));
    struct view_range zoomed = desk.view.range[0];
    view_refresh(&desk.view, s);
    assert_true(desk.view.range[0].lo == zoomed.lo && desk.view.range[0].hi == zoomed.hi);
    desk_type(&desk, "><");
    assert_true(fabs(desk.view.range[0].lo / zoomed.lo - 1) < 1e-6);
    desk_type(&desk, "0");
    assert_false(desk.view.range[0].held);
    for (int i = 0; i < 400; i++)
        desk_type(&desk, i < 200 ? "+" : "-"); /* as far as it goes, both ways */
    assert_true(isfinite(desk.view.range[0].lo) && desk.view.range[0].lo < desk.view.range[0].hi);
    desk_close(&desk);
}

/* Whatever is typed, at any size, while rows arrive: the invariants hold. */
static void test_storm(void **state)
{
    (void)state;
    static const char letters[] =
        "?pPelazqnytsSxXvVdKmbgGuEfNow/ +-=0<>^_:jk.48acb=%MiB>#\n\t\022\033\014\177";
    struct desk desk;
    struct rng rng;
    rng_init(&rng, 11, "storm", 0);
    for (int round = 0; round < 12; round++) {
        desk_open(&desk, 60, round % 3 ? GLYPHS_BRAILLE : GLYPHS_ASCII);
        struct snapshot *s = &desk.picture.snapshot;
        for (int step = 0; step < 400; step++) {
            int key = rng_below(&rng, 3)
                          ? letters[rng_below(&rng, sizeof letters - 1)]
                          : UI_KEY_FIRST + (int)rng_below(&rng, UI_KEY_LAST - UI_KEY_FIRST);
            view_key(&desk.view, s, key);
            if (step % 40 == 0) {
                static const char *const pins[] = {"", "bytes<=87MiB", "bytes<=1MiB and acc>=1%"};
                s->rows = rng_below(&rng, 61);
                s->base = s->rows ? 0 : UINT32_MAX;
                s->phase = (enum run_phase)rng_below(&rng, 8);
                s->extract = (enum extract_phase)rng_below(&rng, 4);
                picture_pin(&desk.picture, pins[rng_below(&rng, 3)]);
                view_refresh(&desk.view, s);
            }
            desk_draw(&desk, (int)rng_below(&rng, 120), (int)rng_below(&rng, 40));
            assert_true(desk.view.rows <= s->rows);
            assert_true(desk.view.rows ? view_position(&desk.view, desk.view.selected) != SIZE_MAX
                                       : desk.view.selected == NO_ROW);
            assert_true(desk.view.mode < UI_MODES);
            assert_true(desk.grid.cursor_x < desk.grid.width);
            for (int i = 0; i < desk.grid.width * desk.grid.height; i++) {
                assert_in_range(desk.grid.cell[i].colour, 0, COLOURS - 1);
                if (desk.view.glyphs == GLYPHS_ASCII)
                    assert_in_range(desk.grid.cell[i].glyph, ' ', '~');
            }
        }
        desk_close(&desk);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    view_release(&desk.view);
    memory_fail_at(1);
    view_refresh(&desk.view, &desk.picture.snapshot);
    memory_fail_at(0);
    assert_int_equal(desk.view.rows, 0); /* an empty table, and the screen goes on */
    assert_int_equal(desk.view.selected, NO_ROW);
    view_refresh(&desk.view, &desk.picture.snapshot);
    assert_true(desk.view.rows > 0);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_nice_steps),
        cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_axis_positions),
        cmocka_unit_test(test_grid_text),
        cmocka_unit_test(test_dots),
        cmocka_unit_test(test_field),
        cmocka_unit_test(test_key_table),
        cmocka_unit_test(test_script),
        cmocka_unit_test(test_screens),
        cmocka_unit_test(test_baselines),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_phases),
        cmocka_unit_test(test_panels_stay_inside),
        cmocka_unit_test(test_points_differ_by_shape),
        cmocka_unit_test(test_moving),
        cmocka_unit_test(test_within_error),
        cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_tasks),
        cmocka_unit_test(test_pinning),
        cmocka_unit_test(test_pin_labels_are_whole),
        cmocka_unit_test(test_pinned_values_are_shown),
        cmocka_unit_test(test_pin_list),
        cmocka_unit_test(test_pin_list_cursor_stays_on_its_pin),
        cmocka_unit_test(test_nothing_within_names_the_pin),
        cmocka_unit_test(test_lock_add_pause),
        cmocka_unit_test(test_filter_and_yank),
        cmocka_unit_test(test_extract),
        cmocka_unit_test(test_cancel_extraction),
        cmocka_unit_test(test_longer),
        cmocka_unit_test(test_leaving),
        cmocka_unit_test(test_watching),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_storm),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
