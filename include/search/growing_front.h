/* Fronts of points that come one by one. */
#ifndef SEARCH_GROWING_FRONT_H
#define SEARCH_GROWING_FRONT_H

#include "search/front.h"

/* The non-dominated of the points so far, minimised; of equal ones the first alone. */
struct growing_front { /* zero value but m: empty */
    size_t m;          /* 2 or 3 */
    size_t points;
    double *point; /* [points][m], by ascending second coordinate; owned */
    uint32_t *id;  /* [points]; owned */
    size_t point_capacity, id_capacity;
};
void growing_front_release(struct growing_front *front);
bool growing_front_covers(const struct growing_front *front, const double *point);
/* Points with a second coordinate below `value`, or up to it. */
size_t growing_front_below(const struct growing_front *front, double value, bool equal);
/* Takes a finite point that is not covered: those that it covers leave. O(points), a few
 * nanoseconds each. */
enum status growing_front_add(struct growing_front *front, const double *point, uint32_t id,
                              struct error *error);

/* The shown front of an archive that grows: what front_of_rows finds. */
struct kept_front {
    enum objective objectives[3];
    struct pins pins; /* under which it is */
    struct estimate estimate;
    const struct archive *archive; /* compared, so that another makes it anew */
    size_t rows;      /* of the archive that it knows */
    size_t feasible;  /* of them within the pins */
    double violation; /* of its members: 0 when any row is within */
    struct growing_front front;
};
void kept_front_init(struct kept_front *kept, const enum objective *objectives, size_t m);
void kept_front_release(struct kept_front *kept);
/* Follows rows and pins, in the archive's owner's thread: rows that are new are added. It is made
 * anew for other pins, for a row that may count in place of an earlier one, and for another
 * estimate when objectives or pins name what is derived from it.
 * After an error it is empty and begins again with the next call. */
enum status kept_front_update(struct kept_front *kept, const struct archive *archive, size_t rows,
                              const struct estimate *estimate, const struct pins *pins,
                              struct error *error);
/* Rows have changed: the next update makes it anew. */
void kept_front_forget(struct kept_front *kept);

#endif
