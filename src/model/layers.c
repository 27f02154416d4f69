/* model/layers: one LLaMA layer over T rows (Touvron et al., 2023): RMS norm, grouped-query
 * attention with rotary positions, RMS norm, SwiGLU; either part may be missing. The products write
 * where their result is used: query, key and value come from one, and the two that end a part add
 * to the residual stream in place. */
#include "forward_private.h"

#include "base/memory.h"
#include "num/gemm.h"
#include "num/kernels.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Rows that pass through an MLP together: each product packs its weights anew, so more rows are
 * faster (512 to 1024: 5 %), until gate and up of a large model take too much memory. */
#define MLP_ROWS 1024U

enum status floats_reserve(struct floats *floats, size_t count, struct error *error)
{
    return memory_reserve(&floats->data, &floats->capacity, count, sizeof *floats->data, error);
}

enum status forward_check_tokens(uint32_t vocabulary, const int32_t *token, size_t count,
                                 struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (token[i] < 0 || (uint32_t)token[i] >= vocabulary) {
            return error_set(error, STATUS_INVALID,
                             "token %zu of the batch is %" PRId32 ", expected 0 to %" PRIu32, i,
                             token[i], vocabulary - 1);
        }
    }
    return STATUS_OK;
}

enum status layers_reserve(const struct subnet *subnet, struct forward_scratch *scratch,
                           const struct layers_input *input, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(subnet->supernet);
    size_t qkv = 0, mixed = 0, width = 0, group = 1, query, score, inverse;
    for (uint32_t l = 0; l < subnet->layers; l++) {
        const struct subnet_layer *layer = &subnet->layer[l];
        size_t here = (size_t)layer->q.rows + layer->k.rows + layer->v.rows;
        qkv = here > qkv ? here : qkv;
        mixed = layer->q.rows > mixed ? layer->q.rows : mixed;
        width = layer->width > width ? layer->width : width;
        if (layer->attention && layer->heads / layer->kv_heads > group) {
            group = layer->heads / layer->kv_heads;
        }
    }
    size_t rows = input->rows, all = rows + input->known;
    size_t mlp_rows = rows < MLP_ROWS ? rows : MLP_ROWS;
    attention_scratch_sizes(input->plan, group, shape->head_size, &query, &score, &inverse);
    bool watched = input->observer != NULL && input->observer->block != NULL;
    enum status status;
    if ((status = floats_reserve(&scratch->normed, rows * shape->hidden, error)) ||
        (status = floats_reserve(&scratch->qkv, all * qkv, error)) ||
        (status = floats_reserve(&scratch->mixed, all * mixed, error)) ||
        (status = floats_reserve(&scratch->gate, mlp_rows * width, error)) ||
        (status = floats_reserve(&scratch->up, mlp_rows * width, error)) ||
        (status = floats_reserve(&scratch->query, query, error)) ||
        (status = floats_reserve(&scratch->result, query, error)) ||
        (status = floats_reserve(&scratch->score, score, error)) ||
        (status = floats_reserve(&scratch->inverse, inverse, error))) {
        return status;
    }
    return floats_reserve(&scratch->before, watched ? rows * shape->hidden : 0, error);
}

double layers_rope_frequency(const struct subnet *subnet, uint32_t pair)
{
    const struct model_config *config = supernet_config(subnet->supernet);
    double exponent = -2.0 * (double)pair / (double)config->rope_dimensions;
    double frequency = pow((double)config->rope_base, exponent) / (double)config->rope_scale;
    return subnet->rope_factors == NULL ? frequency
                                        : frequency / (double)subnet->rope_factors[pair];
}

enum status layers_rope(const struct subnet *subnet, struct forward_scratch *scratch,
                        uint32_t first, uint32_t count, struct error *error)
{
    size_t dimensions = supernet_config(subnet->supernet)->rope_dimensions;
    if (scratch->rope_of == subnet->supernet && scratch->rope_first == first &&
        scratch->rope_count >= count) {
        return STATUS_OK;
    }
    scratch->rope_of = NULL;
    enum status status = floats_reserve(&scratch->rope, 2 * dimensions * count, error);
    if (status != STATUS_OK) {
        return status;
    }
    for (uint32_t pair = 0; pair < dimensions / 2; pair++) {
        double frequency = layers_rope_frequency(subnet, pair);
        for (uint32_t p = 0; p < count; p++) {
            double angle = frequency * ((double)first + (double)p);
            float *table = scratch->rope.data + p * 2 * dimensions + 2 * (size_t)pair;
            table[0] = table[1] = (float)cos(angle);
            table[dimensions + 1] = (float)sin(angle);
            table[dimensions] = -table[dimensions + 1];
        }
    }
    scratch->rope_of = subnet->supernet;
    scratch->rope_first = first;
    scratch->rope_count = count;
    return STATUS_OK;
}

