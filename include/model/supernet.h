/* The super-network: all weights of the loaded model, memory-mapped in their file type, shared
 * read-only by all threads; and its sub-networks as lists of layers. A layer's matrices are decoded
 * when they are held and stay decoded while the memory given lasts (supernet_set_memory), so that a
 * model needs no more memory than one layer of it. The weights of a sub-network are exactly those
 * that extraction would write (arch/plan.h): converted ones are encoded and decoded once. In a lower
 * precision than f32 (num/packed.h) matrices are packed per width.
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
/* Bytes that decoded weights may take; what is held at a time is decoded whatever it takes. Without
 * a call: no limit. */
void supernet_set_memory(struct supernet *supernet, uint64_t bytes);
uint64_t supernet_decoded(const struct supernet *supernet); /* bytes of decoded weights now */

/* Sets the neuron order (copied) before the first sub-network with a cut; NULL: file order. The
 * model's own `paretop.neurons_sorted` layers keep file order whatever `order` says. */
enum status supernet_set_order(struct supernet *supernet, const struct model_order *order,
                               struct error *error);
/* Mean activation of each of the layer's neurons, by its place in the file; NULL: not known. */
const float *supernet_means(const struct supernet *supernet, uint32_t layer);
/* ffn_down.bias of the layer cut to `width` (0: no MLP), compensated for the neurons that are not
 * in it: the source's own, and the sum over them of mean activation times column of ffn_down.
 * bias[hidden]. STATUS_INVALID when the means are not known. */
enum status supernet_compensation(const struct supernet *supernet, uint32_t layer, uint32_t width,
                                  float *bias, struct error *error);
/* Neurons kept by a layer cut to `width`, most important first; NULL: file order (0..width-1). */
const uint32_t *supernet_neurons(const struct supernet *supernet, uint32_t layer);

struct matrix {              /* w[rows, columns], f32, row-major; bias[rows] or NULL */
    const float *w;          /* NULL unless held, or the caller's own */
    const float *bias;
    uint32_t rows, columns;
    size_t stride;           /* elements from row to row; above `columns` only in a cut ffn_down */
    const struct packed_matrix *packed; /* in a lower precision, instead of w (q: of q, k and v);
                                           NULL: f32 */
};

struct subnet_layer {
    uint32_t source;                      /* layer in the source */
    char character;                       /* of the code */
    bool attention, mlp;
    uint32_t heads, kv_heads, width;
    const float *attn_norm, *ffn_norm;    /* [hidden] */
    struct matrix q, k, v, o, gate, up, down; /* k follows q in memory, v follows k; without an MLP
                                                 down.bias may stand for what it gave on average */
};

struct subnet {
    struct supernet *supernet;            /* borrowed */
    struct arch_code code;
    struct weight_options weights;
    enum precision precision;
    uint32_t layers;                      /* kept */
    struct subnet_layer *layer;           /* owned; without their matrices' weights */
    const float *output_norm;
    struct matrix output;                 /* without its weights */
    const float *rope_factors;            /* [head_size/2] or NULL */
};

/* Decodes no matrix. Options NULL: source. */
enum status subnet_new(struct supernet *supernet, const struct arch_code *code,
                       const struct weight_options *options, struct subnet **subnet,
                       struct error *error);
/* The same, its products with weights in the given precision. */
enum status subnet_new_precision(struct supernet *supernet, const struct arch_code *code,
                                 const struct weight_options *options, enum precision precision,
                                 struct subnet **subnet, struct error *error);
void subnet_free(struct subnet *subnet);

/* One layer with its weights, or the output head. */
#define SUBNET_HELD 5
struct subnet_held {
    struct subnet_layer layer;
    struct matrix output;
    struct piece *piece[SUBNET_HELD];
    size_t pieces;
};
/* Kept layer `index`, or the head (index = subnet->layers): decodes what is missing, any thread;
 * valid until dropped. Threads that hold the same layer share the decoding. */
enum status subnet_hold(const struct subnet *subnet, uint32_t index, struct subnet_held *held,
                        struct error *error);
void subnet_drop(const struct subnet *subnet, struct subnet_held *held);
/* Decodes all of it ahead, so that what follows is only computing; nothing when it is more than the
 * memory given. */
enum status subnet_warm(const struct subnet *subnet, struct error *error);
/* x[count, hidden]: the tokens' embeddings, f32 in any precision. */
enum status subnet_embed(const struct subnet *subnet, const int32_t *token, size_t count, float *x,
                         struct error *error);

#endif
