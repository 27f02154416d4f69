/* acc_est: see the header for the formulas. */
#include "search/estimate.h"

#include <math.h>
#include <string.h>

/* Below this share of the regressor's own square its spread is rounding. */
#define CONSTANT 1e-12

/* The variance of a share of 0 or 1 is not 0, as it is reported to be: there that of a share with
 * two right and two wrong answers more (Agresti and Coull 1998) is the least. */
static double sampling_variance(const struct row *row)
{
    double acc = row->value[OBJECTIVE_ACC], n = row->n;
    double share = (acc * n + 2) / (n + 4), least = row->n > 0 ? share * (1 - share) / (n + 4) : 0;
    double reported = row->standard_error * row->standard_error;
    return reported > least ? reported : least; /* NaN: the least */
}

struct observation { /* what one row says about the line */
    double x, y;
    double variance; /* of y, as far as residuals show it */
};

/* False when the row says nothing. */
static bool observe(const struct row *row, struct observation *seen)
{
    seen->x = 1 / (1 + row->value[OBJECTIVE_CHOICE_NLL]);
    seen->y = row->value[OBJECTIVE_ACC];
    seen->variance = ESTIMATE_SEEN_SHARE * sampling_variance(row);
    return isfinite(seen->x) && isfinite(seen->y) && seen->variance > 0 && isfinite(seen->variance);
}

static void fit(struct estimate *e)
{
    double freedom = (double)e->rows - 2;
    e->fitted = e->rows >= ESTIMATE_ROWS && e->xx > CONSTANT * e->weight * e->x * e->x && e->xy > 0;
    if (!e->fitted)
        return;
    e->slope = e->xy / e->xx;
    double left = e->yy - e->slope * e->xy;
    double beyond = (left - freedom) * (double)e->rows / (e->weight * freedom);
    e->model_variance = beyond > 0 ? beyond : 0;
}

void estimate_add(struct estimate *e, const struct row *row)
{
    struct observation seen;
    if (!observe(row, &seen))
        return;
    double weight = 1 / seen.variance, dx = seen.x - e->x, dy = seen.y - e->y;
    e->rows++;
    e->weight += weight;
    e->x += dx * weight / e->weight;
    e->y += dy * weight / e->weight;
    e->xx += weight * dx * (seen.x - e->x);
    e->xy += weight * dx * (seen.y - e->y);
    e->yy += weight * dy * (seen.y - e->y);
    fit(e);
}

/* The reverse of adding. */
static void take_out(struct estimate *e, const struct row *row)
{
    struct observation seen;
    if (!observe(row, &seen))
        return;
    double weight = 1 / seen.variance, left = e->weight - weight;
    if (e->rows == 1 || left <= CONSTANT * e->weight) { /* what is left would be rounding */
        *e = (struct estimate){0};
        return;
    }
    double x = e->x - (seen.x - e->x) * weight / left, y = e->y - (seen.y - e->y) * weight / left;
    e->xx = fmax(e->xx - weight * (seen.x - x) * (seen.x - e->x), 0);
    e->xy -= weight * (seen.x - x) * (seen.y - e->y);
    e->yy = fmax(e->yy - weight * (seen.y - y) * (seen.y - e->y), 0);
    e->x = x;
    e->y = y;
    e->weight = left;
    e->rows--;
    fit(e);
}

void estimate_follow(struct estimate *estimate, const struct archive *archive, size_t index)
{
    size_t replaced = archive_replaced(archive, index);
    if (archive_superseded(archive, index, index + 1))
        return;
    if (replaced != SIZE_MAX)
        take_out(estimate, archive_row(archive, replaced));
    estimate_add(estimate, archive_row(archive, index));
}

struct estimate estimate_of_rows(const struct archive *archive, size_t rows)
{
    struct estimate estimate = {0};
    for (size_t i = 0; i < rows; i++)
        estimate_follow(&estimate, archive, i);
    return estimate;
}

