/* Paints a snapshot as a view shows it. Pure: nothing but the grid changes. */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "layout.h"
#include "view.h"

void screen_draw(struct grid *grid, const struct view *view, const struct snapshot *snapshot);

/* The panels; each draws within its rect only. */
/* `page`: of the view, where no tab says so; else NULL. */
void draw_header(struct grid *grid, struct rect rect, const struct snapshot *snapshot,
                 const char *page);
void draw_plot(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
               const struct snapshot *snapshot);
void draw_table(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
                const struct snapshot *snapshot);
/* The network that stands there; NO_ROW: none. */
uint32_t table_row_at(struct rect rect, const struct view *view, int y);
uint32_t plot_row_at(struct rect rect, const struct view *view, const struct snapshot *snapshot,
                     int x, int y);
void draw_selected(struct grid *grid, struct rect rule, struct rect rect, const struct view *view,
                   const struct snapshot *snapshot);
void draw_pins(struct grid *grid, struct rect rect, const struct view *view,
               const struct snapshot *snapshot);
void draw_status(struct grid *grid, struct rect rect, const struct view *view,
                 const struct snapshot *snapshot);
void draw_keys(struct grid *grid, struct rect rect, const struct view *view,
               const struct snapshot *snapshot);
/* The keys of what lies over the view, as far as they do something now. */
void draw_mode_keys(struct grid *grid, struct rect rect, const struct view *view,
                    const struct snapshot *snapshot);
/* The window of the current mode, over the panels. `beside` is the table's area, so that the plot
 * stays in sight while a pin is nudged. */
void draw_window(struct grid *grid, const struct layout *layout, const struct view *view,
                 const struct snapshot *snapshot);

void draw_settings(struct grid *grid, const struct view *view);
void draw_help(struct grid *grid, const struct view *view);
/* Clears a box, frames it, and returns what is inside the frame and a blank margin. */
struct rect draw_box(struct grid *grid, struct rect box, const char *title);
struct rect box_inner(struct rect box); /* which is this */
/* A horizontal rule with a title. Returns the column after the title. */
int draw_rule(struct grid *grid, struct rect rect, const char *title);
/* A line between two panels, joined to the rules over and, if there is one, under it. */
void draw_divider(struct grid *grid, struct rect rect, bool rule_below);

#endif
