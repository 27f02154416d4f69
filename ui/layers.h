/* The view of layers: what the networks of a set keep of each, and the layer under the cursor. */
#ifndef UI_LAYERS_H
#define UI_LAYERS_H

#include "layer_shares.h"

struct grid;
struct rect;
struct view;

struct view_layers {
    enum layers_set set;
    uint32_t layer; /* under the cursor */
    struct layer_shares shares;
};

/* Below the map, each within its rect: the layer under the cursor in numbers; how many layers the
 * networks keep beside how wide their MLPs are. */
void draw_layer_numbers(struct grid *grid, struct rect rect, const struct view *view,
                        const struct snapshot *snapshot);
void draw_layer_figures(struct grid *grid, struct rect rect, const struct layer_shares *shares);

#endif
