/* model/subnet: a sub-network as a list of layers, and the views of one layer's weights while they
 * are held. Invariant: the weights that a view shows are those that extraction of the same code and
 * options would write. */
#include "supernet_private.h"

#include "base/memory.h"

#include <string.h>

/* ---- layers, without their matrices ---- */

/* A vector of the file: small, held until the super-network closes. *w NULL when it is absent. */
static enum status get_vector(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                              bool sorted, const float **w, struct error *error)
{
    struct piece_key key = {.role = role, .layer = layer, .sorted = sorted};
    struct piece *piece;
    *w = NULL;
    if (supernet_tensor(supernet, role, layer) == NULL) {
        return STATUS_OK;
    }
    enum status status = piece_hold(supernet, &key, &piece, error);
    if (status == STATUS_OK) {
        *w = piece->w;
    }
    return status;
}

static enum status describe_attention(struct supernet *net, struct subnet_layer *layer,
                                      struct error *error)
{
    const struct arch_shape *shape = &net->config.shape;
    uint32_t hidden = shape->hidden, l = layer->source;
    uint32_t q = layer->heads * shape->head_size, kv = layer->kv_heads * shape->head_size;
    enum status status;
    layer->q = (struct matrix){.rows = q, .columns = hidden, .stride = hidden};
    layer->k = layer->v = (struct matrix){.rows = kv, .columns = hidden, .stride = hidden};
    layer->o = (struct matrix){.rows = hidden, .columns = q, .stride = q};
    if ((status = get_vector(net, ROLE_ATTN_NORM, l, false, &layer->attn_norm, error)) ||
        (status = get_vector(net, ROLE_ATTN_Q_BIAS, l, false, &layer->q.bias, error)) ||
        (status = get_vector(net, ROLE_ATTN_K_BIAS, l, false, &layer->k.bias, error)) ||
        (status = get_vector(net, ROLE_ATTN_V_BIAS, l, false, &layer->v.bias, error))) {
        return status;
    }
    return get_vector(net, ROLE_ATTN_OUTPUT_BIAS, l, false, &layer->o.bias, error);
}

/* The bias of ffn_down, or of what is left when a layer has no MLP any more. */
static enum status get_down_bias(const struct subnet *subnet, struct subnet_layer *layer,
                                 struct error *error)
{
    struct supernet *net = subnet->supernet;
    struct piece_key key = {.role = ROLE_FFN_DOWN_BIAS,
                            .layer = layer->source,
                            .sorted = true,
                            .compensated = true,
                            .columns = layer->width};
    struct piece *piece;
    if (!arch_compensated(&net->config.shape, &subnet->weights, layer->source, layer->character)) {
        return layer->mlp ? get_vector(net, ROLE_FFN_DOWN_BIAS, layer->source, false,
                                       &layer->down.bias, error)
                          : STATUS_OK;
    }
    layer->down.rows = net->config.shape.hidden;
    enum status status = piece_hold(net, &key, &piece, error);
    if (status == STATUS_OK) {
        layer->down.bias = piece->w;
    }
    return status;
}

static enum status describe_mlp(struct supernet *net, struct subnet_layer *layer,
                                struct error *error)
{
    const struct arch_shape *shape = &net->config.shape;
    uint32_t hidden = shape->hidden, width = layer->width, l = layer->source;
    uint32_t whole = shape->layer[l].intermediate;
    bool cut = width < whole;
    enum status status;
    layer->gate = layer->up = (struct matrix){.rows = width, .columns = hidden, .stride = hidden};
    layer->down = (struct matrix){.rows = hidden, .columns = width, .stride = whole};
    if ((status = get_vector(net, ROLE_FFN_NORM, l, false, &layer->ffn_norm, error)) ||
        (status = get_vector(net, ROLE_FFN_GATE_BIAS, l, cut, &layer->gate.bias, error))) {
        return status;
    }
    return get_vector(net, ROLE_FFN_UP_BIAS, l, cut, &layer->up.bias, error);
}

