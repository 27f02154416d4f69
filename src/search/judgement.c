/* Figures over networks that were scored on questions seen and held out. */
#include "search/judgement.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

const struct judged_size judged_sizes[] = {
    {"params", false, .9}, {"params", false, .8}, {"params", false, .7},
    {"bytes", true, .8},   {"bytes", true, .7},   {"bytes", true, .6},
};
const size_t judged_sizes_count = sizeof judged_sizes / sizeof *judged_sizes;

size_t judged_base(const struct judged *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].base)
            return i;
    return SIZE_MAX;
}

static double gap_of(const struct judged *network, bool known)
{
    return (known ? network->known : network->seen) - network->heldout;
}

struct luck judged_luck(const struct judged *list, size_t count, bool known)
{
    size_t base = judged_base(list, count);
    struct luck luck = {.front = NAN, .base = NAN, .luck = NAN};
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double gap = gap_of(&list[i], known);
        if (!list[i].front || list[i].base || isnan(gap))
            continue;
        sum += gap;
        luck.networks++;
    }
    if (luck.networks > 0)
        luck.front = sum / (double)luck.networks;
    if (base != SIZE_MAX)
        luck.base = gap_of(&list[base], known);
    luck.luck = luck.front - luck.base;
    return luck;
}

bool judged_near_base(const struct judged *list, size_t count, size_t index)
{
    size_t base = judged_base(list, count);
    return base != SIZE_MAX && list[index].heldout >= list[base].heldout - list[base].heldout_error;
}

bool judged_stands(const struct judged *list, size_t count, size_t index)
{
    const struct judged *own = &list[index];
    bool stands = !isnan(own->heldout);
    for (size_t i = 0; stands && i < count; i++) {
        const struct judged *other = &list[i];
        if (strcmp(other->origin, own->origin) != 0 || other->bytes > own->bytes)
            continue;
        stands = !(other->heldout > own->heldout ||
                   (other->heldout >= own->heldout && other->bytes < own->bytes));
    }
    return stands;
}

bool judged_first_of(const struct judged *list, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(list[i].origin, list[index].origin) == 0)
            return false;
    return true;
}

static double size_of(const struct judged *network, const struct judged_size *size)
{
    return size->bytes ? network->bytes : network->params;
}

size_t judged_pick(const struct judged *list, size_t count, const char *origin,
                   const struct judged_size *size, double most)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        double own = size_of(&list[i], size);
        if (strcmp(list[i].origin, origin) != 0 || !(own <= most) || isnan(list[i].known))
            continue;
        if (best == SIZE_MAX || list[i].known > list[best].known ||
            (list[i].known >= list[best].known && own < size_of(&list[best], size)))
            best = i;
    }
    return best;
}
