/* The rules of rule_private.h. A tensor's type as written follows from its role, its type in the
 * source, the weight options and its size; nothing here looks at a file. */
#include "rule_private.h"

#include <string.h>

static const struct weight_options source_options = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};

/* ---- layers ---- */

void rule_layer_sizes(const struct arch_shape *shape, const struct arch_code *code,
                      const struct rule_layers *layers, uint32_t position, uint32_t *width,
                      uint32_t *heads, uint32_t *kv_heads)
{
    const uint32_t source = layers->source_layer[position];
    const char character = code->text[source];
    const struct arch_layer_shape *layer = &shape->layer[source];
    const unsigned eighths = arch_mlp_eighths(character);
    const bool zeros = (position == 0 && layers->zero_attention) || layers->pad;
    const bool written = arch_keeps_attention(character) || zeros;

    *width = layers->pad_width > 0 ? layers->pad_width
             : eighths > 0         ? arch_mlp_width(shape, source, eighths)
                                   : ZERO_MLP_WIDTH;
    *heads = !written ? 0 : layer->attention ? layer->heads : shape->heads;
    *kv_heads = !written ? 0 : layer->attention ? layer->kv_heads : shape->kv_heads;
}

/* The widest layer's width, rounded up to whole blocks of every layer's ffn_down. */
static uint32_t padded_width(const struct arch_shape *shape, const struct arch_code *code,
                             const struct weight_options *options, const struct rule_layers *layers)
{
    uint32_t widest = 0, block = 1;
    for (uint32_t i = 0; i < layers->kept; i++) {
        uint32_t width, heads, kv_heads;
        const uint32_t source = layers->source_layer[i];
        const struct weight_options own = arch_layer_options(options, code, source);
        const enum weight_type type =
            arch_written_type(shape, &own, ROLE_FFN_DOWN, source, code->text[source]);
        const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
        rule_layer_sizes(shape, code, layers, i, &width, &heads, &kv_heads);
        widest = width > widest ? width : widest;
        block = info->block > block ? info->block : block;
    }
    return (widest + block - 1) / block * block;
}

void rule_pad(const struct rule_layers *layers, struct plan_tensor *tensor)
{
    const enum tensor_role role = tensor->role;
    if (layers->pad_width == 0)
        return;
    if (role == ROLE_FFN_GATE || role == ROLE_FFN_UP)
        tensor->pad_rows = layers->pad_width - tensor->rows;
    else if (role == ROLE_FFN_DOWN || role == ROLE_FFN_GATE_BIAS || role == ROLE_FFN_UP_BIAS)
        tensor->pad_columns = layers->pad_width - tensor->columns;
}

void rule_layers(const struct arch_shape *shape, const struct arch_code *code,
                 const struct weight_options *options, bool pad, struct rule_layers *layers)
{
    uint32_t first[3] = {0}, now[3];

    memset(layers, 0, sizeof *layers);
    for (uint32_t i = 0; i < shape->layers; i++) {
        if (!arch_keeps_layer(code->text[i]))
            continue;
        layers->position[i] = layers->kept;
        layers->source_layer[layers->kept++] = i;
    }
    layers->zero_attention =
        layers->kept > 0 && !arch_keeps_attention(code->text[layers->source_layer[0]]);
    layers->pad = pad && layers->kept > 0;
    if (layers->pad) {
        layers->pad_width = padded_width(shape, code, options, layers);
        layers->zero_attention = false;
    }
    /* One attention-free layer is enough for deci, the first one too. */
    layers->deci = layers->zero_attention;
    for (uint32_t i = 0; i < layers->kept && !layers->deci; i++) {
        rule_layer_sizes(shape, code, layers, i, &now[0], &now[1], &now[2]);
        if (i == 0)
            memcpy(first, now, sizeof first);
        layers->deci = memcmp(first, now, sizeof first) != 0;
    }
}

/* ---- types ---- */

static bool encodable(enum weight_type type)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
    return info != NULL && info->encodable;
}

static bool fits(enum weight_type type, uint64_t columns)
{
    return weight_type_row_bytes(type, columns) > 0;
}

/* `wanted` where it can be, else Q8_0, else F16. */
static enum weight_type fit(enum weight_type wanted, uint64_t columns, bool must_encode)
{
    if (fits(wanted, columns) && (!must_encode || encodable(wanted)))
        return wanted;
    return fits(WEIGHT_Q8_0, columns) ? WEIGHT_Q8_0 : WEIGHT_F16;
}

/* The type that the options ask for, `source` being the tensor's own. */
static enum weight_type wanted_type(const struct arch_shape *shape,
                                    const struct weight_options *options, enum tensor_role role,
                                    enum weight_type source)
{
    const bool head = role == ROLE_OUTPUT || (role == ROLE_TOKEN_EMBD && shape->tied_output);
    const enum weight_type asked =
        head && options->head != WEIGHT_SOURCE ? options->head : options->type;
    if (asked == WEIGHT_SOURCE)
        return source;
    return role_table[role].matrix ? asked : WEIGHT_F32;
}

