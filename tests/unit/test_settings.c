/* Settings, keys bound anew, themes, the clipboard's sequence and the mouse: as text and on a
 * screen without a terminal. */
#include "../../ui/clipboard.h"
#include "../../ui/columns.h"
#include "../../ui/config_lines.h"
#include "../../ui/page.h"
#include "../../ui/settings.h"
#include "../../ui/theme_files.h"
#include "desk.h"
#include "support.h"

#include "base/memory.h"
#include "io/atomic_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- settings as text ---- */

static void read_text(struct settings *settings, struct keymap *keymap, const char *text)
{
    settings_init(settings);
    keymap_init(keymap);
    settings_read(settings, keymap, text, "config");
}

static void assert_value(const struct settings *settings, enum setting setting, const char *value)
{
    char text[THEME_NAME];
    assert_string_equal(
        setting_text(settings, setting, settings->value[setting], text, sizeof text), value);
}

static void test_reading(void **state)
{
    (void)state;
    struct settings settings;
    struct keymap keymap;
    read_text(&settings, &keymap, "");
    assert_string_equal(settings.trouble, "");
    assert_value(&settings, SETTING_THEME, "default");
    assert_value(&settings, SETTING_GLYPHS, "auto");
    assert_value(&settings, SETTING_MOUSE, "off");
    read_text(&settings, &keymap,
              "# mine\n\n  theme=mono  \r\n\tglyphs = blocks\nmouse = on\nview = log");
    assert_string_equal(settings.trouble, "");
    assert_value(&settings, SETTING_THEME, "mono");
    assert_value(&settings, SETTING_GLYPHS, "blocks");
    assert_value(&settings, SETTING_MOUSE, "on");
    assert_value(&settings, SETTING_VIEW, "log");
}

static void test_what_is_wrong_is_told_and_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *text, *trouble;
    } cases[] = {
        {"bell = on\nnonsense\nmouse = on", "config, line 2: a line is NAME = VALUE"},
        {"bell = on\ncolour = red\nmouse = on", "config, line 2: there is no setting \"colour\""},
        {"bell = on\nglyphs = dots\nmouse = on",
         "config, line 2: glyphs is one of auto, braille, blocks, ascii, not \"dots\""},
        {"bell = on\ntheme = pink\nmouse = on", "config, line 2: theme is one of default, light"},
        {"bell = on\nkey.dance = d\nmouse = on", "config, line 2: there is no action \"dance\""},
        {"bell = on\nkey.sort = F99\nmouse = on", "config, line 2: there is no key \"F99\""},
        {"bell = on\n = \nmouse = on", "config, line 2: a line is NAME = VALUE"},
        {"bell = on\nsoon =\nmouse = on", "config, line 2: a line is NAME = VALUE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct settings settings;
        struct keymap keymap;
        read_text(&settings, &keymap, cases[i].text);
        assert_true(!strncmp(settings.trouble, cases[i].trouble, strlen(cases[i].trouble)));
        assert_value(&settings, SETTING_BELL, "on");
        assert_value(&settings, SETTING_MOUSE, "on");
    }
}

static void test_the_first_mistake_says_how_many(void **state)
{
    (void)state;
    struct settings settings;
    struct keymap keymap;
    read_text(&settings, &keymap, "nonsense\nbell = on\nmouse = loud\ncolour = red\n");
    assert_non_null(
        strstr(settings.trouble, "config, line 1 (and 2 more): a line is NAME = VALUE"));
    assert_non_null(strstr(settings.mistakes, "config, line 1: a line is NAME = VALUE\n"));
    assert_non_null(strstr(settings.mistakes, "config, line 3: mouse is one of off, on, not \"l"));
    assert_non_null(strstr(settings.mistakes, "config, line 4: there is no setting \"colour\"\n"));
    assert_value(&settings, SETTING_BELL, "on");
}

