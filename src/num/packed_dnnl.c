/* num/packed on oneDNN (its C interface, version 2). Rows pass in blocks of BLOCK, the last one
 * padded, so that few shapes occur and each is prepared once a thread; a block's sums stay in the
 * cache until they are converted. Invariant: oneDNN runs in the calling thread alone. */
#ifdef HAVE_DNNL

#include "packed_private.h"

#include "base/memory.h"
#include "record_private.h"
#include "round_private.h"

#include <assert.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define BLOCK 128U
#define LONGEST_ROW 65536U /* int8: 255 * 127 * row fits 31 bits */
#define BUCKETS 256U
#define MOST_PREPARED 1024U

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
    char *x, *workspace; /* [BLOCK, columns]; oneDNN's own */
    size_t x_capacity, workspace_capacity;
    int32_t *product; /* [BLOCK, PACKED_PANEL]: s32, or f32 in the same place */
    size_t product_capacity;
    struct round_row row[BLOCK];
};

static enum status failed(const char *what, dnnl_status_t status, struct error *error)
{
    if (status == dnnl_out_of_memory) {
        return error_memory(error, 0);
    }
    return error_set(error, STATUS_FAILED, "oneDNN cannot %s (its status %d)", what, (int)status);
}

/* One engine for all threads, made on first use and never released. */
static enum status engine_get(dnnl_engine_t *engine, struct error *error)
{
    static _Atomic(dnnl_engine_t) shared;
    *engine = atomic_load(&shared);
    if (*engine != NULL) {
        return STATUS_OK;
    }
    dnnl_engine_t made = NULL, none = NULL;
    /* Each thread keeps what it has prepared: nothing of oneDNN's is shared but the engine. */
    dnnl_status_t status = dnnl_set_primitive_cache_capacity(0);
    if (status == dnnl_success) {
        status = dnnl_engine_create(&made, dnnl_cpu, 0);
    }
    if (status != dnnl_success) {
        return failed("start", status, error);
    }
    if (!atomic_compare_exchange_strong(&shared, &none, made)) {
        dnnl_engine_destroy(made);
        made = none;
    }
    *engine = made;
    return STATUS_OK;
}

enum status packed_check(enum precision precision, struct error *error)
{
    bool bf16 = precision == PRECISION_BF16;
    unsigned need = bf16 ? dnnl_cpu_isa_avx512_core : dnnl_cpu_isa_avx512_core_vnni;
    if (((unsigned)dnnl_get_effective_cpu_isa() & need) == need) {
        return STATUS_OK;
    }
    return error_set(error, STATUS_INVALID,
                     "--precision %s needs a processor with %s, which this one has not",
                     precision_name(precision), bf16 ? "AVX-512" : "AVX-512 VNNI");
}

/* ---- descriptions ---- */

static dnnl_data_type_t weight_data(enum precision precision)
{
    return precision == PRECISION_BF16 ? dnnl_bf16 : dnnl_s8;
}

static size_t element_bytes(enum precision precision)
{
    return precision == PRECISION_BF16 ? sizeof(uint16_t) : sizeof(uint8_t);
}

