/* model/order: measures how much each MLP neuron and each layer matters, in one pass of the full
 * model over a calibration text, a layer at a time, so that each is decoded once. Neurons: E[h^2] *
 * ||down column||^2; layers: block influence, 1 - E[cos(x_in, x_out)] over tokens. The text is cut
 * into chunks; each chunk has its own sums, which are added in chunk order, so that the result does
 * not depend on the number of threads. */
#include "model/order.h"

#include "base/memory.h"
#include "base/mutex.h"
#include "base/pool.h"
#include "model/forward.h"
#include "model/tokenizer.h"
#include "num/kernels.h"
#include "order_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_TOKENS 512U
#define CHUNKS 16U /* 8,192 tokens */

struct chunk_sums {
    double **squares; /* [layers][2 * width]: sum of h^2, then of h; NULL entry without an MLP */
    double *cosine;   /* [layers] */
};

struct chunk {
    struct forward_segment segment;
    struct forward_plan *plan;
    float *x; /* residual stream */
};

struct measuring {
    const struct subnet *subnet;
    const int32_t *token;
    size_t tokens;
    size_t chunks, finished;
    struct chunk *chunk;              /* [chunks] */
    struct chunk_sums *sums;          /* [chunks] */
    uint32_t layer;                   /* that all chunks pass now */
    struct forward_scratch **scratch; /* [threads] */
    struct mutex *lock;               /* over `finished`, `status`, `error`, calls of `progress` */
    int (*progress)(void *context, double done);
    void *context;
    enum status status;
    struct error error;
};

static void watch_block(void *context, uint32_t index, const float *x_in, const float *x_out,
                        uint32_t t, uint32_t hidden)
{
    struct chunk_sums *sums = context;
    for (uint32_t i = 0; i < t; i++) {
        const float *a = x_in + (size_t)i * hidden, *b = x_out + (size_t)i * hidden;
        double lengths = sqrt(kernel_dot(a, a, hidden) * kernel_dot(b, b, hidden));
        sums->cosine[index] += lengths > 0.0 ? kernel_dot(a, b, hidden) / lengths : 1.0;
    }
}

static void watch_neurons(void *context, uint32_t index, const float *h, uint32_t t, uint32_t width)
{
    struct chunk_sums *sums = context;
    for (uint32_t i = 0; i < t; i++) {
        kernel_add_squares(sums->squares[index], h + (size_t)i * width, width);
        kernel_add_values(sums->squares[index] + width, h + (size_t)i * width, width);
    }
}

/* The first layer's job begins the chunk's stream. */
static enum status chunk_layer(struct measuring *m, size_t index, unsigned worker,
                               struct error *error)
{
    struct chunk *chunk = &m->chunk[index];
    struct forward_observer observer = {
        .context = &m->sums[index], .block = watch_block, .neurons = watch_neurons};
    enum status status = STATUS_OK;
    if (m->layer == 0) {
        status = forward_begin(m->subnet, chunk->plan, chunk->x, error);
    }
    return status != STATUS_OK ? status
                               : forward_layer_observed(m->subnet, m->scratch[worker], chunk->plan,
                                                        m->layer, chunk->x, &observer, error);
}

static void chunk_job(void *context, size_t index, unsigned worker)
{
    struct measuring *m = context;
    mutex_lock(m->lock);
    bool stopped = m->status != STATUS_OK;
    mutex_unlock(m->lock);
    if (stopped) {
        return;
    }
    struct error error = {0};
    enum status status = chunk_layer(m, index, worker, &error);
    mutex_lock(m->lock);
    m->finished++;
    if (status != STATUS_OK && m->status == STATUS_OK) {
        m->status = status;
        m->error = error;
    }
    double all = (double)m->chunks * (double)m->subnet->layers;
    if (m->progress != NULL && m->status == STATUS_OK &&
        m->progress(m->context, (double)m->finished / all) != 0) {
        m->status = error_set(&m->error, STATUS_CANCELLED, "the calibration was cancelled");
    }
    mutex_unlock(m->lock);
}

static enum status chunk_init(struct measuring *m, size_t index, struct error *error)
{
    struct chunk *chunk = &m->chunk[index];
    const struct arch_shape *shape = supernet_shape(m->subnet->supernet);
    size_t first = index * CHUNK_TOKENS, left = m->tokens - first;
    uint32_t count = left < CHUNK_TOKENS ? (uint32_t)left : CHUNK_TOKENS;
    chunk->segment = (struct forward_segment){.parent = -1, .count = count};
    const struct forward_batch batch = {
        .token = m->token + first, .tokens = count, .segment = &chunk->segment, .segments = 1};
    chunk->x = memory_new((size_t)count * shape->hidden, sizeof *chunk->x, error);
    return chunk->x == NULL ? STATUS_MEMORY
                            : forward_plan_new(&batch, shape->vocabulary, &chunk->plan, error);
}

