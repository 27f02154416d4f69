/* num/gemm: row-major products on OpenBLAS. Invariant: OpenBLAS never starts threads of its own
 * for a product; callers bring the parallelism. A single row goes to sgemv, which reads the matrix
 * once instead of packing it. */
#include "num/gemm.h"

#include "base/clock.h"
#include "base/memory.h"
#include "record_private.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>

/* One recording per thread: only the benchmark turns it on. */
struct recording {
    struct gemm_record *record;
    size_t count, capacity;
    int on;
};
static _Thread_local struct recording recording;

/* Before main, so that no caller can forget it. */
__attribute__((constructor)) static void use_one_thread(void)
{
    openblas_set_num_threads(1);
}

const char *gemm_kernel(void)
{
    return openblas_get_corename();
}

double record_begin(void)
{
    return recording.on ? clock_cpu_seconds() : 0.0;
}

/* A failed allocation ends the recording with what it has: the benchmark sees fewer products. */
void record_end(size_t m, size_t n, size_t k, int transposed, double begin)
{
    if (!recording.on) {
        return;
    }
    if (memory_reserve(&recording.record, &recording.capacity, recording.count + 1,
                       sizeof *recording.record, NULL) != STATUS_OK) {
        recording.on = 0;
        return;
    }
    recording.record[recording.count++] = (struct gemm_record){
        .m = m, .n = n, .k = k, .seconds = clock_cpu_seconds() - begin, .transposed = transposed};
}

static blasint blas_int(size_t value)
{
    assert(value <= INT_MAX);
    return (blasint)value;
}

void gemm_nt(size_t m, size_t n, size_t k, const float *x, size_t ldx, const float *w, size_t ldw,
             float beta, float *y, size_t ldy)
{
    double begin = record_begin();
    if (m == 1) {
        cblas_sgemv(CblasRowMajor, CblasNoTrans, blas_int(n), blas_int(k), 1.0F, w, blas_int(ldw),
                    x, 1, beta, y, 1);
    } else {
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, blas_int(m), blas_int(n), blas_int(k),
                    1.0F, x, blas_int(ldx), w, blas_int(ldw), beta, y, blas_int(ldy));
    }
    record_end(m, n, k, 1, begin);
}

void gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *x, size_t ldx, const float *w,
             size_t ldw, float beta, float *y, size_t ldy)
{
    double begin = record_begin();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas_int(m), blas_int(n), blas_int(k),
                alpha, x, blas_int(ldx), w, blas_int(ldw), beta, y, blas_int(ldy));
    record_end(m, n, k, 0, begin);
}

void gemm_record_start(void)
{
    memory_free(recording.record);
    recording = (struct recording){.on = 1};
}

size_t gemm_record_stop(struct gemm_record **records)
{
    size_t count = recording.count;
    *records = recording.record;
    recording = (struct recording){0};
    return count;
}
