/* Numbers with units, read and shown everywhere the same: 90MiB, 1.5GB, 12ms, 0.45, 45%.
 * Reading (RULES.md, Pins): % is /100; KiB MiB GiB binary, kB MB GB decimal; bare K M G only for
 * counts, elsewhere an error that names both readings. */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum quantity {
    QUANTITY_NUMBER,       /* plain real: perplexity, nll */
    QUANTITY_FRACTION,     /* 0.45 or 45% */
    QUANTITY_BYTES,        /* 90MiB, 1.5GB, 1000 */
    QUANTITY_COUNT,        /* 119M, 1.2G, 1000 */
    QUANTITY_MILLISECONDS, /* 12ms, 1.5s */
    QUANTITY_SECONDS,      /* 90, 90s, 5m, 1.5h (durations) */
    QUANTITY_RATE,         /* 31.2, 31.2/s */
};

/* Strict: the whole text must be one number with at most one unit of this kind. */
enum status quantity_parse(enum quantity kind, const char *text, double *value,
                           struct error *error);

/* Short form for screens and messages ("93.8 MiB", "119 M", "57.2 %", "12.1 ms", "1.1 h");
 * returns `out`. */
const char *quantity_format(enum quantity kind, double value, char *out, size_t size);

/* Strict decimal integers, whole text, within [minimum, maximum]; `what` names it in the error. */
enum status integer_parse(const char *what, const char *text, int64_t minimum, int64_t maximum,
                          int64_t *value, struct error *error);

#endif
