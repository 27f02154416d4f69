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
 * has an error, plainly. */
static bool clearly_better(const struct row *better, const struct row *row,
                           const struct estimate *estimate, const enum objective *objectives,
                           size_t m)
{
    double a[3], b[3];
    bool uncertain = false, less = false;
    row_costs(better, estimate, objectives, m, a);
    row_costs(row, estimate, objectives, m, b);
    for (size_t k = 0; k < m; k++) {
        double error = row_difference_error(better, row, objectives[k], estimate);
        if (a[k] > b[k] || (error > 0 && b[k] - a[k] <= error))
            return false;
        uncertain = uncertain || error > 0;
        less = less || a[k] < b[k];
    }
    return uncertain || less;
}

enum status front_within_error(const struct archive *archive, size_t rows,
                               const struct estimate *estimate, const enum objective *objectives,
                               size_t m, const struct pins *pins, const uint32_t *front,
                               size_t fronts, uint32_t **id, size_t *count, struct error *error)
{
    struct near *near = memory_new(rows, sizeof *near, error);
    double cost[3],
        violation = fronts > 0 ? row_violation(archive_row(archive, front[0]), pins, estimate) : 0;
    *count = 0;
    *id = near != NULL ? memory_new(rows, sizeof **id, error) : NULL;
    for (size_t i = 0; *id != NULL && i < rows; i++) {
        const struct row *row = archive_row(archive, i);
        bool beaten = archive_superseded(archive, i, rows) ||
                      !row_costs(row, estimate, objectives, m, cost) ||
                      row_violation(row, pins, estimate) > violation;
        for (size_t k = 0; !beaten && k < fronts; k++)
            beaten = front[k] != row->id &&
                     clearly_better(archive_row(archive, front[k]), row, estimate, objectives, m);
        if (!beaten)
            near[(*count)++] = (struct near){row->id, cost[1]};
    }
    if (*count > 0)
        qsort(near, *count, sizeof *near, by_order);
    for (size_t i = 0; i < *count; i++)
        (*id)[i] = near[i].id;
    memory_free(near);
    return *id != NULL ? STATUS_OK : STATUS_MEMORY;
}
