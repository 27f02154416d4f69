/* The prefix cache: see the header. Invariants: count <= capacity; an entry that nobody holds is
 * whole. The array is short and walked as it is: finding costs microseconds, evaluating seconds.
 *
 * The rule of what to keep was chosen with tests/bench/prefix_savings on histories of real
 * searches. Beginnings that two codes have shared are the ones that more codes share; of the rest
 * of a code's way it is not known which part of it its children keep, more often the first. */
#include "engine/prefix_cache.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

#define ENTRIES_MAX 1024 /* where checkpoints are so small that more would fit */

struct prefix_entry {
    struct arch_code code; /* that it is of, up to depth */
    uint32_t depth;
    unsigned holders;
    bool guess; /* no second code is known to begin so */
    bool abandoned;
    bool wanted; /* the deepest that a code begins with which waited at the last plan */
    uint64_t used;
    const struct prefix_cache *cache; /* its sizes */
    size_t filled;
    float **x;  /* [slices] owned */
    bool *full; /* [slices] owned */
};

struct prefix_cache {
    struct prefix_entry **entry; /* [capacity] owned */
    size_t count, capacity;
    size_t slices, *floats; /* owned */
    uint32_t layers;
    uint64_t clock;
};

/* ---- entries ---- */

static void entry_free(struct prefix_entry *entry)
{
    for (size_t i = 0; entry->x != NULL && i < entry->cache->slices; i++)
        memory_free(entry->x[i]);
    memory_free(entry->x);
    memory_free(entry->full);
    memory_free(entry);
}

static struct prefix_entry *entry_new(const struct prefix_cache *cache,
                                      const struct arch_code *code, uint32_t depth)
{
    struct prefix_entry *entry = memory_new(1, sizeof *entry, NULL);
    if (entry == NULL)
        return NULL;
    entry->code = *code;
    entry->depth = depth;
    entry->cache = cache;
    entry->x = memory_new(cache->slices, sizeof *entry->x, NULL);
    entry->full = memory_new(cache->slices, sizeof *entry->full, NULL);
    bool made = entry->x != NULL && entry->full != NULL;
    for (size_t i = 0; made && i < cache->slices; i++) {
        entry->x[i] = memory_new(cache->floats[i], sizeof **entry->x, NULL);
        made = entry->x[i] != NULL;
    }
    if (!made) {
        entry_free(entry);
        return NULL;
    }
    return entry;
}

uint32_t prefix_entry_depth(const struct prefix_entry *entry)
{
    return entry->depth;
}

float *prefix_entry_stream(struct prefix_entry *entry, size_t slice)
{
    assert(slice < entry->cache->slices);
    return entry->x[slice];
}

bool prefix_entry_filled(const struct prefix_entry *entry, size_t slice)
{
    return entry->full[slice];
}

void prefix_entry_fill(struct prefix_entry *entry, size_t slice)
{
    assert(!entry->full[slice]);
    entry->full[slice] = true;
    entry->filled++;
}

void prefix_entry_abandon(struct prefix_entry *entry)
{
    entry->abandoned = true;
}

bool prefix_entry_abandoned(const struct prefix_entry *entry)
{
    return entry->abandoned;
}

static void take_out(struct prefix_cache *cache, struct prefix_entry *entry)
{
    size_t at = 0;
    while (cache->entry[at] != entry)
        at++;
    cache->entry[at] = cache->entry[--cache->count];
    entry_free(entry);
}

void prefix_entry_release(struct prefix_cache *cache, struct prefix_entry *entry)
{
    assert(entry->holders > 0);
    entry->holders--;
    if (entry->holders == 0 && (entry->abandoned || entry->filled < cache->slices))
        take_out(cache, entry);
}

/* ---- the cache ---- */

