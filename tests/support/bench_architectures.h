/* Every method of the table on the architecture problem (support/arch_problem), as CSV rows
 * problem,method,seed,evaluations,hypervolume on standard output, with a summary on standard error:
 * medians, and how many evaluations each method needs for what NSGA-II has in the end. */
#ifndef SUPPORT_BENCH_ARCHITECTURES_H
#define SUPPORT_BENCH_ARCHITECTURES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

#define BENCH_ARCHITECTURES "architectures" /* the problem's name */
#define BENCH_ARCHITECTURES_EVALS 250
#define BENCH_ARCHITECTURES_SEEDS 1000 /* at most */

struct bench_architectures {
    size_t seeds;
    size_t population;  /* of methods other than nsga2, which has 20 and 50; 0: 20 */
    const char *method; /* rows of this one alone; NULL: of all */
    /* Runs of other programs, lines METHOD,SEED,CODE in order of evaluation, all seeds of each
     * method; NULL: none. */
    const char *peers;
};

/* STATUS_INVALID: there is no such method; the message lists them. *good becomes false when LINAS
 * needs too many evaluations or finds too little. */
enum status bench_architectures(const struct bench_architectures *bench, unsigned threads,
                                bool *good, struct error *error);

#endif
