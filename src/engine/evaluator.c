/* The evaluator: workers over a queue of networks. Invariants: the earliest network that has a step
 * to make is served first; networks are delivered in the order of submission, whatever finishes
 * first; results are reduced in item order. So the number of threads changes nothing but the time.
 */
#include "evaluator_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sources_private.h"

#include <assert.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#define LOW_PRIORITY 10

/* ---- delivery ---- */

/* What options.measure says, while no worker does anything. */
static void measure(struct evaluator *e, struct network *network, double value[OBJECTIVES])
{
    pthread_mutex_lock(&e->lock);
    e->quiet = true;
    while (e->running > 0 && !e->closing)
        pthread_cond_wait(&e->change, &e->lock);
    pthread_mutex_unlock(&e->lock);
    network->status =
        e->options.measure(e->options.measure_context, &network->code, value, &network->error);
    pthread_mutex_lock(&e->lock);
    e->quiet = false;
    pthread_cond_broadcast(&e->work);
    pthread_mutex_unlock(&e->lock);
}

/* The scores of the network's items, over its stages. */
static void reduce(struct evaluator *e, const struct network *network)
{
    size_t tasks = e->options.tasks;
    for (size_t i = 0; i < tasks; i++) {
        for (size_t s = network->range.first; s < network->range.end; s++) {
            size_t part = s * tasks + i;
            struct task_score score;
            task_reduce(e->task[part], network->results[part], &score);
            if (s == network->range.first)
                e->task_score[i] = score;
            else
                task_score_join(&e->task_score[i], &score);
        }
    }
    for (size_t i = 0; i < e->options.texts && network->range.first == 0; i++)
        text_reduce(e->text[i], network->nll[i], &e->text_score[i]);
}

static void deliver(struct evaluator *e, struct network *network)
{
    bool begins = network->range.first == 0; /* the others of its values are known */
    struct measured measured = {
        .shape = supernet_shape(e->options.supernet),
        .code = &network->code,
        .weights = &e->options.weights,
        .cost = e->options.cost,
        .task = e->task_score,
        .tasks = e->options.tasks,
        .text = e->text_score,
        .texts = begins ? e->options.texts : 0,
    };
    struct evaluation evaluation = {
        .code = network->code,
        .stages = network->range,
        .seconds = network->end - network->start,
        .cpu_seconds = network->cpu,
        .task = e->task_score,
        .text = e->text_score,
        .results = (const struct choice_result *const *)network->results,
        .standard_error = NAN,
    };
    for (int i = 0; i < OBJECTIVES; i++)
        evaluation.value[i] = NAN;
    if (network->status == STATUS_OK) {
        reduce(e, network);
        for (size_t i = 0; i < e->options.tasks; i++)
            evaluation.n += (uint32_t)e->task_score[i].n;
        sources_fill(&measured, evaluation.value);
        evaluation.standard_error = sources_standard_error(&measured);
        if (e->options.measure != NULL && begins)
            measure(e, network, evaluation.value);
    }
    evaluation.status = network->status;
    evaluation.error = network->error;
    e->sink(e->context, &evaluation);
}

/* Delivers finished networks from the head of the queue; one worker at a time. Lock held. */
static void deliver_finished(struct evaluator *e)
{
    if (e->delivering)
        return;
    e->delivering = true;
    while (e->first != NULL && e->first->stage == STAGE_DONE && !e->closing) {
        struct network *network = e->first;
        pthread_mutex_unlock(&e->lock);
        deliver(e, network);
        pthread_mutex_lock(&e->lock);
        e->first = network->after;
        if (e->first == NULL)
            e->last = NULL;
        network_free(e, network);
        pthread_cond_broadcast(&e->change);
    }
    e->delivering = false;
}

/* ---- workers ---- */

/* The first network with something to do: to be begun, or with a step to make (*slice). A few are
 * in work at a time, since the last slices of one keep fewer threads busy than there are. */
