/* Choosing among the models of objectives, by cross-validation. */
#include "predictor_private.h"

#include "base/memory.h"
#include "search/correlation.h"

#include <math.h>
#include <string.h>

#define FOLDS 5
#define LEAST_FOR_CHOICE 15 /* networks; below, the model with most knowledge of its own */
#define MOST_FOR_CHOICE 500 /* networks whose order is compared */

static const struct predictor_model *const models[] = {&predictor_layers, &predictor_ridge,
                                                       &predictor_process};
#define MODELS (sizeof models / sizeof *models)

struct predictor {
    const struct predictor_model *model;
    void *fit; /* owned */
    double correlation, error;
};

static enum status fit_model(const struct predictor_data *data, const struct predictor_model *model,
                             struct predictor **predictor, struct error *error)
{
    *predictor = memory_new(1, sizeof **predictor, error);
    if (*predictor == NULL)
        return STATUS_MEMORY;
    **predictor = (struct predictor){.model = model, .correlation = NAN, .error = NAN};
    enum status status = model->fit(data, NULL, &(*predictor)->fit, error);
    if (status != STATUS_OK) {
        memory_free(*predictor);
        *predictor = NULL;
    }
    return status;
}

/* ---- cross-validation ---- */

struct fold {
    const struct arch_code **code;
    double *value, *variance;
};

/* All but each FOLDSth network from `fold` on. */
static size_t leave_out(const struct predictor_data *data, size_t fold, struct fold *rest)
{
    size_t n = 0;
    for (size_t i = 0; i < data->n; i++)
        if (i % FOLDS != fold) {
            rest->code[n] = data->code[i];
            rest->value[n] = data->value[i];
            rest->variance[n++] = data->variance[i];
        }
    return n;
}

static enum status predict_fold(const struct predictor_data *data, const struct predictor *whole,
                                size_t fold, struct fold *rest, double *predicted,
                                struct error *error)
{
    struct predictor_data part = *data;
    void *fit = NULL;
    part.n = leave_out(data, fold, rest);
    part.code = rest->code;
    part.value = rest->value;
    part.variance = rest->variance;
    enum status status = whole->model->fit(&part, whole->fit, &fit, error);
    for (size_t i = fold; status == STATUS_OK && i < data->n; i += FOLDS)
        predicted[i] = whole->model->mean(fit, data->code[i]);
    if (status == STATUS_OK)
        whole->model->release(fit);
    return status;
}

static double root_mean_square(const double *a, const double *b, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++)
        square += (a[i] - b[i]) * (a[i] - b[i]) / (double)n;
    return sqrt(square);
}

static enum status cross_validate(const struct predictor_data *data, struct predictor *whole,
                                  struct error *error)
{
    struct fold rest = {memory_new(data->n, sizeof *rest.code, error),
                        memory_new(data->n, sizeof *rest.value, error),
                        memory_new(data->n, sizeof *rest.variance, error)};
    double *predicted = memory_new(data->n, sizeof *predicted, error);
    enum status status =
        rest.code != NULL && rest.value != NULL && rest.variance != NULL && predicted != NULL
            ? STATUS_OK
            : STATUS_MEMORY;
    for (size_t fold = 0; status == STATUS_OK && fold < FOLDS; fold++)
        status = predict_fold(data, whole, fold, &rest, predicted, error);
    if (status == STATUS_OK) {
        whole->correlation = kendall_tau(predicted, data->value, data->n);
        whole->error = root_mean_square(predicted, data->value, data->n);
    }
    memory_free(rest.code);
    memory_free(rest.value);
    memory_free(rest.variance);
    memory_free(predicted);
    return status;
}

/* A model that the data do not determine is out of the choice. */
static enum status choose(const struct predictor_data *data, struct predictor **best,
                          struct error *error)
{
    struct predictor_data compared = *data;
    enum status status = STATUS_OK;
    if (compared.n > MOST_FOR_CHOICE)
        compared.n = MOST_FOR_CHOICE;
    *best = NULL;
    for (size_t i = 0; status == STATUS_OK && i < MODELS; i++) {
        struct predictor *candidate = NULL;
        struct error why = {0};
        status = fit_model(data, models[i], &candidate, &why);
        if (status == STATUS_OK)
            status = cross_validate(&compared, candidate, &why);
        if (status == STATUS_OK &&
            (*best == NULL || candidate->correlation > (*best)->correlation ||
             isnan((*best)->correlation))) {
            predictor_free(*best);
            *best = candidate;
            continue;
        }
        predictor_free(candidate);
        if (status == STATUS_FAILED)
            status = STATUS_OK;
        else if (status != STATUS_OK && error != NULL)
            *error = why;
    }
    if (status == STATUS_OK && *best == NULL)
        status = error_set(error, STATUS_FAILED, "no predictor fits these %zu networks", data->n);
    return status;
}

/* ---- the interface ---- */

enum status predictor_fit(const struct predictor_data *data, const char *name,
                          struct predictor **predictor, struct error *error)
{
    if (name == NULL && data->n >= LEAST_FOR_CHOICE)
        return choose(data, predictor, error);
    for (size_t i = 0; i < MODELS; i++)
        if (name == NULL || strcmp(models[i]->name, name) == 0)
            return fit_model(data, models[i], predictor, error);
    return error_set(error, STATUS_INVALID, "there is no predictor \"%.40s\"", name);
}

double predictor_mean(const struct predictor *predictor, const struct arch_code *code)
{
    return predictor->model->mean(predictor->fit, code);
}

enum status predictor_sample(const struct predictor *predictor, struct rng *rng,
                             struct predictor **sample, struct error *error)
{
    *sample = memory_new(1, sizeof **sample, error);
    if (*sample == NULL)
        return STATUS_MEMORY;
    **sample = *predictor;
    enum status status = predictor->model->sample(predictor->fit, rng, &(*sample)->fit, error);
    if (status != STATUS_OK) {
        memory_free(*sample);
        *sample = NULL;
    }
    return status;
}

const char *predictor_name(const struct predictor *predictor)
{
    return predictor->model->name;
}

double predictor_correlation(const struct predictor *predictor)
{
    return predictor->correlation;
}

double predictor_error(const struct predictor *predictor)
{
    return predictor->error;
}

void predictor_free(struct predictor *predictor)
{
    if (predictor == NULL)
        return;
    predictor->model->release(predictor->fit);
    memory_free(predictor);
}
