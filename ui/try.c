/* The view "try": the selected network and the base continue a prompt, side by side or one above
 * the other. What the run has of it is snapshot->attempt; this is only the look of it. The two
 * texts begin alike more often than not: where they part there is a sign, and what follows is bold.
 */
#include "actions.h"
#include "pages.h"
#include "screen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BESIDE 64       /* cells from which on the texts are side by side */
#define PARTING 0x25b8  /* where the texts part */
#define TEXT_MOST 16384 /* bytes of a text that are shown */

/* ---- the text of a side, as it is shown ---- */

struct passage {
    char text[TEXT_MOST];
    size_t parting; /* where the sign is; SIZE_MAX: nowhere */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t';
}

/* Where the texts part: at the start of the word; SIZE_MAX: they do not, as far as they go. */
static size_t parting_of(const struct run_try *attempt)
{
    const struct run_try_side *side = attempt->side;
    size_t at = attempt->agree;
    if (at >= side[0].length || at >= side[1].length)
        return SIZE_MAX;
    while (at > 0 && !is_blank(side[0].text[at - 1]))
        at--;
    return at;
}

static void passage_make(const struct run_try *attempt, int which, struct passage *passage)
{
    const char *text = attempt->side[which].text, *p = text;
    size_t parting = parting_of(attempt), length = 0;
    passage->parting = SIZE_MAX;
    while (is_blank(*p) && (size_t)(p - text) < parting) /* it goes on behind the prompt */
        p++;
    while (*p && length + 2 * sizeof(uint32_t) < sizeof passage->text) {
        if ((size_t)(p - text) == parting) {
            passage->parting = length;
            length += utf8_put(PARTING, passage->text + length);
        }
        uint32_t point = utf8_next(&p);
        length += utf8_put(point == '\t' ? ' ' : point, passage->text + length);
    }
    passage->text[length] = '\0';
}

static void draw_passage(struct grid *grid, struct rect rect, const struct passage *passage,
                         int top)
{
    size_t at = 0, next;
    for (int row = -top; passage->text[at] && row < rect.h && rect.w > 0; row++, at += next) {
        size_t end = at + text_line(passage->text + at, rect.w, &next);
        const char *p = passage->text + at;
        for (int x = 0; row >= 0 && p < passage->text + end; x++) {
            size_t here = (size_t)(p - passage->text);
            bool sign = here == passage->parting, apart = here >= passage->parting;
            grid_put(grid, rect.x + x, rect.y + row, utf8_next(&p),
                     sign ? COLOUR_SELECTED : COLOUR_TEXT, apart ? STYLE_BOLD : 0);
        }
    }
}

/* ---- where things are ---- */

struct places {
    struct rect rule, prompt, summary;
    struct rect divider; /* between texts side by side */
    struct rect head[2], text[2];
};

static void split_pane(struct rect pane, int heads, struct rect *head, struct rect *text)
{
    if (heads > pane.h)
        heads = pane.h;
    *head = (struct rect){pane.x, pane.y, pane.w, heads};
    *text = (struct rect){pane.x, pane.y + heads, pane.w, pane.h - heads};
}

static struct places places_of(struct rect body, const char *prompt)
{
    struct places p = {0};
    int top = body.y, bottom = body.y + body.h;
    if (body.h >= 3)
        p.rule = (struct rect){body.x, top++, body.w, 1};
    if (bottom - top >= 4) {
        int rows = text_rows(prompt, body.w - 9), most = bottom - top >= 14 ? 3 : 1;
        p.prompt = (struct rect){body.x, top, body.w, rows < 1 ? 1 : rows < most ? rows : most};
        top += p.prompt.h;
    }
    if (bottom - top >= 6)
        p.summary = (struct rect){body.x, --bottom, body.w, 1};
    int height = bottom - top, heads = height >= 10 ? 2 : 1;
    if (body.w >= BESIDE) {
        int left = (body.w - 3) / 2;
        p.divider = (struct rect){body.x + left + 1, top, 1, height};
        split_pane((struct rect){body.x, top, left, height}, heads, &p.head[0], &p.text[0]);
        split_pane((struct rect){body.x + left + 3, top, body.w - left - 3, height}, heads,
                   &p.head[1], &p.text[1]);
    } else {
        int upper = (height + 1) / 2;
        split_pane((struct rect){body.x, top, body.w, upper}, heads, &p.head[0], &p.text[0]);
        split_pane((struct rect){body.x, top + upper, body.w, height - upper}, heads, &p.head[1],
                   &p.text[1]);
    }
    return p;
}

