/* Non-dominated sorting under constrained domination (Deb 2000): by efficient insertion (ENS, Zhang
 * et al. 2015), of up to three objectives with a binary search over the fronts and an outline of
 * each (Jensen 2003); and crowding distances (Deb et al. 2002). A point with a NaN or infinite
 * value counts as worse than any other. */
#include "search/front.h"

#include "base/memory.h"
#include "sorting_private.h"
#include "staircase_private.h"

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

static bool equal_points(const double *a, const double *b, size_t m)
{
    size_t k = 0;
    while (k < m && a[k] == b[k])
        k++;
    return k == m;
}

static bool finite_point(const double *point, size_t m)
{
    for (size_t k = 0; k < m; k++)
        if (!isfinite(point[k]))
            return false;
    return true;
}

/* ---- ranks ---- */

/* Is a point after all members of a front, in lexicographic order, dominated by one of them, when
 * it equals none? Only the second and third coordinates tell. */
static bool front_dominates(const struct staircase *front, const struct entry *entry)
{
    const double *p = entry->point;
    return staircase_covers(front, entry->m > 1 ? p[1] : 0, entry->m > 2 ? p[2] : 0);
}

/* Ranks of feasible entries [0, count) of at most three objectives, sorted lexicographically: none
 * can be dominated by a later one, and one that a front dominates is dominated by all before that.
 * *fronts: how many there are. */
static enum status rank_by_outlines(const struct entry *entry, size_t count, uint32_t *rank,
                                    uint32_t *fronts, struct error *error)
{
    struct staircase *front = memory_new(count, sizeof *front, error);
    enum status status = front != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct entry *e = &entry[i];
        if (i > 0 && equal_points(e->point, e[-1].point, e->m)) {
            rank[e->index] = rank[e[-1].index];
            continue;
        }
        uint32_t from = 0, to = *fronts;
        while (from < to) {
            uint32_t middle = from + (to - from) / 2;
            if (front_dominates(&front[middle], e))
                from = middle + 1;
            else
                to = middle;
        }
        rank[e->index] = from;
        *fronts += from == *fronts;
        status = staircase_add(&front[from], e->m > 1 ? e->point[1] : 0, e->m > 2 ? e->point[2] : 0,
                               NULL, NULL, error);
    }
    for (size_t i = 0; front != NULL && i < count; i++)
        staircase_release(&front[i]);
    memory_free(front);
    return status;
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

/* The same for any number of objectives. next[i] links the members of a front, newest first;
 * head[r] begins front r. */
static enum status rank_by_members(const struct entry *entry, size_t count, uint32_t *rank,
                                   uint32_t *fronts, struct error *error)
{
    uint32_t *head = memory_new(count, 2 * sizeof *head, error), *next = head + count;
    if (head == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        uint32_t r = 0;
        for (; r < *fronts; r++) {
            bool dominated = false;
            for (uint32_t k = head[r]; k != UINT32_MAX && !dominated; k = next[k])
                dominated = dominates(entry[k].point, entry[i].point, entry[i].m);
            if (!dominated)
                break;
        }
        if (r == *fronts)
            head[(*fronts)++] = UINT32_MAX;
        next[i] = head[r];
        head[r] = (uint32_t)i;
        rank[entry[i].index] = r;
    }
    memory_free(head);
    return STATUS_OK;
}

enum status nondominated_sort(const double *points, const double *violation, size_t n, size_t m,
                              uint32_t *rank, struct error *error)
{
    struct entry *entry = memory_new(n, sizeof *entry, error);
    size_t feasible = 0;
    uint32_t fronts = 0;
    if (entry == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < n; i++) {
        double beyond = violation != NULL ? violation[i] : 0;
        if (isnan(beyond) || !finite_point(points + i * m, m))
            beyond = INFINITY;
        entry[i] = (struct entry){points + i * m, beyond, (uint32_t)i, m};
        feasible += beyond == 0;
    }
    qsort(entry, n, sizeof *entry, compare_entries);
    enum status status = m <= 3 ? rank_by_outlines(entry, feasible, rank, &fronts, error)
                                : rank_by_members(entry, feasible, rank, &fronts, error);
    for (size_t i = feasible; status == STATUS_OK && i < n; i++) { /* one rank per violation */
        bool same = i > feasible && entry[i].violation == entry[i - 1].violation;
        rank[entry[i].index] = same ? fronts - 1 : fronts++;
    }
    memory_free(entry);
    return status;
}

/* ---- the first front alone ---- */

/* In the plane the least of each column is on the front when it is below all before. */
static void sweep_columns(const double *points, size_t n, const uint32_t *order, bool *on)
{
    double lowest = INFINITY;
    for (size_t i = 0, next; i < n; i = next) {
        uint32_t best = order[i];
        on[best] = false;
        for (next = i + 1; next < n && points[2 * order[next]] == points[2 * best]; next++) {
            on[order[next]] = false;
            if (points[2 * order[next] + 1] < points[2 * best + 1])
                best = order[next];
        }
        on[best] = points[2 * best + 1] < lowest;
        lowest = fmin(lowest, points[2 * best + 1]);
    }
}

static enum status sweep_planes(const double *points, size_t n, const uint32_t *order, bool *on,
                                struct error *error)
{
    struct staircase outline = {0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        const double *p = points + 3 * order[i];
        on[order[i]] = !staircase_covers(&outline, p[1], p[2]);
        if (on[order[i]])
            status = staircase_add(&outline, p[1], p[2], NULL, NULL, error);
    }
    staircase_release(&outline);
    return status;
}

enum status nondominated_points(const double *points, size_t n, size_t m, bool *on,
                                struct error *error)
{
    uint32_t *order = memory_new(n, sizeof *order, error);
    enum status status = order != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++)
        order[i] = (uint32_t)i;
    if (status == STATUS_OK)
        status = m == 2 ? sort_by_key(points, m, order, n, error)
                        : sort_points(points, m, order, n, error);
    if (status == STATUS_OK && m == 2)
        sweep_columns(points, n, order, on);
    else if (status == STATUS_OK)
        status = sweep_planes(points, n, order, on, error);
    memory_free(order);
    return status;
}

/* ---- crowding ---- */

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