/* Lines of any length and bytes of any kind: no crash, and the lines that are good count. */
static void test_hostile_text(void **state)
{
    (void)state;
    struct settings settings;
    struct keymap keymap;
    char *text = test_malloc(100000);
    memset(text, 'x', 50000);
    text[10000] = '=';
    text[20000] = '\n';
    for (int i = 0; i < 1000; i++)
        text[20001 + i] = (char)(1 + i % 255);
    strcpy(text + 30000, "\nkey.sort = s s s s s s s s\nbell = on\n=\n");
    read_text(&settings, &keymap, text);
    assert_value(&settings, SETTING_BELL, "on");
    assert_true(*settings.trouble != '\0');
    test_free(text);
}

static void check_written(const char *before, const char *after)
{
    struct settings settings;
    struct keymap keymap;
    struct buf out;
    buf_init(&out);
    read_text(&settings, &keymap, before);
    setting_step(&settings, SETTING_BELL, 1);
    assert_int_equal(settings_write(&settings, before, &out, NULL), STATUS_OK);
    assert_string_equal(out.data, after);
    buf_release(&out);
}

static void test_writing_keeps_the_rest(void **state)
{
    (void)state;
    check_written("", "bell = on\n");
    check_written("# mine\nfuture = 3\nnot a line\nkey.sort = F7",
                  "# mine\nfuture = 3\nnot a line\nkey.sort = F7\nbell = on\n");
    check_written("bell=on\n# the end\n", "bell = off\n# the end\n");
    check_written("bell = off\nmouse = on\nbell = off\n", "bell = on\nmouse = on\n");
}

static void test_round_trip_of_every_value(void **state)
{
    (void)state;
    struct settings settings, again;
    struct keymap keymap;
    keymap_init(&keymap);
    settings_init(&settings);
    for (int i = 0; i < SETTINGS; i++)
        for (int step = setting_values(&settings, (enum setting)i); step > 0; step--) {
            struct buf out;
            buf_init(&out);
            setting_step(&settings, (enum setting)i, 1);
            settings_write(&settings, "", &out, NULL);
            settings_init(&again);
            settings_read(&again, &keymap, out.data, "config");
            assert_string_equal(again.trouble, "");
            assert_memory_equal(again.value, settings.value, sizeof again.value);
            buf_release(&out);
        }
    for (int page = 0; page < PAGES; page++) /* their order is that of the views */
        if (page_table[page].draw) {
            char name[THEME_NAME];
            assert_string_equal(setting_text(&settings, SETTING_VIEW, page, name, sizeof name),
                                page_table[page].name);
        }
}

/* ---- the file ---- */

static char folder[64];

static const char *place(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    assert_int_equal(atomic_file_replace(place(name), text, strlen(text), NULL), STATUS_OK);
}

static void expect_file(const char *name, const char *text)
{
    char *found;
    size_t length;
    assert_int_equal(file_read(place(name), &found, &length, NULL), STATUS_OK);
    assert_string_equal(found, text);
    memory_free(found);
}

