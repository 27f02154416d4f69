/* Hypervolume: published vectors, and a grid oracle on random points with repeated coordinates. */
#include "search/hypervolume.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g, %.17g expected", found, expected);
}

/* moocore (1, 3, 5) and pagmo (6 to 9), recomputed. */
static const struct {
    size_t m, n;
    double points[18], reference[3], volume;
} published[] = {
    {2, 4, {5, 5, 4, 6, 2, 7, 7, 4}, {10, 10}, 38},
    {3, 2, {1, 0, 1, 0, 1, 0}, {2, 2, 2}, 5},
    {2, 5, {5, 1, 1, 5, 4, 2, 4, 4, 5, 1}, {6, 6}, 12},
    {2, 3, {2.3, 4.5, 3.4, 3.4, 6, 1.2}, {7, 7}, 17.91},
    {3, 3, {2.3, 4.5, 3.2, 3.4, 3.4, 3.4, 6, 1.2, 3.6}, {7, 7, 7}, 66.386},
    {2, 2, {2, 1, .5, 1.7}, {3, 3}, 3.95},
    {2, 3, {0, .7, .5, .5, .9, 0}, {1, 1}, .45},
    {2, 2, {0, .7, .5, .5}, {1, 1}, .40},
};

static void published_volumes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        double volume = -1;
        assert_int_equal(hypervolume(published[i].points, published[i].n, published[i].m,
                                     published[i].reference, &volume, NULL),
                         STATUS_OK);
        assert_near(volume, published[i].volume, 1e-12 * published[i].volume + 1e-12);
    }
}

static const struct {
    size_t n;
    double points[10], reference[2], contribution[5];
} contributions[] = {
    {4, {5, 5, 4, 6, 2, 7, 7, 4}, {10, 10}, {2, 1, 6, 3}},
    {5, {5, 1, 1, 5, 4, 2, 4, 4, 5, 1}, {6, 6}, {0, 3, 2, 0, 0}},
    {3, {0, .7, .5, .5, .9, 0}, {1, 1}, {.15, .08, .05}},
    {2, {1, 1, 1, 1}, {2, 2}, {0, 0}},
    {2, {1, 1, 2, 0}, {2, 2}, {1, 0}}, /* on the reference's edge: nothing */
};

static void published_contributions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contributions / sizeof *contributions; i++) {
        double found[5];
        assert_int_equal(hypervolume_contributions(contributions[i].points, contributions[i].n, 2,
                                                   contributions[i].reference, found, NULL),
                         STATUS_OK);
        for (size_t k = 0; k < contributions[i].n; k++)
            assert_near(found[k], contributions[i].contribution[k], 1e-12);
    }
}

/* Volume by counting cells of the grid 0..side that some point covers: points have whole
 * coordinates, so that it is exact. */
static double grid_oracle(const double *points, size_t n, size_t m, int side)
{
    long cells = 0;
    for (int x = 0; x < side; x++)
        for (int y = 0; y < side; y++)
            for (int z = 0; z < (m == 3 ? side : 1); z++) {
                bool covered = false;
                for (size_t i = 0; i < n && !covered; i++)
                    covered = points[i * m] <= x && points[i * m + 1] <= y &&
                              (m == 2 || points[i * m + 2] <= z);
                cells += covered;
            }
    return (double)cells;
}

static void random_points_against_a_grid(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, "hypervolume", 0);
    for (int round = 0; round < 2000; round++) {
        int side = 1 + (int)rng_below(&rng, 9); /* few values: many repeated coordinates */
        size_t m = 2 + rng_below(&rng, 2), n = rng_below(&rng, 14);
        double points[14 * 3], reference[3], volume, found[14], rest[14 * 3], without;
        for (size_t i = 0; i < n * m; i++) /* some on the reference or beyond it */
            points[i] = (double)rng_below(&rng, (uint32_t)side + 2);
        for (size_t k = 0; k < m; k++)
            reference[k] = side;
        assert_int_equal(hypervolume(points, n, m, reference, &volume, NULL), STATUS_OK);
        assert_true(volume == grid_oracle(points, n, m, side));
        assert_int_equal(hypervolume_contributions(points, n, m, reference, found, NULL),
                         STATUS_OK);
        for (size_t i = 0; i < n; i++) {
            memcpy(rest, points, i * m * sizeof *rest);
            memcpy(rest + i * m, points + (i + 1) * m, (n - i - 1) * m * sizeof *rest);
            without = grid_oracle(rest, n - 1, m, side);
            assert_true(found[i] == volume - without);
        }
    }
}

