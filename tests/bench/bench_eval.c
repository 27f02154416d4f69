/* bench_eval [name=value...]: the evaluator on ARC-Easy dev questions of the default model, row by
 * row: precision, threads, sharing, cache. Rows take turns, round after round, so that they share
 * the machine's good and bad minutes; the best round counts. Before the first round each row is
 * evaluated with its matrix products recorded, which gives their share of the workers' time, and
 * before that once to have the weights decoded. In each round the same products are run again
 * alone, by as many threads at once: the ceiling. CSV on standard output.
 * `tokens` are those of the networks asked, `shared` is the share of their way through the layers
 * that the prefix cache spared.
 * Options: items=200 (the first ones; 0: all 570), rounds=3, rows=all or only speed (the whole
 * network), sharing (a few questions with worked examples) or cache (two generations of a search);
 * precision=, threads=: only these. */
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
#define SHOTS 3
#define SHARING_ITEMS 25 /* of the items one in so many is asked with examples, */
#define CACHE_ITEMS 32   /* and of each network of a search */
#define CACHE ((uint64_t)2 << 30)

/* What a search asked in its third and fourth generation (paretop search --seed 0 --limit 10
 * --population 20), each in the order of evaluation. */
#define GENERATIONS 2
#define POPULATION 20
static const char *const asked[GENERATIONS][POPULATION] = {
    {"448.8846488868.48.4867844..876", "4484h44844684744768h448444.844",
     "448848..874444848.8484848..488", "484844444684h76874888844844644",
     "487644846646848678h4.44844444.", "644884.48788474h844668744..844",
     "6844868h8648.8.64h86.8866h.686", "684886.8888888844.88.8786.h448",
     "844484484444477.7444484h4.4444", "8448844.8784474.844h48h444.844",
     "846.88868686..664.8868888..866", "848.444448444.68.44488884..444",
     "848488464888.8.88.8888788.h478", "848884488788.748884h488484.88.",
     "878.8.8h87688.668.7h88.844.68.", "884.8h788848..h4..448444844484",
     "8848844444844..87.88484484h848", "887.8.6h86888.878.8h87.84..88.",
     "88784.8h86844746847888h4.47684", "88h.8.8h88488..88.8888888..888"},
    {"444444444444444476h44444444444", "4444644h444474847.444444444444",
     "4448474.47844744744444h444.844", "448.48744h4448.476h444444.4844",
     "448.8846486887648.7868884..88.", "44884478874444447.8484844.4448",
     "484.8h7784484.h4.4448444844644", "4844846h86864.478.8h44.44..444",
     "48488444488868h4..h88844444484", "644.844447884.6h.44668744..h44",
     "648.84.h8768h.46847h887444.64.", "6848867886.88.h4..8484646.7484",
     "84.7844.8784474.844h48h44..844", "8448844.8784474.844h484446.847",
     "846.488.86864.664.4868844..844", "84764.7h44448486h8786444444644",
     "848.444.48444.68.44488884..444", "884.4.788866.6h6.8788448444484",
     "884444788848.4h4..448444844444", "88487.h.87848.47684h87.84..4h4"},
};

struct questions {
    struct task task;
    struct prepared_task *prepared;
};

struct row {
    enum precision precision;
    unsigned threads;
    int shots;
    const char *sharing;
    uint64_t cache;
    const struct questions *questions;
    const struct arch_code *code; /* [generations][codes] */
    size_t codes, generations;
    struct gemm_record *record;
    size_t records;
    double shared;           /* layers' work that the cache spared */
    double gemm_share;       /* of the workers' CPU time in products */
    double seconds, ceiling; /* best round */
};

#define SHARINGS 3
static const struct {
    const char *name;
    enum task_sharing sharing;
} sharings[SHARINGS] = {
    {"none", SHARING_NONE}, {"question", SHARING_QUESTION}, {"all", SHARING_ALL}};

