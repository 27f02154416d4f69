/* Products in bf16 and int8 against the naive f32 product, and whole sub-networks against f32.
 * Without oneDNN in the build: that they are refused, and with which words. */
#include "num/packed.h"

#include "base/memory.h"
#include "base/rng.h"
#include "model/forward.h"
#include "num/kernels.h"
#include "tiny_model.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fail_msg("%s", error->message);
    }
}

/* True when this build and processor have the precision; else the sentence must say what to do. */
static bool have(enum precision precision)
{
    struct error error = {0};
    enum precision parsed = PRECISION_F32;
    if (precision_parse(precision_name(precision), &parsed, &error) == STATUS_OK) {
        assert_int_equal(parsed, precision);
        return true;
    }
    assert_non_null(strstr(error.message, precision_name(precision)));
#ifdef HAVE_DNNL
    assert_non_null(strstr(error.message, "AVX-512"));
#else
    assert_non_null(strstr(error.message, "libdnnl-dev"));
#endif
    print_message("SKIPPED: %s\n", error.message);
    return false;
}

static void test_names(void **state)
{
    (void)state;
    struct error error = {0};
    enum precision precision = PRECISION_INT8;
    assert_int_equal(precision_parse("F32", &precision, &error), STATUS_OK);
    assert_int_equal(precision, PRECISION_F32);
    assert_int_equal(precision_parse("f16", &precision, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "f32, bf16, int8"));
#ifndef HAVE_DNNL
    struct packed_matrix *matrix = NULL;
    float w = 1.0F;
    assert_false(have(PRECISION_BF16));
    assert_false(have(PRECISION_INT8));
    assert_int_equal(packed_matrix_new(PRECISION_INT8, 1, 1, &w, 1, &matrix, &error),
                     STATUS_INVALID);
    assert_null(matrix);
#endif
}

static float *normals(size_t n, uint64_t index)
{
    struct rng rng;
    float *x = memory_new(n, sizeof *x, NULL);
    rng_init(&rng, 11, "test_packed", index);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)rng_normal(&rng);
    }
    return x;
}

struct product {
    size_t m, n, k, ldx, ldw, ldy;
    float *x, *w, *y;
};

static struct product product_new(size_t m, size_t n, size_t k)
{
    struct product p = {.m = m, .n = n, .k = k, .ldx = k + 3, .ldw = k + 5, .ldy = n + 2};
    p.x = normals(m * p.ldx, 1);
    p.w = normals(n * p.ldw, 2);
    p.y = normals(m * p.ldy, 3);
    return p;
}

static void product_release(struct product *p)
{
    memory_free(p->x);
    memory_free(p->w);
    memory_free(p->y);
}

static void multiply(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                     const struct product *p, size_t m, float beta, float *y)
{
    struct error error = {0};
    memcpy(y, p->y, p->m * p->ldy * sizeof *y);
    ok(packed_product(scratch, matrix, 0, p->n, m, p->x, p->ldx, beta, y, p->ldy, &error), &error);
}

/* Largest difference to the f32 product in units of sqrt(k), its standard deviation. Rounding to
 * bf16 errs by at most 2^-8 relative (uniformly: 2^-8/sqrt(3)/... a factor), int8 by half of
 * 1/127 of the row's largest. Also: nothing is written beside the product. */
static double worst_of(const struct product *p, const float *y, const float *expected)
{
    double worst = 0.0;
    for (size_t i = 0; i < p->m * p->ldy; i++) {
        double difference = fabs((double)y[i] - (double)expected[i]) / sqrt((double)p->k);
        worst = difference > worst ? difference : worst;
        if (i % p->ldy >= p->n) {
            assert_true(y[i] == p->y[i]);
        }
    }
    return worst;
}

static void check_shape(enum precision precision, size_t m, size_t n, size_t k, double tolerance)
{
    struct error error = {0};
    struct packed_matrix *matrix = NULL;
    struct packed_scratch *scratch = NULL;
    struct product p = product_new(m, n, k);
    size_t bytes = m * p.ldy * sizeof(float);
    float *y = memory_new(1, bytes, NULL), *again = memory_new(1, bytes, NULL);
    float *expected = memory_new(1, bytes, NULL);
    ok(packed_matrix_new(precision, n, k, p.w, p.ldw, &matrix, &error), &error);
    ok(packed_scratch_new(&scratch, &error), &error);
    assert_true(packed_matrix_bytes(matrix) >= n * k);
    for (int beta = 0; beta <= 1; beta++) {
        memcpy(expected, p.y, bytes);
        ref_gemm_nt(m, n, k, p.x, p.ldx, p.w, p.ldw, (float)beta, expected, p.ldy);
        multiply(scratch, matrix, &p, m, (float)beta, y);
        double worst = worst_of(&p, y, expected);
        if (!(worst < tolerance)) {
            fail_msg("%s %zu x %zu x %zu beta %d: off by %.3g of sqrt(k)",
                     precision_name(precision), m, n, k, beta, worst);
        }
        multiply(scratch, matrix, &p, m, (float)beta, again);
        assert_memory_equal(y, again, bytes);
        /* A row's result does not depend on how many there are. */
        multiply(scratch, matrix, &p, (m + 1) / 2, (float)beta, again);
        for (size_t r = 0; r < (m + 1) / 2; r++) {
            assert_memory_equal(y + r * p.ldy, again + r * p.ldy, n * sizeof *y);
        }
    }
    packed_scratch_free(scratch);
    packed_matrix_free(matrix);
    product_release(&p);
    memory_free(y);
    memory_free(again);
    memory_free(expected);
}

