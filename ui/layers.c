/* The view of layers: a heat map with a column for each layer and a row for each choice, over the
 * front or another set of networks (the figures of LLaMA-NAS, arXiv 2405.18377, of what good
 * networks keep, live). A cell's height is the share of the networks; a column's shares add up to
 * all of them. */
#include "layers.h"

#include "actions.h"
#include "columns.h"
#include "pages.h"
#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CELLS_MOST 6   /* of a layer */
#define CELLS_NUMBER 5 /* from here on a share is also written as a number */
#define BAR_MOST 3     /* rows of a choice */
#define NUMBERS 5      /* rows of what is said of one layer, and its rule */
#define FIGURES 6      /* of the two figures, at least */

struct choice {
    const char *letters, *name, *brief;
    enum colour colour;
};
#define CHOICES 10

static const struct choice each_choice[] = {
    {"8", "whole", "whole", COLOUR_GOOD},         {"7", "MLP 7/8", "7/8", COLOUR_MLP},
    {"6", "MLP 6/8", "6/8", COLOUR_MLP},          {"5", "MLP 5/8", "5/8", COLOUR_MLP},
    {"4", "MLP 4/8", "4/8", COLOUR_MLP},          {"321", "MLP < 4/8", "< 4/8", COLOUR_MLP},
    {"0", "attn only", "attn", COLOUR_ATTENTION}, {"hgfedcba", "MLP only", "mlp", COLOUR_MARKED},
    {".", "dropped", "drop", COLOUR_OUTSIDE},
};
static const struct choice few_choices[] = {
    {"8", "whole", "whole", COLOUR_GOOD},         {"7654321", "narrower", "less", COLOUR_MLP},
    {"0", "attn only", "attn", COLOUR_ATTENTION}, {"hgfedcba", "MLP only", "mlp", COLOUR_MARKED},
    {".", "dropped", "drop", COLOUR_OUTSIDE},
};

struct map {
    struct grid *grid;
    const struct layer_shares *shares;
    struct rect rect;
    const struct choice *choice[CHOICES];
    int choices;
    int label, cells, bar; /* cells of labels, cells of a layer, rows of a choice */
    int per_band, bands;   /* layers side by side; of these rows of layers above each other */
    uint32_t first, cursor;
    const float *influence; /* NULL: not shown */
};

/* ---- where things go ---- */

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int between(int low, int value, int high)
{
    return value < low ? low : value > high ? high : value;
}

/* The choices that any network makes; whole and dropped always. */
static void find_choices(struct map *map, const struct choice *choice, size_t count)
{
    map->choices = 0;
    for (size_t i = 0; i < count; i++) {
        bool made = i == 0 || i == count - 1;
        for (uint32_t k = 0; k < map->shares->layers && !made; k++)
            made = layer_share(map->shares, k, choice[i].letters) > 0;
        if (made)
            map->choice[map->choices++] = &choice[i];
    }
}

static int band_rows(const struct map *map)
{
    return map->choices * map->bar + (map->influence != NULL) + 1;
}

static int map_rows(const struct map *map)
{
    return map->bands * band_rows(map);
}

static void plan_rows(struct map *map, int bands)
{
    int height = map->rect.h;
    map->bar = 1;
    find_choices(map, each_choice, sizeof each_choice / sizeof *each_choice);
    if (height < band_rows(map) + NUMBERS)
        find_choices(map, few_choices, sizeof few_choices / sizeof *few_choices);
    if (height < band_rows(map) + 2)
        map->influence = NULL;
    map->bands = between(1, (height - NUMBERS) / band_rows(map), bands);
    int rest = height - map_rows(map) - NUMBERS - FIGURES - LAYER_SLICES - 1;
    map->bar += between(0, rest / (map->bands * map->choices), BAR_MOST - 1);
}

/* Everything at once where there is room; else the band that the cursor is in. */
static struct map plan(struct grid *grid, struct rect rect, const struct view *view,
                       const struct snapshot *snapshot)
{
    struct map map = {.grid = grid,
                      .shares = &view->layers.shares,
                      .rect = rect,
                      .influence = snapshot->influence,
                      .cursor = view->layers.layer};
    int layers = (int)map.shares->layers;
    map.label = rect.w >= 60 ? 11 : 6;
    int room = rect.w - map.label > 1 ? rect.w - map.label : 1;
    map.cells = between(1, room / (layers ? layers : 1), CELLS_MOST);
    map.per_band = least(room / map.cells, layers);
    plan_rows(&map, (layers + map.per_band - 1) / map.per_band);
    int shown = map.bands * map.per_band;
    map.first = map.cursor / (uint32_t)shown * (uint32_t)shown;
    return map;
}

