/* The help: what the view shown is, its signs and its keys, then those of every view, then the
 * other views and what lies over them; searched by what is typed. */
#include "help.h"
#include "actions.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

#define ABOUT_BYTES 1024
#define ROOMY 10 /* lines from which on headings have a blank above them */

struct list {
    struct grid *grid; /* NULL: lines are only counted */
    struct rect rect;
    const struct view *view;
    int line;            /* of the next one, from the top of rect; below 0: scrolled away */
    int signs;           /* cells of the left column */
    bool first;          /* nothing is written yet */
    const char *heading; /* to be written before the next entry; NULL: it is */
};

/* ---- lines ---- */

static void add_heading(struct list *list)
{
    struct rect rect = list->rect;
    if (!list->heading)
        return;
    if (!list->first && rect.h >= ROOMY)
        list->line++;
    list->first = false;
    if (list->grid && list->line >= 0 && list->line < rect.h)
        grid_text(list->grid, rect.x, rect.y + list->line, rect.w, COLOUR_HEADING, STYLE_BOLD,
                  list->heading);
    list->heading = NULL;
    list->line++;
}

static void add_text(struct list *list, int indent, const char *text)
{
    int width = list->rect.w - indent;
    size_t next;
    for (; *text && width > 0; text += next, list->line++) {
        size_t length = text_line(text, width, &next);
        char line[256];
        if (!list->grid || list->line < 0 || list->line >= list->rect.h)
            continue;
        snprintf(line, sizeof line, "%.*s", (int)(length < 255 ? length : 255), text);
        grid_text(list->grid, list->rect.x + indent, list->rect.y + list->line, width, COLOUR_TEXT,
                  0, line);
    }
}

/* "{extract}" becomes the key of that action. */
static void put_keys(const struct view *view, const char *text, char *out, size_t size)
{
    size_t length = 0;
    while (*text && length + 24 < size) {
        size_t name = *text == '{' ? strcspn(text + 1, "}") : 0;
        const struct ui_key *found = NULL;
        for (const struct ui_key *entry = ui_keys; name && entry->help && !found; entry++)
            if (strlen(entry->name) == name && !strncmp(entry->name, text + 1, name))
                found = entry;
        if (!found) {
            out[length++] = *text++;
            continue;
        }
        ui_key_name(view->keymap.key[found - ui_keys][0], out + length, size - length);
        length += strlen(out + length);
        text += name + 2;
    }
    out[length] = '\0';
}

static void add_about(struct list *list, enum ui_page page)
{
    char text[ABOUT_BYTES];
    put_keys(list->view, help_about[page], text, sizeof text);
    if (!text_has(text, list->view->field.text) &&
        !text_has(page_table[page].name, list->view->field.text))
        return;
    add_heading(list);
    add_text(list, 0, text);
}

static void add_entry(struct list *list, const char *sign, const char *text)
{
    struct rect rect = list->rect;
    add_heading(list);
    if (list->grid && list->line >= 0 && list->line < rect.h)
        grid_text(list->grid, rect.x, rect.y + list->line, list->signs, COLOUR_KEY, STYLE_BOLD,
                  sign);
    int line = list->line;
    add_text(list, list->signs + 1, text);
    if (list->line == line)
        list->line++;
}

static void add_signs(struct list *list, enum ui_page page)
{
    for (const struct help_sign *sign = help_signs; sign->sign; sign++) {
        char text[128];
        put_keys(list->view, sign->text, text, sizeof text);
        if (sign->page == page && (text_has(text, list->view->field.text) ||
                                   text_has(sign->sign, list->view->field.text)))
            add_entry(list, sign->sign, text);
    }
}

static bool wanted(const struct view *view, const struct ui_key *entry, const char *names)
{
    const char *search = view->field.text;
    return text_has(entry->help, search) || (entry->label && text_has(entry->label, search)) ||
           !strcmp(names, search);
}

static void add_keys(struct list *list, enum ui_mode mode)
{
    for (const struct ui_key *entry = ui_keys; entry->help; entry++) {
        char names[64];
        keymap_names(&list->view->keymap, entry, names, sizeof names);
        if (entry->mode == mode && wanted(list->view, entry, names))
            add_entry(list, names, entry->help);
    }
    list->heading = NULL;
}

