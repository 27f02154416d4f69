/* Columns of layers: the MLP's width as a bar, attention as a square, dropped layers as gaps. */
#include "columns.h"

#include "arch/code.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

struct columns columns_place(struct grid *grid, struct rect rect, size_t layers, size_t at,
                             int most)
{
    struct columns columns = {.grid = grid, .rect = rect, .layers = layers};
    int room = rect.w > COLUMN_LABELS ? rect.w - COLUMN_LABELS : 0;
    int cells = layers ? room / (int)layers : 1;
    columns.cells = cells < 1 ? 1 : cells > most ? most : cells;
    size_t fit = (size_t)(room + (columns.cells > 1)) / (size_t)columns.cells;
    columns.shown = layers < fit ? layers : fit;
    if (at >= columns.shown / 2)
        columns.first = at - columns.shown / 2;
    if (columns.first + columns.shown > layers)
        columns.first = layers - columns.shown;
    return columns;
}

int columns_x(const struct columns *columns, size_t layer)
{
    if (layer < columns->first || layer >= columns->first + columns->shown)
        return -1;
    return columns->rect.x + COLUMN_LABELS + (int)(layer - columns->first) * columns->cells;
}

size_t columns_layer(const struct columns *columns, int x)
{
    int at = x - columns->rect.x - COLUMN_LABELS;
    size_t layer = at < 0 ? SIZE_MAX : columns->first + (size_t)(at / columns->cells);
    return at >= 0 && layer < columns->first + columns->shown ? layer : SIZE_MAX;
}

int columns_bar(const struct columns *columns)
{
    return columns->cells > 1 ? columns->cells - 1 : 1;
}

void columns_label(const struct columns *columns, int y, const char *text)
{
    int width = columns->rect.w;
    grid_text(columns->grid, columns->rect.x, y, width < COLUMN_LABELS ? width : COLUMN_LABELS,
              COLOUR_FAINT, 0, text);
}

/* The same glyph in all cells of a layer's column. */
static void put_bar(const struct columns *columns, size_t layer, int y, uint32_t glyph,
                    enum colour colour)
{
    int x = columns_x(columns, layer);
    for (int k = 0; k < columns_bar(columns); k++)
        grid_put(columns->grid, x + k, y, glyph, colour, 0);
}

static uint32_t eighths_glyph(int eighths)
{
    return 0x2580u + (uint32_t)(eighths < 1 ? 1 : eighths > 8 ? 8 : eighths);
}

static uint32_t nothing_glyph(char c)
{
    return arch_keeps_layer(c) ? '_' : 0x00b7;
}

void columns_mlp(const struct columns *columns, int y, int rows, const char *code)
{
    columns_label(columns, y + rows - 1, "mlp");
    for (size_t i = columns->first; i < columns->first + columns->shown; i++)
        for (int r = 0; r < rows; r++) { /* from the bottom row up, each 8/rows eighths */
            int steps = (int)arch_mlp_eighths(code[i]) * rows - r * 8;
            uint32_t glyph = steps > 0 ? eighths_glyph(steps)
                             : r == 0  ? nothing_glyph(code[i])
                                       : ' ';
            put_bar(columns, i, y + rows - 1 - r, glyph, steps > 0 ? COLOUR_MLP : COLOUR_FAINT);
        }
}

void columns_attention(const struct columns *columns, int y, const char *code)
{
    columns_label(columns, y, "attn");
    for (size_t i = columns->first; i < columns->first + columns->shown; i++) {
        bool keeps = arch_keeps_attention(code[i]);
        put_bar(columns, i, y, keeps ? 0x25a0 : nothing_glyph(code[i]),
                keeps ? COLOUR_ATTENTION : COLOUR_FAINT);
    }
}

void columns_types(const struct columns *columns, int y, const char *types)
{
    columns_label(columns, y, "type");
    for (size_t i = columns->first; i < columns->first + columns->shown; i++)
        put_bar(columns, i, y, (unsigned char)types[i],
                types[i] == '-' || types[i] == '.' ? COLOUR_FAINT : COLOUR_TEXT);
}

int influence_eighths(const float *influence, size_t layers, size_t layer)
{
    double most = 0, range = 0;
    for (size_t i = 0; i < layers; i++)
        most = fmax(most, (double)influence[i]);
    for (size_t i = 0; i < layers; i++)
        if (influence[i] > 0)
            range = fmax(range, log(most / (double)influence[i]));
    if (!(range > 0))
        return 0;
    double below = influence[layer] > 0 ? log(most / (double)influence[layer]) : range;
    return 8 - (int)lround(7 * below / range);
}

unsigned influence_rank(const float *influence, size_t layers, size_t layer)
{
    unsigned rank = 1;
    for (size_t i = 0; i < layers; i++)
        rank += influence[i] > influence[layer];
    return rank;
}

void columns_influence(const struct columns *columns, int y, const float *influence)
{
    columns_label(columns, y, "infl");
    for (size_t i = columns->first; i < columns->first + columns->shown; i++)
        put_bar(columns, i, y, eighths_glyph(influence_eighths(influence, columns->layers, i)),
                COLOUR_HEADING);
}

void columns_ruler(const struct columns *columns, int y)
{
    size_t step = columns->cells > 1 ? 2 : 5, last = columns->first + columns->shown;
    int end = columns->rect.x + columns->rect.w;
    columns_label(columns, y, "layer");
    for (size_t i = (columns->first + step - 1) / step * step; i < last; i += step) {
        char text[24];
        int x = columns_x(columns, i), cells = snprintf(text, sizeof text, "%zu", i);
        if (x + cells <= end)
            grid_text(columns->grid, x, y, cells, COLOUR_FAINT, 0, text);
    }
    if (columns->first > 0 &&
        columns->rect.w > COLUMN_LABELS) /* more at both sides, where there is */
        grid_put(columns->grid, columns->rect.x + COLUMN_LABELS - 1, y, 0x25c2, COLOUR_KEY, 0);
    if (last < columns->layers && columns->rect.w > COLUMN_LABELS)
        grid_put(columns->grid, end - 1, y, 0x25b8, COLOUR_KEY, 0);
}
