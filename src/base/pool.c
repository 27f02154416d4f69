/* Worker threads over a queue of batches, each a job to be run for indices 0..count-1. */
#include "base/pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#define LOW_PRIORITY 10

struct batch {
    pool_job *job;
    void *context;
    size_t next, count;
    struct batch *after;
};

struct worker {
    struct pool *pool;
    pthread_t thread;
    unsigned index;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work, idle;
    struct batch *first, *last;
    struct worker *worker;
    unsigned threads, running;
    bool closing;
};

/* Takes the next index of the first batch; the batch's last taker unlinks it. */
static bool take(struct pool *pool, struct batch *taken, size_t *index)
{
    struct batch *batch = pool->first;
    if (batch == NULL)
        return false;
    *taken = *batch;
    *index = batch->next++;
    if (batch->next == batch->count) {
        pool->first = batch->after;
        if (pool->first == NULL)
            pool->last = NULL;
        memory_free(batch);
    }
    return true;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct pool *pool = worker->pool;
    setpriority(PRIO_PROCESS, 0, LOW_PRIORITY); /* of this thread alone, on Linux */
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct batch batch;
        size_t index;
        if (!pool->closing && take(pool, &batch, &index)) {
            pool->running++;
            pthread_mutex_unlock(&pool->lock);
            batch.job(batch.context, index, worker->index);
            pthread_mutex_lock(&pool->lock);
            pool->running--;
            continue;
        }
        if (pool->running == 0)
            pthread_cond_broadcast(&pool->idle);
        if (pool->closing)
            break;
        pthread_cond_wait(&pool->work, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

enum status pool_new(unsigned threads, struct pool **pool, struct error *error)
{
    struct pool *made = memory_new(1, sizeof *made, error);
    *pool = NULL;
    if (made == NULL)
        return STATUS_MEMORY;
    made->worker = memory_new(threads, sizeof *made->worker, error);
    if (made->worker == NULL) {
        memory_free(made);
        return STATUS_MEMORY;
    }
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->work, NULL);
    pthread_cond_init(&made->idle, NULL);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all,
                    &before); /* threads inherit: signals are the main thread's */
    int failed = 0;
    for (unsigned i = 0; failed == 0 && i < threads; i++) {
        made->worker[i] = (struct worker){.pool = made, .index = i};
        failed = pthread_create(&made->worker[i].thread, NULL, work, &made->worker[i]);
        made->threads += failed == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        pool_free(made);
        return error_set(error, STATUS_IO, "cannot start a thread: %s", strerror(failed));
    }
    *pool = made;
    return STATUS_OK;
}

enum status pool_submit(struct pool *pool, pool_job *job, void *context, size_t count,
                        struct error *error)
{
    if (count == 0)
        return STATUS_OK;
    struct batch *batch = memory_new(1, sizeof *batch, error);
    if (batch == NULL)
        return STATUS_MEMORY;
    *batch = (struct batch){job, context, 0, count, NULL};
    pthread_mutex_lock(&pool->lock);
    if (pool->last != NULL)
        pool->last->after = batch;
    else
        pool->first = batch;
    pool->last = batch;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    return STATUS_OK;
}

void pool_wait(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->first != NULL || pool->running > 0)
        pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}

enum status pool_run(struct pool *pool, pool_job *job, void *context, size_t count,
                     struct error *error)
{
    enum status status = pool_submit(pool, job, context, count, error);
    if (status == STATUS_OK)
        pool_wait(pool);
    return status;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->threads; i++)
        pthread_join(pool->worker[i].thread, NULL);
    for (struct batch *batch = pool->first, *after; batch != NULL; batch = after) {
        after = batch->after;
        memory_free(batch);
    }
    pthread_cond_destroy(&pool->work);
    pthread_cond_destroy(&pool->idle);
    pthread_mutex_destroy(&pool->lock);
    memory_free(pool->worker);
    memory_free(pool);
}
