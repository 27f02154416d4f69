/* Pins as the screen has them. Invariant: no pin is in force and switched off. */
#include "view.h"

bool pins_same_side(const struct pin *a, const struct pin *b)
{
    return a->objective == b->objective && a->at_least == b->at_least;
}

size_t view_pins(const struct view *view, const struct snapshot *snapshot,
                 struct pin pins[VIEW_PINS])
{
    struct pins asked = snapshot->pins;
    size_t count = 0;
    undo_pins_asked(&view->undo, snapshot, &asked);
    for (size_t i = 0; i < asked.count; i++) {
        bool off = !asked.pin[i].enabled;
        for (size_t k = 0; k < view->off.count; k++)
            off |= pins_same_side(&view->off.pin[k], &asked.pin[i]) &&
                   view->off.pin[k].limit == asked.pin[i].limit;
        if (!off)
            pins[count++] = asked.pin[i];
    }
    for (size_t i = 0; i < view->off.count; i++) {
        pins[count] = view->off.pin[i];
        pins[count++].enabled = false;
    }
    return count;
}

size_t view_pins_drawn(const struct view *view, const struct snapshot *snapshot,
                       struct pin pins[VIEW_PINS])
{
    size_t count = view_pins(view, snapshot, pins);
    for (size_t i = 0; view->drafting && i < count; i++)
        if (pins_same_side(&pins[i], &view->draft))
            pins[i] = view->draft;
    return count;
}

void view_limits(const struct view *view, const struct snapshot *snapshot, struct pins *limits)
{
    struct pin pins[VIEW_PINS];
    size_t count = view_pins_drawn(view, snapshot, pins);
    limits->count = 0;
    for (size_t i = 0; i < count; i++)
        if (pins[i].enabled)
            pins_set(limits, &pins[i], NULL);
}

void view_forget_off(struct view *view, const struct pin *pin)
{
    size_t kept = 0;
    for (size_t i = 0; i < view->off.count; i++)
        if (!pins_same_side(&view->off.pin[i], pin))
            view->off.pin[kept++] = view->off.pin[i];
    view->off.count = kept;
}
