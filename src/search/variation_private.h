/* From two parents to a child. */
#ifndef SEARCH_VARIATION_PRIVATE_H
#define SEARCH_VARIATION_PRIVATE_H

#include "search/method.h"

/* Crosses *child, a copy of the first parent, with the other one and mutates at least one gene;
 * `more` further genes where the neighbourhood seems used up. */
void vary(const struct space *space, struct rng *rng, enum crossover crossover, unsigned more,
          struct genome *child, const struct genome *other);

#endif
