/* PIQA (Bisk et al. 2020): a goal and two ways to it; which is right stands in a file beside, a
 * line an item: valid.jsonl has valid-labels.lst. */
#include "loader_private.h"

#include "base/memory.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

struct labels {
    char path[PATH_MAX];
    char *text; /* owned */
    const char *next;
};

static bool matches(const struct source *source)
{
    return json_has_texts(source->first, "goal sol1 sol2");
}

static enum status labels_read(const struct source *source, struct labels *labels,
                               struct error *error)
{
    static const char ending[] = ".jsonl";
    size_t length = strlen(source->path);
    if (length > sizeof ending && strcmp(source->path + length - strlen(ending), ending) == 0)
        length -= strlen(ending);
    snprintf(labels->path, sizeof labels->path, "%.*s-labels.lst", (int)length, source->path);
    enum status status = loading_read(source->loading, labels->path, &labels->text, &length, error);
    labels->next = labels->text;
    return status == STATUS_OK ? status : error_prefix(error, "the labels of %s", source->path);
}

/* The next line must be 0 or 1. */
static enum status next_label(struct labels *labels, const struct json_place *place, size_t *gold,
                              struct error *error)
{
    size_t length = strcspn(labels->next, "\n");
    size_t used = length > 0 && labels->next[length - 1] == '\r' ? length - 1 : length;
    if (used != 1 || (labels->next[0] != '0' && labels->next[0] != '1'))
        return error_set(error, STATUS_INVALID, "%s, line %zu: \"%.*s\" is neither 0 nor 1",
                         labels->path, place->index + 1, used < 20 ? (int)used : 20, labels->next);
    *gold = (size_t)(labels->next[0] - '0');
    labels->next += length + (labels->next[length] == '\n');
    return STATUS_OK;
}

static enum status add(void *context, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    const char *part[3], *const keys[] = {"goal", "sol1", "sol2"};
    struct buf prompt;
    size_t gold = 0;
    for (int i = 0; i < 3; i++)
        if ((part[i] = json_item_text(place, object, keys[i], error)) == NULL)
            return STATUS_INVALID;
    enum status status = next_label(context, place, &gold, error);
    buf_init(&prompt);
    if (status == STATUS_OK)
        status = buf_printf(&prompt, error, "Question: %s\nAnswer:", part[0]);
    if (status == STATUS_OK)
        status = item_list_add(
            list,
            &(struct item_parts){
                .context = prompt.data, .choice = part + 1, .choices = 2, .gold = gold},
            error);
    buf_release(&prompt);
    return status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    struct labels labels = {0};
    size_t before = list->count;
    enum status status = labels_read(source, &labels, error);
    if (status == STATUS_OK)
        status = json_items(source, add, &labels, list, error);
    if (status == STATUS_OK && !item_list_full(list) &&
        labels.next[strspn(labels.next, " \r\n")] != '\0')
        status = error_set(error, STATUS_INVALID, "%s has more lines than %s has items (%zu)",
                           labels.path, source->path, list->count - before);
    memory_free(labels.text);
    return status;
}

const struct task_format piqa_format = {
    .info = {"PIQA JSONL", "goal, sol1, sol2; the answers in NAME-labels.lst beside it"},
    .json = true,
    .matches = matches,
    .load = load,
    .one_more = true,
};
