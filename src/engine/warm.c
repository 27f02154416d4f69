/* --warm: rows of earlier runs begin the history of a new one. All of them are checked before
 * anything is written; then they are whole in warm.csv before run.json counts them, and history.csv
 * begins as a copy of it: killed anywhere, the next start takes the import up where it was, and it
 * never happens twice. */
#include "run_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/atomic_file.h"
#include "warm_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

size_t run_made(const struct run *run)
{
    size_t codes = archive_codes(run->archive); /* a watcher may not have read all */
    return codes > run->warm.imported ? codes - run->warm.imported : 0;
}

void run_warm_release(struct run *run)
{
    archive_free(run->warm.rows);
    json_decref(run->warm.from);
    run->warm = (struct warm){0};
}

/* ---- a run directory: is it the same model, task, settings? ---- */

/* What a row's values depend on. */
static const enum setup_key settings[] = {
    SETUP_LIMIT, SETUP_CHUNKS, SETUP_CONTEXT,      SETUP_SHOTS,     SETUP_SHOTS_FROM, SETUP_PPL,
    SETUP_TYPE,  SETUP_HEAD,   SETUP_COMPENSATION, SETUP_PRECISION, SETUP_MEASURE};

static enum status check_settings(const struct run *run, const char *path, const json_t *theirs,
                                  struct error *error)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        enum setup_key key = settings[i];
        const char *own = run->setup.value[key], *their = setup_stored_value(theirs, key);
        if (key == SETUP_MEASURE && *own == '\0')
            continue; /* times are by this run's table */
        if (strcmp(own, their) != 0)
            return error_set(
                error, STATUS_INVALID, "--warm %s: that run was made %s --%s%s%s, this one %s%s",
                path, *their != '\0' ? "with" : "without", setup_key_name(key),
                *their != '\0' ? " " : "", their, *own != '\0' ? "with " : "without", own);
    }
    return STATUS_OK;
}

static enum status check_file(const char *path, const char *what, const json_t *theirs,
                              const struct setup_file *own, struct error *error)
{
    const char *sha256 = json_string_value(json_object_get(theirs, "sha256"));
    const char *here = own->path != NULL ? own->sha256 : NULL;
    if (sha256 == NULL && here == NULL)
        return STATUS_OK;
    if (sha256 != NULL && here != NULL && strcmp(sha256, here) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--warm %s: that run had %s of SHA-256 %.12s%s, this one of %.12s%s", path,
                     what, sha256 != NULL ? sha256 : "none", sha256 != NULL ? "..." : "",
                     here != NULL ? here : "none", here != NULL ? "..." : "");
}

/* A run without a task, or without a text, may be taken over as far as the objectives allow. */
static enum status check_tasks(const struct run *run, const char *path, const json_t *theirs,
                               struct error *error)
{
    const json_t *tasks = json_object_get(theirs, "tasks");
    size_t count = json_array_size(tasks);
    enum status status = STATUS_OK;
    if (count == 0 || run->setup.tasks == 0)
        return STATUS_OK;
    if (count != run->setup.tasks)
        return error_set(error, STATUS_INVALID,
                         "--warm %s: that run was made with %zu tasks, this one with %zu", path,
                         count, run->setup.tasks);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = check_file(path, "a task", json_array_get(tasks, i), &run->setup.task[i], error);
    return status;
}

/* What is known only once the files are read. */
static enum status check_hashes(const struct run *run, const char *path, const json_t *theirs,
                                struct error *error)
{
    const struct setup *setup = &run->setup;
    const json_t *text = json_object_get(theirs, "text");
    enum status status =
        check_file(path, "a model", json_object_get(theirs, "model"), &setup->model, error);
    if (status == STATUS_OK)
        status = check_file(path, "a neuron order", json_object_get(theirs, "neuron_order"),
                            &setup->neuron_order, error);
    if (status == STATUS_OK)
        status = check_file(path, "a calibration text", json_object_get(theirs, "calibration"),
                            &setup->calibration, error);
    if (status == STATUS_OK && json_is_object(text) && setup->text.path != NULL)
        status = check_file(path, "a text", text, &setup->text, error);
    return status;
}

static void complain(void *run, const char *text)
{
    run_say(run, "--warm: %s", text);
}

/* Rows of all questions, the one that counts of each network. */
static enum status take_run_rows(struct run *run, const char *path, const struct archive *rows,
                                 struct error *error)
{
    size_t items = 0, count = archive_count(rows), left = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < run->setup.tasks; i++)
        items += run->task[i].items;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct row *row = archive_row(rows, i);
        if (archive_superseded(rows, i, count))
            continue;
        bool whole = items == 0 || row->n == items || row->n == 0;
        left += !whole;
        if (whole && archive_find(run->warm.rows, &row->code) == NULL)
            status = archive_append(run->warm.rows, row, error);
    }
    if (status == STATUS_OK && left > 0)
        run_say(run, "--warm %s: %zu networks that were scored on fewer questions are left out",
                path, left);
    return status;
}

