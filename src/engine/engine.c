/* The engine thread: asks the method for a generation, has it evaluated, stores each row before
 * anyone sees it, tells the method. Invariant: state.json holds the state before the current ask,
 * so that asking again after a crash gives the same codes, of which the history knows the finished
 * ones. */
#include "run_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROWS_OF_A_RATE 3 /* from here on the time left is measured */
#define TICK_SECONDS 1   /* progress of the network in work, requests of other processes */

void run_say(struct run *run, const char *format, ...)
{
    char text[RUN_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    utf8_blank(text); /* requests of others, and names of files, may hold anything */
    snprintf(run->look.message, sizeof run->look.message, "%s", text);
    run->estimating = false;
    rundir_log(run->rundir, text);
    if (run->on_message != NULL)
        run->on_message(run->context, text);
}

/* ---- evaluations ---- */

/* Submits what is asked and not scored yet, injected codes first, as far as the budget goes; then
 * who goes on to another stage. Called only when nothing is in flight. */
static enum status submit(struct run *run, struct error *error)
{
    struct arch_code codes[2 * STATE_CODES_MAX];
    struct stage_range range[2 * STATE_CODES_MAX];
    size_t count = 0, made = run_made(run), injects = run->state.injects;
    size_t budget = run->state.evaluations > made ? run->state.evaluations - made : 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < injects + run->asks; i++) {
        bool inject = i < injects;
        const struct arch_code *code = inject ? &run->state.inject[i] : &run->asked[i - injects];
        const struct row *row = archive_find(run->archive, code);
        if ((inject ? run_is_whole(run, row) : row != NULL) || (row == NULL && budget == 0))
            continue;
        budget -= row == NULL;
        range[count] = run_first_stages(run, code, inject);
        codes[count++] = *code;
    }
    if (count == 0 && !run->raced) {
        status = run_race(run, codes, sizeof codes / sizeof *codes, &count, error);
        for (size_t i = 0; i < count; i++)
            range[i] = run_first_stages(run, &codes[i], false);
        run->raced = status == STATUS_OK && count == 0;
    }
    if (status == STATUS_OK)
        status = evaluator_submit_stages(run->evaluator, codes, range, count, error);
    run->in_flight += status == STATUS_OK ? count : 0;
    return status;
}

/* Takes back what no worker has begun. */
static void withdraw(struct run *run)
{
    struct arch_code codes[2 * STATE_CODES_MAX];
    run->in_flight -= evaluator_withdraw(run->evaluator, codes, sizeof codes / sizeof *codes);
}

static const char *origin_of(const struct run *run, const struct arch_code *code)
{
    struct arch_code full;
    arch_code_full(run->shape, &full);
    if (arch_code_equal(&full, code))
        return "base";
    for (size_t i = 0; i < run->state.injects; i++)
        if (arch_code_equal(&run->state.inject[i], code))
            return "inject";
    return run->state.method.generation == 0 ? "seed" : run->method->name;
}

static enum status first_row(struct run *run, const struct row *row, struct error *error)
{
    json_t *stored = NULL;
    enum status status = rundir_read_run(run->rundir, &stored, error);
    progress_set_reference(&run->progress, &run->space, &run->setup.weights, &run->cost,
                           run_costs(run) == NULL, run->chance, row);
    if (status == STATUS_OK) {
        json_object_set_new(stored, "hypervolume", progress_json(&run->progress));
        status = rundir_write_run(run->rundir, stored, error);
    }
    json_decref(stored);
    return status;
}

/* On disk, then in the archive, then on the screen. */
static enum status take_row(struct run *run, const struct delivery *delivery, struct error *error)
{
    struct row row = {
        .id = (uint32_t)archive_count(run->archive),
        .code = delivery->code,
        .generation = run->state.method.generation,
        .standard_error = delivery->standard_error,
        .n = delivery->n,
        .seconds = delivery->seconds,
        .finished = clock_utc(),
    };
    const struct row *before = archive_find(run->archive, &row.code);
    snprintf(row.origin, sizeof row.origin, "%s",
             before != NULL ? before->origin : origin_of(run, &row.code));
    memcpy(row.value, delivery->value, sizeof row.value);
    if (before != NULL && delivery->stages.first > 0)
        run_join_row(run, before, &row);
    enum status status = STATUS_OK;
    if (!run->progress.known)
        status = first_row(run, &row, error);
    if (status == STATUS_OK)
        status = history_append(run->rundir, &row, error);
    if (status == STATUS_OK)
        status = archive_append(run->archive, &row, error);
    if (status == STATUS_OK)
        status = progress_add(&run->progress, &row, run_is_whole(run, &row), run_clock(run), error);
    if (status != STATUS_OK)
        return status;
    estimate_follow(&run->estimate, run->archive, row.id);
    if (strcmp(row.origin, "base") == 0)
        run->look.base = row.id;
    if (before == NULL)
        run->recent[run->recents++ % 16] = run_clock(run);
    run_front_follow(run, &row);
    run->raced = false;
    if (run->estimating && run->recents >= ROWS_OF_A_RATE)
        run->look.message[0] = '\0'; /* the header has the measured time left */
    return STATUS_OK;
}