/* Rows by which a text can be scrolled. */
static int rows_beyond(struct rect rect, const struct passage *passage)
{
    int beyond = text_rows(passage->text, rect.w) - rect.h;
    return beyond > 0 ? beyond : 0;
}

void try_move(struct view *view, const struct snapshot *snapshot, enum ui_move move)
{
    struct layout layout;
    const struct run_try *attempt = snapshot->attempt;
    if (!attempt)
        return;
    layout_compute(view->width, view->height, &layout);
    struct places places = places_of(layout.body, attempt->prompt);
    int beyond = 0, height = places.text[0].h;
    for (int i = 0; i < 2; i++) {
        struct passage passage;
        passage_make(attempt, i, &passage);
        int rows = rows_beyond(places.text[i], &passage);
        beyond = rows > beyond ? rows : beyond;
    }
    int top = view->attempt.scrolled ? view->attempt.top : beyond;
    view->attempt.top = page_scroll(top, move, height, beyond + height);
    view->attempt.scrolled = view->attempt.top < beyond;
}

/* ---- the lines around the texts ---- */

/* "#106  78.7 MiB  44.9 % ±2.7", or "base" in place of its number. */
static void network_text(const struct snapshot *snapshot, const struct arch_code *code, char *out,
                         size_t size)
{
    enum objective accuracy =
        snapshot->measured[OBJECTIVE_ACC_EST] ? OBJECTIVE_ACC_EST : OBJECTIVE_ACC;
    const struct row *row = view_row(snapshot, view_find(snapshot, code));
    char value[2][48], name[16], error[24] = "";
    if (!row) {
        snprintf(out, size, "%s, not evaluated", code->text);
        return;
    }
    if (!snapshot->measured[accuracy])
        accuracy = snapshot->objectives[0];
    if (isfinite(view_error(snapshot, row, accuracy)))
        snprintf(error, sizeof error, " \302\261%.1f", 100 * view_error(snapshot, row, accuracy));
    value_format(OBJECTIVE_BYTES, row->value[OBJECTIVE_BYTES], value[0], sizeof value[0]);
    value_format(accuracy, view_value(snapshot, row, accuracy), value[1], sizeof value[1]);
    snprintf(name, sizeof name, "#%u", (unsigned)row->id);
    snprintf(out, size, "%s  %s  %s%s", row->id == snapshot->base ? "base" : name, value[0],
             value[1], error);
}

static void state_text(const struct run_try *attempt, const struct run_try_side *side, char *out,
                       size_t size)
{
    static const char *const ends[] = {
        [TRY_END_OF_TEXT] = ", then its end",
        [TRY_TOKENS_MADE] = ", as asked",
        [TRY_CONTEXT_FULL] = ", all that fit",
    };
    const char *end = side->failed                      ? ", failed"
                      : attempt->phase == TRY_CANCELLED ? ", cancelled"
                                                        : " tokens";
    char speed[48] = "";
    if (isfinite(side->tokens_per_second))
        snprintf(speed, sizeof speed, "  %.1f tok/s", side->tokens_per_second);
    if (side->ended)
        snprintf(out, size, "%u tokens%s%s", (unsigned)side->tokens, ends[side->end], speed);
    else
        snprintf(out, size, "%u of %u%s%s", (unsigned)side->tokens, (unsigned)attempt->tokens, end,
                 speed);
}

