/* A run as the front end sees it: opened, started, asked, stopped, closed. */
#include "run_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/shared.h"
#include "base/thread.h"
#include "model/source.h"
#include "num/gemm.h"
#include "store/seen.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the inbox ---- */

/* A watcher waits for files as well, so not for the condition alone. */
void run_nudge(const struct run *run)
{
    if (run->nudge >= 0)
        eventfd_write(run->nudge, 1);
}

void run_inbox_signal(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->requested = true;
    pthread_cond_signal(&run->change);
    pthread_mutex_unlock(&run->lock);
    run_nudge(run);
}

bool run_is_stopping(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    bool stopping = run->stopping;
    pthread_mutex_unlock(&run->lock);
    return stopping;
}

void run_stop(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->stopping = true;
    pthread_cond_signal(&run->change);
    pthread_mutex_unlock(&run->lock);
    run_nudge(run);
}

void run_mark_seen(struct run *run)
{
    int64_t time = clock_utc();
    pthread_mutex_lock(&run->lock);
    size_t rows = run->current->rows;
    run->seen_rows = rows;
    run->seen_time = time;
    pthread_mutex_unlock(&run->lock);
    if (rundir_exists(
            rundir_path(run->rundir))) /* not yet, or not any more: nothing to keep it in */
        seen_write(rundir_path(run->rundir), rows, time);
}

void run_log(struct run *run, const char *text)
{
    rundir_log(run->rundir, text);
}

enum status run_request(struct run *run, const char *verb, const char *argument,
                        struct error *error)
{
    enum status status = run_check_request(run, verb, argument, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&run->request_lock);
    if (run->watching != NULL)
        status = watch_request(run, verb, argument, error);
    else
        status = request_write(run->rundir, verb, argument, error);
    pthread_mutex_unlock(&run->request_lock);
    run_inbox_signal(run);
    return status;
}

/* ---- opening ---- */

void run_say_measured(struct run *run)
{
    for (int i = 0; i < OBJECTIVES; i++)
        run->measured[i] = objective_table[i].computed;
    run->measured[OBJECTIVE_ACC] = run->measured[OBJECTIVE_ACC_NORM] =
        run->measured[OBJECTIVE_CHOICE_NLL] = run->measured[OBJECTIVE_ACC_EST] =
            run->setup.tasks > 0;
    run->measured[OBJECTIVE_PERPLEXITY] = run->setup.text.path != NULL;
    for (int i = OBJECTIVE_TASK_FIRST; i < OBJECTIVES; i++)
        run->measured[i] = objective_named((enum objective)i);
}

static enum status check_objectives(const struct run *run, struct error *error)
{
    for (size_t i = 0; i < run->setup.m; i++) {
        const struct objective_info *info = &objective_table[run->setup.objectives[i]];
        if (!run->measured[info->objective])
            return error_set(error, STATUS_INVALID, "the objective %s needs %s", info->name,
                             info->objective == OBJECTIVE_PERPLEXITY ? "a --text" : "a --task");
    }
    return STATUS_OK;
}

static enum status load_tasks(struct run *run, struct error *error)
{
    struct setup *setup = &run->setup;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < setup->tasks; i++) {
        struct task *task = &run->task[i];
        status = setup_load_task(setup, i, task, error);
        double chance = 0;
        for (size_t k = 0; status == STATUS_OK && k < task->items; k++)
            chance += 1.0 / task->item[k].choices / (double)task->items;
        run->items[i] = task->items;
        snprintf(run->title[i], sizeof run->title[i], "%s", task->name);
        run->chance[OBJECTIVE_TASK_FIRST + i] = chance;
    }
    objective_join_chances(run->chance, setup->tasks);
    return status;
}

static void complain(void *run, const char *text)
{
    run_say(run, "%s", text);
}

/* What history.csv holds. Damage is told, kept beside it, and gone from then on, so that it is told
 * once. */
