/* The ranges of the plot's axes: they grow with what comes, and do not shrink while one looks. */
#include "view.h"

#include <math.h>

/* The rows of the search, then those of pruning methods. */
static double plotted(const struct snapshot *snapshot, size_t index, enum objective objective)
{
    const struct row *row = index < snapshot->rows
                                ? archive_row(snapshot->archive, index)
                                : archive_row(snapshot->baselines, index - snapshot->rows);
    return view_value(snapshot, row, objective);
}

void view_fit(struct view *view, const struct snapshot *snapshot, int axis)
{
    struct view_range *range = &view->range[axis];
    enum objective objective = view->axis[axis];
    double lo = INFINITY, hi = -INFINITY;
    for (size_t i = 0; i < snapshot->rows + snapshot->baseline_rows; i++) {
        double value = plotted(snapshot, i, objective);
        if (isfinite(value) && (value > 0 || !view->log[axis])) {
            lo = fmin(lo, value);
            hi = fmax(hi, value);
        }
    }
    *range = (struct view_range){0};
    if (lo > hi)
        return;
    double pad = hi > lo ? (hi - lo) * 0.06 : hi != 0 ? fabs(hi) * 0.05 : 0.5;
    range->lo = lo - pad <= 0 && lo >= 0 ? lo / (view->log[axis] ? 1.1 : 2) : lo - pad;
    range->hi = hi + pad;
    range->known = range->hi > range->lo && isfinite(range->lo) && isfinite(range->hi);
}

static void refresh_range(struct view *view, const struct snapshot *snapshot, int axis)
{
    struct view_range *range = &view->range[axis];
    if (range->held)
        return;
    bool outside = !range->known;
    for (size_t i = 0; !outside && i < snapshot->rows + snapshot->baseline_rows; i++) {
        double value = plotted(snapshot, i, view->axis[axis]);
        outside = isfinite(value) && (value < range->lo || value > range->hi) &&
                  (value > 0 || !view->log[axis]);
    }
    if (outside) {
        struct view_range old = *range;
        view_fit(view, snapshot, axis);
        if (old.known && range->known) { /* only outwards: what is on the screen stays there */
            range->lo = fmin(range->lo, old.lo);
            range->hi = fmax(range->hi, old.hi);
        }
    }
}

void view_refresh_axes(struct view *view, const struct snapshot *snapshot)
{
    if (!view->axes_known && snapshot->m >= 2) {
        view->axis[0] = snapshot->objectives[1];
        view->axis[1] = snapshot->objectives[0];
        view->axes_known = true;
    }
    refresh_range(view, snapshot, 0);
    refresh_range(view, snapshot, 1);
}
