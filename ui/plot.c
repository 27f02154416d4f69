/* The plot: points from faint to bright, so that what matters stays on top: the forbidden side of
 * pins, dominated points and those outside the pins, the front's staircase, pins' lines, pruning
 * methods, the selected point's error bar, front, marks, base, the selected point; last the labels
 * of vertical pins, where they hide least. */
#include "plot.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put(const struct plot *plot, int x, int y, uint32_t glyph, enum colour colour,
                unsigned style)
{
    if (plot_in_columns(plot, x) && plot_in_rows(plot, y))
        grid_put(plot->grid, x, y, glyph, colour, style);
}

static double value_of(const struct plot *plot, const struct row *row, int axis)
{
    return view_value(plot->snapshot, row, plot->view->axis[axis]);
}

static void put_row(const struct plot *plot, const struct row *row, uint32_t glyph,
                    enum colour colour, unsigned style)
{
    put(plot, plot_cell_x(plot, value_of(plot, row, 0)), plot_cell_y(plot, value_of(plot, row, 1)),
        glyph, colour, style);
}

/* ---- layers of the picture ---- */

static void draw_chance(const struct plot *plot)
{
    double chance = plot->snapshot->chance[plot->view->axis[1]];
    if (!(chance > 0))
        return;
    int y = plot_cell_y(plot, chance);
    if (!plot_in_rows(plot, y))
        return;
    for (int x = plot->area.x; x < plot->area.x + plot->area.w; x++)
        grid_put(plot->grid, x, y, 0x2508, COLOUR_FRAME, 0);
    if (plot->area.w > 20) /* at the right: few networks are large and no better than guessing */
        grid_text_right(plot->grid, plot->area.x + plot->area.w - 2, y, 8, COLOUR_FAINT, 0,
                        " chance ");
}

static void shade(const struct plot *plot, const struct pin *pin, bool vertical, int line)
{
    bool after = vertical != pin->at_least; /* rows count downwards */
    for (int y = plot->area.y; y < plot->area.y + plot->area.h; y++)
        for (int x = plot->area.x; x < plot->area.x + plot->area.w; x++) {
            int at = vertical ? x : y;
            if ((after ? at > line : at < line) && (x + 4 * y) % 12 == 0)
                grid_put(plot->grid, x, y, 0x00b7, COLOUR_FRAME, STYLE_DIM);
        }
}

static void shade_pins(const struct plot *plot)
{
    if (plot->grid->glyphs == GLYPHS_ASCII)
        return; /* its dots would read as points */
    for (size_t i = 0; i < plot->pin_count; i++) {
        const struct pin *pin = &plot->pins[i];
        if (!pin->enabled)
            continue;
        if (pin->objective == plot->view->axis[0])
            shade(plot, pin, true, plot_cell_x(plot, pin->limit));
        else if (pin->objective == plot->view->axis[1])
            shade(plot, pin, false, plot_cell_y(plot, pin->limit));
    }
}

static bool allowed(const struct plot *plot, const struct row *row)
{
    for (size_t i = 0; i < plot->pin_count; i++)
        if (plot->pins[i].enabled &&
            row_pin_violation(row, &plot->pins[i], &plot->snapshot->estimate) > 0)
            return false;
    return true;
}

static void draw_dominated(const struct plot *plot)
{
    for (int pass = 0; pass < 2; pass++) /* dots first: they share cells, crosses do not */
        for (size_t i = 0; i < plot->snapshot->rows; i++) {
            const struct row *row = archive_row(plot->snapshot->archive, i);
            bool inside = allowed(plot, row);
            if (!view_counts(plot->snapshot, (uint32_t)i))
                continue;
            if (!pass && inside)
                grid_dot(plot->grid, plot->area, plot_dot_x(plot, value_of(plot, row, 0)),
                         plot_dot_y(plot, value_of(plot, row, 1)), COLOUR_DOMINATED);
            else if (pass && !inside)
                put_row(plot, row, 0x00d7, COLOUR_OUTSIDE, 0);
        }
}