struct weight_options arch_layer_options(const struct weight_options *options,
                                         const struct arch_code *code, uint32_t layer)
{
    struct weight_options own = options != NULL ? *options : source_options;
    const enum weight_type type = arch_code_type(code, layer);
    if (type != WEIGHT_SOURCE)
        own.type = type;
    return own;
}

/* ---- tensors ---- */

bool rule_kept_size(const struct arch_shape *shape, const struct arch_tensor *tensor,
                    char character, uint64_t *columns, uint64_t *rows)
{
    const struct role_info *role = &role_table[tensor->role];
    const unsigned eighths = arch_mlp_eighths(character);

    *columns = tensor->columns;
    *rows = tensor->rows;
    if (!role->in_layer)
        return true;
    if (role->attention)
        return arch_keeps_attention(character);
    if (eighths == 0)
        return false;
    const uint32_t width = arch_mlp_width(shape, tensor->layer, eighths);
    if (tensor->role == ROLE_FFN_GATE || tensor->role == ROLE_FFN_UP)
        *rows = width;
    else if (tensor->role == ROLE_FFN_DOWN || tensor->role == ROLE_FFN_GATE_BIAS ||
             tensor->role == ROLE_FFN_UP_BIAS)
        *columns = width;
    return true;
}

static enum weight_type kept_tensor(const struct arch_tensor *source, enum weight_type wanted,
                                    struct plan_tensor *out)
{
    const bool columns_cut = out->columns != source->columns;
    const bool rows_cut = out->rows != source->rows;
    const bool matrix = role_table[source->role].matrix;

    if (columns_cut && !matrix && !encodable(wanted))
        wanted = WEIGHT_F32;
    out->type = fit(wanted, out->columns, columns_cut || wanted != source->type);
    if (columns_cut || out->type != source->type)
        out->action = PLAN_CONVERT;
    else
        out->action = rows_cut ? PLAN_ROWS : PLAN_COPY;
    return wanted;
}

/* What replaces a part that a written file must have and the sub-network has not. */
static void zero_tensor(const struct arch_shape *shape, uint32_t layer, enum weight_type wanted,
                        struct plan_tensor *out)
{
    const struct arch_layer_shape *own = &shape->layer[layer];
    const uint64_t heads = own->attention ? own->heads : shape->heads;
    const uint64_t kv_heads = own->attention ? own->kv_heads : shape->kv_heads;

    out->columns = shape->hidden;
    out->rows = 1;
    if (out->role == ROLE_ATTN_Q)
        out->rows = heads * shape->head_size;
    else if (out->role == ROLE_ATTN_K || out->role == ROLE_ATTN_V)
        out->rows = kv_heads * shape->head_size;
    else if (out->role == ROLE_FFN_GATE || out->role == ROLE_FFN_UP)
        out->rows = ZERO_MLP_WIDTH;
    else if (out->role == ROLE_ATTN_OUTPUT || out->role == ROLE_FFN_DOWN) {
        out->rows = shape->hidden;
        out->columns = out->role == ROLE_FFN_DOWN ? ZERO_MLP_WIDTH : heads * shape->head_size;
    }
    out->dimensions = role_table[out->role].matrix ? 2 : 1;
    out->type = fit(wanted, out->columns, false);
    out->action = PLAN_ZERO;
}

static bool has_bias(enum tensor_role role)
{
    return role == ROLE_FFN_GATE_BIAS || role == ROLE_FFN_UP_BIAS || role == ROLE_FFN_DOWN_BIAS;
}

bool arch_compensated(const struct arch_shape *shape, const struct weight_options *options,
                      uint32_t layer, char character)
{
    if (options == NULL || !options->compensate || !arch_keeps_layer(character) ||
        !shape->layer[layer].mlp)
        return false;
    return arch_mlp_width(shape, layer, arch_mlp_eighths(character)) <
           shape->layer[layer].intermediate;
}

static void bias_tensor(const struct arch_shape *shape, uint32_t layer, char character,
                        struct plan_tensor *out)
{
    *out = (struct plan_tensor){.role = ROLE_FFN_DOWN_BIAS,
                                .source_layer = layer,
                                .dimensions = 1,
                                .columns = shape->hidden,
                                .rows = 1,
                                .type = WEIGHT_F32,
                                .action = PLAN_BIAS,
                                .kept = arch_mlp_width(shape, layer, arch_mlp_eighths(character))};
}

/* One source tensor of a layer with `character` (any for a tensor outside layers); false: it is not
 * written. */
static bool source_tensor(const struct arch_shape *shape, const struct weight_options *options,
                          const struct arch_tensor *source, char character, bool zero_attention,
                          struct plan_tensor *out, enum weight_type *wanted)
{
    const struct role_info *role = &role_table[source->role];

