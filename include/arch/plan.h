/* The plan of the file that a code stands for: every tensor that would be written, in order, with
 * its size and weight type, and the closed form of the file's size. One set of rules (RULES.md
 * `--type`, canonical file) for evaluation, shown size and extraction:
 * - `source`: each tensor keeps its type; unchanged tensors are copied byte for byte; a full MLP
 *   keeps file order; a cut gate/up is rows, copied; only a cut down is permuted and encoded again.
 * - a type by name (of the code's layer, else of the options) converts every matrix; norms and biases stay F32; `head` is for output.weight
 *   (token_embd if tied).
 * - a row that the type's block does not divide, or a cut matrix whose type has no encoder, is
 *   written as Q8_0, else F16 (fallback counted in `fallbacks`).
 * - code character '0' (no MLP) is written as a 32-wide MLP of zeros.
 * - architecture `llama` only when all widths are equal and every kept layer has attention; else
 *   `deci`; when the first kept layer has no attention its attention is written with an
 *   attn_output of zeros. */
#ifndef ARCH_PLAN_H
#define ARCH_PLAN_H

#include "arch/code.h"
#include "base/buf.h"

struct weight_options {      /* zero value with type/head = WEIGHT_SOURCE is the default */
    enum weight_type type;   /* WEIGHT_SOURCE, or an encodable type */
    enum weight_type head;   /* WEIGHT_SOURCE: as `type` says */
    bool compensate;         /* what a cut MLP's missing neurons give on average becomes its
                                ffn_down.bias (An et al., FLAP, arXiv 2312.11983) */
};

enum plan_action {
    PLAN_COPY,     /* bytes of the source tensor as they are */
    PLAN_ROWS,     /* chosen rows (neuron order), source type: bytes of whole rows copied */
    PLAN_CONVERT,  /* decode, choose rows (gate, up) or columns (down) by neuron order, encode */
    PLAN_ZERO,     /* zeros of that size and type (no source data read) */
    PLAN_BIAS,     /* ffn_down.bias: the source's, where it has one, and the compensation */
};

struct plan_tensor {
    enum tensor_role role;
    uint32_t source_layer;   /* layer in the source */
    uint32_t layer;          /* layer in the written file */
    uint32_t dimensions;
    uint64_t columns, rows;  /* as written, without padding */
    uint64_t pad_columns, pad_rows; /* zeros written behind them */
    enum weight_type type;   /* as written */
    enum weight_type wanted; /* by source or options; not `type`: it could not hold the tensor */
    enum plan_action action;
    uint32_t kept;           /* PLAN_BIAS: neurons that the layer keeps */
};

struct arch_plan {
    bool deci;                              /* else architecture llama */
    uint32_t layers;                        /* kept */
    uint32_t source_layer[ARCH_MAX_LAYERS]; /* of each written layer */
    uint32_t width[ARCH_MAX_LAYERS];        /* feed_forward_length written, per written layer */
    uint32_t heads[ARCH_MAX_LAYERS], kv_heads[ARCH_MAX_LAYERS]; /* 0: no attention written */
    size_t tensors;
    struct plan_tensor *tensor;             /* owned */
    uint32_t fallbacks;                     /* tensors whose type had to change */
    struct arch_code code;
};

enum status arch_plan_make(const struct arch_shape *shape, const struct arch_code *code,
                           const struct weight_options *options, struct arch_plan *plan,
                           struct error *error);
/* The same for a file of architecture `llama` whatever the code: every layer is as wide as the widest,
 * with zeros in place of the neurons that it lacks, and has attention, with an attn_output of zeros
 * where it had none. What it computes is the same. STATUS_INVALID where heads differ. */
enum status arch_plan_make_padded(const struct arch_shape *shape, const struct arch_code *code,
                                  const struct weight_options *options, struct arch_plan *plan,
                                  struct error *error);
void arch_plan_release(struct arch_plan *plan);

/* Appends which tensors have not the type they were wanted in, and why, in words: "blk.0-3,7
 * .ffn_down.weight as q8_0 (q4_k can be read, not written); ..."; nothing when plan->fallbacks
 * is 0. */
enum status arch_plan_fallback_text(const struct arch_plan *plan, struct buf *text,
                                    struct error *error);

/* The options of one layer: a type of its own in the code beats `type`. */
struct weight_options arch_layer_options(const struct weight_options *options,
                                         const struct arch_code *code, uint32_t layer);
/* Weight type (as written) of one matrix role in one source layer when the layer's character is
 * `character`: what the evaluator must encode to and decode from. */
enum weight_type arch_written_type(const struct arch_shape *shape,
                                   const struct weight_options *options, enum tensor_role role,
                                   uint32_t layer, char character);

/* True where the layer's MLP with this character lacks neurons and `options` compensate for them: the
 * file has an ffn_down.bias, F32. Also of '0', which lacks them all. */
bool arch_compensated(const struct arch_shape *shape, const struct weight_options *options,
                      uint32_t layer, char character);

/* ---- costs: closed forms, microseconds each, no allocation ---- */

/* Parameters as published sizes count them: elements of all tensors kept, embeddings once when
 * tied; a '0' layer's zero MLP and biases of compensation are not counted. */
uint64_t arch_params(const struct arch_shape *shape, const struct arch_code *code);
/* Multiply-accumulates per token at a context of 0: all matrices of kept parts and the output
 * head, no attention products. */
uint64_t arch_macs(const struct arch_shape *shape, const struct arch_code *code);
/* Exact bytes of the file that extraction writes. With the full code and `source` it is also what
 * extraction would write; RULES.md: `--arch` and `--type` both absent shows shape->file_bytes. */
uint64_t arch_bytes(const struct arch_shape *shape, const struct arch_code *code,
                    const struct weight_options *options);
/* Of arch_plan_make_padded's. */
uint64_t arch_bytes_padded(const struct arch_shape *shape, const struct arch_code *code,
                           const struct weight_options *options);

#endif
