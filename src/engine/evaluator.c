/* The evaluator: workers over a queue of networks. Invariants: shards of a network are handed out
 * in order, those of the earliest network first; networks are delivered in the order of submission,
 * whatever finishes first; results are reduced in item order. So the number of threads changes
 * nothing but the time. */
#include "engine/evaluator.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sources_private.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define LOW_PRIORITY 10

enum stage { STAGE_WAITING, STAGE_DECODING, STAGE_SCORING, STAGE_DONE };

struct network {
    struct network *after;
    struct arch_code code;
    enum stage stage;
    struct subnet *subnet;
    size_t next, running, done; /* shards */
    enum status status;
    struct error error;
    double start, end, cpu;
    struct choice_result **results; /* [tasks] */
    double **nll;                   /* [texts] */
};

struct worker {
    struct evaluator *evaluator;
    pthread_t thread;
    struct forward_scratch *scratch;
};

struct evaluator {
    struct evaluator_options options;
    const struct prepared_task **task; /* copies of the option's lists */
    const struct prepared_text **text;
    evaluator_sink *sink;
    void *context;
    size_t shards; /* of any network */
    pthread_mutex_t lock;
    pthread_cond_t work, change;
    struct network *first, *last;
    bool delivering, closing;
    struct worker *worker;
    unsigned threads;
    struct task_score *task_score; /* of the network being delivered */
    struct text_score *text_score;
};

static void network_free(struct evaluator *e, struct network *network)
{
    for (size_t i = 0; network->results != NULL && i < e->options.tasks; i++)
        memory_free(network->results[i]);
    for (size_t i = 0; network->nll != NULL && i < e->options.texts; i++)
        memory_free(network->nll[i]);
    memory_free(network->results);
    memory_free(network->nll);
    subnet_free(network->subnet);
    memory_free(network);
}

/* Where shard `index` of a network lies: a task's or a text's own shard. */
static enum status score_shard(struct evaluator *e, struct network *network, size_t index,
                               struct forward_scratch *scratch, struct error *error)
{
    for (size_t i = 0; i < e->options.tasks; i++) {
        size_t shards = prepared_task_shards(e->task[i]);
        if (index < shards)
            return prepared_task_score(e->task[i], index, network->subnet, scratch,
                                       network->results[i], error);
        index -= shards;
    }
    for (size_t i = 0; i < e->options.texts; i++) {
        size_t shards = prepared_text_shards(e->text[i]);
        if (index < shards)
            return prepared_text_score(e->text[i], index, network->subnet, scratch, network->nll[i],
                                       error);
        index -= shards;
    }
    return error_set(error, STATUS_FAILED, "shard %zu of a network that has %zu", index, e->shards);
}

static enum status allocate_results(struct evaluator *e, struct network *network,
                                    struct error *error)
{
    network->results = memory_new(e->options.tasks, sizeof *network->results, error);
    network->nll = memory_new(e->options.texts, sizeof *network->nll, error);
    if (network->results == NULL || network->nll == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < e->options.tasks; i++) {
        network->results[i] =
            memory_new(prepared_task_choices(e->task[i]), sizeof **network->results, error);
        if (network->results[i] == NULL)
            return STATUS_MEMORY;
    }
    for (size_t i = 0; i < e->options.texts; i++) {
        network->nll[i] =
            memory_new(prepared_text_shards(e->text[i]), sizeof **network->nll, error);
        if (network->nll[i] == NULL)
            return STATUS_MEMORY;
    }
    return STATUS_OK;
}

/* ---- delivery ---- */

