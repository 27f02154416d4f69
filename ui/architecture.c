/* The architecture view. Its parts stand under each other; a table says which come first where
 * there is no room for all. */
#include "actions.h"
#include "architecture_panel.h"
#include "pages.h"
#include "plot.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LIST_CELLS 64 /* of the list of layers */
#define LIST_FROM 130 /* cells of a screen that has it */
#define COLUMN_MOST 5 /* cells of a layer at most */
#define BAR_ROWS_MOST 8

enum part { /* from top to bottom */
            PART_BARS,
            PART_WIDTHS,
            PART_CODE,
            PART_WAS,
            PART_MARKS,
            PART_ATTENTION,
            PART_TYPES,
            PART_INFLUENCE,
            PART_LOCKS,
            PART_RULER,
            PART_LAYER,
            PART_VALUES,
            PART_PINS,
            PARTS,
};

/* ---- rows for each ---- */

/* Rows are given in this order as far as they last; all that a part wants, or one more. */
static const struct {
    enum part part;
    int rows; /* 0: all or none */
} shares[] = {
    {PART_CODE, 1},      {PART_VALUES, 3}, {PART_MARKS, 1}, {PART_BARS, 2},      {PART_WAS, 1},
    {PART_TYPES, 1},     {PART_LAYER, 1},  {PART_PINS, 1},  {PART_RULER, 1},     {PART_VALUES, 2},
    {PART_ATTENTION, 1}, {PART_BARS, 1},   {PART_LOCKS, 1}, {PART_INFLUENCE, 1}, {PART_VALUES, 2},
    {PART_BARS, 1},      {PART_VALUES, 1}, {PART_LAYER, 1}, {PART_WIDTHS, 0},    {PART_VALUES, 99},
    {PART_BARS, 99},
};

static void share_rows(const int want[PARTS], int height, int given[PARTS])
{
    memset(given, 0, PARTS * sizeof *given);
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        enum part part = shares[i].part;
        int rows = want[part] - given[part];
        if (shares[i].rows > 0 && rows > shares[i].rows)
            rows = shares[i].rows;
        if (rows > height && shares[i].rows == 0)
            continue;
        if (rows > height)
            rows = height;
        given[part] += rows;
        height -= rows;
    }
}

/* Digits of the widest MLP. */
static int width_digits(const struct arch_shape *shape)
{
    uint32_t most = 0;
    char text[16];
    for (uint32_t i = 0; i < shape->layers; i++)
        most = shape->layer[i].intermediate > most ? shape->layer[i].intermediate : most;
    return snprintf(text, sizeof text, "%u", most);
}

static bool widths_stand(const struct architecture_panel *panel) /* a digit under the other */
{
    return panel->columns.cells <= width_digits(panel->shape);
}

static void want_rows(const struct architecture_panel *panel, bool list, int want[PARTS])
{
    const struct snapshot *s = panel->snapshot;
    bool pins = false;
    for (size_t i = 0; i < s->pins.count; i++)
        pins |= s->pins.pin[i].enabled;
    want[PART_BARS] = BAR_ROWS_MOST;
    want[PART_WIDTHS] = !panel->shape || list ? 0
                        : widths_stand(panel) ? width_digits(panel->shape)
                                              : 1;
    want[PART_CODE] = want[PART_MARKS] = want[PART_ATTENTION] = want[PART_RULER] = 1;
    want[PART_WAS] = panel->draft;
    want[PART_TYPES] =
        panel->code.text[panel->layers] == ':' || panel->original.text[panel->layers] == ':';
    want[PART_INFLUENCE] = s->influence && panel->shape;
    want[PART_LOCKS] = s->locks > 0;
    want[PART_LAYER] = architecture_layer_rows(panel);
    want[PART_VALUES] = architecture_value_rows(panel);
    want[PART_PINS] = pins;
}

/* ---- rows of characters ---- */

static void put_character(const struct architecture_panel *panel, int y, size_t layer,
                          uint32_t glyph, enum colour colour, unsigned style)
{
    int x = columns_x(&panel->columns, layer);
    if (x >= 0)
        grid_put(panel->grid, x, y, glyph, colour, style);
}

static bool layer_changed(const struct architecture_panel *panel, size_t layer)
{
    return !arch_code_layer_equal(&panel->code, &panel->original, (uint32_t)layer);
}

static void draw_code(const struct architecture_panel *panel, int y, const char *label,
                      const char *code, bool cursor)
{
    columns_label(&panel->columns, y, label);
    for (size_t i = 0; i < panel->layers; i++) {
        bool changed = layer_changed(panel, i);
        put_character(panel, y, i, (unsigned char)code[i],
                      changed  ? COLOUR_SELECTED
                      : cursor ? COLOUR_TITLE
                               : COLOUR_FAINT,
                      (changed ? STYLE_BOLD | STYLE_UNDERLINE : 0) |
                          (cursor && i == panel->layer ? STYLE_REVERSE : 0));
    }
}

