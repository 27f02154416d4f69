/* bench_crossover [seeds=N] [evals=N]: what breeding that prefers shared prefixes costs in
 * hypervolume and spares in layers, on the architecture problem (support/arch_problem), as CSV. The
 * last rows of each crossover have the seed `median`. */
#include "arch_problem.h"
#include "prefix_simulation.h"
#include "search/method.h"
#include "search/row.h"
#include "shapes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POPULATION 20
#define STEP 50 /* evaluations between rows */
#define SEEDS_MAX 100
#define EVALS_MAX 2000
#define STEPS_MAX (EVALS_MAX / STEP)

/* At one number of evaluations: hypervolume; shares of layers spared with room for 20 and for 113
 * checkpoints (of 200 questions on the default model: 2 GiB) and for all; layers computed with 113.
 */
enum figure { HYPERVOLUME, SHARED_20, SHARED_113, SHARED_ALL, COMPUTED_113, FIGURES };

struct figures {
    double value[FIGURES];
};

static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_PARAMS};

struct search {
    struct arch_shape shape;
    struct space space;
    struct archive *archive;
    struct arch_code code[EVALS_MAX];
    double seen[EVALS_MAX];
    struct prefix_generation generation[EVALS_MAX];
    size_t count, generations;
};

static bool taken(void *context, const struct arch_code *code)
{
    const struct search *search = context;
    return archive_find(search->archive, code) != NULL;
}

static enum status evaluate(struct search *search, struct arch_code *codes, size_t count,
                            uint64_t seed, struct error *error)
{
    enum status status = STATUS_OK;
    struct prefix_generation *generation = &search->generation[search->generations++];
    generation->code = &search->code[search->count];
    generation->count = count;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct row row = {.id = (uint32_t)search->count, .code = codes[i]};
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        row.value[OBJECTIVE_ACC] = arch_problem_seen(&codes[i], seed);
        row.value[OBJECTIVE_PARAMS] = (double)arch_params(&search->shape, &codes[i]);
        search->seen[search->count] = row.value[OBJECTIVE_ACC];
        search->code[search->count++] = codes[i];
        status = archive_append(search->archive, &row, error);
    }
    return status;
}

static enum status run(struct search *search, enum crossover crossover, uint64_t seed, size_t evals,
                       struct error *error)
{
    const struct method_entry *method = method_by_name("nsga2");
    const struct method_options options = {
        .seed = seed, .population = POPULATION, .crossover = crossover};
    const struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE};
    const struct pins pins = {0};
    struct method_state state;
    struct arch_code codes[POPULATION];
    struct method_context context = {.space = &search->space,
                                     .archive = search->archive,
                                     .objectives = objectives,
                                     .m = 2,
                                     .pins = &pins,
                                     .weights = &weights,
                                     .taken = taken,
                                     .taken_context = search};
    enum status status = STATUS_OK;
    method_state_init(&state, &options);
    while (status == STATUS_OK && search->count < evals) {
        size_t count = 0, room = evals - search->count;
        status = method->ask(&state, &options, &context, POPULATION, codes, &count, error);
        if (search->count > 0)
            arch_code_sort(codes, count);
        if (status == STATUS_OK)
            status = evaluate(search, codes, count < room ? count : room, seed, error);
        context.rows = archive_count(search->archive);
        if (status == STATUS_OK)
            status = method->tell(&state, &options, &context, error);
    }
    method_state_release(&state);
    return status;
}

static double share(const struct prefix_savings *savings)
{
    return (double)savings->saved / (double)savings->layers;
}

/* Of the first `evals` networks. */
static enum status look(const struct search *search, size_t evals, struct figures *figures,
                        struct error *error)
{
    static struct prefix_generation part[EVALS_MAX];
    size_t generations = 0;
    struct prefix_savings few, many, all;
    for (size_t count = 0; count < evals; count += part[generations++].count) {
        part[generations] = search->generation[generations];
        if (part[generations].count > evals - count)
            part[generations].count = evals - count;
    }
    enum status status;
    if ((status = arch_problem_hypervolume(&search->shape, search->code, search->seen, evals,
                                           &figures->value[HYPERVOLUME], error)) ||
        (status = prefix_simulate(part, generations, ARCH_PROBLEM_LAYERS, 20, &few, error)) ||
        (status = prefix_simulate(part, generations, ARCH_PROBLEM_LAYERS, 113, &many, error)))
        return status;
    all = prefix_bound(part, generations, ARCH_PROBLEM_LAYERS);
    figures->value[SHARED_20] = share(&few);
    figures->value[SHARED_113] = share(&many);
    figures->value[SHARED_ALL] = share(&all);
    figures->value[COMPUTED_113] = (double)(many.layers - many.saved);
    return STATUS_OK;
}

