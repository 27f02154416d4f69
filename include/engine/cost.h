/* The table of what a model's parts cost in time: kept in run.json, and checked against networks
 * that really run. */
#ifndef ENGINE_COST_H
#define ENGINE_COST_H

#include "io/json.h"
#include "model/timing.h"
#include "search/space.h"

#define COST_CHECKED 10 /* random networks */

struct cost_check { /* relative errors of the predictions, over the networks that were run */
    uint32_t networks;
    double mean[COST_WORKLOADS], worst[COST_WORKLOADS];
};

/* Runs random networks of the space: COST_CHECKED, of a model so large that they take more than a
 * minute as many as begin in it. */
enum status cost_check(struct supernet *supernet, const struct space *space, uint64_t seed,
                       const struct timing_options *options, const struct cost_table *table,
                       struct cost_check *check, struct error *error);
/* "latency of 10 random networks predicted within 1.2 % on average, 3.4 % at worst (prompts: 0.9 %,
 * 2.1 %)"; returns out. */
const char *cost_check_text(const struct cost_check *check, char *out, size_t size);

/* As run.json has it; numbers read back exactly. NULL: out of memory. A check of no networks is
 * left out. */
json_t *cost_json(const struct cost_table *table, const struct cost_check *check);
/* STATUS_INVALID when it is not a table of this shape. */
enum status cost_read(const json_t *value, const struct arch_shape *shape, struct cost_table *table,
                      struct cost_check *check, struct error *error);

#endif
