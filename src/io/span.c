/* Pieces of a file: sorted, then each compared with the one before. */
#include "span_private.h"

#include <stdlib.h>

static int by_start(const void *a, const void *b)
{
    const struct span *x = a, *y = b;
    return (x->from > y->from) - (x->from < y->from);
}

size_t span_overlap(struct span *span, size_t count)
{
    if (count > 0)
        qsort(span, count, sizeof *span, by_start);
    for (size_t i = 1; i < count; i++)
        if (span[i].from < span[i - 1].to)
            return i;
    return 0;
}
