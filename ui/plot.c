/* The plot: which layers lie over which. Cells that dots share come first, then what dims, lines,
 * points; last the labels of vertical pins, where they hide least. */
#include "plot.h"

#include <limits.h>

void plot_put(const struct plot *plot, int x, int y, uint32_t glyph, enum colour colour,
              unsigned style)
{
    if (plot_in_columns(plot, x) && plot_in_rows(plot, y))
        grid_put(plot->grid, x, y, glyph, colour, style);
}

static bool blank(const struct plot *plot, int x, int y)
{
    const struct cell *cell = grid_at(plot->grid, x, y);
    return cell && cell->glyph == ' ';
}

/* What guessing gets, as far as nothing stands there. */
static void draw_chance(const struct plot *plot)
{
    double chance = plot->snapshot->chance[plot->view->axis[1]];
    int y = chance > 0 ? plot_cell_y(plot, chance) : -1;
    if (!plot_in_rows(plot, y))
        return;
    int right = plot->area.x + plot->area.w, text = right - 10;
    bool named = plot->area.w > 20; /* at the right: few networks are large and that bad */
    for (int x = text; x < right - 2; x++)
        named = named && blank(plot, x, y);
    for (int x = plot->area.x; x < right; x++)
        if (blank(plot, x, y))
            grid_put(plot->grid, x, y, 0x2508, COLOUR_FRAME, 0);
    if (named)
        grid_text(plot->grid, text, y, 8, COLOUR_FAINT, 0, " chance ");
}

static void draw_points(const struct plot *plot)
{
    plot_draw_dominated(plot);
    draw_chance(plot);
    plot_shade_pins(plot);
    plot_draw_lines(plot);
    plot_draw_pins(plot);
    plot_draw_rows(plot);
    plot_label_pins(plot);
}

/* Axes and area of the plot in rect; false: there is nothing to plot yet. */
static bool place(struct plot *plot, struct grid *grid, struct rect rect, const struct view *view,
                  const struct snapshot *snapshot)
{
    const struct view_range *range = view->range;
    *plot = (struct plot){.grid = grid, .view = view, .snapshot = snapshot};
    if (!snapshot->rows || !view->axes_known || !range[0].known || !range[1].known)
        return false;
    axis_init(&plot->y, objective_table[view->axis[1]].quantity, range[1].lo, range[1].hi,
              view->log[1], rect.h / 2);
    axis_init(&plot->x, objective_table[view->axis[0]].quantity, range[0].lo, range[0].hi,
              view->log[0], rect.w / 8);
    plot->axes = plot_place(plot, rect);
    return true;
}

#define NEAR 5 /* squared: nothing farther than two cells is meant */

uint32_t plot_row_at(struct rect rect, const struct view *view, const struct snapshot *snapshot,
                     int x, int y)
{
    struct grid grid = {.glyphs = view->glyphs};
    struct plot plot;
    uint32_t best = NO_ROW;
    int least = INT_MAX;
    if (rect.w < 1 || rect.h < 1 || !place(&plot, &grid, rect, view, snapshot))
        return NO_ROW;
    for (size_t i = 0; i < view->rows; i++) {
        uint32_t id = view->row[i];
        const struct row *row = view_row(snapshot, id);
        if (!row)
            continue;
        int at_x = plot_cell_x(&plot, view_value(snapshot, row, view->axis[0]));
        int at_y = plot_cell_y(&plot, view_value(snapshot, row, view->axis[1]));
        if (!plot_in_columns(&plot, at_x) || !plot_in_rows(&plot, at_y))
            continue;
        int distance = (at_x - x) * (at_x - x) + (at_y - y) * (at_y - y);
        if (distance >= NEAR || 4 * distance > least)
            continue;
        /* of those in one cell the one that is drawn there */
        int rank = 4 * distance + (id == snapshot->base ? 0 : view_on_front(snapshot, id) ? 1 : 2);
        if (rank < least) {
            least = rank;
            best = id;
        }
    }
    return best;
}

void draw_plot(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
               const struct snapshot *snapshot)
{
    struct plot plot;
    if (rect.w < 1 || rect.h < 1)
        return;
    if (!place(&plot, grid, rect, view, snapshot)) {
        draw_rule(grid, rule, "plot");
        plot_draw_waiting(grid, rect, snapshot);
        return;
    }
    plot.pin_count = view_pins_drawn(view, snapshot, plot.pins);
    plot_draw_title(grid, rule, &plot);
    draw_points(&plot);
    if (plot.axes)
        plot_draw_axes(&plot);
}
