/* support/live_run: see the header. */
#include "live_run.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

struct run *live_run(struct run_options options)
{
    struct run *run;
    struct error error = {0};
    options.limit = options.limit > 0 ? options.limit : 12;
    options.population = options.population > 0 ? options.population : 8;
    options.seed = options.seed_given ? options.seed : 7;
    options.threads = options.threads > 0 ? options.threads : 2;
    if (run_open(&options, &run, &error) != STATUS_OK || run_start(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return run;
}

struct run *live_watcher(const char *directory)
{
    struct run *run;
    struct error error = {0};
    if (run_watch(&(struct run_options){.directory = directory}, &run, &error) != STATUS_OK ||
        run_start(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return run;
}

const struct snapshot *live_when(struct run *run, bool (*good)(const struct snapshot *snapshot))
{
    time_t end = time(NULL) + 180; /* under a sanitizer, on a busy machine */
    for (;;) {
        const struct snapshot *s = run_snapshot(run);
        if (good(s))
            return s;
        if (time(NULL) > end)
            fail_msg("phase %d, %zu rows, \"%s\", try %d, foretold from %zu", (int)s->phase,
                     s->rows, s->message, s->attempt != NULL ? (int)s->attempt->phase : -1,
                     s->foretold_rows);
        snapshot_release(s);
        struct pollfd ready = {.fd = run_wake_fd(run), .events = POLLIN};
        poll(&ready, 1, 1000);
    }
}

void live_until(struct run *run, bool (*good)(const struct snapshot *snapshot))
{
    snapshot_release(live_when(run, good));
}

bool live_finished(const struct snapshot *snapshot)
{
    return snapshot->phase == RUN_FINISHED;
}

bool live_evaluates(const struct snapshot *snapshot)
{
    return snapshot->rows > 0;
}
