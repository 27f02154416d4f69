/* What GGUF's tensors are called in Hugging Face folders (transformers' LlamaForCausalLM). */
#include "hugging_face_private.h"

#include <stdio.h>
#include <string.h>

#define LAYER "model.layers.%u."

const char *const hugging_face_names[ROLES] = {
    [ROLE_TOKEN_EMBD] = "model.embed_tokens.weight",
    [ROLE_OUTPUT_NORM] = "model.norm.weight",
    [ROLE_OUTPUT] = "lm_head.weight",
    [ROLE_ATTN_NORM] = LAYER "input_layernorm.weight",
    [ROLE_ATTN_Q] = LAYER "self_attn.q_proj.weight",
    [ROLE_ATTN_K] = LAYER "self_attn.k_proj.weight",
    [ROLE_ATTN_V] = LAYER "self_attn.v_proj.weight",
    [ROLE_ATTN_OUTPUT] = LAYER "self_attn.o_proj.weight",
    [ROLE_ATTN_Q_BIAS] = LAYER "self_attn.q_proj.bias",
    [ROLE_ATTN_K_BIAS] = LAYER "self_attn.k_proj.bias",
    [ROLE_ATTN_V_BIAS] = LAYER "self_attn.v_proj.bias",
    [ROLE_ATTN_OUTPUT_BIAS] = LAYER "self_attn.o_proj.bias",
    [ROLE_FFN_NORM] = LAYER "post_attention_layernorm.weight",
    [ROLE_FFN_GATE] = LAYER "mlp.gate_proj.weight",
    [ROLE_FFN_UP] = LAYER "mlp.up_proj.weight",
    [ROLE_FFN_DOWN] = LAYER "mlp.down_proj.weight",
    [ROLE_FFN_GATE_BIAS] = LAYER "mlp.gate_proj.bias",
    [ROLE_FFN_UP_BIAS] = LAYER "mlp.up_proj.bias",
    [ROLE_FFN_DOWN_BIAS] = LAYER "mlp.down_proj.bias",
};

void hugging_face_tensor_name(enum tensor_role role, uint32_t layer, char name[128])
{
    const char *pattern = hugging_face_names[role], *rest = strchr(pattern, '%');
    if (rest == NULL)
        snprintf(name, 128, "%s", pattern);
    else
        snprintf(name, 128, "%.*s%u%s", (int)(rest - pattern), pattern, layer, rest + 2);
}
