/* The shape of a full model, as far as architectures, costs and file sizes need it: no weights, no
 * file. Built by model/config from a GGUF; tests build it by hand. */
#ifndef ARCH_SHAPE_H
#define ARCH_SHAPE_H

#include "base/weight_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCH_MAX_LAYERS 256

/* What a tensor is; one row each in role_table (GGUF name pattern, part). */
enum tensor_role {
    ROLE_TOKEN_EMBD, ROLE_OUTPUT_NORM, ROLE_OUTPUT, ROLE_ROPE_FREQS,
    ROLE_ATTN_NORM, ROLE_ATTN_Q, ROLE_ATTN_K, ROLE_ATTN_V, ROLE_ATTN_OUTPUT,
    ROLE_ATTN_Q_BIAS, ROLE_ATTN_K_BIAS, ROLE_ATTN_V_BIAS, ROLE_ATTN_OUTPUT_BIAS,
    ROLE_FFN_NORM, ROLE_FFN_GATE, ROLE_FFN_UP, ROLE_FFN_DOWN,
    ROLE_FFN_GATE_BIAS, ROLE_FFN_UP_BIAS, ROLE_FFN_DOWN_BIAS,
    ROLES,
};

struct role_info {
    enum tensor_role role;
    const char *name;   /* "blk.%u.attn_q.weight" or "token_embd.weight" */
    size_t name_length;
    bool in_layer;      /* the name has a layer number */
    bool attention;     /* belongs to a layer's attention part (its norm too) */
    bool mlp;           /* belongs to a layer's MLP part (its norm too) */
    bool matrix;        /* two dimensions: takes --type; else stays F32 */
};
extern const struct role_info role_table[ROLES]; /* indexed by role */
/* GGUF name of a role's tensor; `layer` is ignored outside layers. */
void role_tensor_name(enum tensor_role role, uint32_t layer, char name[64]);

struct arch_tensor { /* one tensor of the source file, in file order */
    enum tensor_role role;
    uint32_t layer;        /* 0 for tensors outside layers */
    uint32_t dimensions;
    uint64_t columns, rows; /* GGUF size[0], size[1] (rows 1 for vectors) */
    enum weight_type type;
};

struct arch_layer_shape {
    bool attention, mlp;                 /* present in the source */
    uint32_t heads, kv_heads;            /* 0 without attention */
    uint32_t intermediate;               /* full MLP width; 0 without MLP */
};

/* What arch/cost needs to know of the source's metadata to give exact file sizes without a file.
 * Filled by model/config (which knows which keys extraction rewrites). */
struct arch_metadata_cost {
    uint64_t fixed_bytes;      /* pairs written whatever the code, except those counted below */
    uint64_t prefixed_pairs;   /* of these, how many carry the "<architecture>." prefix; their bytes
                                  in fixed_bytes are counted WITHOUT the architecture's name */
    uint64_t fixed_pairs;      /* count of pairs in fixed_bytes (for the header: none needed) */
    uint32_t alignment;        /* general.alignment, 32 by default */
};

struct arch_shape {
    uint32_t layers, hidden, head_size, vocabulary, context;
    uint32_t heads, kv_heads;            /* the maximum over layers */
    bool tied_output;                    /* no output.weight: token_embd serves */
    struct arch_layer_shape layer[ARCH_MAX_LAYERS];
    size_t tensors;                      /* 0: not known, and no size is */
    struct arch_tensor *tensor;          /* owned (memory_new) */
    struct arch_metadata_cost metadata;
    uint64_t file_bytes;                 /* of the source file itself */
};

void arch_shape_release(struct arch_shape *shape);

#endif
