/* BoolQ (Clark et al. 2019): a passage and a question, answered no or yes. The authors' file has
 * the passage's title apart; SuperGLUE's, which the harness takes, has "title -- passage". */
#include "loader_private.h"

static bool matches(const struct source *source)
{
    return json_has_texts(source->first, "passage question");
}

static enum status add(void *context, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    static const char *const choice[] = {"no", "yes"};
    const char *title = json_string_value(json_object_get(object, "title"));
    const char *passage = json_item_text(place, object, "passage", error);
    const char *question =
        passage != NULL ? json_item_text(place, object, "question", error) : NULL;
    const json_t *answer = json_object_get(object, "answer");
    struct buf prompt;
    (void)context;
    if (question == NULL)
        return STATUS_INVALID;
    if (answer == NULL)
        answer = json_object_get(object, "label");
    json_int_t value = json_is_integer(answer) ? json_integer_value(answer) : json_is_true(answer);
    if ((!json_is_boolean(answer) && !json_is_integer(answer)) || (value != 0 && value != 1))
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: an answer (or label) true or false expected", place->name,
                         place->line);
    buf_init(&prompt);
    enum status status =
        buf_printf(&prompt, error, "%s%s%s\nQuestion: %s?\nAnswer:", title != NULL ? title : "",
                   title != NULL ? " -- " : "", passage, question);
    if (status == STATUS_OK)
        status = item_list_add(
            list,
            &(struct item_parts){
                .context = prompt.data, .choice = choice, .choices = 2, .gold = (size_t)value},
            error);
    buf_release(&prompt);
    return status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    return json_items(source, add, NULL, list, error);
}

const struct task_format boolq_format = {
    .info = {"BoolQ JSONL", "passage, question, answer true or false (or SuperGLUE's label)"},
    .json = true,
    .matches = matches,
    .load = load,
    .one_more = true,
};
