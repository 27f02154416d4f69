/* Byte-level BPE (Radford et al. 2019): bytes become printable characters, pieces of the
 * pre-tokenizer merge by rank. */
#include "tokenizer_private.h"

#include "base/memory.h"

#include <string.h>

#define NONE UINT32_MAX
#define LONGEST_MERGE 512 /* bytes of "left right"; longer merges are not in any vocabulary */

/* Printable Latin-1 characters stand for themselves, the other 68 bytes for U+0100 and up. */
static bool stands_for_itself(unsigned byte)
{
    return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

static unsigned moved_before(unsigned byte)
{
    unsigned moved = 0;
    for (unsigned b = 0; b < byte; b++)
        moved += !stands_for_itself(b);
    return moved;
}

size_t bpe_byte_text(unsigned char byte, char out[2])
{
    unsigned point = stands_for_itself(byte) ? byte : 256 + moved_before(byte);
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    out[0] = (char)(0xC0 | point >> 6);
    out[1] = (char)(0x80 | (point & 63));
    return 2;
}

enum status bpe_decode(const char *text, size_t length, struct buf *out, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < length;) {
        unsigned char first = (unsigned char)text[i], byte = first;
        size_t step = 1;
        if (first >> 5 == 6 && i + 1 < length) {
            unsigned point = (first & 31u) << 6 | ((unsigned char)text[i + 1] & 63u);
            step = 2;
            if (point < 256)
                byte = (unsigned char)point;
            for (unsigned b = 0; point >= 256 && b < 256; b++)
                if (!stands_for_itself(b) && 256 + moved_before(b) == point)
                    byte = (unsigned char)b;
        }
        status = buf_append(out, &byte, 1, error);
        i += step;
    }
    return status;
}

static bool rank_key(const struct tokenizer *tokenizer, const char *text, uint32_t left_length,
                     uint32_t length, double *key)
{
    char merge[LONGEST_MERGE];
    if (length + 1 > sizeof merge)
        return false;
    memcpy(merge, text, left_length);
    merge[left_length] = ' ';
    memcpy(merge + left_length + 1, text + left_length, length - left_length);
    int32_t rank = text_map_find(&tokenizer->rank, merge, length + 1);
    *key = rank;
    return rank != TOKEN_NONE;
}

struct encoding {
    const struct tokenizer *tokenizer;
    struct token_list *list;
    struct buf text; /* of the piece, as printable characters */
    struct symbol *symbol;
    size_t capacity;
    struct merge_heap heap;
};

/* A symbol that is no token goes byte by byte; a byte without a token is left out. */
static enum status add_symbol(struct encoding *e, const struct symbol *symbol, struct error *error)
{
    int32_t id = text_map_find(&e->tokenizer->id, symbol->text, symbol->length);
    if (id != TOKEN_NONE)
        return token_list_add(e->list, id, error);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < symbol->length;) {
        size_t step = (unsigned char)symbol->text[i] < 0x80 ? 1 : 2;
        id = text_map_find(&e->tokenizer->id, symbol->text + i, step);
        if (id != TOKEN_NONE)
            status = token_list_add(e->list, id, error);
        i += step;
    }
    return status;
}

static enum status make_symbols(struct encoding *e, const char *data, size_t length,
                                struct error *error)
{
    buf_clear(&e->text);
    for (size_t i = 0; i < length; i++) {
        char text[2];
        size_t bytes = bpe_byte_text((unsigned char)data[i], text);
        enum status status = buf_append(&e->text, text, bytes, error);
        if (status != STATUS_OK)
            return status;
    }
    enum status status = memory_reserve(&e->symbol, &e->capacity, length, sizeof *e->symbol, error);
    const char *at = e->text.data;
    for (size_t i = 0; status == STATUS_OK && i < length; i++) {
        uint32_t bytes = (unsigned char)*at < 0x80 ? 1 : 2;
        e->symbol[i] = (struct symbol){at, bytes, i > 0 ? (uint32_t)i - 1 : NONE,
                                       i + 1 < length ? (uint32_t)i + 1 : NONE};
        at += bytes;
    }
    return status;
}

static enum status encode_piece(void *context, const char *data, size_t length, struct error *error)
{
    struct encoding *e = context;
    enum status status = make_symbols(e, data, length, error);
    if (status != STATUS_OK)
        return status;
    int32_t whole = pretokenizer_whole_words(e->tokenizer->pretokenizer)
                        ? text_map_find(&e->tokenizer->id, e->text.data, e->text.length)
                        : TOKEN_NONE;
    if (whole != TOKEN_NONE)
        return token_list_add(e->list, whole, error);
    status = merge_symbols(e->tokenizer, e->symbol, length, rank_key, &e->heap, error);
    for (uint32_t i = 0; status == STATUS_OK && i != NONE; i = e->symbol[i].next)
        status = add_symbol(e, &e->symbol[i], error);
    return status;
}

enum status bpe_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                       struct token_list *list, struct error *error)
{
    struct encoding e = {.tokenizer = tokenizer, .list = list};
    enum status status =
        pretokenizer_run(tokenizer->pretokenizer, text, length, encode_piece, &e, error);
    buf_release(&e.text);
    memory_free(e.symbol);
    memory_free(e.heap.merge);
    return status;
}
