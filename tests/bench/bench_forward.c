/* bench_forward [ITEMS]: the evaluator on the first ITEMS (200; 0: all) ARC-Easy dev questions, one
 * thread. For each shard the matrix products are recorded and run again alone right after it, on
 * weights spread over memory as in the real pass, so that their share of the evaluator's time is of
 * the same minute and machine. Then generation, token by token. CSV on standard output. */
#include "base/clock.h"
#include "base/memory.h"
#include "model/forward.h"
#include "num/gemm.h"
#include "support.h"
#include "task/score.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHTS ((size_t)1 << 26) /* floats that the replay walks through: 256 MiB */
#define GENERATED 64

struct bench {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct forward_scratch *scratch;
    struct task task;
    struct prepared_task *prepared;
    struct choice_result *results;
    float *x, *w, *y; /* of the replay */
    size_t x_floats, y_floats, at;
};

static void stop_on(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_forward: %s\n", error->message);
        exit(1);
    }
}

static void *need(size_t count, size_t size)
{
    struct error error = {0};
    void *pointer = memory_new(count, size, &error);
    stop_on(pointer == NULL ? STATUS_MEMORY : STATUS_OK, &error);
    return pointer;
}

static void grow(float **floats, size_t *have, size_t count)
{
    if (count > *have) {
        memory_free(*floats);
        *floats = need(count, sizeof **floats);
        *have = count;
        for (size_t i = 0; i < count; i++) {
            (*floats)[i] = (float)(i % 13) * 0.1F - 0.6F;
        }
    }
}

/* Seconds of the products alone; *operations gets what they count (2 m n k). */
static double replay(struct bench *b, const struct gemm_record *record, size_t count,
                     double *operations)
{
    for (size_t i = 0; i < count; i++) {
        grow(&b->x, &b->x_floats, record[i].m * record[i].k);
        grow(&b->y, &b->y_floats, record[i].m * record[i].n);
    }
    double start = clock_cpu_seconds();
    for (size_t i = 0; i < count; i++) {
        size_t m = record[i].m, n = record[i].n, k = record[i].k;
        b->at = b->at + n * k > WEIGHTS ? 0 : b->at;
        const float *w = b->w + b->at;
        b->at += n * k;
        if (record[i].transposed) {
            gemm_nt(m, n, k, b->x, k, w, k, 0.0F, b->y, n);
        } else {
            gemm_nn(m, n, k, 1.0F, b->x, k, w, n, 0.0F, b->y, n);
        }
        *operations += 2.0 * (double)m * (double)n * (double)k;
    }
    return clock_cpu_seconds() - start;
}

static void score(struct bench *b, const char *code_text)
{
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct error error = {0};
    double seconds = 0.0, products = 0.0, operations = 0.0;
    size_t calls = 0;
    stop_on(arch_code_parse(supernet_shape(b->supernet), code_text, &code, &error), &error);
    stop_on(subnet_new(b->supernet, &code, NULL, &subnet, &error), &error);
    for (size_t shard = 0; shard < prepared_task_shards(b->prepared); shard++) {
        struct gemm_record *record = NULL;
        gemm_record_start();
        double start = clock_cpu_seconds();
        stop_on(prepared_task_score(b->prepared, shard, subnet, b->scratch, b->results, &error),
                &error);
        seconds += clock_cpu_seconds() - start;
        size_t count = gemm_record_stop(&record);
        products += replay(b, record, count, &operations);
        calls += count;
        memory_free(record);
    }
    struct task_score result;
    task_reduce(b->prepared, b->results, &result);
    double tokens = (double)prepared_task_tokens(b->prepared);
    printf("score,%s,%zu,%.0f,%.2f,%.0f,%zu,%.2f,%.1f,%.1f,%.3f,%.3f\n", code.text, b->task.items,
           tokens, seconds, tokens / seconds, calls, products, 100.0 * products / seconds,
           operations / products * 1e-9, result.acc, result.acc_norm);
    fflush(stdout);
    subnet_free(subnet);
}

static void generate(struct bench *b)
{
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct forward_session *session = NULL;
    struct error error = {0};
    uint32_t vocabulary = supernet_shape(b->supernet)->vocabulary;
    float *logits = need(vocabulary, sizeof *logits);
    int32_t token = 1;
    arch_code_full(supernet_shape(b->supernet), &code);
    stop_on(subnet_new(b->supernet, &code, NULL, &subnet, &error), &error);
    stop_on(forward_session_new(subnet, GENERATED, &session, &error), &error);
    double start = clock_seconds();
    for (int i = 0; i < GENERATED; i++) {
        stop_on(forward_session_feed(session, &token, 1, logits, &error), &error);
        for (uint32_t v = 1; v < vocabulary; v++) {
            token = logits[v] > logits[token] ? (int32_t)v : token;
        }
    }
    double seconds = clock_seconds() - start;
    printf("generate,%s,,%d,%.2f,%.1f,,,,,,\n", code.text, GENERATED, seconds, GENERATED / seconds);
    forward_session_free(session);
    subnet_free(subnet);
    memory_free(logits);
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    struct error error = {0};
    const char *model = support_model();
    char *questions = support_shared("data/arc_easy/ARC-Easy-Dev.jsonl");
    if (model == NULL || questions == NULL) {
        fprintf(stderr, "SKIPPED: bench_forward: default model or ARC-Easy absent\n");
        return 0;
    }
    size_t limit = argc > 1 ? strtoul(argv[1], NULL, 10) : 200;
    stop_on(supernet_open(model, &b.supernet, &error), &error);
    stop_on(tokenizer_new(supernet_gguf(b.supernet), &b.tokenizer, &error), &error);
    stop_on(task_load(questions, &(struct task_options){.limit = limit}, &b.task, &error), &error);
    stop_on(prepared_task_new(&b.task, b.tokenizer,
                              &(struct prepare_options){512, SHARING_QUESTION}, &b.prepared,
                              &error),
            &error);
    stop_on(forward_scratch_new(&b.scratch, &error), &error);
    b.results = need(prepared_task_choices(b.prepared), sizeof *b.results);
    b.w = need(WEIGHTS, sizeof *b.w);
    for (size_t i = 0; i < WEIGHTS; i++) {
        b.w[i] = (float)(i % 17) * 0.1F - 0.8F;
    }
    printf("# OpenBLAS kernel %s, one thread\n", gemm_kernel());
    printf("what,code,items,tokens,seconds,tokens_per_second,products,product_seconds,"
           "product_share_percent,gflops,acc,acc_norm\n");
    score(&b, "888888888888888888888888888888");
    score(&b, "88888888888888.888888888h88888");
    generate(&b);
    forward_scratch_free(b.scratch);
    prepared_task_free(b.prepared);
    task_release(&b.task);
    tokenizer_free(b.tokenizer);
    supernet_close(b.supernet);
    memory_free(b.results);
    memory_free(b.x);
    memory_free(b.w);
    memory_free(b.y);
    free(questions);
    return 0;
}
