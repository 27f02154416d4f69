/* Crossover and mutation. Uniform: every gene from either parent, any gene may mutate. Two-point
 * (De Jong 1975): the genes between two cuts from the other parent, any gene may mutate. Prefix:
 * one-point crossover (Holland 1975) with the cut at any layer alike; the layers before it stay as
 * the first parent has them, by mutation too, so that the evaluator need not compute them again. A
 * depth gene is no layer's: it stays the first parent's, and may mutate. */
#include "variation_private.h"

#include "breed_private.h"

#include <string.h>

#define CROSSOVER 0.9 /* chance */

static const char *const names[CROSSOVERS] = {
    [CROSSOVER_UNIFORM] = "uniform",
    [CROSSOVER_TWO_POINT] = "two-point",
    [CROSSOVER_PREFIX] = "prefix",
};

enum status crossover_parse(const char *name, enum crossover *crossover, struct error *error)
{
    for (int i = 0; i < CROSSOVERS; i++)
        if (strcmp(name, names[i]) == 0) {
            *crossover = (enum crossover)i;
            return STATUS_OK;
        }
    return error_set(error, STATUS_INVALID,
                     "there is no crossover \"%.40s\"; there are %s, %s and %s", name,
                     names[CROSSOVER_UNIFORM], names[CROSSOVER_TWO_POINT], names[CROSSOVER_PREFIX]);
}

const char *crossover_name(enum crossover crossover)
{
    return names[crossover];
}

static void cross_uniform(struct rng *rng, struct genome *child, const struct genome *other)
{
    for (uint32_t i = 0; i < child->genes; i++)
        if (rng_next(rng) >> 63)
            child->gene[i] = other->gene[i];
}

/* Two different cuts, each pair alike: what lies between them is the other parent's. */
static void cross_between(struct rng *rng, struct genome *child, const struct genome *other)
{
    uint32_t from = rng_below(rng, child->genes + 1u), to = rng_below(rng, child->genes);
    to += to >= from;
    if (to < from) {
        uint32_t swap = from;
        from = to;
        to = swap;
    }
    memcpy(child->gene + from, other->gene + from, to - from);
}

static void cross_behind(const struct space *space, uint32_t cut, struct genome *child,
                         const struct genome *other)
{
    for (uint32_t i = 0; i < child->genes; i++) {
        uint32_t layer = space_gene_layer(space, i);
        if (layer != UINT32_MAX && layer >= cut)
            child->gene[i] = other->gene[i];
    }
}

/* At least one gene; each further one with half the chance. */
static void mutate(const struct space *space, struct rng *rng, uint32_t cut, unsigned more,
                   struct genome *child)
{
    do
        breed_mutate_gene(space, rng, breed_draw_gene(space, rng, cut), child);
    while (rng_next(rng) >> 63);
    while (more-- > 0)
        breed_mutate_gene(space, rng, breed_draw_gene(space, rng, cut), child);
}

void vary(const struct space *space, struct rng *rng, enum crossover crossover, unsigned more,
          struct genome *child, const struct genome *other)
{
    bool prefix = crossover == CROSSOVER_PREFIX;
    uint32_t cut = prefix ? rng_below(rng, space->shape->layers) : 0;
    if (rng_uniform(rng) < CROSSOVER) {
        if (prefix)
            cross_behind(space, cut, child, other);
        else if (crossover == CROSSOVER_TWO_POINT)
            cross_between(rng, child, other);
        else
            cross_uniform(rng, child, other);
    }
    mutate(space, rng, cut, more, child);
}