static void test_the_file(void **state)
{
    (void)state;
    struct settings settings;
    struct keymap keymap;
    struct error error = {0};
    keymap_init(&keymap);
    settings_load(&settings, &keymap); /* there is none */
    assert_string_equal(settings.trouble, "");
    assert_string_equal(settings.path, place("paretop/config"));
    assert_int_equal(settings_keep(&settings, &error), STATUS_OK);
    assert_int_not_equal(access(place("paretop"), F_OK), 0); /* nothing has changed */
    setting_step(&settings, SETTING_MOUSE, 1);
    assert_int_equal(settings_keep(&settings, &error), STATUS_OK);
    expect_file("paretop/config", "mouse = on\n");

    /* what another screen has kept meanwhile stays; so does a link to where the file really is */
    write_file("elsewhere", "# mine\nbell = on\nmouse = on\n");
    unlink(place("paretop/config"));
    assert_int_equal(symlink("../elsewhere", place("paretop/config")), 0);
    setting_step(&settings, SETTING_MOUSE, 1);
    assert_int_equal(settings_keep(&settings, &error), STATUS_OK);
    expect_file("elsewhere", "# mine\nbell = on\nmouse = off\n");
    struct stat about;
    assert_int_equal(lstat(place("paretop/config"), &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    settings_load(&settings, &keymap);
    assert_value(&settings, SETTING_BELL, "on");

    /* a file that cannot be read is not replaced */
    unlink(place("paretop/config"));
    assert_int_equal(mkdir(place("paretop/config"), 0777), 0);
    setting_step(&settings, SETTING_MOUSE, 1);
    assert_int_not_equal(settings_keep(&settings, &error), STATUS_OK);
    assert_true(*error.message != '\0');
    assert_true(settings.changed[SETTING_MOUSE]);
    rmdir(place("paretop/config"));
}

/* ---- keys ---- */

static size_t row_of(enum ui_mode mode, const char *name)
{
    for (size_t i = 0; ui_keys[i].help; i++)
        if (ui_keys[i].mode == mode && !strcmp(ui_keys[i].name, name))
            return i;
    fail_msg("there is no action %s", name);
    return 0;
}

static void expect_keys(const struct keymap *keymap, enum ui_mode mode, const char *name,
                        const char *keys)
{
    char names[64];
    assert_string_equal(keymap_names(keymap, &ui_keys[row_of(mode, name)], names, sizeof names),
                        keys);
}

static void test_binding(void **state)
{
    (void)state;
    struct keymap keymap;
    struct error error = {0};
    keymap_init(&keymap);
    assert_int_equal(keymap_bind(&keymap, "sort", "~ |", &error), STATUS_OK);
    expect_keys(&keymap, UI_MODE_FRONT, "sort", "~, |");
    assert_null(keymap_find(&keymap, UI_MODE_FRONT, 's'));
    assert_int_equal(keymap_bind(&keymap, "pins.remove", "D", &error), STATUS_OK);
    expect_keys(&keymap, UI_MODE_PINS, "remove", "D");
    assert_int_equal(keymap_bind(&keymap, "yank", "none", &error), STATUS_OK);
    expect_keys(&keymap, UI_MODE_VIEW, "yank", "");
    assert_int_equal(keymap_bind(&keymap, "quit", "Q", &error), STATUS_OK);
    expect_keys(&keymap, UI_MODE_VIEW, "quit", "Q, ^C"); /* the way out stays */
    assert_null(keymap_without_key(&keymap));

    /* what has a key by default loses it, which is told when it was the last */
    assert_int_equal(keymap_bind(&keymap, "knee", "M", &error), STATUS_OK);
    expect_keys(&keymap, UI_MODE_VIEW, "unmark", "");
    assert_string_equal(keymap_without_key(&keymap)->name, "unmark");
    assert_int_equal(keymap_bind(&keymap, "unmark", "K", &error), STATUS_OK);
    assert_null(keymap_without_key(&keymap));
    /* a key of every view is taken from those of one, and the other way round */
    assert_int_equal(keymap_bind(&keymap, "mark", "x", &error), STATUS_OK);
    assert_null(keymap_find(&keymap, UI_MODE_FRONT, 'x'));
    /* but not where they cannot be meant both */
    expect_keys(&keymap, UI_MODE_PINS, "toggle", "Space");
}

static void test_binding_refused(void **state)
{
    (void)state;
    static const struct {
        const char *action, *keys, *why;
    } cases[] = {
        {"dance", "d", "there is no action \"dance\""},
        {"pins.sort", "d", "there is no action \"pins.sort\""},
        {"less", "d", "\"less\" may be key."},
        {"sort", "F99", "there is no key \"F99\""},
        {"sort", "Esc", "Esc and ^C cannot be bound"},
        {"sort", "s ^C", "Esc and ^C cannot be bound"},
        {"sort", "a b c d", "an action has 3 keys at most"},
        {"sort", "\303\251", "there is no key"},
        {"pin", "~", "~ is bound to key.front.filter already"},
        {"front.all", "~", "~ is bound to key.front.filter already"},
    };
    struct keymap keymap, before;
    struct error error = {0};
    keymap_init(&keymap);
    assert_int_equal(keymap_bind(&keymap, "front.filter", "~", &error), STATUS_OK);
    before = keymap;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(keymap_bind(&keymap, cases[i].action, cases[i].keys, &error),
                         STATUS_INVALID);
        assert_non_null(strstr(error.message, cases[i].why));
        assert_memory_equal(&keymap, &before, sizeof keymap);
    }
}

/* Every name that the program shows for a key is one that it reads; every action can be bound. */
static void test_names(void **state)
{
    (void)state;
    char name[16], action[64];
    struct error error = {0};
    for (int mode = 0; mode < UI_MODES; mode++)
        assert_non_null(ui_mode_ids[mode]);
    for (size_t i = 0; ui_keys[i].help; i++) {
        for (int k = 0; k < UI_KEY_CHOICES && ui_keys[i].key[k]; k++) {
            ui_key_name(ui_keys[i].key[k], name, sizeof name);
            assert_int_equal(ui_key_parse(name, strlen(name)), ui_keys[i].key[k]);
        }
        struct keymap keymap;
        keymap_init(&keymap);
        snprintf(action, sizeof action, "%s.%s", ui_mode_ids[ui_keys[i].mode], ui_keys[i].name);
        assert_int_equal(keymap_bind(&keymap, action, "F8", &error), STATUS_OK);
        assert_int_equal(keymap.key[i][0], UI_KEY_F8);
    }
    assert_int_equal(ui_key_parse("space", 5), ' ');
    assert_int_equal(ui_key_parse("", 0), 0);
}

static void test_bound_keys_are_shown_and_work(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    settings_read(&desk.view.settings, &desk.view.keymap, "key.sort = ~\nkey.help = H\n", "c");
    desk_expect(&desk, "~ sort");
    desk_expect(&desk, "H help");
    int sort = desk.view.sort;
    desk_type(&desk, "s");
    assert_int_equal(desk.view.sort, sort);
    desk_expect(&desk, "s does nothing here");
    desk_type(&desk, "~");
    assert_int_not_equal(desk.view.sort, sort);
    desk_type(&desk, "Hby the next col");
    desk_expect(&desk, "~");
    desk_close(&desk);
}

/* ---- the window ---- */

static int kept;
static enum status keep(void *context, struct settings *settings, struct error *error)
{
    (void)context, (void)error;
    kept++;
    memset(settings->changed, 0, sizeof settings->changed);
    return STATUS_OK;
}

static void test_window(void **state)
{
    (void)state;
    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    desk.port.keep = keep;
    kept = 0;
    snprintf(desk.view.settings.path, sizeof desk.view.settings.path, "/home/me/config");
    desk_type(&desk, ",");
    struct buf window; /* alone: what lies under it is not of this test */
    buf_init(&window);
    assert_int_equal(grid_reset(&desk.grid, 80, 17, GLYPHS_BRAILLE, NULL), STATUS_OK);
    draw_settings(&desk.grid, &desk.view);
    assert_int_equal(grid_dump(&desk.grid, &window, NULL), STATUS_OK);
    screen_compare("settings", window.data);
    buf_release(&window);
    desk_type(&desk, "<Down><Right>"); /* glyphs: in force at once */
    assert_int_equal(desk.view.glyphs, GLYPHS_BRAILLE);
    desk_type(&desk, "<Right>");
    assert_int_equal(desk.view.glyphs, GLYPHS_BLOCKS);
    desk_type(&desk, "<Left><Left><Left>");
    assert_int_equal(desk.view.glyphs, GLYPHS_ASCII);
    char *text = desk_text(&desk, 80, 24);
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at < 0x80);
    memory_free(text);
    assert_int_equal(kept, 0);
    desk_type(&desk, "<Esc>");
    assert_int_equal(kept, 1);
    desk_expect(&desk, "kept in /home/me/config");
    desk_type(&desk, "<F2><Esc>"); /* nothing has changed */
    assert_int_equal(kept, 1);
    for (int width = 1; width <= 100; width += 7)
        for (int height = 1; height <= 30; height += 3) {
            desk_type(&desk, "<F2>");
            desk_draw(&desk, width, height);
            desk_type(&desk, "<Esc>");
        }
    desk_close(&desk);

    desk_open(&desk, 60, GLYPHS_ASCII); /* without UTF-8 there is no choice */
    desk_type(&desk, ",<Down><Right><Esc>");
    assert_int_equal(desk.view.glyphs, GLYPHS_ASCII);
    desk_close(&desk);
}

