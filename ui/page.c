/* The table of views, the row of their tabs, and going from one to another. */
#include "page.h"

#include "actions.h"
#include "pages.h"

#include <stdio.h>

const struct page page_table[PAGES] = {
    [PAGE_FRONT] = {"front", draw_front, NULL, front_move, front_back, front_click},
    [PAGE_ARCHITECTURE] = {"architecture", draw_architecture, architecture_refresh,
                           architecture_move, NULL, architecture_click},
    [PAGE_COMPARE] = {"compare", draw_compare, compare_refresh, compare_move, NULL, compare_click},
    [PAGE_LOG] = {"log", draw_log, NULL, log_move, log_back, NULL},
    [PAGE_TRY] = {"try", draw_try, NULL, try_move, try_back, NULL},
    [PAGE_LAYERS] = {"layers", draw_layers, layers_refresh, layers_move, NULL, layers_click},
    [PAGE_PROGRESS] = {"progress", draw_progress, progress_refresh, progress_move, NULL, NULL},
};

/* ---- tabs ---- */

/* Long names where they fit; else the shown view's alone, the others as numbers. */
static int tab_text(enum ui_page page, bool named, char *out, size_t size)
{
    snprintf(out, size, named ? " %d %s " : " %d ", (int)page + 1, page_table[page].name);
    return text_cells(out);
}

static bool all_named(int width)
{
    char text[32];
    int cells = 0;
    for (int page = 0; page < PAGES; page++)
        cells += page_table[page].draw ? tab_text((enum ui_page)page, true, text, sizeof text) : 0;
    return cells <= width;
}

struct rect page_tab(struct rect tabs, enum ui_page page, enum ui_page shown)
{
    char text[32];
    int x = tabs.x;
    bool named = all_named(tabs.w);
    if (tabs.h < 1 || !page_table[page].draw)
        return (struct rect){0};
    for (int before = 0; before < (int)page; before++)
        if (page_table[before].draw)
            x += tab_text((enum ui_page)before, named || before == (int)shown, text, sizeof text);
    int cells = tab_text(page, named || page == shown, text, sizeof text);
    if (x + cells > tabs.x + tabs.w)
        return (struct rect){0};
    return (struct rect){x, tabs.y, cells, 1};
}

void draw_tabs(struct grid *grid, struct rect tabs, enum ui_page shown)
{
    char text[32];
    for (int page = 0; page < PAGES; page++) {
        struct rect rect = page_tab(tabs, (enum ui_page)page, shown);
        bool here = page == (int)shown;
        if (rect.w == 0)
            continue;
        tab_text((enum ui_page)page, here || all_named(tabs.w), text, sizeof text);
        grid_text(grid, rect.x, rect.y, rect.w, here ? COLOUR_TITLE : COLOUR_FAINT,
                  here ? STYLE_BOLD | STYLE_REVERSE : 0, text);
    }
}

int page_scroll(int top, enum ui_move move, int height, int lines)
{
    int page = height > 2 ? height - 1 : 1, last = lines > height ? lines - height : 0;
    switch (move) {
    case MOVE_UP:
        top--;
        break;
    case MOVE_DOWN:
        top++;
        break;
    case MOVE_PAGE_UP:
        top -= page;
        break;
    case MOVE_PAGE_DOWN:
        top += page;
        break;
    case MOVE_FIRST:
        top = 0;
        break;
    case MOVE_LAST:
        top = last;
        break;
    case MOVE_LEFT:
    case MOVE_RIGHT:
        break;
    }
    return top > last ? last : top < 0 ? 0 : top;
}

/* ---- going to one ---- */

void view_show_page(struct view *view, int page)
{
    if (page_table[page].draw)
        view->page = (enum ui_page)page;
}

static void step(struct view *view, int by)
{
    int page = (int)view->page;
    do
        page = (page + by + PAGES) % PAGES;
    while (!page_table[page].draw);
    view_show_page(view, page);
}

void action_page_next(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    step(view, 1);
}

void action_page_previous(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    step(view, -1);
}

#define GO_TO(NAME, PAGE)                                                                          \
    void action_page_##NAME(struct view *view, const struct snapshot *snapshot)                    \
    {                                                                                              \
        (void)snapshot;                                                                            \
        view_show_page(view, PAGE);                                                                \
    }
GO_TO(front, PAGE_FRONT)
GO_TO(architecture, PAGE_ARCHITECTURE)
GO_TO(layers, PAGE_LAYERS)
GO_TO(progress, PAGE_PROGRESS)
GO_TO(compare, PAGE_COMPARE)
GO_TO(log, PAGE_LOG)
GO_TO(try, PAGE_TRY)

/* ---- moving in it ---- */

#define MOVE(NAME, MOVE)                                                                           \
    void action_##NAME(struct view *view, const struct snapshot *snapshot)                         \
    {                                                                                              \
        page_table[view->page].move(view, snapshot, MOVE);                                         \
    }
MOVE(up, MOVE_UP)
MOVE(down, MOVE_DOWN)
MOVE(left, MOVE_LEFT)
MOVE(right, MOVE_RIGHT)
MOVE(page_up, MOVE_PAGE_UP)
MOVE(page_down, MOVE_PAGE_DOWN)
MOVE(first, MOVE_FIRST)
MOVE(last, MOVE_LAST)
