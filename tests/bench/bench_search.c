/* bench_search [problem=NAME] [method=NAME] [seeds=N] [population=N]: search methods on problems
 * whose answer is known, as CSV; what NSGA-II should reach of a front and misses is said on
 * standard error, with exit status 1. */
#include "base/pool.h"
#include "bench_architectures.h"
#include "bench_tools.h"
#include "engine/evaluator.h"
#include "real_search.h"

#include <stdio.h>
#include <string.h>

#define SEEDS_MOST BENCH_ARCHITECTURES_SEEDS
#define METHOD "nsga2" /* on numbers */

struct wanted {
    const char *problem; /* NULL: all */
    struct bench_architectures architectures;
};

static bool read_options(int argc, char **argv, struct wanted *wanted)
{
    struct bench_architectures *architectures = &wanted->architectures;
    for (int i = 1; i < argc; i++)
        if (bench_text(argv[i], "problem") != NULL)
            wanted->problem = bench_text(argv[i], "problem");
        else if (bench_text(argv[i], "method") != NULL)
            architectures->method = bench_text(argv[i], "method");
        else if (bench_text(argv[i], "peers") != NULL)
            architectures->peers = bench_text(argv[i], "peers");
        else if (!bench_number(argv[i], "seeds", 1, SEEDS_MOST, &architectures->seeds) &&
                 !bench_number(argv[i], "population", 1, BENCH_ARCHITECTURES_EVALS,
                               &architectures->population))
            return false;
    return true;
}

/* ---- problems of numbers ---- */

struct runs {
    const struct real_problem *problem;
    struct real_outcome outcome[SEEDS_MOST];
    enum status status[SEEDS_MOST];
    struct error error[SEEDS_MOST];
};

static void job(void *context, size_t seed, unsigned worker)
{
    struct runs *runs = context;
    (void)worker;
    runs->status[seed] = real_search(runs->problem, seed, &runs->outcome[seed], &runs->error[seed]);
}

/* False, and why on standard error, when it is not what a correct NSGA-II does. */
static bool judge(const struct runs *runs, size_t seeds)
{
    const struct real_problem *problem = runs->problem;
    double volume[SEEDS_MOST];
    bool good = true;
    for (size_t seed = 0; seed < seeds; seed++) {
        const struct real_outcome *outcome = &runs->outcome[seed];
        volume[seed] = outcome->volume;
        if (outcome->volume > problem->supremum) {
            fprintf(stderr, "%s, seed %zu: hypervolume %.6f is above the supremum, %.6f\n",
                    problem->name, seed, outcome->volume, problem->supremum);
            good = false;
        }
        if (outcome->infeasible > 0) {
            fprintf(stderr, "%s, seed %zu: %zu final points are infeasible\n", problem->name, seed,
                    outcome->infeasible);
            good = false;
        }
    }
    double median = bench_median(volume, seeds);
    bool reached = median >= problem->threshold;
    fprintf(stderr, "%-6s median of %zu seeds %.6f, %s %.6f\n", problem->name, seeds, median,
            reached ? "reaches" : "MISSES", problem->threshold);
    return good && reached;
}

static enum status run_problem(const struct real_problem *problem, size_t seeds, struct pool *pool,
                               bool *good, struct error *error)
{
    static struct runs runs;
    runs.problem = problem;
    enum status status = pool_run(pool, job, &runs, seeds, error);
    for (size_t seed = 0; status == STATUS_OK && seed < seeds; seed++) {
        const struct real_outcome *outcome = &runs.outcome[seed];
        if (runs.status[seed] != STATUS_OK) {
            *error = runs.error[seed];
            return runs.status[seed];
        }
        printf("%s,%s,%zu,%zu,%.6f\n", problem->name, METHOD, seed, outcome->evaluations,
               outcome->volume);
    }
    fflush(stdout);
    *good = status == STATUS_OK && judge(&runs, seeds) && *good;
    return status;
}

static enum status run_problems(const struct wanted *wanted, unsigned threads, bool *good,
                                struct error *error)
{
    struct pool *pool;
    const char *method = wanted->architectures.method;
    if (method != NULL && strcmp(method, METHOD) != 0)
        return STATUS_OK;
    enum status status = pool_new(threads, &pool, error);
    if (status != STATUS_OK)
        return status;
    for (const struct real_problem *p = real_problems; status == STATUS_OK && p->name != NULL; p++)
        if (wanted->problem == NULL || strcmp(wanted->problem, p->name) == 0)
            status = run_problem(p, wanted->architectures.seeds, pool, good, error);
    pool_free(pool);
    return status;
}

/* ---- all ---- */

static bool is_problem(const char *name)
{
    if (strcmp(name, BENCH_ARCHITECTURES) == 0 || real_problem_by_name(name) != NULL)
        return true;
    fprintf(stderr, "bench_search: there is no problem \"%.40s\"; there are " BENCH_ARCHITECTURES,
            name);
    for (const struct real_problem *p = real_problems; p->name != NULL; p++)
        fprintf(stderr, " %s", p->name);
    fprintf(stderr, "\n");
    return false;
}

int main(int argc, char **argv)
{
    struct wanted wanted = {.architectures = {.seeds = 11}};
    struct error error = {0};
    unsigned threads = evaluator_default_threads();
    bool good = true;
    if (!read_options(argc, argv, &wanted)) {
        fprintf(stderr,
                "usage: bench_search [problem=NAME] [method=NAME] [seeds=1..%d] "
                "[population=1..%d] [peers=FILE]\n",
                SEEDS_MOST, BENCH_ARCHITECTURES_EVALS);
        return 2;
    }
    if (wanted.problem != NULL && !is_problem(wanted.problem))
        return 2;
    printf("problem,method,seed,evaluations,hypervolume\n");
    enum status status = run_problems(&wanted, threads, &good, &error);
    if (status == STATUS_OK &&
        (wanted.problem == NULL || strcmp(wanted.problem, BENCH_ARCHITECTURES) == 0))
        status = bench_architectures(&wanted.architectures, threads, &good, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "bench_search: %s\n", error.message);
    return status == STATUS_OK ? !good : status == STATUS_INVALID ? 2 : 1;
}
