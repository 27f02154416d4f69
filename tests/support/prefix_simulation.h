/* What sharing spares, without a model: the prefix cache's own code driven by a list of codes as
 * the evaluator with one thread would. */
#ifndef SUPPORT_PREFIX_SIMULATION_H
#define SUPPORT_PREFIX_SIMULATION_H

#include "engine/prefix_cache.h"

struct prefix_generation { /* codes that are submitted together, in order of evaluation */
    struct arch_code *code;
    size_t count;
};

struct prefix_savings { /* layers, of one question: kept ones of all networks, not computed of them
                         */
    uint64_t layers, saved;
    size_t checkpoints; /* that were written */
};

/* A cache with room for exactly so many checkpoints (at most what it takes at all); NULL: memory.
 */
struct prefix_cache *prefix_cache_of(size_t checkpoints, size_t slices, const size_t *floats,
                                     uint32_t layers);
enum status prefix_simulate(const struct prefix_generation *generation, size_t generations,
                            uint32_t layers, size_t checkpoints, struct prefix_savings *savings,
                            struct error *error);
/* What would be saved if every layer of every network were kept for ever. */
struct prefix_savings prefix_bound(const struct prefix_generation *generation, size_t generations,
                                   uint32_t layers);

#endif