static void deliver(struct evaluator *e, struct network *network)
{
    struct measured measured = {
        .shape = supernet_shape(e->options.supernet),
        .code = &network->code,
        .weights = &e->options.weights,
        .cost = e->options.cost,
        .task = e->task_score,
        .tasks = e->options.tasks,
        .text = e->text_score,
        .texts = e->options.texts,
    };
    struct evaluation evaluation = {
        .code = network->code,
        .status = network->status,
        .error = network->error,
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
        for (size_t i = 0; i < e->options.tasks; i++) {
            task_reduce(e->task[i], network->results[i], &e->task_score[i]);
            evaluation.n += (uint32_t)e->task_score[i].n;
        }
        for (size_t i = 0; i < e->options.texts; i++)
            text_reduce(e->text[i], network->nll[i], &e->text_score[i]);
        sources_fill(&measured, evaluation.value);
        evaluation.standard_error = sources_standard_error(&measured);
    }
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

static void fail(struct network *network, enum status status, const struct error *error)
{
    if (network->status == STATUS_OK) {
        network->status = status;
        network->error = *error;
    }
}

/* The first network with something to do: to be decoded, or with a shard to run. While one is being
 * decoded the workers wait: it is the earliest. */
static struct network *find_work(struct evaluator *e)
{
    for (struct network *network = e->first; network != NULL; network = network->after) {
        if (network->stage == STAGE_WAITING)
            return network;
        if (network->stage == STAGE_DECODING)
            return NULL;
        if (network->stage == STAGE_SCORING && network->next < e->shards &&
            network->status == STATUS_OK)
            return network;
    }
    return NULL;
}

/* Lock held, also on return; open in between. */
static void decode(struct evaluator *e, struct network *network)
{
    struct error error = {0};
    struct subnet *subnet = NULL;
    network->stage = STAGE_DECODING;
    pthread_mutex_unlock(&e->lock);
    network->start = clock_seconds();
    enum status status = allocate_results(e, network, &error);
    if (status == STATUS_OK)
        status = subnet_new_precision(e->options.supernet, &network->code, &e->options.weights,
                                      e->options.precision, &subnet, &error);
    pthread_mutex_lock(&e->lock);
    network->subnet = subnet;
    network->stage = STAGE_SCORING;
    if (status != STATUS_OK) {
        fail(network, status, &error);
        network->end = clock_seconds();
        network->stage = STAGE_DONE;
    }
    pthread_cond_broadcast(&e->work);
}

static void score(struct evaluator *e, struct network *network, struct forward_scratch *scratch)
{
    struct error error = {0};
    size_t index = network->next++;
    network->running++;
    pthread_mutex_unlock(&e->lock);
    double cpu = clock_cpu_seconds();
    enum status status = score_shard(e, network, index, scratch, &error);
    cpu = clock_cpu_seconds() - cpu;
    pthread_mutex_lock(&e->lock);
    network->running--;
    network->done++;
    network->cpu += cpu;
    if (status != STATUS_OK)
        fail(network, status, &error);
    bool all = network->done == e->shards || network->status != STATUS_OK;
    if (all && network->running == 0) {
        network->end = clock_seconds();
        network->stage = STAGE_DONE;
    }
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct evaluator *e = worker->evaluator;
    setpriority(PRIO_PROCESS, 0, LOW_PRIORITY); /* of this thread alone, on Linux */
    pthread_mutex_lock(&e->lock);
    while (!e->closing) {
        struct network *network = find_work(e);
        if (network == NULL)
            pthread_cond_wait(&e->work, &e->lock);
        else if (network->stage == STAGE_WAITING)
            decode(e, network);
        else
            score(e, network, worker->scratch);
        deliver_finished(e);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- life ---- */

static enum status copy_lists(struct evaluator *e, const struct evaluator_options *options,
                              struct error *error)
{
    e->task = memory_new(options->tasks, sizeof *e->task, error);
    e->text = memory_new(options->texts, sizeof *e->text, error);
    e->task_score = memory_new(options->tasks, sizeof *e->task_score, error);
    e->text_score = memory_new(options->texts, sizeof *e->text_score, error);
    e->worker = memory_new(options->threads, sizeof *e->worker, error);
    if (!e->task || !e->text || !e->task_score || !e->text_score || !e->worker)
        return STATUS_MEMORY;
    for (size_t i = 0; i < options->tasks; i++) {
        e->task[i] = options->task[i];
        e->shards += prepared_task_shards(options->task[i]);
    }
    for (size_t i = 0; i < options->texts; i++) {
        e->text[i] = options->text[i];
        e->shards += prepared_text_shards(options->text[i]);
    }
    if (e->shards == 0)
        return error_set(error, STATUS_INVALID, "there is nothing to score: no task and no text");
    return STATUS_OK;
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
        status = start_workers(e, error);
    if (status != STATUS_OK) {
        evaluator_free(e);
        return status;
    }
    *evaluator = e;
    return STATUS_OK;
}

enum status evaluator_submit(struct evaluator *e, const struct arch_code *codes, size_t count,
                             struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        struct network *network = memory_new(1, sizeof *network, error);
        if (network == NULL)
            return STATUS_MEMORY;
        network->code = codes[i];
        pthread_mutex_lock(&e->lock);
        if (e->last != NULL)
            e->last->after = network;
        else
            e->first = network;
        e->last = network;
        pthread_cond_broadcast(&e->work);
        pthread_mutex_unlock(&e->lock);
    }
    return STATUS_OK;
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
        *done = (double)network->done / (double)e->shards;
    }
    pthread_mutex_unlock(&e->lock);
    return busy;
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
    pthread_mutex_unlock(&e->lock);
    for (unsigned i = 0; i < e->threads; i++) {
        pthread_join(e->worker[i].thread, NULL);
        forward_scratch_free(e->worker[i].scratch);
    }
    for (struct network *network = e->first, *after; network != NULL; network = after) {
        after = network->after;
        network_free(e, network);
    }
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

/* CPUs of cgroup v2's quota ("max 100000", "200000 100000"), 0 without one. */
static unsigned quota_cpus(void)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    long quota, period;
    unsigned cpus = 0;
    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &quota, &period) == 2 && quota > 0 && period > 0)
        cpus = (unsigned)((quota + period - 1) / period);
    fclose(file);
    return cpus;
}

unsigned evaluator_default_threads(void)
{
    cpu_set_t set;
    unsigned cpus = 1, quota = quota_cpus();
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        cpus = (unsigned)CPU_COUNT(&set);
    return quota > 0 && quota < cpus ? quota : cpus;
}
