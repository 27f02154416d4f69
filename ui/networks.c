/* Networks by id: those of the run, those of pruning methods, those of fronts that lie over it.
 * Each kind has a range of ids of its own, so that a view selects, marks and compares them alike.
 */
#include "view.h"

#include "engine/orders.h"
#include "store/baselines.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

uint32_t overlay_id(size_t overlay, uint32_t row)
{
    return OVERLAY_IDS + (uint32_t)overlay * OVERLAY_ROWS + row;
}

bool view_is_baseline(uint32_t id)
{
    return id >= BASELINE_IDS && id < OVERLAY_IDS;
}

size_t view_overlay(uint32_t id)
{
    return id < OVERLAY_IDS || id == NO_ROW ? SIZE_MAX : (id - OVERLAY_IDS) / OVERLAY_ROWS;
}

const struct row *view_row(const struct snapshot *snapshot, uint32_t id)
{
    if (id < BASELINE_IDS)
        return id < snapshot->rows ? archive_row(snapshot->archive, id) : NULL;
    if (view_is_baseline(id))
        return id - BASELINE_IDS < snapshot->baseline_rows
                   ? archive_row(snapshot->baselines, id - BASELINE_IDS)
                   : NULL;
    size_t overlay = view_overlay(id), index = (id - OVERLAY_IDS) % OVERLAY_ROWS;
    if (overlay >= snapshot->overlays || index >= snapshot->overlay[overlay].rows)
        return NULL;
    return archive_row(snapshot->overlay[overlay].archive, index);
}

const struct heldout_row *view_held_out(const struct snapshot *snapshot, uint32_t id)
{
    const struct row *row = view_row(snapshot, id);
    if (!snapshot->heldout || !row || view_overlay(id) != SIZE_MAX)
        return NULL;
    bool magnitude =
        view_is_baseline(id) && baselines_by_magnitude(row) && code_needs_order(&row->code);
    return heldout_last(snapshot->heldout, &row->code, magnitude);
}

size_t view_networks(const struct snapshot *snapshot)
{
    return snapshot->evaluations + snapshot->imported;
}

uint32_t view_find(const struct snapshot *snapshot, const struct arch_code *code)
{
    for (size_t i = 0; i < snapshot->rows; i++)
        if (arch_code_equal(&archive_row(snapshot->archive, i)->code, code))
            return (uint32_t)archive_counting(snapshot->archive, i, snapshot->rows);
    return NO_ROW;
}

uint32_t view_counting(const struct snapshot *snapshot, uint32_t id)
{
    return id < snapshot->rows ? (uint32_t)archive_counting(snapshot->archive, id, snapshot->rows)
                               : id;
}

bool view_counts(const struct snapshot *snapshot, uint32_t id)
{
    return id >= snapshot->rows || !archive_superseded(snapshot->archive, id, snapshot->rows);
}

bool view_on_front(const struct snapshot *snapshot, uint32_t id)
{
    for (size_t i = 0; i < snapshot->fronts; i++)
        if (snapshot->front[i] == id)
            return true;
    return false;
}

/* The method's name in "baseline:sleb". */
const char *baseline_method(const struct row *row)
{
    const char *colon = strchr(row->origin, ':');
    return colon ? colon + 1 : row->origin;
}

const char *view_name(const struct snapshot *snapshot, uint32_t id, char *out, size_t size)
{
    const struct row *row = view_row(snapshot, id);
    if (!row)
        snprintf(out, size, "-");
    else if (view_is_baseline(id))
        snprintf(out, size, "%s #%u", baseline_method(row), (unsigned)(id - BASELINE_IDS));
    else if (id >= OVERLAY_IDS)
        snprintf(out, size, "%s #%u", snapshot->overlay[view_overlay(id)].name,
                 (unsigned)((id - OVERLAY_IDS) % OVERLAY_ROWS));
    else
        snprintf(out, size, "#%u", (unsigned)id);
    return out;
}

/* Free: no other point's, in ASCII either, and no overlay's before. */
static bool letter_free(char letter, const uint32_t *taken, size_t count)
{
    bool free = strchr("oxbBDM@.:?+", letter) == NULL;
    for (size_t i = 0; i < count; i++)
        free = free && taken[i] != (uint32_t)letter;
    return free;
}

uint32_t overlay_letter(const struct snapshot *snapshot, size_t overlay)
{
    static const char rest[] = "qrstuvwyzacdefgh";
    uint32_t letter[RUN_OVERLAYS] = {0};
    for (size_t i = 0; i <= overlay && i < RUN_OVERLAYS; i++) {
        const char *sources[] = {snapshot->overlay[i].name, rest};
        for (size_t k = 0; k < 2 && !letter[i]; k++)
            for (const char *at = sources[k]; *at && !letter[i]; at++)
                if (isalnum((unsigned char)*at) && letter_free(*at, letter, i))
                    letter[i] = (uint32_t)*at;
    }
    return overlay < RUN_OVERLAYS ? letter[overlay] : '?';
}

/* ---- values ---- */

double view_error(const struct snapshot *snapshot, const struct row *row, enum objective objective)
{
    size_t n = snapshot->questions[objective];
    double share = row->value[objective];
    if (objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_EST)
        return row_error(row, objective, &snapshot->estimate);
    return n > 1 ? sqrt(share * (1 - share) / (double)(n - 1)) : NAN; /* as task_reduce has it */
}

bool snapshot_running(const struct snapshot *snapshot)
{
    return snapshot->phase != RUN_FINISHED && snapshot->phase != RUN_FAILED &&
           snapshot->phase != RUN_ABANDONED;
}

double view_value(const struct snapshot *snapshot, const struct row *row, enum objective objective)
{
    return row_value(row, objective, &snapshot->estimate);
}

double column_value(const struct snapshot *snapshot, const struct row *row, int column)
{
    if (column < OBJECTIVES)
        return view_value(snapshot, row, (enum objective)column);
    if (column == COLUMN_ERROR)
        return row->standard_error;
    if (column == COLUMN_EST_ERROR)
        return view_error(snapshot, row, OBJECTIVE_ACC_EST);
    if (column == COLUMN_ID)
        return row->id;
    if (column == COLUMN_GENERATION)
        return row->generation;
    if (column == COLUMN_QUESTIONS)
        return row->n;
    double layers = 0;
    for (size_t i = 0, all = arch_code_layers(&row->code); i < all; i++)
        layers += arch_keeps_layer(row->code.text[i]);
    return layers;
}

bool column_measured(const struct snapshot *snapshot, int column)
{
    if (column == COLUMN_ERROR || column == COLUMN_QUESTIONS)
        return snapshot->measured[OBJECTIVE_ACC];
    if (column == COLUMN_EST_ERROR)
        return snapshot->measured[OBJECTIVE_ACC_EST];
    return column >= OBJECTIVES || snapshot->measured[column];
}

bool column_best_is_high(int column)
{
    return column < OBJECTIVES ? objective_table[column].maximise : column == COLUMN_LAYERS;
}

const char *column_name(int column)
{
    static const char *const names[] = {
        "standard error", "standard error of acc_est", "layers", "id", "generation", "questions"};
    return column < OBJECTIVES ? objective_table[column].name : names[column - OBJECTIVES];
}