/* Clears shading where dots will be: a cell shows one thing. */
static void clear_for_dots(const struct plot *plot)
{
    for (size_t i = 0; i < plot->snapshot->rows; i++) {
        const struct row *row = archive_row(plot->snapshot->archive, i);
        if (allowed(plot, row) && view_counts(plot->snapshot, (uint32_t)i))
            put_row(plot, row, ' ', COLOUR_TEXT, 0);
    }
}

/* The attainment surface of the front when the run's own two objectives are on the axes. */
static void draw_staircase(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    if (plot->grid->glyphs != GLYPHS_BRAILLE || s->m != 2 ||
        plot->view->axis[0] != s->objectives[1] || plot->view->axis[1] != s->objectives[0])
        return;
    for (size_t i = 0; i + 1 < s->fronts; i++) {
        const struct row *a = view_row(s, s->front[i]), *b = view_row(s, s->front[i + 1]);
        if (!a || !b)
            continue;
        int x0 = plot_dot_x(plot, value_of(plot, a, 0)),
            x1 = plot_dot_x(plot, value_of(plot, b, 0));
        int y0 = plot_dot_y(plot, value_of(plot, a, 1)),
            y1 = plot_dot_y(plot, value_of(plot, b, 1));
        if (x0 == INT_MIN || x1 == INT_MIN || y0 == INT_MIN || y1 == INT_MIN ||
            abs(x1 - x0) > 100000 || abs(y1 - y0) > 100000)
            continue;
        for (int x = x0; x != x1; x += x0 < x1 ? 1 : -1)
            grid_dot(plot->grid, plot->area, x, y0, COLOUR_GOOD);
        for (int y = y0; y != y1; y += y0 < y1 ? 1 : -1)
            grid_dot(plot->grid, plot->area, x1, y, COLOUR_GOOD);
    }
}

static void draw_error_bar(const struct plot *plot, const struct row *row)
{
    const enum objective *axis = plot->view->axis;
    bool vertical = isfinite(view_error(plot->snapshot, row, axis[1]));
    enum objective objective = vertical ? axis[1] : axis[0];
    double middle = view_value(plot->snapshot, row, objective);
    double se = view_error(plot->snapshot, row, objective);
    if (!isfinite(se))
        return;
    int x = plot_cell_x(plot, value_of(plot, row, 0)),
        y = plot_cell_y(plot, value_of(plot, row, 1));
    int from = vertical ? plot_cell_y(plot, middle + se) : plot_cell_x(plot, middle - se);
    int to = vertical ? plot_cell_y(plot, middle - se) : plot_cell_x(plot, middle + se);
    if (from == INT_MIN || to == INT_MIN)
        return;
    int first = vertical ? plot->area.y : plot->area.x;
    int last = vertical ? plot->area.y + plot->area.h - 1 : plot->area.x + plot->area.w - 1;
    for (int at = from < first ? first : from; at <= to && at <= last; at++) {
        uint32_t glyph = vertical     ? at == from ? 0x252c
                                        : at == to ? 0x2534
                                                   : 0x2502
                         : at == from ? 0x251c
                         : at == to   ? 0x2524
                                      : 0x2500;
        if (from != to)
            put(plot, vertical ? x : at, vertical ? at : y, glyph, COLOUR_SELECTED, 0);
    }
}

/* Networks of pruning methods, each with its method's name where nothing else stands. */
static void draw_baselines(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    for (size_t i = 0; i < s->baseline_rows; i++)
        put_row(plot, archive_row(s->baselines, i), 0x25bd, COLOUR_BASELINE, 0);
    for (size_t i = 0; i < s->baseline_rows; i++) {
        const struct row *row = archive_row(s->baselines, i);
        const char *colon = strchr(row->origin, ':'), *name = colon ? colon + 1 : row->origin;
        int x = plot_cell_x(plot, value_of(plot, row, 0)) + 2,
            y = plot_cell_y(plot, value_of(plot, row, 1)), cells = text_cells(name);
        bool room = plot_in_rows(plot, y);
        for (int k = -1; room && k <= cells; k++) { /* a blank on both sides */
            const struct cell *cell = grid_at(plot->grid, x + k, y);
            room = plot_in_columns(plot, x + k) && cell && cell->glyph == ' ';
        }
        if (room)
            grid_text(plot->grid, x, y, cells, COLOUR_BASELINE, 0, name);
    }
}

