/* Split models: NAME-00001-of-0000N.gguf and so on, each a GGUF file with some of the tensors; the
 * first has the metadata. Keys (llama.cpp's gguf-split): split.no, split.count,
 * split.tensors.count. Invariant: after joining, the model has the tensors of all parts, and no
 * split.* key, since what is written of it is one file. */
#include "base/memory.h"
#include "gguf_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEY_NUMBER "split.no"
#define KEY_COUNT "split.count"
#define KEY_TENSORS "split.tensors.count"

#define DIGITS 5
#define MOST_PARTS 99999
/* "-00001-of-00003.gguf" */
#define SUFFIX (1 + DIGITS + 4 + DIGITS + 5)

/* The number in DIGITS digits at `text`; 0 when there are others. */
static size_t number_at(const char *text)
{
    return strspn(text, "0123456789") == DIGITS ? strtoul(text, NULL, 10) : 0;
}

/* Which part (1..) of how many a path names; false when it names none. */
static bool parse_name(const char *path, size_t *number, size_t *count)
{
    size_t length = strlen(path);
    if (length <= SUFFIX)
        return false;
    const char *suffix = path + length - SUFFIX, *of = suffix + 1 + DIGITS;
    if (suffix[0] != '-' || memcmp(of, "-of-", 4) != 0 || strcmp(suffix + SUFFIX - 5, ".gguf") != 0)
        return false;
    *number = number_at(suffix + 1);
    *count = number_at(of + 4);
    return *number >= 1 && *number <= *count;
}

size_t gguf_split_count(const char *path)
{
    size_t number, count;
    return parse_name(path, &number, &count) ? count : 1;
}

enum status gguf_split_path(const char *path, size_t index, struct buf *out, struct error *error)
{
    const size_t count = gguf_split_count(path);
    buf_clear(out);
    if (count == 1)
        return buf_printf(out, error, "%s", path);
    return buf_printf(out, error, "%.*s-%05zu-of-%05zu.gguf", (int)(strlen(path) - SUFFIX), path,
                      index + 1, count);
}

static enum status get_count(const struct gguf *gguf, const char *key, uint32_t *value,
                             struct error *error)
{
    return gguf_get_u32(gguf, key, true, value, error);
}

/* A file that says that it is part `index` of `count`. */
static enum status check_part(const struct gguf *part, uint32_t index, uint32_t count,
                              struct error *error)
{
    uint32_t number = 0, of = 0;
    enum status status = get_count(part, KEY_NUMBER, &number, error);
    if (status == STATUS_OK)
        status = get_count(part, KEY_COUNT, &of, error);
    if (status == STATUS_OK && (number != index || of != count))
        status = error_set(error, STATUS_INVALID,
                           "%s says that it is part %" PRIu32 " of %" PRIu32
                           ", and is named as part %" PRIu32 " of %" PRIu32,
                           part->path, number + 1, of, index + 1, count);
    return status;
}

/* The name must say the same as the metadata, else the other parts cannot be found. */
static enum status check_first(const struct gguf *gguf, uint32_t count, struct error *error)
{
    size_t number, named;
    uint32_t index = 0;
    enum status status = get_count(gguf, KEY_NUMBER, &index, error);
    if (status != STATUS_OK)
        return status;
    if (index != 0)
        return error_set(error, STATUS_INVALID,
                         "%s is part %" PRIu32 " of %" PRIu32
                         " of a split model: name the first, which ends in -00001-of-%05" PRIu32
                         ".gguf",
                         gguf->path, index + 1, count, count);
    if (!parse_name(gguf->path, &number, &named) || number != 1 || named != count)
        return error_set(
            error, STATUS_INVALID,
            "%s is the first of %" PRIu32
            " parts of a split model, but its name does not end in -00001-of-%05" PRIu32
            ".gguf: the others cannot be found",
            gguf->path, count, count);
    return STATUS_OK;
}

