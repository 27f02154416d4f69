/* The plot: points from faint to bright, so that what matters stays on top: the forbidden side of
 * pins, dominated points, the front's staircase, points outside the pins, front, base, marks, the
 * selected point with its error bar, pins' lines and labels. */
#include "screen.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plot {
    struct grid *grid;
    const struct view *view;
    const struct snapshot *snapshot;
    struct rect area; /* points */
    struct axis x, y;
    struct pin pins[VIEW_PINS]; /* as drawn: the draft in place of the pin it would replace */
    size_t pin_count;
};

/* ---- positions ---- */

static int dot_x(const struct plot *plot, double value)
{
    return axis_position(&plot->x, value, plot->area.w * grid_dots_x(plot->grid));
}

static int dot_y(const struct plot *plot, double value)
{
    int dots = plot->area.h * grid_dots_y(plot->grid);
    int position = axis_position(&plot->y, value, dots);
    return position == INT_MIN ? INT_MIN : dots - 1 - position;
}

static int divide_down(int a, int b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* Cell of a value along each axis, relative to the screen; may lie outside the area. */
static int cell_x(const struct plot *plot, double value)
{
    int dot = dot_x(plot, value);
    return dot == INT_MIN ? INT_MIN : plot->area.x + divide_down(dot, grid_dots_x(plot->grid));
}

static int cell_y(const struct plot *plot, double value)
{
    int dot = dot_y(plot, value);
    return dot == INT_MIN ? INT_MIN : plot->area.y + divide_down(dot, grid_dots_y(plot->grid));
}

static bool in_columns(const struct plot *plot, int x)
{
    return x >= plot->area.x && x < plot->area.x + plot->area.w;
}

static bool in_rows(const struct plot *plot, int y)
{
    return y >= plot->area.y && y < plot->area.y + plot->area.h;
}

static void put(const struct plot *plot, int x, int y, uint32_t glyph, enum colour colour,
                unsigned style)
{
    if (in_columns(plot, x) && in_rows(plot, y))
        grid_put(plot->grid, x, y, glyph, colour, style);
}

static double value_of(const struct plot *plot, const struct row *row, int axis)
{
    return row->value[plot->view->axis[axis]];
}

static void put_row(const struct plot *plot, const struct row *row, uint32_t glyph,
                    enum colour colour, unsigned style)
{
    put(plot, cell_x(plot, value_of(plot, row, 0)), cell_y(plot, value_of(plot, row, 1)), glyph,
        colour, style);
}

/* ---- layers of the picture ---- */

static void draw_chance(const struct plot *plot)
{
    if (plot->view->axis[1] != OBJECTIVE_ACC || !(plot->snapshot->chance > 0))
        return;
    int y = cell_y(plot, plot->snapshot->chance);
    if (!in_rows(plot, y))
        return;
    for (int x = plot->area.x; x < plot->area.x + plot->area.w; x++)
        grid_put(plot->grid, x, y, 0x2508, COLOUR_FRAME, 0);
    if (plot->area.w > 20)
        grid_text(plot->grid, plot->area.x + 1, y, 8, COLOUR_FAINT, 0, "chance ");
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
            shade(plot, pin, true, cell_x(plot, pin->limit));
        else if (pin->objective == plot->view->axis[1])
            shade(plot, pin, false, cell_y(plot, pin->limit));
    }
}

static bool allowed(const struct plot *plot, const struct row *row)
{
    for (size_t i = 0; i < plot->pin_count; i++)
        if (plot->pins[i].enabled && pin_violation(&plot->pins[i], row->value) > 0)
            return false;
    return true;
}

static void draw_dominated(const struct plot *plot)
{
    for (int pass = 0; pass < 2; pass++) /* dots first: they share cells, crosses do not */
        for (size_t i = 0; i < plot->snapshot->rows; i++) {
            const struct row *row = archive_row(plot->snapshot->archive, i);
            bool inside = allowed(plot, row);
            if (!pass && inside)
                grid_dot(plot->grid, plot->area, dot_x(plot, value_of(plot, row, 0)),
                         dot_y(plot, value_of(plot, row, 1)), COLOUR_DOMINATED);
            else if (pass && !inside)
                put_row(plot, row, 0x00d7, COLOUR_OUTSIDE, 0);
        }
}

