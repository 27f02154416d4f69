/* Pins as the screen has them: those of the run, those switched off, one that is being nudged. */
#ifndef UI_PINS_H
#define UI_PINS_H

#include "engine/snapshot.h"

struct view;

#define VIEW_PINS (2 * PINS_MAX)

bool pins_same_side(const struct pin *a, const struct pin *b); /* one takes the other's place */
/* All pins, those in force first, then those switched off (enabled false); returns how many. What
 * this screen asked for counts before the run has answered. */
size_t view_pins(const struct view *view, const struct snapshot *snapshot,
                 struct pin pins[VIEW_PINS]);
/* The same as they are drawn: the draft in place of the pin it would replace. */
size_t view_pins_drawn(const struct view *view, const struct snapshot *snapshot,
                       struct pin pins[VIEW_PINS]);
/* Of these the ones in force. */
void view_limits(const struct view *view, const struct snapshot *snapshot, struct pins *limits);
/* The pin is in force again: no longer in the view's list of those switched off. */
void view_forget_off(struct view *view, const struct pin *pin);

#endif
