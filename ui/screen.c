/* The whole screen: the panels of the layout, and the lines around them. */
#include "screen.h"

#include "pages.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

int draw_rule(struct grid *grid, struct rect rect, const char *title)
{
    for (int y = rect.y; y < rect.y + rect.h; y++)
        for (int x = rect.x; x < rect.x + rect.w; x++)
            grid_put(grid, x, y, 0x2500, COLOUR_FRAME, 0);
    if (rect.h < 1 || rect.w < 5)
        return rect.x;
    int used = grid_text(grid, rect.x + 2, rect.y, rect.w - 4, COLOUR_TITLE, 0, title);
    grid_put(grid, rect.x + 1, rect.y, ' ', COLOUR_TEXT, 0);
    grid_put(grid, rect.x + 2 + used, rect.y, ' ', COLOUR_TEXT, 0);
    return rect.x + 4 + used;
}

/* ---- the header ---- */

#define MODEL_CELLS 22 /* of the model's name at most */

struct piece {
    char text[96];
    int rank; /* higher ones go first when there is no room */
    enum colour colour;
};

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* In minutes, so that a clock on the screen costs a line nothing while one waits. */
static const char *duration(double seconds, char *out, size_t size)
{
    long m = isfinite(seconds) && seconds > 0 && seconds < 1e9 ? (long)(seconds / 60 + 0.5) : 0;
    if (m < 60)
        snprintf(out, size, "%ldm", m);
    else if (m < 48 * 60)
        snprintf(out, size, "%ldh%02ld", m / 60, m % 60);
    else
        snprintf(out, size, "%ldd%02ldh", m / 1440, m / 60 % 24);
    return out;
}

static size_t state_pieces(struct piece *piece, const struct snapshot *s)
{
    static const char *const phases[] = {
        [RUN_LOADING] = "loading", [RUN_CALIBRATING] = "calibrating", [RUN_EVALUATING] = "",
        [RUN_PAUSED] = "paused",   [RUN_STOPPING] = "saving",         [RUN_FINISHED] = "finished",
        [RUN_FAILED] = "failed",   [RUN_ABANDONED] = "abandoned",
    };
    size_t n = 0;
    if (s->phase == RUN_EVALUATING)
        snprintf(piece[n].text, sizeof piece->text, "\342\226\266 gen %u", s->generation);
    else
        snprintf(piece[n].text, sizeof piece->text, "%s gen %u",
                 s->phase == RUN_FINISHED && s->stopped ? "stopped" : phases[s->phase],
                 s->generation);
    bool bad = s->phase == RUN_FAILED || s->phase == RUN_ABANDONED;
    piece[n].colour = bad ? COLOUR_BAD : COLOUR_FRONT;
    piece[n++].rank = 1;
    char wanted[24] = "";
    if (s->evaluations_wanted < RUN_EVALUATIONS_MOST)
        snprintf(wanted, sizeof wanted, "/%zu", s->evaluations_wanted);
    snprintf(piece[n].text, sizeof piece->text, "%zu%s evals", s->evaluations, wanted);
    piece[n++].rank = 2;
    if (isfinite(s->evaluations_per_minute)) {
        snprintf(piece[n].text, sizeof piece->text, "%.1f/min", s->evaluations_per_minute);
        piece[n++].rank = 7;
    }
    snprintf(piece[n].text, sizeof piece->text, "HV %.4f %+.4f", s->hypervolume,
             s->hypervolume_gain);
    piece[n++].rank = 5;
    char text[32];
    snprintf(piece[n].text, sizeof piece->text, "%s", duration(s->run_seconds, text, sizeof text));
    piece[n++].rank = 3;
    if (isfinite(s->seconds_left) && s->phase == RUN_EVALUATING) {
        snprintf(piece[n].text, sizeof piece->text, "left %s",
                 duration(s->seconds_left, text, sizeof text));
        piece[n++].rank = 4;
    }
    return n;
}

