/* Kernels against their naive twins, over lengths on both sides of a register. */
#include "num/gemm.h"
#include "num/kernels.h"

#include "base/memory.h"
#include "base/rng.h"

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MOST 640

static const size_t lengths[] = {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 100, 576, 639};
#define LENGTHS (sizeof lengths / sizeof *lengths)

static void fill(float *x, size_t n, uint64_t index, double scale)
{
    struct rng rng;
    rng_init(&rng, 7, "test_num", index);
    for (size_t i = 0; i < n; i++) {
        x[i] = (float)(scale * rng_normal(&rng));
    }
}

static void assert_close(const float *a, const float *b, size_t n, double relative)
{
    for (size_t i = 0; i < n; i++) {
        double difference = fabs((double)a[i] - (double)b[i]);
        double allowed = relative * (1e-3 + fabs((double)b[i]));
        if (!(difference <= allowed)) {
            fail_msg("element %zu: %.9g, expected %.9g", i, (double)a[i], (double)b[i]);
        }
    }
}

static void test_rms_norm(void **state)
{
    (void)state;
    float x[MOST], w[MOST], y[MOST], expected[MOST];
    for (size_t i = 0; i < LENGTHS; i++) {
        fill(x, MOST, i, 3.0);
        fill(w, MOST, i + 100, 1.0);
        ref_rms_norm(expected, x, w, lengths[i], 1e-5F);
        kernel_rms_norm(y, x, w, lengths[i], 1e-5F);
        assert_close(y, expected, lengths[i], 1e-5);
        kernel_rms_norm(x, x, w, lengths[i], 1e-5F);
        assert_memory_equal(x, y, lengths[i] * sizeof *x);
    }
}

static void test_silu(void **state)
{
    (void)state;
    float gate[MOST], up[MOST], expected[MOST];
    for (size_t i = 0; i < LENGTHS; i++) {
        fill(gate, MOST, i, 8.0);
        fill(up, MOST, i + 100, 1.0);
        memcpy(expected, gate, sizeof gate);
        float beyond = gate[lengths[i]];
        ref_silu_multiply(expected, up, lengths[i]);
        kernel_silu_multiply(gate, up, lengths[i]);
        assert_close(gate, expected, lengths[i], 1e-5);
        assert_true(gate[lengths[i]] == beyond);
    }
    float extreme[4] = {-1000.0F, 1000.0F, NAN, -INFINITY}, one[4] = {1.0F, 1.0F, 1.0F, 1.0F};
    kernel_silu_multiply(extreme, one, 4);
    assert_true(fabs((double)extreme[0]) < 1e-30);
    assert_true(extreme[1] == 1000.0F);
    assert_true(isnan(extreme[2]));
}

static void test_softmax(void **state)
{
    (void)state;
    float x[MOST], expected[MOST];
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t n = lengths[i];
        fill(x, MOST, i, 20.0);
        memcpy(expected, x, sizeof x);
        float beyond = x[n], maximum = kernel_maximum(x, n);
        assert_true(maximum == ref_maximum(x, n));
        float sum = kernel_softmax_exp(x, n, 0.125F, maximum);
        float expected_sum = ref_softmax_exp(expected, n, 0.125F, maximum);
        assert_close(x, expected, n, 1e-5);
        assert_true(fabs((double)(sum - expected_sum)) <= 1e-5 * (double)expected_sum);
        assert_true(x[n] == beyond);
    }
    float far[3] = {0.0F, -1e30F, -200.0F};
    assert_true(fabs((double)kernel_softmax_exp(far, 3, 1.0F, 0.0F) - 1.0) < 1e-6);
}

/* exp alone, finely, over the range that a softmax meets. */
static void test_exp_accuracy(void **state)
{
    (void)state;
    double worst = 0.0;
    for (int i = 0; i < 870000; i += 5) {
        float x = (float)(-i * 1e-4);
        double exact = exp((double)x);
        kernel_softmax_exp(&x, 1, 1.0F, 0.0F);
        worst = fmax(worst, fabs((double)x - exact) / exact);
    }
    print_message("exp: worst relative error %.2g\n", worst);
    assert_true(worst < 1e-6);
}

static void test_rope(void **state)
{
    (void)state;
    float x[MOST], expected[MOST], table[4 * MOST];
    for (size_t pairs = 1; pairs <= 100; pairs += 3) {
        fill(x, MOST, pairs, 1.0);
        memcpy(expected, x, sizeof x);
        for (size_t i = 0; i < pairs; i++) {
            double angle = 0.37 * (double)i + 0.1;
            table[2 * i] = table[2 * i + 1] = (float)cos(angle);
            table[2 * pairs + 2 * i + 1] = (float)sin(angle);
            table[2 * pairs + 2 * i] = -(float)sin(angle);
        }
        ref_rope(expected, table, pairs);
        kernel_rope(x, table, pairs);
        assert_close(x, expected, MOST, 1e-4);
    }
}

