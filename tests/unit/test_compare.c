/* The comparison: which networks, what is told of them, keys, screens as text. */
#include "desk.h"
#include "shapes.h"

#include "../../ui/compare_lines.h"
#include "../../ui/pages.h"
#include "base/memory.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t columns_of(struct desk *desk, uint32_t id[VIEW_MARKS])
{
    return compare_columns(&desk->view, &desk->picture.snapshot, id);
}

/* With fewer than two marks it is the marked one or the base, and the selected one beside it; the
 * two stay where they are while one or the other is chosen. */
static void test_columns(void **state)
{
    (void)state;
    struct desk desk;
    uint32_t id[VIEW_MARKS];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct view *view = &desk.view;
    desk_type(&desk, "gc");
    uint32_t first = view->selected;
    assert_int_equal(view->page, PAGE_COMPARE);
    assert_int_equal(columns_of(&desk, id), 2);
    assert_true(id[0] == 0 && id[1] == first);
    desk_expect(&desk, "Space marks more");
    desk_type(&desk, "<Left>");
    assert_int_equal(view->selected, 0);
    assert_true(columns_of(&desk, id) == 2 && id[0] == 0 && id[1] == first);
    desk_type(&desk, "<Left><Right><Right>");
    assert_int_equal(view->selected, first);
    desk_type(&desk, " "); /* one is marked: the base is beside it, until another is selected */
    assert_true(columns_of(&desk, id) == 2 && id[0] == first && id[1] == 0);
    desk_type(&desk, "]");
    uint32_t second = view->selected;
    assert_true(second != first && columns_of(&desk, id) == 2 && id[0] == first && id[1] == second);
    desk_type(&desk, "<Left>");
    assert_true(columns_of(&desk, id) == 2 && id[0] == first && id[1] == second);
    desk_type(&desk, "<Right> ]] ");
    assert_int_equal(columns_of(&desk, id), 3);
    assert_true(id[0] == first && id[1] == second && id[2] == view->selected);
    desk_expect(&desk, "3 marked, each against #");
    desk_close(&desk);
}

static void test_marks_move_and_go(void **state)
{
    (void)state;
    struct desk desk;
    uint32_t before[VIEW_MARKS], id[VIEW_MARKS];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "cd<lt>>");
    desk_expect(&desk, "no column of a marked network is chosen");
    desk_type(&desk, "1g ] ] ] c");
    assert_int_equal(columns_of(&desk, before), 4);
    desk_type(&desk, "<lt>"); /* the last one, which is selected, to the left */
    assert_int_equal(columns_of(&desk, id), 4);
    assert_true(id[2] == before[3] && id[3] == before[2] && id[1] == before[1]);
    desk_type(&desk, "<lt><lt><lt>");
    columns_of(&desk, id);
    assert_true(id[0] == before[3] && id[1] == before[0]);
    desk_type(&desk, ">");
    columns_of(&desk, id);
    assert_true(id[0] == before[0] && id[1] == before[3]);
    desk_type(&desk, "d"); /* the mark of the second goes, the third is chosen */
    assert_int_equal(columns_of(&desk, id), 3);
    assert_true(id[0] == before[0] && id[1] == before[1] && id[2] == before[2]);
    assert_int_equal(desk.view.selected, before[1]);
    desk_type(&desk, "<Right>d");
    assert_int_equal(desk.view.selected, before[1]); /* there is no next one: the one before */
    desk_type(&desk, "dd");
    assert_int_equal(desk.view.marks, 0);
    desk_close(&desk);
}

/* The chosen column is the selected network: what is yanked and extracted. */
static void test_chosen_is_selected(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "g ]] c<Left>y");
    assert_memory_equal(desk.asked.saved,
                        view_row(&desk.picture.snapshot, desk.view.mark[0])->code.text, 30);
    desk_type(&desk, "<Right>y");
    assert_memory_equal(desk.asked.saved,
                        view_row(&desk.picture.snapshot, desk.view.mark[1])->code.text, 30);
    desk_type(&desk, "e");
    assert_int_equal(desk.view.extract.row, desk.view.mark[1]);
    desk_close(&desk);
}

static void cell_of(struct desk *desk, enum compare_kind kind, enum objective objective, size_t at,
                    struct compare_cell *cell)
{
    uint32_t id[VIEW_MARKS];
    struct compare_line line = {.kind = kind, .objective = objective};
    size_t count = columns_of(desk, id);
    compare_cell(&desk->picture.snapshot, &line, id, count, at, cell);
}

