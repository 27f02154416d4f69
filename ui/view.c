/* The view's state and how it follows snapshots. Invariants after view_refresh: `selected` is a
 * row of the table or NO_ROW when the table is empty; each known range is finite, lo < hi. */
#include "view.h"

#include "actions.h"

#include "base/memory.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void view_init(struct view *view, const struct view_port *port, enum glyphs richest)
{
    *view = (struct view){.port = port,
                          .glyphs = richest,
                          .richest = richest,
                          .best = richest,
                          .sort = -1,
                          .selected = NO_ROW,
                          .compare.other = NO_ROW,
                          .activity = -1};
    keymap_init(&view->keymap);
    settings_init(&view->settings);
}

void view_release(struct view *view)
{
    memory_free(view->row);
    view->row = NULL;
    view->rows = view->capacity = 0;
    memory_free(view->undo.step);
    view->undo = (struct undo){0};
}

void view_say(struct view *view, enum colour colour, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(view->notice, sizeof view->notice, format, arguments);
    va_end(arguments);
    view->notice_colour = colour;
}

const struct row *view_row(const struct snapshot *snapshot, uint32_t id)
{
    return id < snapshot->rows ? archive_row(snapshot->archive, id) : NULL;
}

uint32_t view_find(const struct snapshot *snapshot, const struct arch_code *code)
{
    for (size_t i = 0; i < snapshot->rows; i++)
        if (arch_code_equal(&archive_row(snapshot->archive, i)->code, code))
            return (uint32_t)archive_counting(snapshot->archive, i, snapshot->rows);
    return NO_ROW;
}

bool view_counts(const struct snapshot *snapshot, uint32_t id)
{
    return !archive_superseded(snapshot->archive, id, snapshot->rows);
}

size_t view_position(const struct view *view, uint32_t id)
{
    for (size_t i = 0; i < view->rows; i++)
        if (view->row[i] == id)
            return i;
    return SIZE_MAX;
}

bool view_marked(const struct view *view, uint32_t id)
{
    for (size_t i = 0; i < view->marks; i++)
        if (view->mark[i] == id)
            return true;
    return false;
}

bool view_on_front(const struct snapshot *snapshot, uint32_t id)
{
    for (size_t i = 0; i < snapshot->fronts; i++)
        if (snapshot->front[i] == id)
            return true;
    return false;
}

static bool same_limit(const struct pin *a, const struct pin *b)
{
    return a->objective == b->objective && a->at_least == b->at_least && a->limit == b->limit;
}

size_t view_pins(const struct view *view, const struct snapshot *snapshot,
                 struct pin pins[VIEW_PINS])
{
    size_t count = 0;
    for (size_t i = 0; i < snapshot->pins.count; i++) {
        bool off = !snapshot->pins.pin[i].enabled;
        for (size_t k = 0; k < view->off.count; k++)
            off |= same_limit(&view->off.pin[k], &snapshot->pins.pin[i]);
        if (!off)
            pins[count++] = snapshot->pins.pin[i];
    }
    for (size_t i = 0; i < view->off.count; i++) {
        pins[count] = view->off.pin[i];
        pins[count++].enabled = false;
    }
    return count;
}

size_t view_pins_drawn(const struct view *view, const struct snapshot *snapshot,
                       struct pin pins[VIEW_PINS])
{
    size_t count = view_pins(view, snapshot, pins);
    for (size_t i = 0; view->drafting && i < count; i++)
        if (pins[i].objective == view->draft.objective && pins[i].at_least == view->draft.at_least)
            pins[i] = view->draft;
    return count;
}

void view_forget_off(struct view *view, const struct pin *pin)
{
    size_t kept = 0;
    for (size_t i = 0; i < view->off.count; i++)
        if (view->off.pin[i].objective != pin->objective ||
            view->off.pin[i].at_least != pin->at_least)
            view->off.pin[kept++] = view->off.pin[i];
    view->off.count = kept;
}

double view_error(const struct snapshot *snapshot, const struct row *row, enum objective objective)
{
    size_t n = snapshot->questions[objective];
    double share = row->value[objective];
    if (objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_EST)
        return row_error(row, objective, &snapshot->estimate);
    return n > 1 ? sqrt(share * (1 - share) / (double)(n - 1)) : NAN; /* as task_reduce has it */
}

bool snapshot_running(const struct snapshot *snapshot)
{
    return snapshot->phase != RUN_FINISHED && snapshot->phase != RUN_FAILED &&
           snapshot->phase != RUN_ABANDONED;
}

double view_value(const struct snapshot *snapshot, const struct row *row, enum objective objective)
{
    return row_value(row, objective, &snapshot->estimate);
}

