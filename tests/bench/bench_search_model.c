/* bench_search_model [name=value...]: every method of the table on the default model: space layers,
 * objectives accuracy and bytes, questions of the embedded search file. Methods share what is
 * evaluated: a network that another method asked for before costs nothing, but counts. Killed at
 * any time, it goes on where it was. Two tables in CSV: the hypervolume of what each method saw,
 * every ten evaluations, normalised by the whole network (its accuracy above guessing and its bytes
 * are 1); and the best networks by what each method saw, at most 0.8, 0.7 and 0.6 of the whole
 * network's bytes, judged on the embedded held-out file. Options: questions=200, evals=100,
 * population=20, seed=1, method= (only this one), precision= (bf16 where it is there, else f32),
 * threads= (all), dir= (a folder in the cache, by precision and questions). */
#include "base/memory.h"
#include "bench_tools.h"
#include "engine/orders.h"
#include "method_search.h"
#include "search/hypervolume.h"
#include "shared_rows.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METHODS_MOST 16
#define EVALS_MOST 10000
#define STEP 10 /* evaluations between rows */

static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES};
static const double shares[] = {.8, .7, .6}; /* of the whole network's bytes */
#define SHARES (sizeof shares / sizeof *shares)

struct wanted {
    size_t questions, evals, population, seed, threads;
    const char *method, *precision, *directory;
};

struct bench {
    struct wanted wanted;
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct model_order order;
    struct space space;
    char sha256[SHA256_HEX];
    enum precision precision;
    char directory[4096];
    struct shared_rows search, heldout;
    struct row whole; /* the base, as the search's questions see it */
    const struct method_entry *method[METHODS_MOST], *running;
    struct archive *archive[METHODS_MOST]; /* of each method */
    size_t methods, asked;
};

/* ---- searches ---- */

static enum status evaluate(void *context, struct row *rows, size_t count, struct error *error)
{
    struct bench *bench = context;
    size_t before = bench->search.evaluated;
    enum status status = shared_rows_score(&bench->search, rows, count, error);
    bench->asked += count;
    if (status == STATUS_OK)
        fprintf(stderr, "%s: %zu of %zu, %zu of the last %zu evaluated now\n", bench->running->name,
                bench->asked, bench->wanted.evals, bench->search.evaluated - before, count);
    return status;
}

static enum status search_by(struct bench *bench, const struct method_entry *method,
                             struct error *error)
{
    const struct wanted *wanted = &bench->wanted;
    const double chance[OBJECTIVES] = {[OBJECTIVE_ACC] = shared_rows_chance(&bench->search)};
    size_t generations, *end = memory_new(wanted->evals, sizeof *end, error);
    const struct method_search search = {
        .method = method,
        .options = {.seed = wanted->seed, .population = wanted->population},
        .space = &bench->space,
        .objectives = objectives,
        .m = 2,
        .chance = chance,
        .evals = wanted->evals,
        .evaluate = evaluate,
        .context = bench};
    struct archive **archive = &bench->archive[bench->methods];
    enum status status = end != NULL ? archive_new(archive, error) : STATUS_MEMORY;
    bench->running = bench->method[bench->methods++] = method;
    bench->asked = 0;
    if (status == STATUS_OK)
        status = method_search_run(&search, *archive, end, &generations, error);
    memory_free(end);
    return status;
}

static enum status search_all(struct bench *bench, struct error *error)
{
    const char *only = bench->wanted.method;
    if (only != NULL && method_by_name(only) == NULL)
        return error_set(error, STATUS_INVALID, "there is no method \"%.40s\"", only);
    arch_code_full(supernet_shape(bench->supernet), &bench->whole.code);
    enum status status = shared_rows_score(&bench->search, &bench->whole, 1, error);
    for (const struct method_entry *m = method_table; status == STATUS_OK && m->name != NULL; m++)
        if ((only == NULL || strcmp(only, m->name) == 0) && bench->methods < METHODS_MOST)
            status = search_by(bench, m, error);
    return status;
}

/* ---- tables ---- */