struct bench {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    char *path; /* of ARC-Easy dev */
    struct questions whole, few, shots[SHARINGS];
    struct arch_code full, asked[GENERATIONS * POPULATION];
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

static void questions_open(struct bench *b, size_t limit, unsigned shots, enum task_sharing sharing,
                           struct questions *q)
{
    struct error error = {0};
    const struct task_options wanted = {.limit = limit, .shots = shots, .from = SHOTS_FROM_FIRST};
    const struct prepare_options prepare = {supernet_shape(b->supernet)->context, sharing};
    stop_on(task_load(b->path, &wanted, &q->task, &error), &error);
    stop_on(prepared_task_new(&q->task, b->tokenizer, &prepare, &q->prepared, &error), &error);
}

static void questions_close(struct questions *q)
{
    prepared_task_free(q->prepared);
    task_release(&q->task);
}

/* ---- one evaluation ---- */

struct outcome {
    double cpu_seconds;
    struct evaluator_savings savings;
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

/* Seconds from the first submission of a row's networks to the last one's end. */
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
        .cache = row->cache,
    };
    *outcome = (struct outcome){0};
    stop_on(evaluator_new(&options, keep, outcome, &evaluator, &error), &error);
    double start = clock_seconds();
    for (size_t g = 0; g < row->generations; g++) {
        stop_on(evaluator_submit(evaluator, row->code + g * row->codes, row->codes, &error),
                &error);
        evaluator_wait(evaluator);
    }
    double seconds = clock_seconds() - start;
    outcome->savings = evaluator_savings(evaluator);
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
    row->shared = (double)outcome.savings.saved / (double)outcome.savings.layers;
    row->gemm_share = products / outcome.cpu_seconds;
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
    printf("precision,threads,shots,sharing,cache,networks,items,tokens,shared,seconds,"
           "items_per_second,tokens_per_second,gemm_share,ceiling_tokens_per_second,share_of_"
           "ceiling\n");
    for (size_t i = 0; i < b->rows; i++) {
        const struct row *row = &b->row[i];
        size_t networks = row->codes * row->generations;
        double items = (double)(row->questions->task.items * networks);
        double tokens = (double)(prepared_task_tokens(row->questions->prepared) * networks);
        printf("%s,%u,%d,%s,%s,%zu,%.0f,%.0f,%.3f,%.3f,%.2f,%.1f,%.3f,%.1f,%.3f\n",
               precision_name(row->precision), row->threads, row->shots, row->sharing,
               row->cache > 0 ? "2GiB" : "0", networks, items, tokens, row->shared, row->seconds,
               items / row->seconds, tokens / row->seconds, row->gemm_share, tokens / row->ceiling,
               row->ceiling / row->seconds);
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

static bool wants(const struct wanted *wanted, const char *rows)
{
    return strcmp(wanted->rows, "all") == 0 || strcmp(wanted->rows, rows) == 0;
}

static void add_rows(struct bench *b, const struct wanted *wanted, struct row row)
{
    if (wants(wanted, "speed")) {
        row.questions = &b->whole;
        add_row(b, row);
    }
    for (int i = 0; i < SHARINGS && wants(wanted, "sharing"); i++) {
        struct row with = row;
        with.shots = SHOTS;
        with.sharing = sharings[i].name;
        with.questions = &b->shots[i];
        add_row(b, with);
    }
    for (int i = 0; i < 2 && wants(wanted, "cache"); i++) {
        struct row with = row;
        with.questions = &b->few;
        with.code = b->asked;
        with.codes = POPULATION;
        with.generations = GENERATIONS;
        with.cache = i == 0 ? 0 : CACHE;
        add_row(b, with);
    }
}

/* In every precision that this program and processor have. */
static void add_all_rows(struct bench *b, const struct wanted *wanted)
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
                add_rows(b, wanted,
                         (struct row){.precision = precision,
                                      .threads = threads,
                                      .sharing = "all",
                                      .code = &b->full,
                                      .codes = 1,
                                      .generations = 1});
            }
        }
    }
}

static void open_all(struct bench *b, const char *model, const struct wanted *wanted)
{
    struct error error = {0};
    stop_on(supernet_open(model, &b->supernet, &error), &error);
    stop_on(tokenizer_new(supernet_gguf(b->supernet), &b->tokenizer, &error), &error);
    arch_code_full(supernet_shape(b->supernet), &b->full);
    questions_open(b, wanted->items, 0, SHARING_ALL, &b->whole);
    size_t items = b->whole.task.items;
    questions_open(b, items / CACHE_ITEMS + 1, 0, SHARING_ALL, &b->few);
    for (int i = 0; i < SHARINGS; i++) {
        questions_open(b, items / SHARING_ITEMS + 1, SHOTS, sharings[i].sharing, &b->shots[i]);
    }
    for (size_t i = 0; i < GENERATIONS * POPULATION && wants(wanted, "cache"); i++) {
        const char *text = asked[i / POPULATION][i % POPULATION];
        stop_on(arch_code_parse(supernet_shape(b->supernet), text, &b->asked[i], &error), &error);
    }
}

static void close_all(struct bench *b)
{
    for (size_t i = 0; i < b->rows; i++) {
        memory_free(b->row[i].record);
    }
    for (int p = 0; p < PRECISIONS; p++) {
        replay_free(b->replay[p]);
    }
    for (int i = 0; i < SHARINGS; i++) {
        questions_close(&b->shots[i]);
    }
    questions_close(&b->few);
    questions_close(&b->whole);
    tokenizer_free(b->tokenizer);
    supernet_close(b->supernet);
    free(b->path);
}

int main(int argc, char **argv)
{
    static struct bench b;
    struct wanted wanted = {.items = 200, .rounds = 3, .rows = "all"};
    const char *model = support_model();
    read_options(argc, argv, &wanted);
    b.path = support_shared("data/arc_easy/ARC-Easy-Dev.jsonl");
    if (model == NULL || b.path == NULL) {
        fprintf(stderr, "SKIPPED: bench_eval: default model or ARC-Easy absent\n");
        return 0;
    }
    open_all(&b, model, &wanted);
    b.rounds = wanted.rounds < 1 ? 1 : wanted.rounds;
    add_all_rows(&b, &wanted);
    measure(&b);
    print_rows(&b);
    close_all(&b);
    return 0;
}
