/* num/kernels: the elementwise work of the forward pass, a register of lanes at a time; what is
 * left at the end of a row goes through the same lanes, padded, so that one element's result does
 * not depend on its place. */
#include "num/kernels.h"

#include "lanes_private.h"

#include <math.h>

/* n < LANES elements, the rest filled. */
LANES_INLINE lanes load_tail(const float *from, size_t n, float fill)
{
    float part[LANES];
    for (size_t i = 0; i < LANES; i++) {
        part[i] = i < n ? from[i] : fill;
    }
    return lanes_load(part);
}

LANES_INLINE void store_tail(float *to, lanes x, size_t n)
{
    float part[LANES];
    lanes_store(part, x);
    memcpy(to, part, n * sizeof *to);
}

void kernel_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon)
{
    lanes sum = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes v = lanes_load(x + i);
        sum += v * v;
    }
    if (i < n) {
        lanes v = load_tail(x + i, n - i, 0.0F);
        sum += v * v;
    }
    float scale = 1.0F / sqrtf(lanes_sum(sum) / (float)n + epsilon);
    for (i = 0; i + LANES <= n; i += LANES) {
        lanes_store(y + i, lanes_load(x + i) * scale * lanes_load(weight + i));
    }
    for (; i < n; i++) {
        y[i] = x[i] * scale * weight[i];
    }
}

LANES_INLINE lanes silu(lanes x)
{
    return x / (1.0F + lanes_exp(-x));
}

void kernel_silu_multiply(float *gate, const float *up, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(gate + i, silu(lanes_load(gate + i)) * lanes_load(up + i));
    }
    if (i < n) {
        lanes u = load_tail(up + i, n - i, 0.0F);
        store_tail(gate + i, silu(load_tail(gate + i, n - i, 0.0F)) * u, n - i);
    }
}

float kernel_softmax_exp(float *x, size_t n, float scale, float maximum)
{
    lanes sum = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes e = lanes_exp((lanes_load(x + i) - maximum) * scale);
        lanes_store(x + i, e);
        sum += e;
    }
    float total = lanes_sum(sum);
    if (i < n) {
        float part[LANES];
        lanes_store(part, lanes_exp((load_tail(x + i, n - i, maximum) - maximum) * scale));
        for (size_t j = 0; i + j < n; j++) {
            x[i + j] = part[j];
            total += part[j];
        }
    }
    return total;
}

float kernel_maximum(const float *x, size_t n)
{
    lanes best = lanes_set(x[0]);
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes v = lanes_load(x + i);
        best = lanes_select(v > best, v, best);
    }
    float part[LANES], maximum = x[0];
    lanes_store(part, best);
    for (size_t j = 0; j < LANES; j++) {
        maximum = part[j] > maximum ? part[j] : maximum;
    }
    for (; i < n; i++) {
        maximum = x[i] > maximum ? x[i] : maximum;
    }
    return maximum;
}

void kernel_rope(float *x, const float *table, size_t pairs)
{
    const float *sine = table + 2 * pairs;
    size_t i = 0;
    for (; i + LANES <= 2 * pairs; i += LANES) {
        lanes v = lanes_load(x + i);
        lanes_store(x + i, v * lanes_load(table + i) + lanes_swap_pairs(v) * lanes_load(sine + i));
    }
    for (; i < 2 * pairs; i += 2) {
        float a = x[i], b = x[i + 1];
        x[i] = a * table[i] + b * sine[i];
        x[i + 1] = b * table[i + 1] + a * sine[i + 1];
    }
}

void kernel_add_bias(float *x, size_t stride, const float *bias, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++) {
        float *row = x + r * stride;
        size_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            lanes_store(row + i, lanes_load(row + i) + lanes_load(bias + i));
        }
        for (; i < n; i++) {
            row[i] += bias[i];
        }
    }
}

void kernel_scale_copy(float *y, const float *x, float factor, size_t n)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        lanes_store(y + i, lanes_load(x + i) * factor);
    }
    for (; i < n; i++) {
        y[i] = x[i] * factor;
    }
}

double kernel_dot(const float *x, const float *y, size_t n)
{
    lanes sum = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        sum += lanes_load(x + i) * lanes_load(y + i);
    }
    if (i < n) {
        sum += load_tail(x + i, n - i, 0.0F) * load_tail(y + i, n - i, 0.0F);
    }
    return (double)lanes_sum(sum);
}

void kernel_add_squares(double *sum, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum[i] += (double)x[i] * (double)x[i];
    }
}

void kernel_add_values(double *sum, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum[i] += (double)x[i];
    }
}