/* At most `cells` cells of text, ended by an ellipsis where it was longer. */
static void shorten(const char *text, int cells, char *out)
{
    int used = 0;
    bool longer = text_cells(text) > cells;
    while (*text && used < (longer ? cells - 1 : cells)) {
        out += utf8_put(utf8_next(&text), out);
        used++;
    }
    memcpy(out, longer ? "\342\200\246" : "", longer ? 4 : 1);
}

static size_t header_pieces(struct piece *piece, const struct snapshot *s)
{
    size_t n = 0;
    snprintf(piece[n].text, sizeof piece->text, s->watched ? "paretop watch" : "paretop");
    piece[n].colour = COLOUR_TITLE;
    piece[n++].rank = 0;
    shorten(s->model_name, 9, piece[n].text); /* grows again where there is room */
    piece[n++].rank = 6;
    snprintf(piece[n].text, sizeof piece->text, "%s %zu", s->task_name, s->task_items);
    piece[n++].rank = 8;
    snprintf(piece[n].text, sizeof piece->text, "%s/%s", s->space_name, s->method_name);
    piece[n++].rank = 9;
    return n + state_pieces(piece + n, s);
}

void draw_header(struct grid *grid, struct rect rect, const struct snapshot *snapshot)
{
    struct piece piece[12] = {0};
    size_t count = header_pieces(piece, snapshot);
    bool shown[12] = {0};
    int room = rect.w + 2;
    for (int rank = 0; rank <= 9; rank++)
        for (size_t i = 0; i < count; i++) {
            int cells = text_cells(piece[i].text) + 2;
            if (rank > 7) /* the model's whole name matters more than these */
                cells += shown[1] ? least(text_cells(snapshot->model_name), MODEL_CELLS) -
                                        text_cells(piece[1].text)
                                  : 0;
            if (piece[i].rank != rank || (cells > room && rank > 0))
                continue;
            shown[i] = true;
            room -= text_cells(piece[i].text) + 2;
        }
    if (shown[1])
        shorten(snapshot->model_name, least(text_cells(piece[1].text) + room, MODEL_CELLS),
                piece[1].text);
    int x = rect.x, end = rect.x + rect.w;
    for (size_t i = 0; i < count && rect.h; i++)
        if (shown[i] && x < end)
            x += grid_text(grid, x, rect.y, end - x, piece[i].colour,
                           piece[i].colour == COLOUR_TITLE ? STYLE_BOLD : 0, piece[i].text) +
                 2;
}

/* ---- pins ---- */

/* The enabled pin that most rows are outside of; NULL: none. */
static const struct pin *narrowest(const struct snapshot *snapshot)
{
    const struct pin *narrow = NULL;
    size_t most = 0;
    for (size_t p = 0; p < snapshot->pins.count; p++) {
        const struct pin *pin = &snapshot->pins.pin[p];
        size_t out = 0;
        for (size_t i = 0; i < snapshot->rows && pin->enabled; i++)
            out +=
                view_counts(snapshot, (uint32_t)i) &&
                row_pin_violation(archive_row(snapshot->archive, i), pin, &snapshot->estimate) > 0;
        if (out > most) {
            most = out;
            narrow = pin;
        }
    }
    return narrow;
}

/* How many networks are within, or which pin leaves none, in at most `room` cells. */
static void within_text(const struct snapshot *snapshot, int room, char *out, size_t size)
{
    const struct pin *pin = NULL;
    if (snapshot->rows && !snapshot->feasible && snapshot->pins.count)
        pin = narrowest(snapshot);
    if (!pin) {
        snprintf(out, size, " %zu of %zu within ", snapshot->feasible, snapshot->evaluations);
        return;
    }
    snprintf(out, size, " none of %zu within: %s excludes the most ", snapshot->evaluations,
             pin->text);
    if (text_cells(out) > room)
        snprintf(out, size, " none within: %s ", pin->text);
    if (text_cells(out) > room)
        snprintf(out, size, " none within ");
}

static int pin_text(const struct pin *pin, char *out, size_t size)
{
    snprintf(out, size, pin->enabled ? " %s " : " (%s off) ", pin->text);
    return text_cells(out);
}

