/* GGUF reader: walks the header once with every length checked against what is left, and keeps
 * pointers into the mapping. Invariant after gguf_open: every pair and tensor lies whole within the
 * file. Layout: magic, version, counts, pairs, tensor infos, padding, data. */
#include "gguf_private.h"
#include "span_private.h"

#include "base/hash.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

#define MAX_DIMENSIONS 4
#define MAX_NAME 1024       /* longer names are not names */
#define MIN_PAIR_BYTES 13   /* key length, empty key, type, one byte */
#define MIN_TENSOR_BYTES 24 /* name length, dimensions, type, offset */

/* A place in the header; `end` is the file's end. */
struct cursor {
    const struct gguf *gguf;
    uint64_t at;
};

static enum status truncated(const struct cursor *cursor, const char *what, struct error *error)
{
    return error_set(error, STATUS_INVALID,
                     "%s is cut short: %s expected at byte %" PRIu64 " of %" PRIu64,
                     cursor->gguf->path, what, cursor->at, cursor->gguf->bytes);
}

static enum status take(struct cursor *cursor, void *value, size_t length, const char *what,
                        struct error *error)
{
    if (length > cursor->gguf->bytes - cursor->at)
        return truncated(cursor, what, error);
    memcpy(value, cursor->gguf->map + cursor->at, length);
    cursor->at += length;
    return STATUS_OK;
}

static enum status take_string(struct cursor *cursor, struct gguf_string *text, const char *what,
                               struct error *error)
{
    uint64_t length = 0;
    enum status status = take(cursor, &length, sizeof length, what, error);
    if (status != STATUS_OK)
        return status;
    if (length > cursor->gguf->bytes - cursor->at)
        return error_set(
            error, STATUS_INVALID,
            "%s: %s at byte %" PRIu64 " claims %" PRIu64 " bytes, %" PRIu64 " are left",
            cursor->gguf->path, what, cursor->at - 8, length, cursor->gguf->bytes - cursor->at);
    text->data = (const char *)cursor->gguf->map + cursor->at;
    text->length = (size_t)length;
    cursor->at += length;
    return STATUS_OK;
}

static const struct {
    const char *name;
    uint8_t id, bytes;
} type_info[] = {
    [GGUF_U8] = {"uint8", 0, 1},      [GGUF_I8] = {"int8", 1, 1},
    [GGUF_U16] = {"uint16", 2, 2},    [GGUF_I16] = {"int16", 3, 2},
    [GGUF_U32] = {"uint32", 4, 4},    [GGUF_I32] = {"int32", 5, 4},
    [GGUF_F32] = {"float32", 6, 4},   [GGUF_BOOL] = {"bool", 7, 1},
    [GGUF_STRING] = {"string", 8, 0}, [GGUF_ARRAY] = {"array", 9, 0},
    [GGUF_U64] = {"uint64", 10, 8},   [GGUF_I64] = {"int64", 11, 8},
    [GGUF_F64] = {"float64", 12, 8},
};
#define TYPES (sizeof type_info / sizeof type_info[0])

size_t gguf_type_bytes(enum gguf_type type)
{
    return type_info[type].bytes;
}

const char *gguf_type_name(enum gguf_type type)
{
    return type_info[type].name;
}

static enum status take_type(struct cursor *cursor, enum gguf_type *type, struct error *error)
{
    uint32_t id = 0;
    enum status status = take(cursor, &id, sizeof id, "a value type", error);
    if (status != STATUS_OK)
        return status;
    if (id >= TYPES) /* the enum counts as the format does */
        return error_set(error, STATUS_INVALID,
                         "%s: unknown value type %" PRIu32 " at byte %" PRIu64, cursor->gguf->path,
                         id, cursor->at - 4);
    *type = (enum gguf_type)id;
    return STATUS_OK;
}

