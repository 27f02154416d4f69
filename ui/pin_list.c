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
static double nudge_step(const struct snapshot *snapshot, const struct pin *pin, struct unit unit)
{
    double lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < snapshot->rows; i++) {
        double value = view_value(snapshot, archive_row(snapshot->archive, i), pin->objective);
        if (isfinite(value)) {
            lo = fmin(lo, value);
            hi = fmax(hi, value);
        }
    }
    double span = hi > lo ? hi - lo : fabs(pin->limit);
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
    double step = nudge_step(snapshot, &pin, unit);
    double limit = (round(pin.limit / step) + direction) * step;
    char text[64];
    snprintf(text, sizeof text, "%s%s%.10g%s", objective_table[pin.objective].name,
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

static bool ask(struct view *view, const char *verb, const char *argument)
{
    struct error error = {0};
    if (!view->port->request(view->port->context, verb, argument, &error))
        return true;
    view_say(view, COLOUR_BAD, "%s", error.message);
    return false;
}

static bool unpin(struct view *view, const struct pin *pin)
{
    char text[64];
    snprintf(text, sizeof text, "%s%s", objective_table[pin->objective].name,
             pin->at_least ? ">=" : "<=");
    return ask(view, "unpin", text);
}

static bool pin_on(struct view *view, const struct pin *pin)
{
    if (!ask(view, "pin", pin->text))
        return false;
    view_forget_off(view, pin);
    view_say(view, COLOUR_GOOD, "pinned %s", pin->text);
    return true;
}

void action_list_apply(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    if (view->drafting)
        pin_on(view, &view->draft);
    else
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
        pin_on(view, &pin);
    else if (pins_set(&view->off, &pin, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else if (unpin(view, &pin))
        view_say(view, COLOUR_GOOD, "%s is off", pin.text);
    else
        view_forget_off(view, &pin);
}

void action_list_remove(struct view *view, const struct snapshot *snapshot)
{
    struct pin pin;
    if (!current(view, snapshot, &pin))
        return;
    view->drafting = false;
    if (!pin.enabled)
        view_forget_off(view, &pin);
    else if (unpin(view, &pin))
        view_say(view, COLOUR_GOOD, "%s is removed", pin.text);
    if (!current(view, snapshot, &pin))
        view->mode = UI_MODE_VIEW;
}

void action_list_back(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    if (!view->drafting)
        view->mode = UI_MODE_VIEW;
    view->drafting = false;
}
