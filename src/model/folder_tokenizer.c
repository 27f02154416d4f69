/* tokenizer.json (of the tokenizers library) and tokenizer_config.json of a GGUF's metadata.
 * Byte-level BPE has its merges there; SentencePiece has scores, of which the merges are made as
 * transformers makes them: every way to cut a token into two, the tokens of higher score first. */
#include "folder_private.h"
#include "tokenizer_private.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define SPACE "\xE2\x96\x81" /* U+2581 */

struct making {
    const struct gguf *gguf;
    const struct tokenizer *tokenizer;
    struct error *error;
};

static json_t *text_of(const struct token *token)
{
    return json_stringn(token->text, token->length);
}

/* ---- vocabulary ---- */

static enum status make_vocabulary(const struct making *m, json_t **vocabulary)
{
    struct buf text;
    enum status status = STATUS_OK;
    buf_init(&text);
    *vocabulary = json_object();
    for (uint32_t i = 0; status == STATUS_OK && i < m->tokenizer->tokens; i++) {
        const struct token *token = &m->tokenizer->token[i];
        buf_clear(&text);
        status = buf_append(&text, token->text, token->length, m->error);
        if (status != STATUS_OK)
            break;
        if (token->length == 0 || memchr(token->text, '\0', token->length) != NULL ||
            json_object_get(*vocabulary, text.data) != NULL)
            status = error_set(m->error, STATUS_INVALID,
                               "token %u has no text of its own, which tokenizer.json needs", i);
        else if (json_object_set_new(*vocabulary, text.data, json_integer(i)) != 0)
            status = error_set(m->error, STATUS_INVALID,
                               "the text of token %u is not UTF-8, which tokenizer.json needs", i);
    }
    buf_release(&text);
    return status;
}

static json_t *make_added(const struct making *m)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < m->tokenizer->tokens; i++) {
        const struct token *token = &m->tokenizer->token[i];
        const bool special = token->kind == TOKEN_CONTROL || token->kind == TOKEN_UNKNOWN;
        if (special || token->kind == TOKEN_USER_DEFINED)
            json_array_append_new(list, json_pack("{s:i,s:o,s:b,s:b,s:b,s:b,s:b}", "id", (int)i,
                                                  "content", text_of(token), "single_word", 0,
                                                  "lstrip", 0, "rstrip", 0, "normalized", 0,
                                                  "special", (int)special));
    }
    return list;
}

/* ---- merges ---- */

static json_t *given_merges(const struct making *m)
{
    const struct gguf_pair *pair = gguf_find(m->gguf, "tokenizer.ggml.merges");
    struct gguf_string text;
    uint64_t offset = 0;
    json_t *list = json_array();
    while (pair != NULL && gguf_next_string(pair, &offset, &text))
        json_array_append_new(list, json_stringn(text.data, text.length));
    return list;
}

struct cut {
    float score;
    uint32_t token, left; /* left: its bytes */
    uint32_t left_characters, characters;
};

static int best_first(const void *a, const void *b)
{
    const struct cut *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->left_characters != y->left_characters)
        return x->left_characters > y->left_characters ? -1 : 1;
    if (x->characters != y->characters)
        return x->characters > y->characters ? -1 : 1;
    return (x->token > y->token) - (x->token < y->token);
}

static uint32_t characters_of(const char *text, uint32_t length)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < length; i++)
        count += (text[i] & 0xC0) != 0x80;
    return count;
}

/* All cuts of the plain tokens into two plain tokens. */
static enum status find_cuts(const struct making *m, struct cut **cuts, size_t *count)
{
    const struct tokenizer *t = m->tokenizer;
    size_t capacity = 0;
    for (uint32_t i = 0; i < t->tokens; i++) {
        const struct token *token = &t->token[i];
        for (uint32_t left = 1; token->kind == TOKEN_NORMAL && left < token->length; left++) {
            if ((token->text[left] & 0xC0) == 0x80 ||
                text_map_find(&t->id, token->text, left) == TOKEN_NONE ||
                text_map_find(&t->id, token->text + left, token->length - left) == TOKEN_NONE)
                continue;
            const enum status status =
                memory_reserve(cuts, &capacity, *count + 1, sizeof **cuts, m->error);
            if (status != STATUS_OK)
                return status;
            (*cuts)[(*count)++] =
                (struct cut){token->score, i, left, characters_of(token->text, left),
                             characters_of(token->text, token->length)};
        }
    }
    if (*count > 0)
        qsort(*cuts, *count, sizeof **cuts, best_first);
    return STATUS_OK;
}

static enum status made_merges(const struct making *m, json_t **merges)
{
    struct cut *cuts = NULL;
    size_t count = 0;
    enum status status = find_cuts(m, &cuts, &count);
    *merges = json_array();
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct token *token = &m->tokenizer->token[cuts[i].token];
        json_array_append_new(*merges, json_pack("[o,o]", json_stringn(token->text, cuts[i].left),
                                                 json_stringn(token->text + cuts[i].left,
                                                              token->length - cuts[i].left)));
    }
    memory_free(cuts);
    return status;
}

/* ---- what surrounds the model ---- */

