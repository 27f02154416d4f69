/* bench_sharing [ITEMS]: what the sharing of first tokens saves, on published data sets with worked
 * examples or a preamble. Forward tokens of each whole data set, and the time to prepare it; then
 * CPU seconds of the first ITEMS (12) questions through the default model, one thread, and by how
 * much their log-likelihoods differ from those of every choice in full. CSV on standard output. */
#include "base/clock.h"
#include "base/memory.h"
#include "passes.h"
#include "support.h"
#include "task/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct data_set {
    const char *name, *path;
    struct task_options options;
} data_sets[] = {
    {"mmlu", "data/mmlu", {.shots = 5}},
    {"truthfulqa", "data/truthfulqa/TruthfulQA.csv", {.shots = 0}},
    {"arc_easy", "data/arc_easy/ARC-Easy-Test.csv", {.shots = 5, .from = SHOTS_FROM_FIRST}},
    {"arc_easy", "data/arc_easy/ARC-Easy-Test.csv", {.shots = 0}},
};
static const enum task_sharing sharings[] = {SHARING_NONE, SHARING_QUESTION, SHARING_ALL};
static const char *const names[] = {
    [SHARING_ALL] = "all", [SHARING_QUESTION] = "question", [SHARING_NONE] = "none"};

struct bench {
    struct tokenizer *tokenizer;
    struct subnet *subnet;
    struct forward_scratch *scratch;
};

static void stop_on(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_sharing: %s\n", error->message);
        exit(1);
    }
}

static struct prepared_task *prepare(const struct bench *b, const struct task *task,
                                     enum task_sharing sharing)
{
    struct prepared_task *prepared = NULL;
    struct error error = {0};
    const struct prepare_options options = {supernet_shape(b->subnet->supernet)->context, sharing};
    stop_on(prepared_task_new(task, b->tokenizer, &options, &prepared, &error), &error);
    return prepared;
}

static size_t prefixes(const struct prepared_task *prepared)
{
    size_t count = 0;
    for (size_t i = 0; i < prepared_task_shards(prepared); i++) {
        struct forward_batch batch;
        int32_t prefix;
        prepared_task_shard(prepared, i, &batch, &prefix);
        count += batch.targets == 0;
    }
    return count;
}

static void count(const struct bench *b, const struct data_set *set, const struct task *task)
{
    for (size_t s = 0; s < sizeof sharings / sizeof *sharings; s++) {
        double start = clock_seconds();
        struct prepared_task *prepared = prepare(b, task, sharings[s]);
        printf("tokens,%s,%u,%s,%zu,%" PRIu64 ",%zu,%zu,%.2f,\n", set->name, set->options.shots,
               names[sharings[s]], task->items, prepared_task_tokens(prepared),
               prepared_task_shards(prepared), prefixes(prepared), clock_seconds() - start);
        fflush(stdout);
        prepared_task_free(prepared);
    }
}

static void run(const struct bench *b, const struct data_set *set, const struct task *task)
{
    struct choice_result *full = NULL;
    struct error error = {0};
    for (size_t s = 0; s < sizeof sharings / sizeof *sharings; s++) {
        struct prepared_task *prepared = prepare(b, task, sharings[s]);
        size_t choices = prepared_task_choices(prepared);
        struct choice_result *results = memory_new(choices, sizeof *results, &error);
        stop_on(results == NULL ? STATUS_MEMORY : STATUS_OK, &error);
        double start = clock_cpu_seconds(), largest = 0.0;
        stop_on(prepared_task_run(prepared, b->subnet, b->scratch, results, &error), &error);
        double seconds = clock_cpu_seconds() - start;
        full = full == NULL ? results : full;
        for (size_t i = 0; i < choices; i++)
            largest = fmax(largest, fabs(results[i].loglik - full[i].loglik));
        printf("run,%s,%u,%s,%zu,%" PRIu64 ",%zu,%zu,%.2f,%.1e\n", set->name, set->options.shots,
               names[sharings[s]], task->items, prepared_task_tokens(prepared),
               prepared_task_shards(prepared), prefixes(prepared), seconds, largest);
        fflush(stdout);
        prepared_task_free(prepared);
        if (results != full)
            memory_free(results);
    }
    memory_free(full);
}

static void measure(const struct bench *b, const struct data_set *set, size_t items)
{
    struct task task;
    struct error error = {0};
    struct task_options options = set->options;
    char *path = support_shared(set->path);
    if (path == NULL) {
        fprintf(stderr, "SKIPPED: bench_sharing: %s absent\n", set->path);
        return;
    }
    stop_on(task_load(path, &options, &task, &error), &error);
    count(b, set, &task);
    task_release(&task);
    options.limit = items;
    stop_on(task_load(path, &options, &task, &error), &error);
    run(b, set, &task);
    task_release(&task);
    free(path);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct error error = {0};
    struct supernet *supernet;
    struct arch_code code;
    const char *model = support_model();
    size_t items = argc > 1 ? strtoul(argv[1], NULL, 10) : 12;
    if (model == NULL) {
        fprintf(stderr, "SKIPPED: bench_sharing: default model absent\n");
        return 0;
    }
    stop_on(supernet_open(model, &supernet, &error), &error);
    stop_on(tokenizer_new(supernet_gguf(supernet), &b.tokenizer, &error), &error);
    arch_code_full(supernet_shape(supernet), &code);
    stop_on(subnet_new(supernet, &code, NULL, &b.subnet, &error), &error);
    stop_on(forward_scratch_new(&b.scratch, &error), &error);
    printf("what,task,shots,sharing,items,tokens,shards,prefixes,seconds,largest_difference\n");
    for (size_t i = 0; i < sizeof data_sets / sizeof *data_sets; i++)
        measure(&b, &data_sets[i], items);
    forward_scratch_free(b.scratch);
    subnet_free(b.subnet);
    tokenizer_free(b.tokenizer);
    supernet_close(supernet);
    return 0;
}
