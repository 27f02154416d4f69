/* Tasks and texts by the options, and one network scored on them. */
#include "cli/scoring.h"

#include "base/memory.h"
#include "cli/report.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <time.h>

#define DEFAULT_CONTEXT 512

static enum status prepare_tasks(const struct options *options, const struct loaded *loaded,
                                 uint32_t context, struct scoring *scoring, struct error *error)
{
    static const char *const embedded[] = {"search"};
    const struct option_value *given = &options->value[OPTION_TASK];
    bool none = given->count == 0 && !option_given(options, OPTION_TEXT);
    const char *const *source = none ? embedded : given->list;
    size_t count = none ? 1 : given->count;
    enum shots_from from;
    enum status parsed =
        shots_from_parse(option_text(options, OPTION_SHOTS_FROM, NULL), &from, error);
    if (parsed != STATUS_OK)
        return parsed;
    const struct task_options wanted = {
        .limit = (size_t)option_integer(options, OPTION_LIMIT, 0),
        .shots = (unsigned)option_integer(options, OPTION_SHOTS, 0),
        .from = from,
    };
    scoring->task = memory_new(count, sizeof *scoring->task, error);
    scoring->prepared = memory_new(count, sizeof(struct prepared_task *), error);
    if (scoring->task == NULL || scoring->prepared == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        struct task *task = &scoring->task[i];
        enum status status = task_load(source[i], &wanted, task, error);
        if (status != STATUS_OK)
            return status;
        scoring->tasks++;
        status = prepared_task_new(task, loaded->tokenizer,
                                   &(struct prepare_options){.context = context},
                                   &scoring->prepared[i], error);
        if (status != STATUS_OK)
            return status;
        size_t cut = prepared_task_truncated(scoring->prepared[i]);
        if (cut > 0)
            report_note(options,
                        "%s: %zu of %zu questions are longer than %" PRIu32
                        " tokens and were cut on the left",
                        task->name, cut, task->items, context);
    }
    return STATUS_OK;
}

static enum status prepare_text(const struct options *options, const struct loaded *loaded,
                                uint32_t context, struct scoring *scoring, struct error *error)
{
    const char *path = option_text(options, OPTION_TEXT, NULL);
    struct text_options wanted = {
        .context = context,
        .chunks = (size_t)option_integer(options, OPTION_CHUNKS, 0),
    };
    enum status status =
        perplexity_parse(option_text(options, OPTION_PPL, NULL), &wanted.definition, error);
    if (status != STATUS_OK || path == NULL)
        return status;
    scoring->text = memory_new(1, sizeof(struct prepared_text *), error);
    if (scoring->text == NULL)
        return STATUS_MEMORY;
    scoring->texts = 1;
    return prepared_text_new(path, loaded->tokenizer, &wanted, &scoring->text[0], error);
}

/* Questions are cut at what the model can read; --context is the text's chunk. */
enum status scoring_prepare(const struct options *options, const struct loaded *loaded,
                            struct scoring *scoring, struct error *error)
{
    uint32_t own = supernet_shape(loaded->supernet)->context;
    uint32_t context = (uint32_t)option_integer(options, OPTION_CONTEXT, DEFAULT_CONTEXT);
    *scoring = (struct scoring){0};
    bool cut = context > own;
    if (cut)
        context = own;
    enum status status = prepare_tasks(options, loaded, own, scoring, error);
    if (status == STATUS_OK)
        status = prepare_text(options, loaded, context, scoring, error);
    if (status == STATUS_OK && cut && scoring->texts > 0)
        report_note(options, "--context is cut to the model's own %" PRIu32, own);
    return status;
}

void scoring_release(struct scoring *scoring)
{
    for (size_t i = 0; i < scoring->tasks; i++) {
        prepared_task_free(scoring->prepared[i]);
        task_release(&scoring->task[i]);
    }
    for (size_t i = 0; i < scoring->texts; i++)
        prepared_text_free(scoring->text[i]);
    memory_free(scoring->prepared);
    memory_free(scoring->task);
    memory_free(scoring->text);
    *scoring = (struct scoring){0};
}

uint64_t scoring_tokens(const struct scoring *scoring)
{
    uint64_t tokens = 0;
    for (size_t i = 0; i < scoring->tasks; i++)
        tokens += prepared_task_tokens(scoring->prepared[i]);
    for (size_t i = 0; i < scoring->texts; i++)
        tokens += prepared_text_tokens(scoring->text[i]);
    return tokens;
}

/* ---- scoring ---- */

struct delivery {
    evaluator_sink *sink;
    void *context;
    enum status status;
    struct error error;
    atomic_bool done;
};

static void deliver(void *context, const struct evaluation *evaluation)
{
    struct delivery *delivery = context;
    delivery->status = evaluation->status;
    delivery->error = evaluation->error;
    delivery->sink(delivery->context, evaluation);
    atomic_store(&delivery->done, true);
}

static void watch(const struct options *options, struct evaluator *evaluator,
                  struct delivery *delivery)
{
    static const struct timespec pause = {.tv_nsec = 50000000};
    struct progress progress;
    struct arch_code code;
    double done;
    progress_start(&progress, options, "evaluating");
    while (progress.wanted && !atomic_load(&delivery->done)) {
        if (evaluator_progress(evaluator, &code, &done))
            progress_show(&progress, done);
        nanosleep(&pause, NULL);
    }
    evaluator_wait(evaluator);
    progress_clear(&progress);
}

/* The seconds told are those of scoring alone. */
static enum status warm(const struct loaded *loaded, struct error *error)
{
    struct subnet *subnet = NULL;
    enum status status = subnet_new_precision(loaded->supernet, &loaded->code, &loaded->weights,
                                              loaded->precision, &subnet, error);
    if (status == STATUS_OK)
        status = subnet_warm(subnet, error);
    subnet_free(subnet);
    return status;
}

enum status scoring_run(const struct options *options, const struct loaded *loaded,
                        const struct scoring *scoring, evaluator_sink *sink, void *context,
                        struct error *error)
{
    const struct evaluator_options wanted = {
        .supernet = loaded->supernet,
        .task = (const struct prepared_task *const *)scoring->prepared,
        .tasks = scoring->tasks,
        .text = (const struct prepared_text *const *)scoring->text,
        .texts = scoring->texts,
        .weights = loaded->weights,
        .precision = loaded->precision,
        .threads = loaded->threads,
        .memory = loaded_memory(options),
    };
    struct delivery delivery = {.sink = sink, .context = context};
    struct evaluator *evaluator = NULL;
    enum status status = evaluator_new(&wanted, deliver, &delivery, &evaluator, error);
    if (status == STATUS_OK)
        status = warm(loaded, error);
    if (status == STATUS_OK)
        status = evaluator_submit(evaluator, &loaded->code, 1, error);
    if (status == STATUS_OK)
        watch(options, evaluator, &delivery);
    evaluator_free(evaluator);
    if (status == STATUS_OK && delivery.status != STATUS_OK) {
        status = delivery.status;
        *error = delivery.error;
    }
    return status;
}
