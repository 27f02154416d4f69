/* search/lesson: see the header. */
#include "search/lesson.h"

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

/* All rows by the front they are on. */
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

enum status lesson_init(struct lesson *lesson, const struct method_context *context, size_t most,
                        struct error *error)
{
    size_t rows = context->rows, n = 0;
    struct ranked *order = memory_new(rows, sizeof *order, error);
    *lesson = (struct lesson){.context = context, .id = memory_new(rows, sizeof(uint32_t), error)};
    enum status status =
        order != NULL && lesson->id != NULL ? rank_rows(context, order, error) : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < rows; i++)
        if (!archive_superseded(context->archive, order[i].id, rows))
            order[n++] = order[i];
    lesson->n = most > 0 && n > most ? most : n;
    for (size_t i = 0; i < lesson->n; i++)
        lesson->id[i] = order[i * n / lesson->n].id;
    memory_free(order);
    return status;
}

void lesson_release(struct lesson *lesson)
{
    memory_free(lesson->id);
    lesson->id = NULL;
}

enum status lesson_learn(const struct lesson *lesson, enum objective objective,
                         struct predictor **predictor, struct error *error)
{
    const struct method_context *context = lesson->context;
    size_t n = lesson->n, known = 0;
    const struct arch_code **code = memory_new(n, sizeof *code, error);
    double *value = memory_new(n, sizeof *value, error);
    double *variance = memory_new(n, sizeof *variance, error);
    enum status status =
        code != NULL && value != NULL && variance != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        const struct row *row = archive_row(context->archive, lesson->id[i]);
        value[known] = row_value(row, objective, context->estimate);
        if (!isfinite(value[known]))
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