static void draw_rows(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    const struct row *selected = view_row(s, plot->view->selected), *base = view_row(s, s->base);
    if (selected)
        draw_error_bar(plot, selected);
    for (size_t i = 0; i < s->fronts; i++) {
        const struct row *row = view_row(s, s->front[i]);
        if (row)
            put_row(plot, row, 0x25cf, COLOUR_FRONT, STYLE_BOLD);
    }
    for (size_t i = 0; i < plot->view->marks; i++) {
        const struct row *row = view_row(s, plot->view->mark[i]);
        if (row)
            put_row(plot, row, 0x25b2, COLOUR_MARKED, STYLE_BOLD);
    }
    if (base)
        put_row(plot, base, 0x25c6, COLOUR_BASE, STYLE_BOLD);
    if (selected)
        put_row(plot, selected, 0x25c9, COLOUR_SELECTED, STYLE_BOLD);
}

/* How much of the picture a label there would hide. */
static int hidden_by(const struct plot *plot, int x, int y, int cells)
{
    int hidden = 0;
    for (int i = 0; i < cells; i++) {
        const struct cell *cell = grid_at(plot->grid, x + i, y);
        hidden += cell && cell->glyph != ' ' && cell->glyph != 0x00b7;
    }
    return hidden;
}

/* The label stands on the allowed side of a vertical line, if it fits there, in the first of the
 * rows that it hides least of (`y` < 0); and at the right end of a horizontal one, where the points
 * that matter are rarest. Returns its row. */
static int label_pin(const struct plot *plot, const struct pin *pin, int x, int y, bool left)
{
    int cells = text_cells(pin->text), right_end = plot->area.x + plot->area.w;
    int start = left ? x - cells - 1 : x + 2;
    if (start < plot->area.x || start + cells > right_end)
        start = left ? x + 2 : x - cells - 1;
    if (start < plot->area.x)
        start = plot->area.x;
    int least = INT_MAX, first = plot->area.y, end = y < 0 ? first + plot->area.h : 0;
    for (int at = first; at < end && least > 0; at++) {
        int hidden = hidden_by(plot, start, at, cells);
        if (hidden < least) {
            least = hidden;
            y = at;
        }
    }
    if (plot_in_rows(plot, y))
        grid_text(plot->grid, start, y, right_end - start, COLOUR_PIN, STYLE_BOLD, pin->text);
    return y;
}

static bool line_glyph(uint32_t glyph) /* may be drawn over by a pin's line */
{
    return glyph == ' ' || glyph == 0x00b7 || glyph == '.' || glyph == ':' || glyph == 0x2508 ||
           glyph == '-' || (glyph >= 0x2580 && glyph <= 0x2588) ||
           (glyph >= 0x2800 && glyph < 0x2900);
}

static void draw_line(const struct plot *plot, bool vertical, int at)
{
    struct rect a = plot->area;
    for (int i = 0; i < (vertical ? a.h : a.w); i++) {
        int x = vertical ? at : a.x + i, y = vertical ? a.y + i : at;
        const struct cell *cell = grid_at(plot->grid, x, y);
        if (cell && line_glyph(cell->glyph))
            grid_put(plot->grid, x, y, vertical ? 0x2502 : 0x2500, COLOUR_PIN, 0);
    }
}

