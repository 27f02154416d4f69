/* The staircase of points in a plane: what sweeps over a third objective keep. */
#include "staircase_private.h"

#include "base/memory.h"

#include <string.h>

void staircase_release(struct staircase *staircase)
{
    memory_free(staircase->step);
    *staircase = (struct staircase){0};
}

/* Steps left of x: with a smaller one, or with `equal` also one as large. Halved without a branch,
 * which nothing could foretell. */
static size_t steps_before(const struct staircase *s, double x, bool equal)
{
    size_t from = 0;
    for (size_t left = s->steps; left > 0;) {
        size_t half = (left + 1) / 2;
        double at = s->step[from + half - 1].x;
        from += ((at < x) | (equal & (at <= x))) * half;
        left -= half;
    }
    return from;
}

bool staircase_covers(const struct staircase *s, double x, double y)
{
    size_t before = steps_before(s, x, true); /* the last of them is the lowest */
    return before > 0 && s->step[before - 1].y <= y;
}

/* The area that the point adds over the steps [at, end), which it covers. */
static double added_area(const struct staircase *s, size_t at, size_t end, struct step p,
                         const double reference[2])
{
    double sum = 0, left = p.x, top = at > 0 ? s->step[at - 1].y : reference[1];
    for (size_t i = at; i < end; i++) {
        sum += (s->step[i].x - left) * (top - p.y);
        left = s->step[i].x;
        top = s->step[i].y;
    }
    double right = end < s->steps ? s->step[end].x : reference[0];
    return sum + (right - left) * (top - p.y);
}

enum status staircase_add(struct staircase *s, double x, double y, const double reference[2],
                          double *gain, struct error *error)
{
    const struct step p = {x, y};
    if (gain != NULL)
        *gain = 0;
    if (staircase_covers(s, x, y))
        return STATUS_OK;
    enum status status =
        memory_reserve(&s->step, &s->capacity, s->steps + 1, sizeof *s->step, error);
    if (status != STATUS_OK)
        return status;
    size_t at = steps_before(s, x, false), end = at;
    while (end < s->steps && s->step[end].y >= y)
        end++;
    if (gain != NULL)
        *gain = added_area(s, at, end, p, reference);
    memmove(&s->step[at + 1], &s->step[end], (s->steps - end) * sizeof p);
    s->step[at] = p;
    s->steps = s->steps - (end - at) + 1;
    return STATUS_OK;
}