static enum status read_history(struct run *run, struct error *error)
{
    struct history_reader *reader;
    bool anew;
    enum status status =
        history_reader_new(rundir_path(run->rundir), run->shape, complain, run, &reader, error);
    if (status == STATUS_OK)
        status = history_reader_read(reader, &anew, error);
    if (status == STATUS_OK && !run->resumed &&
        (archive_count(history_reader_archive(reader)) > 0 || history_reader_damaged(reader)))
        status = error_set(error, STATUS_INVALID,
                           "%s has a history.csv, but no run.json that says of what: choose "
                           "another --run, or remove it",
                           rundir_path(run->rundir));
    if (status == STATUS_OK && history_reader_damaged(reader)) {
        run->repaired = true;
        status = history_repair(run->rundir, history_reader_archive(reader), error);
    }
    if (status == STATUS_OK) {
        archive_free(run->archive);
        run->archive = history_reader_archive(reader);
        archive_hold(run->archive);
    }
    history_reader_free(reader);
    return status;
}

/* The history as it stands, volumes replayed. */
static enum status read_rows(struct run *run, const json_t *stored, struct error *error)
{
    enum status status = read_history(run, error);
    if (status == STATUS_OK && run->costed)
        status = run_complete_rows(run, error);
    run->look.archive = run->archive;
    progress_read(&run->progress, json_object_get(stored, "hypervolume"));
    for (size_t i = 0; status == STATUS_OK && i < archive_count(run->archive); i++) {
        const struct row *row = archive_row(run->archive, i);
        if (i == 0 && !run->progress.known)
            progress_set_reference(&run->progress, &run->plain, &run->setup.weights,
                                   run->costed ? &run->cost : NULL, run_costs(run) == NULL,
                                   run->chance, row);
        status = run_replay_row(run, row, error);
    }
    run->progress.generation_start = progress_hypervolume(&run->progress);
    return status;
}

enum status run_replay_row(struct run *run, const struct row *row, struct error *error)
{
    size_t samples = run->progress.samples;
    double before = samples > 0 ? run->progress.sample[samples - 1].seconds : 0;
    bool own = row->id >= run->warm.imported; /* not another run's time */
    struct arch_code full;
    arch_code_full(run->shape, &full);
    if (arch_code_equal(&full, &row->code) && run->look.base == UINT32_MAX)
        run->look.base = row->id;
    estimate_follow(&run->estimate, run->archive, row->id);
    return progress_add(&run->progress, row, run_is_whole(run, row),
                        before + (own && isfinite(row->seconds) ? row->seconds : 0), error);
}

static enum status open_parts(struct run *run, const struct run_options *options,
                              const json_t *stored, struct error *error)
{
    bool news = false;
    enum status status;
    if ((status = setup_resolve(options, stored, &run->setup, error)) ||
        (status = supernet_open(run->setup.model.path, &run->supernet, error)))
        return status;
    supernet_set_memory(run->supernet, evaluator_weights_memory(run->memory));
    run->shape = supernet_shape(run->supernet);
    run->method = method_by_name(run->setup.value[SETUP_METHOD]);
    progress_init(&run->progress, run->setup.objectives, run->setup.m);
    kept_front_init(&run->front, run->setup.objectives, run->setup.m);
    run_say_measured(run);
    if ((status = check_objectives(run, error)) || (status = load_tasks(run, error)) ||
        (status = run_space_init(&run->setup, run->shape, NULL, &run->plain, error)) ||
        (status = run_read_costs(run, stored, error)) ||
        (status = archive_new(&run->archive, error)) || (status = run_first_snapshot(run, error)) ||
        (status = run_warm_open(run, options, stored, error)) ||
        (status = read_rows(run, stored, error)) ||
        (status = run_restore(run, options, stored, error)) ||
        (status = run_rounds_read(run, &news, error)) ||
        (status = run_rounds_follow(run, &news, error)))
        return status;
    if (run->setup.text.path != NULL && access(run->setup.text.path, R_OK) != 0)
        return error_errno(error, "cannot read", run->setup.text.path);
    run->stale = true;
    run_publish(run);
    return STATUS_OK;
}

static enum status open_directory(struct run *run, const struct run_options *options,
                                  json_t **stored, struct error *error)
{
    char *path = NULL;
    enum status status = STATUS_OK;
    if (options->directory == NULL)
        status = run_default_directory(options->model, &path, error);
    if (status == STATUS_OK)
        status = rundir_open(path != NULL ? path : options->directory, &run->rundir, error);
    if (status == STATUS_OK)
        status = rundir_read_run(run->rundir, stored, error);
    run->resumed = *stored != NULL;
    const char *kernel = json_string_value(json_object_get(*stored, "kernel"));
    if (kernel != NULL && strcmp(kernel, gemm_kernel()) != 0)
        snprintf(run->kernel_before, sizeof run->kernel_before, "%s", kernel);
    memory_free(path);
    return status;
}

