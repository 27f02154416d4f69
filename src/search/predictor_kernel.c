/* Kernel machines: ridge regression (Hoerl, Kennard 1970) and a Gaussian process with a linear and
 * a radial part (Rasmussen, Williams 2006, chapters 2 and 5), both solved in the networks, not in
 * the features: alpha = (s K + N)^-1 (y - mean), by Cholesky. N holds the known variance of each
 * value and an unknown one. Scale s, noise and length are those of the largest marginal likelihood
 * on a grid.
 *
 * Features of a layer: the missing part of the MLP and its square, missing attention, a dropped
 * layer, how coarse its weight type is, each times the root of the layer's relative influence, and
 * the first two of what its neurons' importance adds (predictor_neurons.c); and their sums over all
 * layers, by which layers tell of each other. The linear kernel is a sum over layers of a table's
 * entries; the radial one looks at the distance, which is such a sum, too. */
#include "predictor_private.h"

#include "base/memory.h"
#include "num/linalg.h"

#include <math.h>
#include <string.h>

#define ROWS_LEAST 150   /* networks looked at: at least these first */
#define CELLS_MOST 15000 /* and so many that networks times layers stay below */
#define FEATURES 5       /* of a layer */
#define MLP_FEATURES 2   /* the first ones */
#define TYPE_FEATURE 4   /* the last one: not by the layer's character */
#define COARSE 4.0
#define LEVEL 1.0         /* of the constant feature: the full model is not at the mean */
#define SHARED_WEIGHT 0.5 /* of the sums beside the layers' own features */

static const double scales[] = {.1, .3, 1, 3, 10};
static const double noises[] = {1e-3, 1e-2, .1, .5};
static const double lengths[] = {.7, 1.5, 3}; /* in mean distances */

struct features {
    double layer[FEATURES];
};

struct kernel_fit {
    bool radial;
    uint32_t layers;
    size_t n;
    uint8_t *letter;                     /* [n][layers] positions of a network's characters */
    uint8_t *type;                       /* [n][layers] and of its weight types */
    double (*coarse)[TYPE_LETTERS + 1];  /* [layers] feature of each type, weighted */
    struct features (*feature)[LETTERS]; /* [layers] of each character, weighted */
    float (*product)[LETTERS][LETTERS];  /* [layers] of two characters' features */
    float (*distance)[LETTERS][LETTERS]; /* [layers] squared, of the same */
    double *sum;                         /* [n][FEATURES] over a network's layers */
    double linear_unit;                  /* mean of the linear kernel's diagonal */
    double distance_unit;                /* mean squared distance */
    double scale, noise, length;         /* settings; scale and noise in variances of y */
    double mean, spread;                 /* of y */
    double *factor;                      /* [n][n] Cholesky's of s K + N */
    double *alpha;                       /* [n] */
    double *y, *variance;                /* [n] standardised */
    double *weight;                      /* [layers][LETTERS] ridge: alpha through the features */
    double level;                        /* ridge: that of the full model, from the mean */
    double *type_weight;                 /* [layers] the same, by how coarse a type is */
    bool typed;                          /* the space has genes for weight types */
    bool borrowed;                       /* a sample: all but alpha and weight are another's */
};

static void kernel_release(void *pointer)
{
    struct kernel_fit *fit = pointer;
    if (fit == NULL)
        return;
    memory_free(fit->alpha);
    memory_free(fit->weight);
    memory_free(fit->type_weight);
    if (!fit->borrowed) {
        memory_free(fit->letter);
        memory_free(fit->type);
        memory_free(fit->coarse);
        memory_free(fit->feature);
        memory_free(fit->product);
        memory_free(fit->distance);
        memory_free(fit->sum);
        memory_free(fit->factor);
        memory_free(fit->y);
    }
    memory_free(fit);
}

/* ---- features ---- */

static struct features features_of(char full, char c)
{
    struct missing missing = missing_of(full, c);
    double part = missing.mlp / 8.0;
    return (struct features){{part, part * part, missing.attention, c == '.' && full != '.', 0}};
}

