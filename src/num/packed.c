/* num/packed: names of the precisions, and what a program without oneDNN says instead. */
#include "packed_private.h"

#include <strings.h>

static const char *const names[PRECISIONS] = {"f32", "bf16", "int8"};

const char *precision_name(enum precision precision)
{
    return names[precision];
}

enum status precision_parse(const char *name, enum precision *precision, struct error *error)
{
    for (int i = 0; i < PRECISIONS; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *precision = (enum precision)i;
            return i == PRECISION_F32 ? STATUS_OK : packed_check(*precision, error);
        }
    }
    return error_set(error, STATUS_INVALID,
                     "--precision %.40s: there is no such precision; there are f32, bf16, int8",
                     name);
}

#ifndef HAVE_DNNL

struct packed_matrix {
    enum precision precision;
};

enum status packed_check(enum precision precision, struct error *error)
{
    return error_set(error, STATUS_INVALID,
                     "--precision %s needs oneDNN, and this program was built without it: install "
                     "libdnnl-dev (Debian) and build again",
                     names[precision]);
}

enum status packed_matrix_new(enum precision precision, size_t rows, size_t columns, const float *w,
                              size_t stride, struct packed_matrix **matrix, struct error *error)
{
    (void)rows, (void)columns, (void)w, (void)stride;
    *matrix = NULL;
    return packed_check(precision, error);
}

void packed_matrix_free(struct packed_matrix *matrix)
{
    (void)matrix;
}

size_t packed_matrix_bytes(const struct packed_matrix *matrix)
{
    (void)matrix;
    return 0;
}

enum status packed_scratch_new(struct packed_scratch **scratch, struct error *error)
{
    *scratch = NULL;
    return packed_check(PRECISION_BF16, error);
}

void packed_scratch_free(struct packed_scratch *scratch)
{
    (void)scratch;
}

enum status packed_product(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                           size_t first, size_t count, size_t m, const float *x, size_t ldx,
                           float beta, float *y, size_t ldy, struct error *error)
{
    (void)scratch, (void)first, (void)count, (void)m, (void)x, (void)ldx, (void)beta, (void)y;
    (void)ldy;
    return packed_check(matrix->precision, error);
}

#endif
