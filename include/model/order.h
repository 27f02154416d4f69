/* Importance orders: MLP neurons of each layer by E[h^2] * ||down column||^2 (Wanda-sp's score: An
 * et al., FLAP, 2024; Sun et al., Wanda, 2023) and their means, layers by block influence 1 - E[cos(x_in, x_out)]
 * (Men et al., ShortGPT, 2024), both from one pass of the full model over a calibration text. */
#ifndef MODEL_ORDER_H
#define MODEL_ORDER_H

#include "base/error.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_order {
    uint32_t layers;
    uint32_t *width;   /* [layers], neurons of each layer */
    uint32_t **neuron; /* [layers][width]: positions in file order, most important first;
                          NULL entry: unknown (file order) */
    float **mean;      /* [layers][width]: mean activation of each neuron by its position in file order
                          (what bias compensation makes up for); NULL, or an entry: unknown */
    float *influence;  /* [layers], block influence; NULL: unknown */
    float *beyond;     /* [layers][8]: share of a layer's summed importance in the neurons beyond a
                          width of k eighths, falling from 1 (k = 0); a layer without an MLP has 0
                          throughout. NULL: unknown */
    uint32_t *layer;   /* [layers], least important first (drop order); NULL: unknown */
    char model_sha256[SHA256_HEX], text_sha256[SHA256_HEX]; /* "": unknown; measuring leaves them
                                    to the caller, who has them in a cache */
};

struct supernet;
struct tokenizer;

/* One pass of the full model over `text`, `threads` threads; about 8,000 tokens. `progress` may be
 * NULL: called with [0,1]; it returns nonzero to cancel (STATUS_CANCELLED). */
enum status model_order_measure(struct supernet *supernet, const struct tokenizer *tokenizer,
                                const char *text, size_t length, unsigned threads,
                                int (*progress)(void *context, double done), void *context,
                                struct model_order *order, struct error *error);
/* Another order, of no layers, from the weights alone: ||gate_j||_1 + ||up_j||_1 of each neuron j, the
 * largest first (MultiPruner, arXiv 2501.09949; NNCF). Not what order.bin holds. */
enum status model_order_by_magnitude(struct supernet *supernet, struct model_order *order,
                                     struct error *error);
/* CSV, a line per layer, positions most important first (--neuron-order FILE). Each line must be a
 * permutation of 0..width-1. */
enum status model_order_read_csv(const char *path, const struct supernet *supernet,
                                 struct model_order *order, struct error *error);
/* order.bin: magic, version, both hashes, integers; strict on reading. */
enum status model_order_load(const char *path, struct model_order *order, struct error *error);
enum status model_order_save(const char *path, const struct model_order *order,
                             struct error *error);
bool model_order_has_means(const struct model_order *order); /* of all its neurons */
void model_order_release(struct model_order *order);

#endif
