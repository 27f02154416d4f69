/* NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002) on genomes: binary tournaments by constrained
 * domination and crowding, uniform crossover, mutation drawn towards unimportant layers, duplicate
 * elimination against everything ever evaluated. Survivors are chosen from the whole archive, so
 * that a pin set later brings back networks that earlier lost. */
#include "breed_private.h"
#include "methods_private.h"
#include "variation_private.h"

#include "base/memory.h"

#define TRIES_PER_CODE 100

/* Chooses the population out of all rows that count, under the pins in force. */
static enum status select_members(struct method_state *state, const struct method_options *options,
                                  const struct method_context *context, struct error *error)
{
    size_t rows = context->rows, n = 0;
    double *points = memory_new(rows, context->m * sizeof *points, error);
    double *violation = memory_new(rows, sizeof *violation, error);
    uint32_t *id = memory_new(rows, sizeof *id, error);
    uint32_t *kept = memory_new(rows, sizeof *kept, error);
    enum status status = points && violation && id && kept ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < rows; i++) {
        const struct row *row = archive_row(context->archive, i);
        if (archive_superseded(context->archive, i, rows))
            continue;
        row_costs(row, context->estimate, context->objectives, context->m, points + n * context->m);
        violation[n] = row_violation(row, context->pins, context->estimate);
        id[n++] = (uint32_t)i;
    }
    size_t keep = options->population < n ? options->population : n;
    if (status == STATUS_OK)
        status = nsga2_survive(points, violation, n, context->m, keep, kept, error);
    for (size_t i = 0; status == STATUS_OK && i < keep; i++)
        kept[i] = id[kept[i]];
    memory_free(points);
    memory_free(violation);
    memory_free(id);
    if (status != STATUS_OK) {
        memory_free(kept);
        return status;
    }
    memory_free(state->member);
    state->member = kept;
    state->members = keep;
    return STATUS_OK;
}

/* ---- variation ---- */

static enum status stand(const struct method_state *state, const struct method_context *context,
                         struct nsga2_standing *standing, struct error *error)
{
    size_t n = state->members, m = context->m;
    double *points = memory_new(n, m * sizeof *points, error);
    double *violation = memory_new(n, sizeof *violation, error);
    enum status status = points != NULL && violation != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < n; i++) {
        const struct row *row = archive_row(context->archive, state->member[i]);
        row_costs(row, context->estimate, context->objectives, context->m, points + i * m);
        violation[i] = row_violation(row, context->pins, context->estimate);
    }
    if (status == STATUS_OK)
        status = nsga2_stand(points, violation, n, m, standing, error);
    memory_free(points);
    memory_free(violation);
    return status;
}

static enum status breed_children(struct method_state *state, enum crossover crossover,
                                  struct breed *breed, struct error *error)
{
    const struct method_context *context = breed->context;
    struct nsga2_standing *standing = memory_new(state->members, sizeof *standing, error);
    enum status status = standing != NULL ? stand(state, context, standing, error) : STATUS_MEMORY;
    while (status == STATUS_OK && breed->count < breed->want) {
        bool found = false;
        for (unsigned attempt = 0; attempt < TRIES_PER_CODE && !found && !breed->stopped;
             attempt++) {
            struct genome child, other;
            size_t a = nsga2_tournament(breed->rng, standing, state->members);
            size_t b = nsga2_tournament(breed->rng, standing, state->members);
            space_project(context->space, &archive_row(context->archive, state->member[a])->code,
                          &child);
            space_project(context->space, &archive_row(context->archive, state->member[b])->code,
                          &other);
            vary(context->space, breed->rng, crossover, attempt / 20, &child, &other);
            found = breed_offer(breed, &child);
        }
        if (!found)
            break;
    }
    memory_free(standing);
    return status;
}

enum status nsga2_ask(struct method_state *state, const struct method_options *options,
                      const struct method_context *context, size_t want, struct arch_code *codes,
                      size_t *count, struct error *error)
{
    struct breed breed = {.context = context, .rng = &state->rng, .codes = codes, .want = want};
    enum status status = STATUS_OK;
    if (state->generation == 0)
        status = breed_first(&breed, options->population, error);
    else
        status = select_members(state, options, context, error);
    if (status == STATUS_OK && state->generation > 0 && state->members > 0)
        status = breed_children(state, options->crossover, &breed, error);
    if (status == STATUS_OK && breed.count < want)
        breed_enumerate(&breed);
    *count = breed.count;
    return status == STATUS_OK ? breed_end(&breed, error) : status;
}

enum status nsga2_tell(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, struct error *error)
{
    state->generation++;
    return select_members(state, options, context, error);
}
