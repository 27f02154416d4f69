/* Where the panels go: a pure function of the screen's size. Panels that do not fit have no area.
 */
#ifndef UI_LAYOUT_H
#define UI_LAYOUT_H

#include "grid.h"

struct layout {
    struct rect header;    /* one row */
    struct rect tabs;      /* one row: the views */
    struct rect plot_rule; /* the row with the plot's title, left of the table's */
    struct rect plot;
    struct rect divider; /* one column between plot and table, from the rule down */
    struct rect table_rule;
    struct rect table;
    struct rect selected_rule;
    struct rect selected;
    struct rect pins;   /* one row */
    struct rect status; /* one row: messages, prompts */
    struct rect keys;   /* one row */
    struct rect body;   /* all rows of the view shown; in the front the panels above share them */
};

void layout_compute(int width, int height, struct layout *layout);
/* A box of the wanted size, as large as fits, in the middle of the screen. */
struct rect layout_centred(int width, int height, int want_width, int want_height);

#endif
