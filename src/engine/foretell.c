/* engine/foretell: see the header. */
#include "foretell_private.h"

#include "engine/snapshot.h"

#include <math.h>

bool snapshot_foretell(const struct snapshot *snapshot, const struct arch_code *code,
                       enum objective objective, double *value, double *error)
{
    const struct foretelling *foretelling = snapshot->foretelling;
    *value = *error = NAN;
    if (objective_table[objective].computed)
        *value = objective_computed(objective, snapshot->shape, code, &snapshot->weights,
                                    snapshot->cost);
    if (isfinite(*value)) {
        *error = 0;
    } else if (foretelling != NULL && foretelling->predictor[objective] != NULL) {
        *value = predictor_mean(foretelling->predictor[objective], code);
        *error = predictor_error(foretelling->predictor[objective]);
    }
    return isfinite(*value);
}

size_t foretelling_rows(const struct foretelling *foretelling)
{
    return foretelling != NULL ? foretelling->rows : 0;
}
