/* Lines `name = value` of a text that a user writes: settings, themes. '#' begins a comment line.
 */
#ifndef UI_CONFIG_LINES_H
#define UI_CONFIG_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct config_line {
    const char *start; /* of the line, in the text */
    size_t length;     /* of the whole line, its end included */
    unsigned number;   /* from 1 */
    bool empty;        /* blank, or a comment */
    bool good;         /* a name, '=' and a value */
    char name[64], value[256];
};

/* The next line of *text, which moves on; false at the end. *line is zeroed before the first. */
bool config_line_next(const char **text, struct config_line *line);
/* The next word of *value, which moves on; length 0 at the end. */
size_t config_word(const char **value);

#endif
