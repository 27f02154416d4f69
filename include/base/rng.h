/* Random numbers: xoshiro256++ (Blackman, Vigna 2019), streams derived from
 * (run seed, purpose, index) by hashing, so that no stream depends on another's use. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t state[4];
};

void rng_init(struct rng *rng, uint64_t seed, const char *purpose, uint64_t index);
uint64_t rng_next(struct rng *rng);
double rng_uniform(struct rng *rng);                   /* [0, 1), 53 bits */
uint32_t rng_below(struct rng *rng, uint32_t bound);   /* [0, bound), unbiased; bound > 0 */
double rng_normal(struct rng *rng);                    /* mean 0, deviation 1 */

#endif
