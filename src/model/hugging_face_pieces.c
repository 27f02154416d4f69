/* Pre-tokenizers of tokenizer.json, told by what they do: a list of patterns, one applied to the
 * pieces of the other, is compared with the list of each that is known here; and made of it. */
#include "hugging_face_private.h"
#include "tokenizer_private.h"

#include <string.h>

struct patterns {
    const char *path;
    const char *pattern[PRETOKENIZER_PATTERNS];
    size_t count;
    bool bytes; /* ByteLevel was there */
    struct error *error;
};

static enum status refuse(const struct patterns *p, const char *what)
{
    return error_set(p->error, STATUS_INVALID, "%s: the pre-tokenizer cannot be honoured: %.200s",
                     p->path, what);
}

static enum status add_pattern(struct patterns *p, const char *pattern)
{
    if (p->count == PRETOKENIZER_PATTERNS)
        return refuse(p, "it splits in more steps than any that is known here");
    p->pattern[p->count++] = pattern;
    return STATUS_OK;
}

static bool flag(const json_t *object, const char *key, bool otherwise)
{
    const json_t *value = json_object_get(object, key);
    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

static enum status add_split(struct patterns *p, const json_t *step)
{
    const char *behavior = json_string_value(json_object_get(step, "behavior"));
    const char *regex =
        json_string_value(json_object_get(json_object_get(step, "pattern"), "Regex"));
    if (regex == NULL || behavior == NULL || strcmp(behavior, "Isolated") != 0 ||
        flag(step, "invert", false))
        return refuse(p, "a Split that is not by a Regex, isolated");
    return add_pattern(p, regex);
}

static enum status add_step(struct patterns *p, const json_t *step)
{
    const char *type = json_string_value(json_object_get(step, "type"));
    const json_t *steps = json_object_get(step, "pretokenizers");
    const json_t *next;
    size_t i;
    enum status status = STATUS_OK;
    if (type == NULL || p->bytes)
        return refuse(p, p->bytes ? "something behind ByteLevel" : "it has no type");
    if (strcmp(type, "Sequence") == 0) {
        if (json_array_size(steps) > 8)
            return refuse(p, "a Sequence of more than 8 steps");
        json_array_foreach(steps, i, next)
        {
            const char *inner = json_string_value(json_object_get(next, "type"));
            if (inner != NULL && strcmp(inner, "Sequence") == 0)
                return refuse(p, "a Sequence in a Sequence");
            if ((status = add_step(p, next)) != STATUS_OK)
                return status;
        }
        return STATUS_OK;
    }
    if (strcmp(type, "Split") == 0)
        return add_split(p, step);
    if (strcmp(type, "Digits") == 0)
        return flag(step, "individual_digits", false) ? add_pattern(p, pretokenizer_number_pattern)
                                                      : refuse(p, "Digits that are not individual");
    if (strcmp(type, "ByteLevel") != 0)
        return refuse(p, type);
    if (flag(step, "add_prefix_space", true))
        return refuse(p, "ByteLevel with add_prefix_space");
    p->bytes = true;
    return flag(step, "use_regex", true) ? add_pattern(p, pretokenizer_gpt2_pattern) : STATUS_OK;
}

enum status hugging_face_pre_name(const char *path, const json_t *pre_tokenizer, const char **name,
                                  struct error *error)
{
    struct patterns p = {.path = path, .error = error};
    enum status status = add_step(&p, pre_tokenizer);
    if (status != STATUS_OK)
        return status;
    if (!p.bytes)
        return refuse(&p, "it has no ByteLevel");
    *name = pretokenizer_name(p.pattern);
    if (*name == NULL)
        return refuse(&p, p.count > 0 ? p.pattern[0] : "it splits nothing");
    return STATUS_OK;
}

json_t *hugging_face_pre_json(const char *name)
{
    const char *const *pattern = pretokenizer_patterns(name);
    json_t *steps = json_array();
    bool bytes = false;
    for (size_t i = 0; pattern != NULL && i < PRETOKENIZER_PATTERNS && pattern[i] != NULL; i++) {
        json_t *step;
        bytes = strcmp(pattern[i], pretokenizer_gpt2_pattern) == 0;
        if (strcmp(pattern[i], pretokenizer_number_pattern) == 0)
            step = json_pack("{s:s,s:b}", "type", "Digits", "individual_digits", 1);
        else if (bytes)
            break;
        else
            step = json_pack("{s:s,s:{s:s},s:s,s:b}", "type", "Split", "pattern", "Regex",
                             pattern[i], "behavior", "Isolated", "invert", 0);
        if (json_array_append_new(steps, step) != 0)
            goto none;
    }
    if (pattern == NULL ||
        json_array_append_new(steps, json_pack("{s:s,s:b,s:b,s:b}", "type", "ByteLevel",
                                               "add_prefix_space", 0, "trim_offsets", 1,
                                               "use_regex", bytes)) != 0)
        goto none;
    return json_pack("{s:s,s:o}", "type", "Sequence", "pretokenizers", steps);
none:
    json_decref(steps);
    return NULL;
}
