/* MT19937 (Matsumoto, Nishimura: Mersenne Twister, ACM TOMACS 8(1), 1998), seeded as the authors'
 * init_by_array does with one word, and CPython's random.sample on it: worked examples are drawn
 * with random.Random(1234), and only the same numbers give the published prompts. */
#include "task/mt19937.h"

#include "base/memory.h"

#include <stdbool.h>

#define N 624
#define M 397

/* The reference initialisation by one word, then by the array {seed}. */
void mt19937_init(struct mt19937 *random, uint32_t seed)
{
    uint32_t *x = random->state;
    x[0] = 19650218;
    for (uint32_t i = 1; i < N; i++)
        x[i] = 1812433253U * (x[i - 1] ^ x[i - 1] >> 30) + i;
    size_t i = 1;
    for (size_t round = 0; round < 2 * N - 1; round++) {
        uint32_t mixed = x[i - 1] ^ x[i - 1] >> 30;
        x[i] = round < N ? (x[i] ^ mixed * 1664525U) + seed
                         : (x[i] ^ mixed * 1566083941U) - (uint32_t)i;
        if (++i == N) {
            x[0] = x[N - 1];
            i = 1;
        }
    }
    x[0] = 0x80000000U;
    random->used = N;
}

static void generate(uint32_t x[N])
{
    for (size_t i = 0; i < N; i++) {
        uint32_t y = (x[i] & 0x80000000U) | (x[(i + 1) % N] & 0x7FFFFFFFU);
        x[i] = x[(i + M) % N] ^ y >> 1 ^ ((y & 1) != 0 ? 0x9908B0DFU : 0);
    }
}

uint32_t mt19937_next(struct mt19937 *random)
{
    if (random->used == N) {
        generate(random->state);
        random->used = 0;
    }
    uint32_t y = random->state[random->used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9D2C5680U;
    y ^= y << 15 & 0xEFC60000U;
    return y ^ y >> 18;
}

/* [0, n), n >= 1: as many bits as n has, again until they are below it. */
static size_t below(struct mt19937 *random, size_t n)
{
    unsigned bits = 0;
    while (n >> bits != 0)
        bits++;
    for (;;) {
        size_t drawn = mt19937_next(random) >> (32 - bits);
        if (drawn < n)
            return drawn;
    }
}

/* For few items of many CPython draws until it has k different ones, else from a list that shrinks;
 * the limit is the size of its set against that of the list. */
static bool from_a_list(size_t n, size_t k)
{
    size_t set = 21, power = 1;
    while (power < 3 * k)
        power *= 4;
    return n <= (k > 5 ? set + power : set);
}

enum status mt19937_sample(struct mt19937 *random, size_t n, size_t k, size_t *chosen,
                           struct error *error)
{
    bool shrink = from_a_list(n, k);
    size_t *list = shrink ? memory_new(n, sizeof *list, error) : NULL;
    if (shrink && list == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; shrink && i < n; i++)
        list[i] = i;
    for (size_t i = 0; i < k; i++) {
        if (shrink) {
            size_t place = below(random, n - i);
            chosen[i] = list[place];
            list[place] = list[n - i - 1];
            continue;
        }
        bool taken;
        do {
            chosen[i] = below(random, n);
            taken = false;
            for (size_t k2 = 0; k2 < i; k2++)
                taken = taken || chosen[k2] == chosen[i];
        } while (taken);
    }
    memory_free(list);
    return STATUS_OK;
}
