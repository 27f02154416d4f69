/* The table of keys. A key works in one mode; where a field is being edited, keys without a row
 * here go to the field. */
#include "ui/keys.h"

#include "actions.h"

#include <stdio.h>
#include <string.h>

#define VIEW UI_MODE_VIEW
#define FRONT UI_MODE_FRONT
#define ARCHITECTURE UI_MODE_ARCHITECTURE
#define COMPARE UI_MODE_COMPARE
#define REPLACE UI_MODE_REPLACE
#define PROMPT UI_MODE_PROMPT
#define PINS UI_MODE_PINS
#define NUDGE UI_MODE_NUDGE
#define EXTRACT UI_MODE_EXTRACT
#define RESULT UI_MODE_RESULT
#define QUIT UI_MODE_QUIT
#define HELP UI_MODE_HELP

const char *const ui_mode_names[UI_MODES] = {
    [UI_MODE_VIEW] = "in every view",
    [UI_MODE_FRONT] = "in the front",
    [UI_MODE_ARCHITECTURE] = "in the architecture",
    [UI_MODE_LAYERS] = "in the layers",
    [UI_MODE_PROGRESS] = "in the progress",
    [UI_MODE_COMPARE] = "in the comparison",
    [UI_MODE_LOG] = "in the log",
    [UI_MODE_TRY] = "in try",
    [UI_MODE_REPLACE] = "where a layer's character is awaited",
    [UI_MODE_PROMPT] = "at a prompt",
    [UI_MODE_PINS] = "in the list of pins",
    [UI_MODE_NUDGE] = "while a pin is nudged",
    [UI_MODE_EXTRACT] = "in the extraction dialog",
    [UI_MODE_RESULT] = "in a result's window",
    [UI_MODE_QUIT] = "when asked to leave",
    [UI_MODE_HELP] = "in the help",
};

/* The order is that of the help and of the key line; there a view's own keys come behind the first
 * two of every view. */
