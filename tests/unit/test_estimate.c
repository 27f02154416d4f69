/* acc_est: nearer to the truth than acc over many made-up archives, never a number where there is
 * none, and the front within one standard error that rests on it. */
#include "search/estimate.h"

#include "base/memory.h"
#include "base/rng.h"
#include "search/correlation.h"
#include "search/front.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NETWORKS 60
#define SEEDS 200

/* What networks answered to n questions; each has a true accuracy, and a true choice_nll that tells
 * it up to `model` (standard deviation). The noise of both has a part that all networks share, and
 * a part of the own noise of acc is in choice_nll too, as ESTIMATE_*_SHARE say. */
struct made {
    double truth[NETWORKS];
    struct row row[NETWORKS];
    double shared; /* of all accuracies */
};

static void make(struct made *made, uint64_t seed, uint32_t n, double model)
{
    struct rng rng;
    rng_init(&rng, seed, "test_estimate", 0);
    memset(made, 0, sizeof *made);
    double s = sqrt(.25 / n), shared = rng_normal(&rng), slope = 1.15;
    double seen = sqrt(ESTIMATE_SEEN_SHARE),
           unseen = sqrt(ESTIMATE_OWN_SHARE - ESTIMATE_SEEN_SHARE);
    made->shared = s * sqrt(1 - ESTIMATE_OWN_SHARE) * shared;
    for (size_t i = 0; i < NETWORKS; i++) {
        struct row *row = &made->row[i];
        for (int k = 0; k < OBJECTIVES; k++)
            row->value[k] = NAN;
        double truth = .33 + .2 * rng_uniform(&rng), both = s * unseen * rng_normal(&rng);
        double x = (truth - .13 + model * rng_normal(&rng) + both) / slope;
        double acc = truth + made->shared + both + s * seen * rng_normal(&rng);
        made->truth[i] = truth;
        row->id = (uint32_t)i;
        snprintf(row->code.text, sizeof row->code.text, "%zu", i);
        row->n = n;
        row->value[OBJECTIVE_ACC] = acc;
        row->value[OBJECTIVE_CHOICE_NLL] = 1 / x - 1;
        row->value[OBJECTIVE_BYTES] = 1000 - (double)i;
        row->standard_error = sqrt(acc * (1 - acc) / (n - 1.));
    }
}

static struct estimate estimate_of(const struct made *made, size_t rows)
{
    struct estimate estimate = {0};
    for (size_t i = 0; i < rows; i++)
        estimate_add(&estimate, &made->row[i]);
    return estimate;
}

struct figures {
    double acc_tau, est_tau, acc_rms, est_rms;
    double claimed; /* mean of row_error^2 over the mean squared error: 1 where it is honest */
    double claimed_difference;
};

static void look(const struct made *made, struct figures *f)
{
    double acc[NETWORKS], est[NETWORKS], squares[2] = {0}, claim = 0, pairs = 0, claim_pairs = 0;
    struct estimate estimate = estimate_of(made, NETWORKS);
    for (size_t i = 0; i < NETWORKS; i++) {
        acc[i] = made->row[i].value[OBJECTIVE_ACC];
        est[i] = row_value(&made->row[i], OBJECTIVE_ACC_EST, &estimate);
        double error = row_error(&made->row[i], OBJECTIVE_ACC_EST, &estimate);
        assert_true(error < made->row[i].standard_error);
        assert_true(row_own_error(&made->row[i], OBJECTIVE_ACC_EST, &estimate) < error);
        squares[0] += pow(acc[i] - made->truth[i], 2);
        squares[1] += pow(est[i] - made->truth[i], 2);
        claim += error * error;
        for (size_t k = 0; k < i; k++) {
            pairs += pow(est[i] - est[k] - made->truth[i] + made->truth[k], 2);
            claim_pairs += pow(
                row_difference_error(&made->row[i], &made->row[k], OBJECTIVE_ACC_EST, &estimate),
                2);
        }
    }
    f->acc_tau += kendall_tau(acc, made->truth, NETWORKS) / SEEDS;
    f->est_tau += kendall_tau(est, made->truth, NETWORKS) / SEEDS;
    f->acc_rms += squares[0] / NETWORKS / SEEDS;
    f->est_rms += squares[1] / NETWORKS / SEEDS;
    f->claimed += claim / NETWORKS / SEEDS;
    f->claimed_difference += claim_pairs / pairs / SEEDS;
}

