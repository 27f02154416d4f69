/* Exact hypervolume for two and three objectives (minimised). 2-D: sort and sweep; 3-D: dimension
 * sweep over the third objective (Fonseca, Paquete, Lopez-Ibanez 2006). */
#ifndef SEARCH_HYPERVOLUME_H
#define SEARCH_HYPERVOLUME_H

#include "base/error.h"

#include <stddef.h>

/* points[n][m], reference[m], m 2 or 3. Points not strictly below the reference add nothing. */
enum status hypervolume(const double *points, size_t n, size_t m, const double *reference,
                        double *volume, struct error *error);
/* contribution[i] = hypervolume(all) - hypervolume(all but i). */
enum status hypervolume_contributions(const double *points, size_t n, size_t m,
                                      const double *reference, double *contribution,
                                      struct error *error);

#endif
