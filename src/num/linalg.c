/* num/linalg: thin over BLAS and LAPACK. LAPACK reads columns first, so that a lower triangle in
 * rows is its upper one. */
#include "num/linalg.h"

#include <cblas.h>
#include <math.h>

/* Fortran, with the hidden length of its text. */
extern void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
                    size_t uplo_length);

enum status linalg_cholesky(double *a, size_t n, struct error *error)
{
    int order = (int)n, stride = n > 0 ? order : 1, info = 0;
    dpotrf_("U", &order, a, &stride, &info, 1);
    return info == 0 ? STATUS_OK
                     : error_set(error, STATUS_FAILED,
                                 "a matrix of %zu rows is not positive "
                                 "definite",
                                 n);
}

void linalg_solve_lower(const double *l, size_t n, double *b)
{
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (int)n, l, (int)n, b, 1);
}

void linalg_solve_upper(const double *l, size_t n, double *b)
{
    cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (int)n, l, (int)n, b, 1);
}

void linalg_solve(const double *l, size_t n, double *b)
{
    linalg_solve_lower(l, n, b);
    linalg_solve_upper(l, n, b);
}

double linalg_log_determinant(const double *l, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += log(l[i * n + i]);
    return 2 * sum;
}

void linalg_add_gram(const double *rows, size_t n, size_t p, double *a)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)p, (int)n, 1, rows, (int)p, 1, a,
                (int)p);
}

double linalg_dot(const double *a, const double *b, size_t n)
{
    return cblas_ddot((int)n, a, 1, b, 1);
}
