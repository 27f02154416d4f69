/* support/method_search: see the header. */
#include "method_search.h"

#include "base/memory.h"

#include <math.h>
#include <stdio.h>

static bool taken(void *context, const struct arch_code *code)
{
    return archive_find(context, code) != NULL;
}

static enum status evaluate(const struct method_search *search, struct archive *archive,
                            const struct arch_code *codes, size_t count, size_t generation,
                            struct error *error)
{
    struct row *rows = memory_new(count, sizeof *rows, error);
    if (rows == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct row){.id = (uint32_t)(archive_count(archive) + i),
                               .code = codes[i],
                               .generation = (uint32_t)generation,
                               .standard_error = NAN};
        snprintf(rows[i].origin, sizeof rows[i].origin, "%s", search->method->name);
        for (int k = 0; k < OBJECTIVES; k++)
            rows[i].value[k] = NAN;
    }
    enum status status = search->evaluate(search->context, rows, count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = archive_append(archive, &rows[i], error);
    memory_free(rows);
    return status;
}

static enum status search_on(const struct method_search *search, struct archive *archive,
                             struct method_state *state, struct arch_code *codes, size_t *end,
                             size_t *generations, struct error *error)
{
    const struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};
    const struct pins pins = {0};
    struct method_context context = {.space = search->space,
                                     .archive = archive,
                                     .objectives = search->objectives,
                                     .m = search->m,
                                     .pins = &pins,
                                     .weights = &weights,
                                     .chance = search->chance,
                                     .taken = taken,
                                     .taken_context = archive};
    enum status status = STATUS_OK;
    size_t count = 1;
    *generations = 0;
    while (status == STATUS_OK && count > 0 && context.rows < search->evals) {
        status = search->method->ask(state, &search->options, &context, search->options.population,
                                     codes, &count, error);
        if (status != STATUS_OK || count == 0)
            break;
        if (context.rows > 0)
            arch_code_sort(codes, count); /* all, also those beyond the end, as the engine does */
        size_t room = search->evals - context.rows;
        status = evaluate(search, archive, codes, count < room ? count : room, *generations, error);
        context.rows = archive_count(archive);
        end[(*generations)++] = context.rows;
        if (status == STATUS_OK)
            status = search->method->tell(state, &search->options, &context, error);
    }
    return status;
}

enum status method_search_run(const struct method_search *search, struct archive *archive,
                              size_t *end, size_t *generations, struct error *error)
{
    struct method_state state;
    struct arch_code *codes = memory_new(search->options.population, sizeof *codes, error);
    if (codes == NULL)
        return STATUS_MEMORY;
    method_state_init(&state, &search->options);
    enum status status = search_on(search, archive, &state, codes, end, generations, error);
    method_state_release(&state);
    memory_free(codes);
    return status;
}
