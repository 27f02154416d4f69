/* The architecture view's numbers: of the networks as wholes, of the layer under the cursor, and of
 * each layer. */
#include "architecture_panel.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LABEL_CELLS 14
#define VALUE_CELLS 13
#define DIFFERENCE_CELLS 11

enum { VALUE_LAYERS = OBJECTIVES, VALUE_MLP, VALUES }; /* rows beside the objectives */

/* ---- values of networks ---- */

struct value_column {
    char title[24];
    const struct row *row; /* NULL: foretold */
    struct arch_code code;
    struct foretold foretold;
};

static void add_row(struct value_column *column, int *count, const struct row *row,
                    const char *title)
{
    struct value_column *next = &column[(*count)++];
    *next = (struct value_column){.row = row, .code = row->code};
    snprintf(next->title, sizeof next->title, "%s", title);
}

/* Something that is not computed exactly. */
static bool guessed(const struct foretold *foretold)
{
    bool any = false;
    for (int o = 0; o < OBJECTIVES; o++)
        any |= !objective_table[o].computed && isfinite(foretold->value[o]);
    return any;
}

/* From the base to what is edited; a network that was foretold here has that before it. */
static int find_columns(const struct architecture_panel *panel, struct value_column column[4])
{
    const struct snapshot *s = panel->snapshot;
    const struct row *base = view_row(s, s->base), *row = panel->row;
    char title[24], name[64] = "";
    int count = 0;
    if (base && base != row)
        add_row(column, &count, base, "base");
    const struct drawn_network *drawn = row ? draft_drawn(panel->view, &row->code) : NULL;
    if (drawn && !panel->draft && guessed(&drawn->foretold)) {
        column[count] = (struct value_column){.title = "foretold"};
        column[count].code = drawn->code;
        column[count++].foretold = drawn->foretold;
    }
    view_name(s, panel->view->selected, name, sizeof name);
    snprintf(title, sizeof title, "%.16s%s", name, row == base ? " base" : "");
    if (row)
        add_row(column, &count, row, title);
    if (panel->draft || !row) {
        snprintf(column[count].title, sizeof title, panel->draft ? "draft" : "foretold");
        column[count].row = NULL;
        column[count].code = panel->code;
        values_foretell(s, &panel->code, &column[count++].foretold);
    }
    return count;
}

static double column_of(const struct architecture_panel *panel, const struct value_column *column,
                        enum objective objective, double *error)
{
    const struct snapshot *s = panel->snapshot;
    *error =
        column->row ? view_error(s, column->row, objective) : column->foretold.error[objective];
    return column->row ? view_value(s, column->row, objective) : column->foretold.value[objective];
}

/* Of two measured networks without what they share; what is foretold has its own error alone. */
static double difference_error(const struct architecture_panel *panel,
                               const struct value_column *from, const struct value_column *to,
                               enum objective objective)
{
    if (from->row && to->row)
        return row_difference_error(from->row, to->row, objective, &panel->snapshot->estimate);
    return from->row ? to->foretold.error[objective] : from->foretold.error[objective];
}

struct value_table {
    const struct architecture_panel *panel;
    struct rect rect;
    struct value_column column[4];
    int count, first; /* columns first .. count - 1 have room */
    bool difference;
};

static void put_cell(const struct value_table *table, int column, int y, enum colour colour,
                     unsigned style, const char *text)
{
    bool difference = column == table->count;
    int end = LABEL_CELLS + (column - table->first + 1) * VALUE_CELLS;
    int width = (difference ? DIFFERENCE_CELLS : VALUE_CELLS) - 1;
    end += difference ? DIFFERENCE_CELLS - VALUE_CELLS : 0;
    end = end > table->rect.w ? table->rect.w : end; /* over the label, where there is no more */
    grid_text_right(table->panel->grid, table->rect.x + end, y, width > end ? end : width, colour,
                    style, text);
}

static void put_label(const struct value_table *table, int y, const char *text)
{
    int width = table->rect.w < LABEL_CELLS - 1 ? table->rect.w : LABEL_CELLS - 1;
    grid_text(table->panel->grid, table->rect.x, y, width, COLOUR_FAINT, 0, text);
}

static bool better(enum objective objective, double from, double to)
{
    return objective_cost(objective, to) < objective_cost(objective, from);
}

