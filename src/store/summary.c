/* A run read without its model: for `paretop front`. */
#include "rundir_private.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Tasks as the run named them; a run from before they had names has none. */
static void read_task_names(const json_t *tasks)
{
    const char *name[OBJECTIVE_TASKS];
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(tasks) && count < OBJECTIVE_TASKS; i++) {
        name[count] = json_string_value(json_object_get(json_array_get(tasks, i), "name"));
        count += name[count] != NULL;
    }
    objective_name_tasks(name, count == json_array_size(tasks) ? count : 0);
}

static enum status read_identity(const char *directory, struct run_summary *summary,
                                 struct error *error)
{
    struct buf path;
    json_t *run = NULL;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/run.json", directory);
    if (status == STATUS_OK && !rundir_exists(directory))
        status = error_set(error, STATUS_INVALID, "%s is not a run directory: it has no run.json",
                           directory);
    if (status == STATUS_OK)
        status = json_read_file(path.data, &run, error);
    read_task_names(json_object_get(run, "tasks"));
    const json_t *tasks = json_object_get(run, "tasks");
    size_t count_tasks = json_array_size(tasks);
    for (size_t i = 0; i < count_tasks && i < OBJECTIVE_TASKS; i++)
        summary->chance[OBJECTIVE_TASK_FIRST + i] =
            json_number_value(json_object_get(json_array_get(tasks, i), "chance"));
    objective_join_chances(summary->chance,
                           count_tasks < OBJECTIVE_TASKS ? count_tasks : OBJECTIVE_TASKS);
    const json_t *list = json_object_get(run, "objectives");
    size_t count = json_array_size(list);
    if (status == STATUS_OK && (count < 2 || count > 3))
        status =
            error_set(error, STATUS_INVALID,
                      "%s: objectives has %zu entries, two or three expected", path.data, count);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        status = objective_by_name(name != NULL ? name : "", &summary->objectives[i], error);
        if (status != STATUS_OK)
            error_prefix(error, "%s", path.data);
    }
    summary->m = count;
    const char *name = json_string_value(json_object_get(json_object_get(run, "model"), "name"));
    snprintf(summary->model_name, sizeof summary->model_name, "%s", name != NULL ? name : "");
    json_decref(run);
    buf_release(&path);
    return status;
}

enum status run_summary_read(const char *directory, struct run_summary *summary,
                             struct error *error)
{
    struct rundir reading = {.path = (char *)(uintptr_t)directory, .lock = -1};
    struct run_state state;
    bool found = false;
    memset(summary, 0, sizeof *summary);
    enum status status = read_identity(directory, summary, error);
    if (status == STATUS_OK)
        status = archive_new(&summary->archive, error);
    if (status == STATUS_OK)
        status = history_read(directory, summary->archive, error);
    if (status == STATUS_OK)
        status = state_read(&reading, &state, &found, error);
    if (found)
        summary->pins = state.pins;
    if (found)
        run_state_release(&state);
    if (status != STATUS_OK) {
        run_summary_release(summary);
        return status;
    }
    summary->rows = archive_count(summary->archive);
    for (size_t i = 0; i < summary->rows; i++)
        for (int k = 0; k < OBJECTIVES; k++)
            summary->measured[k] =
                summary->measured[k] || !isnan(archive_row(summary->archive, i)->value[k]);
    summary->measured[OBJECTIVE_ACC_EST] = summary->measured[OBJECTIVE_ACC];
    summary->estimate = estimate_of_rows(summary->archive, summary->rows);
    return STATUS_OK;
}

void run_summary_release(struct run_summary *summary)
{
    archive_free(summary->archive);
    memset(summary, 0, sizeof *summary);
}
