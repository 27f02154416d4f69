/* Radix sort of doubles by their bits, a byte at a time, the lowest first: fronts are found again
 * with each evaluation, and comparing ten thousand rows by a function takes longer than all else.
 */
#include "sorting_private.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

#define DIGITS 8
#define VALUES 256
#define RUN_MOST 8 /* equal first coordinates that are put in order one by one */

struct item {
    uint64_t key;
    uint32_t index;
};

/* Unsigned numbers in the order of the doubles. */
static uint64_t ordered_bits(double value)
{
    uint64_t bits;
    value += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 != 0 ? ~bits : bits | UINT64_C(1) << 63;
}

static size_t digit_of(uint64_t key, int digit)
{
    return (size_t)(key >> (8 * digit)) & (VALUES - 1);
}

/* False when all keys have the same digit there. */
static bool distribute(const struct item *from, struct item *to, size_t n, int digit,
                       const size_t count[VALUES])
{
    size_t place[VALUES], sum = 0;
    if (n == 0 || count[digit_of(from[0].key, digit)] == n)
        return false;
    for (size_t i = 0; i < VALUES; i++) {
        place[i] = sum;
        sum += count[i];
    }
    for (size_t i = 0; i < n; i++)
        to[place[digit_of(from[i].key, digit)]++] = from[i];
    return true;
}

enum status sort_by_key(const double *key, size_t stride, uint32_t *order, size_t n,
                        struct error *error)
{
    size_t count[DIGITS][VALUES] = {{0}};
    struct item *room = memory_new(n, 2 * sizeof *room, error);
    if (room == NULL)
        return STATUS_MEMORY;
    struct item *from = room, *to = room + n;
    for (size_t i = 0; i < n; i++) {
        from[i] = (struct item){ordered_bits(key[order[i] * stride]), order[i]};
        for (int d = 0; d < DIGITS; d++)
            count[d][digit_of(from[i].key, d)]++;
    }
    for (int d = 0; d < DIGITS; d++)
        if (distribute(from, to, n, d, count[d])) {
            struct item *other = from;
            from = to;
            to = other;
        }
    for (size_t i = 0; i < n; i++)
        order[i] = from[i].index;
    memory_free(room);
    return STATUS_OK;
}

/* ---- points ---- */

static size_t run_of(const double *points, size_t m, const uint32_t *order, size_t n)
{
    size_t run = 1;
    while (run < n && points[m * order[run]] == points[m * order[0]])
        run++;
    return run;
}

static bool before(const double *a, const double *b, size_t m)
{
    size_t k = 0;
    while (k < m && a[k] == b[k])
        k++;
    return k < m && a[k] < b[k];
}

static void insert_in_order(const double *points, size_t m, uint32_t *order, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        uint32_t index = order[i];
        size_t at = i;
        for (; at > 0 && before(points + m * index, points + m * order[at - 1], m); at--)
            order[at] = order[at - 1];
        order[at] = index;
    }
}

/* The first coordinate alone mostly tells all: then that is a pass in place of m. */
enum status sort_points(const double *points, size_t m, uint32_t *order, size_t n,
                        struct error *error)
{
    enum status status = sort_by_key(points, m, order, n, error);
    size_t longest = 0;
    for (size_t i = 0, run; status == STATUS_OK && i < n; i += run) {
        run = run_of(points, m, order + i, n - i);
        longest = run > longest ? run : longest;
        if (run <= RUN_MOST)
            insert_in_order(points, m, order + i, run);
    }
    for (size_t k = longest > RUN_MOST ? m : 0; status == STATUS_OK && k-- > 0;)
        status = sort_by_key(points + k, m, order, n, error);
    return status;
}
