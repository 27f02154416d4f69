/* The model `layers`: what its file and that of its learning share. */
#ifndef SEARCH_PREDICTOR_LAYERS_PRIVATE_H
#define SEARCH_PREDICTOR_LAYERS_PRIVATE_H

#include "predictor_private.h"

/* prior mean of an importance: a layer's share of a loss that leaves nothing, e^-2.5 = 8 % */
#define IMPORTANCE (-2.5)
#define PARAMETER_MOST 20.0

enum { SEVERITIES = 9 }; /* of 1..8 eighths missing, of no attention */

struct layers_fit {
    uint32_t layers;
    size_t p;
    bool maximise;
    double floor;
    char full[ARCH_MAX_LAYERS + 1];
    double *theta;           /* [p] amplitude; importances; attentions; severities; of types */
    double *prior;           /* [p] means */
    double *spread;          /* [p] standard deviations */
    double *relative;        /* [layers] prior means of importances, less their mean */
    double (*neurons)[9];    /* [layers] what cuts of its MLP add to the severities */
    double *factor;          /* [p][p] Cholesky's, of the precision at theta */
    double discrepancy;      /* variance that sampling does not explain */
    double (*loss)[LETTERS]; /* [layers] of each character, from theta */
    bool types;              /* weight types have severities, too */
    double (*type_loss)[TYPE_LETTERS + 1]; /* [layers] of each, from theta; the last one 0 */
};

/* Positions of parameters. */
static inline size_t importance_at(uint32_t layer)
{
    return 1 + layer;
}
static inline size_t attention_at(const struct layers_fit *fit, uint32_t layer)
{
    return 1 + fit->layers + layer;
}
static inline size_t severity_at(const struct layers_fit *fit, unsigned eighths)
{
    return 1 + 2 * (size_t)fit->layers + eighths - 1;
}
static inline size_t no_attention_at(const struct layers_fit *fit)
{
    return severity_at(fit, 8) + 1;
}

static inline size_t type_at(const struct layers_fit *fit, unsigned index)
{
    return no_attention_at(fit) + 1 + index;
}

static inline double clamp(double x, double most)
{
    return x > most ? most : x < -most ? -most : x;
}

/* The value, and what it changes with each parameter (gradient[p], may be NULL). */
double layers_predict(const struct layers_fit *fit, const double *theta,
                      const struct arch_code *code, double *gradient);
/* The most likely parameters from where fit stands, and their precision's factor; `again`: with the
 * priors of an earlier fit, which stay. */
enum status layers_learn(struct layers_fit *fit, const struct predictor_data *data, bool again,
                         struct error *error);

#endif
