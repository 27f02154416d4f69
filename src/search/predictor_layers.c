/* Importance times severity: every layer has an importance, every cut a severity, and what a
 * network loses is the sum over its layers of their products. A maximised value falls from the full
 * model's towards its floor as exp(-loss); a minimised one grows as exp(loss). With the
 * logarithms as parameters,
 *
 *     loss = sum_l exp(i_l) (exp(s_k) + [no attention] exp(a + d_l))     k: eighths missing of the
 * MLP value = floor + exp(amplitude -+ loss)
 *
 * that is a regression with a few parameters a layer, solved for the most likely ones under normal
 * priors by Levenberg-Marquardt; the spread of importances, their mean and the variance that the
 * sampling does not explain are found by some rounds of expectation maximisation (Laplace's
 * approximation), from which samples are drawn, too. A block influence, where known, is the
 * importances' prior mean up to a factor. */
#include "predictor_private.h"

#include "base/memory.h"
#include "num/linalg.h"

#include <math.h>
#include <string.h>

#define ROUNDS 4
#define ROUNDS_LIKE 1
#define STEPS 30
#define TRIES 8       /* of a shorter step */
#define STEP_MOST 2.0 /* a parameter's, in one step */
#define CONVERGED 1e-3
#define ROWS_MOST 2000 /* networks looked at */
#define AMPLITUDE_LEAST 0.02
#define AMPLITUDE_SPREAD 0.3
#define IMPORTANCE                                                                                 \
    (-2.5) /* prior mean, of a layer's share of a loss that leaves nothing: e^-2.5 = 8 % */
#define IMPORTANCE_SPREAD 1.0
#define INFLUENCE_SPREAD 0.6
#define INFLUENCE_LEAST 0.005
#define ATTENTION_SPREAD 0.3
#define SEVERITY_SPREAD 0.4
#define SEVERITY_POWER 1.4 /* of the missing part */
#define SPREAD_WEIGHT 4.0  /* layers' worth of belief in the prior spread */
#define PARAMETER_MOST 20.0

enum { SEVERITIES = 9 }; /* of 1..8 eighths missing, of no attention */

struct layers_fit {
    uint32_t layers;
    size_t p;
    bool maximise;
    double floor;
    char full[ARCH_MAX_LAYERS + 1];
    double *theta;           /* [p] amplitude; importances; attentions; severities */
    double *prior;           /* [p] means */
    double *spread;          /* [p] standard deviations */
    double *relative;        /* [layers] prior means of importances, less their mean */
    double *factor;          /* [p][p] Cholesky's, of the precision at theta */
    double discrepancy;      /* variance that sampling does not explain */
    double (*loss)[LETTERS]; /* [layers] of each character, from theta */
};

/* ---- parameters ---- */

static size_t importance_at(uint32_t layer)
{
    return 1 + layer;
}

static size_t attention_at(const struct layers_fit *fit, uint32_t layer)
{
    return 1 + fit->layers + layer;
}

static size_t severity_at(const struct layers_fit *fit, unsigned eighths)
{
    return 1 + 2 * (size_t)fit->layers + eighths - 1;
}

static size_t no_attention_at(const struct layers_fit *fit)
{
    return severity_at(fit, 8) + 1;
}

struct part { /* of a layer's loss */
    double mlp, attention;
};

static struct part part_of(const struct layers_fit *fit, const double *theta, uint32_t layer,
                           struct missing missing)
{
    double importance = theta[importance_at(layer)];
    struct part part = {0, 0};
    if (missing.mlp > 0)
        part.mlp = exp(importance + theta[severity_at(fit, missing.mlp)]);
    if (missing.attention)
        part.attention =
            exp(importance + theta[attention_at(fit, layer)] + theta[no_attention_at(fit)]);
    return part;
}

static double value_of(const struct layers_fit *fit, double amplitude, double loss)
{
    double exponent = fit->maximise ? amplitude - loss : amplitude + loss;
    return fit->floor + exp(exponent < 50 ? exponent : 50);
}