static bool inside(const struct map *map, int x, int y)
{
    return x >= map->rect.x && x < map->rect.x + map->rect.w && y >= map->rect.y &&
           y < map->rect.y + map->rect.h;
}

static int column(const struct map *map, uint32_t layer)
{
    return map->rect.x + map->label +
           (int)((layer - map->first) % (uint32_t)map->per_band) * map->cells;
}

/* Layers from..end (exclusive) of a band. */
static uint32_t band_first(const struct map *map, int band)
{
    uint32_t from = map->first + (uint32_t)(band * map->per_band);
    return from < map->shares->layers ? from : map->shares->layers;
}

static void put_label(const struct map *map, int y, enum colour colour, const char *text)
{
    if (inside(map, map->rect.x, y))
        grid_text(map->grid, map->rect.x + (map->label > 6), y,
                  least(map->label - 1, map->rect.w - (map->label > 6)), colour, 0, text);
}

/* ---- cells ---- */

/* The r-th row from the bottom of a bar of `rows` rows. Only all is a full bar, only none is a dot.
 * Plain characters have digits, tenths, for it. */
static uint32_t share_glyph(enum glyphs glyphs, double share, int r, int rows)
{
    if (!(share > 0))
        return r == 0 ? 0x00b7 : ' ';
    if (share >= 1)
        return glyphs == GLYPHS_ASCII ? '#' : 0x2588;
    if (glyphs == GLYPHS_ASCII)
        return r > 0 ? ' ' : '0' + (uint32_t)(share * 10);
    int steps = 1 + (int)(share * (8 * rows - 1)) - 8 * r;
    return steps <= 0 ? ' ' : 0x2580u + (uint32_t)least(steps, 8);
}

static void put_share(const struct map *map, uint32_t layer, int bottom, int rows, double share,
                      enum colour colour)
{
    int x = column(map, layer);
    bool number = map->cells >= CELLS_NUMBER;
    int wide = map->cells == 1 || number ? 1 : map->cells - 1;
    enum colour shown = layer == map->cursor ? COLOUR_SELECTED : share > 0 ? colour : COLOUR_FAINT;
    for (int r = 0; r < rows; r++)
        for (int k = 0; k < wide; k++)
            if (inside(map, x + k, bottom - r))
                grid_put(map->grid, x + k, bottom - r,
                         share_glyph(map->grid->glyphs, share, r, rows), shown, 0);
    if (number && inside(map, x + 3, bottom))
        grid_printf(map->grid, x + 1, bottom, 3, share > 0 ? shown : COLOUR_FAINT, 0, "%3.0f",
                    100 * share);
}

/* How much each layer changes the hidden state. */
static void draw_influence(const struct map *map, int y, uint32_t from, uint32_t end)
{
    put_label(map, y, COLOUR_FAINT, map->label > 6 ? "influence" : "infl");
    for (uint32_t i = from; i < end; i++) {
        int x = column(map, i), wide = map->cells == 1 ? 1 : least(map->cells - 1, 3);
        int steps = influence_eighths(map->influence, map->shares->layers, i);
        for (int k = 0; k < wide && steps; k++)
            if (inside(map, x + k, y))
                grid_put(map->grid, x + k, y, 0x2580u + (uint32_t)steps,
                         i == map->cursor ? COLOUR_SELECTED : COLOUR_HEADING, 0);
    }
}

/* Layer numbers where they have room, the cursor's always, with a mark in its column. */
static void draw_ruler(const struct map *map, int y, uint32_t from, uint32_t end)
{
    static const uint32_t steps[] = {1, 2, 5, 10, 20, 50};
    int digits = map->shares->layers > 100 ? 3 : 2, edge = map->rect.x + map->rect.w;
    size_t s = 0;
    while (s < 5 && (int)steps[s] * map->cells <= digits)
        s++;
    bool here = map->cursor >= from && map->cursor < end;
    char text[16];
    int at = column(map, map->cursor), left = at - 1, right = at + 1;
    int cells = snprintf(text, sizeof text, "%u", (unsigned)map->cursor);
    if (at + 1 + cells > edge)
        left = at - cells;
    else
        right = at + 1 + cells;
    put_label(map, y, COLOUR_FAINT, "layer");
    for (uint32_t i = from; i < end; i += steps[s] - i % steps[s]) {
        char other[16];
        int x = column(map, i), wide = snprintf(other, sizeof other, "%u", (unsigned)i);
        if (i % steps[s] == 0 && x + wide <= edge && inside(map, x, y) &&
            !(here && x <= right && x + wide >= left))
            grid_text(map->grid, x, y, wide, COLOUR_FAINT, 0, other);
    }
    if (!here || !inside(map, at, y))
        return;
    grid_put(map->grid, at, y, 0x25b4, COLOUR_SELECTED, STYLE_BOLD);
    if (right > at + 1 || left >= map->rect.x)
        grid_text(map->grid, right > at + 1 ? at + 1 : left, y, cells, COLOUR_SELECTED, STYLE_BOLD,
                  text);
}