static enum status run_init(struct run *run, struct error *error)
{
    run->nudge = -1;
    pthread_condattr_t attributes;
    pthread_mutex_init(&run->lock, NULL);
    pthread_mutex_init(&run->request_lock, NULL);
    pthread_mutex_init(&run->prepare_lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&run->change, &attributes);
    pthread_condattr_destroy(&attributes);
    run->clock_start = -1;
    run->expected_seconds = NAN;
    if (pipe2(run->wake, O_NONBLOCK | O_CLOEXEC) == 0)
        return STATUS_OK;
    run->wake[0] = run->wake[1] = -1;
    return error_errno(error, "cannot make", "a pipe");
}

enum status run_new(const struct run_options *options, struct run **run, struct error *error)
{
    struct run *r = memory_new(1, sizeof *r, error);
    *run = r;
    if (r == NULL)
        return STATUS_MEMORY;
    r->threads = options->threads > 0 ? options->threads : evaluator_default_threads();
    r->memory = options->memory;
    r->cache = options->cache;
    r->time_limit = options->time_limit;
    r->stall = options->stall;
    r->on_generation = options->on_generation;
    r->on_message = options->on_message;
    r->context = options->listener;
    return run_init(r, error);
}

enum status run_open(const struct run_options *options, struct run **run, struct error *error)
{
    struct error own = {0};
    json_t *stored = NULL;
    struct run *r;
    enum status status = run_new(options, &r, &own);
    *run = NULL;
    if (status == STATUS_OK && options->model != NULL && access(options->model, R_OK) != 0)
        status = error_errno(&own, "cannot read the model", options->model);
    if (status == STATUS_OK)
        status = open_directory(r, options, &stored, &own);
    if (status == STATUS_OK)
        status = open_parts(r, options, stored, &own);
    json_decref(stored);
    if (status != STATUS_OK) {
        run_close(r);
        if (error != NULL)
            *error = own;
        return status;
    }
    *run = r;
    return STATUS_OK;
}

/* ---- life ---- */

enum status run_start(struct run *run, struct error *error)
{
    enum status status =
        thread_start(&run->thread, run->watching != NULL ? watch_engine : run_engine, run, error);
    run->started = status == STATUS_OK;
    return status;
}

enum status run_wait(struct run *run, struct error *error)
{
    if (run->started)
        pthread_join(run->thread, NULL);
    run->started = false;
    if (run->outcome != STATUS_OK && error != NULL)
        *error = run->error;
    return run->outcome;
}

void run_close(struct run *run)
{
    if (run == NULL)
        return;
    run_stop(run);
    run_wait(run, NULL);
    run_extraction_end(run);
    run_try_end(run);
    run_try_release(run);
    run_foretell_end(run);
    shared_drop(run->foretelling);
    watch_release(run);
    run_unload(run);
    snapshot_release(run->current);
    history_reader_free(run->baselines);
    run_rounds_release(run);
    run_beside_release(run);
    heldout_release(&run->heldout);
    kept_front_release(&run->front);
    progress_release(&run->progress);
    run_state_release(&run->state);
    method_state_release(&run->live);
    archive_free(run->archive);
    run_warm_release(run);
    for (size_t i = 0; i < SETUP_TASKS; i++)
        task_release(&run->task[i]);
    supernet_close(run->supernet);
    rundir_close(run->rundir);
    setup_release(&run->setup);
    for (int i = 0; i < 2; i++)
        if (run->wake[i] >= 0)
            close(run->wake[i]);
    if (run->nudge >= 0)
        close(run->nudge);
    pthread_cond_destroy(&run->change);
    pthread_mutex_destroy(&run->lock);
    pthread_mutex_destroy(&run->request_lock);
    pthread_mutex_destroy(&run->prepare_lock);
    memory_free(run);
}

/* ---- paths ---- */

enum status run_default_directory(const char *model, char **directory, struct error *error)
{
    struct buf path;
    char name[256];
    buf_init(&path);
    enum status status =
        buf_printf(&path, error, "./%s.run", model_source_name(model, name, sizeof name));
    *directory = status == STATUS_OK ? memory_string(path.data, error) : NULL;
    buf_release(&path);
    return status == STATUS_OK && *directory == NULL ? STATUS_MEMORY : status;
}

bool run_is_directory(const char *path)
{
    return rundir_exists(path);
}
