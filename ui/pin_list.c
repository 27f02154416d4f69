/* The list of pins: switch off and on, remove, nudge. The run knows only pins in force; those
 * switched off are the view's own until they are switched on again. */
#include "actions.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The pin at the list's cursor, which then stays on it; false: the list is empty. */
static bool current(struct view *view, const struct snapshot *snapshot, struct pin *pin)
{
    struct pin pins[VIEW_PINS];
    size_t count = view_pins(view, snapshot, pins);
    if (!count)
        return false;
    if (view->pin_position >= count)
        view->pin_position = count - 1;
    *pin = view->pin_at = pins[view->pin_position];
    return true;
}

void action_pin_list(struct view *view, const struct snapshot *snapshot)
{
    struct pin pin;
    if (!current(view, snapshot, &pin)) {
        view_say(view, COLOUR_FAINT, "there are no pins yet; p types one");
        return;
    }
    view->mode = UI_MODE_PINS;
    view->drafting = false;
}

void action_list_up(struct view *view, const struct snapshot *snapshot)
{
    struct pin pin;
    if (view->pin_position)
        view->pin_position--;
    current(view, snapshot, &pin);
    view->drafting = false;
}

void action_list_down(struct view *view, const struct snapshot *snapshot)
{
    struct pin pin;
    view->pin_position++;
    current(view, snapshot, &pin); /* back to the last one, when beyond it */
    view->drafting = false;
}

/* A round step, about a hundredth of what the rows span (of the limit, when they span nothing). */
static double nudge_step(const struct view *view, const struct pin *pin, struct unit unit)
{
    struct view_span rows = view_span(view, (int)pin->objective);
    double span = rows.most > rows.least ? rows.most - rows.least : fabs(pin->limit);
    return nice_step((span > 0 ? span : unit.size) / unit.size / 100) * unit.size;
}

static void nudge(struct view *view, const struct snapshot *snapshot, int direction)
{
    struct pin pin, moved;
    struct error error = {0};
    if (!current(view, snapshot, &pin))
        return;
    if (view->drafting)
        pin = view->draft;
    struct unit unit = unit_for(objective_table[pin.objective].quantity, pin.limit);
    double step = nudge_step(view, &pin, unit);
    double limit = (round(pin.limit / step) + direction) * step;
    char text[64];
    snprintf(text, sizeof text, "%.*s%s%.10g%s", (int)strcspn(pin.text, "<>="), pin.text,
             pin.at_least ? ">=" : "<=", fmax(limit, 0) / unit.size, unit.name);
    if (pin_parse(text, snapshot->measured, &moved, &error)) {
        view_say(view, COLOUR_BAD, "%s", error.message);
        return;
    }
    view->draft = moved;
    view->drafting = true;
}

void action_list_less(struct view *view, const struct snapshot *snapshot)
{
    nudge(view, snapshot, -1);
}

void action_list_more(struct view *view, const struct snapshot *snapshot)
{
    nudge(view, snapshot, 1);
}

/* ---- nudging without the list ---- */

static void nudge_here(struct view *view, const struct snapshot *snapshot, int direction)
{
    struct pin pins[VIEW_PINS];
    size_t count = view_pins(view, snapshot, pins);
    if (!count) {
        view_say(view, COLOUR_FAINT, "there are no pins yet; p types one");
        return;
    }
    view->pin_position = 0;
    for (size_t i = 0; i < count; i++)
        if (*view->pin_at.text && pins_same_side(&pins[i], &view->pin_at))
            view->pin_position = i;
    view->mode = UI_MODE_NUDGE;
    view->drafting = false;
    nudge(view, snapshot, direction);
}

void action_nudge_less(struct view *view, const struct snapshot *snapshot)
{
    nudge_here(view, snapshot, -1);
}

void action_nudge_more(struct view *view, const struct snapshot *snapshot)
{
    nudge_here(view, snapshot, 1);
}

static void pin_on(struct view *view, const struct snapshot *snapshot, const struct pin *pin)
{
    struct error error = {0};
    if (view_pin(view, snapshot, pin, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else
        view_say(view, COLOUR_GOOD, "pinned %s", pin->text);
}

void action_list_apply(struct view *view, const struct snapshot *snapshot)
{
    bool nudging = view->mode == UI_MODE_NUDGE;
    if (view->drafting)
        pin_on(view, snapshot, &view->draft);
    if (nudging || !view->drafting)
        view->mode = UI_MODE_VIEW;
    view->drafting = false;
}

void action_list_toggle(struct view *view, const struct snapshot *snapshot)
{
    struct pin pin;
    struct error error = {0};
    if (!current(view, snapshot, &pin))
        return;
    view->drafting = false;
    if (!pin.enabled)
        pin_on(view, snapshot, &pin);
    else if (view_unpin(view, snapshot, &pin, true, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else
        view_say(view, COLOUR_GOOD, "%s is off", pin.text);
}

void action_list_remove(struct view *view, const struct snapshot *snapshot)
{
    struct pin pin;
    struct error error = {0};
    if (!current(view, snapshot, &pin))
        return;
    view->drafting = false;
    if (view_unpin(view, snapshot, &pin, false, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else
        view_say(view, COLOUR_GOOD, "%s is removed", pin.text);
    if (!current(view, snapshot, &pin))
        view->mode = UI_MODE_VIEW;
}

void action_list_back(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    if (!view->drafting || view->mode == UI_MODE_NUDGE)
        view->mode = UI_MODE_VIEW;
    view->drafting = false;
}