static void set_features(struct kernel_fit *fit, const struct space *space)
{
    double neurons[ARCH_MAX_LAYERS][9];
    struct arch_code full;
    double mean = 0;
    arch_code_full(space->shape, &full);
    predictor_neurons(space, neurons);
    for (uint32_t l = 0; l < fit->layers; l++)
        mean += space_influence(space, l) / fit->layers;
    for (uint32_t l = 0; l < fit->layers; l++) {
        double weight = sqrt(space_influence(space, l) / mean);
        for (unsigned i = 0; i <= TYPE_LETTERS; i++)
            fit->coarse[l][i] = COARSE * weight * type_coarseness(i);
        for (unsigned i = 0; i < LETTERS; i++) {
            double *feature = fit->feature[l][i].layer;
            double mlp = exp(.5 * neurons[l][missing_of(full.text[l], letter_at(i)).mlp]);
            fit->feature[l][i] = features_of(full.text[l], letter_at(i));
            for (int f = 0; f < FEATURES; f++)
                feature[f] *= f < MLP_FEATURES ? weight * mlp : weight;
        }
        for (unsigned i = 0; i < LETTERS; i++)
            for (unsigned k = 0; k < LETTERS; k++) {
                const double *a = fit->feature[l][i].layer, *b = fit->feature[l][k].layer;
                double product = 0, distance = 0;
                for (int f = 0; f < FEATURES; f++) {
                    product += a[f] * b[f];
                    distance += (a[f] - b[f]) * (a[f] - b[f]);
                }
                fit->product[l][i][k] = (float)product;
                fit->distance[l][i][k] = (float)distance;
            }
    }
}

/* Of network i: its characters, and their features' sums. */
static void read_network(struct kernel_fit *fit, size_t i, const struct arch_code *code)
{
    const char *types = types_of(code, fit->layers);
    for (uint32_t l = 0; l < fit->layers; l++) {
        unsigned letter = letter_index(code->text[l]);
        unsigned type = types != NULL ? type_index(types[l]) : TYPE_LETTERS;
        fit->letter[i * fit->layers + l] = (uint8_t)letter;
        fit->type[i * fit->layers + l] = (uint8_t)type;
        fit->sum[i * FEATURES + TYPE_FEATURE] += fit->coarse[l][type];
        for (size_t f = 0; f < FEATURES; f++)
            fit->sum[i * FEATURES + f] += fit->feature[l][letter].layer[f];
    }
}

static double shared_product(const double *a, const double *b, uint32_t layers)
{
    double sum = 0;
    for (int f = 0; f < FEATURES; f++)
        sum += a[f] * b[f];
    return SHARED_WEIGHT * sum / layers;
}

struct pair { /* of two networks */
    double product, distance;
};

static struct pair pair_of(const struct kernel_fit *fit, size_t i, size_t k)
{
    const uint8_t *a = fit->letter + i * fit->layers, *b = fit->letter + k * fit->layers;
    struct pair pair = {
        shared_product(fit->sum + i * FEATURES, fit->sum + k * FEATURES, fit->layers), 0};
    const uint8_t *s = fit->type + i * fit->layers, *t = fit->type + k * fit->layers;
    for (uint32_t l = 0; l < fit->layers; l++) {
        double x = fit->coarse[l][s[l]], y = fit->coarse[l][t[l]];
        pair.product += (double)fit->product[l][a[l]][b[l]] + x * y;
        pair.distance += (double)fit->distance[l][a[l]][b[l]] + (x - y) * (x - y);
    }
    return pair;
}

static double radial(const struct kernel_fit *fit, double distance)
{
    return exp(-distance / (2 * fit->length * fit->length * fit->distance_unit));
}

/* ---- fitting ---- */

struct pairs { /* [n][n] */
    double *linear, *distance;
};