static enum status take_delivery(struct run *run, struct delivery *delivery, struct error *error)
{
    enum status status = delivery->status;
    run->in_flight--;
    if (status != STATUS_OK) {
        if (error != NULL)
            *error = delivery->error;
        status = error_prefix(error, "evaluating %s", delivery->code.text);
    } else {
        status = take_row(run, delivery, error);
    }
    memory_free(delivery);
    return status;
}

/* ---- the inbox ---- */

struct inbox {
    struct delivery *first;
    bool stopping, requested, lost;
};

/* Waits until something has come, or a tick is over; takes it all. */
static struct inbox wait_for_inbox(struct run *run)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TICK_SECONDS;
    pthread_mutex_lock(&run->lock);
    int late = 0;
    while (run->first == NULL && !run->stopping && !run->requested && !run->lost && late == 0)
        late = pthread_cond_timedwait(&run->change, &run->lock, &until);
    struct inbox inbox = {run->first, run->stopping, run->requested, run->lost};
    run->first = run->last = NULL;
    run->requested = false;
    pthread_mutex_unlock(&run->lock);
    return inbox;
}

static void drop_deliveries(struct delivery *first)
{
    while (first != NULL) {
        struct delivery *after = first->after;
        memory_free(first);
        first = after;
    }
}

static enum status take_inbox(struct run *run, struct inbox *inbox, struct error *error)
{
    enum status status = STATUS_OK;
    while (inbox->first != NULL && status == STATUS_OK) {
        struct delivery *delivery = inbox->first;
        inbox->first = delivery->after;
        status = take_delivery(run, delivery, error);
    }
    drop_deliveries(inbox->first);
    if (status == STATUS_OK && inbox->lost)
        status = error_memory(error, sizeof(struct delivery));
    return status;
}

/* All requests that may be taken now. One that must wait withdraws what has not begun. */
static enum status take_requests(struct run *run, struct error *error)
{
    bool wait = false;
    enum status status = STATUS_OK;
    do {
        for (bool found = true; status == STATUS_OK && found;)
            status = run_take_request(run, &found, &wait, error);
        if (wait || run->state.paused)
            withdraw(run);
    } while (status == STATUS_OK && wait && run->in_flight == 0);
    return status;
}

/* ---- the loop ---- */

/* Sets the phase; the clock stands while nothing is done. */
static void enter(struct run *run, enum run_phase phase, const char *why)
{
    bool news = run->look.phase != phase;
    if (phase == RUN_EVALUATING)
        run_clock_go(run);
    else
        run_clock_stand(run);
    if (news && why != NULL)
        run_say(run, "%s", why);
    run->look.phase = phase;
}

/* The end of the budget, of the time or of the space. */
static enum status finish(struct run *run, const char *why, struct error *error)
{
    if (run->look.phase == RUN_FINISHED)
        return STATUS_OK;
    if (run_shared(run) > 0)
        run_say(run, "networks with equal first layers shared %.0f %% of the layers' work",
                100 * run_shared(run));
    enter(run, RUN_FINISHED, why);
    if (run->setup.tasks > 0) /* for who looks at a screen */
        snprintf(run->look.message, sizeof run->look.message,
                 "%s; paretop report %.160s judges the front", why, run->look.run_path);
    run_report_generation(run, NULL); /* what was foretold is of the generation before */
    enum status status = run_write_front(run, error);
    return status == STATUS_OK ? run_save_state(run, error) : status;
}

static bool all_evaluated(const struct run *run)
{
    for (size_t i = 0; i < run->state.injects; i++)
        if (!run_is_whole(run, archive_find(run->archive, &run->state.inject[i])))
            return false;
    for (size_t i = 0; i < run->asks; i++)
        if (archive_find(run->archive, &run->asked[i]) == NULL)
            return false;
    return true;
}

/* Nothing is gained any more; what was injected is evaluated in any case. */
static bool stalled(const struct run *run)
{
    bool waits = false;
    for (size_t i = 0; i < run->state.injects; i++)
        waits = waits || !run_is_whole(run, archive_find(run->archive, &run->state.inject[i]));
    return run->stall > 0 && run->progress.stalled >= run->stall && !waits;
}