void draw_pins(struct grid *grid, struct rect rect, const struct view *view,
               const struct snapshot *snapshot)
{
    struct pin pins[VIEW_PINS];
    char text[96], within[160];
    size_t count = view_pins(view, snapshot, pins);
    int x = draw_rule(grid, rect, count ? "pins" : "no pins"), end = rect.x + rect.w, need = 0;
    if (rect.h < 1)
        return;
    for (size_t i = 0; i < count; i++)
        need += pin_text(&pins[i], text, sizeof text);
    within_text(snapshot, end - x - need, within, sizeof within);
    int cells = count ? text_cells(within) : 0;
    if (cells && x + cells < end) {
        end -= cells + 1;
        grid_text(grid, end, rect.y, cells, snapshot->feasible ? COLOUR_TITLE : COLOUR_BAD, 0,
                  within);
    }
    for (size_t i = 0; i < count + snapshot->locks; i++) {
        bool lock = i >= count, on = !lock && pins[i].enabled;
        if (lock)
            snprintf(text, sizeof text, " lock %s ", snapshot->lock[i - count].text);
        else
            pin_text(&pins[i], text, sizeof text);
        if (x + text_cells(text) > end) {
            if (x + 2 <= end)
                grid_text(grid, x, rect.y, 2, COLOUR_FAINT, 0, " \342\200\246");
            return;
        }
        x += grid_text(grid, x, rect.y, end - x,
                       lock ? COLOUR_KEY
                       : on ? COLOUR_PIN
                            : COLOUR_FAINT,
                       on ? STYLE_BOLD : 0, text);
    }
}

/* ---- the line of messages and prompts, the line of keys ---- */

static void draw_prompt(struct grid *grid, struct rect rect, const struct view *view)
{
    const struct prompt_entry *prompt = &prompt_table[view->prompt];
    int x = rect.x +
            grid_printf(grid, rect.x, rect.y, rect.w, COLOUR_KEY, STYLE_BOLD, "%s:", prompt->label);
    int end = rect.x + rect.w, hint = text_cells(prompt->hint),
        typed = text_cells(view->field.text);
    x++;
    int width = end - x;
    if (width > hint + 14 && typed < width - hint - 4 && !*view->prompt_error.message) {
        width -= hint + 2;
        grid_text(grid, x + width + 2, rect.y, hint, COLOUR_FAINT, 0, prompt->hint);
    }
    field_draw(grid, x, rect.y, width, &view->field);
}

/* What is going on, at the right end of the line; returns where it starts. */
static int draw_activity(struct grid *grid, struct rect rect, const struct view *view,
                         const struct snapshot *snapshot)
{
    char text[128];
    double done = view->activity;
    int end = rect.x + rect.w;
    if (snapshot->extract == EXTRACT_RUNNING) {
        done = snapshot->extract_progress;
        snprintf(text, sizeof text, "extracting %3.0f%%", 100 * done);
    } else if (snapshot->phase == RUN_EVALUATING && *snapshot->current.text) {
        snprintf(text, sizeof text, "evaluating #%zu", snapshot->rows);
    } else {
        return end;
    }
    int bar = done < 0 || rect.w < 60 ? 0 : rect.w >= 76 ? 16 : 8;
    int cells = text_cells(text) + (bar ? bar + 1 : 0);
    if (cells > rect.w / 2)
        return end;
    int x = end - cells;
    int used = grid_text(grid, x, rect.y, cells, COLOUR_FAINT, 0, text);
    if (bar)
        grid_bar(grid, x + used + 1, rect.y, bar, done, COLOUR_GOOD);
    return x;
}

