/* Exact hypervolume for two and three objectives (minimised). 2-D: sort and sweep; 3-D: dimension
 * sweep over the third objective (Fonseca, Paquete, Lopez-Ibanez 2006). */
#ifndef SEARCH_HYPERVOLUME_H
#define SEARCH_HYPERVOLUME_H

#include "search/growing_front.h"

#include <stddef.h>

/* points[n][m], reference[m], m 2 or 3. Points not strictly below the reference add nothing. */
enum status hypervolume(const double *points, size_t n, size_t m, const double *reference,
                        double *volume, struct error *error);

/* The hypervolume of points that come one by one, with the non-dominated of them. */
struct growing_volume {
    struct growing_front front;
    double reference[3];
    double volume;
};
void growing_volume_init(struct growing_volume *volume, size_t m, const double *reference);
void growing_volume_release(struct growing_volume *volume);
/* Takes a finite point. O(points). */
enum status growing_volume_add(struct growing_volume *volume, const double *point,
                               struct error *error);

/* contribution[i] = hypervolume(all) - hypervolume(all but i). */
enum status hypervolume_contributions(const double *points, size_t n, size_t m,
                                      const double *reference, double *contribution,
                                      struct error *error);

#endif
