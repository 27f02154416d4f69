/* support/arch_search: see the header. */
#include "arch_search.h"

#include "method_search.h"
#include "shapes.h"

#include <math.h>
#include <string.h>

struct seen {
    struct arch_search *search;
    uint64_t seed;
};

static enum status evaluate(void *context, struct row *rows, size_t count, struct error *error)
{
    const struct seen *seen = context;
    struct arch_search *search = seen->search;
    (void)error;
    for (size_t i = 0; i < count; i++) {
        double accuracy = arch_problem_seen(&rows[i].code, seen->seed);
        rows[i].value[OBJECTIVE_ACC] = accuracy;
        rows[i].value[OBJECTIVE_PARAMS] = (double)arch_params(&search->shape, &rows[i].code);
        rows[i].standard_error = sqrt(accuracy * (1 - accuracy) / ARCH_PROBLEM_QUESTIONS);
        rows[i].n = ARCH_PROBLEM_QUESTIONS;
        search->seen[search->count] = accuracy;
        search->code[search->count++] = rows[i].code;
    }
    return STATUS_OK;
}

enum status arch_search_run(struct arch_search *search, const struct arch_search_plan *plan,
                            struct error *error)
{
    static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_PARAMS};
    static const double chance[OBJECTIVES] = {[OBJECTIVE_ACC] = ARCH_PROBLEM_CHANCE};
    struct seen seen = {search, plan->options.seed};
    const struct method_search wanted = {.method = plan->method,
                                         .options = plan->options,
                                         .space = &search->space,
                                         .objectives = objectives,
                                         .m = 2,
                                         .chance = chance,
                                         .evals = plan->evals,
                                         .evaluate = evaluate,
                                         .context = &seen};
    memset(search, 0, sizeof *search);
    shape_build(&search->shape, &shape_smollm);
    enum status status = space_init(&search->space, &search->shape, plan->space, error);
    if (status == STATUS_OK)
        status = archive_new(&search->archive, error);
    if (status == STATUS_OK)
        status =
            method_search_run(&wanted, search->archive, search->end, &search->generations, error);
    return status;
}

void arch_search_release(struct arch_search *search)
{
    archive_free(search->archive);
    arch_shape_release(&search->shape);
}