static void draw_horizontal_pin(const struct plot *plot, const struct pin *pin)
{
    struct rect a = plot->area;
    int at = plot_cell_y(plot, pin->limit), right = a.x + a.w - 1;
    if (at == INT_MIN)
        return;
    if (plot_in_rows(plot, at)) {
        draw_line(plot, false, at);
    } else {
        uint32_t arrow = at < a.y ? 0x25b4 : 0x25be;
        at = at < a.y ? a.y : a.y + a.h - 1;
        put(plot, right, at, arrow, COLOUR_PIN, STYLE_BOLD);
    }
    label_pin(plot, pin, right, at, true);
}

static void label_vertical_pin(const struct plot *plot, const struct pin *pin)
{
    struct rect a = plot->area;
    int at = plot_cell_x(plot, pin->limit);
    if (at == INT_MIN)
        return;
    if (plot_in_columns(plot, at)) {
        label_pin(plot, pin, at, -1, !pin->at_least);
        return;
    }
    bool left = at < a.x;
    at = left ? a.x : a.x + a.w - 1;
    put(plot, at, label_pin(plot, pin, at, -1, !left), left ? 0x25c2 : 0x25b8, COLOUR_PIN,
        STYLE_BOLD);
}

static void draw_pins_under(const struct plot *plot)
{
    for (size_t i = 0; i < plot->pin_count; i++) {
        const struct pin *pin = &plot->pins[i];
        int x = pin->objective == plot->view->axis[0] ? plot_cell_x(plot, pin->limit) : INT_MIN;
        if (pin->enabled && plot_in_columns(plot, x))
            draw_line(plot, true, x);
        else if (pin->enabled && x == INT_MIN && pin->objective == plot->view->axis[1])
            draw_horizontal_pin(plot, pin);
    }
}

/* When the points are there: they decide where there is room. */
static void draw_pin_labels(const struct plot *plot)
{
    for (size_t i = 0; i < plot->pin_count; i++)
        if (plot->pins[i].enabled && plot->pins[i].objective == plot->view->axis[0])
            label_vertical_pin(plot, &plot->pins[i]);
}

static void collect_pins(struct plot *plot)
{
    plot->pin_count = view_pins_drawn(plot->view, plot->snapshot, plot->pins);
}

static void draw_points(const struct plot *plot)
{
    shade_pins(plot);
    draw_chance(plot);
    clear_for_dots(plot);
    draw_dominated(plot);
    draw_staircase(plot);
    draw_pins_under(plot);
    draw_baselines(plot);
    draw_rows(plot);
    draw_pin_labels(plot);
}

/* Axes and area of the plot in rect; false: there is nothing to plot yet. */
static bool place(struct plot *plot, struct grid *grid, struct rect rect, const struct view *view,
                  const struct snapshot *snapshot)
{
    const struct view_range *range = view->range;
    *plot = (struct plot){.grid = grid, .view = view, .snapshot = snapshot, .area = rect};
    if (!snapshot->rows || !view->axes_known || !range[0].known || !range[1].known)
        return false;
    axis_init(&plot->y, objective_table[view->axis[1]].quantity, range[1].lo, range[1].hi,
              view->log[1], rect.h / 2);
    axis_init(&plot->x, objective_table[view->axis[0]].quantity, range[0].lo, range[0].hi,
              view->log[0], rect.w / 8);
    plot->labels = rect.w >= 16 && rect.h >= 5 ? plot_label_cells(&plot->y) : -1;
    if (plot->labels >= 0)
        plot->area =
            (struct rect){rect.x + plot->labels + 2, rect.y, rect.w - plot->labels - 3, rect.h - 2};
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
        const struct row *row = view_row(snapshot, view->row[i]);
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
        int rank = 4 * distance + (row->id == snapshot->base          ? 0
                                   : view_on_front(snapshot, row->id) ? 1
                                                                      : 2);
        if (rank < least) {
            least = rank;
            best = row->id;
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
    collect_pins(&plot);
    plot_draw_title(grid, rule, &plot);
    draw_points(&plot);
    if (plot.labels >= 0) {
        plot_draw_y_axis(&plot, rect.x + plot.labels + 1, plot.labels);
        plot_draw_x_axis(&plot, rect.x + plot.labels + 1);
    }
}
