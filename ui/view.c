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
    view->attempt.tokens = TRY_TOKENS;
    keymap_init(&view->keymap);
    settings_init(&view->settings);
}

void view_release(struct view *view)
{
    memory_free(view->row);
    memory_free(view->point);
    view->point = NULL;
    view->points = view->points_capacity = 0;
    view->points_hash = 0;
    view->listed = false;
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
    view->notice_time = view->now;
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

/* ---- what is selected ---- */

/* The row of the table that is nearest to a row that has left it, along the x axis. */
static uint32_t nearest(const struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    const struct row *lost = view_row(snapshot, id);
    uint32_t best = view->row[0];
    double least = INFINITY;
    for (size_t i = 0; lost && i < view->rows; i++) {
        const struct row *row = view_row(snapshot, view->row[i]);
        double distance = fabs(view_value(snapshot, row, view->axis[0]) -
                               view_value(snapshot, lost, view->axis[0]));
        if (distance < least) {
            least = distance;
            best = view->row[i];
        }
    }
    return best;
}

static void refresh_selected(struct view *view, const struct snapshot *snapshot)
{
    view->selected = view_counting(snapshot, view->selected);
    size_t marks = 0;
    for (size_t i = 0; i < view->marks; i++) {
        view->mark[i] = view_counting(snapshot, view->mark[i]);
        if (view_row(snapshot, view->mark[i])) /* an overlay may have gone */
            view->mark[marks++] = view->mark[i];
    }
    view->marks = marks;
    if (!view->rows) {
        view->selected = NO_ROW;
        return;
    }
    bool listed = view_position(view, view->selected) != SIZE_MAX;
    bool due = !listed || snapshot->rows >= 2 * view->knee_rows || !snapshot_running(snapshot);
    if (!view->chosen && due && snapshot->knee < snapshot->fronts &&
        view_position(view, snapshot->front[snapshot->knee]) != SIZE_MAX) {
        view->selected = snapshot->front[snapshot->knee];
        view->knee_rows = snapshot->rows;
    } else if (!listed) {
        view->selected = nearest(view, snapshot, view->selected);
    }
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
        if (view->mode == UI_MODE_VIEW) {
            view->mode = UI_MODE_RESULT;
            view->notice[0] = '\0'; /* that it is being written */
        } else
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
    while (at < count && !pins_same_side(&pins[at], &view->pin_at))
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

static void refresh_message(struct view *view, const struct snapshot *snapshot)
{
    if (!strcmp(view->message, snapshot->message))
        return;
    snprintf(view->message, sizeof view->message, "%s", snapshot->message);
    view->message_time = view->now;
    view->message_read = false;
}

void view_refresh(struct view *view, const struct snapshot *snapshot)
{
    refresh_activity(view, snapshot);
    refresh_answer(view, snapshot);
    draft_refresh(view, snapshot);
    refresh_message(view, snapshot);
    view_news_refresh(view, snapshot);
    view_refresh_extents(view, snapshot);
    view_refresh_axes(view, snapshot);
    view_refresh_rows(view, snapshot);
    refresh_selected(view, snapshot);
    refresh_extract(view, snapshot);
    refresh_pin_list(view, snapshot);
    view_refresh_points(view, snapshot);
    if (page_table[view->page].refresh)
        page_table[view->page].refresh(view, snapshot);
}

/* ---- keys ---- */

void view_touched(struct view *view, const struct snapshot *snapshot)
{
    view->notice[0] = '\0';
    view->message_read = true;
    view->keys++;
    view_news_key(view, snapshot);
}

void view_key(struct view *view, const struct snapshot *snapshot, int key)
{
    const struct ui_key *entry = NULL;
    if (view->mode == UI_MODE_VIEW)
        entry = keymap_find(&view->keymap, (enum ui_mode)(UI_MODE_FRONT + view->page), key);
    if (!entry)
        entry = keymap_find(&view->keymap, view->mode, key);
    view_touched(view, snapshot);
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