static void draw_objective(const struct value_table *table, int y, enum objective objective)
{
    const struct architecture_panel *panel = table->panel;
    char text[64];
    double error;
    put_label(table, y, objective_table[objective].heading);
    for (int i = table->first; i < table->count; i++) {
        double value = column_of(panel, &table->column[i], objective, &error);
        bool yet = isnan(value) && !table->column[i].row && !objective_table[objective].computed;
        put_cell(table, i, y, i + 1 == table->count && !yet ? COLOUR_TEXT : COLOUR_FAINT, 0,
                 yet ? "not yet" : value_error_format(objective, value, error, text, sizeof text));
    }
    if (!table->difference)
        return;
    const struct value_column *from = &table->column[table->count - 2], *to = from + 1;
    double before = column_of(panel, from, objective, &error),
           after = column_of(panel, to, objective, &error);
    difference_format(objective, before, after, difference_error(panel, from, to, objective), text,
                      sizeof text);
    bool sure = *text && text[strlen(text) - 1] != '?' && before != after;
    put_cell(table, table->count, y,
             !sure                              ? COLOUR_FAINT
             : better(objective, before, after) ? COLOUR_GOOD
                                                : COLOUR_BAD,
             0, text);
}

/* Kept layers, and the part of all neurons that is kept. */
static void draw_summary(const struct value_table *table, int y, bool layers)
{
    struct code_summary before = {0};
    char text[32];
    put_label(table, y, layers ? "layers" : "MLP neurons");
    for (int i = table->first; i < table->count; i++) {
        struct code_summary now = code_summarize(table->panel->shape, &table->column[i].code);
        snprintf(text, sizeof text, layers ? "%.0f of %u" : "%.1f %%",
                 layers ? now.kept : 100 * now.mlp, now.layers);
        put_cell(table, i, y, i + 1 == table->count ? COLOUR_TEXT : COLOUR_FAINT, 0, text);
    }
    if (!table->difference)
        return;
    before = code_summarize(table->panel->shape, &table->column[table->count - 2].code);
    struct code_summary after =
        code_summarize(table->panel->shape, &table->column[table->count - 1].code);
    int by = (int)after.kept - (int)before.kept;
    double points = 100 * (after.mlp - before.mlp);
    if (layers && by != 0)
        snprintf(text, sizeof text, "%+d", by);
    else if (!layers && points != 0)
        snprintf(text, sizeof text, "%+.1f", points);
    else
        snprintf(text, sizeof text, "same");
    put_cell(table, table->count, y, COLOUR_FAINT, 0, text);
}

/* What is searched or pinned comes first, then what an edit changes for certain. */
static int turn_of(const struct snapshot *s, enum objective objective)
{
    bool first = values_searched(s, objective);
    for (size_t i = 0; i < s->pins.count; i++)
        first |= s->pins.pin[i].enabled && s->pins.pin[i].objective == objective;
    if (first)
        return 0;
    if (objective == OBJECTIVE_BYTES || objective == OBJECTIVE_PARAMS ||
        objective == OBJECTIVE_MACS || objective == OBJECTIVE_DECODE_MS)
        return 1;
    return 2;
}

static int order_rows(const struct snapshot *s, int order[VALUES])
{
    enum objective objective[OBJECTIVES];
    size_t known = values_order(s, objective);
    int count = 0;
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < known; i++)
            if (turn_of(s, objective[i]) == turn)
                order[count++] = (int)objective[i];
        if (turn == 1) {
            order[count++] = VALUE_LAYERS;
            order[count++] = VALUE_MLP;
        }
    }
    return count;
}

int architecture_value_rows(const struct architecture_panel *panel)
{
    int order[VALUES];
    return order_rows(panel->snapshot, order) + 1;
}

void architecture_values(const struct architecture_panel *panel, struct rect rect)
{
    int order[VALUES];
    struct value_table table = {.panel = panel, .rect = rect};
    int count = order_rows(panel->snapshot, order), y = rect.y, end = rect.y + rect.h;
    table.count = find_columns(panel, table.column);
    table.difference = table.count > 1 && rect.w >= LABEL_CELLS + VALUE_CELLS + DIFFERENCE_CELLS;
    int room = rect.w - LABEL_CELLS - (table.difference ? DIFFERENCE_CELLS : 0);
    int fit = room / VALUE_CELLS > 1 ? room / VALUE_CELLS : 1;
    table.first = table.count > fit ? table.count - fit : 0;
    if (rect.h < 1 || rect.w < 1)
        return;
    for (int i = table.first; i < table.count && rect.h > 1; i++)
        put_cell(&table, i, y, COLOUR_HEADING, 0, table.column[i].title);
    if (table.difference && rect.h > 1)
        put_cell(&table, table.count, y, COLOUR_HEADING, 0, "difference");
    y += rect.h > 1;
    for (int i = 0; i < count && y < end; i++)
        if (order[i] < OBJECTIVES)
            draw_objective(&table, y++, (enum objective)order[i]);
        else
            draw_summary(&table, y++, order[i] == VALUE_LAYERS);
}

