/* Special tokens and the chat template of a Hugging Face folder: which token begins and ends a text
 * (tokenizer_config.json, else config.json), and whether a text gets its first one (add_bos_token,
 * else the post-processor of tokenizer.json). */
#include "hugging_face_vocabulary_private.h"

#include "base/memory.h"
#include "io/atomic_file.h"

#include <string.h>

bool vocabulary_text_is(const json_t *object, const char *key, const char *text)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value != NULL && strcmp(value, text) == 0;
}

static int64_t id_of(const struct vocabulary *v, const char *text)
{
    const json_t *id = json_object_get(v->ids, text);
    if (json_is_integer(id) && json_integer_value(id) < v->count)
        return json_integer_value(id);
    for (uint32_t i = 0; i < v->count; i++) /* added tokens need not be in the vocab */
        if (strcmp(v->text[i], text) == 0)
            return i;
    return -1;
}

/* A token that tokenizer_config.json names, as a text or as an object with its content. */
static int64_t named_token(const struct vocabulary *v, const char *key)
{
    const json_t *value = json_object_get(v->settings, key);
    if (json_is_object(value))
        value = json_object_get(value, "content");
    return json_is_string(value) ? id_of(v, json_string_value(value)) : -1;
}

/* Whether the post-processor puts the token `bos` first: TemplateProcessing, alone or in a
 * Sequence. */
static bool template_adds(const struct vocabulary *v, const json_t *processor, int64_t bos)
{
    const json_t *steps = json_object_get(processor, "processors"), *step;
    size_t i;
    json_array_foreach(steps, i, step)
    {
        const json_t *first = json_array_get(json_object_get(step, "single"), 0);
        const char *id =
            json_string_value(json_object_get(json_object_get(first, "SpecialToken"), "id"));
        if (id != NULL && id_of(v, id) == bos)
            return true;
    }
    const json_t *first = json_array_get(json_object_get(processor, "single"), 0);
    const char *id =
        json_string_value(json_object_get(json_object_get(first, "SpecialToken"), "id"));
    return id != NULL && id_of(v, id) == bos;
}

static enum status declare_id(struct vocabulary *v, const char *key, int64_t id)
{
    return id < 0 || id >= v->count ? STATUS_OK
                                    : gguf_writer_u32(v->writer, key, (uint32_t)id, v->error);
}

enum status vocabulary_declare_special(struct vocabulary *v,
                                       const struct hugging_face_config *config)
{
    const int64_t named_bos = named_token(v, "bos_token"), named_eos = named_token(v, "eos_token");
    const int64_t bos = named_bos >= 0 ? named_bos : config->bos;
    const json_t *says = json_object_get(v->settings, "add_bos_token");
    const char *unknown = json_string_value(json_object_get(v->model, "unk_token"));
    const bool adds =
        bos >= 0 && bos < v->count &&
        (json_is_boolean(says) ? json_is_true(says)
                               : template_adds(v, json_object_get(v->root, "post_processor"), bos));
    enum status status;
    if ((status = declare_id(v, "tokenizer.ggml.bos_token_id", bos)) ||
        (status = declare_id(v, "tokenizer.ggml.eos_token_id",
                             named_eos >= 0 ? named_eos : config->eos)) ||
        (status = declare_id(v, "tokenizer.ggml.unknown_token_id",
                             unknown != NULL ? id_of(v, unknown) : -1)) ||
        (status = declare_id(v, "tokenizer.ggml.padding_token_id", named_token(v, "pad_token"))))
        return status;
    return gguf_writer_bool(v->writer, "tokenizer.ggml.add_bos_token", adds, v->error);
}

/* The template in a file of its own, else in tokenizer_config.json: a text, or a list of named
 * ones. */
enum status vocabulary_declare_template(struct vocabulary *v, const char *folder)
{
    const json_t *value = json_object_get(v->settings, "chat_template"), *entry;
    const char *text = json_string_value(value);
    char *file = NULL;
    struct buf path;
    size_t i, length;
    enum status status = STATUS_OK;
    buf_init(&path);
    json_array_foreach(value, i, entry)
    {
        if (text == NULL || vocabulary_text_is(entry, "name", "default"))
            text = json_string_value(json_object_get(entry, "template"));
    }
    if (hugging_face_has(folder, FILE_TEMPLATE)) {
        status = hugging_face_path(folder, FILE_TEMPLATE, &path, v->error);
        if (status == STATUS_OK)
            status = file_read(path.data, &file, &length, v->error);
        text = file;
    }
    if (status == STATUS_OK && text != NULL)
        status = gguf_writer_string(v->writer, "tokenizer.chat_template", text, v->error);
    memory_free(file);
    buf_release(&path);
    return status;
}
