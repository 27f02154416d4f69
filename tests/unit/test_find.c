/* Find: fragments of codes, ids, limits; going round the matches. */
#include "desk.h"

#include "../../ui/values.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static size_t matches(const struct desk *desk)
{
    size_t count = 0;
    for (size_t i = 0; i < desk->view.rows; i++)
        count += view_found(&desk->view, &desk->picture.snapshot, desk->view.row[i]);
    return count;
}

static void test_fragment(void **state)
{
    (void)state;
    struct desk desk;
    char place[64];
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    size_t rows = desk.view.rows, plain = 0, any;
    for (size_t i = 0; i < rows; i++)
        plain += strstr(view_row(s, desk.view.row[i])->code.text, "8.8") != NULL;
    desk_type(&desk, "gf8.8<Enter>");
    assert_true(plain > 1 && matches(&desk) == plain);
    assert_int_equal(desk.view.rows, rows); /* all stay listed */
    assert_non_null(strstr(view_row(s, desk.view.selected)->code.text, "8.8"));
    snprintf(place, sizeof place, "1 of %zu with 8.8", plain);
    desk_expect(&desk, place);
    uint32_t first = desk.view.selected;
    for (size_t i = 1; i < plain; i++)
        desk_type(&desk, "n");
    snprintf(place, sizeof place, "%zu of %zu with 8.8", plain, plain);
    desk_expect(&desk, place);
    desk_type(&desk, "n"); /* round the end */
    assert_int_equal(desk.view.selected, first);
    desk_type(&desk, "N");
    desk_expect(&desk, place);
    desk_type(&desk, "f<^U>8?.8<Enter>"); /* any character */
    any = matches(&desk);
    assert_true(any > 0 && any < rows);
    char *screen = desk_text(&desk, 80, 24);
    screen_compare("find", screen);
    memory_free(screen);
    desk_type(&desk, "f");
    desk_type(&desk, view_row(s, first)->code.text);
    desk_type(&desk, "<Enter>");
    desk_expect(&desk, "the only one listed with ");
    desk_type(&desk, "<Esc>");
    assert_int_equal(matches(&desk), 0);
    desk_type(&desk, "f8?8<Enter>f<^U><Enter>"); /* nothing typed: nothing marked */
    assert_int_equal(matches(&desk), 0);
    desk_close(&desk);
}

/* Weight types are sought with their ':', and are no layers. */
static void test_types(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "f44444<Enter>");
    size_t before = matches(&desk);
    struct row *row = (struct row *)(uintptr_t)view_row(s, desk.view.row[0]);
    arch_code_set_types(&row->code, "444444444444444444444444444444");
    assert_int_equal(code_summarize(NULL, &row->code).layers, 30);
    assert_int_equal(matches(&desk), before);
    desk_type(&desk, "f<^U>:4<Enter>");
    assert_int_equal(matches(&desk), 1);
    desk_type(&desk, "f<^U>");
    desk_type(&desk, row->code.text);
    desk_type(&desk, "<Enter>");
    desk_expect(&desk, "the only one listed with ");
    desk_close(&desk);
}

static void test_limits_and_ids(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    const struct snapshot *s = &desk.picture.snapshot;
    desk_type(&desk, "n"); /* nothing to go to: what is sought? */
    assert_int_equal(desk.view.mode, UI_MODE_PROMPT);
    desk_type(&desk, "acc>=45% and size<=82MiB<Enter>");
    assert_true(matches(&desk) > 0 && matches(&desk) < desk.view.rows);
    assert_true(view_row(s, desk.view.selected)->value[OBJECTIVE_ACC] >= 0.45);
    char keys[32];
    uint32_t hidden = 1;
    while (view_on_front(s, hidden))
        hidden++;
    snprintf(keys, sizeof keys, "f#%u<Enter>", hidden); /* the list opens up */
    desk_type(&desk, keys);
    assert_int_equal(desk.view.selected, hidden);
    assert_true(desk.view.everything);
    desk_type(&desk, "f#99999<Enter>");
    desk_expect(&desk, "there is no network #99999 yet: they are 0 to 213");
    desk_type(&desk, "<^U>#1x<Enter>");
    desk_expect(&desk, "a number expected behind #");
    desk_type(&desk, "<^U>latency<lt>=3ms<Enter>");
    desk_expect(&desk, "not measured in this run");
    desk_type(&desk, "<^U>88z<Enter>");
    desk_expect(&desk, "a part of a code such as 88.8");
    assert_int_equal(desk.view.mode, UI_MODE_PROMPT);
    desk_close(&desk);
}

static void test_elsewhere(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 214, GLYPHS_BRAILLE);
    desk_type(&desk, "facc<lt>=20%<Enter>");
    desk_expect(&desk, "no network evaluated so far has acc<=20%");
    desk_type(&desk, "f<^U>acc<lt>=36%<Enter>");
    desk_expect(&desk, "none listed has acc<=36%, but ");
    desk_expect(&desk, " of all; t lists them");
    desk_type(&desk, "tn");
    assert_true(view_row(&desk.picture.snapshot, desk.view.selected)->value[OBJECTIVE_ACC] <= 0.36);
    desk_close(&desk);
    desk_open(&desk, 0, GLYPHS_BRAILLE);
    desk_type(&desk, "f88<Enter>nNf#0<Enter>");
    assert_int_equal(desk.view.selected, NO_ROW);
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragment),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_limits_and_ids),
        cmocka_unit_test(test_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
