/* model/forward: a batch of segment trees through a sub-network. The output head runs only on rows
 * that are asked for, tile by tile of the vocabulary, and keeps of a row's logits no more than the
 * running maximum and sum of the log-softmax (Milakov, Gimelshein, 2018) and the targets' values.
 */
#include "model/forward.h"

#include "base/memory.h"
#include "forward_private.h"
#include "num/kernels.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define HEAD_ROWS 512U         /* rows and */
#define HEAD_TILE PACKED_PANEL /* tokens of the vocabulary whose logits are there at a time */

enum status forward_scratch_new(struct forward_scratch **scratch, struct error *error)
{
    *scratch = memory_new(1, sizeof **scratch, error);
    return *scratch == NULL ? STATUS_MEMORY : STATUS_OK;
}

void forward_scratch_free(struct forward_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    struct floats *const all[] = {
        &scratch->x,       &scratch->normed, &scratch->qkv,   &scratch->mixed,  &scratch->gate,
        &scratch->up,      &scratch->before, &scratch->query, &scratch->score,  &scratch->result,
        &scratch->inverse, &scratch->rope,   &scratch->head,  &scratch->logits, &scratch->maximum,
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        memory_free(all[i]->data);
    }
    memory_free(scratch->sum);
    memory_free(scratch->position);
    memory_free(scratch->head_row);
    attention_plan_release(&scratch->plan);
    packed_scratch_free(scratch->packed);
    memory_free(scratch);
}

/* Segments must cover the tokens without gaps, in order; parents come first. */
static enum status check_batch(const struct subnet *subnet, const struct forward_batch *batch,
                               struct error *error)
{
    uint32_t covered = 0;
    for (uint32_t s = 0; s < batch->segments; s++) {
        const struct forward_segment *segment = &batch->segment[s];
        if (segment->first != covered || segment->count == 0 ||
            segment->count > batch->tokens - covered || segment->parent < -1 ||
            (segment->parent >= 0 && (uint32_t)segment->parent >= s)) {
            return error_set(error, STATUS_INVALID,
                             "segment %" PRIu32 " of the batch (parent %" PRId32 ", tokens %" PRIu32
                             "+%" PRIu32 ") does not follow the one before it",
                             s, segment->parent, segment->first, segment->count);
        }
        covered += segment->count;
    }
    if (covered != batch->tokens || covered == 0) {
        return error_set(error, STATUS_INVALID,
                         "the segments of the batch cover %" PRIu32 " of %" PRIu32
                         " tokens, expected all and at least one",
                         covered, batch->tokens);
    }
    uint32_t vocabulary = supernet_shape(subnet->supernet)->vocabulary, row = 0;
    for (uint32_t i = 0; i < batch->targets; i++) {
        const struct forward_target *target = &batch->target[i];
        if (target->row < row || target->row >= batch->tokens || target->token < 0 ||
            (uint32_t)target->token >= vocabulary) {
            return error_set(error, STATUS_INVALID,
                             "target %" PRIu32 " of the batch (row %" PRIu32 ", token %" PRId32
                             ") is out of range or out of order",
                             i, target->row, target->token);
        }
        row = target->row;
    }
    return forward_check_tokens(subnet, batch->token, batch->tokens, error);
}

/* A token's position is the length of its chain before it. */
static uint32_t set_positions(const struct forward_batch *batch, uint32_t *position)
{
    uint32_t highest = 0;
    for (uint32_t s = 0; s < batch->segments; s++) {
        const struct forward_segment *segment = &batch->segment[s];
        uint32_t start = 0;
        if (segment->parent >= 0) {
            const struct forward_segment *parent = &batch->segment[segment->parent];
            start = position[parent->first + parent->count - 1] + 1;
        }
        for (uint32_t i = 0; i < segment->count; i++) {
            position[segment->first + i] = start + i;
        }
        highest = start + segment->count > highest ? start + segment->count : highest;
    }
    return highest;
}

