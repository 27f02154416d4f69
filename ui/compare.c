/* The comparison. The first network stays in sight, of the others those around the selected one.
 * Values stand above, codes below them, with a mark under each layer in which they differ. */
#include "actions.h"
#include "columns.h"
#include "compare_lines.h"
#include "pages.h"
#include "plot.h"

#include <stdio.h>
#include <string.h>

#define LABEL_CELLS 16
#define COLUMN_LEAST 15 /* cells of a network's column */
#define COLUMN_MOST 30
#define COLUMN_ERRORS 23 /* from so many on errors stand in it, else on lines of their own */
#define SHOWN_MOST 16
#define LINES_LEAST 6 /* that stay when codes take their rows */

/* ---- which networks ---- */

static uint32_t marked_row(const struct view *view, const struct snapshot *snapshot)
{
    return view->marks == 1 ? view->mark[0] : snapshot->base;
}

size_t compare_columns(const struct view *view, const struct snapshot *snapshot, uint32_t *id)
{
    size_t count = 0;
    if (view->marks < 2) {
        uint32_t first = marked_row(view, snapshot), other = view->compare.other;
        if (other == first || !view_row(snapshot, other))
            other = first != snapshot->base ? snapshot->base : NO_ROW;
        if (view_row(snapshot, first))
            id[count++] = first;
        if (view_row(snapshot, other))
            id[count++] = other;
        return count;
    }
    for (size_t i = 0; i < view->marks; i++)
        if (view_row(snapshot, view->mark[i]))
            id[count++] = view->mark[i];
    return count;
}

void compare_refresh(struct view *view, const struct snapshot *snapshot)
{
    uint32_t *other = &view->compare.other;
    if (view_row(snapshot, view->selected) && view->selected != marked_row(view, snapshot))
        *other = view->selected;
    if (*other < snapshot->rows)
        *other = (uint32_t)archive_counting(snapshot->archive, *other, snapshot->rows);
}

size_t compare_place(const uint32_t *id, size_t count, uint32_t row)
{
    size_t at = 0;
    while (at < count && id[at] != row)
        at++;
    return at;
}

/* ---- where they stand ---- */

