/* LINAS (Cummings et al., arXiv 2205.10358): rounds of real evaluations; after each, predictors of
 * the measured objectives are learnt from all of them, a search on the predictors proposes, and the
 * best proposals that were not evaluated before are the next round. Other than there, a part of a
 * round comes from searches on predictors drawn from those that the data leave possible (Thompson
 * sampling), so that uncertain layers are tried; what the code alone tells is computed, not learnt;
 * and pins hold in the search on the predictors, too. */
#include "breed_private.h"
#include "methods_private.h"
#include "surrogate_private.h"
#include "variation_private.h"

#include "base/memory.h"
#include "search/correlation.h"
#include "search/estimate.h"
#include "search/front.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INNER_POPULATION 100
#define INNER_GENERATIONS 200 /* LINAS: 20,000 predicted evaluations */
#define SAMPLES 4             /* drawn predictors a round */
#define SAMPLE_GENERATIONS 70
#define TRIES_PER_CODE 100
#define SAMPLE_SHARE 5 /* each proposes a fifth of the round, the mean the rest */

/* ---- proposals ---- */

struct proposal {
    const struct candidate *candidate;
    uint32_t rank;
    size_t m;
};

/* By rank; along a front by the last objective. */
static int by_rank(const void *a, const void *b)
{
    const struct proposal *x = a, *y = b;
    double p = x->candidate->point[x->m - 1], q = y->candidate->point[y->m - 1];
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return p < q ? -1 : p > q;
}

static enum status rank_proposals(struct proposal *list, size_t count, size_t m,
                                  struct error *error)
{
    double *points = memory_new(count, (m + 1) * sizeof *points, error);
    uint32_t *rank = memory_new(count, sizeof *rank, error);
    enum status status = points != NULL && rank != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        double *violation = points + count * m;
        for (size_t i = 0; i < count; i++) {
            memcpy(points + i * m, list[i].candidate->point, m * sizeof *points);
            violation[i] = list[i].candidate->violation;
        }
        status = nondominated_sort(points, violation, count, m, rank, error);
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        list[i].rank = rank[i];
    if (status == STATUS_OK)
        qsort(list, count, sizeof *list, by_rank);
    memory_free(points);
    memory_free(rank);
    return status;
}

/* Takes `want` of the new ones: whole fronts, best first, and of the last one some spread along
 * it. */
