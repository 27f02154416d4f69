/* What the status line says when nothing else is to be said: the next useful key. One row per
 * situation, the first that applies; `{}` is the name of the next action's key, so that it is right
 * whatever the keys are bound to, `{#}` the selected network. Where there is no room, parts behind
 * a semicolon are left out. */
#include "actions.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

#define HINT_KEYS 4

struct hint {
    bool (*applies)(const struct view *view, const struct snapshot *snapshot);
    const char *text;
    ui_action *act[HINT_KEYS];
};

static bool nudging(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->mode == UI_MODE_NUDGE;
}

static bool covered(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->mode != UI_MODE_VIEW; /* what lies there says its own keys */
}

static bool empty(const struct view *view, const struct snapshot *snapshot)
{
    (void)view;
    return snapshot->rows == 0;
}

static bool drafting(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->page == PAGE_ARCHITECTURE && *view->architecture.draft.text;
}

#define ON_PAGE(NAME, PAGE)                                                                        \
    static bool NAME(const struct view *view, const struct snapshot *snapshot)                     \
    {                                                                                              \
        (void)snapshot;                                                                            \
        return view->page == PAGE;                                                                 \
    }
ON_PAGE(in_architecture, PAGE_ARCHITECTURE)
ON_PAGE(in_layers, PAGE_LAYERS)
ON_PAGE(in_progress, PAGE_PROGRESS)
ON_PAGE(in_comparison, PAGE_COMPARE)
ON_PAGE(in_log, PAGE_LOG)
ON_PAGE(in_try, PAGE_TRY)

static bool more_to_come(const struct view *view, const struct snapshot *snapshot)
{
    (void)view;
    return snapshot->phase == RUN_FINISHED && !snapshot->watched;
}

static bool more_wanted(const struct view *view, const struct snapshot *snapshot)
{
    return view->page == PAGE_PROGRESS && more_to_come(view, snapshot);
}

static bool cannot_try(const struct view *view, const struct snapshot *snapshot)
{
    return view->page == PAGE_TRY && *snapshot->no_try;
}

static bool trying(const struct view *view, const struct snapshot *snapshot)
{
    const struct run_try *attempt = snapshot->attempt;
    return view->page == PAGE_TRY && attempt != NULL &&
           (attempt->phase == TRY_LOADING || attempt->phase == TRY_RUNNING);
}

static bool none_passes(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->filter.count > 0 && view->rows == 0;
}

static bool none_within(const struct view *view, const struct snapshot *snapshot)
{
    (void)view;
    return snapshot->feasible == 0 && snapshot->pins.count > 0;
}

static bool paused(const struct view *view, const struct snapshot *snapshot)
{
    return view->page == PAGE_FRONT && snapshot->phase == RUN_PAUSED;
}

static bool two_marked(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->marks >= 2 && view->page != PAGE_COMPARE;
}

static bool one_marked(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->marks == 1 && view->page != PAGE_COMPARE;
}

static bool finding(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return *view->find.text != '\0';
}

static bool zoomed(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->range[0].held || view->range[1].held;
}

static bool ended(const struct view *view, const struct snapshot *snapshot)
{
    (void)view;
    return !snapshot_running(snapshot);
}

static bool new_here(const struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    return view->keys < 3;
}

static bool watching(const struct view *view, const struct snapshot *snapshot)
{
    (void)view;
    return snapshot->watched;
}

static bool unpinned(const struct view *view, const struct snapshot *snapshot)
{
    (void)view;
    return snapshot->pins.count == 0;
}

static bool always(const struct view *view, const struct snapshot *snapshot)
{
    (void)view, (void)snapshot;
    return true;
}

