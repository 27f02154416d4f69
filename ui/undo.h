/* What this screen asked of the run that can be taken back: pins, locks, switching off. */
#ifndef UI_UNDO_H
#define UI_UNDO_H

#include "pins.h"

#define UNDO_BACKS 17 /* an unlock, and each lock that was there before */

struct undo_request {
    char verb[8], argument[64]; /* as run_request takes them */
};

enum undo_off { /* what the step did to the list of pins that are switched off */
                UNDO_OFF_SAME,
                UNDO_OFF_TAKEN,
                UNDO_OFF_PUT,
};

struct undo_step {
    struct undo_request forth;            /* verb "": the run was not asked */
    struct undo_request back[UNDO_BACKS]; /* [backs] in this order */
    size_t backs;
    struct pin pin;     /* that was put, taken away or switched off; not of a lock */
    enum undo_off off;  /* of off_pin */
    struct pin off_pin; /* as it was in the list */
    /* What was seen when it was asked: while it is the same, the run has not answered yet. */
    uint64_t seen;
};

struct undo {
    struct undo_step *step; /* [count] oldest first; owned */
    size_t capacity, count;
    size_t done; /* in force; those behind them were undone */
};

/* Pins as they will be when the run has answered what this screen asked for. */
void undo_pins_asked(const struct undo *undo, const struct snapshot *snapshot, struct pins *pins);

/* What steers the run, in a way that can be undone: a pin; no pin on that side (one that is off
 * leaves the list of those, `keep`: it goes there); "0-3=8", or unlock "0-3". */
enum status view_pin(struct view *view, const struct snapshot *snapshot, const struct pin *pin,
                     struct error *error);
enum status view_unpin(struct view *view, const struct snapshot *snapshot, const struct pin *pin,
                       bool keep, struct error *error);
enum status view_lock(struct view *view, const struct snapshot *snapshot, const char *range,
                      bool unlock, struct error *error);

#endif
