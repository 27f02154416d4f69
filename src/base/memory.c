/* Checked, zeroed, 64-byte-aligned allocation. Growing copies: realloc would not keep the
 * alignment. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT 64u
#define HUGE_PAGE ((size_t)2 << 20)
#define LARGE ((size_t)8 << 20)

static atomic_ulong fail_countdown; /* test hook; 0: off */

void memory_fail_at(unsigned long k)
{
    atomic_store(&fail_countdown, k);
}

static int fails_now(void)
{
    unsigned long left = atomic_load_explicit(&fail_countdown, memory_order_relaxed);
    while (left > 0)
        if (atomic_compare_exchange_weak(&fail_countdown, &left, left - 1))
            return left == 1;
    return 0;
}

/* Large blocks in huge pages: decoded weights come and go by the gigabyte, and a fault for each 4
 * KiB of them costs about twice the system time. Only advice to the system. */
static void *allocate(size_t bytes)
{
    bool large = bytes >= LARGE;
    size_t alignment = large ? HUGE_PAGE : ALIGNMENT;
    void *pointer = aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (pointer != NULL && large)
        (void)madvise(pointer, bytes, MADV_HUGEPAGE);
    return pointer;
}

void *memory_new(size_t count, size_t size, struct error *error)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - 2 * ALIGNMENT) {
        error_set(error, STATUS_MEMORY, "out of memory: %zu times %zu bytes could not be had",
                  count, size);
        return NULL;
    }
    size_t padded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *pointer = fails_now() ? NULL : allocate(padded > 0 ? padded : ALIGNMENT);
    if (pointer == NULL) {
        error_memory(error, bytes);
        return NULL;
    }
    memset(pointer, 0, padded);
    return pointer;
}

enum status memory_reserve(void *array, size_t *capacity, size_t need, size_t size,
                           struct error *error)
{
    if (need <= *capacity)
        return STATUS_OK;
    size_t grown = *capacity < 8 ? 8 : *capacity;
    while (grown < need)
        if (__builtin_mul_overflow(grown, 2, &grown)) {
            grown = need;
            break;
        }
    void *old, *fresh = memory_new(grown, size, error);
    if (fresh == NULL)
        return STATUS_MEMORY;
    memcpy(&old, array, sizeof old);
    if (old != NULL)
        memcpy(fresh, old, *capacity * size);
    memcpy(array, &fresh, sizeof fresh);
    memory_free(old);
    *capacity = grown;
    return STATUS_OK;
}

char *memory_string(const char *text, struct error *error)
{
    size_t length = strlen(text);
    char *copy = memory_new(length + 1, 1, error);
    if (copy != NULL)
        memcpy(copy, text, length + 1);
    return copy;
}

void memory_free(void *pointer)
{
    free(pointer);
}
