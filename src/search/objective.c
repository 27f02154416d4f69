/* The table of objectives and its readers. */
#include "search/objective.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static char task_name[OBJECTIVE_TASKS][OBJECTIVE_NAME]; /* set once, see objective_name_tasks */

const struct objective_info objective_table[OBJECTIVES] = {
#define X(id, name, heading, quantity, maximise, computed)                                         \
    [OBJECTIVE_##id] = {OBJECTIVE_##id, name, heading, quantity, maximise, computed},
    OBJECTIVE_LIST(X)
#undef X
#define X(i)                                                                                       \
    [OBJECTIVE_TASK_FIRST + i] = {.objective = OBJECTIVE_TASK_FIRST + i,                           \
                                  .name = task_name[i],                                            \
                                  .heading = task_name[i],                                         \
                                  .quantity = QUANTITY_FRACTION,                                   \
                                  .maximise = true},
        X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7)
#undef X
};
_Static_assert(OBJECTIVE_TASKS == 8, "a row of the table for each task");

#define TASK_PREFIX "acc:"

bool objective_named(enum objective objective)
{
    return objective_table[objective].name[0] != '\0';
}

bool objective_is_task(enum objective objective)
{
    return objective >= OBJECTIVE_TASK_FIRST;
}

bool objective_is_derived(enum objective objective)
{
    return objective == OBJECTIVE_ACC_EST;
}

/* A name that needs no quotes in CSV, no escape in JSON, and can be part of a pin. */
static void make_safe(const char *name, char out[OBJECTIVE_NAME])
{
    size_t length = strlen(TASK_PREFIX);
    memcpy(out, TASK_PREFIX, length);
    for (; *name != '\0' && length < OBJECTIVE_NAME - 1; name++) {
        unsigned char c = (unsigned char)*name;
        if ((c & 0xc0) == 0x80) /* further byte of a UTF-8 character */
            continue;
        out[length++] = c < 0x80 && (isalnum(c) || strchr("_-.+", c) != NULL) ? (char)c : '_';
    }
    out[length] = '\0';
}

static bool name_taken(char names[][OBJECTIVE_NAME], size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

/* The same names again are not written: another run of them may be at work. */
void objective_name_tasks(const char *const *task, size_t tasks)
{
    char names[OBJECTIVE_TASKS][OBJECTIVE_NAME] = {""};
    for (size_t i = 0; tasks > 1 && i < tasks && i < OBJECTIVE_TASKS; i++) {
        char name[OBJECTIVE_NAME];
        make_safe(task[i], name);
        size_t length = strlen(name), most = sizeof name - sizeof "-2";
        for (unsigned number = 2; name_taken(names, i, name); number++) /* to -8 at most */
            snprintf(name + (length < most ? length : most), sizeof "-2", "-%u", number);
        snprintf(names[i], sizeof names[i], "%s", name);
    }
    if (memcmp(task_name, names, sizeof names) != 0)
        memcpy(task_name, names, sizeof names);
}

static const struct {
    const char *alias, *name;
} aliases[] = {{"size", "bytes"}, {"latency", "decode_ms"}, {"throughput", "decode_tps"}};

enum status objective_by_name(const char *name, enum objective *objective, struct error *error)
{
    const char *real = name;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(name, aliases[i].alias) == 0)
            real = aliases[i].name;
    for (int i = 0; i < OBJECTIVES; i++)
        if (objective_named((enum objective)i) && strcmp(real, objective_table[i].name) == 0) {
            *objective = (enum objective)i;
            return STATUS_OK;
        }
    bool task = strncmp(name, TASK_PREFIX, strlen(TASK_PREFIX)) == 0;
    if (task && !objective_named(OBJECTIVE_TASK_FIRST))
        return error_set(
            error, STATUS_INVALID,
            "\"%.40s\" is no objective of this run: only with two or more tasks is the "
            "accuracy of each one, else acc is it",
            name);
    char names[420] = "";
    size_t length = 0;
    for (int i = task ? OBJECTIVE_TASK_FIRST : 0; i < OBJECTIVES; i++)
        if (objective_named((enum objective)i))
            length += (size_t)snprintf(names + length, sizeof names - length, " %s",
                                       objective_table[i].name);
    return error_set(error, STATUS_INVALID, "\"%.40s\" is no objective; there are%s", name, names);
}

