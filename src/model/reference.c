/* model/reference: the naive oracle of the forward pass: one sequence, one token after the other,
 * plain loops in double precision, no product routine, no kernel, no shared step with the fast
 * path but the sub-network's weights. */
#include "base/memory.h"
#include "model/forward.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

struct oracle {
    const struct subnet *subnet;
    const struct arch_shape *shape;
    const struct model_config *config;
    uint32_t tokens;
    double *x;         /* [tokens, hidden] */
    double *normed;    /* [hidden] */
    double *q, *k, *v; /* [tokens, heads * head_size]; k and v use less of a row */
    double *mixed;     /* [heads * head_size] */
    double *weight;    /* [tokens] attention of one row */
    double *h;         /* [width] */
    size_t row;        /* heads * head_size, of the widest layer */
};

static void oracle_release(struct oracle *o)
{
    double *const all[] = {o->x, o->normed, o->q, o->k, o->v, o->mixed, o->weight, o->h};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        memory_free(all[i]);
    }
}

static enum status oracle_init(struct oracle *o, const struct subnet *subnet, uint32_t tokens,
                               struct error *error)
{
    size_t width = 1;
    *o = (struct oracle){.subnet = subnet, .tokens = tokens};
    o->shape = supernet_shape(subnet->supernet);
    o->config = supernet_config(subnet->supernet);
    o->row = (size_t)o->shape->heads * o->shape->head_size;
    for (uint32_t l = 0; l < subnet->layers; l++) {
        width = subnet->layer[l].width > width ? subnet->layer[l].width : width;
    }
    size_t qkv = (size_t)tokens * o->row, hidden = o->shape->hidden;
    struct {
        double **pointer;
        size_t count;
    } all[] = {
        {&o->x, tokens * hidden}, {&o->normed, hidden}, {&o->q, qkv},  {&o->k, qkv}, {&o->v, qkv},
        {&o->mixed, o->row},      {&o->weight, tokens}, {&o->h, width}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        *all[i].pointer = memory_new(all[i].count, sizeof(double), error);
        if (*all[i].pointer == NULL) {
            return STATUS_MEMORY;
        }
    }
    return STATUS_OK;
}

/* y[rows] = (add ? y : 0) + w @ x + bias */
static void multiply(const struct matrix *m, const double *x, double *y, bool add)
{
    for (uint32_t r = 0; r < m->rows; r++) {
        double sum = m->bias == NULL ? 0.0 : (double)m->bias[r];
        for (uint32_t c = 0; c < m->columns; c++) {
            sum += (double)m->w[r * m->stride + c] * x[c];
        }
        y[r] = add ? y[r] + sum : sum;
    }
}

static void norm(const struct oracle *o, const float *weight, const double *x, double *y)
{
    double sum = 0.0;
    for (uint32_t i = 0; i < o->shape->hidden; i++) {
        sum += x[i] * x[i];
    }
    double scale = 1.0 / sqrt(sum / o->shape->hidden + (double)o->config->rms_epsilon);
    for (uint32_t i = 0; i < o->shape->hidden; i++) {
        y[i] = x[i] * scale * (double)weight[i];
    }
}

static void rotate(const struct oracle *o, double *head, uint32_t position)
{
    for (uint32_t i = 0; i < o->config->rope_dimensions / 2; i++) {
        double exponent = 2.0 * i / (double)o->config->rope_dimensions;
        double angle = (double)position / (double)o->config->rope_scale;
        angle /= pow((double)o->config->rope_base, exponent);
        angle /= o->subnet->rope_factors == NULL ? 1.0 : (double)o->subnet->rope_factors[i];
        double a = head[2 * i], b = head[2 * i + 1];
        head[2 * i] = a * cos(angle) - b * sin(angle);
        head[2 * i + 1] = a * sin(angle) + b * cos(angle);
    }
}

/* Token t's mixed values of one head, keys 0..t. */
static void attend(struct oracle *o, const struct subnet_layer *layer, uint32_t t, uint32_t head)
{
    size_t size = o->shape->head_size, shared = head / (layer->heads / layer->kv_heads);
    const double *q = o->q + t * o->row + head * size;
    double sum = 0.0, maximum = -INFINITY;
    for (uint32_t s = 0; s <= t; s++) {
        const double *k = o->k + s * o->row + shared * size;
        double score = 0.0;
        for (size_t i = 0; i < size; i++) {
            score += q[i] * k[i];
        }
        o->weight[s] = score / sqrt((double)size);
        maximum = fmax(maximum, o->weight[s]);
    }
    for (uint32_t s = 0; s <= t; s++) {
        o->weight[s] = exp(o->weight[s] - maximum);
        sum += o->weight[s];
    }
    for (size_t i = 0; i < size; i++) {
        double value = 0.0;
        for (uint32_t s = 0; s <= t; s++) {
            value += o->weight[s] / sum * o->v[s * o->row + shared * size + i];
        }
        o->mixed[head * size + i] = value;
    }
}

