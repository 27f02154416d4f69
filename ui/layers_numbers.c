/* Below the map of layers: one layer in numbers, and the two figures of the whole set, how many
 * layers its networks keep and how wide the MLPs of these are. */
#include "layers.h"

#include "actions.h"
#include "columns.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- one layer in numbers ---- */

static void letter_name(char letter, char *out, size_t size)
{
    unsigned eighths = arch_mlp_eighths(letter);
    if (!arch_keeps_layer(letter))
        snprintf(out, size, "dropped");
    else if (letter == '8')
        snprintf(out, size, "whole");
    else if (letter == '0')
        snprintf(out, size, "attention only");
    else if (arch_keeps_attention(letter))
        snprintf(out, size, "MLP %u/8", eighths);
    else
        snprintf(out, size, eighths == 8 ? "MLP only" : "MLP %u/8 only", eighths);
}

/* Most frequent first. */
static void choices_text(const struct layer_shares *shares, uint32_t layer, char *out, size_t size)
{
    bool told[LAYER_LETTERS] = {false};
    size_t length = 0;
    out[0] = '\0';
    for (int n = 0; n < LAYER_LETTERS && length < size; n++) {
        int best = -1;
        for (int i = 0; i < LAYER_LETTERS; i++)
            if (!told[i] && (best < 0 || shares->letter[layer][i] > shares->letter[layer][best]))
                best = i;
        told[best] = true;
        uint32_t count = shares->letter[layer][best];
        if (!count)
            return;
        char name[24];
        letter_name(layer_letters[best], name, sizeof name);
        int wrote = snprintf(out + length, size - length, "%s%c %s %u (%.1f %%)", n ? "   " : "",
                             layer_letters[best], name, (unsigned)count,
                             100.0 * count / (double)shares->networks);
        length += wrote > 0 ? (size_t)wrote : 0;
    }
}

/* What a lock holds the layer to; '\0': it is free. */
static char locked_to(const struct snapshot *snapshot, uint32_t layer)
{
    for (size_t i = 0; i < snapshot->locks; i++) {
        unsigned from, to;
        char letter;
        const char *text = snapshot->lock[i].text;
        if (sscanf(text, "%u-%u=%c", &from, &to, &letter) != 3) {
            if (sscanf(text, "%u=%c", &from, &letter) != 2)
                continue;
            to = from;
        }
        if (layer >= from && layer <= to)
            return letter;
    }
    return '\0';
}

/* "layer 9   Enter: lock 9=8   influence 0.038, 23 of 30 (1 most)" */
static void layer_title(const struct view *view, const struct snapshot *snapshot, char *out,
                        size_t size)
{
    const struct layer_shares *shares = &view->layers.shares;
    uint32_t layer = view->layers.layer;
    char key[16], locked = locked_to(snapshot, layer);
    int lock = keymap_key(&view->keymap, action_layers_lock);
    int length = snprintf(out, size, "layer %u", (unsigned)layer);
    if (locked)
        length += snprintf(out + length, size - (size_t)length, ", locked to %c", locked);
    else if (lock)
        length += snprintf(out + length, size - (size_t)length, "   %s: lock %u=%c",
                           ui_key_name(lock, key, sizeof key), (unsigned)layer,
                           layer_favourite(shares, layer));
    if (!snapshot->influence)
        return;
    snprintf(out + length, size - (size_t)length, "   influence %.3f, %u of %u (1 most)",
             (double)snapshot->influence[layer],
             influence_rank(snapshot->influence, shares->layers, layer), (unsigned)shares->layers);
}

static int mean_text(const struct layer_mean *mean, enum objective objective, char *out,
                     size_t size)
{
    char value[48], error[48] = "";
    value_format(objective, mean->mean, value, sizeof value);
    if (isfinite(mean->error)) {
        struct unit unit = unit_for(objective_table[objective].quantity, mean->mean);
        error[0] = ' ';
        memcpy(error + 1, "\302\261", 2);
        unit_format(unit, unit.size == 1 ? 3 : 1, mean->error, error + 3, sizeof error - 3);
    }
    return snprintf(out, size, "%s%s (%zu)", value, error, mean->networks);
}

/* Networks that lack a layer lack others too, so this is no measure of what the layer does. */
static void means_text(const struct layer_shares *shares, const struct snapshot *snapshot,
                       char *out, size_t size)
{
    enum objective objective = snapshot->objectives[0];
    char with[112], without[112];
    out[0] = '\0';
    if (!shares->with.networks || !shares->without.networks)
        return;
    mean_text(&shares->with, objective, with, sizeof with);
    mean_text(&shares->without, objective, without, sizeof without);
    snprintf(out, size,
             "mean %s with it %s, without it %s: associated, not caused; those keep %.1f layers, "
             "these %.1f",
             objective_table[objective].heading, with, without, shares->with.layers,
             shares->without.layers);
}

