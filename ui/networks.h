/* Networks by id, whoever made them, and their values: what the columns of tables and the axes of
 * plots show. */
#ifndef UI_NETWORKS_H
#define UI_NETWORKS_H

#include "engine/snapshot.h"

/* Ids of networks. Those of the run are its rows'; others have ranges of their own. */
#define BASELINE_IDS 0x40000000u /* and the row in snapshot->baselines */
#define OVERLAY_IDS 0x80000000u  /* and the row in one of snapshot->overlay */
#define OVERLAY_ROWS 0x01000000u /* ids of each of these */
#define NO_ROW UINT32_MAX
_Static_assert(RUN_EVALUATIONS_MOST < OVERLAY_ROWS, "rows of a run have other ids than others");

/* How many there are: those of the run, and those that it began with. */
size_t view_networks(const struct snapshot *snapshot);
/* What paretop report found of it; NULL: nothing. An overlay's has weights that were not judged. */
const struct heldout_row *view_held_out(const struct snapshot *snapshot, uint32_t id);
/* Any network by its id; NULL: none. */
const struct row *view_row(const struct snapshot *snapshot, uint32_t id);
uint32_t overlay_id(size_t overlay, uint32_t row);
bool view_is_baseline(uint32_t id);
size_t view_overlay(uint32_t id); /* its place in snapshot->overlay; SIZE_MAX: of none */
/* The letter that stands for an overlay: of its name, and no other point's. */
uint32_t overlay_letter(const struct snapshot *snapshot, size_t overlay);
const char *baseline_method(const struct row *row); /* "sleb" */
/* "#106", "sleb #2", "q8_0 #12"; returns out. */
const char *view_name(const struct snapshot *snapshot, uint32_t id, char *out, size_t size);
/* The row that counts of the network with this code; NO_ROW: it is not evaluated. */
uint32_t view_find(const struct snapshot *snapshot, const struct arch_code *code);
/* The same network, by the row that counts now. */
uint32_t view_counting(const struct snapshot *snapshot, uint32_t id);
bool view_counts(const struct snapshot *snapshot, uint32_t id); /* not superseded */
bool view_on_front(const struct snapshot *snapshot, uint32_t id);

/* Columns of the table: one per objective, then these. */
enum {
    COLUMN_ERROR = OBJECTIVES, /* standard error of acc */
    COLUMN_EST_ERROR,          /* of acc_est */
    COLUMN_LAYERS,
    COLUMN_ID,
    COLUMN_GENERATION,
    COLUMN_QUESTIONS, /* scored: networks of a run in stages differ */
    COLUMNS,
};

/* Standard error of an accuracy; NaN for other objectives. */
double view_error(const struct snapshot *snapshot, const struct row *row, enum objective objective);
bool snapshot_running(const struct snapshot *snapshot); /* leaving would stop a search */

/* By the snapshot's estimate. */
double view_value(const struct snapshot *snapshot, const struct row *row, enum objective objective);
double column_value(const struct snapshot *snapshot, const struct row *row, int column);
bool column_measured(const struct snapshot *snapshot, int column);
bool column_best_is_high(int column);
const char *column_name(int column);

#endif
