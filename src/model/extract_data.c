/* Data of the tensors of an extracted file: copied, rows chosen, or decoded, cut and encoded.
 * Invariant: the neurons kept are the first `width` of the layer's order, in that order, and a cut
 * ffn_down is encoded again even in its own type: the same numbers as model/supernet evaluates. */
#include "extract_private.h"

#include "base/memory.h"
#include "num/quant.h"

#include <stdio.h>
#include <string.h>

#define CHUNK_BYTES (1U << 20)

void extract_tensor_name(enum tensor_role role, uint32_t layer, char name[64])
{
    const char *pattern = role_table[role].name;
    const char *rest = strchr(pattern, '%');
    if (rest == NULL)
        snprintf(name, 64, "%s", pattern);
    else
        snprintf(name, 64, "%.*s%u%s", (int)(rest - pattern), pattern, layer, rest + strlen("%u"));
}

void extract_room_release(struct extract_room *room)
{
    memory_free(room->row);
    memory_free(room->values);
    memory_free(room->bytes);
    *room = (struct extract_room){0};
}

/* What the steps of one tensor share. */
struct job {
    const struct plan_tensor *tensor;
    const struct gguf_tensor *source;
    const uint32_t *neuron; /* NULL: file order */
    struct gguf_writer *writer;
    struct gguf_sink *sink;
    struct extract_room *room;
    struct error *error;
};

static enum status write_zeros(const struct job *job, uint64_t total)
{
    enum status status =
        memory_reserve(&job->room->bytes, &job->room->bytes_capacity, CHUNK_BYTES, 1, job->error);
    if (status == STATUS_OK)
        memset(job->room->bytes, 0, CHUNK_BYTES);
    while (total > 0 && status == STATUS_OK) {
        const uint64_t part = total < CHUNK_BYTES ? total : CHUNK_BYTES;
        status = gguf_writer_data(job->writer, job->sink, job->room->bytes, part, job->error);
        total -= part;
    }
    return status;
}

static enum status write_rows(const struct job *job)
{
    const uint64_t row_bytes = weight_type_row_bytes(job->source->type, job->source->size[0]);
    const uint64_t chunk = row_bytes < CHUNK_BYTES ? CHUNK_BYTES / row_bytes : 1;
    const uint64_t rows = job->tensor->rows;

    if (job->neuron == NULL && job->source->halves == 0)
        return gguf_writer_data(job->writer, job->sink, job->source->data, row_bytes * rows,
                                job->error);
    enum status status = memory_reserve(&job->room->bytes, &job->room->bytes_capacity,
                                        chunk * row_bytes, 1, job->error);
    for (uint64_t first = 0; first < rows && status == STATUS_OK; first += chunk) {
        const uint64_t count = rows - first < chunk ? rows - first : chunk;
        for (uint64_t i = 0; i < count; i++)
            memcpy(job->room->bytes + i * row_bytes,
                   gguf_tensor_row(job->source,
                                   job->neuron != NULL ? job->neuron[first + i] : first + i),
                   row_bytes);
        status = gguf_writer_data(job->writer, job->sink, job->room->bytes, count * row_bytes,
                                  job->error);
    }
    return status;
}

/* Fills values[columns as written] with row `row` of the tensor as written. */
static void convert_row(const struct job *job, uint64_t row, float *values)
{
    const struct plan_tensor *tensor = job->tensor;
    const struct gguf_tensor *source = job->source;
    const bool rows_cut = tensor->rows != source->size[1];
    const uint64_t from = rows_cut && job->neuron != NULL ? job->neuron[row] : row;
    float *decoded = tensor->columns == source->size[0] ? values : job->room->row;

    quant_decode(source->type, gguf_tensor_row(source, from), decoded, source->size[0]);
    if (decoded == values)
        return;
    for (uint64_t i = 0; i < tensor->columns; i++)
        values[i] = decoded[job->neuron != NULL ? job->neuron[i] : i];
}

static enum status write_converted(const struct job *job)
{
    const struct plan_tensor *tensor = job->tensor;
    const uint64_t columns = tensor->columns;
    const uint64_t row_bytes = weight_type_row_bytes(tensor->type, columns);
    const uint64_t most = CHUNK_BYTES / sizeof(float) / columns;
    const uint64_t chunk = most == 0 ? 1 : most < tensor->rows ? most : tensor->rows;
    struct extract_room *room = job->room;
    enum status status;

    if ((status = memory_reserve(&room->row, &room->row_capacity, job->source->size[0],
                                 sizeof *room->row, job->error)) != STATUS_OK ||
        (status = memory_reserve(&room->values, &room->values_capacity, chunk * columns,
                                 sizeof *room->values, job->error)) != STATUS_OK ||
        (status = memory_reserve(&room->bytes, &room->bytes_capacity, chunk * row_bytes, 1,
                                 job->error)) != STATUS_OK)
        return status;
    for (uint64_t row = 0; row < tensor->rows && status == STATUS_OK; row += chunk) {
        const uint64_t rows = tensor->rows - row < chunk ? tensor->rows - row : chunk;
        for (uint64_t i = 0; i < rows; i++)
            convert_row(job, row + i, room->values + i * columns);
        quant_encode(tensor->type, room->values, room->bytes, rows * columns);
        status =
            gguf_writer_data(job->writer, job->sink, room->bytes, rows * row_bytes, job->error);
    }
    return status;
}

enum status extract_tensor_data(struct supernet *supernet, const struct plan_tensor *tensor,
                                struct gguf_writer *writer, struct gguf_sink *sink,
                                struct extract_room *room, struct error *error)
{
    const uint64_t total = weight_type_row_bytes(tensor->type, tensor->columns) * tensor->rows;
    struct job job = {tensor, NULL, NULL, writer, sink, room, error};
    char name[64];

    if (sink->write == NULL)
        return gguf_writer_data(writer, sink, NULL, total, error);
    if (tensor->action == PLAN_ZERO)
        return write_zeros(&job, total);
    extract_tensor_name(tensor->role, tensor->source_layer, name);
    job.source = gguf_tensor_find(supernet_gguf(supernet), name);
    if (job.source == NULL)
        return error_set(error, STATUS_INVALID, "%s: tensor %s is missing",
                         gguf_path(supernet_gguf(supernet)), name);
    if (role_table[tensor->role].mlp)
        job.neuron = supernet_neurons(supernet, tensor->source_layer);
    if (tensor->action == PLAN_COPY)
        job.neuron = NULL;
    return tensor->action == PLAN_CONVERT ? write_converted(&job) : write_rows(&job);
}
