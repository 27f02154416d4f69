/* The race: see the header for the rule. */
#include "search/race.h"

#include "base/memory.h"

#include <math.h>

struct runner {
    const struct row *row;
    bool whole; /* it is in the race to beat others only */
    double cost[3];
    double error[3];        /* standard error; 0: exact; NaN: not known */
    double acc, acc_error;  /* as cost */
    double own, questions;  /* variances of the estimate, see search/estimate.h; NaN: none */
    double outside, beyond; /* violation of the pins, by computed values alone */
};

struct race {
    const struct estimate *estimate;
    const enum objective *objectives; /* [m] */
    size_t m;
};

/* Of the mean accuracy or of one task's: with two right and two wrong answers more (Agresti and
 * Coull 1998), as none of ten is not sure to be none of a hundred. */
static double share_error(double share, double n)
{
    double p = (share * n + 2) / (n + 4);
    return sqrt(p * (1 - p) / (n + 4));
}

static size_t tasks_named(void)
{
    size_t tasks = 0;
    for (int i = OBJECTIVE_TASK_FIRST; i < OBJECTIVES; i++)
        tasks += objective_named((enum objective)i);
    return tasks;
}

static double error_of(const struct row *row, enum objective objective)
{
    double value = row->value[objective], n = row->n;
    if (objective == OBJECTIVE_ACC_EST)
        return share_error(row->value[OBJECTIVE_ACC], n);
    if (objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_NORM)
        return share_error(value, n);
    if (objective_is_task(objective))
        return share_error(value, n / (double)tasks_named());
    return objective == OBJECTIVE_CHOICE_NLL ? NAN : 0; /* a text is scored whole */
}

static void take_variances(struct runner *runner, const struct estimate *estimate)
{
    double own = row_own_error(runner->row, OBJECTIVE_ACC_EST, estimate);
    double all = row_error(runner->row, OBJECTIVE_ACC_EST, estimate);
    bool estimated = runner->row->value[OBJECTIVE_CHOICE_NLL] >= 0;
    runner->own = estimated ? own * own : NAN;
    runner->questions = all * all - own * own;
}

/* False when one of the objectives is missing. */
static bool enter(const struct row *row, const struct estimate *estimate,
                  const enum objective *objectives, size_t m, const struct pins *pins,
                  uint32_t whole, struct runner *runner)
{
    *runner = (struct runner){
        .row = row,
        .whole = row->n >= whole,
        .acc = objective_cost(OBJECTIVE_ACC, row->value[OBJECTIVE_ACC]),
        .acc_error = error_of(row, OBJECTIVE_ACC),
        .outside = row_violation(row, pins, estimate),
        .beyond = pins_violation(pins, row->value, true),
    };
    take_variances(runner, estimate);
    for (size_t k = 0; k < m; k++) {
        runner->cost[k] = objective_cost(objectives[k], row_value(row, objectives[k], estimate));
        runner->error[k] = error_of(row, objectives[k]);
        if (!isfinite(runner->cost[k]))
            return false;
    }
    return true;
}

static bool less_beyond_error(double a, double b, double a_error, double b_error)
{
    return b - a > RACE_ERRORS * sqrt(a_error * a_error + b_error * b_error);
}

static bool has_estimate(const struct race *race, size_t k)
{
    return race->objectives[k] == OBJECTIVE_ACC_EST && race->estimate != NULL &&
           race->estimate->fitted;
}

/* In an objective that is sampled. An estimate knows the error of a difference. */
static bool surely_better(const struct race *race, const struct runner *a, const struct runner *b,
                          size_t k)
{
    enum objective objective = race->objectives[k];
    if (has_estimate(race, k))
        return b->cost[k] - a->cost[k] >
               RACE_ERRORS * row_difference_error(a->row, b->row, objective, race->estimate);
    if (isnan(a->error[k]))
        return less_beyond_error(a->acc, b->acc, a->acc_error, b->acc_error);
    return less_beyond_error(a->cost[k], b->cost[k], a->error[k], b->error[k]);
}