static enum status print_curve(const struct bench *bench, size_t method, struct error *error)
{
    static const double reference[2] = {0, 1}; /* guessing, all bytes */
    const struct archive *archive = bench->archive[method];
    size_t rows = archive_count(archive);
    double chance = shared_rows_chance(&bench->search), volume = 0;
    double *points = memory_new(rows, 2 * sizeof *points, error);
    enum status status = points != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < rows; i++) {
        const double *value = archive_row(archive, i)->value, *whole = bench->whole.value;
        points[2 * i] = -(value[OBJECTIVE_ACC] - chance) / (whole[OBJECTIVE_ACC] - chance);
        points[2 * i + 1] = value[OBJECTIVE_BYTES] / whole[OBJECTIVE_BYTES];
    }
    for (size_t e = STEP; status == STATUS_OK && e <= rows; e += STEP) {
        status = hypervolume(points, e, 2, reference, &volume, error);
        printf("model,%s,%zu,%zu,%.6f\n", bench->method[method]->name, bench->wanted.seed, e,
               volume);
    }
    memory_free(points);
    return status;
}

/* The best accuracy that was seen within so many bytes, of equal ones the better choice_nll; NULL:
 * none. */
static const struct row *best_within(const struct archive *archive, double bytes)
{
    const struct row *best = NULL;
    for (size_t i = 0; i < archive_count(archive); i++) {
        const struct row *row = archive_row(archive, i);
        double gain = best != NULL ? row->value[OBJECTIVE_ACC] - best->value[OBJECTIVE_ACC] : 1;
        if (row->value[OBJECTIVE_BYTES] <= bytes &&
            (gain > 0 ||
             (gain == 0 && row->value[OBJECTIVE_CHOICE_NLL] < best->value[OBJECTIVE_CHOICE_NLL])))
            best = row;
    }
    return best;
}

static enum status print_judged(struct bench *bench, const char *method, double share,
                                const struct row *seen, struct error *error)
{
    struct row judged = {.code = seen->code};
    enum status status = shared_rows_score(&bench->heldout, &judged, 1, error);
    if (status == STATUS_OK)
        printf("%s,%zu,%.1f,%s,%.0f,%.4f,%.4f,%.4f,%.4f,%u\n", method, bench->wanted.seed, share,
               seen->code.text, seen->value[OBJECTIVE_BYTES], seen->value[OBJECTIVE_ACC],
               seen->standard_error, judged.value[OBJECTIVE_ACC], judged.standard_error, judged.n);
    fflush(stdout);
    return status;
}

static enum status print_tables(struct bench *bench, struct error *error)
{
    enum status status = STATUS_OK;
    printf("problem,method,seed,evaluations,hypervolume\n");
    for (size_t i = 0; status == STATUS_OK && i < bench->methods; i++)
        status = print_curve(bench, i, error);
    printf("\nmethod,seed,bytes_at_most,code,bytes,acc_seen,stderr_seen,acc_heldout,"
           "stderr_heldout,n_heldout\n");
    if (status == STATUS_OK)
        status = print_judged(bench, "whole", 1, &bench->whole, error);
    for (size_t i = 0; status == STATUS_OK && i < bench->methods; i++)
        for (size_t k = 0; status == STATUS_OK && k < SHARES; k++) {
            const struct row *best =
                best_within(bench->archive[i], shares[k] * bench->whole.value[OBJECTIVE_BYTES]);
            if (best != NULL)
                status = print_judged(bench, bench->method[i]->name, shares[k], best, error);
            else
                printf("%s,%zu,%.1f,none,,,,,,\n", bench->method[i]->name, bench->wanted.seed,
                       shares[k]);
        }
    return status;
}

/* ---- opening ---- */

static enum status find_directory(struct bench *bench, struct error *error)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    bool own = cache != NULL && cache[0] == '/';
    int length;
    if (bench->wanted.directory != NULL)
        length = snprintf(bench->directory, sizeof bench->directory, "%s", bench->wanted.directory);
    else
        length = snprintf(bench->directory, sizeof bench->directory,
                          "%s%s/paretop/search-model/%s-%zu-%.12s", own ? cache : home,
                          own ? "" : "/.cache", precision_name(bench->precision),
                          bench->wanted.questions, bench->sha256);
    /* room for the two folders in it */
    return (size_t)length + 16 < sizeof bench->directory
               ? STATUS_OK
               : error_set(error, STATUS_INVALID, "the folder's name is too long");
}

