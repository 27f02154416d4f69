/* Windows over the panels: pins, extraction, its result, leaving; and what a prompt refuses. The
 * help is in help.c. */
#include "actions.h"
#include "screen.h"

#include "base/shell.h"

#include <stdio.h>
#include <string.h>

struct rect box_inner(struct rect box)
{
    if (box.w < 6 || box.h < 3) /* no room for a frame */
        return box;
    return (struct rect){box.x + 2, box.y + 1, box.w - 4, box.h - 2};
}

struct rect draw_box(struct grid *grid, struct rect box, const char *title)
{
    grid_fill(grid, box, ' ', COLOUR_TEXT);
    if (box.w < 6 || box.h < 3)
        return box_inner(box);
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
    return box_inner(box);
}

/* ---- pins ---- */

/* In the list's place, as wide as a limit needs that is being nudged. */
static struct rect pin_list_at(const struct rect *table, const struct pin *pins, size_t count,
                               size_t rows)
{
    int wide = table->w, right = table->x + table->w;
    for (size_t i = 0; i < count; i++) {
        /* frame, cursor, digits more, a question mark; "214 within" */
        int cells = text_cells(pins[i].text) + 13 + snprintf(NULL, 0, "%zu within", rows);
        wide = cells > wide ? cells : wide;
    }
    wide = wide > right ? right : wide;
    return (struct rect){right - wide, table->y, wide, (int)count + 2};
}

static void draw_pin_list(struct grid *grid, const struct layout *layout, const struct view *view,
                          const struct snapshot *snapshot)
{
    struct pin pins[VIEW_PINS];
    size_t count = view_pins(view, snapshot, pins);
    struct rect box = layout_centred(grid->width, grid->height, 36, (int)count + 2);
    if (layout->table.h >= (int)count + 2 && layout->table.w >= 20 && layout->divider.h)
        box = pin_list_at(&layout->table, pins, count, snapshot->rows);
    struct rect inner = draw_box(grid, box, "pins");
    for (int i = 0; i < (int)count && i < inner.h; i++) {
        struct pin pin = pins[i];
        bool current = (size_t)i == view->pin_position, draft = current && view->drafting;
        if (draft)
            pin = view->draft;
        size_t within = 0;
        for (size_t r = 0; r < snapshot->rows; r++)
            within += view_counts(snapshot, (uint32_t)r) &&
                      row_pin_violation(archive_row(snapshot->archive, r), &pin,
                                        &snapshot->estimate) <= 0;
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

static void draw_replaces(struct grid *grid, struct rect note, const struct view *view)
{
    char text[80], key[16];
    snprintf(text, sizeof text, "a file of this name is there; %s again replaces it",
             keymap_key_name(&view->keymap, action_extract_enter, key, sizeof key));
    grid_wrap(grid, note, COLOUR_BAD, 0, text);
}

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
        char text[ARCH_CODE_TEXT + 64];
    } line[3] = {{"code", ""}, {"weights", ""}, {"size", ""}};
    snprintf(line[0].text, sizeof line[0].text, "%s", row->code.text);
    snprintf(line[1].text, sizeof line[1].text, "\342\226\264\342\226\276 %s", type);
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
        draw_replaces(grid, note, view);
    else if (extract->type && weights.type != snapshot->weights.type)
        grid_wrap(grid, note, COLOUR_FAINT, 0,
                  "the accuracy shown was measured with the run's own weights; another type may "
                  "change it");
    else
        grid_wrap(grid, note, COLOUR_FAINT, 0,
                  snapshot_running(snapshot)
                      ? "written in the background and checked by loading it again; the search "
                        "goes on"
                      : "written in the background and checked by loading it again");
}

static void draw_writing(struct grid *grid, const struct view *view,
                         const struct snapshot *snapshot)
{
    struct rect inner =
        draw_box(grid, layout_centred(grid->width, grid->height, 60, 7), "extracting");
    grid_wrap(grid, inner, COLOUR_TEXT, 0,
              "the file is written in the background, then loaded again and compared");
    if (inner.h >= 3)
        grid_bar(grid, inner.x, inner.y + 2, inner.w, snapshot->extract_progress, COLOUR_GOOD);
    if (inner.h >= 5)
        draw_mode_keys(grid, (struct rect){inner.x, inner.y + 4, inner.w, 1}, view, snapshot);
}

static void draw_result(struct grid *grid, const struct view *view, const struct snapshot *snapshot)
{
    if (snapshot->extract == EXTRACT_RUNNING) {
        draw_writing(grid, view, snapshot);
        return;
    }
    bool good = snapshot->extract == EXTRACT_DONE;
    int width = grid->width < 84 ? grid->width : 84;
    int rows = text_rows(snapshot->extract_message, width - 4) + 2;
    bool embedded = snapshot->measured[OBJECTIVE_ACC] && !strcmp(snapshot->task_name, "search");
    if (good && *snapshot->extract_command)
        rows += text_rows(snapshot->extract_command, width - 4) + 2 + (embedded ? 3 : 0);
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
    used = grid_wrap(grid, rest, COLOUR_KEY, 0, snapshot->extract_command) + 1;
    if (!embedded || rest.h < used + 2)
        return;
    grid_text(grid, rest.x, rest.y + used, rest.w, COLOUR_FAINT, 0,
              "its accuracy on questions that the search has not seen");
    char path[1100];
    grid_printf(grid, rest.x, rest.y + used + 1, rest.w, COLOUR_KEY, 0,
                "paretop eval %s --task heldout",
                shell_quote(snapshot->extract_path, path, sizeof path));
}

static void draw_quit(struct grid *grid, const struct view *view, const struct snapshot *snapshot)
{
    struct rect inner = draw_box(grid, layout_centred(grid->width, grid->height, 62, 9), "leave?");
    char text[800];
    if (snapshot->watched)
        snprintf(text, sizeof text,
                 "Leaving ends this watching alone%s; another process makes the search, and it "
                 "goes on. paretop watch %s shows it again.",
                 snapshot->extract == EXTRACT_RUNNING ? " and gives up the file being extracted"
                                                      : "",
                 snapshot->run_path);
    else
        snprintf(text, sizeof text,
                 "Leaving stops the search%s. Its %zu networks are saved; the same command, or "
                 "paretop %s, goes on from here. Ctrl-Z, then bg, lets it run on without a screen.",
                 snapshot->extract == EXTRACT_RUNNING ? " and gives up the file being extracted"
                                                      : "",
                 snapshot->evaluations, snapshot->run_path);
    int used = grid_wrap(grid, inner, COLOUR_TEXT, 0, text);
    if (used + 1 < inner.h)
        draw_mode_keys(grid, (struct rect){inner.x, inner.y + used + 1, inner.w, 1}, view,
                       snapshot);
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
    if (view->mode == UI_MODE_HELP)
        draw_help(grid, view);
    else if (view->mode == UI_MODE_PINS)
        draw_pin_list(grid, layout, view, snapshot);
    else if (view->mode == UI_MODE_EXTRACT)
        draw_extract(grid, view, snapshot);
    else if (view->mode == UI_MODE_RESULT)
        draw_result(grid, view, snapshot);
    else if (view->mode == UI_MODE_QUIT)
        draw_quit(grid, view, snapshot);
    else if (view->mode == UI_MODE_SETTINGS)
        draw_settings(grid, view);
    else if (view->mode == UI_MODE_PROMPT)
        draw_refusal(grid, layout, view);
}