static enum status measuring_init(struct measuring *m, unsigned threads, struct error *error)
{
    const struct subnet *subnet = m->subnet;
    enum status status = mutex_new(&m->lock, error);
    if (status != STATUS_OK) {
        return status;
    }
    m->chunk = memory_new(m->chunks, sizeof *m->chunk, error);
    m->sums = memory_new(m->chunks, sizeof *m->sums, error);
    m->scratch = memory_new(threads, sizeof(struct forward_scratch *), error);
    if (m->chunk == NULL || m->sums == NULL || m->scratch == NULL) {
        return STATUS_MEMORY;
    }
    for (unsigned i = 0; i < threads && status == STATUS_OK; i++) {
        status = forward_scratch_new(&m->scratch[i], error);
    }
    for (size_t c = 0; c < m->chunks && status == STATUS_OK; c++) {
        status = chunk_init(m, c, error);
        m->sums[c].cosine = memory_new(subnet->layers, sizeof(double), error);
        m->sums[c].squares = memory_new(subnet->layers, sizeof(double *), error);
        if (m->sums[c].cosine == NULL || m->sums[c].squares == NULL) {
            return STATUS_MEMORY;
        }
        for (uint32_t l = 0; l < subnet->layers; l++) {
            m->sums[c].squares[l] =
                memory_new(2 * (size_t)subnet->layer[l].width, sizeof(double), error);
            if (m->sums[c].squares[l] == NULL) {
                return STATUS_MEMORY;
            }
        }
    }
    return status;
}

static void measuring_release(struct measuring *m, unsigned threads)
{
    for (size_t c = 0; m->sums != NULL && c < m->chunks; c++) {
        for (uint32_t l = 0; m->sums[c].squares != NULL && l < m->subnet->layers; l++) {
            memory_free(m->sums[c].squares[l]);
        }
        memory_free(m->sums[c].squares);
        memory_free(m->sums[c].cosine);
    }
    for (size_t c = 0; m->chunk != NULL && c < m->chunks; c++) {
        forward_plan_free(m->chunk[c].plan);
        memory_free(m->chunk[c].x);
    }
    memory_free(m->chunk);
    for (unsigned i = 0; m->scratch != NULL && i < threads; i++) {
        forward_scratch_free(m->scratch[i]);
    }
    memory_free(m->sums);
    memory_free(m->scratch);
    mutex_free(m->lock);
}

struct ranked {
    double score;
    uint32_t index;
};

/* Highest score first; of equals the lower index. NaN counts as lowest. */
static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    double x = isnan(a->score) ? -INFINITY : a->score, y = isnan(b->score) ? -INFINITY : b->score;
    if (x != y) {
        return x > y ? -1 : 1;
    }
    return a->index < b->index ? -1 : a->index > b->index;
}

enum status order_rank(const double *score, uint32_t count, uint32_t *rank, struct error *error)
{
    struct ranked *ranked = memory_new(count, sizeof *ranked, error);
    if (ranked == NULL) {
        return STATUS_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked){score[i], i};
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    for (uint32_t i = 0; i < count; i++) {
        rank[i] = ranked[i].index;
    }
    memory_free(ranked);
    return STATUS_OK;
}

/* Sums from the least important neuron on. A layer whose scores tell nothing has 0 throughout. */
static void sum_beyond(const struct arch_shape *shape, uint32_t layer, const double *score,
                       const uint32_t *neuron, uint32_t width, float *beyond)
{
    double sum[SHARES] = {0}, all = 0;
    for (uint32_t i = width; i-- > 0;) {
        all += isnan(score[neuron[i]]) ? 0 : score[neuron[i]];
        for (unsigned k = 0; k < SHARES; k++) {
            if (i >= arch_mlp_width(shape, layer, k)) {
                sum[k] = all;
            }
        }
    }
    for (unsigned k = 0; k < SHARES; k++) {
        beyond[k] = all > 0 && isfinite(all) ? (float)(sum[k] / all) : 0.0F;
    }
}

