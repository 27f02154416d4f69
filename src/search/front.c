/* The front that is shown: of archive rows, within the pins. */
#include "search/front.h"

#include "base/memory.h"
#include "sorting_private.h"

#include <math.h>
#include <string.h>

struct candidates { /* rows that have all objectives, by ascending id */
    double *point;  /* [count][m] costs */
    double *violation;
    uint32_t *id;
    bool *on; /* the front */
    size_t count;
};

static enum status candidates_init(struct candidates *c, size_t rows, size_t m, struct error *error)
{
    *c = (struct candidates){
        .point = memory_new(rows, m * sizeof *c->point, error),
        .violation = memory_new(rows, sizeof *c->violation, error),
        .id = memory_new(rows, sizeof *c->id, error),
        .on = memory_new(rows, sizeof *c->on, error),
    };
    return c->point && c->violation && c->id && c->on ? STATUS_OK : STATUS_MEMORY;
}

static void candidates_release(struct candidates *c)
{
    memory_free(c->point);
    memory_free(c->violation);
    memory_free(c->id);
    memory_free(c->on);
}

/* Takes rows that are within; when none is, those that violate least. Returns how many are within.
 */
static size_t collect(struct candidates *c, const struct archive *archive, size_t rows,
                      const struct estimate *estimate, const enum objective *objectives, size_t m,
                      const struct pins *pins)
{
    double least = INFINITY;
    size_t feasible = 0, kept = 0;
    for (size_t i = 0; i < rows; i++) {
        const struct row *row = archive_row(archive, i);
        double cost[3], violation;
        if (archive_superseded(archive, i, rows) ||
            !row_costs(row, estimate, objectives, m, cost) ||
            (violation = row_violation(row, pins, estimate)) > least)
            continue;
        feasible += violation == 0;
        least = violation;
        memcpy(c->point + c->count * m, cost, m * sizeof *cost);
        c->violation[c->count] = violation;
        c->id[c->count++] = row->id;
    }
    for (size_t i = 0; i < c->count; i++) {
        if (c->violation[i] > least)
            continue;
        memmove(c->point + kept * m, c->point + i * m, m * sizeof *c->point);
        c->id[kept++] = c->id[i];
    }
    c->count = kept;
    return feasible;
}

/* Ids of the front by ascending cost of the second objective. */
static enum status list_front(const struct candidates *c, size_t m, uint32_t *id, size_t *count,
                              struct error *error)
{
    *count = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->on[i])
            id[(*count)++] = (uint32_t)i;
    enum status status = sort_by_key(c->point + 1, m, id, *count, error);
    for (size_t i = 0; i < *count; i++)
        id[i] = c->id[id[i]];
    return status;
}

enum status front_of_rows(const struct archive *archive, size_t rows,
                          const struct estimate *estimate, const enum objective *objectives,
                          size_t m, const struct pins *pins, uint32_t **id, size_t *count,
                          size_t *feasible, struct error *error)
{
    struct candidates candidates;
    enum status status = candidates_init(&candidates, rows, m, error);
    *count = *feasible = 0;
    *id = memory_new(rows, sizeof **id, error);
    if (*id == NULL)
        status = STATUS_MEMORY;
    if (status == STATUS_OK)
        *feasible = collect(&candidates, archive, rows, estimate, objectives, m, pins);
    if (status == STATUS_OK)
        status = nondominated_points(candidates.point, candidates.count, m, candidates.on, error);
    if (status == STATUS_OK)
        status = list_front(&candidates, m, *id, count, error);
    candidates_release(&candidates);
    if (status != STATUS_OK) {
        memory_free(*id);
        *id = NULL;
        *count = 0;
    }
    return status;
}
