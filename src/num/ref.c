/* num/ref: the naive twins of num/kernels and num/gemm, the oracle of their tests. */
#include "num/kernels.h"

#include <math.h>

void ref_rms_norm(float *y, const float *x, const float *weight, size_t n, float epsilon)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    double scale = 1.0 / sqrt(sum / (double)n + (double)epsilon);
    for (size_t i = 0; i < n; i++) {
        y[i] = (float)((double)x[i] * scale * (double)weight[i]);
    }
}

void ref_silu_multiply(float *gate, const float *up, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double g = (double)gate[i];
        gate[i] = (float)(g / (1.0 + exp(-g)) * (double)up[i]);
    }
}

float ref_softmax_exp(float *x, size_t n, float scale, float maximum)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        double e = exp(((double)x[i] - (double)maximum) * (double)scale);
        x[i] = (float)e;
        sum += e;
    }
    return (float)sum;
}

float ref_maximum(const float *x, size_t n)
{
    float maximum = x[0];
    for (size_t i = 1; i < n; i++) {
        maximum = x[i] > maximum ? x[i] : maximum;
    }
    return maximum;
}

void ref_rope(float *x, const float *table, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        double a = (double)x[2 * i], b = (double)x[2 * i + 1];
        double cosine = (double)table[2 * i], sine = (double)table[2 * pairs + 2 * i + 1];
        x[2 * i] = (float)(a * cosine - b * sine);
        x[2 * i + 1] = (float)(a * sine + b * cosine);
    }
}

double ref_dot(const float *x, const float *y, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)x[i] * (double)y[i];
    }
    return sum;
}

void ref_gemm_nt(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *w,
                 size_t ldw, float beta, float *y, size_t ldy)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double old = beta == 0.0F ? 0.0 : (double)beta * (double)y[i * ldy + j];
            y[i * ldy + j] = (float)(old + ref_dot(x + i * ldx, w + j * ldw, k));
        }
    }
}

void ref_gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *x, size_t ldx,
                 const float *w, size_t ldw, float beta, float *y, size_t ldy)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (size_t l = 0; l < k; l++) {
                sum += (double)x[i * ldx + l] * (double)w[l * ldw + j];
            }
            double old = beta == 0.0F ? 0.0 : (double)beta * (double)y[i * ldy + j];
            y[i * ldy + j] = (float)(old + (double)alpha * sum);
        }
    }
}
