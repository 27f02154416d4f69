/* CPython's random.Random(seed) as far as lm-evaluation-harness draws worked examples with it. */
#ifndef TASK_MT19937_H
#define TASK_MT19937_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct mt19937 {
    uint32_t state[624];
    size_t used; /* of the state's words */
};

void mt19937_init(struct mt19937 *random, uint32_t seed); /* random.seed(seed) */
uint32_t mt19937_next(struct mt19937 *random);            /* random.getrandbits(32) */
/* random.sample(range(n), k) for k <= n < 2^32: chosen[k]. STATUS_MEMORY. */
enum status mt19937_sample(struct mt19937 *random, size_t n, size_t k, size_t *chosen,
                           struct error *error);

#endif
