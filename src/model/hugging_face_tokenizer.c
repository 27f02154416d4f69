/* tokenizer.json and tokenizer_config.json as GGUF's tokenizer.* pairs: byte-level BPE ("gpt2"),
 * and BPE with byte fallback as it is made of SentencePiece models ("llama"). GGUF has scores where
 * tokenizer.json has merges: a token's score is minus the place of the first merge that makes it,
 * which merges in the same order. What is in the files and cannot be done is refused by name. */
#include "hugging_face_vocabulary_private.h"
#include "tokenizer_private.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SPACE "\xE2\x96\x81" /* U+2581 */

static enum status refuse(const struct vocabulary *v, const char *what, const char *which)
{
    return error_set(v->error, STATUS_INVALID, "%s: %s cannot be honoured%s%.60s", v->path, what,
                     which != NULL ? ": " : "", which != NULL ? which : "");
}

static const char *type_of(const json_t *object)
{
    return json_string_value(json_object_get(object, "type"));
}

/* ---- tokens ---- */

static enum status take_vocabulary(struct vocabulary *v)
{
    const char *text;
    json_t *id;
    json_object_foreach(v->ids, text, id)
    {
        const json_int_t number = json_integer_value(id);
        if (!json_is_integer(id) || number < 0)
            return error_set(v->error, STATUS_INVALID, "%s: the id of the token \"%.60s\" is none",
                             v->path, text);
        if (number >= v->count) /* the model has no embedding of it */
            continue;
        if (v->text[number] != NULL)
            return error_set(v->error, STATUS_INVALID,
                             "%s: the tokens \"%.60s\" and \"%.60s\" have the same id", v->path,
                             v->text[number], text);
        v->text[number] = text;
        v->kind[number] = TOKEN_NORMAL;
    }
    return STATUS_OK;
}

static enum status take_added(struct vocabulary *v)
{
    const json_t *list = json_object_get(v->root, "added_tokens"), *token;
    const char *unknown = json_string_value(json_object_get(v->model, "unk_token"));
    size_t i;
    json_array_foreach(list, i, token)
    {
        const json_t *id = json_object_get(token, "id");
        const char *text = json_string_value(json_object_get(token, "content"));
        if (!json_is_integer(id) || json_integer_value(id) < 0 || text == NULL)
            return error_set(v->error, STATUS_INVALID, "%s: added token %zu has no id and content",
                             v->path, i);
        if (json_integer_value(id) >= v->count)
            continue;
        const size_t at = (size_t)json_integer_value(id);
        v->text[at] = text;
        v->kind[at] = unknown != NULL && strcmp(unknown, text) == 0     ? TOKEN_UNKNOWN
                      : json_is_true(json_object_get(token, "special")) ? TOKEN_CONTROL
                                                                        : TOKEN_USER_DEFINED;
    }
    return STATUS_OK;
}

/* Ids without a token get a text that no other has, as llama.cpp's converter does. */
static enum status fill_tokens(struct vocabulary *v)
{
    v->text = memory_new(v->count, sizeof *v->text, v->error);
    v->kind = memory_new(v->count, sizeof *v->kind, v->error);
    v->padding = memory_new(v->count, sizeof *v->padding, v->error);
    if (v->text == NULL || v->kind == NULL || v->padding == NULL)
        return STATUS_MEMORY;
    enum status status = take_vocabulary(v);
    if (status == STATUS_OK)
        status = take_added(v);
    for (uint32_t i = 0; i < v->count; i++)
        if (v->text[i] == NULL) {
            snprintf(v->padding[i], sizeof v->padding[i], "[PAD%" PRIu32 "]", i);
            v->text[i] = v->padding[i];
            v->kind[i] = TOKEN_UNUSED;
        }
    return status;
}

/* ---- merges ---- */

/* The two sides of a merge, written "left right" or ["left", "right"], as "left right". */
static enum status merge_text(const struct vocabulary *v, const json_t *merge, struct buf *out)
{
    const char *text = json_string_value(merge);
    const char *left = json_string_value(json_array_get(merge, 0));
    const char *right = json_string_value(json_array_get(merge, 1));
    buf_clear(out);
    if (text != NULL && strchr(text, ' ') != NULL)
        return buf_printf(out, v->error, "%s", text);
    if (json_array_size(merge) != 2 || left == NULL || right == NULL)
        return error_set(v->error, STATUS_INVALID, "%s: a merge that is no pair of tokens",
                         v->path);
    return buf_printf(out, v->error, "%s %s", left, right);
}

