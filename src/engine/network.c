/* One network on its way through the evaluator. Invariants: a slice makes its steps in order; a
 * slice with a prefix makes a layer's step after its prefix has made it; of the steps that can be
 * made the one of the lowest layer comes first, so that a layer's weights are decoded once for all
 * slices. What a slice computes depends on its own rows alone: the order changes no bit. */
#include "evaluator_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdint.h>
#include <string.h>

/* ---- life ---- */

struct network *network_new(const struct evaluator *e, const struct arch_code *code,
                            struct stage_range range, struct error *error)
{
    struct network *network = memory_new(1, sizeof *network, error);
    if (network == NULL)
        return NULL;
    network->code = *code;
    network->range = range;
    network->begin = e->stage_slice[range.first];
    network->end_slice = e->stage_slice[range.end];
    if (e->cache != NULL && range.end == range.first + 1)
        network->cache = e->cache[range.first];
    return network;
}

static void end_if_done(struct evaluator *e, struct network *network);

static void free_step(struct evaluator *e, struct network *network, size_t index)
{
    struct step *step = &network->step[index];
    if (step->x != NULL)
        e->streams -= e->slice[index].floats * sizeof(float);
    memory_free(step->x);
    step->x = NULL;
    for (uint32_t l = 0; step->keys != NULL && l < network->subnet->layers; l++)
        memory_free(step->keys[l]);
    memory_free(step->keys);
    memory_free(step->unread);
    step->keys = NULL;
    step->unread = NULL;
}

/* A checkpoint that will not be filled: who waits for it fails as its maker did. */
static void abandon(struct evaluator *e, struct network *maker, struct prefix_entry *entry)
{
    prefix_entry_abandon(entry);
    for (struct network *n = maker->after; n != NULL; n = n->after)
        if (n->from == entry && n->status == STATUS_OK) {
            n->status = maker->status;
            n->error = maker->error;
            end_if_done(e, n);
        }
}

/* What only scoring needed. */
static void release_work(struct evaluator *e, struct network *network)
{
    for (size_t i = network->begin; network->step != NULL && i < network->end_slice; i++)
        free_step(e, network, i);
    for (size_t i = 0; i < network->saves; i++) {
        if (network->status != STATUS_OK)
            abandon(e, network, network->save[i]);
        prefix_entry_release(network->cache, network->save[i]);
    }
    if (network->from != NULL)
        prefix_entry_release(network->cache, network->from);
    network->saves = 0;
    network->from = NULL;
    memory_free(network->step);
    subnet_free(network->subnet);
    network->step = NULL;
    network->subnet = NULL;
}

void network_free(struct evaluator *e, struct network *network)
{
    release_work(e, network);
    for (size_t i = 0; network->results != NULL && i < e->parts; i++)
        memory_free(network->results[i]);
    for (size_t i = 0; network->nll != NULL && i < e->options.texts; i++)
        memory_free(network->nll[i]);
    memory_free(network->results);
    memory_free(network->nll);
    memory_free(network);
}

static enum status allocate_results(struct evaluator *e, struct network *network,
                                    struct error *error)
{
    network->step = memory_new(e->slices, sizeof *network->step, error);
    network->results = memory_new(e->parts, sizeof *network->results, error);
    network->nll = memory_new(e->options.texts, sizeof *network->nll, error);
    if (network->step == NULL || network->results == NULL || network->nll == NULL)
        return STATUS_MEMORY;
    for (size_t i = network->range.first * e->options.tasks;
         i < network->range.end * e->options.tasks; i++) {
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

static void fail(struct network *network, enum status status, const struct error *error)
{
    if (network->status == STATUS_OK) {
        network->status = status;
        network->error = *error;
    }
}

static void end_if_done(struct evaluator *e, struct network *network)
{
    bool all = network->done == network->end_slice - network->begin || network->status != STATUS_OK;
    if (all && network->running == 0) {
        network->end = clock_seconds();
        network->stage = STAGE_DONE;
        release_work(e, network);
    }
}

/* ---- checkpoints ---- */

/* Kept layers among the first `depth` of the code. */
static uint32_t layers_until(const struct arch_code *code, uint32_t depth)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < depth; i++)
        kept += arch_keeps_layer(code->text[i]);
    return kept;
}

