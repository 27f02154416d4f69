/* The table of networks: one row each, columns as wide as their values; columns that do not fit
 * are left out, the search's own objectives last, and before them those that are pinned. */
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct column {
    int id; /* see view.h */
    struct unit unit;
    int decimals;
    int width;
    char heading[24];
};

struct table {
    const struct view *view;
    const struct snapshot *snapshot;
    struct pins limits; /* as the plot draws them */
    struct column column[COLUMNS];
    int columns;
};

static int decimals_of(int id, struct unit unit, double most)
{
    if (id < OBJECTIVES && objective_is_time((enum objective)id))
        return unit_decimals(objective_table[id].quantity, most);
    if (id == OBJECTIVE_CHOICE_NLL)
        return 3;
    if (id == OBJECTIVE_PERPLEXITY)
        return 2;
    if (id > COLUMN_EST_ERROR || unit.size == 1)
        return 0;
    return 1;
}

static bool is_error(int id)
{
    return id == COLUMN_ERROR || id == COLUMN_EST_ERROR;
}

static void name_column(struct column *column)
{
    static const char *const names[COLUMNS] = {
        [OBJECTIVE_ACC] = "acc",        [OBJECTIVE_ACC_EST] = "est",
        [OBJECTIVE_ACC_NORM] = "norm",  [OBJECTIVE_CHOICE_NLL] = "nll",
        [OBJECTIVE_PERPLEXITY] = "ppl", [OBJECTIVE_PARAMS] = "par",
        [OBJECTIVE_BYTES] = "",         [OBJECTIVE_MACS] = "mac",
        [OBJECTIVE_DECODE_MS] = "",     [OBJECTIVE_PROMPT_MS] = "prompt",
        [OBJECTIVE_DECODE_TPS] = "tok", [OBJECTIVE_PROMPT_TPS] = "prompt tok",
        [COLUMN_ERROR] = "\302\261",    [COLUMN_EST_ERROR] = "\302\261",
        [COLUMN_LAYERS] = "lay",        [COLUMN_ID] = "#",
        [COLUMN_GENERATION] = "gen",    [COLUMN_QUESTIONS] = "n",
    };
    bool task = column->id < OBJECTIVES && objective_is_task((enum objective)column->id);
    const char *name = task ? strchr(objective_table[column->id].name, ':') + 1 : names[column->id];
    const char *unit = task ? "" : column->unit.name; /* its name is long enough */
    bool unit_first = column->id == OBJECTIVE_PARAMS || column->id == OBJECTIVE_MACS;
    if (is_error(column->id))
        unit = "";
    snprintf(column->heading, sizeof column->heading, "%.13s%s%s", unit_first ? unit : name,
             *unit && *name ? " " : "", unit_first ? name : unit);
}

static const char *cell_text(const struct table *table, const struct column *column,
                             const struct row *row, char *out, size_t size)
{
    double value = column_value(table->snapshot, row, column->id);
    return unit_format(column->unit, column->decimals, value, out, size);
}

/* Of all networks, listed or not: a column keeps its width while one scrolls. */
static struct view_span span_of(const struct table *table, int id)
{
    const struct snapshot *s = table->snapshot;
    struct view_span span = view_span(table->view, id);
    if (table->view->others != OTHERS_LISTED)
        return span;
    for (size_t i = 0; i < s->baseline_rows; i++)
        view_span_add(&span, column_value(s, archive_row(s->baselines, i), id));
    for (size_t k = 0; k < s->overlays; k++)
        for (size_t i = 0; i < s->overlay[k].fronts; i++) {
            const struct row *row = view_row(s, overlay_id(k, s->overlay[k].front[i]));
            if (row)
                view_span_add(&span, column_value(s, row, id));
        }
    return span;
}

static void measure_column(const struct table *table, struct column *column)
{
    struct view_span span = span_of(table, column->id);
    double most = fmax(0, fmax(-span.least, span.most)); /* nothing measured: infinities */
    enum quantity quantity = column->id < OBJECTIVES ? objective_table[column->id].quantity
                             : is_error(column->id)  ? QUANTITY_FRACTION
                                                     : QUANTITY_NUMBER;
    column->unit = unit_for(quantity, most);
    column->decimals = decimals_of(column->id, column->unit, most);
    name_column(column);
    column->width = text_cells(column->heading);
    for (int end = 0; end < 2 && isfinite(span.most); end++) {
        char text[32];
        int cells = text_cells(unit_format(column->unit, column->decimals,
                                           end ? span.most : span.least, text, sizeof text));
        column->width = cells > column->width ? cells : column->width;
    }
}

static bool has_column(const struct table *table, int id)
{
    for (int i = 0; i < table->columns; i++)
        if (table->column[i].id == id)
            return true;
    return false;
}