static void check_shapes(enum precision precision, double tolerance)
{
    static const size_t rows[] = {1, 2, 5, 15, 17, 127, 128, 129, 300};
    static const size_t sizes[][2] = {{1, 1},      {3, 7},     {5, 64},   {16, 33},
                                      {31, 576},   {64, 2},    {100, 96}, {192, 65},
                                      {1024, 200}, {1025, 37}, {2100, 64}};
    if (!have(precision)) {
        return;
    }
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
            check_shape(precision, rows[r], sizes[s][0], sizes[s][1], tolerance);
        }
    }
}

static void test_bf16(void **state)
{
    (void)state;
    check_shapes(PRECISION_BF16, 0.03);
}

static void test_int8(void **state)
{
    (void)state;
    check_shapes(PRECISION_INT8, 0.12);
}

/* Panels of a matrix one by one, as the output head does it, give what the whole gives. */
static void test_panels(void **state)
{
    (void)state;
    for (int i = PRECISION_BF16; i < PRECISIONS; i++) {
        struct error error = {0};
        struct packed_matrix *matrix = NULL;
        struct packed_scratch *scratch = NULL;
        if (!have((enum precision)i)) {
            continue;
        }
        struct product p = product_new(20, 2500, 48);
        float *y = memory_new(p.m * p.ldy, sizeof *y, NULL);
        float *part = memory_new(p.m * PACKED_PANEL, sizeof *part, NULL);
        ok(packed_matrix_new((enum precision)i, p.n, p.k, p.w, p.ldw, &matrix, &error), &error);
        ok(packed_scratch_new(&scratch, &error), &error);
        multiply(scratch, matrix, &p, p.m, 0.0F, y);
        for (size_t first = 0; first < p.n; first += PACKED_PANEL) {
            size_t count = p.n - first < PACKED_PANEL ? p.n - first : PACKED_PANEL;
            ok(packed_product(scratch, matrix, first, count, p.m, p.x, p.ldx, 0.0F, part,
                              PACKED_PANEL, &error),
               &error);
            for (size_t r = 0; r < p.m; r++) {
                assert_memory_equal(part + r * PACKED_PANEL, y + r * p.ldy + first,
                                    count * sizeof *y);
            }
        }
        packed_scratch_free(scratch);
        packed_matrix_free(matrix);
        product_release(&p);
        memory_free(y);
        memory_free(part);
    }
}

/* Values that int8 holds exactly come out exactly; a row of zeros, and one that is not finite. */
static void test_values(void **state)
{
    (void)state;
    for (int i = PRECISION_BF16; i < PRECISIONS; i++) {
        struct error error = {0};
        struct packed_matrix *matrix = NULL;
        struct packed_scratch *scratch = NULL;
        float w[2][3] = {{127, -1, 4}, {0, 0, 0}}, x[4][3] = {{0, 255, 3}, {0}, {1, NAN, 1}, {0}};
        float y[4][2];
        x[3][1] = INFINITY;
        if (!have((enum precision)i)) {
            continue;
        }
        ok(packed_matrix_new((enum precision)i, 2, 3, &w[0][0], 3, &matrix, &error), &error);
        ok(packed_scratch_new(&scratch, &error), &error);
        ok(packed_product(scratch, matrix, 0, 2, 4, &x[0][0], 3, 0.0F, &y[0][0], 2, &error),
           &error);
        assert_true(fabs((double)y[0][0] + 243.0) < 1e-3 && y[0][1] == 0.0F);
        assert_true(y[1][0] == 0.0F && y[1][1] == 0.0F);
        assert_true(isnan(y[2][0]) && !isfinite(y[3][0]));
        packed_scratch_free(scratch);
        packed_matrix_free(matrix);
    }
}

/* ---- sub-networks ---- */

#define TOKENS 150

static struct supernet *open_tiny(const struct tiny_recipe *recipe)
{
    char path[256];
    struct supernet *supernet = NULL;
    struct error error = {0};
    tiny_path("packed", path);
    tiny_write(recipe, path);
    ok(supernet_open(path, &supernet, &error), &error);
    remove(path);
    return supernet;
}

struct scoring {
    struct supernet *supernet;
    const char *code;
    enum precision precision;
    float loglik[TOKENS - 1];
    enum status status;
};

