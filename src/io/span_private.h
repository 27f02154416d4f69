/* Pieces of a file that must not share bytes. */
#ifndef IO_SPAN_PRIVATE_H
#define IO_SPAN_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

struct span {
    uint64_t from, to; /* [from, to) */
    const char *name;  /* borrowed */
};

/* Sorts by beginning; the index of the first that begins before its predecessor's end, 0 when none
 * does. */
size_t span_overlap(struct span *span, size_t count);

#endif
