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
    attention_plan_release(&scratch->plan);
    packed_scratch_free(scratch->packed);
    memory_free(scratch);
}

/* ---- plans ---- */

/* Segments must cover the tokens without gaps, in order; parents come first. */
static enum status check_batch(const struct forward_batch *batch, uint32_t vocabulary,
                               struct error *error)
{
    uint32_t covered = 0, known = 0;
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
        known = covered <= batch->known ? covered : known;
    }
    if (known != batch->known || known == batch->tokens) {
        return error_set(error, STATUS_INVALID,
                         "%" PRIu32 " of the batch's %" PRIu32
                         " tokens are known, expected whole segments and not all of them",
                         batch->known, batch->tokens);
    }
    if (covered != batch->tokens || covered == 0) {
        return error_set(error, STATUS_INVALID,
                         "the segments of the batch cover %" PRIu32 " of %" PRIu32
                         " tokens, expected all and at least one",
                         covered, batch->tokens);
    }
    uint32_t row = batch->known;
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
    return forward_check_tokens(vocabulary, batch->token, batch->tokens, error);
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

/* Distinct rows of the targets, in order. */
static void collect_rows(struct forward_plan *plan)
{
    const struct forward_batch *batch = &plan->batch;
    for (uint32_t i = 0; i < batch->targets; i++) {
        uint32_t row = batch->target[i].row - batch->known;
        if (plan->head_rows == 0 || plan->head_row[plan->head_rows - 1] != row) {
            plan->head_row[plan->head_rows++] = row;
        }
    }
}

enum status forward_plan_new(const struct forward_batch *batch, uint32_t vocabulary,
                             struct forward_plan **plan, struct error *error)
{
    *plan = NULL;
    enum status status = check_batch(batch, vocabulary, error);
    struct forward_plan *made = status == STATUS_OK ? memory_new(1, sizeof *made, error) : NULL;
    if (made == NULL) {
        return status == STATUS_OK ? STATUS_MEMORY : status;
    }
    made->batch = *batch;
    made->position = memory_new(batch->tokens, sizeof *made->position, error);
    made->head_row = memory_new(batch->targets, sizeof *made->head_row, error);
    status = made->position == NULL || made->head_row == NULL
                 ? STATUS_MEMORY
                 : attention_plan_tree(&made->attention, batch->segment, batch->segments,
                                       batch->known, error);
    if (status != STATUS_OK) {
        forward_plan_free(made);
        return status;
    }
    made->positions = set_positions(batch, made->position);
    collect_rows(made);
    *plan = made;
    return STATUS_OK;
}

void forward_plan_free(struct forward_plan *plan)
{
    if (plan != NULL) {
        attention_plan_release(&plan->attention);
        memory_free(plan->position);
        memory_free(plan->head_row);
        memory_free(plan);
    }
}

uint32_t forward_plan_rows(const struct forward_plan *plan)
{
    return plan->batch.tokens - plan->batch.known;
}

/* ---- steps ---- */

enum status forward_begin(const struct subnet *subnet, const struct forward_plan *plan, float *x,
                          struct error *error)
{
    return subnet_embed(subnet, plan->batch.token + plan->batch.known, forward_plan_rows(plan), x,
                        error);
}

static enum status run_layer(const struct subnet *subnet, struct forward_scratch *scratch,
                             const struct forward_plan *plan, uint32_t index,
                             struct layers_input *input, struct error *error)
{
    input->plan = &plan->attention;
    input->position = plan->position;
    input->rows = forward_plan_rows(plan);
    input->known = plan->batch.known;
    enum status status = layers_reserve(subnet, scratch, input, error);
    if (status == STATUS_OK) {
        status = layers_rope(subnet, scratch, 0, plan->positions, error);
    }
    return status == STATUS_OK ? layers_run(subnet, scratch, index, input, error) : status;
}