/* ---- themes ---- */

static void test_themes_are_complete(void **state)
{
    (void)state;
    struct theme_names names;
    theme_names_init(&names);
    assert_true(names.count >= 5);
    for (int i = 0; i < COLOURS; i++)
        assert_non_null(theme_roles[i]);
    for (size_t t = 0; t < names.count; t++) {
        const char *text = theme_embedded(names.name[t]);
        struct theme theme;
        struct error error = {0};
        bool has[COLOURS] = {false};
        assert_non_null(text);
        if (theme_parse(text, &theme, &error) != STATUS_OK)
            fail_msg("%s: %s", names.name[t], error.message);
        for (struct config_line line = {0}; config_line_next(&text, &line);)
            for (int i = 0; line.good && i < COLOURS; i++)
                has[i] |= !strcmp(theme_roles[i], line.name);
        for (int i = 0; i < COLOURS; i++)
            if (!has[i])
                fail_msg("%s has no %s", names.name[t], theme_roles[i]);
    }
}

static void test_theme_files(void **state)
{
    (void)state;
    struct theme_names names;
    struct theme theme, usual;
    struct error error = {0};
    assert_int_equal(theme_load("default", &usual, &error), STATUS_OK);
    assert_int_equal(theme_load("nowhere", &theme, &error), STATUS_INVALID);
    assert_string_equal(error.message, "there is no theme \"nowhere\"");
    assert_memory_equal(&theme, &usual, sizeof theme);
    assert_int_equal(theme_load("../config", &theme, &error), STATUS_INVALID);
    assert_int_equal(folder_make(place("paretop/themes"), NULL), STATUS_OK);
    write_file("paretop/themes/mine.theme",
               "# a role alone\nfront = 200 green bold / reverse dim\n");
    write_file("paretop/themes/bad.theme", "front = 256 green\nbase = 3 red\nsky = 1 1\n");
    write_file("paretop/themes/notes.txt", "");
    theme_names_init(&names);
    assert_int_equal(names.count, 7);
    assert_string_equal(names.name[5], "bad");
    assert_string_equal(names.name[6], "mine");
    assert_int_equal(theme_load("mine", &theme, &error), STATUS_OK);
    const struct theme_colour *front = &theme.colour[COLOUR_FRONT];
    assert_true(front->of_256 == 200 && front->of_8 == 2 && front->style == STYLE_BOLD &&
                front->plain == (STYLE_REVERSE | STYLE_DIM));
    assert_memory_equal(&theme.colour[COLOUR_BASE], &usual.colour[COLOUR_BASE],
                        sizeof *theme.colour);
    assert_int_equal(theme_load("bad", &theme, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "bad.theme, line 1: front takes a colour of 256"));
    assert_int_equal(theme.colour[COLOUR_BASE].of_256, 3);
    assert_int_equal(theme.colour[COLOUR_FRONT].of_256, usual.colour[COLOUR_FRONT].of_256);
}

