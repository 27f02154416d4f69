/* What a user sets once: a row of setting_table each, and which keys do what. Kept in
 * $XDG_CONFIG_HOME/paretop/config, lines `name = value`; other lines there are left as they are. */
#ifndef UI_SETTINGS_H
#define UI_SETTINGS_H

#include "base/buf.h"
#include "theme_files.h"
#include "ui/keys.h"
#include "ui/setting_table.h"

#include <stdbool.h>

enum { SETTING_GLYPHS_AUTO, SETTING_GLYPHS_BRAILLE, SETTING_GLYPHS_BLOCKS, SETTING_GLYPHS_ASCII };

struct settings {
    int value[SETTINGS];    /* position among the setting's values */
    bool changed[SETTINGS]; /* here, and not kept yet */
    struct theme_names themes;
    char path[512];      /* of the file; "" not known */
    char trouble[800];   /* the first thing that is wrong in the file, and how many; "" nothing */
    char mistakes[4096]; /* all of them, a line each, as far as there is room */
};

void settings_init(struct settings *settings);
/* Text of a value; "" beyond the last one. Returns out. */
const char *setting_text(const struct settings *settings, enum setting setting, int value,
                         char *out, size_t size);
int setting_values(const struct settings *settings, enum setting setting); /* how many */
/* To the next value, or the one before; round at the ends. */
void setting_step(struct settings *settings, enum setting setting, int by);

/* Takes over the lines of `text`: settings, and `key.ACTION = KEY...` into the keymap. What is
 * wrong is left out; the first goes to settings->trouble, as
 * "PATH, line N: ..." or "PATH, line N (and 2 more): ...". */
void settings_read(struct settings *settings, struct keymap *keymap, const char *text,
                   const char *path);
/* Appends `text` with the changed settings' lines replaced, or added behind the last. */
enum status settings_write(const struct settings *settings, const char *text, struct buf *out,
                           struct error *error);

/* The file: settings_file.c. A file that is absent is no trouble. All that is wrong goes to
 * standard error, too, which is the log while a screen is open: its own line has room for one
 * mistake. */
void settings_load(struct settings *settings, struct keymap *keymap);
/* Writes what has changed (atomically, making the folder); nothing if nothing has. */
enum status settings_keep(struct settings *settings, struct error *error);

#endif