static enum status declare_merges(struct vocabulary *v)
{
    const json_t *merges = json_object_get(v->model, "merges");
    const size_t count = json_array_size(merges);
    char **text = memory_new(count, sizeof *text, v->error);
    struct buf merge;
    enum status status = text != NULL ? STATUS_OK : STATUS_MEMORY;
    buf_init(&merge);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = merge_text(v, json_array_get(merges, i), &merge);
        if (status == STATUS_OK && (text[i] = memory_string(merge.data, v->error)) == NULL)
            status = STATUS_MEMORY;
    }
    if (status == STATUS_OK)
        status = gguf_writer_array(v->writer, "tokenizer.ggml.merges", GGUF_STRING, text, count,
                                   v->error);
    for (size_t i = 0; text != NULL && i < count; i++)
        memory_free(text[i]);
    memory_free(text);
    buf_release(&merge);
    return status;
}

static enum status fill_scores(struct vocabulary *v, float *score)
{
    const json_t *merges = json_object_get(v->model, "merges");
    struct buf merge;
    enum status status = STATUS_OK;
    float place = 0;
    buf_init(&merge);
    for (size_t i = 0; status == STATUS_OK && i < json_array_size(merges); i++) {
        status = merge_text(v, json_array_get(merges, i), &merge);
        if (status != STATUS_OK)
            break;
        char *space = strchr(merge.data, ' ');
        memmove(space, space + 1, strlen(space)); /* with its NUL */
        const json_t *id = json_object_get(v->ids, merge.data);
        if (json_is_integer(id) && json_integer_value(id) < v->count &&
            score[json_integer_value(id)] == 0)
            score[json_integer_value(id)] = -++place;
    }
    buf_release(&merge);
    return status;
}

static enum status declare_scores(struct vocabulary *v)
{
    float *score = memory_new(v->count, sizeof *score, v->error);
    enum status status = score != NULL ? fill_scores(v, score) : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = gguf_writer_array(v->writer, "tokenizer.ggml.scores", GGUF_F32, score, v->count,
                                   v->error);
    memory_free(score);
    return status;
}

/* ---- the two kinds ---- */

static enum status declare_byte_level(struct vocabulary *v)
{
    const char *pre = NULL;
    const json_t *normalizer = json_object_get(v->root, "normalizer");
    if (normalizer != NULL && !json_is_null(normalizer))
        return refuse(v, "the normalizer", type_of(normalizer));
    enum status status =
        hugging_face_pre_name(v->path, json_object_get(v->root, "pre_tokenizer"), &pre, v->error);
    if (status == STATUS_OK)
        status = gguf_writer_string(v->writer, "tokenizer.ggml.model", "gpt2", v->error);
    if (status == STATUS_OK)
        status = gguf_writer_string(v->writer, "tokenizer.ggml.pre", pre, v->error);
    return status == STATUS_OK ? declare_merges(v) : status;
}

/* Prepend U+2581 and Replace " " by it, alone or in a Sequence. */
static enum status check_normalizer(const struct vocabulary *v, const json_t *step, bool *prefix,
                                    bool *replaced)
{
    const char *type = type_of(step);
    const json_t *steps = json_object_get(step, "normalizers"), *next;
    size_t i;
    if (type != NULL && strcmp(type, "Sequence") == 0) {
        json_array_foreach(steps, i, next)
        {
            const char *inner = type_of(next);
            const bool nested = inner != NULL && strcmp(inner, "Sequence") == 0;
            const enum status status = nested
                                           ? refuse(v, "the normalizer", "a Sequence in a Sequence")
                                           : check_normalizer(v, next, prefix, replaced);
            if (status != STATUS_OK)
                return status;
        }
        return STATUS_OK;
    }
    if (type != NULL && strcmp(type, "Prepend") == 0 &&
        vocabulary_text_is(step, "prepend", SPACE)) {
        *prefix = true;
        return STATUS_OK;
    }
    if (type != NULL && strcmp(type, "Replace") == 0 &&
        vocabulary_text_is(step, "content", SPACE) &&
        vocabulary_text_is(json_object_get(step, "pattern"), "String", " ")) {
        *replaced = true;
        return STATUS_OK;
    }
    return refuse(v, "the normalizer", type);
}

static enum status check_metaspace(const struct vocabulary *v, const json_t *pre, bool *prefix,
                                   bool *replaced)
{
    const char *type = type_of(pre);
    if (type == NULL || strcmp(type, "Metaspace") != 0)
        return refuse(v, "the pre-tokenizer", type);
    if (!vocabulary_text_is(pre, "replacement", SPACE) ||
        !json_is_false(json_object_get(pre, "split")))
        return refuse(v, "the pre-tokenizer", "a Metaspace that splits");
    *prefix = !vocabulary_text_is(pre, "prepend_scheme", "never");
    *replaced = true;
    return STATUS_OK;
}