static void nearer_to_the_truth(void **state)
{
    (void)state;
    static const struct {
        uint32_t n;
        double model, gain; /* of rank correlation, at least */
    } kind[] = {{200, 0, .1}, {200, .01, .07}, {200, .02, .03}, {50, .01, .15}, {2000, .02, 0}};
    for (size_t k = 0; k < sizeof kind / sizeof *kind; k++) {
        struct figures f = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct made made;
            make(&made, seed, kind[k].n, kind[k].model);
            look(&made, &f);
        }
        f.claimed /= f.est_rms;
        if (f.est_tau < f.acc_tau + kind[k].gain || f.est_rms > f.acc_rms)
            fail_msg("n %u, model %g: tau %.3f, of acc %.3f; square %.6f, of acc %.6f", kind[k].n,
                     kind[k].model, f.est_tau, f.acc_tau, f.est_rms, f.acc_rms);
        if (f.claimed < .7 || f.claimed > 1.4 || f.claimed_difference < .7 ||
            f.claimed_difference > 1.4)
            fail_msg("n %u, model %g: claims %.2f of its error, %.2f of a difference's", kind[k].n,
                     kind[k].model, f.claimed, f.claimed_difference);
    }
}

/* A choice_nll that tells nothing is not believed; one that tells the wrong way neither. */
static void without_a_line_it_is_acc(void **state)
{
    (void)state;
    struct made made;
    for (int kind = 0; kind < 5; kind++) {
        make(&made, 7, 200, .01);
        for (size_t i = 0; i < NETWORKS; i++) {
            double *nll = &made.row[i].value[OBJECTIVE_CHOICE_NLL];
            double turned = 1 + 4 * made.row[i].value[OBJECTIVE_ACC];
            *nll = kind == 0   ? 1.5
                   : kind == 1 ? NAN
                   : kind == 2 ? turned
                   : kind == 3 ? INFINITY
                               : *nll;
        }
        struct estimate estimate = estimate_of(&made, kind == 4 ? ESTIMATE_ROWS - 1 : NETWORKS);
        for (size_t i = 0; i < NETWORKS; i++) {
            assert_true(row_value(&made.row[i], OBJECTIVE_ACC_EST, &estimate) ==
                        made.row[i].value[OBJECTIVE_ACC]);
            assert_true(row_error(&made.row[i], OBJECTIVE_ACC_EST, &estimate) ==
                        made.row[i].standard_error);
        }
    }
    assert_true(row_value(&made.row[0], OBJECTIVE_ACC_EST, NULL) ==
                made.row[0].value[OBJECTIVE_ACC]);
}

/* Whatever a row holds: a number where acc is one, else none, and the line stays. */
static void odd_rows(void **state)
{
    (void)state;
    static const struct {
        double acc, nll, error;
        uint32_t n;
    } odd[] = {
        {0, 30, 0, 200},     {1, .01, 0, 200},   {.5, 2, 0, 0},          {.5, NAN, .03, 200},
        {.5, 2, NAN, 0},     {.5, 2, NAN, 200},  {0, INFINITY, 0, 1},    {1, 0, 0, 1},
        {.5, 1e300, .03, 9}, {.5, -1, .03, 200}, {.5, 2, INFINITY, 200}, {NAN, 2, .03, 200},
        {NAN, NAN, NAN, 0},
    };
    struct made made;
    make(&made, 3, 200, .01);
    struct estimate before = estimate_of(&made, NETWORKS);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct estimate after = before;
        struct row row = made.row[0];
        row.value[OBJECTIVE_ACC] = odd[i].acc;
        row.value[OBJECTIVE_CHOICE_NLL] = odd[i].nll;
        row.standard_error = odd[i].error;
        row.n = odd[i].n;
        estimate_add(&after, &row);
        double value = row_value(&row, OBJECTIVE_ACC_EST, &after);
        assert_true(isnan(odd[i].acc) ? isnan(value) : value >= 0 && value <= 1);
        for (size_t k = 0; k < NETWORKS; k++) {
            double one = row_value(&made.row[k], OBJECTIVE_ACC_EST, &after);
            if (!(fabs(one - row_value(&made.row[k], OBJECTIVE_ACC_EST, &before)) < .1))
                fail_msg("odd row %zu moves %zu to %g", i, k, one);
        }
    }
}

