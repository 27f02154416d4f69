/* The selected network: its code, what it costs and gains against the base, and a picture with one
 * column per layer: the MLP's width as a bar, attention as a square, dropped layers as gaps. */
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABELS 6 /* cells of the labels at the left: "mlp", "attn" */

static void draw_code(struct grid *grid, struct rect rect, int y, const struct row *row,
                      const struct arch_shape *shape)
{
    unsigned layers = 0, kept = 0, attention = 0;
    double width = 0, full = 0;
    for (const char *c = row->code.text; *c; c++, layers++) {
        kept += arch_keeps_layer(*c);
        attention += arch_keeps_attention(*c);
        if (shape && layers < shape->layers) {
            width += arch_mlp_width(shape, layers, arch_mlp_eighths(*c));
            full += shape->layer[layers].intermediate;
        } else {
            width += arch_mlp_eighths(*c);
            full += 8;
        }
    }
    char summary[96];
    snprintf(summary, sizeof summary, "%u of %u layers, MLP %.0f %%, attention in %u", kept, layers,
             full > 0 ? 100 * width / full : 0, attention);
    int cells = text_cells(summary);
    int code = grid_text(grid, rect.x, y, rect.w, COLOUR_TITLE, 0, row->code.text);
    if (code + 3 + cells <= rect.w)
        grid_text(grid, rect.x + code + 3, y, cells, COLOUR_FAINT, 0, summary);
}

static bool is_searched(const struct snapshot *snapshot, enum objective objective)
{
    bool found = false;
    for (size_t i = 0; i < snapshot->m; i++)
        found |= snapshot->objectives[i] == objective;
    return found;
}

/* The plain accuracy goes with the estimated one. */
static bool told_beside(const struct snapshot *snapshot, enum objective objective)
{
    return objective == OBJECTIVE_ACC && snapshot->measured[OBJECTIVE_ACC_EST] &&
           !is_searched(snapshot, OBJECTIVE_ACC);
}

/* "57.2 %", then how it differs from the base: points for fractions, a factor for sizes. With an
 * estimated accuracy goes the plain one, unless that is searched for and has its own place. */
static void value_text(const struct snapshot *snapshot, enum objective objective,
                       const struct row *row, const struct row *base, char *out, size_t size)
{
    char value[48];
    double error = view_error(snapshot, row, objective);
    double mine = view_value(snapshot, row, objective);
    double full = base ? view_value(snapshot, base, objective) : NAN;
    value_format(objective, mine, value, sizeof value);
    int length = snprintf(out, size, "%s %s", objective_table[objective].heading, value);
    if (length < 0 || (size_t)length >= size)
        return;
    out += length;
    size -= (size_t)length;
    if (isfinite(error)) {
        length = snprintf(out, size, " \302\261%.1f", 100 * error);
        out += length;
        size -= (size_t)length;
    }
    length = 0;
    if (row != base && objective_table[objective].quantity == QUANTITY_FRACTION &&
        isfinite(mine - full))
        length = snprintf(out, size, " (%+.1f)", 100 * (mine - full));
    else if (row != base && full > 0 && mine > 0 && isfinite(mine / full))
        length = snprintf(out, size, " (%+.0f %%)", 100 * (mine / full - 1));
    if (objective == OBJECTIVE_ACC_EST && !is_searched(snapshot, OBJECTIVE_ACC) &&
        isfinite(row->standard_error))
        snprintf(out + length, size - (size_t)length, ", plain %.1f \302\261%.1f",
                 100 * row->value[OBJECTIVE_ACC], 100 * row->standard_error);
}

static void add_value(enum objective objective, enum objective order[OBJECTIVES], size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (order[i] == objective)
            return;
    order[(*count)++] = objective;
}

