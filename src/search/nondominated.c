/* Non-dominated sorting by efficient insertion (ENS-SS, Zhang et al. 2015) under constrained
 * domination (Deb 2000), and crowding distances (Deb et al. 2002). A point with a NaN or infinite
 * value counts as worse than any other. */
#include "search/front.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    const double *point;
    double violation; /* INFINITY: worst of all */
    uint32_t index;
    size_t m;
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->violation != y->violation)
        return x->violation < y->violation ? -1 : 1;
    for (size_t k = 0; x->violation == 0 && k < x->m; k++)
        if (x->point[k] != y->point[k])
            return x->point[k] < y->point[k] ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* True when a is nowhere worse than b and somewhere better. */
static bool dominates(const double *a, const double *b, size_t m)
{
    bool better = false;
    for (size_t k = 0; k < m; k++) {
        if (a[k] > b[k])
            return false;
        better = better || a[k] < b[k];
    }
    return better;
}

static bool finite_point(const double *point, size_t m)
{
    for (size_t k = 0; k < m; k++)
        if (!isfinite(point[k]))
            return false;
    return true;
}

/* Ranks of feasible entries [0, count), sorted lexicographically: none can be dominated by a later
 * one. next[i] links the members of a front, newest first; head[r] begins front r. Returns the
 * number of fronts. */
static uint32_t rank_feasible(const struct entry *entry, size_t count, uint32_t *rank,
                              uint32_t *head, uint32_t *next)
{
    uint32_t fronts = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t r = 0;
        for (; r < fronts; r++) {
            bool dominated = false;
            for (uint32_t k = head[r]; k != UINT32_MAX && !dominated; k = next[k])
                dominated = dominates(entry[k].point, entry[i].point, entry[i].m);
            if (!dominated)
                break;
        }
        if (r == fronts)
            head[fronts++] = UINT32_MAX;
        next[i] = head[r];
        head[r] = (uint32_t)i;
        rank[entry[i].index] = r;
    }
    return fronts;
}

enum status nondominated_sort(const double *points, const double *violation, size_t n, size_t m,
                              uint32_t *rank, struct error *error)
{
    struct entry *entry = memory_new(n, sizeof *entry, error);
    uint32_t *link = memory_new(n, 2 * sizeof *link, error);
    if (entry == NULL || link == NULL) {
        memory_free(entry);
        memory_free(link);
        return STATUS_MEMORY;
    }
    size_t feasible = 0;
    for (size_t i = 0; i < n; i++) {
        double beyond = violation != NULL ? violation[i] : 0;
        if (isnan(beyond) || !finite_point(points + i * m, m))
            beyond = INFINITY;
        entry[i] = (struct entry){points + i * m, beyond, (uint32_t)i, m};
        feasible += beyond == 0;
    }
    qsort(entry, n, sizeof *entry, compare_entries);
    uint32_t fronts = rank_feasible(entry, feasible, rank, link, link + n);
    for (size_t i = feasible; i < n; i++) { /* one rank per violation */
        bool same = i > feasible && entry[i].violation == entry[i - 1].violation;
        rank[entry[i].index] = same ? fronts - 1 : fronts++;
    }
    memory_free(entry);
    memory_free(link);
    return STATUS_OK;
}

struct coordinate {
    double value;
    uint32_t place; /* in the front */
};

static int compare_coordinates(const void *a, const void *b)
{
    const struct coordinate *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

enum status crowding_distance(const double *points, size_t m, const uint32_t *index, size_t count,
                              double *distance, struct error *error)
{
    struct coordinate *c = memory_new(count, sizeof *c, error);
    if (c == NULL)
        return STATUS_MEMORY;
    memset(distance, 0, count * sizeof *distance);
    for (size_t k = 0; count > 0 && k < m; k++) {
        for (size_t i = 0; i < count; i++) {
            double value = points[index[i] * m + k];
            c[i] = (struct coordinate){isnan(value) ? INFINITY : value, (uint32_t)i};
        }
        qsort(c, count, sizeof *c, compare_coordinates);
        double range = c[count - 1].value - c[0].value;
        distance[c[0].place] = distance[c[count - 1].place] = INFINITY;
        for (size_t i = 1; range > 0 && isfinite(range) && i + 1 < count; i++)
            distance[c[i].place] += (c[i + 1].value - c[i - 1].value) / range;
    }
    memory_free(c);
    return STATUS_OK;
}
