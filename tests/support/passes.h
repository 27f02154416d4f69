/* Whole passes on one thread, a batch through all layers before the next: what the evaluator does
 * with many, for tests and benchmarks. */
#ifndef SUPPORT_PASSES_H
#define SUPPORT_PASSES_H

#include "task/perplexity.h"
#include "task/score.h"

/* All shards: results[choices]. */
enum status prepared_task_run(const struct prepared_task *prepared, const struct subnet *subnet,
                              struct forward_scratch *scratch, struct choice_result *results,
                              struct error *error);
/* All shards: nll[shards]. */
enum status prepared_text_run(const struct prepared_text *prepared, const struct subnet *subnet,
                              struct forward_scratch *scratch, double *nll, struct error *error);
/* All layers, watched. */
enum status forward_observe(const struct subnet *subnet, struct forward_scratch *scratch,
                            const struct forward_batch *batch,
                            const struct forward_observer *observer, struct error *error);

#endif
