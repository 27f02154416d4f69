/* The identity of a run. Options are compared as texts in their usual form, input files by their
 * content; so a run resumes from anywhere, and refuses to go on as something else. */
#include "setup_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/version.h"
#include "num/gemm.h"
#include "search/method.h"
#include "task/items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const key_name[SETUP_KEYS] = {
#define X(id, name, fallback) name,
    SETUP_LIST(X)
#undef X
};
static const char *const key_default[SETUP_KEYS] = {
#define X(id, name, fallback) fallback,
    SETUP_LIST(X)
#undef X
};

/* ---- joined with run.json ---- */

const char *setup_key_name(enum setup_key key)
{
    return key_name[key];
}

const char *setup_stored_value(const json_t *stored, enum setup_key key)
{
    const json_t *options = json_object_get(stored, "options");
    const char *value = json_string_value(json_object_get(options, key_name[key]));
    return value != NULL ? value : key_default[key]; /* a run from before there was this option */
}

static enum status join_values(struct setup *setup, const json_t *stored, struct error *error)
{
    for (int i = 0; i < SETUP_KEYS; i++) {
        const char *before = stored != NULL ? setup_stored_value(stored, (enum setup_key)i) : NULL;
        if (setup->value[i] != NULL && before != NULL && strcmp(setup->value[i], before) != 0) {
            bool flag = strcmp(setup->value[i], SETUP_FLAG_ON) == 0;
            return error_set(error, STATUS_INVALID,
                             "this run was started %s --%s%s%s%s%s: leave it out to go on, or "
                             "choose another --run",
                             *before != '\0' ? "with" : "without", key_name[i],
                             *before != '\0' ? " " : "", before, flag ? "" : ", not ",
                             flag ? "" : setup->value[i]);
        }
        if (setup->value[i] == NULL) {
            enum status status =
                setup_give(&setup->value[i], error, before != NULL ? before : key_default[i]);
            if (status != STATUS_OK)
                return status;
        }
    }
    return STATUS_OK;
}

/* Absolute, so that a run resumes from anywhere; a path that does not resolve stays as it is, for
 * the message of whoever opens it. */
static enum status give_path(char **to, struct error *error, const char *path)
{
    char *whole = path != NULL && !task_is_embedded(path) ? realpath(path, NULL) : NULL;
    enum status status = setup_give(to, error, whole != NULL ? whole : path);
    free(whole); /* realpath's own allocation */
    json_t *text = *to != NULL ? json_string(*to) : NULL;
    if (status == STATUS_OK && *to != NULL && text == NULL)
        status = error_set(error, STATUS_INVALID,
                           "run.json cannot hold the path %s: it is not UTF-8", *to);
    json_decref(text);
    return status;
}

/* `stored` is the file's object in run.json: NULL in a new run, JSON's null when it had none. */
static enum status join_file(struct setup_file *file, const char *name, const char *given,
                             const json_t *stored, struct error *error)
{
    const char *before = json_string_value(json_object_get(stored, "path"));
    const char *sha256 = json_string_value(json_object_get(stored, "sha256"));
    if (json_is_null(stored) && given != NULL)
        return error_set(error, STATUS_INVALID,
                         "this run was started without --%s, not with %s: leave it out to go on, "
                         "or choose another --run",
                         name, given);
    if (stored != NULL && !json_is_null(stored) && (before == NULL || sha256 == NULL))
        return error_set(error, STATUS_INVALID, "run.json does not say path and SHA-256 of its %s",
                         name);
    if (sha256 != NULL)
        snprintf(file->stored, sizeof file->stored, "%s", sha256);
    return give_path(&file->path, error, given != NULL ? given : before);
}

