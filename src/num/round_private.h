/* Rows between f32 and the low precisions of num/packed. */
#ifndef NUM_ROUND_PRIVATE_H
#define NUM_ROUND_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

/* To nearest, ties to even; a NaN stays one. */
void round_bf16(uint16_t *to, const float *from, size_t n);

/* from[i] is about scale * to[i], to[i] in -127..127; returns the scale, *sum gets the sum of to[].
 * A row that is not finite gives zeros and the scale NaN. */
float round_weights(int8_t *to, const float *from, size_t n, int32_t *sum);

/* from[i] is about scale * (to[i] - zero). */
struct round_row {
    float scale;
    int32_t zero;
};
struct round_row round_activations(uint8_t *to, const float *from, size_t n);

/* y[i] = row.scale * scale[i] * (product[i] - row.zero * sum[i]) + beta * y[i], beta 0 or 1. */
void round_back(float *y, const int32_t *product, const float *scale, const int32_t *sum,
                struct round_row row, size_t n, float beta);
/* y[i] += product[i] */
void round_add(float *y, const float *product, size_t n);

#endif