enum status layers_product(struct forward_scratch *scratch, const struct matrix *matrix,
                           size_t first, size_t count, size_t rows, const float *x, float beta,
                           float *y, size_t y_stride, struct error *error)
{
    size_t columns = matrix->columns;
    if (matrix->packed == NULL) {
        gemm_nt(rows, count, columns, x, columns, matrix->w + first * matrix->stride,
                matrix->stride, beta, y, y_stride);
        return STATUS_OK;
    }
    enum status status =
        scratch->packed == NULL ? packed_scratch_new(&scratch->packed, error) : STATUS_OK;
    return status != STATUS_OK ? status
                               : packed_product(scratch->packed, matrix->packed, first, count, rows,
                                                x, columns, beta, y, y_stride, error);
}

static void norm_rows(const struct subnet *subnet, const float *weight, const float *x, float *y,
                      size_t rows)
{
    size_t hidden = supernet_shape(subnet->supernet)->hidden;
    float epsilon = supernet_config(subnet->supernet)->rms_epsilon;
    for (size_t i = 0; i < rows; i++) {
        kernel_rms_norm(y + i * hidden, x + i * hidden, weight, hidden, epsilon);
    }
}

static void add_bias(const struct matrix *matrix, float *y, size_t stride, size_t rows)
{
    if (matrix->bias != NULL) {
        kernel_add_bias(y, stride, matrix->bias, rows, matrix->rows);
    }
}

/* qkv[rows, q + k + v] of normed[rows, hidden], queries and keys rotated. */
static enum status project(const struct subnet *subnet, const struct subnet_layer *layer,
                           struct forward_scratch *scratch, const struct layers_input *input,
                           float *qkv, struct error *error)
{
    const struct model_config *config = supernet_config(subnet->supernet);
    size_t rows = input->rows, q = layer->q.rows, kv = layer->k.rows, all = q + 2 * kv;
    enum status status = layers_product(scratch, &layer->q, 0, all, rows, scratch->normed.data,
                                        0.0F, qkv, all, error);
    if (status != STATUS_OK) {
        return status;
    }
    add_bias(&layer->q, qkv, all, rows);
    add_bias(&layer->k, qkv + q, all, rows);
    add_bias(&layer->v, qkv + q + kv, all, rows);
    size_t pairs = config->rope_dimensions / 2;
    for (size_t i = 0; i < rows; i++) {
        size_t position = input->position[input->known + i];
        const float *table = scratch->rope.data + position * 4 * pairs;
        for (size_t h = 0; h < (size_t)layer->heads + layer->kv_heads; h++) {
            kernel_rope(qkv + i * all + h * config->shape.head_size, table, pairs);
        }
    }
    return STATUS_OK;
}

/* Keys and values of the rows go where they are kept, those of known tokens come in. */
static void exchange_keys(const struct subnet_layer *layer, const struct layers_input *input,
                          float *all_rows)
{
    size_t q = layer->q.rows, kv = layer->k.rows, all = q + 2 * kv;
    float *own = all_rows + input->known * all;
    for (size_t i = 0; i < input->known; i++) {
        memcpy(all_rows + i * all + q, input->known_keys + i * 2 * kv, 2 * kv * sizeof(float));
    }
    for (size_t i = 0; input->keep_keys != NULL && i < input->rows; i++) {
        memcpy(input->keep_keys + i * 2 * kv, own + i * all + q, 2 * kv * sizeof(float));
    }
    for (size_t i = 0; input->cache != NULL && i < input->rows; i++) {
        size_t at = (input->cache->past + i) * kv;
        memcpy(input->cache->k + at, own + i * all + q, kv * sizeof(float));
        memcpy(input->cache->v + at, own + i * all + q + kv, kv * sizeof(float));
    }
}

