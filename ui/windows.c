/* Windows over the panels: help, pins, extraction, its result, leaving; and what a prompt
 * refuses. */
#include "screen.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Clears a box, frames it, and returns what is inside the frame and a blank margin. */
static struct rect draw_box(struct grid *grid, struct rect box, const char *title)
{
    grid_fill(grid, box, ' ', COLOUR_TEXT);
    if (box.w < 6 || box.h < 3)
        return box;
    int right = box.x + box.w - 1, bottom = box.y + box.h - 1;
    for (int y = box.y; y <= bottom; y++) {
        grid_put(grid, box.x, y, 0x2502, COLOUR_KEY, 0);
        grid_put(grid, right, y, 0x2502, COLOUR_KEY, 0);
    }
    for (int x = box.x; x <= right; x++) {
        uint32_t corner = x == box.x ? 0x250c : x == right ? 0x2510 : 0x2500;
        grid_put(grid, x, box.y, corner, COLOUR_KEY, 0);
        corner = x == box.x ? 0x2514 : x == right ? 0x2518 : 0x2500;
        grid_put(grid, x, bottom, corner, COLOUR_KEY, 0);
    }
    int used = grid_text(grid, box.x + 3, box.y, box.w - 6, COLOUR_TITLE, STYLE_BOLD, title);
    grid_put(grid, box.x + 2, box.y, ' ', COLOUR_TEXT, 0);
    grid_put(grid, box.x + 3 + used, box.y, ' ', COLOUR_TEXT, 0);
    return (struct rect){box.x + 2, box.y + 1, box.w - 4, box.h - 2};
}

/* ---- help ---- */

static bool contains(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && text[i] &&
               tolower((unsigned char)text[i]) == tolower((unsigned char)word[i]))
            i++;
        if (i == length)
            return true;
    }
    return length == 0;
}

static bool wanted(const struct ui_key *entry, const char *search)
{
    char names[64];
    return contains(entry->help, search) || (entry->label && contains(entry->label, search)) ||
           !strcmp(ui_key_names(entry, names, sizeof names), search);
}

/* One line of the help at row `line` of the list, when it is within view. */
static void help_line(struct grid *grid, struct rect rect, int line, const struct ui_key *entry)
{
    char names[64];
    if (line < 0 || line >= rect.h)
        return;
    grid_text(grid, rect.x, rect.y + line, 15, COLOUR_KEY, STYLE_BOLD,
              ui_key_names(entry, names, sizeof names));
    grid_text(grid, rect.x + 16, rect.y + line, rect.w - 16, COLOUR_TEXT, 0, entry->help);
}

/* Draws from list line `top` on; returns the lines there are. */
static int help_lines(struct grid *grid, struct rect rect, const struct view *view, int top)
{
    int line = 0;
    enum ui_mode mode = UI_MODES;
    for (const struct ui_key *entry = ui_keys; entry->help; entry++) {
        if (!wanted(entry, view->field.text))
            continue;
        if (entry->mode != mode) {
            mode = entry->mode;
            if (line - top >= 0 && line - top < rect.h)
                grid_text(grid, rect.x, rect.y + line - top, rect.w, COLOUR_HEADING, STYLE_BOLD,
                          ui_mode_names[mode]);
            line++;
        }
        help_line(grid, rect, line++ - top, entry);
    }
    return line;
}

static void draw_help(struct grid *grid, const struct view *view)
{
    struct rect box = layout_centred(grid->width, grid->height, 84, grid->height - 2);
    struct rect inner = draw_box(grid, box, "help");
    if (inner.h < 1)
        return;
    int x = inner.x + grid_text(grid, inner.x, inner.y, inner.w, COLOUR_FAINT, 0, "search ");
    field_draw(grid, x, inner.y, inner.x + inner.w - x, &view->field);
    struct rect list = {inner.x, inner.y + 2, inner.w, inner.h - 2};
    if (list.h < 1)
        return;
    int lines = help_lines(grid, (struct rect){0, 0, 0, 0}, view, 0);
    int top = view->scroll;
    if (top > lines - list.h)
        top = lines > list.h ? lines - list.h : 0;
    help_lines(grid, list, view, top);
    if (!lines)
        grid_text(grid, list.x, list.y, list.w, COLOUR_FAINT, 0, "no key does that");
    if (top + list.h < lines)
        grid_text_right(grid, box.x + box.w - 2, box.y + box.h - 1, 8, COLOUR_FAINT, 0, " more ");
}

