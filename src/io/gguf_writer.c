/* GGUF writer: pairs and tensors are declared into buffers, then header and data go to a sink in
 * one pass. Invariant: `room` bytes of the current tensor's data are still to come. */
#include "base/memory.h"
#include "gguf_private.h"

#include <inttypes.h>
#include <string.h>

struct declared {
    char *name;
    uint64_t bytes;
};

struct gguf_writer {
    uint32_t alignment;
    uint64_t pairs, tensors;
    struct buf pair, info; /* as they will stand in the file */
    struct declared *tensor;
    size_t capacity;
    uint64_t offset;  /* of the next tensor in the data section */
    uint64_t current; /* tensor whose data comes next */
    uint64_t room;    /* bytes of it still to come */
};

enum status gguf_writer_new(uint32_t alignment, struct gguf_writer **writer, struct error *error)
{
    *writer = memory_new(1, sizeof **writer, error);
    if (*writer == NULL)
        return STATUS_MEMORY;
    (*writer)->alignment = alignment;
    return STATUS_OK;
}

void gguf_writer_free(struct gguf_writer *writer)
{
    if (writer == NULL)
        return;
    for (uint64_t i = 0; i < writer->tensors; i++)
        memory_free(writer->tensor[i].name);
    memory_free(writer->tensor);
    buf_release(&writer->pair);
    buf_release(&writer->info);
    memory_free(writer);
}

static enum status put_u32(struct buf *buf, uint32_t value, struct error *error)
{
    return buf_append(buf, &value, sizeof value, error);
}

static enum status put_u64(struct buf *buf, uint64_t value, struct error *error)
{
    return buf_append(buf, &value, sizeof value, error);
}

static enum status put_string(struct buf *buf, const char *data, size_t length, struct error *error)
{
    enum status status = put_u64(buf, length, error);
    return status == STATUS_OK ? buf_append(buf, data, length, error) : status;
}

/* Key and type; for an array its element type and length too. */
static enum status put_key(struct gguf_writer *w, const char *key, size_t length,
                           enum gguf_type type, enum gguf_type element, uint64_t count,
                           struct error *error)
{
    enum status status = put_string(&w->pair, key, length, error);
    if (status == STATUS_OK)
        status = put_u32(&w->pair, (uint32_t)type, error);
    if (status == STATUS_OK && type == GGUF_ARRAY)
        status = put_u32(&w->pair, (uint32_t)element, error);
    if (status == STATUS_OK && type == GGUF_ARRAY)
        status = put_u64(&w->pair, count, error);
    w->pairs++;
    return status;
}

static enum status put_scalar(struct gguf_writer *w, const char *key, enum gguf_type type,
                              const void *value, struct error *error)
{
    enum status status = put_key(w, key, strlen(key), type, type, 1, error);
    return status == STATUS_OK ? buf_append(&w->pair, value, gguf_type_bytes(type), error) : status;
}

enum status gguf_writer_copy(struct gguf_writer *w, const char *key, const struct gguf_pair *pair,
                             struct error *error)
{
    enum status status =
        put_key(w, key != NULL ? key : pair->key.data, key != NULL ? strlen(key) : pair->key.length,
                pair->type, pair->element, pair->count, error);
    if (status != STATUS_OK)
        return status;
    return buf_append(&w->pair, pair->value, (size_t)pair->value_bytes, error);
}

enum status gguf_writer_u32(struct gguf_writer *w, const char *key, uint32_t value,
                            struct error *error)
{
    return put_scalar(w, key, GGUF_U32, &value, error);
}

enum status gguf_writer_f32(struct gguf_writer *w, const char *key, float value,
                            struct error *error)
{
    return put_scalar(w, key, GGUF_F32, &value, error);
}

enum status gguf_writer_bool(struct gguf_writer *w, const char *key, bool value,
                             struct error *error)
{
    uint8_t byte = value;
    return put_scalar(w, key, GGUF_BOOL, &byte, error);
}

enum status gguf_writer_string(struct gguf_writer *w, const char *key, const char *value,
                               struct error *error)
{
    enum status status = put_key(w, key, strlen(key), GGUF_STRING, GGUF_STRING, 1, error);
    return status == STATUS_OK ? put_string(&w->pair, value, strlen(value), error) : status;
}

