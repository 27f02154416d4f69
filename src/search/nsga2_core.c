/* The core of NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002), on points: survival by rank and
 * crowding, and binary tournaments, both under constrained domination. */
#include "search/method.h"

#include "base/memory.h"
#include "search/front.h"

#include <stdlib.h>
#include <string.h>

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

enum status nsga2_stand(const double *points, const double *violation, size_t n, size_t m,
                        struct nsga2_standing *standing, struct error *error)
{
    double *distance = memory_new(n, sizeof *distance, error);
    uint32_t *rank = memory_new(n, 2 * sizeof *rank, error);
    enum status status = distance != NULL && rank != NULL
                             ? nondominated_sort(points, violation, n, m, rank, error)
                             : STATUS_MEMORY;
    for (size_t r = 0, done = 0; status == STATUS_OK && done < n; r++) {
        uint32_t *index = rank + n;
        size_t count = front_members(rank, n, (uint32_t)r, index);
        status = crowding_distance(points, m, index, count, distance, error);
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            standing[index[i]] = (struct nsga2_standing){(uint32_t)r, distance[i]};
        done += count;
    }
    memory_free(distance);
    memory_free(rank);
    return status;
}

size_t nsga2_tournament(struct rng *rng, const struct nsga2_standing *standing, size_t n)
{
    size_t a = rng_below(rng, (uint32_t)n), b = rng_below(rng, (uint32_t)n);
    if (standing[a].rank != standing[b].rank)
        return standing[a].rank < standing[b].rank ? a : b;
    return standing[b].crowding > standing[a].crowding ? b : a;
}
