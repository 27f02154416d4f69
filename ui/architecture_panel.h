/* What the parts of the architecture view draw from. */
#ifndef UI_ARCHITECTURE_PANEL_H
#define UI_ARCHITECTURE_PANEL_H

#include "columns.h"
#include "screen.h"
#include "values.h"

struct architecture_panel {
    struct grid *grid;
    const struct view *view;
    const struct snapshot *snapshot;
    struct rect rect;               /* below the title */
    struct arch_code code;          /* as shown */
    struct arch_code original;      /* the selected network's */
    bool draft;                     /* code differs from original */
    const struct row *row;          /* the selected network; NULL: none is evaluated */
    const struct arch_shape *shape; /* NULL: not known, or not of this code */
    size_t layers;                  /* of the code */
    size_t layer;                   /* the cursor's, within the code */
    struct columns columns;
};

/* Values of the base, the selected network, the draft, each a column, and the last difference. */
int architecture_value_rows(const struct architecture_panel *panel);
void architecture_values(const struct architecture_panel *panel, struct rect rect);
/* Whether the pins hold, one after another on a line. */
void architecture_pins(const struct architecture_panel *panel, struct rect rect);
/* What is known of the layer under the cursor, in words. */
int architecture_layer_rows(const struct architecture_panel *panel);
void architecture_layer(const struct architecture_panel *panel, struct rect rect);
/* A row per layer, with what it has in numbers; for wide screens. */
void architecture_list(const struct architecture_panel *panel, struct rect rect);
/* The layer whose row is y; SIZE_MAX: none. */
size_t architecture_list_layer(const struct architecture_panel *panel, struct rect rect, int y);

#endif
