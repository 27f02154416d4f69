/* The list that loaders add items to. */
#include "loader_private.h"

#include "base/memory.h"

#include <string.h>

bool item_list_full(const struct item_list *list)
{
    return list->limit > 0 && list->count >= list->limit;
}

static void texts_release(char **text, uint32_t count)
{
    for (uint32_t i = 0; text != NULL && i < count; i++)
        memory_free(text[i]);
    memory_free(text);
}

static void item_release(struct item *item)
{
    memory_free(item->context);
    texts_release(item->context_end, item->choices);
    texts_release(item->continuation, item->choices);
    memory_free(item->group);
    *item = (struct item){0};
}

/* Copies with `before` in front of each. */
static char **copies(const char *before, const char *const *text, size_t count, struct error *error)
{
    char **copy = memory_new(count, sizeof *copy, error);
    size_t lead = strlen(before);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        size_t length = strlen(text[i]);
        copy[i] = memory_new(lead + length + 1, 1, error);
        if (copy[i] == NULL) {
            texts_release(copy, (uint32_t)count);
            return NULL;
        }
        memcpy(copy[i], before, lead);
        memcpy(copy[i] + lead, text[i], length + 1);
    }
    return copy;
}

enum status item_list_add(struct item_list *list, const struct item_parts *parts,
                          struct error *error)
{
    enum status status =
        memory_reserve(&list->item, &list->capacity, list->count + 1, sizeof *list->item, error);
    if (status != STATUS_OK)
        return status;
    struct item *item = &list->item[list->count];
    *item = (struct item){.choices = (uint32_t)parts->choices, .gold = (uint32_t)parts->gold};
    if ((item->context = memory_string(parts->context, error)) == NULL ||
        (item->continuation = copies(" ", parts->choice, parts->choices, error)) == NULL ||
        (parts->context_end != NULL &&
         (item->context_end = copies("", parts->context_end, parts->choices, error)) == NULL) ||
        (parts->group != NULL && (item->group = memory_string(parts->group, error)) == NULL)) {
        item_release(item);
        return STATUS_MEMORY;
    }
    list->count++;
    return STATUS_OK;
}

enum status item_list_add_question(struct item_list *list, const char *question,
                                   const char *const *choice, size_t choices, size_t gold,
                                   struct error *error)
{
    struct buf context;
    char *trim[CHOICES_MAX] = {0};
    enum status status = STATUS_OK;
    buf_init(&context);
    for (size_t i = 0; status == STATUS_OK && i < choices; i++)
        if ((trim[i] = trimmed(choice[i], error)) == NULL)
            status = STATUS_MEMORY;
    char *stem = status == STATUS_OK ? trimmed(question, error) : NULL;
    status =
        stem != NULL ? buf_printf(&context, error, "Question: %s\nAnswer:", stem) : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = item_list_add(list,
                               &(struct item_parts){.context = context.data,
                                                    .choice = (const char *const *)trim,
                                                    .choices = choices,
                                                    .gold = gold},
                               error);
    for (size_t i = 0; i < choices; i++)
        memory_free(trim[i]);
    buf_release(&context);
    memory_free(stem);
    return status;
}

void item_list_release(struct item_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        item_release(&list->item[i]);
    memory_free(list->item);
    *list = (struct item_list){0};
}
