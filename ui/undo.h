/* What this screen asked of the run that can be taken back: pins, locks, switching off. */
#ifndef UI_UNDO_H
#define UI_UNDO_H

#include "search/pins.h"

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
    const void *snapshot; /* compared, not read */
    unsigned answers;
};

struct undo {
    struct undo_step *step; /* [count] oldest first; owned */
    size_t capacity, count;
    size_t done; /* in force; those behind them were undone */
};

#endif
