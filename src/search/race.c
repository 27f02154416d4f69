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

/* In an objective that is sampled. An estimate knows the error of a difference. */
static bool surely_better(const struct race *race, const struct runner *a, const struct runner *b,
                          size_t k)
{
    enum objective objective = race->objectives[k];
    if (objective == OBJECTIVE_ACC_EST && race->estimate != NULL && race->estimate->fitted)
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

/* `last` beat the one before, and may beat this one, too. */
static bool drops_out(const struct race *race, const struct runner *runner,
                      const struct runner *all, size_t runners, size_t *last)
{
    if (*last < runners && beats(race, &all[*last], runner))
        return true;
    for (size_t i = 0; i < runners; i++)
        if (beats(race, &all[i], runner)) {
            *last = i;
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
    size_t runners = 0, last = SIZE_MAX;
    bool within = false;
    *id = memory_new(rows, sizeof **id, error);
    *count = 0;
    if (runner == NULL || *id == NULL) {
        memory_free(runner);
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
    for (size_t i = 0; i < runners; i++)
        if (!runner[i].whole && !(within && runner[i].beyond > 0) &&
            !drops_out(&race, &runner[i], runner, runners, &last))
            (*id)[(*count)++] = runner[i].row->id;
    memory_free(runner);
    return STATUS_OK;
}
