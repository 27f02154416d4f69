/* Pareto fronts over points and over archive rows, crowding, knee. All minimise; NaN and infinite
 * values are infeasible-worst and never on a front. */
#ifndef SEARCH_FRONT_H
#define SEARCH_FRONT_H

#include "search/estimate.h"

/* rank[n] (0: first front) of points[n][m] under constrained domination; violation may be NULL.
 * Equal points share a rank. */
enum status nondominated_sort(const double *points, const double *violation, size_t n, size_t m,
                              uint32_t *rank, struct error *error);
/* on[n]: which of points[n][m], m 2 or 3, all finite, are non-dominated; of equal points the first
 * alone. O(n log n). */
enum status nondominated_points(const double *points, size_t n, size_t m, bool *on,
                                struct error *error);
/* Crowding distance (Deb 2002; pagmo's convention: the sum over objectives of the gap between
 * neighbours divided by the range; ends are infinite) within one front given by index[count]. */
enum status crowding_distance(const double *points, size_t m, const uint32_t *index, size_t count,
                              double *distance /* [count] */, struct error *error);

/* The shown front: non-dominated among rows that count and are within the pins, of equal points the
 * lowest id; sorted by the second objective ascending. id[] is allocated (memory_new), *count its length. When no row
 * is within, the front is of the least violating rows and *feasible is 0. */
enum status front_of_rows(const struct archive *archive, size_t rows,
                          const struct estimate *estimate, const enum objective *objectives,
                          size_t m, const struct pins *pins, uint32_t **id, size_t *count,
                          size_t *feasible /* codes within */, struct error *error);
/* The front within one standard error: every row that no row of the strict front (`front`, as
 * front_of_rows found it) beats beyond doubt, which is by more than the standard error of their
 * difference where an objective has one, and without being worse in another. The strict front is
 * part of it. Sorted and allocated as that is. */
enum status front_within_error(const struct archive *archive, size_t rows,
                               const struct estimate *estimate, const enum objective *objectives,
                               size_t m, const struct pins *pins, const uint32_t *front,
                               size_t fronts, uint32_t **id, size_t *count, struct error *error);
/* Position in id[] of the knee: the largest distance to the line through the front's ends (three
 * objectives: to the plane through its extremes), each objective scaled to its range on the front.
 * When one of the objectives is an accuracy whose chance[OBJECTIVES] (NULL: none has) is not 0, only
 * the points count that are clearly above it, by more than two standard errors. With fewer than 3
 * *few is set, and it is the best of all points by that accuracy, or by the first objective. */
size_t front_knee(const struct archive *archive, const struct estimate *estimate,
                  const uint32_t *id, size_t count, const enum objective *objectives, size_t m,
                  const double *chance, bool *few);
/* By which the best is meant then. */
enum objective front_knee_objective(const enum objective *objectives, size_t m,
                                    const double *chance);
/* The same of costs point[count][m], all of which count. */
size_t front_knee_of_points(const double *point, size_t count, size_t m, bool *few);

#endif