static enum status one(enum crossover crossover, const struct space_options *space, uint64_t seed,
                       size_t evals, struct figures *figures, struct error *error)
{
    static struct search search;
    memset(&search, 0, sizeof search);
    shape_build(&search.shape, &shape_smollm);
    enum status status = space_init(&search.space, &search.shape, space, error);
    if (status == STATUS_OK)
        status = archive_new(&search.archive, error);
    if (status == STATUS_OK)
        status = run(&search, crossover, seed, evals, error);
    for (size_t e = STEP; status == STATUS_OK && e <= evals; e += STEP)
        status = look(&search, e, &figures[e / STEP - 1], error);
    archive_free(search.archive);
    arch_shape_release(&search.shape);
    return status;
}

static void print_row(const char *space, enum crossover crossover, const char *seed, size_t evals,
                      const struct figures *f)
{
    printf("%s,%s,%s,%zu", space, crossover_name(crossover), seed, evals);
    for (int i = 0; i < FIGURES; i++)
        printf(i == COMPUTED_113 ? ",%.0f" : ",%.4f", f->value[i]);
    printf("\n");
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of each figure by itself. */
static struct figures median(struct figures figures[][STEPS_MAX], size_t seeds, size_t step)
{
    struct figures middle;
    for (int k = 0; k < FIGURES; k++) {
        double column[SEEDS_MAX];
        for (size_t s = 0; s < seeds; s++)
            column[s] = figures[s][step].value[k];
        qsort(column, seeds, sizeof *column, ascending);
        middle.value[k] = (column[(seeds - 1) / 2] + column[seeds / 2]) / 2;
    }
    return middle;
}

static enum status compare(const char *name, const struct space_options *space,
                           enum crossover crossover, size_t seeds, size_t evals,
                           struct error *error)
{
    static struct figures figures[SEEDS_MAX][STEPS_MAX];
    for (size_t seed = 0; seed < seeds; seed++) {
        char text[24];
        enum status status = one(crossover, space, seed, evals, figures[seed], error);
        if (status != STATUS_OK)
            return status;
        snprintf(text, sizeof text, "%zu", seed);
        for (size_t step = 0; step < evals / STEP; step++)
            print_row(name, crossover, text, (step + 1) * STEP, &figures[seed][step]);
    }
    for (size_t step = 0; step < evals / STEP; step++) {
        struct figures middle = median(figures, seeds, step);
        print_row(name, crossover, "median", (step + 1) * STEP, &middle);
    }
    return STATUS_OK;
}

/* False unless it is "name=N" with N from 1 to most. */
static bool take(const char *argument, const char *name, size_t most, size_t *value)
{
    size_t length = strlen(name);
    if (strncmp(argument, name, length) != 0 || argument[length] != '=')
        return false;
    *value = strtoul(argument + length + 1, NULL, 10);
    return *value >= 1 && *value <= most;
}

int main(int argc, char **argv)
{
    static const struct space_options layers = {.kind = SPACE_LAYERS,
                                                .influence = arch_problem_influence};
    static const struct space_options nas = {.kind = SPACE_LLAMA_NAS,
                                             .influence = arch_problem_influence};
    size_t seeds = 9, evals = 250;
    struct error error = {0};
    for (int i = 1; i < argc; i++)
        if (!take(argv[i], "seeds", SEEDS_MAX, &seeds) &&
            !take(argv[i], "evals", EVALS_MAX, &evals)) {
            fprintf(stderr, "usage: bench_crossover [seeds=1..%d] [evals=1..%d]\n", SEEDS_MAX,
                    EVALS_MAX);
            return 2;
        }
    printf("space,crossover,seed,evaluations,hypervolume,shared_20,shared_113,shared_all,"
           "computed_113\n");
    for (int c = 0; c < CROSSOVERS; c++)
        if (compare("layers", &layers, (enum crossover)c, seeds, evals, &error) != STATUS_OK ||
            compare("llama-nas", &nas, (enum crossover)c, seeds, evals, &error) != STATUS_OK) {
            fprintf(stderr, "bench_crossover: %s\n", error.message);
            return 1;
        }
    return 0;
}