static const struct hint hints[] = {
    {nudging,
     "{} {} move the limit; {} puts it in force; {} drops it",
     {action_list_less, action_list_more, action_list_apply, action_list_back}},
    {covered, "", {NULL}},
    {empty, "", {NULL}},
    {drafting,
     "{} evaluates the draft; {} undoes an edit; {} drops it",
     {action_draft_evaluate, action_draft_undo, action_draft_reset}},
    {none_passes, "nothing passes the filter; {} drops it", {action_back}},
    {none_within,
     "nothing is within: {} lists the pins; {} nudges",
     {action_pin_list, action_nudge_more}},
    {paused, "paused: {} goes on; {} extracts", {action_pause, action_extract}},
    {in_architecture,
     "{} {} choose a layer; {} {} change its MLP",
     {action_left, action_right, action_up, action_down}},
    {in_comparison,
     "{} {} choose a network; {} extracts {#}; {} unmarks it",
     {action_left, action_right, action_extract, action_compare_remove}},
    {in_layers,
     "{} {} choose a layer; {} locks it; {} takes other networks",
     {action_left, action_right, action_layers_lock, action_layers_set}},
    {more_wanted,
     "{} lets the search go on longer; {} extracts {#}",
     {action_longer, action_extract}},
    {in_progress,
     "{} shows the curve by time; {} draws another; {} {} scroll",
     {action_progress_time, action_progress_curve, action_up, action_down}},
    {in_log,
     "{} filters; {} {} scroll; {} follows again",
     {action_log_filter, action_up, action_down, action_last}},
    {trying, "{} ends it; {} {} scroll", {action_back, action_up, action_down}},
    {cannot_try, "", {NULL}},
    {in_try,
     "{} tries {#}; {} asks for another prompt; {} {} take another network",
     {action_try_run, action_try_prompt, action_network_previous, action_network_next}},
    {two_marked, "{} compares the marked; {} unmarks them", {action_page_compare, action_unmark}},
    {one_marked, "{} marks one more to compare; {} unmarks", {action_mark, action_unmark}},
    {finding,
     "{} {} go to the next match; {} ends it",
     {action_find_next, action_find_previous, action_back}},
    {zoomed, "zoomed: {} fits the plot to all points", {action_fit}},
    {more_to_come,
     "{} extracts {#}; {} searches longer; paretop report judges the front",
     {action_extract, action_longer}},
    {ended,
     "{} extracts {#}; {} marks to compare; paretop report judges the front",
     {action_extract, action_mark}},
    {new_here,
     "{} {} walk the front; {} extracts; {} explains",
     {action_up, action_down, action_extract, action_help}},
    {watching, "pins reach the run you watch; {} only leaves", {action_quit}},
    {unpinned, "{} sets a limit: bytes<=80MiB; {} extracts {#}", {action_pin, action_extract}},
    {always, "{} selects the best within; {} extracts {#}", {action_best, action_extract}},
};

/* The action's key where the user is; else where he would find it. */
static int key_of(const struct view *view, ui_action *act)
{
    for (size_t i = 0; ui_keys[i].help; i++)
        if (ui_keys[i].act == act && ui_keys[i].mode == view->mode)
            return view->keymap.key[i][0];
    return keymap_key(&view->keymap, act);
}

/* The text up to `end` with the names of keys. */
static void fill(const struct view *view, const struct snapshot *snapshot, const struct hint *hint,
                 const char *end, char *out, size_t size)
{
    size_t length = 0, key = 0;
    out[0] = '\0';
    for (const char *at = hint->text; at < end && length + 1 < size;) {
        char name[48] = "";
        if (!strncmp(at, "{#}", 3)) {
            view_name(snapshot, view->selected, name, sizeof name);
            at += 3;
        } else if (at[0] == '{' && at[1] == '}') {
            ui_key_name(key_of(view, hint->act[key++]), name, sizeof name);
            at += 2;
        } else {
            name[0] = *at++;
        }
        snprintf(out + length, size - length, "%s", name);
        length += strlen(out + length);
    }
}

void view_hint(const struct view *view, const struct snapshot *snapshot, int cells, char *out,
               size_t size)
{
    const struct hint *hint = hints;
    while (!hint->applies(view, snapshot))
        hint++;
    const char *end = hint->text + strlen(hint->text);
    fill(view, snapshot, hint, end, out, size);
    while (text_cells(out) > cells && end > hint->text) {
        do
            end--;
        while (end > hint->text && *end != ';');
        fill(view, snapshot, hint, end, out, size);
    }
}
