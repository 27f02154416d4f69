/* A run directory with as many rows as wanted: a real run of a small model, of one generation, is
 * made, and rows that are made up, the same each time, are put behind its own. */
#ifndef SUPPORT_LONG_RUN_H
#define SUPPORT_LONG_RUN_H

#include "base/error.h"

#include <stddef.h>

struct long_run {
    const char *model, *directory;
    const char *objectives; /* NULL: the default */
    size_t rows;            /* of the history in all */
    size_t population;      /* rows of a generation; 0: 20 */
    size_t wanted;          /* evaluations wanted; 0: all there are and 1,000 more */
};

enum status long_run_make(const struct long_run *options, struct error *error);

#endif
