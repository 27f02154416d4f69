/* What a set of networks keeps of each layer: counted once for a set, drawn many times. */
#ifndef UI_LAYER_SHARES_H
#define UI_LAYER_SHARES_H

#include "engine/snapshot.h"

struct view;

enum layers_set { LAYERS_FRONT, LAYERS_MARKED, LAYERS_WITHIN, LAYERS_ALL, LAYERS_SETS };

#define LAYER_LETTERS 18                            /* of the architecture code */
extern const char layer_letters[LAYER_LETTERS + 1]; /* from whole to dropped */

#define LAYER_SLICES 8

struct layer_mean { /* over some networks */
    size_t networks;
    double mean, error; /* of the first objective; error: NaN of fewer than two */
    double layers;      /* kept, mean */
};

struct layer_shares {
    uint64_t counted; /* a hash of what was counted; 0: nothing yet */
    size_t networks;
    uint32_t layers;
    uint32_t letter[ARCH_MAX_LAYERS][LAYER_LETTERS]; /* networks that choose it */
    uint32_t depth[ARCH_MAX_LAYERS + 1];             /* networks that keep as many layers */
    uint64_t width[9]; /* kept layers with as many eighths of an MLP */
    /* of all networks, in the order in which they were evaluated, cut into slices */
    size_t slices, slice_networks[LAYER_SLICES];
    uint32_t slice_whole[LAYER_SLICES][ARCH_MAX_LAYERS]; /* of these keep the layer whole */
    /* of the networks that keep, and that drop, one layer; without networks unless there are both
     */
    uint32_t compared;
    struct layer_mean with, without;
};

/* Counts again where anything has changed since. */
void layer_shares_count(struct layer_shares *shares, const struct view *view,
                        const struct snapshot *snapshot, enum layers_set set, uint32_t layer);
double layer_share(const struct layer_shares *shares, uint32_t layer, const char *letters);
/* The letter that most networks choose, of equals the one that keeps more; '\0' without networks.
 */
char layer_favourite(const struct layer_shares *shares, uint32_t layer);

#endif
