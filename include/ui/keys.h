/* The keys of the screen: one table that drives what a key does, the key line at the bottom, the
 * help screen, and the manual page's list. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include "base/error.h"

#include <stdbool.h>
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
    UI_KEY_F2,
    UI_KEY_F3,
    UI_KEY_F4,
    UI_KEY_F5,
    UI_KEY_F6,
    UI_KEY_F7,
    UI_KEY_F8,
    UI_KEY_F9,
    UI_KEY_F10,
    UI_KEY_MOUSE, /* from the terminal alone: something of the mouse's is there */
    UI_KEY_LAST,
    UI_KEY_TAB = '\t',
    UI_KEY_ENTER = '\n',
    UI_KEY_ESCAPE = 0x1b,
};

/* Where a key works: in every view, in one of them (in the order of enum ui_page), or while
 * something lies over the views. */
enum ui_mode {
    UI_MODE_VIEW,
    UI_MODE_FRONT,
    UI_MODE_ARCHITECTURE,
    UI_MODE_LAYERS,
    UI_MODE_PROGRESS,
    UI_MODE_COMPARE,
    UI_MODE_LOG,
    UI_MODE_TRY,
    UI_MODE_REPLACE,
    UI_MODE_PROMPT,
    UI_MODE_PINS,
    UI_MODE_NUDGE,
    UI_MODE_EXTRACT,
    UI_MODE_RESULT,
    UI_MODE_QUIT,
    UI_MODE_HELP,
    UI_MODE_SETTINGS,
    UI_MODES,
};

struct view;
struct snapshot;

#define UI_KEY_CHOICES 4 /* keys of one action at most */
#define UI_ACTIONS_MOST 160

struct ui_key {
    enum ui_mode mode;
    int key[UI_KEY_CHOICES]; /* keys that do it unless they are bound anew; 0: none */
    const char *name;        /* by which a user binds it: "sort"; unique within its mode */
    const char *label;       /* on the key line: "pin"; NULL: not shown there */
    const char *help;        /* one line for help and manual */
    void (*act)(struct view *view, const struct snapshot *snapshot);
};

extern const struct ui_key ui_keys[];             /* ended by a row with help NULL */
extern const char *const ui_mode_names[UI_MODES]; /* headings: "in every view", "at a prompt" */
extern const char *const ui_mode_ids[UI_MODES];   /* "view", "prompt", as a user binds keys */

/* Which keys do what: of ui_keys[i] those of key[i]. Plain data. */
struct keymap {
    int key[UI_ACTIONS_MOST][UI_KEY_CHOICES];
    bool own[UI_ACTIONS_MOST]; /* bound by the user */
};
void keymap_init(struct keymap *keymap); /* as the table has it */
/* The row for a key in a mode; NULL: none. */
const struct ui_key *keymap_find(const struct keymap *keymap, enum ui_mode mode, int key);
/* The first key of the row with this action; 0: none, or no such row. */
int keymap_key(const struct keymap *keymap, void (*act)(struct view *, const struct snapshot *));
/* Its name, "no key" where there is none; returns out. */
const char *keymap_key_name(const struct keymap *keymap,
                            void (*act)(struct view *, const struct snapshot *), char *out,
                            size_t size);
/* All keys of a row: "Down, j". Returns out. */
const char *keymap_names(const struct keymap *keymap, const struct ui_key *entry, char *out,
                         size_t size);

/* Binds an action ("sort", "front.sort") to keys ("s F6", "none") in place of those it has.
 * STATUS_INVALID: no such action, no such key, or bound to something else by the user. */
enum status keymap_bind(struct keymap *keymap, const char *action, const char *keys,
                        struct error *error);
/* An action that has lost all of its keys to others; NULL: none. */
const struct ui_key *keymap_without_key(const struct keymap *keymap);

/* "Up", "^L", "q"; returns out. */
const char *ui_key_name(int key, char *out, size_t size);
/* The key of such a name, case ignored where it is a word; 0: there is none. */
int ui_key_parse(const char *name, size_t length);
#endif