static void *score(void *argument)
{
    struct scoring *s = argument;
    struct error error = {0};
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct forward_scratch *scratch = NULL;
    int32_t token[TOKENS];
    struct forward_target target[TOKENS - 1];
    const struct forward_segment segment = {-1, 0, TOKENS};
    for (uint32_t i = 0; i < TOKENS; i++) {
        token[i] = (int32_t)((i * 37 + i * i) % TINY_VOCABULARY);
    }
    for (uint32_t i = 0; i + 1 < TOKENS; i++) {
        target[i] = (struct forward_target){i, token[i + 1]};
    }
    const struct forward_batch batch = {token, TOKENS, &segment, 1, target, TOKENS - 1, 0};
    if ((s->status = arch_code_parse(supernet_shape(s->supernet), s->code, &code, &error)) ==
            STATUS_OK &&
        (s->status = subnet_new_precision(s->supernet, &code, NULL, s->precision, &subnet,
                                          &error)) == STATUS_OK &&
        (s->status = forward_scratch_new(&scratch, &error)) == STATUS_OK) {
        s->status = forward_score(subnet, scratch, &batch, s->loglik, &error);
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
    return NULL;
}

static void check_network(const struct tiny_recipe *recipe, const char *code,
                          enum precision precision, double tolerance)
{
    struct supernet *supernet = open_tiny(recipe);
    struct scoring exact = {.supernet = supernet, .code = code, .precision = PRECISION_F32};
    struct scoring low[2] = {{.supernet = supernet, .code = code, .precision = precision},
                             {.supernet = supernet, .code = code, .precision = precision}};
    pthread_t thread[2];
    double worst = 0.0;
    for (int i = 0; i < 2; i++) { /* packing and scoring at the same time */
        assert_int_equal(pthread_create(&thread[i], NULL, score, &low[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(thread[i], NULL);
    }
    score(&exact);
    assert_int_equal(exact.status, STATUS_OK);
    assert_int_equal(low[0].status, STATUS_OK);
    assert_int_equal(low[1].status, STATUS_OK);
    assert_memory_equal(low[0].loglik, low[1].loglik, sizeof exact.loglik);
    for (int i = 0; i + 1 < TOKENS; i++) {
        worst = fmax(worst, fabs((double)low[0].loglik[i] - (double)exact.loglik[i]));
    }
    print_message("%s %s: log-likelihoods off by %.3g at most\n", precision_name(precision), code,
                  worst);
    assert_true(worst > 0.0 && worst < tolerance);
    supernet_close(supernet);
}

static void test_networks(void **state)
{
    (void)state;
    static const double tolerance[PRECISIONS] = {0.0, 0.1, 0.3};
    static const struct tiny_recipe recipe = {.layers = 4,
                                              .hidden = 64,
                                              .head_size = 16,
                                              .heads = {4, 4, 4, 4},
                                              .kv_heads = {2, 2, 2, 2},
                                              .width = {256, 256, 256, 256},
                                              .untied = true,
                                              .biases = true,
                                              .matrix = WEIGHT_Q8_0,
                                              .seed = 5};
    for (int i = PRECISION_BF16; i < PRECISIONS; i++) {
        if (have((enum precision)i)) {
            check_network(&tiny_llama, "8888", (enum precision)i, tolerance[i]);
            check_network(&recipe, "8888", (enum precision)i, tolerance[i]);
            check_network(&recipe, "4h.0", (enum precision)i, tolerance[i]);
        }
    }
}

/* One supernet in turn at several widths and precisions: each keeps its own packed weights, and f32
 * is what it was. A failed allocation is an error like others. */
static void test_cache(void **state)
{
    (void)state;
    struct supernet *supernet = open_tiny(&tiny_llama);
    struct scoring before = {.supernet = supernet, .code = "8484", .precision = PRECISION_F32};
    score(&before);
    for (int i = PRECISION_BF16; i < PRECISIONS; i++) {
        if (!have((enum precision)i)) {
            continue;
        }
        struct scoring one = {.supernet = supernet, .code = "8484", .precision = (enum precision)i};
        struct scoring other = one, again = one;
        other.code = "4848";
        for (unsigned long k = 1; k < 60; k += 7) {
            memory_fail_at(k);
            score(&one);
            assert_true(one.status == STATUS_MEMORY || one.status == STATUS_OK);
        }
        memory_fail_at(0);
        score(&one);
        score(&other);
        score(&again);
        assert_int_equal(one.status, STATUS_OK);
        assert_memory_equal(one.loglik, again.loglik, sizeof one.loglik);
        assert_memory_not_equal(one.loglik, other.loglik, sizeof one.loglik);
    }
    struct scoring after = before;
    score(&after);
    assert_memory_equal(before.loglik, after.loglik, sizeof after.loglik);
    supernet_close(supernet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),  cmocka_unit_test(test_bf16),
        cmocka_unit_test(test_int8),   cmocka_unit_test(test_panels),
        cmocka_unit_test(test_values), cmocka_unit_test(test_networks),
        cmocka_unit_test(test_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
