/* Matrix products in a lower precision than f32, on oneDNN where the program was built with it.
 * Weights are packed once and shared read-only by all threads; activations are converted row by
 * row inside the product, and what comes out is f32 again.
 *   bf16  both rounded to nearest even; sums in f32
 *   int8  weights s8 with a scale per row of w, activations u8 with a scale and a zero point per
 *         row of x (both dynamic); sums in s32 are exact
 * A row that holds a NaN or an infinity gives a row that does not pass for a result (int8: NaN). */
#ifndef NUM_PACKED_H
#define NUM_PACKED_H

#include "base/error.h"

#include <stddef.h>

enum precision { PRECISION_F32, PRECISION_BF16, PRECISION_INT8, PRECISIONS };

const char *precision_name(enum precision precision); /* "f32", "bf16", "int8" */
/* STATUS_INVALID for a name that is none, and for a precision that this program or this processor
 * cannot compute in: the sentence says what is missing. */
enum status precision_parse(const char *name, enum precision *precision, struct error *error);

/* w[rows, columns] packed for PRECISION_BF16 or PRECISION_INT8, in panels of PACKED_PANEL rows. */
#define PACKED_PANEL 1024U
struct packed_matrix;
enum status packed_matrix_new(enum precision precision, size_t rows, size_t columns, const float *w,
                              size_t stride, struct packed_matrix **matrix, struct error *error);
void packed_matrix_free(struct packed_matrix *matrix);
size_t packed_matrix_bytes(const struct packed_matrix *matrix);

/* Buffers and prepared products of one thread. */
struct packed_scratch;
enum status packed_scratch_new(struct packed_scratch **scratch, struct error *error);
void packed_scratch_free(struct packed_scratch *scratch);

/* y[M, count] = x[M, columns] @ w[first.., columns]^T + beta * y for `count` rows of w; `first` is
 * a multiple of PACKED_PANEL, and so is the end of the rows unless it is the end of w. beta is 0 or
 * 1. A row's result depends neither on the other rows nor on the thread. */
enum status packed_product(struct packed_scratch *scratch, const struct packed_matrix *matrix,
                           size_t first, size_t count, size_t m, const float *x, size_t ldx,
                           float beta, float *y, size_t ldy, struct error *error);

#endif
