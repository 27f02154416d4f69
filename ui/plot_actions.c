/* Actions on the plot: which objectives are on its axes, and which part of them is seen. */
#include "actions.h"

#include <math.h>

static void next_axis(struct view *view, const struct snapshot *snapshot, int axis)
{
    enum objective objective = view->axis[axis];
    if (!view->axes_known)
        return;
    do
        objective = (enum objective)((objective + 1) % OBJECTIVES);
    while (!snapshot->measured[objective] || objective == view->axis[!axis]);
    view->axis[axis] = objective;
    view->log[axis] = false;
    view->range[axis] = (struct view_range){0};
}

void action_axis_x(struct view *view, const struct snapshot *snapshot)
{
    next_axis(view, snapshot, 0);
}

void action_axis_y(struct view *view, const struct snapshot *snapshot)
{
    next_axis(view, snapshot, 1);
}

static void toggle_log(struct view *view, int axis)
{
    view->log[axis] = !view->log[axis];
    view->range[axis] = (struct view_range){0};
}

void action_log_x(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    toggle_log(view, 0);
}

void action_log_y(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    toggle_log(view, 1);
}

/* Maps the range's ends through centre + (end - centre) * factor + shift * width, along the axis
 * as it is drawn; a result too narrow for doubles is refused. */
static void scale_range(struct view *view, int axis, double centre, double factor, double shift)
{
    struct view_range *range = &view->range[axis];
    if (!range->known)
        return;
    bool logarithmic = view->log[axis] && range->lo > 0;
    double lo = logarithmic ? log(range->lo) : range->lo;
    double hi = logarithmic ? log(range->hi) : range->hi;
    double middle = logarithmic ? log(centre) : centre;
    if (!isfinite(middle) || middle < lo || middle > hi)
        middle = (lo + hi) / 2;
    double width = (hi - lo) * shift;
    lo = middle + (lo - middle) * factor + width;
    hi = middle + (hi - middle) * factor + width;
    if (logarithmic) {
        lo = exp(lo);
        hi = exp(hi);
    }
    if (!isfinite(lo) || !isfinite(hi) || hi - lo < 1e-6 * fmax(fabs(hi), fabs(lo)) ||
        hi - lo > 1e15)
        return;
    range->lo = lo;
    range->hi = hi;
    range->held = true;
}

static void zoom(struct view *view, const struct snapshot *snapshot, double factor)
{
    const struct row *row = view_row(snapshot, view->selected);
    for (int axis = 0; axis < 2; axis++)
        scale_range(view, axis, row ? view_value(snapshot, row, view->axis[axis]) : NAN, factor, 0);
}

void action_zoom_in(struct view *view, const struct snapshot *snapshot)
{
    zoom(view, snapshot, 0.7);
}

void action_zoom_out(struct view *view, const struct snapshot *snapshot)
{
    zoom(view, snapshot, 1 / 0.7);
}

void action_pan_left(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    scale_range(view, 0, NAN, 1, -0.1);
}

void action_pan_right(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    scale_range(view, 0, NAN, 1, 0.1);
}

void action_pan_up(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    scale_range(view, 1, NAN, 1, 0.1);
}

void action_pan_down(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    scale_range(view, 1, NAN, 1, -0.1);
}

void action_fit(struct view *view, const struct snapshot *snapshot)
{
    view_fit(view, snapshot, 0);
    view_fit(view, snapshot, 1);
}

void action_dots(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    static const char *const names[GLYPHS] = {"braille dots", "half blocks", "plain characters"};
    view->glyphs = (enum glyphs)((view->glyphs + 1) % GLYPHS);
    if (view->glyphs < view->richest)
        view->glyphs = view->richest;
    view_say(view, COLOUR_FAINT, "drawn with %s", names[view->glyphs]);
}
