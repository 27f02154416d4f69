/* Actions on the front: moving, sorting, marking, pausing, leaving. */
#include "actions.h"
#include "pages.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- moving ---- */

static void select_row(struct view *view, uint32_t id)
{
    view->selected = id;
    view->chosen = true;
}

static void move(struct view *view, long by)
{
    size_t at = view_position(view, view->selected);
    if (!view->rows)
        return;
    long to = at == SIZE_MAX ? 0 : (long)at + by;
    to = to < 0 ? 0 : to >= (long)view->rows ? (long)view->rows - 1 : to;
    select_row(view, view->row[to]);
}

void action_network_previous(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    move(view, -1);
}

void action_network_next(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    move(view, 1);
}

/* Where a network is on the x axis. */
static double along(const struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    return id < view->points ? view->point[id].x
                             : view_value(snapshot, view_row(snapshot, id), view->axis[0]);
}

/* The listed row that follows the selected one along the x axis; equal values go by id. */
static void move_along(struct view *view, const struct snapshot *snapshot, int direction)
{
    uint32_t best = NO_ROW;
    double best_gap = INFINITY;
    double start = view->rows ? along(view, snapshot, view->selected) : 0;
    for (size_t i = 0; i < view->rows; i++) {
        uint32_t id = view->row[i];
        double gap = (along(view, snapshot, id) - start) * direction;
        bool beyond =
            gap > 0 || (gap == 0 && (direction > 0 ? id > view->selected : id < view->selected));
        bool nearer =
            gap < best_gap || (gap == best_gap && (direction > 0 ? id < best : id > best));
        if (beyond && nearer) {
            best = id;
            best_gap = gap;
        }
    }
    if (best != NO_ROW)
        select_row(view, best);
}

void front_move(struct view *view, const struct snapshot *snapshot, enum ui_move to)
{
    static const int rows[] = {
        [MOVE_UP] = -1, [MOVE_DOWN] = 1, [MOVE_PAGE_UP] = -10, [MOVE_PAGE_DOWN] = 10};
    if (to == MOVE_LEFT || to == MOVE_RIGHT)
        move_along(view, snapshot, to == MOVE_LEFT ? -1 : 1);
    else if (to == MOVE_FIRST || to == MOVE_LAST)
        move(view, to == MOVE_FIRST ? -(long)view->rows : (long)view->rows);
    else
        move(view, rows[to]);
}

void view_select(struct view *view, const struct snapshot *snapshot, uint32_t id)
{
    char key[16];
    select_row(view, id);
    if (view_position(view, id) != SIZE_MAX)
        return;
    bool front = view_on_front(snapshot, id);
    if (row_violation(view_row(snapshot, id), &view->filter, &snapshot->estimate) > 0) {
        view->filter.count = 0;
        view->filter_text[0] = '\0';
        view_say(view, COLOUR_FAINT, "it does not pass the filter, which is dropped");
    }
    if (id >= BASELINE_IDS) {
        view->others = OTHERS_LISTED;
        view_say(view, COLOUR_FAINT, "not in the list before; %s lists the run's own alone",
                 keymap_key_name(&view->keymap, action_others, key, sizeof key));
        return;
    }
    if (front)
        return;
    view->everything = true;
    view_say(view, COLOUR_FAINT, "not on the front: all are listed now; %s lists the front alone",
             keymap_key_name(&view->keymap, action_everything, key, sizeof key));
}

void action_knee(struct view *view, const struct snapshot *snapshot)
{
    if (snapshot->knee >= snapshot->fronts) {
        view_say(view, COLOUR_FAINT, "there is no front yet");
        return;
    }
    view_select(view, snapshot, snapshot->front[snapshot->knee]);
    if (snapshot->knee_few)
        view_say(view, COLOUR_FAINT,
                 "fewer than three networks clearly above chance: no knee, this is the best by %s",
                 objective_table[snapshot->objectives[0]].name);
    view->chosen = false; /* the knee moves, and the selection with it */
}

void action_best(struct view *view, const struct snapshot *snapshot)
{
    uint32_t best = NO_ROW;
    double least = INFINITY;
    for (size_t i = 0; i < snapshot->fronts; i++) {
        const struct row *row = view_row(snapshot, snapshot->front[i]);
        double cost = objective_cost(snapshot->objectives[0],
                                     view_value(snapshot, row, snapshot->objectives[0]));
        if (cost < least) {
            least = cost;
            best = row->id;
        }
    }
    if (best == NO_ROW)
        view_say(view, COLOUR_FAINT, "there is no front yet");
    else
        view_select(view, snapshot, best);
}

void action_base(struct view *view, const struct snapshot *snapshot)
{
    if (snapshot->base < snapshot->rows)
        view_select(view, snapshot, snapshot->base);
    else
        view_say(view, COLOUR_FAINT, "the base is not evaluated yet");
}

/* ---- the table ---- */

void action_sort(struct view *view, const struct snapshot *snapshot)
{
    int column = view->sort < 0 ? (int)snapshot->objectives[0] : view->sort;
    do
        column = (column + 1) % COLUMNS;
    while (!view_has_column(view, snapshot, column));
    view->sort = column;
    view->backwards = false;
    view_say(view, COLOUR_FAINT, "sorted by %s", column_name(column));
}

