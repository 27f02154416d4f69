/* Two networks, the sub-network and the file made of it, on the same questions. */
#include "engine/file_check.h"

#include "base/memory.h"
#include "engine/evaluator.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct side { /* one of the two */
    const struct prepared_task *prepared;
    struct choice_result *result; /* owned: [choices] */
    struct task_score score;
    enum status status;
    struct error error;
    atomic_bool done;
};

static void sink(void *context, const struct evaluation *evaluation)
{
    struct side *side = context;
    side->status = evaluation->status;
    side->error = evaluation->error;
    if (side->status == STATUS_OK) {
        side->score = evaluation->task[0];
        memcpy(side->result, evaluation->results[0],
               prepared_task_choices(side->prepared) * sizeof *side->result);
    }
    atomic_store(&side->done, true);
}

/* True: cancelled. */
static bool await(const struct file_check_options *o, struct evaluator *evaluator,
                  const struct side *side, double before)
{
    static const struct timespec pause = {.tv_nsec = 20000000};
    struct arch_code code;
    double part;
    while (!atomic_load(&side->done)) {
        if (!evaluator_progress(evaluator, &code, &part))
            part = 0;
        if (o->progress != NULL && o->progress(o->context, before + part / 2) != 0)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static enum status score(const struct file_check_options *o, struct supernet *supernet,
                         const struct arch_code *code, const struct weight_options *weights,
                         double before, struct side *side, struct error *error)
{
    const struct evaluator_options wanted = {
        .supernet = supernet,
        .task = &side->prepared,
        .tasks = 1,
        .weights = *weights,
        .precision = o->precision,
        .threads = o->threads,
        .memory = o->memory,
    };
    struct evaluator *evaluator = NULL;
    atomic_init(&side->done, false);
    side->result = memory_new(prepared_task_choices(side->prepared), sizeof *side->result, error);
    if (side->result == NULL)
        return STATUS_MEMORY;
    enum status status = evaluator_new(&wanted, sink, side, &evaluator, error);
    if (status == STATUS_OK)
        status = evaluator_submit(evaluator, code, 1, error);
    if (status == STATUS_OK && await(o, evaluator, side, before))
        status = error_set(error, STATUS_CANCELLED, "the comparison was stopped");
    evaluator_free(evaluator);
    if (status == STATUS_OK && side->status != STATUS_OK) {
        status = side->status;
        if (error != NULL)
            *error = side->error;
    }
    return status;
}

static enum status compare(const struct side *ours, const struct side *file,
                           struct file_check *check, struct error *error)
{
    check->acc = ours->score.acc;
    check->file_acc = file->score.acc;
    check->max_difference = 0;
    for (size_t i = 0; i < prepared_task_choices(ours->prepared); i++) {
        double a = ours->result[i].loglik, b = file->result[i].loglik;
        double difference = fabs(a - b) / fmax(1, fabs(a));
        if (isnan(a) && isnan(b))
            continue;
        if (!(difference <= check->max_difference)) /* NaN stays */
            check->max_difference = difference;
    }
    if (check->max_difference <= check->tolerance)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "on the first %zu questions of %s log-likelihoods differ by %g of their size, "
                     "at most %g is expected (accuracy %.2f %%, of the sub-network %.2f %%)",
                     check->n, check->task, check->max_difference, check->tolerance,
                     100 * check->file_acc, 100 * check->acc);
}

static enum status load(const struct file_check_options *o, struct task *own, struct task *part,
                        struct error *error)
{
    static const struct task_options first = {.limit = FILE_CHECK_ITEMS};
    const struct task *task = o->task;
    if (task == NULL) {
        enum status status = task_load("search", &first, own, error);
        if (status != STATUS_OK)
            return status;
        task = own;
    }
    *part = task_part(task, 0, task->items < FILE_CHECK_ITEMS ? task->items : FILE_CHECK_ITEMS);
    return STATUS_OK;
}

enum status file_check_run(const struct file_check_options *options, struct supernet *written,
                           struct file_check *check, struct error *error)
{
    static const struct weight_options source = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
    struct task own = {0}, part;
    struct side ours = {0}, file = {0};
    struct prepared_task *prepared = NULL;
    struct arch_code whole;
    enum status status = load(options, &own, &part, error);
    *check = (struct file_check){.tolerance = options->padded ? FILE_CHECK_PADDED_TOLERANCE
                                                              : FILE_CHECK_TOLERANCE};
    if (status == STATUS_OK) {
        const struct prepare_options wanted = {.context = supernet_shape(written)->context};
        snprintf(check->task, sizeof check->task, "%s", part.name);
        check->n = part.items;
        arch_code_full(supernet_shape(written), &whole);
        status = prepared_task_new(&part, options->tokenizer, &wanted, &prepared, error);
    }
    ours.prepared = file.prepared = prepared;
    if (status == STATUS_OK)
        status =
            score(options, options->supernet, options->code, options->weights, 0, &ours, error);
    if (status == STATUS_OK)
        status = score(options, written, &whole, &source, 0.5, &file, error);
    if (status == STATUS_OK)
        status = compare(&ours, &file, check, error);
    memory_free(ours.result);
    memory_free(file.result);
    prepared_task_free(prepared);
    task_release(&own);
    return status;
}
