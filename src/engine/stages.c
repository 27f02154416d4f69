/* Evaluations in stages: every code is scored on a few items of each task; who survives the race
 * (search/race.h) on more, up to all. Invariant: what is to be scored next follows from the rows
 * alone. A generation is held as rounds: a round's decision is made from the rows below a limit,
 * its survivors get one stage more, and the last of those rows is the next round's limit; so a
 * round that a crash interrupted is held again, and ends where it was. When no round has survivors,
 * every network that may be on the front is scored on all items. */
#include "run_private.h"

#include "base/memory.h"
#include "search/race.h"
#include "sources_private.h"

#include <math.h>
#include <string.h>

static size_t stages_of(const struct run *run)
{
    return run->setup.stages > 0 ? run->setup.stages : 1;
}

void run_cut_tasks(struct run *run)
{
    const struct setup *setup = &run->setup;
    size_t from = 0;
    run->parts = 0;
    for (size_t s = 0; s < stages_of(run); s++) {
        for (size_t i = 0; i < setup->tasks; i++)
            run->part[run->parts++] = task_part(
                &run->task[i], from, setup->stages > 0 ? setup->stage[s] : run->task[i].items);
        from = setup->stage[s];
    }
}

/* Items of a row that has come so far. */
static uint32_t items_until(const struct run *run, size_t stage)
{
    return (uint32_t)(run->setup.stage[stage - 1] * run->setup.tasks);
}

size_t run_stages_done(const struct run *run, const struct row *row)
{
    if (row == NULL || run->setup.stages == 0)
        return row != NULL;
    size_t stage = run->setup.stages;
    if (row->n >= items_until(run, stage)) /* a file may say more */
        return stage;
    while (stage > 0 && row->n != items_until(run, stage))
        stage--;
    return stage;
}

bool run_is_whole(const struct run *run, const struct row *row)
{
    return run_stages_done(run, row) == stages_of(run);
}

struct stage_range run_first_stages(const struct run *run, const struct arch_code *code,
                                    bool all_of_them)
{
    struct arch_code full;
    arch_code_full(run->shape, &full);
    size_t done = run_stages_done(run, archive_find(run->archive, code));
    bool whole = all_of_them || arch_code_equal(&full, code);
    return (struct stage_range){done, whole ? stages_of(run) : done + 1};
}

/* ---- rows ---- */

static struct task_score score_of(const struct row *row, size_t task, size_t tasks)
{
    return (struct task_score){
        .n = row->n / tasks,
        .acc = row->value[tasks > 1 ? OBJECTIVE_TASK_FIRST + task : OBJECTIVE_ACC],
        .acc_norm = row->value[OBJECTIVE_ACC_NORM], /* means over the tasks stay means */
        .choice_nll = row->value[OBJECTIVE_CHOICE_NLL],
    };
}

void run_join_row(const struct run *run, const struct row *before, struct row *row)
{
    struct task_score score[SETUP_TASKS];
    struct measured measured = {.task = score, .tasks = run->setup.tasks};
    for (size_t i = 0; i < measured.tasks; i++) {
        struct task_score part = score_of(row, i, measured.tasks);
        score[i] = score_of(before, i, measured.tasks);
        task_score_join(&score[i], &part);
    }
    for (int i = 0; i < OBJECTIVES; i++) /* a text's, and times that a command measured */
        if (!isnan(before->value[i]))
            row->value[i] = before->value[i];
    row->value[OBJECTIVE_ACC] = source_ACC(&measured);
    row->value[OBJECTIVE_ACC_NORM] = source_ACC_NORM(&measured);
    row->value[OBJECTIVE_CHOICE_NLL] = source_CHOICE_NLL(&measured);
    for (size_t i = 0; measured.tasks > 1 && i < measured.tasks; i++)
        row->value[OBJECTIVE_TASK_FIRST + i] = score[i].acc;
    row->standard_error = sources_standard_error(&measured);
    row->n += before->n;
}

/* ---- rounds ---- */

/* Rows that the first round of this generation sees: those of earlier ones, and all up to its last
 * one that was asked for, of the first stage. */
static size_t first_limit(const struct run *run)
{
    size_t limit = 0, rows = archive_count(run->archive);
    for (size_t i = 0; i < rows; i++) {
        const struct row *row = archive_row(run->archive, i);
        bool asked =
            run_stages_done(run, row) == 1 && archive_replaced(run->archive, i) == SIZE_MAX;
        if (row->generation < run->state.method.generation || asked)
            limit = i + 1;
    }
    return limit;
}

/* Index of the row that came in place of one that counted among the first `limit`; SIZE_MAX: not
 * there yet. */
static size_t successor(const struct run *run, size_t index, size_t limit)
{
    size_t rows = archive_count(run->archive);
    if (!archive_superseded(run->archive, index, rows))
        return SIZE_MAX;
    while (rows - limit > 1) { /* superseded among `rows`, not among `limit` */
        size_t middle = limit + (rows - limit) / 2;
        if (archive_superseded(run->archive, index, middle))
            rows = middle;
        else
            limit = middle;
    }
    return rows - 1;
}

/* What no stage left (a foreign file's row) has no next one. */
static bool goes_on(const struct run *run, const struct row *row)
{
    return row->n == 0 || run_stages_done(run, row) > 0;
}

/* Of the survivors those that have not their next row yet, in the order of their codes: those that
 * begin alike one after another, and an order that does not depend on who has been scored already.
 * *next: behind the rows of the others. */
static enum status list_waiting(const struct run *run, const uint32_t *id, size_t survivors,
                                size_t limit, struct arch_code *codes, size_t room, size_t *count,
                                size_t *next, struct error *error)
{
    struct arch_code *waiting = memory_new(survivors, sizeof *waiting, error);
    size_t waits = 0;
    if (waiting == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < survivors; i++) {
        const struct row *survivor = archive_row(run->archive, id[i]);
        size_t row = successor(run, id[i], limit);
        if (row != SIZE_MAX && row >= *next)
            *next = row + 1;
        else if (row == SIZE_MAX && goes_on(run, survivor))
            waiting[waits++] = survivor->code;
    }
    arch_code_sort(waiting, waits);
    *count = waits < room ? waits : room;
    memcpy(codes, waiting, *count * sizeof *codes);
    memory_free(waiting);
    return STATUS_OK;
}

/* The survivors of one round: *next is the next one's limit, the codes those that have not their
 * next row yet, as many as there is room for. */
static enum status hold_round(const struct run *run, size_t limit, struct arch_code *codes,
                              size_t room, size_t *count, size_t *next, struct error *error)
{
    struct estimate estimate = estimate_of_rows(run->archive, limit);
    uint32_t *id = NULL;
    size_t survivors = 0;
    *count = 0;
    *next = limit;
    enum status status = race_survivors(
        run->archive, limit, &estimate, run->setup.objectives, run->setup.m, &run->state.pins,
        items_until(run, run->setup.stages), &id, &survivors, error);
    if (status == STATUS_OK)
        status = list_waiting(run, id, survivors, limit, codes, room, count, next, error);
    memory_free(id);
    return status;
}

enum status run_race(const struct run *run, struct arch_code *codes, size_t room, size_t *count,
                     struct error *error)
{
    enum status status = STATUS_OK;
    *count = 0;
    if (run->setup.stages == 0)
        return STATUS_OK;
    size_t limit = 0, next = first_limit(run);
    while (status == STATUS_OK && *count == 0 && next > limit) {
        limit = next;
        status = hold_round(run, limit, codes, room, count, &next, error);
    }
    return status;
}
