/* What was learnt of a run's measured objectives (learning.c), and is asked in snapshots
 * (foretell.c). */
#ifndef ENGINE_FORETELL_PRIVATE_H
#define ENGINE_FORETELL_PRIVATE_H

#include "search/predictor.h"

struct foretelling { /* shared, see base/shared.h; immutable once it is there */
    struct predictor *predictor[OBJECTIVES]; /* owned; NULL: nothing learnt */
    size_t rows;                             /* learnt from */
};

size_t foretelling_rows(const struct foretelling *foretelling); /* NULL: 0 */

#endif
