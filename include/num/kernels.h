/* Elementwise kernels of the forward pass, f32, and their naive twins (num/ref.c), which the tests
 * compare them with. Sizes in elements; rows are `stride` elements apart where a stride is given.
 * No alignment is required. */
#ifndef NUM_KERNELS_H
#define NUM_KERNELS_H

#include <stddef.h>

/* y[i] = x[i] / sqrt(mean(x^2) + epsilon) * weight[i] (Zhang, Sennrich, 2019); y may be x. */
void kernel_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon);
/* gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i] (SwiGLU: Shazeer, 2020). */
void kernel_silu_multiply(float *gate, const float *up, size_t n);
/* x[i] = exp(scale * (x[i] - maximum)), maximum being that of x; returns the sum. n >= 1. */
float kernel_softmax_exp(float *x, size_t n, float scale, float maximum);
float kernel_maximum(const float *x, size_t n); /* n >= 1 */
/* Rotates the pairs (x[2i], x[2i+1]) by the angles whose cosines and sines are given, i < pairs
 * (RoPE: Su et al., 2021; interleaved layout). `table`: cosine at 2i and 2i+1, then at 2*pairs
 * + 2i minus the sine and at 2*pairs + 2i + 1 the sine. */
void kernel_rope(float *x, const float *table, size_t pairs);
/* x[r][i] += bias[i]. */
void kernel_add_bias(float *x, size_t stride, const float *bias, size_t rows, size_t n);
/* y[i] = x[i] * factor. */
void kernel_scale_copy(float *y, const float *x, float factor, size_t n);
double kernel_dot(const float *x, const float *y, size_t n); /* f32 products, lanes of f32 sums */
/* sum[i] += x[i]^2 */
void kernel_add_squares(double *sum, const float *x, size_t n);
void kernel_add_values(double *sum, const float *x, size_t n); /* sum[i] += x[i] */

/* The naive twins: one element at a time, double precision inside. */
void ref_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon);
void ref_silu_multiply(float *gate, const float *up, size_t n);
float ref_softmax_exp(float *x, size_t n, float scale, float maximum);
float ref_maximum(const float *x, size_t n);
void ref_rope(float *x, const float *table, size_t pairs);
double ref_dot(const float *x, const float *y, size_t n);
/* y[M,N] = x[M,K] @ w[N,K]^T + beta * y, and with w[K,N] and alpha, as num/gemm.h. */
void ref_gemm_nt(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *w,
                 size_t ldw, float beta, float *y, size_t ldy);
void ref_gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *x, size_t ldx,
                 const float *w, size_t ldw, float beta, float *y, size_t ldy);

#endif