static json_t *make_processor(const struct tokenizer *t)
{
    if (!t->adds_bos)
        return json_null();
    const struct token *bos = &t->token[t->bos];
    json_t *name = text_of(bos), *special = json_object();
    json_object_set_new(
        special, json_string_value(name),
        json_pack("{s:O,s:[i],s:[O]}", "id", name, "ids", (int)t->bos, "tokens", name));
    json_t *first = json_pack("{s:{s:o,s:i}}", "SpecialToken", "id", name, "type_id", 0);
    json_t *a = json_pack("{s:{s:s,s:i}}", "Sequence", "id", "A", "type_id", 0);
    json_t *b = json_pack("{s:{s:s,s:i}}", "Sequence", "id", "B", "type_id", 1);
    return json_pack("{s:s,s:[O,O],s:[o,o,o],s:o}", "type", "TemplateProcessing", "single", first,
                     a, "pair", first, a, b, "special_tokens", special);
}

static json_t *make_normalizer(const struct tokenizer *t)
{
    json_t *replace = json_pack("{s:s,s:{s:s},s:s}", "type", "Replace", "pattern", "String", " ",
                                "content", SPACE);
    json_t *steps = json_array();
    if (t->space_prefix)
        json_array_append_new(steps, json_pack("{s:s,s:s}", "type", "Prepend", "prepend", SPACE));
    json_array_append_new(steps, replace);
    return json_pack("{s:s,s:o}", "type", "Sequence", "normalizers", steps);
}

static json_t *make_decoder(const struct tokenizer *t)
{
    if (t->bpe)
        return json_pack("{s:s,s:b,s:b,s:b}", "type", "ByteLevel", "add_prefix_space", 1,
                         "trim_offsets", 1, "use_regex", 1);
    json_t *steps =
        json_pack("[{s:s,s:{s:s},s:s},{s:s},{s:s}]", "type", "Replace", "pattern", "String", SPACE,
                  "content", " ", "type", "ByteFallback", "type", "Fuse");
    if (t->space_prefix)
        json_array_append_new(steps, json_pack("{s:s,s:s,s:i,s:i}", "type", "Strip", "content", " ",
                                               "start", 1, "stop", 0));
    return json_pack("{s:s,s:o}", "type", "Sequence", "decoders", steps);
}

static enum status make_model(const struct making *m, json_t **model)
{
    const struct tokenizer *t = m->tokenizer;
    json_t *vocabulary = NULL, *merges = NULL;
    const bool whole = t->bpe && pretokenizer_whole_words(t->pretokenizer);
    enum status status = make_vocabulary(m, &vocabulary);
    if (status == STATUS_OK && t->bpe)
        merges = given_merges(m);
    else if (status == STATUS_OK)
        status = made_merges(m, &merges);
    *model = NULL;
    if (status == STATUS_OK) {
        json_t *unknown =
            !t->bpe && t->unknown != TOKEN_NONE ? text_of(&t->token[t->unknown]) : json_null();
        *model = json_pack("{s:s,s:n,s:o,s:n,s:n,s:b,s:b,s:b,s:o,s:o}", "type", "BPE", "dropout",
                           "unk_token", unknown, "continuing_subword_prefix", "end_of_word_suffix",
                           "fuse_unk", !t->bpe, "byte_fallback", !t->bpe, "ignore_merges", whole,
                           "vocab", vocabulary, "merges", merges);
        return *model != NULL ? STATUS_OK : error_memory(m->error, 0);
    }
    json_decref(vocabulary);
    json_decref(merges);
    return status;
}

/* ---- tokenizer_config.json ---- */

static void set_token(json_t *object, const char *key, const struct tokenizer *t, int32_t id)
{
    if (id != TOKEN_NONE)
        json_object_set_new(object, key, text_of(&t->token[id]));
}

static enum status make_settings(const struct making *m, uint32_t context, struct buf *out)
{
    struct gguf_string chat = {0};
    uint32_t padding = UINT32_MAX;
    json_t *object = json_pack("{s:s,s:b,s:i}", "tokenizer_class", "PreTrainedTokenizerFast",
                               "clean_up_tokenization_spaces", 0, "model_max_length", (int)context);
    set_token(object, "bos_token", m->tokenizer, m->tokenizer->bos);
    set_token(object, "eos_token", m->tokenizer, m->tokenizer->eos);
    set_token(object, "unk_token", m->tokenizer, m->tokenizer->unknown);
    gguf_get_u32(m->gguf, "tokenizer.ggml.padding_token_id", false, &padding, NULL);
    if (padding < m->tokenizer->tokens)
        set_token(object, "pad_token", m->tokenizer, (int32_t)padding);
    gguf_get_string(m->gguf, "tokenizer.chat_template", false, &chat, NULL);
    if (chat.length > 0)
        json_object_set_new(object, "chat_template", json_stringn(chat.data, chat.length));
    return folder_json(object, true, out, m->error);
}

enum status folder_tokenizer(const struct gguf *gguf, const struct tokenizer *tokenizer,
                             uint32_t context, struct buf *out, struct buf *settings,
                             struct error *error)
{
    const struct making m = {gguf, tokenizer, error};
    json_t *model = NULL;
    if (tokenizer == NULL)
        return error_set(error, STATUS_INVALID, "the model has no tokenizer");
    enum status status = make_model(&m, &model);
    if (status != STATUS_OK)
        return status;
    json_t *pre = tokenizer->bpe ? hugging_face_pre_json(tokenizer->pre) : json_null();
    status =
        folder_json(json_pack("{s:s,s:n,s:n,s:o,s:o,s:o,s:o,s:o,s:o}", "version", "1.0",
                              "truncation", "padding", "added_tokens", make_added(&m), "normalizer",
                              tokenizer->bpe ? json_null() : make_normalizer(tokenizer),
                              "pre_tokenizer", pre, "post_processor", make_processor(tokenizer),
                              "decoder", make_decoder(tokenizer), "model", model),
                    true, out, error);
    return status == STATUS_OK ? make_settings(&m, context, settings) : status;
}
