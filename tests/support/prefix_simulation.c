/* support/prefix_simulation: see the header. */
#include "prefix_simulation.h"

#include "base/memory.h"

static uint32_t kept_layers(const struct arch_code *code, uint32_t depth)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < depth; i++)
        kept += arch_keeps_layer(code->text[i]);
    return kept;
}

struct prefix_cache *prefix_cache_of(size_t checkpoints, size_t slices, const size_t *floats,
                                     uint32_t layers)
{
    uint64_t least = 0, enough = (uint64_t)1 << 40;
    struct prefix_cache *cache = NULL;
    while (least < enough) { /* the smallest budget that is enough */
        uint64_t middle = least + (enough - least) / 2;
        if (prefix_cache_new(middle, slices, floats, layers, &cache, NULL) != STATUS_OK)
            return NULL;
        bool fits = prefix_cache_capacity(cache) >= checkpoints;
        prefix_cache_free(cache);
        enough = fits ? middle : enough;
        least = fits ? least : middle + 1;
    }
    return prefix_cache_new(least, slices, floats, layers, &cache, NULL) == STATUS_OK ? cache
                                                                                      : NULL;
}

static void evaluate(struct prefix_cache *cache, const struct prefix_generation *generation,
                     size_t index, uint32_t layers, struct prefix_savings *savings)
{
    const struct arch_code *code = &generation->code[index];
    struct prefix_entry *entry[ARCH_MAX_LAYERS], *from = prefix_cache_find(cache, code);
    uint32_t depth = from != NULL ? prefix_entry_depth(from) : 0;
    size_t count = prefix_cache_plan(cache, code, depth, code + 1, generation->count - index - 1,
                                     entry, ARCH_MAX_LAYERS);
    for (size_t i = 0; i < count; i++) {
        prefix_entry_fill(entry[i], 0);
        prefix_entry_release(cache, entry[i]);
    }
    if (from != NULL)
        prefix_entry_release(cache, from);
    savings->layers += kept_layers(code, layers);
    savings->saved += kept_layers(code, depth);
    savings->checkpoints += count;
}

enum status prefix_simulate(const struct prefix_generation *generation, size_t generations,
                            uint32_t layers, size_t checkpoints, struct prefix_savings *savings,
                            struct error *error)
{
    const size_t floats[1] = {1};
    struct prefix_cache *cache = prefix_cache_of(checkpoints, 1, floats, layers);
    *savings = (struct prefix_savings){0, 0, 0};
    if (cache == NULL)
        return error_memory(error, sizeof(struct prefix_generation));
    for (size_t g = 0; g < generations; g++)
        for (size_t i = 0; i < generation[g].count; i++)
            evaluate(cache, &generation[g], i, layers, savings);
    prefix_cache_free(cache);
    return STATUS_OK;
}

static uint32_t common(const struct arch_code *a, const struct arch_code *b, uint32_t layers)
{
    uint32_t depth = 0;
    while (depth < layers && a->text[depth] == b->text[depth])
        depth++;
    return depth;
}

struct prefix_savings prefix_bound(const struct prefix_generation *generation, size_t generations,
                                   uint32_t layers)
{
    struct prefix_savings savings = {0, 0, 0};
    for (size_t g = 0; g < generations; g++)
        for (size_t i = 0; i < generation[g].count; i++) {
            const struct arch_code *code = &generation[g].code[i];
            uint32_t best = 0;
            for (size_t h = 0; h <= g; h++)
                for (size_t k = 0; k < (h < g ? generation[h].count : i); k++) {
                    uint32_t depth = common(code, &generation[h].code[k], layers);
                    best = depth > best ? depth : best;
                }
            savings.layers += kept_layers(code, layers);
            savings.saved += kept_layers(code, best);
        }
    return savings;
}
