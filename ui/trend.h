/* Is the search still getting better? What the hypervolumes of its generations say. */
#ifndef UI_TREND_H
#define UI_TREND_H

#include "engine/snapshot.h"

#define TREND_WINDOW 3 /* generations that are compared with as many before */

struct trend {
    bool begun;         /* there are networks */
    size_t generations; /* finished */
    size_t idle;        /* of these the last ones, without a gain */
    double gain;        /* of the last that gained, part of the hypervolume before; NaN: none did */
    uint32_t generation;   /* that one */
    bool present;          /* it is the one in work */
    double ago;            /* seconds of run time since then; NaN: not known */
    double recent, before; /* gain of the last TREND_WINDOW, and of as many before them; NaN */
};

struct trend trend_of(const struct snapshot *snapshot);
/* The answer in a sentence, as of a run that goes on or of one that has ended; returns out. */
const char *trend_text(const struct trend *trend, bool running, char *out, size_t size);
/* "The last 3 generations gained 0.6 %, the 3 before 2.1 %."; "" when there are too few. */
const char *trend_pace(const struct trend *trend, char *out, size_t size);

#endif
