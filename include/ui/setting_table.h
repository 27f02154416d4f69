/* The table of settings and the names that themes use: what the window of settings, the file and
 * the manual page read. */
#ifndef UI_SETTING_TABLE_H
#define UI_SETTING_TABLE_H

#include <stddef.h>

enum setting {
    SETTING_THEME,
    SETTING_GLYPHS,
    SETTING_VIEW,
    SETTING_MOUSE,
    SETTING_BELL,
    SETTING_CLIPBOARD,
    SETTINGS,
};

struct setting_info {
    const char *name, *help;
    const char *values; /* with blanks between, the default first; NULL: names of themes */
};
extern const struct setting_info setting_table[SETTINGS];

extern const char *const theme_roles[];        /* indexed by enum colour, NULL-ended */
const char *theme_embedded_name(size_t index); /* the program's own; NULL beyond the last */

#endif