/* The search's objectives, what is pinned, the tasks' accuracies behind their mean, the rest. */
static size_t order_values(const struct snapshot *snapshot, enum objective order[OBJECTIVES])
{
    size_t count = 0;
    for (size_t i = 0; i < snapshot->m; i++)
        add_value(snapshot->objectives[i], order, &count);
    for (size_t i = 0; i < snapshot->pins.count; i++)
        if (snapshot->pins.pin[i].enabled &&
            !told_beside(snapshot, snapshot->pins.pin[i].objective))
            add_value(snapshot->pins.pin[i].objective, order, &count);
    for (int k = 0; k < OBJECTIVES; k++) {
        enum objective o = (enum objective)((k + OBJECTIVE_TASK_FIRST) % OBJECTIVES);
        if (snapshot->measured[o] && !told_beside(snapshot, o))
            add_value(o, order, &count);
    }
    return count;
}

/* On one line what fits; on up to `lines` when there are several tasks. Returns how many. */
static int draw_values(struct grid *grid, struct rect rect, int y, int lines, const struct row *row,
                       const struct snapshot *snapshot)
{
    const struct row *base = view_row(snapshot, snapshot->base);
    enum objective order[OBJECTIVES];
    size_t count = order_values(snapshot, order);
    int x = rect.x, end = rect.x + rect.w, line = 1;
    if (!snapshot->measured[OBJECTIVE_TASK_FIRST])
        lines = 1;
    for (size_t i = 0; i < count; i++) {
        char text[128];
        value_text(snapshot, order[i], row, base, text, sizeof text);
        int cells = text_cells(text);
        if (x > rect.x && x + cells > end && line < lines) {
            x = rect.x;
            line++;
        }
        if (x > rect.x && x + cells > end)
            continue;
        x += grid_text(grid, x, y + line - 1, end - x, COLOUR_TEXT, 0, text) + 3;
    }
    return line;
}

static void draw_label(struct grid *grid, struct rect rect, int y, const char *text)
{
    grid_text(grid, rect.x, y, rect.w < LABELS ? rect.w : LABELS, COLOUR_FAINT, 0, text);
}

/* Cells per layer, a blank between layers included from 2 cells on. */
static int layer_cells(int width, size_t layers)
{
    int cells = layers ? (width - LABELS) / (int)layers : 1;
    return cells < 1 ? 1 : cells > 3 ? 3 : cells;
}

static void draw_bars(struct grid *grid, struct rect rect, int y, int rows, const char *code,
                      int cells)
{
    draw_label(grid, rect, y + rows - 1, "mlp");
    for (size_t i = 0; code[i]; i++) {
        unsigned eighths = arch_mlp_eighths(code[i]);
        int x = rect.x + LABELS + (int)i * cells, bar = cells > 1 ? cells - 1 : 1;
        if (x + bar > rect.x + rect.w)
            return;
        for (int r = 0; r < rows; r++) { /* from the bottom row up, each 8/rows eighths */
            int steps = (int)eighths * rows - r * 8;
            uint32_t glyph = steps <= 0 ? ' ' : 0x2580u + (uint32_t)(steps > 8 ? 8 : steps);
            if (r == 0 && steps <= 0)
                glyph = arch_keeps_layer(code[i]) ? '_' : 0x00b7;
            for (int k = 0; k < bar; k++)
                grid_put(grid, x + k, y + rows - 1 - r, glyph,
                         steps <= 0 ? COLOUR_FAINT : COLOUR_MLP, 0);
        }
    }
}

static void draw_attention(struct grid *grid, struct rect rect, int y, const char *code, int cells)
{
    draw_label(grid, rect, y, "attn");
    for (size_t i = 0; code[i]; i++) {
        int x = rect.x + LABELS + (int)i * cells, bar = cells > 1 ? cells - 1 : 1;
        bool keeps = arch_keeps_attention(code[i]);
        if (x + bar > rect.x + rect.w)
            return;
        for (int k = 0; k < bar; k++)
            grid_put(grid, x + k, y,
                     keeps                       ? 0x25a0
                     : arch_keeps_layer(code[i]) ? '_'
                                                 : 0x00b7,
                     keeps ? COLOUR_ATTENTION : COLOUR_FAINT, 0);
    }
}