struct combined {
    double value, own_variance;
};

/* False where there is only the plain accuracy. */
static bool combine(const struct row *row, const struct estimate *e, struct combined *combined)
{
    struct observation seen;
    if (e == NULL || !e->fitted || !observe(row, &seen))
        return false;
    double dx = seen.x - e->x, line = e->y + e->slope * dx;
    double p = line < 0 ? 0 : line > 1 ? 1 : line;
    double error = e->model_variance + 1 / e->weight + dx * dx / e->xx;
    double share = error / (error + seen.variance);
    double unseen = (ESTIMATE_OWN_SHARE - ESTIMATE_SEEN_SHARE) * sampling_variance(row);
    *combined = (struct combined){p + share * (seen.y - p), share * seen.variance + unseen};
    return true;
}

/* Of acc or acc_est, without the questions' share; NaN of others, and without a standard error. */
static double own_variance(const struct row *row, enum objective objective,
                           const struct estimate *estimate)
{
    struct combined combined;
    if (objective == OBJECTIVE_ACC_EST && combine(row, estimate, &combined))
        return combined.own_variance;
    return objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_EST
               ? ESTIMATE_OWN_SHARE * row->standard_error * row->standard_error
               : NAN;
}

static double questions_variance(const struct row *row)
{
    return (1 - ESTIMATE_OWN_SHARE) * sampling_variance(row);
}

double row_value(const struct row *row, enum objective objective, const struct estimate *estimate)
{
    struct combined combined;
    if (objective != OBJECTIVE_ACC_EST)
        return row->value[objective];
    return combine(row, estimate, &combined) ? combined.value : row->value[OBJECTIVE_ACC];
}

void row_values(const struct row *row, const struct estimate *estimate, double value[OBJECTIVES])
{
    memcpy(value, row->value, sizeof row->value);
    value[OBJECTIVE_ACC_EST] = row_value(row, OBJECTIVE_ACC_EST, estimate);
}

bool row_costs(const struct row *row, const struct estimate *estimate,
               const enum objective *objectives, size_t m, double *cost)
{
    bool finite = true;
    for (size_t k = 0; k < m; k++) {
        cost[k] = objective_cost(objectives[k], row_value(row, objectives[k], estimate));
        finite = finite && isfinite(cost[k]);
    }
    return finite;
}

double row_error(const struct row *row, enum objective objective, const struct estimate *estimate)
{
    struct combined combined;
    if (objective == OBJECTIVE_ACC_EST && combine(row, estimate, &combined))
        return sqrt(combined.own_variance + questions_variance(row));
    return objective == OBJECTIVE_ACC || objective == OBJECTIVE_ACC_EST ? row->standard_error : NAN;
}

double row_own_error(const struct row *row, enum objective objective,
                     const struct estimate *estimate)
{
    return sqrt(own_variance(row, objective, estimate));
}

double row_difference_error(const struct row *a, const struct row *b, enum objective objective,
                            const struct estimate *estimate)
{
    double variance = own_variance(a, objective, estimate) + own_variance(b, objective, estimate);
    if (a->n != b->n) /* the fewer are the first of the more */
        variance += fabs(questions_variance(a) - questions_variance(b));
    return variance > 0 ? sqrt(variance) : 0; /* NaN: none */
}

double row_pin_violation(const struct row *row, const struct pin *pin,
                         const struct estimate *estimate)
{
    double value[OBJECTIVES];
    value[pin->objective] = row_value(row, pin->objective, estimate);
    return pin_violation(pin, value);
}

double row_violation(const struct row *row, const struct pins *pins,
                     const struct estimate *estimate)
{
    double value[OBJECTIVES];
    for (size_t i = 0; i < pins->count; i++) /* of the others nothing is asked */
        value[pins->pin[i].objective] = row_value(row, pins->pin[i].objective, estimate);
    return pins_violation(pins, value, false);
}