/* Clears shading where dots will be: a cell shows one thing. */
static void clear_for_dots(const struct plot *plot)
{
    for (size_t i = 0; i < plot->snapshot->rows; i++) {
        const struct row *row = archive_row(plot->snapshot->archive, i);
        if (allowed(plot, row))
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
        int x0 = dot_x(plot, value_of(plot, a, 0)), x1 = dot_x(plot, value_of(plot, b, 0));
        int y0 = dot_y(plot, value_of(plot, a, 1)), y1 = dot_y(plot, value_of(plot, b, 1));
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
    bool vertical = plot->view->axis[1] == OBJECTIVE_ACC;
    if (!isfinite(row->standard_error) || (!vertical && plot->view->axis[0] != OBJECTIVE_ACC))
        return;
    double middle = row->value[OBJECTIVE_ACC], se = row->standard_error;
    int x = cell_x(plot, value_of(plot, row, 0)), y = cell_y(plot, value_of(plot, row, 1));
    int from = vertical ? cell_y(plot, middle + se) : cell_x(plot, middle - se);
    int to = vertical ? cell_y(plot, middle - se) : cell_x(plot, middle + se);
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

/* The label stands on the allowed side of a vertical line, if it fits there, and at the right end
 * of a horizontal one, where the points that matter are rarest. */
static void label_pin(const struct plot *plot, const struct pin *pin, int x, int y, bool left)
{
    int cells = text_cells(pin->text), right_end = plot->area.x + plot->area.w;
    int start = left ? x - cells - 1 : x + 2;
    if (start < plot->area.x || start + cells > right_end)
        start = left ? x + 2 : x - cells - 1;
    if (start < plot->area.x)
        start = plot->area.x;
    if (in_rows(plot, y))
        grid_text(plot->grid, start, y, right_end - start, COLOUR_PIN, STYLE_BOLD, pin->text);
}

static bool line_glyph(uint32_t glyph) /* may be drawn over by a pin's line */
{
    return glyph == ' ' || glyph == 0x00b7 || glyph == '.' || glyph == ':' || glyph == 0x2508 ||
           glyph == '-' || (glyph >= 0x2580 && glyph <= 0x2588) ||
           (glyph >= 0x2800 && glyph < 0x2900);
}

static void draw_pin(const struct plot *plot, const struct pin *pin, int row)
{
    bool vertical = pin->objective == plot->view->axis[0];
    struct rect a = plot->area;
    int at = vertical ? cell_x(plot, pin->limit) : cell_y(plot, pin->limit);
    if (at == INT_MIN)
        return;
    if (vertical && !in_columns(plot, at)) {
        bool left = at < a.x;
        put(plot, left ? a.x : a.x + a.w - 1, a.y + row, left ? 0x25c2 : 0x25b8, COLOUR_PIN,
            STYLE_BOLD);
        label_pin(plot, pin, left ? a.x : a.x + a.w - 1, a.y + row, !left);
        return;
    }
    if (!vertical && !in_rows(plot, at)) {
        int y = at < a.y ? a.y : a.y + a.h - 1;
        put(plot, a.x + a.w - 1, y, at < a.y ? 0x25b4 : 0x25be, COLOUR_PIN, STYLE_BOLD);
        label_pin(plot, pin, a.x + a.w - 1, y, true);
        return;
    }
    for (int i = 0; i < (vertical ? a.h : a.w); i++) {
        int x = vertical ? at : a.x + i, y = vertical ? a.y + i : at;
        const struct cell *cell = grid_at(plot->grid, x, y);
        if (cell && line_glyph(cell->glyph))
            grid_put(plot->grid, x, y, vertical ? 0x2502 : 0x2500, COLOUR_PIN, 0);
    }
    label_pin(plot, pin, vertical ? at : a.x + a.w - 1, vertical ? a.y + row : at,
              !vertical || !pin->at_least);
}

static void draw_pin_lines(const struct plot *plot)
{
    int row = 0;
    for (size_t i = 0; i < plot->pin_count; i++) {
        const struct pin *pin = &plot->pins[i];
        if (!pin->enabled)
            continue;
        if (pin->objective == plot->view->axis[0])
            draw_pin(plot, pin, row++);
        else if (pin->objective == plot->view->axis[1])
            draw_pin(plot, pin, 0);
    }
}

/* ---- axes ---- */

static void draw_y_axis(const struct plot *plot, int x, int label_width)
{
    struct grid *grid = plot->grid;
    int bottom = plot->area.y + plot->area.h;
    for (int y = plot->area.y; y < bottom; y++)
        grid_put(grid, x, y, 0x2502, COLOUR_FRAME, 0);
    for (int i = 0; i < plot->y.ticks; i++) {
        char label[32];
        int y = cell_y(plot, plot->y.tick[i]);
        if (!in_rows(plot, y))
            continue;
        unit_format(plot->y.unit, plot->y.decimals, plot->y.tick[i], label, sizeof label);
        grid_put(grid, x, y, 0x2524, COLOUR_FRAME, 0);
        grid_text_right(grid, x - 1, y, label_width, COLOUR_FAINT, 0, label);
    }
}

static void draw_x_axis(const struct plot *plot, int axis_column)
{
    struct grid *grid = plot->grid;
    int y = plot->area.y + plot->area.h, end = plot->area.x + plot->area.w;
    int used = axis_column - 1;
    grid_put(grid, axis_column, y, 0x2514, COLOUR_FRAME, 0);
    for (int x = plot->area.x; x < end; x++)
        grid_put(grid, x, y, 0x2500, COLOUR_FRAME, 0);
    for (int i = 0; i < plot->x.ticks; i++) {
        char label[32];
        int x = cell_x(plot, plot->x.tick[i]);
        if (!in_columns(plot, x))
            continue;
        grid_put(grid, x, y, 0x252c, COLOUR_FRAME, 0);
        unit_format(plot->x.unit, plot->x.decimals, plot->x.tick[i], label, sizeof label);
        int cells = text_cells(label), start = x - cells / 2;
        if (start + cells > end)
            start = end - cells;
        if (start <= used)
            continue;
        grid_text(grid, start, y + 1, cells, COLOUR_FAINT, 0, label);
        used = start + cells;
    }
}

static int label_cells(const struct axis *axis)
{
    int most = 1;
    for (int i = 0; i < axis->ticks; i++) {
        char label[32];
        int cells =
            text_cells(unit_format(axis->unit, axis->decimals, axis->tick[i], label, sizeof label));
        most = cells > most ? cells : most;
    }
    return most;
}

/* ---- before there are points ---- */

static void draw_waiting(struct grid *grid, struct rect rect, const struct snapshot *snapshot)
{
    static const char *const phases[] = {
        [RUN_LOADING] = "loading the model",
        [RUN_CALIBRATING] = "ranking layers and neurons on the calibration text",
        [RUN_EVALUATING] = "evaluating the first networks",
        [RUN_PAUSED] = "paused before the first network",
        [RUN_STOPPING] = "saving",
        [RUN_FINISHED] = "finished without a network",
        [RUN_FAILED] = "the run has failed",
    };
    const char *text = phases[snapshot->phase];
    int cells = text_cells(text), y = rect.y + rect.h / 2 - (rect.h > 3);
    int start = cells < rect.w ? rect.x + (rect.w - cells) / 2 : rect.x;
    grid_text(grid, start, y, rect.x + rect.w - start,
              snapshot->phase == RUN_FAILED ? COLOUR_BAD : COLOUR_TITLE, 0, text);
    bool steps = snapshot->phase == RUN_LOADING || snapshot->phase == RUN_CALIBRATING;
    double done = steps ? snapshot->phase_progress : snapshot->current_progress;
    int width = rect.w > 44 ? 40 : rect.w - 4;
    if (rect.h > 3 && width > 4 && (steps || snapshot->phase == RUN_EVALUATING))
        grid_bar(grid, rect.x + (rect.w - width) / 2, y + 2, width, done, COLOUR_FRONT);
    else if (rect.h > 3 && snapshot->phase == RUN_FAILED)
        grid_wrap(grid, (struct rect){rect.x + 2, y + 2, rect.w - 4, rect.y + rect.h - y - 2},
                  COLOUR_TEXT, 0, snapshot->message);
}

static void draw_title(struct grid *grid, struct rect rule, const struct plot *plot)
{
    const struct view *view = plot->view;
    char title[128];
    const char *y_unit = plot->y.unit.name, *x_unit = plot->x.unit.name;
    snprintf(title, sizeof title, "%s%s%s%s over %s%s%s%s", objective_table[view->axis[1]].heading,
             *y_unit ? " " : "", y_unit, plot->y.log ? " log" : "",
             objective_table[view->axis[0]].heading, *x_unit ? " " : "", x_unit,
             plot->x.log ? " log" : "");
    int x = draw_rule(grid, rule, title), end = rule.x + rule.w - 1;
    const struct {
        uint32_t glyph;
        enum colour colour;
        const char *text;
        bool shown;
    } legend[] = {{0x25cf, COLOUR_FRONT, "front", true},
                  {0x00d7, COLOUR_OUTSIDE, "outside", plot->pin_count > 0},
                  {0x25c6, COLOUR_BASE, "base", true},
                  {0x25b2, COLOUR_MARKED, "marked", view->marks > 0},
                  {0x25c9, COLOUR_SELECTED, "selected", true}};
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        int cells = text_cells(legend[i].text) + 4;
        if (!legend[i].shown)
            continue;
        if (x + cells > end)
            return;
        grid_put(grid, x + 1, rule.y, legend[i].glyph, legend[i].colour, STYLE_BOLD);
        grid_put(grid, x, rule.y, ' ', COLOUR_TEXT, 0);
        grid_put(grid, x + 2, rule.y, ' ', COLOUR_TEXT, 0);
        grid_text(grid, x + 3, rule.y, cells - 4, COLOUR_FAINT, 0, legend[i].text);
        grid_put(grid, x + cells - 1, rule.y, ' ', COLOUR_TEXT, 0);
        x += cells;
    }
}

static void collect_pins(struct plot *plot)
{
    const struct view *view = plot->view;
    plot->pin_count = view_pins(view, plot->snapshot, plot->pins);
    if (!view->drafting)
        return;
    for (size_t i = 0; i < plot->pin_count; i++)
        if (plot->pins[i].objective == view->draft.objective &&
            plot->pins[i].at_least == view->draft.at_least) {
            plot->pins[i] = view->draft;
            plot->pins[i].enabled = true;
        }
}

static void draw_points(const struct plot *plot)
{
    shade_pins(plot);
    draw_chance(plot);
    clear_for_dots(plot);
    draw_dominated(plot);
    draw_staircase(plot);
    draw_pin_lines(plot);
    draw_rows(plot);
}

void draw_plot(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
               const struct snapshot *snapshot)
{
    const struct view_range *range = view->range;
    if (rect.w < 1 || rect.h < 1)
        return;
    if (!snapshot->rows || !view->axes_known || !range[0].known || !range[1].known) {
        draw_rule(grid, rule, "plot");
        draw_waiting(grid, rect, snapshot);
        return;
    }
    struct plot plot = {.grid = grid, .view = view, .snapshot = snapshot, .area = rect};
    bool axes = rect.w >= 16 && rect.h >= 5;
    axis_init(&plot.y, objective_table[view->axis[1]].quantity, range[1].lo, range[1].hi,
              view->log[1], rect.h / 2);
    axis_init(&plot.x, objective_table[view->axis[0]].quantity, range[0].lo, range[0].hi,
              view->log[0], rect.w / 8);
    int labels = label_cells(&plot.y);
    if (axes)
        plot.area = (struct rect){rect.x + labels + 2, rect.y, rect.w - labels - 3, rect.h - 2};
    collect_pins(&plot);
    draw_title(grid, rule, &plot);
    draw_points(&plot);
    if (axes) {
        draw_y_axis(&plot, rect.x + labels + 1, labels);
        draw_x_axis(&plot, rect.x + labels + 1);
    }
}
