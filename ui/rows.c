/* The table's rows: which are listed, and in which order. They are found anew only when what they
 * follow from has changed: a key that moves through a hundred thousand of them sorts nothing. */
#include "view.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t view_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < size; i++) /* FNV-1a */
        hash = (hash ^ byte[i]) * 0x100000001b3u;
    return hash;
}

uint64_t view_hash_pins(uint64_t hash, const struct pins *pins)
{
    hash = view_hash(hash, &pins->count, sizeof pins->count);
    for (size_t i = 0; i < pins->count; i++) {
        const struct pin *pin = &pins->pin[i];
        int side = (int)pin->objective * 4 + pin->at_least * 2 + pin->enabled;
        hash = view_hash(hash, &side, sizeof side);
        hash = view_hash(hash, &pin->limit, sizeof pin->limit);
    }
    return hash;
}

uint64_t view_rows_hash(const struct snapshot *snapshot)
{
    const struct estimate *e = &snapshot->estimate;
    const double line[] = {e->weight, e->x, e->y, e->xx, e->xy, e->yy};
    uint64_t hash = 0xcbf29ce484222325u;
    hash = view_hash(hash, &snapshot->archive, sizeof snapshot->archive);
    hash = view_hash(hash, &snapshot->rows, sizeof snapshot->rows);
    return view_hash(hash, line, sizeof line);
}

static uint64_t list_hash(const struct view *view, const struct snapshot *snapshot)
{
    const int how[] = {view->everything, view->within_error, view->sort,
                       view->backwards,  (int)view->others,  (int)snapshot->objectives[0]};
    uint64_t hash = view_rows_hash(snapshot);
    hash = view_hash(hash, how, sizeof how);
    hash = view_hash(hash, snapshot->front, snapshot->fronts * sizeof *snapshot->front);
    hash = view_hash(hash, &snapshot->fronts, sizeof snapshot->fronts);
    hash = view_hash(hash, &snapshot->baselines, sizeof snapshot->baselines);
    hash = view_hash(hash, &snapshot->baseline_rows, sizeof snapshot->baseline_rows);
    for (size_t i = 0; i < snapshot->overlays; i++) {
        const struct run_overlay *overlay = &snapshot->overlay[i];
        hash = view_hash(hash, &overlay->archive, sizeof overlay->archive);
        hash = view_hash(hash, overlay->front, overlay->fronts * sizeof *overlay->front);
    }
    hash = view_hash_pins(hash, &snapshot->pins);
    return view_hash_pins(hash, &view->filter);
}

/* Room for one more id behind those listed; false: no memory. */
static bool add(struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    const struct row *row = view_row(snapshot, id);
    if (!row || !view_counts(snapshot, id) ||
        row_violation(row, &view->filter, &snapshot->estimate) > 0)
        return true;
    if (memory_reserve(&view->row, &view->capacity, view->rows + 1, sizeof *view->row, NULL))
        return false;
    view->row[view->rows++] = id;
    return true;
}

static bool add_others(struct view *view, const struct snapshot *snapshot)
{
    bool room = true;
    for (size_t i = 0; room && i < snapshot->baseline_rows; i++)
        room = add(view, snapshot, BASELINE_IDS + (uint32_t)i);
    for (size_t k = 0; k < snapshot->overlays; k++)
        for (size_t i = 0; room && i < snapshot->overlay[k].fronts; i++)
            room = add(view, snapshot, overlay_id(k, snapshot->overlay[k].front[i]));
    return room;
}

static bool add_near(struct view *view, const struct snapshot *snapshot)
{
    uint32_t *near = NULL;
    size_t count = 0;
    bool room = !front_within_error(snapshot->archive, snapshot->rows, &snapshot->estimate,
                                    snapshot->objectives, snapshot->m, &snapshot->pins,
                                    snapshot->front, snapshot->fronts, &near, &count, NULL);
    view->near = room ? count : snapshot->fronts;
    for (size_t i = 0; room && i < count; i++)
        room = add(view, snapshot, near[i]);
    memory_free(near);
    return room;
}

static bool list_rows(struct view *view, const struct snapshot *snapshot)
{
    bool room = true;
    view->rows = 0;
    view->near = snapshot->fronts;
    if (view->everything)
        for (size_t i = 0; room && i < snapshot->rows; i++)
            room = add(view, snapshot, (uint32_t)i);
    else if (view->within_error)
        room = add_near(view, snapshot);
    else
        for (size_t i = 0; room && i < snapshot->fronts; i++)
            room = add(view, snapshot, snapshot->front[i]);
    return room && (view->others != OTHERS_LISTED || add_others(view, snapshot));
}

struct item {
    double key; /* ascending; the unmeasured come last, whatever the direction */
    uint32_t id;
};

static int compare_items(const void *left, const void *right)
{
    const struct item *a = left, *b = right;
    if (isnan(a->key) || isnan(b->key)) {
        if (isnan(a->key) != isnan(b->key))
            return isnan(a->key) ? 1 : -1;
    } else if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->id < b->id ? -1 : a->id > b->id;
}

static bool sort_rows(struct view *view, const struct snapshot *snapshot)
{
    int column = view->sort < 0 ? (int)snapshot->objectives[0] : view->sort;
    bool descending = column_best_is_high(column) != view->backwards;
    struct item *item = memory_new(view->rows, sizeof *item, NULL);
    if (!item)
        return false;
    for (size_t i = 0; i < view->rows; i++) {
        double value = column_value(snapshot, view_row(snapshot, view->row[i]), column);
        item[i] = (struct item){descending ? -value : value, view->row[i]};
    }
    qsort(item, view->rows, sizeof *item, compare_items);
    for (size_t i = 0; i < view->rows; i++)
        view->row[i] = item[i].id;
    memory_free(item);
    return true;
}

void view_refresh_rows(struct view *view, const struct snapshot *snapshot)
{
    uint64_t hash = list_hash(view, snapshot);
    if (view->listed && hash == view->list_hash)
        return;
    view->listed = list_rows(view, snapshot) && sort_rows(view, snapshot);
    view->list_hash = hash;
    if (!view->listed)
        view->rows = 0; /* no memory: an empty table, and the next refresh tries again */
}
