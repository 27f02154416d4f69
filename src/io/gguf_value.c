/* Typed reading of a GGUF's pairs. Values in the mapping are unaligned: they are copied out. */
#include "gguf_private.h"

#include "base/hash.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const char *gguf_path(const struct gguf *gguf)
{
    return gguf->path;
}

uint64_t gguf_file_bytes(const struct gguf *gguf)
{
    return gguf->file_bytes;
}

uint32_t gguf_alignment(const struct gguf *gguf)
{
    return gguf->alignment;
}

size_t gguf_pair_count(const struct gguf *gguf)
{
    return gguf->pairs;
}

const struct gguf_pair *gguf_pair_at(const struct gguf *gguf, size_t index)
{
    return &gguf->pair[index];
}

const struct gguf_pair *gguf_find(const struct gguf *gguf, const char *key)
{
    size_t length = strlen(key);
    for (size_t i = 0; i < gguf->pairs; i++)
        if (gguf->pair[i].key.length == length && memcmp(gguf->pair[i].key.data, key, length) == 0)
            return &gguf->pair[i];
    return NULL;
}

size_t gguf_tensor_count(const struct gguf *gguf)
{
    return gguf->tensors;
}

const struct gguf_tensor *gguf_tensor_at(const struct gguf *gguf, size_t index)
{
    return &gguf->tensor[index];
}

const struct gguf_tensor *gguf_tensor_find(const struct gguf *gguf, const char *name)
{
    size_t mask = gguf->buckets - 1;
    for (size_t at = (size_t)hash64(name, strlen(name)) & mask; gguf->bucket[at] != 0;
         at = (at + 1) & mask)
        if (strcmp(gguf->tensor[gguf->bucket[at] - 1].name, name) == 0)
            return &gguf->tensor[gguf->bucket[at] - 1];
    return NULL;
}

/* The pair, or *status when it is missing though required. */
static const struct gguf_pair *look_up(const struct gguf *g, const char *key, bool required,
                                       enum status *status, struct error *error)
{
    const struct gguf_pair *pair = gguf_find(g, key);
    *status = STATUS_OK;
    if (pair == NULL && required)
        *status = error_set(error, STATUS_INVALID, "%s lacks the key %s", g->path, key);
    return pair;
}

static enum status wrong_type(const struct gguf *g, const struct gguf_pair *pair, const char *key,
                              const char *expected, struct error *error)
{
    return error_set(error, STATUS_INVALID, "%s: %s is %s%s, %s expected", g->path, key,
                     pair->type == GGUF_ARRAY ? "an array of " : "of type ",
                     gguf_type_name(pair->element), expected);
}

/* An integer of any width, cut to what int64 holds; false for other types. */
static bool integer_at(const struct gguf_pair *pair, uint64_t index, int64_t *value)
{
    const uint8_t *at = pair->value + index * gguf_type_bytes(pair->element);
    union {
        uint8_t u8;
        int8_t i8;
        uint16_t u16;
        int16_t i16;
        uint32_t u32;
        int32_t i32;
        uint64_t u64;
        int64_t i64;
    } raw;
    memset(&raw, 0, sizeof raw);
    switch (pair->element) {
    case GGUF_U8:
        *value = *at;
        return true;
    case GGUF_I8:
        memcpy(&raw.i8, at, 1);
        *value = raw.i8;
        return true;
    case GGUF_U16:
        memcpy(&raw.u16, at, 2);
        *value = raw.u16;
        return true;
    case GGUF_I16:
        memcpy(&raw.i16, at, 2);
        *value = raw.i16;
        return true;
    case GGUF_U32:
        memcpy(&raw.u32, at, 4);
        *value = raw.u32;
        return true;
    case GGUF_I32:
        memcpy(&raw.i32, at, 4);
        *value = raw.i32;
        return true;
    case GGUF_U64:
        memcpy(&raw.u64, at, 8);
        *value = raw.u64 <= INT64_MAX ? (int64_t)raw.u64 : INT64_MAX;
        return true;
    case GGUF_I64:
        memcpy(value, at, 8);
        return true;
    default:
        return false;
    }
}

