/* support/real_search: see the header. */
#include "real_search.h"

#include "base/memory.h"
#include "search/hypervolume.h"
#include "search/method.h"

#include <math.h>
#include <string.h>

#define POPULATION REAL_POPULATION
#define CROSSOVER_ETA 15
#define MUTATION_ETA 20
#define CHANCE .9 /* that a pair is crossed, that a child is mutated */
#define TRIES 100 /* pairs without a new child before the generation is taken as it is */

struct population {
    const struct real_problem *problem;
    struct rng rng;
    struct real_point all[2 * POPULATION]; /* parents, then children */
    size_t count, evaluations;
};

/* ---- variation ---- */

/* How far children lie from the parents' middle, in units of half their distance: beta says where
 * the bound is in the same units. */
static double spread(double beta, double u)
{
    double alpha = 2 - pow(beta, -(CROSSOVER_ETA + 1)), power = 1.0 / (CROSSOVER_ETA + 1);
    return u <= 1 / alpha ? pow(u * alpha, power) : pow(1 / (2 - u * alpha), power);
}

static double within(struct real_bound bound, double x)
{
    return fmin(fmax(x, bound.low), bound.high);
}

static void cross(struct rng *rng, const struct real_problem *problem, double *a, double *b)
{
    if (rng_uniform(rng) >= CHANCE)
        return;
    for (size_t k = 0; k < problem->variables; k++) {
        struct real_bound bound = real_problem_bound(problem, k);
        double low = fmin(a[k], b[k]), high = fmax(a[k], b[k]);
        if (rng_uniform(rng) >= .5 || high - low <= 1e-14)
            continue;
        double u = rng_uniform(rng), middle = .5 * (low + high), half = .5 * (high - low);
        double first = middle - half * spread(1 + (low - bound.low) / half, u);
        double second = middle + half * spread(1 + (bound.high - high) / half, u);
        bool swap = rng_uniform(rng) < .5;
        a[k] = within(bound, swap ? second : first);
        b[k] = within(bound, swap ? first : second);
    }
}

static void mutate(struct rng *rng, const struct real_problem *problem, double *x)
{
    double chance = fmin(.5, 1.0 / (double)problem->variables);
    if (rng_uniform(rng) >= CHANCE)
        return;
    for (size_t k = 0; k < problem->variables; k++) {
        if (rng_uniform(rng) >= chance)
            continue;
        struct real_bound bound = real_problem_bound(problem, k);
        double range = bound.high - bound.low, at = (x[k] - bound.low) / range;
        double u = rng_uniform(rng), step, power = 1.0 / (MUTATION_ETA + 1);
        if (u < .5)
            step = pow(2 * u + (1 - 2 * u) * pow(1 - at, MUTATION_ETA + 1), power) - 1;
        else
            step = 1 - pow(2 * (1 - u) + (2 * u - 1) * pow(at, MUTATION_ETA + 1), power);
        x[k] = within(bound, x[k] + step * range);
    }
}

/* ---- generations ---- */

static bool is_new(const struct population *p, const double *x)
{
    for (size_t i = 0; i < p->count; i++) {
        size_t k = 0;
        while (k < p->problem->variables && p->all[i].x[k] == x[k])
            k++;
        if (k == p->problem->variables)
            return false;
    }
    return true;
}

static bool add(struct population *p, const double *x)
{
    struct real_point point = {.violation = 0};
    if (p->count == 2 * POPULATION || !is_new(p, x))
        return false;
    memcpy(point.x, x, sizeof point.x);
    p->problem->evaluate(&point);
    p->evaluations++;
    p->all[p->count++] = point;
    return true;
}

static void draw_first(struct population *p)
{
    while (p->count < POPULATION) {
        double x[REAL_VARIABLES] = {0};
        for (size_t k = 0; k < p->problem->variables; k++) {
            struct real_bound bound = real_problem_bound(p->problem, k);
            x[k] = bound.low + (bound.high - bound.low) * rng_uniform(&p->rng);
        }
        add(p, x);
    }
}

static void gather(const struct population *p, double *points, double *violation)
{
    size_t m = p->problem->objectives;
    for (size_t i = 0; i < p->count; i++) {
        memcpy(points + i * m, p->all[i].f, m * sizeof *points);
        violation[i] = p->all[i].violation;
    }
}

static enum status breed(struct population *p, struct error *error)
{
    double points[POPULATION * REAL_OBJECTIVES], violation[POPULATION];
    struct nsga2_standing standing[POPULATION];
    gather(p, points, violation);
    enum status status =
        nsga2_stand(points, violation, POPULATION, p->problem->objectives, standing, error);
    unsigned misses = 0;
    while (status == STATUS_OK && p->count < 2 * POPULATION && misses < TRIES) {
        struct real_point a = p->all[nsga2_tournament(&p->rng, standing, POPULATION)];
        struct real_point b = p->all[nsga2_tournament(&p->rng, standing, POPULATION)];
        cross(&p->rng, p->problem, a.x, b.x);
        mutate(&p->rng, p->problem, a.x);
        mutate(&p->rng, p->problem, b.x);
        bool first = add(p, a.x), second = add(p, b.x);
        misses = first || second ? 0 : misses + 1;
    }
    return status;
}

static enum status survive(struct population *p, struct error *error)
{
    double points[2 * POPULATION * REAL_OBJECTIVES], violation[2 * POPULATION];
    uint32_t kept[POPULATION];
    gather(p, points, violation);
    enum status status =
        nsga2_survive(points, violation, p->count, p->problem->objectives, POPULATION, kept, error);
    for (size_t i = 0; status == STATUS_OK && i < POPULATION; i++) /* kept[i] >= i: ascending */
        p->all[i] = p->all[kept[i]];
    p->count = POPULATION;
    return status;
}

static enum status measure(const struct population *p, struct real_outcome *outcome,
                           struct error *error)
{
    size_t m = p->problem->objectives, n = 0;
    double points[POPULATION * REAL_OBJECTIVES];
    for (size_t i = 0; i < POPULATION; i++)
        if (p->all[i].violation == 0)
            memcpy(points + m * n++, p->all[i].f, m * sizeof *points);
    outcome->infeasible = POPULATION - n;
    outcome->evaluations = p->evaluations;
    return hypervolume(points, n, m, p->problem->reference, &outcome->volume, error);
}

enum status real_search(const struct real_problem *problem, uint64_t seed,
                        struct real_outcome *outcome, struct error *error)
{
    struct population *p = memory_new(1, sizeof *p, error);
    if (p == NULL)
        return STATUS_MEMORY;
    enum status status = STATUS_OK;
    p->problem = problem;
    rng_init(&p->rng, seed, problem->name, 0);
    draw_first(p);
    for (unsigned g = 1; status == STATUS_OK && g < problem->generations; g++) {
        status = breed(p, error);
        if (status == STATUS_OK)
            status = survive(p, error);
    }
    if (status == STATUS_OK)
        status = measure(p, outcome, error);
    memory_free(p);
    return status;
}
