/* Fronts: sorting and crowding on published vectors and against a quadratic oracle; the front that
 * is shown; its knee. */
#include "search/growing_front.h"

#include "base/memory.h"
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

static void assert_near(double found, double expected, double tolerance)
{
    if (!(fabs(found - expected) <= tolerance))
        fail_msg("%.17g, %.17g expected", found, expected);
}

/* ---- sorting ---- */

static const struct {
    size_t n, m;
    double points[24];
    uint32_t rank[12];
} published[] = {
    {5, 1, {.2, .1, .2, .5, .3}, {1, 0, 1, 3, 2}},
    {11,
     2,
     {0, 7, 1, 5, 2, 3, 4, 2, 7, 1, 10, 0, 2, 6, 4, 4, 10, 2, 6, 6, 9, 5},
     {0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2}},
    {4, 3, {1, 2, 3, -2, 3, 7, -1, -2, -3, 0, 0, 0}, {2, 0, 0, 1}},
};

static void published_ranks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        uint32_t rank[12];
        assert_int_equal(nondominated_sort(published[i].points, NULL, published[i].n,
                                           published[i].m, rank, NULL),
                         STATUS_OK);
        assert_memory_equal(rank, published[i].rank, published[i].n * sizeof *rank);
    }
}

static bool all_finite(const double *point, size_t m)
{
    for (size_t k = 0; k < m; k++)
        if (!isfinite(point[k]))
            return false;
    return true;
}

/* Constrained domination, by the book. A point with a value that is not finite violates most. */
static bool oracle_dominates(const double *a, double beyond_a, const double *b, double beyond_b,
                             size_t m)
{
    if (!all_finite(a, m) || isnan(beyond_a))
        beyond_a = INFINITY;
    if (!all_finite(b, m) || isnan(beyond_b))
        beyond_b = INFINITY;
    if (beyond_a != beyond_b)
        return beyond_a < beyond_b;
    bool better = false;
    for (size_t k = 0; beyond_a == 0 && k < m; k++) {
        if (a[k] > b[k])
            return false;
        better = better || a[k] < b[k];
    }
    return better;
}

/* Peels fronts off: what nobody left dominates. */
static void oracle_sort(const double *points, const double *violation, size_t n, size_t m,
                        uint32_t *rank)
{
    for (size_t i = 0; i < n; i++)
        rank[i] = UINT32_MAX;
    size_t ranked = 0;
    for (uint32_t front = 0; ranked < n; front++) {
        for (size_t i = 0; i < n; i++) {
            bool dominated = rank[i] < front;
            for (size_t k = 0; k < n && !dominated; k++)
                dominated = rank[k] >= front && oracle_dominates(points + k * m, violation[k],
                                                                 points + i * m, violation[i], m);
            if (!dominated)
                rank[i] = front;
        }
        for (size_t i = 0; i < n; i++)
            ranked += rank[i] == front;
    }
}

static double any_value(struct rng *rng)
{
    uint32_t draw = rng_below(rng, 40);
    return draw == 0   ? NAN
           : draw == 1 ? INFINITY
           : draw == 2 ? -INFINITY
           : draw == 3 ? -0.0
                       : (double)rng_below(rng, 6);
}

static double any_violation(struct rng *rng)
{
    uint32_t draw = rng_below(rng, 20);
    return draw == 0 ? NAN : draw == 1 ? INFINITY : draw < 6 ? .25 * (double)rng_below(rng, 4) : 0;
}

static void random_points_against_the_oracle(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, "sort", 0);
    for (int round = 0; round < 3000; round++) {
        size_t n = rng_below(&rng, 40), m = 1 + rng_below(&rng, 4);
        double points[40 * 4], violation[40];
        uint32_t rank[40], expected[40];
        for (size_t i = 0; i < n * m; i++)
            points[i] = round % 2 == 0 ? any_value(&rng) : (double)rng_below(&rng, 6);
        for (size_t i = 0; i < n; i++)
            violation[i] = round % 3 == 0 ? any_violation(&rng) : 0;
        const double *given = round % 3 == 1 ? NULL : violation; /* NULL: none violates */
        assert_int_equal(nondominated_sort(points, given, n, m, rank, NULL), STATUS_OK);
        oracle_sort(points, violation, n, m, expected);
        assert_memory_equal(rank, expected, n * sizeof *rank);
    }
}