static void test_cells(void **state)
{
    (void)state;
    struct desk desk;
    char text[32];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "b tgG c"); /* the base, and the network of the least accuracy */
    desk_type(&desk, " ");
    const struct row *base = view_row(s, 0), *row = view_row(s, desk.view.selected);
    assert_true(row->id != 0);
    struct compare_cell cell;
    cell_of(&desk, LINE_OBJECTIVE, OBJECTIVE_ACC, 1, &cell);
    snprintf(text, sizeof text, "%+.1f",
             100 * (row->value[OBJECTIVE_ACC] - base->value[OBJECTIVE_ACC]));
    assert_string_equal(cell.difference, text);
    assert_int_equal(cell.sense, -1);
    assert_false(cell.best);
    cell_of(&desk, LINE_OBJECTIVE, OBJECTIVE_ACC, 0, &cell);
    assert_true(cell.best && cell.sense == 0);
    assert_string_equal(cell.difference, "");
    cell_of(&desk, LINE_OBJECTIVE, OBJECTIVE_BYTES, 1, &cell);
    assert_true(cell.best && cell.sense == 1);
    cell_of(&desk, LINE_SMALLER, OBJECTIVE_BYTES, 1, &cell);
    snprintf(text, sizeof text, "%.2fx",
             base->value[OBJECTIVE_BYTES] / row->value[OBJECTIVE_BYTES]);
    assert_string_equal(cell.value, text);
    cell_of(&desk, LINE_SMALLER, OBJECTIVE_BYTES, 0, &cell);
    assert_string_equal(cell.value, "1.00x");
    cell_of(&desk, LINE_OBJECTIVE, OBJECTIVE_PERPLEXITY, 1, &cell); /* not measured */
    assert_string_equal(cell.value, "-");
    assert_true(!*cell.difference && !cell.best && cell.sense == 0);
    desk_close(&desk);
}

/* A difference within the error of the difference is marked, and is no better and no worse. */
static void test_noise(void **state)
{
    (void)state;
    struct desk desk;
    uint32_t id[VIEW_MARKS];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "tgcb");
    size_t doubtful = 0, sure = 0;
    desk_type(&desk, " g");
    for (size_t i = 1; i < 60; i++) {
        desk_type(&desk, "]");
        assert_int_equal(columns_of(&desk, id), 2);
        if (id[1] == 0)
            continue;
        const struct row *a = view_row(s, id[0]), *b = view_row(s, id[1]);
        double by = fabs(a->value[OBJECTIVE_ACC] - b->value[OBJECTIVE_ACC]);
        bool within = by <= row_difference_error(a, b, OBJECTIVE_ACC, &s->estimate);
        struct compare_cell cell;
        cell_of(&desk, LINE_OBJECTIVE, OBJECTIVE_ACC, 1, &cell);
        assert_int_equal(strchr(cell.difference, '?') != NULL, within);
        assert_int_equal(cell.sense == 0, within);
        doubtful += within;
        sure += !within;
    }
    assert_true(doubtful > 0 && sure > 0);
    desk_close(&desk);
}

static void test_pins_and_held_out(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    struct snapshot *s = &desk.picture.snapshot;
    picture_pin(&desk.picture, "bytes<=85MiB and acc>=45%");
    view_refresh(&desk.view, s);
    desk_type(&desk, "gc");
    desk_expect(&desk, "bytes<=85MiB");
    desk_expect(&desk, "no, +7.");
    desk_expect(&desk, "% sure");
    struct heldout_row row = {
        .code = view_row(s, desk.view.selected)->code, .acc = 0.4321, .standard_error = 0.0123};
    struct heldout_rows rows = {.row = &row, .count = 1};
    s->heldout = &rows;
    desk_expect(&desk, "held out %");
    desk_expect(&desk, "43.2");
    desk_close(&desk);
}

/* What a pruning method left stands beside the run's own, under its method's name. */
static void test_pruned(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 40, GLYPHS_BRAILLE);
    picture_baselines(&desk.picture);
    const struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "c");
    desk.view.selected = BASELINE_IDS + 4;
    desk.view.compare.other = BASELINE_IDS + 4;
    compare_refresh(&desk.view, s);
    uint32_t id[VIEW_MARKS];
    assert_int_equal(columns_of(&desk, id), 2);
    assert_true(id[0] == 0 && id[1] == BASELINE_IDS + 4);
    desk_expect(&desk, "sleb");
    desk_expect(&desk, "pruning");
    struct compare_cell cell;
    cell_of(&desk, LINE_FRONT, OBJECTIVE_ACC, 1, &cell);
    assert_string_equal(cell.value, "no");
    const struct arch_code code = view_row(s, id[1])->code;
    struct heldout_row row[] = {{.code = code, .acc = 0.4}, /* the other has other neurons */
                                {.code = code, .magnitude = true, .acc = 0.3}};
    struct heldout_rows rows = {.row = row, .count = 2};
    desk.picture.snapshot.heldout = &rows;
    cell_of(&desk, LINE_HELDOUT, OBJECTIVE_ACC, 1, &cell);
    assert_string_equal(cell.value, "40.0");
    cell_of(&desk, LINE_HELDOUT, OBJECTIVE_ACC, 0, &cell);
    assert_string_equal(cell.value, "");
    desk_close(&desk);
}

