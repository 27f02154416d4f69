/* The table of search methods, and their state. */
#include "search/method.h"

#include "base/memory.h"
#include "methods_private.h"

#include <string.h>

const struct method_entry method_table[] = {
    {"linas", "LINAS: learns to predict, and searches on the predictions (Cummings et al. 2022)",
     linas_ask, linas_tell},
    {"nsga2", "NSGA-II: non-dominated sorting and crowding (Deb et al. 2002)", nsga2_ask,
     nsga2_tell},
    {"random", "uniform random sampling, the baseline", random_ask, random_tell},
    {NULL, NULL, NULL, NULL},
};

const struct method_entry *method_by_name(const char *name)
{
    for (const struct method_entry *entry = method_table; entry->name != NULL; entry++)
        if (strcmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

enum status method_check_stop(const struct method_context *context, struct error *error)
{
    if (context->stopping == NULL || !context->stopping(context->stopping_context))
        return STATUS_OK;
    return error_set(error, STATUS_CANCELLED, "the ask was stopped");
}

void method_state_init(struct method_state *state, const struct method_options *options)
{
    *state = (struct method_state){0};
    rng_init(&state->rng, options->seed, "method", 0);
}

enum status method_state_copy(struct method_state *to, const struct method_state *from,
                              struct error *error)
{
    *to = *from;
    to->forecast = (struct method_forecast){0};
    to->member = memory_new(from->members, sizeof *to->member, error);
    if (to->member == NULL)
        return STATUS_MEMORY;
    if (from->members > 0)
        memcpy(to->member, from->member, from->members * sizeof *to->member);
    return STATUS_OK;
}

void method_state_release(struct method_state *state)
{
    memory_free(state->member);
    method_forecast_release(&state->forecast);
    *state = (struct method_state){0};
}

void method_forecast_release(struct method_forecast *forecast)
{
    memory_free(forecast->code);
    memory_free(forecast->value);
    *forecast = (struct method_forecast){0};
}