/* ---- crowding: the sum over objectives (pagmo); pymoo's number is the half of it ---- */

static const struct {
    size_t n;
    double points[10], distance[5];
} crowding[] = {
    {4, {0, 0, 1, -1, 2, -2, 4, -4}, {INFINITY, 1, 1.5, INFINITY}},
    {3, {0, 0, -1, 1, 2, -2}, {2, INFINITY, INFINITY}},
    {2, {0, 0, 0, 0}, {INFINITY, INFINITY}},
    {3, {0, 0, .5, 50, 1, 100}, {INFINITY, 2, INFINITY}},
    {1, {3, 4}, {INFINITY}},
    {0, {0}, {0}},
    {5, {0, 4, 1, 1, 1, 1, 1, 1, 4, 0}, {INFINITY, .5, 0, 1.5, INFINITY}}, /* three are equal */
    {3, {0, 7, 1, 7, 2, 7}, {INFINITY, 1, INFINITY}},                      /* no range: skipped */
};

static void published_crowding(void **state)
{
    (void)state;
    static const uint32_t index[] = {0, 1, 2, 3, 4};
    for (size_t i = 0; i < sizeof crowding / sizeof *crowding; i++) {
        double distance[5];
        assert_int_equal(
            crowding_distance(crowding[i].points, 2, index, crowding[i].n, distance, NULL),
            STATUS_OK);
        for (size_t k = 0; k < crowding[i].n; k++) {
            assert_int_equal(isinf(distance[k]), isinf(crowding[i].distance[k]));
            if (isfinite(distance[k]))
                assert_near(distance[k], crowding[i].distance[k], 1e-12);
        }
    }
}

static void crowding_looks_at_its_front_only(void **state)
{
    (void)state;
    const double points[] = {9, 9, 4, -4, .5, .5, 0, 0, NAN, 1, 2, -2};
    const uint32_t index[] = {5, 1, 3};
    double distance[3];
    assert_int_equal(crowding_distance(points, 2, index, 3, distance, NULL), STATUS_OK);
    assert_near(distance[0], 2, 1e-12);
    assert_true(isinf(distance[1]) && isinf(distance[2]));
}

/* What is not finite stands last and never makes a distance that is not a number. */
static void crowding_of_broken_points(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 5, "crowding", 0);
    for (int round = 0; round < 500; round++) {
        double points[30], distance[15];
        uint32_t index[15];
        for (uint32_t i = 0; i < 15; i++) {
            index[i] = i;
            points[2 * i] = any_value(&rng);
            points[2 * i + 1] = any_value(&rng);
        }
        assert_int_equal(crowding_distance(points, 2, index, 15, distance, NULL), STATUS_OK);
        for (uint32_t i = 0; i < 15; i++)
            assert_true(distance[i] >= 0);
    }
}

/* ---- the front that is shown ---- */

static const enum objective two[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES};

static struct archive *archive_of(const double (*value)[3], size_t n)
{
    struct archive *archive;
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    for (size_t i = 0; i < n; i++) {
        struct row row = {.id = (uint32_t)i};
        snprintf(row.code.text, sizeof row.code.text, "8%zu", i);
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        row.value[OBJECTIVE_ACC] = value[i][0];
        row.value[OBJECTIVE_BYTES] = value[i][1];
        row.value[OBJECTIVE_MACS] = value[i][2];
        assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
    }
    return archive;
}

static void expect_front(const struct archive *archive, size_t rows, const char *pins,
                         const char *ids, size_t feasible)
{
    struct pins parsed = {0};
    uint32_t *id;
    size_t count, within;
    char text[80] = "";
    if (*pins != '\0')
        assert_int_equal(pins_parse(pins, NULL, &parsed, NULL), STATUS_OK);
    assert_int_equal(
        front_of_rows(archive, rows, NULL, two, 2, &parsed, &id, &count, &within, NULL), STATUS_OK);
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i > 0 ? " " : "", id[i]);
    assert_string_equal(text, ids);
    assert_int_equal(within, feasible);
    memory_free(id);
}

