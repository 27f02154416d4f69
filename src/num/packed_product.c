/* num/packed on oneDNN: products of one thread. Rows pass in blocks, the last one padded, so that
 * few shapes occur and each is prepared once; a block's sums stay in the cache until they are
 * converted. */
#ifdef HAVE_DNNL

#include "packed_dnnl_private.h"

#include "base/memory.h"
#include "record_private.h"
#include "round_private.h"

#include <assert.h>
#include <string.h>

#define BUCKETS 256U
#define MOST_PREPARED 1024U /* then all are forgotten */

struct prepared { /* one product's shape */
    struct prepared *next;
    enum precision precision;
    size_t m, n, k;
    dnnl_primitive_t primitive;
    dnnl_memory_t x, y, workspace;
    size_t workspace_bytes;
};

struct packed_scratch {
    dnnl_stream_t stream;
    struct prepared *bucket[BUCKETS];
    size_t prepared;
    char *x, *workspace; /* [PACKED_BLOCK, columns]; oneDNN's own */
    size_t x_capacity, workspace_capacity;
    int32_t *product; /* [PACKED_BLOCK, PACKED_PANEL]: s32, or f32 in the same place */
    size_t product_capacity;
    struct round_row row[PACKED_BLOCK];
};

enum status packed_scratch_new(struct packed_scratch **scratch, struct error *error)
{
    *scratch = NULL;
    dnnl_engine_t engine;
    enum status status = dnnl_shared_engine(&engine, error);
    if (status != STATUS_OK) {
        return status;
    }
    struct packed_scratch *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    dnnl_status_t outcome = dnnl_stream_create(&made->stream, engine, dnnl_stream_default_flags);
    if (outcome != dnnl_success) {
        memory_free(made);
        return dnnl_failed("start", outcome, error);
    }
    *scratch = made;
    return STATUS_OK;
}

static void prepared_free(struct prepared *prepared)
{
    dnnl_primitive_destroy(prepared->primitive);
    dnnl_memory_destroy(prepared->x);
    dnnl_memory_destroy(prepared->y);
    dnnl_memory_destroy(prepared->workspace);
    memory_free(prepared);
}

static void forget_prepared(struct packed_scratch *scratch)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        while (scratch->bucket[i] != NULL) {
            struct prepared *prepared = scratch->bucket[i];
            scratch->bucket[i] = prepared->next;
            prepared_free(prepared);
        }
    }
    scratch->prepared = 0;
}

void packed_scratch_free(struct packed_scratch *scratch)
{
    if (scratch == NULL) {
        return;
    }
    forget_prepared(scratch);
    dnnl_stream_destroy(scratch->stream);
    memory_free(scratch->x);
    memory_free(scratch->workspace);
    memory_free(scratch->product);
    memory_free(scratch);
}

static enum status prepare(struct prepared *p, const struct panel *panel, struct error *error)
{
    dnnl_engine_t engine;
    const dnnl_memory_desc_t *packed, *workspace;
    dnnl_primitive_desc_t d = NULL;
    dnnl_status_t status;
    enum status result = dnnl_shared_engine(&engine, error);
    if (result != STATUS_OK) {
        return result;
    }
    if ((status = dnnl_memory_get_memory_desc(panel->memory, &packed)) == dnnl_success &&
        (status = packed_describe(p->precision, p->m, p->n, p->k, packed, engine, &d)) ==
            dnnl_success) {
        workspace = dnnl_primitive_desc_query_md(d, dnnl_query_scratchpad_md, 0);
        p->workspace_bytes = dnnl_memory_desc_get_size(workspace);
        if ((status = dnnl_primitive_create(&p->primitive, d)) == dnnl_success &&
            (status =
                 dnnl_memory_create(&p->x, dnnl_primitive_desc_query_md(d, dnnl_query_src_md, 0),
                                    engine, DNNL_MEMORY_NONE)) == dnnl_success &&
            (status =
                 dnnl_memory_create(&p->y, dnnl_primitive_desc_query_md(d, dnnl_query_dst_md, 0),
                                    engine, DNNL_MEMORY_NONE)) == dnnl_success) {
            status = dnnl_memory_create(&p->workspace, workspace, engine, DNNL_MEMORY_NONE);
        }
    }
    dnnl_primitive_desc_destroy(d);
    return status == dnnl_success ? STATUS_OK : dnnl_failed("prepare a product", status, error);
}

static enum status find_prepared(struct packed_scratch *scratch, enum precision precision, size_t m,
                                 const struct panel *panel, size_t k, struct prepared **found,
                                 struct error *error)
{
    size_t n = panel->rows;
    size_t bucket = (m * 31 + n * 131 + k * 7 + (size_t)precision) % BUCKETS;
    for (struct prepared *p = scratch->bucket[bucket]; p != NULL; p = p->next) {
        if (p->m == m && p->n == n && p->k == k && p->precision == precision) {
            *found = p;
            return STATUS_OK;
        }
    }
    if (scratch->prepared >= MOST_PREPARED) {
        forget_prepared(scratch);
    }
    struct prepared *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    *made = (struct prepared){.precision = precision, .m = m, .n = n, .k = k};
    enum status status = prepare(made, panel, error);
    if (status != STATUS_OK) {
        prepared_free(made);
        return status;
    }
    made->next = scratch->bucket[bucket];
    scratch->bucket[bucket] = made;
    scratch->prepared++;
    *found = made;
    return STATUS_OK;
}

