/* support/bench_architectures: see the header. The methods know nothing of what the problem is made
 * of: their space is flat. The variants NAME-prior of methods that learn know block influences that
 * are wrong by a lognormal factor. */
#include "bench_architectures.h"

#include "arch_search.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/pool.h"
#include "bench_tools.h"
#include "shapes.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define EVALS BENCH_ARCHITECTURES_EVALS
#define WANTED_EVALS 60
#define WANTED_VOLUME .40
#define STEP 10          /* evaluations between rows */
#define SUMMARY 50       /* and between medians */
#define VARIANTS_MOST 24 /* three a method at most */
#define POPULATION 20
#define PRIOR_ERROR .5 /* deviation of the factor's logarithm */

struct variant {
    char name[40];
    const struct method_entry *method; /* NULL: another program's */
    size_t population;
    bool prior;
};

struct run {
    double volume[EVALS]; /* behind each evaluation */
    double seconds;       /* of processor time, of the whole search; 0: a peer's, not known */
    enum status status;
    struct error error;
    bool done;
};

struct bench {
    struct variant variant[VARIANTS_MOST];
    size_t variants, seeds;
    struct run *run; /* [VARIANTS_MOST][seeds] */
};

/* ---- what is run ---- */

static void add_variant(struct bench *bench, const struct method_entry *method, size_t population,
                        const char *suffix, bool prior)
{
    if (bench->variants == VARIANTS_MOST)
        return;
    struct variant *variant = &bench->variant[bench->variants++];
    *variant = (struct variant){.method = method, .population = population, .prior = prior};
    snprintf(variant->name, sizeof variant->name, "%s%s", method->name, suffix);
}

static void list_variants(struct bench *bench, size_t population)
{
    for (const struct method_entry *method = method_table; method->name != NULL; method++) {
        bool random = strcmp(method->name, "random") == 0;
        if (strcmp(method->name, "nsga2") == 0) {
            add_variant(bench, method, 20, "-20", false);
            add_variant(bench, method, 50, "-50", false);
            continue;
        }
        add_variant(bench, method, population, "", false);
        if (!random)
            add_variant(bench, method, population, "-prior", true);
    }
}

static bool shown(const struct bench_architectures *options, const struct variant *variant)
{
    return options->method == NULL || variant->method == NULL ||
           strcmp(options->method, variant->name) == 0 ||
           strcmp(options->method, variant->method->name) == 0;
}

static bool baseline(const struct variant *variant)
{
    return variant->method != NULL && strcmp(variant->method->name, "nsga2") == 0;
}

/* Drops what nobody asked for, but NSGA-II, which the others are compared with. */
static enum status choose_variants(struct bench *bench, const struct bench_architectures *options,
                                   struct error *error)
{
    char names[VARIANTS_MOST * sizeof bench->variant->name] = "";
    size_t kept = 0, asked = 0;
    for (size_t i = 0; i < bench->variants; i++) {
        strcat(strcat(names, " "), bench->variant[i].name);
        asked += shown(options, &bench->variant[i]);
        if (shown(options, &bench->variant[i]) || baseline(&bench->variant[i]))
            bench->variant[kept++] = bench->variant[i];
    }
    bench->variants = kept;
    if (asked == 0)
        return error_set(error, STATUS_INVALID, "there is no method \"%.40s\"; there are%s",
                         options->method, names);
    return STATUS_OK;
}

/* ---- runs ---- */

static void wrong_influence(uint64_t seed, float influence[ARCH_PROBLEM_LAYERS])
{
    struct rng rng;
    rng_init(&rng, seed, "prior", 0);
    for (int i = 0; i < ARCH_PROBLEM_LAYERS; i++)
        influence[i] =
            (float)((double)arch_problem_influence[i] * exp(PRIOR_ERROR * rng_normal(&rng)));
}

static enum status measure(const struct arch_shape *shape, const struct arch_code *codes,
                           const double *seen, size_t codes_count, struct run *run)
{
    enum status status = STATUS_OK;
    for (size_t e = 0; status == STATUS_OK && e < EVALS; e++) {
        size_t count = e + 1 < codes_count ? e + 1 : codes_count;
        status = arch_problem_hypervolume(shape, codes, seen, count, &run->volume[e], &run->error);
    }
    run->done = status == STATUS_OK;
    return status;
}