enum status forward_layer(const struct subnet *subnet, struct forward_scratch *scratch,
                          const struct forward_plan *plan, uint32_t index, float *x,
                          const float *known, float *keep, struct error *error)
{
    struct layers_input input = {.x = x, .known_keys = known, .keep_keys = keep};
    return run_layer(subnet, scratch, plan, index, &input, error);
}

enum status forward_layer_observed(const struct subnet *subnet, struct forward_scratch *scratch,
                                   const struct forward_plan *plan, uint32_t index, float *x,
                                   const struct forward_observer *observer, struct error *error)
{
    struct layers_input input = {.x = x, .observer = observer};
    return run_layer(subnet, scratch, plan, index, &input, error);
}

size_t forward_keep_floats(const struct subnet *subnet, uint32_t index)
{
    return (size_t)subnet->layer[index].k.rows + subnet->layer[index].v.rows;
}

/* All layers; the residual stream is left in scratch->x. */
static enum status run_layers(const struct subnet *subnet, struct forward_scratch *scratch,
                              const struct forward_plan *plan, struct error *error)
{
    size_t hidden = supernet_shape(subnet->supernet)->hidden;
    enum status status =
        floats_reserve(&scratch->x, (size_t)forward_plan_rows(plan) * hidden, error);
    if (status == STATUS_OK) {
        status = forward_begin(subnet, plan, scratch->x.data, error);
    }
    for (uint32_t l = 0; l < subnet->layers && status == STATUS_OK; l++) {
        status = forward_layer(subnet, scratch, plan, l, scratch->x.data, NULL, NULL, error);
    }
    return status;
}

/* A whole pass has no known tokens: nobody gives their keys. */
static enum status plan_whole(const struct subnet *subnet, const struct forward_batch *batch,
                              struct forward_plan **plan, struct error *error)
{
    *plan = NULL;
    if (batch->known > 0) {
        return error_set(error, STATUS_INVALID, "a whole pass cannot have known tokens");
    }
    return forward_plan_new(batch, supernet_shape(subnet->supernet)->vocabulary, plan, error);
}

/* ---- the output head ---- */

/* head[rows, hidden] = output norm of the rows of x named by row[]. */
static enum status gather_rows(const struct subnet *subnet, struct forward_scratch *scratch,
                               const float *x, const uint32_t *row, size_t rows,
                               struct error *error)
{
    const struct model_config *config = supernet_config(subnet->supernet);
    size_t hidden = config->shape.hidden;
    enum status status = floats_reserve(&scratch->head, rows * hidden, error);
    for (size_t i = 0; i < rows && status == STATUS_OK; i++) {
        kernel_rms_norm(scratch->head.data + i * hidden, x + row[i] * hidden, subnet->output_norm,
                        hidden, config->rms_epsilon);
    }
    return status;
}

/* Rows first..first+count-1 of the head against the whole vocabulary; the targets of these rows are
 * target[0..targets). loglik gets the targets' logits, then the log-softmax is subtracted. */
struct head_chunk {
    const struct matrix *output;
    struct forward_scratch *scratch;
    const uint32_t *row; /* of x, [count] */
    size_t first, count;
    const struct forward_target *target; /* rows count from `known` */
    uint32_t known;
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
        for (; at < chunk->targets && chunk->target[at].row == chunk->known + chunk->row[r]; at++) {
            size_t token = (size_t)chunk->target[at].token;
            if (token >= tile && token < tile + columns) {
                chunk->loglik[at] = logits[token - tile];
            }
        }
        float here = kernel_maximum(logits, columns), *maximum = &scratch->maximum.data[r];
        if (tile == 0 || here > *maximum) {
            /* not by a product with 0: what an earlier batch left may be no number */
            scratch->sum[r] =
                tile == 0 ? 0.0 : scratch->sum[r] * exp((double)*maximum - (double)here);
            *maximum = here;
        }
        scratch->sum[r] += (double)kernel_softmax_exp(logits, columns, 1.0F, *maximum);
    }
}