static void the_shown_front(void **state)
{
    (void)state;
    static const double value[][3] = {
        {.50, 100, 0}, {.40, 60, 0}, {.45, 80, 0},  {.39, 90, 0},        {.40, 60, 0},
        {NAN, 10, 0},  {.48, 80, 0}, {.30, 40, 0},  {INFINITY, 5, 0},    {.50, 100, 0},
        {.30, 41, 0},  {.47, 70, 0}, {.2, 1000, 0}, {.99, -INFINITY, 0},
    };
    struct archive *archive = archive_of(value, 14);
    expect_front(archive, 0, "", "", 0);
    expect_front(archive, 1, "", "0", 1);
    expect_front(archive, 6, "", "1 2 0", 5); /* 4 equals 1: the lowest id; 5 is no number */
    expect_front(archive, 14, "", "7 1 11 6 0", 11);
    expect_front(archive, 14, "bytes<=80", "7 1 11 6", 7);
    expect_front(archive, 14, "acc>=0.46 and bytes<=90", "11 6", 2);
    expect_front(archive, 14, "acc>=47%", "11 6 0", 4);
    /* nothing within: the least violating, none feasible */
    expect_front(archive, 14, "bytes<=20", "7", 0);
    expect_front(archive, 14, "acc>=0.9", "0", 0);
    expect_front(archive, 14, "perplexity<=10", "7 1 11 6 0", 0); /* all lack it alike */
    archive_free(archive);
}

