/* Importance times severity: every layer has an importance, every cut a severity, and what a
 * network loses is the sum over its layers of their products. A maximised value falls from the full
 * model's towards its floor as exp(-loss); a minimised one grows as exp(loss). With the
 * logarithms as parameters,
 *
 *     loss = sum_l exp(i_l) (exp(s_k + n_lk) + [no attention] exp(a + d_l) + exp(t))
 *     value = floor + exp(amplitude -+ loss)
 *
 * (k: eighths missing of the MLP; t: of the layer's weight type, where these are searched) that is
 * a regression with a few parameters a layer, solved for the most likely ones under normal priors
 * by Levenberg-Marquardt; the spread of importances, their mean and the variance that the sampling
 * does not explain are found by some rounds of expectation maximisation (Laplace's approximation),
 * from which samples are drawn, too. A block influence, where known, is the importances' prior mean
 * up to a factor; what is known of the neurons' importance, n_lk (predictor_neurons.c), stays as it
 * is. */
#include "predictor_layers_private.h"

#include "base/memory.h"
#include "num/linalg.h"

#include <math.h>
#include <string.h>

#define ROWS_MOST 2000 /* networks looked at */
#define AMPLITUDE_LEAST 0.02
#define AMPLITUDE_SPREAD 0.3
#define IMPORTANCE_SPREAD 1.0
#define INFLUENCE_SPREAD 0.6
#define ATTENTION_SPREAD 0.3
#define SEVERITY_SPREAD 0.4
#define SEVERITY_POWER 1.4 /* of the missing part */
#define TYPE_SEVERITY 3.0  /* prior, times the square of what rounding adds: 2 % at four bits */
#define TYPE_SPREAD 1.0

/* ---- parameters ---- */

struct part { /* of a layer's loss */
    double mlp, attention;
};

static struct part part_of(const struct layers_fit *fit, const double *theta, uint32_t layer,
                           struct missing missing)
{
    double importance = theta[importance_at(layer)];
    struct part part = {0, 0};
    if (missing.mlp > 0)
        part.mlp = exp(importance + theta[severity_at(fit, missing.mlp)] +
                       fit->neurons[layer][missing.mlp]);
    if (missing.attention)
        part.attention =
            exp(importance + theta[attention_at(fit, layer)] + theta[no_attention_at(fit)]);
    return part;
}

static double type_part(const struct layers_fit *fit, const double *theta, uint32_t layer,
                        unsigned type)
{
    return type < TYPE_LETTERS ? exp(theta[importance_at(layer)] + theta[type_at(fit, type)]) : 0;
}

static double value_of(const struct layers_fit *fit, double amplitude, double loss)
{
    double exponent = fit->maximise ? amplitude - loss : amplitude + loss;
    return fit->floor + exp(exponent < 50 ? exponent : 50);
}