static void draw_band(const struct map *map, int band)
{
    int y = map->rect.y + band * band_rows(map);
    uint32_t from = band_first(map, band), end = band_first(map, band + 1);
    for (int i = 0; i < map->choices; i++, y += map->bar) {
        const struct choice *choice = map->choice[i];
        int bottom = y + map->bar - 1;
        put_label(map, bottom, COLOUR_TEXT, map->label > 6 ? choice->name : choice->brief);
        for (uint32_t layer = from; layer < end; layer++)
            put_share(map, layer, bottom, map->bar,
                      layer_share(map->shares, layer, choice->letters), choice->colour);
    }
    if (map->influence)
        draw_influence(map, y++, from, end);
    draw_ruler(map, y, from, end);
}

/* The same cells by time: is a layer dropped more and more, or less? */
static void draw_slices(struct map map, struct rect rect, const struct snapshot *snapshot)
{
    char text[96];
    const struct layer_shares *shares = map.shares;
    if (rect.h < 1 + (int)shares->slices || shares->slices < 2)
        return;
    snprintf(text, sizeof text, "kept whole by all networks, in the order of their evaluation");
    draw_rule(map.grid, (struct rect){rect.x, rect.y, rect.w, 1}, text);
    map.rect = (struct rect){rect.x, rect.y + 1, rect.w, rect.h - 1};
    for (size_t i = 0; i < shares->slices; i++) {
        int y = map.rect.y + (int)i;
        size_t last = ((i + 1) * snapshot->rows + shares->slices - 1) / shares->slices;
        snprintf(text, sizeof text, "to #%zu", last ? last - 1 : 0);
        put_label(&map, y, COLOUR_TEXT, text);
        for (uint32_t k = band_first(&map, 0); k < band_first(&map, 1); k++)
            put_share(&map, k, y, 1,
                      shares->slice_networks[i]
                          ? (double)shares->slice_whole[i][k] / (double)shares->slice_networks[i]
                          : 0,
                      COLOUR_GOOD);
    }
}

/* ---- the view ---- */

static void title_text(const struct view *view, const struct map *map, char *out, size_t size)
{
    static const char *const sets[] = {
        [LAYERS_FRONT] = "in the front",
        [LAYERS_MARKED] = "in the marked",
        [LAYERS_WITHIN] = "within the pins",
        [LAYERS_ALL] = "in everything",
    };
    size_t n = view->layers.shares.networks;
    int length = snprintf(out, size, "layers %s: %zu network%s", sets[view->layers.set], n,
                          n == 1 ? "" : "s");
    uint32_t shown = map ? (uint32_t)(map->bands * map->per_band) : UINT32_MAX;
    if (map && shown < map->shares->layers) {
        uint32_t last =
            map->first + shown < map->shares->layers ? map->first + shown : map->shares->layers;
        snprintf(out + length, size - (size_t)length, ", layers %u-%u of %u", (unsigned)map->first,
                 (unsigned)last - 1, (unsigned)map->shares->layers);
    }
}

static void draw_title(struct grid *grid, struct rect rule, const struct view *view,
                       const struct map *map)
{
    char title[128];
    const char *legend = grid->glyphs == GLYPHS_ASCII
                             ? " . none  0-9 tenths  # all "
                             : " \302\267 none  \342\226\201\342\226\204\342\226\207 some  "
                               "\342\226\210 all ";
    title_text(view, map, title, sizeof title);
    int x = draw_rule(grid, rule, title), cells = text_cells(legend);
    if (map && x + cells < rule.x + rule.w)
        grid_text(grid, rule.x + rule.w - cells - 1, rule.y, cells, COLOUR_FAINT, 0, legend);
}

static void draw_none(struct grid *grid, struct rect rect, const struct view *view)
{
    char text[160], mark[16], set[16];
    ui_key_name(keymap_key(&view->keymap, action_mark), mark, sizeof mark);
    ui_key_name(keymap_key(&view->keymap, action_layers_set), set, sizeof set);
    if (view->layers.set == LAYERS_MARKED)
        snprintf(text, sizeof text,
                 "No network is marked. %s marks the selected one; %s takes other networks.", mark,
                 set);
    else
        snprintf(text, sizeof text, "There is no such network. %s takes others.", set);
    if (rect.w > 4)
        grid_wrap(grid, (struct rect){rect.x + 2, rect.y + (rect.h > 2), rect.w - 4, rect.h},
                  COLOUR_TITLE, 0, text);
}