static enum status new_kernel(const struct predictor_data *data, bool radial_too, size_t n,
                              struct kernel_fit **out, struct error *error)
{
    uint32_t layers = data->space->shape->layers;
    struct kernel_fit *fit = memory_new(1, sizeof *fit, error);
    *out = fit;
    if (fit == NULL)
        return STATUS_MEMORY;
    fit->radial = radial_too;
    fit->typed = data->space->type_genes > 0;
    fit->layers = layers;
    fit->n = n;
    fit->letter = memory_new(n * layers, sizeof *fit->letter, error);
    fit->type = memory_new(n * layers, sizeof *fit->type, error);
    fit->coarse = memory_new(layers, sizeof *fit->coarse, error);
    fit->feature = memory_new(layers, sizeof *fit->feature, error);
    fit->product = memory_new(layers, sizeof *fit->product, error);
    fit->distance = memory_new(layers, sizeof *fit->distance, error);
    fit->sum = memory_new(n, FEATURES * sizeof *fit->sum, error);
    fit->factor = memory_new(n * n, sizeof *fit->factor, error);
    fit->alpha = memory_new(n, sizeof *fit->alpha, error);
    fit->y = memory_new(2 * n, sizeof *fit->y, error);
    fit->weight = memory_new((size_t)layers * LETTERS, sizeof *fit->weight, error);
    fit->type_weight = memory_new(layers, sizeof *fit->type_weight, error);
    if (fit->type == NULL || fit->coarse == NULL || fit->type_weight == NULL ||
        fit->letter == NULL || fit->feature == NULL || fit->product == NULL ||
        fit->distance == NULL || fit->sum == NULL || fit->factor == NULL || fit->alpha == NULL ||
        fit->y == NULL || fit->weight == NULL)
        return STATUS_MEMORY;
    fit->variance = fit->y + n;
    return STATUS_OK;
}

/* False when all values are equal. */
static bool standardise(struct kernel_fit *fit, const struct predictor_data *data)
{
    double square = 0;
    for (size_t i = 0; i < fit->n; i++)
        fit->mean += data->value[i] / (double)fit->n;
    for (size_t i = 0; i < fit->n; i++)
        square += (data->value[i] - fit->mean) * (data->value[i] - fit->mean) / (double)fit->n;
    fit->spread = sqrt(square);
    bool differ = square > 1e-20 * (fit->mean * fit->mean + 1e-300);
    for (size_t i = 0; i < fit->n && differ; i++) {
        fit->y[i] = (data->value[i] - fit->mean) / fit->spread;
        fit->variance[i] = data->variance[i] / square;
    }
    return differ;
}

static void compare_all(struct kernel_fit *fit, struct pairs *pairs)
{
    size_t n = fit->n;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++) {
            struct pair pair = pair_of(fit, i, k);
            pairs->linear[i * n + k] = pair.product;
            pairs->distance[i * n + k] = pair.distance;
            fit->distance_unit += pair.distance / (double)(n * n) * (i == k ? 1 : 2);
        }
    for (size_t i = 0; i < n; i++)
        fit->linear_unit += pairs->linear[i * n + i] / (double)n;
    fit->linear_unit = fit->linear_unit > 0 ? fit->linear_unit : 1;
    fit->distance_unit = fit->distance_unit > 0 ? fit->distance_unit : 1;
}

/* alpha for the settings; *likelihood: log marginal, constants apart. */
static enum status solve(struct kernel_fit *fit, const struct pairs *pairs, double *likelihood,
                         struct error *error)
{
    size_t n = fit->n;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k <= i; k++) {
            double value = pairs->linear[i * n + k] / fit->linear_unit + LEVEL;
            if (fit->radial)
                value = .5 * value + .5 * radial(fit, pairs->distance[i * n + k]);
            fit->factor[i * n + k] = fit->scale * value;
        }
        fit->factor[i * n + i] += fit->variance[i] + fit->noise;
    }
    enum status status = linalg_cholesky(fit->factor, n, error);
    if (status != STATUS_OK)
        return status;
    memcpy(fit->alpha, fit->y, n * sizeof *fit->alpha);
    linalg_solve(fit->factor, n, fit->alpha);
    *likelihood =
        -.5 * linalg_dot(fit->y, fit->alpha, n) - .5 * linalg_log_determinant(fit->factor, n);
    return STATUS_OK;
}

