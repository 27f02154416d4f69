/* Layout. Invariant (tested for every size): areas lie within the screen and do not overlap. Rows
 * are given out by need: the plot first, then what is said about it; the smallest full layout is
 * 80x24. */
#include "layout.h"

static int least(int a, int b)
{
    return a < b ? a : b;
}

static struct rect row(int y, int width)
{
    return (struct rect){0, y, width, 1};
}

/* Width of the table beside the plot; 0: no room for both. */
static int table_width(int width)
{
    if (width < 44)
        return 0;
    if (width < 80)
        return 20 + (width - 44) / 5;
    return width < 100 ? 32 + (width - 80) / 3 : least(39 + (width - 100) / 4, 62);
}

static void split_middle(struct layout *layout, int width, int y, int height)
{
    int table = table_width(width);
    if (height < 1)
        return;
    if (height < 3) { /* too low for a plot: the list alone */
        layout->table = (struct rect){0, y, width, height};
        return;
    }
    int plot = table ? width - table - 1 : width;
    layout->plot_rule = (struct rect){0, y, plot, 1};
    layout->plot = (struct rect){0, y + 1, plot, height - 1};
    if (table) {
        layout->divider = (struct rect){plot, y, 1, height};
        layout->table_rule = (struct rect){plot + 1, y, table, 1};
        layout->table = (struct rect){plot + 1, y + 1, table, height - 1};
    }
}

/* Rows of the selected network's panel, without its rule. */
static int selected_rows(int height)
{
    if (height < 12)
        return 0;
    if (height < 16)
        return 1;
    if (height < 20)
        return 2;
    return height < 24 ? 3 : height < 34 ? 5 : height < 44 ? 7 : 9;
}

void layout_compute(int width, int height, struct layout *layout)
{
    *layout = (struct layout){0};
    if (width < 1 || height < 1)
        return;
    int top = 0, bottom = height;
    if (height >= 4)
        layout->header = row(top++, width);
    if (height >= 7)
        layout->keys = row(--bottom, width);
    if (height >= 2)
        layout->status = row(--bottom, width);
    if (height >= 8)
        layout->pins = row(--bottom, width);
    if (height >= 20)
        layout->tabs = row(top++, width);
    layout->body = (struct rect){0, top, width, bottom - top};
    int selected = selected_rows(height);
    if (selected) {
        bottom -= selected;
        layout->selected = (struct rect){0, bottom, width, selected};
        layout->selected_rule = row(--bottom, width);
    }
    split_middle(layout, width, top, bottom - top);
}

struct rect layout_centred(int width, int height, int want_width, int want_height)
{
    int w = least(want_width, width), h = least(want_height, height);
    return (struct rect){(width - w) / 2, (height - h) / 2, w, h};
}