/* Moves over `count` values of one type. */
static enum status skip_values(struct cursor *cursor, enum gguf_type type, uint64_t count,
                               struct error *error)
{
    uint64_t bytes, left = cursor->gguf->bytes - cursor->at;
    if (type == GGUF_STRING) {
        if (count > left / 8)
            return truncated(cursor, "an array of strings", error);
        for (uint64_t i = 0; i < count; i++) {
            struct gguf_string text;
            enum status status = take_string(cursor, &text, "a string", error);
            if (status != STATUS_OK)
                return status;
        }
        return STATUS_OK;
    }
    if (__builtin_mul_overflow(count, (uint64_t)gguf_type_bytes(type), &bytes) || bytes > left)
        return truncated(cursor, "a value", error);
    if (type == GGUF_BOOL)
        for (uint64_t i = 0; i < count; i++)
            if (cursor->gguf->map[cursor->at + i] > 1)
                return error_set(error, STATUS_INVALID,
                                 "%s: a bool that is neither 0 nor 1 at byte %" PRIu64,
                                 cursor->gguf->path, cursor->at + i);
    cursor->at += bytes;
    return STATUS_OK;
}

static enum status take_pair(struct cursor *cursor, struct gguf_pair *pair, struct error *error)
{
    enum status status = take_string(cursor, &pair->key, "a key", error);
    if (status == STATUS_OK)
        status = take_type(cursor, &pair->type, error);
    if (status != STATUS_OK)
        return status;
    pair->element = pair->type;
    pair->count = 1;
    if (pair->type == GGUF_ARRAY) {
        status = take_type(cursor, &pair->element, error);
        if (status == STATUS_OK)
            status = take(cursor, &pair->count, sizeof pair->count, "an array's length", error);
        if (status == STATUS_OK && pair->element == GGUF_ARRAY)
            status =
                error_set(error, STATUS_INVALID,
                          "%s: %.*s is an array of arrays, which is not read", cursor->gguf->path,
                          (int)(pair->key.length < 100 ? pair->key.length : 100), pair->key.data);
        if (status != STATUS_OK)
            return status;
    }
    uint64_t from = cursor->at;
    pair->value = cursor->gguf->map + from;
    status = skip_values(cursor, pair->element, pair->count, error);
    pair->value_bytes = cursor->at - from;
    if (status != STATUS_OK)
        error_prefix(error, "key %.*s", (int)(pair->key.length < 100 ? pair->key.length : 100),
                     pair->key.data);
    return status;
}

static enum status read_pairs(struct gguf *gguf, struct cursor *cursor, struct error *error)
{
    gguf->pair = memory_new(gguf->pairs, sizeof *gguf->pair, error);
    if (gguf->pair == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < gguf->pairs; i++) {
        struct gguf_pair *pair = &gguf->pair[i];
        enum status status = take_pair(cursor, pair, error);
        if (status != STATUS_OK)
            return status;
        for (size_t k = 0; k < i; k++)
            if (gguf->pair[k].key.length == pair->key.length &&
                memcmp(gguf->pair[k].key.data, pair->key.data, pair->key.length) == 0)
                return error_set(error, STATUS_INVALID, "%s: the key %.*s occurs twice", gguf->path,
                                 (int)(pair->key.length < 100 ? pair->key.length : 100),
                                 pair->key.data);
    }
    return STATUS_OK;
}

static enum status tensor_size(const struct gguf *gguf, struct gguf_tensor *tensor,
                               struct error *error)
{
    uint64_t rows = 1, row = weight_type_row_bytes(tensor->type, tensor->size[0]);
    bool bad = row == 0;
    for (uint32_t i = 1; i < MAX_DIMENSIONS; i++)
        bad = bad || tensor->size[i] == 0 || __builtin_mul_overflow(rows, tensor->size[i], &rows);
    if (bad || __builtin_mul_overflow(rows, row, &tensor->bytes))
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %s has an impossible size, %" PRIu64 " x %" PRIu64
                         " of type %s",
                         gguf->path, tensor->name, tensor->size[0], tensor->size[1],
                         weight_type_by_id((uint32_t)tensor->type)->name);
    return STATUS_OK;
}

/* One tensor info; the data's offset (from the data section) is kept in tensor->bytes' place until
 * the section's start is known: it goes to *offset. */
