/* Learning the objectives that are measured from the rows there are. */
#include "surrogate_private.h"

#include "base/memory.h"
#include "search/estimate.h"
#include "search/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ranked { /* a row */
    uint32_t rank, id;
};

static int best_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

/* The rows by the front they are on: what models look at first. */
static enum status rank_rows(const struct method_context *context, struct ranked *order,
                             struct error *error)
{
    size_t n = context->rows, m = context->m;
    double *points = memory_new(n, m * sizeof *points, error);
    uint32_t *rank = memory_new(n, sizeof *rank, error);
    enum status status = points != NULL && rank != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++)
        row_costs(archive_row(context->archive, i), context->estimate, context->objectives, m,
                  points + i * m);
    if (status == STATUS_OK)
        status = nondominated_sort(points, NULL, n, m, rank, error);
    for (size_t i = 0; status == STATUS_OK && i < n; i++)
        order[i] = (struct ranked){rank[i], (uint32_t)i};
    if (status == STATUS_OK)
        qsort(order, n, sizeof *order, best_first);
    memory_free(points);
    memory_free(rank);
    return status;
}

/* Of a share of n questions; as if one more had been half right, so that none and all are no
 * certainty. 0: not known. */
static double sampling_variance(const struct row *row, enum objective objective,
                                const struct estimate *estimate)
{
    bool share = objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_NORM;
    double error = row_own_error(row, objective, estimate);
    if (objective == OBJECTIVE_ACC_EST && error > 0)
        return error * error;
    if (!share || row->n == 0)
        return 0;
    double p = (row->value[objective] * row->n + .5) / (row->n + 1.0);
    return p * (1 - p) / row->n;
}

/* What is left when all is cut. */
static double floor_of(const struct method_context *context, enum objective objective)
{
    if (context->chance == NULL)
        return 0;
    return context->chance[objective == OBJECTIVE_ACC_EST ? OBJECTIVE_ACC : objective];
}

static enum status learn(const struct method_context *context, enum objective objective,
                         const struct ranked *order, struct predictor **predictor,
                         struct error *error)
{
    size_t n = context->rows, known = 0;
    const struct arch_code **code = memory_new(n, sizeof *code, error);
    double *value = memory_new(n, sizeof *value, error);
    double *variance = memory_new(n, sizeof *variance, error);
    enum status status =
        code != NULL && value != NULL && variance != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        const struct row *row = archive_row(context->archive, order[i].id);
        value[known] = row_value(row, objective, context->estimate);
        if (!isfinite(value[known]) ||
            archive_superseded(context->archive, order[i].id, context->rows))
            continue;
        code[known] = &row->code;
        variance[known++] = sampling_variance(row, objective, context->estimate);
    }
    const struct predictor_data data = {
        .space = context->space,
        .code = code,
        .value = value,
        .variance = variance,
        .n = known,
        .maximise = objective_table[objective].maximise,
        .floor = floor_of(context, objective),
    };
    if (status == STATUS_OK && known == 0)
        status = error_set(error, STATUS_FAILED, "no network has a value of %s",
                           objective_table[objective].name);
    if (status == STATUS_OK)
        status = predictor_fit(&data, NULL, predictor, error);
    memory_free(code);
    memory_free(value);
    memory_free(variance);
    return status;
}

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
    struct ranked *order = memory_new(context->rows, sizeof *order, error);
    *surrogate = (struct surrogate){.context = context};
    list_wanted(context, wanted);
    enum status status = order != NULL ? rank_rows(context, order, error) : STATUS_MEMORY;
    for (int k = 0; status == STATUS_OK && k < OBJECTIVES; k++) {
        enum objective objective = (enum objective)k;
        if (wanted[k] && !is_computed(context, objective))
            status = learn(context, objective, order, &surrogate->predictor[k], error);
        if (status == STATUS_OK)
            status = method_check_stop(context, error);
    }
    memory_free(order);
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
