/* The view of progress: how the search is getting on, and when it will be done. */
#ifndef UI_PROGRESS_H
#define UI_PROGRESS_H

#include "layout.h"

struct view;
struct snapshot;

enum progress_curve { CURVE_VOLUME, CURVE_RATE, CURVE_CORRELATION, CURVES };

struct view_progress {
    enum progress_curve curve;
    bool by_time; /* else by evaluations */
    int top;      /* first generation listed, from the newest */
    int lines;    /* generations there were: who reads old ones is not moved by new ones */
};

struct progress_layout {       /* areas that do not fit have no height */
    struct rect rule, answers; /* what it is doing; is it getting better, when is it done */
    struct rect curve_rule, curve, facts_rule, facts, divider;
    struct rect table_rule, table;
};
struct progress_layout progress_layout(struct rect body);

/* Each within its rect. */
void draw_progress_curve(struct grid *grid, struct rect rule, struct rect rect,
                         const struct view *view, const struct snapshot *snapshot);
void draw_progress_facts(struct grid *grid, struct rect rect, const struct view *view,
                         const struct snapshot *snapshot);
void draw_progress_table(struct grid *grid, struct rect rule, struct rect rect,
                         const struct view *view, const struct snapshot *snapshot);
double round_rate(const struct snapshot *snapshot, size_t round); /* evaluations a minute */
/* Kendall's tau of the forecast of the k-th objective; NaN where it would be of too few networks.
 */
double round_correlation(const struct snapshot *snapshot, size_t round, size_t k);
int progress_table_lines(const struct snapshot *snapshot); /* generations listed */

#endif
