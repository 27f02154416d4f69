/* Snapshots: the engine thread copies what a screen may want into an immutable picture and puts it
 * in the mailbox; one byte in a pipe wakes the screen. */
#include "foretell_private.h"
#include "watch_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/shared.h"
#include "model/generate.h"
#include "model/source.h"
#include "store/baselines.h"
#include "store/seen.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES_MOST 2000
#define FRONT_SECONDS 300 /* at most so long a row waits until the front is found anew */

/* ---- references ---- */

void snapshot_release(const struct snapshot *snapshot)
{
    struct snapshot *mine = (struct snapshot *)(uintptr_t)snapshot;
    if (mine == NULL || __atomic_sub_fetch(&mine->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    memory_free(mine->front);
    memory_free(mine->sample);
    memory_free(mine->expected);
    archive_free((struct archive *)(uintptr_t)mine->archive);
    archive_free((struct archive *)(uintptr_t)mine->baselines);
    for (size_t i = 0; i < SNAPSHOT_HELD; i++)
        shared_drop(mine->held[i]);
    shared_drop(mine->foretelling);
    shared_drop(mine->attempt);
    memory_free(mine);
}

const struct snapshot *run_snapshot(struct run *run)
{
    char byte;
    pthread_mutex_lock(&run->lock);
    while (run->awake && read(run->wake[0], &byte, 1) == 1)
        run->awake = false;
    struct snapshot *snapshot = run->current;
    __atomic_add_fetch(&snapshot->references, 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&run->lock);
    return snapshot;
}

int run_wake_fd(struct run *run)
{
    return run->wake[0];
}

/* ---- the run's clock: stands while nothing is done ---- */

double run_clock(const struct run *run)
{
    return run->clock_before + (run->clock_start >= 0 ? clock_seconds() - run->clock_start : 0);
}

void run_clock_go(struct run *run)
{
    if (run->clock_start < 0)
        run->clock_start = clock_seconds();
}

void run_clock_stand(struct run *run)
{
    run->clock_before = run_clock(run);
    run->clock_start = -1;
}

bool run_out_of_time(const struct run *run)
{
    return run->time_limit > 0 && clock_seconds() - run->session_start >= run->time_limit;
}

/* ---- building ---- */

/* Another process makes them. What cannot be read shows what was read before: the reader's archive,
 * which may be another one also after an error. */
static void find_baselines(struct run *run)
{
    struct snapshot *look = &run->look;
    bool anew;
    if (run->rundir == NULL ||
        (run->baselines == NULL && baselines_reader_new(rundir_path(run->rundir), run->shape, NULL,
                                                        NULL, &run->baselines, NULL) != STATUS_OK))
        return;
    history_reader_read(run->baselines, &anew, NULL);
    look->baselines = history_reader_archive(run->baselines);
    look->baseline_rows = archive_count(look->baselines);
}

/* Every row moves the estimate of all others by a little. Who looks is shown that when a generation
 * has ended (or there are twice as many rows, at the beginning): what comes in between has its
 * place among the others, and nothing else on the screen moves. */
static void follow_estimate(struct run *run)
{
    size_t rows = archive_count(run->archive);
    uint32_t generation = run->state.method.generation;
    if (run->estimated > 0 && rows < 2 * run->estimated && run->estimated_before == generation &&
        run->look.phase == RUN_EVALUATING)
        return;
    run->stale |= run->estimated != rows;
    run->look.estimate = run->estimate;
    run->estimated = rows;
    run->estimated_before = generation;
}

/* A row is shown at once; the front, its list and its line follow when a generation has ended, or
 * in a while: they change as a whole, which is easier to follow, and costs a slow line less. */
void run_front_follow(struct run *run, const struct row *row)
{
    struct snapshot *look = &run->look;
    size_t before = archive_replaced(run->archive, row->id);
    run->grown = true;
    run->stale |= strcmp(row->origin, "inject") == 0; /* somebody waits for it */
    if (before == SIZE_MAX && row_violation(row, &look->pins, &look->estimate) <= 0)
        run->stale |= look->feasible++ == 0; /* nothing was within the pins before */
    for (size_t i = 0; before != SIZE_MAX && i < run->front.front.points; i++)
        run->stale |= run->front.front.id[i] == before; /* which does not count any more */
}

static bool front_is_due(const struct run *run)
{
    bool waits =
        run->look.phase == RUN_EVALUATING && clock_seconds() - run->front_found < FRONT_SECONDS;
    return run->stale || (run->grown && !waits);
}

static enum status find_front(struct run *run, struct error *error)
{
    struct snapshot *look = &run->look;
    follow_estimate(run);
    if (!front_is_due(run))
        return STATUS_OK;
    find_baselines(run);
    enum status status = kept_front_update(&run->front, run->archive, archive_count(run->archive),
                                           &look->estimate, &look->pins, error);
    look->fronts = run->front.front.points;
    look->feasible = run->front.feasible;
    look->knee = front_knee(run->archive, &look->estimate, run->front.front.id, look->fronts,
                            run->setup.objectives, run->setup.m, run->chance, &look->knee_few);
    look->hypervolume = progress_hypervolume(&run->progress);
    look->hypervolume_gain = look->hypervolume - run->progress.generation_start;
    run->stale = status != STATUS_OK;
    run->grown = false;
    run->front_found = clock_seconds();
    look->settled++;
    return status;
}

/* Evaluations a minute over the last rows; NaN before two of this session. */
static double rate(const struct run *run)
{
    size_t have = run->recents < 16 ? run->recents : 16;
    if (have < 2)
        return NAN;
    double newest = run->recent[(run->recents - 1) % 16];
    double oldest = run->recent[(run->recents - have) % 16];
    return newest > oldest ? 60.0 * (double)(have - 1) / (newest - oldest) : NAN;
}

/* Until the evaluations are made or the time is used up, whichever is first; NaN: not known. */
static double seconds_left(const struct run *run, double each)
{
    size_t codes = run_made(run), wanted = run->state.evaluations;
    double made = wanted > codes ? each * (double)(wanted - codes) : 0;
    double time = run->time_limit > 0 && run->session_start > 0
                      ? fmax(run->session_start + run->time_limit - clock_seconds(), 0)
                      : NAN;
    return fmin(wanted < RUN_EVALUATIONS_MOST ? made : NAN, time); /* of NaN and a number: this */
}

static void fill_state(struct run *run, struct snapshot *look)
{
    look->generation = run->state.method.generation;
    look->evaluations = run_made(run);
    look->imported = archive_codes(run->archive) - look->evaluations;
    look->rows = archive_count(run->archive);
    look->evaluations_wanted = run->state.evaluations;
    look->run_seconds = run_clock(run);
    look->evaluations_per_minute = rate(run);
    double each = isfinite(look->evaluations_per_minute) ? 60 / look->evaluations_per_minute
                                                         : run->expected_seconds;
    look->seconds_left = seconds_left(run, each);
    look->shared = run->evaluator != NULL ? run_shared(run) : NAN;
    look->cost = run->costed ? run_costs(run) : NULL;
    look->locks = run->state.locks;
    for (size_t i = 0; i < look->locks; i++)
        snprintf(look->lock[i].text, sizeof look->lock[i].text, "%s", run->state.lock[i]);
    look->current.text[0] = '\0';
    if (run->watching != NULL)
        watch_show_now(run, look);
    if (run->evaluator != NULL && look->phase == RUN_EVALUATING)
        evaluator_progress(run->evaluator, &look->current, &look->current_progress);
}

static enum status copy_lists(const struct run *run, struct snapshot *to, struct error *error)
{
    size_t samples = run->progress.samples;
    size_t step = samples / SAMPLES_MOST + 1;
    to->samples = samples > 0 ? (samples - 1) / step + 1 : 0;
    to->front = memory_new(to->fronts, sizeof *to->front, error);
    to->sample = memory_new(to->samples, sizeof *to->sample, error);
    if (to->front == NULL || to->sample == NULL)
        return STATUS_MEMORY;
    if (to->fronts > 0)
        memcpy(to->front, run->front.front.id, to->fronts * sizeof *to->front);
    for (size_t i = 0; i < to->samples; i++) /* the same ones as long as there are not many more */
        to->sample[i] = run->progress.sample[i + 1 < to->samples ? i * step : samples - 1];
    return STATUS_OK;
}

/* The networks that are expected, and from what. */
static enum status foretell(struct run *run, struct snapshot *to, struct error *error)
{
    pthread_mutex_lock(&run->lock);
    to->foretelling = run->foretelling;
    shared_hold(to->foretelling);
    pthread_mutex_unlock(&run->lock);
    to->foretold_rows = foretelling_rows(to->foretelling);
    return run_expect(run, to, error);
}

static struct snapshot *build(struct run *run, struct error *error)
{
    struct snapshot *snapshot = memory_new(1, sizeof *snapshot, error);
    if (snapshot == NULL)
        return NULL;
    if (find_front(run, error) == STATUS_OK) {
        fill_state(run, &run->look);
        *snapshot = run->look;
        snapshot->references = 1;
        if (copy_lists(run, snapshot, error) == STATUS_OK &&
            foretell(run, snapshot, error) == STATUS_OK) {
            archive_hold(snapshot->archive);
            if (snapshot->baselines != NULL)
                archive_hold(snapshot->baselines);
            for (size_t i = 0; i < SNAPSHOT_HELD; i++)
                shared_hold(snapshot->held[i]);
            return snapshot;
        }
    }
    memory_free(snapshot->front);
    memory_free(snapshot->sample);
    memory_free(snapshot->expected);
    shared_drop(snapshot->foretelling);
    memory_free(snapshot);
    return NULL;
}

static void copy_extraction(const struct extraction *from, struct snapshot *to)
{
    to->extract = from->phase;
    to->extract_progress = from->progress;
    snprintf(to->extract_message, sizeof to->extract_message, "%s", from->message);
    snprintf(to->extract_path, sizeof to->extract_path, "%s", from->path != NULL ? from->path : "");
    snprintf(to->extract_command, sizeof to->extract_command, "%s", from->command);
}

/* Without memory for a new picture the old one stays. */
void run_publish(struct run *run)
{
    run_look_beside(run);
    struct snapshot *snapshot = build(run, NULL), *before;
    if (snapshot == NULL)
        return;
    pthread_mutex_lock(&run->lock);
    copy_extraction(&run->extraction, snapshot);
    snapshot->seen_rows = run->seen_rows;
    snapshot->seen_time = run->seen_time;
    snapshot->attempt = run->trying.shown;
    shared_hold(snapshot->attempt);
    before = run->current;
    run->current = snapshot;
    if (!run->awake)
        run->awake = write(run->wake[1], "", 1) == 1;
    pthread_mutex_unlock(&run->lock);
    snapshot_release(before);
    if (run->watching == NULL)
        run_tell_now(run);
}

void run_phase(struct run *run, enum run_phase phase, double progress)
{
    run->look.phase = phase;
    run->look.phase_progress = progress;
    run_publish(run);
}

int run_tell_progress(struct run *run, enum run_phase phase, const char *doing, double progress)
{
    snprintf(run->look.message, sizeof run->look.message, "%s: %.0f %%", doing, 100 * progress);
    run_phase(run, phase, progress);
    return run_is_stopping(run);
}

static void name_task(const struct run *run, struct snapshot *look)
{
    for (size_t i = 0; i < run->setup.tasks; i++) {
        size_t length = strlen(look->task_name);
        snprintf(look->task_name + length, sizeof look->task_name - length, "%s%s",
                 i > 0 ? "+" : "", run->title[i]);
        look->task_items += run->items[i];
    }
    if (run->setup.tasks == 0) {
        const char *slash = strrchr(run->setup.text.path, '/');
        snprintf(look->task_name, sizeof look->task_name, "%s",
                 slash != NULL ? slash + 1 : run->setup.text.path);
    }
}

enum status run_first_snapshot(struct run *run, struct error *error)
{
    struct snapshot *look = &run->look;
    const struct setup *setup = &run->setup;
    /* The file's own name; what is inside the file may call itself anything. */
    model_source_name(run->setup.model.path, look->model_name, sizeof look->model_name);
    name_task(run, look);
    snprintf(look->space_name, sizeof look->space_name, "%s", setup->value[SETUP_SPACE]);
    snprintf(look->method_name, sizeof look->method_name, "%s", setup->value[SETUP_METHOD]);
    snprintf(look->type_name, sizeof look->type_name, "%s", setup->value[SETUP_TYPE]);
    snprintf(look->precision_name, sizeof look->precision_name, "%s",
             precision_name(setup->precision));
    snprintf(look->run_path, sizeof look->run_path, "%s", rundir_path(run->rundir));
    seen_read(rundir_path(run->rundir), &run->seen_rows, &run->seen_time);
    if (heldout_read(rundir_path(run->rundir), &run->heldout, NULL) == STATUS_OK) /* a courtesy */
        look->heldout = &run->heldout;
    memcpy(look->objectives, setup->objectives, sizeof look->objectives);
    memcpy(look->measured, run->measured, sizeof look->measured);
    look->m = setup->m;
    look->seed = setup->seed;
    memcpy(look->chance, run->chance, sizeof look->chance);
    for (size_t i = 0; i < setup->tasks; i++)
        look->questions[OBJECTIVE_TASK_FIRST + i] = run->items[i];
    look->shape = run->shape;
    if (run->supernet != NULL)
        look->chat_known = chat_form_of(supernet_gguf(run->supernet)) != NULL;
    look->weights = setup->weights;
    look->population = setup->population;
    look->archive = run->archive;
    look->base = UINT32_MAX;
    look->phase = RUN_LOADING;
    snprintf(look->message, sizeof look->message, "loading %s", look->model_name);
    run->stale = true;
    run->current = build(run, error);
    return run->current != NULL ? STATUS_OK : STATUS_MEMORY;
}