/* Adds a column when it is measured, not there yet, and fits; returns the room that is left. */
static int add_column(struct table *table, int id, int room)
{
    if (!view_has_column(table->view, table->snapshot, id) || has_column(table, id))
        return room;
    struct column column = {.id = id};
    measure_column(table, &column);
    if (column.width + 2 > room)
        return room;
    table->column[table->columns++] = column;
    return room - column.width - 2;
}

static int error_of(int id)
{
    return id == COLUMN_ERROR ? OBJECTIVE_ACC : OBJECTIVE_ACC_EST;
}

static void choose_columns(struct table *table, int room)
{
    static const int rest[] = {COLUMN_QUESTIONS,     COLUMN_ID,
                               OBJECTIVE_ACC,        OBJECTIVE_PARAMS,
                               COLUMN_ERROR,         COLUMN_LAYERS,
                               OBJECTIVE_ACC_EST,    COLUMN_EST_ERROR,
                               OBJECTIVE_ACC_NORM,   OBJECTIVE_CHOICE_NLL,
                               OBJECTIVE_PERPLEXITY, OBJECTIVE_MACS,
                               OBJECTIVE_DECODE_MS,  OBJECTIVE_DECODE_TPS,
                               OBJECTIVE_PROMPT_MS,  OBJECTIVE_PROMPT_TPS,
                               COLUMN_GENERATION};
    if (table->view->sort >= 0 && !is_error(table->view->sort))
        room -= 8; /* what it is sorted by is always shown */
    for (size_t i = 0; i < table->snapshot->m; i++) {
        room = add_column(table, (int)table->snapshot->objectives[i], room);
        if (table->snapshot->objectives[i] == OBJECTIVE_ACC_EST)
            room = add_column(table, COLUMN_EST_ERROR, room);
        if (table->snapshot->objectives[i] == OBJECTIVE_ACC)
            room = add_column(table, COLUMN_ERROR, room);
    }
    if (table->view->sort >= 0)
        room = add_column(table, table->view->sort, room + (is_error(table->view->sort) ? 0 : 8));
    for (size_t i = 0; i < table->snapshot->pins.count; i++)
        if (table->snapshot->pins.pin[i].enabled)
            room = add_column(table, (int)table->snapshot->pins.pin[i].objective, room);
    for (size_t i = 0; i < table->view->filter.count; i++) /* else a row seems not to pass */
        room = add_column(table, (int)table->view->filter.pin[i].objective, room);
    room = add_column(table, OBJECTIVE_BYTES, room);
    for (int id = OBJECTIVE_TASK_FIRST; id < OBJECTIVES; id++)
        room = add_column(table, id, room);
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        if (!is_error(rest[i]) || has_column(table, error_of(rest[i])))
            room = add_column(table, rest[i], room);
}

static void draw_heading(struct grid *grid, struct rect rect, const struct table *table)
{
    int sort = table->view->sort < 0 ? (int)table->snapshot->objectives[0] : table->view->sort;
    int x = rect.x + 2;
    for (int i = 0; i < table->columns; i++) {
        const struct column *column = &table->column[i];
        bool sorted = column->id == sort;
        bool down = column_best_is_high(column->id) != table->view->backwards;
        x += column->width + 2;
        grid_text_right(grid, x - 1, rect.y, column->width, COLOUR_HEADING, sorted ? STYLE_BOLD : 0,
                        column->heading);
        if (sorted)
            grid_put(grid, x - 1, rect.y, down ? 0x25be : 0x25b4, COLOUR_HEADING, STYLE_BOLD);
    }
}

struct sign {
    uint32_t glyph; /* 0: none */
    enum colour colour;
};

/* What a row is, as the plot shows it. */
static struct sign sign_of(const struct table *table, uint32_t id, bool within, bool front)
{
    const struct snapshot *s = table->snapshot;
    bool mixed = table->view->everything || table->view->within_error ||
                 table->view->others == OTHERS_LISTED;
    if (view_is_baseline(id))
        return (struct sign){0x25bd, COLOUR_BASELINE};
    if (id >= OVERLAY_IDS)
        return (struct sign){overlay_letter(s, view_overlay(id)), COLOUR_BASELINE};
    if (id == s->base)
        return (struct sign){0x25c6, COLOUR_BASE};
    if (!within)
        return (struct sign){0x00d7, COLOUR_OUTSIDE};
    if (view_new(table->view, s, id))
        return (struct sign){front ? 0x2295 : '+', COLOUR_FRONT};
    if (s->knee < s->fronts && id == s->front[s->knee])
        return (struct sign){'*', COLOUR_FRONT};
    return (struct sign){front && mixed ? 0x25cf : 0, COLOUR_FRONT};
}