/* a beats b. */
static bool beats(const struct race *race, const struct runner *a, const struct runner *b)
{
    bool better = false;
    if (a->outside > b->outside)
        return false;
    for (size_t k = 0; k < race->m; k++) {
        bool exact = a->error[k] <= 0 && b->error[k] <= 0;
        if (a->cost[k] > b->cost[k] || (!exact && !surely_better(race, a, b, k)))
            return false;
        better = better || a->cost[k] < b->cost[k];
    }
    return better;
}

/* For an estimate: a is better by as much as its difference from any third one is less sure. With
 * as many questions, the variance of that is larger by `beyond` at most, and no less than b's own.
 */
static bool estimate_stands_for(const struct runner *a, const struct runner *b, size_t k)
{
    double beyond = a->own - b->own + fabs(a->questions - b->questions);
    double less_sure = beyond <= 0 ? 0 : RACE_ERRORS * beyond / (2 * sqrt(b->own)); /* or NaN */
    return a->row->n == b->row->n && a->cost[k] + less_sure <= b->cost[k];
}

/* Whom b beats, a beats, too. */
static bool stands_for(const struct race *race, const struct runner *a, const struct runner *b)
{
    bool all = a->outside <= b->outside;
    for (size_t k = 0; all && k < race->m; k++)
        if (has_estimate(race, k))
            all = estimate_stands_for(a, b, k);
        else
            all = a->cost[k] <= b->cost[k] &&
                  (isnan(a->error[k])
                       ? isnan(b->error[k]) && a->acc <= b->acc && a->acc_error <= b->acc_error
                       : a->error[k] <= b->error[k]);
    return all;
}

/* Positions of runners that are enough to find who is beaten; those of all items first, as they are
 * the surest. */
static size_t choose_rivals(const struct race *race, const struct runner *runner, size_t runners,
                            uint32_t *rival)
{
    size_t rivals = 0;
    for (int whole = 1; whole >= 0; whole--)
        for (size_t i = 0; i < runners; i++) {
            bool needed = runner[i].whole == (whole != 0);
            for (size_t k = 0; needed && k < rivals; k++)
                needed = !stands_for(race, &runner[rival[k]], &runner[i]);
            if (needed)
                rival[rivals++] = (uint32_t)i;
        }
    return rivals;
}

/* Who beat the last one may beat this one, too: rivals move to the front. */
static bool drops_out(const struct race *race, const struct runner *runner,
                      const struct runner *all, uint32_t *rival, size_t rivals)
{
    for (size_t i = 0; i < rivals; i++)
        if (beats(race, &all[rival[i]], runner)) {
            uint32_t first = rival[0];
            rival[0] = rival[i];
            rival[i] = first;
            return true;
        }
    return false;
}

enum status race_survivors(const struct archive *archive, size_t rows,
                           const struct estimate *estimate, const enum objective *objectives,
                           size_t m, const struct pins *pins, uint32_t whole, uint32_t **id,
                           size_t *count, struct error *error)
{
    const struct race race = {estimate, objectives, m};
    struct runner *runner = memory_new(rows, sizeof *runner, error);
    uint32_t *rival = memory_new(rows, sizeof *rival, error);
    size_t runners = 0;
    bool within = false;
    *id = memory_new(rows, sizeof **id, error);
    *count = 0;
    if (runner == NULL || rival == NULL || *id == NULL) {
        memory_free(runner);
        memory_free(rival);
        memory_free(*id);
        *id = NULL;
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < rows; i++)
        if (!archive_superseded(archive, i, rows) &&
            enter(archive_row(archive, i), estimate, objectives, m, pins, whole,
                  &runner[runners])) {
            within = within || runner[runners].outside <= 0;
            runners++;
        }
    size_t rivals = choose_rivals(&race, runner, runners, rival);
    for (size_t i = 0; i < runners; i++)
        if (!runner[i].whole && !(within && runner[i].beyond > 0) &&
            !drops_out(&race, &runner[i], runner, rival, rivals))
            (*id)[(*count)++] = runner[i].row->id;
    memory_free(runner);
    memory_free(rival);
    return STATUS_OK;
}
