/* safetensors files, memory-mapped and read-only: u64 length of the header, the header (a JSON object:
 * name -> {dtype, shape, data_offsets}), the data. Every size and offset is checked before use; the
 * header is hostile until then. Format: the safetensors project's README. Little-endian hosts only. */
#ifndef IO_SAFETENSORS_H
#define IO_SAFETENSORS_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SAFETENSORS_DIMENSIONS 8

struct safetensor {
    const char *name;       /* owned by the file */
    const char *dtype;      /* "F32", "BF16", "I64"...: owned by the file */
    uint32_t dimensions;    /* 0 (a scalar) to SAFETENSORS_DIMENSIONS */
    uint64_t size[SAFETENSORS_DIMENSIONS]; /* outermost first, as in the file */
    const void *data;       /* in the mapping, not aligned */
    uint64_t bytes;         /* checked against dtype and size where the dtype is known */
};

struct safetensors;

/* STATUS_INVALID with one sentence that names the file. */
enum status safetensors_open(const char *path, struct safetensors **file, struct error *error);
void safetensors_close(struct safetensors *file); /* NULL is fine */
const char *safetensors_path(const struct safetensors *file);
size_t safetensors_count(const struct safetensors *file);
const struct safetensor *safetensors_at(const struct safetensors *file, size_t index);

#endif
