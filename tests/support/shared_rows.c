/* support/shared_rows: see the header. */
#include "shared_rows.h"

#include "base/memory.h"
#include "engine/run.h"
#include "model/supernet.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* In a worker; the owner waits meanwhile. */
static void keep(void *context, const struct evaluation *evaluation)
{
    struct shared_rows *shared = context;
    struct row row = {.id = (uint32_t)archive_count(shared->archive),
                      .code = evaluation->code,
                      .origin = "shared",
                      .standard_error = evaluation->standard_error,
                      .n = evaluation->n,
                      .seconds = evaluation->seconds,
                      .finished = time(NULL)};
    if (shared->status != STATUS_OK)
        return;
    memcpy(row.value, evaluation->value, sizeof row.value);
    shared->status = evaluation->status;
    if (shared->status != STATUS_OK)
        shared->error = evaluation->error;
    else
        shared->status = history_append(shared->rundir, &row, &shared->error);
    if (shared->status == STATUS_OK)
        shared->status = archive_append(shared->archive, &row, &shared->error);
    shared->evaluated += shared->status == STATUS_OK;
}

/* What the rows in the folder are of; written when it is new. */
static enum status check_identity(struct shared_rows *shared,
                                  const struct shared_rows_options *options, struct error *error)
{
    json_t *before = NULL;
    json_t *now =
        json_pack("{s:s,s:s,s:s,s:I,s:s}", "model", options->model_sha256, "task", options->task,
                  "task_sha256", shared->task.sha256, "questions", (json_int_t)shared->task.items,
                  "precision", precision_name(options->precision));
    enum status status =
        now != NULL ? rundir_read_run(shared->rundir, &before, error) : error_memory(error, 0);
    if (status == STATUS_OK && before == NULL)
        status = rundir_write_run(shared->rundir, now, error);
    else if (status == STATUS_OK && !json_equal(before, now))
        status = error_set(error, STATUS_INVALID,
                           "%s has rows of another model, other questions or another precision",
                           options->directory);
    json_decref(before);
    json_decref(now);
    return status;
}

static enum status start_evaluator(struct shared_rows *shared,
                                   const struct shared_rows_options *options, struct error *error)
{
    const struct evaluator_options wanted = {
        .supernet = options->supernet,
        .task = (const struct prepared_task *const *)&shared->prepared,
        .tasks = 1,
        .weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false},
        .precision = options->precision,
        .threads = options->threads,
        .cache = RUN_DEFAULT_CACHE};
    return evaluator_new(&wanted, keep, shared, &shared->evaluator, error);
}

enum status shared_rows_open(struct shared_rows *shared, const struct shared_rows_options *options,
                             struct error *error)
{
    const struct task_options wanted = {.limit = options->limit};
    const struct prepare_options prepare = {.context = supernet_shape(options->supernet)->context};
    enum status status;
    memset(shared, 0, sizeof *shared);
    if ((status = task_load(options->task, &wanted, &shared->task, error)) ||
        (status = prepared_task_new(&shared->task, options->tokenizer, &prepare, &shared->prepared,
                                    error)) ||
        (status = rundir_open(options->directory, &shared->rundir, error)) ||
        (status = check_identity(shared, options, error)) ||
        (status = archive_new(&shared->archive, error)) ||
        (status = history_read(options->directory, shared->archive, error)))
        return status;
    return start_evaluator(shared, options, error);
}

void shared_rows_close(struct shared_rows *shared)
{
    evaluator_free(shared->evaluator);
    archive_free(shared->archive);
    rundir_close(shared->rundir);
    prepared_task_free(shared->prepared);
    task_release(&shared->task);
}

enum status shared_rows_score(struct shared_rows *shared, struct row *rows, size_t count,
                              struct error *error)
{
    struct arch_code *unknown = memory_new(count, sizeof *unknown, error);
    size_t n = 0;
    if (unknown == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        bool known = archive_find(shared->archive, &rows[i].code) != NULL;
        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(unknown[k].text, rows[i].code.text) == 0;
        if (!known)
            unknown[n++] = rows[i].code;
    }
    enum status status = n > 0 ? evaluator_submit(shared->evaluator, unknown, n, error) : STATUS_OK;
    memory_free(unknown);
    if (status == STATUS_OK)
        evaluator_wait(shared->evaluator);
    if (status == STATUS_OK && shared->status != STATUS_OK) {
        *error = shared->error;
        status = shared->status;
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct row *known = archive_find(shared->archive, &rows[i].code);
        memcpy(rows[i].value, known->value, sizeof known->value);
        rows[i].standard_error = known->standard_error;
        rows[i].n = known->n;
        rows[i].seconds = known->seconds;
    }
    return status;
}

double shared_rows_chance(const struct shared_rows *shared)
{
    double chance = 0;
    for (size_t i = 0; i < shared->task.items; i++)
        chance += 1.0 / shared->task.item[i].choices / (double)shared->task.items;
    return chance;
}
