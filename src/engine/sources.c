/* Where each objective's value comes from. The list of objectives (search/objective.h) names every
 * function here: an objective without a source does not link. */
#include "sources_private.h"

#include <math.h>

double source_ACC(const struct measured *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->tasks; i++)
        sum += m->task[i].acc;
    return m->tasks > 0 ? sum / (double)m->tasks : NAN;
}

double source_ACC_NORM(const struct measured *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->tasks; i++)
        sum += m->task[i].acc_norm;
    return m->tasks > 0 ? sum / (double)m->tasks : NAN;
}

double source_CHOICE_NLL(const struct measured *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->tasks; i++)
        sum += m->task[i].choice_nll;
    return m->tasks > 0 ? sum / (double)m->tasks : NAN;
}

double source_PERPLEXITY(const struct measured *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->texts; i++)
        sum += m->text[i].perplexity;
    return m->texts > 0 ? sum / (double)m->texts : NAN;
}

static double computed(const struct measured *m, enum objective objective)
{
    return objective_computed(objective, m->shape, m->code, m->weights, m->cost);
}

double source_PARAMS(const struct measured *m)
{
    return computed(m, OBJECTIVE_PARAMS);
}

double source_BYTES(const struct measured *m)
{
    return computed(m, OBJECTIVE_BYTES);
}

double source_MACS(const struct measured *m)
{
    return computed(m, OBJECTIVE_MACS);
}

double source_DECODE_MS(const struct measured *m)
{
    return computed(m, OBJECTIVE_DECODE_MS);
}

double source_PROMPT_MS(const struct measured *m)
{
    return computed(m, OBJECTIVE_PROMPT_MS);
}

double source_DECODE_TPS(const struct measured *m)
{
    return computed(m, OBJECTIVE_DECODE_TPS);
}

double source_PROMPT_TPS(const struct measured *m)
{
    return computed(m, OBJECTIVE_PROMPT_TPS);
}

void sources_fill(const struct measured *measured, double value[OBJECTIVES])
{
#define X(id, name, heading, quantity, maximise, computed)                                         \
    value[OBJECTIVE_##id] = source_##id(measured);
    OBJECTIVE_LIST(X)
#undef X
    for (size_t i = 0; i < OBJECTIVE_TASKS; i++) /* of one task acc is it */
        value[OBJECTIVE_TASK_FIRST + i] =
            measured->tasks > 1 && i < measured->tasks ? measured->task[i].acc : NAN;
}

double sources_standard_error(const struct measured *m)
{
    double variance = 0;
    for (size_t i = 0; i < m->tasks; i++)
        variance += m->task[i].standard_error * m->task[i].standard_error;
    return m->tasks > 0 ? sqrt(variance) / (double)m->tasks : NAN;
}
