/* A prompt continued by a network and by the base: one at a time, in a thread of its own, so that
 * the search goes on. Who asks for another one while it works does not wait: the one at work ends
 * with the token that it is making, and its thread takes the new one. */
#include "run_private.h"
#include "try_private.h"

#include "base/memory.h"
#include "base/shared.h"
#include "base/thread.h"

#include <stdio.h>
#include <string.h>

#define LOW_PRIORITY 5 /* before the workers': a person waits for it */

bool run_try_is_news(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    bool news = run->trying.shown != run->current->attempt;
    pthread_mutex_unlock(&run->lock);
    return news;
}

void try_show(struct run *run, const struct run_try *picture)
{
    pthread_mutex_lock(&run->lock);
    const struct run_try *before = run->trying.shown;
    run->trying.shown = picture;
    pthread_mutex_unlock(&run->lock);
    shared_drop(before);
    run_inbox_signal(run);
}

bool try_is_cancelled(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    bool cancelled = run->trying.cancelled || run->stopping;
    pthread_mutex_unlock(&run->lock);
    return cancelled;
}

static void request_free(struct try_request *request)
{
    if (request == NULL)
        return;
    memory_free(request->prompt);
    shared_drop(request->failure);
    memory_free(request);
}

/* The next request, or the thread's end. */
static struct try_request *take(struct run *run)
{
    struct trying *trying = &run->trying;
    pthread_mutex_lock(&run->lock);
    struct try_request *request = run->stopping ? NULL : trying->next;
    if (request != NULL) {
        trying->next = NULL;
        trying->cancelled = false;
    } else {
        trying->running = false; /* who sees it joins this thread, lock held */
    }
    pthread_mutex_unlock(&run->lock);
    return request;
}

static void *try_all(void *argument)
{
    struct run *run = argument;
    thread_low_priority(LOW_PRIORITY);
    for (struct try_request *request; (request = take(run)) != NULL; request_free(request))
        try_attempt(run, request);
    return NULL;
}

static enum status new_request(const struct run *run, const struct arch_code *code,
                               const char *prompt, bool chat, uint32_t tokens,
                               struct try_request **request, struct run_try **picture,
                               struct error *error)
{
    struct try_request *made = memory_new(1, sizeof *made, error);
    *request = made;
    *picture = NULL;
    if (made == NULL)
        return STATUS_MEMORY;
    made->code = *code;
    made->chat = chat;
    made->tokens = tokens;
    made->prompt = memory_string(prompt, error);
    made->failure = made->prompt != NULL ? try_first_picture(run, made, error) : NULL;
    *picture = made->failure != NULL ? try_first_picture(run, made, error) : NULL;
    return *picture != NULL ? STATUS_OK : STATUS_MEMORY;
}

/* Lock held. */
static enum status may_try(const struct run *run, const struct arch_code *code, struct error *error)
{
    if (run->watching != NULL && run->supernet == NULL)
        return error_set(error, STATUS_INVALID, "%s", run->current->no_try);
    if (!run->ready)
        return error_set(error, STATUS_INVALID, "the model is still being loaded");
    if (run->ending || run->ended)
        return error_set(error, STATUS_INVALID,
                         "the run has ended; paretop generate MODEL PROMPT --run %s --arch %s "
                         "continues a text",
                         rundir_path(run->rundir), code->text);
    return STATUS_OK;
}

/* Lock held; takes the request. */
static enum status begin(struct run *run, struct try_request **request, struct error *error)
{
    struct trying *trying = &run->trying;
    struct try_request *before = trying->next;
    enum status status = STATUS_OK;
    trying->next = *request;
    *request = before;
    trying->cancelled = trying->running;
    if (trying->running)
        return STATUS_OK;
    if (trying->started) /* it has come to its end */
        pthread_join(trying->thread, NULL);
    status = thread_start(&trying->thread, try_all, run, error);
    trying->started = trying->running = status == STATUS_OK;
    if (status != STATUS_OK) {
        *request = trying->next;
        trying->next = before;
    }
    return status;
}

enum status run_try(struct run *run, const struct arch_code *code, const char *prompt, bool chat,
                    uint32_t tokens, struct error *error)
{
    struct try_request *request;
    struct run_try *picture;
    struct arch_code canonical;
    enum status status = arch_code_parse(run->shape, code->text, &canonical, error);
    if (status != STATUS_OK)
        return status;
    if (tokens == 0)
        return error_set(error, STATUS_INVALID, "no tokens are asked for");
    status = new_request(run, &canonical, prompt, chat, tokens, &request, &picture, error);
    bool news = false;
    if (status == STATUS_OK) {
        pthread_mutex_lock(&run->lock);
        status = may_try(run, &canonical, error);
        if (status == STATUS_OK)
            status = begin(run, &request, error);
        if (status == STATUS_OK && !run->trying.cancelled) { /* else it follows the one at work */
            const struct run_try *before = run->trying.shown;
            run->trying.shown = picture;
            picture = (struct run_try *)(uintptr_t)before;
            news = true;
        }
        pthread_mutex_unlock(&run->lock);
    }
    request_free(request);
    shared_drop(picture);
    if (news)
        run_inbox_signal(run);
    return status;
}

void run_try_cancel(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    struct try_request *waiting = run->trying.next;
    run->trying.next = NULL;
    run->trying.cancelled = true;
    pthread_mutex_unlock(&run->lock);
    request_free(waiting);
}

void run_try_end(struct run *run)
{
    run_try_cancel(run);
    if (run->trying.started)
        pthread_join(run->trying.thread, NULL);
    run->trying.started = false;
}

void run_try_release(struct run *run)
{
    shared_drop(run->trying.shown);
    run->trying.shown = NULL;
}
