/* The mouse: a click chooses what stands there, the wheel moves. Where things stand is asked of the
 * layout, as drawing does. */
#include "pages.h"
#include "screen.h"

#define WHEEL_ROWS 3

static bool within(struct rect rect, int x, int y)
{
    return x >= rect.x && x < rect.x + rect.w && y >= rect.y && y < rect.y + rect.h;
}

/* It never edits: in the architecture it goes from layer to layer. */
static void wheel(struct view *view, const struct snapshot *snapshot, bool up)
{
    if (view->mode == UI_MODE_VIEW && view->page == PAGE_ARCHITECTURE) {
        view_key(view, snapshot, up ? UI_KEY_LEFT : UI_KEY_RIGHT);
        return;
    }
    for (int i = 0; i < WHEEL_ROWS; i++)
        view_key(view, snapshot, up ? UI_KEY_UP : UI_KEY_DOWN);
}

void front_click(struct view *view, const struct snapshot *snapshot, int x, int y)
{
    struct layout layout;
    uint32_t row = NO_ROW;
    layout_compute(view->width, view->height, &layout);
    if (within(layout.table, x, y))
        row = table_row_at(layout.table, view, y);
    else if (within(layout.plot, x, y))
        row = plot_row_at(layout.plot, view, snapshot, x, y);
    if (row == NO_ROW)
        return;
    view->selected = row;
    view->chosen = true;
}

static void click(struct view *view, const struct snapshot *snapshot, int x, int y)
{
    struct layout layout;
    layout_compute(view->width, view->height, &layout);
    for (int page = 0; page < PAGES; page++)
        if (within(page_tab(layout.tabs, (enum ui_page)page, view->page), x, y)) {
            view_show_page(view, page);
            return;
        }
    if (within(layout.body, x, y) && page_table[view->page].click)
        page_table[view->page].click(view, snapshot, x, y);
}

void view_mouse(struct view *view, const struct snapshot *snapshot, struct ui_mouse mouse)
{
    if (mouse.kind != MOUSE_CLICK) {
        wheel(view, snapshot, mouse.kind == MOUSE_WHEEL_UP);
        return;
    }
    if (view->mode != UI_MODE_VIEW)
        return;
    view_touched(view, snapshot);
    click(view, snapshot, mouse.x, mouse.y);
    view_refresh(view, snapshot);
}
