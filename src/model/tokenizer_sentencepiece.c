/* SentencePiece BPE (Kudo, Richardson 2018) as LLaMA uses it: characters merge by the score of the
 * token they form, highest first; what is no token goes byte by byte. */
#include "tokenizer_private.h"

#include "base/memory.h"

#include <string.h>

#define NONE UINT32_MAX
#define SPACE "\xE2\x96\x81" /* U+2581 */

static bool score_key(const struct tokenizer *tokenizer, const char *text, uint32_t left_length,
                      uint32_t length, double *key)
{
    int32_t id = text_map_find(&tokenizer->id, text, length);
    (void)left_length;
    *key = id != TOKEN_NONE ? -(double)tokenizer->token[id].score : 0;
    return id != TOKEN_NONE;
}

static enum status mark_spaces(const struct tokenizer *tokenizer, const char *text, size_t length,
                               struct buf *out, struct error *error)
{
    enum status status = STATUS_OK;
    if (tokenizer->space_prefix)
        status = buf_append(out, SPACE, 3, error);
    for (size_t i = 0; status == STATUS_OK && i < length; i++)
        status =
            text[i] == ' ' ? buf_append(out, SPACE, 3, error) : buf_append(out, text + i, 1, error);
    return status;
}

/* Length of the UTF-8 character at `text`; a byte that begins none counts as one. */
static size_t character_bytes(const char *text, size_t left)
{
    unsigned char first = (unsigned char)*text;
    size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (length > left)
        return 1;
    for (size_t i = 1; i < length; i++)
        if ((unsigned char)text[i] >> 6 != 2)
            return 1;
    return length;
}

static enum status add_symbol(const struct tokenizer *tokenizer, const struct symbol *symbol,
                              struct token_list *list, struct error *error)
{
    int32_t id = text_map_find(&tokenizer->id, symbol->text, symbol->length);
    if (id != TOKEN_NONE)
        return token_list_add(list, id, error);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < symbol->length; i++) {
        id = tokenizer->byte_token[(unsigned char)symbol->text[i]];
        if (id == TOKEN_NONE)
            id = tokenizer->unknown;
        if (id != TOKEN_NONE)
            status = token_list_add(list, id, error);
    }
    return status;
}

enum status sentencepiece_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                                 struct token_list *list, struct error *error)
{
    struct buf marked;
    struct symbol *symbol = NULL;
    struct merge_heap heap = {0};
    size_t count = 0;
    if (length == 0)
        return STATUS_OK;
    buf_init(&marked);
    enum status status = mark_spaces(tokenizer, text, length, &marked, error);
    if (status == STATUS_OK) {
        symbol = memory_new(marked.length, sizeof *symbol, error);
        status = symbol != NULL ? STATUS_OK : STATUS_MEMORY;
    }
    for (size_t at = 0; status == STATUS_OK && at < marked.length; count++) {
        size_t bytes = character_bytes(marked.data + at, marked.length - at);
        symbol[count] =
            (struct symbol){marked.data + at, (uint32_t)bytes,
                            count > 0 ? (uint32_t)count - 1 : NONE, (uint32_t)count + 1};
        at += bytes;
    }
    if (status == STATUS_OK) {
        symbol[count - 1].next = NONE;
        status = merge_symbols(tokenizer, symbol, count, score_key, &heap, error);
    }
    for (uint32_t i = 0; status == STATUS_OK && i != NONE; i = symbol[i].next)
        status = add_symbol(tokenizer, &symbol[i], list, error);
    buf_release(&marked);
    memory_free(symbol);
    memory_free(heap.merge);
    return status;
}
