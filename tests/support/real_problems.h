/* Test problems of real numbers whose fronts are known: all minimise, constraints are summed to a
 * violation. Thresholds are what the median of eleven runs of an NSGA-II without bugs reaches; no
 * set of points can exceed the supremum. */
#ifndef SUPPORT_REAL_PROBLEMS_H
#define SUPPORT_REAL_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#define REAL_VARIABLES 30 /* at most */
#define REAL_OBJECTIVES 3

struct real_bound {
    double low, high;
};

struct real_point {
    double x[REAL_VARIABLES], f[REAL_OBJECTIVES];
    double violation; /* sum of what is beyond the constraints; 0: feasible */
};

struct real_problem {
    const char *name;
    size_t variables, objectives;
    struct real_bound bound[REAL_VARIABLES];    /* {0, 0}: [0, 1]; see real_problem_bound */
    void (*evaluate)(struct real_point *point); /* from x: f and violation */
    unsigned generations; /* of 100; the first, which is drawn, is one of them */
    double reference[REAL_OBJECTIVES], threshold, supremum; /* of the hypervolume */
};

extern const struct real_problem real_problems[];                  /* ended by a NULL name */
const struct real_problem *real_problem_by_name(const char *name); /* NULL: none */
struct real_bound real_problem_bound(const struct real_problem *problem, size_t variable);

#endif
