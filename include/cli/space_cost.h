/* `paretop space --cost`: what the parts of a model cost in time here, and how well the sum of
 * parts predicts random networks of the space. */
#ifndef CLI_SPACE_COST_H
#define CLI_SPACE_COST_H

#include "cli/loaded.h"
#include "engine/cost.h"

struct space_cost {
    struct cost_table table;
    struct cost_check check;
};

enum status space_cost_measure(const struct options *options, const struct loaded *loaded,
                               const struct space *space, struct space_cost *cost,
                               struct error *error);
void space_cost_print(const struct space_cost *cost, const struct arch_shape *shape);

#endif
