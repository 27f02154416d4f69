/* Tensors on their way out: padded with zeros, and rotary rows put apart. The data comes from
 * extract_tensor_data through a GGUF writer of its own, whose file is not padded. Invariant:
 * `group` holds the rows of the group that is not complete yet. */
#include "extract_private.h"

#include "base/memory.h"

#include <string.h>

struct shaping {
    const struct extract_target *target;
    uint64_t row_bytes, pad_bytes; /* of a row as it comes; zeros behind each */
    uint64_t rows;                 /* of a group */
    bool halves;
    uint8_t *group; /* [rows][row_bytes] */
    uint64_t filled;
};

static enum status send_zeros(const struct extract_target *target, uint64_t length,
                              struct error *error)
{
    static const uint8_t zeros[1 << 14];
    enum status status = STATUS_OK;
    while (status == STATUS_OK && length > 0) {
        const uint64_t part = length < sizeof zeros ? length : sizeof zeros;
        status = target->write(target->context, zeros, part, error);
        length -= part;
    }
    return status;
}

static enum status send_group(struct shaping *s, struct error *error)
{
    enum status status = STATUS_OK;
    for (uint64_t i = 0; status == STATUS_OK && i < s->rows; i++) {
        const uint64_t half = s->rows / 2;
        const uint64_t row = !s->halves ? i : i < half ? 2 * i : 2 * (i - half) + 1;
        status = s->target->write(s->target->context, s->group + row * s->row_bytes, s->row_bytes,
                                  error);
        if (status == STATUS_OK)
            status = send_zeros(s->target, s->pad_bytes, error);
    }
    s->filled = 0;
    return status;
}

static enum status take(void *context, const void *data, size_t length, struct error *error)
{
    struct shaping *s = context;
    const uint8_t *at = data;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && length > 0) {
        const uint64_t room = s->rows * s->row_bytes - s->filled;
        const size_t part = length < room ? length : (size_t)room;
        memcpy(s->group + s->filled, at, part);
        s->filled += part;
        at += part;
        length -= part;
        if (s->filled == s->rows * s->row_bytes)
            status = send_group(s, error);
    }
    return status;
}

static enum status pass_on(void *context, const void *data, size_t length, struct error *error)
{
    const struct shaping *s = context;
    return s->target->write(s->target->context, data, length, error);
}

/* Through a GGUF whose header goes nowhere, so that the sink gets the data and nothing else. */
static enum status pull(struct supernet *supernet, const struct plan_tensor *tensor,
                        struct gguf_sink *sink, struct extract_room *room, struct error *error)
{
    const uint64_t size[2] = {tensor->columns, tensor->rows};
    struct gguf_sink nowhere = {0};
    struct gguf_writer *writer = NULL;
    enum status status = gguf_writer_new(1, &writer, error);
    if (status == STATUS_OK)
        status = gguf_writer_tensor(writer, "data", 2, size, tensor->type, error);
    if (status == STATUS_OK)
        status = gguf_writer_begin(writer, &nowhere, error);
    if (status == STATUS_OK)
        status = extract_tensor_data(supernet, tensor, writer, sink, room, error);
    gguf_writer_free(writer);
    return status;
}

enum status extract_tensor_shaped(struct supernet *supernet, const struct plan_tensor *tensor,
                                  uint32_t halves, const struct extract_target *target,
                                  struct extract_room *room, struct error *error)
{
    const uint64_t columns = tensor->columns + tensor->pad_columns;
    struct shaping s = {.target = target, .rows = halves > 0 ? halves : 1, .halves = halves > 0};
    struct gguf_sink sink = {.write = take, .context = &s};
    s.row_bytes = weight_type_row_bytes(tensor->type, tensor->columns);
    s.pad_bytes = weight_type_row_bytes(tensor->type, columns) - s.row_bytes;
    if (halves > 0 && !role_table[tensor->role].matrix) /* a vector's elements are its rows */
        s.row_bytes = weight_type_row_bytes(tensor->type, 1);
    if (halves == 0 && s.pad_bytes == 0)
        sink.write = pass_on;
    else if ((s.group = memory_new(s.rows, s.row_bytes, error)) == NULL)
        return STATUS_MEMORY;
    enum status status = pull(supernet, tensor, &sink, room, error);
    if (status == STATUS_OK)
        status = send_zeros(target, (s.row_bytes + s.pad_bytes) * tensor->pad_rows, error);
    memory_free(s.group);
    return status;
}

struct gguf_target {
    struct gguf_writer *writer;
    struct gguf_sink *sink;
};

static enum status to_gguf(void *context, const void *data, uint64_t length, struct error *error)
{
    const struct gguf_target *to = context;
    return gguf_writer_data(to->writer, to->sink, data, length, error);
}

enum status extract_tensor_padded(struct supernet *supernet, const struct plan_tensor *tensor,
                                  struct gguf_writer *writer, struct gguf_sink *sink,
                                  struct extract_room *room, struct error *error)
{
    if (tensor->pad_columns == 0 && tensor->pad_rows == 0)
        return extract_tensor_data(supernet, tensor, writer, sink, room, error);
    if (sink->write == NULL) /* only counted */
        return gguf_writer_data(
            writer, sink, NULL,
            weight_type_row_bytes(tensor->type, tensor->columns + tensor->pad_columns) *
                (tensor->rows + tensor->pad_rows),
            error);
    struct gguf_target to = {writer, sink};
    return extract_tensor_shaped(supernet, tensor, 0, &(struct extract_target){to_gguf, &to}, room,
                                 error);
}

enum status extract_plan(const struct supernet *supernet, const struct arch_code *code,
                         const struct extract_options *options, struct arch_plan *plan,
                         uint64_t *bytes, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    *bytes = options->pad ? arch_bytes_padded(shape, code, &options->weights)
                          : arch_bytes(shape, code, &options->weights);
    return options->pad ? arch_plan_make_padded(shape, code, &options->weights, plan, error)
                        : arch_plan_make(shape, code, &options->weights, plan, error);
}
