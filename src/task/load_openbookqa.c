/* OpenBookQA (Mihaylov et al. 2018): AI2's layout, as ARC's; told from it by ids of the form 7-980,
 * or the fact that the complete files name. The prompt is the stem alone, a sentence to go on with.
 */
#include "loader_private.h"

#include <string.h>

static bool matches(const struct source *source)
{
    static const char digits[] = "0123456789";
    const char *id = json_string_value(json_object_get(source->first, "id"));
    if (!json_is_object(json_object_get(source->first, "question")))
        return false;
    if (json_has_texts(source->first, "fact1"))
        return true;
    size_t first = id != NULL ? strspn(id, digits) : 0;
    if (first == 0 || id[first] != '-')
        return false;
    size_t second = strspn(id + first + 1, digits);
    return second > 0 && id[first + 1 + second] == '\0';
}

static enum status add(void *context, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    struct stem_question question;
    (void)context;
    enum status status = stem_question_read(place, object, &question, error);
    return status == STATUS_OK ? item_list_add(list,
                                               &(struct item_parts){.context = question.stem,
                                                                    .choice = question.choice,
                                                                    .choices = question.choices,
                                                                    .gold = question.gold},
                                               error)
                               : status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    return json_items(source, add, NULL, list, error);
}

const struct task_format openbookqa_format = {
    .info = {"OpenBookQA JSONL", "AI2's native file, ids of the form 7-980"},
    .json = true,
    .matches = matches,
    .load = load,
};