static enum status describe_layer(const struct subnet *subnet, uint32_t source, char character,
                                  struct subnet_layer *layer, struct error *error)
{
    struct supernet *net = subnet->supernet;
    const struct arch_layer_shape *shape = &net->config.shape.layer[source];
    unsigned eighths = arch_mlp_eighths(character);
    *layer = (struct subnet_layer){.source = source, .character = character};
    layer->attention = shape->attention && arch_keeps_attention(character);
    layer->mlp = shape->mlp && eighths > 0;
    enum status status = STATUS_OK;
    if (layer->attention) {
        layer->heads = shape->heads;
        layer->kv_heads = shape->kv_heads;
        status = describe_attention(net, layer, error);
    }
    if (layer->mlp && status == STATUS_OK) {
        layer->width = arch_mlp_width(&net->config.shape, source, eighths);
        status = describe_mlp(net, layer, error);
    }
    return status == STATUS_OK ? get_down_bias(subnet, layer, error) : status;
}

static enum status describe(struct subnet *subnet, struct error *error)
{
    struct supernet *net = subnet->supernet;
    const struct arch_shape *shape = &net->config.shape;
    enum status status;
    subnet->output = (struct matrix){
        .rows = shape->vocabulary, .columns = shape->hidden, .stride = shape->hidden};
    if ((status = get_vector(net, ROLE_OUTPUT_NORM, 0, false, &subnet->output_norm, error)) ||
        (status = get_vector(net, ROLE_ROPE_FREQS, 0, false, &subnet->rope_factors, error))) {
        return status;
    }
    for (uint32_t l = 0; l < shape->layers && status == STATUS_OK; l++) {
        char character = subnet->code.text[l];
        if (arch_keeps_layer(character)) {
            status = describe_layer(subnet, l, character, &subnet->layer[subnet->layers++], error);
        }
    }
    return status;
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
    *subnet = NULL;
    struct subnet *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    made->supernet = supernet;
    made->code = *code;
    made->weights = options == NULL ? source : *options;
    made->precision = precision;
    made->layer = memory_new(supernet->config.shape.layers, sizeof *made->layer, error);
    enum status status = made->layer == NULL ? STATUS_MEMORY : describe(made, error);
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

/* ---- holding ---- */

struct wanted { /* a matrix to be held, and where its view goes */
    struct piece_key key;
    struct matrix *matrix;
};

/* Written as F32 a matrix keeps its values, so it shares the piece of its own type; not so a cut
 * down, which in its own type is encoded again. */
static enum weight_type piece_type(const struct subnet *subnet, enum tensor_role role,
                                   uint32_t layer, char character, bool sorted)
{
    const struct supernet *net = subnet->supernet;
    const struct weight_options own =
        role_table[role].in_layer ? arch_layer_options(&subnet->weights, &subnet->code, layer)
                                  : subnet->weights;
    enum weight_type written = arch_written_type(&net->config.shape, &own, role, layer, character);
    bool same = written == WEIGHT_F32 && !(sorted && role == ROLE_FFN_DOWN);
    return same ? supernet_tensor(net, role, layer)->type : written;
}

/* One matrix of a layer; `rows` counts those of q, k and v for ROLE_ATTN_Q. */
static struct wanted want(const struct subnet *subnet, enum tensor_role role, uint32_t layer,
                          char character, bool sorted, uint32_t rows, struct matrix *matrix)
{
    struct wanted wanted = {
        .key = {.role = role, .layer = layer, .sorted = sorted, .precision = subnet->precision},
        .matrix = matrix};
    enum tensor_role roles[3];
    size_t count = piece_roles(role, roles);
    for (size_t i = 0; i < count; i++) {
        wanted.key.type[i] = piece_type(subnet, roles[i], layer, character, sorted);
    }
    if (subnet->precision != PRECISION_F32) {
        wanted.key.rows = rows;
        wanted.key.columns = matrix->columns;
    }
    return wanted;
}

/* Matrices that the caller has given weights of his own are left as they are. */
static size_t drop_given(struct wanted *wanted, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].matrix->w == NULL) {
            wanted[kept++] = wanted[i];
        }
    }
    return kept;
}

static size_t want_layer(const struct subnet *subnet, struct subnet_layer *layer,
                         struct wanted wanted[SUBNET_HELD])
{
    size_t count = 0;
    uint32_t l = layer->source;
    char c = layer->character;
    bool cut = layer->mlp && layer->width < supernet_shape(subnet->supernet)->layer[l].intermediate;
    if (layer->attention) {
        uint32_t rows = layer->q.rows + layer->k.rows + layer->v.rows;
        wanted[count++] = want(subnet, ROLE_ATTN_Q, l, c, false, rows, &layer->q);
        wanted[count++] = want(subnet, ROLE_ATTN_OUTPUT, l, c, false, layer->o.rows, &layer->o);
    }
    if (layer->mlp) {
        wanted[count++] = want(subnet, ROLE_FFN_GATE, l, c, cut, layer->gate.rows, &layer->gate);
        wanted[count++] = want(subnet, ROLE_FFN_UP, l, c, cut, layer->up.rows, &layer->up);
        wanted[count++] = want(subnet, ROLE_FFN_DOWN, l, c, cut, layer->down.rows, &layer->down);
    }
    return drop_given(wanted, count);
}

