/* Exact hypervolume, minimised: a sweep in two dimensions; in three a sweep over the third
 * objective that keeps the two-dimensional front below the plane (Fonseca, Paquete, Lopez-Ibanez
 * 2006). */
#include "search/hypervolume.h"

#include "base/memory.h"

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

/* Puts p into the staircase (x ascending, y descending); returns its new length. */
static size_t insert(struct corner *stair, size_t count, struct corner p)
{
    size_t at = 0;
    while (at < count && stair[at].x < p.x)
        at++;
    if ((at > 0 && stair[at - 1].y <= p.y) ||
        (at < count && stair[at].x == p.x && stair[at].y <= p.y))
        return count;
    size_t end = at;
    while (end < count && stair[end].y >= p.y)
        end++;
    memmove(&stair[at + 1], &stair[end], (count - end) * sizeof *stair);
    stair[at] = p;
    return count - (end - at) + 1;
}

static double area(const struct corner *stair, size_t count, const double *reference)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double next = i + 1 < count ? stair[i + 1].x : reference[0];
        sum += (next - stair[i].x) * (reference[1] - stair[i].y);
    }
    return sum;
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
    struct corner *stair = memory_new(n + 1, sizeof *stair, error);
    if (point == NULL || stair == NULL) {
        memory_free(point);
        memory_free(stair);
        return STATUS_MEMORY;
    }
    size_t count = corners(points, n, m, reference, without, point), steps = 0;
    double sum = 0;
    qsort(point, count, sizeof *point, by_z_then_x);
    for (size_t i = 0; i < count; i++) {
        steps = insert(stair, steps, point[i]);
        double top = i + 1 < count ? point[i + 1].z : m == 3 ? reference[2] : 1;
        if (top > point[i].z)
            sum += area(stair, steps, reference) * (top - point[i].z);
    }
    memory_free(point);
    memory_free(stair);
    *volume = sum;
    return STATUS_OK;
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