static void draw_head(struct grid *grid, struct rect rect, const struct snapshot *snapshot,
                      int which)
{
    const struct run_try_side *side = &snapshot->attempt->side[which];
    char name[ARCH_CODE_TEXT + 64], state[96];
    if (rect.h < 1)
        return;
    network_text(snapshot, &side->code, name, sizeof name);
    state_text(snapshot->attempt, side, state, sizeof state);
    grid_put(grid, rect.x, rect.y, which ? 0x25c6 : 0x25c9, which ? COLOUR_BASE : COLOUR_SELECTED,
             STYLE_BOLD);
    int used =
        2 + grid_printf(grid, rect.x + 2, rect.y, rect.w - 2, COLOUR_TITLE, STYLE_BOLD, "%s", name);
    if (rect.h >= 2)
        grid_text(grid, rect.x + 2, rect.y + 1, rect.w - 2, COLOUR_FAINT, 0, state);
    else if (rect.w - used > 12)
        grid_text_right(grid, rect.x + rect.w, rect.y, rect.w - used - 2, COLOUR_FAINT, 0, state);
}

static const char *key_of(const struct view *view,
                          void (*act)(struct view *, const struct snapshot *), char *out,
                          size_t size)
{
    return ui_key_name(keymap_key(&view->keymap, act), out, size);
}

/* What comes of it. */
static void outcome_text(const struct run_try *attempt, bool brief, char *out, size_t size)
{
    const struct run_try_side *side = attempt->side;
    if (attempt->phase == TRY_LOADING)
        snprintf(out, size, "%s, %.0f %%", *attempt->message ? attempt->message : "loading",
                 100 * attempt->progress);
    else if (attempt->phase == TRY_FAILED)
        snprintf(out, size, "%s", attempt->message);
    else if (parting_of(attempt) != SIZE_MAX)
        snprintf(out, size, "the texts part at \342\226\270%s",
                 brief ? "" : ", what follows is bold");
    else if (attempt->phase == TRY_DONE && side[0].length == side[1].length)
        snprintf(out, size, "both have written the same");
    else
        snprintf(out, size, "the same, as far as both go");
}

static void draw_summary(struct grid *grid, struct rect rect, const struct view *view,
                         const struct snapshot *snapshot)
{
    const struct run_try *attempt = snapshot->attempt;
    char outcome[300], key[16], change[48], hint[96] = "";
    outcome_text(attempt, rect.w < 64, outcome, sizeof outcome);
    if (try_runs(snapshot))
        snprintf(hint, sizeof hint, "%s cancels", key_of(view, action_back, key, sizeof key));
    else if (try_change(view, snapshot, change, sizeof change))
        snprintf(hint, sizeof hint, "%s: again %s", key_of(view, action_try_run, key, sizeof key),
                 change);
    else if (try_unfinished(snapshot))
        snprintf(hint, sizeof hint, "%s: again", key_of(view, action_try_run, key, sizeof key));
    else
        snprintf(hint, sizeof hint, "%s: another prompt",
                 key_of(view, action_try_prompt, key, sizeof key));
    int cells = text_cells(hint), room = rect.w - cells - 2;
    if (room < 19) {
        room = rect.w;
        cells = 0;
    }
    grid_text(grid, rect.x, rect.y, room, attempt->phase == TRY_FAILED ? COLOUR_BAD : COLOUR_FAINT,
              0, outcome);
    grid_text_right(grid, rect.x + rect.w, rect.y, cells, COLOUR_KEY, 0, hint);
}

/* ---- before the first prompt ---- */

struct sheet {
    struct grid *grid;
    struct rect rect; /* what is left */
};

static void add_line(struct sheet *sheet, enum colour colour, unsigned style, const char *text)
{
    int used = *text ? grid_wrap(sheet->grid, sheet->rect, colour, style, text) : 1;
    sheet->rect.y += used;
    sheet->rect.h -= used;
}

