/* One look at a run that another process makes: who makes it, its state, what has come to the
 * history, answers, the phase that follows from these. The lock is looked at first: once it is free
 * nothing more is written, so what is read after that is all. */
#include "watch_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- state.json ---- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool over(const struct run *run)
{
    return run->state.ended[0] != '\0' ||
           (run->state.evaluations > 0 && run_made(run) >= run->state.evaluations);
}

/* Run time goes on from what the state says, while evaluations are made. */
static void set_clock(struct run *run, bool attended)
{
    bool goes = attended && !run->state.paused && run->state.ended[0] == '\0';
    double age = (double)clock_utc() - (double)run->watching->state.st_mtim.tv_sec;
    run->clock_start = -1;
    run->clock_before = run->state.seconds + (goes && age > 0 ? age : 0);
    if (goes)
        run_clock_go(run);
}

static enum status look_at_state(struct run *run, bool attended, bool *news, struct error *error)
{
    struct watching *w = run->watching;
    struct run_state fresh;
    struct buf path;
    struct stat about;
    bool found = false;
    enum status status = rundir_file(run->rundir, "state.json", &path, error);
    bool changed =
        status == STATUS_OK && stat(path.data, &about) == 0 && !same_file(&about, &w->state);
    buf_release(&path);
    if (!changed)
        return status;
    status = state_read(run->rundir, &fresh, &found, error);
    if (status != STATUS_OK || !found)
        return status;
    run_state_release(&run->state);
    run->state = fresh;
    run->look.pins = fresh.pins;
    run->stale = *news = true;
    w->state = about;
    set_clock(run, attended);
    return STATUS_OK;
}

/* ---- history.csv ---- */

/* What run.json is told with the first row. */
static void find_reference(struct run *run)
{
    json_t *stored = NULL;
    if (rundir_read_run(run->rundir, &stored, NULL) == STATUS_OK)
        progress_read(&run->progress, json_object_get(stored, "hypervolume"));
    json_decref(stored);
}

static void forget_rows(struct run *run)
{
    progress_release(&run->progress);
    progress_init(&run->progress, run->setup.objectives, run->setup.m);
    kept_front_forget(&run->front);
    run->stale = true; /* what is shown is of the rows that have gone */
    memset(&run->estimate, 0, sizeof run->estimate);
    run->estimated = 0;
    run->look.base = UINT32_MAX;
    run->recents = 0;
    run->watching->last = 0;
    run_rounds_forget(run);
}

static enum status take_row(struct run *run, const struct row *row, struct error *error)
{
    struct watching *w = run->watching;
    if (row->generation != w->last)
        run->progress.generation_start = progress_hypervolume(&run->progress);
    w->last = row->generation;
    run->recent[run->recents++ % 16] = (double)row->finished;
    if (run->setup.tasks > 0 && run->look.task_items == 0) /* run.json did not tell */
        run->look.task_items = row->n;
    run_front_follow(run, row);
    return run_replay_row(run, row, error);
}

static enum status look_at_history(struct run *run, bool *news, struct error *error)
{
    struct watching *w = run->watching;
    bool anew;
    enum status status = history_reader_read(w->reader, &anew, error);
    struct archive *archive = history_reader_archive(w->reader);
    if (archive != run->archive) {
        archive_free(run->archive);
        archive_hold(archive);
        run->look.archive = run->archive = archive;
        forget_rows(run);
        *news = true;
    }
    size_t rows = archive_count(archive);
    if (rows > run->progress.samples && !run->progress.known)
        find_reference(run);
    for (size_t i = run->progress.samples; status == STATUS_OK && i < rows; i++) {
        *news = true;
        status = take_row(run, archive_row(archive, i), error);
    }
    return status;
}

/* ---- progress.csv ---- */

/* What cannot be read of it the history tells, too: that is said in `fault`. */
static enum status look_at_rounds(struct run *run, bool *news, struct error *fault,
                                  struct error *error)
{
    enum status status = run_rounds_read(run, news, fault);
    if (status == STATUS_MEMORY) {
        if (error != NULL)
            *error = *fault;
        return status;
    }
    if (status == STATUS_OK)
        rounds_reader_fault(run->log.reader, fault);
    return STATUS_OK;
}

/* ---- answers ---- */