    if (source->role == ROLE_FFN_DOWN_BIAS &&
        arch_compensated(shape, options, source->layer, character)) {
        bias_tensor(shape, source->layer, character, out);
        *wanted = WEIGHT_F32;
        return true;
    }
    *out = (struct plan_tensor){
        .role = source->role, .source_layer = source->layer, .dimensions = source->dimensions};
    *wanted = wanted_type(shape, options, source->role, source->type);
    if (rule_kept_size(shape, source, character, &out->columns, &out->rows)) {
        *wanted = kept_tensor(source, *wanted, out);
        return true;
    }
    if (role->attention) {
        if (!zero_attention || source->role == ROLE_ATTN_OUTPUT_BIAS)
            return false;
    } else if (has_bias(source->role)) {
        return false;
    }
    if (source->role == ROLE_ATTN_OUTPUT || (role->mlp && role->matrix)) {
        zero_tensor(shape, source->layer, *wanted, out);
    } else {
        *wanted = kept_tensor(source, *wanted, out);
    }
    return true;
}

/* The type of `role` in the first layer that has it: the model for what a layer lacks. */
static enum weight_type donor_type(const struct arch_shape *shape, enum tensor_role role)
{
    for (size_t i = 0; i < shape->tensors; i++)
        if (shape->tensor[i].role == role)
            return shape->tensor[i].type;
    return WEIGHT_F32;
}

static enum status visit_zeros(const struct arch_shape *shape, const struct weight_options *options,
                               uint32_t source_layer, uint32_t layer, bool attention,
                               rule_visitor *visit, void *context, struct error *error)
{
    static const enum tensor_role roles[2][5] = {
        {ROLE_FFN_NORM, ROLE_FFN_GATE, ROLE_FFN_UP, ROLE_FFN_DOWN, ROLES},
        {ROLE_ATTN_NORM, ROLE_ATTN_Q, ROLE_ATTN_K, ROLE_ATTN_V, ROLE_ATTN_OUTPUT},
    };
    for (size_t i = 0; i < 5 && roles[attention][i] != ROLES; i++) {
        struct plan_tensor tensor = {
            .role = roles[attention][i], .source_layer = source_layer, .layer = layer};
        const enum weight_type wanted =
            wanted_type(shape, options, tensor.role, donor_type(shape, tensor.role));
        zero_tensor(shape, source_layer, wanted, &tensor);
        const enum status status = visit(context, &tensor, wanted, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status rule_visit(const struct arch_shape *shape, const struct arch_code *code,
                       const struct weight_options *options, const struct rule_layers *layers,
                       rule_visitor *visit, void *context, struct error *error)
{
    enum status status = STATUS_OK;
    bool biased[ARCH_MAX_LAYERS] = {false};

    const bool typed = code->text[shape->layers] == ':'; /* a search visits thousands of codes */
    if (options == NULL)
        options = &source_options;
    for (size_t i = 0; i < shape->tensors && status == STATUS_OK; i++) {
        const struct arch_tensor *source = &shape->tensor[i];
        const bool in_layer = role_table[source->role].in_layer;
        const char character = code->text[source->layer];
        const struct weight_options own =
            in_layer && typed ? arch_layer_options(options, code, source->layer) : *options;
        struct plan_tensor tensor;
        enum weight_type wanted;
        if (in_layer && !arch_keeps_layer(character))
            continue;
        const bool first = in_layer && source->layer == layers->source_layer[0];
        if (!source_tensor(shape, &own, source, character,
                           (first && layers->zero_attention) || layers->pad, &tensor, &wanted))
            continue;
        tensor.layer = in_layer ? layers->position[source->layer] : 0;
        if (tensor.action == PLAN_BIAS)
            biased[source->layer] = true;
        status = visit(context, &tensor, wanted, error);
    }
    /* Parts that the source itself lacks but the file needs. */
    for (uint32_t i = 0; i < layers->kept && status == STATUS_OK; i++) {
        const uint32_t source = layers->source_layer[i];
        const struct weight_options own = arch_layer_options(options, code, source);
        if (((i == 0 && layers->zero_attention) || layers->pad) && !shape->layer[source].attention)
            status = visit_zeros(shape, &own, source, i, true, visit, context, error);
        if (status == STATUS_OK && !shape->layer[source].mlp)
            status = visit_zeros(shape, &own, source, i, false, visit, context, error);
        if (status == STATUS_OK && !biased[source] &&
            arch_compensated(shape, options, source, code->text[source])) {
            struct plan_tensor tensor;
            bias_tensor(shape, source, code->text[source], &tensor);
            tensor.layer = i;
            status = visit(context, &tensor, WEIGHT_F32, error);
        }
    }
    return status;
}

enum weight_type arch_written_type(const struct arch_shape *shape,
                                   const struct weight_options *options, enum tensor_role role,
                                   uint32_t layer, char character)
{
    if (options == NULL)
        options = &source_options;
    for (size_t i = 0; i < shape->tensors; i++) {
        const struct arch_tensor *source = &shape->tensor[i];
        struct plan_tensor tensor;
        enum weight_type wanted;
        if (source->role != role || (role_table[role].in_layer && source->layer != layer))
            continue;
        return source_tensor(shape, options, source, character, true, &tensor, &wanted)
                   ? tensor.type
                   : wanted;
    }
    return wanted_type(shape, options, role, donor_type(shape, role));
}