void draw_layer_numbers(struct grid *grid, struct rect rect, const struct view *view,
                        const struct snapshot *snapshot)
{
    const struct layer_shares *shares = &view->layers.shares;
    char title[128], text[512];
    if (rect.h < 1 || view->layers.layer >= shares->layers)
        return;
    layer_title(view, snapshot, title, sizeof title);
    draw_rule(grid, (struct rect){rect.x, rect.y, rect.w, 1}, title);
    struct rect inner = {rect.x + 1, rect.y + 1, rect.w - 2, rect.h - 1};
    if (inner.w < 1)
        return;
    choices_text(shares, view->layers.layer, text, sizeof text);
    struct rect choices = {inner.x, inner.y, inner.w, inner.h < 3 ? inner.h : 2};
    int used = grid_wrap(grid, choices, COLOUR_TEXT, 0, text);
    means_text(shares, snapshot, text, sizeof text);
    inner.y += used;
    inner.h -= used;
    grid_wrap(grid, inner, COLOUR_FAINT, 0, text);
}

/* ---- the figures ---- */

struct column {
    char label[8];
    double share;
};
#define COLUMNS_MOST 256
#define COLUMN_CELLS 6

static void draw_column(struct grid *grid, int x, int bottom, int rows, int wide, double part)
{
    int steps = (int)lround(part * 8 * rows);
    if (part > 0 && steps < 1)
        steps = 1;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < wide; k++) {
            int height = steps - 8 * r;
            if (height > 0)
                grid_put(grid, x + k, bottom - r, 0x2580u + (uint32_t)(height < 8 ? height : 8),
                         COLOUR_MLP, 0);
        }
}

/* Bars by the highest; below them labels, and shares in percent where a column has room. */
static void draw_columns(struct grid *grid, struct rect rect, const struct column *column,
                         int columns)
{
    double most = 0;
    int labels = 1, cells = columns ? rect.w / columns : 0;
    cells = cells > COLUMN_CELLS ? COLUMN_CELLS : cells;
    for (int i = 0; i < columns; i++) {
        most = fmax(most, column[i].share);
        labels = text_cells(column[i].label) > labels ? text_cells(column[i].label) : labels;
    }
    bool numbers = cells >= 4 && rect.h >= 3;
    int rows = rect.h - 1 - numbers, each = cells > 0 ? labels / cells + 1 : 1;
    if (rows < 1 || cells < 1 || !(most > 0))
        return;
    for (int i = 0; i < columns; i++) {
        int x = rect.x + i * cells, wide = cells > 1 ? cells - 1 : 1;
        draw_column(grid, x, rect.y + rows - 1, rows, wide, column[i].share / most);
        if (numbers && column[i].share > 0)
            grid_printf(grid, x, rect.y + rows, cells - 1, COLOUR_TEXT, 0,
                        100 * column[i].share < 0.5 ? "<1" : "%.0f", 100 * column[i].share);
        if (i % each == 0 && x + text_cells(column[i].label) <= rect.x + rect.w)
            grid_text(grid, x, rect.y + rect.h - 1, labels, COLOUR_FAINT, 0, column[i].label);
    }
}

/* A column for each number of layers between the least and the most; several in one where there
 * are more than cells. */
static int depth_columns(const struct layer_shares *shares, int room, struct column *column)
{
    uint32_t low = 0, high = shares->layers;
    while (low < high && !shares->depth[low])
        low++;
    while (high > low && !shares->depth[high])
        high--;
    uint32_t step = (high - low) / (uint32_t)(room > 0 ? room : 1) + 1;
    int columns = 0;
    for (uint32_t i = low; i <= high && columns < COLUMNS_MOST; i++) {
        if ((i - low) % step == 0) {
            column[columns].share = 0;
            snprintf(column[columns++].label, sizeof column->label, "%u", (unsigned)i);
        }
        column[columns - 1].share += shares->depth[i] / (double)shares->networks;
    }
    return columns;
}

static int width_columns(const struct layer_shares *shares, struct column *column)
{
    uint64_t all = 0;
    int columns = 0;
    for (int i = 0; i <= 8; i++)
        all += shares->width[i];
    for (int i = 8; i >= 0 && all; i--) {
        if (!shares->width[i])
            continue;
        column[columns].share = (double)shares->width[i] / (double)all;
        if (i)
            snprintf(column[columns++].label, sizeof column->label, "%d/8", i);
        else
            snprintf(column[columns++].label, sizeof column->label, "none");
    }
    return columns;
}

void draw_layer_figures(struct grid *grid, struct rect rect, const struct layer_shares *shares)
{
    struct column column[COLUMNS_MOST];
    if (rect.h < 4 || rect.w < 16)
        return;
    bool both = rect.w >= 60;
    int left = both ? rect.w / 2 : rect.w;
    struct rect depth = {rect.x + 1, rect.y + 1, left - 2, rect.h - 1};
    draw_rule(grid, (struct rect){rect.x, rect.y, left, 1}, "layers kept, % of the networks");
    int columns = depth_columns(shares, depth.w, column);
    draw_columns(grid, depth, column, columns);
    if (!both)
        return;
    struct rect width = {rect.x + left + 1, rect.y + 1, rect.w - left - 2, rect.h - 1};
    draw_rule(grid, (struct rect){rect.x + left, rect.y, rect.w - left, 1},
              "MLP width, % of the layers kept");
    columns = width_columns(shares, column);
    draw_columns(grid, width, column, columns);
}