static enum status read_run(struct run *run, const char *path, json_t **theirs, struct error *error)
{
    struct buf file;
    struct history_reader *reader = NULL;
    bool anew;
    buf_init(&file);
    enum status status = buf_printf(&file, error, "%s/run.json", path);
    if (status == STATUS_OK)
        status = json_read_file(file.data, theirs, error);
    if (status == STATUS_OK)
        status = check_settings(run, path, *theirs, error);
    if (status == STATUS_OK)
        status = check_tasks(run, path, *theirs, error);
    if (status == STATUS_OK)
        status = history_reader_new(path, run->shape, complain, run, &reader, error);
    if (status == STATUS_OK)
        status = history_reader_read(reader, &anew, error);
    if (status == STATUS_OK)
        status = take_run_rows(run, path, history_reader_archive(reader), error);
    history_reader_free(reader);
    buf_release(&file);
    return status;
}

/* ---- opening ---- */

static enum status read_source(struct run *run, const char *path, struct error *error)
{
    json_t *theirs = NULL;
    size_t before = archive_count(run->warm.rows);
    enum status status = STATUS_OK;
    if (run_is_directory(path)) {
        status = read_run(run, path, &theirs, error);
    } else {
        bool percents = false;
        status = warm_read_csv(path, run->shape, run->measured, run->warm.rows, &percents, error);
        if (status == STATUS_OK)
            run_say(run, "--warm %s: a file does not say of which model and questions it is%s",
                    path, percents ? "; its accuracies are read as percents" : "");
    }
    if (status == STATUS_OK) {
        size_t rows = archive_count(run->warm.rows) - before;
        json_t *entry =
            json_pack("{s:s,s:o,s:I}", "path", path, "run",
                      theirs != NULL ? json_incref(theirs) : json_null(), "rows", (json_int_t)rows);
        if (entry == NULL || json_array_append_new(run->warm.from, entry) != 0)
            status = error_set(error, STATUS_INVALID,
                               "run.json cannot hold the path %s: it is not UTF-8", path);
    }
    json_decref(theirs);
    return status;
}

void run_warm_count(struct run *run, const json_t *stored)
{
    const json_t *rows = json_object_get(json_object_get(stored, "warm"), "rows");
    run->warm.imported = json_integer_value(rows) > 0 ? (size_t)json_integer_value(rows) : 0;
}

/* What began the run was said at its start; the same again is nothing new. */
static enum status open_again(struct run *run, const struct run_options *options,
                              const json_t *stored, struct error *error)
{
    const json_t *from = json_object_get(json_object_get(stored, "warm"), "from");
    run_warm_count(run, stored);
    for (size_t i = 0; i < options->warm_count; i++) {
        bool there = false;
        for (size_t k = 0; k < json_array_size(from); k++) {
            const char *path = json_string_value(json_object_get(json_array_get(from, k), "path"));
            there = there || (path != NULL && strcmp(path, options->warm[i]) == 0);
        }
        if (!there)
            return error_set(error, STATUS_INVALID,
                             "this run was started without --warm %s: rows are taken over at the "
                             "start only; leave it out to go on, or choose another --run",
                             options->warm[i]);
    }
    return run->warm.imported > 0 ? run_warm_store(run, error) : STATUS_OK;
}

enum status run_warm_open(struct run *run, const struct run_options *options, const json_t *stored,
                          struct error *error)
{
    if (run->resumed)
        return open_again(run, options, stored, error);
    if (options->warm_count == 0)
        return STATUS_OK;
    enum status status = archive_new(&run->warm.rows, error);
    run->warm.from = json_array();
    for (size_t i = 0; status == STATUS_OK && i < options->warm_count; i++)
        status = read_source(run, options->warm[i], error);
    return status;
}

json_t *run_warm_json(const struct run *run)
{
    json_t *from = json_array();
    for (size_t i = 0; i < json_array_size(run->warm.from); i++) {
        const json_t *entry = json_array_get(run->warm.from, i);
        json_array_append_new(from, json_pack("{s:O,s:O}", "path", json_object_get(entry, "path"),
                                              "rows", json_object_get(entry, "rows")));
    }
    return json_pack("{s:I,s:o}", "rows", (json_int_t)run->warm.imported, "from", from);
}

/* ---- the import ---- */

