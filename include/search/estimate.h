/* acc_est: a network's accuracy, estimated from its own answers and from its choice_nll, which is
 * smoother than the count of right answers. Derived from the rows told so far, in id order, so it is
 * no part of a row: an estimate is a small plain value, copied into contexts and snapshots, and a
 * row's acc_est is a pure function of the two.
 *
 * A line is fitted, acc = a + b x with x = 1 / (1 + choice_nll). Of the forms tried on sub-networks of
 * the default model it has, with the logarithm, the least residuals (standard deviation .0205;
 * choice_nll itself .0209, exp(-choice_nll) .0224), and it is bounded where a network is broken.
 *
 * Networks answer the same questions. Of the sampling variance s^2 of an accuracy
 * (row.standard_error squared) one part is the questions', harder or easier for all networks alike:
 * the line goes up or down with it, and it cancels between networks. Of the rest, the network's own
 * share ESTIMATE_OWN_SHARE, choice_nll has a part, being of the same answers: the line follows it
 * and no residual shows it. What shows is v = ESTIMATE_SEEN_SHARE s^2. Least squares are weighted
 * with 1/v. What the residuals have beyond v is the line's own error: t^2 = (Q - (N - 2)) /
 * (W (N - 2) / N), not below 0, with Q the weighted sum of squared residuals, W the sum of weights,
 * N the rows (the method of moments of DerSimonian and Laird 1986, for one regressor). Prediction p
 * and acc are then combined by their errors (empirical Bayes; with noise that the two share, the
 * best linear combination comes out the same):
 *     acc_est = p + k (acc - p),   k = u / (u + v),   u = t^2 + the variance of the fit at x
 * The variance of its difference from the network's accuracy is, but for the questions' part,
 * k v + (ESTIMATE_OWN_SHARE - ESTIMATE_SEEN_SHARE) s^2; with it, k v + s^2 - v. */
#ifndef SEARCH_ESTIMATE_H
#define SEARCH_ESTIMATE_H

#include "search/pins.h"
#include "search/row.h"

#define ESTIMATE_ROWS 8 /* with fewer there is no line: acc_est is acc */
/* Measured by tests/bench/estimate on 42 sub-networks of the default model, ARC-Easy dev. */
#define ESTIMATE_OWN_SHARE 0.49
#define ESTIMATE_SEEN_SHARE 0.42

struct estimate {                 /* all zero: no rows yet */
    size_t rows;                  /* that have acc, its error and choice_nll */
    double weight, x, y;          /* sum of weights; weighted means of 1/(1+choice_nll), acc */
    double xx, xy, yy;            /* weighted sums of products of deviations from the means */
    bool fitted;                  /* the line is usable: enough rows, and it rises */
    double slope, model_variance; /* b, t^2 */
};

/* Takes one more row, of a network not seen before; constant time. */
void estimate_add(struct estimate *estimate, const struct row *row);
/* Takes the row `index` of an archive, the next after those taken: a row that it superseded is
 * taken out, one that does not count is left out, so that each network is counted once. In id
 * order, so that equal archives have equal estimates to the bit. */
void estimate_follow(struct estimate *estimate, const struct archive *archive, size_t index);
/* Of the first `rows` rows. */
struct estimate estimate_of_rows(const struct archive *archive, size_t rows);

/* Value of an objective as everything but the files should see it: acc_est by the estimate (NULL:
 * acc), else the row's own. */
double row_value(const struct row *row, enum objective objective, const struct estimate *estimate);
/* All of them, for pins. */
void row_values(const struct row *row, const struct estimate *estimate, double value[OBJECTIVES]);
/* cost[m], minimised; false when one is not finite. */
bool row_costs(const struct row *row, const struct estimate *estimate,
               const enum objective *objectives, size_t m, double *cost);
/* Standard error of acc or acc_est as estimates of the accuracy on new questions; NaN for what has
 * none. */
double row_error(const struct row *row, enum objective objective, const struct estimate *estimate);
/* The same without the questions' part: what is uncertain about the place of a network among those
 * that answered the same questions. */
double row_own_error(const struct row *row, enum objective objective,
                     const struct estimate *estimate);
/* Of the difference between two networks in one of these, 0 for other objectives. Smaller than the
 * root of the sum of squares: the questions' share cancels, as far as both answered the same number
 * of them. */
double row_difference_error(const struct row *a, const struct row *b, enum objective objective,
                            const struct estimate *estimate);
/* pin_violation and pins_violation (of all that is known) with acc_est among the values. */
double row_pin_violation(const struct row *row, const struct pin *pin,
                         const struct estimate *estimate);
double row_violation(const struct row *row, const struct pins *pins,
                     const struct estimate *estimate);

#endif