static enum status open_rows(struct bench *bench, const char *task, size_t limit,
                             struct shared_rows *rows, struct error *error)
{
    char directory[sizeof bench->directory];
    struct shared_rows_options options = {.supernet = bench->supernet,
                                          .tokenizer = bench->tokenizer,
                                          .model_sha256 = bench->sha256,
                                          .directory = directory,
                                          .task = task,
                                          .limit = limit,
                                          .precision = bench->precision,
                                          .threads = (unsigned)bench->wanted.threads};
    snprintf(directory, sizeof directory, "%.4000s/%s", bench->directory, task);
    return shared_rows_open(rows, &options, error);
}

static enum status open_model(struct bench *bench, const char *model, struct error *error)
{
    const struct orders_options orders = {.threads = (unsigned)bench->wanted.threads};
    const char *precision = bench->wanted.precision;
    enum status status;
    if (precision == NULL)
        precision = precision_parse("bf16", &bench->precision, NULL) == STATUS_OK ? "bf16" : "f32";
    if ((status = precision_parse(precision, &bench->precision, error)) ||
        (status = model_sha256_of(model, NULL, NULL, bench->sha256, error)) ||
        (status = supernet_open(model, &bench->supernet, error)))
        return status;
    supernet_set_memory(bench->supernet, evaluator_weights_memory(0));
    if ((status = tokenizer_new(supernet_gguf(bench->supernet), &bench->tokenizer, error)) ||
        (status =
             orders_provide(bench->supernet, bench->tokenizer, &orders, &bench->order, error)) ||
        (status = supernet_set_order(bench->supernet, &bench->order, error)))
        return status;
    const struct space_options measured = {.drop_order = bench->order.layer,
                                           .influence = bench->order.influence,
                                           .beyond = bench->order.beyond};
    return space_init_text(&bench->space, supernet_shape(bench->supernet), "layers", NULL,
                           "importance", &measured, error);
}

static void close_all(struct bench *bench)
{
    for (size_t i = 0; i < bench->methods; i++)
        archive_free(bench->archive[i]);
    shared_rows_close(&bench->heldout);
    shared_rows_close(&bench->search);
    model_order_release(&bench->order);
    tokenizer_free(bench->tokenizer);
    supernet_close(bench->supernet);
}

static bool read_options(int argc, char **argv, struct wanted *wanted)
{
    for (int i = 1; i < argc; i++) {
        const char *text;
        if ((text = bench_text(argv[i], "method")) != NULL)
            wanted->method = text;
        else if ((text = bench_text(argv[i], "precision")) != NULL)
            wanted->precision = text;
        else if ((text = bench_text(argv[i], "dir")) != NULL)
            wanted->directory = text;
        else if (!bench_number(argv[i], "questions", 1, 100000, &wanted->questions) &&
                 !bench_number(argv[i], "evals", 1, EVALS_MOST, &wanted->evals) &&
                 !bench_number(argv[i], "population", 1, 256, &wanted->population) &&
                 !bench_number(argv[i], "seed", 0, UINT32_MAX, &wanted->seed) &&
                 !bench_number(argv[i], "threads", 1, 1024, &wanted->threads))
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct bench bench = {
        .wanted = {.questions = 200, .evals = 100, .population = 20, .seed = 1}};
    const char *model = support_model();
    struct error error = {0};
    enum status status;
    bench.wanted.threads = evaluator_default_threads();
    if (!read_options(argc, argv, &bench.wanted)) {
        fprintf(stderr, "usage: bench_search_model [questions=N] [evals=N] [population=N] [seed=N] "
                        "[method=NAME] [precision=NAME] [threads=N] [dir=DIR]\n");
        return 2;
    }
    if (model == NULL) {
        fprintf(stderr, "SKIPPED: bench_search_model: default model absent\n");
        return 0;
    }
    if ((status = open_model(&bench, model, &error)) == STATUS_OK &&
        (status = find_directory(&bench, &error)) == STATUS_OK &&
        (status = open_rows(&bench, "search", bench.wanted.questions, &bench.search, &error)) ==
            STATUS_OK &&
        (status = search_all(&bench, &error)) == STATUS_OK &&
        (status = open_rows(&bench, "heldout", 0, &bench.heldout, &error)) == STATUS_OK)
        status = print_tables(&bench, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "bench_search_model: %s\n", error.message);
    close_all(&bench);
    return status == STATUS_OK ? 0 : status == STATUS_INVALID ? 2 : 1;
}
