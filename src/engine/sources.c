/* Where each objective's value comes from. The list of objectives (search/objective.h) says which
 * are computed from the code, and names a function here for each of the others: an objective
 * without a source does not link. */
#include "sources_private.h"

#include <math.h>

double source_ACC(const struct measured *m)
{
    double sum = 0;
    for (size_t i = 0; i < m->tasks; i++)
        sum += m->task[i].acc;
    return m->tasks > 0 ? sum / (double)m->tasks : NAN;
}

/* From all rows, not from this network alone: see search/estimate.h. */
double source_ACC_EST(const struct measured *m)
{
    (void)m;
    return NAN;
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

/* By the list's last column. */
#define SOURCE_true(id, m)                                                                         \
    objective_computed(OBJECTIVE_##id, (m)->shape, (m)->code, (m)->weights, (m)->cost)
#define SOURCE_false(id, m) source_##id(m)

void sources_fill(const struct measured *measured, double value[OBJECTIVES])
{
#define X(id, name, heading, quantity, maximise, computed)                                         \
    value[OBJECTIVE_##id] = SOURCE_##computed(id, measured);
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
