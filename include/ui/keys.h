/* The keys of the screen: one table that drives what a key does, the key line at the bottom, the
 * help screen, and the manual page's list. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stddef.h>

/* A key is a code point, a control character, or one of these. */
#define UI_CONTROL(letter) ((letter)&0x1f)
enum {
    UI_KEY_FIRST = 0x110000,
    UI_KEY_UP = UI_KEY_FIRST,
    UI_KEY_DOWN,
    UI_KEY_LEFT,
    UI_KEY_RIGHT,
    UI_KEY_SHIFT_UP,
    UI_KEY_SHIFT_DOWN,
    UI_KEY_SHIFT_LEFT,
    UI_KEY_SHIFT_RIGHT,
    UI_KEY_PAGE_UP,
    UI_KEY_PAGE_DOWN,
    UI_KEY_HOME,
    UI_KEY_END,
    UI_KEY_BACKSPACE,
    UI_KEY_DELETE,
    UI_KEY_BACKTAB,
    UI_KEY_F1,
    UI_KEY_LAST,
    UI_KEY_TAB = '\t',
    UI_KEY_ENTER = '\n',
    UI_KEY_ESCAPE = 0x1b,
};

enum ui_mode { /* where a key works */
               UI_MODE_VIEW,
               UI_MODE_PROMPT,
               UI_MODE_PINS,
               UI_MODE_EXTRACT,
               UI_MODE_RESULT,
               UI_MODE_QUIT,
               UI_MODE_HELP,
               UI_MODES,
};

struct view;
struct snapshot;

struct ui_key {
    enum ui_mode mode;
    int key[3];        /* keys that do it; 0: none */
    const char *label; /* on the key line: "pin"; NULL: not shown there */
    const char *help;  /* one line for help and manual */
    void (*act)(struct view *view, const struct snapshot *snapshot);
};

extern const struct ui_key ui_keys[];             /* ended by a row with help NULL */
extern const char *const ui_mode_names[UI_MODES]; /* headings: "on the front", "at a prompt" */

/* "Up", "^L", "q"; returns out. */
const char *ui_key_name(int key, char *out, size_t size);
/* All keys of a row: "Down, j". */
const char *ui_key_names(const struct ui_key *entry, char *out, size_t size);
/* The row for a key in a mode; NULL: none. */
const struct ui_key *ui_key_find(enum ui_mode mode, int key);

#endif
