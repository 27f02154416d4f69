/* Items from JSON, one value an item: the lines of a JSONL file or the elements of an array. */
#include "loader_private.h"

#include <string.h>

enum status json_items(const struct source *source, json_item_add *add, void *context,
                       struct item_list *list, struct error *error)
{
    struct json_stream stream = {source->path, source->text, source->length, 0, 1, false};
    struct json_place place = {.name = source->path};
    enum status status = STATUS_OK;
    for (; status == STATUS_OK && !item_list_full(list); place.index++) {
        json_t *value;
        status = json_stream_next(&stream, &value, &place.line, error);
        if (status != STATUS_OK || value == NULL)
            break;
        status = add(context, &place, value, list, error);
        json_decref(value);
    }
    return status;
}

const char *json_item_text(const struct json_place *place, const json_t *object, const char *key,
                           struct error *error)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL)
        error_set(error, STATUS_INVALID, "%s, line %zu: no text \"%s\"", place->name, place->line,
                  key);
    return text;
}

bool json_has_texts(const json_t *object, const char *keys)
{
    char key[32];
    for (size_t length; *keys != '\0'; keys += length + (keys[length] == ' ')) {
        length = strcspn(keys, " ");
        if (length >= sizeof key)
            return false;
        memcpy(key, keys, length);
        key[length] = '\0';
        if (!json_is_string(json_object_get(object, key)))
            return false;
    }
    return true;
}

enum status stem_question_read(const struct json_place *place, const json_t *object,
                               struct stem_question *out, struct error *error)
{
    const json_t *question = json_object_get(object, "question");
    const json_t *choices = json_object_get(question, "choices");
    const char *key = json_string_value(json_object_get(object, "answerKey"));
    out->stem = json_string_value(json_object_get(question, "stem"));
    out->choices = out->gold = json_array_size(choices);
    if (out->stem == NULL || key == NULL || out->choices < 2 || out->choices > CHOICES_MAX)
        return error_set(
            error, STATUS_INVALID,
            "%s, line %zu: question.stem, two or more question.choices and answerKey expected",
            place->name, place->line);
    for (size_t i = 0; i < out->choices; i++) {
        const json_t *entry = json_array_get(choices, i);
        const char *label = json_string_value(json_object_get(entry, "label"));
        out->choice[i] = json_string_value(json_object_get(entry, "text"));
        if (out->choice[i] == NULL || label == NULL)
            return error_set(error, STATUS_INVALID, "%s, line %zu: choice %zu lacks text or label",
                             place->name, place->line, i + 1);
        if (strcmp(label, key) == 0)
            out->gold = i;
    }
    if (out->gold == out->choices)
        return error_set(error, STATUS_INVALID,
                         "%s, line %zu: the answerKey \"%.20s\" names none of %zu choices",
                         place->name, place->line, key, out->choices);
    return STATUS_OK;
}
