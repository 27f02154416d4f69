/* The front that is shown: of archive rows, within the pins; and its knee. */
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

/* ---- the knee ---- */

struct points { /* of a front: costs, or rows that have them */
    const double *point;
    const struct archive *archive;
    const struct estimate *estimate;
    const uint32_t *id;
    const enum objective *objectives;
    size_t count, m;
};

static void point_at(const struct points *points, size_t i, double cost[3])
{
    if (points->point != NULL)
        memcpy(cost, points->point + i * points->m, points->m * sizeof *cost);
    else
        row_costs(archive_row(points->archive, points->id[i]), points->estimate, points->objectives,
                  points->m, cost);
}

static size_t find_knee(const struct points *points, bool *few)
{
    size_t best = 0, m = points->m;
    double cost[3];
    double least[3] = {INFINITY, INFINITY, INFINITY}, most[3] = {-INFINITY, -INFINITY, -INFINITY};
    *few = points->count < 3;
    for (size_t i = 0; i < points->count; i++) {
        point_at(points, i, cost);
        for (size_t k = 0; k < m; k++) {
            least[k] = fmin(least[k], cost[k]);
            most[k] = fmax(most[k], cost[k]);
        }
    }
    /* On a 2-D front the ends are the extremes of both objectives: scaled to 1, the line through
     * them falls from (0,1) to (1,0) and a point's distance to it is proportional to 1 - x - y. The
     * same in 3-D, with the plane through the three extremes. */
    double largest = -INFINITY;
    for (size_t i = 0; i < points->count; i++) {
        double distance = 0;
        point_at(points, i, cost);
        for (size_t k = 0; k < (*few ? 1 : m); k++)
            distance -= most[k] > least[k] ? (cost[k] - least[k]) / (most[k] - least[k]) : 0;
        if (distance > largest) {
            largest = distance;
            best = i;
        }
    }
    return best;
}

size_t front_knee(const struct archive *archive, const struct estimate *estimate,
                  const uint32_t *id, size_t count, const enum objective *objectives, size_t m,
                  bool *few)
{
    return find_knee(&(struct points){NULL, archive, estimate, id, objectives, count, m}, few);
}

size_t front_knee_of_points(const double *point, size_t count, size_t m, bool *few)
{
    return find_knee(&(struct points){.point = point, .count = count, .m = m}, few);
}
