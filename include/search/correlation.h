/* Rank correlation: how far two lists of numbers agree on who is before whom. */
#ifndef SEARCH_CORRELATION_H
#define SEARCH_CORRELATION_H

#include <stddef.h>

/* Kendall's tau-b (Kendall 1945), -1 to 1, ties in either list accounted for; pairs with a NaN are
 * left out. NaN when either list is constant or has fewer than two numbers. Quadratic in n. */
double kendall_tau(const double *a, const double *b, size_t n);

#endif
