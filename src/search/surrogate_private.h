/* What a candidate's objectives will be: computed where the code tells them, else predicted. And
 * the search on that, NSGA-II on genomes (the inner search of LINAS). */
#ifndef SEARCH_SURROGATE_PRIVATE_H
#define SEARCH_SURROGATE_PRIVATE_H

#include "search/method.h"
#include "search/predictor.h"

struct surrogate {
    const struct method_context *context;
    struct predictor *predictor[OBJECTIVES]; /* owned; NULL: computed, or nobody asks */
};

/* Learns what is searched or pinned and not computed. STATUS_FAILED: the rows tell nothing yet. */
enum status surrogate_fit(const struct method_context *context, struct surrogate *surrogate,
                          struct error *error);
/* One drawn from what the rows leave possible. */
enum status surrogate_sample(const struct surrogate *surrogate, struct rng *rng,
                             struct surrogate *sample, struct error *error);
void surrogate_release(struct surrogate *surrogate);
double surrogate_value(const struct surrogate *surrogate, enum objective objective,
                       const struct arch_code *code);

struct candidate {
    struct genome genome;
    struct arch_code code;
    uint64_t key;    /* of the code: equal codes have equal ones */
    double point[3]; /* objectives as minimised */
    double violation;
};

/* NSGA-II on the surrogate: `population` candidates, so many generations, from the best rows and
 * graded mutations of the full model; what is left of them in the end, distinct, in
 * candidates[population]. STATUS_CANCELLED when the context says so. */
enum status surrogate_search(const struct surrogate *surrogate, enum crossover crossover,
                             struct rng *rng, size_t population, size_t generations,
                             struct candidate *candidates, size_t *count, struct error *error);

#endif
