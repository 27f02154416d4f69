/* bench_crossover [seeds=N] [evals=N]: what breeding that prefers shared prefixes costs in
 * hypervolume and spares in layers, on the architecture problem (support/arch_problem), as CSV. The
 * last rows of each crossover have the seed `median`. */
#include "arch_search.h"
#include "bench_tools.h"
#include "prefix_simulation.h"

#include <stdio.h>

#define POPULATION 20
#define STEP 50 /* evaluations between rows */
#define SEEDS_MAX 100
#define STEPS_MAX (ARCH_SEARCH_MOST / STEP)

/* At one number of evaluations: hypervolume; shares of layers spared with room for 20 and for 113
 * checkpoints (of 200 questions on the default model: 2 GiB) and for all; layers computed with 113.
 */
enum figure { HYPERVOLUME, SHARED_20, SHARED_113, SHARED_ALL, COMPUTED_113, FIGURES };

struct figures {
    double value[FIGURES];
};

static double share(const struct prefix_savings *savings)
{
    return (double)savings->saved / (double)savings->layers;
}

/* Of the first `evals` networks. */
static enum status look(struct arch_search *search, size_t evals, struct figures *figures,
                        struct error *error)
{
    static struct prefix_generation part[ARCH_SEARCH_MOST];
    size_t generations = 0;
    struct prefix_savings few, many, all;
    for (size_t from = 0; from < evals; from = search->end[generations++]) {
        size_t end = search->end[generations] < evals ? search->end[generations] : evals;
        part[generations] =
            (struct prefix_generation){.code = &search->code[from], .count = end - from};
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
    static struct arch_search search;
    const struct arch_search_plan plan = {
        .method = method_by_name("nsga2"),
        .options = {.seed = seed, .population = POPULATION, .crossover = crossover},
        .space = space,
        .evals = evals};
    enum status status = arch_search_run(&search, &plan, error);
    for (size_t e = STEP; status == STATUS_OK && e <= evals; e += STEP)
        status = look(&search, e, &figures[e / STEP - 1], error);
    arch_search_release(&search);
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

/* Of each figure by itself. */
static struct figures median(struct figures figures[][STEPS_MAX], size_t seeds, size_t step)
{
    struct figures middle;
    for (int k = 0; k < FIGURES; k++) {
        double column[SEEDS_MAX];
        for (size_t s = 0; s < seeds; s++)
            column[s] = figures[s][step].value[k];
        middle.value[k] = bench_median(column, seeds);
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

int main(int argc, char **argv)
{
    static const struct space_options layers = {.kind = SPACE_LAYERS,
                                                .influence = arch_problem_influence};
    static const struct space_options nas = {.kind = SPACE_LLAMA_NAS,
                                             .influence = arch_problem_influence};
    size_t seeds = 9, evals = 250;
    struct error error = {0};
    for (int i = 1; i < argc; i++)
        if (!bench_number(argv[i], "seeds", 1, SEEDS_MAX, &seeds) &&
            !bench_number(argv[i], "evals", 1, ARCH_SEARCH_MOST, &evals)) {
            fprintf(stderr, "usage: bench_crossover [seeds=1..%d] [evals=1..%d]\n", SEEDS_MAX,
                    ARCH_SEARCH_MOST);
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
