/* The help: begins with the view it was opened from, explains every view, is searched and scrolled,
 * and names the keys as they are bound. */
#include "desk.h"

#include "../../ui/help.h"
#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool is_action(const char *name, size_t length)
{
    for (const struct ui_key *entry = ui_keys; entry->help; entry++)
        if (strlen(entry->name) == length && !strncmp(entry->name, name, length))
            return true;
    return false;
}

static void check_words(const char *text)
{
    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        size_t length = strcspn(open + 1, "}");
        if (!is_action(open + 1, length))
            fail_msg("no action is named %.*s", (int)length, open + 1);
    }
}

static void test_words(void **state)
{
    (void)state;
    for (int page = 0; page < PAGES; page++) {
        assert_non_null(help_about[page]);
        assert_in_range(strlen(help_about[page]), 100, 900);
        check_words(help_about[page]);
    }
    for (const struct help_sign *sign = help_signs; sign->sign; sign++) {
        assert_true(text_cells(sign->sign) <= 15);
        assert_true(strlen(sign->text) <= 70 && text_cells(sign->text) <= 70);
        check_words(sign->text);
    }
}

/* The words of one of the views stand in the first lines, whichever the help was opened from; those
 * of all the others behind them. */
static void test_each_view(void **state)
{
    (void)state;
    for (int page = 0; page < PAGES; page++) {
        struct desk desk;
        if (!page_table[page].draw)
            continue;
        desk_open(&desk, 60, GLYPHS_BRAILLE);
        desk.view.page = (enum ui_page)page;
        desk_type(&desk, "?");
        char *text = desk_text(&desk, 80, 24), heading[64];
        snprintf(heading, sizeof heading, "%d %s", page + 1, page_table[page].name);
        const char *found = strstr(strstr(text, "search"), heading);
        assert_non_null(found);
        assert_true(found - text < 700); /* in the first lines of the window */
        memory_free(text);
        for (int other = 0; other < PAGES; other++) {
            if (!page_table[other].draw)
                continue;
            desk_type(&desk, "/"); /* searched for anew */
            desk_type(&desk, page_table[other].name);
            snprintf(heading, sizeof heading, " %d %s ", other + 1, page_table[other].name);
            desk_expect(&desk, heading);
        }
        desk_close(&desk);
    }
}

static void test_scrolling(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    desk_type(&desk, "?");
    desk_expect(&desk, " more ");
    desk_type(&desk, "<End>");
    desk_expect(&desk, "close the help"); /* the last key of the table */
    char *end = desk_text(&desk, 100, 30);
    assert_null(strstr(end, " more "));
    desk_type(&desk, "<PgDn><Down><Down>"); /* no further than the end, and back at once */
    char *still = desk_text(&desk, 100, 30);
    assert_string_equal(still, end);
    desk_type(&desk, "<Up>");
    desk_expect(&desk, " more ");
    desk_type(&desk, "<PgUp><Home><Up>");
    desk_expect(&desk, "1 front");
    desk_type(&desk, "<PgDn>zebra"); /* a search begins at the top */
    desk_expect(&desk, "nothing here has that");
    desk_type(&desk, "<^U>HYPERVOLUME");
    desk_expect(&desk, "grows with the front");
    memory_free(end);
    memory_free(still);
    desk_close(&desk);
}

/* A key that is bound anew is named so, in the words, too. */
static void test_bound_anew(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    for (size_t i = 0; ui_keys[i].help; i++)
        if (ui_keys[i].mode == UI_MODE_VIEW && !strcmp(ui_keys[i].name, "extract"))
            desk.view.keymap.key[i][0] = 'W';
    desk_type(&desk, "?");
    desk_expect(&desk, "with W you write");
    desk_type(&desk, "model file");
    desk_expect(&desk, "W               extract the selected network as a model file");
    desk_close(&desk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_each_view),
        cmocka_unit_test(test_scrolling),
        cmocka_unit_test(test_bound_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