static enum status find_settings(struct kernel_fit *fit, const struct pairs *pairs,
                                 struct error *error)
{
    double best = -INFINITY, found[3] = {1, .1, 1}, likelihood;
    size_t length_count = fit->radial ? sizeof lengths / sizeof *lengths : 1;
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
        for (size_t v = 0; v < sizeof noises / sizeof *noises; v++)
            for (size_t l = 0; l < length_count; l++) {
                fit->scale = scales[s];
                fit->noise = noises[v];
                fit->length = lengths[l];
                if (solve(fit, pairs, &likelihood, NULL) != STATUS_OK || !(likelihood > best))
                    continue;
                best = likelihood;
                found[0] = fit->scale;
                found[1] = fit->noise;
                found[2] = fit->length;
            }
    fit->scale = found[0];
    fit->noise = found[1];
    fit->length = found[2];
    return solve(fit, pairs, &likelihood, error);
}

/* Ridge: a linear kernel's sum over networks is one over the layers' characters. */
static void collapse(struct kernel_fit *fit)
{
    double shared[FEATURES] = {0};
    fit->level = 0;
    for (size_t i = 0; i < fit->n; i++)
        fit->level += LEVEL * fit->scale * fit->alpha[i];
    for (size_t i = 0; i < fit->n; i++)
        for (int f = 0; f < FEATURES; f++)
            shared[f] += fit->alpha[i] * fit->sum[i * FEATURES + (size_t)f];
    for (uint32_t l = 0; l < fit->layers; l++)
        for (unsigned c = 0; c < LETTERS; c++) {
            double sum = shared_product(fit->feature[l][c].layer, shared, fit->layers);
            for (size_t i = 0; i < fit->n; i++)
                sum += fit->alpha[i] * (double)fit->product[l][c][fit->letter[i * fit->layers + l]];
            fit->weight[l * LETTERS + c] = sum * fit->scale / fit->linear_unit;
        }
    for (uint32_t l = 0; l < fit->layers; l++) {
        double sum = SHARED_WEIGHT * shared[TYPE_FEATURE] / fit->layers;
        for (size_t i = 0; i < fit->n; i++)
            sum += fit->alpha[i] * fit->coarse[l][fit->type[i * fit->layers + l]];
        fit->type_weight[l] = sum * fit->scale / fit->linear_unit;
    }
}

static enum status fit_networks(struct kernel_fit *fit, const struct predictor_data *data,
                                const struct kernel_fit *like, struct error *error)
{
    double likelihood;
    struct pairs pairs = {memory_new(fit->n * fit->n, sizeof *pairs.linear, error),
                          memory_new(fit->n * fit->n, sizeof *pairs.distance, error)};
    enum status status = pairs.linear != NULL && pairs.distance != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        set_features(fit, data->space);
        for (size_t i = 0; i < fit->n; i++)
            read_network(fit, i, data->code[i]);
        compare_all(fit, &pairs);
        if (like != NULL) {
            fit->scale = like->scale;
            fit->noise = like->noise;
            fit->length = like->length;
            status = solve(fit, &pairs, &likelihood, error);
        } else {
            status = find_settings(fit, &pairs, error);
        }
    }
    if (status == STATUS_OK)
        collapse(fit);
    memory_free(pairs.linear);
    memory_free(pairs.distance);
    return status;
}

