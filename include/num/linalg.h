/* Dense linear algebra in double precision, on BLAS and LAPACK, one thread. Matrices are row-major
 * and dense; of symmetric ones only the lower triangle is read and written. */
#ifndef NUM_LINALG_H
#define NUM_LINALG_H

#include "base/error.h"

#include <stddef.h>

/* a[n][n] becomes L of a = L L^T. STATUS_FAILED: not positive definite; a is spoilt then. */
enum status linalg_cholesky(double *a, size_t n, struct error *error);
/* With L of a factor; b[n] becomes the solution of L x = b, of L^T x = b, of L L^T x = b. */
void linalg_solve_lower(const double *l, size_t n, double *b);
void linalg_solve_upper(const double *l, size_t n, double *b);
void linalg_solve(const double *l, size_t n, double *b);
/* log of the determinant of L L^T. */
double linalg_log_determinant(const double *l, size_t n);
/* a[p][p] += rows^T rows, of rows[n][p]. */
void linalg_add_gram(const double *rows, size_t n, size_t p, double *a);
double linalg_dot(const double *a, const double *b, size_t n);

#endif
