/* What keys do. Every action is a row of ui_keys; it changes the view, and through the view's port
 * asks the run for something. */
#ifndef UI_ACTIONS_H
#define UI_ACTIONS_H

#include "view.h"

typedef void ui_action(struct view *view, const struct snapshot *snapshot);

ui_action action_page_next, action_page_previous, action_page_front, action_page_architecture,
    action_page_layers, action_page_progress, action_page_compare, action_page_log, action_page_try;
ui_action action_network_previous, action_network_next;
ui_action action_up, action_down, action_left, action_right, action_page_up, action_page_down,
    action_first, action_last, action_knee, action_best, action_base;
ui_action action_sort, action_reverse, action_everything, action_within, action_filter,
    action_others, action_mark, action_unmark, action_yank;
ui_action action_pin, action_pin_list, action_lock, action_add, action_extract, action_result,
    action_pause, action_longer;
ui_action action_axis_x, action_axis_y, action_log_x, action_log_y, action_zoom_in, action_zoom_out,
    action_pan_left, action_pan_right, action_pan_up, action_pan_down, action_fit, action_dots;
ui_action action_help, action_repaint, action_quit, action_suspend, action_back,
    action_prompt_enter, action_leave, action_stop, action_stay;
ui_action action_find, action_find_next, action_find_previous, action_undo, action_redo,
    action_nudge_less, action_nudge_more;
ui_action action_list_up, action_list_down, action_list_less, action_list_more, action_list_apply,
    action_list_toggle, action_list_remove, action_list_back;
ui_action action_layers_set, action_layers_lock, action_progress_time, action_progress_curve;
ui_action action_type_next, action_type_previous, action_extract_enter, action_extract_cancel;
ui_action action_settings, action_setting_up, action_setting_down, action_setting_less,
    action_setting_more, action_settings_close;
ui_action action_draft_drop, action_draft_attention, action_draft_type, action_draft_whole,
    action_draft_narrow, action_draft_replace, action_draft_undo, action_draft_reset,
    action_draft_least, action_draft_evaluate;
ui_action action_compare_left, action_compare_right, action_compare_remove,
    action_compare_codes_left, action_compare_codes_right;
ui_action action_help_up, action_help_down, action_help_page_up, action_help_page_down,
    action_help_first, action_help_last, action_help_search;
ui_action action_log_filter;
ui_action action_try_run, action_try_prompt, action_try_chat, action_try_more, action_try_fewer,
    action_prompt_earlier, action_prompt_later;

#endif