static enum status search_once(const struct variant *variant, uint64_t seed, struct run *run)
{
    float influence[ARCH_PROBLEM_LAYERS];
    const struct space_options space = {.kind = SPACE_LAYERS,
                                        .influence = variant->prior ? influence : NULL};
    const struct arch_search_plan plan = {
        .method = variant->method,
        .options = {.seed = seed, .population = variant->population},
        .space = &space,
        .evals = EVALS};
    struct arch_search *search = memory_new(1, sizeof *search, &run->error);
    if (search == NULL)
        return STATUS_MEMORY;
    wrong_influence(seed, influence);
    double begin = clock_cpu_seconds();
    enum status status = arch_search_run(search, &plan, &run->error);
    run->seconds = clock_cpu_seconds() - begin;
    if (status == STATUS_OK)
        status = measure(&search->shape, search->code, search->seen, search->count, run);
    arch_search_release(search);
    memory_free(search);
    return status;
}

static void job(void *context, size_t index, unsigned worker)
{
    struct bench *bench = context;
    struct run *run = &bench->run[index];
    (void)worker;
    run->status = search_once(&bench->variant[index / bench->seeds], index % bench->seeds, run);
}

static enum status run_all(struct bench *bench, unsigned threads, struct error *error)
{
    struct pool *pool;
    enum status status = pool_new(threads, &pool, error);
    if (status != STATUS_OK)
        return status;
    status = pool_run(pool, job, bench, bench->variants * bench->seeds, error);
    pool_free(pool);
    for (size_t i = 0; status == STATUS_OK && i < bench->variants * bench->seeds; i++)
        if (bench->run[i].status != STATUS_OK) {
            *error = bench->run[i].error;
            status = bench->run[i].status;
        }
    return status;
}

/* ---- other programs' runs ---- */

struct peer_run {
    struct arch_shape shape;
    char name[sizeof((struct variant *)0)->name];
    size_t seed, count;
    struct arch_code code[EVALS];
    double seen[EVALS];
};

/* Gives the run that was read its place; peers are the last variants. */
static enum status end_peer_run(struct bench *bench, struct peer_run *peer, struct error *error)
{
    struct variant *last = &bench->variant[bench->variants - 1];
    if (peer->count == 0 || peer->seed >= bench->seeds)
        return STATUS_OK;
    if (last->method != NULL || strcmp(last->name, peer->name) != 0) {
        if (bench->variants == VARIANTS_MOST)
            return error_set(error, STATUS_INVALID, "%d methods at most", VARIANTS_MOST);
        last = &bench->variant[bench->variants++];
        *last = (struct variant){.method = NULL};
        memcpy(last->name, peer->name, sizeof last->name);
    }
    struct run *run = &bench->run[(bench->variants - 1) * bench->seeds + peer->seed];
    enum status status = measure(&peer->shape, peer->code, peer->seen, peer->count, run);
    if (status != STATUS_OK)
        *error = run->error;
    return status;
}

static enum status add_peer_line(struct bench *bench, struct peer_run *peer, const char *line,
                                 struct error *error)
{
    char name[sizeof peer->name], code[ARCH_MAX_LAYERS + 1];
    size_t seed;
    enum status status = STATUS_OK;
    if (sscanf(line, "%39[^,],%zu,%64s", name, &seed, code) != 3)
        return error_set(error, STATUS_INVALID, "METHOD,SEED,CODE expected, not \"%.60s\"", line);
    if (strcmp(name, peer->name) != 0 || seed != peer->seed) {
        status = end_peer_run(bench, peer, error);
        memcpy(peer->name, name, sizeof name);
        peer->seed = seed;
        peer->count = 0;
    }
    if (status != STATUS_OK || peer->count == EVALS)
        return status;
    struct arch_code *to = &peer->code[peer->count];
    status = arch_code_parse(&peer->shape, code, to, error);
    if (status == STATUS_OK)
        peer->seen[peer->count++] = arch_problem_seen(to, seed);
    return status;
}

static enum status read_peers(struct bench *bench, const char *path, struct error *error)
{
    char line[256];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return error_set(error, STATUS_INVALID, "%s cannot be read", path);
    struct peer_run *peer = memory_new(1, sizeof *peer, error);
    enum status status = peer != NULL ? STATUS_OK : STATUS_MEMORY;
    size_t own = bench->variants;
    if (status == STATUS_OK)
        shape_build(&peer->shape, &shape_smollm);
    while (status == STATUS_OK && fgets(line, sizeof line, file) != NULL)
        status = add_peer_line(bench, peer, line, error);
    if (status == STATUS_OK)
        status = end_peer_run(bench, peer, error);
    for (size_t i = own * bench->seeds; status == STATUS_OK && i < bench->variants * bench->seeds;
         i++)
        if (!bench->run[i].done)
            status = error_set(error, STATUS_INVALID, "%s has no seed %zu of %s", path,
                               i % bench->seeds, bench->variant[i / bench->seeds].name);
    if (peer != NULL)
        arch_shape_release(&peer->shape);
    memory_free(peer);
    fclose(file);
    return status;
}