/* One at a time is what an archive gives at once, to the bit, and the archive may be cut. */
static void of_the_rows_seen(void **state)
{
    (void)state;
    struct made made;
    struct archive *archive;
    make(&made, 5, 100, .01);
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    for (size_t i = 0; i < NETWORKS; i++)
        assert_int_equal(archive_append(archive, &made.row[i], NULL), STATUS_OK);
    for (size_t rows = 0; rows <= NETWORKS; rows++) {
        struct estimate one = estimate_of(&made, rows), all = estimate_of_rows(archive, rows);
        assert_int_equal(all.rows, rows);
        assert_int_equal(all.fitted, rows >= ESTIMATE_ROWS);
        for (size_t i = 0; i < NETWORKS; i++)
            assert_true(row_value(&made.row[i], OBJECTIVE_ACC_EST, &one) ==
                        row_value(&made.row[i], OBJECTIVE_ACC_EST, &all));
    }
    archive_free(archive);
}

/* A network scored in stages counts once, with its last row; in whatever order rows come. */
static void superseded_rows_are_taken_out(void **state)
{
    (void)state;
    struct made made;
    struct archive *stages, *last;
    struct estimate followed = {0};
    make(&made, 13, 200, .01);
    assert_int_equal(archive_new(&stages, NULL), STATUS_OK);
    assert_int_equal(archive_new(&last, NULL), STATUS_OK);
    for (size_t pass = 0; pass < 3; pass++)
        for (size_t i = 0; i < NETWORKS; i++) {
            struct row row = made.row[i];
            row.id = (uint32_t)archive_count(stages);
            row.n = pass == 1 ? 200 : 20; /* the third time it counts no more */
            row.value[OBJECTIVE_ACC] = pass == 1 ? row.value[OBJECTIVE_ACC] : (double)i / NETWORKS;
            row.standard_error *= pass == 1 ? 1 : sqrt(10);
            assert_int_equal(archive_append(stages, &row, NULL), STATUS_OK);
            estimate_follow(&followed, stages, row.id);
            struct estimate all = estimate_of_rows(stages, archive_count(stages));
            assert_memory_equal(&followed.slope, &all.slope, sizeof all.slope);
            assert_int_equal(all.rows, pass == 0 ? i + 1 : NETWORKS);
            if (pass == 1)
                assert_int_equal(archive_append(last, &made.row[i], NULL), STATUS_OK);
        }
    struct estimate wanted = estimate_of_rows(last, NETWORKS);
    assert_true(wanted.fitted && followed.fitted);
    for (size_t i = 0; i < NETWORKS; i++)
        assert_true(fabs(row_value(&made.row[i], OBJECTIVE_ACC_EST, &followed) -
                         row_value(&made.row[i], OBJECTIVE_ACC_EST, &wanted)) < 1e-9);
    archive_free(stages);
    archive_free(last);
}

static void values_and_pins_see_it(void **state)
{
    (void)state;
    struct made made;
    struct pins pins;
    double value[OBJECTIVES];
    make(&made, 11, 100, .01);
    struct estimate estimate = estimate_of(&made, NETWORKS);
    const struct row *row = &made.row[4];
    double est = row_value(row, OBJECTIVE_ACC_EST, &estimate);
    assert_true(est != row->value[OBJECTIVE_ACC] && isnan(row->value[OBJECTIVE_ACC_EST]));
    row_values(row, &estimate, value);
    assert_true(value[OBJECTIVE_ACC_EST] == est);
    assert_true(value[OBJECTIVE_ACC] == row->value[OBJECTIVE_ACC]);
    assert_true(value[OBJECTIVE_BYTES] == row->value[OBJECTIVE_BYTES]);
    assert_int_equal(pins_parse("acc_est>=99%", NULL, &pins, NULL), STATUS_OK);
    assert_true(fabs(row_violation(row, &pins, &estimate) - (.99 - est) / .99) < 1e-12);
    assert_true(row_pin_violation(row, &pins.pin[0], &estimate) ==
                row_violation(row, &pins, &estimate));
    assert_int_equal(pins_parse("acc_est>=1%", NULL, &pins, NULL), STATUS_OK);
    assert_true(row_violation(row, &pins, &estimate) == 0);
}

