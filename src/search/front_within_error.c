/* The front within one standard error: what the strict front does not beat beyond doubt. */
#include "base/memory.h"
#include "search/front.h"

#include <stdlib.h>

struct near {
    uint32_t id;
    double order; /* the second objective's cost, by which fronts are sorted */
};

static int by_order(const void *a, const void *b)
{
    const struct near *x = a, *y = b;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* By more than one standard error where there is one, and in no objective worse; without any that
 * has an error, plainly. a, b: costs of the two. */
static bool clearly_better(const struct row *better, const double *a, const struct row *row,
                           const double *b, const struct estimate *estimate,
                           const enum objective *objectives, size_t m)
{
    bool uncertain = false, less = false;
    for (size_t k = 0; k < m; k++) /* errors take longer */
        if (a[k] > b[k])
            return false;
    for (size_t k = 0; k < m; k++) {
        double error = row_difference_error(better, row, objectives[k], estimate);
        if (error > 0 && b[k] - a[k] <= error)
            return false;
        uncertain = uncertain || error > 0;
        less = less || a[k] < b[k];
    }
    return uncertain || less;
}

struct strict { /* the front that the others are compared with */
    const struct archive *archive;
    const struct estimate *estimate;
    const enum objective *objectives;
    size_t m;
    const uint32_t *id;
    size_t count;
    double *cost; /* [count][m] owned */
    size_t last;  /* who has beaten the last one, the first to be asked about the next */
};

static bool is_beaten(struct strict *front, const struct row *row, const double *cost)
{
    for (size_t k = 0; k < front->count; k++) {
        size_t at = (front->last + k) % front->count;
        if (front->id[at] == row->id ||
            !clearly_better(archive_row(front->archive, front->id[at]), front->cost + at * front->m,
                            row, cost, front->estimate, front->objectives, front->m))
            continue;
        front->last = at;
        return true;
    }
    return false;
}

enum status front_within_error(const struct archive *archive, size_t rows,
                               const struct estimate *estimate, const enum objective *objectives,
                               size_t m, const struct pins *pins, const uint32_t *front,
                               size_t fronts, uint32_t **id, size_t *count, struct error *error)
{
    struct strict strict = {archive, estimate, objectives, m, front, fronts, NULL, 0};
    struct near *near = memory_new(rows, sizeof *near, error);
    double cost[3],
        violation = fronts > 0 ? row_violation(archive_row(archive, front[0]), pins, estimate) : 0;
    *count = 0;
    strict.cost = near != NULL ? memory_new(fronts, m * sizeof *strict.cost, error) : NULL;
    *id = strict.cost != NULL ? memory_new(rows, sizeof **id, error) : NULL;
    for (size_t k = 0; *id != NULL && k < fronts; k++)
        row_costs(archive_row(archive, front[k]), estimate, objectives, m, strict.cost + k * m);
    for (size_t i = 0; *id != NULL && i < rows; i++) {
        const struct row *row = archive_row(archive, i);
        if (!archive_superseded(archive, i, rows) &&
            row_costs(row, estimate, objectives, m, cost) &&
            row_violation(row, pins, estimate) <= violation && !is_beaten(&strict, row, cost))
            near[(*count)++] = (struct near){row->id, cost[1]};
    }
    if (*count > 0)
        qsort(near, *count, sizeof *near, by_order);
    for (size_t i = 0; i < *count; i++)
        (*id)[i] = near[i].id;
    memory_free(near);
    memory_free(strict.cost);
    return *id != NULL ? STATUS_OK : STATUS_MEMORY;
}