static void attention(struct oracle *o, const struct subnet_layer *layer)
{
    size_t hidden = o->shape->hidden, size = o->shape->head_size;
    for (uint32_t t = 0; t < o->tokens; t++) {
        norm(o, layer->attn_norm, o->x + t * hidden, o->normed);
        multiply(&layer->q, o->normed, o->q + t * o->row, false);
        multiply(&layer->k, o->normed, o->k + t * o->row, false);
        multiply(&layer->v, o->normed, o->v + t * o->row, false);
        for (uint32_t h = 0; h < layer->heads; h++) {
            rotate(o, o->q + t * o->row + h * size, t);
        }
        for (uint32_t h = 0; h < layer->kv_heads; h++) {
            rotate(o, o->k + t * o->row + h * size, t);
        }
    }
    for (uint32_t t = 0; t < o->tokens; t++) {
        for (uint32_t h = 0; h < layer->heads; h++) {
            attend(o, layer, t, h);
        }
        multiply(&layer->o, o->mixed, o->x + t * hidden, true);
    }
}

static void mlp(struct oracle *o, const struct subnet_layer *layer, double *up)
{
    size_t hidden = o->shape->hidden;
    for (uint32_t t = 0; t < o->tokens; t++) {
        norm(o, layer->ffn_norm, o->x + t * hidden, o->normed);
        multiply(&layer->gate, o->normed, o->h, false);
        multiply(&layer->up, o->normed, up, false);
        for (uint32_t i = 0; i < layer->width; i++) {
            o->h[i] = o->h[i] / (1.0 + exp(-o->h[i])) * up[i];
        }
        multiply(&layer->down, o->h, o->x + t * hidden, true);
    }
}

static enum status embed(struct oracle *o, const int32_t *token, struct error *error)
{
    size_t hidden = o->shape->hidden;
    float *x = memory_new(o->tokens * hidden, sizeof *x, error);
    enum status status =
        x == NULL ? STATUS_MEMORY : subnet_embed(o->subnet, token, o->tokens, x, error);
    for (size_t i = 0; i < o->tokens * hidden && status == STATUS_OK; i++) {
        o->x[i] = (double)x[i];
    }
    memory_free(x);
    return status;
}

/* The layers, and the head once for each token. */
static enum status run(struct oracle *o, const int32_t *token, float *logits, struct error *error)
{
    size_t hidden = o->shape->hidden, vocabulary = o->shape->vocabulary, most = vocabulary;
    for (uint32_t l = 0; l < o->subnet->layers; l++) {
        most = o->subnet->layer[l].width > most ? o->subnet->layer[l].width : most;
    }
    double *wide = memory_new(most, sizeof *wide, error);
    if (wide == NULL) {
        return STATUS_MEMORY;
    }
    enum status status = embed(o, token, error);
    struct subnet_held held;
    for (uint32_t l = 0; l < o->subnet->layers && status == STATUS_OK; l++) {
        status = subnet_hold(o->subnet, l, &held, error);
        if (status == STATUS_OK && held.layer.attention) {
            attention(o, &held.layer);
        }
        if (status == STATUS_OK && held.layer.mlp) {
            mlp(o, &held.layer, wide);
        }
        for (uint32_t t = 0; t < o->tokens && status == STATUS_OK && !held.layer.mlp &&
                             held.layer.down.bias != NULL;
             t++) {
            multiply(&held.layer.down, NULL, o->x + t * hidden, true); /* the bias alone */
        }
        subnet_drop(o->subnet, &held);
    }
    if (status == STATUS_OK) {
        status = subnet_hold(o->subnet, o->subnet->layers, &held, error);
    }
    for (uint32_t t = 0; t < o->tokens && status == STATUS_OK; t++) {
        norm(o, o->subnet->output_norm, o->x + t * hidden, o->normed);
        multiply(&held.output, o->normed, wide, false);
        for (size_t i = 0; i < vocabulary; i++) {
            logits[t * vocabulary + i] = (float)wide[i];
        }
    }
    if (status == STATUS_OK) {
        subnet_drop(o->subnet, &held);
    }
    memory_free(wide);
    return status;
}

enum status reference_logits(const struct subnet *subnet, const int32_t *token, uint32_t tokens,
                             float *logits, struct error *error)
{
    struct oracle o;
    uint32_t vocabulary = supernet_shape(subnet->supernet)->vocabulary;
    for (uint32_t t = 0; t < tokens; t++) {
        if (token[t] < 0 || (uint32_t)token[t] >= vocabulary) {
            return error_set(error, STATUS_INVALID,
                             "token %" PRIu32 " is %" PRId32 ", expected 0 to %" PRIu32, t,
                             token[t], vocabulary - 1);
        }
    }
    enum status status = oracle_init(&o, subnet, tokens, error);
    if (status == STATUS_OK) {
        status = run(&o, token, logits, error);
    }
    oracle_release(&o);
    return status;
}
