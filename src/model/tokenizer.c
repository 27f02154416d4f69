/* The tokenizer: vocabulary from GGUF metadata, special tokens taken out first, the text between
 * them encoded by the model's own algorithm. */
#include "tokenizer_private.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_TOKENS (1u << 24)

void token_list_release(struct token_list *list)
{
    memory_free(list->id);
    *list = (struct token_list){0};
}

enum status token_list_add(struct token_list *list, int32_t id, struct error *error)
{
    enum status status =
        memory_reserve(&list->id, &list->capacity, list->count + 1, sizeof *list->id, error);
    if (status == STATUS_OK)
        list->id[list->count++] = id;
    return status;
}

/* ---- loading ---- */

static enum status array_of(const struct gguf *gguf, const char *key, enum gguf_type element,
                            uint64_t count, const struct gguf_pair **pair, struct error *error)
{
    *pair = gguf_find(gguf, key);
    if (*pair == NULL)
        return STATUS_OK;
    if ((*pair)->type != GGUF_ARRAY || (*pair)->element != element ||
        (count != 0 && (*pair)->count != count))
        return error_set(error, STATUS_INVALID,
                         "%s: %s is not an array of %" PRIu64 " elements of its type",
                         gguf_path(gguf), key, count);
    return STATUS_OK;
}

/* Copies a string array's texts into `text`, from *used on, and hands each to `take`. */
static void copy_texts(const struct gguf_pair *array, char *text, size_t *used,
                       void (*take)(struct tokenizer *, uint32_t, const char *, size_t),
                       struct tokenizer *tokenizer)
{
    struct gguf_string string;
    uint64_t offset = 0;
    for (uint32_t i = 0; gguf_next_string(array, &offset, &string); i++) {
        if (string.length > 0)
            memcpy(text + *used, string.data, string.length);
        take(tokenizer, i, text + *used, string.length);
        *used += string.length;
    }
}

static void take_token(struct tokenizer *tokenizer, uint32_t index, const char *text, size_t length)
{
    tokenizer->token[index] = (struct token){text, (uint32_t)length, TOKEN_NORMAL, 0};
    text_map_add(&tokenizer->id, text, length, index);
}

static void take_merge(struct tokenizer *tokenizer, uint32_t index, const char *text, size_t length)
{
    text_map_add(&tokenizer->rank, text, length, index);
}

static enum status read_texts(struct tokenizer *t, const struct gguf *gguf, struct error *error)
{
    const struct gguf_pair *tokens, *merges = NULL;
    enum status status = array_of(gguf, "tokenizer.ggml.tokens", GGUF_STRING, 0, &tokens, error);
    if (status == STATUS_OK &&
        (tokens == NULL || tokens->count == 0 || tokens->count > MOST_TOKENS))
        return error_set(error, STATUS_INVALID, "%s has no vocabulary (tokenizer.ggml.tokens)",
                         gguf_path(gguf));
    if (status == STATUS_OK && t->bpe) {
        status = array_of(gguf, "tokenizer.ggml.merges", GGUF_STRING, 0, &merges, error);
        if (status == STATUS_OK && (merges == NULL || merges->count > 4 * (uint64_t)MOST_TOKENS))
            return error_set(error, STATUS_INVALID, "%s has no merges (tokenizer.ggml.merges)",
                             gguf_path(gguf));
    }
    if (status != STATUS_OK)
        return status;
    size_t used = 0;
    t->tokens = (uint32_t)tokens->count;
    t->token = memory_new(t->tokens, sizeof *t->token, error);
    t->text =
        memory_new(tokens->value_bytes + (merges != NULL ? merges->value_bytes : 0), 1, error);
    if (t->token == NULL || t->text == NULL)
        return STATUS_MEMORY;
    status = text_map_init(&t->id, t->tokens, error);
    if (status == STATUS_OK && merges != NULL)
        status = text_map_init(&t->rank, merges->count, error);
    if (status != STATUS_OK)
        return status;
    copy_texts(tokens, t->text, &used, take_token, t);
    if (merges != NULL)
        copy_texts(merges, t->text, &used, take_merge, t);
    return STATUS_OK;
}

static enum status read_kinds(struct tokenizer *t, const struct gguf *gguf, struct error *error)
{
    const struct gguf_pair *kinds, *scores;
    enum status status =
        array_of(gguf, "tokenizer.ggml.token_type", GGUF_I32, t->tokens, &kinds, error);
    if (status == STATUS_OK)
        status = array_of(gguf, "tokenizer.ggml.scores", GGUF_F32, t->tokens, &scores, error);
    if (status != STATUS_OK)
        return status;
    if (!t->bpe && scores == NULL)
        return error_set(error, STATUS_INVALID, "%s lacks tokenizer.ggml.scores", gguf_path(gguf));
    for (uint32_t i = 0; i < t->tokens; i++) {
        if (kinds != NULL)
            t->token[i].kind = (int32_t)gguf_number_at(kinds, i);
        if (scores != NULL)
            t->token[i].score = (float)gguf_number_at(scores, i);
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[8];
        snprintf(text, sizeof text, "<0x%02X>", byte);
        t->byte_token[byte] = text_map_find(&t->id, text, 6);
    }
    return STATUS_OK;
}

