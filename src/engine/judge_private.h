/* What the two halves of a judgement share: which networks, and their scores. */
#ifndef ENGINE_JUDGE_PRIVATE_H
#define ENGINE_JUDGE_PRIVATE_H

#include "engine/judge.h"

/* judge_networks.c: fills judgement->network and ->judged from the run's files: the front, the full
 * model, what the search would choose at judged_sizes, the baselines. */
enum status judge_collect(const char *directory, struct judgement *judgement,
                          double *seconds_per_item /* NaN: not known */, struct error *error);

#endif