static enum status score_chunk(const struct head_chunk *chunk, struct error *error)
{
    const struct matrix *output = chunk->output;
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
        for (; at < chunk->targets && chunk->target[at].row == chunk->known + chunk->row[r]; at++) {
            chunk->loglik[at] = (float)((double)chunk->loglik[at] - log_sum);
        }
    }
    return STATUS_OK;
}

static enum status score_rows(const struct matrix *output, struct forward_scratch *scratch,
                              const struct forward_plan *plan, float *loglik, struct error *error)
{
    const struct forward_batch *batch = &plan->batch;
    size_t rows = plan->head_rows, most = rows < HEAD_ROWS ? rows : HEAD_ROWS;
    enum status status;
    if ((status = floats_reserve(&scratch->logits, most * HEAD_TILE, error)) ||
        (status = floats_reserve(&scratch->maximum, most, error)) ||
        (status = memory_reserve(&scratch->sum, &scratch->sum_capacity, most, sizeof *scratch->sum,
                                 error))) {
        return status;
    }
    size_t at = 0, parts = (rows + HEAD_ROWS - 1) / HEAD_ROWS;
    most = (rows + parts - 1) / parts;
    for (size_t first = 0; first < rows; first += most) {
        struct head_chunk chunk = {.output = output,
                                   .scratch = scratch,
                                   .row = plan->head_row + first,
                                   .first = first,
                                   .count = rows - first < most ? rows - first : most,
                                   .target = batch->target + at,
                                   .known = batch->known,
                                   .loglik = loglik + at};
        uint32_t last = batch->known + chunk.row[chunk.count - 1];
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

enum status forward_end(const struct subnet *subnet, struct forward_scratch *scratch,
                        const struct forward_plan *plan, const float *x, float *loglik,
                        struct error *error)
{
    struct subnet_held head;
    if (plan->head_rows == 0) {
        return STATUS_OK;
    }
    enum status status = gather_rows(subnet, scratch, x, plan->head_row, plan->head_rows, error);
    if (status == STATUS_OK) {
        status = subnet_hold(subnet, subnet->layers, &head, error);
    }
    if (status == STATUS_OK) {
        status = score_rows(&head.output, scratch, plan, loglik, error);
        subnet_drop(subnet, &head);
    }
    return status;
}

/* ---- whole passes ---- */

enum status forward_score(const struct subnet *subnet, struct forward_scratch *scratch,
                          const struct forward_batch *batch, float *loglik, struct error *error)
{
    struct forward_plan *plan;
    enum status status = plan_whole(subnet, batch, &plan, error);
    if (status == STATUS_OK) {
        status = run_layers(subnet, scratch, plan, error);
    }
    if (status == STATUS_OK) {
        status = forward_end(subnet, scratch, plan, scratch->x.data, loglik, error);
    }
    forward_plan_free(plan);
    return status;
}

enum status forward_logits(const struct subnet *subnet, struct forward_scratch *scratch,
                           const struct forward_batch *batch, const uint32_t *row, uint32_t rows,
                           float *logits, struct error *error)
{
    struct forward_plan *plan;
    struct subnet_held head;
    for (uint32_t i = 0; i < rows; i++) {
        if (row[i] >= batch->tokens) {
            return error_set(error, STATUS_INVALID,
                             "logits asked of row %" PRIu32 " of a batch of %" PRIu32 " tokens",
                             row[i], batch->tokens);
        }
    }
    enum status status = plan_whole(subnet, batch, &plan, error);
    if (status == STATUS_OK) {
        status = run_layers(subnet, scratch, plan, error);
    }
    if (status == STATUS_OK) {
        status = gather_rows(subnet, scratch, scratch->x.data, row, rows, error);
    }
    forward_plan_free(plan);
    if (status != STATUS_OK || rows == 0) {
        return status;
    }
    status = subnet_hold(subnet, subnet->layers, &head, error);
    if (status == STATUS_OK) {
        const struct matrix *output = &head.output;
        status = layers_product(scratch, output, 0, output->rows, rows, scratch->head.data, 0.0F,
                                logits, output->rows, error);
        subnet_drop(subnet, &head);
    }
    return status;
}