/* ---- clipboard, mouse ---- */

static void test_clipboard(void **state)
{
    (void)state;
    char out[CLIPBOARD_SEQUENCE], longer[CLIPBOARD_MOST + 2];
    assert_string_equal(clipboard_sequence("", false, out), "\033]52;c;\a");
    assert_string_equal(clipboard_sequence("8", false, out), "\033]52;c;OA==\a");
    assert_string_equal(clipboard_sequence("8.", false, out), "\033]52;c;OC4=\a");
    assert_string_equal(clipboard_sequence("8.h", false, out), "\033]52;c;OC5o\a");
    assert_string_equal(clipboard_sequence("8.h", true, out),
                        "\033]52;c;OC5o\a\033Ptmux;\033\033]52;c;OC5o\a\033\\");
    memset(longer, '8', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_string_equal(clipboard_sequence(longer, true, out), "");
    longer[CLIPBOARD_MOST] = '\0';
    assert_true(strlen(clipboard_sequence(longer, true, out)) > 2 * CLIPBOARD_MOST);

    struct desk desk;
    desk_open(&desk, 60, GLYPHS_BRAILLE);
    desk_type(&desk, "y");
    assert_string_equal(desk.view.clipboard, "");
    desk.view.settings.value[SETTING_CLIPBOARD] = 1;
    desk_type(&desk, "y");
    assert_true(strlen(desk.view.clipboard) == 30 &&
                !strncmp(desk.asked.saved, desk.view.clipboard, 30));
    desk_close(&desk);
}

/* Where a text stands last on the screen, in cells. */
static void find_on_screen(struct desk *desk, const char *wanted, int *x, int *y)
{
    char *text = desk_text(desk, 100, 30), *found = NULL, *line = text;
    for (char *at = text; (at = strstr(at, wanted)) != NULL; at++)
        found = at;
    assert_non_null(found);
    *y = 0;
    for (char *at = text; at < found; at++)
        if (*at == '\n') {
            line = at + 1;
            ++*y;
        }
    *found = '\0';
    *x = text_cells(line);
    memory_free(text);
}

static void mouse(struct desk *desk, int x, int y, enum ui_mouse_kind kind)
{
    desk->view.width = 100;
    desk->view.height = 30;
    struct ui_mouse event = {x, y, kind};
    view_mouse(&desk->view, &desk->picture.snapshot, event);
}

static void test_mouse(void **state)
{
    (void)state;
    struct desk desk;
    int x, y;
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    desk_draw(&desk, 100, 30);
    struct layout layout;
    layout_compute(100, 30, &layout);
    for (int row = 0; row < 5; row++) { /* each row of the table, which may scroll */
        uint32_t meant = table_row_at(layout.table, &desk.view, layout.table.y + 2 + row);
        assert_int_not_equal(meant, NO_ROW);
        mouse(&desk, layout.table.x + 3, layout.table.y + 2 + row, MOUSE_CLICK);
        assert_int_equal(desk.view.selected, meant);
        assert_true(desk.view.chosen);
    }
    uint32_t before = desk.view.selected;
    mouse(&desk, layout.table.x + 3, layout.table.y, MOUSE_CLICK); /* the heading */
    mouse(&desk, 0, 29, MOUSE_CLICK);
    mouse(&desk, -1, 300, MOUSE_CLICK);
    assert_int_equal(desk.view.selected, before);
    desk_type(&desk, "b");
    find_on_screen(&desk, "\342\227\211", &x, &y); /* the base, which is selected */
    desk_type(&desk, "K");
    assert_int_not_equal(desk.view.selected, 0);
    mouse(&desk, x, y, MOUSE_CLICK);
    assert_int_equal(desk.view.selected, 0);
    size_t position = view_position(&desk.view, desk.view.selected);
    mouse(&desk, 1, 1, position ? MOUSE_WHEEL_UP : MOUSE_WHEEL_DOWN);
    assert_int_not_equal(view_position(&desk.view, desk.view.selected), position);
    desk_type(&desk, "?");
    before = desk.view.selected;
    mouse(&desk, layout.table.x + 3, layout.table.y + 2, MOUSE_CLICK); /* the help lies over it */
    assert_int_equal(desk.view.selected, before);
    mouse(&desk, 1, 1, MOUSE_WHEEL_DOWN);
    assert_true(desk.view.scroll > 0);
    desk_type(&desk, "<Esc>");
    for (int page = PAGES - 1; page >= 0; page--) {
        struct rect tab = page_tab(layout.tabs, (enum ui_page)page, desk.view.page);
        if (tab.w == 0)
            continue;
        mouse(&desk, tab.x + tab.w - 1, tab.y, MOUSE_CLICK);
        assert_int_equal(desk.view.page, page);
    }
    view_show_page(&desk.view, PAGE_ARCHITECTURE);
    size_t layer = desk.view.architecture.layer;
    mouse(&desk, 1, 1, MOUSE_WHEEL_DOWN); /* from layer to layer: it edits none */
    assert_int_equal(desk.view.architecture.layer, layer + 1);
    mouse(&desk, 1, 1, MOUSE_WHEEL_UP);
    assert_int_equal(desk.view.architecture.layer, layer);
    assert_string_equal(desk.view.architecture.draft.text, "");
    desk_close(&desk);
}

static void click_on(struct desk *desk, const char *text)
{
    int x, y;
    find_on_screen(desk, text, &x, &y);
    mouse(desk, x, y, MOUSE_CLICK);
}

/* What is chosen by keys in the other views is by a click, too; elsewhere a click does nothing. */
static void test_clicks_choose_in_every_view(void **state)
{
    (void)state;
    struct desk desk;
    struct layout layout;
    layout_compute(100, 30, &layout);
    int y = layout.body.y + 1; /* below a view's title */
    desk_open(&desk, 100, GLYPHS_BRAILLE);
    desk_type(&desk, "2g");
    for (size_t layer = 0; layer < 30; layer += 7) { /* two or three cells each */
        struct columns columns =
            columns_place(NULL, (struct rect){1, 0, 98, 1}, 30, desk.view.architecture.layer, 5);
        mouse(&desk, columns_x(&columns, layer), y, MOUSE_CLICK);
        assert_int_equal(desk.view.architecture.layer, layer);
    }
    mouse(&desk, 50, layout.body.y + layout.body.h - 1, MOUSE_CLICK); /* values: no layer there */
    assert_int_equal(desk.view.architecture.layer, 28);
    assert_string_equal(desk.view.architecture.draft.text, "");
    desk_type(&desk, "3g");
    for (int layer = 29; layer >= 0; layer -= 7) { /* eleven cells of labels, then two each */
        mouse(&desk, 11 + 2 * layer, y, MOUSE_CLICK);
        assert_int_equal(desk.view.layers.layer, layer);
    }
    mouse(&desk, 3, y, MOUSE_CLICK); /* a label */
    assert_int_equal(desk.view.layers.layer, 1);
    desk_type(&desk, "1G <Up> <Up>5"); /* three marked */
    assert_int_equal(desk.view.marks, 2);
    for (size_t i = desk.view.marks; i-- > 0;) {
        char name[64];
        click_on(&desk, /* in the head, or before its code */
                 view_name(&desk.picture.snapshot, desk.view.mark[i], name, sizeof name));
        assert_int_equal(desk.view.selected, desk.view.mark[i]);
        assert_int_equal(desk.view.page, PAGE_COMPARE);
    }
    desk_type(&desk, "6");
    mouse(&desk, 40, 10, MOUSE_CLICK);
    assert_int_equal(desk.view.page, PAGE_LOG);
    desk_close(&desk);
}

static int open_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/settings.XXXXXX");
    setenv("XDG_CONFIG_HOME", mkdtemp(folder) ? folder : "", 1);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_what_is_wrong_is_told_and_left_out),
        cmocka_unit_test(test_the_first_mistake_says_how_many),
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_writing_keeps_the_rest),
        cmocka_unit_test(test_round_trip_of_every_value),
        cmocka_unit_test(test_the_file),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_binding_refused),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_bound_keys_are_shown_and_work),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_themes_are_complete),
        cmocka_unit_test(test_theme_files),
        cmocka_unit_test(test_clipboard),
        cmocka_unit_test(test_mouse),
        cmocka_unit_test(test_clicks_choose_in_every_view),
    };
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