static enum status checkpoint_bytes(size_t slices, const size_t *floats, uint64_t *bytes,
                                    struct error *error)
{
    bool over = false;
    *bytes = sizeof(struct prefix_entry);
    for (size_t i = 0; i < slices; i++) {
        uint64_t slice;
        over |= __builtin_mul_overflow((uint64_t)floats[i], sizeof(float), &slice);
        over |= __builtin_add_overflow(slice, sizeof(float *) + sizeof(bool), &slice);
        over |= __builtin_add_overflow(*bytes, slice, bytes);
    }
    if (over)
        return error_set(error, STATUS_INVALID,
                         "a checkpoint of %zu slices is larger than can be counted", slices);
    return STATUS_OK;
}

enum status prefix_cache_new(uint64_t budget, size_t slices, const size_t *floats, uint32_t layers,
                             struct prefix_cache **cache, struct error *error)
{
    uint64_t bytes;
    *cache = NULL;
    enum status status = checkpoint_bytes(slices, floats, &bytes, error);
    if (status != STATUS_OK)
        return status;
    struct prefix_cache *c = memory_new(1, sizeof *c, error);
    if (c == NULL)
        return STATUS_MEMORY;
    c->slices = slices;
    c->layers = layers;
    c->capacity = budget / bytes < ENTRIES_MAX ? (size_t)(budget / bytes) : ENTRIES_MAX;
    c->entry = memory_new(c->capacity, sizeof *c->entry, error);
    c->floats = memory_new(slices, sizeof *c->floats, error);
    if (c->entry == NULL || c->floats == NULL) {
        prefix_cache_free(c);
        return STATUS_MEMORY;
    }
    memcpy(c->floats, floats, slices * sizeof *floats);
    *cache = c;
    return STATUS_OK;
}

void prefix_cache_free(struct prefix_cache *cache)
{
    if (cache == NULL)
        return;
    for (size_t i = 0; i < cache->count; i++)
        entry_free(cache->entry[i]);
    memory_free(cache->entry);
    memory_free(cache->floats);
    memory_free(cache);
}

size_t prefix_cache_capacity(const struct prefix_cache *cache)
{
    return cache->capacity;
}

size_t prefix_cache_count(const struct prefix_cache *cache)
{
    return cache->count;
}

/* ---- finding ---- */

static bool begins_with(const struct arch_code *code, const struct prefix_entry *entry)
{
    return !entry->abandoned && arch_code_begins_alike(code, &entry->code, entry->depth);
}

static struct prefix_entry *deepest(const struct prefix_cache *cache, const struct arch_code *code)
{
    struct prefix_entry *best = NULL;
    for (size_t i = 0; i < cache->count; i++) {
        struct prefix_entry *entry = cache->entry[i];
        if ((best == NULL || entry->depth > best->depth) && begins_with(code, entry))
            best = entry;
    }
    return best;
}

/* Of the entries along a code's way the shallower are the more recently used, as more codes can
 * begin so: the deeper give way first. */
static void touch(struct prefix_cache *cache, const struct arch_code *code)
{
    for (size_t i = 0; i < cache->count; i++) {
        struct prefix_entry *entry = cache->entry[i];
        if (begins_with(code, entry))
            entry->used = cache->clock + cache->layers - entry->depth;
    }
    cache->clock += cache->layers;
}

struct prefix_entry *prefix_cache_find(struct prefix_cache *cache, const struct arch_code *code)
{
    struct prefix_entry *entry = deepest(cache, code);
    if (entry == NULL)
        return NULL;
    touch(cache, code);
    entry->guess = false;
    entry->holders++;
    return entry;
}

/* ---- planning ---- */

/* Without the dropped layers at its end. */
static uint32_t trimmed(const struct arch_code *code, uint32_t depth)
{
    while (depth > 0 && !arch_keeps_layer(code->text[depth - 1]))
        depth--;
    return depth;
}

static uint32_t common(const struct arch_code *a, const struct arch_code *b, uint32_t layers)
{
    uint32_t depth = 0;
    while (depth < layers && arch_code_layer_equal(a, b, depth))
        depth++;
    return depth;
}

