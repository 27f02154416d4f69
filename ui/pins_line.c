/* The line of pins and locks: what is in force, how many networks are within, and when none is, the
 * pin that excludes the most. A limit that is being nudged stands there with a question mark. */
#include "screen.h"

#include <stdio.h>

/* The enabled pin that most rows are outside of; NULL: none. */
static const struct pin *narrowest(const struct snapshot *snapshot)
{
    const struct pin *narrow = NULL;
    size_t most = 0;
    for (size_t p = 0; p < snapshot->pins.count; p++) {
        const struct pin *pin = &snapshot->pins.pin[p];
        size_t out = 0;
        for (size_t i = 0; i < snapshot->rows && pin->enabled; i++)
            out +=
                view_counts(snapshot, (uint32_t)i) &&
                row_pin_violation(archive_row(snapshot->archive, i), pin, &snapshot->estimate) > 0;
        if (out > most) {
            most = out;
            narrow = pin;
        }
    }
    return narrow;
}

/* How many would be within, were the pin being nudged in force. */
static size_t within_draft(const struct view *view, const struct snapshot *snapshot)
{
    struct pins pins = {0};
    size_t within = 0;
    struct pin drawn[VIEW_PINS];
    size_t count = view_pins_drawn(view, snapshot, drawn);
    for (size_t i = 0; i < count; i++)
        if (drawn[i].enabled)
            pins_set(&pins, &drawn[i], NULL);
    for (size_t i = 0; i < snapshot->rows; i++)
        within += view_counts(snapshot, (uint32_t)i) &&
                  row_violation(archive_row(snapshot->archive, i), &pins, &snapshot->estimate) <= 0;
    return within;
}

/* How many networks are within, or which pin leaves none, in at most `room` cells. */
static void within_text(const struct view *view, const struct snapshot *snapshot, int room,
                        char *out, size_t size)
{
    const struct pin *pin = NULL;
    if (view->drafting) {
        snprintf(out, size, " %zu of %zu would be within ", within_draft(view, snapshot),
                 snapshot->evaluations);
        return;
    }
    if (snapshot->rows && !snapshot->feasible && snapshot->pins.count)
        pin = narrowest(snapshot);
    if (!pin) {
        snprintf(out, size, " %zu of %zu within ", snapshot->feasible, snapshot->evaluations);
        return;
    }
    snprintf(out, size, " none of %zu within: %s excludes the most ", snapshot->evaluations,
             pin->text);
    if (text_cells(out) > room)
        snprintf(out, size, " none within: %s ", pin->text);
    if (text_cells(out) > room)
        snprintf(out, size, " none within ");
}

static bool is_draft(const struct view *view, const struct pin *pin)
{
    return view->drafting && pin->objective == view->draft.objective &&
           pin->at_least == view->draft.at_least;
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
                  snapshot->feasible || view->drafting ? COLOUR_TITLE : COLOUR_BAD, 0, within);
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
