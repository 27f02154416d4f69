/* Pins: limits on objectives, `name (<=|>=) number unit?`. Constrained domination (Deb 2000) uses
 * the sum of violations, each relative to the limit's magnitude. */
#ifndef SEARCH_PINS_H
#define SEARCH_PINS_H

#include "search/objective.h"

struct pin {
    enum objective objective;
    bool at_least;           /* >= ; else <= */
    double limit;            /* compared with the exact value */
    bool enabled;
    char text[64];           /* as typed, blanks removed */
};

#define PINS_MAX (2 * OBJECTIVES) /* each objective from both sides: there is always room */
struct pins {
    struct pin pin[PINS_MAX];
    size_t count;
};

/* `measured[OBJECTIVES]`: a pin on something the run does not measure is refused by name, and a share
 * beyond 100 %. NULL: a pin that was taken before, read as it stands. */
enum status pin_parse(const char *text, const bool *measured, struct pin *pin, struct error *error);
/* A pin of the same name and direction replaces. */
enum status pins_set(struct pins *pins, const struct pin *pin, struct error *error);
bool pins_remove(struct pins *pins, size_t index);
/* "acc>=0.4 and size<=90MiB": pins joined by `and`. */
enum status pins_parse(const char *text, const bool *measured, struct pins *pins,
                       struct error *error);
/* 0: within all enabled pins. NaN values violate. `only_computed`: look only at what is known before
 * an evaluation: computed objectives that are not NaN. */
double pins_violation(const struct pins *pins, const double value[OBJECTIVES], bool only_computed);
double pin_violation(const struct pin *pin, const double value[OBJECTIVES]);
/* "bytes<=90MiB" as shown on the screen. */
const char *pin_format(const struct pin *pin, char *out, size_t size);

#endif