static enum status take_best(struct breed *breed, const struct candidate *candidates, size_t count,
                             size_t want, struct error *error)
{
    size_t known = 0, m = breed->context->m;
    struct proposal *list = memory_new(count, sizeof *list, error);
    if (list == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (breed_is_new(breed, &candidates[i].code))
            list[known++] = (struct proposal){&candidates[i], 0, m};
    enum status status = rank_proposals(list, known, m, error);
    for (size_t i = 0, taken = 0; status == STATUS_OK && i < known && taken < want;) {
        size_t end = i;
        while (end < known && list[end].rank == list[i].rank)
            end++;
        size_t room = want - taken, front = end - i, some = front < room ? front : room;
        for (size_t k = 0; k < some && breed->count < breed->want; k++) {
            size_t at = (size_t)(((double)k + (some < front ? rng_uniform(breed->rng) : 0)) *
                                 (double)front / (double)some);
            const struct candidate *candidate = list[i + (at < front ? at : front - 1)].candidate;
            if (breed_is_new(breed, &candidate->code)) /* rounding may meet one twice */
                breed->codes[breed->count++] = candidate->code;
        }
        taken += some;
        i = end;
    }
    memory_free(list);
    return status;
}

static enum status propose(struct breed *breed, const struct surrogate *surrogate,
                           enum crossover crossover, size_t generations, size_t want,
                           struct error *error)
{
    size_t count = 0;
    struct candidate *candidates = memory_new(INNER_POPULATION, sizeof *candidates, error);
    enum status status = candidates != NULL
                             ? surrogate_search(surrogate, crossover, breed->rng, INNER_POPULATION,
                                                generations, candidates, &count, error)
                             : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = take_best(breed, candidates, count, want, error);
    memory_free(candidates);
    return status;
}

static enum status explore(struct breed *breed, const struct surrogate *surrogate,
                           enum crossover crossover, size_t want, struct error *error)
{
    struct surrogate sample;
    enum status status = surrogate_sample(surrogate, breed->rng, &sample, error);
    if (status != STATUS_OK)
        return status;
    status = propose(breed, &sample, crossover, SAMPLE_GENERATIONS, want, error);
    surrogate_release(&sample);
    return status;
}

/* ---- what was foretold ---- */

static enum status foretell(struct method_state *state, const struct surrogate *surrogate,
                            const struct breed *breed, struct error *error)
{
    struct method_forecast *forecast = &state->forecast;
    const struct method_context *context = breed->context;
    forecast->code = memory_new(breed->count, sizeof *forecast->code, error);
    forecast->value = memory_new(breed->count, sizeof *forecast->value, error);
    if (forecast->code == NULL || forecast->value == NULL)
        return STATUS_MEMORY;
    forecast->count = breed->count;
    for (size_t i = 0; i < breed->count; i++) {
        forecast->code[i] = breed->codes[i];
        for (size_t k = 0; k < context->m; k++)
            forecast->value[i][k] =
                surrogate_value(surrogate, context->objectives[k], &breed->codes[i]);
    }
    for (size_t k = 0; k < context->m; k++) {
        const struct predictor *predictor = surrogate->predictor[context->objectives[k]];
        forecast->model[k] = predictor != NULL ? predictor_name(predictor) : NULL;
    }
    return STATUS_OK;
}

/* Foretold and found, over the networks of the round. */
static enum status compare(struct method_state *state, const struct method_context *context,
                           struct error *error)
{
    const struct method_forecast *forecast = &state->forecast;
    struct method_report *report = &state->report;
    double *foretold = memory_new(forecast->count, 2 * sizeof *foretold, error);
    if (foretold == NULL)
        return STATUS_MEMORY;
    double *found = foretold + forecast->count;
    for (size_t k = 0; k < context->m; k++) {
        size_t count = 0;
        double off = 0;
        for (size_t i = 0; i < forecast->count && forecast->model[k] != NULL; i++) {
            const struct row *row = archive_find(context->archive, &forecast->code[i]);
            found[count] =
                row != NULL ? row_value(row, context->objectives[k], context->estimate) : NAN;
            if (isnan(found[count]))
                continue;
            foretold[count] = forecast->value[i][k];
            off += fabs(foretold[count] - found[count]);
            count++;
        }
        report->model[k] = count > 0 ? forecast->model[k] : NULL;
        report->networks = count > report->networks ? count : report->networks;
        report->correlation[k] =
            count >= METHOD_RANKED_LEAST ? kendall_tau(foretold, found, count) : NAN;
        report->error[k] = count > 0 ? off / (double)count : NAN;
    }
    memory_free(foretold);
    return STATUS_OK;
}

/* ---- the method ---- */

/* Where the searches leave places: more of what has been proposed or evaluated, mutated. */
static void fill(struct breed *breed, enum crossover crossover)
{
    const struct method_context *context = breed->context;
    size_t attempts = TRIES_PER_CODE * (breed->want - breed->count);
    for (size_t i = 0; i < attempts && breed->count < breed->want; i++) {
        struct genome child[2];
        for (int k = 0; k < 2; k++) {
            size_t at = rng_below(breed->rng, (uint32_t)(breed->count + context->rows));
            const struct arch_code *code =
                at < breed->count ? &breed->codes[at]
                                  : &archive_row(context->archive, at - breed->count)->code;
            space_project(context->space, code, &child[k]);
        }
        vary(context->space, breed->rng, crossover, (unsigned)(i / TRIES_PER_CODE), &child[0],
             &child[1]);
        breed_offer(breed, &child[0]);
    }
}

/* The best by the mean first: of a round that is cut short they are kept. */
static enum status next_round(struct breed *breed, const struct surrogate *surrogate,
                              enum crossover crossover, struct error *error)
{
    size_t share = breed->want / SAMPLE_SHARE;
    enum status status = propose(breed, surrogate, crossover, INNER_GENERATIONS,
                                 breed->want - SAMPLES * share, error);
    for (int i = 0; status == STATUS_OK && i < SAMPLES && share > 0; i++)
        status = explore(breed, surrogate, crossover, share, error);
    if (status == STATUS_OK)
        fill(breed, crossover);
    return status;
}

/* A round is planned for a whole population however many codes are wanted, so that asking for more
 * begins with the same ones. */
static enum status ask(struct method_state *state, const struct method_options *options,
                       const struct surrogate *surrogate, struct breed *breed, size_t want,
                       struct error *error)
{
    enum status status;
    if (state->generation == 0)
        status = breed_first(breed, options->population, error);
    else
        status = next_round(breed, surrogate, options->crossover, error);
    if (status == STATUS_OK && breed->count < breed->want)
        breed_enumerate(breed);
    if (status == STATUS_OK)
        status = breed_end(breed, error);
    breed->count = breed->count < want ? breed->count : want;
    if (status == STATUS_OK && state->generation > 0)
        status = foretell(state, surrogate, breed, error);
    return status;
}

enum status linas_ask(struct method_state *state, const struct method_options *options,
                      const struct method_context *context, size_t want, struct arch_code *codes,
                      size_t *count, struct error *error)
{
    struct surrogate surrogate = {.context = context};
    struct error why = {0};
    struct breed breed = {.context = context,
                          .rng = &state->rng,
                          .want = want > options->population ? want : options->population};
    method_forecast_release(&state->forecast);
    *count = 0;
    if (state->generation > 0) {
        enum status learnt = surrogate_fit(context, &surrogate, &why);
        if (learnt == STATUS_FAILED) /* there is nothing to learn from yet */
            return nsga2_ask(state, options, context, want, codes, count, error);
        if (learnt != STATUS_OK)
            return error_set(error, learnt, "%s", why.message);
    }
    breed.codes = memory_new(breed.want, sizeof *breed.codes, error);
    enum status status =
        breed.codes != NULL ? ask(state, options, &surrogate, &breed, want, error) : STATUS_MEMORY;
    if (status == STATUS_OK) {
        *count = breed.count;
        memcpy(codes, breed.codes, breed.count * sizeof *codes);
    }
    memory_free(breed.codes);
    surrogate_release(&surrogate);
    return status;
}

enum status linas_tell(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, struct error *error)
{
    (void)options;
    state->report = (struct method_report){0};
    state->generation++;
    return compare(state, context, error);
}
