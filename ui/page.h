/* The views: one row of page_table and one file each. What lies over them (prompts, windows, help)
 * is a mode of its own, see ui/keys.h. */
#ifndef UI_PAGE_H
#define UI_PAGE_H

#include "layout.h"

struct view;
struct snapshot;

enum ui_page { /* in the order of their keys, and of their modes from UI_MODE_FRONT on */
               PAGE_FRONT,
               PAGE_ARCHITECTURE,
               PAGE_LAYERS,
               PAGE_PROGRESS,
               PAGE_COMPARE,
               PAGE_LOG,
               PAGE_TRY,
               PAGES,
};

enum ui_move { /* what the keys that move ask for */
               MOVE_UP,
               MOVE_DOWN,
               MOVE_LEFT,
               MOVE_RIGHT,
               MOVE_PAGE_UP,
               MOVE_PAGE_DOWN,
               MOVE_FIRST,
               MOVE_LAST,
};

struct page {
    const char *name;
    /* Pure; draws within layout->body. NULL: there is no such view. */
    void (*draw)(struct grid *grid, const struct layout *layout, const struct view *view,
                 const struct snapshot *snapshot);
    /* After a key or with a new snapshot, while the view is shown; NULL: nothing to follow. */
    void (*refresh)(struct view *view, const struct snapshot *snapshot);
    void (*move)(struct view *view, const struct snapshot *snapshot, enum ui_move move);
    /* Esc: true when the view had something of its own to leave; NULL: never. */
    bool (*back)(struct view *view, const struct snapshot *snapshot);
    /* A cell of the body was clicked: chooses what stands there; NULL: nothing can be chosen. */
    void (*click)(struct view *view, const struct snapshot *snapshot, int x, int y);
};
extern const struct page page_table[PAGES];

void view_show_page(struct view *view, int page); /* unless there is no such view */
/* Where the view's tab is in the row of tabs; w 0: no room for it. */
struct rect page_tab(struct rect tabs, enum ui_page page, enum ui_page shown);
void draw_tabs(struct grid *grid, struct rect tabs, enum ui_page shown);

/* What scrolling through `lines` lines on `height` rows comes to: `top` moved and bounded. */
int page_scroll(int top, enum ui_move move, int height, int lines);

#endif
