/* model/supernet: the loaded model and the sub-networks cut out of it. Invariant: the weights a
 * subnet shows are those that extraction of the same code and options would write. */
#include "supernet_private.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

const struct model_config *supernet_config(const struct supernet *supernet)
{
    return &supernet->config;
}

const struct arch_shape *supernet_shape(const struct supernet *supernet)
{
    return &supernet->config.shape;
}

const struct gguf *supernet_gguf(const struct supernet *supernet)
{
    return supernet->gguf;
}

const struct gguf_tensor *supernet_tensor(const struct supernet *supernet, enum tensor_role role,
                                          uint32_t layer)
{
    uint32_t place = supernet->place[layer][role];
    return place == 0 ? NULL : gguf_tensor_at(supernet->gguf, place - 1);
}

/* paretop.neurons_sorted: an array of block_count booleans. */
static enum status read_sorted(struct supernet *supernet, struct error *error)
{
    const struct gguf_pair *pair = gguf_find(supernet->gguf, "paretop.neurons_sorted");
    if (pair == NULL) {
        return STATUS_OK;
    }
    if (pair->type != GGUF_ARRAY || pair->element != GGUF_BOOL ||
        pair->count != supernet->config.shape.layers) {
        return error_set(error, STATUS_INVALID,
                         "%s: paretop.neurons_sorted: expected %" PRIu32 " booleans",
                         gguf_path(supernet->gguf), supernet->config.shape.layers);
    }
    for (uint32_t l = 0; l < supernet->config.shape.layers; l++) {
        supernet->sorted_file[l] = gguf_number_at(pair, l) != 0.0;
    }
    return STATUS_OK;
}

static enum status supernet_tables(struct supernet *supernet, struct error *error)
{
    const struct arch_shape *shape = &supernet->config.shape;
    enum status status = mutex_new(&supernet->lock, error);
    if (status != STATUS_OK) {
        return status;
    }
    supernet->place = memory_new(shape->layers, sizeof *supernet->place, error);
    supernet->pieces = memory_new(shape->layers, sizeof *supernet->pieces, error);
    if (supernet->place == NULL || supernet->pieces == NULL) {
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < shape->tensors; i++) {
        supernet->place[shape->tensor[i].layer][shape->tensor[i].role] = (uint32_t)(i + 1);
    }
    return read_sorted(supernet, error);
}

enum status supernet_open(const char *path, struct supernet **supernet, struct error *error)
{
    *supernet = NULL;
    struct supernet *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    enum status status;
    if ((status = gguf_open(path, &made->gguf, error)) ||
        (status = model_config_read(made->gguf, &made->config, error)) ||
        (status = supernet_tables(made, error))) {
        supernet_close(made);
        return status;
    }
    *supernet = made;
    return STATUS_OK;
}

void supernet_close(struct supernet *supernet)
{
    if (supernet == NULL) {
        return;
    }
    pieces_release(supernet);
    model_order_release(&supernet->order);
    model_config_release(&supernet->config);
    memory_free(supernet->place);
    mutex_free(supernet->lock);
    gguf_close(supernet->gguf);
    memory_free(supernet);
}

/* A neuron order must be a permutation of the layer's own neurons. */
static enum status check_order(const struct supernet *supernet, const struct model_order *order,
                               struct error *error)
{
    const struct arch_shape *shape = &supernet->config.shape;
    if (order->layers != shape->layers) {
        return error_set(error, STATUS_INVALID,
                         "the neuron order has %" PRIu32 " layers, the model %" PRIu32,
                         order->layers, shape->layers);
    }
    for (uint32_t l = 0; l < shape->layers; l++) {
        if (order->neuron != NULL && order->neuron[l] != NULL &&
            order->width[l] != shape->layer[l].intermediate) {
            return error_set(error, STATUS_INVALID,
                             "the neuron order of layer %" PRIu32 " has %" PRIu32
                             " neurons, the model %" PRIu32,
                             l, order->width[l], shape->layer[l].intermediate);
        }
    }
    return STATUS_OK;
}

static enum status copy_layer(struct model_order *copy, const struct model_order *order, uint32_t l,
                              struct error *error)
{
    uint32_t width = order->width[l];
    bool *seen = memory_new(width, sizeof *seen, error);
    copy->neuron[l] = memory_new(width, sizeof *copy->neuron[l], error);
    enum status status = seen == NULL || copy->neuron[l] == NULL ? STATUS_MEMORY : STATUS_OK;
    copy->width[l] = width;
    for (uint32_t i = 0; i < width && status == STATUS_OK; i++) {
        uint32_t neuron = order->neuron[l][i];
        if (neuron >= width || seen[neuron]) {
            status = error_set(error, STATUS_INVALID,
                               "the neuron order of layer %" PRIu32
                               " is no permutation: position %" PRIu32 " holds %" PRIu32,
                               l, i, neuron);
        } else {
            seen[neuron] = true;
            copy->neuron[l][i] = neuron;
        }
    }
    memory_free(seen);
    return status;
}

