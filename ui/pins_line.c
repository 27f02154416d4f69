/* The line of pins and locks: what is in force, how many networks are within, and when none is, the
 * pin that excludes the most. A limit that is being nudged stands there with a question mark. */
#include "screen.h"

#include <stdio.h>

/* How many networks are within, or which pin leaves none, in at most `room` cells. */
static void within_text(const struct view *view, const struct snapshot *snapshot, int room,
                        char *out, size_t size)
{
    const char *pin = view->narrowest.text;
    size_t within = view->points ? view->points_within : snapshot->feasible;
    if (view->drafting || !*pin) {
        snprintf(out, size, " %zu of %zu %swithin ", within, view_networks(snapshot),
                 view->drafting ? "would be " : "");
        return;
    }
    snprintf(out, size, " none of %zu within: %s excludes the most ", view_networks(snapshot), pin);
    if (text_cells(out) > room)
        snprintf(out, size, " none within: %s ", pin);
    if (text_cells(out) > room)
        snprintf(out, size, " none within ");
}

static bool is_draft(const struct view *view, const struct pin *pin)
{
    return view->drafting && pins_same_side(pin, &view->draft);
}

static int pin_text(const struct view *view, const struct pin *pin, char *out, size_t size)
{
    snprintf(out, size,
             is_draft(view, pin) ? " %s? "
             : pin->enabled      ? " %s "
                                 : " (%s off) ",
             pin->text);
    return text_cells(out);
}

void draw_pins(struct grid *grid, struct rect rect, const struct view *view,
               const struct snapshot *snapshot)
{
    struct pin pins[VIEW_PINS];
    char text[96], within[160];
    size_t count = view_pins_drawn(view, snapshot, pins);
    int x = draw_rule(grid, rect, count ? "pins" : "no pins"), end = rect.x + rect.w, need = 0;
    if (rect.h < 1)
        return;
    for (size_t i = 0; i < count; i++)
        need += pin_text(view, &pins[i], text, sizeof text);
    within_text(view, snapshot, end - x - need, within, sizeof within);
    int cells = count ? text_cells(within) : 0;
    if (cells && x + cells < end) {
        end -= cells + 1;
        grid_text(grid, end, rect.y, cells,
                  view->drafting || !*view->narrowest.text ? COLOUR_TITLE : COLOUR_BAD, 0, within);
    }
    for (size_t i = 0; i < count + snapshot->locks; i++) {
        bool lock = i >= count, on = !lock && pins[i].enabled;
        if (lock)
            snprintf(text, sizeof text, " lock %s ", snapshot->lock[i - count].text);
        else
            pin_text(view, &pins[i], text, sizeof text);
        if (x + text_cells(text) > end) {
            if (x + 2 <= end)
                grid_text(grid, x, rect.y, 2, COLOUR_FAINT, 0, " \342\200\246");
            return;
        }
        x += grid_text(grid, x, rect.y, end - x,
                       lock ? COLOUR_KEY
                       : on ? COLOUR_PIN
                            : COLOUR_FAINT,
                       on ? STYLE_BOLD : 0, text);
    }
}
