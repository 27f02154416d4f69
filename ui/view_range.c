/* The ranges of the plot's axes: they grow with what comes, when the front does, and do not shrink
 * while one looks. */
#include "view.h"

#include <math.h>

/* Of what the plot shows: the rows of the search, those of pruning methods, other fronts. */
static struct view_span plotted(const struct view *view, const struct snapshot *snapshot,
                                enum objective objective)
{
    struct view_span span = view_span(view, (int)objective);
    if (view->others == OTHERS_HIDDEN)
        return span;
    for (size_t i = 0; i < snapshot->baseline_rows; i++)
        view_span_add(&span, view_value(snapshot, archive_row(snapshot->baselines, i), objective));
    for (size_t k = 0; k < snapshot->overlays; k++)
        for (size_t i = 0; i < snapshot->overlay[k].fronts; i++) {
            const struct row *row =
                view_row(snapshot, overlay_id(k, snapshot->overlay[k].front[i]));
            if (row)
                view_span_add(&span, view_value(snapshot, row, objective));
        }
    return span;
}

void view_fit(struct view *view, const struct snapshot *snapshot, int axis)
{
    struct view_range *range = &view->range[axis];
    struct view_span span = plotted(view, snapshot, view->axis[axis]);
    double lo = view->log[axis] ? span.positive : span.least, hi = span.most;
    *range = (struct view_range){0};
    if (lo > hi)
        return;
    double pad = hi > lo ? (hi - lo) * 0.06 : hi != 0 ? fabs(hi) * 0.05 : 0.5;
    range->lo = lo - pad <= 0 && lo >= 0 ? lo / (view->log[axis] ? 1.1 : 2) : lo - pad;
    range->hi = hi + pad;
    range->known = range->hi > range->lo && isfinite(range->lo) && isfinite(range->hi);
}

#define ROOM 0.25 /* of the range, where it grows: the next point beyond moves nothing again */

static double grown(double to, double from, double width)
{
    double end = width > 0 ? fmax(to, from + ROOM * width) : fmin(to, from + ROOM * width);
    if (width > 0 ? to <= from : to >= from)
        return from; /* this end stays */
    return from > 0 && end <= 0 ? fmin(to, from / 2) : end;
}

static void refresh_range(struct view *view, const struct snapshot *snapshot, int axis)
{
    struct view_range *range = &view->range[axis];
    if (range->held)
        return;
    struct view_span span = plotted(view, snapshot, view->axis[axis]);
    double lo = view->log[axis] ? span.positive : span.least;
    if (range->known && (lo > span.most || (lo >= range->lo && span.most <= range->hi)))
        return;
    struct view_range old = *range;
    view_fit(view, snapshot, axis);
    if (old.known && range->known) { /* only outwards: what is on the screen stays there */
        range->lo = fmin(grown(range->lo, old.lo, old.lo - old.hi), old.lo);
        range->hi = fmax(grown(range->hi, old.hi, old.hi - old.lo), old.hi);
    }
}

/* Other fronts come and grow while the search's own stays. */
static uint64_t others_hash(const struct view *view, const struct snapshot *snapshot)
{
    uint64_t hash = view_hash(0xcbf29ce484222325u, &view->others, sizeof view->others);
    for (size_t i = 0; i < snapshot->overlays; i++) {
        const struct run_overlay *overlay = &snapshot->overlay[i];
        hash = view_hash(hash, &overlay->archive, sizeof overlay->archive);
        hash = view_hash(hash, &overlay->rows, sizeof overlay->rows);
    }
    return hash;
}

void view_refresh_axes(struct view *view, const struct snapshot *snapshot)
{
    if (!view->axes_known && snapshot->m >= 2) {
        view->axis[0] = snapshot->objectives[1];
        view->axis[1] = snapshot->objectives[0];
        view->axes_known = true;
    }
    uint64_t others = others_hash(view, snapshot);
    bool grow = view->settled != snapshot->settled || view->ranged != others;
    for (int axis = 0; axis < 2; axis++)
        if (grow || !view->range[axis].known)
            refresh_range(view, snapshot, axis);
    view->settled = snapshot->settled;
    view->ranged = others;
}
