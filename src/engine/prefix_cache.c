/* Which checkpoints there are, and which are kept. Branch points with waiting networks are certain
 * to be used; what a later generation will share is not known, but children begin as their parents
 * do, so some depths of every network are left for them while there is room. */
#include "prefix_cache_private.h"

#include "base/memory.h"

#include <string.h>

#define PARENTS 24 /* networks whose checkpoints should fit side by side: about a population */

struct prefix_entry {
    struct prefix_entry *next;
    char prefix[ARCH_MAX_LAYERS + 1];
    uint32_t depth;
    unsigned holds;
    uint64_t used; /* when, in calls */
    bool dead;
    bool *filled;   /* [slices] */
    float **stream; /* [slices] */
};

struct prefix_cache {
    size_t slices;
    size_t *floats;
    uint32_t layers;
    uint64_t bytes; /* of one entry */
    size_t count, capacity;
    uint32_t stride; /* layers between what is left for later generations */
    uint64_t calls;
    struct prefix_entry *first;
};

static void entry_free(const struct prefix_cache *cache, struct prefix_entry *entry)
{
    for (size_t i = 0; entry->stream != NULL && i < cache->slices; i++)
        memory_free(entry->stream[i]);
    memory_free(entry->stream);
    memory_free(entry->filled);
    memory_free(entry);
}

/* NULL: memory is short, which is no error: nothing is shared then. */
static struct prefix_entry *entry_new(const struct prefix_cache *cache,
                                      const struct arch_code *code, uint32_t depth)
{
    struct prefix_entry *entry = memory_new(1, sizeof *entry, NULL);
    if (entry == NULL)
        return NULL;
    entry->depth = depth;
    memcpy(entry->prefix, code->text, depth);
    entry->filled = memory_new(cache->slices, sizeof *entry->filled, NULL);
    entry->stream = memory_new(cache->slices, sizeof(float *), NULL);
    bool made = entry->filled != NULL && entry->stream != NULL;
    for (size_t i = 0; made && i < cache->slices; i++) {
        entry->stream[i] = memory_new(cache->floats[i], sizeof(float), NULL);
        made = entry->stream[i] != NULL;
    }
    if (!made) {
        entry_free(cache, entry);
        return NULL;
    }
    return entry;
}

enum status prefix_cache_new(uint64_t budget, size_t slices, const size_t *floats, uint32_t layers,
                             struct prefix_cache **cache, struct error *error)
{
    struct prefix_cache *made = memory_new(1, sizeof *made, error);
    *cache = NULL;
    if (made == NULL)
        return STATUS_MEMORY;
    made->slices = slices;
    made->layers = layers;
    made->floats = memory_new(slices, sizeof *made->floats, error);
    if (made->floats == NULL) {
        memory_free(made);
        return STATUS_MEMORY;
    }
    memcpy(made->floats, floats, slices * sizeof *floats);
    for (size_t i = 0; i < slices; i++)
        made->bytes += floats[i] * sizeof(float);
    made->capacity = (size_t)(budget / (made->bytes > 0 ? made->bytes : 1));
    size_t wanted = (size_t)layers * PARENTS;
    made->stride = (uint32_t)(made->capacity > 0 ? (wanted - 1) / made->capacity + 1 : layers);
    *cache = made;
    return STATUS_OK;
}

void prefix_cache_free(struct prefix_cache *cache)
{
    if (cache == NULL)
        return;
    for (struct prefix_entry *entry = cache->first, *next; entry != NULL; entry = next) {
        next = entry->next;
        entry_free(cache, entry);
    }
    memory_free(cache->floats);
    memory_free(cache);
}

/* ---- looking ---- */

static bool begins_with(const struct arch_code *code, const struct prefix_entry *entry)
{
    return !entry->dead && strncmp(code->text, entry->prefix, entry->depth) == 0;
}