/* scratch->product[padded, panel->rows] = scratch->x @ panel^T */
static enum status multiply(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                            const struct panel *panel, size_t padded, struct error *error)
{
    struct prepared *p = NULL;
    enum status result;
    if ((result = find_prepared(scratch, matrix->precision, padded, panel, matrix->columns, &p,
                                error)) ||
        (result = memory_reserve(&scratch->workspace, &scratch->workspace_capacity,
                                 p->workspace_bytes + 64, 1, error))) {
        return result;
    }
    const dnnl_exec_arg_t argument[] = {{DNNL_ARG_SRC, p->x},
                                        {DNNL_ARG_WEIGHTS, panel->memory},
                                        {DNNL_ARG_DST, p->y},
                                        {DNNL_ARG_SCRATCHPAD, p->workspace}};
    dnnl_status_t status;
    if ((status = dnnl_memory_set_data_handle(p->x, scratch->x)) ||
        (status = dnnl_memory_set_data_handle(p->y, scratch->product)) ||
        (status = dnnl_memory_set_data_handle(p->workspace, scratch->workspace)) ||
        (status = dnnl_primitive_execute(p->primitive, scratch->stream, 4, argument)) ||
        (status = dnnl_stream_wait(scratch->stream))) {
        return dnnl_failed("multiply", status, error);
    }
    return STATUS_OK;
}

static void convert_block(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                          size_t rows, const float *x, size_t ldx)
{
    size_t k = matrix->columns;
    for (size_t r = 0; r < rows; r++) {
        char *to = scratch->x + r * k * packed_element_bytes(matrix->precision);
        if (matrix->precision == PRECISION_BF16) {
            round_bf16((void *)to, x + r * ldx, k);
        } else {
            scratch->row[r] = round_activations((void *)to, x + r * ldx, k);
        }
    }
}

/* The first `rows` rows of scratch->product to y; `first` is the panel's first row of w. */
static void deliver(const struct packed_scratch *scratch, const struct packed_matrix *matrix,
                    size_t first, size_t n, size_t rows, float beta, float *y, size_t ldy)
{
    for (size_t r = 0; r < rows; r++) {
        const int32_t *product = scratch->product + r * n;
        if (matrix->precision == PRECISION_INT8) {
            round_back(y + r * ldy, product, matrix->scale + first, matrix->sum + first,
                       scratch->row[r], n, beta);
        } else if (beta != 0.0F) {
            round_add(y + r * ldy, (const void *)product, n);
        } else {
            memcpy(y + r * ldy, product, n * sizeof *y);
        }
    }
}

/* Few shapes: small blocks are padded to a multiple of 4, others of 16. */
static size_t padded_rows(size_t rows)
{
    return rows < 16 ? (rows + 3) / 4 * 4 : (rows + 15) / 16 * 16;
}

enum status packed_product(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                           size_t first, size_t count, size_t m, const float *x, size_t ldx,
                           float beta, float *y, size_t ldy, struct error *error)
{
    enum status status;
    double begin = record_begin();
    size_t end = first + count;
    assert(first % PACKED_PANEL == 0 && end <= matrix->rows && (beta == 0.0F || beta == 1.0F));
    assert(end == matrix->rows || end % PACKED_PANEL == 0);
    omp_set_num_threads(1);
    if ((status = memory_reserve(
             &scratch->x, &scratch->x_capacity,
             PACKED_BLOCK * matrix->columns * packed_element_bytes(matrix->precision), 1, error)) ||
        (status = memory_reserve(&scratch->product, &scratch->product_capacity,
                                 (size_t)PACKED_BLOCK * PACKED_PANEL, sizeof *scratch->product,
                                 error))) {
        return status;
    }
    for (size_t row = 0; row < m; row += PACKED_BLOCK) {
        size_t rows = m - row < PACKED_BLOCK ? m - row : PACKED_BLOCK;
        convert_block(scratch, matrix, rows, x + row * ldx, ldx);
        for (size_t at = first; at < end; at += PACKED_PANEL) {
            const struct panel *panel = &matrix->panel[at / PACKED_PANEL];
            status = multiply(scratch, matrix, panel, padded_rows(rows), error);
            if (status != STATUS_OK) {
                return status;
            }
            deliver(scratch, matrix, at, panel->rows, rows, beta, y + row * ldy + (at - first),
                    ldy);
        }
    }
    record_end(
        &(struct gemm_record){
            .m = m, .n = count, .k = matrix->columns, .transposed = true, .packed = true},
        begin);
    return STATUS_OK;
}

#else
typedef int packed_product_is_not_built; /* a translation unit must not be empty */
#endif