enum status gguf_writer_array(struct gguf_writer *w, const char *key, enum gguf_type element,
                              const void *values, uint64_t count, struct error *error)
{
    enum status status = put_key(w, key, strlen(key), GGUF_ARRAY, element, count, error);
    if (status != STATUS_OK || element != GGUF_STRING)
        return status != STATUS_OK
                   ? status
                   : buf_append(&w->pair, values, (size_t)count * gguf_type_bytes(element), error);
    const char *const *text = values;
    for (uint64_t i = 0; status == STATUS_OK && i < count; i++)
        status = put_string(&w->pair, text[i], strlen(text[i]), error);
    return status;
}

static uint64_t padding(uint64_t at, uint32_t alignment)
{
    return (alignment - at % alignment) % alignment;
}

enum status gguf_writer_tensor(struct gguf_writer *w, const char *name, uint32_t dimensions,
                               const uint64_t *size, enum weight_type type, struct error *error)
{
    uint64_t bytes = weight_type_row_bytes(type, size[0]);
    for (uint32_t i = 1; i < dimensions; i++)
        if (__builtin_mul_overflow(bytes, size[i], &bytes))
            bytes = 0;
    if (bytes == 0)
        return error_set(error, STATUS_INVALID,
                         "tensor %s: rows of %" PRIu64 " do not fit its weight type", name,
                         size[0]);
    enum status status =
        memory_reserve(&w->tensor, &w->capacity, (size_t)w->tensors + 1, sizeof *w->tensor, error);
    char *copy = status == STATUS_OK ? memory_string(name, error) : NULL;
    if (copy == NULL)
        return STATUS_MEMORY;
    w->tensor[w->tensors++] = (struct declared){copy, bytes};
    status = put_string(&w->info, name, strlen(name), error);
    if (status == STATUS_OK)
        status = put_u32(&w->info, dimensions, error);
    for (uint32_t i = 0; status == STATUS_OK && i < dimensions; i++)
        status = put_u64(&w->info, size[i], error);
    if (status == STATUS_OK)
        status = put_u32(&w->info, (uint32_t)type, error);
    if (status == STATUS_OK)
        status = put_u64(&w->info, w->offset, error);
    w->offset += bytes + padding(bytes, w->alignment);
    return status;
}

static enum status emit(struct gguf_sink *sink, const void *data, uint64_t length,
                        struct error *error)
{
    sink->bytes += length;
    if (sink->write == NULL || length == 0)
        return STATUS_OK;
    return sink->write(sink->context, data, (size_t)length, error);
}

static enum status emit_zeros(struct gguf_sink *sink, uint64_t length, struct error *error)
{
    static const uint8_t zeros[4096];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && length > 0) {
        uint64_t part = length < sizeof zeros ? length : sizeof zeros;
        status = emit(sink, zeros, part, error);
        length -= part;
    }
    return status;
}

enum status gguf_writer_begin(struct gguf_writer *w, struct gguf_sink *sink, struct error *error)
{
    uint8_t header[24] = "GGUF";
    uint32_t version = 3;
    memcpy(header + 4, &version, 4);
    memcpy(header + 8, &w->tensors, 8);
    memcpy(header + 16, &w->pairs, 8);
    w->current = 0;
    w->room = w->tensors > 0 ? w->tensor[0].bytes : 0;
    uint64_t length = sizeof header + w->pair.length + w->info.length;
    enum status status = emit(sink, header, sizeof header, error);
    if (status == STATUS_OK)
        status = emit(sink, w->pair.data, w->pair.length, error);
    if (status == STATUS_OK)
        status = emit(sink, w->info.data, w->info.length, error);
    return status == STATUS_OK ? emit_zeros(sink, padding(length, w->alignment), error) : status;
}

enum status gguf_writer_data(struct gguf_writer *w, struct gguf_sink *sink, const void *data,
                             uint64_t length, struct error *error)
{
    if (w->current >= w->tensors || length > w->room)
        return error_set(error, STATUS_INVALID, "%" PRIu64 " bytes too many for tensor %s",
                         length - w->room,
                         w->current < w->tensors ? w->tensor[w->current].name : "(none)");
    enum status status = emit(sink, data, length, error);
    w->room -= length;
    if (status != STATUS_OK || w->room > 0)
        return status;
    status = emit_zeros(sink, padding(w->tensor[w->current].bytes, w->alignment), error);
    if (++w->current < w->tensors)
        w->room = w->tensor[w->current].bytes;
    return status;
}

enum status gguf_writer_end(struct gguf_writer *w, struct gguf_sink *sink, struct error *error)
{
    (void)sink;
    if (w->current < w->tensors)
        return error_set(error, STATUS_INVALID, "tensor %s lacks %" PRIu64 " bytes of data",
                         w->tensor[w->current].name, w->room);
    return STATUS_OK;
}