static void test_small_kernels(void **state)
{
    (void)state;
    float x[MOST], y[MOST], before[MOST];
    double squares[MOST];
    for (size_t i = 0; i < LENGTHS; i++) {
        size_t n = lengths[i];
        fill(x, MOST, i, 1.0);
        fill(y, MOST, i + 50, 1.0);
        assert_true(fabs(kernel_dot(x, y, n) - ref_dot(x, y, n)) < 1e-4);
        memset(squares, 0, sizeof squares);
        kernel_add_squares(squares, x, n);
        kernel_add_squares(squares, x, n);
        assert_true(fabs(squares[n - 1] - 2.0 * (double)x[n - 1] * (double)x[n - 1]) < 1e-9);
        memcpy(before, y, sizeof y);
        kernel_scale_copy(y, x, 0.5F, n);
        assert_true(y[n - 1] == 0.5F * x[n - 1] && y[n] == before[n]);
    }
    float rows[3 * 20], bias[17];
    fill(rows, 60, 1, 1.0);
    fill(bias, 17, 2, 1.0);
    float last = rows[2 * 20 + 16], gap = rows[2 * 20 + 17];
    kernel_add_bias(rows, 20, bias, 3, 17);
    assert_true(rows[2 * 20 + 16] == last + bias[16]);
    assert_true(rows[2 * 20 + 17] == gap);
}

static void test_gemm(void **state)
{
    (void)state;
    static const size_t sizes[][3] = {{1, 1, 1},    {1, 33, 64},   {2, 5, 64},    {3, 64, 7},
                                      {75, 41, 64}, {64, 100, 96}, {130, 70, 200}};
    static float x[200 * 220], w[200 * 220], y[200 * 220], expected[200 * 220];
    assert_non_null(gemm_kernel());
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t m = sizes[i][0], n = sizes[i][1], k = sizes[i][2];
        for (int beta = 0; beta <= 1; beta++) {
            fill(x, sizeof x / sizeof *x, i, 1.0);
            fill(w, sizeof w / sizeof *w, i + 10, 1.0);
            fill(y, sizeof y / sizeof *y, i + 20, 1.0);
            memcpy(expected, y, sizeof y);
            gemm_nt(m, n, k, x, k + 3, w, k + 5, (float)beta, y, n + 2);
            ref_gemm_nt(m, n, k, x, k + 3, w, k + 5, (float)beta, expected, n + 2);
            assert_close(y, expected, m * (n + 2), 2e-2); /* relative to sums that may cancel */
            gemm_nn(m, n, k, 0.5F, x, k, w, n + 1, (float)beta, y, n);
            ref_gemm_nn(m, n, k, 0.5F, x, k, w, n + 1, (float)beta, expected, n);
            assert_close(y, expected, m * n, 2e-2);
        }
    }
}

static void *multiply_elsewhere(void *argument)
{
    float x[21] = {0}, w[12] = {0}, y[28];
    (void)argument;
    gemm_nt(7, 4, 3, x, 3, w, 3, 0.0F, y, 4);
    return NULL;
}

/* Of every thread, while it is on, and no more than there is room for. */
static void test_record(void **state)
{
    (void)state;
    float x[64] = {0}, w[64] = {0}, y[64];
    struct gemm_record *records = NULL;
    struct error error = {0};
    pthread_t thread;
    gemm_nt(2, 3, 4, x, 4, w, 4, 0.0F, y, 3);
    assert_int_equal(gemm_record_start(3, &error), STATUS_OK);
    gemm_nt(2, 3, 4, x, 4, w, 4, 0.0F, y, 3);
    gemm_nn(5, 2, 3, 1.0F, x, 3, w, 2, 0.0F, y, 2);
    assert_int_equal(pthread_create(&thread, NULL, multiply_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    gemm_nt(2, 3, 4, x, 4, w, 4, 0.0F, y, 3);
    assert_int_equal(gemm_record_stop(&records), 4);
    gemm_nt(2, 3, 4, x, 4, w, 4, 0.0F, y, 3);
    assert_true(records[0].m == 2 && records[0].n == 3 && records[0].k == 4);
    assert_true(records[0].transposed && !records[1].transposed && records[1].m == 5);
    assert_true(records[2].m == 7 && records[2].seconds >= 0 && !records[2].packed);
    memory_free(records);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rms_norm), cmocka_unit_test(test_silu),
        cmocka_unit_test(test_softmax),  cmocka_unit_test(test_exp_accuracy),
        cmocka_unit_test(test_rope),     cmocka_unit_test(test_small_kernels),
        cmocka_unit_test(test_gemm),     cmocka_unit_test(test_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
