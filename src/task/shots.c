/* Worked examples before a question, drawn as lm-evaluation-harness does: from one generator a
 * task, random.Random(1234), anew for each item in the order of the file; or the first ones. An
 * example is the item's own prompt, its right answer and an empty line. The item itself, or one
 * equal to it, is never its own example: where that leaves too few, the harness draws again without
 * it. */
#include "loader_private.h"

#include "base/memory.h"
#include "task/mt19937.h"

#include <string.h>

#define SEED 1234

static bool same_texts(char *const *a, char *const *b, uint32_t count)
{
    if (a == NULL || b == NULL)
        return a == b;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool same_item(const struct item *a, const struct item *b)
{
    return a->choices == b->choices && a->gold == b->gold && strcmp(a->context, b->context) == 0 &&
           same_texts(a->context_end, b->context_end, a->choices) &&
           same_texts(a->continuation, b->continuation, a->choices);
}

static enum status too_few(const struct shots *shots, size_t wanted, struct error *error)
{
    return error_set(error, STATUS_INVALID, "%s has %zu worked examples, --shots asks for %zu%s",
                     shots->name, shots->pool->count, wanted,
                     wanted > shots->count ? " (one more than used)" : "");
}

/* Drops what equals the item; how many are left, at most shots->count. */
static size_t without(const struct item *item, const struct shots *shots, size_t *chosen,
                      size_t drawn)
{
    size_t kept = 0;
    for (size_t i = 0; i < drawn && kept < shots->count; i++)
        if (!shots->one_more || !same_item(item, &shots->pool->item[chosen[i]]))
            chosen[kept++] = chosen[i];
    return kept;
}

static enum status draw_again(struct mt19937 *random, const struct item *item,
                              const struct shots *shots, size_t *chosen, struct error *error)
{
    size_t *left = memory_new(shots->pool->count, sizeof *left, error), count = 0;
    if (left == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < shots->pool->count; i++)
        if (!same_item(item, &shots->pool->item[i]))
            left[count++] = i;
    enum status status = count >= shots->count
                             ? mt19937_sample(random, count, shots->count, chosen, error)
                             : too_few(shots, shots->count, error);
    for (size_t i = 0; status == STATUS_OK && i < shots->count; i++)
        chosen[i] = left[chosen[i]];
    memory_free(left);
    return status;
}

static enum status choose(struct mt19937 *random, const struct item *item,
                          const struct shots *shots, size_t *chosen, struct error *error)
{
    size_t wanted = shots->count + (shots->one_more ? 1U : 0U), have = shots->pool->count;
    if (!shots->sample) {
        size_t kept = 0;
        for (size_t i = 0; i < have && kept < shots->count; i++)
            if (!shots->one_more || !same_item(item, &shots->pool->item[i]))
                chosen[kept++] = i;
        return kept == shots->count ? STATUS_OK : too_few(shots, wanted, error);
    }
    if (wanted > have)
        return too_few(shots, wanted, error);
    enum status status = mt19937_sample(random, have, wanted, chosen, error);
    if (status == STATUS_OK && without(item, shots, chosen, wanted) < shots->count)
        status = draw_again(random, item, shots, chosen, error);
    return status;
}

static enum status write_context(const struct item *item, const struct shots *shots,
                                 const size_t *chosen, struct buf *out, struct error *error)
{
    enum status status = buf_append(out, item->context, shots->intro, error);
    for (unsigned i = 0; status == STATUS_OK && i < shots->count; i++) {
        const struct item *example = &shots->pool->item[chosen[i]];
        status = buf_printf(out, error, "%s%s%s\n\n", example->context + shots->intro,
                            example->context_end != NULL ? example->context_end[example->gold] : "",
                            example->continuation[example->gold]);
    }
    return status == STATUS_OK ? buf_printf(out, error, "%s", item->context + shots->intro)
                               : status;
}

enum status shots_add(struct item_list *list, size_t first, const struct shots *shots,
                      struct error *error)
{
    struct mt19937 random;
    struct buf context;
    size_t *chosen = memory_new(shots->count + 1U, sizeof *chosen, error);
    enum status status = chosen != NULL ? STATUS_OK : STATUS_MEMORY;
    mt19937_init(&random, SEED);
    buf_init(&context);
    for (size_t i = first; status == STATUS_OK && i < list->count; i++) {
        struct item *item = &list->item[i];
        buf_clear(&context);
        status = choose(&random, item, shots, chosen, error);
        if (status == STATUS_OK)
            status = write_context(item, shots, chosen, &context, error);
        char *text = status == STATUS_OK ? memory_string(context.data, error) : NULL;
        if (status == STATUS_OK && text == NULL)
            status = STATUS_MEMORY;
        if (text != NULL) {
            memory_free(item->context);
            item->context = text;
        }
    }
    buf_release(&context);
    memory_free(chosen);
    return status;
}

enum status shots_from_parse(const char *name, enum shots_from *from, struct error *error)
{
    *from = name == NULL                  ? SHOTS_FROM_DEFAULT
            : strcmp(name, "first") == 0  ? SHOTS_FROM_FIRST
            : strcmp(name, "sample") == 0 ? SHOTS_FROM_SAMPLE
                                          : SHOTS_FROM_DEFAULT;
    if (name == NULL || *from != SHOTS_FROM_DEFAULT)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID, "--shots-from %.40s: first or sample is expected",
                     name);
}