static struct network *find_work(const struct evaluator *e, size_t *slice)
{
    unsigned begun = 0;
    for (struct network *network = e->first; network != NULL && !e->quiet;
         network = network->after) {
        if (network->stage == STAGE_WAITING)
            return begun <= e->options.threads ? network : NULL;
        if (network->stage == STAGE_BEGINNING)
            return NULL;
        if (network->stage == STAGE_SCORING && (*slice = network_find(e, network)) != SIZE_MAX)
            return network;
        begun += network->stage == STAGE_SCORING;
    }
    return NULL;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct evaluator *e = worker->evaluator;
    setpriority(PRIO_PROCESS, 0, LOW_PRIORITY); /* of this thread alone, on Linux */
    pthread_mutex_lock(&e->lock);
    while (!e->closing) {
        size_t slice = 0;
        struct network *network = find_work(e, &slice);
        if (network == NULL)
            pthread_cond_wait(&e->work, &e->lock);
        else if (network->stage == STAGE_WAITING)
            network_begin(e, network);
        else
            network_run(e, network, slice, worker->scratch);
        if (e->running == 0)
            pthread_cond_broadcast(&e->change);
        deliver_finished(e);
    }
    pthread_cond_broadcast(&e->change);
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- life ---- */

static enum status copy_lists(struct evaluator *e, const struct evaluator_options *options,
                              struct error *error)
{
    e->stages = options->stages > 0 ? options->stages : 1;
    e->parts = e->stages * options->tasks;
    e->task = memory_new(e->parts, sizeof *e->task, error);
    e->text = memory_new(options->texts, sizeof *e->text, error);
    e->task_score = memory_new(options->tasks, sizeof *e->task_score, error);
    e->text_score = memory_new(options->texts, sizeof *e->text_score, error);
    e->worker = memory_new(options->threads, sizeof *e->worker, error);
    if (!e->task || !e->text || !e->task_score || !e->text_score || !e->worker)
        return STATUS_MEMORY;
    for (size_t i = 0; i < e->parts; i++)
        e->task[i] = options->task[i];
    for (size_t i = 0; i < options->texts; i++)
        e->text[i] = options->text[i];
    return STATUS_OK;
}

/* Each stage has checkpoints of its own, and room for equally many of them. */
static enum status make_caches(struct evaluator *e, struct error *error)
{
    size_t *floats = memory_new(e->slices, sizeof *floats, error), all = 0;
    e->cache = memory_new(e->stages, sizeof *e->cache, error);
    enum status status = floats != NULL && e->cache != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < e->slices; i++)
        all += floats[i] = e->slice[i].floats;
    for (size_t s = 0; status == STATUS_OK && s < e->stages; s++) {
        size_t first = e->stage_slice[s], slices = e->stage_slice[s + 1] - first, own = 0;
        for (size_t i = first; i < first + slices; i++)
            own += floats[i];
        double share = (double)own / (double)all;
        status =
            prefix_cache_new((uint64_t)((double)e->options.cache * share), slices, floats + first,
                             supernet_shape(e->options.supernet)->layers, &e->cache[s], error);
    }
    memory_free(floats);
    return status;
}

static enum status share_memory(struct evaluator *e, struct error *error)
{
    uint64_t weights = evaluator_weights_memory(e->options.memory);
    supernet_set_memory(e->options.supernet, weights);
    e->stream_limit = evaluator_memory(e->options.memory) - weights;
    return e->options.cache > 0 ? make_caches(e, error) : STATUS_OK;
}

static enum status start_workers(struct evaluator *e, struct error *error)
{
    sigset_t all, before;
    enum status status = STATUS_OK;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; status == STATUS_OK && i < e->options.threads; i++) {
        struct worker *worker = &e->worker[i];
        worker->evaluator = e;
        status = forward_scratch_new(&worker->scratch, error);
        int failed = status == STATUS_OK ? pthread_create(&worker->thread, NULL, work, worker) : 0;
        if (failed != 0) {
            forward_scratch_free(worker->scratch);
            status = error_set(error, STATUS_IO, "cannot start a thread: %s", strerror(failed));
        }
        e->threads += status == STATUS_OK;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status;
}