const struct ui_key ui_keys[] = {
    {VIEW, {'?', UI_KEY_F1}, "help", "help", "this help; type there to search it", action_help},
    {VIEW, {UI_KEY_TAB, UI_KEY_F5}, "next-view", "view", "the next view", action_page_next},
    {VIEW, {UI_KEY_BACKTAB}, "previous-view", NULL, "the view before", action_page_previous},
    {VIEW, {'1'}, "front", NULL, "the plot and the list of networks", action_page_front},
    {VIEW,
     {'2'},
     "architecture",
     NULL,
     "the selected network, layer by layer, to be edited",
     action_page_architecture},
    {VIEW, {'3'}, "layers", NULL, "what the front keeps of each layer", action_page_layers},
    {VIEW, {'4'}, "progress", NULL, "how the search is getting on", action_page_progress},
    {VIEW, {'5', 'c'}, "compare", NULL, "the marked networks side by side", action_page_compare},
    {VIEW, {'6'}, "log", NULL, "messages of the run", action_page_log},
    {VIEW,
     {'7'},
     "try",
     NULL,
     "a prompt continued by the network and by the base",
     action_page_try},
    {VIEW,
     {UI_KEY_UP, 'k'},
     "up",
     NULL,
     "to the row above; scrolls where there are none",
     action_up},
    {VIEW, {UI_KEY_DOWN, 'j'}, "down", NULL, "to the row below", action_down},
    {VIEW, {UI_KEY_LEFT}, "left", NULL, "to the left: the next point of the plot", action_left},
    {VIEW, {UI_KEY_RIGHT}, "right", NULL, "to the right", action_right},
    {VIEW,
     {UI_KEY_PAGE_UP, UI_CONTROL('U'), UI_CONTROL('B')},
     "page-up",
     NULL,
     "ten rows up",
     action_page_up},
    {VIEW,
     {UI_KEY_PAGE_DOWN, UI_CONTROL('D'), UI_CONTROL('F')},
     "page-down",
     NULL,
     "ten rows down",
     action_page_down},
    {VIEW, {UI_KEY_HOME, 'g'}, "first", NULL, "to the first row", action_first},
    {VIEW, {UI_KEY_END, 'G'}, "last", NULL, "to the last row", action_last},
    {VIEW,
     {'['},
     "previous-network",
     NULL,
     "select the network above in the list, in any view",
     action_network_previous},
    {VIEW,
     {']'},
     "next-network",
     NULL,
     "select the network below in the list, in any view",
     action_network_next},
    {VIEW,
     {'f', UI_KEY_F3},
     "find",
     NULL,
     "mark the networks with 88.8 in the code, #123, acc>=45%",
     action_find},
    {VIEW, {'n'}, "find-next", NULL, "to the next one found", action_find_next},
    {VIEW, {'N'}, "find-previous", NULL, "to the one found before", action_find_previous},
    {VIEW, {'K'}, "knee", NULL, "select the knee of the front", action_knee},
    {VIEW, {'m'}, "best", NULL, "select the best within the pins", action_best},
    {VIEW, {'b'}, "base", NULL, "select the base, the full model", action_base},
    {VIEW, {'p', ':'}, "pin", "pin", "pin a limit the search obeys: bytes<=90MiB", action_pin},
    {VIEW, {'P'}, "pins", NULL, "list the pins: switch off, remove, nudge", action_pin_list},
    {VIEW,
     {UI_KEY_F7},
     "nudge-less",
     NULL,
     "nudge the pin used last down; its line moves",
     action_nudge_less},
    {VIEW, {UI_KEY_F8}, "nudge-more", NULL, "nudge the pin used last up", action_nudge_more},
    {VIEW, {'u'}, "undo", NULL, "undo the last pin, unpin, lock or unlock made here", action_undo},
    {VIEW, {UI_CONTROL('R')}, "redo", NULL, "do again what was undone", action_redo},
    {VIEW, {'l'}, "lock", "lock", "lock layers to a choice: 0-3=8 (0-3= unlocks)", action_lock},
    {VIEW, {'a'}, "add", "add", "evaluate a code of your own next", action_add},
    {VIEW,
     {'e'},
     "extract",
     "extract",
     "extract the selected network as a model file",
     action_extract},
    {VIEW,
     {'E'},
     "extracted",
     NULL,
     "the last extraction: progress, result, how to run it",
     action_result},
    {VIEW, {' '}, "mark", "mark", "mark the selected network, or unmark it", action_mark},
    {VIEW, {'M'}, "unmark", NULL, "remove all marks", action_unmark},
    {VIEW, {'y'}, "yank", NULL, "yank the selected code into code.txt of the run", action_yank},
    {VIEW, {'z', UI_KEY_F9}, "pause", "pause", "pause the search, or let it go on", action_pause},
    {VIEW,
     {'L'},
     "longer",
     NULL,
     "let the search go on longer: more networks in all",
     action_longer},
    {VIEW,
     {'q', UI_CONTROL('C'), UI_KEY_F10},
     "quit",
     "quit",
     "leave; the same command goes on later",
     action_quit},
    {VIEW,
     {UI_CONTROL('Z')},
     "suspend",
     NULL,
     "suspend; the shell's fg comes back",
     action_suspend},
    {VIEW, {UI_CONTROL('L')}, "repaint", NULL, "paint the screen again", action_repaint},
    {VIEW,
     {UI_KEY_ESCAPE},
     "back",
     NULL,
     "leave what is set up in the view, then to the front",
     action_back},

    {FRONT, {'s', UI_KEY_F6}, "sort", "sort", "sort by the next column", action_sort},
    {FRONT, {'S'}, "reverse", NULL, "sort the other way round", action_reverse},
    {FRONT,
     {'/', UI_KEY_F4},
     "filter",
     "filter",
     "list only what fits: acc>=0.4 and size<=90MiB",
     action_filter},
    {FRONT, {'t'}, "all", "all", "list the front, or every network evaluated", action_everything},
    {FRONT,
     {'w'},
     "within-error",
     NULL,
     "list also what is within one standard error",
     action_within},
    {FRONT, {'x'}, "axis-x", NULL, "the next objective on the horizontal axis", action_axis_x},
    {FRONT, {'v'}, "axis-y", NULL, "the next objective on the vertical axis", action_axis_y},
    {FRONT, {'X'}, "log-x", NULL, "horizontal axis logarithmic, or linear", action_log_x},
    {FRONT, {'V'}, "log-y", NULL, "vertical axis logarithmic, or linear", action_log_y},
    {FRONT, {'+', '='}, "zoom-in", NULL, "zoom in on the selected point", action_zoom_in},
    {FRONT, {'-'}, "zoom-out", NULL, "zoom out", action_zoom_out},
    {FRONT, {UI_KEY_SHIFT_LEFT, '<'}, "pan-left", NULL, "pan left", action_pan_left},
    {FRONT, {UI_KEY_SHIFT_RIGHT, '>'}, "pan-right", NULL, "pan right", action_pan_right},
    {FRONT, {UI_KEY_SHIFT_UP, '^'}, "pan-up", NULL, "pan up", action_pan_up},
    {FRONT, {UI_KEY_SHIFT_DOWN, '_'}, "pan-down", NULL, "pan down", action_pan_down},
    {FRONT, {'0'}, "fit", NULL, "fit the plot to all points", action_fit},
    {FRONT, {'d'}, "dots", NULL, "braille dots, half blocks, or plain characters", action_dots},

    {ARCHITECTURE,
     {UI_KEY_ENTER},
     "evaluate",
     "evaluate",
     "evaluate the draft next",
     action_draft_evaluate},
    {ARCHITECTURE, {'x'}, "drop", "drop", "drop the layer, or bring it back", action_draft_drop},
    {ARCHITECTURE,
     {'A'},
     "attention",
     "attn",
     "take the layer's attention away, or give it back",
     action_draft_attention},
    {ARCHITECTURE,
     {'r'},
     "replace",
     "replace",
     "replace the layer by the character typed next",
     action_draft_replace},
    {ARCHITECTURE, {'8'}, "whole", NULL, "the whole layer", action_draft_whole},
    {ARCHITECTURE, {'0'}, "no-mlp", NULL, "the layer without its MLP", action_draft_narrow},
    {ARCHITECTURE,
     {'i'},
     "least",
     NULL,
     "to the kept layer that has the least influence",
     action_draft_least},
    {ARCHITECTURE, {'U'}, "undo", "undo", "undo an edit", action_draft_undo},
    {ARCHITECTURE,
     {'R'},
     "reset",
     "reset",
     "drop the draft; the selected network is shown again",
     action_draft_reset},

    {COMPARE,
     {'<', UI_KEY_SHIFT_LEFT},
     "move-left",
     "move",
     "move the chosen column to the left",
     action_compare_left},
    {COMPARE,
     {'>', UI_KEY_SHIFT_RIGHT},
     "move-right",
     NULL,
     "move the chosen column to the right",
     action_compare_right},
    {COMPARE,
     {'d', UI_KEY_DELETE},
     "remove",
     "remove",
     "remove the mark of the chosen column",
     action_compare_remove},
    {COMPARE,
     {'('},
     "codes-left",
     NULL,
     "the codes' layers further left, where they are many",
     action_compare_codes_left},
    {COMPARE,
     {')'},
     "codes-right",
     NULL,
     "the codes' layers further right",
     action_compare_codes_right},

    {REPLACE, {UI_KEY_ESCAPE, UI_CONTROL('C')}, "back", "back", "leave it as it is", action_back},

    {PROMPT, {UI_KEY_ENTER}, "accept", "accept", "accept what is typed", action_prompt_enter},
    {PROMPT, {UI_KEY_ESCAPE, UI_CONTROL('C')}, "back", "back", "leave it as it was", action_back},

    {PINS, {UI_KEY_UP, 'k'}, "up", NULL, "to the pin above", action_list_up},
    {PINS, {UI_KEY_DOWN, 'j'}, "down", NULL, "to the pin below", action_list_down},
    {PINS,
     {UI_KEY_LEFT, '-'},
     "less",
     "less",
     "nudge the limit down; its line moves",
     action_list_less},
    {PINS,
     {UI_KEY_RIGHT, '+'},
     "more",
     "more",
     "nudge the limit up; its line moves",
     action_list_more},
    {PINS, {UI_KEY_ENTER}, "apply", "apply", "put the nudged limit in force", action_list_apply},
    {PINS, {' '}, "toggle", "on/off", "switch the pin off, or on again", action_list_toggle},
    {PINS, {'d', UI_KEY_DELETE}, "remove", "remove", "remove the pin", action_list_remove},
    {PINS, {'p', ':'}, "new", "new", "type a pin", action_pin},
    {PINS,
     {UI_KEY_ESCAPE, 'q', UI_CONTROL('C')},
     "back",
     "back",
     "drop the nudge, then close",
     action_list_back},

    {NUDGE,
     {UI_KEY_F7, UI_KEY_LEFT, '-'},
     "less",
     "less",
     "nudge the limit down",
     action_list_less},
    {NUDGE, {UI_KEY_F8, UI_KEY_RIGHT, '+'}, "more", "more", "nudge the limit up", action_list_more},
    {NUDGE, {UI_KEY_UP, 'k'}, "up", NULL, "the pin before", action_list_up},
    {NUDGE, {UI_KEY_DOWN, 'j', UI_KEY_TAB}, "down", "next pin", "the next pin", action_list_down},
    {NUDGE, {UI_KEY_ENTER}, "apply", "apply", "put the nudged limit in force", action_list_apply},
    {NUDGE,
     {UI_KEY_ESCAPE, 'q', UI_CONTROL('C')},
     "back",
     "back",
     "leave the limit as it was",
     action_list_back},

    {EXTRACT,
     {UI_KEY_TAB, UI_KEY_DOWN},
     "next-type",
     "next type",
     "the next weight type; the size follows",
     action_type_next},
    {EXTRACT,
     {UI_KEY_BACKTAB, UI_KEY_UP},
     "previous-type",
     NULL,
     "the weight type before",
     action_type_previous},
    {EXTRACT,
     {UI_KEY_ENTER},
     "write",
     "write",
     "write the file; again to replace one that exists",
     action_extract_enter},
    {EXTRACT, {UI_KEY_ESCAPE, UI_CONTROL('C')}, "back", "back", "write nothing", action_back},

    {RESULT, {'x'}, "cancel", NULL, "give up the file being written", action_extract_cancel},
    {RESULT, {UI_KEY_ESCAPE, UI_KEY_ENTER, 'q'}, "back", "close", "close the window", action_back},

    {QUIT,
     {'y', 'q', UI_CONTROL('C')},
     "leave",
     "leave",
     "leave; one's own search stops, saved",
     action_leave},
    {QUIT, {'s'}, "stop", NULL, "stop the search, though another process makes it", action_stop},
    {QUIT, {'n', UI_KEY_ESCAPE}, "stay", "stay", "let it go on", action_stay},

    {HELP, {UI_KEY_UP}, "up", NULL, "a line up", action_help_up},
    {HELP, {UI_KEY_DOWN}, "down", "scroll", "a line down", action_help_down},
    {HELP, {UI_KEY_PAGE_UP}, "page-up", NULL, "a page up", action_help_page_up},
    {HELP, {UI_KEY_PAGE_DOWN}, "page-down", NULL, "a page down", action_help_page_down},
    {HELP,
     {UI_KEY_ESCAPE, UI_KEY_F1, UI_KEY_ENTER},
     "close",
     "close",
     "close the help",
     action_back},
    {0},
};
_Static_assert(sizeof ui_keys / sizeof *ui_keys <= UI_ACTIONS_MOST, "more rows than a keymap has");

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
        {UI_KEY_F2, "F2"},
        {UI_KEY_F3, "F3"},
        {UI_KEY_F4, "F4"},
        {UI_KEY_F5, "F5"},
        {UI_KEY_F6, "F6"},
        {UI_KEY_F7, "F7"},
        {UI_KEY_F8, "F8"},
        {UI_KEY_F9, "F9"},
        {UI_KEY_F10, "F10"},
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

