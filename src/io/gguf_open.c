/* Opening and closing: a file, with its further parts, or a header made in memory. */
#include "gguf_private.h"

#include "base/memory.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static enum status new_gguf(const char *path, struct gguf **gguf, struct error *error)
{
    *gguf = memory_new(1, sizeof **gguf, error);
    if (*gguf == NULL)
        return STATUS_MEMORY;
    (*gguf)->path = memory_string(path, error);
    return (*gguf)->path != NULL ? STATUS_OK : STATUS_MEMORY;
}

/* On failure nothing is open. */
static enum status settle(enum status status, struct gguf **gguf)
{
    if (status != STATUS_OK) {
        gguf_close(*gguf);
        *gguf = NULL;
    }
    return status;
}

enum status gguf_open_file(const char *path, struct gguf **gguf, struct error *error)
{
    enum status status = new_gguf(path, gguf, error);
    if (status == STATUS_OK)
        status = mapping_open(path, "a GGUF file", &(*gguf)->file, error);
    if (status == STATUS_OK) {
        (*gguf)->map = (*gguf)->file.data;
        (*gguf)->bytes = (*gguf)->file_bytes = (*gguf)->file.bytes;
        status = gguf_read_header(*gguf, error);
    }
    return settle(status, gguf);
}

enum status gguf_open(const char *path, struct gguf **gguf, struct error *error)
{
    enum status status = gguf_open_file(path, gguf, error);
    return status == STATUS_OK ? settle(gguf_join_parts(*gguf, error), gguf) : status;
}

enum status gguf_open_given(const char *path, struct buf *header, const struct gguf_place *place,
                            uint64_t file_bytes, void *owner, void (*release)(void *owner),
                            struct gguf **gguf, struct error *error)
{
    enum status status = new_gguf(path, gguf, error);
    if (*gguf == NULL) {
        buf_release(header);
        release(owner);
        return status;
    }
    (*gguf)->header = *header;
    buf_init(header);
    (*gguf)->owner = owner;
    (*gguf)->release = release;
    if (status == STATUS_OK) {
        (*gguf)->map = (const uint8_t *)(*gguf)->header.data;
        (*gguf)->bytes = (*gguf)->header.length;
        (*gguf)->file_bytes = file_bytes;
        (*gguf)->place = place;
        status = gguf_read_header(*gguf, error);
        (*gguf)->place = NULL;
    }
    return settle(status, gguf);
}

const void *gguf_tensor_row(const struct gguf_tensor *tensor, uint64_t row)
{
    const uint64_t row_bytes = weight_type_row_bytes(tensor->type, tensor->size[0]);
    if (tensor->halves != 0) {
        const uint64_t at = row % tensor->halves;
        row += at / 2 + (at % 2) * (tensor->halves / 2) - at;
    }
    return (const uint8_t *)tensor->data + row * row_bytes;
}

void gguf_tensor_forget(const struct gguf *gguf, const struct gguf_tensor *tensor)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), data = (uintptr_t)tensor->data;
    const uintptr_t first = (data + page - 1) / page * page;
    const uintptr_t end = (data + tensor->bytes) / page * page;
    (void)gguf;
    if (end > first && !tensor->in_memory) /* only advice: a failure changes nothing */
        (void)madvise((void *)first, end - first, MADV_DONTNEED);
}

void gguf_close(struct gguf *gguf)
{
    if (gguf == NULL)
        return;
    for (size_t i = 0; i < gguf->parts; i++)
        gguf_close(gguf->part[i]);
    memory_free(gguf->part);
    if (gguf->release != NULL)
        gguf->release(gguf->owner);
    mapping_close(&gguf->file);
    buf_release(&gguf->header);
    memory_free(gguf->path);
    memory_free(gguf->pair);
    memory_free(gguf->tensor);
    memory_free(gguf->names);
    memory_free(gguf->bucket);
    memory_free(gguf);
}
