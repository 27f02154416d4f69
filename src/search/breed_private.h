/* Filling an ask with codes that may be handed out; shared by the search methods. */
#ifndef SEARCH_BREED_PRIVATE_H
#define SEARCH_BREED_PRIVATE_H

#include "search/method.h"

struct breed {
    const struct method_context *context;
    struct rng *rng;
    struct arch_code *codes; /* [want] */
    size_t count, want;
    unsigned misses;        /* repairs in a row that did not come within the pins */
    struct arch_code spare; /* the least violating of them */
    double spare_violation;
    bool stopped; /* the context said so: no offer is taken any more */
};

/* Violation of the enabled pins on computed objectives. */
double breed_violation(const struct breed *breed, const struct arch_code *code);
/* Neither handed out in this ask nor taken. */
bool breed_is_new(const struct breed *breed, const struct arch_code *code);
/* A gene with more than one choice, of no layer before `layer`, drawn by space_gene_weight;
 * UINT32_MAX: none. */
uint32_t breed_draw_gene(const struct space *space, struct rng *rng, uint32_t layer);
/* Another choice for a gene, each alike. */
void breed_mutate_gene(const struct space *space, struct rng *rng, uint32_t gene,
                       struct genome *genome);
/* True, from then on, when the ask is to stop. */
bool breed_stops(struct breed *breed);
/* What an ask returns in the end: STATUS_CANCELLED when it was stopped. */
enum status breed_end(const struct breed *breed, struct error *error);
/* Repairs a candidate to the pins and takes it when it is new and within (when nothing seems to
 * lie within: new); true when a code was taken. */
bool breed_offer(struct breed *breed, struct genome *genome);
/* Generation 0: the prepared one, each code repaired to the pins but the base, which every later
 * network is compared with. It is planned for a whole population however many codes are wanted, so
 * that asking for more begins with the same ones. */
enum status breed_first(struct breed *breed, size_t population, struct error *error);
/* Fills up from a space small enough to be walked whole. */
void breed_enumerate(struct breed *breed);

#endif
