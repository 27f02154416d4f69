/* The points of the plot, from faint to bright, so that what matters stays on top: dominated ones
 * as dots that share cells, those outside the pins as crosses, lines along fronts, foretold ones,
 * pruning methods, the selected point's error bars, front, marks, base, the selected point. */
#include "plot.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>

static double value_of(const struct plot *plot, const struct row *row, int axis)
{
    return view_value(plot->snapshot, row, plot->view->axis[axis]);
}

static void put_at(const struct plot *plot, double x, double y, uint32_t glyph, enum colour colour,
                   unsigned style)
{
    plot_put(plot, plot_cell_x(plot, x), plot_cell_y(plot, y), glyph, colour, style);
}

static void put_row(const struct plot *plot, const struct row *row, uint32_t glyph,
                    enum colour colour, unsigned style)
{
    put_at(plot, value_of(plot, row, 0), value_of(plot, row, 1), glyph, colour, style);
}

/* A dot leaves a cross alone. */
void plot_draw_dominated(const struct plot *plot)
{
    const struct view *view = plot->view;
    for (size_t i = 0; i < view->points; i++) {
        const struct view_point *point = &view->point[i];
        if (point->within)
            grid_dot(plot->grid, plot->area, plot_dot_x(plot, point->x), plot_dot_y(plot, point->y),
                     COLOUR_DOMINATED);
        else if (point->counts)
            put_at(plot, point->x, point->y, 0x00d7, COLOUR_OUTSIDE, 0);
    }
}

/* ---- lines along fronts ---- */

/* The attainment surface between two points. */
static void draw_step(const struct plot *plot, const struct row *a, const struct row *b, int gap,
                      enum colour colour)
{
    plot_step(plot, value_of(plot, a, 0), value_of(plot, a, 1), value_of(plot, b, 0),
              value_of(plot, b, 1), gap, colour);
}

static void draw_line_along(const struct plot *plot, const struct archive *archive, size_t rows,
                            const uint32_t *id, size_t count, int gap, enum colour colour)
{
    for (size_t i = 0; i + 1 < count; i++)
        if (id[i] < rows && id[i + 1] < rows)
            draw_step(plot, archive_row(archive, id[i]), archive_row(archive, id[i + 1]), gap,
                      colour);
}

/* Only when the run's own two objectives are on the axes; else the fronts are clouds. */
void plot_draw_lines(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    if (plot->grid->glyphs != GLYPHS_BRAILLE || s->m != 2 ||
        plot->view->axis[0] != s->objectives[1] || plot->view->axis[1] != s->objectives[0])
        return;
    for (size_t i = 0; i < s->overlays && plot->view->others != OTHERS_HIDDEN; i++)
        draw_line_along(plot, s->overlay[i].archive, s->overlay[i].rows, s->overlay[i].front,
                        s->overlay[i].fronts, (int)i + 2, COLOUR_BASELINE);
    draw_line_along(plot, s->archive, s->rows, s->front, s->fronts, 1, COLOUR_GOOD);
}

/* ---- other points ---- */

/* A name to the right of a point, where nothing else stands. */
static void name_point(const struct plot *plot, const struct row *row, const char *name)
{
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

static void draw_others(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    for (size_t k = 0; k < s->overlays; k++)
        for (size_t i = 0; i < s->overlay[k].fronts; i++) {
            const struct row *row = view_row(s, overlay_id(k, s->overlay[k].front[i]));
            if (row)
                put_row(plot, row, overlay_letter(s, k), COLOUR_BASELINE, 0);
        }
    for (size_t i = 0; i < s->baseline_rows; i++)
        put_row(plot, archive_row(s->baselines, i), 0x25bd, COLOUR_BASELINE, 0);
    for (size_t i = 0; i < s->baseline_rows; i++) {
        const struct row *row = archive_row(s->baselines, i);
        name_point(plot, row, baseline_method(row));
    }
}

/* One bar of the selected point's standard error, along the axis. */
static void draw_error_bar(const struct plot *plot, const struct row *row, int axis)
{
    double middle = value_of(plot, row, axis);
    double se = view_error(plot->snapshot, row, plot->view->axis[axis]);
    bool vertical = axis == 1;
    int x = plot_cell_x(plot, value_of(plot, row, 0)),
        y = plot_cell_y(plot, value_of(plot, row, 1));
    int from = vertical ? plot_cell_y(plot, middle + se) : plot_cell_x(plot, middle - se);
    int to = vertical ? plot_cell_y(plot, middle - se) : plot_cell_x(plot, middle + se);
    if (!isfinite(se) || from == INT_MIN || to == INT_MIN || from == to)
        return;
    int first = vertical ? plot->area.y : plot->area.x;
    int last = first + (vertical ? plot->area.h : plot->area.w) - 1;
    static const uint32_t ends[2][2] = {{0x251c, 0x2524}, {0x252c, 0x2534}};
    for (int at = from < first ? first : from; at <= to && at <= last; at++) {
        uint32_t glyph = at == from ? ends[axis][0] : at == to ? ends[axis][1] : 0x2500;
        if (vertical && glyph == 0x2500)
            glyph = 0x2502;
        plot_put(plot, vertical ? x : at, vertical ? at : y, glyph, COLOUR_SELECTED, 0);
    }
}

static void draw_front_points(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    for (int fresh = 0; fresh < 2; fresh++) /* the new ones last: they stay in sight */
        for (size_t i = 0; i < s->fronts; i++) {
            const struct row *row = view_row(s, s->front[i]);
            if (row && view_new(plot->view, s, s->front[i]) == (fresh == 1))
                put_row(plot, row, fresh ? 0x2295 : 0x25cf, COLOUR_FRONT, 0);
        }
}

/* Networks that are asked for and not evaluated yet, where they are expected. */
static void draw_expected(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    for (size_t i = 0; i < s->expecteds; i++)
        put_at(plot, s->expected[i].value[plot->view->axis[0]],
               s->expected[i].value[plot->view->axis[1]], 0x25cb, COLOUR_DOMINATED, 0);
}

/* Where the draft is expected; the last, since it is what the user is at. */
static void draw_draft(const struct plot *plot)
{
    struct foretold draft;
    if (draft_point(plot->view, plot->snapshot, &draft))
        put_at(plot, draft.value[plot->view->axis[0]], draft.value[plot->view->axis[1]], 0x25c7,
               COLOUR_SELECTED, STYLE_BOLD);
}

void plot_draw_rows(const struct plot *plot)
{
    const struct snapshot *s = plot->snapshot;
    const struct row *selected = view_row(s, plot->view->selected), *base = view_row(s, s->base);
    draw_expected(plot);
    if (plot->view->others != OTHERS_HIDDEN)
        draw_others(plot);
    for (int axis = 0; selected && axis < 2; axis++)
        draw_error_bar(plot, selected, axis);
    draw_front_points(plot);
    for (size_t i = 0; i < plot->view->marks; i++) {
        const struct row *row = view_row(s, plot->view->mark[i]);
        if (row)
            put_row(plot, row, 0x25b2, COLOUR_MARKED, STYLE_BOLD);
    }
    if (base)
        put_row(plot, base, 0x25c6, COLOUR_BASE, STYLE_BOLD);
    if (selected)
        put_row(plot, selected, 0x25c9, COLOUR_SELECTED, 0);
    draw_draft(plot);
}
