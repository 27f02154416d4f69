/* The core of NSGA-II inside a real-coded genetic algorithm (support/real_search) on some of the
 * problems with known fronts (support/real_problems; all of them: bench_search). */
#include "bench_tools.h"
#include "real_search.h"
#include "search/method.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 5

static void assert_near(double value, double expected, double difference)
{
    if (!(fabs(value - expected) <= difference))
        fail_msg("%.9f, %.9f expected", value, expected);
}

static void known_fronts_are_reached_and_never_exceeded(void **state)
{
    static const char *const names[] = {"bnh", "ctp1", "zdt1", "zdt2"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct real_problem *problem = real_problem_by_name(names[i]);
        double volume[SEEDS];
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct real_outcome outcome;
            assert_int_equal(real_search(problem, seed, &outcome, NULL), STATUS_OK);
            assert_int_equal(outcome.infeasible, 0);
            assert_int_equal(outcome.evaluations, REAL_POPULATION * problem->generations);
            volume[seed] = outcome.volume;
            if (outcome.volume > problem->supremum)
                fail_msg("%s: hypervolume %.6f above the supremum", names[i], outcome.volume);
        }
        double median = bench_median(volume, SEEDS);
        if (!(median >= problem->threshold))
            fail_msg("%s: median hypervolume %.6f, %.6f expected", names[i], median,
                     problem->threshold);
    }
}

/* A point of each front, and what must not count as feasible. */
static void problems_are_what_they_are_called(void **state)
{
    static const struct {
        const char *name;
        double x[6], f[3], violation;
    } row[] = {
        {"zdt1", {.25}, {.25, .5}, 0},
        {"zdt2", {.5}, {.5, .75}, 0},
        {"zdt3", {.05}, {.05, .7263932022500211}, 0},
        {"zdt4", {.25}, {.25, .5}, 0},
        {"zdt6", {.25}, {.6321205588285577, .6004235991062273}, 0},
        {"bnh", {3, 3}, {72, 8}, 0},
        {"bnh", {0, 1}, {4, 41}, 1},
        {"srn", {-2.5, 2.5}, {24.5, -24.75}, 0},
        {"srn", {20, 20}, {687, -181}, 575},
        {"tnk", {0, 0}, {0, 0}, 1.1},
        {"tnk", {1, 1}, {1, 1}, 0},
        {"ctp1", {0, 0}, {0, 1}, 0},
        {"ctp1", {1, 0}, {1, .36787944117144233}, .305828972},
        {"osy", {5, 1, 5, 0, 5, 0}, {-274, 76}, 0},
        {"osy", {5, 1, 1, 0, 1, 0}, {-242, 28}, 0},
        {"dtlz2", {0, 0, .5, .5, .5, .5}, {2, 0, 0}, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct real_problem *problem = real_problem_by_name(row[i].name);
        struct real_point point = {.violation = 0};
        memcpy(point.x, row[i].x, sizeof row[i].x);
        problem->evaluate(&point);
        for (size_t k = 0; k < problem->objectives; k++)
            assert_near(point.f[k], row[i].f[k], 1e-9);
        assert_near(point.violation, row[i].violation, 1e-6);
    }
    assert_null(real_problem_by_name("zdt5"));
    struct real_bound bound = real_problem_bound(real_problem_by_name("zdt4"), 0);
    assert_true(bound.low == 0 && bound.high == 1);
    bound = real_problem_bound(real_problem_by_name("zdt4"), 9);
    assert_true(bound.low == -5 && bound.high == 5);
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

static void tournaments_go_to_the_better(void **state)
{
    /* two fronts, the first's middle crowded, and a point beyond a constraint */
    static const double points[] = {0, 4, 1.9, 2.1, 2, 2, 4, 0, 5, 5, -9, -9};
    static const double violation[6] = {[5] = .5};
    static const uint32_t rank[6] = {0, 0, 0, 0, 1, 2};
    struct nsga2_standing standing[6];
    unsigned won[6] = {0};
    struct rng rng;
    (void)state;
    assert_int_equal(nsga2_stand(points, violation, 6, 2, standing, NULL), STATUS_OK);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(standing[i].rank, rank[i]);
    assert_true(isinf(standing[0].crowding) && isinf(standing[3].crowding));
    assert_near(standing[1].crowding, 2 / 4.0 + 2 / 4.0, 1e-12);
    assert_near(standing[2].crowding, 2.1 / 4 + 2.1 / 4, 1e-12);
    rng_init(&rng, 0, "tournaments", 0);
    for (int i = 0; i < 36000; i++)
        won[nsga2_tournament(&rng, standing, 6)]++;
    /* of 36 pairs: those with one of the best two; then 7, 5, 3 and 1 */
    assert_in_range(won[0] + won[3], 19400, 20600);
    assert_in_range(won[2], 6600, 7400);
    assert_in_range(won[1], 4600, 5400);
    assert_in_range(won[4], 2700, 3300);
    assert_in_range(won[5], 800, 1200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_fronts_are_reached_and_never_exceeded),
        cmocka_unit_test(problems_are_what_they_are_called),
        cmocka_unit_test(survival_keeps_the_better),
        cmocka_unit_test(tournaments_go_to_the_better),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