/* Inclusion and exclusion over all subsets, for coordinates that are no whole numbers. */
static double inclusion_exclusion(const double *points, size_t n, size_t m, const double *reference)
{
    double sum = 0;
    for (uint32_t set = 1; set < 1u << n; set++) {
        double product = 1;
        for (size_t k = 0; k < m; k++) {
            double most = -INFINITY;
            for (size_t i = 0; i < n; i++)
                if (set >> i & 1)
                    most = fmax(most, points[i * m + k]);
            product *= fmax(0, reference[k] - most);
        }
        sum += __builtin_popcount(set) % 2 == 1 ? product : -product;
    }
    return sum;
}

static void random_points_against_inclusion_and_exclusion(void **state)
{
    (void)state;
    static const double reference[3] = {1, .9, 1.1};
    struct rng rng;
    rng_init(&rng, 2, "hypervolume", 0);
    for (int round = 0; round < 500; round++) {
        size_t m = 2 + rng_below(&rng, 2), n = rng_below(&rng, 9);
        double points[8 * 3], volume;
        for (size_t i = 0; i < n * m; i++)
            points[i] =
                i >= m && rng_below(&rng, 3) == 0 ? points[i - m] : 1.2 * rng_uniform(&rng) - .1;
        assert_int_equal(hypervolume(points, n, m, reference, &volume, NULL), STATUS_OK);
        assert_near(volume, inclusion_exclusion(points, n, m, reference), 1e-12);
    }
}

/* A random point: in few or many steps of a grid, on a curve or plane, or far inside. */
static void draw_point(struct rng *rng, size_t m, int kind, double *point)
{
    double left = 1;
    for (size_t k = 0; k < m; k++) {
        double draw = rng_uniform(rng);
        if (kind == 0)
            draw = (double)rng_below(rng, 8) / 6; /* some are beyond the reference */
        if (kind == 1) {                          /* on the plane where all sums are 1 */
            draw = k + 1 < m ? left * draw : left;
            left -= draw;
        }
        point[k] = draw;
    }
}

static void points_that_come_one_by_one(void **state)
{
    (void)state;
    static const double reference[3] = {1, 1, 1};
    struct rng rng;
    rng_init(&rng, 3, "hypervolume", 0);
    for (int round = 0; round < 300; round++) {
        size_t m = 2 + (size_t)round % 2, most = round < 290 ? 60 : 600;
        double points[600 * 3], volume;
        struct growing_volume growing;
        growing_volume_init(&growing, m, reference);
        for (size_t n = 0; n < most; n++) {
            bool again = n > 0 && rng_below(&rng, 10) == 0;
            draw_point(&rng, m, round / 2 % 3, points + n * m);
            if (again)
                memcpy(points + n * m, points + rng_below(&rng, (uint32_t)n) * m,
                       m * sizeof *points);
            assert_int_equal(growing_volume_add(&growing, points + n * m, NULL), STATUS_OK);
            if (most > 60 && n % 37 != 0)
                continue;
            assert_int_equal(hypervolume(points, n + 1, m, reference, &volume, NULL), STATUS_OK);
            assert_near(growing.volume, volume, 1e-12);
        }
        growing_volume_release(&growing);
    }
}

static void what_is_no_number_adds_nothing(void **state)
{
    (void)state;
    const double points[] = {1, 1, NAN, 0, 0, NAN, INFINITY, 0}, reference[] = {3, 3};
    double volume;
    assert_int_equal(hypervolume(points, 4, 2, reference, &volume, NULL), STATUS_OK);
    assert_true(volume == 4);
    assert_int_equal(hypervolume(points, 0, 2, reference, &volume, NULL), STATUS_OK);
    assert_true(volume == 0);
}

static void other_dimensions_are_refused(void **state)
{
    (void)state;
    const double points[4] = {0}, reference[4] = {1, 1, 1, 1};
    double volume, contribution[4];
    struct error error = {0};
    static const size_t dimensions[] = {0, 1, 4};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(hypervolume(points, 1, dimensions[i], reference, &volume, &error),
                         STATUS_INVALID);
        assert_int_equal(
            hypervolume_contributions(points, 1, dimensions[i], reference, contribution, &error),
            STATUS_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_volumes),
        cmocka_unit_test(published_contributions),
        cmocka_unit_test(random_points_against_a_grid),
        cmocka_unit_test(random_points_against_inclusion_and_exclusion),
        cmocka_unit_test(points_that_come_one_by_one),
        cmocka_unit_test(what_is_no_number_adds_nothing),
        cmocka_unit_test(other_dimensions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
