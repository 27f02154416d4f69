/* The table of objectives and its readers. */
#include "search/objective.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const struct objective_info objective_table[OBJECTIVES] = {
#define X(id, name, heading, quantity, maximise, computed)                                         \
    [OBJECTIVE_##id] = {OBJECTIVE_##id, name, heading, quantity, maximise, computed},
    OBJECTIVE_LIST(X)
#undef X
};

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
        if (strcmp(real, objective_table[i].name) == 0) {
            *objective = (enum objective)i;
            return STATUS_OK;
        }
    char names[160] = "";
    size_t length = 0;
    for (int i = 0; i < OBJECTIVES; i++)
        length +=
            (size_t)snprintf(names + length, sizeof names - length, " %s", objective_table[i].name);
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
    return STATUS_OK;
}

double objective_computed(enum objective objective, const struct arch_shape *shape,
                          const struct arch_code *code, const struct weight_options *weights,
                          const struct cost_table *cost)
{
    enum cost_workload workload =
        objective == OBJECTIVE_DECODE_MS || objective == OBJECTIVE_DECODE_TPS ? COST_DECODE
                                                                              : COST_PROMPT;
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

double objective_cost(enum objective objective, double value)
{
    return objective_table[objective].maximise ? -value : value;
}
