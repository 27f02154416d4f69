/* The table of tensor roles: GGUF names of the llama and deci architectures and the part of a layer
 * that each tensor belongs to. Invariant: role_table[r].role == r. */
#include "arch/shape.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>

#define NAMED(NAME) NAME, sizeof NAME - 1
#define OUTSIDE(ROLE, NAME, MATRIX) [ROLE] = {ROLE, NAMED(NAME), false, false, false, MATRIX}
#define ATTENTION(ROLE, NAME, MATRIX)                                                              \
    [ROLE] = {ROLE, NAMED("blk.%u." NAME), true, true, false, MATRIX}
#define MLP(ROLE, NAME, MATRIX) [ROLE] = {ROLE, NAMED("blk.%u." NAME), true, false, true, MATRIX}

const struct role_info role_table[ROLES] = {
    OUTSIDE(ROLE_TOKEN_EMBD, "token_embd.weight", true),
    OUTSIDE(ROLE_OUTPUT_NORM, "output_norm.weight", false),
    OUTSIDE(ROLE_OUTPUT, "output.weight", true),
    OUTSIDE(ROLE_ROPE_FREQS, "rope_freqs.weight", false),
    ATTENTION(ROLE_ATTN_NORM, "attn_norm.weight", false),
    ATTENTION(ROLE_ATTN_Q, "attn_q.weight", true),
    ATTENTION(ROLE_ATTN_K, "attn_k.weight", true),
    ATTENTION(ROLE_ATTN_V, "attn_v.weight", true),
    ATTENTION(ROLE_ATTN_OUTPUT, "attn_output.weight", true),
    ATTENTION(ROLE_ATTN_Q_BIAS, "attn_q.bias", false),
    ATTENTION(ROLE_ATTN_K_BIAS, "attn_k.bias", false),
    ATTENTION(ROLE_ATTN_V_BIAS, "attn_v.bias", false),
    ATTENTION(ROLE_ATTN_OUTPUT_BIAS, "attn_output.bias", false),
    MLP(ROLE_FFN_NORM, "ffn_norm.weight", false),
    MLP(ROLE_FFN_GATE, "ffn_gate.weight", true),
    MLP(ROLE_FFN_UP, "ffn_up.weight", true),
    MLP(ROLE_FFN_DOWN, "ffn_down.weight", true),
    MLP(ROLE_FFN_GATE_BIAS, "ffn_gate.bias", false),
    MLP(ROLE_FFN_UP_BIAS, "ffn_up.bias", false),
    MLP(ROLE_FFN_DOWN_BIAS, "ffn_down.bias", false),
};

void role_tensor_name(enum tensor_role role, uint32_t layer, char name[64])
{
    const char *pattern = role_table[role].name;
    const char *rest = strchr(pattern, '%');
    if (rest == NULL)
        snprintf(name, 64, "%s", pattern);
    else
        snprintf(name, 64, "%.*s%u%s", (int)(rest - pattern), pattern, layer, rest + strlen("%u"));
}

void arch_shape_release(struct arch_shape *shape)
{
    memory_free(shape->tensor);
    *shape = (struct arch_shape){0};
}
