/* A generation: what the method is asked, and told. */
#include "run_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct taken { /* what a repeated ask must see: the rows that the first one saw */
    const struct run *run;
    size_t rows;
};

static bool taken(void *context, const struct arch_code *code)
{
    const struct taken *seen = context;
    const struct row *row = archive_first(seen->run->archive, code);
    if (row != NULL && row->id < seen->rows)
        return true;
    for (size_t i = 0; i < seen->run->state.injects; i++)
        if (arch_code_equal(&seen->run->state.inject[i], code))
            return true;
    return false;
}

/* An ask may take seconds: meanwhile a text that grows is shown. */
static bool stopping(void *run)
{
    if (run_try_is_news(run))
        run_publish(run);
    return run_is_stopping(run);
}

static bool stopping_or_late(void *run)
{
    return stopping(run) || run_out_of_time(run);
}

static struct method_context method_context(struct run *run, size_t rows,
                                            const struct estimate *estimate, struct taken *seen)
{
    *seen = (struct taken){run, rows};
    return (struct method_context){
        .space = &run->space,
        .archive = run->archive,
        .rows = rows,
        .estimate = estimate,
        .objectives = run->setup.objectives,
        .m = run->setup.m,
        .pins = &run->state.pins,
        .weights = &run->setup.weights,
        .cost = run_costs(run),
        .chance = run->chance,
        .taken = taken,
        .taken_context = seen,
        .stopping = stopping_or_late,
        .stopping_context = run,
    };
}

enum status run_save_state(struct run *run, struct error *error)
{
    const struct snapshot *look = &run->look;
    bool over = look->phase == RUN_FINISHED || look->phase == RUN_STOPPING;
    run->state.seconds = run_clock(run);
    snprintf(run->state.ended, sizeof run->state.ended, "%s",
             !over           ? ""
             : run->failing  ? "failed"
             : look->stopped ? "stopped"
                             : "finished");
    return state_write(run->rundir, &run->state, error);
}

/* Injected codes that have been evaluated are done with. */
static void drop_finished_injections(struct run *run)
{
    size_t kept = 0;
    for (size_t i = 0; i < run->state.injects; i++)
        if (!run_is_whole(run, archive_find(run->archive, &run->state.inject[i])))
            run->state.inject[kept++] = run->state.inject[i];
    run->state.injects = kept;
}

/* As if nobody had asked. */
static enum status forget_ask(struct run *run, struct error *error)
{
    run->asks = 0;
    run->state.want = 0;
    method_state_release(&run->live);
    return method_state_copy(&run->live, &run->state.method, error);
}

/* The state as it is before an ask is saved, unless it is the one that was read: then the same ask
 * is made again. Networks that begin alike are evaluated one after another; all are sorted, also
 * those beyond the budget, so that a run that is extended goes on as one that asked for more. */
enum status run_plan(struct run *run, struct error *error)
{
    const struct method_options options = setup_method(&run->setup);
    struct run_state *state = &run->state;
    struct taken seen;
    bool again = state->want > 0 && !run->begun;
    run->begun = true;
    if (!again) {
        drop_finished_injections(run);
        state->asked_rows = archive_count(run->archive);
        state->want = options.population > state->generation_done
                          ? options.population - state->generation_done
                          : 0;
        enum status status = run_save_state(run, error);
        if (status != STATUS_OK)
            return status;
    }
    struct estimate estimate = estimate_of_rows(run->archive, state->asked_rows);
    struct method_context context = method_context(run, state->asked_rows, &estimate, &seen);
    if (again) /* requests that came meanwhile count what it gave */
        context.stopping = stopping;
    method_state_release(&run->live);
    enum status status = method_state_copy(&run->live, &state->method, error);
    run->asks = 0;
    if (status == STATUS_OK && state->want > 0)
        status = run->method->ask(&run->live, &options, &context, state->want, run->asked,
                                  &run->asks, error);
    if (status == STATUS_OK && state->method.generation > 0)
        arch_code_sort(run->asked, run->asks); /* the first was prepared, the most telling first */
    run->planned = status == STATUS_OK;
    return status == STATUS_CANCELLED && !run_is_stopping(run) ? forget_ask(run, error) : status;
}

double run_shared(const struct run *run)
{
    struct evaluator_savings savings = evaluator_savings(run->evaluator);
    return savings.layers > 0 ? (double)savings.saved / (double)savings.layers : NAN;
}

void run_report_generation(struct run *run, const struct method_report *report)
{
    struct snapshot *look = &run->look;
    run_publish(run); /* finds the front */
    const struct run_generation generation = {
        .generation = look->generation,
        .evaluations = look->evaluations,
        .feasible = look->feasible,
        .front = look->fronts,
        .hypervolume = look->hypervolume,
        .seconds = look->run_seconds,
        .report = report,
        .objectives = run->setup.objectives,
        .m = run->setup.m,
        .shared = run_shared(run),
    };
    if (run->on_generation != NULL)
        run->on_generation(run->context, &generation);
}

/* How good the forecast of the generation was: to the log; the screen has a view of it. */
static void log_forecast(const struct run *run)
{
    const struct method_report *report = &run->live.report;
    for (size_t k = run->setup.m; k-- > 0;) {
        if (report->model[k] == NULL)
            continue;
        char text[RUN_MESSAGE], order[40] = "";
        if (isfinite(report->correlation[k]))
            snprintf(order, sizeof order, "rank correlation %.2f, ", report->correlation[k]);
        snprintf(text, sizeof text, "generation %u, %zu networks: %s foretold: %soff by %.2g (%s)",
                 run->state.method.generation, report->networks,
                 objective_table[run->setup.objectives[k]].name, order, report->error[k],
                 report->model[k]);
        rundir_log(run->rundir, text);
    }
}

enum status run_write_front(struct run *run, struct error *error)
{
    return front_write(run->rundir, run->archive, run->front.front.id, run->look.fronts, error);
}

/* All asked codes are evaluated: the method hears of it. */
enum status run_finish_generation(struct run *run, struct error *error)
{
    const struct method_options options = setup_method(&run->setup);
    struct taken seen;
    struct method_context context =
        method_context(run, archive_count(run->archive), &run->estimate, &seen);
    bool empty = run->asks == 0 && run->state.generation_done == 0;
    if (empty && run->state.method.generation > 0) {
        run->exhausted = true;
        return STATUS_OK;
    }
    enum status status = run->method->tell(&run->live, &options, &context, error);
    if (status != STATUS_OK)
        return status;
    log_forecast(run);
    run->estimated = 0;
    run->stale = true;
    run_publish(run); /* finds the front */
    status = run_rounds_end(run, error);
    if (status != STATUS_OK)
        return status;
    run_report_generation(run, &run->live.report);
    method_state_release(&run->state.method);
    status = method_state_copy(&run->state.method, &run->live, error);
    run->state.generation_done = 0;
    run->state.want = 0;
    run->planned = false;
    progress_end_generation(&run->progress);
    return status == STATUS_OK ? run_write_front(run, error) : status;
}