/* All layers; the residual stream is left in scratch->x. */
static enum status run_layers(const struct subnet *subnet, struct forward_scratch *scratch,
                              const struct forward_batch *batch,
                              const struct forward_observer *observer, struct error *error)
{
    size_t rows = batch->tokens;
    enum status status;
    if ((status = check_batch(subnet, batch, error)) ||
        (status = attention_plan_tree(&scratch->plan, batch->segment, batch->segments, error)) ||
        (status = layers_reserve(subnet, scratch, rows, error)) ||
        (status =
             layers_rope(subnet, scratch, 0, set_positions(batch, scratch->position), error))) {
        return status;
    }
    if (observer != NULL && observer->block != NULL) {
        status = floats_reserve(&scratch->before, rows * supernet_shape(subnet->supernet)->hidden,
                                error);
        if (status != STATUS_OK) {
            return status;
        }
    }
    layers_embed(subnet, scratch, batch->token, rows);
    for (uint32_t l = 0; l < subnet->layers && status == STATUS_OK; l++) {
        status = layers_run(subnet, scratch, l, rows, NULL, observer, error);
    }
    return status;
}

/* head[rows, hidden] = output norm of the rows of x named by row[]. */
static enum status gather_rows(const struct subnet *subnet, struct forward_scratch *scratch,
                               const uint32_t *row, size_t rows, struct error *error)
{
    const struct model_config *config = supernet_config(subnet->supernet);
    size_t hidden = config->shape.hidden;
    enum status status = floats_reserve(&scratch->head, rows * hidden, error);
    for (size_t i = 0; i < rows && status == STATUS_OK; i++) {
        kernel_rms_norm(scratch->head.data + i * hidden, scratch->x.data + row[i] * hidden,
                        subnet->output_norm, hidden, config->rms_epsilon);
    }
    return status;
}

/* Distinct rows of the targets, in order. */
static enum status collect_rows(struct forward_scratch *scratch, const struct forward_batch *batch,
                                size_t *rows, struct error *error)
{
    enum status status = memory_reserve(&scratch->head_row, &scratch->head_row_capacity,
                                        batch->targets, sizeof *scratch->head_row, error);
    *rows = 0;
    for (uint32_t i = 0; i < batch->targets && status == STATUS_OK; i++) {
        uint32_t row = batch->target[i].row;
        if (*rows == 0 || scratch->head_row[*rows - 1] != row) {
            scratch->head_row[(*rows)++] = row;
        }
    }
    return status;
}

/* Rows first..first+count-1 of the head against the whole vocabulary; the targets of these rows are
 * target[0..targets). loglik gets the targets' logits, then the log-softmax is subtracted. */
struct head_chunk {
    const struct subnet *subnet;
    struct forward_scratch *scratch;
    size_t first, count;
    const struct forward_target *target;
    float *loglik;
    size_t targets;
};

/* Logits of one tile are in scratch->logits[count][HEAD_TILE]. */
static void take_tile(const struct head_chunk *chunk, size_t tile, size_t columns)
{
    struct forward_scratch *scratch = chunk->scratch;
    size_t at = 0;
    for (size_t r = 0; r < chunk->count; r++) {
        float *logits = scratch->logits.data + r * HEAD_TILE;
        for (; at < chunk->targets && chunk->target[at].row == scratch->head_row[chunk->first + r];
             at++) {
            size_t token = (size_t)chunk->target[at].token;
            if (token >= tile && token < tile + columns) {
                chunk->loglik[at] = logits[token - tile];
            }
        }
        float here = kernel_maximum(logits, columns), *maximum = &scratch->maximum.data[r];
        if (tile == 0 || here > *maximum) {
            scratch->sum[r] *= tile == 0 ? 0.0 : exp((double)*maximum - (double)here);
            *maximum = here;
        }
        scratch->sum[r] += (double)kernel_softmax_exp(logits, columns, 1.0F, *maximum);
    }
}

