/* The outline of points in a plane, both coordinates minimised: x ascends, y descends strictly. A
 * point is covered when a step is as good in both. */
#ifndef SEARCH_STAIRCASE_PRIVATE_H
#define SEARCH_STAIRCASE_PRIVATE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct step {
    double x, y;
};

struct staircase { /* zero value: empty */
    struct step *step;
    size_t steps, capacity;
};

void staircase_release(struct staircase *staircase);
bool staircase_covers(const struct staircase *staircase, double x, double y);
/* Takes a point that is not covered (one that is changes nothing); steps that it covers leave.
 * *gain: by how much the area between the steps and the reference grows; NULL: not wanted. The
 * reference is above and right of all points. O(log steps), and a move of the steps behind. */
enum status staircase_add(struct staircase *staircase, double x, double y,
                          const double reference[2], double *gain, struct error *error);

#endif
