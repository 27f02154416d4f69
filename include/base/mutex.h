/* A mutual-exclusion lock for layers that may not see pthread.h (everything between base and
 * engine). Not recursive. */
#ifndef BASE_MUTEX_H
#define BASE_MUTEX_H

#include "base/error.h"

struct mutex;

enum status mutex_new(struct mutex **mutex, struct error *error);
void mutex_free(struct mutex *mutex); /* unlocked; NULL is fine */
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
/* Locked: lets go, sleeps until mutex_wake (or for no reason), locks again. */
void mutex_wait(struct mutex *mutex);
void mutex_wake(struct mutex *mutex); /* all that sleep */

#endif
