/* The first generation. Uniform samples are useless here: in the space `layers` nearly every one is
 * at chance. Instead: the base; each weight type and each width for all layers alike; the chain
 * that drops more and more layers by block influence (attn-mlp: one that drops their attention,
 * too); and samples whose number of changed genes is spread evenly from one to two thirds of the
 * genes, changes drawn towards unimportant layers. */
#include "search/space.h"

#include <string.h>

#define TRIES 50 /* for a sample that is new */

struct collection {
    const struct space *space;
    struct arch_code *codes;
    size_t count, want;
};

static bool add(struct collection *to, const struct arch_code *code)
{
    struct genome genome;
    struct arch_code inside;
    /* what the space cannot express (a lock, llama-nas's depths) becomes its nearest */
    space_project(to->space, code, &genome);
    if (to->count == to->want || !space_decode(to->space, &genome, &inside))
        return false;
    for (size_t i = 0; i < to->count; i++)
        if (arch_code_equal(&to->codes[i], &inside))
            return false;
    to->codes[to->count++] = inside;
    return true;
}

static void add_uniform_widths(struct collection *to, const struct arch_code *base)
{
    const struct space *space = to->space;
    for (unsigned eighths = 7; eighths >= 1; eighths--) {
        struct arch_code code = *base;
        bool offered = false;
        for (uint32_t gene = 0; !space_is_type_gene(space, gene); gene++) {
            uint32_t layer = space_gene_layer(space, gene);
            for (uint8_t i = 0; layer != UINT32_MAX && i < space->choices[gene]; i++)
                if (space->letter[gene][i] == (char)('0' + eighths)) {
                    code.text[layer] = space->letter[gene][i];
                    offered = true;
                }
        }
        if (offered)
            add(to, &code);
    }
}

/* The full model in each weight type. */
static void add_uniform_types(struct collection *to, const struct arch_code *base)
{
    const struct space *space = to->space;
    const uint32_t first = space->genes - space->type_genes;
    char types[ARCH_MAX_LAYERS];
    for (uint8_t i = 0; space->type_genes > 0 && i < space->choices[first]; i++) {
        struct arch_code code = *base;
        memset(types, space->letter[first][i], space->type_genes);
        arch_code_set_types(&code, types);
        add(to, &code);
    }
}

/* 1, 2, 3, 4, 6, 8, 11, ... layers become `letter` (dropped, or without attention), at most a third
 * of them, at most `room` networks. */
static void add_chain(struct collection *to, const struct arch_code *base, char letter, size_t room)
{
    const struct space *space = to->space;
    uint32_t layers = space->shape->layers, changed = 0, next = 1;
    struct arch_code code = *base;
    for (uint32_t i = 0; i < layers && room > 0 && 3 * next <= layers; i++) {
        uint32_t layer = space->drop_order[i];
        char to_be = arch_code_canonical(space->shape, layer, letter);
        if (code.text[layer] == to_be || !space_may_be(space, layer, letter))
            continue;
        code.text[layer] = to_be;
        if (++changed < next)
            continue;
        room -= add(to, &code);
        next += next < 4 ? 1 : next < 8 ? 2 : 3;
    }
}

/* A gene by weight among those not marked; weights 0 are never drawn. */
static uint32_t draw_gene(const struct space *space, struct rng *rng, const bool *marked)
{
    double total = 0;
    for (uint32_t i = 0; i < space->genes; i++)
        total += marked[i] ? 0 : space_gene_weight(space, i);
    double at = rng_uniform(rng) * total;
    uint32_t last = UINT32_MAX;
    for (uint32_t i = 0; i < space->genes; i++) {
        double weight = marked[i] ? 0 : space_gene_weight(space, i);
        if (weight <= 0)
            continue;
        last = i;
        at -= weight;
        if (at < 0)
            break;
    }
    return last;
}

static void change(const struct space *space, struct rng *rng, uint32_t changes,
                   struct genome *genome)
{
    bool marked[GENOME_MAX] = {false};
    for (uint32_t i = 0; i < changes; i++) {
        uint32_t gene = draw_gene(space, rng, marked);
        if (gene == UINT32_MAX)
            return;
        marked[gene] = true;
        uint8_t other = (uint8_t)rng_below(rng, space->choices[gene] - 1u);
        genome->gene[gene] = (uint8_t)(other + (other >= genome->gene[gene]));
    }
}

static void add_samples(struct collection *to, struct rng *rng, const struct arch_code *base)
{
    const struct space *space = to->space;
    uint32_t free = 0;
    for (uint32_t i = 0; i < space->genes; i++)
        free += space->choices[i] > 1;
    uint32_t most = (2 * free + 2) / 3;
    size_t first = to->count, samples = to->want - first;
    for (size_t i = 0; i < samples && free > 0; i++) {
        uint32_t changes =
            samples > 1 ? 1 + (uint32_t)((uint64_t)(most > 0 ? most - 1 : 0) * i / (samples - 1))
                        : 1;
        for (int attempt = 0; attempt < TRIES; attempt++) {
            struct genome genome;
            struct arch_code code;
            space_project(space, base, &genome);
            change(space, rng, changes, &genome);
            if (space_decode(space, &genome, &code) && add(to, &code))
                break;
        }
    }
}

enum status space_first_generation(const struct space *space, struct rng *rng, size_t want,
                                   struct arch_code *codes, size_t *count, struct error *error)
{
    struct collection to = {space, codes, 0, want};
    struct arch_code base;
    arch_code_full(space->shape, &base);
    add(&to, &base);
    add_uniform_types(&to, &base);
    add_uniform_widths(&to, &base);
    size_t room = (want + 2) / 3;
    if (space->kind == SPACE_ATTN_MLP) {
        add_chain(&to, &base, 'h', room / 2);
        room -= room / 2;
    }
    add_chain(&to, &base, '.', room);
    add_samples(&to, rng, &base);
    *count = to.count;
    if (to.count == 0 && want > 0)
        return error_set(error, STATUS_INVALID, "the space holds no network");
    return STATUS_OK;
}