struct comparison {
    struct grid *grid;
    const struct view *view;
    const struct snapshot *snapshot;
    uint32_t id[VIEW_MARKS];
    size_t count, chosen; /* the selected one's column; count: none */
    size_t shown[SHOWN_MOST], shows;
    int label, column; /* cells of a column */
    struct rect head, lines, rule, codes;
    struct compare_line line[COMPARE_LINES];
    int line_count;
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* The first column, and the others around the chosen one. */
static void choose_shown(struct comparison *c, int width)
{
    size_t room = width > c->label ? (size_t)(width - c->label) / COLUMN_LEAST : 0;
    size_t fit = room < 1 ? 1 : room > SHOWN_MOST ? SHOWN_MOST : room;
    size_t others = fit > 1 ? fit - 1 : 1, chosen = c->chosen < c->count ? c->chosen : 0;
    size_t from = chosen > others / 2 + 1 ? chosen - others / 2 : 1;
    if (fit == 1)
        from = chosen;
    else if (from + others > c->count)
        from = c->count > others ? c->count - others : 1;
    if (fit > 1)
        c->shown[c->shows++] = 0;
    for (size_t i = from; i < c->count && c->shows < fit; i++)
        c->shown[c->shows++] = i;
    int each = c->shows ? (width - c->label) / (int)c->shows : 0;
    c->column = least(each, COLUMN_MOST);
}

static void place(struct comparison *c, struct rect body)
{
    struct rect rect = {body.x + 1, body.y + 1, body.w - 2, body.h - 1};
    c->label = least(LABEL_CELLS, rect.w / 2);
    choose_shown(c, rect.w);
    c->line_count = compare_lines(c->snapshot, c->id, c->count, c->column < COLUMN_ERRORS, c->line);
    c->head = (struct rect){rect.x, rect.y, rect.w, rect.h > 0};
    int rest = rect.h - 1, codes = (int)c->shows + 2;
    if (rest - codes - 1 < LINES_LEAST && rest - codes - 1 < c->line_count)
        codes = 0;
    bool rule = codes > 0 || rest > 3;
    int lines = least(rest - codes - rule, c->line_count), below = rect.y + 1 + lines;
    c->lines = (struct rect){rect.x, rect.y + 1, rect.w, lines};
    c->rule = (struct rect){body.x, below, body.w, rule};
    c->codes = (struct rect){rect.x, below + 1, rect.w, codes};
}

static int bounded_top(const struct comparison *c)
{
    int last = c->line_count > c->lines.h ? c->line_count - c->lines.h : 0;
    return least(c->view->compare.top, last);
}

static bool arrange(struct comparison *c, struct grid *grid, struct rect body,
                    const struct view *view, const struct snapshot *snapshot)
{
    *c = (struct comparison){.grid = grid, .view = view, .snapshot = snapshot};
    c->count = compare_columns(view, snapshot, c->id);
    c->chosen = compare_place(c->id, c->count, view->selected);
    if (c->count > 0)
        place(c, body);
    return c->count > 0;
}

static int column_x(const struct comparison *c, size_t column)
{
    return c->head.x + c->label + (int)column * c->column;
}

/* ---- values ---- */

static void draw_head(const struct comparison *c)
{
    const struct snapshot *s = c->snapshot;
    for (size_t i = 0; i < c->shows && c->head.h > 0; i++) {
        char name[64];
        uint32_t id = c->id[c->shown[i]];
        bool chosen = c->shown[i] == c->chosen;
        bool knee = s->fronts >= 3 && s->knee < s->fronts && s->front[s->knee] == id;
        int x = column_x(c, i) + 1;
        for (int k = 0; chosen && k < c->column - 1; k++)
            grid_put(c->grid, x + k, c->head.y, ' ', COLOUR_SELECTED, STYLE_REVERSE);
        grid_printf(c->grid, x, c->head.y, c->column - 1, chosen ? COLOUR_SELECTED : COLOUR_TITLE,
                    chosen ? STYLE_REVERSE : STYLE_BOLD, "%s%s%s%s",
                    chosen ? "\342\226\270 " : "  ", view_name(s, id, name, sizeof name),
                    id == s->base ? " base" : "", knee ? " knee" : "");
    }
}

static void draw_cell(const struct comparison *c, const struct compare_line *line, int column,
                      int y)
{
    struct compare_cell cell;
    compare_cell(c->snapshot, line, c->id, c->count, c->shown[column], &cell);
    int x = column_x(c, (size_t)column) + 1, width = c->column - 1;
    enum colour sense = cell.sense > 0 ? COLOUR_GOOD : cell.sense < 0 ? COLOUR_BAD : COLOUR_FAINT;
    if (line->kind == LINE_PIN || line->kind == LINE_FOUND || line->kind == LINE_FRONT) {
        grid_text(c->grid, x, y, width, line->kind == LINE_PIN ? sense : COLOUR_TEXT, 0,
                  cell.value);
        return;
    }
    bool errors = c->column >= COLUMN_ERRORS;
    int value = least(errors ? 7 : 6, width);
    grid_text_right(c->grid, x + value, y, value, COLOUR_TEXT, cell.best ? STYLE_BOLD : 0,
                    cell.value);
    int after = value + (errors ? 6 : 0);
    if (errors && width > after)
        grid_text(c->grid, x + value + 1, y, 5, COLOUR_FAINT, 0, cell.error);
    if (cell.best && width > after)
        grid_put(c->grid, x + after, y, '*', COLOUR_GOOD, STYLE_BOLD);
    if (width > after + 1)
        grid_text_right(c->grid, x + width, y, width - after - 1, sense,
                        cell.sense ? STYLE_BOLD : 0, cell.difference);
}

static void draw_lines(const struct comparison *c)
{
    int top = bounded_top(c);
    for (int i = 0; i < c->lines.h && top + i < c->line_count; i++) {
        char label[80];
        const struct compare_line *line = &c->line[top + i];
        int y = c->lines.y + i;
        grid_text(c->grid, c->lines.x, y, c->label - 1, COLOUR_FAINT, 0,
                  compare_label(c->snapshot, line, c->id, c->count, label, sizeof label));
        for (size_t k = 0; k < c->shows; k++)
            draw_cell(c, line, (int)k, y);
    }
}

/* ---- codes ---- */

static const struct arch_code *code_of(const struct comparison *c, size_t column)
{
    return &view_row(c->snapshot, c->id[c->shown[column]])->code;
}

static void draw_codes(const struct comparison *c)
{
    struct rect rect = c->codes;
    const struct arch_code *first = &view_row(c->snapshot, c->id[0])->code;
    size_t layers = arch_code_layers(first);
    struct columns columns = columns_place(c->grid, rect, layers, c->view->compare.layer, 2);
    int marks = rect.y + (int)c->shows;
    if (rect.h < 1)
        return;
    for (size_t k = 0; k < c->shows; k++) {
        char label[64];
        const struct arch_code *code = code_of(c, k);
        view_name(c->snapshot, c->id[c->shown[k]], label, sizeof label);
        columns_label(&columns, rect.y + (int)k, label);
        for (size_t i = 0; i < layers && code->text[i]; i++) {
            int x = columns_x(&columns, i);
            bool differs = !arch_code_layer_equal(code, first, (uint32_t)i);
            if (x < 0)
                continue;
            grid_put(c->grid, x, rect.y + (int)k, (unsigned char)code->text[i],
                     differs ? COLOUR_SELECTED : COLOUR_TEXT,
                     differs ? STYLE_BOLD | STYLE_UNDERLINE : 0);
            if (differs)
                grid_put(c->grid, x, marks, '*', COLOUR_SELECTED, STYLE_BOLD);
        }
    }
    columns_label(&columns, marks, "diff");
    columns_ruler(&columns, marks + 1);
}

/* ---- rules ---- */

/* At the right end of a rule, where there is room behind x. */
static void draw_right(const struct comparison *c, struct rect rule, int x, const char *text)
{
    int cells = text_cells(text), start = rule.x + rule.w - cells - 3;
    if (cells > 0 && rule.h > 0 && start > x)
        grid_printf(c->grid, start, rule.y, cells + 2, COLOUR_FAINT, 0, " %s ", text);
}

static void draw_title(const struct comparison *c, struct rect rule)
{
    char title[160], keys[3][16], hint[128], first[64], last[64];
    const struct view *view = c->view;
    const struct keymap *keymap = &view->keymap;
    ui_key_name(keymap_key(keymap, action_mark), keys[0], sizeof keys[0]);
    ui_key_name(keymap_key(keymap, action_network_previous), keys[1], sizeof keys[1]);
    ui_key_name(keymap_key(keymap, action_network_next), keys[2], sizeof keys[2]);
    view_name(c->snapshot, c->id[0], first, sizeof first);
    view_name(c->snapshot, c->id[c->count - 1], last, sizeof last);
    if (view->marks >= 2) {
        keymap_key_name(keymap, action_left, keys[1], sizeof keys[1]);
        keymap_key_name(keymap, action_right, keys[2], sizeof keys[2]);
        snprintf(title, sizeof title, "%zu marked, each against %s", c->count, first);
        snprintf(hint, sizeof hint, "%s unmarks", keys[0]);
        if (c->shows < c->count)
            snprintf(hint, sizeof hint, "%zu of %zu shown, %s and %s to the others", c->shows,
                     c->count, keys[1], keys[2]);
    } else {
        snprintf(title, sizeof title, "%s%s%s", last, c->count == 2 ? " against " : "",
                 c->count == 2 ? first : "");
        snprintf(hint, sizeof hint, "%s and %s select, %s marks more", keys[1], keys[2], keys[0]);
    }
    draw_right(c, rule, draw_rule(c->grid, rule, title), hint);
}

static void draw_middle(const struct comparison *c)
{
    const char *legend = "* best   ? within the noise";
    const struct keymap *keymap = &c->view->keymap;
    char hidden[80] = "", up[16], down[16];
    int more = c->line_count - c->lines.h;
    if (c->rule.h < 1)
        return;
    if (more > 0)
        snprintf(hidden, sizeof hidden, "%d more line%s: %s, %s", more, more == 1 ? "" : "s",
                 keymap_key_name(keymap, action_up, up, sizeof up),
                 keymap_key_name(keymap, action_down, down, sizeof down));
    bool both = text_cells(legend) + text_cells(hidden) + 8 <= c->rule.w;
    int x = draw_rule(c->grid, c->rule, both || more <= 0 ? legend : hidden);
    draw_right(c, c->rule, x, both ? hidden : "");
}

void draw_compare(struct grid *grid, const struct layout *layout, const struct view *view,
                  const struct snapshot *snapshot)
{
    struct comparison comparison;
    struct rect body = layout->body, rule = {body.x, body.y, body.w, body.h > 0};
    if (!arrange(&comparison, grid, body, view, snapshot)) {
        draw_rule(grid, rule, "compare");
        plot_draw_waiting(grid, (struct rect){body.x, body.y + 1, body.w, body.h - 1}, snapshot);
        return;
    }
    draw_title(&comparison, rule);
    draw_head(&comparison);
    draw_lines(&comparison);
    draw_middle(&comparison);
    draw_codes(&comparison);
}

/* ---- keys ---- */

static void choose(struct view *view, const struct snapshot *snapshot, int by)
{
    uint32_t id[VIEW_MARKS];
    size_t count = compare_columns(view, snapshot, id),
           at = compare_place(id, count, view->selected);
    if (count == 0)
        return;
    size_t to = at == count ? 0 : by < 0 ? at - (at > 0) : at + (at + 1 < count);
    view_select(view, snapshot, id[to]);
}

void compare_move(struct view *view, const struct snapshot *snapshot, enum ui_move move)
{
    struct comparison c;
    struct layout layout;
    layout_compute(view->width, view->height, &layout);
    if (move == MOVE_LEFT || move == MOVE_RIGHT)
        choose(view, snapshot, move == MOVE_LEFT ? -1 : 1);
    else if (arrange(&c, NULL, layout.body, view, snapshot))
        view->compare.top = page_scroll(bounded_top(&c), move, c.lines.h, c.line_count);
}

void compare_click(struct view *view, const struct snapshot *snapshot, int x, int y)
{
    struct comparison c;
    struct layout layout;
    layout_compute(view->width, view->height, &layout);
    if (!arrange(&c, NULL, layout.body, view, snapshot))
        return;
    for (size_t i = 0; i < c.shows; i++) {
        bool column = y >= c.head.y && y < c.lines.y + c.lines.h && x > column_x(&c, i) &&
                      x <= column_x(&c, i) + c.column;
        if (column || (c.codes.h > 0 && y == c.codes.y + (int)i)) {
            view_select(view, snapshot, c.id[c.shown[i]]);
            return;
        }
    }
}
