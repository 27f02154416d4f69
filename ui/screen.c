/* The whole screen: the panels of the layout, and the lines around them. */
#include "screen.h"

#include "moment.h"
#include "pages.h"

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
    snprintf(piece[n].text, sizeof piece->text, "%s", span_text(s->run_seconds, text, sizeof text));
    piece[n++].rank = 3;
    if (isfinite(s->seconds_left) && s->phase == RUN_EVALUATING) {
        snprintf(piece[n].text, sizeof piece->text, "left %s",
                 s->seconds_left < 60 ? "<1m" : span_text(s->seconds_left, text, sizeof text));
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

static size_t header_pieces(struct piece *piece, const struct snapshot *s, const char *page)
{
    size_t n = 0;
    snprintf(piece[n].text, sizeof piece->text, "%s%s", page ? page : "paretop",
             s->watched ? " watch" : "");
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

void draw_header(struct grid *grid, struct rect rect, const struct snapshot *snapshot,
                 const char *page)
{
    struct piece piece[12] = {0};
    size_t count = header_pieces(piece, snapshot, page);
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

/* ---- all ---- */

void draw_divider(struct grid *grid, struct rect rect, bool rule_below)
{
    int below = rect.y + rect.h;
    for (int y = rect.y; y < below; y++)
        grid_put(grid, rect.x, y, y == rect.y ? 0x252c : 0x2502, COLOUR_FRAME, 0);
    const struct cell *cell = rect.h && rule_below ? grid_at(grid, rect.x, below) : NULL;
    if (cell && (cell->glyph == 0x2500 || cell->glyph == '-'))
        grid_put(grid, rect.x, below, 0x2534, COLOUR_FRAME, 0);
}

void draw_front(struct grid *grid, const struct layout *layout, const struct view *view,
                const struct snapshot *snapshot)
{
    draw_plot(grid, layout->plot_rule, layout->plot, view, snapshot);
    draw_table(grid, layout->table_rule, layout->table, view, snapshot);
    draw_selected(grid, layout->selected_rule, layout->selected, view, snapshot);
    draw_divider(grid, layout->divider, layout->selected_rule.h || layout->pins.h);
}

void screen_draw(struct grid *grid, const struct view *view, const struct snapshot *snapshot)
{
    struct layout layout;
    layout_compute(grid->width, grid->height, &layout);
    const char *page =
        layout.tabs.h || view->page == PAGE_FRONT ? NULL : page_table[view->page].name;
    draw_header(grid, layout.header, snapshot, page);
    draw_tabs(grid, layout.tabs, view->page);
    draw_pins(grid, layout.pins, view, snapshot);
    page_table[view->page].draw(grid, &layout, view, snapshot);
    draw_status(grid, layout.status, view, snapshot);
    draw_keys(grid, layout.keys, view, snapshot);
    draw_window(grid, &layout, view, snapshot);
    if (grid->height == 1 && !layout.header.h)
        draw_header(grid, (struct rect){0, 0, grid->width, 1}, snapshot, page);
}
