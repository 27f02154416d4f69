/* bench_precision [ITEMS]: the evaluator in f32, bf16 and int8, with one thread and two, on the
 * first ITEMS (200; 0: all) ARC-Easy dev questions of the default model. The precisions take turns,
 * three rounds, so that they share the machine's good and bad minutes; the best round counts. The
 * share of the products is that of one thread's CPU time. Then the accuracy of each precision on
 * all questions, and its difference to f32. CSV on standard output. */
#include "base/clock.h"
#include "base/memory.h"
#include "engine/evaluator.h"
#include "num/gemm.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 3
#define THREADS 2

struct bench {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct arch_code code;
    struct task task;
    struct prepared_task *prepared;
};

struct result { /* of one evaluation */
    double seconds;
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

static void open_questions(struct bench *b, const char *path, size_t limit)
{
    struct error error = {0};
    stop_on(task_load(path, &(struct task_options){.limit = limit}, &b->task, &error), &error);
    stop_on(prepared_task_new(&b->task, b->tokenizer,
                              &(struct prepare_options){512, SHARING_QUESTION}, &b->prepared,
                              &error),
            &error);
}

static void close_questions(struct bench *b)
{
    prepared_task_free(b->prepared);
    task_release(&b->task);
}

static void keep(void *context, const struct evaluation *evaluation)
{
    struct result *result = context;
    result->status = evaluation->status;
    result->error = evaluation->error;
    result->seconds = evaluation->seconds;
    result->score = evaluation->task[0];
}

static struct result evaluate(struct bench *b, enum precision precision, unsigned threads)
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
        .threads = threads};
    stop_on(evaluator_new(&options, keep, &result, &evaluator, &error), &error);
    stop_on(evaluator_submit(evaluator, &b->code, 1, &error), &error);
    evaluator_wait(evaluator);
    evaluator_free(evaluator);
    stop_on(result.status, &result.error);
    return result;
}

/* Percent of one thread's time that is spent in products. */
static double share_of_products(struct bench *b, enum precision precision)
{
    struct error error = {0};
    struct subnet *subnet = NULL;
    struct forward_scratch *scratch = NULL;
    struct choice_result *results =
        memory_new(prepared_task_choices(b->prepared), sizeof *results, &error);
    stop_on(results == NULL ? STATUS_MEMORY : STATUS_OK, &error);
    stop_on(subnet_new_precision(b->supernet, &b->code, NULL, precision, &subnet, &error), &error);
    stop_on(forward_scratch_new(&scratch, &error), &error);
    double seconds = 0.0, products = 0.0;
    for (size_t shard = 0; shard < prepared_task_shards(b->prepared); shard++) {
        struct gemm_record *record = NULL;
        gemm_record_start();
        double start = clock_cpu_seconds();
        stop_on(prepared_task_score(b->prepared, shard, subnet, scratch, results, &error), &error);
        seconds += clock_cpu_seconds() - start;
        size_t count = gemm_record_stop(&record);
        for (size_t i = 0; i < count; i++) {
            products += record[i].seconds;
        }
        memory_free(record);
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
    memory_free(results);
    return 100.0 * products / seconds;
}

static void measure_speed(struct bench *b, const enum precision *precision, size_t count)
{
    double best[PRECISIONS][THREADS] = {{0}}, share[PRECISIONS] = {0};
    for (int round = 0; round < ROUNDS; round++) {
        for (unsigned threads = 1; threads <= THREADS; threads++) {
            for (size_t i = 0; i < count; i++) {
                double seconds = evaluate(b, precision[i], threads).seconds;
                double *least = &best[precision[i]][threads - 1];
                *least = round == 0 || seconds < *least ? seconds : *least;
            }
        }
    }
    for (size_t i = 0; i < count; i++) {
        share[precision[i]] = share_of_products(b, precision[i]);
    }
    double tokens = (double)prepared_task_tokens(b->prepared);
    printf("what,precision,threads,items,tokens,seconds,items_per_second,tokens_per_second,"
           "times_f32,product_share_percent\n");
    for (unsigned t = 1; t <= THREADS; t++) {
        for (size_t i = 0; i < count; i++) {
            double seconds = best[precision[i]][t - 1];
            printf("speed,%s,%u,%zu,%.0f,%.2f,%.1f,%.0f,%.2f,%.1f\n", precision_name(precision[i]),
                   t, b->task.items, tokens, seconds, (double)b->task.items / seconds,
                   tokens / seconds, best[PRECISION_F32][t - 1] / seconds, share[precision[i]]);
        }
    }
    fflush(stdout);
}

static void measure_accuracy(struct bench *b, const enum precision *precision, size_t count)
{
    struct task_score exact = {0};
    printf("what,precision,items,acc,acc_norm,choice_nll,acc_to_f32,acc_norm_to_f32\n");
    for (size_t i = 0; i < count; i++) {
        struct task_score score = evaluate(b, precision[i], THREADS).score;
        exact = i == 0 ? score : exact;
        printf("accuracy,%s,%zu,%.4f,%.4f,%.4f,%+.4f,%+.4f\n", precision_name(precision[i]),
               score.n, score.acc, score.acc_norm, score.choice_nll, score.acc - exact.acc,
               score.acc_norm - exact.acc_norm);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
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
    open_questions(&b, questions, argc > 1 ? strtoul(argv[1], NULL, 10) : 200);
    measure_speed(&b, precision, count);
    close_questions(&b);
    open_questions(&b, questions, 0);
    measure_accuracy(&b, precision, count);
    close_questions(&b);
    tokenizer_free(b.tokenizer);
    supernet_close(b.supernet);
    free(questions);
    return 0;
}