static void difference_of(const struct made *made, size_t i, size_t k, enum objective objective,
                          double expected)
{
    double error = row_difference_error(&made->row[i], &made->row[k], objective, NULL);
    assert_true(fabs(error - expected) < 1e-12);
}

static void differences(void **state)
{
    (void)state;
    struct made made;
    make(&made, 2, 1000, .01);
    made.row[0].standard_error = .03;
    made.row[1].standard_error = .04;
    made.row[2].standard_error = NAN;
    difference_of(&made, 0, 1, OBJECTIVE_ACC, .05 * sqrt(ESTIMATE_OWN_SHARE));
    difference_of(&made, 1, 0, OBJECTIVE_ACC_EST, .05 * sqrt(ESTIMATE_OWN_SHARE));
    difference_of(&made, 0, 1, OBJECTIVE_BYTES, 0);
    difference_of(&made, 0, 2, OBJECTIVE_ACC, 0);
    made.row[1].n = 500; /* what the fewer have more of the questions' part does not cancel */
    difference_of(&made, 0, 1, OBJECTIVE_ACC,
                  sqrt(.0025 * ESTIMATE_OWN_SHARE + .0007 * (1 - ESTIMATE_OWN_SHARE)));
}

/* ---- the front within one standard error ---- */

static void expect_near(const double (*value)[3], size_t rows, const char *limits, const char *ids)
{
    static const enum objective two[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES};
    struct archive *archive;
    struct pins pins = {0};
    uint32_t *front, *near;
    size_t fronts, nears, feasible;
    char text[80] = "";
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    for (size_t i = 0; i < rows; i++) {
        struct row row = {.id = (uint32_t)i, .standard_error = value[i][2], .n = 200};
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        row.value[OBJECTIVE_ACC] = value[i][0];
        row.value[OBJECTIVE_BYTES] = value[i][1];
        snprintf(row.code.text, sizeof row.code.text, "8.%zu", i);
        assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
    }
    if (*limits != '\0')
        assert_int_equal(pins_parse(limits, NULL, &pins, NULL), STATUS_OK);
    assert_int_equal(
        front_of_rows(archive, rows, NULL, two, 2, &pins, &front, &fronts, &feasible, NULL),
        STATUS_OK);
    assert_int_equal(
        front_within_error(archive, rows, NULL, two, 2, &pins, front, fronts, &near, &nears, NULL),
        STATUS_OK);
    for (size_t i = 0; i < nears; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", i > 0 ? " " : "",
                 near[i]);
    assert_string_equal(text, ids);
    for (size_t i = 0; i < fronts; i++) { /* the strict front is part of it */
        bool found = false;
        for (size_t k = 0; k < nears; k++)
            found = found || near[k] == front[i];
        assert_true(found);
    }
    memory_free(front);
    memory_free(near);
    archive_free(archive);
}

static void the_front_within_one_error(void **state)
{
    (void)state;
    /* the error of a difference is .03 sqrt(2 * .49) = .0297 */
    static const double value[][3] = {
        {.50, 100, .03}, {.45, 80, .03}, {.48, 100, .03}, {.45, 101, .03}, {.44, 90, .03},
        {.40, 85, .03},  {NAN, 10, .03}, {.43, 80, .03},  {.45, 80, .03},
    };
    expect_near(value, 0, "", "");
    expect_near(value, 1, "", "0");
    expect_near(value, 3, "", "1 0 2");
    expect_near(value, 9, "", "1 7 8 4 0 2"); /* 3 and 5 are clearly worse, 8 equals 1 */
    expect_near(value, 9, "bytes<=95", "1 7 8 4");
    expect_near(value, 9, "bytes<=5", "1 7 8"); /* none within: of the least violating */
    static const double sure[][3] = {
        {.50, 100, NAN}, {.45, 80, NAN}, {.48, 100, NAN}, {.45, 80, NAN}};
    expect_near(sure, 4, "", "1 3 0"); /* no errors: the strict front and what equals it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nearer_to_the_truth),
        cmocka_unit_test(without_a_line_it_is_acc),
        cmocka_unit_test(odd_rows),
        cmocka_unit_test(of_the_rows_seen),
        cmocka_unit_test(superseded_rows_are_taken_out),
        cmocka_unit_test(values_and_pins_see_it),
        cmocka_unit_test(differences),
        cmocka_unit_test(the_front_within_one_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