/* The value, and what it changes with each parameter (gradient[p], may be NULL). */
static double predict(const struct layers_fit *fit, const double *theta, const char *text,
                      double *gradient)
{
    double loss = 0, sign = fit->maximise ? -1 : 1;
    if (gradient != NULL)
        memset(gradient, 0, fit->p * sizeof *gradient);
    for (uint32_t l = 0; l < fit->layers; l++) {
        struct missing missing = missing_of(fit->full[l], text[l]);
        struct part part = part_of(fit, theta, l, missing);
        loss += part.mlp + part.attention;
        if (gradient == NULL)
            continue;
        gradient[importance_at(l)] = sign * (part.mlp + part.attention);
        gradient[attention_at(fit, l)] = sign * part.attention;
        if (missing.mlp > 0)
            gradient[severity_at(fit, missing.mlp)] += sign * part.mlp;
        gradient[no_attention_at(fit)] += sign * part.attention;
    }
    double value = value_of(fit, theta[0], loss), scale = value - fit->floor;
    for (size_t j = 1; gradient != NULL && j < fit->p; j++)
        gradient[j] *= scale;
    if (gradient != NULL)
        gradient[0] = scale;
    return value;
}

static void tabulate(struct layers_fit *fit)
{
    for (uint32_t l = 0; l < fit->layers; l++)
        for (unsigned i = 0; i < LETTERS; i++) {
            struct part part = part_of(fit, fit->theta, l, missing_of(fit->full[l], letter_at(i)));
            fit->loss[l][i] = part.mlp + part.attention;
        }
}

static void release(void *pointer)
{
    struct layers_fit *fit = pointer;
    if (fit == NULL)
        return;
    memory_free(fit->theta);
    memory_free(fit->factor);
    memory_free(fit->loss);
    memory_free(fit);
}

static enum status new_fit(uint32_t layers, struct layers_fit **out, struct error *error)
{
    struct layers_fit *fit = memory_new(1, sizeof *fit, error);
    *out = NULL;
    if (fit == NULL)
        return STATUS_MEMORY;
    fit->layers = layers;
    fit->p = 1 + 2 * (size_t)layers + SEVERITIES;
    fit->theta = memory_new(3 * fit->p + layers, sizeof *fit->theta, error);
    fit->factor = memory_new(fit->p * fit->p, sizeof *fit->factor, error);
    fit->loss = memory_new(layers, sizeof *fit->loss, error);
    if (fit->theta == NULL || fit->factor == NULL || fit->loss == NULL) {
        release(fit);
        return STATUS_MEMORY;
    }
    fit->prior = fit->theta + fit->p;
    fit->spread = fit->prior + fit->p;
    fit->relative = fit->spread + fit->p;
    *out = fit;
    return STATUS_OK;
}

/* ---- priors ---- */

/* The full model's value, or else the best. */
static double best_value(const struct layers_fit *fit, const struct predictor_data *data)
{
    double best = data->value[0];
    for (size_t i = 0; i < data->n; i++) {
        if (strcmp(data->code[i]->text, fit->full) == 0)
            return data->value[i];
        if (fit->maximise ? data->value[i] > best : data->value[i] < best)
            best = data->value[i];
    }
    return best;
}

/* False when all layers have one influence: nothing is known. */
static bool influence_known(const struct space *space)
{
    for (uint32_t l = 1; l < space->shape->layers; l++)
        if (space->influence[l] > space->influence[0] || space->influence[l] < space->influence[0])
            return true;
    return false;
}

static void set_priors(struct layers_fit *fit, const struct predictor_data *data)
{
    double mean = 0, amplitude = best_value(fit, data) - fit->floor;
    bool known = influence_known(data->space);
    for (uint32_t l = 0; l < fit->layers; l++) {
        double influence = (double)data->space->influence[l];
        fit->relative[l] = log(influence > INFLUENCE_LEAST ? influence : INFLUENCE_LEAST);
        mean += fit->relative[l] / fit->layers;
    }
    fit->prior[0] = log(amplitude > AMPLITUDE_LEAST ? amplitude : AMPLITUDE_LEAST);
    fit->spread[0] = AMPLITUDE_SPREAD;
    for (uint32_t l = 0; l < fit->layers; l++) {
        fit->relative[l] -= mean;
        fit->prior[importance_at(l)] = IMPORTANCE + fit->relative[l];
        fit->spread[importance_at(l)] = known ? INFLUENCE_SPREAD : IMPORTANCE_SPREAD;
        fit->spread[attention_at(fit, l)] = ATTENTION_SPREAD;
    }
    for (unsigned k = 1; k <= 8; k++) {
        fit->prior[severity_at(fit, k)] = log(.5 * pow(k / 8.0, SEVERITY_POWER));
        fit->spread[severity_at(fit, k)] = SEVERITY_SPREAD;
    }
    fit->prior[no_attention_at(fit)] = log(.5);
    fit->spread[no_attention_at(fit)] = SEVERITY_SPREAD;
    memcpy(fit->theta, fit->prior, fit->p * sizeof *fit->theta);
}

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
        double off = data->value[i] - predict(fit, theta, data->code[i]->text, NULL);
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
        double off = data->value[i] - predict(fit, fit->theta, data->code[i]->text, row);
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

