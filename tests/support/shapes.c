/* Shapes of models built by hand. */
#include "shapes.h"

#include "base/memory.h"

#include <stdlib.h>

const struct shape_recipe shape_smollm = {.layers = 30,
                                          .hidden = 576,
                                          .head_size = 64,
                                          .heads = 9,
                                          .kv_heads = 3,
                                          .intermediate = 1536,
                                          .vocabulary = 49152,
                                          .tied = true,
                                          .matrix = WEIGHT_Q4_1,
                                          .embedding = WEIGHT_Q8_0};
const struct shape_recipe shape_llama2_7b = {.layers = 32,
                                             .hidden = 4096,
                                             .head_size = 128,
                                             .heads = 32,
                                             .kv_heads = 32,
                                             .intermediate = 11008,
                                             .vocabulary = 32000,
                                             .matrix = WEIGHT_F16,
                                             .embedding = WEIGHT_F16};
const struct shape_recipe shape_odd = {.layers = 12,
                                       .hidden = 256,
                                       .head_size = 32,
                                       .heads = 8,
                                       .kv_heads = 2,
                                       .intermediate = 688,
                                       .vocabulary = 300,
                                       .biases = true,
                                       .rope_freqs = true,
                                       .matrix = WEIGHT_F16,
                                       .embedding = WEIGHT_Q6_K};

static void add(struct arch_shape *shape, enum tensor_role role, uint32_t layer, uint64_t columns,
                uint64_t rows, enum weight_type type)
{
    const bool matrix = role_table[role].matrix;
    shape->tensor[shape->tensors++] = (struct arch_tensor){.role = role,
                                                           .layer = layer,
                                                           .dimensions = matrix ? 2 : 1,
                                                           .columns = columns,
                                                           .rows = rows,
                                                           .type = matrix ? type : WEIGHT_F32};
}

static void add_layer(struct arch_shape *shape, const struct shape_recipe *r, uint32_t layer)
{
    const uint64_t q = (uint64_t)r->heads * r->head_size, kv = (uint64_t)r->kv_heads * r->head_size;

    add(shape, ROLE_ATTN_NORM, layer, r->hidden, 1, r->matrix);
    add(shape, ROLE_ATTN_Q, layer, r->hidden, q, r->matrix);
    add(shape, ROLE_ATTN_K, layer, r->hidden, kv, r->matrix);
    add(shape, ROLE_ATTN_V, layer, r->hidden, kv, r->matrix);
    add(shape, ROLE_ATTN_OUTPUT, layer, q, r->hidden, r->matrix);
    add(shape, ROLE_FFN_NORM, layer, r->hidden, 1, r->matrix);
    add(shape, ROLE_FFN_GATE, layer, r->hidden, r->intermediate, r->matrix);
    add(shape, ROLE_FFN_UP, layer, r->hidden, r->intermediate, r->matrix);
    add(shape, ROLE_FFN_DOWN, layer, r->intermediate, r->hidden, r->matrix);
    if (r->biases) {
        add(shape, ROLE_ATTN_Q_BIAS, layer, q, 1, r->matrix);
        add(shape, ROLE_ATTN_K_BIAS, layer, kv, 1, r->matrix);
        add(shape, ROLE_ATTN_V_BIAS, layer, kv, 1, r->matrix);
        add(shape, ROLE_ATTN_OUTPUT_BIAS, layer, r->hidden, 1, r->matrix);
        add(shape, ROLE_FFN_GATE_BIAS, layer, r->intermediate, 1, r->matrix);
        add(shape, ROLE_FFN_UP_BIAS, layer, r->intermediate, 1, r->matrix);
        add(shape, ROLE_FFN_DOWN_BIAS, layer, r->hidden, 1, r->matrix);
    }
    shape->layer[layer] =
        (struct arch_layer_shape){true, true, r->heads, r->kv_heads, r->intermediate};
}

void shape_build(struct arch_shape *shape, const struct shape_recipe *r)
{
    *shape = (struct arch_shape){
        .layers = r->layers,
        .hidden = r->hidden,
        .head_size = r->head_size,
        .vocabulary = r->vocabulary,
        .context = 2048,
        .heads = r->heads,
        .kv_heads = r->kv_heads,
        .tied_output = r->tied,
        .metadata = {.fixed_bytes = 1001, .prefixed_pairs = 9, .fixed_pairs = 20, .alignment = 32}};
    shape->tensor = memory_new(16 * (size_t)r->layers + 4, sizeof *shape->tensor, NULL);
    if (shape->tensor == NULL)
        abort();
    add(shape, ROLE_TOKEN_EMBD, 0, r->hidden, r->vocabulary, r->embedding);
    for (uint32_t layer = 0; layer < r->layers; layer++)
        add_layer(shape, r, layer);
    add(shape, ROLE_OUTPUT_NORM, 0, r->hidden, 1, r->matrix);
    if (!r->tied)
        add(shape, ROLE_OUTPUT, 0, r->hidden, r->vocabulary, r->embedding);
    if (r->rope_freqs)
        add(shape, ROLE_ROPE_FREQS, 0, r->head_size / 2, 1, r->matrix);
}

void shape_remove(struct arch_shape *shape, uint32_t layer, bool attention, bool mlp)
{
    size_t kept = 0;
    for (size_t i = 0; i < shape->tensors; i++) {
        const struct arch_tensor tensor = shape->tensor[i];
        const struct role_info *role = &role_table[tensor.role];
        if (!role->in_layer || tensor.layer != layer ||
            !((attention && role->attention) || (mlp && role->mlp)))
            shape->tensor[kept++] = tensor;
    }
    shape->tensors = kept;
    struct arch_layer_shape *own = &shape->layer[layer];
    if (attention)
        own->attention = false, own->heads = own->kv_heads = 0;
    if (mlp)
        own->mlp = false, own->intermediate = 0;
}