double column_value(const struct snapshot *snapshot, const struct row *row, int column)
{
    if (column < OBJECTIVES)
        return view_value(snapshot, row, (enum objective)column);
    if (column == COLUMN_ERROR)
        return row->standard_error;
    if (column == COLUMN_EST_ERROR)
        return view_error(snapshot, row, OBJECTIVE_ACC_EST);
    if (column == COLUMN_ID)
        return row->id;
    if (column == COLUMN_GENERATION)
        return row->generation;
    double layers = 0;
    for (const char *c = row->code.text; *c; c++)
        layers += arch_keeps_layer(*c);
    return layers;
}

bool column_measured(const struct snapshot *snapshot, int column)
{
    if (column == COLUMN_ERROR)
        return snapshot->measured[OBJECTIVE_ACC];
    if (column == COLUMN_EST_ERROR)
        return snapshot->measured[OBJECTIVE_ACC_EST];
    return column >= OBJECTIVES || snapshot->measured[column];
}

bool column_best_is_high(int column)
{
    return column < OBJECTIVES ? objective_table[column].maximise : column == COLUMN_LAYERS;
}

const char *column_name(int column)
{
    static const char *const names[] = {"standard error", "standard error of acc_est", "layers",
                                        "id", "generation"};
    return column < OBJECTIVES ? objective_table[column].name : names[column - OBJECTIVES];
}

/* ---- the table's rows ---- */

struct order {
    const struct snapshot *snapshot;
    int column;
    bool descending;
};

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct order *order = context;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    double x =
        column_value(order->snapshot, archive_row(order->snapshot->archive, a), order->column);
    double y =
        column_value(order->snapshot, archive_row(order->snapshot->archive, b), order->column);
    if (isnan(x) || isnan(y)) {
        if (isnan(x) != isnan(y))
            return isnan(x) ? 1 : -1; /* the unmeasured come last, whatever the direction */
    } else if (x != y) {
        return (x < y) != order->descending ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

/* What the table may list before the filter; allocated by this function or NULL: every row. */
static size_t find_listed(struct view *view, const struct snapshot *snapshot, uint32_t **id)
{
    size_t count = snapshot->fronts;
    *id = NULL;
    view->near = count;
    if (view->everything)
        return snapshot->rows;
    if (view->within_error &&
        front_within_error(snapshot->archive, snapshot->rows, &snapshot->estimate,
                           snapshot->objectives, snapshot->m, &snapshot->pins, snapshot->front,
                           snapshot->fronts, id, &count, NULL) == STATUS_OK)
        view->near = count;
    return view->near;
}

static void refresh_rows(struct view *view, const struct snapshot *snapshot)
{
    uint32_t *near;
    size_t count = find_listed(view, snapshot, &near);
    const uint32_t *listed = near != NULL ? near : snapshot->front;
    view->rows = 0;
    if (memory_reserve(&view->row, &view->capacity, count ? count : 1, sizeof *view->row, NULL))
        count = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t id = view->everything ? (uint32_t)i : listed[i];
        const struct row *row = view_row(snapshot, id);
        if (row && view_counts(snapshot, id) &&
            row_violation(row, &view->filter, &snapshot->estimate) <= 0)
            view->row[view->rows++] = id;
    }
    memory_free(near);
    int column = view->sort < 0 ? (int)snapshot->objectives[0] : view->sort;
    struct order order = {snapshot, column, column_best_is_high(column) != view->backwards};
    if (view->rows > 0) /* without memory there is no array to sort */
        qsort_r(view->row, view->rows, sizeof *view->row, compare_rows, &order);
}

/* The row of the table that is nearest to a row that has left it, along the x axis. */
static uint32_t nearest(const struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    const struct row *lost = view_row(snapshot, id);
    uint32_t best = view->row[0];
    double least = INFINITY;
    for (size_t i = 0; lost && i < view->rows; i++) {
        const struct row *row = archive_row(snapshot->archive, view->row[i]);
        double distance = fabs(view_value(snapshot, row, view->axis[0]) -
                               view_value(snapshot, lost, view->axis[0]));
        if (distance < least) {
            least = distance;
            best = view->row[i];
        }
    }
    return best;
}

/* The same network, by the row that counts now. */
static void follow(uint32_t *id, const struct snapshot *snapshot)
{
    if (*id < snapshot->rows)
        *id = (uint32_t)archive_counting(snapshot->archive, *id, snapshot->rows);
}

static void refresh_selected(struct view *view, const struct snapshot *snapshot)
{
    follow(&view->selected, snapshot);
    for (size_t i = 0; i < view->marks; i++)
        follow(&view->mark[i], snapshot);
    if (!view->rows) {
        view->selected = NO_ROW;
        return;
    }
    if (!view->chosen && snapshot->knee < snapshot->fronts &&
        view_position(view, snapshot->front[snapshot->knee]) != SIZE_MAX) {
        view->selected = snapshot->front[snapshot->knee];
        return;
    }
    if (view_position(view, view->selected) == SIZE_MAX)
        view->selected = nearest(view, snapshot, view->selected);
}

/* ---- what comes from the run ---- */

