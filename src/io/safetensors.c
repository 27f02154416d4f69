/* The reader of safetensors files. Invariant after opening: every tensor lies whole within the
 * file's data, has as many bytes as its dtype and shape say, and shares none with another. */
#include "io/safetensors.h"

#include "base/memory.h"
#include "io/json.h"
#include "mapping_private.h"
#include "span_private.h"

#include <inttypes.h>
#include <string.h>

#define MOST_HEADER 100000000u /* the format's own limit */
#define MOST_TENSORS 1000000u

struct safetensors {
    char *path;
    struct mapping file;
    uint64_t data;  /* where it begins */
    json_t *header; /* owned: names and dtypes are in it */
    struct safetensor *tensor;
    size_t tensors;
};

static const struct dtype {
    const char *name;
    uint32_t bytes;
} dtypes[] = {
    {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4},  {"I16", 2},
    {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1},
};

static enum status bad_entry(const struct safetensors *file, const char *name, const char *what,
                             struct error *error)
{
    return error_set(error, STATUS_INVALID, "%s: the entry of %.100s %s", file->path, name, what);
}

static enum status take_shape(const struct safetensors *file, const json_t *shape,
                              struct safetensor *tensor, struct error *error)
{
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_DIMENSIONS)
        return bad_entry(file, tensor->name, "has no shape of at most 8 sizes", error);
    tensor->dimensions = (uint32_t)json_array_size(shape);
    for (uint32_t i = 0; i < tensor->dimensions; i++) {
        const json_t *size = json_array_get(shape, i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return bad_entry(file, tensor->name, "has a shape that is not of whole numbers", error);
        tensor->size[i] = (uint64_t)json_integer_value(size);
    }
    return STATUS_OK;
}

static enum status take_offsets(const struct safetensors *file, const json_t *offsets,
                                struct safetensor *tensor, struct error *error)
{
    const json_t *from = json_array_get(offsets, 0), *to = json_array_get(offsets, 1);
    const uint64_t room = file->file.bytes - file->data;
    if (json_array_size(offsets) != 2 || !json_is_integer(from) || !json_is_integer(to) ||
        json_integer_value(from) < 0 || json_integer_value(to) < json_integer_value(from))
        return bad_entry(file, tensor->name, "has no data_offsets, a beginning and an end", error);
    if ((uint64_t)json_integer_value(to) > room)
        return error_set(
            error, STATUS_INVALID,
            "%s is cut short or wrong: tensor %.100s ends at byte %" JSON_INTEGER_FORMAT
            " of the data, which has %" PRIu64,
            file->path, tensor->name, json_integer_value(to), room);
    tensor->bytes = (uint64_t)(json_integer_value(to) - json_integer_value(from));
    tensor->data = file->file.data + file->data + json_integer_value(from);
    return STATUS_OK;
}

/* Tensors of a dtype that is not known here are let be: whoever wants one refuses it. */
static enum status check_bytes(const struct safetensors *file, const struct safetensor *tensor,
                               struct error *error)
{
    const struct dtype *dtype = NULL;
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes && dtype == NULL; i++)
        if (strcmp(dtypes[i].name, tensor->dtype) == 0)
            dtype = &dtypes[i];
    if (dtype == NULL)
        return STATUS_OK;
    uint64_t bytes = dtype->bytes;
    bool over = false;
    for (uint32_t i = 0; i < tensor->dimensions; i++)
        over = __builtin_mul_overflow(bytes, tensor->size[i], &bytes) || over;
    if (!over && bytes == tensor->bytes)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "%s: tensor %.100s has %" PRIu64
                     " bytes, which its shape and dtype %.20s do not make",
                     file->path, tensor->name, tensor->bytes, tensor->dtype);
}

static enum status take_tensor(const struct safetensors *file, const char *name,
                               const json_t *entry, struct safetensor *tensor, struct error *error)
{
    *tensor = (struct safetensor){.name = name,
                                  .dtype = json_string_value(json_object_get(entry, "dtype"))};
    if (tensor->dtype == NULL)
        return bad_entry(file, name, "has no dtype", error);
    enum status status = take_shape(file, json_object_get(entry, "shape"), tensor, error);
    if (status == STATUS_OK)
        status = take_offsets(file, json_object_get(entry, "data_offsets"), tensor, error);
    return status == STATUS_OK ? check_bytes(file, tensor, error) : status;
}

static enum status refuse_overlaps(const struct safetensors *file, struct error *error)
{
    struct span *span = memory_new(file->tensors, sizeof *span, error);
    if (span == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < file->tensors; i++) {
        const struct safetensor *tensor = &file->tensor[i];
        const uint64_t from = (uint64_t)((const uint8_t *)tensor->data - file->file.data);
        span[i] = (struct span){from, from + tensor->bytes, tensor->name};
    }
    const size_t at = span_overlap(span, file->tensors);
    enum status status = STATUS_OK;
    if (at > 0)
        status = error_set(error, STATUS_INVALID, "%s: the tensors %.100s and %.100s overlap",
                           file->path, span[at - 1].name, span[at].name);
    memory_free(span);
    return status;
}

static enum status read_header(struct safetensors *file, struct error *error)
{
    uint64_t length = 0;
    if (file->file.bytes >= sizeof length)
        memcpy(&length, file->file.data, sizeof length);
    if (length < 2 || length > MOST_HEADER || length > file->file.bytes - sizeof length ||
        file->file.data[sizeof length] != '{')
        return error_set(error, STATUS_INVALID,
                         "%s is not a safetensors file: no header stands at its beginning",
                         file->path);
    file->data = sizeof length + length;
    enum status status =
        json_read_text(file->path, 1, (const char *)file->file.data + sizeof length, (size_t)length,
                       &file->header, error);
    if (status != STATUS_OK)
        return status;
    if (!json_is_object(file->header) || json_object_size(file->header) > MOST_TENSORS)
        return error_set(error, STATUS_INVALID, "%s: the header is no object of tensors",
                         file->path);
    file->tensor = memory_new(json_object_size(file->header), sizeof *file->tensor, error);
    if (file->tensor == NULL)
        return STATUS_MEMORY;
    const char *name;
    json_t *entry;
    json_object_foreach(file->header, name, entry)
    {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        status = take_tensor(file, name, entry, &file->tensor[file->tensors++], error);
        if (status != STATUS_OK)
            return status;
    }
    return refuse_overlaps(file, error);
}

enum status safetensors_open(const char *path, struct safetensors **file, struct error *error)
{
    struct safetensors *opened = memory_new(1, sizeof *opened, error);
    *file = NULL;
    if (opened == NULL)
        return STATUS_MEMORY;
    opened->path = memory_string(path, error);
    enum status status = opened->path != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = mapping_open(path, "a safetensors file", &opened->file, error);
    if (status == STATUS_OK)
        status = read_header(opened, error);
    if (status != STATUS_OK)
        safetensors_close(opened);
    else
        *file = opened;
    return status;
}

void safetensors_close(struct safetensors *file)
{
    if (file == NULL)
        return;
    json_decref(file->header);
    mapping_close(&file->file);
    memory_free(file->tensor);
    memory_free(file->path);
    memory_free(file);
}

const char *safetensors_path(const struct safetensors *file)
{
    return file->path;
}

size_t safetensors_count(const struct safetensors *file)
{
    return file->tensors;
}

const struct safetensor *safetensors_at(const struct safetensors *file, size_t index)
{
    return &file->tensor[index];
}
