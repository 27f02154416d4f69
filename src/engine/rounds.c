/* The finished generations of a run: lines of progress.csv, and where there is no line what the
 * history tells. A line is on disk before the state of the generation behind it: of a line whose
 * generation the state does not count as finished the process was killed before it could save, and
 * the generation ends once more. */
#include "run_private.h"

#include <math.h>
#include <stdio.h>

/* A network not counted before? */
static bool first_of_its_code(const struct archive *archive, size_t index)
{
    return archive_replaced(archive, index) == SIZE_MAX &&
           !archive_superseded(archive, index, index + 1);
}

/* Passes the rows of generations below `end`, and makes a round of each that none was made of. */
static enum status pass_rows(struct run *run, uint32_t end, bool keep, struct error *error)
{
    struct round_log *log = &run->log;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && log->row < run->progress.samples &&
           archive_row(run->archive, log->row)->generation < end) {
        size_t row = log->row++;
        uint32_t generation = archive_row(run->archive, row)->generation;
        log->codes += row >= run->warm.imported && first_of_its_code(run->archive, row);
        bool last = log->row == run->progress.samples ||
                    archive_row(run->archive, log->row)->generation > generation;
        const struct run_sample *sample = &run->progress.sample[row];
        const struct run_round round = {.generation = generation,
                                        .evaluations = log->codes,
                                        .hypervolume = sample->hypervolume,
                                        .seconds = sample->seconds,
                                        .correlation = {NAN, NAN, NAN},
                                        .error = {NAN, NAN, NAN}};
        size_t count = log->rounds.count;
        bool made = count > 0 && log->rounds.round[count - 1].generation >= generation;
        if (keep && last && !made)
            status = rounds_add(&log->rounds, &round, error);
    }
    return status;
}

/* Rounds of all generations before the state's. */
static enum status follow(struct run *run, struct error *error)
{
    struct round_log *log = &run->log;
    size_t lines;
    const struct run_round *line = rounds_reader_lines(log->reader, &lines);
    uint32_t ended = run->state.method.generation;
    enum status status = STATUS_OK;
    for (; status == STATUS_OK && log->line < lines && line[log->line].generation < ended;
         log->line++) {
        status = pass_rows(run, line[log->line].generation, true, error);
        if (status == STATUS_OK)
            status = rounds_add(&log->rounds, &line[log->line], error);
        if (status == STATUS_OK)
            status = pass_rows(run, line[log->line].generation + 1, false, error);
    }
    return status == STATUS_OK ? pass_rows(run, ended, true, error) : status;
}

static void show(struct run *run)
{
    run->look.round = run->log.rounds.round;
    run->look.rounds = run->log.rounds.count;
    run->look.held[SNAPSHOT_ROUNDS] = run->log.rounds.round;
}

void run_rounds_forget(struct run *run)
{
    struct round_log *log = &run->log;
    rounds_release(&log->rounds);
    log->row = log->line = log->codes = 0;
    show(run);
}

void run_rounds_release(struct run *run)
{
    rounds_release(&run->log.rounds);
    rounds_reader_free(run->log.reader);
    run->log.reader = NULL;
}

enum status run_rounds_read(struct run *run, bool *news, struct error *error)
{
    struct round_log *log = &run->log;
    bool anew = false;
    enum status status = STATUS_OK;
    if (log->reader == NULL)
        status = rounds_reader_new(rundir_path(run->rundir), run->setup.objectives, run->setup.m,
                                   &log->reader, error);
    if (status == STATUS_OK)
        status = rounds_reader_read(log->reader, &anew, error);
    if (anew)
        run_rounds_forget(run);
    *news = *news || anew;
    return status;
}

enum status run_rounds_follow(struct run *run, bool *news, struct error *error)
{
    size_t before = run->log.rounds.count;
    enum status status = follow(run, error);
    *news = *news || run->log.rounds.count != before;
    show(run);
    return status;
}

/* ---- a run of one's own ---- */

/* Takes away what the first line is not to stand behind: lines that are none, and those of
 * generations that go on or end once more. */
static enum status clear_file(struct run *run, struct error *error)
{
    struct round_log *log = &run->log;
    size_t lines;
    if (log->reader == NULL)
        return STATUS_OK;
    const struct run_round *line = rounds_reader_lines(log->reader, &lines);
    enum status status = STATUS_OK;
    if (lines > log->line || rounds_reader_damaged(log->reader))
        status = rounds_replace(run->rundir, line, log->line, run->setup.objectives, run->setup.m,
                                error);
    if (status == STATUS_OK) {
        rounds_reader_free(log->reader);
        log->reader = NULL;
    }
    return status;
}

enum status run_rounds_end(struct run *run, struct error *error)
{
    const struct snapshot *look = &run->look;
    const struct method_report *report = &run->live.report;
    struct run_round round = {.generation = look->generation,
                              .evaluations = look->evaluations,
                              .feasible = look->feasible,
                              .front = look->fronts,
                              .hypervolume = look->hypervolume,
                              .seconds = look->run_seconds};
    for (size_t k = 0; k < 3; k++) {
        bool foretold = k < run->setup.m && report->networks > 0 && report->model[k] != NULL;
        round.correlation[k] = foretold ? report->correlation[k] : NAN;
        round.error[k] = foretold ? report->error[k] : NAN;
    }
    enum status status = clear_file(run, error);
    if (status == STATUS_OK)
        status = rounds_append(run->rundir, &round, run->setup.objectives, run->setup.m, error);
    if (status == STATUS_OK)
        status = rounds_add(&run->log.rounds, &round, error);
    show(run);
    return status;
}