/* Values that this run computes or does not measure; those it searches by must all be there. */
static enum status complete_row(const struct run *run, struct row *row, struct error *error)
{
    for (int i = 0; i < OBJECTIVES; i++) {
        enum objective objective = (enum objective)i;
        bool time = objective_is_time(objective) && run_costs(run) == NULL;
        if (objective_table[i].computed && !time)
            row->value[i] = objective_computed(objective, run->shape, &row->code,
                                               &run->setup.weights, &run->cost);
        else if (!run->measured[i])
            row->value[i] = NAN;
    }
    for (size_t k = 0; k < run->setup.m; k++) {
        enum objective objective = run->setup.objectives[k];
        if (!isfinite(row_value(row, objective, NULL)))
            return error_set(error, STATUS_INVALID,
                             "--warm: %s has no %s, by which this run searches", row->code.text,
                             objective_table[objective].name);
    }
    return STATUS_OK;
}

/* The base's row, or one as good as the best in each objective. */
static struct row reference_row(const struct run *run)
{
    struct row row = *archive_row(run->archive, 0);
    for (size_t i = 0; i < archive_count(run->archive); i++) {
        const struct row *other = archive_row(run->archive, i);
        struct arch_code full;
        arch_code_full(run->shape, &full);
        if (arch_code_equal(&full, &other->code))
            return *other;
        for (int k = 0; k < OBJECTIVES; k++)
            if (objective_cost((enum objective)k, other->value[k]) <
                objective_cost((enum objective)k, row.value[k]))
                row.value[k] = other->value[k];
    }
    return row;
}

static enum status take_rows(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    size_t rows = archive_count(run->warm.rows);
    for (size_t i = 0; status == STATUS_OK && i < rows; i++) {
        struct row row = *archive_row(run->warm.rows, i);
        row.id = (uint32_t)i;
        row.generation = 0;
        if (run_stages_done(run, &row) == 0) /* of questions that are no stage of this run's */
            row.n = 0;
        row.finished = row.finished != 0 ? row.finished : clock_utc();
        snprintf(row.origin, sizeof row.origin, "warm");
        status = complete_row(run, &row, error);
        if (status == STATUS_OK)
            status = archive_append(run->archive, &row, error);
    }
    if (status != STATUS_OK || rows == 0)
        return status;
    run->warm.imported = rows;
    const struct row reference = reference_row(run);
    progress_set_reference(&run->progress, &run->space, &run->setup.weights, &run->cost,
                           run_costs(run) == NULL, run->chance, &reference);
    for (size_t i = 0; status == STATUS_OK && i < rows; i++)
        status = run_replay_row(run, archive_row(run->archive, i), error);
    return status;
}

static enum status write_warm_file(struct run *run, struct error *error)
{
    struct buf text, path;
    buf_init(&text);
    enum status status = rundir_file(run->rundir, "warm.csv", &path, error);
    if (status == STATUS_OK)
        status = history_format_header(&text, error);
    for (size_t i = 0; status == STATUS_OK && i < run->warm.imported; i++)
        status = history_format_row(archive_row(run->archive, i), &text, error);
    if (status == STATUS_OK && run->warm.imported > 0)
        status = atomic_file_replace(path.data, text.data, text.length, error);
    else if (status == STATUS_OK)
        unlink(path.data); /* of an import that was killed before there was a run */
    buf_release(&text);
    buf_release(&path);
    return status;
}

enum status run_warm_import(struct run *run, struct error *error)
{
    enum status status = STATUS_OK;
    if (run->resumed)
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(run->warm.from); i++) {
        const json_t *entry = json_array_get(run->warm.from, i), *theirs;
        const char *path = json_string_value(json_object_get(entry, "path"));
        if (json_is_object(theirs = json_object_get(entry, "run")))
            status = check_hashes(run, path, theirs, error);
        if (status == STATUS_OK)
            run_say(run, "%lld networks taken over from %s",
                    (long long)json_integer_value(json_object_get(entry, "rows")), path);
    }
    if (status == STATUS_OK && run->warm.rows != NULL)
        status = take_rows(run, error);
    return status == STATUS_OK ? write_warm_file(run, error) : status;
}

enum status run_warm_store(struct run *run, struct error *error)
{
    struct buf from, to;
    struct stat about, there = {0};
    char *text = NULL;
    size_t length;
    buf_init(&to);
    enum status status = rundir_file(run->rundir, "warm.csv", &from, error);
    if (status == STATUS_OK)
        status = rundir_file(run->rundir, "history.csv", &to, error);
    if (status == STATUS_OK && stat(from.data, &about) == 0) {
        bool begun = stat(to.data, &there) == 0 && there.st_size >= about.st_size;
        if (!begun)
            status = file_read_regular(from.data, &text, &length, error);
        if (status == STATUS_OK && !begun)
            status = atomic_file_replace(to.data, text, length, error);
        if (status == STATUS_OK && unlink(from.data) != 0)
            status = error_errno(error, "cannot remove", from.data);
    }
    memory_free(text);
    buf_release(&from);
    buf_release(&to);
    return status;
}
