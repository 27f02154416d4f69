/* Predictors on the architecture problem: each model ranks networks that it has not seen; the
 * choice among them; linear algebra and rank correlation under them. */
#include "num/linalg.h"
#include "search/correlation.h"
#include "search/predictor.h"

#include "arch_problem.h"
#include "base/memory.h"
#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define NETWORKS 320

static struct {
    struct arch_shape shape;
    struct space flat, known; /* without and with block influence */
    struct arch_code code[NETWORKS];
    const struct arch_code *list[NETWORKS];
    double seen[NETWORKS], truth[NETWORKS], variance[NETWORKS], loss[NETWORKS], bytes[NETWORKS];
} world;

/* The full model, then ever more changes, in an order without a trend. */
static int open_networks(void **state)
{
    (void)state;
    struct rng rng;
    struct genome genome;
    const struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};
    const struct space_options flat = {.kind = SPACE_LAYERS},
                               known = {.kind = SPACE_LAYERS, .influence = arch_problem_influence};
    shape_build(&world.shape, &shape_smollm);
    assert_int_equal(space_init(&world.flat, &world.shape, &flat, NULL), STATUS_OK);
    assert_int_equal(space_init(&world.known, &world.shape, &known, NULL), STATUS_OK);
    rng_init(&rng, 1, "test", 0);
    for (size_t i = 0; i < NETWORKS; i++) {
        arch_code_full(&world.shape, &world.code[i]);
        space_project(&world.flat, &world.code[i], &genome);
        for (uint32_t changes = i == 0 ? 0 : 1 + rng_below(&rng, 16); changes > 0; changes--) {
            uint32_t gene = 1 + rng_below(&rng, 29); /* without layer 0 all is at chance */
            genome.gene[gene] = (uint8_t)rng_below(&rng, world.flat.choices[gene]);
        }
        space_decode(&world.flat, &genome, &world.code[i]);
        world.list[i] = &world.code[i];
        world.truth[i] = arch_problem_accuracy(&world.code[i]);
        world.seen[i] = arch_problem_seen(&world.code[i], 1);
        world.variance[i] = world.seen[i] * (1 - world.seen[i]) / ARCH_PROBLEM_QUESTIONS;
        world.loss[i] = 20 * exp(3 * (.5 - world.truth[i])); /* as a perplexity */
        world.bytes[i] = (double)arch_bytes(&world.shape, &world.code[i], &weights);
    }
    return 0;
}

static int close_networks(void **state)
{
    (void)state;
    arch_shape_release(&world.shape);
    return 0;
}

static struct predictor_data accuracies(size_t n)
{
    return (struct predictor_data){.space = &world.flat,
                                   .code = world.list,
                                   .value = world.seen,
                                   .variance = world.variance,
                                   .n = n,
                                   .maximise = true,
                                   .floor = ARCH_PROBLEM_CHANCE};
}

/* Kendall's tau over the networks from `first` on, and the mean difference. */
static double rank_unseen(const struct predictor *predictor, const double *truth, size_t first,
                          double *off)
{
    double mean[NETWORKS];
    *off = 0;
    for (size_t i = first; i < NETWORKS; i++) {
        mean[i] = predictor_mean(predictor, &world.code[i]);
        assert_true(isfinite(mean[i]));
        *off += fabs(mean[i] - truth[i]) / (double)(NETWORKS - first);
    }
    return kendall_tau(mean + first, truth + first, NETWORKS - first);
}

