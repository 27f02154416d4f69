/* What may stand for an option's value or a command's argument, told from its placeholder
 * ("first|sample", "DIR|FILE.csv") and from the tables of what has a name. */
#ifndef CLI_COMPLETION_VALUES_H
#define CLI_COMPLETION_VALUES_H

#include "cli/command.h"

#define COMPLETION_WORDS 48

struct completion_values {
    const char *word[COMPLETION_WORDS]; /* borrowed, or parts of `text` */
    size_t words;
    bool list;          /* several words, with commas */
    bool files;         /* any file */
    const char *ending; /* files with this ending; NULL: none */
    bool runs;          /* run directories */
    char text[128];
};

void completion_of_option(enum option option, struct completion_values *values);
/* Of the argument at `index` of a command; nothing where none is expected. */
void completion_of_argument(const struct command *command, unsigned index,
                            struct completion_values *values);

#endif
