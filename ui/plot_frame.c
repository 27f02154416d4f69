/* The frame of the plot: positions, axes with 1-2-5 ticks, the title with its legend, and what is
 * shown before there are points. */
#include "plot.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- positions ---- */

int plot_dot_x(const struct plot *plot, double value)
{
    return axis_position(&plot->x, value, plot->area.w * grid_dots_x(plot->grid));
}

int plot_dot_y(const struct plot *plot, double value)
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
int plot_cell_x(const struct plot *plot, double value)
{
    int dot = plot_dot_x(plot, value);
    return dot == INT_MIN ? INT_MIN : plot->area.x + divide_down(dot, grid_dots_x(plot->grid));
}

int plot_cell_y(const struct plot *plot, double value)
{
    int dot = plot_dot_y(plot, value);
    return dot == INT_MIN ? INT_MIN : plot->area.y + divide_down(dot, grid_dots_y(plot->grid));
}

bool plot_in_columns(const struct plot *plot, int x)
{
    return x >= plot->area.x && x < plot->area.x + plot->area.w;
}

bool plot_in_rows(const struct plot *plot, int y)
{
    return y >= plot->area.y && y < plot->area.y + plot->area.h;
}

/* ---- axes ---- */

static void draw_y_axis(const struct plot *plot, int x)
{
    struct grid *grid = plot->grid;
    int bottom = plot->area.y + plot->area.h;
    for (int y = plot->area.y; y < bottom; y++)
        grid_put(grid, x, y, 0x2502, COLOUR_FRAME, 0);
    for (int i = 0; i < plot->y.ticks; i++) {
        char label[32];
        int y = plot_cell_y(plot, plot->y.tick[i]);
        if (!plot_in_rows(plot, y))
            continue;
        unit_format(plot->y.unit, plot->y.decimals, plot->y.tick[i], label, sizeof label);
        grid_put(grid, x, y, 0x2524, COLOUR_FRAME, 0);
        grid_text_right(grid, x - 1, y, text_cells(label), COLOUR_FAINT, 0, label);
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
        int x = plot_cell_x(plot, plot->x.tick[i]);
        if (!plot_in_columns(plot, x))
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

/* Of its widest label. */
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

bool plot_place(struct plot *plot, struct rect rect)
{
    plot->area = rect;
    if (rect.w < 16 || rect.h < 5)
        return false;
    int labels = label_cells(&plot->y);
    plot->area = (struct rect){rect.x + labels + 2, rect.y, rect.w - labels - 3, rect.h - 2};
    return true;
}

void plot_draw_axes(const struct plot *plot)
{
    draw_y_axis(plot, plot->area.x - 1);
    draw_x_axis(plot, plot->area.x - 1);
}

void plot_step(const struct plot *plot, double x0, double y0, double x1, double y1, int gap,
               enum colour colour)
{
    int from_x = plot_dot_x(plot, x0), to_x = plot_dot_x(plot, x1);
    int from_y = plot_dot_y(plot, y0), to_y = plot_dot_y(plot, y1);
    if (from_x == INT_MIN || to_x == INT_MIN || from_y == INT_MIN || to_y == INT_MIN ||
        abs(to_x - from_x) > 100000 || abs(to_y - from_y) > 100000)
        return;
    for (int x = from_x; x != to_x; x += from_x < to_x ? 1 : -1)
        if (x % gap == 0)
            grid_dot(plot->grid, plot->area, x, from_y, colour);
    for (int y = from_y; y != to_y; y += from_y < to_y ? 1 : -1)
        if (y % gap == 0)
            grid_dot(plot->grid, plot->area, to_x, y, colour);
}

/* ---- before there are points ---- */

void plot_draw_waiting(struct grid *grid, struct rect rect, const struct snapshot *snapshot)
{
    static const char *const phases[] = {
        [RUN_LOADING] = "loading the model",
        [RUN_CALIBRATING] = "measuring the layers of the model",
        [RUN_EVALUATING] = "evaluating the first networks",
        [RUN_PAUSED] = "paused before the first network",
        [RUN_STOPPING] = "saving",
        [RUN_FINISHED] = "finished without a network",
        [RUN_FAILED] = "the run has failed",
        [RUN_ABANDONED] = "nobody writes this run any more",
    };
    if (rect.w < 1 || rect.h < 1)
        return;
    const char *text = phases[snapshot->phase];
    if (rect.h < 1)
        return;
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

struct legend {
    struct grid *grid;
    int x, y, end;
};

/* False: there is no room for it, nor for what is behind it. */
static bool explain(struct legend *legend, uint32_t glyph, enum colour colour, const char *text)
{
    int cells = text_cells(text) + 3;
    if (legend->x + cells > legend->end)
        return false;
    grid_fill(legend->grid, (struct rect){legend->x, legend->y, cells + 1, 1}, ' ', COLOUR_TEXT);
    grid_put(legend->grid, legend->x + 1, legend->y, glyph, colour, STYLE_BOLD);
    grid_text(legend->grid, legend->x + 3, legend->y, cells - 3, COLOUR_FAINT, 0, text);
    legend->x += cells;
    return true;
}

static void draw_legend(struct legend *legend, const struct plot *plot)
{
    const struct view *view = plot->view;
    const struct snapshot *s = plot->snapshot;
    bool fresh = false, others = view->others != OTHERS_HIDDEN, room = true;
    for (size_t i = 0; i < s->fronts && !fresh; i++)
        fresh = view_new(view, s, s->front[i]);
    const struct {
        uint32_t glyph;
        enum colour colour;
        const char *text;
        bool shown;
    } entry[] = {{0x25cf, COLOUR_FRONT, "front", true},
                 {0x2295, COLOUR_FRONT, "new", fresh},
                 {0x25c6, COLOUR_BASE, "base", true},
                 {0x00d7, COLOUR_OUTSIDE, "outside", plot->pin_count > 0},
                 {0x25b2, COLOUR_MARKED, "marked", view->marks > 0},
                 {0x25bd, COLOUR_BASELINE, "pruned", others && s->baseline_rows > 0},
                 {0x25cb, COLOUR_DOMINATED, "predicted", s->expecteds > 0},
                 {0x25c7, COLOUR_SELECTED, "draft", *view->architecture.draft.text != '\0'},
                 {0x25c9, COLOUR_SELECTED, "selected", true}};
    for (size_t i = 0; i < sizeof entry / sizeof *entry && room; i++) {
        for (size_t k = 0; i == 2 && k < s->overlays && others && room; k++)
            room = explain(legend, overlay_letter(s, k), COLOUR_BASELINE, s->overlay[k].name);
        if (entry[i].shown && room)
            room = explain(legend, entry[i].glyph, entry[i].colour, entry[i].text);
    }
}

void plot_draw_title(struct grid *grid, struct rect rule, const struct plot *plot)
{
    const struct view *view = plot->view;
    char title[128];
    const char *y_unit = plot->y.unit.name, *x_unit = plot->x.unit.name;
    snprintf(title, sizeof title, "%s%s%s%s / %s%s%s%s", objective_table[view->axis[1]].heading,
             *y_unit ? " " : "", y_unit, plot->y.log ? " log" : "",
             objective_table[view->axis[0]].heading, *x_unit ? " " : "", x_unit,
             plot->x.log ? " log" : "");
    struct legend legend = {grid, draw_rule(grid, rule, title), rule.y, rule.x + rule.w - 1};
    if (rule.h)
        draw_legend(&legend, plot);
}
