/* What the reader's two files share. */
#ifndef IO_GGUF_PRIVATE_H
#define IO_GGUF_PRIVATE_H

#include "io/gguf.h"

struct gguf {
    char *path;
    const uint8_t *map;
    uint64_t bytes;
    uint32_t version, alignment;
    size_t pairs, tensors;
    struct gguf_pair *pair;
    struct gguf_tensor *tensor;
    char *names;      /* tensor names, NUL-terminated, one after the other */
    uint32_t *bucket; /* hash of tensor names, open addressing; index + 1, 0 free */
    size_t buckets;   /* a power of two */
};

/* Bytes of one value of a fixed-size type; 0 for strings and arrays. */
size_t gguf_type_bytes(enum gguf_type type);
const char *gguf_type_name(enum gguf_type type);

#endif
