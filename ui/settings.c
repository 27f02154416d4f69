/* Settings as values and as text. */
#include "settings.h"

#include "config_lines.h"

#include <stdio.h>
#include <string.h>

const struct setting_info setting_table[SETTINGS] = {
    [SETTING_THEME] = {"theme", "colours; files of your own: themes/NAME.theme beside this file",
                       NULL},
    [SETTING_GLYPHS] = {"glyphs", "what is drawn with: auto asks the locale and the terminal",
                        "auto braille blocks ascii"},
    [SETTING_VIEW] = {"view", "the view that is shown first",
                      "front architecture layers progress compare log try"},
    [SETTING_MOUSE] = {"mouse",
                       "clicks and the wheel; the terminal's own selection then needs Shift",
                       "off on"},
    [SETTING_BELL] = {"bell", "ring when the search has ended, or an extraction", "off on"},
    [SETTING_CLIPBOARD] = {"clipboard", "yank to the terminal's clipboard, too (OSC 52)", "off on"},
};

void settings_init(struct settings *settings)
{
    *settings = (struct settings){0};
    theme_names_init(&settings->themes);
}

/* ---- values ---- */

int setting_values(const struct settings *settings, enum setting setting)
{
    const char *values = setting_table[setting].values;
    int count = 0;
    if (!values)
        return (int)settings->themes.count;
    for (size_t length; (length = config_word(&values)) > 0; values += length)
        count++;
    return count;
}

const char *setting_text(const struct settings *settings, enum setting setting, int value,
                         char *out, size_t size)
{
    const char *values = setting_table[setting].values;
    out[0] = '\0';
    if (value < 0 || value >= setting_values(settings, setting))
        return out;
    if (!values) {
        snprintf(out, size, "%s", settings->themes.name[value]);
        return out;
    }
    size_t length = config_word(&values);
    for (int i = 0; i < value; i++) {
        values += length;
        length = config_word(&values);
    }
    snprintf(out, size, "%.*s", (int)length, values);
    return out;
}

void setting_step(struct settings *settings, enum setting setting, int by)
{
    int count = setting_values(settings, setting);
    settings->value[setting] = (settings->value[setting] + by + count) % count;
    settings->changed[setting] = true;
}

/* ---- reading ---- */

static int find_setting(const char *name)
{
    for (int i = 0; i < SETTINGS; i++)
        if (!strcmp(setting_table[i].name, name))
            return i;
    return -1;
}

static enum status read_value(struct settings *settings, enum setting setting, const char *text,
                              struct error *error)
{
    char known[THEME_NAME], all[THEMES_MOST * THEME_NAME] = "";
    size_t length = 0;
    for (int i = 0; i < setting_values(settings, setting); i++) {
        setting_text(settings, setting, i, known, sizeof known);
        if (!strcmp(known, text)) {
            settings->value[setting] = i;
            return STATUS_OK;
        }
        length += (size_t)snprintf(all + length, sizeof all - length, "%s%s", i ? ", " : "", known);
        length = length < sizeof all ? length : sizeof all - 1;
    }
    return error_set(error, STATUS_INVALID, "%s is one of %s, not \"%.40s\"",
                     setting_table[setting].name, all, text);
}

static enum status read_line(struct settings *settings, struct keymap *keymap,
                             const struct config_line *line, struct error *error)
{
    static const char key[] = "key.";
    if (!line->good)
        return error_set(error, STATUS_INVALID, "a line is NAME = VALUE");
    if (!strncmp(line->name, key, sizeof key - 1))
        return keymap_bind(keymap, line->name + sizeof key - 1, line->value, error);
    int setting = find_setting(line->name);
    if (setting < 0)
        return error_set(error, STATUS_INVALID, "there is no setting \"%s\"", line->name);
    return read_value(settings, (enum setting)setting, line->value, error);
}

struct mistakes {
    unsigned count;
    char where[160], what[600]; /* of the first */
};

static void note(struct settings *settings, struct mistakes *mistakes, const char *where,
                 const char *what)
{
    size_t length = strlen(settings->mistakes);
    snprintf(settings->mistakes + length, sizeof settings->mistakes - length, "%s: %s\n", where,
             what);
    if (mistakes->count++ > 0)
        return;
    snprintf(mistakes->where, sizeof mistakes->where, "%s", where);
    snprintf(mistakes->what, sizeof mistakes->what, "%s", what);
}

/* The first; the number of the others where it is seen however long that one is. */
static void sum_up(struct settings *settings, const struct mistakes *mistakes)
{
    char more[32] = "";
    if (mistakes->count > 1)
        snprintf(more, sizeof more, " (and %u more)", mistakes->count - 1);
    if (mistakes->count > 0)
        snprintf(settings->trouble, sizeof settings->trouble, "%s%s: %s", mistakes->where, more,
                 mistakes->what);
}

/* "paretop/config": where there is no room for all, the end matters. */
static const char *end_of_path(const char *path)
{
    const char *file = strrchr(path, '/');
    while (file && file > path && file[-1] != '/')
        file--;
    return file ? file : path;
}

void settings_read(struct settings *settings, struct keymap *keymap, const char *text,
                   const char *path)
{
    char name[16], where[160], what[80];
    struct mistakes mistakes = {0};
    path = end_of_path(path);
    for (struct config_line line = {0}; config_line_next(&text, &line);) {
        struct error why = {0};
        if (line.empty || read_line(settings, keymap, &line, &why) == STATUS_OK)
            continue;
        snprintf(where, sizeof where, "%.120s, line %u", path, line.number);
        note(settings, &mistakes, where, why.message);
    }
    const struct ui_key *lost = keymap_without_key(keymap);
    if (lost) {
        snprintf(what, sizeof what, "%s has no key any more, %s does something else", lost->name,
                 ui_key_name(lost->key[0], name, sizeof name));
        note(settings, &mistakes, path, what);
    }
    sum_up(settings, &mistakes);
}

/* ---- writing ---- */

static enum status write_setting(const struct settings *settings, enum setting setting,
                                 struct buf *out, struct error *error)
{
    char text[THEME_NAME];
    return buf_printf(out, error, "%s = %s\n", setting_table[setting].name,
                      setting_text(settings, setting, settings->value[setting], text, sizeof text));
}

enum status settings_write(const struct settings *settings, const char *text, struct buf *out,
                           struct error *error)
{
    bool written[SETTINGS] = {false};
    enum status status = STATUS_OK;
    for (struct config_line line = {0}; status == STATUS_OK && config_line_next(&text, &line);) {
        int setting = line.good ? find_setting(line.name) : -1;
        if (setting >= 0 && settings->changed[setting]) {
            if (!written[setting])
                status = write_setting(settings, (enum setting)setting, out, error);
            written[setting] = true;
            continue;
        }
        status = buf_append(out, line.start, line.length, error);
        if (status == STATUS_OK && line.start[line.length - 1] != '\n')
            status = buf_append(out, "\n", 1, error);
    }
    for (int i = 0; i < SETTINGS && status == STATUS_OK; i++)
        if (settings->changed[i] && !written[i])
            status = write_setting(settings, (enum setting)i, out, error);
    return status;
}
