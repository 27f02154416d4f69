/* Measuring what the parts of a model cost in time (arch/cost_table.h), by really running layers of
 * it in one thread: attention, MLP and the ends are timed apart while decode steps and prompts pass
 * through sub-networks that hold every kind of part at every width. Seconds are processor time of
 * the thread, which is what a quiet machine's clock shows: the other work of a busy one is not
 * counted. */
#ifndef MODEL_TIMING_H
#define MODEL_TIMING_H

#include "arch/cost_table.h"
#include "model/forward.h"

struct timing_options {
    struct weight_options weights;
    enum precision precision;
    /* Called with [0,1]; nonzero cancels (STATUS_CANCELLED). May be NULL. */
    int (*progress)(void *context, double done);
    void *context;
};

/* Fills the table. Decode runs through layers whose weights are more than a processor's caches
 * hold (or all layers), so that they come from memory as they do in a whole network; of a large
 * model that is one layer. */
enum status timing_measure(struct supernet *supernet, const struct timing_options *options,
                           struct cost_table *table, struct error *error);

/* Runs a whole network: seconds of a decode step and of a prompt, under the table's conditions. */
enum status timing_network(struct supernet *supernet, const struct arch_code *code,
                           const struct timing_options *options, const struct cost_table *table,
                           double seconds[COST_WORKLOADS], struct error *error);

#endif