static void draw_beginning(struct grid *grid, struct rect rect, const struct view *view,
                           const struct snapshot *snapshot)
{
    struct sheet sheet = {grid, {rect.x + 1, rect.y, rect.w - 2, rect.h}};
    char text[256], run[16], above[16], below[16];
    if (sheet.rect.w < 1)
        return;
    if (*snapshot->no_try) {
        add_line(&sheet, COLOUR_BAD, 0, snapshot->no_try);
    } else {
        snprintf(
            text, sizeof text,
            "%s: type a prompt. The selected network and the base continue it, and their texts "
            "are shown side by side.",
            key_of(view, action_try_run, run, sizeof run));
        add_line(&sheet, COLOUR_TEXT, 0, text);
    }
    add_line(&sheet, COLOUR_TEXT, 0, "");
    add_line(
        &sheet, COLOUR_FAINT, 0,
        "A score hides what a network has lost: read it yourself. Always the likeliest token is "
        "taken, so the same prompt gives the same text. The search goes on meanwhile.");
    add_line(&sheet, COLOUR_TEXT, 0, "");
    if (*snapshot->no_try)
        return;
    snprintf(text, sizeof text, "%s and %s select another network, in any view.",
             key_of(view, action_network_previous, above, sizeof above),
             key_of(view, action_network_next, below, sizeof below));
    add_line(&sheet, COLOUR_FAINT, 0, text);
    if (sheet.rect.h < TRY_EXAMPLES + 2)
        return;
    add_line(&sheet, COLOUR_TEXT, 0, "");
    snprintf(text, sizeof text, "for example (%s at the prompt)",
             key_of(view, action_prompt_earlier, above, sizeof above));
    add_line(&sheet, COLOUR_HEADING, STYLE_BOLD, text);
    for (size_t i = 0; i < TRY_EXAMPLES; i++)
        add_line(&sheet, COLOUR_TEXT, 0, try_example[i]);
}

/* ---- all ---- */

static void draw_title(struct grid *grid, struct rect rule, const struct view *view,
                       const struct snapshot *snapshot)
{
    char settings[64];
    int x = draw_rule(grid, rule,
                      rule.w >= 70 ? "try: greedy, the likeliest token each time" : "try"),
        room = rule.x + rule.w - 2 - x;
    snprintf(settings, sizeof settings, " %u tokens%s ", (unsigned)view->attempt.tokens,
             view->attempt.chat && snapshot->chat_known ? ", as a chat" : ", plain text");
    if (rule.h && text_cells(settings) <= room)
        grid_text_right(grid, rule.x + rule.w - 1, rule.y, room, COLOUR_TITLE, 0, settings);
}

void draw_try(struct grid *grid, const struct layout *layout, const struct view *view,
              const struct snapshot *snapshot)
{
    const struct run_try *attempt = snapshot->attempt;
    struct places places = places_of(layout->body, attempt ? attempt->prompt : "");
    draw_title(grid, places.rule, view, snapshot);
    if (!attempt) {
        struct rect rest = layout->body;
        rest.y += places.rule.h;
        rest.h -= places.rule.h;
        draw_beginning(grid, rest, view, snapshot);
        return;
    }
    if (places.prompt.h) {
        grid_text(grid, places.prompt.x, places.prompt.y, places.prompt.w, COLOUR_KEY, STYLE_BOLD,
                  attempt->chat ? "you" : "prompt");
        places.prompt.x += 8;
        places.prompt.w -= 8;
        grid_wrap(grid, places.prompt, COLOUR_TEXT, 0, attempt->prompt);
    }
    for (int i = 0; i < 2; i++) {
        struct passage passage;
        passage_make(attempt, i, &passage);
        int beyond = rows_beyond(places.text[i], &passage), top = view->attempt.top;
        draw_head(grid, places.head[i], snapshot, i);
        draw_passage(grid, places.text[i], &passage,
                     view->attempt.scrolled && top < beyond ? top : beyond);
    }
    for (int y = 0; y < places.divider.h; y++)
        grid_put(grid, places.divider.x, places.divider.y + y, 0x2502, COLOUR_FRAME, 0);
    if (places.summary.h)
        draw_summary(grid, places.summary, view, snapshot);
}
