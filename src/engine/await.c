/* Waiting for an evaluator, beside a run. */
#include "await_private.h"

#include <time.h>

void await_networks(struct evaluator *evaluator, const struct listener *listener, const char *doing,
                    atomic_size_t *done, size_t upto, size_t wanted)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    struct arch_code code;
    double part;
    for (size_t have; (have = atomic_load(done)) < upto; nanosleep(&pause, NULL)) {
        if (!evaluator_progress(evaluator, &code, &part))
            part = 0;
        listener_progress(listener, doing, ((double)have + part) / (double)wanted);
    }
}
