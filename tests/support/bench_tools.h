/* What the measurements share: options of the form name=value, medians. */
#ifndef SUPPORT_BENCH_TOOLS_H
#define SUPPORT_BENCH_TOOLS_H

#include <stdbool.h>
#include <stddef.h>

/* False unless the argument is "name=N" with N a whole number from least to most. */
bool bench_number(const char *argument, const char *name, size_t least, size_t most, size_t *value);
/* The text behind "name=", or NULL. */
const char *bench_text(const char *argument, const char *name);

/* Of values[n], n > 0, which it sorts; of an even number the mean of the middle two. */
double bench_median(double *values, size_t n);

#endif
