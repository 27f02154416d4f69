/* support/arch_search: see the header. */
#include "arch_search.h"

#include "base/memory.h"
#include "shapes.h"

#include <math.h>
#include <string.h>

static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_PARAMS};

static bool taken(void *context, const struct arch_code *code)
{
    const struct arch_search *search = context;
    return archive_find(search->archive, code) != NULL;
}

static enum status evaluate(struct arch_search *search, const struct arch_code *codes, size_t count,
                            const struct arch_search_plan *plan, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct row row = {.id = (uint32_t)search->count,
                          .code = codes[i],
                          .generation = (uint32_t)search->generations,
                          .n = ARCH_PROBLEM_QUESTIONS};
        double seen = arch_problem_seen(&codes[i], plan->options.seed);
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        row.value[OBJECTIVE_ACC] = seen;
        row.value[OBJECTIVE_PARAMS] = (double)arch_params(&search->shape, &codes[i]);
        row.standard_error = sqrt(seen * (1 - seen) / ARCH_PROBLEM_QUESTIONS);
        search->seen[search->count] = seen;
        search->code[search->count++] = codes[i];
        status = archive_append(search->archive, &row, error);
    }
    search->end[search->generations++] = search->count;
    return status;
}

static enum status generations(struct arch_search *search, const struct arch_search_plan *plan,
                               struct method_state *state, struct arch_code *codes,
                               struct error *error)
{
    const struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE};
    const struct pins pins = {0};
    struct method_context context = {.space = &search->space,
                                     .archive = search->archive,
                                     .objectives = objectives,
                                     .m = 2,
                                     .pins = &pins,
                                     .weights = &weights,
                                     .taken = taken,
                                     .taken_context = search};
    enum status status = STATUS_OK;
    size_t count = 1;
    while (status == STATUS_OK && count > 0 && search->count < plan->evals) {
        status = plan->method->ask(state, &plan->options, &context, plan->options.population, codes,
                                   &count, error);
        if (status != STATUS_OK || count == 0)
            break;
        if (search->count > 0)
            arch_code_sort(codes, count); /* all, also those beyond the end, as the engine does */
        size_t room = plan->evals - search->count;
        status = evaluate(search, codes, count < room ? count : room, plan, error);
        context.rows = archive_count(search->archive);
        if (status == STATUS_OK)
            status = plan->method->tell(state, &plan->options, &context, error);
    }
    return status;
}

enum status arch_search_run(struct arch_search *search, const struct arch_search_plan *plan,
                            struct error *error)
{
    struct method_state state;
    memset(search, 0, sizeof *search);
    shape_build(&search->shape, &shape_smollm);
    enum status status = space_init(&search->space, &search->shape, plan->space, error);
    if (status == STATUS_OK)
        status = archive_new(&search->archive, error);
    if (status != STATUS_OK)
        return status;
    struct arch_code *codes = memory_new(plan->options.population, sizeof *codes, error);
    if (codes == NULL)
        return STATUS_MEMORY;
    method_state_init(&state, &plan->options);
    status = generations(search, plan, &state, codes, error);
    method_state_release(&state);
    memory_free(codes);
    return status;
}

void arch_search_release(struct arch_search *search)
{
    archive_free(search->archive);
    arch_shape_release(&search->shape);
}