enum status evaluator_new(const struct evaluator_options *options, evaluator_sink *sink,
                          void *context, struct evaluator **evaluator, struct error *error)
{
    struct evaluator *e = memory_new(1, sizeof *e, error);
    *evaluator = NULL;
    if (e == NULL)
        return STATUS_MEMORY;
    e->options = *options;
    e->sink = sink;
    e->context = context;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->work, NULL);
    pthread_cond_init(&e->change, NULL);
    enum status status = copy_lists(e, options, error);
    if (status == STATUS_OK)
        status = slices_make(e, error);
    if (status == STATUS_OK)
        status = share_memory(e, error);
    if (status == STATUS_OK)
        status = start_workers(e, error);
    if (status != STATUS_OK) {
        evaluator_free(e);
        return status;
    }
    *evaluator = e;
    return STATUS_OK;
}

static enum status submit(struct evaluator *e, const struct arch_code *code,
                          struct stage_range range, struct error *error)
{
    struct network *network = network_new(e, code, range, error);
    if (network == NULL)
        return STATUS_MEMORY;
    pthread_mutex_lock(&e->lock);
    if (e->last != NULL)
        e->last->after = network;
    else
        e->first = network;
    e->last = network;
    pthread_cond_broadcast(&e->work);
    pthread_mutex_unlock(&e->lock);
    return STATUS_OK;
}

enum status evaluator_submit(struct evaluator *e, const struct arch_code *codes, size_t count,
                             struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = submit(e, &codes[i], (struct stage_range){0, e->stages}, error);
    return status;
}

enum status evaluator_submit_stages(struct evaluator *e, const struct arch_code *codes,
                                    const struct stage_range *range, size_t count,
                                    struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        assert(range[i].first < range[i].end && range[i].end <= e->stages);
        status = submit(e, &codes[i], range[i], error);
    }
    return status;
}

size_t evaluator_withdraw(struct evaluator *e, struct arch_code *codes, size_t count)
{
    size_t taken = 0;
    pthread_mutex_lock(&e->lock);
    struct network **link = &e->first;
    struct network *last = NULL;
    while (*link != NULL) {
        struct network *network = *link;
        if (network->stage == STAGE_WAITING && taken < count) {
            codes[taken++] = network->code;
            *link = network->after;
            network_free(e, network);
        } else {
            last = network;
            link = &network->after;
        }
    }
    e->last = last;
    pthread_cond_broadcast(&e->change);
    pthread_mutex_unlock(&e->lock);
    return taken;
}

bool evaluator_progress(struct evaluator *e, struct arch_code *code, double *done)
{
    pthread_mutex_lock(&e->lock);
    struct network *network = e->first;
    while (network != NULL && network->stage == STAGE_DONE)
        network = network->after;
    bool busy = network != NULL && network->stage != STAGE_WAITING;
    if (busy) {
        *code = network->code;
        *done = network->all_steps > 0 ? (double)network->steps / (double)network->all_steps : 0;
    }
    pthread_mutex_unlock(&e->lock);
    return busy;
}

struct evaluator_savings evaluator_savings(struct evaluator *e)
{
    pthread_mutex_lock(&e->lock);
    struct evaluator_savings savings = e->savings;
    pthread_mutex_unlock(&e->lock);
    return savings;
}

void evaluator_wait(struct evaluator *e)
{
    pthread_mutex_lock(&e->lock);
    while (e->first != NULL)
        pthread_cond_wait(&e->change, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

void evaluator_free(struct evaluator *e)
{
    if (e == NULL)
        return;
    pthread_mutex_lock(&e->lock);
    e->closing = true;
    pthread_cond_broadcast(&e->work);
    pthread_cond_broadcast(&e->change);
    pthread_mutex_unlock(&e->lock);
    for (unsigned i = 0; i < e->threads; i++) {
        pthread_join(e->worker[i].thread, NULL);
        forward_scratch_free(e->worker[i].scratch);
    }
    for (struct network *network = e->first, *after; network != NULL; network = after) {
        after = network->after;
        network_free(e, network);
    }
    for (size_t s = 0; e->cache != NULL && s < e->stages; s++)
        prefix_cache_free(e->cache[s]);
    memory_free(e->cache);
    slices_free(e);
    pthread_cond_destroy(&e->work);
    pthread_cond_destroy(&e->change);
    pthread_mutex_destroy(&e->lock);
    memory_free(e->task);
    memory_free(e->text);
    memory_free(e->task_score);
    memory_free(e->text_score);
    memory_free(e->worker);
    memory_free(e);
}