struct prefix_entry *prefix_cache_find(struct prefix_cache *cache, const struct arch_code *code)
{
    struct prefix_entry *deepest = NULL;
    cache->calls++;
    for (struct prefix_entry *entry = cache->first; entry != NULL; entry = entry->next)
        if (begins_with(code, entry)) {
            entry->used = cache->calls; /* on the way to the deepest: of use to the next one */
            if (deepest == NULL || entry->depth > deepest->depth)
                deepest = entry;
        }
    if (deepest != NULL)
        deepest->holds++;
    return deepest;
}

static bool exists(const struct prefix_cache *cache, const struct arch_code *code, uint32_t depth)
{
    for (const struct prefix_entry *entry = cache->first; entry != NULL; entry = entry->next)
        if (entry->depth == depth && begins_with(code, entry))
            return true;
    return false;
}

/* ---- planning ---- */

static void remove_entry(struct prefix_cache *cache, struct prefix_entry *entry)
{
    struct prefix_entry **link = &cache->first;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    cache->count--;
    entry_free(cache, entry);
}

static bool make_room(struct prefix_cache *cache)
{
    while (cache->count >= cache->capacity) {
        struct prefix_entry *oldest = NULL;
        for (struct prefix_entry *entry = cache->first; entry != NULL; entry = entry->next)
            if (entry->holds == 0 && (oldest == NULL || entry->used < oldest->used))
                oldest = entry;
        if (oldest == NULL)
            return false;
        remove_entry(cache, oldest);
    }
    return true;
}

/* Layers of a that b begins with, back to the last kept one. */
static uint32_t common_depth(const struct arch_code *a, const struct arch_code *b)
{
    uint32_t depth = 0;
    while (a->text[depth] != '\0' && a->text[depth] == b->text[depth])
        depth++;
    while (depth > 0 && !arch_keeps_layer(a->text[depth - 1]))
        depth--;
    return depth;
}

struct planning {
    struct prefix_cache *cache;
    const struct arch_code *code;
    uint32_t from;
    struct prefix_entry **entry;
    size_t count, most;
};

/* False: there is no room. */
static bool plan_depth(struct planning *p, uint32_t depth)
{
    struct prefix_cache *cache = p->cache;
    if (depth <= p->from || exists(cache, p->code, depth))
        return true;
    if (p->count == p->most || !make_room(cache))
        return false;
    struct prefix_entry *entry = entry_new(cache, p->code, depth);
    if (entry == NULL)
        return false;
    entry->holds = 1;
    entry->used = cache->calls;
    entry->next = cache->first;
    cache->first = entry;
    cache->count++;
    p->entry[p->count++] = entry;
    return true;
}

size_t prefix_cache_plan(struct prefix_cache *cache, const struct arch_code *code, uint32_t from,
                         const struct arch_code *next, size_t nexts, struct prefix_entry **entry,
                         size_t most)
{
    struct planning p = {cache, code, from, entry, 0, most};
    bool room = true;
    cache->calls++;
    for (size_t i = 0; i < nexts && room; i++)
        room = plan_depth(&p, common_depth(code, &next[i]));
    uint32_t kept = 0;
    for (uint32_t depth = 1; depth < cache->layers && room; depth++) {
        bool keeps = arch_keeps_layer(code->text[depth - 1]);
        kept += keeps;
        if (keeps && kept % cache->stride == 0)
            room = plan_depth(&p, depth);
    }
    return p.count;
}

/* ---- entries ---- */

uint32_t prefix_entry_depth(const struct prefix_entry *entry)
{
    return entry->depth;
}

float *prefix_entry_stream(struct prefix_entry *entry, size_t slice)
{
    return entry->stream[slice];
}

bool prefix_entry_filled(const struct prefix_entry *entry, size_t slice)
{
    return entry->filled[slice];
}

void prefix_entry_fill(struct prefix_entry *entry, size_t slice)
{
    entry->filled[slice] = true;
}

void prefix_entry_abandon(struct prefix_entry *entry)
{
    entry->dead = true;
}

void prefix_entry_release(struct prefix_cache *cache, struct prefix_entry *entry)
{
    if (--entry->holds == 0 && entry->dead)
        remove_entry(cache, entry);
}