/* ---- what is said ---- */

static void print_rows(const struct bench *bench, size_t variant)
{
    for (size_t seed = 0; seed < bench->seeds; seed++)
        for (size_t e = STEP; e <= EVALS; e += STEP)
            printf("%s,%s,%zu,%zu,%.6f\n", BENCH_ARCHITECTURES, bench->variant[variant].name, seed,
                   e, bench->run[variant * bench->seeds + seed].volume[e - 1]);
}

static double median_at(const struct bench *bench, size_t variant, size_t evals)
{
    double value[BENCH_ARCHITECTURES_SEEDS];
    for (size_t seed = 0; seed < bench->seeds; seed++)
        value[seed] = bench->run[variant * bench->seeds + seed].volume[evals - 1];
    return bench_median(value, bench->seeds);
}

/* The evaluation from which on a hypervolume is above the goal to the end; INFINITY: none. */
static double reached(const struct run *run, double goal)
{
    size_t first = EVALS;
    while (first > 0 && run->volume[first - 1] > goal)
        first--;
    return first < EVALS ? (double)(first + 1) : INFINITY;
}

/* LINAS, which knows nothing of the layers, is wanted to need a fourth of NSGA-II's evaluations. */
static bool is_enough(const struct bench *bench, size_t v, double evaluations)
{
    if (strcmp(bench->variant[v].name, "linas") != 0)
        return true;
    bool enough = evaluations <= WANTED_EVALS && median_at(bench, v, EVALS) >= WANTED_VOLUME;
    if (!enough)
        fprintf(stderr, "linas MISSES %d evaluations or %.2f in the end\n", WANTED_EVALS,
                WANTED_VOLUME);
    return enough;
}

/* False when a method misses what is wanted of it. */
static bool summarise(const struct bench *bench, const struct bench_architectures *options)
{
    bool good = true;
    double goal = 0;
    fflush(stdout);
    fprintf(stderr, "%s, median of %zu seeds\n%-16s", BENCH_ARCHITECTURES, bench->seeds, "method");
    for (size_t e = SUMMARY; e <= EVALS; e += SUMMARY)
        fprintf(stderr, "%8zu", e);
    for (size_t v = 0; v < bench->variants; v++)
        if (baseline(&bench->variant[v]))
            goal = fmax(goal, median_at(bench, v, EVALS));
    fprintf(stderr, "   evaluations to exceed %.4f and stay above (of the seeds), processor time\n",
            goal);
    for (size_t v = 0; v < bench->variants; v++) {
        double evals[BENCH_ARCHITECTURES_SEEDS];
        size_t seeds = 0;
        if (!shown(options, &bench->variant[v]) && !baseline(&bench->variant[v]))
            continue;
        fprintf(stderr, "%-16s", bench->variant[v].name);
        for (size_t e = SUMMARY; e <= EVALS; e += SUMMARY)
            fprintf(stderr, "%8.4f", median_at(bench, v, e));
        for (size_t seed = 0; seed < bench->seeds; seed++) {
            evals[seed] = reached(&bench->run[v * bench->seeds + seed], goal);
            seeds += isfinite(evals[seed]) ? 1 : 0;
        }
        double middle = bench_median(evals, bench->seeds);
        if (isfinite(middle))
            fprintf(stderr, "%6.0f", middle);
        else
            fprintf(stderr, "%6s", "never");
        fprintf(stderr, " (%zu of %zu)", seeds, bench->seeds);
        for (size_t seed = 0; seed < bench->seeds; seed++)
            evals[seed] = bench->run[v * bench->seeds + seed].seconds;
        fprintf(stderr, "  %.2f s\n", bench_median(evals, bench->seeds));
        good = is_enough(bench, v, middle) && good;
    }
    return good;
}

enum status bench_architectures(const struct bench_architectures *options, unsigned threads,
                                bool *good, struct error *error)
{
    struct bench bench = {.seeds = options->seeds};
    list_variants(&bench, options->population > 0 ? options->population : POPULATION);
    enum status status = choose_variants(&bench, options, error);
    if (status != STATUS_OK)
        return status;
    bench.run = memory_new(VARIANTS_MOST * bench.seeds, sizeof *bench.run, error);
    if (bench.run == NULL)
        return STATUS_MEMORY;
    status = run_all(&bench, threads, error);
    if (status == STATUS_OK && options->peers != NULL)
        status = read_peers(&bench, options->peers, error);
    for (size_t v = 0; status == STATUS_OK && v < bench.variants; v++)
        if (shown(options, &bench.variant[v]))
            print_rows(&bench, v);
    if (status == STATUS_OK)
        *good = summarise(&bench, options) && *good;
    memory_free(bench.run);
    return status;
}
