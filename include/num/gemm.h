/* Matrix products: the only user of cblas. Row-major. One BLAS thread per calling thread:
 * OpenBLAS (the pthread build is required) is told so before main. */
#ifndef NUM_GEMM_H
#define NUM_GEMM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

const char *gemm_kernel(void); /* OpenBLAS's core name, for run.json ("SkylakeX") */

/* y[M,N] = x[M,K] @ w[N,K]^T + beta * y; leading dimensions in elements. */
void gemm_nt(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *w, size_t ldw,
             float beta, float *y, size_t ldy);
/* y[M,N] = alpha * x[M,K] @ w[K,N] + beta * y. */
void gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *x, size_t ldx, const float *w,
             size_t ldw, float beta, float *y, size_t ldy);

/* Recording for `make bench`: while on, each product's sizes and time are kept, of all threads, so
 * that the same products can be run again alone. Products of num/packed.h too. */
struct gemm_record {
    size_t m, n, k;
    double seconds;  /* of the thread's CPU time */
    bool transposed; /* gemm_nt, packed_product */
    bool packed;     /* num/packed.h's */
};
/* Room for the first `most` products. */
enum status gemm_record_start(size_t most, struct error *error);
/* How many there were, which may be more than had room, in the order of their ends. No product may
 * be running. The caller frees (memory_free). */
size_t gemm_record_stop(struct gemm_record **records);

#endif
