/* The core of NSGA-II, nsga2_survive, inside a real-coded genetic algorithm (simulated binary
 * crossover, polynomial mutation: Deb 2001) on problems with known fronts. Thresholds are what 31
 * runs of an independent program reach; no set of points can exceed the supremum. */
#include "search/front.h"
#include "search/hypervolume.h"
#include "search/method.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POPULATION 100
#define MOST_VARIABLES 30
#define SEEDS 5

struct individual {
    double x[MOST_VARIABLES], f[2], violation, crowding;
    uint32_t rank;
};

struct problem {
    const char *name;
    size_t variables;
    double upper[MOST_VARIABLES]; /* from 0 */
    void (*evaluate)(struct individual *individual);
    int generations;
    double reference[2], threshold, supremum; /* of the hypervolume */
};

/* Binh and Korn 1997. */
static void bnh(struct individual *i)
{
    double x = i->x[0], y = i->x[1];
    i->f[0] = 4 * x * x + 4 * y * y;
    i->f[1] = (x - 5) * (x - 5) + (y - 5) * (y - 5);
    i->violation = fmax(0, (x - 5) * (x - 5) + y * y - 25) +
                   fmax(0, 7.7 - (x - 8) * (x - 8) - (y + 3) * (y + 3));
}

/* Constr-Ex of Deb's book, called CTP1 (Deb, Pratap, Meyarivan 2001). */
static void ctp1(struct individual *i)
{
    static const double a[] = {.8582656553, .7282343447}, b[] = {.5414751824, .2950390204};
    double q = 1 + i->x[1];
    i->f[0] = i->x[0];
    i->f[1] = q * exp(-i->x[0] / q);
    i->violation = 0;
    for (int j = 0; j < 2; j++)
        i->violation += fmax(0, a[j] * exp(-b[j] * i->f[0]) - i->f[1]);
}

/* Zitzler, Deb, Thiele 2000. */
static double zdt_tail(const struct individual *i)
{
    double sum = 0;
    for (int k = 1; k < 30; k++)
        sum += i->x[k];
    return 1 + 9 * sum / 29;
}

static void zdt1(struct individual *i)
{
    double g = zdt_tail(i);
    i->f[0] = i->x[0];
    i->f[1] = g * (1 - sqrt(i->x[0] / g));
}

static void zdt2(struct individual *i)
{
    double g = zdt_tail(i);
    i->f[0] = i->x[0];
    i->f[1] = g * (1 - (i->x[0] / g) * (i->x[0] / g));
}

static const struct problem problems[] = {
    {"BNH", 2, {5, 3}, bnh, 100, {140, 50}, 5245, 5285.333},
    {"CTP1", 2, {1, 1}, ctp1, 250, {1.1, 1.1}, .460, .463875},
    {"ZDT1", 30, {0}, zdt1, 250, {1.1, 1.1}, .868, .876667},
    {"ZDT2", 30, {0}, zdt2, 250, {1.1, 1.1}, .535, .543334},
};

/* ---- variation, bounds [0, upper] ---- */

static double spread(double beta, double u)
{
    double alpha = 2 - pow(beta, -16);
    return u <= 1 / alpha ? pow(u * alpha, 1.0 / 16) : pow(1 / (2 - u * alpha), 1.0 / 16);
}

/* Simulated binary crossover, eta 15, half of the variables. */
static void cross(struct rng *rng, const struct problem *p, double *a, double *b)
{
    if (rng_uniform(rng) >= .9)
        return;
    for (size_t k = 0; k < p->variables; k++) {
        double low = fmin(a[k], b[k]), high = fmax(a[k], b[k]);
        if (rng_uniform(rng) >= .5 || high - low < 1e-14)
            continue;
        double u = rng_uniform(rng), middle = .5 * (low + high), half = .5 * (high - low);
        double first = middle - half * spread(1 + low / half, u);
        double second = middle + half * spread(1 + (p->upper[k] - high) / half, u);
        bool swap = rng_uniform(rng) < .5;
        a[k] = fmin(fmax(swap ? second : first, 0), p->upper[k]);
        b[k] = fmin(fmax(swap ? first : second, 0), p->upper[k]);
    }
}

/* Polynomial mutation, eta 20. */
static void mutate(struct rng *rng, const struct problem *p, double *x)
{
    for (size_t k = 0; k < p->variables; k++) {
        if (rng_uniform(rng) >= 1.0 / (double)p->variables)
            continue;
        double at = x[k] / p->upper[k], u = rng_uniform(rng), step;
        if (u < .5)
            step = pow(2 * u + (1 - 2 * u) * pow(1 - at, 21), 1.0 / 21) - 1;
        else
            step = 1 - pow(2 * (1 - u) + (2 * u - 1) * pow(at, 21), 1.0 / 21);
        x[k] = fmin(fmax(x[k] + step * p->upper[k], 0), p->upper[k]);
    }
}

/* ---- the loop ---- */

static void stand(struct individual *population, size_t n)
{
    double points[POPULATION][2], violation[POPULATION], distance[POPULATION];
    uint32_t rank[POPULATION], index[POPULATION];
    for (size_t i = 0; i < n; i++) {
        memcpy(points[i], population[i].f, sizeof points[i]);
        violation[i] = population[i].violation;
    }
    assert_int_equal(nondominated_sort(points[0], violation, n, 2, rank, NULL), STATUS_OK);
    for (uint32_t front = 0; front < n; front++) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            if (rank[i] == front)
                index[count++] = (uint32_t)i;
        assert_int_equal(crowding_distance(points[0], 2, index, count, distance, NULL), STATUS_OK);
        for (size_t i = 0; i < count; i++) {
            population[index[i]].rank = front;
            population[index[i]].crowding = distance[i];
        }
    }
}