/* y[m, n] = x[m, k] @ w[k, n]; `packed` NULL: oneDNN chooses how w lies. */
static dnnl_status_t describe(enum precision precision, size_t m, size_t n, size_t k,
                              const dnnl_memory_desc_t *packed, dnnl_engine_t engine,
                              dnnl_primitive_desc_t *description)
{
    bool bf16 = precision == PRECISION_BF16;
    const dnnl_dims_t x_size = {(dnnl_dim_t)m, (dnnl_dim_t)k};
    const dnnl_dims_t w_size = {(dnnl_dim_t)k, (dnnl_dim_t)n};
    const dnnl_dims_t y_size = {(dnnl_dim_t)m, (dnnl_dim_t)n};
    dnnl_memory_desc_t x, w, y;
    dnnl_matmul_desc_t product;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status;
    *description = NULL;
    if ((status =
             dnnl_memory_desc_init_by_tag(&x, 2, x_size, bf16 ? dnnl_bf16 : dnnl_u8, dnnl_ab)) ||
        (status = dnnl_memory_desc_init_by_tag(&w, 2, w_size, weight_data(precision),
                                               dnnl_format_tag_any)) ||
        (status =
             dnnl_memory_desc_init_by_tag(&y, 2, y_size, bf16 ? dnnl_f32 : dnnl_s32, dnnl_ab)) ||
        (status = dnnl_matmul_desc_init(&product, &x, packed != NULL ? packed : &w, NULL, &y)) ||
        (status = dnnl_primitive_attr_create(&attributes))) {
        return status;
    }
    status = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
    if (status == dnnl_success) {
        status = dnnl_primitive_desc_create(description, &product, attributes, engine, NULL);
    }
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

/* ---- packing ---- */

/* Rows of w in the precision, one behind the other. */
static void convert_rows(struct packed_matrix *matrix, size_t first, size_t rows, const float *w,
                         size_t stride, char *plain)
{
    size_t k = matrix->columns;
    for (size_t r = 0; r < rows; r++) {
        const float *from = w + (first + r) * stride;
        char *to = plain + r * k * element_bytes(matrix->precision);
        if (matrix->precision == PRECISION_BF16) {
            round_bf16((void *)to, from, k);
        } else {
            matrix->scale[first + r] = round_weights((void *)to, from, k, &matrix->sum[first + r]);
        }
    }
}

static dnnl_status_t reorder(dnnl_engine_t engine, dnnl_memory_t from, dnnl_memory_t to)
{
    const dnnl_memory_desc_t *from_desc, *to_desc;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t primitive = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_status_t status;
    const dnnl_exec_arg_t argument[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    if ((status = dnnl_memory_get_memory_desc(from, &from_desc)) == dnnl_success &&
        (status = dnnl_memory_get_memory_desc(to, &to_desc)) == dnnl_success &&
        (status = dnnl_reorder_primitive_desc_create(&description, from_desc, engine, to_desc,
                                                     engine, NULL)) == dnnl_success &&
        (status = dnnl_primitive_create(&primitive, description)) == dnnl_success &&
        (status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags)) == dnnl_success &&
        (status = dnnl_primitive_execute(primitive, stream, 2, argument)) == dnnl_success) {
        status = dnnl_stream_wait(stream);
    }
    dnnl_stream_destroy(stream);
    dnnl_primitive_destroy(primitive);
    dnnl_primitive_desc_destroy(description);
    return status;
}

/* The panel's own memory, laid out as a product of BLOCK rows likes it. */
static enum status panel_make(struct packed_matrix *matrix, struct panel *panel, void *plain,
                              dnnl_engine_t engine, struct error *error)
{
    const dnnl_dims_t size = {(dnnl_dim_t)matrix->columns, (dnnl_dim_t)panel->rows};
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_desc_t plain_desc;
    dnnl_memory_t from = NULL;
    dnnl_status_t status = describe(matrix->precision, BLOCK, panel->rows, matrix->columns, NULL,
                                    engine, &description);
    if (status != dnnl_success) {
        return failed("multiply by a matrix of this size", status, error);
    }
    const dnnl_memory_desc_t *packed =
        dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0);
    size_t bytes = dnnl_memory_desc_get_size(packed);
    panel->data = memory_new(bytes, 1, error);
    enum status result = panel->data == NULL ? STATUS_MEMORY : STATUS_OK;
    if (result == STATUS_OK) {
        if ((status = dnnl_memory_desc_init_by_tag(&plain_desc, 2, size,
                                                   weight_data(matrix->precision), dnnl_ba)) ||
            (status = dnnl_memory_create(&from, &plain_desc, engine, plain)) ||
            (status = dnnl_memory_create(&panel->memory, packed, engine, panel->data)) ||
            (status = reorder(engine, from, panel->memory))) {
            result = failed("pack a matrix", status, error);
        }
    }
    dnnl_memory_destroy(from);
    dnnl_primitive_desc_destroy(description);
    matrix->bytes += bytes;
    return result;
}

