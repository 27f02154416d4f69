/* The knee of a front: where it bends most. At the start of a search much of a front may be
 * networks that do little better than to guess: small, and by luck a little apart from each other,
 * so that the front seems to bend there. So the knee is sought among the points that are clearly
 * above chance, where there are enough of them. */
#include "search/front.h"

#include <math.h>
#include <string.h>

#define FEWEST 3         /* points that have a knee */
#define CLEAR_ERRORS 2.0 /* standard errors above chance */

struct points { /* of a front: costs, or rows that have them */
    const double *point;
    const struct archive *archive;
    const struct estimate *estimate;
    const uint32_t *id;
    const enum objective *objectives;
    size_t count, m;
    size_t accuracy; /* position of the accuracy among the objectives; m: none, all points count */
    double chance;   /* of it */
};

static const struct row *row_at(const struct points *points, size_t i)
{
    return archive_row(points->archive, points->id[i]);
}

static void point_at(const struct points *points, size_t i, double cost[3])
{
    if (points->point != NULL)
        memcpy(cost, points->point + i * points->m, points->m * sizeof *cost);
    else
        row_costs(row_at(points, i), points->estimate, points->objectives, points->m, cost);
}

/* An accuracy without an error of its own has about acc's: the questions are the same. */
static bool is_clear(const struct points *points, size_t i)
{
    if (points->accuracy == points->m)
        return true;
    const struct row *row = row_at(points, i);
    enum objective objective = points->objectives[points->accuracy];
    double error = row_error(row, objective, points->estimate);
    error = isfinite(error) ? error : row->standard_error;
    return row_value(row, objective, points->estimate) - points->chance > CLEAR_ERRORS * error;
}

static size_t least_cost(const struct points *points, size_t objective)
{
    double cost[3], least = INFINITY;
    size_t best = 0;
    for (size_t i = 0; i < points->count; i++) {
        point_at(points, i, cost);
        if (cost[objective] < least) {
            least = cost[objective];
            best = i;
        }
    }
    return best;
}

/* On a 2-D front the ends are the extremes of both objectives: scaled to 1, the line through them
 * falls from (0,1) to (1,0) and a point's distance to it is proportional to 1 - x - y. The same in
 * 3-D, with the plane through the three extremes. */
static size_t farthest(const struct points *points, const double *least, const double *most)
{
    double cost[3], largest = -INFINITY;
    size_t best = 0;
    for (size_t i = 0; i < points->count; i++) {
        double distance = 0;
        if (!is_clear(points, i))
            continue;
        point_at(points, i, cost);
        for (size_t k = 0; k < points->m; k++)
            distance -= most[k] > least[k] ? (cost[k] - least[k]) / (most[k] - least[k]) : 0;
        if (distance > largest) {
            largest = distance;
            best = i;
        }
    }
    return best;
}

static size_t find_knee(const struct points *points, bool *few)
{
    size_t clear = 0;
    double cost[3];
    double least[3] = {INFINITY, INFINITY, INFINITY}, most[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (size_t i = 0; i < points->count; i++) {
        if (!is_clear(points, i))
            continue;
        clear++;
        point_at(points, i, cost);
        for (size_t k = 0; k < points->m; k++) {
            least[k] = fmin(least[k], cost[k]);
            most[k] = fmax(most[k], cost[k]);
        }
    }
    *few = clear < FEWEST;
    return *few ? least_cost(points, points->accuracy % points->m) : farthest(points, least, most);
}

/* Position of the first accuracy with a chance; m: none. */
static size_t find_accuracy(const enum objective *objectives, size_t m, const double *chance)
{
    size_t k = 0;
    while (k < m && !(chance != NULL && chance[objectives[k]] > 0))
        k++;
    return k;
}

enum objective front_knee_objective(const enum objective *objectives, size_t m,
                                    const double *chance)
{
    return objectives[find_accuracy(objectives, m, chance) % m];
}

size_t front_knee(const struct archive *archive, const struct estimate *estimate,
                  const uint32_t *id, size_t count, const enum objective *objectives, size_t m,
                  const double *chance, bool *few)
{
    struct points points = {NULL, archive, estimate, id, objectives, count, m, 0, 0};
    points.accuracy = find_accuracy(objectives, m, chance);
    points.chance = points.accuracy < m ? chance[objectives[points.accuracy]] : 0;
    return find_knee(&points, few);
}

size_t front_knee_of_points(const double *point, size_t count, size_t m, bool *few)
{
    return find_knee(&(struct points){.point = point, .count = count, .m = m, .accuracy = m}, few);
}
