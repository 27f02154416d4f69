/* NSGA-II on numbers: the library's core (search/method.h) with simulated binary crossover (eta 15,
 * nine of ten pairs, half of the variables) and polynomial mutation (eta 20, nine of ten children,
 * each variable with the chance 1/n, at most 1/2), both within bounds (Deb 2001); children equal to
 * a member or to one another are bred again. */
#ifndef SUPPORT_REAL_SEARCH_H
#define SUPPORT_REAL_SEARCH_H

#include "base/error.h"
#include "real_problems.h"

#include <stdint.h>

#define REAL_POPULATION 100

struct real_outcome {
    double volume;     /* hypervolume of the final population's feasible points */
    size_t infeasible; /* final points beyond a constraint */
    size_t evaluations;
};

enum status real_search(const struct real_problem *problem, uint64_t seed,
                        struct real_outcome *outcome, struct error *error);

#endif