static void draw_ruler(struct grid *grid, struct rect rect, int y, size_t layers, int cells)
{
    draw_label(grid, rect, y, "layer");
    for (size_t i = 0; i<layers; i += cells> 1 ? 2 : 5) {
        int x = rect.x + LABELS + (int)i * cells;
        if (x + 2 <= rect.x + rect.w)
            grid_printf(grid, x, y, 3, COLOUR_FAINT, 0, "%zu", i);
    }
}

/* How much each layer changes the hidden state: the layers a search drops first are low. */
static void draw_influence(struct grid *grid, struct rect rect, int y, const float *influence,
                           size_t layers, int cells)
{
    float most = 0;
    for (size_t i = 0; i < layers; i++)
        most = influence[i] > most ? influence[i] : most;
    draw_label(grid, rect, y, "infl");
    for (size_t i = 0; i < layers && most > 0; i++) {
        int x = rect.x + LABELS + (int)i * cells, bar = cells > 1 ? cells - 1 : 1;
        int steps = (int)ceilf(influence[i] / most * 8);
        if (x + bar > rect.x + rect.w)
            return;
        for (int k = 0; k < bar; k++)
            grid_put(grid, x + k, y,
                     0x2580u + (uint32_t)(steps < 1   ? 1
                                          : steps > 8 ? 8
                                                      : steps),
                     COLOUR_HEADING, 0);
    }
}

static void draw_picture(struct grid *grid, struct rect rect, const struct row *row,
                         const struct snapshot *snapshot)
{
    const char *code = row->code.text;
    size_t layers = strlen(code);
    int cells = layer_cells(rect.w, layers), y = rect.y;
    bool influence =
        snapshot->influence && rect.h >= 6 && snapshot->shape && snapshot->shape->layers == layers;
    int bars = rect.h - (rect.h >= 2) - (rect.h >= 3) - influence;
    draw_bars(grid, rect, y, bars, code, cells);
    y += bars;
    if (rect.h >= 2)
        draw_attention(grid, rect, y++, code, cells);
    if (influence)
        draw_influence(grid, rect, y++, snapshot->influence, layers, cells);
    if (rect.h >= 3)
        draw_ruler(grid, rect, y, layers, cells);
}

/* What paretop report found of it. */
static const char *held_out(const struct row *row, const struct snapshot *snapshot, char *out,
                            size_t size)
{
    const struct heldout_row *found =
        snapshot->heldout != NULL ? heldout_last(snapshot->heldout, &row->code, false) : NULL;
    *out = '\0';
    if (found != NULL)
        snprintf(out, size, ", held out %.1f \302\261 %.1f %%", 100 * found->acc,
                 100 * found->standard_error);
    return out;
}

void draw_selected(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
                   const struct snapshot *snapshot)
{
    const struct row *row = view_row(snapshot, view->selected);
    if (rect.h < 1)
        return;
    if (!row) {
        draw_rule(grid, rule, "selected");
        return;
    }
    char title[160], heldout[48];
    snprintf(title, sizeof title, "selected #%u, generation %u, %s%s%s", row->id, row->generation,
             row->origin,
             snapshot->fronts >= 3 && snapshot->knee < snapshot->fronts &&
                     snapshot->front[snapshot->knee] == row->id
                 ? ", the knee"
                 : "",
             held_out(row, snapshot, heldout, sizeof heldout));
    draw_rule(grid, rule, title);
    struct rect inner = {rect.x + 1, rect.y, rect.w - 2, rect.h};
    if (inner.w < 1)
        return;
    draw_code(grid, inner, inner.y, row, snapshot->shape);
    int used = 1;
    if (inner.h >= 2) /* a picture of bars and attention stays */
        used += draw_values(grid, inner, inner.y + 1, inner.h >= 5 ? 2 : 1, row, snapshot);
    if (inner.h > used)
        draw_picture(grid, (struct rect){inner.x, inner.y + used, inner.w, inner.h - used}, row,
                     snapshot);
}