void draw_layers(struct grid *grid, const struct layout *layout, const struct view *view,
                 const struct snapshot *snapshot)
{
    struct rect body = layout->body, rule = {body.x, body.y, body.w, least(body.h, 1)};
    struct rect rect = {body.x, body.y + 1, body.w, body.h - 1};
    const struct layer_shares *shares = &view->layers.shares;
    bool waiting = !snapshot->rows;
    if (waiting || !shares->networks || !shares->layers) {
        if (waiting)
            draw_rule(grid, rule, "layers");
        else
            draw_title(grid, rule, view, NULL);
        if (rect.h > 0 && waiting)
            plot_draw_waiting(grid, rect, snapshot);
        else if (rect.h > 0)
            draw_none(grid, rect, view);
        return;
    }
    struct map map = plan(grid, rect, view, snapshot);
    draw_title(grid, rule, view, &map);
    for (int band = 0; band < map.bands; band++)
        draw_band(&map, band);
    rect.y += map_rows(&map);
    rect.h -= map_rows(&map);
    int numbers = least(rect.h, NUMBERS), rest = rect.h - numbers;
    draw_layer_numbers(grid, (struct rect){rect.x, rect.y, rect.w, numbers}, view, snapshot);
    int slices = rest >= FIGURES + LAYER_SLICES + 1 ? LAYER_SLICES + 1 : 0;
    struct rect below = {rect.x, rect.y + numbers, rect.w, slices};
    draw_slices(map, below, snapshot);
    draw_layer_figures(grid, (struct rect){rect.x, below.y + slices, rect.w, rest - slices},
                       shares);
}

void layers_refresh(struct view *view, const struct snapshot *snapshot)
{
    struct view_layers *layers = &view->layers;
    if (snapshot->rows) {
        uint32_t most = (uint32_t)arch_code_layers(&archive_row(snapshot->archive, 0)->code);
        if (layers->layer >= most)
            layers->layer = most ? most - 1 : 0;
    }
    layer_shares_count(&layers->shares, view, snapshot, layers->set, layers->layer);
}

void layers_move(struct view *view, const struct snapshot *snapshot, enum ui_move move)
{
    static const int by[] = {
        [MOVE_UP] = -1,       [MOVE_LEFT] = -1,      [MOVE_DOWN] = 1,      [MOVE_RIGHT] = 1,
        [MOVE_PAGE_UP] = -10, [MOVE_PAGE_DOWN] = 10, [MOVE_FIRST] = -1000, [MOVE_LAST] = 1000};
    (void)snapshot;
    int last = (int)view->layers.shares.layers - 1;
    view->layers.layer =
        (uint32_t)between(0, (int)view->layers.layer + by[move], last > 0 ? last : 0);
}

/* Where its column stands, in the map alone. */
void layers_click(struct view *view, const struct snapshot *snapshot, int x, int y)
{
    struct layout layout;
    const struct layer_shares *shares = &view->layers.shares;
    layout_compute(view->width, view->height, &layout);
    struct rect body = layout.body;
    if (!snapshot->rows || !shares->networks || !shares->layers)
        return;
    struct map map =
        plan(NULL, (struct rect){body.x, body.y + 1, body.w, body.h - 1}, view, snapshot);
    int row = y - map.rect.y, cell = x - map.rect.x - map.label;
    if (row < 0 || row >= map_rows(&map) || cell < 0 || cell >= map.per_band * map.cells)
        return;
    uint32_t layer = band_first(&map, row / band_rows(&map)) + (uint32_t)(cell / map.cells);
    if (layer < shares->layers)
        view->layers.layer = layer;
}

void action_layers_set(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->layers.set = (enum layers_set)((view->layers.set + 1) % LAYERS_SETS);
}

void action_layers_lock(struct view *view, const struct snapshot *snapshot)
{
    const struct view_layers *layers = &view->layers;
    char text[24], letter = layer_favourite(&layers->shares, layers->layer);
    if (!snapshot->rows || !letter) {
        view_say(view, COLOUR_FAINT, "there is no network yet that says what to lock it to");
        return;
    }
    snprintf(text, sizeof text, "%u=%c", (unsigned)layers->layer, letter);
    view_prompt(view, PROMPT_LOCK, text);
}
