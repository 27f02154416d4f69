/* What `paretop front` shows of a run, and how it prints it. */
#ifndef CLI_FRONT_H
#define CLI_FRONT_H

#include "cli/options.h"
#include "io/json.h"
#include "store/heldout.h"
#include "store/rundir.h"

extern const char *const front_columns[]; /* to sort by, beside objectives; NULL-ended */

struct front_view {
    struct run_summary run;
    uint32_t *id; /* owned: rows to show, in order */
    size_t count;
    uint32_t *strict; /* owned, with --within-error: the front itself; else NULL */
    size_t stricts;
    size_t feasible; /* rows within the pins */
    int column;      /* to sort by: an objective, or one of enum extra; -1: as it stands */
    /* Of pruning methods, shown under a whole front; NULL: not wanted. */
    struct history_reader *baselines;
    size_t baseline_rows;
    struct heldout_rows heldout; /* what paretop report found, shown where there is any */
};

const struct row *front_view_row(const struct front_view *view, size_t index);

enum status front_print_csv(const struct front_view *view, struct error *error);
/* The caller's to give back. */
json_t *front_json(const struct front_view *view);
/* A table of at most `width` cells, if that is enough for the objectives: what is neither searched
 * for, pinned nor sorted by is left out first, and named in a note. 0: of any width. */
void front_print_text(const struct options *options, const struct front_view *view, int width);
/* On standard error: which pin leaves nothing, alone if one does. */
void front_explain_empty(const struct front_view *view);

#endif
