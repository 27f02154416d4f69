/* Waiting for networks that an evaluator scores beside a run, with progress. */
#ifndef ENGINE_AWAIT_PRIVATE_H
#define ENGINE_AWAIT_PRIVATE_H

#include "engine/evaluator.h"
#include "engine/listener.h"

#include <stdatomic.h>

/* Until *done, which the evaluator's sink counts, is `upto`; the progress is in parts of `wanted`.
 */
void await_networks(struct evaluator *evaluator, const struct listener *listener, const char *doing,
                    atomic_size_t *done, size_t upto, size_t wanted);

#endif
