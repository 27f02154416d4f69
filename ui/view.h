/* The state of the screen: what the user looks at and is typing. Model-update-draw: keys and new
 * snapshots change a view (view_key, view_refresh), screen_draw paints it and changes nothing. */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "architecture.h"
#include "axis.h"
#include "compare.h"
#include "engine/snapshot.h"
#include "extract_dialog.h"
#include "field.h"
#include "layers.h"
#include "list.h"
#include "log.h"
#include "news.h"
#include "page.h"
#include "pins.h"
#include "port.h"
#include "progress.h"
#include "prompts.h"
#include "settings.h"
#include "try.h"
#include "ui/keys.h"
#include "undo.h"

#define VIEW_MARKS 64

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
    unsigned settled; /* the front that they grew with last, and what else was shown then */
    uint64_t ranged; /* hash */

    bool everything;   /* the table lists all networks, not only the front */
    bool within_error; /* else it lists the front, and what is within one standard error of it */
    size_t near;       /* of these how many, before the filter */
    int sort;          /* column; -1: the first objective */
    bool backwards;    /* worst first */
    struct pins filter;
    char filter_text[128];
    struct view_find find;
    enum view_others others;
    struct view_extents extents;
    bool listed; /* the rows below are of this hash: nothing to find anew */
    uint64_t list_hash;
    struct view_point *point; /* [points] by row; owned. See ui/points.c */
    size_t points, points_capacity, points_within;
    uint64_t points_hash;
    struct pin narrowest; /* when none is within: the pin that excludes the most; text "": none */
    uint32_t *row;        /* ids in the table's order; owned */
    size_t rows, capacity;
    uint32_t selected; /* id; NO_ROW: none */
    bool chosen;       /* moved by the user; else it follows the knee, more and more seldom */
    size_t knee_rows;  /* how many rows there were when it did last */
    uint32_t mark[VIEW_MARKS];
    size_t marks;

    struct view_news news;
    size_t keys; /* so far */

    char message[256]; /* of the run, when it came, and whether a key has come since */
    int64_t message_time;
    bool message_read;
    char notice[600]; /* answer to the last key; "" none */
    enum colour notice_colour;
    int64_t notice_time;

    enum prompt_kind prompt;
    struct view_log log_lines;
    struct view_try attempt;
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
    struct view_layers layers;
    struct view_progress progress;
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
    char clipboard[ARCH_CODE_TEXT]; /* for the terminal's clipboard; taken by the loop */
    int width, height;                   /* of the screen, as the loop knows it; 0: not yet */
};

void view_init(struct view *view, const struct view_port *port, enum glyphs richest);
void view_release(struct view *view);
/* A new snapshot is there, or the view's filter or order has changed: table, selection and ranges
 * follow. Out of memory leaves the table empty. */
void view_refresh(struct view *view, const struct snapshot *snapshot);
/* The user is here, by key or mouse: he has read what was said. */
void view_touched(struct view *view, const struct snapshot *snapshot);
/* One key: does what the table says, or edits the field in use. */
void view_key(struct view *view, const struct snapshot *snapshot, int key);
struct ui_mouse {
    int x, y; /* cell */
    enum ui_mouse_kind { MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } kind;
};
void view_mouse(struct view *view, const struct snapshot *snapshot, struct ui_mouse mouse);

/* Settings that the view itself obeys have changed. */
void view_apply_settings(struct view *view);

/* ---- what drawing and actions share ---- */

void view_say(struct view *view, enum colour colour, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