/* The deepest checkpoint that this network can start at, and those that it leaves for others. */
static enum status use_cache(struct network *network, struct error *error)
{
    size_t waiting = 0, at = 0;
    for (struct network *n = network->after; n != NULL; n = n->after)
        waiting += n->stage == STAGE_WAITING && n->cache == network->cache;
    struct arch_code *next = memory_new(waiting, sizeof *next, error);
    if (next == NULL)
        return STATUS_MEMORY;
    for (struct network *n = network->after; n != NULL; n = n->after)
        if (n->stage == STAGE_WAITING && n->cache == network->cache)
            next[at++] = n->code;
    network->from = prefix_cache_find(network->cache, &network->code);
    uint32_t from = network->from != NULL ? prefix_entry_depth(network->from) : 0;
    network->first = layers_until(&network->code, from);
    network->saves = prefix_cache_plan(network->cache, &network->code, from, next, waiting,
                                       network->save, NETWORK_SAVES);
    for (size_t i = 0; i < network->saves; i++)
        network->save_at[i] = layers_until(&network->code, prefix_entry_depth(network->save[i]));
    memory_free(next);
    return STATUS_OK;
}

void network_begin(struct evaluator *e, struct network *network)
{
    struct error error = {0};
    network->stage = STAGE_BEGINNING;
    network->start = clock_seconds();
    pthread_mutex_unlock(&e->lock);
    enum status status = allocate_results(e, network, &error);
    if (status == STATUS_OK)
        status = subnet_new_precision(e->options.supernet, &network->code, &e->options.weights,
                                      e->options.precision, &network->subnet, &error);
    pthread_mutex_lock(&e->lock);
    if (status == STATUS_OK && network->cache != NULL)
        status = use_cache(network, &error);
    network->stage = STAGE_SCORING;
    if (status != STATUS_OK) {
        fail(network, status, &error);
        end_if_done(e, network);
    } else {
        network->all_steps = (network->end_slice - network->begin) *
                             (uint64_t)(network->subnet->layers + 1 - network->first);
        for (size_t i = network->begin; i < network->end_slice; i++) {
            uint64_t rows = forward_plan_rows(e->slice[i].plan);
            network->step[i].next = network->first;
            e->savings.layers += rows * network->subnet->layers;
            e->savings.saved += rows * network->first;
        }
    }
    pthread_cond_broadcast(&e->work);
}

/* ---- steps ---- */

static bool can_start(const struct evaluator *e, const struct network *network, size_t index)
{
    uint64_t bytes = e->slice[index].floats * sizeof(float);
    if (network->from != NULL && !prefix_entry_filled(network->from, index - network->begin))
        return false;
    return e->streams == 0 || e->streams + bytes <= e->stream_limit;
}

static bool can_step(const struct evaluator *e, const struct network *network, size_t index)
{
    const struct step *step = &network->step[index];
    size_t prefix = e->slice[index].prefix;
    uint32_t layers = network->subnet->layers;
    if (step->running || step->next > layers)
        return false;
    if (prefix != SIZE_MAX && step->next < layers && network->step[prefix].next <= step->next)
        return false;
    return step->x != NULL || can_start(e, network, index);
}

size_t network_find(const struct evaluator *e, const struct network *network)
{
    size_t best = SIZE_MAX;
    if (network->status != STATUS_OK)
        return SIZE_MAX;
    for (size_t i = network->begin; i < network->end_slice; i++)
        if ((best == SIZE_MAX || network->step[i].next < network->step[best].next) &&
            can_step(e, network, i))
            best = i;
    return best;
}

/* The slice's stream before its first step. */
static enum status start(struct evaluator *e, struct network *network, size_t index,
                         struct error *error)
{
    const struct slice *slice = &e->slice[index];
    struct step *step = &network->step[index];
    if (slice->dependents > 0) {
        step->keys = memory_new(network->subnet->layers, sizeof(float *), error);
        step->unread = memory_new(network->subnet->layers, sizeof *step->unread, error);
        if (step->keys == NULL || step->unread == NULL)
            return STATUS_MEMORY;
    }
    if (network->from == NULL)
        return forward_begin(network->subnet, slice->plan, step->x, error);
    memcpy(step->x, prefix_entry_stream(network->from, index - network->begin),
           slice->floats * sizeof(float));
    return STATUS_OK;
}

