/* The smallest and the largest cost of the networks of a space. */
#ifndef CLI_SPACE_RANGE_H
#define CLI_SPACE_RANGE_H

#include "search/space.h"

typedef uint64_t space_cost(const void *context, const struct arch_code *code);

void space_range(const struct space *space, space_cost *cost, const void *context, uint64_t *least,
                 uint64_t *most);

#endif
