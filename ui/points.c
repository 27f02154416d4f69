/* What the plot shows of every row: where, and whether within the pins. Found anew only when rows,
 * axes or pins have changed, so that a key that moves the selection draws from a small array. */
#include "view.h"

#include "base/memory.h"

static bool inside(const struct pins *limits, const struct snapshot *snapshot,
                   const struct row *row)
{
    for (size_t i = 0; i < limits->count; i++) {
        const struct pin *pin = &limits->pin[i];
        double value = view_value(snapshot, row, pin->objective);
        if (!(pin->at_least ? value >= pin->limit : value <= pin->limit)) /* NaN: outside */
            return false;
    }
    return true;
}

/* The pin that most networks are outside of; NULL: none is. */
static const struct pin *find_narrowest(const struct pins *limits, const struct snapshot *snapshot)
{
    const struct pin *narrowest = NULL;
    size_t most = 0;
    for (size_t p = 0; p < limits->count; p++) {
        struct pins alone = {.pin = {limits->pin[p]}, .count = 1};
        size_t outside = 0;
        for (size_t i = 0; i < snapshot->rows; i++)
            outside += view_counts(snapshot, (uint32_t)i) &&
                       !inside(&alone, snapshot, archive_row(snapshot->archive, i));
        if (outside > most) {
            most = outside;
            narrowest = &limits->pin[p];
        }
    }
    return narrowest;
}

void view_refresh_points(struct view *view, const struct snapshot *snapshot)
{
    struct pins limits;
    view_limits(view, snapshot, &limits);
    uint64_t hash = view_hash_pins(view_rows_hash(snapshot), &limits);
    hash = view_hash(hash, view->axis, sizeof view->axis);
    if (hash == view->points_hash)
        return;
    view->points = view->points_within = 0;
    view->points_hash = 0;
    if (memory_reserve(&view->point, &view->points_capacity, snapshot->rows + 1,
                       sizeof *view->point, NULL))
        return; /* the front alone is drawn, and the next refresh tries again */
    for (size_t i = 0; i < snapshot->rows; i++) {
        const struct row *row = archive_row(snapshot->archive, i);
        bool counts = !archive_superseded(snapshot->archive, i, snapshot->rows);
        bool within = counts && inside(&limits, snapshot, row);
        view->point[i] =
            (struct view_point){view_value(snapshot, row, view->axis[0]),
                                view_value(snapshot, row, view->axis[1]), counts, within};
        view->points_within += within;
    }
    const struct pin *narrowest =
        view->points_within == 0 ? find_narrowest(&limits, snapshot) : NULL;
    view->narrowest = narrowest ? *narrowest : (struct pin){0};
    view->points = snapshot->rows;
    view->points_hash = hash;
}