/* ---- pins ---- */

static void draw_pin_list(struct grid *grid, const struct layout *layout, const struct view *view,
                          const struct snapshot *snapshot)
{
    struct pin pins[VIEW_PINS];
    size_t count = view_pins(view, snapshot, pins);
    struct rect box = layout_centred(grid->width, grid->height, 36, (int)count + 2);
    if (layout->table.h >= (int)count + 2 && layout->table.w >= 20 && layout->divider.h)
        box = (struct rect){layout->table.x, layout->table.y, layout->table.w, (int)count + 2};
    struct rect inner = draw_box(grid, box, "pins");
    for (int i = 0; i < (int)count && i < inner.h; i++) {
        struct pin pin = pins[i];
        bool current = (size_t)i == view->pin_position, draft = current && view->drafting;
        if (draft)
            pin = view->draft;
        size_t within = 0;
        for (size_t r = 0; r < snapshot->rows; r++)
            within += pin_violation(&pin, archive_row(snapshot->archive, r)->value) <= 0;
        char right[32];
        snprintf(right, sizeof right, !pins[i].enabled && !draft ? "off" : "%zu within", within);
        grid_put(grid, inner.x, inner.y + i, current ? 0x25b8 : ' ', COLOUR_SELECTED, STYLE_BOLD);
        int used = grid_printf(grid, inner.x + 2, inner.y + i, inner.w - 2,
                               pins[i].enabled || draft ? COLOUR_PIN : COLOUR_FAINT,
                               current ? STYLE_BOLD : 0, "%s%s", pin.text, draft ? " ?" : "");
        grid_text_right(grid, inner.x + inner.w, inner.y + i, inner.w - used - 3, COLOUR_FAINT, 0,
                        right);
    }
}

/* ---- extraction ---- */

static void draw_extract(struct grid *grid, const struct view *view,
                         const struct snapshot *snapshot)
{
    const struct view_extract *extract = &view->extract;
    const struct row *row = view_row(snapshot, extract->row);
    struct rect inner =
        draw_box(grid, layout_centred(grid->width, grid->height, 72, 10), "extract");
    if (!row || inner.w < 12)
        return;
    char size[48];
    struct weight_options weights = view_extract_weights(view, snapshot);
    const char *type = "source: each tensor keeps its own";
    for (const struct weight_type_info *info = weight_types; info->name && extract->type; info++)
        if (info->type == weights.type)
            type = info->name;
    struct {
        const char *label;
        char text[ARCH_MAX_LAYERS + 64];
    } line[3] = {{"code", ""}, {"weights", ""}, {"size", ""}};
    snprintf(line[0].text, sizeof line[0].text, "%s", row->code.text);
    snprintf(line[1].text, sizeof line[1].text, "\342\227\202 %s \342\226\270", type);
    snprintf(line[2].text, sizeof line[2].text, "%s, %llu bytes exactly",
             value_format(OBJECTIVE_BYTES, (double)extract->bytes, size, sizeof size),
             (unsigned long long)extract->bytes);
    for (int i = 0; i < 3 && i < inner.h; i++) {
        grid_text(grid, inner.x, inner.y + i, 9, COLOUR_FAINT, 0, line[i].label);
        grid_text(grid, inner.x + 9, inner.y + i, inner.w - 9, COLOUR_TEXT, 0, line[i].text);
    }
    if (inner.h > 3) {
        grid_text(grid, inner.x, inner.y + 3, 9, COLOUR_FAINT, 0, "file");
        field_draw(grid, inner.x + 9, inner.y + 3, inner.w - 9, &extract->path);
    }
    struct rect note = {inner.x, inner.y + 5, inner.w, inner.h - 5};
    if (note.h < 1)
        return;
    if (*extract->error.message)
        grid_wrap(grid, note, COLOUR_BAD, 0, extract->error.message);
    else if (extract->confirm)
        grid_wrap(grid, note, COLOUR_BAD, 0,
                  "a file of this name is there; Enter again replaces it");
    else if (extract->type && weights.type != snapshot->weights.type)
        grid_wrap(grid, note, COLOUR_FAINT, 0,
                  "the accuracy shown was measured with the run's own weights; another type may "
                  "change it");
    else
        grid_wrap(grid, note, COLOUR_FAINT, 0,
                  "written in the background and checked by loading it again; the search goes on");
}