static struct predictor *fitted(const struct predictor_data *data, const char *name)
{
    struct predictor *predictor;
    struct error error = {0};
    if (predictor_fit(data, name, &predictor, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return predictor;
}

static void every_model_ranks_what_it_has_not_seen(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
        double least, off;
    } row[] = {
        {"layers", 60, .65, .02}, {"layers", 250, .75, .012}, {"ridge", 60, .4, .03},
        {"ridge", 250, .6, .012},  {"process", 60, .45, .03},  {"process", 250, .6, .02},
        {NULL, 250, .75, .012},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct predictor_data data = accuracies(row[i].n);
        struct predictor *predictor = fitted(&data, row[i].name);
        double off, tau = rank_unseen(predictor, world.truth, 250, &off);
        if (!(tau > row[i].least && off < row[i].off))
            fail_msg("%s of %zu networks: tau %g, off by %g", predictor_name(predictor), row[i].n,
                     tau, off);
        if (row[i].name != NULL)
            assert_string_equal(predictor_name(predictor), row[i].name);
        predictor_free(predictor);
    }
}

/* What is known of the layers tells before anything else is: from the full model's accuracy. */
static void influence_predicts_from_one_network(void **state)
{
    (void)state;
    static const char *const name[] = {"layers", NULL};
    for (size_t i = 0; i < 2; i++) {
        struct predictor_data data = accuracies(1);
        data.space = &world.known;
        struct predictor *predictor = fitted(&data, name[i]);
        double off, tau = rank_unseen(predictor, world.truth, 1, &off);
        assert_true(tau > .6);
        assert_true(isnan(predictor_correlation(predictor)));
        predictor_free(predictor);
    }
}

/* Layers whose importance lies in few neurons of the MLP or is spread, some with a single neuron
 * beside which the rest is nothing; a cut costs by the layer's influence what it takes of the rest.
 * That knowledge and the full model's accuracy rank networks better than influence alone. */
static void neurons_predict_from_one_network(void **state)
{
    (void)state;
    enum { CUTS = 200 };
    static struct arch_code code[CUTS];
    static const char *const name[] = {"layers", NULL};
    float beyond[30][8];
    double truth[CUTS], predicted[2][CUTS], variance = 0, tau[2];
    struct space space;
    struct rng rng;
    rng_init(&rng, 3, "test", 0);
    for (int l = 0; l < 30; l++)
        for (int k = 0; k < 8; k++)
            beyond[l][k] = (float)(pow(1 - k / 8.0, 1 + l % 4) * (k > 0 && l % 5 == 0 ? .001 : 1));
    for (size_t i = 0; i < CUTS; i++) {
        double loss = 0;
        arch_code_full(&world.shape, &code[i]);
        for (int l = 1; i > 0 && l < 30; l++) {
            int left = 4 + (int)rng_below(&rng, 5);
            code[i].text[l] = (char)('0' + left);
            loss += (double)arch_problem_influence[l] * pow((8 - left) / 7.0, 1 + l % 4);
        }
        truth[i] = ARCH_PROBLEM_CHANCE + .25 * exp(-loss);
    }
    const struct space_options options = {
        .kind = SPACE_LAYERS, .influence = arch_problem_influence, .beyond = beyond[0]};
    assert_int_equal(space_init(&space, &world.shape, &options, NULL), STATUS_OK);
    const struct arch_code *base = &code[0];
    struct predictor_data data = accuracies(1);
    data.code = &base;
    data.value = truth;
    data.variance = &variance;
    for (size_t m = 0; m < 2; m++) {
        for (int known = 0; known < 2; known++) {
            data.space = known ? &space : &world.known;
            struct predictor *predictor = fitted(&data, name[m]);
            for (size_t i = 1; i < CUTS; i++)
                predicted[known][i] = predictor_mean(predictor, &code[i]);
            predictor_free(predictor);
            tau[known] = kendall_tau(predicted[known] + 1, truth + 1, CUTS - 1);
        }
        if (!(tau[1] > tau[0] + .05))
            fail_msg("tau %.3f by influence alone, %.3f with the neurons", tau[0], tau[1]);
    }
}

static void a_loss_grows_and_sizes_are_linear(void **state)
{
    (void)state;
    struct predictor_data data = accuracies(200);
    double off, none[NETWORKS] = {0};
    data.maximise = false;
    data.floor = 0;
    data.variance = none;
    data.value = world.loss;
    struct predictor *predictor = fitted(&data, NULL);
    assert_true(rank_unseen(predictor, world.loss, 200, &off) > .85);
    assert_true(predictor_correlation(predictor) > .8);
    predictor_free(predictor);
    /* falls with what is missing although less is better: not what `layers` expects */
    data.value = world.bytes;
    predictor = fitted(&data, NULL);
    assert_true(rank_unseen(predictor, world.bytes, 200, &off) > .97);
    assert_string_not_equal(predictor_name(predictor), "layers");
    predictor_free(predictor);
}

static void samples_differ_and_have_the_mean_between_them(void **state)
{
    (void)state;
    static const char *const name[] = {"layers", "ridge", "process"};
    for (size_t i = 0; i < 3; i++) {
        struct predictor_data data = accuracies(100);
        struct predictor *predictor = fitted(&data, name[i]), *sample;
        struct rng rng;
        double mean = predictor_mean(predictor, &world.code[200]), sum = 0, square = 0;
        rng_init(&rng, 2, "test", 0);
        for (int k = 0; k < 200; k++) {
            assert_int_equal(predictor_sample(predictor, &rng, &sample, NULL), STATUS_OK);
            double off = predictor_mean(sample, &world.code[200]) - mean;
            sum += off / 200;
            square += off * off / 200;
            predictor_free(sample);
        }
        double deviation = sqrt(square);
        assert_true(deviation > .001 && deviation < .05);
        assert_true(fabs(sum) < deviation);
        predictor_free(predictor);
    }
}

static void one_fit_is_as_the_other(void **state)
{
    (void)state;
    struct predictor_data data = accuracies(120);
    struct predictor *a = fitted(&data, NULL), *b = fitted(&data, NULL);
    assert_string_equal(predictor_name(a), predictor_name(b));
    for (size_t i = 0; i < NETWORKS; i++)
        assert_memory_equal(&(double){predictor_mean(a, &world.code[i])},
                            &(double){predictor_mean(b, &world.code[i])}, sizeof(double));
    predictor_free(a);
    predictor_free(b);
}

static void equal_values_are_told(void **state)
{
    (void)state;
    double equal[NETWORKS], none[NETWORKS] = {0};
    struct predictor *predictor = NULL;
    struct predictor_data data = accuracies(40);
    for (size_t i = 0; i < NETWORKS; i++)
        equal[i] = .3;
    data.value = equal;
    data.variance = none;
    assert_int_equal(predictor_fit(&data, "ridge", &predictor, NULL), STATUS_FAILED);
    assert_null(predictor);
    assert_int_equal(predictor_fit(&data, "process", &predictor, NULL), STATUS_FAILED);
    assert_int_equal(predictor_fit(&data, "spline", &predictor, NULL), STATUS_INVALID);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    struct predictor_data data = accuracies(30);
    bool whole = false;
    for (unsigned long k = 1; k < 2000 && !whole; k++) {
        struct predictor *predictor = NULL;
        memory_fail_at(k);
        enum status status = predictor_fit(&data, NULL, &predictor, NULL);
        whole = status == STATUS_OK;
        if (!whole)
            assert_int_equal(status, STATUS_MEMORY);
        predictor_free(predictor);
    }
    memory_fail_at(0);
    assert_true(whole);
}

/* ---- what they stand on ---- */

static void cholesky_solves(void **state)
{
    (void)state;
    double rows[3][2] = {{1, 2}, {3, 4}, {5, 7}}, a[2][2] = {{1, 0}, {0, 1}}, b[2] = {1, 2};
    linalg_add_gram(rows[0], 3, 2, a[0]); /* 36 49; 49 70 */
    assert_float_equal(a[1][0], 49, 0);
    double whole[2][2] = {{a[0][0], a[1][0]}, {a[1][0], a[1][1]}};
    assert_int_equal(linalg_cholesky(a[0], 2, NULL), STATUS_OK);
    assert_float_equal(linalg_log_determinant(a[0], 2), log(36.0 * 70 - 49 * 49), 1e-12);
    linalg_solve(a[0], 2, b);
    assert_float_equal(linalg_dot(whole[0], b, 2), 1, 1e-9);
    assert_float_equal(linalg_dot(whole[1], b, 2), 2, 1e-9);
    double c[2] = {1, 2}; /* L L^T in its two halves */
    linalg_solve_lower(a[0], 2, c);
    linalg_solve_upper(a[0], 2, c);
    assert_float_equal(c[0], b[0], 1e-12);
    double indefinite[2][2] = {{1, 0}, {2, 1}};
    assert_int_equal(linalg_cholesky(indefinite[0], 2, NULL), STATUS_FAILED);
}

static void rank_correlations(void **state)
{
    (void)state;
    const double a[] = {1, 2, 3, 4, 5}, b[] = {1, 3, 2, 5, 4}, c[] = {5, 4, 3, 2, 1},
                 ties[] = {1, 1, 2, 2, 3}, nan[] = {1, NAN, 3, 4, 5}, flat[] = {1, 1, 1, 1, 1};
    assert_float_equal(kendall_tau(a, a, 5), 1, 0);
    assert_float_equal(kendall_tau(a, c, 5), -1, 0);
    assert_float_equal(kendall_tau(a, b, 5), .6, 1e-12);               /* 8 pairs of 10 agree */
    assert_true(fabs(kendall_tau(a, ties, 5) - 8 / sqrt(80)) < 1e-12); /* 8 / sqrt(10 * 8) */
    assert_float_equal(kendall_tau(a, nan, 5), 1, 0);
    assert_true(isnan(kendall_tau(a, flat, 5)) && isnan(kendall_tau(a, b, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_model_ranks_what_it_has_not_seen),
        cmocka_unit_test(influence_predicts_from_one_network),
        cmocka_unit_test(neurons_predict_from_one_network),
        cmocka_unit_test(a_loss_grows_and_sizes_are_linear),
        cmocka_unit_test(samples_differ_and_have_the_mean_between_them),
        cmocka_unit_test(one_fit_is_as_the_other),
        cmocka_unit_test(equal_values_are_told),
        cmocka_unit_test(no_memory_is_told),
        cmocka_unit_test(cholesky_solves),
        cmocka_unit_test(rank_correlations),
    };
    return cmocka_run_group_tests(tests, open_networks, close_networks);
}