/* ---- pins ---- */

void architecture_pins(const struct architecture_panel *panel, struct rect rect)
{
    const struct pins *pins = &panel->snapshot->pins;
    struct value_column column[4];
    const struct value_column *shown = &column[find_columns(panel, column) - 1];
    int x = rect.x, end = rect.x + rect.w;
    for (size_t i = 0; i < pins->count && rect.h > 0; i++) {
        char verdict[64], text[160];
        double error, value;
        if (!pins->pin[i].enabled)
            continue;
        value = column_of(panel, shown, pins->pin[i].objective, &error);
        bool within = pin_verdict(&pins->pin[i], value, error, verdict, sizeof verdict);
        snprintf(text, sizeof text, "%s %s", pins->pin[i].text, verdict);
        if (x > rect.x && x + text_cells(text) > end)
            continue;
        x +=
            grid_text(panel->grid, x, rect.y, end - x, within ? COLOUR_GOOD : COLOUR_BAD, 0, text) +
            3;
    }
}

/* ---- the layer under the cursor ---- */

/* What the layer adds to the network: parameters and bytes of the file. */
static void add_of_layer(const struct architecture_panel *panel, size_t layer, double *params,
                         double *bytes)
{
    struct arch_code without = panel->code;
    arch_code_set_layer(panel->shape, &without, (uint32_t)layer, '.');
    *params = (double)arch_params(panel->shape, &panel->code) -
              (double)arch_params(panel->shape, &without);
    *bytes = (double)arch_bytes(panel->shape, &panel->code, &panel->snapshot->weights) -
             (double)arch_bytes(panel->shape, &without, &panel->snapshot->weights);
}

/* Writes up to 8 phrases; returns how many. */
static int layer_phrases(const struct architecture_panel *panel, char phrase[8][64])
{
    const struct arch_shape *shape = panel->shape;
    size_t layer = panel->layer;
    char c = panel->code.text[layer], was = panel->original.text[layer];
    char lock = lock_of_layer(panel->snapshot, layer), params[32], bytes[32];
    int n = 0;
    snprintf(phrase[n++], 64, "layer %zu", layer);
    if (c == '.')
        snprintf(phrase[n++], 64, "dropped");
    if (shape && c != '.') {
        const struct arch_layer_shape *full = &shape->layer[layer];
        snprintf(phrase[n++], 64, "MLP %u of %u neurons",
                 arch_mlp_width(shape, (uint32_t)layer, arch_mlp_eighths(c)), full->intermediate);
        if (arch_keeps_attention(c))
            snprintf(phrase[n++], 64, "%u heads, %u kv", full->heads, full->kv_heads);
        else
            snprintf(phrase[n++], 64, full->attention ? "no attention" : "without attention");
    }
    if (c != was)
        snprintf(phrase[n++], 64, "was %c", was);
    if (lock)
        snprintf(phrase[n++], 64, "locked to %c", lock);
    if (panel->snapshot->influence && shape)
        snprintf(phrase[n++], 64, "influence %.3f, %u of %u",
                 (double)panel->snapshot->influence[layer],
                 influence_rank(panel->snapshot->influence, shape->layers, layer), shape->layers);
    if (shape && shape->tensors && c != '.') {
        double of_params, of_bytes;
        add_of_layer(panel, layer, &of_params, &of_bytes);
        quantity_format(QUANTITY_COUNT, of_params, params, sizeof params);
        quantity_format(QUANTITY_BYTES, of_bytes, bytes, sizeof bytes);
        snprintf(phrase[n++], 64, "%.24s, %.24s", params, bytes);
    }
    return n;
}

/* Where the phrases stand, in a width: x and row of each; row -1: no room. Returns the rows. */
static int place_phrases(char phrase[8][64], int count, int width, int rows, int x[8], int row[8])
{
    int at = 0, line = 0;
    for (int i = 0; i < count; i++) {
        int cells = text_cells(phrase[i]);
        if (at > 0 && at + cells > width && line + 1 < rows) {
            at = 0;
            line++;
        }
        x[i] = at;
        row[i] = at > 0 && at + cells > width ? -1 : line;
        at += row[i] < 0 ? 0 : cells + 3;
    }
    return line + 1;
}

