/* What a candidate's objectives will be: those that are measured learnt from the rows there are. */
#include "surrogate_private.h"

#include "search/lesson.h"

#include <string.h>

static bool is_computed(const struct method_context *context, enum objective objective)
{
    return objective_table[objective].computed &&
           (context->cost != NULL || !objective_is_time(objective));
}

static void list_wanted(const struct method_context *context, bool wanted[OBJECTIVES])
{
    memset(wanted, 0, OBJECTIVES * sizeof *wanted);
    for (size_t k = 0; k < context->m; k++)
        wanted[context->objectives[k]] = true;
    for (size_t i = 0; i < context->pins->count; i++)
        if (context->pins->pin[i].enabled)
            wanted[context->pins->pin[i].objective] = true;
}

enum status surrogate_fit(const struct method_context *context, struct surrogate *surrogate,
                          struct error *error)
{
    bool wanted[OBJECTIVES];
    struct lesson lesson;
    *surrogate = (struct surrogate){.context = context};
    list_wanted(context, wanted);
    enum status status = lesson_init(&lesson, context, 0, error);
    for (int k = 0; status == STATUS_OK && k < OBJECTIVES; k++) {
        enum objective objective = (enum objective)k;
        if (wanted[k] && !is_computed(context, objective))
            status = lesson_learn(&lesson, objective, &surrogate->predictor[k], error);
        if (status == STATUS_OK)
            status = method_check_stop(context, error);
    }
    lesson_release(&lesson);
    if (status != STATUS_OK)
        surrogate_release(surrogate);
    return status;
}

enum status surrogate_sample(const struct surrogate *surrogate, struct rng *rng,
                             struct surrogate *sample, struct error *error)
{
    enum status status = STATUS_OK;
    *sample = (struct surrogate){.context = surrogate->context};
    for (int k = 0; status == STATUS_OK && k < OBJECTIVES; k++)
        if (surrogate->predictor[k] != NULL)
            status = predictor_sample(surrogate->predictor[k], rng, &sample->predictor[k], error);
    if (status != STATUS_OK)
        surrogate_release(sample);
    return status;
}

void surrogate_release(struct surrogate *surrogate)
{
    for (int k = 0; k < OBJECTIVES; k++) {
        predictor_free(surrogate->predictor[k]);
        surrogate->predictor[k] = NULL;
    }
}

double surrogate_value(const struct surrogate *surrogate, enum objective objective,
                       const struct arch_code *code)
{
    const struct method_context *context = surrogate->context;
    if (surrogate->predictor[objective] != NULL)
        return predictor_mean(surrogate->predictor[objective], code);
    return objective_computed(objective, context->space->shape, code, context->weights,
                              context->cost);
}