enum status packed_matrix_new(enum precision precision, size_t rows, size_t columns, const float *w,
                              size_t stride, struct packed_matrix **matrix, struct error *error)
{
    *matrix = NULL;
    assert(precision != PRECISION_F32 && rows > 0 && columns > 0);
    if (precision == PRECISION_INT8 && columns > LONGEST_ROW) {
        return error_set(error, STATUS_INVALID,
                         "--precision int8 takes matrices of %u columns at most, one has %zu",
                         LONGEST_ROW, columns);
    }
    omp_set_num_threads(1);
    dnnl_engine_t engine;
    enum status status = engine_get(&engine, error);
    struct packed_matrix *made = status == STATUS_OK ? memory_new(1, sizeof *made, error) : NULL;
    if (made == NULL) {
        return status == STATUS_OK ? STATUS_MEMORY : status;
    }
    size_t panels = (rows + PACKED_PANEL - 1) / PACKED_PANEL;
    size_t most = rows < PACKED_PANEL ? rows : PACKED_PANEL;
    *made = (struct packed_matrix){
        .precision = precision, .rows = rows, .columns = columns, .bytes = sizeof *made};
    made->panel = memory_new(panels, sizeof *made->panel, error);
    made->scale = memory_new(rows, sizeof *made->scale, error);
    made->sum = memory_new(rows, sizeof *made->sum, error);
    char *plain = memory_new(most * columns, element_bytes(precision), error);
    if (made->panel == NULL || made->scale == NULL || made->sum == NULL || plain == NULL) {
        status = STATUS_MEMORY;
    }
    for (size_t first = 0; first < rows && status == STATUS_OK; first += PACKED_PANEL) {
        struct panel *panel = &made->panel[made->panels++];
        panel->rows = rows - first < PACKED_PANEL ? rows - first : PACKED_PANEL;
        convert_rows(made, first, panel->rows, w, stride, plain);
        status = panel_make(made, panel, plain, engine, error);
    }
    memory_free(plain);
    if (status != STATUS_OK) {
        packed_matrix_free(made);
        return status;
    }
    *matrix = made;
    return STATUS_OK;
}

void packed_matrix_free(struct packed_matrix *matrix)
{
    if (matrix == NULL) {
        return;
    }
    for (size_t i = 0; i < matrix->panels; i++) {
        dnnl_memory_destroy(matrix->panel[i].memory);
        memory_free(matrix->panel[i].data);
    }
    memory_free(matrix->panel);
    memory_free(matrix->scale);
    memory_free(matrix->sum);
    memory_free(matrix);
}

size_t packed_matrix_bytes(const struct packed_matrix *matrix)
{
    return matrix->bytes + matrix->rows * (sizeof *matrix->scale + sizeof *matrix->sum);
}

/* ---- products of one thread ---- */

enum status packed_scratch_new(struct packed_scratch **scratch, struct error *error)
{
    *scratch = NULL;
    dnnl_engine_t engine;
    enum status status = engine_get(&engine, error);
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
        return failed("start", outcome, error);
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
    enum status result = engine_get(&engine, error);
    if (result != STATUS_OK) {
        return result;
    }
    if ((status = dnnl_memory_get_memory_desc(panel->memory, &packed)) == dnnl_success &&
        (status = describe(p->precision, p->m, p->n, p->k, packed, engine, &d)) == dnnl_success) {
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
    return status == dnnl_success ? STATUS_OK : failed("prepare a product", status, error);
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
        return failed("multiply", status, error);
    }
    return STATUS_OK;
}

static void convert_block(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                          size_t rows, const float *x, size_t ldx)
{
    size_t k = matrix->columns;
    for (size_t r = 0; r < rows; r++) {
        char *to = scratch->x + r * k * element_bytes(matrix->precision);
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
    if ((status = memory_reserve(&scratch->x, &scratch->x_capacity,
                                 BLOCK * matrix->columns * element_bytes(matrix->precision), 1,
                                 error)) ||
        (status = memory_reserve(&scratch->product, &scratch->product_capacity,
                                 (size_t)BLOCK * PACKED_PANEL, sizeof *scratch->product, error))) {
        return status;
    }
    for (size_t row = 0; row < m; row += BLOCK) {
        size_t rows = m - row < BLOCK ? m - row : BLOCK;
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
    record_end(m, count, matrix->columns, 1, begin);
    return STATUS_OK;
}

#else
typedef int packed_dnnl_is_not_built; /* a translation unit must not be empty */
#endif