static enum status read_id(const struct tokenizer *t, const struct gguf *gguf, const char *key,
                           int32_t otherwise, int32_t *id, struct error *error)
{
    uint32_t value = UINT32_MAX;
    enum status status = gguf_get_u32(gguf, key, false, &value, error);
    if (status != STATUS_OK)
        return status;
    if (value == UINT32_MAX)
        *id = otherwise < (int32_t)t->tokens ? otherwise : TOKEN_NONE;
    else if (value >= t->tokens)
        return error_set(error, STATUS_INVALID,
                         "%s: %s is %" PRIu32 ", the vocabulary has %" PRIu32 " tokens",
                         gguf_path(gguf), key, value, t->tokens);
    else
        *id = (int32_t)value;
    return STATUS_OK;
}

static enum status read_settings(struct tokenizer *t, const struct gguf *gguf, struct error *error)
{
    bool llama3 = t->bpe && pretokenizer_whole_words(t->pretokenizer);
    t->adds_bos = !t->bpe || llama3;
    t->space_prefix = true;
    enum status s =
        read_id(t, gguf, "tokenizer.ggml.bos_token_id", t->bpe ? TOKEN_NONE : 1, &t->bos, error);
    if (s == STATUS_OK)
        s = read_id(t, gguf, "tokenizer.ggml.eos_token_id", t->bpe ? TOKEN_NONE : 2, &t->eos,
                    error);
    if (s == STATUS_OK)
        s = read_id(t, gguf, "tokenizer.ggml.unknown_token_id", t->bpe ? TOKEN_NONE : 0,
                    &t->unknown, error);
    if (s == STATUS_OK)
        s = gguf_get_bool(gguf, "tokenizer.ggml.add_bos_token", false, &t->adds_bos, error);
    if (s == STATUS_OK)
        s = gguf_get_bool(gguf, "tokenizer.ggml.add_space_prefix", false, &t->space_prefix, error);
    t->adds_bos = t->adds_bos && t->bos != TOKEN_NONE;
    return s;
}

struct special {
    int32_t id;
    uint32_t length;
};

