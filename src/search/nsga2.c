/* NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) on genomes: binary tournaments by constrained
 * domination and crowding, uniform crossover, mutation drawn towards unimportant layers, duplicate
 * elimination against everything ever evaluated. Survivors are chosen from the whole archive, so
 * that a pin set later brings back networks that earlier lost. */
#include "breed_private.h"
#include "methods_private.h"
#include "variation_private.h"

#include "base/memory.h"
#include "search/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TRIES_PER_CODE 100

struct standing { /* a member's place in tournaments */
    uint32_t rank;
    double crowding;
};

/* ---- survival ---- */

struct survivor {
    double crowding;
    uint32_t index;
};

static int most_crowding_first(const void *a, const void *b)
{
    const struct survivor *x = a, *y = b;
    if (x->crowding != y->crowding)
        return x->crowding > y->crowding ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Indices of rank `r`. */
static size_t front_members(const uint32_t *rank, size_t n, uint32_t r, uint32_t *index)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (rank[i] == r)
            index[count++] = (uint32_t)i;
    return count;
}

/* Adds the `room` least crowded of a front to kept. */
static enum status keep_least_crowded(const double *points, size_t m, const uint32_t *index,
                                      size_t count, size_t room, uint32_t *kept,
                                      struct error *error)
{
    double *distance = memory_new(count, sizeof *distance, error);
    struct survivor *order = memory_new(count, sizeof *order, error);
    enum status status = distance != NULL && order != NULL
                             ? crowding_distance(points, m, index, count, distance, error)
                             : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        order[i] = (struct survivor){distance[i], index[i]};
    if (status == STATUS_OK)
        qsort(order, count, sizeof *order, most_crowding_first);
    for (size_t i = 0; status == STATUS_OK && i < room; i++)
        kept[i] = order[i].index;
    memory_free(distance);
    memory_free(order);
    return status;
}

enum status nsga2_survive(const double *points, const double *violation, size_t n, size_t m,
                          size_t keep, uint32_t *kept, struct error *error)
{
    uint32_t *rank = memory_new(n, 2 * sizeof *rank, error);
    if (rank == NULL)
        return STATUS_MEMORY;
    uint32_t *index = rank + n;
    size_t count = 0;
    keep = keep < n ? keep : n;
    enum status status = nondominated_sort(points, violation, n, m, rank, error);
    for (uint32_t r = 0; status == STATUS_OK && count < keep; r++) {
        size_t members = front_members(rank, n, r, index);
        if (count + members <= keep)
            memcpy(kept + count, index, members * sizeof *kept);
        else
            status =
                keep_least_crowded(points, m, index, members, keep - count, kept + count, error);
        count += members;
    }
    if (status == STATUS_OK)
        qsort(kept, keep, sizeof *kept, ascending);
    memory_free(rank);
    return status;
}

static void costs_of(const struct method_context *context, const struct row *row, double *cost)
{
    for (size_t k = 0; k < context->m; k++)
        cost[k] = objective_cost(context->objectives[k], row->value[context->objectives[k]]);
}

/* Chooses the population out of all rows, under the pins in force. */
static enum status select_members(struct method_state *state, const struct method_options *options,
                                  const struct method_context *context, struct error *error)
{
    size_t n = context->rows, keep = options->population < n ? options->population : n;
    double *points = memory_new(n, context->m * sizeof *points, error);
    double *violation = memory_new(n, sizeof *violation, error);
    uint32_t *kept = memory_new(n, sizeof *kept, error);
    enum status status = points && violation && kept ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        const struct row *row = archive_row(context->archive, i);
        costs_of(context, row, points + i * context->m);
        violation[i] = pins_violation(context->pins, row->value, false);
    }
    if (status == STATUS_OK)
        status = nsga2_survive(points, violation, n, context->m, keep, kept, error);
    memory_free(points);
    memory_free(violation);
    if (status != STATUS_OK) {
        memory_free(kept);
        return status;
    }
    memory_free(state->member); /* indices are ids: rows are consecutive */
    state->member = kept;
    state->members = keep;
    return STATUS_OK;
}

/* ---- variation ---- */

