/* bench_precision: the accuracy of f32, bf16 and int8 on all ARC-Easy dev questions of the default
 * model, and its difference to f32 (their speed: bench_eval). CSV on standard output. */
#include "base/memory.h"
#include "engine/evaluator.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define THREADS 2

struct bench {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct arch_code code;
    struct task task;
    struct prepared_task *prepared;
};

struct result { /* of one evaluation */
    struct task_score score;
    enum status status;
    struct error error;
};

static void stop_on(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_precision: %s\n", error->message);
        exit(1);
    }
}

static void keep(void *context, const struct evaluation *evaluation)
{
    struct result *result = context;
    result->status = evaluation->status;
    result->error = evaluation->error;
    result->score = evaluation->task[0];
}

static struct result evaluate(struct bench *b, enum precision precision)
{
    struct error error = {0};
    struct result result = {0};
    struct evaluator *evaluator = NULL;
    const struct evaluator_options options = {
        .supernet = b->supernet,
        .task = (const struct prepared_task *const *)&b->prepared,
        .tasks = 1,
        .weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE},
        .precision = precision,
        .threads = THREADS};
    stop_on(evaluator_new(&options, keep, &result, &evaluator, &error), &error);
    stop_on(evaluator_submit(evaluator, &b->code, 1, &error), &error);
    evaluator_wait(evaluator);
    evaluator_free(evaluator);
    stop_on(result.status, &result.error);
    return result;
}

static void measure_accuracy(struct bench *b, const enum precision *precision, size_t count)
{
    struct task_score exact = {0};
    printf("what,precision,items,acc,acc_norm,choice_nll,acc_to_f32,acc_norm_to_f32\n");
    for (size_t i = 0; i < count; i++) {
        struct task_score score = evaluate(b, precision[i]).score;
        exact = i == 0 ? score : exact;
        printf("accuracy,%s,%zu,%.4f,%.4f,%.4f,%+.4f,%+.4f\n", precision_name(precision[i]),
               score.n, score.acc, score.acc_norm, score.choice_nll, score.acc - exact.acc,
               score.acc_norm - exact.acc_norm);
        fflush(stdout);
    }
}

int main(void)
{
    struct bench b = {0};
    struct error error = {0};
    enum precision precision[PRECISIONS];
    size_t count = 0;
    const char *model = support_model();
    char *questions = support_shared("data/arc_easy/ARC-Easy-Dev.csv");
    if (model == NULL || questions == NULL) {
        fprintf(stderr, "SKIPPED: bench_precision: default model or ARC-Easy absent\n");
        return 0;
    }
    for (int p = 0; p < PRECISIONS; p++) {
        if (precision_parse(precision_name((enum precision)p), &precision[count], &error) ==
            STATUS_OK) {
            count++;
        } else {
            fprintf(stderr, "SKIPPED: bench_precision: %s\n", error.message);
        }
    }
    stop_on(supernet_open(model, &b.supernet, &error), &error);
    stop_on(tokenizer_new(supernet_gguf(b.supernet), &b.tokenizer, &error), &error);
    arch_code_full(supernet_shape(b.supernet), &b.code);
    stop_on(task_load(questions, &(struct task_options){0}, &b.task, &error), &error);
    stop_on(prepared_task_new(&b.task, b.tokenizer, &(struct prepare_options){.context = 512},
                              &b.prepared, &error),
            &error);
    measure_accuracy(&b, precision, count);
    prepared_task_free(b.prepared);
    task_release(&b.task);
    tokenizer_free(b.tokenizer);
    supernet_close(b.supernet);
    free(questions);
    return 0;
}
