/* Learning the model `layers`: Levenberg and Marquardt's steps to the most likely parameters; from
 * their Laplace approximation what the data say of the priors. */
#include "predictor_layers_private.h"

#include "base/memory.h"
#include "num/linalg.h"

#include <math.h>
#include <string.h>

#define ROUNDS 4
#define ROUNDS_AGAIN 1
#define STEPS 30
#define TRIES 8       /* of a shorter step */
#define STEP_MOST 2.0 /* a parameter's, in one step */
#define CONVERGED 1e-3
#define SPREAD_WEIGHT 4.0 /* layers' worth of belief in the prior spread */

/* ---- the most likely parameters ---- */

struct work {
    const struct predictor_data *data;
    double *row;                     /* [n][p] weighted gradients */
    double *matrix;                  /* [p][p] */
    double *step, *trial, *gradient; /* [p] */
};

static double weight_of(const struct layers_fit *fit, const struct predictor_data *data, size_t i)
{
    return 1 / fmax(data->variance[i] + fit->discrepancy, 1e-12);
}

/* Twice the negative logarithm of the posterior, constants apart. */
static double badness(const struct layers_fit *fit, const double *theta,
                      const struct predictor_data *data)
{
    double sum = 0;
    for (size_t i = 0; i < data->n; i++) {
        double off = data->value[i] - layers_predict(fit, theta, data->code[i], NULL);
        sum += weight_of(fit, data, i) * off * off;
    }
    for (size_t j = 0; j < fit->p; j++) {
        double off = (theta[j] - fit->prior[j]) / fit->spread[j];
        sum += off * off;
    }
    return sum;
}

/* Gauss and Newton's matrix (in fit->factor) and the direction down (work->gradient). */
static void linearise(struct layers_fit *fit, struct work *work)
{
    const struct predictor_data *data = work->data;
    size_t p = fit->p;
    memset(fit->factor, 0, p * p * sizeof *fit->factor);
    memset(work->gradient, 0, p * sizeof *work->gradient);
    for (size_t i = 0; i < data->n; i++) {
        double *row = work->row + i * p;
        double off = data->value[i] - layers_predict(fit, fit->theta, data->code[i], row);
        double root = sqrt(weight_of(fit, data, i));
        for (size_t j = 0; j < p; j++) {
            row[j] *= root;
            work->gradient[j] += row[j] * root * off;
        }
    }
    linalg_add_gram(work->row, data->n, p, fit->factor);
    for (size_t j = 0; j < p; j++) {
        double precision = 1 / (fit->spread[j] * fit->spread[j]);
        fit->factor[j * p + j] += precision;
        work->gradient[j] -= precision * (fit->theta[j] - fit->prior[j]);
    }
}

/* One step down with damping; its length, 0: none was found. */
static double step_down(struct layers_fit *fit, struct work *work, double *damping, double *least)
{
    size_t p = fit->p;
    for (int i = 0; i < TRIES; i++, *damping *= 5) {
        double longest = 0;
        memcpy(work->matrix, fit->factor, p * p * sizeof *work->matrix);
        memcpy(work->step, work->gradient, p * sizeof *work->step);
        for (size_t j = 0; j < p; j++)
            work->matrix[j * p + j] *= 1 + *damping;
        if (linalg_cholesky(work->matrix, p, NULL) != STATUS_OK)
            continue;
        linalg_solve(work->matrix, p, work->step);
        for (size_t j = 0; j < p; j++) {
            double step = clamp(work->step[j], STEP_MOST);
            work->trial[j] = clamp(fit->theta[j] + step, PARAMETER_MOST);
            longest = fmax(longest, fabs(step));
        }
        double now = badness(fit, work->trial, work->data);
        if (now <= *least) {
            memcpy(fit->theta, work->trial, p * sizeof *fit->theta);
            *least = now;
            *damping *= .3;
            return longest;
        }
    }
    return 0;
}

