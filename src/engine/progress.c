/* The progress curve. Only the non-dominated points are kept, so that a row costs time in the size
 * of the front, not of the archive. */
#include "progress_private.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

#define WORSE_THAN_FIRST 10.0 /* times the first row's perplexity */
#define LEAST_ABOVE_CHANCE 0.02
#define LEAST_GAIN 1e-9 /* of the hypervolume */

void progress_init(struct progress *progress, const enum objective *objectives, size_t m)
{
    static const double ones[3] = {1, 1, 1};
    *progress = (struct progress){.m = m};
    growing_volume_init(&progress->volume, m, ones);
    for (size_t k = 0; k < m; k++) /* what was gained stays: an estimate changes with later rows */
        progress->objectives[k] =
            objectives[k] == OBJECTIVE_ACC_EST ? OBJECTIVE_ACC : objectives[k];
}

void progress_release(struct progress *progress)
{
    growing_volume_release(&progress->volume);
    memory_free(progress->sample);
    *progress = (struct progress){0};
}

/* The network with the least of each gene; where that drops every layer, the first choice of the
 * last one stays. */
static void lightest_kept(const struct space *space, struct arch_code *code)
{
    struct genome genome = {.genes = (uint16_t)space->genes};
    for (uint32_t g = 0; !space_is_type_gene(space, g); g++) {
        double least = INFINITY;
        for (uint8_t i = 0; i < space->choices[g]; i++) {
            uint32_t layer = space_gene_layer(space, g);
            double weight = i;
            if (layer != UINT32_MAX) {
                char c = space->letter[g][i];
                weight = 3.0 * arch_mlp_eighths(c) + (arch_keeps_attention(c) ? 8.0 : 0.0);
            } else {
                weight = space->depths[i];
            }
            if (weight < least) {
                least = weight;
                genome.gene[g] = i;
            }
        }
    }
    if (!space_decode(space, &genome, code)) {
        genome.gene[space->genes - space->type_genes - 1] = 0;
        if (!space_decode(space, &genome, code))
            arch_code_full(space->shape, code);
    }
}

/* The same in the weight type of the fewest bytes. */
static void lightest(const struct space *space, const struct weight_options *weights,
                     struct arch_code *code)
{
    lightest_kept(space, code);
    struct arch_code least = *code;
    const uint32_t first = space->genes - space->type_genes;
    char types[ARCH_MAX_LAYERS];
    for (uint8_t i = 0; space->type_genes > 0 && i < space->choices[first]; i++) {
        memset(types, space->letter[first][i], space->type_genes);
        arch_code_set_types(code, types);
        if (arch_bytes(space->shape, code, weights) < arch_bytes(space->shape, &least, weights))
            least = *code;
    }
    *code = least;
}

void progress_set_reference(struct progress *progress, const struct space *space,
                            const struct weight_options *weights, const struct cost_table *cost,
                            bool times_measured, const double chance[OBJECTIVES],
                            const struct row *row)
{
    struct arch_code full, light;
    arch_code_full(space->shape, &full);
    lightest(space, weights, &light);
    for (size_t k = 0; k < progress->m; k++) {
        enum objective objective = progress->objectives[k];
        double first = row->value[objective], worst = NAN, best = first;
        if (objective_table[objective].computed) {
            worst = objective_computed(objective, space->shape, &full, weights, cost);
            best = objective_computed(objective, space->shape, &light, weights, cost);
            if (times_measured && objective_is_time(objective)) {
                best *= first / worst;
                worst = first;
            }
        } else if (chance[objective] > 0) {
            worst = chance[objective];
            best = first > worst + LEAST_ABOVE_CHANCE ? first : 1.0;
        } else {
            worst = WORSE_THAN_FIRST * first;
        }
        progress->reference[k] = objective_cost(objective, worst);
        progress->ideal[k] = objective_cost(objective, best);
    }
    progress->known = true;
}

json_t *progress_json(const struct progress *progress)
{
    json_t *reference = json_array(), *ideal = json_array();
    for (size_t k = 0; k < progress->m; k++) {
        json_array_append_new(reference, json_real(progress->reference[k]));
        json_array_append_new(ideal, json_real(progress->ideal[k]));
    }
    return json_pack("{s:o,s:o}", "reference", reference, "ideal", ideal);
}

bool progress_read(struct progress *progress, const json_t *value)
{
    const json_t *reference = json_object_get(value, "reference");
    const json_t *ideal = json_object_get(value, "ideal");
    if (json_array_size(reference) != progress->m || json_array_size(ideal) != progress->m)
        return false;
    for (size_t k = 0; k < progress->m; k++) {
        progress->reference[k] = json_number_value(json_array_get(reference, k));
        progress->ideal[k] = json_number_value(json_array_get(ideal, k));
    }
    progress->known = true;
    return true;
}

enum status progress_add(struct progress *p, const struct row *row, bool whole, double seconds,
                         struct error *error)
{
    double point[3];
    bool finite = p->known && whole;
    for (size_t k = 0; k < p->m; k++) {
        double cost = objective_cost(p->objectives[k], row->value[p->objectives[k]]);
        double range = p->reference[k] - p->ideal[k];
        point[k] = range > 0 ? (cost - p->ideal[k]) / range : 0;
        finite = finite && isfinite(point[k]);
    }
    enum status status =
        memory_reserve(&p->sample, &p->sample_capacity, p->samples + 1, sizeof *p->sample, error);
    if (status == STATUS_OK && finite)
        status = growing_volume_add(&p->volume, point, error);
    if (status == STATUS_OK)
        p->sample[p->samples] = (struct run_sample){p->samples + 1, seconds, p->volume.volume};
    p->samples += status == STATUS_OK;
    return status;
}

double progress_hypervolume(const struct progress *progress)
{
    return progress->volume.volume;
}

static bool end_generation(struct progress *progress, double volume)
{
    bool gain = volume - progress->generation_start > LEAST_GAIN * volume;
    progress->generation_start = volume;
    return gain;
}

void progress_end_generation(struct progress *progress)
{
    bool gain = end_generation(progress, progress->volume.volume);
    progress->stalled = gain ? 0 : progress->stalled + 1;
}

/* Generations without a row, of which a file may count any number, have no gain. */
void progress_replay_generations(struct progress *progress, const struct archive *archive,
                                 uint32_t generation, uint32_t stall_from)
{
    uint32_t counted = stall_from < generation ? stall_from : generation; /* from here on */
    progress->generation_start = 0;
    for (size_t row = 0; row < progress->samples;) {
        uint32_t ended = archive_row(archive, row)->generation;
        double volume = 0;
        if (ended >= generation)
            break;
        while (row < progress->samples && archive_row(archive, row)->generation <= ended)
            volume = progress->sample[row++].hypervolume;
        if (end_generation(progress, volume) && ended + 1 > counted)
            counted = ended + 1;
    }
    progress->stalled = generation - counted;
}
