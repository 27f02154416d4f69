/* The networks that have been asked for and are not evaluated yet, with what is foretold of them;
 * one that is stays until the front is found anew. What was foretold for the snapshot before stays,
 * as long as nothing new has been learnt. */
#include "run_private.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* What the method itself foretold of its own proposals: by this it chose them. */
static void take_forecast(const struct run *run, struct run_expected *expected)
{
    const struct method_forecast *forecast = &run->live.forecast;
    for (size_t i = 0; i < forecast->count; i++)
        for (size_t k = 0; k < run->setup.m && arch_code_equal(&forecast->code[i], &expected->code);
             k++)
            expected->value[run->setup.objectives[k]] = forecast->value[i][k];
}

static void foretell(const struct run *run, const struct snapshot *snapshot,
                     struct run_expected *expected)
{
    double error;
    for (int k = 0; k < OBJECTIVES; k++)
        snapshot_foretell(snapshot, &expected->code, (enum objective)k, &expected->value[k],
                          &error);
    take_forecast(run, expected);
}

static const struct run_expected *find(const struct snapshot *before, const struct arch_code *code)
{
    for (size_t i = 0; i < before->expecteds; i++)
        if (arch_code_equal(&before->expected[i].code, code))
            return &before->expected[i];
    return NULL;
}

enum status run_expect(const struct run *run, struct snapshot *snapshot, struct error *error)
{
    const struct snapshot *before = run->current;
    size_t injects = run->state.injects, asks = run->planned ? run->asks : 0;
    bool same = before != NULL && before->foretelling == snapshot->foretelling &&
                before->cost == snapshot->cost && before->generation == snapshot->generation;
    bool stays = same && before->settled == snapshot->settled;
    snapshot->expecteds = 0;
    snapshot->expected = memory_new(injects + asks, sizeof *snapshot->expected, error);
    if (snapshot->expected == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < injects + asks; i++) {
        struct run_expected *to = &snapshot->expected[snapshot->expecteds];
        const char *text = i < injects ? run->state.inject[i].text : run->asked[i - injects].text;
        if (arch_code_parse(run->shape, text, &to->code, NULL) != STATUS_OK || /* another's file */
            find(snapshot, &to->code) != NULL)
            continue;
        const struct run_expected *known = same ? find(before, &to->code) : NULL;
        if (archive_find(run->archive, &to->code) != NULL && !(stays && known != NULL))
            continue;
        if (known != NULL)
            *to = *known;
        else
            foretell(run, snapshot, to);
        snapshot->expecteds++;
    }
    return STATUS_OK;
}
