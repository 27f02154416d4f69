/* num/round: rows between f32 and the low precisions, a register of lanes at a time. The last lanes
 * of a row go through the same arithmetic one by one, so that an element's result does not depend
 * on its place. */
#include "round_private.h"

#include "lanes_private.h"

#include <math.h>

#define MAGIC 12582912.0F     /* 1.5 * 2^23: adding it rounds to an integer, */
#define MAGIC_BITS 0x4B400000 /* which then stands in the low bits */
#define INFINITE 0x7F800000   /* bits */
#define SMALLEST_RANGE 1e-30F /* below it a row counts as zeros: 1 / scale must be finite */

typedef uint32_t lanes_bits __attribute__((vector_size(4 * LANES)));
typedef uint16_t lanes_half __attribute__((vector_size(2 * LANES)));
typedef uint8_t lanes_byte __attribute__((vector_size(LANES)));

/* ---- bf16 ---- */

LANES_INLINE lanes_half half_of(lanes x)
{
    lanes_bits bits = (lanes_bits)x;
    lanes_bits rounded = bits + 0x7FFFU + ((bits >> 16) & 1U);
    lanes_bits nan = (lanes_bits)((bits & 0x7FFFFFFFU) > (uint32_t)INFINITE);
    rounded = (rounded & ~nan) | ((bits | 0x00400000U) & nan);
    return __builtin_convertvector(rounded >> 16, lanes_half);
}

void round_bf16(uint16_t *to, const float *from, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_half half = half_of(lanes_load(from + i));
        memcpy(to + i, &half, sizeof half);
    }
    if (i < n) {
        lanes x = {0};
        memcpy(&x, from + i, (n - i) * sizeof *from);
        lanes_half half = half_of(x);
        memcpy(to + i, &half, (n - i) * sizeof *to);
    }
}

/* ---- int8 ---- */

struct range {
    float low, high; /* low <= 0 <= high */
    int finite;
};

static struct range range_of(const float *x, size_t n)
{
    lanes low = {0}, high = {0};
    lanes_int bad = {0};
    for (size_t i = 0; i < n; i += LANES) {
        lanes v = {0};
        if (i + LANES <= n) {
            v = lanes_load(x + i);
        } else {
            memcpy(&v, x + i, (n - i) * sizeof *x);
        }
        low = lanes_select(v < low, v, low);
        high = lanes_select(v > high, v, high);
        bad |= ((lanes_int)v & 0x7FFFFFFF) >= INFINITE;
    }
    struct range range = {0.0F, 0.0F, 1};
    for (int i = 0; i < LANES; i++) {
        range.low = low[i] < range.low ? low[i] : range.low;
        range.high = high[i] > range.high ? high[i] : range.high;
        range.finite &= bad[i] == 0;
    }
    range.finite &= isfinite(range.high - range.low) != 0;
    return range;
}

float round_weights(int8_t *to, const float *from, size_t n, int32_t *sum)
{
    struct range range = range_of(from, n);
    float most = -range.low > range.high ? -range.low : range.high;
    *sum = 0;
    if (!range.finite || most < SMALLEST_RANGE) {
        memset(to, 0, n);
        return range.finite ? 0.0F : NAN;
    }
    float inverse = 127.0F / most;
    for (size_t i = 0; i < n; i++) {
        to[i] = (int8_t)lrintf(from[i] * inverse);
        *sum += to[i];
    }
    return most / 127.0F;
}

LANES_INLINE lanes_byte byte_of(lanes x, float inverse, float shift)
{
    lanes_int q = (lanes_int)(x * inverse + shift) - MAGIC_BITS;
    q &= q > 0;
    lanes_int above = q > 255;
    q = (q & ~above) | (255 & above);
    return __builtin_convertvector(q, lanes_byte);
}

struct round_row round_activations(uint8_t *to, const float *from, size_t n)
{
    struct range range = range_of(from, n);
    float width = range.high - range.low;
    if (!range.finite || width < SMALLEST_RANGE) {
        memset(to, 0, n);
        return (struct round_row){range.finite ? 0.0F : NAN, 0};
    }
    float inverse = 255.0F / width;
    int32_t zero = (int32_t)lrintf(-range.low * inverse);
    float shift = MAGIC + (float)zero;
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_byte byte = byte_of(lanes_load(from + i), inverse, shift);
        memcpy(to + i, &byte, sizeof byte);
    }
    if (i < n) {
        lanes x = {0};
        memcpy(&x, from + i, (n - i) * sizeof *from);
        lanes_byte byte = byte_of(x, inverse, shift);
        memcpy(to + i, &byte, n - i);
    }
    return (struct round_row){width / 255.0F, zero};
}

LANES_INLINE lanes_int lanes_load_int(const int32_t *from)
{
    lanes_int x;
    memcpy(&x, from, sizeof x);
    return x;
}

LANES_INLINE lanes back_of(lanes_int product, lanes scale, lanes_int sum, struct round_row row)
{
    /* Modulo 2^32: the difference is in range even where the two are not. */
    lanes_bits whole = (lanes_bits)product - (lanes_bits)sum * (uint32_t)row.zero;
    return __builtin_convertvector((lanes_int)whole, lanes) * (scale * row.scale);
}

void round_back(float *y, const int32_t *product, const float *scale, const int32_t *sum,
                struct round_row row, size_t n, float beta)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes v = back_of(lanes_load_int(product + i), lanes_load(scale + i),
                          lanes_load_int(sum + i), row);
        lanes_store(y + i, beta != 0.0F ? lanes_load(y + i) + v : v);
    }
    if (i < n) {
        size_t bytes = (n - i) * sizeof *y;
        lanes s = {0}, before = {0};
        lanes_int p = {0}, w = {0};
        memcpy(&p, product + i, bytes);
        memcpy(&s, scale + i, bytes);
        memcpy(&w, sum + i, bytes);
        memcpy(&before, y + i, bytes);
        lanes v = back_of(p, s, w, row);
        v = beta != 0.0F ? before + v : v;
        memcpy(y + i, &v, bytes);
    }
}

void round_add(float *y, const float *product, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, lanes_load(y + i) + lanes_load(product + i));
    }
    for (; i < n; i++) {
        y[i] += product[i];
    }
}
