/* base/thread: see the header. */
#include "base/thread.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

enum status thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument,
                         struct error *error)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0 ? STATUS_OK
                       : error_set(error, STATUS_IO, "cannot start a thread: %s", strerror(failed));
}

void thread_low_priority(int nice)
{
    setpriority(PRIO_PROCESS, 0, nice); /* of this thread alone, on Linux */
}
