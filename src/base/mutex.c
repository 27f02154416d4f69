/* base/mutex: a pthread mutex and its condition behind an opaque pointer. */
#include "base/mutex.h"

#include "base/memory.h"

#include <pthread.h>
#include <string.h>

struct mutex {
    pthread_mutex_t lock;
    pthread_cond_t change;
};

enum status mutex_new(struct mutex **mutex, struct error *error)
{
    struct mutex *made = memory_new(1, sizeof *made, error);
    if (made == NULL) {
        return STATUS_MEMORY;
    }
    int code = pthread_mutex_init(&made->lock, NULL);
    if (code != 0) {
        memory_free(made);
        return error_set(error, STATUS_IO, "a lock could not be made: %s", strerror(code));
    }
    pthread_cond_init(&made->change, NULL); /* cannot fail on Linux */
    *mutex = made;
    return STATUS_OK;
}

void mutex_free(struct mutex *mutex)
{
    if (mutex != NULL) {
        pthread_cond_destroy(&mutex->change);
        pthread_mutex_destroy(&mutex->lock);
        memory_free(mutex);
    }
}

void mutex_lock(struct mutex *mutex)
{
    pthread_mutex_lock(&mutex->lock);
}

void mutex_unlock(struct mutex *mutex)
{
    pthread_mutex_unlock(&mutex->lock);
}

void mutex_wait(struct mutex *mutex)
{
    pthread_cond_wait(&mutex->change, &mutex->lock);
}

void mutex_wake(struct mutex *mutex)
{
    pthread_cond_broadcast(&mutex->change);
}
