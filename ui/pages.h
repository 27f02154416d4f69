/* What each view's file gives to the table of views (ui/page.h). */
#ifndef UI_PAGES_H
#define UI_PAGES_H

#include "page.h"

typedef void page_draw(struct grid *grid, const struct layout *layout, const struct view *view,
                       const struct snapshot *snapshot);
typedef void page_refresh(struct view *view, const struct snapshot *snapshot);
typedef void page_move(struct view *view, const struct snapshot *snapshot, enum ui_move move);
typedef bool page_back(struct view *view, const struct snapshot *snapshot);

page_draw draw_front, draw_architecture, draw_compare;
page_refresh architecture_refresh, compare_refresh;
page_move front_move, architecture_move, compare_move;
page_back front_back;

#endif
