/* The table of keys. A key works in one mode; where a field is being edited, keys without a row
 * here go to the field. */
#include "ui/keys.h"

#include "actions.h"

#include <stdio.h>
#include <string.h>

#define VIEW UI_MODE_VIEW
#define PROMPT UI_MODE_PROMPT
#define PINS UI_MODE_PINS
#define EXTRACT UI_MODE_EXTRACT
#define RESULT UI_MODE_RESULT
#define QUIT UI_MODE_QUIT
#define HELP UI_MODE_HELP

const char *const ui_mode_names[UI_MODES] = {
    "on the front",         "at a prompt",
    "in the list of pins",  "in the extraction dialog",
    "in a result's window", "when asked to leave",
    "in the help",
};

/* The order is that of the help and of the key line. */
const struct ui_key ui_keys[] = {
    {VIEW, {'?', UI_KEY_F1}, "help", "this help; type there to search it", action_help},
    {VIEW, {'p', ':'}, "pin", "pin a limit the search obeys: bytes<=90MiB", action_pin},
    {VIEW, {'e'}, "extract", "extract the selected network as a model file", action_extract},
    {VIEW, {'a'}, "add", "evaluate a code of your own next", action_add},
    {VIEW, {'l'}, "lock", "lock layers to a choice: 0-3=8 (0-3= unlocks)", action_lock},
    {VIEW, {'P'}, NULL, "list the pins: switch off, remove, nudge", action_pin_list},
    {VIEW, {'z'}, "pause", "pause the search, or let it go on", action_pause},
    {VIEW, {'q', UI_CONTROL('C')}, "quit", "leave; the same command goes on later", action_quit},
    {VIEW, {UI_CONTROL('Z')}, NULL, "suspend; the shell's fg comes back", action_suspend},
    {VIEW, {UI_KEY_UP, 'k'}, NULL, "to the row above", action_up},
    {VIEW, {UI_KEY_DOWN, 'j'}, NULL, "to the row below", action_down},
    {VIEW, {UI_KEY_LEFT}, NULL, "to the next point on the left of the plot", action_left},
    {VIEW, {UI_KEY_RIGHT}, NULL, "to the next point on the right of the plot", action_right},
    {VIEW, {UI_KEY_PAGE_UP}, NULL, "ten rows up", action_page_up},
    {VIEW, {UI_KEY_PAGE_DOWN}, NULL, "ten rows down", action_page_down},
    {VIEW, {UI_KEY_HOME, 'g'}, NULL, "to the first row", action_first},
    {VIEW, {UI_KEY_END, 'G'}, NULL, "to the last row", action_last},
    {VIEW, {'K'}, NULL, "to the knee of the front", action_knee},
    {VIEW, {'m'}, NULL, "to the best within the pins", action_best},
    {VIEW, {'b'}, NULL, "to the base, the full model", action_base},
    {VIEW, {'s'}, "sort", "sort by the next column", action_sort},
    {VIEW, {'S'}, NULL, "sort the other way round", action_reverse},
    {VIEW, {'/'}, "filter", "list only what fits: acc>=0.4 and size<=90MiB", action_filter},
    {VIEW, {'t'}, "all", "list the front, or every network evaluated", action_everything},
    {VIEW, {'w'}, NULL, "list also what is within one standard error", action_within},
    {VIEW, {' '}, "mark", "mark the selected network, or unmark it", action_mark},
    {VIEW, {'u'}, NULL, "remove all marks", action_unmark},
    {VIEW, {'y'}, NULL, "yank the selected code into code.txt of the run", action_yank},
    {VIEW, {'E'}, NULL, "the last extraction, and how to run the file", action_result},
    {VIEW, {'x'}, NULL, "the next objective on the horizontal axis", action_axis_x},
    {VIEW, {'v'}, NULL, "the next objective on the vertical axis", action_axis_y},
    {VIEW, {'X'}, NULL, "horizontal axis logarithmic, or linear", action_log_x},
    {VIEW, {'V'}, NULL, "vertical axis logarithmic, or linear", action_log_y},
    {VIEW, {'+', '='}, NULL, "zoom in on the selected point", action_zoom_in},
    {VIEW, {'-'}, NULL, "zoom out", action_zoom_out},
    {VIEW, {UI_KEY_SHIFT_LEFT, '<'}, NULL, "pan left", action_pan_left},
    {VIEW, {UI_KEY_SHIFT_RIGHT, '>'}, NULL, "pan right", action_pan_right},
    {VIEW, {UI_KEY_SHIFT_UP, '^'}, NULL, "pan up", action_pan_up},
    {VIEW, {UI_KEY_SHIFT_DOWN, '_'}, NULL, "pan down", action_pan_down},
    {VIEW, {'0'}, NULL, "fit the plot to all points", action_fit},
    {VIEW, {'d'}, NULL, "braille dots, half blocks, or plain characters", action_dots},
    {VIEW, {UI_CONTROL('L')}, NULL, "paint the screen again", action_repaint},
    {VIEW, {UI_KEY_ESCAPE}, NULL, "drop the filter, then the zoom", action_back},

    {PROMPT, {UI_KEY_ENTER}, "accept", "accept what is typed", action_prompt_enter},
    {PROMPT, {UI_KEY_ESCAPE, UI_CONTROL('C')}, "back", "leave it as it was", action_back},

    {PINS, {UI_KEY_UP, 'k'}, NULL, "to the pin above", action_list_up},
    {PINS, {UI_KEY_DOWN, 'j'}, NULL, "to the pin below", action_list_down},
    {PINS, {UI_KEY_LEFT, '-'}, "less", "nudge the limit down; its line moves", action_list_less},
    {PINS, {UI_KEY_RIGHT, '+'}, "more", "nudge the limit up; its line moves", action_list_more},
    {PINS, {UI_KEY_ENTER}, "apply", "put the nudged limit in force", action_list_apply},
    {PINS, {' '}, "on/off", "switch the pin off, or on again", action_list_toggle},
    {PINS, {'d', UI_KEY_DELETE}, "remove", "remove the pin", action_list_remove},
    {PINS, {'p', ':'}, "new", "type a pin", action_pin},
    {PINS,
     {UI_KEY_ESCAPE, 'q', UI_CONTROL('C')},
     "back",
     "drop the nudge, then close",
     action_list_back},

    {EXTRACT,
     {UI_KEY_TAB, UI_KEY_DOWN},
     "next type",
     "the next weight type; the size follows",
     action_type_next},
    {EXTRACT, {UI_KEY_BACKTAB, UI_KEY_UP}, NULL, "the weight type before", action_type_previous},
    {EXTRACT,
     {UI_KEY_ENTER},
     "write",
     "write the file; again to replace one that exists",
     action_extract_enter},
    {EXTRACT, {UI_KEY_ESCAPE, UI_CONTROL('C')}, "back", "write nothing", action_back},

    {RESULT, {UI_KEY_ESCAPE, UI_KEY_ENTER, 'q'}, "close", "close the window", action_back},

    {QUIT,
     {'y', 'q', UI_CONTROL('C')},
     "leave",
     "leave; one's own search stops, saved",
     action_leave},
    {QUIT, {'s'}, NULL, "stop the search, though another process makes it", action_stop},
    {QUIT, {'n', UI_KEY_ESCAPE}, "stay", "let it go on", action_stay},

    {HELP, {UI_KEY_UP}, NULL, "a line up", action_help_up},
    {HELP, {UI_KEY_DOWN}, "scroll", "a line down", action_help_down},
    {HELP, {UI_KEY_PAGE_UP}, NULL, "a page up", action_help_page_up},
    {HELP, {UI_KEY_PAGE_DOWN}, NULL, "a page down", action_help_page_down},
    {HELP, {UI_KEY_ESCAPE, UI_KEY_F1, UI_KEY_ENTER}, "close", "close the help", action_back},
    {0},
};

