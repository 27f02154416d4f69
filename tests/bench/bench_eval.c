/* bench_eval [name=value...]: the evaluator on ARC-Easy dev questions of the default model, row by
 * row: precision, threads, sharing, cache. Rows take turns, round after round, so that they share
 * the machine's good and bad minutes; the best round counts. Before the first round each row is
 * evaluated with its matrix products recorded, which gives their share of the workers' time, and
 * before that once to have the weights decoded. In each round the same products are run again
 * alone, by as many threads at once: the ceiling. CSV on standard output.
 * Options: items=200 (the first ones; 0: all 570), rounds=3, rows=all or only speed (the whole
 * network), sharing or cache; precision=, threads=: only these. */
#include "base/clock.h"
#include "base/memory.h"
#include "engine/evaluator.h"
#include "num/gemm.h"
#include "replay.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 2
#define MOST_ROWS 64
#define MOST_PRODUCTS ((size_t)1 << 22)

struct questions {
    struct task task;
    struct prepared_task *prepared;
};

struct row {
    enum precision precision;
    unsigned threads;
    const char *sharing, *cache;
    const struct questions *questions;
    const struct arch_code *code;
    size_t codes;
    struct gemm_record *record;
    size_t records;
    double share;            /* of the workers' CPU time in products */
    double seconds, ceiling; /* best round */
};

struct bench {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct questions questions;
    struct arch_code full;
    struct replay *replay[PRECISIONS];
    struct row row[MOST_ROWS];
    size_t rows;
    size_t rounds;
};

static void stop_on(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_eval: %s\n", error->message);
        exit(1);
    }
}

static void questions_open(struct bench *b, const char *path, size_t limit, struct questions *q)
{
    struct error error = {0};
    stop_on(task_load(path, &(struct task_options){.limit = limit}, &q->task, &error), &error);
    stop_on(prepared_task_new(&q->task, b->tokenizer, &(struct prepare_options){.context = 512},
                              &q->prepared, &error),
            &error);
}

static void questions_close(struct questions *q)
{
    prepared_task_free(q->prepared);
    task_release(&q->task);
}

/* ---- one evaluation ---- */

struct outcome {
    double cpu_seconds;
    enum status status;
    struct error error;
};

static void keep(void *context, const struct evaluation *evaluation)
{
    struct outcome *outcome = context;
    outcome->cpu_seconds += evaluation->cpu_seconds;
    if (evaluation->status != STATUS_OK) {
        outcome->status = evaluation->status;
        outcome->error = evaluation->error;
    }
}

/* Seconds from the submission of a row's networks to the last one's end. */
static double evaluate(const struct bench *b, const struct row *row, struct outcome *outcome)
{
    struct error error = {0};
    struct evaluator *evaluator = NULL;
    const struct prepared_task *task[] = {row->questions->prepared};
    const struct evaluator_options options = {
        .supernet = b->supernet,
        .task = task,
        .tasks = 1,
        .weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE},
        .precision = row->precision,
        .threads = row->threads,
    };
    *outcome = (struct outcome){0};
    stop_on(evaluator_new(&options, keep, outcome, &evaluator, &error), &error);
    double start = clock_seconds();
    stop_on(evaluator_submit(evaluator, row->code, row->codes, &error), &error);
    evaluator_wait(evaluator);
    double seconds = clock_seconds() - start;
    evaluator_free(evaluator);
    stop_on(outcome->status, &outcome->error);
    return seconds;
}

static void record(const struct bench *b, struct row *row)
{
    struct error error = {0};
    struct outcome outcome;
    double products = 0;
    evaluate(b, row, &outcome); /* decodes the weights */
    stop_on(gemm_record_start(MOST_PRODUCTS, &error), &error);
    evaluate(b, row, &outcome);
    row->records = gemm_record_stop(&row->record);
    if (row->records > MOST_PRODUCTS) {
        stop_on(error_set(&error, STATUS_FAILED, "more than %zu products", MOST_PRODUCTS), &error);
    }
    for (size_t i = 0; i < row->records; i++) {
        products += row->record[i].seconds;
    }
    row->share = products / outcome.cpu_seconds;
}

/* ---- rows ---- */

static void add_row(struct bench *b, struct row row)
{
    if (b->rows == MOST_ROWS) {
        fprintf(stderr, "bench_eval: more rows than have room\n");
        exit(1);
    }
    b->row[b->rows++] = row;
}