static int longest_first(const void *a, const void *b)
{
    const struct special *x = a, *y = b;
    if (x->length != y->length)
        return x->length > y->length ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static bool is_special(const struct token *token)
{
    return token->length > 0 && (token->kind == TOKEN_CONTROL || token->kind == TOKEN_UNKNOWN ||
                                 token->kind == TOKEN_USER_DEFINED);
}

static enum status find_specials(struct tokenizer *t, struct error *error)
{
    size_t count = 0;
    for (uint32_t i = 0; i < t->tokens; i++)
        count += is_special(&t->token[i]);
    struct special *order = memory_new(count, sizeof *order, error);
    t->special = memory_new(count, sizeof *t->special, error);
    if (order == NULL || t->special == NULL) {
        memory_free(order);
        return STATUS_MEMORY;
    }
    for (uint32_t i = 0; i < t->tokens; i++)
        if (is_special(&t->token[i])) {
            order[t->specials++] = (struct special){(int32_t)i, t->token[i].length};
            t->special_start[(unsigned char)t->token[i].text[0]] = true;
        }
    qsort(order, count, sizeof *order, longest_first);
    for (size_t i = 0; i < count; i++)
        t->special[i] = order[i].id;
    memory_free(order);
    return STATUS_OK;
}

static enum status read_model(struct tokenizer *t, const struct gguf *gguf, struct error *error)
{
    struct gguf_string model = {0}, pre = {0};
    enum status status = gguf_get_string(gguf, "tokenizer.ggml.model", true, &model, error);
    if (status == STATUS_OK)
        status = gguf_get_string(gguf, "tokenizer.ggml.pre", false, &pre, error);
    if (status != STATUS_OK)
        return status;
    snprintf(t->model, sizeof t->model, "%.*s", (int)(model.length < 15 ? model.length : 15),
             model.data);
    snprintf(t->pre, sizeof t->pre, "%.*s", (int)(pre.length < 31 ? pre.length : 31),
             pre.data != NULL ? pre.data : "");
    t->bpe = strcmp(t->model, "gpt2") == 0;
    if (!t->bpe && strcmp(t->model, "llama") != 0)
        return error_set(error, STATUS_INVALID,
                         "%s: the tokenizer model \"%s\" is not supported (gpt2 and llama are)",
                         gguf_path(gguf), t->model);
    if (!t->bpe)
        return STATUS_OK;
    if (t->pre[0] == '\0')
        return error_set(error, STATUS_INVALID, "%s names no pre-tokenizer (tokenizer.ggml.pre)",
                         gguf_path(gguf));
    status = pretokenizer_new(t->pre, &t->pretokenizer, error);
    return status == STATUS_OK ? status : error_prefix(error, "%s", gguf_path(gguf));
}

enum status tokenizer_new(const struct gguf *gguf, struct tokenizer **tokenizer,
                          struct error *error)
{
    struct tokenizer *made = memory_new(1, sizeof *made, error);
    *tokenizer = NULL;
    if (made == NULL)
        return STATUS_MEMORY;
    enum status status = read_model(made, gguf, error);
    if (status == STATUS_OK)
        status = read_texts(made, gguf, error);
    if (status == STATUS_OK)
        status = read_kinds(made, gguf, error);
    if (status == STATUS_OK)
        status = read_settings(made, gguf, error);
    if (status == STATUS_OK)
        status = find_specials(made, error);
    if (status != STATUS_OK) {
        tokenizer_free(made);
        return status;
    }
    *tokenizer = made;
    return STATUS_OK;
}

void tokenizer_free(struct tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    pretokenizer_free(tokenizer->pretokenizer);
    text_map_release(&tokenizer->id);
    text_map_release(&tokenizer->rank);
    memory_free(tokenizer->token);
    memory_free(tokenizer->text);
    memory_free(tokenizer->special);
    memory_free(tokenizer);
}

/* ---- encoding and decoding ---- */

/* The longest special token that begins at `text`; plain text of control tokens only with `all`. */
static int32_t special_at(const struct tokenizer *t, const char *text, size_t left, bool all)
{
    if (!t->special_start[(unsigned char)*text])
        return TOKEN_NONE;
    for (size_t i = 0; i < t->specials; i++) {
        const struct token *token = &t->token[t->special[i]];
        if (token->length <= left && (all || token->kind == TOKEN_USER_DEFINED) &&
            memcmp(token->text, text, token->length) == 0)
            return t->special[i];
    }
    return TOKEN_NONE;
}

static enum status encode_plain(const struct tokenizer *t, const char *text, size_t length,
                                struct token_list *list, struct error *error)
{
    if (length == 0)
        return STATUS_OK;
    return t->bpe ? bpe_encode(t, text, length, list, error)
                  : sentencepiece_encode(t, text, length, list, error);
}

enum status tokenizer_encode(const struct tokenizer *t, const char *text, size_t length,
                             bool add_bos, bool special, struct token_list *list,
                             struct error *error)
{
    enum status status = STATUS_OK;
    size_t start = 0;
    if (add_bos && t->adds_bos)
        status = token_list_add(list, t->bos, error);
    for (size_t at = 0; status == STATUS_OK && at < length;) {
        int32_t id = special_at(t, text + at, length - at, special);
        if (id == TOKEN_NONE) {
            at++;
            continue;
        }
        status = encode_plain(t, text + start, at - start, list, error);
        if (status == STATUS_OK)
            status = token_list_add(list, id, error);
        at += t->token[id].length;
        start = at;
    }
    return status == STATUS_OK ? encode_plain(t, text + start, length - start, list, error)
                               : status;
}

static enum status decode_sentencepiece(const struct token *token, bool first, struct buf *out,
                                        struct error *error)
{
    static const char space[] = "\xE2\x96\x81";
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < token->length;) {
        if (token->length - i >= 3 && memcmp(token->text + i, space, 3) == 0) {
            if (i > 0 || !first)
                status = buf_append(out, " ", 1, error);
            i += 3;
        } else {
            status = buf_append(out, token->text + i++, 1, error);
        }
    }
    return status;
}

enum status tokenizer_decode(const struct tokenizer *t, int32_t id, bool first, struct buf *out,
                             struct error *error)
{
    if (id < 0 || (uint32_t)id >= t->tokens)
        return error_set(error, STATUS_INVALID,
                         "token %" PRId32 " is outside the vocabulary of %" PRIu32, id, t->tokens);
    const struct token *token = &t->token[id];
    switch (token->kind) {
    case TOKEN_CONTROL:
    case TOKEN_UNKNOWN:
        return STATUS_OK;
    case TOKEN_USER_DEFINED:
        return buf_append(out, token->text, token->length, error);
    case TOKEN_BYTE: {
        unsigned byte = 0;
        char text[8];
        snprintf(text, sizeof text, "%.*s", (int)(token->length < 7 ? token->length : 7),
                 token->text);
        if (sscanf(text, "<0x%2X>", &byte) != 1)
            return STATUS_OK;
        return buf_append(out, &(unsigned char){(unsigned char)byte}, 1, error);
    }
    default:
        return t->bpe ? bpe_decode(token->text, token->length, out, error)
                      : decode_sentencepiece(token, first, out, error);
    }
}

const char *tokenizer_model(const struct tokenizer *tokenizer)
{
    return tokenizer->model;
}

const char *tokenizer_pre(const struct tokenizer *tokenizer)
{
    return tokenizer->pre;
}

uint32_t tokenizer_vocabulary(const struct tokenizer *tokenizer)
{
    return tokenizer->tokens;
}

bool tokenizer_adds_bos(const struct tokenizer *tokenizer)
{
    return tokenizer->adds_bos;
}

int32_t tokenizer_bos(const struct tokenizer *tokenizer)
{
    return tokenizer->bos;
}

int32_t tokenizer_eos(const struct tokenizer *tokenizer)
{
    return tokenizer->eos;
}
