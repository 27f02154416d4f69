/* Predictors: what a network's objective will be, learnt from those that were evaluated. A table of
 * models; which one fits a run is found by cross-validation, on how well it ranks (Kendall's tau),
 * since a search needs the order more than the value (LINAS, Cummings et al., arXiv 2205.10358).
 *
 * Every model starts from what is known before anything is evaluated: the layers' block influence
 * and how the importance of each one's neurons falls (of the space; all alike when not measured),
 * and how a cut's severity grows with its depth. So the first rounds already predict. */
#ifndef SEARCH_PREDICTOR_H
#define SEARCH_PREDICTOR_H

#include "search/space.h"

struct predictor_data {
    const struct space *space;           /* shape, influence, beyond; needed while fitting only */
    const struct arch_code *const *code; /* [n], the most telling first: a model may look at the
                                            first ones only */
    const double *value;                 /* [n] finite */
    const double *variance;              /* [n] of the value's sampling; 0: not known */
    size_t n;                            /* at least 1 */
    bool maximise;
    double floor; /* which the value nears when all is cut: an accuracy's chance; 0 */
};

struct predictor;

/* Fits the model of that name; NULL: the best one. STATUS_FAILED: the data determine none (all
 * values equal do). Deterministic. */
enum status predictor_fit(const struct predictor_data *data, const char *name,
                          struct predictor **predictor, struct error *error);
double predictor_mean(const struct predictor *predictor, const struct arch_code *code);
/* A predictor drawn from those that the data leave possible, for exploration (Thompson 1933). */
enum status predictor_sample(const struct predictor *predictor, struct rng *rng,
                             struct predictor **sample, struct error *error);
const char *predictor_name(const struct predictor *predictor);
/* Kendall's tau in cross-validation; NaN: too few networks for one. */
double predictor_correlation(const struct predictor *predictor);
/* How far the values are from predicted ones in cross-validation, root mean square (the sampling's
 * noise is in it); NaN: too few networks for one. */
double predictor_error(const struct predictor *predictor);
void predictor_free(struct predictor *predictor);

#endif