static void measure(struct bench *b)
{
    struct error error = {0};
    struct outcome outcome;
    for (size_t i = 0; i < b->rows; i++) {
        record(b, &b->row[i]);
    }
    for (size_t round = 0; round < b->rounds; round++) {
        for (size_t i = 0; i < b->rows; i++) {
            struct row *row = &b->row[i];
            double ceiling, seconds = evaluate(b, row, &outcome);
            stop_on(replay_run(b->replay[row->precision], row->record, row->records, row->threads,
                               &ceiling, &error),
                    &error);
            row->seconds = round == 0 || seconds < row->seconds ? seconds : row->seconds;
            row->ceiling = round == 0 || ceiling < row->ceiling ? ceiling : row->ceiling;
        }
    }
}

static void print_rows(const struct bench *b)
{
    printf("precision,threads,sharing,cache,networks,items,tokens,seconds,items_per_second,"
           "tokens_per_second,gemm_share,ceiling_tokens_per_second,share_of_ceiling\n");
    for (size_t i = 0; i < b->rows; i++) {
        const struct row *row = &b->row[i];
        double items = (double)(row->questions->task.items * row->codes);
        double tokens = (double)(prepared_task_tokens(row->questions->prepared) * row->codes);
        printf("%s,%u,%s,%s,%zu,%.0f,%.0f,%.3f,%.2f,%.1f,%.3f,%.1f,%.3f\n",
               precision_name(row->precision), row->threads, row->sharing, row->cache, row->codes,
               items, tokens, row->seconds, items / row->seconds, tokens / row->seconds, row->share,
               tokens / row->ceiling, row->ceiling / row->seconds);
    }
    fflush(stdout);
}

/* ---- options ---- */

struct wanted {
    size_t items, rounds;
    const char *rows, *precision;
    unsigned threads; /* 0: all */
};

static void read_options(int argc, char **argv, struct wanted *wanted)
{
    for (int i = 1; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        size_t length = value == NULL ? 0 : (size_t)(value++ - argv[i]);
        if (length == 5 && strncmp(argv[i], "items", length) == 0) {
            wanted->items = strtoul(value, NULL, 10);
        } else if (length == 6 && strncmp(argv[i], "rounds", length) == 0) {
            wanted->rounds = strtoul(value, NULL, 10);
        } else if (length == 4 && strncmp(argv[i], "rows", length) == 0) {
            wanted->rows = value;
        } else if (length == 9 && strncmp(argv[i], "precision", length) == 0) {
            wanted->precision = value;
        } else if (length == 7 && strncmp(argv[i], "threads", length) == 0) {
            wanted->threads = (unsigned)strtoul(value, NULL, 10);
        } else {
            fprintf(stderr, "bench_eval: unknown option %s\n", argv[i]);
            exit(2);
        }
    }
}

/* The rows of the whole network, in every precision that this program and processor have. */
static void add_speed_rows(struct bench *b, const struct wanted *wanted)
{
    struct error error = {0};
    for (int p = 0; p < PRECISIONS; p++) {
        enum precision precision;
        const char *name = precision_name((enum precision)p);
        if (wanted->precision != NULL && strcmp(wanted->precision, name) != 0) {
            continue;
        }
        if (precision_parse(name, &precision, &error) != STATUS_OK) {
            fprintf(stderr, "SKIPPED: bench_eval: %s\n", error.message);
            continue;
        }
        stop_on(replay_new(precision, &b->replay[precision], &error), &error);
        for (unsigned threads = 1; threads <= THREADS; threads++) {
            if (wanted->threads == 0 || wanted->threads == threads) {
                add_row(b, (struct row){precision, threads, "question", "0", &b->questions,
                                        &b->full, 1, NULL, 0, 0, 0, 0});
            }
        }
    }
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct error error = {0};
    struct wanted wanted = {.items = 200, .rounds = 3, .rows = "all"};
    const char *model = support_model();
    char *path = support_shared("data/arc_easy/ARC-Easy-Dev.jsonl");
    read_options(argc, argv, &wanted);
    if (model == NULL || path == NULL) {
        fprintf(stderr, "SKIPPED: bench_eval: default model or ARC-Easy absent\n");
        return 0;
    }
    stop_on(supernet_open(model, &b.supernet, &error), &error);
    stop_on(tokenizer_new(supernet_gguf(b.supernet), &b.tokenizer, &error), &error);
    arch_code_full(supernet_shape(b.supernet), &b.full);
    questions_open(&b, path, wanted.items, &b.questions);
    b.rounds = wanted.rounds < 1 ? 1 : wanted.rounds;
    add_speed_rows(&b, &wanted);
    measure(&b);
    print_rows(&b);
    for (size_t i = 0; i < b.rows; i++) {
        memory_free(b.row[i].record);
    }
    for (int p = 0; p < PRECISIONS; p++) {
        replay_free(b.replay[p]);
    }
    questions_close(&b.questions);
    tokenizer_free(b.tokenizer);
    supernet_close(b.supernet);
    free(path);
    return 0;
}