static void mark_wanted(struct prefix_cache *cache, const struct arch_code *next, size_t nexts)
{
    for (size_t i = 0; i < cache->count; i++)
        cache->entry[i]->wanted = false;
    for (size_t i = 0; i < nexts; i++) {
        struct prefix_entry *entry = deepest(cache, &next[i]);
        if (entry != NULL)
            entry->wanted = true;
    }
}

/* True when `a` gives way before `b`. */
static bool gives_way(const struct prefix_entry *a, const struct prefix_entry *b)
{
    if (a->wanted != b->wanted)
        return b->wanted;
    if (a->guess != b->guess)
        return a->guess;
    return a->used < b->used;
}

static bool make_room(struct prefix_cache *cache, bool for_guess)
{
    struct prefix_entry *victim = NULL;
    if (cache->count < cache->capacity)
        return true;
    for (size_t i = 0; i < cache->count; i++) {
        struct prefix_entry *entry = cache->entry[i];
        bool may = entry->holders == 0 && (!for_guess || (entry->guess && !entry->wanted));
        if (may && (victim == NULL || gives_way(entry, victim)))
            victim = entry;
    }
    if (victim != NULL)
        take_out(cache, victim);
    return victim != NULL;
}

static struct prefix_entry *at_depth(const struct prefix_cache *cache, const struct arch_code *code,
                                     uint32_t depth)
{
    for (size_t i = 0; i < cache->count; i++)
        if (cache->entry[i]->depth == depth && begins_with(code, cache->entry[i]))
            return cache->entry[i];
    return NULL;
}

/* False when there is no room, or no memory. */
static bool add(struct prefix_cache *cache, const struct arch_code *code, uint32_t depth,
                bool guess, struct prefix_entry **made)
{
    struct prefix_entry *entry = at_depth(cache, code, depth);
    *made = NULL;
    if (entry != NULL) { /* of another producer, or a guess of this plan */
        entry->guess = entry->guess && guess;
        return true;
    }
    if (!make_room(cache, guess))
        return false;
    entry = entry_new(cache, code, depth);
    if (entry == NULL)
        return false;
    entry->guess = guess;
    entry->holders = 1;
    cache->entry[cache->count++] = entry;
    *made = entry;
    return true;
}

static void ascending(struct prefix_entry **entry, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t k = i; k > 0 && entry[k]->depth < entry[k - 1]->depth; k--) {
            struct prefix_entry *deeper = entry[k - 1];
            entry[k - 1] = entry[k];
            entry[k] = deeper;
        }
}

size_t prefix_cache_plan(struct prefix_cache *cache, const struct arch_code *code, uint32_t from,
                         const struct arch_code *next, size_t nexts, struct prefix_entry **entry,
                         size_t most)
{
    bool shared[ARCH_MAX_LAYERS + 1] = {false};
    uint32_t last = cache->layers - 1, end = trimmed(code, cache->layers);
    size_t count = 0;
    bool room = true;
    if (cache->capacity == 0)
        return 0;
    mark_wanted(cache, next, nexts);
    for (size_t i = 0; i < nexts; i++)
        shared[trimmed(code, common(code, &next[i], last))] = true;
    for (uint32_t depth = last; depth > from && room && count < most; depth--)
        if (shared[depth]) {
            room = add(cache, code, depth, false, &entry[count]);
            count += entry[count] != NULL;
        }
    for (uint32_t part = 8; part > 1 && room && count < most && end > from; part /= 2) {
        uint32_t way = (end - from) / part, depth = trimmed(code, from + (way > 0 ? way : 1));
        if (depth <= from || depth > last || depth == end || shared[depth])
            continue;
        room = add(cache, code, depth, true, &entry[count]);
        count += entry[count] != NULL;
    }
    touch(cache, code);
    ascending(entry, count);
    return count;
}
