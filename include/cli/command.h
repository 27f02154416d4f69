/* Sub-commands: one row of a table and one file each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

struct command {
    const char *name;
    const char *usage;      /* "MODEL [--json]" */
    const char *summary;    /* one line */
    const char *options;    /* names of the options it takes, blank-separated (cli/options table) */
    unsigned least, most;   /* positional arguments */
    int (*run)(const struct options *options); /* exit status */
};
extern const struct command command_table[]; /* NULL-ended */

#endif