static enum status kernel_fit(const struct predictor_data *data, bool radial_too, const void *like,
                              void **out, struct error *error)
{
    struct kernel_fit *fit = NULL;
    size_t room = CELLS_MOST / data->space->shape->layers;
    room = room > ROWS_LEAST ? room : ROWS_LEAST;
    enum status status = new_kernel(data, radial_too, data->n < room ? data->n : room, &fit, error);
    if (status == STATUS_OK && !standardise(fit, data))
        status = error_set(error, STATUS_FAILED, "all values are equal");
    if (status == STATUS_OK)
        status = fit_networks(fit, data, like, error);
    if (status != STATUS_OK) {
        kernel_release(fit);
        fit = NULL;
    }
    *out = fit;
    return status;
}

static enum status ridge_fit(const struct predictor_data *data, const void *like, void **fit,
                             struct error *error)
{
    return kernel_fit(data, false, like, fit, error);
}

static enum status process_fit(const struct predictor_data *data, const void *like, void **fit,
                               struct error *error)
{
    return kernel_fit(data, true, like, fit, error);
}

/* ---- predicting ---- */

/* Squared, between network i's weight types and others. */
static float type_distance(const struct kernel_fit *fit, size_t i, const char *types)
{
    double distance = 0;
    for (uint32_t l = 0; l < fit->layers; l++) {
        unsigned type = types != NULL ? type_index(types[l]) : TYPE_LETTERS;
        double off = fit->coarse[l][type] - fit->coarse[l][fit->type[i * fit->layers + l]];
        distance += off * off;
    }
    return (float)distance;
}

static double kernel_mean(const void *pointer, const struct arch_code *code)
{
    const struct kernel_fit *fit = pointer;
    const char *types = types_of(code, fit->layers);
    double linear = fit->level, near = 0;
    for (uint32_t l = 0; l < fit->layers; l++)
        linear += fit->weight[l * LETTERS + letter_index(code->text[l])];
    for (uint32_t l = 0; types != NULL && l < fit->layers; l++)
        linear += fit->type_weight[l] * fit->coarse[l][type_index(types[l])];
    if (!fit->radial)
        return fit->mean + fit->spread * linear;
    const float *row[ARCH_MAX_LAYERS];
    for (uint32_t l = 0; l < fit->layers; l++)
        row[l] = fit->distance[l][letter_index(code->text[l])];
    for (size_t i = 0; i < fit->n; i++) {
        float distance = 0;
        for (uint32_t l = 0; l < fit->layers; l++)
            distance += row[l][fit->letter[i * fit->layers + l]];
        if (fit->typed)
            distance += type_distance(fit, i, types);
        near += fit->alpha[i] * radial(fit, (double)distance);
    }
    return fit->mean + fit->spread * (.5 * linear + .5 * fit->scale * near);
}

/* A parametric bootstrap: the values drawn again with their noise. */
static enum status kernel_sample(const void *pointer, struct rng *rng, void **out,
                                 struct error *error)
{
    const struct kernel_fit *fit = pointer;
    struct kernel_fit *sample = memory_new(1, sizeof *sample, error);
    *out = NULL;
    if (sample == NULL)
        return STATUS_MEMORY;
    *sample = *fit;
    sample->borrowed = true;
    sample->alpha = memory_new(fit->n, sizeof *sample->alpha, error);
    sample->weight = memory_new((size_t)fit->layers * LETTERS, sizeof *sample->weight, error);
    sample->type_weight = memory_new(fit->layers, sizeof *sample->type_weight, error);
    if (sample->alpha == NULL || sample->weight == NULL || sample->type_weight == NULL) {
        kernel_release(sample);
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < fit->n; i++)
        sample->alpha[i] = fit->y[i] + rng_normal(rng) * sqrt(fit->variance[i] + fit->noise);
    linalg_solve(fit->factor, fit->n, sample->alpha);
    collapse(sample);
    *out = sample;
    return STATUS_OK;
}

const struct predictor_model predictor_ridge = {"ridge", ridge_fit, kernel_mean, kernel_sample,
                                                kernel_release};
const struct predictor_model predictor_process = {"process", process_fit, kernel_mean,
                                                  kernel_sample, kernel_release};
