/* num/quant: every block decodes to the bits that the layout's definition gives, and encoding is no
 * less exact than the plain rounding of ggml's reference encoders, block by block. The definitions
 * here are written a second time, element by element, from the description of the formats. */
#include "num/quant.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 32, K_BLOCK = 256, BLOCKS = 67, VALUES = BLOCKS * BLOCK };

static const enum weight_type block_types[] = {WEIGHT_Q8_0, WEIGHT_Q5_1, WEIGHT_Q5_0, WEIGHT_Q4_1,
                                               WEIGHT_Q4_0};
enum { BLOCK_TYPES = sizeof block_types / sizeof *block_types };

/* ---- the layouts, element by element ---- */

static double half(const uint8_t *at)
{
    const unsigned bits = at[0] | (unsigned)at[1] << 8;
    const int exponent = (int)(bits >> 10 & 31), mantissa = (int)(bits & 1023);
    const double size =
        exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);
    return bits & 0x8000 ? -size : size;
}

static int bit(const uint8_t *bytes, int i)
{
    return bytes[i / 8] >> (i % 8) & 1;
}

static int nibble(const uint8_t *bytes, int i) /* elements i and i + 16 share a byte */
{
    return i < 16 ? bytes[i] & 15 : bytes[i - 16] >> 4;
}

/* Scale or minimum `j` of Q4_K's and Q5_K's 12 bytes. */
static int six_bits(const uint8_t *q, int j, bool minimum)
{
    const int k = minimum ? j + 4 : j;
    if (j < 4)
        return q[k] & 63;
    return (minimum ? q[j + 4] >> 4 : q[j + 4] & 15) | (q[minimum ? j : j - 4] >> 6) << 4;
}

static double element(enum weight_type type, const uint8_t *b, int i)
{
    switch (type) {
    case WEIGHT_Q8_0:
        return half(b) * (int8_t)b[2 + i];
    case WEIGHT_Q5_1:
        return half(b) * (nibble(b + 8, i) + 16 * bit(b + 4, i)) + half(b + 2);
    case WEIGHT_Q5_0:
        return half(b) * (nibble(b + 6, i) + 16 * bit(b + 2, i) - 16);
    case WEIGHT_Q4_1:
        return half(b) * nibble(b + 4, i) + half(b + 2);
    case WEIGHT_Q4_0:
        return half(b) * (nibble(b + 2, i) - 8);
    case WEIGHT_Q4_K:
    case WEIGHT_Q5_K: {
        const bool five = type == WEIGHT_Q5_K;
        const int j = i / 32, l = i % 32;
        const uint8_t byte = b[(five ? 48 : 16) + 32 * (j / 2) + l];
        int q = j % 2 ? byte >> 4 : byte & 15;
        if (five)
            q += 16 * (b[16 + l] >> j & 1);
        return half(b) * six_bits(b + 4, j, false) * q - half(b + 2) * six_bits(b + 4, j, true);
    }
    default: { /* Q6_K */
        const int n = i / 128, part = i % 128 / 32, l = i % 32;
        const uint8_t low = b[64 * n + l + 32 * (part % 2)], high = b[128 + 32 * n + l];
        const int q = (part < 2 ? low & 15 : low >> 4) + 16 * (high >> (2 * part) & 3);
        return half(b + 208) * (int8_t)b[192 + 8 * n + l / 16 + 2 * part] * (q - 32);
    }
    }
}

static void every_block_decodes_to_its_definition(void **state)
{
    static const enum weight_type types[] = {WEIGHT_Q8_0, WEIGHT_Q5_1, WEIGHT_Q5_0, WEIGHT_Q4_1,
                                             WEIGHT_Q4_0, WEIGHT_Q4_K, WEIGHT_Q5_K, WEIGHT_Q6_K};
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "test_quant", 0);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        const struct weight_type_info *info = weight_type_by_id((uint32_t)types[t]);
        for (int round = 0; round < 200; round++) {
            uint8_t block[256];
            float value[K_BLOCK];
            for (uint32_t i = 0; i < info->block_bytes; i++)
                block[i] = (uint8_t)rng_below(&rng, 256);
            /* scales must be finite: the exponent's bits not all set */
            block[1] &= 0xBF;
            block[3] &= 0xBF;
            block[info->block_bytes - 1] &= 0xBF;
            quant_decode(types[t], block, value, info->block);
            for (int i = 0; i < (int)info->block; i++) {
                const float expected = (float)element(types[t], block, i);
                if (value[i] != expected)
                    fail_msg("%s: element %d is %a, expected %a", info->name, i, (double)value[i],
                             (double)expected);
            }
        }
    }
}

/* ---- plain rounding, as ggml's reference encoders do it ---- */

static float rounded_to_half(float x)
{
    uint8_t code[2];
    float value;
    quant_encode(WEIGHT_F16, &x, code, 1);
    quant_decode(WEIGHT_F16, code, &value, 1);
    return value;
}

static double clamped(double q, int most)
{
    return q < 0 ? 0 : q > most ? most : floor(q);
}

