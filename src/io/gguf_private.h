/* What the reader's files share: gguf_open.c (files), gguf.c (header), gguf_split.c (parts),
 * gguf_value.c (pairs). */
#ifndef IO_GGUF_PRIVATE_H
#define IO_GGUF_PRIVATE_H

#include "io/gguf.h"
#include "mapping_private.h"

struct gguf {
    char *path;
    const uint8_t *map;  /* of the header */
    uint64_t bytes;      /* of map */
    uint64_t file_bytes; /* of all files */
    struct mapping file; /* map is its data, or */
    struct buf header;   /* this one's */
    struct gguf **part;  /* owned: the further parts of a split model */
    size_t parts;
    const struct gguf_place *place; /* while a header made in memory is read; else NULL */
    void *owner;                    /* of the places' data */
    void (*release)(void *owner);
    uint32_t version, alignment;
    size_t pairs, tensors;
    struct gguf_pair *pair;
    struct gguf_tensor *tensor;
    char *names;      /* tensor names, NUL-terminated, one after the other */
    uint32_t *bucket; /* hash of tensor names, open addressing; index + 1, 0 free */
    size_t buckets;   /* a power of two */
};

/* gguf.c: the header at map; path, map and bytes are set. */
enum status gguf_read_header(struct gguf *gguf, struct error *error);
/* The hash table of the names of gguf->tensors tensors, empty; and tensor `index` put into it. */
enum status gguf_new_buckets(struct gguf *gguf, struct error *error);
enum status gguf_index_tensor(struct gguf *gguf, size_t index, struct error *error);
/* gguf_open.c: one file, whether it is a part or not. */
enum status gguf_open_file(const char *path, struct gguf **gguf, struct error *error);
/* gguf_split.c: opens the further parts when the metadata says that there are any. */
enum status gguf_join_parts(struct gguf *gguf, struct error *error);

/* Bytes of one value of a fixed-size type; 0 for strings and arrays. */
size_t gguf_type_bytes(enum gguf_type type);
const char *gguf_type_name(enum gguf_type type);

#endif