static void a_disabled_pin_limits_nothing(void **state)
{
    (void)state;
    static const double value[][3] = {{.50, 100, 0}, {.40, 60, 0}};
    struct archive *archive = archive_of(value, 2);
    struct pins pins;
    uint32_t *id;
    size_t count, feasible;
    assert_int_equal(pins_parse("bytes<=80", NULL, &pins, NULL), STATUS_OK);
    pins.pin[0].enabled = false;
    assert_int_equal(front_of_rows(archive, 2, NULL, two, 2, &pins, &id, &count, &feasible, NULL),
                     STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(feasible, 2);
    memory_free(id);
    archive_free(archive);
}

/* ---- the same as rows come ---- */

/* Does a row count: no other with its code has a larger n, nor an earlier one the same? */
static bool counts(const struct archive *archive, const struct row *row)
{
    for (size_t i = 0; i < archive_count(archive); i++) {
        const struct row *other = archive_row(archive, i);
        if (arch_code_equal(&other->code, &row->code) &&
            (other->n > row->n || (other->n == row->n && other->id < row->id)))
            return false;
    }
    return true;
}

static bool within_oracle(const struct archive *archive, size_t i, size_t m,
                          const struct pins *pins, double *beyond)
{
    const struct row *row = archive_row(archive, i);
    if (!counts(archive, row))
        return false;
    static const enum objective three[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES, OBJECTIVE_MACS};
    for (size_t k = 0; k < m; k++)
        if (!isfinite(row->value[three[k]]))
            return false;
    *beyond = pins_violation(pins, row->value, false);
    return true;
}

/* By the definition: among rows that violate least, what no other is as good as in all; of equal
 * ones the lowest id. By ascending bytes, then id. */
static size_t oracle_front(const struct archive *archive, size_t m, const struct pins *pins,
                           uint32_t *id, size_t *feasible)
{
    size_t rows = archive_count(archive), count = 0;
    double least = INFINITY, a, b;
    *feasible = 0;
    for (size_t i = 0; i < rows; i++)
        if (within_oracle(archive, i, m, pins, &a)) {
            least = fmin(least, a);
            *feasible += a == 0;
        }
    for (size_t i = 0; i < rows; i++) {
        const double *x = archive_row(archive, i)->value;
        bool on = within_oracle(archive, i, m, pins, &a) && a <= least;
        for (size_t k = 0; on && k < rows; k++) {
            const double *y = archive_row(archive, k)->value;
            if (k == i || !within_oracle(archive, k, m, pins, &b) || b > least)
                continue;
            bool covers = y[OBJECTIVE_ACC] >= x[OBJECTIVE_ACC] &&
                          y[OBJECTIVE_BYTES] <= x[OBJECTIVE_BYTES] &&
                          (m == 2 || y[OBJECTIVE_MACS] <= x[OBJECTIVE_MACS]);
            bool equal = covers && y[OBJECTIVE_ACC] <= x[OBJECTIVE_ACC] &&
                         y[OBJECTIVE_BYTES] >= x[OBJECTIVE_BYTES] &&
                         (m == 2 || y[OBJECTIVE_MACS] >= x[OBJECTIVE_MACS]);
            on = !covers || (equal && k > i);
        }
        size_t at = count;
        while (on && at > 0 &&
               archive_row(archive, id[at - 1])->value[OBJECTIVE_BYTES] > x[OBJECTIVE_BYTES]) {
            id[at] = id[at - 1];
            at--;
        }
        if (on) {
            id[at] = (uint32_t)i;
            count++;
        }
    }
    return count;
}

static void draw_values(struct rng *rng, const struct archive *archive, double *value)
{
    size_t rows = archive_count(archive);
    uint32_t steps = rng_below(rng, 2) == 0 ? 5 : 1000; /* many equal coordinates, or few */
    if (rows > 0 && rng_below(rng, 8) == 0) {
        memcpy(value, archive_row(archive, rng_below(rng, (uint32_t)rows))->value,
               OBJECTIVES * sizeof *value);
        return;
    }
    value[OBJECTIVE_ACC] = rng_below(rng, steps) / (double)steps;
    value[OBJECTIVE_BYTES] = 100.0 * rng_below(rng, steps) / steps;
    value[OBJECTIVE_MACS] = 100.0 * rng_below(rng, steps) / steps;
    if (rng_below(rng, 12) == 0)
        value[rng_below(rng, 2) == 0 ? OBJECTIVE_ACC : OBJECTIVE_MACS] =
            rng_below(rng, 2) == 0 ? NAN : INFINITY;
}

static void fronts_kept_as_rows_come(void **state)
{
    (void)state;
    static const enum objective three[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES, OBJECTIVE_MACS};
    static const char *const limits[] = {"",       "bytes<=40",     "acc>=0.9 and bytes<=1",
                                         "acc>=2", "perplexity<=3", "macs<=50 and acc>=0.3"};
    struct rng rng;
    rng_init(&rng, 4, "front", 0);
    for (size_t round = 0; round < 400; round++) {
        size_t m = 2 + round % 2;
        struct archive *archive;
        struct kept_front kept;
        const struct estimate none = {0};
        struct pins pins = {0};
        assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
        kept_front_init(&kept, three, m);
        for (uint32_t i = 0; i < 40; i++) {
            struct row row = {.id = i, .n = rng_below(&rng, 3)};
            snprintf(row.code.text, sizeof row.code.text, "%u",
                     round % 4 < 2 ? i : rng_below(&rng, 30)); /* some come in stages */
            uint32_t expected[40], *id, turn = rng_below(&rng, 10);
            size_t count, within, feasible;
            for (int k = 0; k < OBJECTIVES; k++)
                row.value[k] = NAN;
            draw_values(&rng, archive, row.value);
            assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
            const char *limit = limits[rng_below(&rng, 6)];
            if (turn == 0)
                assert_int_equal(pins_parse(limit, NULL, &pins, NULL),
                                 *limit != '\0' ? STATUS_OK : STATUS_INVALID);
            if (turn == 1 && pins.count > 0)
                pins.pin[0].enabled = !pins.pin[0].enabled;
            if (turn > 6) /* some rows come together */
                continue;
            size_t rows = archive_count(archive);
            size_t wanted = oracle_front(archive, m, &pins, expected, &feasible);
            assert_int_equal(
                front_of_rows(archive, rows, NULL, three, m, &pins, &id, &count, &within, NULL),
                STATUS_OK);
            assert_int_equal(within, feasible);
            assert_int_equal(count, wanted);
            assert_memory_equal(id, expected, count * sizeof *id);
            memory_free(id);
            assert_int_equal(kept_front_update(&kept, archive, rows, &none, &pins, NULL),
                             STATUS_OK);
            assert_int_equal(kept.feasible, feasible);
            assert_int_equal(kept.front.points, wanted);
            assert_memory_equal(kept.front.id, expected, count * sizeof *id);
        }
        kept_front_release(&kept);
        archive_free(archive);
    }
}

/* By acc_est, whose estimate follows the rows now and then: what is kept is the front by the
 * estimate that it was given last, with new rows or without. */
static void fronts_kept_as_the_estimate_moves(void **state)
{
    (void)state;
    static const enum objective objectives[] = {OBJECTIVE_ACC_EST, OBJECTIVE_BYTES};
    const struct pins none = {0};
    struct rng rng;
    struct archive *archive;
    struct kept_front kept;
    struct estimate shown = {0}, estimate = {0};
    rng_init(&rng, 5, "front", 0);
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    kept_front_init(&kept, objectives, 2);
    for (uint32_t i = 0; i < 300; i++) {
        struct row row = {.id = i, .n = 50, .standard_error = 0.05};
        uint32_t *id;
        size_t count, feasible;
        snprintf(row.code.text, sizeof row.code.text, "%u", i);
        row.value[OBJECTIVE_BYTES] = 1 + rng_below(&rng, 50);
        row.value[OBJECTIVE_ACC] = 0.4 + 0.01 * row.value[OBJECTIVE_BYTES] * rng_uniform(&rng);
        row.value[OBJECTIVE_CHOICE_NLL] = 2 - row.value[OBJECTIVE_ACC] + 0.1 * rng_uniform(&rng);
        assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
        estimate_follow(&estimate, archive, i);
        for (int look = 0; look < 2; look++) {
            assert_int_equal(kept_front_update(&kept, archive, i + 1, &shown, &none, NULL),
                             STATUS_OK);
            assert_int_equal(front_of_rows(archive, i + 1, &shown, objectives, 2, &none, &id,
                                           &count, &feasible, NULL),
                             STATUS_OK);
            assert_int_equal(kept.front.points, count);
            assert_memory_equal(kept.front.id, id, count * sizeof *id);
            memory_free(id);
            if (i % 20 == 19)
                shown = estimate;
        }
    }
    kept_front_release(&kept);
    archive_free(archive);
}

static void knees(void **state)
{
    (void)state;
    static const double value[][3] = {
        {.10, 10, 9},  {.40, 20, 5}, {.45, 60, 4},   {.50, 100, 0},
        {.20, 70, .5}, {.15, 12, 7}, {.45, 25, 4.9},
    };
    static const enum objective three[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES, OBJECTIVE_MACS};
    static const struct {
        size_t m, count;
        uint32_t id[5];
        size_t knee;
        bool few;
    } row[] = {
        {2, 4, {0, 1, 2, 3}, 1, false},
        {2, 3, {0, 2, 3}, 1, false},
        {2, 2, {0, 3}, 1, true}, /* the most accurate */
        {2, 1, {1}, 0, true},
        {2, 0, {0}, 0, true},
        {3, 4, {0, 1, 2, 3}, 1, false},
        /* the first is better in accuracy than the last: more is still better */
        {3, 3, {1, 6, 4}, 1, false},
    };
    struct archive *archive = archive_of(value, 7);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        bool few;
        size_t knee = front_knee(archive, NULL, row[i].id, row[i].count,
                                 row[i].m == 2 ? two : three, row[i].m, NULL, &few);
        assert_int_equal(knee, row[i].knee);
        assert_int_equal(few, row[i].few);
        double point[15];
        for (size_t k = 0; k < row[i].count; k++)
            for (size_t o = 0; o < row[i].m; o++)
                point[k * row[i].m + o] =
                    objective_cost(three[o], archive_row(archive, row[i].id[k])->value[three[o]]);
        assert_int_equal(front_knee_of_points(point, row[i].count, row[i].m, &few), knee);
        assert_int_equal(few, row[i].few);
    }
    archive_free(archive);
}

