/* From candidates to codes that may be handed out: new, and within the pins on what is known from
 * the code alone (bytes, params, times by the table). Pins steer here: a candidate beyond them is
 * repaired, gene by gene, before it would cost an evaluation. Where repairs fail again and again
 * nothing seems to lie within: then candidates are taken as they are, and constrained domination
 * alone leads on. */
#include "breed_private.h"

#include "base/memory.h"

#include <math.h>

#define GIVE_UP 8 /* repairs that fail in a row */

double breed_violation(const struct breed *breed, const struct arch_code *code)
{
    const struct method_context *context = breed->context;
    const struct pins *pins = context->pins;
    double value[OBJECTIVES];
    for (int i = 0; i < OBJECTIVES; i++)
        value[i] = NAN;
    for (size_t i = 0; i < pins->count; i++) { /* an ask looks at thousands: only what is asked */
        enum objective objective = pins->pin[i].objective;
        if (!pins->pin[i].enabled)
            continue;
        value[objective] = objective_computed(objective, context->space->shape, code,
                                              context->weights, context->cost);
    }
    return pins_violation(pins, value, true);
}

bool breed_is_new(const struct breed *breed, const struct arch_code *code)
{
    const struct method_context *context = breed->context;
    for (size_t i = 0; i < breed->count; i++)
        if (arch_code_equal(&breed->codes[i], code))
            return false;
    return !context->taken(context->taken_context, code);
}

/* The depth is of no layer: UINT32_MAX is before none. */
static double weight_from(const struct space *space, uint32_t gene, uint32_t layer)
{
    return space_gene_layer(space, gene) < layer ? 0 : space_gene_weight(space, gene);
}

uint32_t breed_draw_gene(const struct space *space, struct rng *rng, uint32_t layer)
{
    double total = 0;
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < space->genes; i++)
        total += weight_from(space, i, layer);
    double at = rng_uniform(rng) * total;
    for (uint32_t i = 0; i < space->genes; i++) {
        double weight = weight_from(space, i, layer);
        if (weight <= 0)
            continue;
        last = i;
        at -= weight;
        if (at < 0)
            break;
    }
    return last;
}

void breed_mutate_gene(const struct space *space, struct rng *rng, uint32_t gene,
                       struct genome *genome)
{
    if (gene == UINT32_MAX || space->choices[gene] < 2)
        return;
    uint8_t other = (uint8_t)rng_below(rng, space->choices[gene] - 1u);
    genome->gene[gene] = (uint8_t)(other + (other >= genome->gene[gene]));
}

bool breed_stops(struct breed *breed)
{
    breed->stopped = breed->stopped || method_check_stop(breed->context, NULL) != STATUS_OK;
    return breed->stopped;
}

enum status breed_end(const struct breed *breed, struct error *error)
{
    return breed->stopped ? error_set(error, STATUS_CANCELLED, "the ask was stopped") : STATUS_OK;
}

/* Changes genes at random, keeping what brings the violation down, until none is left. Returns the
 * violation that remains. */
static double repair(struct breed *breed, struct genome *genome, struct arch_code *code)
{
    const struct space *space = breed->context->space;
    double violation = breed_violation(breed, code);
    for (uint32_t step = 0; violation > 0 && step < 30 * space->genes && !breed_stops(breed);
         step++) {
        struct genome trial = *genome;
        struct arch_code changed;
        breed_mutate_gene(space, breed->rng, breed_draw_gene(space, breed->rng, 0), &trial);
        if (!space_decode(space, &trial, &changed))
            continue;
        double after = breed_violation(breed, &changed);
        if (after < violation) {
            *genome = trial;
            *code = changed;
            violation = after;
        }
    }
    return violation;
}

static bool take(struct breed *breed, const struct arch_code *code)
{
    if (!breed_is_new(breed, code))
        return false;
    breed->codes[breed->count++] = *code;
    return true;
}

/* A candidate that no repair brought within: the least violating is kept in mind, and handed out
 * once it seems that there is nothing within. */
static bool miss(struct breed *breed, const struct arch_code *code, double violation)
{
    if (breed->misses == 0 || violation < breed->spare_violation) {
        breed->spare = *code;
        breed->spare_violation = violation;
    }
    return ++breed->misses == GIVE_UP && take(breed, &breed->spare);
}

bool breed_offer(struct breed *breed, struct genome *genome)
{
    struct arch_code code;
    if (breed->count == breed->want || breed_stops(breed) ||
        !space_decode(breed->context->space, genome, &code))
        return false;
    if (breed->misses >= GIVE_UP)
        return take(breed, &code);
    double violation = repair(breed, genome, &code);
    if (breed->stopped)
        return false;
    if (violation > 0)
        return miss(breed, &code, violation);
    breed->misses = 0;
    return take(breed, &code);
}

enum status breed_first(struct breed *breed, size_t population, struct error *error)
{
    const struct space *space = breed->context->space;
    struct arch_code *codes = memory_new(population, sizeof *codes, error);
    size_t count = 0;
    enum status status =
        codes != NULL ? space_first_generation(space, breed->rng, population, codes, &count, error)
                      : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < count && breed->count < breed->want; i++) {
        struct genome genome;
        space_project(space, &codes[i], &genome);
        if (i == 0 && breed_is_new(breed, &codes[i]))
            breed->codes[breed->count++] = codes[i];
        else
            breed_offer(breed, &genome);
    }
    memory_free(codes);
    return status;
}

void breed_enumerate(struct breed *breed)
{
    const struct space *space = breed->context->space;
    struct genome genome = {.genes = (uint16_t)space->genes};
    if (space_log10_genotypes(space) > 4.5)
        return;
    for (;;) {
        struct arch_code code;
        if (breed->count == breed->want || breed_stops(breed))
            return;
        if (space_decode(space, &genome, &code) && breed_is_new(breed, &code) &&
            (breed->misses >= GIVE_UP || breed_violation(breed, &code) == 0))
            breed->codes[breed->count++] = code;
        uint32_t gene = 0;
        while (gene < space->genes && ++genome.gene[gene] == space->choices[gene])
            genome.gene[gene++] = 0;
        if (gene == space->genes)
            return;
    }
}
