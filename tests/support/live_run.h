/* Runs that go on in this process while a test looks at their snapshots. */
#ifndef SUPPORT_LIVE_RUN_H
#define SUPPORT_LIVE_RUN_H

#include "engine/run.h"

/* Opened and started, of 12 questions, generations of 8, seed 7 and two threads unless the options
 * say otherwise; fails the running test when it cannot be. */
struct run *live_run(struct run_options options);
struct run *live_watcher(const char *directory);

void live_end(struct run *run); /* stops it, waits for its end, closes it */

/* Waits some minutes at most until a snapshot is as `good` wants it: the caller releases it. */
const struct snapshot *live_when(struct run *run, bool (*good)(const struct snapshot *snapshot));
/* The same of a condition with a number in it. */
const struct snapshot *
live_when_of(struct run *run, bool (*good)(const struct snapshot *snapshot, size_t n), size_t n);
bool live_in_phase(const struct snapshot *snapshot, size_t phase); /* an enum run_phase */
void live_until(struct run *run, bool (*good)(const struct snapshot *snapshot));
bool live_finished(const struct snapshot *snapshot);
bool live_evaluates(const struct snapshot *snapshot); /* a row is there */

#endif
