/* The front that is shown: of archive rows, within the pins; and its knee. */
#include "search/front.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

struct candidate {
    uint32_t id;
    double cost[3];
    double order; /* second objective's cost, by which a front is sorted */
};

static bool worse_or_equal(const struct candidate *a, const struct candidate *b, size_t m)
{
    for (size_t k = 0; k < m; k++)
        if (a->cost[k] < b->cost[k])
            return false;
    return true;
}

/* Takes the candidate into the front unless a member is as good in all; drops members that it is as
 * good as in all. Rows come by ascending id, so of equal points the lowest stays. */
static void offer(struct candidate *front, size_t *count, const struct candidate *candidate,
                  size_t m)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (worse_or_equal(candidate, &front[i], m))
            return;
    for (size_t i = 0; i < *count; i++)
        if (!worse_or_equal(&front[i], candidate, m))
            front[kept++] = front[i];
    front[kept++] = *candidate;
    *count = kept;
}

static int by_order(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* False when the row has not all objectives. */
static bool candidate_of(const struct row *row, const struct estimate *estimate,
                         const enum objective *objectives, size_t m, struct candidate *candidate)
{
    candidate->id = row->id;
    for (size_t k = 0; k < m; k++) {
        candidate->cost[k] = objective_cost(objectives[k], row_value(row, objectives[k], estimate));
        if (!isfinite(candidate->cost[k]))
            return false;
    }
    candidate->order = candidate->cost[1];
    return true;
}

/* Least violation among rows that have all objectives; INFINITY without any. */
static double least_violation(const struct archive *archive, size_t rows,
                              const struct estimate *estimate, const enum objective *objectives,
                              size_t m, const struct pins *pins, size_t *feasible)
{
    double least = INFINITY;
    struct candidate candidate;
    *feasible = 0;
    for (size_t i = 0; i < rows; i++) {
        const struct row *row = archive_row(archive, i);
        if (archive_superseded(archive, i, rows) ||
            !candidate_of(row, estimate, objectives, m, &candidate))
            continue;
        double violation = row_violation(row, pins, estimate);
        *feasible += violation == 0;
        if (violation < least)
            least = violation;
    }
    return least;
}

enum status front_of_rows(const struct archive *archive, size_t rows,
                          const struct estimate *estimate, const enum objective *objectives,
                          size_t m, const struct pins *pins, uint32_t **id, size_t *count,
                          size_t *feasible, struct error *error)
{
    struct candidate *front = memory_new(rows, sizeof *front, error), candidate;
    *id = memory_new(rows, sizeof **id, error);
    *count = 0;
    if (front == NULL || *id == NULL) {
        memory_free(front);
        memory_free(*id);
        *id = NULL;
        return STATUS_MEMORY;
    }
    double least = least_violation(archive, rows, estimate, objectives, m, pins, feasible);
    for (size_t i = 0; i < rows; i++) {
        const struct row *row = archive_row(archive, i);
        if (!archive_superseded(archive, i, rows) &&
            candidate_of(row, estimate, objectives, m, &candidate) &&
            row_violation(row, pins, estimate) <= least)
            offer(front, count, &candidate, m);
    }
    qsort(front, *count, sizeof *front, by_order);
    for (size_t i = 0; i < *count; i++)
        (*id)[i] = front[i].id;
    memory_free(front);
    return STATUS_OK;
}

size_t front_knee(const struct archive *archive, const struct estimate *estimate,
                  const uint32_t *id, size_t count, const enum objective *objectives, size_t m,
                  bool *few)
{
    size_t best = 0;
    struct candidate point;
    double least[3] = {INFINITY, INFINITY, INFINITY}, most[3] = {-INFINITY, -INFINITY, -INFINITY};
    *few = count < 3;
    for (size_t i = 0; i < count; i++) {
        candidate_of(archive_row(archive, id[i]), estimate, objectives, m, &point);
        for (size_t k = 0; k < m; k++) {
            least[k] = fmin(least[k], point.cost[k]);
            most[k] = fmax(most[k], point.cost[k]);
        }
    }
    /* On a 2-D front the ends are the extremes of both objectives: scaled to 1, the line through
     * them falls from (0,1) to (1,0) and a point's distance to it is proportional to 1 - x - y. The
     * same in 3-D, with the plane through the three extremes. */
    double largest = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double distance = 0;
        candidate_of(archive_row(archive, id[i]), estimate, objectives, m, &point);
        for (size_t k = 0; k < (*few ? 1 : m); k++)
            distance -= most[k] > least[k] ? (point.cost[k] - least[k]) / (most[k] - least[k]) : 0;
        if (distance > largest) {
            largest = distance;
            best = i;
        }
    }
    return best;
}