static void show(struct subnet_layer *layer, struct matrix *matrix, const struct piece *piece)
{
    matrix->packed = piece->packed;
    matrix->w = piece->w;
    if (matrix == &layer->q && piece->w != NULL) {
        layer->k.w = layer->q.w + (size_t)layer->q.rows * layer->q.columns;
        layer->v.w = layer->k.w + (size_t)layer->k.rows * layer->k.columns;
    }
}

/* The matrices of kept layer `index`, or of the head. */
static size_t want_part(const struct subnet *subnet, uint32_t index, struct subnet_held *held,
                        struct wanted wanted[SUBNET_HELD])
{
    const struct supernet *net = subnet->supernet;
    if (index < subnet->layers) {
        held->layer = subnet->layer[index];
        return want_layer(subnet, &held->layer, wanted);
    }
    enum tensor_role head = net->config.shape.tied_output ? ROLE_TOKEN_EMBD : ROLE_OUTPUT;
    wanted[0] = want(subnet, head, 0, '8', false, held->output.rows, &held->output);
    return 1;
}

enum status subnet_hold(const struct subnet *subnet, uint32_t index, struct subnet_held *held,
                        struct error *error)
{
    struct supernet *net = subnet->supernet;
    struct wanted wanted[SUBNET_HELD];
    bool mine[SUBNET_HELD];
    enum status status = STATUS_OK;
    memset(held, 0, sizeof *held);
    held->output = subnet->output;
    size_t count = want_part(subnet, index, held, wanted);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct piece *piece = NULL;
        status = piece_claim(net, &wanted[i].key, &piece, &mine[i], error);
        held->piece[i] = piece;
        held->pieces += status == STATUS_OK;
    }
    for (size_t i = 0; i < held->pieces; i++) {
        if (mine[i]) {
            piece_make(net, held->piece[i]);
        }
    }
    for (size_t i = 0; i < held->pieces; i++) {
        struct error own = {0};
        enum status outcome = piece_await(net, held->piece[i], &own);
        if (outcome == STATUS_OK) {
            show(&held->layer, wanted[i].matrix, held->piece[i]);
            continue;
        }
        held->piece[i] = NULL; /* its hold is gone */
        if (status == STATUS_OK && error != NULL) {
            *error = own;
        }
        status = status == STATUS_OK ? outcome : status;
    }
    if (status != STATUS_OK) {
        subnet_drop(subnet, held);
    }
    return status;
}

void subnet_drop(const struct subnet *subnet, struct subnet_held *held)
{
    for (size_t i = 0; i < held->pieces; i++) {
        if (held->piece[i] != NULL) {
            piece_drop(subnet->supernet, held->piece[i]);
        }
    }
    held->pieces = 0;
}

/* Bytes of a layer's matrices, or the head's, once they are decoded. */
static uint64_t decoded_size(const struct subnet *subnet, uint32_t index)
{
    struct wanted wanted[SUBNET_HELD];
    struct subnet_held held = {.output = subnet->output};
    uint64_t bytes = 0;
    size_t count = want_part(subnet, index, &held, wanted);
    for (size_t i = 0; i < count; i++) {
        bytes += piece_size(subnet->supernet, &wanted[i].key);
    }
    return bytes;
}

enum status subnet_warm(const struct subnet *subnet, struct error *error)
{
    uint64_t bytes = 0;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i <= subnet->layers; i++) {
        bytes += decoded_size(subnet, i);
    }
    bool fits = bytes <= subnet->supernet->memory;
    for (uint32_t i = 0; i <= subnet->layers && fits && status == STATUS_OK; i++) {
        struct subnet_held held;
        status = subnet_hold(subnet, i, &held, error);
        subnet_drop(subnet, &held);
    }
    return status;
}

enum status subnet_embed(const struct subnet *subnet, const int32_t *token, size_t count, float *x,
                         struct error *error)
{
    enum weight_type type = piece_type(subnet, ROLE_TOKEN_EMBD, 0, '8', false);
    return decode_embedding(subnet->supernet, type, token, count, x, error);
}
