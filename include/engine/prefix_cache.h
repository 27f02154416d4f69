/* The prefix cache: checkpoints of residual streams behind a layer, so that a network whose code
 * begins like that of one evaluated before starts from there. It knows which checkpoints there are,
 * which ones are worth having and which give way; the evaluator computes and reads them. No thread
 * of its own and no lock: whoever calls holds theirs around every call. */
#ifndef ENGINE_PREFIX_CACHE_H
#define ENGINE_PREFIX_CACHE_H

#include "arch/code.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prefix_cache;
/* One checkpoint: the streams of every slice behind the last layer of a code's beginning. Keys end
 * in a kept layer, as dropped ones change nothing. Live entries never have equal keys. */
struct prefix_entry;

/* floats[slices]: of each slice's stream (copied). Entries are counted as if whole, so that the
 * bytes of all of them never exceed the budget; one too small for a checkpoint makes a cache that
 * stays empty. STATUS_INVALID when the sizes overflow, STATUS_MEMORY. */
enum status prefix_cache_new(uint64_t budget, size_t slices, const size_t *floats, uint32_t layers,
                             struct prefix_cache **cache, struct error *error);
void prefix_cache_free(struct prefix_cache *cache); /* held entries too; NULL: nothing */
size_t prefix_cache_capacity(const struct prefix_cache *cache); /* checkpoints that fit at once */
size_t prefix_cache_count(const struct prefix_cache *cache);    /* that there are */

/* The deepest entry that `code` begins with, less than all layers deep (but it may hold the whole
 * network when the last layers are dropped); its producer may still be filling it. NULL: none. Held
 * until it is released. */
struct prefix_entry *prefix_cache_find(struct prefix_cache *cache, const struct arch_code *code);

/* Makes entries for checkpoints of `code` deeper than `from` (what it starts with, 0: nothing),
 * ascending into entry[most], and returns how many there are. Where its way parts with a code of
 * next[nexts], those that wait, comes first, the deepest need before others; then, for codes yet
 * unknown, an eighth, a quarter and a half of the way that is left. Room is made by taking out
 * entries that nobody holds: guesses that no code has shared yet, then others, those that a waiting
 * code begins with last; the least recently used first. A guess replaces guesses only. Each is held
 * by the producer until it releases it, filled or abandoned. */
size_t prefix_cache_plan(struct prefix_cache *cache, const struct arch_code *code, uint32_t from,
                         const struct arch_code *next, size_t nexts, struct prefix_entry **entry,
                         size_t most);

/* Characters of the key: streams are those behind layer depth - 1. */
uint32_t prefix_entry_depth(const struct prefix_entry *entry);
float *prefix_entry_stream(struct prefix_entry *entry, size_t slice); /* [floats], never moves */
bool prefix_entry_filled(const struct prefix_entry *entry, size_t slice);
void prefix_entry_fill(struct prefix_entry *entry, size_t slice); /* its buffer holds the stream */
/* The producer cannot go on: slices that are filled stay so while the entry is held, others never
 * will be; no find gives it any more. */
void prefix_entry_abandon(struct prefix_entry *entry);
bool prefix_entry_abandoned(const struct prefix_entry *entry);
/* An entry that is not whole goes with its last holder. */
void prefix_entry_release(struct prefix_cache *cache, struct prefix_entry *entry);

#endif
