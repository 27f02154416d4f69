/* Allocation that checks products for overflow and reports failure as an error like others. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include "base/error.h"

#include <stddef.h>

/* count * size bytes, zeroed, aligned to 64; NULL and *error on overflow or exhaustion (count 0
 * gives a valid pointer). Release with memory_free. */
void *memory_new(size_t count, size_t size, struct error *error);

/* Grows *array (of elements of `size` bytes, capacity *capacity) to hold at least `need` elements,
 * doubling; contents are kept, new room is zeroed. *array comes from memory_new or is NULL. */
enum status memory_reserve(void *array, size_t *capacity, size_t need, size_t size,
                           struct error *error);

/* A copy of `text`, release with memory_free. */
char *memory_string(const char *text, struct error *error);

void memory_free(void *pointer);

/* Test hook: the k-th allocation from now fails (0: none). */
void memory_fail_at(unsigned long k);

#endif