static void draw_marks(const struct architecture_panel *panel, int y)
{
    for (size_t i = 0; i < panel->layers; i++)
        if (i == panel->layer)
            put_character(panel, y, i, 0x25b4, COLOUR_SELECTED, STYLE_BOLD);
        else if (layer_changed(panel, i))
            put_character(panel, y, i, '*', COLOUR_SELECTED, STYLE_BOLD);
}

static void draw_types(const struct architecture_panel *panel, int y)
{
    columns_label(&panel->columns, y, "type");
    for (size_t i = 0; i < panel->layers; i++) {
        char letter = arch_code_type_letter(&panel->code, (uint32_t)i);
        bool changed = letter != arch_code_type_letter(&panel->original, (uint32_t)i);
        put_character(panel, y, i, (unsigned char)letter, changed ? COLOUR_SELECTED : COLOUR_TEXT,
                      changed ? STYLE_BOLD | STYLE_UNDERLINE : 0);
    }
}

static void draw_locks(const struct architecture_panel *panel, int y)
{
    columns_label(&panel->columns, y, "lock");
    for (size_t i = 0; i < panel->layers; i++) {
        char lock = lock_of_layer(panel->snapshot, i);
        if (lock)
            put_character(panel, y, i, (unsigned char)lock, COLOUR_KEY, STYLE_BOLD);
    }
}

static void draw_widths(const struct architecture_panel *panel, int y, int rows)
{
    if (rows < 1)
        return;
    columns_label(&panel->columns, y + rows - 1, "width");
    for (size_t i = 0; i < panel->layers; i++) {
        char text[16];
        int x = columns_x(&panel->columns, i);
        unsigned eighths = arch_mlp_eighths(panel->code.text[i]);
        if (x < 0 || eighths == 0)
            continue;
        snprintf(text, sizeof text, "%*u", rows,
                 arch_mlp_width(panel->shape, (uint32_t)i, eighths));
        if (!widths_stand(panel))
            grid_text(panel->grid, x, y, columns_bar(&panel->columns), COLOUR_TEXT, 0, text);
        for (int r = 0; r < rows && widths_stand(panel); r++)
            grid_put(panel->grid, x, y + r, (unsigned char)text[r], COLOUR_TEXT, 0);
    }
}

/* ---- the title ---- */

/* What becomes of the draft. */
static void draft_state(const struct architecture_panel *panel, char *out, size_t size)
{
    const struct snapshot *s = panel->snapshot;
    const struct drawn_network *drawn = draft_drawn(panel->view, &panel->code);
    const struct keymap *keymap = &panel->view->keymap;
    char key[16];
    if (!drawn)
        snprintf(out, size, "%s evaluates it",
                 keymap_key_name(keymap, action_draft_evaluate, key, sizeof key));
    else if (arch_code_equal(&s->current, &panel->code))
        snprintf(out, size, "being evaluated, %.0f %%", 100 * s->current_progress);
    else if (s->phase == RUN_PAUSED)
        snprintf(out, size, "waits; paused, %s lets it go on",
                 keymap_key_name(keymap, action_pause, key, sizeof key));
    else if (s->phase == RUN_ABANDONED || s->phase == RUN_FAILED)
        snprintf(out, size, "waits until the search goes on");
    else
        snprintf(out, size, "waits: evaluated next");
}

static void draw_title(const struct architecture_panel *panel, struct rect rule)
{
    const struct snapshot *s = panel->snapshot;
    char title[160], state[64], name[64] = "";
    unsigned changed = 0;
    for (size_t i = 0; i < panel->layers; i++)
        changed += layer_changed(panel, i);
    struct code_summary code = code_summarize(panel->shape, &panel->code);
    snprintf(state, sizeof state, "%u of %u layers, MLP %.0f %%", code.kept, code.layers,
             100 * code.mlp);
    view_name(s, panel->view->selected, name, sizeof name);
    if (panel->draft)
        snprintf(title, sizeof title, "draft%s%s, %u layer%s changed", panel->row ? " from " : "",
                 panel->row ? name : "", changed, changed == 1 ? "" : "s");
    else if (panel->row && view_is_baseline(panel->view->selected))
        snprintf(title, sizeof title, "%s, by a pruning method", name);
    else if (panel->row)
        snprintf(title, sizeof title, "%s, generation %u, %s%s", name, panel->row->generation,
                 panel->row->origin,
                 s->fronts >= 3 && s->knee < s->fronts && s->front[s->knee] == panel->view->selected
                     ? ", the knee"
                     : "");
    else
        snprintf(title, sizeof title, "the whole model, not evaluated yet");
    if (panel->draft)
        draft_state(panel, state, sizeof state);
    int x = draw_rule(panel->grid, rule, title), cells = text_cells(state);
    int start = rule.x + rule.w - cells - 3;
    if (start > x)
        grid_printf(panel->grid, start, rule.y, cells + 2, panel->draft ? COLOUR_KEY : COLOUR_FAINT,
                    panel->draft ? STYLE_BOLD : 0, " %s ", state);
}

/* ---- all ---- */

