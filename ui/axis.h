/* Axes: units that suit a range, 1-2-5 ticks, positions. Values are kept as the run has them
 * (bytes, fractions); only labels are in the shown unit. */
#ifndef UI_AXIS_H
#define UI_AXIS_H

#include "search/objective.h"

#include <stdint.h>

struct unit {
    double size;      /* value of one unit: 1048576 for MiB, 0.01 for % */
    const char *name; /* "MiB", "%", "M", "" */
};

#define AXIS_TICKS 32

struct axis {
    double lo, hi; /* lo < hi; both > 0 when logarithmic */
    bool log;
    struct unit unit;
    int decimals; /* of labels */
    double tick[AXIS_TICKS];
    int ticks;
};

/* The unit in which values up to `magnitude` read well. */
struct unit unit_for(enum quantity quantity, double magnitude);
/* Decimals that times and rates up to `magnitude` need for three digits; 1 for all else. */
int unit_decimals(enum quantity quantity, double magnitude);
/* The value in that unit, without its name; "-" for NaN. */
const char *unit_format(struct unit unit, int decimals, double value, char *out, size_t size);

/* Decimals that values of an objective up to `magnitude` are shown with in lists and messages. */
int value_decimals(enum objective objective, double magnitude);

/* An axis over lo..hi with at most `most` ticks. A range that is not finite or is empty is
 * widened; log is ignored where lo <= 0. */
void axis_init(struct axis *axis, enum quantity quantity, double lo, double hi, bool log, int most);
/* Position of value on 0..dots-1, rounded; may be outside that; INT_MIN when it has none. */
int axis_position(const struct axis *axis, double value, int dots);
/* The smallest of 1, 2, 5 times a power of ten that is not below x (x > 0). */
double nice_step(double x);
/* "57.5 %", "88.1 MiB", "-": as the axes say it, for lists and messages. */
const char *value_format(enum objective objective, double value, char *out, size_t size);

#endif