void draw_status(struct grid *grid, struct rect rect, const struct view *view,
                 const struct snapshot *snapshot)
{
    if (rect.h < 1)
        return;
    if (view->mode == UI_MODE_PROMPT) {
        draw_prompt(grid, rect, view);
        return;
    }
    int end = draw_activity(grid, rect, view, snapshot);
    const char *text = *view->notice ? view->notice : snapshot->message;
    bool bad = snapshot->phase == RUN_FAILED || snapshot->phase == RUN_ABANDONED;
    enum colour colour = *view->notice ? view->notice_colour : bad ? COLOUR_BAD : COLOUR_FAINT;
    if (text_cells(text) > end - rect.x - 2) { /* an answer matters more than the activity */
        if (*view->notice) {
            grid_fill(grid, rect, ' ', COLOUR_TEXT);
            end = rect.x + rect.w + 2;
        }
    }
    grid_text(grid, rect.x, rect.y, end - rect.x - 2, colour, 0, text);
}

struct key_line {
    struct grid *grid;
    const struct keymap *keymap;
    struct rect rect;
    int x; /* of the next one */
};

/* Rows first..last of those of a mode that have a label, as far as there is room. */
static void add_keys(struct key_line *line, enum ui_mode mode, int first, int last)
{
    int end = line->rect.x + line->rect.w, count = 0;
    for (const struct ui_key *entry = ui_keys; entry->help && line->rect.h; entry++) {
        char name[16];
        int key = line->keymap->key[entry - ui_keys][0];
        if (entry->mode != mode || !entry->label || !key)
            continue;
        count++;
        ui_key_name(key, name, sizeof name);
        int cells = text_cells(name) + 1 + text_cells(entry->label);
        if (count <= first || count > last || line->x + cells > end)
            continue;
        line->x += grid_text(line->grid, line->x, line->rect.y, end - line->x, COLOUR_KEY,
                             STYLE_BOLD, name) +
                   1;
        line->x += grid_text(line->grid, line->x, line->rect.y, end - line->x, COLOUR_FAINT, 0,
                             entry->label) +
                   2;
    }
}

void draw_keys(struct grid *grid, struct rect rect, const struct view *view)
{
    struct key_line line = {grid, &view->keymap, rect, rect.x};
    if (view->mode != UI_MODE_VIEW) {
        add_keys(&line, view->mode, 0, INT_MAX);
        return;
    }
    add_keys(&line, UI_MODE_VIEW, 0, 2);
    add_keys(&line, (enum ui_mode)(UI_MODE_FRONT + view->page), 0, INT_MAX);
    add_keys(&line, UI_MODE_VIEW, 2, INT_MAX);
}

/* ---- all ---- */

static void join_lines(struct grid *grid, const struct layout *layout)
{
    struct rect d = layout->divider;
    for (int y = d.y; y < d.y + d.h; y++)
        grid_put(grid, d.x, y, y == d.y ? 0x252c : 0x2502, COLOUR_FRAME, 0);
    int below = d.y + d.h;
    const struct cell *cell = d.h ? grid_at(grid, d.x, below) : NULL;
    if (cell && (cell->glyph == 0x2500 || cell->glyph == '-') &&
        (layout->selected_rule.h || layout->pins.h))
        grid_put(grid, d.x, below, 0x2534, COLOUR_FRAME, 0);
}

void draw_front(struct grid *grid, const struct layout *layout, const struct view *view,
                const struct snapshot *snapshot)
{
    draw_plot(grid, layout->plot_rule, layout->plot, view, snapshot);
    draw_table(grid, layout->table_rule, layout->table, view, snapshot);
    draw_selected(grid, layout->selected_rule, layout->selected, view, snapshot);
    join_lines(grid, layout);
}

void screen_draw(struct grid *grid, const struct view *view, const struct snapshot *snapshot)
{
    struct layout layout;
    layout_compute(grid->width, grid->height, &layout);
    draw_header(grid, layout.header, snapshot);
    draw_tabs(grid, layout.tabs, view->page);
    draw_pins(grid, layout.pins, view, snapshot);
    page_table[view->page].draw(grid, &layout, view, snapshot);
    draw_status(grid, layout.status, view, snapshot);
    draw_keys(grid, layout.keys, view);
    draw_window(grid, &layout, view, snapshot);
    if (grid->height == 1 && !layout.header.h)
        draw_header(grid, (struct rect){0, 0, grid->width, 1}, snapshot);
}
