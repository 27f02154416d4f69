/* Memory with several owners, in any threads: the last who drops it frees it. */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include "base/error.h"

#include <stddef.h>

/* `bytes` of zeros with one owner; `release` (may be NULL) is called with them before they are
 * freed. NULL: out of memory. */
void *shared_new(size_t bytes, void (*release)(void *memory), struct error *error);
void shared_hold(const void *memory); /* NULL: nothing */
void shared_drop(const void *memory); /* NULL: nothing */

#endif
