/* The architecture view: the selected network layer by layer, and a draft that the user makes of it
 * by hand. A draft is kept until it is evaluated or dropped, whatever view is shown. */
#ifndef UI_ARCHITECTURE_H
#define UI_ARCHITECTURE_H

#include "arch/code.h"
#include "search/objective.h"

struct view;
struct snapshot;

#define DRAFT_PAST 32 /* edits that can be undone */
#define DRAWN_MOST 8  /* of one's own networks that are remembered */

struct foretold {                                /* of a network that nobody has evaluated */
    double value[OBJECTIVES], error[OBJECTIVES]; /* NaN: not known; error 0: exact */
};

struct drawn_network { /* that was asked for in this view */
    struct arch_code code;
    struct foretold foretold; /* before it was evaluated */
    uint32_t row;             /* id; UINT32_MAX: not evaluated yet */
    bool seen;                /* it was shown, or the user had drawn something else by then */
};

struct view_architecture {
    size_t layer;           /* under the cursor */
    struct arch_code draft; /* differs from the selected network; "": there is none */
    struct arch_code past[DRAFT_PAST];
    size_t pasts;
    struct drawn_network drawn[DRAWN_MOST]; /* oldest first */
    size_t drawns;
    size_t looked; /* rows looked at for them */
};

/* The network that the draft is made from: the selected one, before there is one the whole model.
 * False: no model is known yet. */
bool draft_original(const struct view *view, const struct snapshot *snapshot,
                    struct arch_code *original);
/* What is being edited: the draft, or the original. False: as above. */
bool draft_code(const struct view *view, const struct snapshot *snapshot, struct arch_code *code);
/* What is foretold of the draft, for the plot. False: there is no draft. */
bool draft_point(const struct view *view, const struct snapshot *snapshot,
                 struct foretold *foretold);
/* What was foretold of a row that was asked for here; NULL: it was not. */
const struct drawn_network *draft_drawn(const struct view *view, const struct arch_code *code);
/* Of view_refresh, in every view: networks that were asked for arrive, a draft that is no longer
 * different ends. */
void draft_refresh(struct view *view, const struct snapshot *snapshot);
/* The character that UI_MODE_REPLACE waits for. */
void draft_replace(struct view *view, const struct snapshot *snapshot, int key);

#endif
