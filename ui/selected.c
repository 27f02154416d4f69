/* The selected network: its code, what it costs and gains against the base, and a picture with one
 * column per layer: the MLP's width as a bar, attention as a square, dropped layers as gaps. */
#include "columns.h"
#include "screen.h"
#include "values.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void draw_code(struct grid *grid, struct rect rect, int y, const struct row *row,
                      const struct arch_shape *shape)
{
    struct code_summary code = code_summarize(shape, &row->code);
    char summary[96];
    snprintf(summary, sizeof summary, "%u of %u layers, MLP %.0f %%, attention in %u", code.kept,
             code.layers, 100 * code.mlp, code.attention);
    int cells = text_cells(summary);
    int used = grid_text(grid, rect.x, y, rect.w, COLOUR_TITLE, 0, row->code.text);
    if (used + 3 + cells <= rect.w)
        grid_text(grid, rect.x + used + 3, y, cells, COLOUR_FAINT, 0, summary);
}

/* The plain accuracy goes with the estimated one. */
static bool told_beside(const struct snapshot *snapshot, enum objective objective)
{
    return objective == OBJECTIVE_ACC && snapshot->measured[OBJECTIVE_ACC_EST] &&
           !values_searched(snapshot, OBJECTIVE_ACC);
}

static void append(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Behind what is there, as far as there is room. */
static void append(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t length = strlen(out);
    va_start(arguments, format);
    vsnprintf(out + length, size - length, format, arguments);
    va_end(arguments);
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
    *out = '\0';
    append(out, size, "%s %s", objective_table[objective].heading, value);
    if (isfinite(error))
        append(out, size, " \302\261%.1f", 100 * error);
    if (row != base && objective_table[objective].quantity == QUANTITY_FRACTION &&
        isfinite(mine - full))
        append(out, size, " (%+.1f)", 100 * (mine - full));
    else if (row != base && full > 0 && mine > 0 && isfinite(mine / full))
        append(out, size, " (%+.0f %%)", 100 * (mine / full - 1));
    if (objective == OBJECTIVE_ACC_EST && !values_searched(snapshot, OBJECTIVE_ACC) &&
        isfinite(row->standard_error))
        append(out, size, ", plain %.1f \302\261%.1f", 100 * row->value[OBJECTIVE_ACC],
               100 * row->standard_error);
}

/* On one line what fits; on up to `lines` when there are several tasks. Returns how many. */
static int draw_values(struct grid *grid, struct rect rect, int y, int lines, const struct row *row,
                       const struct snapshot *snapshot)
{
    const struct row *base = view_row(snapshot, snapshot->base);
    enum objective order[OBJECTIVES];
    size_t count = values_order(snapshot, order);
    int x = rect.x, end = rect.x + rect.w, line = 1;
    if (!snapshot->measured[OBJECTIVE_TASK_FIRST])
        lines = 1;
    for (size_t i = 0; i < count; i++) {
        char text[128];
        if (told_beside(snapshot, order[i]))
            continue;
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

static void draw_picture(struct grid *grid, struct rect rect, const struct row *row,
                         const struct snapshot *snapshot)
{
    const char *code = row->code.text;
    size_t layers = arch_code_layers(&row->code);
    struct columns columns = columns_place(grid, rect, layers, 0, 3);
    int y = rect.y;
    bool influence =
        snapshot->influence && rect.h >= 6 && snapshot->shape && snapshot->shape->layers == layers;
    bool types = rect.h >= 5 && layers < strlen(code);
    int bars = rect.h - (rect.h >= 2) - (rect.h >= 3) - influence - types;
    columns_mlp(&columns, y, bars, code);
    y += bars;
    if (rect.h >= 2)
        columns_attention(&columns, y++, code);
    if (types)
        columns_types(&columns, y++, code + layers + 1);
    if (influence)
        columns_influence(&columns, y++, snapshot->influence);
    if (rect.h >= 3)
        columns_ruler(&columns, y);
}

/* What paretop report found of it. */
static const char *held_out(uint32_t id, const struct snapshot *snapshot, char *out, size_t size)
{
    const struct heldout_row *found = view_held_out(snapshot, id);
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
    char title[200], heldout[48], name[48];
    bool knee = snapshot->fronts >= 3 && snapshot->knee < snapshot->fronts &&
                snapshot->front[snapshot->knee] == view->selected;
    view_name(snapshot, view->selected, name, sizeof name);
    held_out(view->selected, snapshot, heldout, sizeof heldout);
    if (view->selected < BASELINE_IDS)
        snprintf(title, sizeof title, "selected %s, generation %u, %s%s%s", name, row->generation,
                 row->origin, knee ? ", the knee" : "", heldout);
    else
        snprintf(title, sizeof title, "selected %s%s", name, heldout);
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