static void draw_result(struct grid *grid, const struct snapshot *snapshot)
{
    bool good = snapshot->extract == EXTRACT_DONE;
    int width = grid->width < 84 ? grid->width : 84;
    int rows = text_rows(snapshot->extract_message, width - 4) + 2;
    if (good && *snapshot->extract_command)
        rows += text_rows(snapshot->extract_command, width - 4) + 2;
    struct rect inner = draw_box(grid, layout_centred(grid->width, grid->height, width, rows),
                                 good ? "extracted" : "extraction failed");
    int used =
        grid_wrap(grid, inner, good ? COLOUR_TEXT : COLOUR_BAD, 0, snapshot->extract_message);
    struct rect rest = {inner.x, inner.y + used + 1, inner.w, inner.h - used - 1};
    if (!good || rest.h < 2 || !*snapshot->extract_command)
        return;
    grid_text(grid, rest.x, rest.y, rest.w, COLOUR_FAINT, 0, "run it with");
    rest.y++;
    rest.h--;
    grid_wrap(grid, rest, COLOUR_KEY, 0, snapshot->extract_command);
}

static void draw_quit(struct grid *grid, const struct snapshot *snapshot)
{
    struct rect inner = draw_box(grid, layout_centred(grid->width, grid->height, 62, 8), "leave?");
    char text[700];
    snprintf(text, sizeof text,
             "Leaving stops the search. Its %zu networks are saved; the same command, or "
             "paretop %s, goes on from here.",
             snapshot->evaluations, snapshot->run_path);
    int used = grid_wrap(grid, inner, COLOUR_TEXT, 0, text);
    if (used + 1 < inner.h)
        grid_text(grid, inner.x, inner.y + used + 1, inner.w, COLOUR_KEY, STYLE_BOLD,
                  "y leave    n stay");
}

/* What is wrong with the line typed at a prompt, in the rows above it. */
static void draw_refusal(struct grid *grid, const struct layout *layout, const struct view *view)
{
    const char *text = view->prompt_error.message;
    int width = grid->width - 2;
    if (!*text || width < 1 || layout->status.y < 1)
        return;
    int rows = text_rows(text, width);
    if (rows > layout->status.y)
        rows = layout->status.y;
    struct rect box = {0, layout->status.y - rows, grid->width, rows};
    grid_fill(grid, box, ' ', COLOUR_TEXT);
    grid_wrap(grid, (struct rect){1, box.y, width, rows}, COLOUR_BAD, 0, text);
}

void draw_window(struct grid *grid, const struct layout *layout, const struct view *view,
                 const struct snapshot *snapshot)
{
    switch (view->mode) {
    case UI_MODE_HELP:
        draw_help(grid, view);
        break;
    case UI_MODE_PINS:
        draw_pin_list(grid, layout, view, snapshot);
        break;
    case UI_MODE_EXTRACT:
        draw_extract(grid, view, snapshot);
        break;
    case UI_MODE_RESULT:
        draw_result(grid, snapshot);
        break;
    case UI_MODE_QUIT:
        draw_quit(grid, snapshot);
        break;
    case UI_MODE_PROMPT:
        draw_refusal(grid, layout, view);
        break;
    case UI_MODE_VIEW:
    case UI_MODES:
        break;
    }
}
