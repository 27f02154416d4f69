/* What keys do. Every action is a row of ui_keys; it changes the view, and through the view's port
 * asks the run for something. */
#ifndef UI_ACTIONS_H
#define UI_ACTIONS_H

#include "view.h"

#define UI_ACTIONS(X)                                                                              \
    X(up)                                                                                          \
    X(down)                                                                                        \
    X(left) X(right) X(page_up) X(page_down) X(first) X(last) X(knee) X(best) X(base) X(sort)      \
        X(reverse) X(everything) X(filter) X(mark) X(unmark) X(yank) X(pin) X(pin_list) X(lock)    \
            X(add) X(extract) X(result) X(pause) X(axis_x) X(axis_y) X(log_x) X(log_y) X(zoom_in)  \
                X(zoom_out) X(pan_left) X(pan_right) X(pan_up) X(pan_down) X(fit) X(dots) X(help)  \
                    X(repaint) X(quit) X(suspend) X(back) X(prompt_enter) X(list_up) X(list_down)  \
                        X(list_less) X(list_more) X(list_apply) X(list_toggle) X(list_remove)      \
                            X(list_back) X(type_next) X(type_previous) X(extract_enter) X(leave)   \
                                X(stay) X(help_up) X(help_down) X(help_page_up) X(help_page_down)

#define X(name) void action_##name(struct view *view, const struct snapshot *snapshot);
UI_ACTIONS(X)
#undef X

#endif