static void test_nothing_yet(void **state)
{
    (void)state;
    struct desk desk;
    uint32_t id[VIEW_MARKS];
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    desk_type(&desk, "c<Left><Right>d()jk<lt>>");
    assert_int_equal(columns_of(&desk, id), 0);
    desk_expect(&desk, "evaluating the first networks");
    desk_close(&desk);
    desk_open(&desk, 1, GLYPHS_BRAILLE);
    desk_type(&desk, "c<Left><Right>d()jk<lt>>");
    assert_int_equal(columns_of(&desk, id), 1);
    desk_expect(&desk, "#0 base");
    desk_close(&desk);
}

/* Of two networks of 126 layers, which differ in the first layer and in the last. */
static void open_deep(struct desk *desk, struct arch_shape *shape)
{
    struct shape_recipe recipe = shape_smollm;
    struct row row = {.origin = "base", .standard_error = 0.03, .n = 200};
    struct snapshot *s = &desk->picture.snapshot;
    recipe.layers = 126;
    shape_build(shape, &recipe);
    desk_open(desk, 0, GLYPHS_BRAILLE);
    s->shape = shape;
    s->influence = NULL;
    for (int o = 0; o < OBJECTIVES; o++)
        row.value[o] = 0.5;
    memset(row.code.text, '8', 126);
    archive_append(desk->picture.archive, &row, NULL);
    row.id = 1;
    row.code.text[0] = '4';
    row.code.text[125] = '.';
    row.value[OBJECTIVE_BYTES] = 0.4;
    archive_append(desk->picture.archive, &row, NULL);
    s->rows = s->evaluations = 2;
    s->base = 0;
    picture_pin(&desk->picture, "");
    view_refresh(&desk->view, s);
}

static bool seen_in(const char *screen, const char *text)
{
    return strstr(screen, text) != NULL;
}

static void test_deep_codes(void **state)
{
    (void)state;
    struct desk desk;
    struct arch_shape shape;
    open_deep(&desk, &shape);
    desk_size(&desk, 80, 24);
    desk_type(&desk, "bc]");
    char *screen = desk_text(&desk, 80, 24);
    assert_true(seen_in(screen, " #1    48") && !seen_in(screen, "88.\n"));
    memory_free(screen);
    desk_type(&desk, "))))))");
    screen = desk_text(&desk, 80, 24);
    assert_true(!seen_in(screen, " #1    48") && seen_in(screen, "88.\n"));
    memory_free(screen);
    desk_golden(&desk, "compare-126-layers", 80, 24);
    desk_type(&desk, "((((");
    screen = desk_text(&desk, 80, 24);
    assert_true(seen_in(screen, " #1    48") && !seen_in(screen, "88.\n"));
    memory_free(screen);
    desk_close(&desk);
    arch_shape_release(&shape);
}

/* The values scroll as far as they go, and back. */
static void test_scrolling(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_size(&desk, 40, 18);
    desk_type(&desk, "g ]] c");
    char *top = desk_text(&desk, 40, 18);
    assert_null(strstr(top, "found by"));
    assert_non_null(strstr(top, "Up, Down"));
    desk_type(&desk, "G");
    char *bottom = desk_text(&desk, 40, 18);
    assert_non_null(strstr(bottom, "found by"));
    desk_type(&desk, "jjj");
    char *still = desk_text(&desk, 40, 18);
    assert_string_equal(bottom, still);
    desk_type(&desk, "g");
    memory_free(still);
    still = desk_text(&desk, 40, 18);
    assert_string_equal(top, still);
    memory_free(top);
    memory_free(bottom);
    memory_free(still);
    desk_close(&desk);
}

static void test_screens(void **state)
{
    (void)state;
    static const struct desk_scene scenes[] = {
        {"80x24", "bytes<=87MiB", "c", 80, 24, GLYPHS_BRAILLE},
        {"three-80x24", "bytes<=87MiB", "b m K c", 80, 24, GLYPHS_BRAILLE},
        {"four-80x24", "bytes<=87MiB and acc>=45%", "b m K [ c", 80, 24, GLYPHS_BRAILLE},
        {"three-100x30", "bytes<=87MiB and acc>=45%", "b m K c", 100, 30, GLYPHS_BRAILLE},
        {"six-200x60", "bytes<=87MiB and acc>=45%", "b m K [ [ [ c", 200, 60, GLYPHS_BRAILLE},
        {"three-40x12", "bytes<=87MiB", "b m K c", 40, 12, GLYPHS_BRAILLE},
        {"ascii", "bytes<=87MiB", "b m K c", 80, 24, GLYPHS_ASCII},
    };
    desk_scenes("compare", scenes, sizeof scenes / sizeof *scenes);
}

static void test_stays_inside(void **state)
{
    (void)state;
    desk_page_stays_inside("cb K [ [ [ ", PAGE_COMPARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_marks_move_and_go),
        cmocka_unit_test(test_chosen_is_selected),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_pins_and_held_out),
        cmocka_unit_test(test_pruned),
        cmocka_unit_test(test_nothing_yet),
        cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_deep_codes),
        cmocka_unit_test(test_screens),
        cmocka_unit_test(test_stays_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
