/* support/bench_tools: see the header. */
#include "bench_tools.h"

#include <stdlib.h>
#include <string.h>

const char *bench_text(const char *argument, const char *name)
{
    size_t length = strlen(name);
    bool same = strncmp(argument, name, length) == 0 && argument[length] == '=';
    return same ? argument + length + 1 : NULL;
}

bool bench_number(const char *argument, const char *name, size_t least, size_t most, size_t *value)
{
    const char *text = bench_text(argument, name);
    char *end;
    if (text == NULL || *text < '0' || *text > '9')
        return false;
    *value = strtoul(text, &end, 10);
    return *end == '\0' && *value >= least && *value <= most;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    double low = values[(n - 1) / 2], high = values[n / 2];
    return low == high ? low : (low + high) / 2; /* equal infinities stay */
}
