/* The last lines of the screen: messages and prompts with what is going on, and keys. */
#include "actions.h"
#include "screen.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

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
        snprintf(text, sizeof text, "evaluating"); /* its number follows from the header's */
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

/* How long what was said stays when nobody presses a key: not until the morning. */
#define MESSAGE_SECONDS 60 /* of the run */
#define NOTICE_SECONDS 120 /* answers */

struct said {
    char text[600];
    enum colour colour;
    bool answer; /* to a key */
};

/* The run's message says what is going on, or wrong. */
static bool message_stays(const struct snapshot *snapshot)
{
    return snapshot->phase == RUN_FAILED || snapshot->phase == RUN_ABANDONED ||
           snapshot->phase == RUN_LOADING || snapshot->phase == RUN_CALIBRATING ||
           snapshot->phase == RUN_STOPPING;
}

/* Where nothing goes on it waits for the reader: a screen at rest sends nothing. */
static bool message_fresh(const struct view *view, const struct snapshot *snapshot)
{
    bool rests = snapshot->phase == RUN_FINISHED || snapshot->phase == RUN_PAUSED;
    return !view->message_read && (rests || view->now - view->message_time < MESSAGE_SECONDS);
}

/* Behind what is new, as far as there is room: news stay for long. */
static void add_hint(const struct view *view, const struct snapshot *snapshot, int cells,
                     char *text, size_t size)
{
    char hint[300];
    size_t length = strlen(text);
    int room = cells - text_cells(text) - 2;
    if (room < 1)
        return;
    view_hint(view, snapshot, room, hint, sizeof hint);
    if (*hint && text_cells(hint) <= room)
        snprintf(text + length, size - length, "; %s", hint);
}

/* The answer to the last key; what goes on, or wrong; what is new; a message of the run; the next
 * useful key. */
static struct said what_is_said(const struct view *view, const struct snapshot *snapshot, int cells)
{
    struct said said = {.colour = COLOUR_FAINT};
    if (*view->notice && view->now - view->notice_time < NOTICE_SECONDS) {
        snprintf(said.text, sizeof said.text, "%s", view->notice);
        said.colour = view->notice_colour;
        said.answer = true;
    } else if (*snapshot->message && message_stays(snapshot)) {
        bool bad = snapshot->phase == RUN_FAILED || snapshot->phase == RUN_ABANDONED;
        snprintf(said.text, sizeof said.text, "%s", snapshot->message);
        said.colour = bad ? COLOUR_BAD : COLOUR_FAINT;
    } else if (view_news_text(view, snapshot, said.text, sizeof said.text)) {
        said.colour = COLOUR_GOOD;
        add_hint(view, snapshot, cells, said.text, sizeof said.text);
    } else if (*snapshot->message && message_fresh(view, snapshot)) {
        snprintf(said.text, sizeof said.text, "%s", snapshot->message);
    } else {
        view_hint(view, snapshot, cells, said.text, sizeof said.text);
    }
    return said;
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
    struct said said = what_is_said(view, snapshot, end - rect.x - 2);
    const char *text = said.text;
    enum colour colour = said.colour;
    if (said.answer &&
        text_cells(text) > end - rect.x - 2) { /* it matters more than the activity */
        grid_fill(grid, rect, ' ', COLOUR_TEXT);
        end = rect.x + rect.w + 2;
    }
    grid_text(grid, rect.x, rect.y, end - rect.x - 2, colour, 0, text);
}

struct key_line {
    struct grid *grid;
    const struct keymap *keymap;
    const struct snapshot *snapshot;
    struct rect rect;
    int x; /* of the next one */
};

static int key_cells(const struct key_line *line, const struct ui_key *entry, char name[16])
{
    ui_key_name(line->keymap->key[entry - ui_keys][0], name, 16);
    return text_cells(name) + 1 + text_cells(entry->label);
}

/* Where there is room. */
static void add_key(struct key_line *line, const struct ui_key *entry)
{
    char name[16];
    int end = line->rect.x + line->rect.w, cells = key_cells(line, entry, name), y = line->rect.y;
    if (line->x + cells > end || line->rect.h < 1)
        return;
    line->x += grid_text(line->grid, line->x, y, end - line->x, COLOUR_KEY, STYLE_BOLD, name) + 1;
    line->x += grid_text(line->grid, line->x, y, end - line->x, COLOUR_FAINT, 0, entry->label) + 2;
}

/* The way out has its place whatever else there is no room for; NULL: it has no key. */
static const struct ui_key *quit_key(const struct keymap *keymap)
{
    const struct ui_key *entry = ui_keys;
    while (entry->act != action_quit)
        entry++;
    return keymap->key[entry - ui_keys][0] ? entry : NULL;
}

/* One's own search stops by leaving; a file that is written is none to give up. */
static bool does_something(const struct ui_key *entry, const struct snapshot *snapshot)
{
    return (entry->act != action_stop || snapshot->watched) &&
           (entry->act != action_extract_cancel || snapshot->extract == EXTRACT_RUNNING);
}

/* Rows first..last of those of a mode that have a label, as far as there is room. */
static void add_keys(struct key_line *line, enum ui_mode mode, int first, int last)
{
    int count = 0;
    for (const struct ui_key *entry = ui_keys; entry->help; entry++) {
        if (entry->mode != mode || !entry->label || !line->keymap->key[entry - ui_keys][0])
            continue;
        count++;
        if (count > first && count <= last && entry->act != action_quit &&
            does_something(entry, line->snapshot))
            add_key(line, entry);
    }
}

void draw_mode_keys(struct grid *grid, struct rect rect, const struct view *view,
                    const struct snapshot *snapshot)
{
    struct key_line line = {grid, &view->keymap, snapshot, rect, rect.x};
    add_keys(&line, view->mode, 0, INT_MAX);
}

void draw_keys(struct grid *grid, struct rect rect, const struct view *view,
               const struct snapshot *snapshot)
{
    struct key_line line = {grid, &view->keymap, snapshot, rect, rect.x};
    if (view->mode != UI_MODE_VIEW) {
        draw_mode_keys(grid, rect, view, snapshot);
        return;
    }
    char name[16];
    const struct ui_key *quit = quit_key(&view->keymap);
    int kept = quit ? key_cells(&line, quit, name) + 2 : 0;
    line.rect.w -= kept;
    add_keys(&line, UI_MODE_VIEW, 0, 2);
    add_keys(&line, (enum ui_mode)(UI_MODE_FRONT + view->page), 0, INT_MAX);
    add_keys(&line, UI_MODE_VIEW, 2, INT_MAX);
    line.rect.w += kept;
    if (quit)
        add_key(&line, quit);
}
