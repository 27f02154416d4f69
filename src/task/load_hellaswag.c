/* HellaSwag (Zellers et al. 2019): a context and four endings. Both are cleaned up as the harness
 * does, for the marks that the WikiHow part has kept: in this order, blanks at both ends go, a
 * " [title]" becomes ". ", what else stands in brackets on one line goes, two blanks become one. */
#include "loader_private.h"

#include "base/memory.h"

#include <string.h>

static bool matches(const struct source *source)
{
    return json_has_texts(source->first, "activity_label ctx_a ctx_b") &&
           json_is_array(json_object_get(source->first, "endings"));
}

/* Every `from`, left to right, becomes `to`, in place; `to` is not longer. */
static void replace(char *text, const char *from, const char *to)
{
    size_t length = strlen(from), shorter = strlen(to);
    char *out = text;
    while (*text != '\0')
        if (strncmp(text, from, length) == 0) {
            memcpy(out, to, shorter);
            out += shorter;
            text += length;
        } else {
            *out++ = *text++;
        }
    *out = '\0';
}

static void remove_brackets(char *text)
{
    char *out = text;
    while (*text != '\0') {
        size_t length = *text == '[' ? strcspn(text, "]\n") : 0;
        if (length > 0 && text[length] == ']')
            text += length + 1;
        else
            *out++ = *text++;
    }
    *out = '\0';
}

static char *clean(const char *text, struct error *error)
{
    char *copy = trimmed(text, error);
    if (copy != NULL) {
        replace(copy, " [title]", ". ");
        remove_brackets(copy);
        replace(copy, "  ", " ");
    }
    return copy;
}

/* The label, a number or the text of one; -1 when it names no ending. */
static int label_of(const json_t *object, size_t endings)
{
    const json_t *label = json_object_get(object, "label");
    const char *text = json_string_value(label);
    json_int_t value = text != NULL && text[0] >= '0' && text[0] <= '9' && text[1] == '\0'
                           ? text[0] - '0'
                       : json_is_integer(label) ? json_integer_value(label)
                                                : -1;
    return value >= 0 && (size_t)value < endings ? (int)value : -1;
}

/* "label: ctx_a Ctx_b", cleaned up. */
static enum status make_context(const struct json_place *place, const json_t *object,
                                char **context, struct error *error)
{
    const char *part[3], *const keys[] = {"activity_label", "ctx_a", "ctx_b"};
    struct buf text;
    for (int i = 0; i < 3; i++)
        if ((part[i] = json_item_text(place, object, keys[i], error)) == NULL)
            return STATUS_INVALID;
    buf_init(&text);
    enum status status = buf_printf(&text, error, "%s: %s ", part[0], part[1]);
    if (status == STATUS_OK)
        status = python_capitalize(part[2], &text, error);
    if (status == STATUS_OK && (*context = clean(text.data, error)) == NULL)
        status = STATUS_MEMORY;
    buf_release(&text);
    return status;
}

static enum status add(void *unused, const struct json_place *place, const json_t *object,
                       struct item_list *list, struct error *error)
{
    const json_t *endings = json_object_get(object, "endings");
    size_t count = json_array_size(endings);
    int gold = label_of(object, count);
    char *context = NULL, *choice[CHOICES_MAX] = {0};
    (void)unused;
    if (count < 2 || count > CHOICES_MAX || gold < 0)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: two or more endings and the label of one expected",
                         place->name, place->line);
    enum status status = make_context(place, object, &context, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const char *text = json_string_value(json_array_get(endings, i));
        if (text == NULL)
            status = error_set(error, STATUS_INVALID, "%s, line %zu: ending %zu is no text",
                               place->name, place->line, i + 1);
        else if ((choice[i] = clean(text, error)) == NULL)
            status = STATUS_MEMORY;
    }
    if (status == STATUS_OK)
        status = item_list_add(list,
                               &(struct item_parts){.context = context,
                                                    .choice = (const char *const *)choice,
                                                    .choices = count,
                                                    .gold = (size_t)gold},
                               error);
    for (size_t i = 0; i < count; i++)
        memory_free(choice[i]);
    memory_free(context);
    return status;
}

static enum status load(const struct source *source, struct item_list *list, struct error *error)
{
    return json_items(source, add, NULL, list, error);
}

const struct task_format hellaswag_format = {
    .info = {"HellaSwag JSONL", "activity_label, ctx_a, ctx_b, endings, label"},
    .json = true,
    .matches = matches,
    .load = load,
    .one_more = true,
};
