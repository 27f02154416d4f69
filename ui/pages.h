/* What each view's file gives to the table of views (ui/page.h). */
#ifndef UI_PAGES_H
#define UI_PAGES_H

#include "page.h"

typedef void page_draw(struct grid *grid, const struct layout *layout, const struct view *view,
                       const struct snapshot *snapshot);
typedef void page_refresh(struct view *view, const struct snapshot *snapshot);
typedef void page_move(struct view *view, const struct snapshot *snapshot, enum ui_move move);
typedef void page_click(struct view *view, const struct snapshot *snapshot, int x, int y);
typedef bool page_back(struct view *view, const struct snapshot *snapshot);

page_draw draw_front, draw_architecture, draw_compare, draw_log, draw_try;
page_refresh architecture_refresh, compare_refresh;
page_move front_move, architecture_move, compare_move, log_move, try_move;
page_back front_back, log_back, try_back;
page_click front_click, architecture_click, compare_click;

page_draw draw_layers;
page_refresh layers_refresh;
page_move layers_move;
page_click layers_click;

page_draw draw_progress;
page_refresh progress_refresh;
page_move progress_move;

#endif