static enum status take_tensor(struct gguf *gguf, struct cursor *cursor, struct gguf_tensor *tensor,
                               char **name_room, uint64_t *offset, struct error *error)
{
    struct gguf_string name;
    uint32_t type = 0;
    enum status status = take_string(cursor, &name, "a tensor's name", error);
    if (status != STATUS_OK)
        return status;
    if (name.length == 0 || name.length > MAX_NAME || memchr(name.data, '\0', name.length) != NULL)
        return error_set(error, STATUS_INVALID, "%s: a tensor's name of %zu bytes at byte %" PRIu64,
                         gguf->path, name.length, cursor->at - name.length);
    memcpy(*name_room, name.data, name.length);
    tensor->name = *name_room;
    *name_room += name.length + 1;
    status = take(cursor, &tensor->dimensions, 4, "a count of dimensions", error);
    if (status != STATUS_OK)
        return status;
    if (tensor->dimensions < 1 || tensor->dimensions > MAX_DIMENSIONS)
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %s has %" PRIu32 " dimensions, 1 to %d expected", gguf->path,
                         tensor->name, tensor->dimensions, MAX_DIMENSIONS);
    for (uint32_t i = 0; i < MAX_DIMENSIONS; i++)
        tensor->size[i] = 1;
    status = take(cursor, tensor->size, 8 * (size_t)tensor->dimensions, "a tensor's size", error);
    if (status == STATUS_OK)
        status = take(cursor, &type, 4, "a weight type", error);
    if (status == STATUS_OK)
        status = take(cursor, offset, 8, "a tensor's offset", error);
    if (status != STATUS_OK)
        return status;
    if (weight_type_by_id(type) == NULL)
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %s has weight type %" PRIu32 ", which is not supported",
                         gguf->path, tensor->name, type);
    tensor->type = (enum weight_type)type;
    return tensor_size(gguf, tensor, error);
}

enum status gguf_new_buckets(struct gguf *gguf, struct error *error)
{
    gguf->buckets = 16;
    while (gguf->buckets < 2 * gguf->tensors)
        gguf->buckets *= 2;
    gguf->bucket = memory_new(gguf->buckets, sizeof *gguf->bucket, error);
    return gguf->bucket != NULL ? STATUS_OK : STATUS_MEMORY;
}

enum status gguf_index_tensor(struct gguf *gguf, size_t index, struct error *error)
{
    const char *name = gguf->tensor[index].name;
    size_t mask = gguf->buckets - 1, at = (size_t)hash64(name, strlen(name)) & mask;
    for (; gguf->bucket[at] != 0; at = (at + 1) & mask)
        if (strcmp(gguf->tensor[gguf->bucket[at] - 1].name, name) == 0)
            return error_set(error, STATUS_INVALID, "%s: the tensor %s occurs twice", gguf->path,
                             name);
    gguf->bucket[at] = (uint32_t)index + 1;
    return STATUS_OK;
}

static enum status place_tensor(const struct gguf *gguf, uint64_t data, uint64_t offset,
                                struct gguf_tensor *tensor, struct error *error)
{
    uint64_t room = data <= gguf->bytes ? gguf->bytes - data : 0;
    if (offset % gguf->alignment != 0)
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %s begins at offset %" PRIu64 ", not a multiple of %" PRIu32,
                         gguf->path, tensor->name, offset, gguf->alignment);
    if (offset > room || tensor->bytes > room - offset)
        return error_set(error, STATUS_INVALID,
                         "%s is cut short or wrong: tensor %s needs %" PRIu64
                         " bytes at offset %" PRIu64 ", the data section has %" PRIu64,
                         gguf->path, tensor->name, tensor->bytes, offset, room);
    tensor->data = gguf->map + data + offset;
    return STATUS_OK;
}

/* The data of a header that was made in memory. */
static enum status take_place(const struct gguf *gguf, const struct gguf_place *place,
                              struct gguf_tensor *tensor, struct error *error)
{
    if (place->bytes != tensor->bytes)
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %s has %" PRIu64 " bytes, expected %" PRIu64, gguf->path,
                         tensor->name, place->bytes, tensor->bytes);
    tensor->data = place->data;
    tensor->halves = place->halves;
    tensor->in_memory = place->in_memory;
    return STATUS_OK;
}

static enum status refuse_overlaps(const struct gguf *gguf, struct error *error)
{
    struct span *span = memory_new(gguf->tensors, sizeof *span, error);
    if (span == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < gguf->tensors; i++) {
        uint64_t from = (uint64_t)((const uint8_t *)gguf->tensor[i].data - gguf->map);
        span[i] = (struct span){from, from + gguf->tensor[i].bytes, gguf->tensor[i].name};
    }
    size_t at = span_overlap(span, gguf->tensors);
    enum status status = STATUS_OK;
    if (at > 0)
        status = error_set(error, STATUS_INVALID, "%s: the tensors %s and %s overlap", gguf->path,
                           span[at - 1].name, span[at].name);
    memory_free(span);
    return status;
}

