/* Data of the tensors of an extracted file: copied, rows chosen, or decoded, cut and encoded.
 * Invariant: the neurons kept are the first `width` of the layer's order, in that order, and a cut
 * ffn_down is encoded again even in its own type: the same numbers as model/supernet evaluates. */
#include "extract_private.h"

#include "base/memory.h"
#include "base/pool.h"
#include "num/quant.h"

#include <stdio.h>
#include <string.h>

#define CHUNK_BYTES (1U << 20)
#define SLICE_VALUES 65536U /* encoded by one thread at a time */

enum status extract_room_init(struct extract_room *room, unsigned threads, struct error *error)
{
    *room = (struct extract_room){.threads = threads > 1 ? threads : 1};
    room->beyond = memory_new(room->threads, sizeof *room->beyond, error);
    if (room->beyond == NULL)
        return STATUS_MEMORY;
    return room->threads > 1 ? pool_new(room->threads, &room->pool, error) : STATUS_OK;
}

void extract_room_release(struct extract_room *room)
{
    pool_free(room->pool);
    memory_free(room->beyond);
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

/* Fills values[columns as written] with row `row` of the tensor as written. `room`: a source row.
 */
static void convert_row(const struct job *job, uint64_t row, float *room, float *values)
{
    const struct plan_tensor *tensor = job->tensor;
    const struct gguf_tensor *source = job->source;
    const bool rows_cut = tensor->rows != source->size[1];
    const uint64_t from = rows_cut && job->neuron != NULL ? job->neuron[row] : row;
    float *decoded = tensor->columns == source->size[0] ? values : room;

    quant_decode(source->type, gguf_tensor_row(source, from), decoded, source->size[0]);
    if (decoded == values)
        return;
    for (uint64_t i = 0; i < tensor->columns; i++)
        values[i] = decoded[job->neuron != NULL ? job->neuron[i] : i];
}

/* Rows first to first + rows, in slices that threads convert. */
struct chunk {
    const struct job *job;
    uint64_t first, rows, slice;
};

static void convert_slice(void *context, size_t index, unsigned worker)
{
    const struct chunk *chunk = context;
    const struct job *job = chunk->job;
    struct extract_room *room = job->room;
    const uint64_t columns = job->tensor->columns, begin = index * chunk->slice;
    const uint64_t left = chunk->rows - begin, rows = left < chunk->slice ? left : chunk->slice;
    float *values = room->values + begin * columns;

    for (uint64_t i = 0; i < rows; i++)
        convert_row(job, chunk->first + begin + i, room->row + worker * job->source->size[0],
                    values + i * columns);
    room->beyond[worker] += quant_encode(
        job->tensor->type, values,
        room->bytes + begin * weight_type_row_bytes(job->tensor->type, columns), rows * columns);
}

static enum status convert_chunk(struct chunk *chunk, struct error *error)
{
    const uint64_t slices = (chunk->rows + chunk->slice - 1) / chunk->slice;
    if (chunk->job->room->pool != NULL)
        return pool_run(chunk->job->room->pool, convert_slice, chunk, slices, error);
    for (size_t i = 0; i < slices; i++)
        convert_slice(chunk, i, 0);
    return STATUS_OK;
}

static enum status write_converted(const struct job *job)
{
    const struct plan_tensor *tensor = job->tensor;
    const uint64_t columns = tensor->columns;
    const uint64_t row_bytes = weight_type_row_bytes(tensor->type, columns);
    const uint64_t slice = columns < SLICE_VALUES ? SLICE_VALUES / columns : 1;
    const uint64_t most = 4 * slice * job->room->threads;
    const uint64_t rows = most < tensor->rows ? most : tensor->rows;
    struct extract_room *room = job->room;
    enum status status;

    if ((status =
             memory_reserve(&room->row, &room->row_capacity, room->threads * job->source->size[0],
                            sizeof *room->row, job->error)) != STATUS_OK ||
        (status = memory_reserve(&room->values, &room->values_capacity, rows * columns,
                                 sizeof *room->values, job->error)) != STATUS_OK ||
        (status = memory_reserve(&room->bytes, &room->bytes_capacity, rows * row_bytes, 1,
                                 job->error)) != STATUS_OK)
        return status;
    for (uint64_t row = 0; row < tensor->rows && status == STATUS_OK; row += rows) {
        const uint64_t left = tensor->rows - row;
        struct chunk chunk = {job, row, left < rows ? left : rows, slice};
        status = convert_chunk(&chunk, job->error);
        if (status == STATUS_OK)
            status = gguf_writer_data(job->writer, job->sink, room->bytes, chunk.rows * row_bytes,
                                      job->error);
    }
    return status;
}

static enum status write_bias(const struct supernet *supernet, const struct job *job)
{
    const uint64_t count = job->tensor->columns;
    enum status status = memory_reserve(&job->room->values, &job->room->values_capacity, count,
                                        sizeof *job->room->values, job->error);
    if (status == STATUS_OK)
        status = supernet_compensation(supernet, job->tensor->source_layer, job->tensor->kept,
                                       job->room->values, job->error);
    return status == STATUS_OK ? gguf_writer_data(job->writer, job->sink, job->room->values,
                                                  count * sizeof *job->room->values, job->error)
                               : status;
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
    if (tensor->action == PLAN_BIAS)
        return write_bias(supernet, &job);
    role_tensor_name(tensor->role, tensor->source_layer, name);
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
