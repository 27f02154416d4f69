/* The least and the largest value of each column over all rows. Rows do not change, so only those
 * that came are looked at; acc_est follows from all rows, and is found anew when those have
 * changed. */
#include "view.h"

#include <math.h>

static const struct view_span nothing = {INFINITY, -INFINITY, INFINITY};

static void restart(struct view_extents *extents, const struct archive *archive)
{
    *extents = (struct view_extents){.archive = archive};
    for (int column = 0; column < COLUMNS; column++)
        extents->span[column] = nothing;
}

void view_span_add(struct view_span *span, double value)
{
    if (!isfinite(value))
        return;
    span->least = fmin(span->least, value);
    span->most = fmax(span->most, value);
    if (value > 0)
        span->positive = fmin(span->positive, value);
}

static void refresh_derived(struct view_extents *extents, const struct snapshot *snapshot)
{
    uint64_t hash = view_rows_hash(snapshot);
    if (hash == extents->derived)
        return;
    struct view_span span = nothing;
    for (size_t i = 0; i < snapshot->rows; i++)
        view_span_add(&span,
                      view_value(snapshot, archive_row(snapshot->archive, i), OBJECTIVE_ACC_EST));
    extents->span[OBJECTIVE_ACC_EST] = span;
    extents->derived = hash;
}

void view_refresh_extents(struct view *view, const struct snapshot *snapshot)
{
    struct view_extents *extents = &view->extents;
    if (extents->archive != snapshot->archive || extents->rows > snapshot->rows || !extents->rows)
        restart(extents, snapshot->archive);
    for (; extents->rows < snapshot->rows; extents->rows++) {
        const struct row *row = archive_row(snapshot->archive, extents->rows);
        for (int column = 0; column < COLUMNS; column++)
            view_span_add(&extents->span[column], column_value(snapshot, row, column));
    }
    if (snapshot->measured[OBJECTIVE_ACC_EST])
        refresh_derived(extents, snapshot);
}

struct view_span view_span(const struct view *view, int column)
{
    return view->extents.span[column];
}

bool view_has_column(const struct view *view, const struct snapshot *snapshot, int column)
{
    struct view_span span = view_span(view, column);
    return column_measured(snapshot, column) &&
           (column != COLUMN_QUESTIONS || span.least < span.most);
}