/* Squared error of one block. */
static double plain_error(enum weight_type type, const float *x)
{
    float extreme = 0, least = x[0], most = x[0];
    double sum = 0;
    for (int i = 0; i < BLOCK; i++) {
        extreme = fabsf(x[i]) > fabsf(extreme) ? x[i] : extreme;
        least = fminf(least, x[i]);
        most = fmaxf(most, x[i]);
    }
    const bool five = type == WEIGHT_Q5_0 || type == WEIGHT_Q5_1;
    const bool line = type == WEIGHT_Q4_1 || type == WEIGHT_Q5_1;
    const int top = five ? 31 : 15, middle = five ? 16 : 8;
    const float d = type == WEIGHT_Q8_0 ? fabsf(extreme) / 127
                    : line              ? (most - least) / (float)top
                                        : extreme / -(float)middle;
    const float by = d != 0 ? 1 / d : 0;
    for (int i = 0; i < BLOCK; i++) {
        double back;
        if (type == WEIGHT_Q8_0)
            back = rounded_to_half(d) * round(x[i] * by);
        else if (line)
            back = rounded_to_half(d) * clamped((x[i] - least) * by + 0.5F, top) +
                   rounded_to_half(least);
        else
            back = rounded_to_half(d) * (clamped(x[i] * by + (float)middle + 0.5F, top) - middle);
        sum += (x[i] - back) * (x[i] - back);
    }
    return sum;
}

/* Blocks of several kinds: normal, with an outlier, away from 0, of one sign, of very small and
 * very large numbers, constant. */
static void fill(struct rng *rng, float *x)
{
    for (int b = 0; b < BLOCKS; b++)
        for (int i = 0; i < BLOCK; i++) {
            float v = 0.02F * (float)rng_normal(rng);
            v = b % 8 == 1 && i == 5 ? 9 * v : v;
            v = b % 8 == 2 ? v + 0.3F : v;
            v = b % 8 == 3 ? fabsf(v) : v;
            v = b % 8 == 4 ? 1e-4F * v : v;
            v = b % 8 == 5 ? 1e4F * v : v;
            v = b % 8 == 6 && b % 16 > 8 ? 0.125F : v;
            x[b * BLOCK + i] = v;
        }
}

static double error_of(const float *x, const float *y)
{
    double sum = 0;
    for (int i = 0; i < BLOCK; i++)
        sum += ((double)x[i] - y[i]) * ((double)x[i] - y[i]);
    return sum;
}

static void no_block_is_less_exact_than_plain_rounding(void **state)
{
    /* what normal numbers gain at least, all blocks together */
    static const double most[BLOCK_TYPES] = {0.92, 0.79, 0.91, 0.82, 0.90};
    static float x[VALUES], y[VALUES];
    static uint8_t code[VALUES * 2];
    struct rng rng;
    (void)state;
    for (int t = 0; t < BLOCK_TYPES; t++) {
        double ours = 0, theirs = 0;
        rng_init(&rng, 2, "test_quant", 0);
        for (int round = 0; round < 20; round++) {
            fill(&rng, x);
            assert_int_equal(quant_encode(block_types[t], x, code, VALUES), 0);
            quant_decode(block_types[t], code, y, VALUES);
            for (int b = 0; b < BLOCKS; b++) {
                const double error = error_of(x + b * BLOCK, y + b * BLOCK);
                const double plain = plain_error(block_types[t], x + b * BLOCK);
                if (!(error <= plain * 1.0001 + 1e-20))
                    fail_msg("%s: block %d has a squared error of %g, plain rounding %g",
                             weight_type_name(block_types[t]), b, error, plain);
                ours += b % 8 == 0 ? error : 0;
                theirs += b % 8 == 0 ? plain : 0;
            }
        }
        if (!(ours <= most[t] * theirs))
            fail_msg("%s: squared error %.4f of plain rounding's, expected %.2f at most",
                     weight_type_name(block_types[t]), ours / theirs, most[t]);
    }
}

/* A cut matrix is encoded whole and used in part: a block must not depend on its neighbours. */
static void a_block_does_not_depend_on_its_neighbours(void **state)
{
    static float x[VALUES];
    static uint8_t together[VALUES * 2], alone[64];
    struct rng rng;
    (void)state;
    rng_init(&rng, 3, "test_quant", 0);
    fill(&rng, x);
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const uint32_t bytes = weight_type_by_id((uint32_t)block_types[t])->block_bytes;
        quant_encode(block_types[t], x, together, VALUES);
        for (uint32_t b = 0; b < BLOCKS; b++) {
            quant_encode(block_types[t], x + b * BLOCK, alone, BLOCK);
            assert_memory_equal(together + b * bytes, alone, bytes);
        }
    }
}

/* ---- what a type cannot hold ---- */

