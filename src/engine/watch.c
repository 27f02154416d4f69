/* A run that another process makes, seen through its directory: history.csv is followed, state.json
 * read when it changes, requests go to a file of this process, their answers come back in
 * answers.csv. Nothing else is written, and no lock is taken. The thread looks when inotify tells
 * of a change, and each second in any case: shared file systems tell nothing. */
#include "watch_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MILLISECONDS 1000
#define LEAST_MILLISECONDS 100 /* between two looks: a fast run must not fill a slow terminal */

/* ---- opening ---- */

void watch_tell_once(void *context, const char *text)
{
    struct run *run = context;
    struct watching *w = run->watching;
    uint64_t hash = hash64(text, strlen(text));
    for (size_t i = 0; i < w->damages && i < WATCH_DAMAGES; i++)
        if (w->damage[i] == hash)
            return;
    w->damage[w->damages++ % WATCH_DAMAGES] = hash;
    run_say(run, "%s", text);
}

/* The model file is a comfort: with it networks can be extracted here. */
static void open_model(struct run *run, bool told)
{
    struct error why = {0};
    struct snapshot *look = &run->look;
    const char *path = run->setup.model.path;
    if (supernet_open(path, &run->supernet, &why) != STATUS_OK) {
        run->supernet = NULL;
        snprintf(look->no_extraction, sizeof look->no_extraction,
                 "extraction needs the model, which cannot be read here: %.190s", why.message);
        snprintf(look->no_try, sizeof look->no_try,
                 "trying a prompt needs the model, which cannot be read here: %.190s", why.message);
        return;
    }
    const struct arch_shape *file = supernet_shape(run->supernet), *run_shape = run->shape;
    bool same = !told || file->layers == run_shape->layers;
    for (uint32_t i = 0; told && same && i < file->layers; i++)
        same = file->layer[i].intermediate == run_shape->layer[i].intermediate &&
               file->layer[i].heads == run_shape->layer[i].heads;
    if (same) {
        run->shape = file;
        supernet_set_memory(run->supernet, evaluator_weights_memory(run->memory));
        return;
    }
    snprintf(look->no_extraction, sizeof look->no_extraction,
             "extraction needs the model, and %s is another one", path);
    snprintf(look->no_try, sizeof look->no_try,
             "trying a prompt needs the model, and %s is another one", path);
    supernet_close(run->supernet);
    run->supernet = NULL;
}

static enum status open_parts(struct run *run, const json_t *stored, struct error *error)
{
    struct watching *w = run->watching;
    const struct run_options none = {0};
    bool told = false;
    enum status status;
    if ((status = setup_resolve(&none, stored, &run->setup, error)) ||
        (status = watch_read_json(run, stored, &w->shape, &told, error)))
        return status;
    run->shape = told ? &w->shape : NULL;
    open_model(run, told);
    if (run->shape == NULL)
        return error_set(error, STATUS_INVALID,
                         "%s was made by an older paretop, which does not tell its model's shape: "
                         "to watch it, the model must be readable at %s",
                         rundir_path(run->rundir), run->setup.model.path);
    run->method = method_by_name(run->setup.value[SETUP_METHOD]);
    run_say_measured(run);
    progress_init(&run->progress, run->setup.objectives, run->setup.m);
    kept_front_init(&run->front, run->setup.objectives, run->setup.m);
    if ((status = run_space_init(&run->setup, run->shape, NULL, &run->plain, error)) ||
        (status = history_reader_new(rundir_path(run->rundir), run->shape, watch_tell_once, run,
                                     &w->reader, error)))
        return status;
    if (run_read_costs(run, stored, NULL) != STATUS_OK)
        run->costed = false; /* times are not foretold, then */
    run->archive = history_reader_archive(w->reader);
    archive_hold(run->archive);
    run->space = run->plain;
    run->look.watched = true;
    run->look.message[0] = '\0';
    if ((status = run_first_snapshot(run, error)) ||
        (status = answers_read(run->rundir, NULL, NULL, error)))
        return status;
    run->look.message[0] = '\0';
    return watch_look(run, error);
}

static void open_notices(struct run *run)
{
    struct watching *w = run->watching;
    const uint32_t events = IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DELETE;
    struct buf requests;
    w->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (w->inotify < 0)
        return;
    inotify_add_watch(w->inotify, rundir_path(run->rundir), events);
    if (rundir_file(run->rundir, "requests.d", &requests, NULL) == STATUS_OK)
        inotify_add_watch(w->inotify, requests.data, events);
    buf_release(&requests);
}