/* Networks that guess make the front seem to bend among them; of few others the most accurate. */
static void knees_are_above_chance(void **state)
{
    (void)state;
    static const double value[][3] = {
        {.18, 10, 1}, {.30, 11, 1}, {.31, 50, 1}, {.40, 80, 1}, {.43, 90, 1}, {.45, 100, 1},
    };
    static const enum objective turned[] = {OBJECTIVE_BYTES, OBJECTIVE_ACC},
                                sizes[] = {OBJECTIVE_BYTES, OBJECTIVE_MACS};
    static const uint32_t id[] = {0, 1, 2, 3, 4, 5};
    double chance[OBJECTIVES] = {[OBJECTIVE_ACC] = 0.25};
    struct archive *archive = archive_of(value, 6), *others;
    assert_int_equal(archive_new(&others, NULL), STATUS_OK);
    for (size_t i = 0; i < 6; i++) {
        struct row row = *archive_row(archive, i);
        row.standard_error = 0.03;
        assert_int_equal(archive_append(others, &row, NULL), STATUS_OK);
    }
    bool few;
    assert_int_equal(front_knee(others, NULL, id, 6, two, 2, NULL, &few), 1);
    assert_int_equal(front_knee(others, NULL, id, 6, two, 2, chance, &few), 4);
    assert_false(few);
    assert_int_equal(front_knee(others, NULL, id, 6, turned, 2, chance, &few), 4);
    assert_int_equal(front_knee(others, NULL, id, 5, two, 2, chance, &few), 4); /* two above */
    assert_true(few);
    assert_int_equal(front_knee(others, NULL, id, 5, turned, 2, chance, &few), 4);
    assert_int_equal(front_knee_objective(turned, 2, chance), OBJECTIVE_ACC);
    assert_int_equal(front_knee_objective(turned, 2, NULL), OBJECTIVE_BYTES);
    assert_int_equal(front_knee_objective(sizes, 2, chance), OBJECTIVE_BYTES);
    chance[OBJECTIVE_ACC] = 0.35; /* .40 is within two errors of it */
    assert_int_equal(front_knee(others, NULL, id, 6, two, 2, chance, &few), 5);
    assert_true(few);
    archive_free(others);
    archive_free(archive);
}

