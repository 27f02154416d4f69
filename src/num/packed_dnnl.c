/* num/packed on oneDNN: packing of weights. Invariant: oneDNN runs in the calling thread alone, and
 * a packed matrix never changes. */
#ifdef HAVE_DNNL

#include "packed_dnnl_private.h"

#include "base/memory.h"
#include "round_private.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

#define LONGEST_ROW 65536U /* int8: 255 * 127 * row fits 31 bits */

enum status dnnl_failed(const char *what, dnnl_status_t status, struct error *error)
{
    if (status == dnnl_out_of_memory) {
        return error_memory(error, 0);
    }
    return error_set(error, STATUS_FAILED, "oneDNN cannot %s (its status %d)", what, (int)status);
}

enum status dnnl_shared_engine(dnnl_engine_t *engine, struct error *error)
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
        return dnnl_failed("start", status, error);
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

size_t packed_element_bytes(enum precision precision)
{
    return precision == PRECISION_BF16 ? sizeof(uint16_t) : sizeof(uint8_t);
}

dnnl_status_t packed_describe(enum precision precision, size_t m, size_t n, size_t k,
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
        char *to = plain + r * k * packed_element_bytes(matrix->precision);
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

/* The panel's own memory, laid out as a product of PACKED_BLOCK rows likes it. */
static enum status panel_make(struct packed_matrix *matrix, struct panel *panel, void *plain,
                              dnnl_engine_t engine, struct error *error)
{
    const dnnl_dims_t size = {(dnnl_dim_t)matrix->columns, (dnnl_dim_t)panel->rows};
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_desc_t plain_desc;
    dnnl_memory_t from = NULL;
    dnnl_status_t status = packed_describe(matrix->precision, PACKED_BLOCK, panel->rows,
                                           matrix->columns, NULL, engine, &description);
    if (status != dnnl_success) {
        return dnnl_failed("multiply by a matrix of this size", status, error);
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
            result = dnnl_failed("pack a matrix", status, error);
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
    enum status status = dnnl_shared_engine(&engine, error);
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
    char *plain = memory_new(most * columns, packed_element_bytes(precision), error);
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

#else
typedef int packed_dnnl_is_not_built; /* a translation unit must not be empty */
#endif