static enum status stand(const struct method_state *state, const struct method_context *context,
                         struct standing *standing, struct error *error)
{
    size_t n = state->members, m = context->m;
    double *points = memory_new(n, m * sizeof *points, error);
    double *violation = memory_new(n, sizeof *violation, error);
    double *distance = memory_new(n, sizeof *distance, error);
    uint32_t *rank = memory_new(n, sizeof *rank, error);
    uint32_t *index = memory_new(n, sizeof *index, error);
    enum status status =
        points && violation && distance && rank && index ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        const struct row *row = archive_row(context->archive, state->member[i]);
        costs_of(context, row, points + i * m);
        violation[i] = pins_violation(context->pins, row->value, false);
    }
    if (status == STATUS_OK)
        status = nondominated_sort(points, violation, n, m, rank, error);
    for (uint32_t r = 0, done = 0; status == STATUS_OK && done < n; r++) {
        size_t count = front_members(rank, n, r, index);
        status = crowding_distance(points, m, index, count, distance, error);
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            standing[index[i]] = (struct standing){r, distance[i]};
        done += (uint32_t)count;
    }
    memory_free(points);
    memory_free(violation);
    memory_free(distance);
    memory_free(rank);
    memory_free(index);
    return status;
}

static size_t tournament(struct rng *rng, const struct standing *standing, size_t n)
{
    size_t a = rng_below(rng, (uint32_t)n), b = rng_below(rng, (uint32_t)n);
    if (standing[a].rank != standing[b].rank)
        return standing[a].rank < standing[b].rank ? a : b;
    return standing[b].crowding > standing[a].crowding ? b : a;
}

static enum status breed_children(struct method_state *state, enum crossover crossover,
                                  struct breed *breed, struct error *error)
{
    const struct method_context *context = breed->context;
    struct standing *standing = memory_new(state->members, sizeof *standing, error);
    enum status status = standing != NULL ? stand(state, context, standing, error) : STATUS_MEMORY;
    while (status == STATUS_OK && breed->count < breed->want) {
        bool found = false;
        for (unsigned attempt = 0; attempt < TRIES_PER_CODE && !found; attempt++) {
            struct genome child, other;
            size_t a = tournament(breed->rng, standing, state->members);
            size_t b = tournament(breed->rng, standing, state->members);
            space_project(context->space, &archive_row(context->archive, state->member[a])->code,
                          &child);
            space_project(context->space, &archive_row(context->archive, state->member[b])->code,
                          &other);
            vary(context->space, breed->rng, crossover, attempt / 20, &child, &other);
            found = breed_offer(breed, &child);
        }
        if (!found)
            break;
    }
    memory_free(standing);
    return status;
}

/* Generation 0: the prepared one, each code repaired to the pins but the base, which every later
 * network is compared with. It is planned for a whole population however many codes are wanted, so
 * that asking for more begins with the same ones. */
static enum status first_codes(struct breed *breed, size_t population, struct error *error)
{
    const struct space *space = breed->context->space;
    struct arch_code *codes = memory_new(population, sizeof *codes, error);
    size_t count = 0;
    enum status status =
        codes != NULL ? space_first_generation(space, breed->rng, population, codes, &count, error)
                      : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < count && breed->count < breed->want; i++) {
        struct genome genome;
        space_project(space, &codes[i], &genome);
        if (i == 0 && breed_is_new(breed, &codes[i]))
            breed->codes[breed->count++] = codes[i];
        else
            breed_offer(breed, &genome);
    }
    memory_free(codes);
    return status;
}

enum status nsga2_ask(struct method_state *state, const struct method_options *options,
                      const struct method_context *context, size_t want, struct arch_code *codes,
                      size_t *count, struct error *error)
{
    struct breed breed = {.context = context, .rng = &state->rng, .codes = codes, .want = want};
    enum status status = STATUS_OK;
    if (state->generation == 0)
        status = first_codes(&breed, options->population, error);
    else
        status = select_members(state, options, context, error);
    if (status == STATUS_OK && state->generation > 0 && state->members > 0)
        status = breed_children(state, options->crossover, &breed, error);
    if (status == STATUS_OK && breed.count < want)
        breed_enumerate(&breed);
    *count = breed.count;
    return status;
}

enum status nsga2_tell(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, struct error *error)
{
    state->generation++;
    return select_members(state, options, context, error);
}