static enum status finish_stalled(struct run *run, struct error *error)
{
    char why[64];
    snprintf(why, sizeof why, "no gain in hypervolume for %zu round%s", run->stall,
             run->stall > 1 ? "s" : "");
    return finish(run, why, error);
}

/* Nothing is in flight: the next thing to do. */
static enum status go_on(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    if (run->state.paused) {
        enter(run, RUN_PAUSED, "paused");
        return STATUS_OK;
    }
    while (status == STATUS_OK && !run->exhausted && run->in_flight == 0) {
        if (run_out_of_time(run)) /* also in the midst of an ask */
            return finish(run, "the time is used up", error);
        bool spent = run_made(run) >= run->state.evaluations;
        if (!run->planned && !spent && stalled(run))
            return finish_stalled(run, error);
        if (!run->planned && !spent) {
            status = run_plan(run, error);
            continue;
        }
        status = submit(run, error);
        if (status != STATUS_OK || run->in_flight > 0)
            continue;
        if (!run->planned || !all_evaluated(run))
            return finish(run, "all evaluations are made", error);
        status = run_finish_generation(run, error);
    }
    if (status == STATUS_OK && run->exhausted)
        return finish(run,
                      run->state.pins.count > 0 ? "every network within the pins is evaluated"
                                                : "every network of the space is evaluated",
                      error);
    enter(run, RUN_EVALUATING, NULL);
    return status;
}

static enum status loop(struct run *run, struct error *error)
{
    bool news = true;
    /* what a crash interrupted is asked again first: requests that came later count what it did */
    enum status status = run->state.want > 0 ? run_plan(run, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = take_requests(run, error);
    while (status == STATUS_OK) {
        enum run_phase before = run->look.phase;
        if (run->in_flight == 0)
            status = go_on(run, error);
        if (status != STATUS_OK)
            break;
        run_foretell_follow(run);
        if (news || run->look.phase == RUN_EVALUATING || run->look.phase != before ||
            run_try_is_news(run))
            run_publish(run); /* an idle run publishes nothing */
        struct inbox inbox = wait_for_inbox(run);
        news = inbox.first != NULL || inbox.requested || run_look_beside(run);
        status = take_inbox(run, &inbox, error);
        if (status == STATUS_OK && inbox.stopping)
            break;
        if (status == STATUS_OK)
            status = take_requests(run, error);
        if (run_out_of_time(run))
            withdraw(run);
    }
    return status;
}

/* Saves what can be saved, whatever went wrong before. */
static void wind_up(struct run *run, enum status status, struct error *error)
{
    struct error second = {0};
    pthread_mutex_lock(&run->lock);
    run->ending = true;
    pthread_mutex_unlock(&run->lock);
    run->look.stopped = run->look.phase != RUN_FINISHED;
    run->look.phase = RUN_STOPPING;
    run->failing = status != STATUS_OK && status != STATUS_CANCELLED;
    if (run->begun) {
        run_publish(run); /* finds the front */
        run_clock_stand(run);
        enum status state = run_save_state(run, &second), front = run_write_front(run, &second);
        if (status == STATUS_OK && (state != STATUS_OK || front != STATUS_OK)) {
            status = state != STATUS_OK ? state : front;
            *error = second;
        }
    }
    if (status == STATUS_CANCELLED) /* asked to stop while loading */
        status = STATUS_OK;
    if (status == STATUS_INVALID && run->begun) /* which would say that it had been refused */
        status = error->status = STATUS_FAILED;
    run_try_end(run); /* while its last picture can be published */
    run->outcome = status;
    run->error = *error;
    if (status != STATUS_OK)
        run_say(run, "%s", error->message);
    run_phase(run, status == STATUS_OK ? RUN_FINISHED : RUN_FAILED, 1);
}

void *run_engine(void *argument)
{
    struct run *run = argument;
    struct error error = {0};
    run->session_start = clock_seconds();
    run_clock_go(run);
    enum status status = run_load(run, &error);
    if (status == STATUS_OK)
        status = loop(run, &error);
    else if (status == STATUS_IO && !run->begun)
        status = error.status = STATUS_INVALID; /* unreadable input is refused */
    wind_up(run, status, &error);
    evaluator_free(run->evaluator); /* what is unfinished is dropped */
    run->evaluator = NULL;
    drop_deliveries(run->first);
    run->first = run->last = NULL;
    pthread_mutex_lock(&run->lock);
    run->ended = true;
    pthread_mutex_unlock(&run->lock);
    return NULL;
}