static enum status most_likely(struct layers_fit *fit, struct work *work, struct error *error)
{
    double damping = 1e-3, least = badness(fit, fit->theta, work->data);
    for (int i = 0; i < STEPS; i++) {
        linearise(fit, work);
        if (step_down(fit, work, &damping, &least) < CONVERGED)
            break;
    }
    linearise(fit, work); /* the precision where it ended */
    return linalg_cholesky(fit->factor, fit->p, error);
}

/* ---- what the parameters say of their own priors ---- */

/* variance[p]: of each parameter, from the precision's factor. */
static void variances(const struct layers_fit *fit, struct work *work, double *variance)
{
    for (size_t j = 0; j < fit->p; j++) {
        memset(work->step, 0, fit->p * sizeof *work->step);
        work->step[j] = 1;
        linalg_solve_lower(fit->factor, fit->p, work->step);
        variance[j] = linalg_dot(work->step, work->step, fit->p);
    }
}

static void learn_importance(struct layers_fit *fit, double spread, const double *variance)
{
    double mean = IMPORTANCE / (fit->layers + 1.0), sum = 0;
    for (uint32_t l = 0; l < fit->layers; l++)
        mean += (fit->theta[importance_at(l)] - fit->relative[l]) / (fit->layers + 1.0);
    for (uint32_t l = 0; l < fit->layers; l++) {
        double off = fit->theta[importance_at(l)] - fit->relative[l] - mean;
        sum += off * off + variance[importance_at(l)];
    }
    double learnt = sqrt((sum + SPREAD_WEIGHT * spread * spread) / (fit->layers + SPREAD_WEIGHT));
    for (uint32_t l = 0; l < fit->layers; l++) {
        fit->prior[importance_at(l)] = mean + fit->relative[l];
        fit->spread[importance_at(l)] = learnt;
    }
}

/* Moments: residuals less what sampling explains, over the degrees of freedom that are left. */
static void learn_discrepancy(struct layers_fit *fit, const struct predictor_data *data,
                              const double *variance)
{
    double residual = 0, sampled = 0, freedom = (double)data->n;
    for (size_t i = 0; i < data->n; i++) {
        double off = data->value[i] - layers_predict(fit, fit->theta, data->code[i], NULL);
        residual += off * off;
        sampled += data->variance[i];
    }
    for (size_t j = 0; j < fit->p; j++)
        freedom -= 1 - variance[j] / (fit->spread[j] * fit->spread[j]);
    double mean = sampled / (double)data->n;
    double left = residual / fmax(freedom, .2 * (double)data->n) - mean;
    fit->discrepancy = fmax(left, mean > 0 ? 0 : 1e-12);
}

static enum status learn(struct layers_fit *fit, struct work *work, int rounds, struct error *error)
{
    double *variance = memory_new(fit->p, sizeof *variance, error);
    double spread = fit->spread[importance_at(0)];
    enum status status = variance != NULL ? STATUS_OK : STATUS_MEMORY;
    for (int i = 0; status == STATUS_OK && i < rounds; i++) {
        status = most_likely(fit, work, error);
        if (status != STATUS_OK || i + 1 == rounds)
            break;
        variances(fit, work, variance);
        learn_importance(fit, spread, variance);
        learn_discrepancy(fit, work->data, variance);
    }
    memory_free(variance);
    return status;
}

enum status layers_learn(struct layers_fit *fit, const struct predictor_data *data, bool again,
                         struct error *error)
{
    size_t p = fit->p;
    struct work work = {.data = data,
                        .row = memory_new(data->n * p, sizeof *work.row, error),
                        .matrix = memory_new((p + 3) * p, sizeof *work.matrix, error)};
    enum status status = work.row != NULL && work.matrix != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        work.step = work.matrix + p * p;
        work.trial = work.step + p;
        work.gradient = work.trial + p;
        status = learn(fit, &work, again ? ROUNDS_AGAIN : ROUNDS, error);
    }
    memory_free(work.row);
    memory_free(work.matrix);
    return status;
}
