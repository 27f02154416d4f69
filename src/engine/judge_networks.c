/* The networks that a judgement is about, from history.csv and baselines.csv alone. */
#include "judge_private.h"

#include "base/memory.h"
#include "engine/orders.h"
#include "search/front.h"
#include "store/baselines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct collecting {
    struct judgement *judgement;
    struct run_summary run;
    uint32_t *front; /* owned: ids */
    size_t fronts;
    struct judged *all; /* owned: every row of the search, by id */
    bool *wanted;       /* owned: those to be judged */
    size_t base;        /* id; SIZE_MAX: not evaluated */
};

/* Higher is better: the accuracy as estimated, or the first objective of a run without questions.
 */
static double known_of(const struct collecting *c, const struct row *row)
{
    enum objective first = c->run.objectives[0];
    if (c->run.measured[OBJECTIVE_ACC])
        return row_value(row, OBJECTIVE_ACC_EST, &c->run.estimate);
    return -objective_cost(first, row_value(row, first, &c->run.estimate));
}

static struct judged as_judged(const struct collecting *c, const struct row *row,
                               const char *origin)
{
    return (struct judged){
        .origin = origin,
        .params = row->value[OBJECTIVE_PARAMS],
        .bytes = row->value[OBJECTIVE_BYTES],
        .known = known_of(c, row),
        .seen = row->value[OBJECTIVE_ACC],
        .seen_error = row->standard_error,
        .heldout = NAN,
        .heldout_error = NAN,
    };
}

/* ---- the search's ---- */

/* The full model has the origin base; one that came otherwise keeps every layer whole. */
static size_t find_base(const struct collecting *c)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < c->run.rows; i++) {
        const struct row *row = archive_row(c->run.archive, i);
        bool whole = row->code.text[strspn(row->code.text, "8")] == '\0';
        if (!archive_superseded(c->run.archive, i, c->run.rows) &&
            (strcmp(row->origin, "base") == 0 || (whole && found == SIZE_MAX)))
            found = i;
    }
    return found;
}

static enum status read_search(struct collecting *c, const char *directory, struct error *error)
{
    struct run_summary *run = &c->run;
    size_t feasible;
    enum status status = run_summary_read(directory, run, error);
    if (status != STATUS_OK)
        return status;
    if (run->rows == 0)
        return error_set(error, STATUS_INVALID, "%s has no evaluated network yet", directory);
    c->all = memory_new(run->rows, sizeof *c->all, error);
    c->wanted = memory_new(run->rows, sizeof *c->wanted, error);
    if (c->all == NULL || c->wanted == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < run->rows; i++)
        c->all[i] = as_judged(c, archive_row(run->archive, i), "search");
    for (size_t i = 0; i < run->rows; i++)
        if (archive_superseded(run->archive, i, run->rows))
            c->all[i].known = NAN;
    c->base = find_base(c);
    return front_of_rows(run->archive, run->rows, &run->estimate, run->objectives, run->m,
                         &run->pins, &c->front, &c->fronts, &feasible, error);
}

static void choose_search(struct collecting *c)
{
    for (size_t i = 0; i < c->fronts; i++) {
        c->wanted[c->front[i]] = true;
        c->all[c->front[i]].front = true;
    }
    if (c->base == SIZE_MAX)
        return;
    c->wanted[c->base] = true;
    c->all[c->base].base = true;
    for (size_t i = 0; i < judged_sizes_count; i++) {
        const struct judged_size *size = &judged_sizes[i];
        double whole = size->bytes ? c->all[c->base].bytes : c->all[c->base].params;
        size_t pick = judged_pick(c->all, c->run.rows, "search", size, size->part * whole);
        if (pick != SIZE_MAX)
            c->wanted[pick] = true;
    }
}

/* ---- the list ---- */

static void add(struct collecting *c, const struct row *row, const struct judged *judged,
                bool magnitude)
{
    struct judgement *j = c->judgement;
    struct judged_network *network = &j->network[j->count];
    *network = (struct judged_network){
        .row = *row,
        .estimate = row_value(row, OBJECTIVE_ACC_EST, &c->run.estimate),
        .estimate_error = row_error(row, OBJECTIVE_ACC_EST, &c->run.estimate),
        .magnitude = magnitude && code_needs_order(&row->code),
    };
    j->judged[j->count] = *judged;
    if (strcmp(judged->origin, "search") != 0) /* the network stays where it is */
        j->judged[j->count].origin = network->row.origin;
    j->count++;
}

/* The next wanted row by size, the smallest first. */
static size_t take_smallest(struct collecting *c)
{
    size_t smallest = SIZE_MAX;
    for (size_t i = 0; i < c->run.rows; i++)
        if (c->wanted[i] && (smallest == SIZE_MAX || c->all[i].bytes < c->all[smallest].bytes))
            smallest = i;
    if (smallest != SIZE_MAX)
        c->wanted[smallest] = false;
    return smallest;
}

static enum status fill(struct collecting *c, const struct archive *baselines, struct error *error)
{
    struct judgement *j = c->judgement;
    size_t most = archive_count(baselines);
    for (size_t i = 0; i < c->run.rows; i++)
        most += c->wanted[i];
    j->network = memory_new(most, sizeof *j->network, error);
    j->judged = memory_new(most, sizeof *j->judged, error);
    if (j->network == NULL || j->judged == NULL)
        return STATUS_MEMORY;
    for (size_t i; (i = take_smallest(c)) != SIZE_MAX;)
        add(c, archive_row(c->run.archive, i), &c->all[i], false);
    for (size_t i = 0; i < archive_count(baselines); i++) {
        const struct row *row = archive_row(baselines, i);
        struct judged judged = as_judged(c, row, row->origin);
        add(c, row, &judged, baselines_by_magnitude(row));
    }
    return STATUS_OK;
}

/* Of an evaluation, a question; every row is of the same model on the same machine. */
static double pace(const struct run_summary *run)
{
    double seconds = 0, items = 0;
    for (size_t i = 0; i < run->rows; i++) {
        const struct row *row = archive_row(run->archive, i);
        if (row->n == 0 || !(row->seconds > 0))
            continue;
        seconds += row->seconds;
        items += row->n;
    }
    return items > 0 ? seconds / items : NAN;
}

enum status judge_collect(const char *directory, struct judgement *judgement,
                          double *seconds_per_item, struct error *error)
{
    struct collecting c = {.judgement = judgement};
    struct history_reader *baselines = NULL;
    bool anew;
    enum status status;
    if ((status = read_search(&c, directory, error)) ||
        (status = baselines_reader_new(directory, NULL, NULL, NULL, &baselines, error)) ||
        (status = history_reader_read(baselines, &anew, error)))
        goto out;
    choose_search(&c);
    status = fill(&c, history_reader_archive(baselines), error);
    snprintf(judgement->model_name, sizeof judgement->model_name, "%s", c.run.model_name);
    judgement->estimated = c.run.estimate.fitted;
    *seconds_per_item = pace(&c.run);
out:
    history_reader_free(baselines);
    memory_free(c.front);
    memory_free(c.all);
    memory_free(c.wanted);
    run_summary_release(&c.run);
    return status;
}