/* request_lock held. */
static enum status hear(void *context, const struct answer *answer, struct error *error)
{
    struct run *run = context;
    const struct watching *w = run->watching;
    (void)error;
    if (request_own_line(run->rundir, answer->file) == 0)
        return STATUS_OK;
    for (size_t i = 0; i < w->asks && i < WATCH_ASKED; i++) {
        const struct asked *asked = &w->asked[i];
        if (asked->line != answer->line)
            continue;
        struct snapshot *look = &run->look;
        look->answers++;
        look->refused = answer->refusal[0] != '\0';
        if (look->refused)
            snprintf(look->answer, sizeof look->answer, "%.90s is refused: %.150s", asked->text,
                     answer->refusal);
        else
            snprintf(look->answer, sizeof look->answer, "%.200s: taken, from evaluation %u on",
                     asked->text, answer->id);
    }
    return STATUS_OK;
}

static enum status look_at_answers(struct run *run, struct error *error)
{
    pthread_mutex_lock(&run->request_lock);
    enum status status = answers_read(run->rundir, hear, run, error);
    pthread_mutex_unlock(&run->request_lock);
    return status;
}

/* ---- who, and what ---- */

static enum run_phase phase_of(const struct run *run, bool attended)
{
    const char *ended = run->state.ended;
    if (!attended && strcmp(ended, "failed") == 0)
        return RUN_FAILED;
    if (!attended)
        return over(run) ? RUN_FINISHED : RUN_ABANDONED;
    const struct now *now = &run->watching->now;
    if (now->known && (now->phase == RUN_LOADING || now->phase == RUN_CALIBRATING))
        return now->phase;
    if (strcmp(ended, "stopped") == 0 || strcmp(ended, "failed") == 0)
        return RUN_LOADING; /* it goes on with the run, but has not got so far */
    if (over(run))
        return RUN_FINISHED;
    /* what had begun when the pause was asked for is finished first */
    bool rests = !now->known || now->phase == RUN_PAUSED;
    return run->state.paused && rests ? RUN_PAUSED : RUN_EVALUATING;
}

static void say_phase(struct run *run, enum run_phase phase)
{
    const char *path = rundir_path(run->rundir);
    if (phase == RUN_ABANDONED)
        run_say(run, "nobody writes this run any more; paretop %s goes on with it", path);
    else if (phase == RUN_FAILED)
        run_say(run, "the run has failed, %s/log.txt says why; paretop %s goes on with it", path,
                path);
    else if (phase == RUN_FINISHED && run->watching->attended)
        run_say(run, "the search has finished");
    else if (phase == RUN_FINISHED)
        run_say(run, "the search has %s; paretop %s goes on with it",
                strcmp(run->state.ended, "stopped") == 0 ? "been stopped" : "finished", path);
    else if (phase == RUN_LOADING)
        run_say(run, "%s is about to go on with this run", run->watching->holder);
}

static void look_at_phase(struct run *run, bool attended, const char *holder)
{
    struct watching *w = run->watching;
    struct snapshot *look = &run->look;
    bool change = attended != w->attended || strcmp(holder, w->holder) != 0;
    pthread_mutex_lock(&run->lock);
    w->attended = attended;
    pthread_mutex_unlock(&run->lock);
    snprintf(w->holder, sizeof w->holder, "%s", holder);
    if (change)
        set_clock(run, attended);
    enum run_phase phase = phase_of(run, attended);
    look->stopped = strcmp(run->state.ended, "stopped") == 0;
    if (phase != RUN_EVALUATING)
        run_clock_stand(run);
    if (change && attended)
        run_say(run, "watching: %s writes this run", w->holder);
    if (change || phase != look->phase)
        say_phase(run, phase);
    if (!change && phase == RUN_EVALUATING &&
        (look->phase == RUN_LOADING || look->phase == RUN_CALIBRATING))
        run_say(run, "%s goes on with this run", holder);
    look->phase = phase;
}

