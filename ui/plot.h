/* The plot's parts: positions of values on the screen, and the frame around the points. */
#ifndef UI_PLOT_H
#define UI_PLOT_H

#include "screen.h"

struct plot {
    struct grid *grid;
    const struct view *view;
    const struct snapshot *snapshot;
    struct rect area; /* points */
    bool axes;        /* there is room for them */
    struct axis x, y;
    struct pin pins[VIEW_PINS]; /* as drawn: the draft in place of the pin it would replace */
    size_t pin_count;
};

void plot_put(const struct plot *plot, int x, int y, uint32_t glyph, enum colour colour,
              unsigned style); /* within the area */
void plot_draw_dominated(const struct plot *plot);
void plot_draw_lines(const struct plot *plot); /* along the fronts */
void plot_draw_rows(const struct plot *plot);  /* those that matter */
void plot_shade_pins(const struct plot *plot);
void plot_draw_pins(const struct plot *plot);  /* lines */
void plot_label_pins(const struct plot *plot); /* of vertical lines */

/* Dot of a value, from the top left of the area; cell of a value, on the screen. Either may lie
 * outside the area; INT_MIN: the axis has no place for the value. */
int plot_dot_x(const struct plot *plot, double value);
int plot_dot_y(const struct plot *plot, double value);
int plot_cell_x(const struct plot *plot, double value);
int plot_cell_y(const struct plot *plot, double value);
bool plot_in_columns(const struct plot *plot, int x); /* a cell of the area */
bool plot_in_rows(const struct plot *plot, int y);

/* Gives the points their area in rect, with its axes at the left and below where there is room for
 * them: then true, and they are to be drawn. */
bool plot_place(struct plot *plot, struct rect rect);
void plot_draw_axes(const struct plot *plot);
/* Dots from one point to another as a stair, every `gap`-th: along x, then along y. */
void plot_step(const struct plot *plot, double x0, double y0, double x1, double y1, int gap,
               enum colour colour);
void plot_draw_title(struct grid *grid, struct rect rule, const struct plot *plot);
/* What the run is doing while there is nothing to plot. */
void plot_draw_waiting(struct grid *grid, struct rect rect, const struct snapshot *snapshot);

#endif
