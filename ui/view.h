/* The state of the screen: what the user looks at and is typing. Model-update-draw: keys and new
 * snapshots change a view (view_key, view_refresh), screen_draw paints it and changes nothing. */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "architecture.h"
#include "axis.h"
#include "compare.h"
#include "engine/snapshot.h"
#include "field.h"
#include "page.h"
#include "settings.h"
#include "ui/keys.h"
#include "undo.h"

/* What a view may ask of the world; tests supply their own. */
struct view_port {
    void *context;
    enum status (*request)(void *context, const char *verb, const char *argument,
                           struct error *error);
    enum status (*extract)(void *context, const struct arch_code *code,
                           const struct weight_options *weights, const char *path, bool replace,
                           struct error *error);
    void (*extract_cancel)(void *context);
    enum status (*save)(void *context, const char *path, const char *text, struct error *error);
    bool (*exists)(void *context, const char *path);
    /* Keeps settings for the next time; NULL: they are of this screen alone. */
    enum status (*keep)(void *context, struct settings *settings, struct error *error);
};

/* Columns of the table: one per objective, then these. */
enum {
    COLUMN_ERROR = OBJECTIVES, /* standard error of acc */
    COLUMN_EST_ERROR,          /* of acc_est */
    COLUMN_LAYERS,
    COLUMN_ID,
    COLUMN_GENERATION,
    COLUMNS,
};

struct view_range {
    double lo, hi;
    bool known; /* follows the points outwards only */
    bool held;  /* zoomed or panned by the user: stays */
};

enum prompt_kind {
    PROMPT_PIN,
    PROMPT_LOCK,
    PROMPT_ADD,
    PROMPT_FILTER,
    PROMPT_FIND,
    PROMPT_LONGER,
    PROMPTS
};

#define VIEW_MARKS 64
#define VIEW_PINS (2 * PINS_MAX)
#define NO_ROW UINT32_MAX

struct view_extract {
    struct field path;
    bool path_edited; /* else the default name follows the weight type */
    int type;         /* 0: the source's types; else 1 + index in weight_types */
    bool confirm;     /* the file exists: Enter again replaces it */
    uint32_t row;     /* what is extracted */
    uint64_t bytes;   /* of the file that would be written */
    struct error error;
};

struct view_find { /* what is marked in the list; text "": nothing */
    char text[128];
    struct pins limits; /* count 0: the text is a part of a code, ? any character */
};

struct view {
    const struct view_port *port; /* borrowed */
    enum glyphs glyphs, richest;  /* in use; the best the terminal can show */
    struct keymap keymap;
    enum ui_page page;            /* the view shown */
    enum ui_mode mode;            /* what lies over it; UI_MODE_VIEW: nothing */
    bool leave, repaint, suspend; /* asked by a key, taken by the loop */

    enum objective axis[2]; /* x, y */
    bool axes_known;
    bool log[2];
    struct view_range range[2];

    bool everything;   /* the table lists all networks, not only the front */
    bool within_error; /* else it lists the front, and what is within one standard error of it */
    size_t near;       /* of these how many, before the filter */
    int sort;          /* column; -1: the first objective */
    bool backwards;    /* worst first */
    struct pins filter;
    char filter_text[128];
    struct view_find find;
    uint32_t *row; /* ids in the table's order; owned */
    size_t rows, capacity;
    uint32_t selected; /* id; NO_ROW: none */
    bool chosen;       /* moved by the user; else it follows the knee */
    uint32_t mark[VIEW_MARKS];
    size_t marks;

    char notice[600]; /* answer to the last key; "" none */
    enum colour notice_colour;

    enum prompt_kind prompt;
    struct field field;        /* of the prompt, of the help's search */
    struct error prompt_error; /* why what was typed is refused */
    size_t pin_position;       /* in view_pins */
    struct pin pin_at;         /* the pin there: the list's cursor stays on it when others move;
                                  else the last one that was typed or nudged */
    struct pins off;           /* switched off: kept here, not in force */
    struct pin draft;          /* a pin being nudged */
    bool drafting;
    struct undo undo;
    struct view_extract extract;
    struct view_architecture architecture;
    struct view_compare compare;
    enum extract_phase extract_seen;
    const struct snapshot *extract_asked; /* in view when an extraction was asked for: what it says
                                             is of the one before. Compared, not read; else NULL */
    unsigned answers;                     /* of a watched run, seen */
    bool gone;                            /* nothing was evaluated any more in the last snapshot */
    bool paused;                          /* in the last snapshot */
    int scroll;                           /* of help */
    int64_t now;                          /* UTC seconds; set by the loop before keys and news */
    double activity;                      /* of the network in work, 0..1; below 0: not shown */
    int64_t activity_at;                  /* when that was taken, or the network begun */
    struct arch_code activity_code;
    struct settings settings;
    enum setting setting;                /* under the cursor of their window */
    enum glyphs best;                    /* that the terminal shows by itself */
    char clipboard[ARCH_MAX_LAYERS + 1]; /* for the terminal's clipboard; taken by the loop */
    int width, height;                   /* of the screen, as the loop knows it; 0: not yet */
};

