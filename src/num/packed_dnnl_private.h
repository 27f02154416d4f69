/* What packing (packed_dnnl.c) and multiplying (packed_product.c) share: oneDNN's C interface,
 * version 2. Only with HAVE_DNNL. */
#ifndef NUM_PACKED_DNNL_PRIVATE_H
#define NUM_PACKED_DNNL_PRIVATE_H

#include "packed_private.h"

#include <oneapi/dnnl/dnnl.h>
#include <stdint.h>

#define PACKED_BLOCK 128U /* rows of x that are multiplied together */

/* libgomp's, which oneDNN uses: the number is the calling thread's own. */
extern void omp_set_num_threads(int count);

struct panel {
    size_t rows;
    dnnl_memory_t memory; /* over its part of `data`; read only once made */
    void *data;           /* owned */
};

struct packed_matrix {
    enum precision precision;
    size_t rows, columns, panels, bytes;
    struct panel *panel;
    float *scale; /* [rows], int8 */
    int32_t *sum; /* [rows], int8 */
};

enum status dnnl_failed(const char *what, dnnl_status_t status, struct error *error);
/* One engine for all threads, made on first use and never released. */
enum status dnnl_shared_engine(dnnl_engine_t *engine, struct error *error);

size_t packed_element_bytes(enum precision precision);
/* y[m, n] = x[m, k] @ w[k, n]; `packed` NULL: oneDNN chooses how w lies. */
dnnl_status_t packed_describe(enum precision precision, size_t m, size_t n, size_t k,
                              const dnnl_memory_desc_t *packed, dnnl_engine_t engine,
                              dnnl_primitive_desc_t *description);

#endif
