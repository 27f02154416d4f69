/* A whole file in memory, read-only. */
#ifndef IO_MAPPING_PRIVATE_H
#define IO_MAPPING_PRIVATE_H

#include "base/error.h"

#include <stdint.h>

struct mapping {
    const uint8_t *data; /* owned; NULL: none */
    uint64_t bytes;
};

/* Regular files that are not empty; `expected` ("a GGUF file") is for the message. */
enum status mapping_open(const char *path, const char *expected, struct mapping *mapping,
                         struct error *error);
void mapping_close(struct mapping *mapping);

#endif
