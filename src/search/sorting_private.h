/* Sorting many numbers in linear time. */
#ifndef SEARCH_SORTING_PRIVATE_H
#define SEARCH_SORTING_PRIVATE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Reorders order[n], so that key[order[i] * stride] ascends; equal keys (-0 is 0) stay in the order
 * in which they stand. No key is NaN. */
enum status sort_by_key(const double *key, size_t stride, uint32_t *order, size_t n,
                        struct error *error);
/* The same by all of points[][m], the first coordinate first. */
enum status sort_points(const double *points, size_t m, uint32_t *order, size_t n,
                        struct error *error);

#endif
