/* The first part has all pairs, each part an equal run of the tensors. */
#include "split_gguf.h"

#include "io/atomic_file.h"
#include "io/gguf.h"

#include <stdio.h>

static enum status to_file(void *context, const void *data, size_t length, struct error *error)
{
    return atomic_file_write(context, data, length, error);
}

static enum status declare(struct gguf_writer *w, const struct gguf *gguf, uint32_t part,
                           uint32_t parts, const struct split_lie *lie, struct error *error)
{
    const bool lies = lie->part == part + 1;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && part == 0 && i < gguf_pair_count(gguf); i++)
        status = gguf_writer_copy(w, NULL, gguf_pair_at(gguf, i), error);
    /* the widths that gguf-split writes: u16, u16, i32 */
    const uint16_t number = (uint16_t)(part + (lies ? lie->number : 0)),
                   count = (uint16_t)(parts + (lies ? lie->count : 0));
    const int32_t tensors = (int32_t)(gguf_tensor_count(gguf) + (lies ? lie->tensors : 0));
    const struct gguf_pair pair[] = {
        {{"split.no", 8}, GGUF_U16, GGUF_U16, 1, (const uint8_t *)&number, 2},
        {{"split.count", 11}, GGUF_U16, GGUF_U16, 1, (const uint8_t *)&count, 2},
        {{"split.tensors.count", 19}, GGUF_I32, GGUF_I32, 1, (const uint8_t *)&tensors, 4},
    };
    for (size_t i = 0; status == STATUS_OK && i < 3; i++)
        status = gguf_writer_copy(w, NULL, &pair[i], error);
    return status;
}

static enum status write_part(struct gguf_writer *w, const struct gguf *gguf, size_t from,
                              size_t to, const char *path, struct error *error)
{
    struct gguf_sink sink = {.write = to_file};
    struct atomic_file *file = NULL;
    enum status status = atomic_file_open(path, true, &file, error);
    sink.context = file;
    for (size_t i = from; status == STATUS_OK && i < to; i++) {
        const struct gguf_tensor *t = gguf_tensor_at(gguf, i);
        status = gguf_writer_tensor(w, t->name, t->dimensions, t->size, t->type, error);
    }
    if (status == STATUS_OK)
        status = gguf_writer_begin(w, &sink, error);
    for (size_t i = from; status == STATUS_OK && i < to; i++) {
        const struct gguf_tensor *t = gguf_tensor_at(gguf, i);
        status = gguf_writer_data(w, &sink, t->data, t->bytes, error);
    }
    if (status == STATUS_OK)
        return atomic_file_commit(file, error);
    atomic_file_abort(file);
    return status;
}

enum status split_gguf(const char *path, const char *prefix, uint32_t parts,
                       const struct split_lie *lie, struct error *error)
{
    static const struct split_lie none;
    struct gguf *gguf = NULL;
    enum status status = gguf_open(path, &gguf, error);
    if (lie == NULL)
        lie = &none;
    for (uint32_t i = 0; status == STATUS_OK && i < parts; i++) {
        struct gguf_writer *w = NULL;
        const size_t tensors = gguf_tensor_count(gguf), from = tensors * i / parts;
        char out[512];
        snprintf(out, sizeof out, "%s-%05u-of-%05u.gguf", prefix, i + 1, parts);
        status = gguf_writer_new(gguf_alignment(gguf), &w, error);
        if (status == STATUS_OK)
            status = declare(w, gguf, i, parts, lie, error);
        if (status == STATUS_OK)
            status = write_part(w, gguf, lie->part == i + 1 ? from - lie->again : from,
                                tensors * (i + 1) / parts, out, error);
        gguf_writer_free(w);
    }
    gguf_close(gguf);
    return status;
}