/* The value, and what it changes with each parameter (gradient[p], may be NULL). */
double layers_predict(const struct layers_fit *fit, const double *theta,
                      const struct arch_code *code, double *gradient)
{
    const char *types = fit->types ? types_of(code, fit->layers) : NULL;
    double loss = 0, sign = fit->maximise ? -1 : 1;
    if (gradient != NULL)
        memset(gradient, 0, fit->p * sizeof *gradient);
    for (uint32_t l = 0; l < fit->layers; l++) {
        struct missing missing = missing_of(fit->full[l], code->text[l]);
        struct part part = part_of(fit, theta, l, missing);
        unsigned type = types != NULL ? type_index(types[l]) : TYPE_LETTERS;
        double rounding = type_part(fit, theta, l, type);
        loss += part.mlp + part.attention + rounding;
        if (gradient == NULL)
            continue;
        gradient[importance_at(l)] = sign * (part.mlp + part.attention + rounding);
        if (type < TYPE_LETTERS)
            gradient[type_at(fit, type)] += sign * rounding;
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
    for (uint32_t l = 0; fit->types && l < fit->layers; l++)
        for (unsigned type = 0; type < TYPE_LETTERS; type++)
            fit->type_loss[l][type] = type_part(fit, fit->theta, l, type);
}

static void release(void *pointer)
{
    struct layers_fit *fit = pointer;
    if (fit == NULL)
        return;
    memory_free(fit->theta);
    memory_free(fit->factor);
    memory_free(fit->loss);
    memory_free(fit->type_loss);
    memory_free(fit->neurons);
    memory_free(fit);
}

static enum status new_fit(uint32_t layers, bool types, struct layers_fit **out,
                           struct error *error)
{
    struct layers_fit *fit = memory_new(1, sizeof *fit, error);
    *out = NULL;
    if (fit == NULL)
        return STATUS_MEMORY;
    fit->layers = layers;
    fit->types = types;
    fit->p = 1 + 2 * (size_t)layers + SEVERITIES + (types ? TYPE_LETTERS : 0);
    fit->theta = memory_new(3 * fit->p + layers, sizeof *fit->theta, error);
    fit->factor = memory_new(fit->p * fit->p, sizeof *fit->factor, error);
    fit->loss = memory_new(layers, sizeof *fit->loss, error);
    fit->type_loss = memory_new(layers, sizeof *fit->type_loss, error);
    fit->neurons = memory_new(layers, sizeof *fit->neurons, error);
    if (fit->theta == NULL || fit->factor == NULL || fit->loss == NULL || fit->type_loss == NULL ||
        fit->neurons == NULL) {
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
        if (data->code[i]->text[fit->layers] == '\0' &&
            memcmp(data->code[i]->text, fit->full, fit->layers) == 0)
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

static void set_priors(struct layers_fit *fit, const struct predictor_data *data)
{
    double mean = 0, amplitude = best_value(fit, data) - fit->floor;
    bool known = influence_known(data->space);
    for (uint32_t l = 0; l < fit->layers; l++) {
        fit->relative[l] = log(space_influence(data->space, l));
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
    for (unsigned type = 0; fit->types && type < TYPE_LETTERS; type++) {
        double coarse = fmax(type_coarseness(type), 1e-4);
        fit->prior[type_at(fit, type)] = log(TYPE_SEVERITY * coarse * coarse);
        fit->spread[type_at(fit, type)] = TYPE_SPREAD;
    }
    memcpy(fit->theta, fit->prior, fit->p * sizeof *fit->theta);
    fit->discrepancy = first_discrepancy(data);
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
    enum status status =
        new_fit(data.space->shape->layers, data.space->type_genes > 0, &fit, error);
    if (status != STATUS_OK)
        return status;
    arch_code_full(data.space->shape, &full);
    memcpy(fit->full, full.text, fit->layers);
    fit->maximise = data.maximise;
    fit->floor = data.floor;
    predictor_neurons(data.space, fit->neurons);
    if (like != NULL) {
        settings_of(fit, like);
    } else {
        set_priors(fit, &data);
    }
    status = layers_learn(fit, &data, like != NULL, error);
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
    const char *types = fit->types ? types_of(code, fit->layers) : NULL;
    double loss = 0;
    for (uint32_t l = 0; l < fit->layers; l++)
        loss += fit->loss[l][letter_index(code->text[l])];
    for (uint32_t l = 0; types != NULL && l < fit->layers; l++)
        loss += fit->type_loss[l][type_index(types[l])];
    return value_of(fit, fit->theta[0], loss);
}

static enum status layers_sample(const void *pointer, struct rng *rng, void **out,
                                 struct error *error)
{
    const struct layers_fit *fit = pointer;
    struct layers_fit *sample;
    *out = NULL;
    enum status status = new_fit(fit->layers, fit->types, &sample, error);
    if (status != STATUS_OK)
        return status;
    memcpy(sample->full, fit->full, sizeof sample->full);
    sample->maximise = fit->maximise;
    sample->floor = fit->floor;
    memcpy(sample->neurons, fit->neurons, fit->layers * sizeof *fit->neurons);
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
