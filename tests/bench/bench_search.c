/* bench_search [problem=NAME] [method=NAME] [seeds=N] [population=N]: search methods on problems
 * whose answer is known, as CSV; what was asked of them and missed is said on standard error. */
#include "bench_architectures.h"
#include "bench_tools.h"
#include "engine/evaluator.h"

#include <stdio.h>
#include <string.h>

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
        else if (!bench_number(argv[i], "seeds", 1, BENCH_ARCHITECTURES_SEEDS,
                               &architectures->seeds) &&
                 !bench_number(argv[i], "population", 1, BENCH_ARCHITECTURES_EVALS,
                               &architectures->population))
            return false;
    return true;
}

int main(int argc, char **argv)
{
    struct wanted wanted = {.architectures = {.seeds = 11}};
    struct error error = {0};
    enum status status = STATUS_OK;
    if (!read_options(argc, argv, &wanted)) {
        fprintf(stderr,
                "usage: bench_search [problem=NAME] [method=NAME] [seeds=1..%d] "
                "[population=1..%d]\n",
                BENCH_ARCHITECTURES_SEEDS, BENCH_ARCHITECTURES_EVALS);
        return 2;
    }
    printf("problem,method,seed,evaluations,hypervolume\n");
    if (wanted.problem == NULL || strcmp(wanted.problem, BENCH_ARCHITECTURES) == 0)
        status = bench_architectures(&wanted.architectures, evaluator_default_threads(), &error);
    if (status != STATUS_OK)
        fprintf(stderr, "bench_search: %s\n", error.message);
    return status == STATUS_OK ? 0 : status == STATUS_INVALID ? 2 : 1;
}
