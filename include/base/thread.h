/* Threads beside the one that owns the terminal. */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/error.h"

#include <pthread.h>

/* Starts a thread with all signals blocked: they are for the screen's. STATUS_IO: it cannot be. */
enum status thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                         struct error *error);
/* The calling thread yields to those with less, so that a key is answered while it works. */
void thread_low_priority(int nice); /* 1..19 */

#endif
