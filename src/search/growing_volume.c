/* The hypervolume as points come: by the volume that each adds, which is its box up to the
 * reference without what others cover of it. In three dimensions that is found by a sweep over the
 * box's levels of one objective, with the outline of what is covered in the plane. */
#include "search/hypervolume.h"

#include "staircase_private.h"

#include <math.h>
#include <string.h>

void growing_volume_init(struct growing_volume *volume, size_t m, const double *reference)
{
    *volume = (struct growing_volume){.front.m = m};
    memcpy(volume->reference, reference, m * sizeof *reference);
}

void growing_volume_release(struct growing_volume *volume)
{
    growing_front_release(&volume->front);
    volume->volume = 0;
}

static double added_area(const struct growing_volume *v, const double *p)
{
    const struct growing_front *front = &v->front;
    double sum = 0, bottom = p[1];
    size_t at = growing_front_below(front, p[1], false);
    double right = at > 0 ? front->point[2 * (at - 1)] : v->reference[0];
    for (; at < front->points && front->point[2 * at] >= p[0]; at++) {
        sum += (right - p[0]) * (front->point[2 * at + 1] - bottom);
        right = front->point[2 * at];
        bottom = front->point[2 * at + 1];
    }
    double top = at < front->points ? front->point[2 * at + 1] : v->reference[1];
    return sum + (right - p[0]) * (top - bottom);
}

/* The sweep goes by the second objective, in whose order the points are. */
static enum status added_volume(const struct growing_volume *v, const double *p, double *gain,
                                struct error *error)
{
    const struct growing_front *front = &v->front;
    const double plane[2] = {v->reference[0], v->reference[2]};
    struct staircase covered = {0};
    double whole = (plane[0] - p[0]) * (plane[1] - p[2]), area = 0, level = p[1];
    enum status status = STATUS_OK;
    *gain = 0;
    for (size_t i = 0; status == STATUS_OK && i <= front->points; i++) {
        const double *q = i < front->points ? front->point + 3 * i : v->reference;
        double added = 0;
        if (q[1] > level) {
            *gain += fmax(whole - area, 0) * (q[1] - level);
            level = q[1];
        }
        if (q[0] <= p[0] && q[2] <= p[2])
            break; /* all of the box above is covered */
        if (i < front->points)
            status =
                staircase_add(&covered, fmax(q[0], p[0]), fmax(q[2], p[2]), plane, &added, error);
        area += added;
    }
    staircase_release(&covered);
    return status;
}

enum status growing_volume_add(struct growing_volume *v, const double *point, struct error *error)
{
    double gain = 0;
    enum status status = STATUS_OK;
    for (size_t k = 0; k < v->front.m; k++)
        if (point[k] >= v->reference[k])
            return STATUS_OK;
    if (growing_front_covers(&v->front, point))
        return STATUS_OK;
    if (v->front.m == 2)
        gain = added_area(v, point);
    else
        status = added_volume(v, point, &gain, error);
    if (status == STATUS_OK)
        status = growing_front_add(&v->front, point, 0, error);
    if (status == STATUS_OK)
        v->volume += gain;
    return status;
}