enum status run_watch(const struct run_options *options, struct run **run, struct error *error)
{
    struct error own = {0};
    json_t *stored = NULL;
    struct run *r;
    enum status status = run_new(options, &r, &own);
    *run = NULL;
    if (status == STATUS_OK && (r->watching = memory_new(1, sizeof *r->watching, &own)) == NULL)
        status = STATUS_MEMORY;
    if (status == STATUS_OK) {
        r->watching->inotify = -1;
        r->nudge = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (r->nudge < 0)
            status = error_errno(&own, "cannot make", "an event");
    }
    if (status == STATUS_OK && !rundir_exists(options->directory))
        status = error_set(&own, STATUS_INVALID, "%s is not a run directory: it has no run.json",
                           options->directory);
    if (status == STATUS_OK)
        status = rundir_watch(options->directory, &r->rundir, &own);
    if (status == STATUS_OK)
        open_notices(r); /* before the first look: what changes after it is told */
    if (status == STATUS_OK)
        status = rundir_read_run(r->rundir, &stored, &own);
    if (status == STATUS_OK)
        status = open_parts(r, stored, &own);
    json_decref(stored);
    if (status != STATUS_OK) {
        run_close(r);
        if (error != NULL)
            *error = own;
        return status;
    }
    run_publish(r);
    *run = r;
    return STATUS_OK;
}

void watch_release(struct run *run)
{
    struct watching *w = run->watching;
    if (w == NULL)
        return;
    history_reader_free(w->reader);
    arch_shape_release(&w->shape);
    if (w->inotify >= 0)
        close(w->inotify);
    memory_free(w);
    run->watching = NULL;
}

/* ---- requests ---- */

enum status watch_request(struct run *run, const char *verb, const char *argument,
                          struct error *error)
{
    struct watching *w = run->watching;
    pthread_mutex_lock(&run->lock);
    bool attended = w->attended;
    pthread_mutex_unlock(&run->lock);
    if (!attended)
        return error_set(error, STATUS_INVALID,
                         "nobody writes this run now: paretop %s goes on "
                         "with it, and takes requests",
                         rundir_path(run->rundir));
    enum status status = request_write(run->rundir, verb, argument, error);
    if (status != STATUS_OK)
        return status;
    struct asked *asked = &w->asked[w->asks++ % WATCH_ASKED];
    asked->line = request_own_line(run->rundir, NULL);
    snprintf(asked->text, sizeof asked->text, "%s%s%.200s", verb, *argument != '\0' ? " " : "",
             argument);
    return STATUS_OK;
}

/* ---- networks ---- */

static enum status prepare_networks(struct run *run, int (*progress)(void *, double), void *context,
                                    struct error *error)
{
    struct watching *w = run->watching;
    char hex[SHA256_HEX];
    if (w->prepared)
        return STATUS_OK;
    enum status status = model_sha256_of(run->setup.model.path, progress, context, hex, error);
    if (status == STATUS_OK)
        status = setup_file_check(&run->setup.model, "the model", hex, error);
    if (status == STATUS_OK && strcmp(run->order.model_sha256, hex) != 0)
        status = error_set(error, STATUS_INVALID, "%s/order.bin is of another model",
                           rundir_path(run->rundir));
    if (status == STATUS_OK && run->tokenizer == NULL)
        status = tokenizer_new(supernet_gguf(run->supernet), &run->tokenizer, error);
    if (status == STATUS_OK)
        status = supernet_set_order(run->supernet, &run->order, error);
    w->prepared = status == STATUS_OK;
    return status;
}

enum status watch_prepare_networks(struct run *run, int (*progress)(void *context, double done),
                                   void *context, struct error *error)
{
    while (pthread_mutex_trylock(&run->prepare_lock) != 0) { /* another thread prepares them */
        if (progress(context, 0) != 0)
            return error_set(error, STATUS_CANCELLED, "cancelled");
        nanosleep(&(struct timespec){.tv_nsec = LEAST_MILLISECONDS * 1000000L}, NULL);
    }
    enum status status = prepare_networks(run, progress, context, error);
    pthread_mutex_unlock(&run->prepare_lock);
    return status;
}

/* ---- the thread ---- */

static void drain(int file)
{
    char buffer[4096];
    while (file >= 0 && read(file, buffer, sizeof buffer) > 0)
        continue;
}

void *watch_engine(void *argument)
{
    struct run *run = argument;
    struct watching *w = run->watching;
    struct pollfd fds[2] = {{.fd = run->nudge, .events = POLLIN},
                            {.fd = w->inotify, .events = POLLIN}};
    watch_tell_generations(run);
    while (!run_is_stopping(run)) {
        struct error error = {0};
        poll(fds, 2, LOOK_MILLISECONDS);
        drain(run->nudge);
        drain(w->inotify);
        if (run_is_stopping(run))
            break;
        if (watch_look(run, &error) != STATUS_OK && strcmp(error.message, w->trouble) != 0) {
            snprintf(w->trouble, sizeof w->trouble, "%s", error.message);
            run_say(run, "%s", error.message);
        }
        watch_tell_generations(run);
        run_foretell_follow(run);
        run->grown = true; /* baselines may have come without a row */
        run_publish(run);
        nanosleep(&(struct timespec){.tv_nsec = LEAST_MILLISECONDS * 1000000L}, NULL);
    }
    return NULL;
}
