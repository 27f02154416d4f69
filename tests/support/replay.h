/* Matrix products that an evaluation was recorded with (num/gemm.h), run again alone by as many
 * threads as the evaluation had, all at the same time: the ceiling of its rate. Weights are spread
 * over memory as in the real pass; keys, values and scores of attention stay in the cache, as they
 * do there. */
#ifndef SUPPORT_REPLAY_H
#define SUPPORT_REPLAY_H

#include "num/gemm.h"
#include "num/packed.h"

struct replay; /* weights for one precision */
enum status replay_new(enum precision precision, struct replay **replay, struct error *error);
void replay_free(struct replay *replay);
/* Seconds from the first product's start to the last one's end. */
enum status replay_run(struct replay *replay, const struct gemm_record *record, size_t count,
                       unsigned threads, double *seconds, struct error *error);

#endif
