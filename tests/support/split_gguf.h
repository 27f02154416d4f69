/* Splits a GGUF file as llama.cpp's gguf-split does: PREFIX-00001-of-0000N.gguf and so on. */
#ifndef SUPPORT_SPLIT_GGUF_H
#define SUPPORT_SPLIT_GGUF_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* What the parts say of themselves may be wrong, for tests of readers. Zero value: all right. */
struct split_lie {
    uint32_t part;             /* 1-based part that lies; 0: none */
    uint32_t number, count;    /* added to its split.no and split.count */
    uint32_t tensors;          /* added to its split.tensors.count */
    uint32_t again;            /* so many tensors of the part before it once more */
};

enum status split_gguf(const char *path, const char *prefix, uint32_t parts,
                       const struct split_lie *lie, struct error *error);

#endif
