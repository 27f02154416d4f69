/* engine/foretell: what is foretold of a network, from a snapshot. */
#include "engine/snapshot.h"

#include <math.h>

bool snapshot_foretell(const struct snapshot *snapshot, const struct arch_code *code,
                       enum objective objective, double *value, double *error)
{
    *value = *error = NAN;
    if (objective_table[objective].computed)
        *value = objective_computed(objective, snapshot->shape, code, &snapshot->weights,
                                    snapshot->cost);
    if (isfinite(*value))
        *error = 0;
    return isfinite(*value);
}
