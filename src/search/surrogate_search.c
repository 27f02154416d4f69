/* The inner search: NSGA-II on genomes, a generation costing microseconds a candidate. */
#include "surrogate_private.h"

#include "base/hash.h"
#include "base/memory.h"
#include "breed_private.h"
#include "search/row.h"
#include "variation_private.h"

#include <math.h>
#include <string.h>

struct inner {
    const struct surrogate *surrogate;
    struct rng *rng;
    enum crossover crossover;
    size_t population, m;
    struct candidate *pool;     /* [2 * population]: parents, then children */
    size_t count;               /* of the pool */
    double *points, *violation; /* [2 * population] */
    uint32_t *kept;
    struct nsga2_standing *standing;
};

/* False when the genome is no network, or one that the pool has. */
static bool add(struct inner *inner, const struct genome *genome)
{
    const struct method_context *context = inner->surrogate->context;
    struct candidate *candidate = &inner->pool[inner->count];
    double value[OBJECTIVES];
    candidate->genome = *genome;
    if (!space_decode(context->space, genome, &candidate->code))
        return false;
    candidate->key = hash64(candidate->code.text, strlen(candidate->code.text));
    for (size_t i = 0; i < inner->count; i++)
        if (inner->pool[i].key == candidate->key)
            return false;
    for (int k = 0; k < OBJECTIVES; k++)
        value[k] = NAN;
    for (size_t k = 0; k < context->m; k++) {
        enum objective objective = context->objectives[k];
        value[objective] = surrogate_value(inner->surrogate, objective, &candidate->code);
        candidate->point[k] = objective_cost(objective, value[objective]);
    }
    for (size_t i = 0; i < context->pins->count; i++) {
        enum objective objective = context->pins->pin[i].objective;
        if (context->pins->pin[i].enabled && isnan(value[objective]))
            value[objective] = surrogate_value(inner->surrogate, objective, &candidate->code);
    }
    candidate->violation = pins_violation(context->pins, value, false);
    inner->count++;
    return true;
}

static void begin(struct inner *inner)
{
    const struct method_context *context = inner->surrogate->context;
    const struct space *space = context->space;
    struct arch_code full;
    struct genome genome;
    arch_code_full(space->shape, &full);
    /* the last rows are those that the search thought best; the mutations bring in what is new */
    for (size_t i = context->rows; i > 0 && inner->count < inner->population / 2; i--) {
        space_project(space, &archive_row(context->archive, i - 1)->code, &genome);
        add(inner, &genome);
    }
    for (size_t tries = 0; tries < 4 * inner->population && inner->count < inner->population;
         tries++) {
        space_project(space, &full, &genome);
        for (uint32_t changes = 1 + rng_below(inner->rng, space->genes); changes > 0; changes--)
            breed_mutate_gene(space, inner->rng, breed_draw_gene(space, inner->rng, 0), &genome);
        add(inner, &genome);
    }
}

static void gather(struct inner *inner)
{
    for (size_t i = 0; i < inner->count; i++) {
        memcpy(inner->points + i * inner->m, inner->pool[i].point,
               inner->m * sizeof *inner->points);
        inner->violation[i] = inner->pool[i].violation;
    }
}

static void breed(struct inner *inner)
{
    const struct space *space = inner->surrogate->context->space;
    size_t parents = inner->count;
    for (size_t i = 0; i < inner->population; i++) {
        size_t a = nsga2_tournament(inner->rng, inner->standing, parents),
               b = nsga2_tournament(inner->rng, inner->standing, parents);
        struct genome child = inner->pool[a].genome;
        vary(space, inner->rng, inner->crossover, 0, &child, &inner->pool[b].genome);
        add(inner, &child);
    }
}

/* kept[] ascends, so that moving down never overwrites what is still to be moved. */
static enum status survive(struct inner *inner, struct error *error)
{
    size_t keep = inner->count < inner->population ? inner->count : inner->population;
    enum status status = nsga2_survive(inner->points, inner->violation, inner->count, inner->m,
                                       keep, inner->kept, error);
    for (size_t i = 0; status == STATUS_OK && i < keep; i++)
        if (inner->kept[i] != i)
            inner->pool[i] = inner->pool[inner->kept[i]];
    inner->count = keep;
    return status;
}

static enum status generation(struct inner *inner, struct error *error)
{
    gather(inner);
    enum status status = nsga2_stand(inner->points, inner->violation, inner->count, inner->m,
                                     inner->standing, error);
    if (status != STATUS_OK)
        return status;
    breed(inner);
    gather(inner);
    status = survive(inner, error);
    return status == STATUS_OK ? method_check_stop(inner->surrogate->context, error) : status;
}

enum status surrogate_search(const struct surrogate *surrogate, enum crossover crossover,
                             struct rng *rng, size_t population, size_t generations,
                             struct candidate *candidates, size_t *count, struct error *error)
{
    size_t room = 2 * population, m = surrogate->context->m;
    struct inner inner = {
        .surrogate = surrogate,
        .rng = rng,
        .crossover = crossover,
        .population = population,
        .m = m,
        .pool = memory_new(room, sizeof *inner.pool, error),
        .points = memory_new(room, m * sizeof *inner.points, error),
        .violation = memory_new(room, sizeof *inner.violation, error),
        .kept = memory_new(room, sizeof *inner.kept, error),
        .standing = memory_new(room, sizeof *inner.standing, error),
    };
    enum status status = inner.pool != NULL && inner.points != NULL && inner.violation != NULL &&
                                 inner.kept != NULL && inner.standing != NULL
                             ? STATUS_OK
                             : STATUS_MEMORY;
    if (status == STATUS_OK)
        begin(&inner);
    for (size_t i = 0; status == STATUS_OK && inner.count > 0 && i < generations; i++)
        status = generation(&inner, error);
    if (status == STATUS_OK)
        memcpy(candidates, inner.pool, inner.count * sizeof *candidates);
    *count = inner.count;
    memory_free(inner.pool);
    memory_free(inner.points);
    memory_free(inner.violation);
    memory_free(inner.kept);
    memory_free(inner.standing);
    return status;
}