static double clamp(double x, double most)
{
    return x > most ? most : x < -most ? -most : x;
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
        double off = data->value[i] - predict(fit, fit->theta, data->code[i]->text, NULL);
        residual += off * off;
        sampled += data->variance[i];
    }
    for (size_t j = 0; j < fit->p; j++)
        freedom -= 1 - variance[j] / (fit->spread[j] * fit->spread[j]);
    double mean = sampled / (double)data->n;
    double left = residual / fmax(freedom, .2 * (double)data->n) - mean;
    fit->discrepancy = fmax(left, mean > 0 ? 0 : 1e-12);
}

static double first_discrepancy(const struct predictor_data *data)
{
    double mean = 0, square = 0, sampled = 0;
    for (size_t i = 0; i < data->n; i++) {
        mean += data->value[i] / (double)data->n;
        sampled += data->variance[i];
    }
    for (size_t i = 0; i < data->n; i++)
        square += (data->value[i] - mean) * (data->value[i] - mean) / (double)data->n;
    return sampled > 0 ? 0 : fmax(.1 * square, 1e-12);
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

/* ---- the model ---- */

static void settings_of(struct layers_fit *fit, const struct layers_fit *like)
{
    memcpy(fit->theta, like->theta, (3 * fit->p + fit->layers) * sizeof *fit->theta);
    fit->discrepancy = like->discrepancy;
}

static enum status layers_fit(const struct predictor_data *given, const void *like, void **out,
                              struct error *error)
{
    struct layers_fit *fit;
    struct predictor_data data = *given;
    struct arch_code full;
    if (data.n > ROWS_MOST)
        data.n = ROWS_MOST;
    enum status status = new_fit(data.space->shape->layers, &fit, error);
    if (status != STATUS_OK)
        return status;
    arch_code_full(data.space->shape, &full);
    memcpy(fit->full, full.text, sizeof fit->full);
    fit->maximise = data.maximise;
    fit->floor = data.floor;
    if (like != NULL) {
        settings_of(fit, like);
    } else {
        set_priors(fit, &data);
        fit->discrepancy = first_discrepancy(&data);
    }
    struct work work = {.data = &data,
                        .row = memory_new(data.n * fit->p, sizeof *work.row, error),
                        .matrix = memory_new((fit->p + 3) * fit->p, sizeof *work.matrix, error)};
    status = work.row != NULL && work.matrix != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        work.step = work.matrix + fit->p * fit->p;
        work.trial = work.step + fit->p;
        work.gradient = work.trial + fit->p;
        status = learn(fit, &work, like != NULL ? ROUNDS_LIKE : ROUNDS, error);
    }
    memory_free(work.row);
    memory_free(work.matrix);
    if (status == STATUS_OK)
        tabulate(fit);
    else
        release(fit);
    *out = status == STATUS_OK ? fit : NULL;
    return status;
}

static double layers_mean(const void *pointer, const struct arch_code *code)
{
    const struct layers_fit *fit = pointer;
    double loss = 0;
    for (uint32_t l = 0; l < fit->layers; l++)
        loss += fit->loss[l][letter_index(code->text[l])];
    return value_of(fit, fit->theta[0], loss);
}

static enum status layers_sample(const void *pointer, struct rng *rng, void **out,
                                 struct error *error)
{
    const struct layers_fit *fit = pointer;
    struct layers_fit *sample;
    *out = NULL;
    enum status status = new_fit(fit->layers, &sample, error);
    if (status != STATUS_OK)
        return status;
    memcpy(sample->full, fit->full, sizeof sample->full);
    sample->maximise = fit->maximise;
    sample->floor = fit->floor;
    settings_of(sample, fit);
    double *step = sample->spread; /* of no use in a sample */
    for (size_t j = 0; j < fit->p; j++)
        step[j] = rng_normal(rng);
    linalg_solve_upper(fit->factor, fit->p, step);
    for (size_t j = 0; j < fit->p; j++)
        sample->theta[j] = clamp(sample->theta[j] + step[j], PARAMETER_MOST);
    tabulate(sample);
    *out = sample;
    return STATUS_OK;
}

const struct predictor_model predictor_layers = {"layers", layers_fit, layers_mean, layers_sample,
                                                 release};