/* With it a point's layers have their influence, and networks can be extracted. */
static void look_for_order(struct run *run)
{
    struct buf path;
    if (run->ready || rundir_file(run->rundir, "order.bin", &path, NULL) != STATUS_OK)
        return;
    if (model_order_load(path.data, &run->order, NULL) == STATUS_OK) {
        if (run->order.layers == run->shape->layers) {
            struct space space;
            run->look.influence = run->order.influence;
            if (run_space_init(&run->setup, run->shape, &run->order, &space, NULL) == STATUS_OK)
                run->space = space;
        }
        pthread_mutex_lock(&run->lock);
        run->ready = true;
        pthread_mutex_unlock(&run->lock);
    }
    buf_release(&path);
}

enum status watch_look(struct run *run, struct error *error)
{
    char holder[160] = "";
    bool news = false;
    struct error fault = {0};
    bool attended = rundir_in_use(rundir_path(run->rundir), holder, sizeof holder);
    watch_look_at_now(run, attended);
    /* what the state calls finished has its line, and its rows, already */
    enum status status = look_at_state(run, attended, &news, error);
    if (status == STATUS_OK)
        status = look_at_rounds(run, &news, &fault, error);
    if (status == STATUS_OK)
        status = look_at_history(run, &news, error);
    if (status == STATUS_OK)
        status = run_rounds_follow(run, &news, error);
    look_at_phase(run, attended, holder);
    if (fault.message[0] != '\0') /* behind what the phase says, which would cover it */
        watch_tell_once(run, fault.message);
    if (status == STATUS_OK)
        status = look_at_answers(run, error);
    look_for_order(run);
    if (run->look.phase != RUN_EVALUATING)
        run->recents = 0;
    return status;
}

/* ---- generations ---- */

/* What progress.csv has of the generation; NULL: nothing. */
static const struct run_round *round_of(const struct run *run, uint32_t number)
{
    const struct rounds *rounds = &run->log.rounds;
    size_t from = 0, to = rounds->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (rounds->round[middle].generation < number)
            from = middle + 1;
        else
            to = middle;
    }
    bool there = from < rounds->count && rounds->round[from].generation == number;
    return there && rounds->round[from].front > 0 ? &rounds->round[from] : NULL;
}

static void tell_round(struct run *run, const struct run_round *round)
{
    const struct run_generation generation = {.generation = round->generation,
                                              .evaluations = round->evaluations,
                                              .feasible = round->feasible,
                                              .front = round->front,
                                              .hypervolume = round->hypervolume,
                                              .seconds = round->seconds,
                                              .shared = NAN};
    run->on_generation(run->context, &generation);
}

/* Of a generation that is not whole, or of a run from before there was the file: the front is to be
 * found again. */
static void tell_rows(struct run *run, uint32_t number, size_t rows, double seconds)
{
    uint32_t *front = NULL;
    struct run_generation generation = {.generation = number,
                                        .hypervolume = run->progress.sample[rows - 1].hypervolume,
                                        .seconds = seconds,
                                        .shared = NAN};
    struct estimate estimate = estimate_of_rows(run->archive, rows);
    for (size_t i = 0; i < rows; i++)
        generation.evaluations += !archive_superseded(run->archive, i, rows);
    if (front_of_rows(run->archive, rows, &estimate, run->setup.objectives, run->setup.m,
                      &run->look.pins, &front, &generation.front, &generation.feasible,
                      NULL) != STATUS_OK)
        return; /* no memory now */
    memory_free(front);
    run->on_generation(run->context, &generation);
}

void watch_tell_generations(struct run *run)
{
    struct watching *w = run->watching;
    size_t rows = run->progress.samples;
    enum run_phase phase = run->look.phase;
    bool ended = phase == RUN_FINISHED || phase == RUN_FAILED || phase == RUN_ABANDONED;
    if (run->on_generation == NULL)
        return;
    if (rows < w->told_rows) /* the history was replaced */
        w->told_rows = rows;
    for (size_t i = w->told_rows; i < rows; i++) {
        uint32_t number = archive_row(run->archive, i)->generation;
        bool last = i + 1 == rows;
        bool closed = !last ? archive_row(run->archive, i + 1)->generation != number
                            : number < run->state.method.generation;
        if (!closed && !(last && ended))
            continue;
        w->told_rows = i + 1;
        const struct run_round *round = round_of(run, number);
        if (round != NULL)
            tell_round(run, round);
        else
            tell_rows(run, number, i + 1,
                      last && !ended ? run->state.seconds : run->progress.sample[i].seconds);
    }
}
