/* SciQ (Welbl, Liu, Gardner 2017): a question, its support, three distractors and the right answer,
 * which the harness puts last. */
#include "loader_private.h"

static bool matches(const struct source *source)
{
    return json_has_texts(source->first, "question correct_answer distractor1");
}

static enum status add(void *context, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    enum { CHOICES = 4, QUESTION = CHOICES, SUPPORT, PARTS };
    static const char *const keys[] = {"distractor1",    "distractor2", "distractor3",
                                       "correct_answer", "question",    "support"};
    const char *part[PARTS];
    struct buf prompt;
    (void)context;
    for (int i = 0; i < PARTS; i++)
        if ((part[i] = json_item_text(place, object, keys[i], error)) == NULL)
            return STATUS_INVALID;
    buf_init(&prompt);
    enum status status = buf_printf(&prompt, error, "%s\nQuestion: %s\nAnswer:",
                                    part[SUPPORT] + python_blanks(part[SUPPORT]), part[QUESTION]);
    if (status == STATUS_OK)
        status = item_list_add(
            list,
            &(struct item_parts){
                .context = prompt.data, .choice = part, .choices = CHOICES, .gold = CHOICES - 1},
            error);
    buf_release(&prompt);
    return status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    return json_items(source, add, NULL, list, error);
}

const struct task_format sciq_format = {
    .info = {"SciQ JSON", "support, question, distractor1 to 3, correct_answer"},
    .json = true,
    .matches = matches,
    .load = load,
};
