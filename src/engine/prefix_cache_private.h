/* The prefix cache: residual streams behind the first layers of a network, for networks whose codes
 * begin alike. A checkpoint's key is the beginning of a code that ends in a kept layer; dropped
 * layers behind it change nothing. No threads of its own: the caller's lock is held at every call.
 */
#ifndef ENGINE_PREFIX_CACHE_PRIVATE_H
#define ENGINE_PREFIX_CACHE_PRIVATE_H

#include "arch/code.h"

struct prefix_cache;
struct prefix_entry; /* one checkpoint: a stream for each slice, filled slice by slice */

/* `floats`: of each slice's stream. The streams of all checkpoints never take more than `budget`
 * bytes. */
enum status prefix_cache_new(uint64_t budget, size_t slices, const size_t *floats, uint32_t layers,
                             struct prefix_cache **cache, struct error *error);
void prefix_cache_free(struct prefix_cache *cache); /* nobody holds a checkpoint; NULL is fine */

/* The deepest checkpoint that the code begins with, held; perhaps still being filled. NULL: none. */
struct prefix_entry *prefix_cache_find(struct prefix_cache *cache, const struct arch_code *code);
/* New checkpoints that a network should leave on its way from layer `from` of its code on: where the
 * codes that wait (next[nexts]) branch off, then others for later generations. They are held; the
 * caller fills them all or abandons them. Unheld ones make room, the longest unused first. Returns
 * how many, at most `most`. */
size_t prefix_cache_plan(struct prefix_cache *cache, const struct arch_code *code, uint32_t from,
                         const struct arch_code *next, size_t nexts, struct prefix_entry **entry,
                         size_t most);

uint32_t prefix_entry_depth(const struct prefix_entry *entry); /* layers of the code, dropped too */
float *prefix_entry_stream(struct prefix_entry *entry, size_t slice);
bool prefix_entry_filled(const struct prefix_entry *entry, size_t slice);
void prefix_entry_fill(struct prefix_entry *entry, size_t slice);
void prefix_entry_abandon(struct prefix_entry *entry); /* never found again */
void prefix_entry_release(struct prefix_cache *cache, struct prefix_entry *entry);

#endif