const char *ui_key_name(int key, char *out, size_t size)
{
    static const struct {
        int key;
        const char *name;
    } names[] = {
        {UI_KEY_UP, "Up"},
        {UI_KEY_DOWN, "Down"},
        {UI_KEY_LEFT, "Left"},
        {UI_KEY_RIGHT, "Right"},
        {UI_KEY_SHIFT_UP, "S-Up"},
        {UI_KEY_SHIFT_DOWN, "S-Down"},
        {UI_KEY_SHIFT_LEFT, "S-Left"},
        {UI_KEY_SHIFT_RIGHT, "S-Right"},
        {UI_KEY_PAGE_UP, "PgUp"},
        {UI_KEY_PAGE_DOWN, "PgDn"},
        {UI_KEY_HOME, "Home"},
        {UI_KEY_END, "End"},
        {UI_KEY_BACKSPACE, "Bksp"},
        {UI_KEY_DELETE, "Del"},
        {UI_KEY_BACKTAB, "S-Tab"},
        {UI_KEY_F1, "F1"},
        {UI_KEY_TAB, "Tab"},
        {UI_KEY_ENTER, "Enter"},
        {UI_KEY_ESCAPE, "Esc"},
        {' ', "Space"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) {
            snprintf(out, size, "%s", names[i].name);
            return out;
        }
    if (key > 0 && key < ' ')
        snprintf(out, size, "^%c", key + '@');
    else if (key > ' ' && key < 0x7f)
        snprintf(out, size, "%c", key);
    else
        snprintf(out, size, "that key");
    return out;
}

const char *ui_key_names(const struct ui_key *entry, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < 3 && entry->key[i] && length < size; i++) {
        char name[16];
        int wrote = snprintf(out + length, size - length, "%s%s", i ? ", " : "",
                             ui_key_name(entry->key[i], name, sizeof name));
        length += wrote > 0 ? (size_t)wrote : 0;
    }
    return out;
}

const struct ui_key *ui_key_find(enum ui_mode mode, int key)
{
    for (const struct ui_key *entry = ui_keys; entry->help; entry++)
        if (entry->mode == mode)
            for (size_t i = 0; i < 3 && entry->key[i]; i++)
                if (entry->key[i] == key)
                    return entry;
    return NULL;
}
