/* One extraction at a time, in a thread of its own: the search goes on. */
#include "run_private.h"

#include "base/memory.h"
#include "base/thread.h"
#include "model/extract.h"

#include <stdio.h>
#include <string.h>

#define LOW_PRIORITY 5 /* before the workers': a person waits for it */
#define WRITING 0.5    /* of the whole; the rest is comparing */

static int report(struct extraction *extraction, double done)
{
    struct run *run = extraction->run;
    pthread_mutex_lock(&run->lock);
    bool news = done - extraction->progress >= 0.05;
    if (news)
        extraction->progress = done;
    bool stop = run->stopping || extraction->cancelled;
    pthread_mutex_unlock(&run->lock);
    if (news)
        run_inbox_signal(run);
    return stop;
}

static int report_writing(void *context, double done)
{
    return report(context, WRITING * done);
}

static int report_comparing(void *context, double done)
{
    return report(context, WRITING + (1 - WRITING) * done);
}

/* The file's answers to the run's first questions. A watcher has none loaded: embedded ones. */
static enum status check(void *context, struct supernet *written, struct error *error)
{
    struct extraction *extraction = context;
    struct run *run = extraction->run;
    const struct file_check_options wanted = {
        .supernet = run->supernet,
        .tokenizer = run->tokenizer,
        .code = &extraction->code,
        .weights = &extraction->weights,
        .precision = run->setup.precision,
        .task = run->watching == NULL && run->setup.tasks > 0 ? &run->task[0] : NULL,
        .threads = evaluator_default_threads(),
        .progress = report_comparing,
        .context = extraction,
    };
    return file_check_run(&wanted, written, &extraction->check, error);
}

static void finish(struct extraction *extraction, enum status status,
                   const struct extract_result *result, const struct error *error)
{
    struct run *run = extraction->run;
    const struct file_check *answers = &extraction->check;
    char size[32], error_text[32] = "exactly";
    if (result->max_logit_error > 0)
        snprintf(error_text, sizeof error_text, "within %.1e", result->max_logit_error);
    pthread_mutex_lock(&run->lock);
    extraction->phase = status == STATUS_OK ? EXTRACT_DONE : EXTRACT_FAILED;
    if (status == STATUS_OK) {
        snprintf(extraction->message, sizeof extraction->message,
                 "%.300s: %llu bytes (%s), architecture %s, as shown to the byte; loaded again, "
                 "its logits are those of the sub-network %s, and so are its answers to %zu "
                 "questions (accuracy %.1f %%, shown %.1f %%)%s.",
                 extraction->path, (unsigned long long)result->bytes,
                 quantity_format(QUANTITY_BYTES, (double)result->bytes, size, sizeof size),
                 result->deci ? "deci" : "llama", error_text, answers->n, 100 * answers->file_acc,
                 100 * answers->acc,
                 result->fallbacks > 0 ? "; some cut matrices are of another type, since theirs "
                                         "cannot hold them"
                 : result->beyond > 0  ? "; some numbers were too large for their type, or none"
                                       : "");
        extract_run_command(extraction->path, extraction->command, sizeof extraction->command);
    } else if (status == STATUS_CANCELLED) {
        snprintf(extraction->message, sizeof extraction->message,
                 "cancelled: %.400s was not written", extraction->path);
    } else {
        snprintf(extraction->message, sizeof extraction->message, "%s", error->message);
    }
    run->requested = true; /* here, not later: who sees the phase joins this thread, lock held */
    pthread_cond_signal(&run->change);
    run_nudge(run);
    pthread_mutex_unlock(&run->lock);
}

static int hash_progress(void *context, double done)
{
    struct extraction *extraction = context;
    struct run *run = extraction->run;
    (void)done;
    pthread_mutex_lock(&run->lock);
    bool stop = run->stopping || extraction->cancelled;
    pthread_mutex_unlock(&run->lock);
    return stop;
}

static void *extract(void *argument)
{
    struct extraction *extraction = argument;
    struct run *run = extraction->run;
    struct extract_result result = {0};
    struct error error = {0};
    thread_low_priority(LOW_PRIORITY);
    enum status status = STATUS_OK;
    if (run->watching != NULL)
        status = watch_prepare_networks(run, hash_progress, extraction, &error);
    const struct extract_options options = {
        .weights = extraction->weights,
        .replace = extraction->replace,
        .source_sha256 = run->setup.model.sha256,
        .progress = report_writing,
        .check = check,
        .context = extraction,
    };
    if (status == STATUS_OK)
        status = extract_write(run->supernet, run->tokenizer, &extraction->code, &options,
                               extraction->path, &result, &error);
    finish(extraction, status, &result, &error);
    return NULL;
}

/* Lock held. */
static enum status begin(struct run *run, struct error *error)
{
    struct extraction *extraction = &run->extraction;
    extraction->run = run;
    extraction->phase = EXTRACT_RUNNING;
    extraction->progress = 0;
    extraction->cancelled = false;
    extraction->message[0] = extraction->command[0] = '\0';
    enum status status = thread_start(&extraction->thread, extract, extraction, error);
    extraction->started = status == STATUS_OK;
    if (status != STATUS_OK)
        extraction->phase = EXTRACT_FAILED;
    return status;
}

enum status run_extract(struct run *run, const struct arch_code *code,
                        const struct weight_options *weights, const char *path, bool replace,
                        struct error *error)
{
    struct extraction *extraction = &run->extraction;
    enum status status = STATUS_OK;
    char *copy = memory_string(path, error);
    if (copy == NULL)
        return STATUS_MEMORY;
    pthread_mutex_lock(&run->lock);
    if (run->watching != NULL && run->current->no_extraction[0] != '\0')
        status = error_set(error, STATUS_INVALID, "%s", run->current->no_extraction);
    else if (!run->ready)
        status = error_set(error, STATUS_INVALID, "the model is still being loaded");
    else if (run->ended)
        status =
            error_set(error, STATUS_INVALID,
                      "the run has ended; paretop extract --run %s --arch %s%s writes this one",
                      rundir_path(run->rundir), code->text,
                      run->setup.weights.compensate ? " --bias-compensation" : "");
    else if (extraction->phase == EXTRACT_RUNNING)
        status = error_set(error, STATUS_INVALID, "one extraction at a time");
    if (status == STATUS_OK) {
        if (extraction->started) /* it has ended: its phase says so */
            pthread_join(extraction->thread, NULL);
        memory_free(extraction->path);
        extraction->path = copy;
        extraction->code = *code;
        extraction->weights = weights != NULL ? *weights : run->setup.weights;
        extraction->replace = replace;
        status = begin(run, error);
    } else {
        memory_free(copy);
    }
    pthread_mutex_unlock(&run->lock);
    run_inbox_signal(run);
    return status;
}

void run_extract_cancel(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    run->extraction.cancelled = true;
    pthread_mutex_unlock(&run->lock);
}

void run_extraction_end(struct run *run)
{
    if (run->extraction.started)
        pthread_join(run->extraction.thread, NULL);
    run->extraction.started = false;
    memory_free(run->extraction.path);
    run->extraction.path = NULL;
}
