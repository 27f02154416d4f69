/* Where themes come from: those of the program, and files of the user's, which win. */
#ifndef UI_THEME_FILES_H
#define UI_THEME_FILES_H

#include "theme.h"

#include <stddef.h>

#define THEMES_MOST 24
#define THEME_NAME 32

struct theme_names {
    char name[THEMES_MOST][THEME_NAME];
    size_t count;
};

/* The program's, then those of $XDG_CONFIG_HOME/paretop/themes that have another name. */
void theme_names_init(struct theme_names *names);
/* The default theme with this one over it. STATUS_INVALID says what is wrong in which file; what
 * could be read is in *theme. */
enum status theme_load(const char *name, struct theme *theme, struct error *error);
/* The text of one of the program's own themes; NULL: there is none of this name. */
const char *theme_embedded(const char *name);

#endif
