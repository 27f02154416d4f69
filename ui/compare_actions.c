/* Keys of the comparison: its columns moved and removed, its codes scrolled. */
#include "actions.h"
#include "columns.h"
#include "view.h"

#include <string.h>

static void say_none_chosen(struct view *view)
{
    char left[16], right[16];
    view_say(view, COLOUR_FAINT, "no column of a marked network is chosen; %s and %s choose",
             keymap_key_name(&view->keymap, action_left, left, sizeof left),
             keymap_key_name(&view->keymap, action_right, right, sizeof right));
}

static void shift_mark(struct view *view, int by)
{
    size_t at = compare_place(view->mark, view->marks, view->selected);
    size_t to = by < 0 ? at - 1 : at + 1;
    if (view->marks < 2 || at == view->marks) {
        say_none_chosen(view);
        return;
    }
    if (to >= view->marks) /* at the end already */
        return;
    view->mark[at] = view->mark[to];
    view->mark[to] = view->selected;
}

void action_compare_left(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    shift_mark(view, -1);
}

void action_compare_right(struct view *view, const struct snapshot *snapshot)
{
    (void)snapshot;
    shift_mark(view, 1);
}

/* The next column is chosen in its place. */
void action_compare_remove(struct view *view, const struct snapshot *snapshot)
{
    size_t at = compare_place(view->mark, view->marks, view->selected);
    if (at == view->marks) {
        say_none_chosen(view);
        return;
    }
    action_mark(view, snapshot);
    if (view->marks > 0)
        view_select(view, snapshot, view->mark[at < view->marks ? at : view->marks - 1]);
}

static void scroll_codes(struct view *view, const struct snapshot *snapshot, bool right)
{
    uint32_t id[VIEW_MARKS];
    if (compare_columns(view, snapshot, id) == 0)
        return;
    size_t layers = arch_code_layers(&view_row(snapshot, id[0])->code), *at = &view->compare.layer;
    size_t half = view->width > 24 ? (size_t)view->width / 2 - COLUMN_LABELS : 6;
    if (*at < half && right) /* from where the first columns stand */
        *at = half;
    *at = right ? *at + half : *at > half ? *at - half : 0;
    *at = *at >= layers ? layers - 1 : *at;
}

void action_compare_codes_left(struct view *view, const struct snapshot *snapshot)
{
    scroll_codes(view, snapshot, false);
}

void action_compare_codes_right(struct view *view, const struct snapshot *snapshot)
{
    scroll_codes(view, snapshot, true);
}