static enum status join_tasks(struct setup *setup, const struct run_options *options,
                              const json_t *stored, struct error *error)
{
    const json_t *list = json_object_get(stored, "tasks");
    size_t before = json_array_size(list), count = options->task_count;
    if (stored != NULL && count > 0 && count != before)
        return error_set(error, STATUS_INVALID, "this run was started with %zu tasks, not %zu",
                         before, count);
    count = stored != NULL ? before : count;
    bool embedded = stored == NULL && count == 0 && options->text == NULL;
    if (count > SETUP_TASKS)
        return error_set(error, STATUS_INVALID, "%zu tasks; at most %d", count, SETUP_TASKS);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status =
            join_file(&setup->task[i], "task", options->task_count > 0 ? options->tasks[i] : NULL,
                      json_array_get(list, i), error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        if (setup->task[i].path == NULL)
            status = error_set(error, STATUS_INVALID, "run.json does not say its tasks");
    if (status == STATUS_OK && embedded) {
        status = setup_give(&setup->task[0].path, error, "search");
        if (status == STATUS_OK && options->limit == 0)
            status = setup_give_number(&setup->value[SETUP_LIMIT], error, SETUP_USUAL_LIMIT, true);
    }
    setup->tasks = embedded ? 1 : count;
    return status;
}

/* By the paths that the run was started with: the same questions in a file of another name keep
 * their columns. */
static void name_tasks(const struct setup *setup, const json_t *stored)
{
    char own[SETUP_TASKS][64];
    const char *name[SETUP_TASKS];
    for (size_t i = 0; i < setup->tasks; i++) {
        const json_t *before = json_array_get(json_object_get(stored, "tasks"), i);
        const char *path = json_string_value(json_object_get(before, "path"));
        name[i] = json_string_value(json_object_get(before, "name"));
        task_name_of(path != NULL ? path : setup->task[i].path, own[i]);
        name[i] = name[i] != NULL ? name[i] : own[i];
    }
    objective_name_tasks(name, setup->tasks);
}

/* ---- the values, read ---- */

static enum status read_size(const struct setup *setup, enum setup_key key, int64_t least,
                             int64_t most, uint64_t *to, struct error *error)
{
    int64_t value = 0;
    enum status status =
        integer_parse(key_name[key], setup->value[key], least, most, &value, error);
    *to = (uint64_t)value;
    return status;
}

static enum status read_type(const struct setup *setup, enum setup_key key, enum weight_type *type,
                             struct error *error)
{
    const char *name = setup->value[key];
    if (weight_type_parse(name, type, error) == STATUS_OK)
        return STATUS_OK;
    return error_prefix(error, "--%s", key_name[key]);
}

static enum status read_compensation(struct setup *setup, struct error *error)
{
    const char *value = setup->value[SETUP_COMPENSATION];
    setup->weights.compensate = strcmp(value, SETUP_FLAG_ON) == 0;
    if (setup->weights.compensate || *value == '\0')
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "run.json: bias-compensation is \"%.40s\", expected " SETUP_FLAG_ON, value);
}

static enum status read_shots_from(struct setup *setup, struct error *error)
{
    const char *name = setup->value[SETUP_SHOTS_FROM];
    return shots_from_parse(*name != '\0' ? name : NULL, &setup->shots_from, error);
}

static enum status read_values(struct setup *setup, struct error *error)
{
    uint64_t limit, chunks, context, shots, population;
    enum status status;
    if ((status = read_size(setup, SETUP_LIMIT, 0, INT64_MAX, &limit, error)) ||
        (status = read_size(setup, SETUP_CHUNKS, 0, INT64_MAX, &chunks, error)) ||
        (status = read_size(setup, SETUP_CONTEXT, 8, 1 << 20, &context, error)) ||
        (status = read_size(setup, SETUP_SHOTS, 0, 1000, &shots, error)) ||
        (status = read_shots_from(setup, error)) ||
        (status = perplexity_parse(setup->value[SETUP_PPL], &setup->ppl, error)) ||
        (status = read_size(setup, SETUP_POPULATION, 2, 256, &population, error)) ||
        (status = read_size(setup, SETUP_SEED, 0, INT64_MAX, &setup->seed, error)) ||
        (status = read_type(setup, SETUP_TYPE, &setup->weights.type, error)) ||
        (status = read_type(setup, SETUP_HEAD, &setup->weights.head, error)) ||
        (status = read_compensation(setup, error)) ||
        (status = precision_parse(setup->value[SETUP_PRECISION], &setup->precision, error)) ||
        (status = crossover_parse(setup->value[SETUP_CROSSOVER], &setup->crossover, error)) ||
        (status =
             setup_read_stages(setup->value[SETUP_STAGES], setup->stage, &setup->stages, error)) ||
        (status = objective_parse_list(setup->value[SETUP_OBJECTIVES], setup->objectives, &setup->m,
                                       error)))
        return status;
    setup->limit = (size_t)limit;
    setup->chunks = (size_t)chunks;
    setup->context = (uint32_t)context;
    setup->shots = (unsigned)shots;
    setup->population = (size_t)population;
    if (setup->stages > 0 && setup->tasks == 0)
        return error_set(error, STATUS_INVALID,
                         "--stages counts questions of a --task, and this run has none");
    if (method_by_name(setup->value[SETUP_METHOD]) == NULL)
        return error_set(error, STATUS_INVALID,
                         "there is no search method \"%.40s\"; there are linas, nsga2 and random",
                         setup->value[SETUP_METHOD]);
    return STATUS_OK;
}

