/* What stands in the directory beside the run's own files, and changes without an evaluation: the
 * log, and other fronts. */
#include "run_private.h"

static bool look_at_log(struct run *run)
{
    struct snapshot *look = &run->look;
    if (run->tail == NULL && log_tail_new(rundir_path(run->rundir), &run->tail, NULL) != STATUS_OK)
        return false;
    if (!log_tail_read(run->tail))
        return false;
    look->line = log_tail_lines(run->tail, &look->lines, &look->held[SNAPSHOT_LINES]);
    return true;
}

bool run_look_beside(struct run *run)
{
    bool overlays = run_look_at_overlays(run); /* may say something */
    return look_at_log(run) || overlays;
}

void run_beside_release(struct run *run)
{
    run_overlays_release(run);
    log_tail_free(run->tail);
    run->tail = NULL;
}