static void draw_parts(const struct architecture_panel *panel, const int given[PARTS])
{
    const struct snapshot *s = panel->snapshot;
    struct rect rect = panel->rect;
    int top[PARTS], y = rect.y;
    char label[64];
    for (int part = 0; part < PARTS; part++) {
        top[part] = y;
        y += given[part];
    }
    if (given[PART_BARS])
        columns_mlp(&panel->columns, top[PART_BARS], given[PART_BARS], panel->code.text);
    draw_widths(panel, top[PART_WIDTHS], given[PART_WIDTHS]);
    if (given[PART_CODE])
        draw_code(panel, top[PART_CODE], panel->draft ? "draft" : "code", panel->code.text, true);
    if (panel->row)
        view_name(s, panel->view->selected, label, sizeof label);
    if (given[PART_WAS])
        draw_code(panel, top[PART_WAS], panel->row ? label : "whole", panel->original.text, false);
    if (given[PART_MARKS])
        draw_marks(panel, top[PART_MARKS]);
    if (given[PART_ATTENTION])
        columns_attention(&panel->columns, top[PART_ATTENTION], panel->code.text);
    if (given[PART_TYPES])
        draw_types(panel, top[PART_TYPES]);
    if (given[PART_INFLUENCE])
        columns_influence(&panel->columns, top[PART_INFLUENCE], s->influence);
    if (given[PART_LOCKS])
        draw_locks(panel, top[PART_LOCKS]);
    if (given[PART_RULER])
        columns_ruler(&panel->columns, top[PART_RULER]);
    architecture_layer(panel, (struct rect){rect.x, top[PART_LAYER], rect.w, given[PART_LAYER]});
    architecture_values(panel, (struct rect){rect.x, top[PART_VALUES], rect.w, given[PART_VALUES]});
    architecture_pins(panel, (struct rect){rect.x, top[PART_PINS], rect.w, given[PART_PINS]});
}

/* Where everything stands; false: there is no network. `list` is the list of layers, width 0:
 * there is no room for one. */
static bool arrange(struct architecture_panel *panel, struct rect body, struct rect *list)
{
    const struct view *view = panel->view;
    const struct snapshot *snapshot = panel->snapshot;
    *list = (struct rect){0};
    if (!draft_original(view, snapshot, &panel->original) ||
        !draft_code(view, snapshot, &panel->code))
        return false;
    size_t layers = panel->layers = arch_code_layers(&panel->code);
    panel->draft = !arch_code_equal(&panel->code, &panel->original);
    panel->row = view_row(snapshot, view->selected);
    panel->shape = snapshot->shape && snapshot->shape->layers == layers ? snapshot->shape : NULL;
    panel->layer = view->architecture.layer < layers ? view->architecture.layer : layers - 1;
    panel->rect = (struct rect){body.x + 1, body.y + 1, body.w - 2, body.h - 1};
    if (panel->shape && body.w >= LIST_FROM && body.h >= 16) {
        panel->rect.w -= LIST_CELLS + 1;
        *list = (struct rect){body.x + body.w - LIST_CELLS, body.y + 1, LIST_CELLS, body.h - 1};
    }
    panel->columns = columns_place(panel->grid, panel->rect, layers, panel->layer, COLUMN_MOST);
    return true;
}

void draw_architecture(struct grid *grid, const struct layout *layout, const struct view *view,
                       const struct snapshot *snapshot)
{
    struct rect body = layout->body, rule = {body.x, body.y, body.w, body.h > 0 ? 1 : 0}, list;
    struct architecture_panel panel = {.grid = grid, .view = view, .snapshot = snapshot};
    int want[PARTS], given[PARTS];
    if (!arrange(&panel, body, &list)) {
        draw_rule(grid, rule, "architecture");
        plot_draw_waiting(grid, (struct rect){body.x, body.y + 1, body.w, body.h - 1}, snapshot);
        return;
    }
    if (list.w > 0)
        architecture_list(&panel, list);
    draw_title(&panel, rule);
    if (panel.rect.w < 1 || panel.rect.h < 1)
        return;
    want_rows(&panel, list.w > 0, want);
    share_rows(want, panel.rect.h, given);
    draw_parts(&panel, given);
}

/* A layer's column, or its row in the list. */
void architecture_click(struct view *view, const struct snapshot *snapshot, int x, int y)
{
    struct layout layout;
    struct architecture_panel panel = {.view = view, .snapshot = snapshot};
    struct rect list;
    int want[PARTS], given[PARTS], rows = 0;
    layout_compute(view->width, view->height, &layout);
    if (!arrange(&panel, layout.body, &list) || panel.rect.w < 1 || panel.rect.h < 1)
        return;
    want_rows(&panel, list.w > 0, want);
    share_rows(want, panel.rect.h, given);
    for (int part = 0; part <= PART_RULER; part++)
        rows += given[part];
    size_t layer = SIZE_MAX;
    if (list.w > 0 && x >= list.x)
        layer = architecture_list_layer(&panel, list, y);
    else if (y >= panel.rect.y && y < panel.rect.y + rows)
        layer = columns_layer(&panel.columns, x);
    if (layer != SIZE_MAX)
        view->architecture.layer = layer;
}
