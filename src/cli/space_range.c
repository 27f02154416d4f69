/* The range of a cost over a space: from one genome gene by gene downhill, until no gene helps. The
 * costs are sums over layers, so that this finds the ends, with one exception: the smallest network
 * of a space where every layer can be dropped keeps one layer, or one part of one, which is tried
 * everywhere. */
#include "cli/space_range.h"

#include <math.h>
#include <string.h>

struct climb {
    const struct space *space;
    space_cost *cost;
    const void *context;
    double sign; /* -1: uphill */
    double best;
    struct genome genome;
};

static double measure(const struct climb *climb, const struct genome *genome)
{
    struct arch_code code;
    if (!space_decode(climb->space, genome, &code))
        return INFINITY;
    return climb->sign * (double)climb->cost(climb->context, &code);
}

static bool take_if_better(struct climb *climb, const struct genome *genome)
{
    double value = measure(climb, genome);
    if (!(value < climb->best))
        return false;
    climb->best = value;
    climb->genome = *genome;
    return true;
}

static bool change_one(struct climb *climb)
{
    bool better = false;
    for (uint32_t gene = 0; gene < climb->space->genes; gene++)
        for (uint8_t choice = 0; choice < climb->space->choices[gene]; choice++) {
            struct genome changed = climb->genome;
            changed.gene[gene] = choice;
            better = take_if_better(climb, &changed) || better;
        }
    return better;
}

/* The choice of this gene that drops its layer, or -1. */
static int dropping(const struct space *space, uint32_t gene)
{
    const char *letter = space->letter[gene];
    for (int i = 0; i < space->choices[gene]; i++)
        if (letter[i] == '.')
            return i;
    return -1;
}

/* When one gene alone keeps something: drops that and lets another gene keep something instead. */
static bool keep_another(struct climb *climb)
{
    const struct space *space = climb->space;
    uint32_t kept = 0, gene = 0;
    bool better = false;
    if (space_table[space->kind].depth_genes > 0)
        return false;
    for (uint32_t i = 0; !space_is_type_gene(space, i); i++)
        if (space->letter[i][climb->genome.gene[i]] != '.') {
            kept++;
            gene = i;
        }
    int dropped = dropping(space, gene);
    if (kept != 1 || dropped < 0)
        return false;
    for (uint32_t other = 0; !space_is_type_gene(space, other); other++)
        for (uint8_t choice = 0; other != gene && choice < space->choices[other]; choice++) {
            struct genome moved = climb->genome;
            moved.gene[gene] = (uint8_t)dropped;
            moved.gene[other] = choice;
            better = take_if_better(climb, &moved) || better;
        }
    return better;
}

static double end_of(const struct space *space, space_cost *cost, const void *context, double sign)
{
    struct climb climb = {
        .space = space, .cost = cost, .context = context, .sign = sign, .best = INFINITY};
    climb.genome.genes = (uint16_t)space->genes;
    climb.best = measure(&climb, &climb.genome);
    while (change_one(&climb) || keep_another(&climb)) {
        /* downhill */
    }
    return sign * climb.best;
}

void space_range(const struct space *space, space_cost *cost, const void *context, uint64_t *least,
                 uint64_t *most)
{
    *least = (uint64_t)end_of(space, cost, context, 1);
    *most = (uint64_t)end_of(space, cost, context, -1);
}