static enum status declare_sentencepiece(struct vocabulary *v)
{
    const json_t *normalizer = json_object_get(v->root, "normalizer");
    const json_t *pre = json_object_get(v->root, "pre_tokenizer");
    bool prefix = false, replaced = false;
    enum status status = STATUS_OK;
    if (normalizer != NULL && !json_is_null(normalizer))
        status = check_normalizer(v, normalizer, &prefix, &replaced);
    if (status == STATUS_OK && pre != NULL && !json_is_null(pre))
        status = check_metaspace(v, pre, &prefix, &replaced);
    if (status == STATUS_OK && !replaced)
        status = refuse(v, "the normalizer", "spaces do not become U+2581");
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < v->count; i++) {
        unsigned byte;
        char text[8];
        if (sscanf(v->text[i], "<0x%2X>", &byte) != 1)
            continue;
        snprintf(text, sizeof text, "<0x%02X>", byte & 0xFF);
        if (strcmp(v->text[i], text) == 0)
            v->kind[i] = TOKEN_BYTE;
    }
    if ((status = gguf_writer_string(v->writer, "tokenizer.ggml.model", "llama", v->error)) ||
        (status = gguf_writer_string(v->writer, "tokenizer.ggml.pre", "default", v->error)) ||
        (status = gguf_writer_bool(v->writer, "tokenizer.ggml.add_space_prefix", prefix, v->error)))
        return status;
    return declare_scores(v);
}

/* ---- the whole ---- */

static enum status read_files(struct vocabulary *v, const char *folder, struct buf *path)
{
    enum status status = hugging_face_path(folder, FILE_TOKENIZER_CONFIG, path, v->error);
    /* where no length is set, transformers writes 10 to the 30th */
    if (status == STATUS_OK && hugging_face_has(folder, FILE_TOKENIZER_CONFIG))
        status = json_read_file_reals(path->data, &v->settings, v->error);
    if (status == STATUS_OK)
        status = hugging_face_path(folder, FILE_TOKENIZER, path, v->error);
    if (status == STATUS_OK)
        status = json_read_file(path->data, &v->root, v->error);
    v->path = path->data;
    return status;
}

static enum status check_model(struct vocabulary *v)
{
    const char *type;
    v->model = json_object_get(v->root, "model");
    v->ids = json_object_get(v->model, "vocab");
    type = type_of(v->model);
    if (type != NULL && strcmp(type, "BPE") != 0)
        return refuse(v, "the model", type);
    if (!json_is_object(v->ids) || !json_is_array(json_object_get(v->model, "merges")))
        return refuse(v, "the model", "BPE with vocab and merges is expected");
    static const char *const affixes[] = {"continuing_subword_prefix", "end_of_word_suffix"};
    for (size_t i = 0; i < 2; i++) {
        const char *affix = json_string_value(json_object_get(v->model, affixes[i]));
        if (affix != NULL && *affix != '\0')
            return refuse(v, affixes[i], affix);
    }
    return STATUS_OK;
}

static enum status declare(struct vocabulary *v, const char *folder,
                           const struct hugging_face_config *config)
{
    enum status status = check_model(v);
    if (status == STATUS_OK)
        status = fill_tokens(v);
    if (status == STATUS_OK)
        status = json_is_true(json_object_get(v->model, "byte_fallback")) ? declare_sentencepiece(v)
                                                                          : declare_byte_level(v);
    if (status == STATUS_OK)
        status = gguf_writer_array(v->writer, "tokenizer.ggml.tokens", GGUF_STRING, v->text,
                                   v->count, v->error);
    if (status == STATUS_OK)
        status = gguf_writer_array(v->writer, "tokenizer.ggml.token_type", GGUF_I32, v->kind,
                                   v->count, v->error);
    if (status == STATUS_OK)
        status = vocabulary_declare_special(v, config);
    return status == STATUS_OK ? vocabulary_declare_template(v, folder) : status;
}

enum status hugging_face_tokenizer_declare(struct gguf_writer *writer, const char *folder,
                                           const struct hugging_face_config *config,
                                           struct error *error)
{
    struct vocabulary v = {.count = config->vocabulary, .writer = writer, .error = error};
    struct buf path;
    if (!hugging_face_has(folder, FILE_TOKENIZER))
        return STATUS_OK;
    buf_init(&path);
    enum status status = read_files(&v, folder, &path);
    if (status == STATUS_OK)
        status = declare(&v, folder, config);
    json_decref(v.root);
    json_decref(v.settings);
    memory_free(v.text);
    memory_free(v.kind);
    memory_free(v.padding);
    buf_release(&path);
    return status;
}