static void add_mode(struct list *list, enum ui_mode mode)
{
    list->heading = ui_mode_names[mode];
    add_keys(list, mode);
}

static void add_page(struct list *list, enum ui_page page)
{
    char name[64], heading[64];
    snprintf(name, sizeof name, "{%s} %s", page_table[page].name, page_table[page].name);
    put_keys(list->view, name, heading, sizeof heading);
    list->heading = heading;
    add_about(list, page);
    add_signs(list, page);
    list->heading = NULL;
    add_mode(list, (enum ui_mode)(UI_MODE_FRONT + (int)page));
}

/* The list from line `top` on; returns the lines there are. */
static int help_lines(struct grid *grid, struct rect rect, const struct view *view, int top)
{
    struct list list = {grid, rect, view, -top, rect.w < 60 ? 10 : 15, true, NULL};
    add_page(&list, view->page);
    list.heading = ui_mode_names[UI_MODE_VIEW];
    add_signs(&list, PAGES);
    add_keys(&list, UI_MODE_VIEW);
    for (int page = 0; page < PAGES; page++)
        if (page_table[page].draw && page != (int)view->page)
            add_page(&list, (enum ui_page)page);
    for (int mode = UI_MODE_TRY + 1; mode < UI_MODES; mode++)
        add_mode(&list, (enum ui_mode)mode);
    return list.line + top;
}

/* ---- the window ---- */

static struct rect box_of(int width, int height)
{
    return layout_centred(width, height, 84, height > 8 ? height - 2 : height);
}

static struct rect list_of(struct rect inner)
{
    int above = inner.h >= 12 ? 2 : 1; /* the search, and a blank */
    return (struct rect){inner.x, inner.y + above, inner.w, inner.h - above};
}

static int last_top(const struct view *view, struct rect list)
{
    int lines = help_lines(NULL, list, view, 0);
    return lines > list.h ? lines - list.h : 0;
}

void draw_help(struct grid *grid, const struct view *view)
{
    struct rect box = box_of(grid->width, grid->height);
    struct rect inner = draw_box(grid, box, "help"), list = list_of(inner);
    if (inner.h < 1)
        return;
    int x = inner.x + grid_text(grid, inner.x, inner.y, inner.w, COLOUR_FAINT, 0, "search ");
    field_draw(grid, x, inner.y, inner.x + inner.w - x, &view->field);
    if (list.h < 1)
        return;
    int last = last_top(view, list), top = view->scroll < last ? view->scroll : last;
    if (!help_lines(grid, list, view, top))
        grid_text(grid, list.x, list.y, list.w, COLOUR_FAINT, 0, "nothing here has that");
    if (top < last)
        grid_text_right(grid, box.x + box.w - 2, box.y + box.h - 1, 8, COLOUR_FAINT, 0, " more ");
}

/* ---- keys ---- */

void action_help(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    field_set(&view->field, "");
    view->scroll = 0;
    view->mode = UI_MODE_HELP;
}

static void scroll(struct view *view, enum ui_move move)
{
    struct rect box = box_of(view->width, view->height);
    struct rect list = list_of(box_inner(box));
    view->scroll = page_scroll(view->scroll, move, list.h, last_top(view, list) + list.h);
}

#define SCROLL(NAME, MOVE)                                                                         \
    void action_help_##NAME(struct view *view, const struct snapshot *snapshot)                    \
    {                                                                                              \
        (void)snapshot;                                                                            \
        scroll(view, MOVE);                                                                        \
    }
SCROLL(up, MOVE_UP)
SCROLL(down, MOVE_DOWN)
SCROLL(page_up, MOVE_PAGE_UP)
SCROLL(page_down, MOVE_PAGE_DOWN)
SCROLL(first, MOVE_FIRST)
SCROLL(last, MOVE_LAST)

/* Typing searches anyway; who is used to a key for it begins anew with that. */
void action_help_search(struct view *view, const struct snapshot *snapshot)
{
    action_help(view, snapshot);
}