static void draw_row(struct grid *grid, struct rect rect, int y, const struct table *table,
                     uint32_t id)
{
    const struct view *view = table->view;
    const struct snapshot *snapshot = table->snapshot;
    const struct row *row = view_row(snapshot, id);
    bool selected = id == view->selected, front = view_on_front(snapshot, id);
    bool within = row_violation(row, &table->limits, &snapshot->estimate) <= 0;
    enum colour colour = selected  ? COLOUR_SELECTED
                         : !within ? COLOUR_OUTSIDE
                         : front   ? COLOUR_TEXT
                                   : COLOUR_FAINT;
    bool found = view_found(view, snapshot, id);
    unsigned style = (selected ? STYLE_REVERSE : 0u) | (found ? STYLE_UNDERLINE : 0u);
    for (int x = rect.x; selected && x < rect.x + rect.w; x++)
        grid_put(grid, x, y, ' ', colour, style);
    if (view_marked(view, id))
        grid_put(grid, rect.x, y, 0x25b2, selected ? colour : COLOUR_MARKED, style);
    else if (selected)
        grid_put(grid, rect.x, y, 0x25b8, colour, style);
    else if (found)
        grid_put(grid, rect.x, y, '=', COLOUR_KEY, STYLE_BOLD);
    struct sign sign = sign_of(table, id, within, front);
    if (sign.glyph)
        grid_put(grid, rect.x + 1, y, sign.glyph, selected ? colour : sign.colour, style);
    int x = rect.x + 2;
    for (int i = 0; i < table->columns; i++) {
        char text[32];
        const struct column *column = &table->column[i];
        x += column->width + 2;
        grid_text_right(grid, x - 1, y, column->width, colour, style,
                        cell_text(table, column, row, text, sizeof text));
    }
}

static void draw_empty(struct grid *grid, struct rect rect, const struct table *table)
{
    const struct snapshot *snapshot = table->snapshot;
    const char *text = table->view->filter.count ? "nothing passes the filter; Esc drops it"
                       : snapshot->rows          ? "no front yet"
                                                 : "";
    if (rect.h > 1)
        grid_wrap(grid, (struct rect){rect.x + 1, rect.y + 1, rect.w - 1, rect.h - 1}, COLOUR_FAINT,
                  0, text);
}

static void draw_table_title(struct grid *grid, struct rect rule, const struct view *view,
                             const struct snapshot *snapshot)
{
    char title[192];
    if (view->everything)
        snprintf(title, sizeof title, "all %zu networks", view_networks(snapshot));
    else if (snapshot->rows && !snapshot->feasible && snapshot->pins.count)
        snprintf(title, sizeof title, "least outside: %zu of %zu", snapshot->fronts,
                 view_networks(snapshot));
    else if (view->within_error)
        snprintf(title, sizeof title, "front %zu + %zu near, of %zu", snapshot->fronts,
                 view->near - snapshot->fronts, view_networks(snapshot));
    else
        snprintf(title, sizeof title, "front %zu", snapshot->fronts);
    if (view->others == OTHERS_LISTED) {
        size_t others = snapshot->baseline_rows, length = strlen(title);
        for (size_t k = 0; k < snapshot->overlays; k++)
            others += snapshot->overlay[k].fronts;
        snprintf(title + length, sizeof title - length, " + %zu others", others);
    }
    if (view->filter.count) {
        size_t length = strlen(title);
        snprintf(title + length, sizeof title - length, ", %zu with %s", view->rows,
                 view->filter_text);
    }
    draw_rule(grid, rule, title);
}

/* Position of the row that stands first, so that the selected one is in sight. */
static size_t top_row(const struct view *view, int shown)
{
    size_t at = view_position(view, view->selected), half = (size_t)(shown / 2);
    size_t top = at == SIZE_MAX || at < half ? 0 : at - half;
    if (view->rows <= (size_t)shown)
        return 0;
    return top > view->rows - (size_t)shown ? view->rows - (size_t)shown : top;
}

uint32_t table_row_at(struct rect rect, const struct view *view, int y)
{
    int heading = rect.h > 2, line = y - rect.y - heading;
    if (rect.w < 4 || line < 0 || line >= rect.h - heading)
        return NO_ROW;
    size_t position = top_row(view, rect.h - heading) + (size_t)line;
    return position < view->rows ? view->row[position] : NO_ROW;
}

void draw_table(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
                const struct snapshot *snapshot)
{
    draw_table_title(grid, rule, view, snapshot);
    if (rect.w < 4 || rect.h < 1)
        return;
    struct table table = {.view = view, .snapshot = snapshot};
    view_limits(view, snapshot, &table.limits);
    choose_columns(&table, rect.w - 2);
    bool heading = rect.h > 2;
    if (!view->rows) {
        draw_empty(grid, rect, &table);
        return;
    }
    if (heading)
        draw_heading(grid, rect, &table);
    int shown = rect.h - heading;
    size_t top = top_row(view, shown);
    for (int i = 0; i < shown && top + (size_t)i < view->rows; i++)
        draw_row(grid, rect, rect.y + heading + i, &table, view->row[top + (size_t)i]);
}