/* On a random front: the knee is the point with the largest distance to the line through its ends,
 * measured by the cross product. */
static void knees_of_random_fronts(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 3, "knee", 0);
    for (int round = 0; round < 300; round++) {
        double value[12][3];
        uint32_t id[12];
        size_t count = 3 + rng_below(&rng, 10);
        for (size_t i = 0; i < count; i++) { /* accuracy and bytes rise */
            value[i][0] = (i > 0 ? value[i - 1][0] : 0) + .01 + rng_uniform(&rng);
            value[i][1] = (i > 0 ? value[i - 1][1] : 0) + 1 + 1e6 * rng_uniform(&rng);
            value[i][2] = 0;
            id[i] = (uint32_t)i;
        }
        double x = value[count - 1][0] - value[0][0], y = value[count - 1][1] - value[0][1];
        size_t best = 0;
        double most = 0;
        for (size_t i = 0; i < count; i++) {
            double above = (value[i][0] - value[0][0]) / x - (value[i][1] - value[0][1]) / y;
            if (above > most + 1e-12) {
                most = above;
                best = i;
            }
        }
        struct archive *archive = archive_of((const double(*)[3])value, count);
        bool few;
        size_t knee = front_knee(archive, NULL, id, count, two, 2, NULL, &few);
        if (most > 0)
            assert_int_equal(knee, best);
        archive_free(archive);
    }
}

/* ---- archive ---- */

static void rows_stay_and_are_found(void **state)
{
    (void)state;
    struct archive *archive;
    struct row row = {.n = 1};
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    assert_null(archive_find(archive, &row.code));
    const struct row *first = NULL;
    for (uint32_t i = 0; i < 3000; i++) {
        row.id = i;
        row.n = i;
        snprintf(row.code.text, sizeof row.code.text, "%u", i < 2900 ? i : i - 2900);
        assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
        first = i == 0 ? archive_row(archive, 0) : first;
    }
    assert_ptr_equal(first, archive_row(archive, 0));
    assert_int_equal(archive_count(archive), 3000);
    assert_int_equal(archive_codes(archive), 2900);
    for (uint32_t i = 0; i < 2900; i++) { /* of equal codes the one of the largest n */
        snprintf(row.code.text, sizeof row.code.text, "%u", i);
        assert_int_equal(archive_find(archive, &row.code)->id, i < 100 ? 2900 + i : i);
        assert_int_equal(archive_first(archive, &row.code)->id, i);
    }
    snprintf(row.code.text, sizeof row.code.text, "2900");
    assert_null(archive_find(archive, &row.code));
    archive_free(archive);
    archive_free(NULL);
}

