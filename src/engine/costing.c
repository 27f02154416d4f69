/* A run's table of costs: measured once, before its first evaluation, and kept in run.json, so that
 * its times replay. When the search goes by them, they are checked against networks that run. With
 * --measure a command's times take their place, network by network. */
#include "run_private.h"

#include "base/memory.h"
#include "engine/measure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct watch {
    struct run *run;
    const char *doing;
};

static int progress(void *context, double done)
{
    const struct watch *watch = context;
    return run_tell_progress(watch->run, RUN_CALIBRATING, watch->doing, done);
}

static enum status measure(struct run *run, struct error *error)
{
    struct watch watch = {run, "measuring what layers cost in time"};
    const struct timing_options options = {run->setup.weights, run->setup.precision, progress,
                                           &watch};
    progress(&watch, 0);
    return timing_measure(run->supernet, &options, &run->cost, error);
}

static bool goes_by_time(const struct run *run)
{
    bool found = false;
    for (size_t i = 0; i < run->setup.m; i++)
        found = found || objective_is_time(run->setup.objectives[i]);
    for (size_t i = 0; i < run->look.pins.count; i++)
        found = found || objective_is_time(run->look.pins.pin[i].objective);
    return found;
}

static enum status check(struct run *run, struct error *error)
{
    char text[RUN_MESSAGE];
    struct watch watch = {run, "checking predicted times on random networks"};
    const struct timing_options options = {run->setup.weights, run->setup.precision, progress,
                                           &watch};
    progress(&watch, 0);
    enum status status = cost_check(run->supernet, &run->space, run->setup.seed, &options,
                                    &run->cost, &run->cost_check, error);
    if (status == STATUS_OK)
        run_say(run, "%s", cost_check_text(&run->cost_check, text, sizeof text));
    return status;
}

/* Snapshots in use keep the old archive. */
enum status run_complete_rows(struct run *run, struct error *error)
{
    struct archive *archive = NULL;
    size_t rows = archive_count(run->archive);
    bool complete = true;
    for (size_t i = 0; complete && i < rows; i++)
        complete = !isnan(archive_row(run->archive, i)->value[OBJECTIVE_DECODE_MS]);
    if (complete)
        return STATUS_OK;
    enum status status = archive_new(&archive, error);
    for (size_t i = 0; status == STATUS_OK && i < rows; i++) {
        struct row row = *archive_row(run->archive, i);
        for (int k = 0; k < OBJECTIVES; k++)
            if (objective_is_time((enum objective)k) && isnan(row.value[k]))
                row.value[k] = objective_computed((enum objective)k, run->shape, &row.code,
                                                  &run->setup.weights, &run->cost);
        status = archive_append(archive, &row, error);
    }
    if (status != STATUS_OK) {
        archive_free(archive);
        return status;
    }
    archive_free(run->archive);
    run->look.archive = run->archive = archive;
    run->stale = true;
    return STATUS_OK;
}

static enum status store(struct run *run, struct error *error)
{
    json_t *stored = NULL;
    enum status status = rundir_read_run(run->rundir, &stored, error);
    if (status == STATUS_OK) {
        json_object_set_new(stored, "cost", cost_json(&run->cost, &run->cost_check));
        status = rundir_write_run(run->rundir, stored, error);
    }
    json_decref(stored);
    return status;
}

enum status run_read_costs(struct run *run, const json_t *stored, struct error *error)
{
    const json_t *value = json_object_get(stored, "cost");
    if (value == NULL)
        return STATUS_OK;
    enum status status = cost_read(value, run->shape, &run->cost, &run->cost_check, error);
    if (status == STATUS_OK && strcmp(run->cost.precision, run->setup.value[SETUP_PRECISION]) != 0)
        status = error_set(error, STATUS_INVALID, "\"cost\" is of the precision %s, the run of %s",
                           run->cost.precision, run->setup.value[SETUP_PRECISION]);
    run->costed = status == STATUS_OK;
    return status == STATUS_OK ? status
                               : error_prefix(error, "%s/run.json", rundir_path(run->rundir));
}

enum status run_find_costs(struct run *run, struct error *error)
{
    bool measured = !run->costed,
         checked = goes_by_time(run) && run->cost_check.networks == 0 && run_costs(run) != NULL;
    enum status status = measured ? measure(run, error) : STATUS_OK;
    run->costed = status == STATUS_OK;
    if (status == STATUS_OK && measured)
        status = run_complete_rows(run, error);
    if (status == STATUS_OK && checked)
        status = check(run, error);
    bool news = status == STATUS_OK && run->resumed && (measured || checked);
    return news ? store(run, error) : status; /* a new run's run.json is yet to be written */
}

/* ---- --measure ---- */

const struct cost_table *run_costs(const struct run *run)
{
    return *run->setup.value[SETUP_MEASURE] == '\0' ? &run->cost : NULL;
}

static bool stopping(void *context)
{
    struct run *run = context;
    pthread_mutex_lock(&run->lock);
    bool stop = run->stopping || run->ending;
    pthread_mutex_unlock(&run->lock);
    return stop;
}

enum status run_measure(void *context, const struct arch_code *code, double value[OBJECTIVES],
                        struct error *error)
{
    struct run *run = context;
    struct buf path;
    struct measured_times times = {NAN, NAN};
    enum status status = rundir_file(run->rundir, "measured.gguf", &path, error);
    const struct measure_options options = {
        .command = run->setup.value[SETUP_MEASURE],
        .supernet = run->supernet,
        .tokenizer = run->tokenizer,
        .weights = run->setup.weights,
        .source_sha256 = run->setup.model.sha256,
        .path = path.data,
        .stopping = stopping,
        .context = run,
    };
    if (status == STATUS_OK)
        status = measure_run(&options, code, &times, error);
    buf_release(&path);
    if (status != STATUS_OK)
        return status;
    value[OBJECTIVE_DECODE_MS] = times.decode;
    value[OBJECTIVE_DECODE_TPS] =
        cost_tokens_per_second(&run->cost, COST_DECODE, times.decode / 1000);
    if (isnan(times.prompt))
        return STATUS_OK;
    value[OBJECTIVE_PROMPT_MS] = times.prompt;
    value[OBJECTIVE_PROMPT_TPS] =
        cost_tokens_per_second(&run->cost, COST_PROMPT, times.prompt / 1000);
    return STATUS_OK;
}
