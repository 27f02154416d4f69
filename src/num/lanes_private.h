/* A vector register of floats, by the extension that gcc and clang share. exp: Cody-Waite reduction
 * and a polynomial of degree 6; relative error below 3e-7 on [-87, 88], arguments outside are
 * clamped to it, NaN stays NaN. */
#ifndef NUM_LANES_PRIVATE_H
#define NUM_LANES_PRIVATE_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
#define LANES_INLINE static inline __attribute__((always_inline))

typedef float lanes __attribute__((vector_size(4 * LANES)));
typedef int32_t lanes_int __attribute__((vector_size(4 * LANES)));
typedef uint64_t lanes_pair __attribute__((vector_size(4 * LANES)));

LANES_INLINE lanes lanes_load(const float *from)
{
    lanes x;
    memcpy(&x, from, sizeof x);
    return x;
}

LANES_INLINE void lanes_store(float *to, lanes x)
{
    memcpy(to, &x, sizeof x);
}

LANES_INLINE lanes lanes_set(float value)
{
    return value - (lanes){0};
}

/* (x1, x0, x3, x2, ...) */
LANES_INLINE lanes lanes_swap_pairs(lanes x)
{
    lanes_pair p = (lanes_pair)x;
    return (lanes)((p << 32) | (p >> 32));
}

/* where mask then a else b; mask lanes are 0 or -1 */
LANES_INLINE lanes lanes_select(lanes_int mask, lanes a, lanes b)
{
    return (lanes)(((lanes_int)a & mask) | ((lanes_int)b & ~mask));
}

LANES_INLINE float lanes_sum(lanes x)
{
    float part[LANES];
    lanes_store(part, x);
    for (int width = LANES / 2; width > 0; width /= 2) {
        for (int i = 0; i < width; i++) {
            part[i] += part[i + width];
        }
    }
    return part[0];
}

LANES_INLINE lanes lanes_exp(lanes x)
{
    const float magic = 12582912.0F; /* 1.5 * 2^23: adding it rounds to an integer */
    x = lanes_select(x > 88.0F, lanes_set(88.0F), x);
    x = lanes_select(x < -87.0F, lanes_set(-87.0F), x);
    lanes shifted = x * 1.44269504F + magic;
    lanes n = shifted - magic;
    lanes r = x - n * 0.693359375F + n * 2.12194440e-4F;
    lanes p = r * (1.0F / 720) + (1.0F / 120);
    p = p * r + (1.0F / 24);
    p = p * r + (1.0F / 6);
    p = p * r + 0.5F;
    p = p * r + 1.0F;
    p = p * r + 1.0F;
    lanes_int exponent = ((lanes_int)shifted - 0x4B400000 + 127) << 23;
    return p * (lanes)exponent;
}

#endif