static enum status rank_neurons(const struct measuring *m, const struct subnet_layer *layer,
                                uint32_t l, struct model_order *order, struct error *error)
{
    const struct matrix *down = &layer->down;
    uint32_t source = layer->source, width = layer->width;
    double *score = memory_new(width, sizeof *score, error);
    uint32_t *neuron = memory_new(width, sizeof *neuron, error);
    float *mean = order->mean[source] = memory_new(width, sizeof *mean, error);
    enum status status =
        score == NULL || neuron == NULL || mean == NULL ? STATUS_MEMORY : STATUS_OK;
    for (uint32_t i = 0; i < width && status == STATUS_OK; i++) {
        double squares = 0.0, values = 0.0, column = 0.0;
        for (size_t c = 0; c < m->chunks; c++) {
            squares += m->sums[c].squares[l][i];
            values += m->sums[c].squares[l][width + i];
        }
        mean[i] = (float)(values / (double)m->tokens);
        for (uint32_t r = 0; r < down->rows; r++) {
            double w = (double)down->w[r * down->stride + i];
            column += w * w;
        }
        score[i] = squares / (double)m->tokens * column;
    }
    if (status == STATUS_OK) {
        status = order_rank(score, width, neuron, error);
    }
    if (status == STATUS_OK) {
        sum_beyond(supernet_shape(m->subnet->supernet), source, score, neuron, width,
                   order->beyond + (size_t)source * SHARES);
    }
    memory_free(score);
    if (status != STATUS_OK) {
        memory_free(neuron);
        return status;
    }
    order->width[source] = width;
    order->neuron[source] = neuron;
    return STATUS_OK;
}

/* Least influence first; of equals the lower layer. */
static enum status rank_layers(struct model_order *order, struct error *error)
{
    double *score = memory_new(order->layers, sizeof *score, error);
    if (score == NULL) {
        return STATUS_MEMORY;
    }
    for (uint32_t l = 0; l < order->layers; l++) {
        score[l] = -(double)order->influence[l];
    }
    enum status status = order_rank(score, order->layers, order->layer, error);
    memory_free(score);
    return status;
}

static enum status reduce(const struct measuring *m, struct model_order *order, struct error *error)
{
    enum status status = order_allocate(order, true, true, error);
    /* A layer that the full model lacks altogether changes nothing: influence 0. */
    for (uint32_t l = 0; l < m->subnet->layers && status == STATUS_OK; l++) {
        double cosine = 0.0;
        for (size_t c = 0; c < m->chunks; c++) {
            cosine += m->sums[c].cosine[l];
        }
        order->influence[m->subnet->layer[l].source] = (float)(1.0 - cosine / (double)m->tokens);
        struct subnet_held held;
        status = subnet_hold(m->subnet, l, &held, error);
        if (status == STATUS_OK && held.layer.mlp) {
            status = rank_neurons(m, &held.layer, l, order, error);
        }
        subnet_drop(m->subnet, &held);
    }
    return status == STATUS_OK ? rank_layers(order, error) : status;
}

static enum status run_chunks(struct measuring *m, unsigned threads, struct error *error)
{
    struct pool *pool = NULL;
    enum status status = pool_new(threads, &pool, error);
    if (status != STATUS_OK) {
        return status;
    }
    for (m->layer = 0; m->layer < m->subnet->layers && m->status == STATUS_OK; m->layer++) {
        status = pool_run(pool, chunk_job, m, m->chunks, error);
        if (status != STATUS_OK) {
            break;
        }
    }
    pool_free(pool);
    if (status == STATUS_OK && m->status != STATUS_OK) {
        *error = m->error;
        status = m->status;
    }
    return status;
}

static enum status measure_tokens(struct measuring *m, unsigned threads, struct model_order *order,
                                  struct error *error)
{
    m->chunks = (m->tokens + CHUNK_TOKENS - 1) / CHUNK_TOKENS;
    enum status status = measuring_init(m, threads, error);
    if (status == STATUS_OK) {
        status = run_chunks(m, threads, error);
    }
    if (status == STATUS_OK) {
        status = reduce(m, order, error);
    }
    measuring_release(m, threads);
    return status;
}

enum status model_order_measure(struct supernet *supernet, const struct tokenizer *tokenizer,
                                const char *text, size_t length, unsigned threads,
                                int (*progress)(void *context, double done), void *context,
                                struct model_order *order, struct error *error)
{
    struct token_list list = {0};
    struct arch_code full;
    struct subnet *subnet = NULL;
    struct error own = {0};
    threads = threads == 0 ? 1 : threads;
    *order = (struct model_order){.layers = supernet_shape(supernet)->layers};
    arch_code_full(supernet_shape(supernet), &full);
    enum status status = tokenizer_encode(tokenizer, text, length, true, false, &list, &own);
    if (status == STATUS_OK && list.count < 2) {
        status = error_set(&own, STATUS_INVALID,
                           "the calibration text has %zu tokens, expected at least 2", list.count);
    }
    if (status == STATUS_OK) {
        status = subnet_new(supernet, &full, NULL, &subnet, &own);
    }
    if (status == STATUS_OK) {
        size_t most = (size_t)CHUNK_TOKENS * CHUNKS;
        struct measuring m = {.subnet = subnet,
                              .token = list.id,
                              .tokens = list.count < most ? list.count : most,
                              .progress = progress,
                              .context = context};
        status = measure_tokens(&m, threads, order, &own);
    }
    if (status != STATUS_OK) {
        model_order_release(order);
        if (error != NULL) {
            *error = own;
        }
    }
    subnet_free(subnet);
    token_list_release(&list);
    return status;
}
