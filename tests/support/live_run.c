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

void live_end(struct run *run)
{
    struct error error = {0};
    run_stop(run);
    if (run_wait(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    run_close(run);
}

static void no_longer(const struct snapshot *s)
{
    fail_msg("phase %d, %zu rows, %zu overlays, \"%s\", answer \"%s\", try %d, foretold from %zu",
             (int)s->phase, s->rows, s->overlays, s->message, s->answer,
             s->attempt != NULL ? (int)s->attempt->phase : -1, s->foretold_rows);
}

struct wanted { /* one of the two */
    bool (*good)(const struct snapshot *snapshot);
    bool (*good_of)(const struct snapshot *snapshot, size_t n);
    size_t n;
};

static const struct snapshot *wait_for(struct run *run, const struct wanted *wanted)
{
    time_t end = time(NULL) + 180; /* under a sanitizer, on a busy machine */
    for (;;) {
        const struct snapshot *snapshot = run_snapshot(run);
        if (wanted->good != NULL ? wanted->good(snapshot) : wanted->good_of(snapshot, wanted->n))
            return snapshot;
        if (time(NULL) > end)
            no_longer(snapshot);
        snapshot_release(snapshot);
        struct pollfd ready = {.fd = run_wake_fd(run), .events = POLLIN};
        poll(&ready, 1, 1000);
    }
}

const struct snapshot *live_when(struct run *run, bool (*good)(const struct snapshot *snapshot))
{
    return wait_for(run, &(struct wanted){.good = good});
}

const struct snapshot *
live_when_of(struct run *run, bool (*good)(const struct snapshot *snapshot, size_t n), size_t n)
{
    return wait_for(run, &(struct wanted){.good_of = good, .n = n});
}

bool live_in_phase(const struct snapshot *snapshot, size_t phase)
{
    return snapshot->phase == (enum run_phase)phase;
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
