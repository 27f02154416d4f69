/* DIR/progress.csv: a line for each finished generation:
 * generation,evaluations,feasible,front,hypervolume,seconds, and for each objective that a method
 * may foretell NAME_correlation,NAME_error. A run from before there was the file has none: then
 * what history.csv tells of its generations stands in their place. */
#ifndef STORE_ROUNDS_H
#define STORE_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

struct run_round { /* a finished generation */
    uint32_t generation;
    size_t evaluations;     /* distinct networks up to its end */
    size_t feasible, front; /* of them within the pins, on the front; front 0: neither is known,
                               of a generation that has no line */
    double hypervolume;     /* at its end */
    double seconds;         /* of run time, earlier sessions included */
    /* [m] of the method's forecast of its networks, by objective: Kendall's tau of what was
     * foretold and found, mean absolute difference in the objective's unit; NaN: nothing was
     * foretold, or the objective is computed */
    double correlation[3], error[3];
};

#endif
