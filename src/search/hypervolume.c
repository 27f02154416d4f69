/* Exact hypervolume, minimised: a sweep in two dimensions; in three a sweep over the third
 * objective that keeps the two-dimensional front below the plane (Fonseca, Paquete, Lopez-Ibanez
 * 2006). */
#include "search/hypervolume.h"

#include "base/memory.h"
#include "staircase_private.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct corner {
    double x, y, z;
};

static int by_z_then_x(const void *a, const void *b)
{
    const struct corner *p = a, *q = b;
    if (p->z != q->z)
        return p->z < q->z ? -1 : 1;
    if (p->x != q->x)
        return p->x < q->x ? -1 : 1;
    return (p->y > q->y) - (p->y < q->y);
}

/* Corners strictly below the reference, all but `without`. In 2-D they share the plane z = 0. */
static size_t corners(const double *points, size_t n, size_t m, const double *reference,
                      size_t without, struct corner *out)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const double *p = points + i * m;
        bool inside = i != without;
        for (size_t k = 0; k < m; k++)
            inside = inside && p[k] < reference[k];
        if (inside)
            out[count++] = (struct corner){p[0], p[1], m == 3 ? p[2] : 0};
    }
    return count;
}

static enum status volume_without(const double *points, size_t n, size_t m, const double *reference,
                                  size_t without, double *volume, struct error *error)
{
    struct corner *point = memory_new(n, sizeof *point, error);
    struct staircase outline = {0};
    if (point == NULL)
        return STATUS_MEMORY;
    size_t count = corners(points, n, m, reference, without, point);
    double sum = 0, area = 0;
    enum status status = STATUS_OK;
    qsort(point, count, sizeof *point, by_z_then_x);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        double gain, top = i + 1 < count ? point[i + 1].z : m == 3 ? reference[2] : 1;
        status = staircase_add(&outline, point[i].x, point[i].y, reference, &gain, error);
        area += gain;
        sum += area * (top - point[i].z);
    }
    memory_free(point);
    staircase_release(&outline);
    *volume = sum;
    return status;
}

enum status hypervolume(const double *points, size_t n, size_t m, const double *reference,
                        double *volume, struct error *error)
{
    if (m != 2 && m != 3)
        return error_set(error, STATUS_INVALID, "hypervolume of %zu objectives; 2 or 3 expected",
                         m);
    return volume_without(points, n, m, reference, n, volume, error);
}

enum status hypervolume_contributions(const double *points, size_t n, size_t m,
                                      const double *reference, double *contribution,
                                      struct error *error)
{
    double all;
    enum status status = hypervolume(points, n, m, reference, &all, error);
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        status = volume_without(points, n, m, reference, i, &contribution[i], error);
        contribution[i] = all - contribution[i];
    }
    return status;
}