void view_init(struct view *view, const struct view_port *port, enum glyphs richest);
void view_release(struct view *view);
/* A new snapshot is there, or the view's filter or order has changed: table, selection and ranges
 * follow. Out of memory leaves the table empty. */
void view_refresh(struct view *view, const struct snapshot *snapshot);
/* One key: does what the table says, or edits the field in use. */
void view_key(struct view *view, const struct snapshot *snapshot, int key);
struct ui_mouse {
    int x, y; /* cell */
    enum { MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } kind;
};
void view_mouse(struct view *view, const struct snapshot *snapshot, struct ui_mouse mouse);

/* Settings that the view itself obeys have changed. */
void view_apply_settings(struct view *view);

/* ---- what drawing and actions share ---- */

void view_say(struct view *view, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const struct row *view_row(const struct snapshot *snapshot, uint32_t id); /* NULL: none */
/* The row that counts of the network with this code; NO_ROW: it is not evaluated. */
uint32_t view_find(const struct snapshot *snapshot, const struct arch_code *code);
bool view_counts(const struct snapshot *snapshot, uint32_t id); /* not superseded */
size_t view_position(const struct view *view, uint32_t id); /* in the table; SIZE_MAX: not there */
bool view_marked(const struct view *view, uint32_t id);
bool view_on_front(const struct snapshot *snapshot, uint32_t id);
/* All pins, those in force first, then those switched off (enabled false); returns how many. A pin
 * that was just switched off counts as off before the run has answered. */
size_t view_pins(const struct view *view, const struct snapshot *snapshot,
                 struct pin pins[VIEW_PINS]);
/* The same as they are drawn: the draft in place of the pin it would replace. */
size_t view_pins_drawn(const struct view *view, const struct snapshot *snapshot,
                       struct pin pins[VIEW_PINS]);
/* The pin is in force again: no longer in the view's list of those switched off. */
void view_forget_off(struct view *view, const struct pin *pin);
/* What steers the run, in a way that can be undone: a pin; no pin on that side (one that is off
 * leaves the list of those, `keep`: it goes there); "0-3=8", or unlock "0-3". */
enum status view_pin(struct view *view, const struct snapshot *snapshot, const struct pin *pin,
                     struct error *error);
enum status view_unpin(struct view *view, const struct snapshot *snapshot, const struct pin *pin,
                       bool keep, struct error *error);
enum status view_lock(struct view *view, const struct snapshot *snapshot, const char *range,
                      bool unlock, struct error *error);
/* Selects a row; what hides it from the list is dropped, with a notice. */
void view_select(struct view *view, const struct snapshot *snapshot, uint32_t id);
bool view_found(const struct view *view, const struct snapshot *snapshot, uint32_t id);
/* Standard error of an accuracy; NaN for other objectives. */
double view_error(const struct snapshot *snapshot, const struct row *row, enum objective objective);
bool snapshot_running(const struct snapshot *snapshot); /* leaving would stop a search */

/* By the snapshot's estimate. */
double view_value(const struct snapshot *snapshot, const struct row *row, enum objective objective);
double column_value(const struct snapshot *snapshot, const struct row *row, int column);
bool column_measured(const struct snapshot *snapshot, int column);
bool column_best_is_high(int column);
const char *column_name(int column);

/* Range over all rows (those on the front and the base first, when the rest is far away). */
void view_fit(struct view *view, const struct snapshot *snapshot, int axis);
/* Of view_refresh: the axes are the search's first two objectives, ranges hold what is there. */
void view_refresh_axes(struct view *view, const struct snapshot *snapshot);
/* Code, exact size and so on of the extraction dialog, after its type or row changed. */
void view_extract_update(struct view *view, const struct snapshot *snapshot);
/* WEIGHT options that dialog position `type` stands for. */
struct weight_options view_extract_weights(const struct view *view,
                                           const struct snapshot *snapshot);
/* Asks for a code to be evaluated next, or selects its row where there is one, and says which. */
enum status view_inject(struct view *view, const struct snapshot *snapshot, const char *text,
                        struct error *error);
/* Opens the dialog for the selected row. */
void view_extract_open(struct view *view, const struct snapshot *snapshot);
/* Label, hint and Enter of each prompt. */
struct prompt_entry {
    const char *label, *hint;
    enum status (*submit)(struct view *view, const struct snapshot *snapshot, const char *text,
                          struct error *error);
    bool may_be_empty; /* else Enter on nothing leaves it as it was */
};
extern const struct prompt_entry prompt_table[PROMPTS];
void view_prompt(struct view *view, enum prompt_kind kind, const char *text);
enum status submit_find(struct view *view, const struct snapshot *snapshot, const char *text,
                        struct error *error);

#endif
