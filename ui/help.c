/* The help: what the signs of the screen mean, then every key, both searched by what is typed. */
#include "screen.h"

#include <ctype.h>
#include <string.h>

/* The order is that of the screen. Texts fit beside the signs at 80 columns: few lines leave room
 * for the keys. */
static const struct legend {
    const char *sign, *text;
} legend[] = {
    {"\342\227\217 front", "not beaten: better in one objective is worse in another"},
    {"dots, \303\227", "networks that one of the front beats; outside the pins"},
    {"\342\227\206 base", "the full model"},
    {"\342\227\211 selected", "what e extracts; its bar is one standard error each way"},
    {"* knee", "where the front bends most"},
    {"\342\212\225 new, \342\227\213", "since you looked last; predicted, not evaluated yet"},
    {"\342\226\275, letters", "networks of pruning methods, of other fronts; o lists them"},
    {"=", "found by f"},
    {"\302\261", "standard error of the accuracy: the luck of the questions"},
    {"code", "8 whole, 1-7 cut MLP, 0 no MLP, a-h no attention, . dropped"},
    {"mlp, attn, infl", "per layer: MLP width, attention, influence on what passes"},
    {"HV", "hypervolume, grows with the front; + by the last generation"},
};

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

static bool wanted(const struct view *view, const struct ui_key *entry, const char *search)
{
    char names[64];
    return contains(entry->help, search) || (entry->label && contains(entry->label, search)) ||
           !strcmp(keymap_names(&view->keymap, entry, names, sizeof names), search);
}

struct list {
    struct grid *grid;
    struct rect rect; /* h 0: only counted */
    int line;         /* of the next entry, from the top of rect; below 0: scrolled away */
    int signs;        /* cells of the left column */
};

static void add_heading(struct list *list, const char *text)
{
    struct rect rect = list->rect;
    if (list->line >= 0 && list->line < rect.h)
        grid_text(list->grid, rect.x, rect.y + list->line, rect.w, COLOUR_HEADING, STYLE_BOLD,
                  text);
    list->line++;
}

/* An entry takes as many lines as its text; one that starts above the window is left out. */
static void add_entry(struct list *list, const char *sign, const char *text)
{
    struct rect rect = list->rect;
    int indent = list->signs + 1, width = rect.w - indent;
    if (list->line >= 0 && list->line < rect.h) {
        int y = rect.y + list->line;
        grid_text(list->grid, rect.x, y, list->signs, COLOUR_KEY, STYLE_BOLD, sign);
        grid_wrap(list->grid, (struct rect){rect.x + indent, y, width, rect.h - list->line},
                  COLOUR_TEXT, 0, text);
    }
    int rows = text_rows(text, width);
    list->line += rows > 1 ? rows : 1;
}

/* The list from line `top` on; returns the lines there are. */
static int help_lines(struct grid *grid, struct rect rect, const struct view *view, int top)
{
    const char *search = view->field.text;
    struct list list = {grid, rect, -top, rect.w < 60 ? 10 : 15};
    bool heading = false;
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        if (!contains(legend[i].text, search) && !contains(legend[i].sign, search))
            continue;
        if (!heading)
            add_heading(&list, "what the screen shows");
        heading = true;
        add_entry(&list, legend[i].sign, legend[i].text);
    }
    enum ui_mode mode = UI_MODES;
    for (const struct ui_key *entry = ui_keys; entry->help; entry++) {
        char names[64];
        if (!wanted(view, entry, search))
            continue;
        if (entry->mode != mode) {
            mode = entry->mode;
            add_heading(&list, ui_mode_names[mode]);
        }
        add_entry(&list, keymap_names(&view->keymap, entry, names, sizeof names), entry->help);
    }
    return list.line + top;
}

void draw_help(struct grid *grid, const struct view *view)
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
    int lines = help_lines(grid, (struct rect){0, 0, list.w, 0}, view, 0);
    int top = view->scroll;
    if (top > lines - list.h)
        top = lines > list.h ? lines - list.h : 0;
    help_lines(grid, list, view, top);
    if (!lines)
        grid_text(grid, list.x, list.y, list.w, COLOUR_FAINT, 0, "nothing here has that");
    if (top + list.h < lines)
        grid_text_right(grid, box.x + box.w - 2, box.y + box.h - 1, 8, COLOUR_FAINT, 0, " more ");
}