static enum status run_head(struct evaluator *e, struct network *network, size_t index,
                            struct forward_scratch *scratch, struct error *error)
{
    const struct slice *slice = &e->slice[index];
    float *loglik = memory_new(slice->batch.targets, sizeof *loglik, error);
    enum status status = loglik == NULL ? STATUS_MEMORY
                                        : forward_end(network->subnet, scratch, slice->plan,
                                                      network->step[index].x, loglik, error);
    size_t parts = e->parts, source = slice->source;
    if (status == STATUS_OK && source < parts)
        prepared_task_take(e->task[source], slice->shard, loglik, network->results[source]);
    else if (status == STATUS_OK)
        prepared_text_take(e->text[source - parts], slice->shard, loglik,
                           network->nll[source - parts]);
    memory_free(loglik);
    return status;
}

static enum status run_layer(struct evaluator *e, struct network *network, size_t index,
                             struct forward_scratch *scratch, struct error *error)
{
    const struct slice *slice = &e->slice[index];
    struct step *step = &network->step[index];
    uint32_t l = step->next;
    const float *known = slice->prefix != SIZE_MAX ? network->step[slice->prefix].keys[l] : NULL;
    if (slice->dependents > 0) {
        step->keys[l] = memory_new(forward_plan_rows(slice->plan),
                                   forward_keep_floats(network->subnet, l) * sizeof(float), error);
        if (step->keys[l] == NULL)
            return STATUS_MEMORY;
        step->unread[l] = slice->dependents;
    }
    return forward_layer(network->subnet, scratch, slice->plan, l, step->x, known,
                         slice->dependents > 0 ? step->keys[l] : NULL, error);
}

/* Copies the stream where a checkpoint is made of it; the step behind it is not open yet. */
static void save_stream(struct evaluator *e, struct network *network, size_t index, uint32_t layers,
                        bool filled[NETWORK_SAVES])
{
    for (size_t i = 0; i < network->saves; i++) {
        filled[i] = network->save_at[i] == layers;
        if (filled[i])
            memcpy(prefix_entry_stream(network->save[i], index - network->begin),
                   network->step[index].x, e->slice[index].floats * sizeof(float));
    }
}

/* Lock held: what a finished step opens and what nobody needs any more. */
static void finish_step(struct evaluator *e, struct network *network, size_t index)
{
    struct step *step = &network->step[index];
    uint32_t l = step->next++;
    size_t prefix = e->slice[index].prefix;
    network->steps++;
    if (l < network->subnet->layers && prefix != SIZE_MAX) {
        struct step *read = &network->step[prefix];
        if (--read->unread[l] == 0) {
            memory_free(read->keys[l]);
            read->keys[l] = NULL;
        }
    }
    if (l == network->subnet->layers) {
        network->done++;
        e->streams -= e->slice[index].floats * sizeof(float);
        memory_free(step->x);
        step->x = NULL;
    }
}

void network_run(struct evaluator *e, struct network *network, size_t index,
                 struct forward_scratch *scratch)
{
    struct error error = {0};
    struct step *step = &network->step[index];
    bool filled[NETWORK_SAVES] = {false}, starts = step->x == NULL;
    enum status status = STATUS_OK;
    step->running = true;
    network->running++;
    e->running++;
    if (starts) {
        step->x = memory_new(e->slice[index].floats, sizeof *step->x, &error);
        status = step->x == NULL ? STATUS_MEMORY : STATUS_OK;
        e->streams += step->x != NULL ? e->slice[index].floats * sizeof(float) : 0;
    }
    pthread_mutex_unlock(&e->lock);
    double cpu = clock_cpu_seconds();
    if (starts && status == STATUS_OK)
        status = start(e, network, index, &error);
    if (status == STATUS_OK && step->next < network->subnet->layers) {
        status = run_layer(e, network, index, scratch, &error);
        if (status == STATUS_OK)
            save_stream(e, network, index, step->next + 1, filled);
    } else if (status == STATUS_OK) {
        status = run_head(e, network, index, scratch, &error);
    }
    cpu = clock_cpu_seconds() - cpu;
    pthread_mutex_lock(&e->lock);
    step->running = false;
    network->running--;
    e->running--;
    network->cpu += cpu;
    if (status == STATUS_OK) {
        for (size_t i = 0; i < network->saves; i++)
            if (filled[i])
                prefix_entry_fill(network->save[i], index - network->begin);
        finish_step(e, network, index);
    } else {
        fail(network, status, &error);
    }
    end_if_done(e, network);
    pthread_cond_broadcast(&e->work);
}