double gguf_number_at(const struct gguf_pair *pair, uint64_t index)
{
    const uint8_t *at = pair->value + index * gguf_type_bytes(pair->element);
    int64_t whole;
    float single;
    double number;
    if (pair->element != GGUF_U64 && integer_at(pair, index, &whole))
        return (double)whole;
    switch (pair->element) {
    case GGUF_F32:
        memcpy(&single, at, 4);
        return (double)single;
    case GGUF_F64:
        memcpy(&number, at, 8);
        return number;
    case GGUF_BOOL:
        return *at;
    case GGUF_U64: {
        uint64_t large;
        memcpy(&large, at, 8);
        return (double)large;
    }
    default:
        return NAN;
    }
}

static enum status u32_at(const struct gguf *g, const struct gguf_pair *pair, const char *key,
                          uint64_t index, uint32_t *value, struct error *error)
{
    int64_t whole;
    if (!integer_at(pair, index, &whole))
        return wrong_type(g, pair, key, "an unsigned integer", error);
    if (whole < 0 || whole > UINT32_MAX)
        return error_set(error, STATUS_INVALID, "%s: %s is %" PRId64 ", outside 0 to 4294967295",
                         g->path, key, whole);
    *value = (uint32_t)whole;
    return STATUS_OK;
}

enum status gguf_get_u32(const struct gguf *g, const char *key, bool required, uint32_t *value,
                         struct error *error)
{
    enum status status;
    const struct gguf_pair *pair = look_up(g, key, required, &status, error);
    if (pair == NULL)
        return status;
    if (pair->type == GGUF_ARRAY)
        return wrong_type(g, pair, key, "one unsigned integer", error);
    return u32_at(g, pair, key, 0, value, error);
}

enum status gguf_get_f32(const struct gguf *g, const char *key, bool required, float *value,
                         struct error *error)
{
    enum status status;
    const struct gguf_pair *pair = look_up(g, key, required, &status, error);
    if (pair == NULL)
        return status;
    if (pair->type != GGUF_F32 && pair->type != GGUF_F64)
        return wrong_type(g, pair, key, "a float32", error);
    *value = (float)gguf_number_at(pair, 0);
    return STATUS_OK;
}

enum status gguf_get_bool(const struct gguf *g, const char *key, bool required, bool *value,
                          struct error *error)
{
    enum status status;
    const struct gguf_pair *pair = look_up(g, key, required, &status, error);
    if (pair == NULL)
        return status;
    if (pair->type != GGUF_BOOL)
        return wrong_type(g, pair, key, "a bool", error);
    *value = *pair->value != 0;
    return STATUS_OK;
}

enum status gguf_get_string(const struct gguf *g, const char *key, bool required,
                            struct gguf_string *value, struct error *error)
{
    enum status status;
    const struct gguf_pair *pair = look_up(g, key, required, &status, error);
    if (pair == NULL)
        return status;
    if (pair->type != GGUF_STRING)
        return wrong_type(g, pair, key, "a string", error);
    uint64_t offset = 0;
    gguf_next_string(pair, &offset, value);
    return STATUS_OK;
}

enum status gguf_get_u32_array(const struct gguf *g, const char *key, bool required, size_t count,
                               uint32_t *values, struct error *error)
{
    enum status status;
    const struct gguf_pair *pair = look_up(g, key, required, &status, error);
    if (pair == NULL)
        return status;
    bool array = pair->type == GGUF_ARRAY;
    if (array && pair->count != count)
        return error_set(error, STATUS_INVALID, "%s: %s has %" PRIu64 " elements, %zu expected",
                         g->path, key, pair->count, count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = u32_at(g, pair, key, array ? i : 0, &values[i], error);
    return status;
}

bool gguf_next_string(const struct gguf_pair *array, uint64_t *offset, struct gguf_string *value)
{
    uint64_t length;
    if (array->element != GGUF_STRING || *offset >= array->value_bytes)
        return false;
    memcpy(&length, array->value + *offset, 8);
    value->data = (const char *)array->value + *offset + 8;
    value->length = (size_t)length;
    *offset += 8 + length;
    return true;
}