void action_reverse(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->backwards = !view->backwards;
}

void action_everything(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->everything = !view->everything;
    view->within_error = false;
    view_say(view, COLOUR_FAINT,
             view->everything ? "every network evaluated is listed" : "the front is listed");
}

void action_within(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->within_error = !view->within_error;
    view->everything = false;
    view_say(view, COLOUR_FAINT,
             view->within_error ? "the front and what is within one standard error of it are listed"
                                : "the front is listed");
}

/* Networks of pruning methods and other fronts: in the plot alone, in the list too, nowhere. */
void action_others(struct view *view, const struct snapshot *snapshot)
{
    static const char *const said[] = {
        [OTHERS_DRAWN] = "pruned networks and other fronts are drawn, not listed",
        [OTHERS_LISTED] = "pruned networks and other fronts are listed, too",
        [OTHERS_HIDDEN] = "the run's own networks alone"};
    if (!snapshot->baseline_rows && !snapshot->overlays) {
        view_say(view, COLOUR_FAINT,
                 "nothing to lay over the front; paretop baselines DIR makes pruned networks");
        return;
    }
    view->others = (enum view_others)((view->others + 1) % 3);
    view_say(view, COLOUR_FAINT, "%s", said[view->others]);
}

void action_mark(struct view *view, const struct snapshot *snapshot)
{
    char key[16];
    (void)snapshot;
    if (view->selected == NO_ROW)
        return;
    for (size_t i = 0; i < view->marks; i++)
        if (view->mark[i] == view->selected) {
            view->marks--; /* the others stay in the order of marking */
            memmove(view->mark + i, view->mark + i + 1, (view->marks - i) * sizeof *view->mark);
            return;
        }
    if (view->marks < VIEW_MARKS)
        view->mark[view->marks++] = view->selected;
    else
        view_say(view, COLOUR_BAD, "%d networks are marked already; %s removes the marks",
                 VIEW_MARKS, keymap_key_name(&view->keymap, action_unmark, key, sizeof key));
}

void action_unmark(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->marks = 0;
}

void action_yank(struct view *view, const struct snapshot *snapshot)
{
    const struct row *row = view_row(snapshot, view->selected);
    struct error error = {0};
    char path[600], text[ARCH_CODE_TEXT + 1];
    if (!row) {
        view_say(view, COLOUR_FAINT, "no network is selected");
        return;
    }
    snprintf(path, sizeof path, "%s/code.txt", snapshot->run_path);
    snprintf(text, sizeof text, "%s\n", row->code.text);
    bool clipboard = view->settings.value[SETTING_CLIPBOARD] == 1;
    if (clipboard)
        snprintf(view->clipboard, sizeof view->clipboard, "%s", row->code.text);
    if (view->port->save(view->port->context, path, text, &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else
        view_say(view, COLOUR_GOOD, "%s  in %s%s", row->code.text, path,
                 clipboard ? ", and on the clipboard" : "");
}

/* ---- the run, and leaving ---- */

void action_pause(struct view *view, const struct snapshot *snapshot)
{
    struct error error = {0};
    char key[16];
    bool paused = snapshot->phase == RUN_PAUSED;
    if (!snapshot_running(snapshot)) {
        view_say(view, COLOUR_FAINT, "the search has ended");
        return;
    }
    if (view->port->request(view->port->context, paused ? "continue" : "pause", "", &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else if (paused)
        view_say(view, COLOUR_GOOD, "the search goes on");
    else
        view_say(view, COLOUR_GOOD, "pausing; %s again lets it go on",
                 keymap_key_name(&view->keymap, action_pause, key, sizeof key));
}

void action_repaint(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->repaint = true;
}

/* Where the terminal turns the key into a signal, that does the same. */
void action_suspend(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->suspend = true;
}

void action_quit(struct view *view, const struct snapshot *snapshot)
{
    if (snapshot_running(snapshot))
        view->mode = UI_MODE_QUIT;
    else
        view->leave = true;
}

void action_leave(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->leave = true;
}

/* Leaving stops one's own search anyway. A watcher stays and sees it end. */
void action_stop(struct view *view, const struct snapshot *snapshot)
{
    struct error error = {0};
    if (!snapshot->watched) {
        view->leave = true;
        return;
    }
    view->mode = UI_MODE_VIEW;
    if (view->port->request(view->port->context, "stop", "", &error))
        view_say(view, COLOUR_BAD, "%s", error.message);
    else
        view_say(view, COLOUR_GOOD, "asked the search to stop");
}

void action_stay(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    view->mode = UI_MODE_VIEW;
}

bool front_back(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    if (*view->find.text) {
        view->find = (struct view_find){0};
    } else if (view->filter.count) {
        view->filter.count = 0;
        view->filter_text[0] = '\0';
    } else if (view->range[0].held || view->range[1].held) {
        view->range[0] = view->range[1] = (struct view_range){0};
    } else {
        return false;
    }
    return true;
}

void action_back(struct view *view, const struct snapshot *snapshot)
{
    const struct page *page = &page_table[view->page];
    if (view->mode != UI_MODE_VIEW)
        view->mode = UI_MODE_VIEW;
    else if (!page->back || !page->back(view, snapshot))
        view->page = PAGE_FRONT;
}
