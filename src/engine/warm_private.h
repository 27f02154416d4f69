/* Rows in CSV files of other programs. */
#ifndef ENGINE_WARM_PRIVATE_H
#define ENGINE_WARM_PRIVATE_H

#include "search/row.h"

/* Appends the rows of a CSV file whose codes the archive has not: with history.csv's columns (only
 * `code` must be there), or as DyNAS-T writes them (`Sub-network`, ..., the accuracy last): a code
 * or a Python dictionary in that cell. Accuracies above 1 make all of the file percents. What cannot
 * be read is STATUS_INVALID with its line. */
enum status warm_read_csv(const char *path, const struct arch_shape *shape,
                          const bool measured[OBJECTIVES], struct archive *rows, bool *percents,
                          struct error *error);

#endif