static void what_a_block_cannot_hold_is_counted(void **state)
{
    static const struct {
        float value;
        size_t beyond; /* 1 in all types with blocks */
        float back;    /* about; NAN: finite, whatever */
    } row[] = {
        {NAN, 1, 0},      {INFINITY, 1, 0},  {-INFINITY, 1, 0},       {1e30F, 1, NAN},
        {-3e38F, 1, NAN}, {1e-40F, 0, 0},    {-1e-45F, 0, 0},         {0, 0, 0},
        {-0.0F, 0, 0},    {60000, 0, 60000}, {1.17549435e-38F, 0, 0},
    };
    (void)state;
    for (size_t r = 0; r < sizeof row / sizeof *row; r++)
        for (int t = 0; t < BLOCK_TYPES; t++) {
            float x[BLOCK] = {0}, y[BLOCK];
            uint8_t code[64];
            for (int i = 0; i < BLOCK; i++)
                x[i] = i % 2 ? 0.01F : -0.02F;
            x[7] = row[r].value;
            assert_int_equal(quant_encode(block_types[t], x, code, BLOCK), row[r].beyond);
            quant_decode(block_types[t], code, y, BLOCK);
            for (int i = 0; i < BLOCK; i++)
                assert_true(isfinite(y[i]));
            if (!isnan(row[r].back))
                assert_true(fabsf(y[7] - row[r].back) <= 0.002F + 0.04F * row[r].back);
            else
                assert_true(fabsf(y[7]) >= 60000 && signbit(y[7]) == signbit(row[r].value));
        }
}

static void numbers_near_nothing_stay_near_nothing(void **state)
{
    (void)state;
    for (int t = 0; t < BLOCK_TYPES; t++)
        for (int exponent = -149; exponent < -10; exponent++) {
            float x[BLOCK], y[BLOCK];
            uint8_t code[64];
            const float size = ldexpf(1, exponent);
            for (int i = 0; i < BLOCK; i++)
                x[i] = size * (float)(i - 15) / 16;
            assert_int_equal(quant_encode(block_types[t], x, code, BLOCK), 0);
            quant_decode(block_types[t], code, y, BLOCK);
            for (int i = 0; i < BLOCK; i++)
                assert_true(fabsf(y[i] - x[i]) <= 2 * size);
        }
}

static void f16_and_bf16_round_to_nearest_even(void **state)
{
    static const struct {
        enum weight_type type;
        float value, back;
        size_t beyond;
    } row[] = {
        {WEIGHT_F16, 1.0F + 0x1p-11F, 1.0F, 0}, {WEIGHT_F16, 1.0F + 0x3p-11F, 1.0F + 0x1p-9F, 0},
        {WEIGHT_F16, 65504, 65504, 0},          {WEIGHT_F16, 70000, 65504, 1},
        {WEIGHT_F16, -1e30F, -65504, 1},        {WEIGHT_F16, INFINITY, INFINITY, 0},
        {WEIGHT_F16, 0x1p-24F, 0x1p-24F, 0},    {WEIGHT_F16, 0x1p-25F, 0, 0},
        {WEIGHT_F16, 0x1.8p-25F, 0x1p-24F, 0},  {WEIGHT_F16, 1e-45F, 0, 0},
        {WEIGHT_BF16, 1.0F + 0x1p-8F, 1.0F, 0}, {WEIGHT_BF16, 1.0F + 0x3p-8F, 1.0F + 0x1p-6F, 0},
        {WEIGHT_BF16, 3.4e38F, 0x1.FEp127F, 1}, {WEIGHT_BF16, -INFINITY, -INFINITY, 0},
        {WEIGHT_BF16, 0x1p-133F, 0x1p-133F, 0}, {WEIGHT_F32, 3.4e38F, 3.4e38F, 0},
    };
    (void)state;
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        uint8_t code[4];
        float back;
        assert_int_equal(quant_encode(row[r].type, &row[r].value, code, 1), row[r].beyond);
        quant_decode(row[r].type, code, &back, 1);
        if (back != row[r].back)
            fail_msg("%s: %a becomes %a, expected %a", weight_type_name(row[r].type),
                     (double)row[r].value, (double)back, (double)row[r].back);
    }
    for (int t = 0; t < 3; t++) {
        static const enum weight_type types[] = {WEIGHT_F16, WEIGHT_BF16, WEIGHT_F32};
        const float nothing = NAN;
        uint8_t code[4];
        float back;
        assert_int_equal(quant_encode(types[t], &nothing, code, 1), 0);
        quant_decode(types[t], code, &back, 1);
        assert_true(isnan(back));
    }
}

/* All 65,536 halves, there and back. */
static void every_half_is_itself(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 65536; bits++) {
        const uint8_t code[2] = {(uint8_t)bits, (uint8_t)(bits >> 8)};
        uint8_t again[2];
        float value;
        if ((bits & 0x7C00) == 0x7C00)
            continue;
        quant_decode(WEIGHT_F16, code, &value, 1);
        assert_true(value == (float)half(code));
        quant_encode(WEIGHT_F16, &value, again, 1);
        assert_memory_equal(code, again, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_decodes_to_its_definition),
        cmocka_unit_test(no_block_is_less_exact_than_plain_rounding),
        cmocka_unit_test(a_block_does_not_depend_on_its_neighbours),
        cmocka_unit_test(what_a_block_cannot_hold_is_counted),
        cmocka_unit_test(numbers_near_nothing_stay_near_nothing),
        cmocka_unit_test(f16_and_bf16_round_to_nearest_even),
        cmocka_unit_test(every_half_is_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