static const struct individual *tournament(struct rng *rng, const struct individual *population)
{
    const struct individual *a = &population[rng_below(rng, POPULATION)],
                            *b = &population[rng_below(rng, POPULATION)];
    if (a->rank != b->rank)
        return a->rank < b->rank ? a : b;
    return a->crowding >= b->crowding ? a : b;
}

static void survive(struct individual *all, struct individual *population)
{
    double points[2 * POPULATION][2], violation[2 * POPULATION];
    uint32_t kept[POPULATION];
    for (size_t i = 0; i < 2 * POPULATION; i++) {
        memcpy(points[i], all[i].f, sizeof points[i]);
        violation[i] = all[i].violation;
    }
    assert_int_equal(nsga2_survive(points[0], violation, 2 * POPULATION, 2, POPULATION, kept, NULL),
                     STATUS_OK);
    for (size_t i = 0; i < POPULATION; i++)
        population[i] = all[kept[i]];
}

static double run(const struct problem *p, uint64_t seed)
{
    static struct individual population[POPULATION], all[2 * POPULATION];
    struct rng rng;
    rng_init(&rng, seed, p->name, 0);
    memset(all, 0, sizeof all);
    for (size_t i = 0; i < POPULATION; i++) {
        for (size_t k = 0; k < p->variables; k++)
            all[i].x[k] = p->upper[k] * rng_uniform(&rng);
        p->evaluate(&all[i]);
    }
    memcpy(population, all, sizeof population);
    for (int g = 1; g < p->generations; g++) {
        stand(population, POPULATION);
        memcpy(all, population, sizeof population);
        for (size_t i = POPULATION; i < 2 * POPULATION; i += 2) {
            all[i] = *tournament(&rng, population);
            all[i + 1] = *tournament(&rng, population);
            cross(&rng, p, all[i].x, all[i + 1].x);
            for (size_t k = i; k < i + 2; k++) {
                mutate(&rng, p, all[k].x);
                p->evaluate(&all[k]);
            }
        }
        survive(all, population);
    }
    double points[POPULATION][2], volume;
    for (size_t i = 0; i < POPULATION; i++) {
        assert_true(population[i].violation == 0); /* no final point is infeasible */
        memcpy(points[i], population[i].f, sizeof points[i]);
    }
    assert_int_equal(hypervolume(points[0], POPULATION, 2, p->reference, &volume, NULL), STATUS_OK);
    return volume;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void known_fronts_are_reached_and_never_exceeded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof problems / sizeof *problems; i++) {
        struct problem p = problems[i];
        double volume[SEEDS];
        for (size_t k = 0; k < p.variables; k++)
            p.upper[k] = p.upper[k] > 0 ? p.upper[k] : 1;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            volume[seed] = run(&p, seed);
            if (volume[seed] > p.supremum)
                fail_msg("%s: hypervolume %.6f above the supremum", p.name, volume[seed]);
        }
        qsort(volume, SEEDS, sizeof *volume, ascending);
        if (!(volume[SEEDS / 2] >= p.threshold))
            fail_msg("%s: median hypervolume %.6f, %.6f expected", p.name, volume[SEEDS / 2],
                     p.threshold);
    }
}

/* ---- survival by itself ---- */

static void survival_keeps_the_better(void **state)
{
    (void)state;
    static const struct {
        size_t n, keep;
        double points[16], violation[8];
        size_t kept;
        uint32_t index[8];
    } row[] = {
        /* first front whole, then the least crowded of the second: its ends */
        {7, 5, {0, 3, 3, 0, 1, 1, 0, 5, 5, 0, 2, 2, 9, 9}, {0}, 5, {0, 1, 2, 3, 4}},
        {3, 5, {1, 1, 2, 2, 3, 3}, {0}, 3, {0, 1, 2}},
        {3, 0, {1, 1, 2, 2, 3, 3}, {0}, 0, {0}},
        {0, 3, {0}, {0}, 0, {0}},
        /* feasible first, then by violation, whatever the objectives say */
        {4, 2, {0, 0, 1, 1, 9, 9, 0, 0}, {.5, .2, 0, .1}, 2, {2, 3}},
        /* what is no number goes last */
        {4, 3, {NAN, 0, 1, 1, INFINITY, -9, 2, 2}, {0, 0, 0, 7}, 2, {1, 3}},
        /* the middle of a crowded front falls out */
        {5, 4, {0, 4, 1.9, 2.1, 2, 2, 2.1, 1.9, 4, 0}, {0}, 4, {0, 1, 3, 4}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint32_t kept[8];
        assert_int_equal(
            nsga2_survive(row[i].points, row[i].violation, row[i].n, 2, row[i].keep, kept, NULL),
            STATUS_OK);
        size_t keep = row[i].keep < row[i].n ? row[i].keep : row[i].n;
        for (size_t k = 0; k < row[i].kept; k++) { /* each is kept, once, in ascending order */
            bool found = false;
            for (size_t j = 0; j < keep; j++)
                found = found || kept[j] == row[i].index[k];
            if (!found)
                fail_msg("row %zu: %u is not kept", i, row[i].index[k]);
        }
        for (size_t j = 1; j < keep; j++)
            assert_true(kept[j] > kept[j - 1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_fronts_are_reached_and_never_exceeded),
        cmocka_unit_test(survival_keeps_the_better),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