void keymap_init(struct keymap *keymap)
{
    *keymap = (struct keymap){0};
    for (size_t i = 0; ui_keys[i].help; i++)
        memcpy(keymap->key[i], ui_keys[i].key, sizeof keymap->key[i]);
}

const struct ui_key *keymap_find(const struct keymap *keymap, enum ui_mode mode, int key)
{
    for (size_t i = 0; ui_keys[i].help; i++)
        for (size_t k = 0; ui_keys[i].mode == mode && k < UI_KEY_CHOICES; k++)
            if (keymap->key[i][k] && keymap->key[i][k] == key)
                return &ui_keys[i];
    return NULL;
}

int keymap_key(const struct keymap *keymap, void (*act)(struct view *, const struct snapshot *))
{
    for (size_t i = 0; ui_keys[i].help; i++)
        if (ui_keys[i].act == act)
            return keymap->key[i][0];
    return 0;
}

const char *keymap_names(const struct keymap *keymap, const struct ui_key *entry, char *out,
                         size_t size)
{
    const int *key = keymap->key[entry - ui_keys];
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < UI_KEY_CHOICES && key[i] && length < size; i++) {
        char name[16];
        int wrote = snprintf(out + length, size - length, "%s%s", i ? ", " : "",
                             ui_key_name(key[i], name, sizeof name));
        length += wrote > 0 ? (size_t)wrote : 0;
    }
    return out;
}