enum status supernet_set_order(struct supernet *supernet, const struct model_order *order,
                               struct error *error)
{
    struct model_order copy = {.layers = supernet->config.shape.layers};
    enum status status = STATUS_OK;
    if (order != NULL) {
        if ((status = check_order(supernet, order, error)) != STATUS_OK) {
            return status;
        }
        copy.width = memory_new(copy.layers, sizeof *copy.width, error);
        copy.neuron = memory_new(copy.layers, sizeof(uint32_t *), error);
        status = copy.width == NULL || copy.neuron == NULL ? STATUS_MEMORY : STATUS_OK;
        for (uint32_t l = 0; l < copy.layers && status == STATUS_OK && order->neuron != NULL; l++) {
            if (order->neuron[l] != NULL) {
                status = copy_layer(&copy, order, l, error);
            }
        }
    }
    mutex_lock(supernet->lock);
    if (status == STATUS_OK && supernet->any_sorted) {
        status = error_set(error, STATUS_INVALID,
                           "the neuron order cannot change after a layer has been cut");
    }
    if (status == STATUS_OK) {
        model_order_release(&supernet->order);
        supernet->order = copy;
    } else {
        model_order_release(&copy);
    }
    mutex_unlock(supernet->lock);
    return status;
}

const uint32_t *supernet_neurons(const struct supernet *supernet, uint32_t layer)
{
    if (supernet->sorted_file[layer] || supernet->order.neuron == NULL) {
        return NULL;
    }
    return supernet->order.neuron[layer];
}

/* ---- sub-networks ---- */

struct building {
    struct supernet *supernet;
    const struct weight_options *options;
    enum precision precision;
    uint32_t layer; /* in the source */
    char character;
    struct error *error;
};

static enum weight_type written_type(const struct building *b, enum tensor_role role)
{
    return arch_written_type(&b->supernet->config.shape, b->options, role, b->layer, b->character);
}

static enum status get_matrix(const struct building *b, enum tensor_role role,
                              enum tensor_role bias, bool sorted, uint32_t rows, uint32_t columns,
                              struct matrix *matrix)
{
    enum weight_type type = written_type(b, role);
    const struct gguf_tensor *tensor = supernet_tensor(b->supernet, role, b->layer);
    *matrix = (struct matrix){.rows = rows, .columns = columns, .stride = (size_t)tensor->size[0]};
    enum status status =
        b->precision == PRECISION_F32
            ? piece_get(b->supernet, role, b->layer, sorted, &type, &matrix->w, b->error)
            : piece_packed(b->supernet, role, b->layer, sorted, &type, b->precision, rows, columns,
                           &matrix->packed, b->error);
    if (status == STATUS_OK && bias != ROLES) {
        bool cut_bias = sorted && role != ROLE_FFN_DOWN;
        status = piece_vector(b->supernet, bias, b->layer, cut_bias, &matrix->bias, b->error);
    }
    return status;
}

