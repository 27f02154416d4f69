/* The super-network: all weights of the loaded model, memory-mapped in their file type and decoded
 * to f32 on first use, shared read-only by all threads; and its sub-networks as sets of views.
 * The weights of a sub-network are exactly those that extraction would write (arch/plan.h):
 * converted ones are encoded and decoded once. Decoded pieces are cached by (layer, part, width,
 * type, precision) and owned by the super-network. In a lower precision than f32 (num/packed.h)
 * matrices are packed per width; then the f32 piece stays only where other widths are cut from it.
 * Neuron order: for each layer a permutation, most important neuron first, applied only when the
 * layer is cut. */
#ifndef MODEL_SUPERNET_H
#define MODEL_SUPERNET_H

#include "arch/plan.h"
#include "model/config.h"
#include "model/order.h"
#include "num/packed.h"

struct supernet;

/* Maps the file; decodes nothing yet. */
enum status supernet_open(const char *path, struct supernet **supernet, struct error *error);
void supernet_close(struct supernet *supernet);
const struct model_config *supernet_config(const struct supernet *supernet);
const struct arch_shape *supernet_shape(const struct supernet *supernet);
const struct gguf *supernet_gguf(const struct supernet *supernet);

/* Sets the neuron order (copied) before the first sub-network with a cut; NULL: file order. The
 * model's own `paretop.neurons_sorted` layers keep file order whatever `order` says. */
enum status supernet_set_order(struct supernet *supernet, const struct model_order *order,
                               struct error *error);
/* Neurons kept by a layer cut to `width`, most important first; NULL: file order (0..width-1). */
const uint32_t *supernet_neurons(const struct supernet *supernet, uint32_t layer);

struct matrix {              /* w[rows, columns], f32, row-major; bias[rows] or NULL */
    const float *w;
    const float *bias;
    uint32_t rows, columns;
    size_t stride;           /* elements from row to row; above `columns` only in a cut ffn_down */
    const struct packed_matrix *packed; /* in a lower precision, instead of w (q: of q, k and v);
                                           NULL: f32 */
};

struct subnet_layer {
    uint32_t source;                      /* layer in the source (for messages) */
    bool attention, mlp;
    uint32_t heads, kv_heads, width;
    const float *attn_norm, *ffn_norm;    /* [hidden] */
    struct matrix q, k, v, o, gate, up, down; /* k follows q in memory, v follows k */
};

struct subnet {
    const struct supernet *supernet;
    struct arch_code code;
    uint32_t layers;                      /* kept */
    struct subnet_layer *layer;           /* owned; views borrowed from the super-network */
    const float *token_embedding;         /* [vocabulary, hidden] decoded */
    const float *output_norm;
    struct matrix output;
    const float *rope_factors;            /* [head_size/2] or NULL */
};

/* Decodes what is missing (thread-safe). Options NULL: source. */
enum status subnet_new(struct supernet *supernet, const struct arch_code *code,
                       const struct weight_options *options, struct subnet **subnet,
                       struct error *error);
/* The same, its products with weights in the given precision. */
enum status subnet_new_precision(struct supernet *supernet, const struct arch_code *code,
                                 const struct weight_options *options, enum precision precision,
                                 struct subnet **subnet, struct error *error);
void subnet_free(struct subnet *subnet);

#endif