static enum status open_parts(struct gguf *gguf, uint32_t count, struct error *error)
{
    struct buf path;
    enum status status = STATUS_OK;
    buf_init(&path);
    gguf->part = memory_new(count, sizeof(struct gguf *), error);
    if (gguf->part == NULL)
        status = STATUS_MEMORY;
    for (uint32_t i = 1; status == STATUS_OK && i < count; i++) {
        status = gguf_split_path(gguf->path, i, &path, error);
        if (status == STATUS_OK)
            status = gguf_open_file(path.data, &gguf->part[gguf->parts], error);
        if (status == STATUS_IO || status == STATUS_INVALID)
            error_prefix(error, "part %" PRIu32 " of %" PRIu32, i + 1, count);
        if (status == STATUS_OK)
            status = check_part(gguf->part[gguf->parts++], i, count, error);
    }
    buf_release(&path);
    return status;
}

/* All tensors in one list; their names and data stay their parts'. */
static enum status join_tensors(struct gguf *gguf, struct error *error)
{
    size_t tensors = gguf->tensors;
    for (size_t i = 0; i < gguf->parts; i++)
        tensors += gguf->part[i]->tensors;
    struct gguf_tensor *all = memory_new(tensors, sizeof *all, error);
    if (all == NULL)
        return STATUS_MEMORY;
    size_t at = gguf->tensors;
    if (at > 0)
        memcpy(all, gguf->tensor, at * sizeof *all);
    for (size_t i = 0; i < gguf->parts; i++) {
        const struct gguf *part = gguf->part[i];
        if (part->tensors > 0)
            memcpy(all + at, part->tensor, part->tensors * sizeof *all);
        at += part->tensors;
        gguf->file_bytes += part->file_bytes;
    }
    memory_free(gguf->tensor);
    memory_free(gguf->bucket);
    gguf->tensor = all;
    gguf->tensors = tensors;
    enum status status = gguf_new_buckets(gguf, error);
    for (size_t i = 0; status == STATUS_OK && i < tensors; i++)
        status = gguf_index_tensor(gguf, i, error);
    return status;
}

static void drop_keys(struct gguf *gguf)
{
    static const char *const keys[] = {KEY_NUMBER, KEY_COUNT, KEY_TENSORS};
    size_t kept = 0;
    for (size_t i = 0; i < gguf->pairs; i++) {
        const struct gguf_string key = gguf->pair[i].key;
        bool split = false;
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            split = split ||
                    (key.length == strlen(keys[k]) && memcmp(key.data, keys[k], key.length) == 0);
        if (!split)
            gguf->pair[kept++] = gguf->pair[i];
    }
    gguf->pairs = kept;
}

enum status gguf_join_parts(struct gguf *gguf, struct error *error)
{
    uint32_t count = 1, tensors = 0;
    enum status status = gguf_get_u32(gguf, KEY_COUNT, false, &count, error);
    if (status != STATUS_OK || gguf_find(gguf, KEY_COUNT) == NULL)
        return status;
    if (count < 1 || count > MOST_PARTS)
        return error_set(error, STATUS_INVALID, "%s: %s is %" PRIu32 ", expected 1 to %d",
                         gguf->path, KEY_COUNT, count, MOST_PARTS);
    if (count > 1 && (status = check_first(gguf, count, error)) == STATUS_OK)
        status = open_parts(gguf, count, error);
    if (status == STATUS_OK && count > 1)
        status = join_tensors(gguf, error);
    if (status == STATUS_OK)
        status = gguf_get_u32(gguf, KEY_TENSORS, false, &tensors, error);
    if (status == STATUS_OK && gguf_find(gguf, KEY_TENSORS) != NULL && tensors != gguf->tensors)
        status = error_set(error, STATUS_INVALID,
                           "%s: %s is %" PRIu32 ", but the %" PRIu32 " parts have %zu tensors",
                           gguf->path, KEY_TENSORS, tensors, count, gguf->tensors);
    if (status == STATUS_OK)
        drop_keys(gguf);
    return status;
}
