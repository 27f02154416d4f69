/* What is foretold of networks that nobody has evaluated: the computed objectives exactly, the
 * measured ones by predictors (search/predictor.h) learnt from the rows so far. */
#ifndef ENGINE_FORETELL_H
#define ENGINE_FORETELL_H

#include "search/objective.h"

struct snapshot;

/* Asked for in this generation, or injected, and not evaluated when the front was found. */
struct run_expected {
    struct arch_code code;
    double value[OBJECTIVES]; /* foretold; NaN: not known */
};

/* The value of an objective of any (canonical) code. False: nothing is known of it yet, *value and
 * *error are NaN. *error is 0 where the value is exact; else how far measured values are from
 * foretold ones, as a root mean square in cross-validation (the measured values' own noise is in
 * it); NaN: not known. Microseconds, any thread, as long as the snapshot is held. */
bool snapshot_foretell(const struct snapshot *snapshot, const struct arch_code *code,
                       enum objective objective, double *value, double *error);

#endif
