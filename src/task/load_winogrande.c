/* WinoGrande (Sakaguchi et al. 2020): a sentence with a blank "_" and two options. Scored partially
 * (Trinh, Le 2018): each option, put in the blank, ends a context of its own; what is scored is the
 * rest of the sentence, the same for both. */
#include "loader_private.h"

#include "base/memory.h"

#include <string.h>

static bool matches(const struct source *source)
{
    return json_has_texts(source->first, "sentence option1 option2");
}

static enum status add(void *context, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    struct buf end[2];
    const char *const keys[] = {"option1", "option2"};
    const char *sentence = json_item_text(place, object, "sentence", error);
    const char *answer = sentence != NULL ? json_item_text(place, object, "answer", error) : NULL;
    (void)context;
    if (answer == NULL)
        return STATUS_INVALID;
    const char *blank = strchr(sentence, '_');
    if (blank == NULL)
        return error_set(error, STATUS_INVALID, "%s, line %zu: no blank \"_\" in the sentence",
                         place->name, place->line);
    if (strcmp(answer, "1") != 0 && strcmp(answer, "2") != 0)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: the answer \"%.20s\" is neither 1 nor 2", place->name,
                         place->line, answer);
    char *rest = trimmed(blank + 1, error);
    enum status status = rest != NULL ? STATUS_OK : STATUS_MEMORY;
    for (int i = 0; i < 2; i++) {
        const char *option = json_string_value(json_object_get(object, keys[i]));
        buf_init(&end[i]);
        if (status == STATUS_OK && option == NULL)
            status = error_set(error, STATUS_INVALID, "%s, line %zu: no text \"%s\"", place->name,
                               place->line, keys[i]);
        if (status == STATUS_OK)
            status =
                buf_printf(&end[i], error, "%.*s%s", (int)(blank - sentence), sentence, option);
    }
    if (status == STATUS_OK)
        status = item_list_add(
            list,
            &(struct item_parts){.context = "",
                                 .context_end = (const char *const[]){end[0].data, end[1].data},
                                 .choice = (const char *const[]){rest, rest},
                                 .choices = 2,
                                 .gold = (size_t)(answer[0] - '1')},
            error);
    buf_release(&end[0]);
    buf_release(&end[1]);
    memory_free(rest);
    return status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    return json_items(source, add, NULL, list, error);
}

const struct task_format winogrande_format = {
    .info = {"WinoGrande JSONL", "sentence with a blank _, option1, option2, answer"},
    .json = true,
    .matches = matches,
    .load = load,
    .one_more = true,
};