/* What counts among the first rows does not change when more are appended. */
static void the_largest_n_counts(void **state)
{
    static const struct {
        const char *code;
        uint32_t n;
        uint32_t counting[7]; /* among the first 1, 2, ... 7 rows */
    } rows[] = {
        {"88", 50, {0, 0, 0, 3, 3, 3, 6}},  {"8.", 50, {1, 1, 1, 1, 1, 1, 1}},
        {"84", 200, {2, 2, 2, 2, 2, 2, 2}}, {"88", 120, {3, 3, 3, 3, 3, 3, 6}},
        {"84", 50, {4, 4, 4, 4, 2, 2, 2}},  {"84", 200, {5, 5, 5, 5, 5, 2, 2}},
        {"88", 200, {6, 6, 6, 6, 6, 6, 6}},
    };
    const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES};
    const struct pins none = {0};
    const size_t count = sizeof rows / sizeof *rows;
    struct archive *archive;
    struct arch_code code = {"88"};
    (void)state;
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    for (size_t i = 0; i < count; i++) {
        struct row row = {.id = (uint32_t)i, .n = rows[i].n};
        snprintf(row.code.text, sizeof row.code.text, "%s", rows[i].code);
        row.value[OBJECTIVE_ACC] = 1.0 / (double)(1 + i); /* earlier rows look better */
        row.value[OBJECTIVE_BYTES] = rows[i].code[1];
        assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
    }
    for (size_t i = 0; i < count; i++)
        for (size_t told = i + 1; told <= count; told++) {
            size_t counting = archive_counting(archive, i, told);
            assert_int_equal(counting, rows[i].counting[told - 1]);
            assert_int_equal(archive_superseded(archive, i, told), counting != i);
        }
    assert_int_equal(archive_codes(archive), 3);
    assert_int_equal(archive_find(archive, &code)->id, 6);
    for (size_t told = 1; told <= count; told++) { /* the front is of those that count */
        uint32_t *id;
        size_t points, feasible;
        assert_int_equal(
            front_of_rows(archive, told, NULL, objectives, 2, &none, &id, &points, &feasible, NULL),
            STATUS_OK);
        assert_int_equal(feasible, told < 3 ? told : 3);
        for (size_t i = 0; i < points; i++)
            assert_false(archive_superseded(archive, id[i], told));
        memory_free(id);
    }
    archive_free(archive);
}

/* Against all pairs; with coordinates that are often, sometimes, never equal. */
static void nondominated_points_by_pairs(void **state)
{
    static const uint32_t levels[] = {2, 5, 40, 1000000};
    enum { MOST = 150 };
    (void)state;
    for (uint64_t seed = 0; seed < 80; seed++) {
        double points[3 * MOST];
        bool on[MOST];
        struct rng rng;
        rng_init(&rng, seed, "test_front pairs", 0);
        size_t m = 2 + seed % 2, n = rng_below(&rng, MOST + 1);
        for (size_t i = 0; i < n * m; i++)
            points[i] = (double)rng_below(&rng, levels[seed / 2 % 4]) - 1;
        assert_int_equal(nondominated_points(points, n, m, on, NULL), STATUS_OK);
        for (size_t i = 0; i < n; i++) {
            bool beaten = false;
            for (size_t k = 0; k < n && !beaten; k++) {
                bool covers = true, same = true;
                for (size_t d = 0; d < m; d++) {
                    covers = covers && points[k * m + d] <= points[i * m + d];
                    same = same && points[k * m + d] >= points[i * m + d];
                }
                beaten = covers && (!same || k < i);
            }
            if (on[i] == beaten)
                fail_msg("seed %d: point %zu of %zu", (int)seed, i, n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nondominated_points_by_pairs),
        cmocka_unit_test(published_ranks),
        cmocka_unit_test(random_points_against_the_oracle),
        cmocka_unit_test(published_crowding),
        cmocka_unit_test(crowding_looks_at_its_front_only),
        cmocka_unit_test(crowding_of_broken_points),
        cmocka_unit_test(the_shown_front),
        cmocka_unit_test(a_disabled_pin_limits_nothing),
        cmocka_unit_test(fronts_kept_as_rows_come),
        cmocka_unit_test(fronts_kept_as_the_estimate_moves),
        cmocka_unit_test(knees),
        cmocka_unit_test(knees_are_above_chance),
        cmocka_unit_test(knees_of_random_fronts),
        cmocka_unit_test(rows_stay_and_are_found),
        cmocka_unit_test(the_largest_n_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