int architecture_layer_rows(const struct architecture_panel *panel)
{
    char phrase[8][64];
    int x[8], row[8];
    return place_phrases(phrase, layer_phrases(panel, phrase), panel->rect.w, 2, x, row);
}

void architecture_layer(const struct architecture_panel *panel, struct rect rect)
{
    char phrase[8][64];
    int x[8], row[8], count = layer_phrases(panel, phrase);
    if (rect.h < 1)
        return;
    place_phrases(phrase, count, rect.w, rect.h, x, row);
    for (int i = 0; i < count; i++)
        if (row[i] >= 0)
            grid_text(panel->grid, rect.x + x[i], rect.y + row[i], rect.w - x[i],
                      i ? COLOUR_TEXT : COLOUR_TITLE, i ? 0 : STYLE_BOLD, phrase[i]);
}

/* ---- all layers ---- */

static void draw_list_row(const struct architecture_panel *panel, struct rect rect, int y,
                          size_t layer)
{
    struct grid *grid = panel->grid;
    const struct arch_layer_shape *full = &panel->shape->layer[layer];
    char c = panel->code.text[layer], was = panel->original.text[layer];
    char lock = lock_of_layer(panel->snapshot, layer), text[128], params[32] = "", bytes[32] = "",
         influence[32] = "";
    bool here = layer == panel->layer;
    enum colour colour = here ? COLOUR_SELECTED : c == '.' ? COLOUR_FAINT : COLOUR_TEXT;
    if (panel->shape->tensors && c != '.') {
        double of_params, of_bytes;
        add_of_layer(panel, layer, &of_params, &of_bytes);
        quantity_format(QUANTITY_COUNT, of_params, params, sizeof params);
        quantity_format(QUANTITY_BYTES, of_bytes, bytes, sizeof bytes);
    }
    if (panel->snapshot->influence)
        snprintf(influence, sizeof influence, "%.3f", (double)panel->snapshot->influence[layer]);
    snprintf(text, sizeof text, "%5zu  %c%c  %3u/%-3u %6u/%-6u %8.9s %8.10s %7.7s  %c", layer, c,
             c != was ? '*' : ' ', arch_keeps_attention(c) ? full->heads : 0,
             arch_keeps_attention(c) ? full->kv_heads : 0,
             arch_mlp_width(panel->shape, (uint32_t)layer, arch_mlp_eighths(c)), full->intermediate,
             params, bytes, influence, lock ? lock : ' ');
    for (int x = rect.x; here && x < rect.x + rect.w; x++)
        grid_put(grid, x, y, ' ', colour, STYLE_REVERSE);
    grid_text(grid, rect.x, y, rect.w, colour, here ? STYLE_REVERSE : 0, text);
    if (here)
        grid_put(grid, rect.x, y, 0x25b8, colour, STYLE_REVERSE);
}

/* The layer that stands first, so that the cursor is in sight. */
static int list_top(const struct architecture_panel *panel, int shown)
{
    int layers = (int)panel->shape->layers, top = (int)panel->layer - shown / 2;
    top = top + shown > layers ? layers - shown : top;
    return top < 0 ? 0 : top;
}

size_t architecture_list_layer(const struct architecture_panel *panel, struct rect rect, int y)
{
    int row = y - rect.y - 1, shown = rect.h - 1, layer = list_top(panel, shown) + row;
    return row >= 0 && row < shown && layer < (int)panel->shape->layers ? (size_t)layer : SIZE_MAX;
}

void architecture_list(const struct architecture_panel *panel, struct rect rect)
{
    int layers = (int)panel->shape->layers, shown = rect.h - 1, top = list_top(panel, shown);
    for (int y = rect.y; y < rect.y + rect.h; y++)
        grid_put(panel->grid, rect.x - 1, y, 0x2502, COLOUR_FRAME, 0);
    grid_text(panel->grid, rect.x, rect.y, rect.w, COLOUR_HEADING, 0,
              "layer code heads/kv   neurons      params     size    infl lock");
    for (int i = 0; i < shown && top + i < layers; i++)
        draw_list_row(panel, rect, rect.y + 1 + i, (size_t)(top + i));
}
