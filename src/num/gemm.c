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
#include <stdatomic.h>

/* Every product takes the next place, on whatever thread; only the benchmark turns it on. */
static struct {
    struct gemm_record *record;
    _Atomic size_t room; /* 0: off */
    _Atomic size_t taken;
} recording;

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
    return atomic_load_explicit(&recording.room, memory_order_relaxed) > 0 ? clock_cpu_seconds()
                                                                           : 0.0;
}

void record_end(const struct gemm_record *product, double begin)
{
    size_t room = atomic_load_explicit(&recording.room, memory_order_acquire);
    if (room == 0) {
        return;
    }
    size_t place = atomic_fetch_add(&recording.taken, 1);
    if (place < room) {
        recording.record[place] = *product;
        recording.record[place].seconds = clock_cpu_seconds() - begin;
    }
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
    record_end(&(struct gemm_record){.m = m, .n = n, .k = k, .transposed = true}, begin);
}

void gemm_nn(size_t m, size_t n, size_t k, float alpha, const float *x, size_t ldx, const float *w,
             size_t ldw, float beta, float *y, size_t ldy)
{
    double begin = record_begin();
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, blas_int(m), blas_int(n), blas_int(k),
                alpha, x, blas_int(ldx), w, blas_int(ldw), beta, y, blas_int(ldy));
    record_end(&(struct gemm_record){.m = m, .n = n, .k = k}, begin);
}

enum status gemm_record_start(size_t most, struct error *error)
{
    assert(atomic_load(&recording.room) == 0);
    recording.record = memory_new(most, sizeof *recording.record, error);
    if (recording.record == NULL) {
        return STATUS_MEMORY;
    }
    atomic_store(&recording.taken, 0);
    atomic_store_explicit(&recording.room, most, memory_order_release);
    return STATUS_OK;
}

size_t gemm_record_stop(struct gemm_record **records)
{
    atomic_store(&recording.room, 0);
    *records = recording.record;
    recording.record = NULL;
    return atomic_load(&recording.taken);
}