static enum status get_attention(const struct building *b, struct subnet_layer *layer)
{
    const struct arch_shape *shape = &b->supernet->config.shape;
    uint32_t hidden = shape->hidden, q = layer->heads * shape->head_size;
    uint32_t kv = layer->kv_heads * shape->head_size;
    enum weight_type type[3] = {written_type(b, ROLE_ATTN_Q), written_type(b, ROLE_ATTN_K),
                                written_type(b, ROLE_ATTN_V)};
    struct supernet *net = b->supernet;
    uint32_t l = b->layer;
    enum status status;
    layer->q = (struct matrix){.rows = q, .columns = hidden, .stride = hidden};
    layer->k = layer->v = (struct matrix){.rows = kv, .columns = hidden, .stride = hidden};
    if (b->precision != PRECISION_F32) {
        status = piece_packed(net, ROLE_ATTN_Q, l, false, type, b->precision, q + 2 * kv, hidden,
                              &layer->q.packed, b->error);
    } else {
        status = piece_get(net, ROLE_ATTN_Q, l, false, type, &layer->q.w, b->error);
        if (status == STATUS_OK) {
            layer->k.w = layer->q.w + (size_t)q * hidden;
            layer->v.w = layer->k.w + (size_t)kv * hidden;
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    if ((status = piece_vector(net, ROLE_ATTN_NORM, l, false, &layer->attn_norm, b->error)) ||
        (status = piece_vector(net, ROLE_ATTN_Q_BIAS, l, false, &layer->q.bias, b->error)) ||
        (status = piece_vector(net, ROLE_ATTN_K_BIAS, l, false, &layer->k.bias, b->error)) ||
        (status = piece_vector(net, ROLE_ATTN_V_BIAS, l, false, &layer->v.bias, b->error))) {
        return status;
    }
    return get_matrix(b, ROLE_ATTN_OUTPUT, ROLE_ATTN_OUTPUT_BIAS, false, hidden, q, &layer->o);
}

static enum status get_mlp(const struct building *b, struct subnet_layer *layer)
{
    const struct arch_shape *shape = &b->supernet->config.shape;
    uint32_t hidden = shape->hidden, width = layer->width;
    bool cut = width < shape->layer[b->layer].intermediate;
    enum status status;
    if ((status = piece_vector(b->supernet, ROLE_FFN_NORM, b->layer, false, &layer->ffn_norm,
                               b->error)) ||
        (status =
             get_matrix(b, ROLE_FFN_GATE, ROLE_FFN_GATE_BIAS, cut, width, hidden, &layer->gate)) ||
        (status = get_matrix(b, ROLE_FFN_UP, ROLE_FFN_UP_BIAS, cut, width, hidden, &layer->up))) {
        return status;
    }
    return get_matrix(b, ROLE_FFN_DOWN, ROLE_FFN_DOWN_BIAS, cut, hidden, width, &layer->down);
}

static enum status get_layer(const struct building *b, struct subnet_layer *layer)
{
    const struct arch_layer_shape *source = &b->supernet->config.shape.layer[b->layer];
    unsigned eighths = arch_mlp_eighths(b->character);
    *layer = (struct subnet_layer){.source = b->layer};
    layer->attention = source->attention && arch_keeps_attention(b->character);
    layer->mlp = source->mlp && eighths > 0;
    enum status status = STATUS_OK;
    if (layer->attention) {
        layer->heads = source->heads;
        layer->kv_heads = source->kv_heads;
        status = get_attention(b, layer);
    }
    if (layer->mlp && status == STATUS_OK) {
        layer->width = arch_mlp_width(&b->supernet->config.shape, b->layer, eighths);
        status = get_mlp(b, layer);
    }
    return status;
}

/* What every sub-network has: embedding, last norm, output head, rope factors. */
static enum status get_ends(struct building *b, struct subnet *subnet)
{
    const struct arch_shape *shape = &b->supernet->config.shape;
    enum status status;
    b->layer = 0;
    b->character = '8';
    enum weight_type type = written_type(b, ROLE_TOKEN_EMBD);
    enum tensor_role output = shape->tied_output ? ROLE_TOKEN_EMBD : ROLE_OUTPUT;
    /* The embedding is looked up in f32 in any precision. */
    if ((status = piece_get(b->supernet, ROLE_TOKEN_EMBD, 0, false, &type, &subnet->token_embedding,
                            b->error)) ||
        (status = get_matrix(b, output, ROLES, false, shape->vocabulary, shape->hidden,
                             &subnet->output))) {
        return status;
    }
    if ((status = piece_vector(b->supernet, ROLE_OUTPUT_NORM, 0, false, &subnet->output_norm,
                               b->error))) {
        return status;
    }
    return piece_vector(b->supernet, ROLE_ROPE_FREQS, 0, false, &subnet->rope_factors, b->error);
}

enum status subnet_new(struct supernet *supernet, const struct arch_code *code,
                       const struct weight_options *options, struct subnet **subnet,
                       struct error *error)
{
    return subnet_new_precision(supernet, code, options, PRECISION_F32, subnet, error);
}

enum status subnet_new_precision(struct supernet *supernet, const struct arch_code *code,
                                 const struct weight_options *options, enum precision precision,
                                 struct subnet **subnet, struct error *error)
{
    static const struct weight_options source = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
    const struct arch_shape *shape = &supernet->config.shape;
    *subnet = NULL;
    struct subnet *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    made->supernet = supernet;
    made->code = *code;
    made->layer = memory_new(shape->layers, sizeof *made->layer, error);
    struct building b = {.supernet = supernet,
                         .options = options == NULL ? &source : options,
                         .precision = precision,
                         .error = error};
    enum status status = made->layer == NULL ? STATUS_MEMORY : get_ends(&b, made);
    for (uint32_t l = 0; l < shape->layers && status == STATUS_OK; l++) {
        b.layer = l;
        b.character = code->text[l];
        if (arch_keeps_layer(b.character)) {
            status = get_layer(&b, &made->layer[made->layers++]);
        }
    }
    if (status != STATUS_OK) {
        subnet_free(made);
        return status;
    }
    *subnet = made;
    return STATUS_OK;
}

void subnet_free(struct subnet *subnet)
{
    if (subnet != NULL) {
        memory_free(subnet->layer);
        memory_free(subnet);
    }
}