static enum status read_tensors(struct gguf *gguf, struct cursor *cursor, struct error *error)
{
    uint64_t *offset = memory_new(gguf->tensors, sizeof *offset, error);
    char *room;
    enum status status = gguf_new_buckets(gguf, error);
    gguf->tensor = memory_new(gguf->tensors, sizeof *gguf->tensor, error);
    /* Names cannot be longer together than what is left of the file; each gets its NUL. */
    size_t names = (size_t)(gguf->bytes - cursor->at);
    size_t most = gguf->tensors * (MAX_NAME + 1);
    room = gguf->names = memory_new((names < most ? names : most) + gguf->tensors, 1, error);
    if (offset == NULL || gguf->tensor == NULL || gguf->names == NULL)
        status = STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < gguf->tensors; i++) {
        status = take_tensor(gguf, cursor, &gguf->tensor[i], &room, &offset[i], error);
        if (status == STATUS_OK)
            status = gguf_index_tensor(gguf, i, error);
    }
    uint64_t data = (cursor->at + gguf->alignment - 1) / gguf->alignment * gguf->alignment;
    for (size_t i = 0; status == STATUS_OK && i < gguf->tensors; i++)
        status = gguf->place == NULL ? place_tensor(gguf, data, offset[i], &gguf->tensor[i], error)
                                     : take_place(gguf, &gguf->place[i], &gguf->tensor[i], error);
    if (status == STATUS_OK && gguf->place == NULL)
        status = refuse_overlaps(gguf, error);
    memory_free(offset);
    return status;
}

static enum status read_alignment(struct gguf *gguf, struct error *error)
{
    gguf->alignment = 32;
    enum status status = gguf_get_u32(gguf, "general.alignment", false, &gguf->alignment, error);
    if (status == STATUS_OK && (gguf->alignment < 8 || gguf->alignment > 1 << 16 ||
                                (gguf->alignment & (gguf->alignment - 1)) != 0))
        return error_set(error, STATUS_INVALID,
                         "%s: general.alignment is %" PRIu32
                         ", a power of two from 8 to 65536 expected",
                         gguf->path, gguf->alignment);
    return status;
}

enum status gguf_read_header(struct gguf *gguf, struct error *error)
{
    struct cursor cursor = {gguf, 0};
    char magic[4] = "";
    uint64_t count[2] = {0, 0};
    if (gguf->bytes < 4 || memcmp(gguf->map, "GGUF", 4) != 0)
        return error_set(error, STATUS_INVALID,
                         "%s is not a GGUF file: it does not begin with \"GGUF\"", gguf->path);
    enum status status = take(&cursor, magic, 4, "the magic", error);
    if (status == STATUS_OK)
        status = take(&cursor, &gguf->version, 4, "the version", error);
    if (status != STATUS_OK)
        return status;
    if (gguf->version != 2 && gguf->version != 3)
        return error_set(error, STATUS_INVALID, "%s has GGUF version %" PRIu32 ", 2 or 3 expected",
                         gguf->path, gguf->version);
    status = take(&cursor, count, sizeof count, "the counts", error);
    if (status != STATUS_OK)
        return status;
    if (count[0] > gguf->bytes / MIN_TENSOR_BYTES || count[0] >= UINT32_MAX)
        return error_set(error, STATUS_INVALID,
                         "%s claims %" PRIu64 " tensors, more than its %" PRIu64 " bytes can hold",
                         gguf->path, count[0], gguf->bytes);
    if (count[1] > gguf->bytes / MIN_PAIR_BYTES || count[1] > 65536)
        return error_set(error, STATUS_INVALID,
                         "%s claims %" PRIu64 " metadata keys, too many for its %" PRIu64 " bytes",
                         gguf->path, count[1], gguf->bytes);
    gguf->tensors = (size_t)count[0];
    gguf->pairs = (size_t)count[1];
    status = read_pairs(gguf, &cursor, error);
    if (status == STATUS_OK)
        status = read_alignment(gguf, error);
    return status == STATUS_OK ? read_tensors(gguf, &cursor, error) : status;
}