#define ACTIVITY_SECONDS 15

/* An extraction has ended: its result is shown unless the user is busy with something else. */
static void refresh_extract(struct view *view, const struct snapshot *snapshot)
{
    bool ended = snapshot->extract == EXTRACT_DONE || snapshot->extract == EXTRACT_FAILED;
    if (view->extract_asked) {
        if (snapshot == view->extract_asked && snapshot->extract == view->extract_seen)
            return;
        view->extract_asked = NULL;
        view->extract_seen = EXTRACT_RUNNING; /* it may have ended between two snapshots */
    }
    if (ended && view->extract_seen != snapshot->extract) {
        if (view->mode == UI_MODE_VIEW)
            view->mode = UI_MODE_RESULT;
        else
            view_say(view, snapshot->extract == EXTRACT_DONE ? COLOUR_GOOD : COLOUR_BAD, "%s",
                     snapshot->extract_message);
    }
    view->extract_seen = snapshot->extract;
}

/* The cursor of the list of pins stays on its pin, also on one that the run is yet to answer for;
 * a list that has become empty closes. */
static void refresh_pin_list(struct view *view, const struct snapshot *snapshot)
{
    struct pin pins[VIEW_PINS];
    if (view->mode != UI_MODE_PINS && view->mode != UI_MODE_NUDGE)
        return;
    size_t count = view_pins(view, snapshot, pins), at = 0;
    while (at < count && (pins[at].objective != view->pin_at.objective ||
                          pins[at].at_least != view->pin_at.at_least))
        at++;
    if (at < count) {
        view->pin_position = at;
        return;
    }
    view->drafting = false;
    if (view->pin_position >= count)
        view->pin_position = count ? count - 1 : 0;
    if (count == 0)
        view->mode = UI_MODE_VIEW;
}

/* What becomes of the run takes the place of the answer to a key: its end, and that a watcher let a
 * paused one go on. Of a watched run an answer takes the place of "asked for". */
static void refresh_answer(struct view *view, const struct snapshot *snapshot)
{
    bool gone = !snapshot_running(snapshot), paused = snapshot->phase == RUN_PAUSED;
    if (gone != view->gone || (view->paused && !paused && !snapshot->watched))
        view->notice[0] = '\0';
    view->gone = gone;
    view->paused = paused;
    if (view->answers == snapshot->answers)
        return;
    view->answers = snapshot->answers;
    view_say(view, snapshot->refused ? COLOUR_BAD : COLOUR_GOOD, "%s", snapshot->answer);
}

/* Progress of a network is worth the bytes when it takes long, and then not every second. */
static void refresh_activity(struct view *view, const struct snapshot *snapshot)
{
    bool other = !arch_code_equal(&view->activity_code, &snapshot->current);
    if (!other && view->now - view->activity_at < ACTIVITY_SECONDS)
        return;
    view->activity_code = snapshot->current;
    view->activity_at = view->now;
    view->activity = other ? -1 : snapshot->current_progress;
}

void view_refresh(struct view *view, const struct snapshot *snapshot)
{
    refresh_activity(view, snapshot);
    refresh_answer(view, snapshot);
    draft_refresh(view, snapshot);
    view_refresh_axes(view, snapshot);
    refresh_rows(view, snapshot);
    refresh_selected(view, snapshot);
    refresh_extract(view, snapshot);
    refresh_pin_list(view, snapshot);
    if (page_table[view->page].refresh)
        page_table[view->page].refresh(view, snapshot);
}

/* ---- keys ---- */

void view_key(struct view *view, const struct snapshot *snapshot, int key)
{
    const struct ui_key *entry = NULL;
    if (view->mode == UI_MODE_VIEW)
        entry = keymap_find(&view->keymap, (enum ui_mode)(UI_MODE_FRONT + view->page), key);
    if (!entry)
        entry = keymap_find(&view->keymap, view->mode, key);
    view->notice[0] = '\0';
    if (entry) {
        entry->act(view, snapshot);
    } else if (view->mode == UI_MODE_PROMPT || view->mode == UI_MODE_HELP) {
        if (field_key(&view->field, key)) {
            view->prompt_error.message[0] = '\0';
            view->scroll = 0;
        }
    } else if (view->mode == UI_MODE_EXTRACT) {
        if (field_key(&view->extract.path, key)) {
            view->extract.path_edited = true;
            view->extract.confirm = false;
            view->extract.error.message[0] = '\0';
        }
    } else if (view->mode == UI_MODE_REPLACE) {
        draft_replace(view, snapshot, key);
    } else if (view->mode == UI_MODE_VIEW) {
        char name[16], help[16];
        view_say(view, COLOUR_FAINT, "%s does nothing here; %s lists the keys",
                 ui_key_name(key, name, sizeof name),
                 keymap_key_name(&view->keymap, action_help, help, sizeof help));
    }
    view_refresh(view, snapshot);
}