enum status setup_resolve(const struct run_options *options, const json_t *stored,
                          struct setup *setup, struct error *error)
{
    enum status status;
    *setup = (struct setup){0};
    if ((status = join_tasks(setup, options, stored, error)) != STATUS_OK)
        return status;
    name_tasks(setup, stored);
    if ((status = setup_given_values(options, setup->value, error)) ||
        (status = join_file(&setup->model, "model", options->model,
                            json_object_get(stored, "model"), error)) ||
        (status = join_file(&setup->text, "text", options->text, json_object_get(stored, "text"),
                            error)) ||
        (status = join_file(&setup->neuron_order, "neuron-order", options->neuron_order,
                            json_object_get(stored, "neuron_order"), error)) ||
        (status = join_file(&setup->calibration, "calibration", options->calibration,
                            json_object_get(stored, "calibration"), error)))
        return status;
    if (stored == NULL && setup->value[SETUP_OBJECTIVES] == NULL)
        status = setup_give(&setup->value[SETUP_OBJECTIVES], error,
                            setup->tasks > 0 ? "acc_est,bytes" : "perplexity,bytes");
    if (status == STATUS_OK)
        status = join_values(setup, stored, error);
    if (status == STATUS_OK)
        status = read_values(setup, error);
    if (status == STATUS_OK && setup->model.path == NULL)
        status = error_set(error, STATUS_INVALID, "a model is needed to start a run");
    return status;
}

struct method_options setup_method(const struct setup *setup)
{
    return (struct method_options){
        .seed = setup->seed,
        .population = setup->population,
        .crossover = setup->crossover,
    };
}

void setup_release(struct setup *setup)
{
    for (int i = 0; i < SETUP_KEYS; i++)
        memory_free(setup->value[i]);
    for (size_t i = 0; i < SETUP_TASKS; i++)
        memory_free(setup->task[i].path);
    memory_free(setup->model.path);
    memory_free(setup->text.path);
    memory_free(setup->neuron_order.path);
    memory_free(setup->calibration.path);
    *setup = (struct setup){0};
}

enum status setup_file_check(struct setup_file *file, const char *what,
                             const char sha256[SHA256_HEX], struct error *error)
{
    memcpy(file->sha256, sha256, SHA256_HEX);
    if (file->stored[0] == '\0' || strcmp(file->stored, sha256) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "%s %s has SHA-256 %.12s..., but this run was started with %.12s...: choose "
                     "another --run",
                     what, file->path, sha256, file->stored);
}

/* The last of the stages is all of the task's items. */
static enum status check_stages(const struct setup *setup, const struct task *task,
                                struct error *error)
{
    size_t last = setup->stages > 0 ? setup->stage[setup->stages - 1] : task->items;
    if (last == task->items)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--stages %s ends with %zu questions, but %s has %zu here: the last stage is "
                     "all of them",
                     setup->value[SETUP_STAGES], last, task->name, task->items);
}

enum status setup_load_task(struct setup *setup, size_t index, struct task *task,
                            struct error *error)
{
    const struct task_options wanted = {
        .limit = setup->limit, .shots = setup->shots, .from = setup->shots_from};
    enum status status = task_load(setup->task[index].path, &wanted, task, error);
    if (status == STATUS_OK)
        status = setup_file_check(&setup->task[index], "the task", task->sha256, error);
    return status == STATUS_OK ? check_stages(setup, task, error) : status;
}

/* ---- run.json ---- */

static json_t *file_json(const struct setup_file *file)
{
    if (file->path == NULL)
        return json_null();
    return json_pack("{s:s,s:s}", "path", file->path, "sha256", file->sha256);
}

json_t *setup_json(const struct setup *setup, const char *model_name)
{
    char now[21];
    json_t *options = json_object(), *tasks = json_array(), *objectives = json_array();
    json_t *model = file_json(&setup->model);
    json_object_set_new(model, "name", json_string(model_name));
    for (int i = 0; i < SETUP_KEYS; i++)
        json_object_set_new(options, key_name[i], json_string(setup->value[i]));
    for (size_t i = 0; i < setup->tasks; i++) {
        const char *name = objective_table[OBJECTIVE_TASK_FIRST + i].name;
        json_t *task = file_json(&setup->task[i]);
        if (*name != '\0')
            json_object_set_new(task, "name", json_string(strchr(name, ':') + 1));
        json_array_append_new(tasks, task);
    }
    for (size_t i = 0; i < setup->m; i++)
        json_array_append_new(objectives, json_string(objective_table[setup->objectives[i]].name));
    return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "paretop", PARETOP_VERSION,
                     "created", clock_iso8601(clock_utc(), now), "kernel", gemm_kernel(), "model",
                     model, "tasks", tasks, "text", file_json(&setup->text), "neuron_order",
                     file_json(&setup->neuron_order), "calibration", file_json(&setup->calibration),
                     "objectives", objectives, "options", options);
}