static enum status attention_part(const struct subnet *subnet, const struct subnet_layer *layer,
                                  struct forward_scratch *scratch, const struct layers_input *input,
                                  struct error *error)
{
    size_t q = layer->q.rows, kv = layer->k.rows, all = q + 2 * kv, rows = input->rows;
    float *qkv = scratch->qkv.data, *x = input->x;
    norm_rows(subnet, layer->attn_norm, x, scratch->normed.data, rows);
    enum status status = project(subnet, layer, scratch, input, qkv + input->known * all, error);
    if (status != STATUS_OK) {
        return status;
    }
    exchange_keys(layer, input, qkv);
    struct attention_task task = {.plan = input->plan,
                                  .heads = layer->heads,
                                  .kv_heads = layer->kv_heads,
                                  .head_size = supernet_shape(subnet->supernet)->head_size,
                                  .q = qkv,
                                  .k = qkv + q,
                                  .v = qkv + q + kv,
                                  .q_stride = all,
                                  .kv_stride = all,
                                  .out_stride = q,
                                  .out = scratch->mixed.data,
                                  .query = scratch->query.data,
                                  .score = scratch->score.data,
                                  .result = scratch->result.data,
                                  .inverse = scratch->inverse.data};
    if (input->cache != NULL) {
        task.k = input->cache->k;
        task.v = input->cache->v;
        task.kv_stride = kv;
    }
    attention_run(&task);
    status = layers_product(scratch, &layer->o, 0, layer->o.rows, rows,
                            scratch->mixed.data + input->known * q, 1.0F, x, layer->o.rows, error);
    if (status == STATUS_OK) {
        add_bias(&layer->o, x, layer->o.rows, rows);
    }
    return status;
}

static enum status mlp_part(const struct subnet *subnet, const struct subnet_layer *layer,
                            struct forward_scratch *scratch, uint32_t index,
                            const struct layers_input *input, struct error *error)
{
    size_t hidden = layer->gate.columns, width = layer->width, rows = input->rows;
    float *gate = scratch->gate.data, *up = scratch->up.data, *normed = scratch->normed.data;
    const struct forward_observer *observer = input->observer;
    size_t parts = (rows + MLP_ROWS - 1) / MLP_ROWS, most = (rows + parts - 1) / parts;
    for (size_t first = 0; first < rows; first += most) {
        size_t count = rows - first < most ? rows - first : most;
        float *x = input->x + first * hidden;
        norm_rows(subnet, layer->ffn_norm, x, normed, count);
        enum status status;
        if ((status = layers_product(scratch, &layer->gate, 0, width, count, normed, 0.0F, gate,
                                     width, error)) ||
            (status = layers_product(scratch, &layer->up, 0, width, count, normed, 0.0F, up, width,
                                     error))) {
            return status;
        }
        add_bias(&layer->gate, gate, width, count);
        add_bias(&layer->up, up, width, count);
        kernel_silu_multiply(gate, up, count * width);
        if (observer != NULL && observer->neurons != NULL) {
            observer->neurons(observer->context, index, gate, (uint32_t)count, (uint32_t)width);
        }
        status =
            layers_product(scratch, &layer->down, 0, hidden, count, gate, 1.0F, x, hidden, error);
        if (status != STATUS_OK) {
            return status;
        }
        add_bias(&layer->down, x, hidden, count);
    }
    return STATUS_OK;
}

void layers_tell(const struct forward_observer *observer, uint32_t index, enum forward_part part)
{
    if (observer != NULL && observer->part != NULL) {
        observer->part(observer->context, index, part);
    }
}

enum status layers_run(const struct subnet *subnet, struct forward_scratch *scratch, uint32_t index,
                       const struct layers_input *input, struct error *error)
{
    struct subnet_held held;
    size_t hidden = supernet_shape(subnet->supernet)->hidden;
    const struct forward_observer *observer = input->observer;
    bool watched = observer != NULL && observer->block != NULL;
    enum status status = subnet_hold(subnet, index, &held, error);
    if (status != STATUS_OK) {
        return status;
    }
    layers_tell(observer, index, FORWARD_HELD);
    if (watched) {
        memcpy(scratch->before.data, input->x, input->rows * hidden * sizeof(float));
    }
    if (held.layer.attention) {
        status = attention_part(subnet, &held.layer, scratch, input, error);
        layers_tell(observer, index, FORWARD_ATTENTION);
    }
    if (held.layer.mlp && status == STATUS_OK) {
        status = mlp_part(subnet, &held.layer, scratch, index, input, error);
        layers_tell(observer, index, FORWARD_MLP);
    } else if (status == STATUS_OK) {
        add_bias(&held.layer.down, input->x, hidden, input->rows);
    }
    subnet_drop(subnet, &held);
    if (watched && status == STATUS_OK) {
        observer->block(observer->context, index, scratch->before.data, input->x,
                        (uint32_t)input->rows, (uint32_t)hidden);
    }
    return status;
}