enum status objective_parse_list(const char *text, enum objective list[3], size_t *count,
                                 struct error *error)
{
    *count = 0;
    for (const char *at = text; at != NULL;) {
        const char *comma = strchr(at, ',');
        size_t length = comma != NULL ? (size_t)(comma - at) : strlen(at);
        char name[64];
        if (*count == 3 || length >= sizeof name)
            return error_set(error, STATUS_INVALID, "\"%.80s\": two or three objectives expected",
                             text);
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        enum status status = objective_by_name(name, &list[*count], error);
        if (status != STATUS_OK)
            return status;
        for (size_t i = 0; i < *count; i++)
            if (list[i] == list[*count])
                return error_set(error, STATUS_INVALID, "\"%.80s\" names %s twice", text, name);
        ++*count;
        at = comma != NULL ? comma + 1 : NULL;
    }
    if (*count < 2)
        return error_set(error, STATUS_INVALID, "\"%.80s\": two or three objectives expected",
                         text);
    bool measured = false, estimated = false;
    for (size_t i = 0; i < *count; i++) {
        measured = measured || list[i] == OBJECTIVE_ACC;
        estimated = estimated || list[i] == OBJECTIVE_ACC_EST;
    }
    if (measured && estimated)
        return error_set(error, STATUS_INVALID,
                         "\"%.80s\" names one accuracy twice: acc_est is the estimate of acc",
                         text);
    return STATUS_OK;
}

double objective_computed(enum objective objective, const struct arch_shape *shape,
                          const struct arch_code *code, const struct weight_options *weights,
                          const struct cost_table *cost)
{
    enum cost_workload workload =
        objective == OBJECTIVE_DECODE_MS || objective == OBJECTIVE_DECODE_TPS ? COST_DECODE
                                                                              : COST_PROMPT;
    if (shape->tensors == 0 && !objective_is_time(objective))
        return NAN; /* of a run that does not tell them, seen without the model */
    switch (objective) {
    case OBJECTIVE_BYTES:
        return (double)arch_bytes(shape, code, weights);
    case OBJECTIVE_PARAMS:
        return (double)arch_params(shape, code);
    case OBJECTIVE_MACS:
        return (double)arch_macs(shape, code);
    case OBJECTIVE_DECODE_MS:
    case OBJECTIVE_PROMPT_MS:
        return cost != NULL ? 1000 * cost_seconds(cost, shape, code, workload) : NAN;
    case OBJECTIVE_DECODE_TPS:
    case OBJECTIVE_PROMPT_TPS:
        return cost != NULL ? cost_tokens_per_second(cost, workload,
                                                     cost_seconds(cost, shape, code, workload))
                            : NAN;
    default:
        return NAN;
    }
}

bool objective_is_time(enum objective objective)
{
    return objective == OBJECTIVE_DECODE_MS || objective == OBJECTIVE_PROMPT_MS ||
           objective == OBJECTIVE_DECODE_TPS || objective == OBJECTIVE_PROMPT_TPS;
}

double objective_cost(enum objective objective, double value)
{
    return objective_table[objective].maximise ? -value : value;
}

void objective_join_chances(double chance[OBJECTIVES], size_t tasks)
{
    double mean = 0;
    for (size_t i = 0; i < tasks; i++)
        mean += chance[OBJECTIVE_TASK_FIRST + i] / (double)tasks;
    chance[OBJECTIVE_ACC] = chance[OBJECTIVE_ACC_NORM] = chance[OBJECTIVE_ACC_EST] = mean;
}
