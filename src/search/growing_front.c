/* Fronts that grow point by point. Ids come ascending, so that of equal points the lowest stays and
 * members with an equal second coordinate are by ascending id, as front_of_rows lists them. */
#include "search/growing_front.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

void growing_front_release(struct growing_front *front)
{
    memory_free(front->point);
    memory_free(front->id);
    *front = (struct growing_front){.m = front->m};
}

/* a is at least as good as b everywhere. */
static bool covers(const double *a, const double *b, size_t m)
{
    return a[0] <= b[0] && a[1] <= b[1] && (m < 3 || a[2] <= b[2]);
}

size_t growing_front_below(const struct growing_front *front, double value, bool equal)
{
    size_t from = 0, to = front->points;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        double at = front->point[middle * front->m + 1];
        if (at < value || (equal && at <= value))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Only points that are not above may cover one; in the plane the last of them is best in the other
 * objective. */
bool growing_front_covers(const struct growing_front *front, const double *point)
{
    size_t m = front->m, below = growing_front_below(front, point[1], true);
    for (size_t i = m == 2 && below > 0 ? below - 1 : 0; i < below; i++)
        if (covers(front->point + i * m, point, m))
            return true;
    return false;
}

static void put(struct growing_front *front, size_t at, const double *point, uint32_t id)
{
    double *place = front->point + at * front->m;
    size_t behind = front->points - at;
    memmove(place + front->m, place, behind * front->m * sizeof *place);
    memmove(front->id + at + 1, front->id + at, behind * sizeof *front->id);
    memcpy(place, point, front->m * sizeof *place);
    front->id[at] = id;
    front->points++;
}

/* Takes out points from `from` on that the point covers. */
static void drop_covered(struct growing_front *front, size_t from, const double *point)
{
    size_t m = front->m, kept = from;
    for (size_t i = from; i < front->points; i++) {
        const double *at = front->point + i * m;
        if (covers(point, at, m))
            continue;
        if (i > kept) {
            memcpy(front->point + kept * m, at, m * sizeof *at);
            front->id[kept] = front->id[i];
        }
        kept++;
    }
    front->points = kept;
}

static enum status reserve(struct growing_front *front, size_t points, struct error *error)
{
    enum status status = memory_reserve(&front->point, &front->point_capacity, points * front->m,
                                        sizeof *front->point, error);
    return status == STATUS_OK
               ? memory_reserve(&front->id, &front->id_capacity, points, sizeof *front->id, error)
               : status;
}

enum status growing_front_add(struct growing_front *front, const double *point, uint32_t id,
                              struct error *error)
{
    if (growing_front_covers(front, point))
        return STATUS_OK;
    enum status status = reserve(front, front->points + 1, error);
    if (status != STATUS_OK)
        return status;
    drop_covered(front, growing_front_below(front, point[1], false), point);
    put(front, growing_front_below(front, point[1], true), point, id);
    return STATUS_OK;
}

/* ---- of archive rows ---- */

void kept_front_init(struct kept_front *kept, const enum objective *objectives, size_t m)
{
    *kept = (struct kept_front){.violation = INFINITY, .front.m = m};
    memcpy(kept->objectives, objectives, m * sizeof *objectives);
}

void kept_front_release(struct kept_front *kept)
{
    growing_front_release(&kept->front);
    kept_front_forget(kept);
}

void kept_front_forget(struct kept_front *kept)
{
    kept->rows = kept->feasible = kept->front.points = 0;
    kept->violation = INFINITY;
}

static bool same_pins(const struct pins *a, const struct pins *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++) {
        const struct pin *x = &a->pin[i], *y = &b->pin[i];
        same = x->objective == y->objective && x->at_least == y->at_least && x->limit == y->limit &&
               x->enabled == y->enabled;
    }
    return same;
}

/* Looks at all rows at once, which is faster for many. */
static enum status begin(struct kept_front *kept, const struct archive *archive, size_t rows,
                         struct error *error)
{
    uint32_t *id = NULL;
    size_t count = 0, m = kept->front.m;
    kept_front_forget(kept);
    enum status status = front_of_rows(archive, rows, &kept->estimate, kept->objectives, m,
                                       &kept->pins, &id, &count, &kept->feasible, error);
    if (status == STATUS_OK)
        status = reserve(&kept->front, count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct row *row = archive_row(archive, id[i]);
        double cost[3];
        row_costs(row, &kept->estimate, kept->objectives, kept->front.m, cost);
        memcpy(kept->front.point + i * m, cost, m * sizeof *cost);
        kept->front.id[i] = id[i];
        kept->violation = row_violation(row, &kept->pins, &kept->estimate);
    }
    memory_free(id);
    if (status != STATUS_OK) {
        kept_front_forget(kept);
        return status;
    }
    kept->front.points = count;
    kept->archive = archive;
    kept->rows = rows;
    return STATUS_OK;
}

static enum status add(struct kept_front *kept, const struct row *row, struct error *error)
{
    double cost[3];
    if (!row_costs(row, &kept->estimate, kept->objectives, kept->front.m, cost))
        return STATUS_OK;
    double violation = row_violation(row, &kept->pins, &kept->estimate);
    kept->feasible += violation == 0;
    if (violation > kept->violation)
        return STATUS_OK;
    if (violation < kept->violation)
        kept->front.points = 0;
    kept->violation = violation;
    return growing_front_add(&kept->front, cost, row->id, error);
}

/* Then another estimate changes all rows. */
static bool uses_estimate(const struct kept_front *kept)
{
    bool uses = false;
    for (size_t k = 0; k < kept->front.m; k++)
        uses = uses || objective_is_derived(kept->objectives[k]);
    for (size_t i = 0; i < kept->pins.count; i++)
        uses = uses ||
               (kept->pins.pin[i].enabled && objective_is_derived(kept->pins.pin[i].objective));
    return uses;
}

static bool same_estimate(const struct estimate *a, const struct estimate *b)
{
    const double one[] = {a->weight, a->x, a->y, a->xx, a->xy, a->yy};
    const double other[] = {b->weight, b->x, b->y, b->xx, b->xy, b->yy};
    return a->rows == b->rows && a->fitted == b->fitted && memcmp(one, other, sizeof one) == 0;
}

/* Rows that are new may change those that were there. */
static bool changes_others(const struct kept_front *kept, const struct archive *archive,
                           size_t rows)
{
    for (size_t i = kept->rows; i < rows; i++) /* one may count in place of an earlier one */
        if (archive_first(archive, &archive_row(archive, i)->code)->id < i)
            return true;
    return false;
}

enum status kept_front_update(struct kept_front *kept, const struct archive *archive, size_t rows,
                              const struct estimate *estimate, const struct pins *pins,
                              struct error *error)
{
    bool same = same_pins(&kept->pins, pins) &&
                (same_estimate(&kept->estimate, estimate) || !uses_estimate(kept));
    kept->pins = *pins;
    kept->estimate = *estimate;
    if (!same || kept->archive != archive || kept->rows == 0 || rows < kept->rows ||
        changes_others(kept, archive, rows))
        return begin(kept, archive, rows, error);
    enum status status = STATUS_OK;
    for (; status == STATUS_OK && kept->rows < rows; kept->rows++)
        status = add(kept, archive_row(archive, kept->rows), error);
    if (status != STATUS_OK)
        kept_front_forget(kept);
    return status;
}
