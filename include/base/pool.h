/* Worker threads over a first-in first-out queue of jobs. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include "base/error.h"

#include <stddef.h>

struct pool;
typedef void pool_job(void *context, size_t index, unsigned worker); /* worker: 0..threads-1 */

/* Workers block all signals and run at a lower priority (nice 10). */
enum status pool_new(unsigned threads, struct pool **pool, struct error *error);
/* Queues job(context, 0..count-1). */
enum status pool_submit(struct pool *pool, pool_job *job, void *context, size_t count,
                        struct error *error);
/* Runs job(context, i) for all i < count on all workers and returns when the last has ended. */
enum status pool_run(struct pool *pool, pool_job *job, void *context, size_t count,
                     struct error *error);
void pool_wait(struct pool *pool);  /* until queue and workers are empty */
void pool_free(struct pool *pool);  /* running jobs end, queued ones are dropped */

#endif
