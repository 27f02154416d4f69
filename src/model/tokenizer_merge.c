/* Merging of neighbouring symbols by a heap, in O(n log n) whatever the text; hash maps of texts.
 */
#include "tokenizer_private.h"

#include "base/hash.h"
#include "base/memory.h"

#include <string.h>

#define NONE UINT32_MAX

enum status text_map_init(struct text_map *map, size_t count, struct error *error)
{
    map->capacity = 16;
    while (map->capacity < 2 * count)
        map->capacity *= 2;
    map->entry = memory_new(map->capacity, sizeof *map->entry, error);
    return map->entry != NULL ? STATUS_OK : STATUS_MEMORY;
}

static struct text_entry *slot_of(const struct text_map *map, const char *text, size_t length)
{
    size_t mask = map->capacity - 1, at = (size_t)hash64(text, length) & mask;
    for (;; at = (at + 1) & mask) {
        struct text_entry *entry = &map->entry[at];
        if (entry->value == 0 ||
            (entry->length == length && memcmp(entry->text, text, length) == 0))
            return entry;
    }
}

bool text_map_add(struct text_map *map, const char *text, size_t length, uint32_t value)
{
    struct text_entry *entry = slot_of(map, text, length);
    if (entry->value != 0)
        return false;
    *entry = (struct text_entry){text, (uint32_t)length, value + 1};
    return true;
}

int32_t text_map_find(const struct text_map *map, const char *text, size_t length)
{
    const struct text_entry *entry = slot_of(map, text, length);
    return entry->value == 0 ? TOKEN_NONE : (int32_t)(entry->value - 1);
}

void text_map_release(struct text_map *map)
{
    memory_free(map->entry);
    *map = (struct text_map){0};
}

static bool before(const struct merge *a, const struct merge *b)
{
    return a->key != b->key ? a->key < b->key : a->left < b->left;
}

enum status merge_heap_push(struct merge_heap *heap, const struct merge *merge, struct error *error)
{
    enum status status =
        memory_reserve(&heap->merge, &heap->capacity, heap->count + 1, sizeof *heap->merge, error);
    if (status != STATUS_OK)
        return status;
    size_t at = heap->count++;
    while (at > 0 && before(merge, &heap->merge[(at - 1) / 2])) {
        heap->merge[at] = heap->merge[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->merge[at] = *merge;
    return STATUS_OK;
}

bool merge_heap_pop(struct merge_heap *heap, struct merge *merge)
{
    if (heap->count == 0)
        return false;
    *merge = heap->merge[0];
    struct merge last = heap->merge[--heap->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < heap->count; at = child) {
        if (child + 1 < heap->count && before(&heap->merge[child + 1], &heap->merge[child]))
            child++;
        if (!before(&heap->merge[child], &last))
            break;
        heap->merge[at] = heap->merge[child];
    }
    heap->merge[at] = last;
    return true;
}

static enum status consider(const struct tokenizer *tokenizer, const struct symbol *symbol,
                            uint32_t left, uint32_t right, merge_key *key_of,
                            struct merge_heap *heap, struct error *error)
{
    if (left == NONE || right == NONE)
        return STATUS_OK;
    struct merge merge = {0, left, right, symbol[left].length + symbol[right].length};
    if (!key_of(tokenizer, symbol[left].text, symbol[left].length, merge.length, &merge.key))
        return STATUS_OK;
    return merge_heap_push(heap, &merge, error);
}

enum status merge_symbols(const struct tokenizer *tokenizer, struct symbol *symbol, size_t count,
                          merge_key *key_of, struct merge_heap *heap, struct error *error)
{
    enum status status = STATUS_OK;
    struct merge merge;
    heap->count = 0;
    for (uint32_t i = 0; status == STATUS_OK && i + 1 < count; i++)
        status = consider(tokenizer, symbol, i, i + 1, key_of, heap, error);
    while (status == STATUS_OK && merge_heap_pop(heap, &merge)) {
        struct symbol *left = &symbol[merge.left], *right = &symbol[merge.right];
        if (left->length == 0 || right->length == 0 || left->length + right->length != merge.length)
            continue; /* one of them has been merged since */
        left->length = merge.length;
        right->length = 0;
        left->next = right->next;
        if (right->next != NONE)
            symbol[right->next].previous = merge.left;
        status = consider(tokenizer, symbol, left->previous, merge.left, key_of, heap, error);
        if (status == STATUS_OK)
            status = consider(tokenizer, symbol, merge.left, left->next, key_of, heap, error);
    }
    return status;
}