static enum status score_chunk(const struct head_chunk *chunk, struct error *error)
{
    const struct matrix *output = &chunk->subnet->output;
    struct forward_scratch *scratch = chunk->scratch;
    const float *x = scratch->head.data + chunk->first * output->columns;
    for (size_t tile = 0; tile < output->rows; tile += HEAD_TILE) {
        size_t columns = output->rows - tile < HEAD_TILE ? output->rows - tile : HEAD_TILE;
        enum status status = layers_product(scratch, output, tile, columns, chunk->count, x, 0.0F,
                                            scratch->logits.data, HEAD_TILE, error);
        if (status != STATUS_OK) {
            return status;
        }
        take_tile(chunk, tile, columns);
    }
    size_t at = 0;
    for (size_t r = 0; r < chunk->count; r++) {
        double log_sum = (double)scratch->maximum.data[r] + log(scratch->sum[r]);
        for (; at < chunk->targets && chunk->target[at].row == scratch->head_row[chunk->first + r];
             at++) {
            chunk->loglik[at] = (float)((double)chunk->loglik[at] - log_sum);
        }
    }
    return STATUS_OK;
}

static enum status score_rows(const struct subnet *subnet, struct forward_scratch *scratch,
                              const struct forward_batch *batch, size_t rows, float *loglik,
                              struct error *error)
{
    size_t most = rows < HEAD_ROWS ? rows : HEAD_ROWS;
    enum status status;
    if ((status = gather_rows(subnet, scratch, scratch->head_row, rows, error)) ||
        (status = floats_reserve(&scratch->logits, most * HEAD_TILE, error)) ||
        (status = floats_reserve(&scratch->maximum, most, error)) ||
        (status = memory_reserve(&scratch->sum, &scratch->sum_capacity, most, sizeof *scratch->sum,
                                 error))) {
        return status;
    }
    size_t at = 0, parts = (rows + HEAD_ROWS - 1) / HEAD_ROWS;
    most = (rows + parts - 1) / parts;
    for (size_t first = 0; first < rows; first += most) {
        struct head_chunk chunk = {.subnet = subnet,
                                   .scratch = scratch,
                                   .first = first,
                                   .count = rows - first < most ? rows - first : most,
                                   .target = batch->target + at,
                                   .loglik = loglik + at};
        uint32_t last = scratch->head_row[first + chunk.count - 1];
        while (at < batch->targets && batch->target[at].row <= last) {
            at++;
            chunk.targets++;
        }
        if ((status = score_chunk(&chunk, error)) != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

enum status forward_score(const struct subnet *subnet, struct forward_scratch *scratch,
                          const struct forward_batch *batch, float *loglik, struct error *error)
{
    size_t rows = 0;
    enum status status;
    if ((status = run_layers(subnet, scratch, batch, NULL, error)) ||
        (status = collect_rows(scratch, batch, &rows, error))) {
        return status;
    }
    return rows == 0 ? STATUS_OK : score_rows(subnet, scratch, batch, rows, loglik, error);
}

enum status forward_logits(const struct subnet *subnet, struct forward_scratch *scratch,
                           const struct forward_batch *batch, const uint32_t *row, uint32_t rows,
                           float *logits, struct error *error)
{
    const struct matrix *output = &subnet->output;
    for (uint32_t i = 0; i < rows; i++) {
        if (row[i] >= batch->tokens) {
            return error_set(error, STATUS_INVALID,
                             "logits asked of row %" PRIu32 " of a batch of %" PRIu32 " tokens",
                             row[i], batch->tokens);
        }
    }
    enum status status;
    if ((status = run_layers(subnet, scratch, batch, NULL, error)) ||
        (status = gather_rows(subnet, scratch, row, rows, error))) {
        return status;
    }
    if (rows > 0) {
        status = layers_product(scratch, output, 0, output->rows, rows, scratch->head.data, 0.0F,
                                logits, output->rows, error);
    }
    return status;
}

enum status forward_observe(const struct subnet *subnet, struct forward_scratch *scratch,
                            const struct forward_batch *batch,
                            const struct forward_observer *observer, struct error *error)
{
    return run_layers(subnet, scratch, batch, observer, error);
}
