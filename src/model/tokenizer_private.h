/* What the tokenizer's files share. */
#ifndef MODEL_TOKENIZER_PRIVATE_H
#define MODEL_TOKENIZER_PRIVATE_H

#include "model/tokenizer.h"

#define TOKEN_NONE (-1)

enum token_kind { /* GGUF's tokenizer.ggml.token_type */
                  TOKEN_NORMAL = 1,
                  TOKEN_UNKNOWN = 2,
                  TOKEN_CONTROL = 3,
                  TOKEN_USER_DEFINED = 4,
                  TOKEN_UNUSED = 5,
                  TOKEN_BYTE = 6,
};

struct token {
    const char *text; /* in tokenizer.text */
    uint32_t length;
    int32_t kind;
    float score;
};

/* Texts to indices, open addressing; keys are borrowed. */
struct text_map {
    struct text_entry {
        const char *text;
        uint32_t length, value; /* value + 1; 0 free */
    } * entry;
    size_t capacity; /* a power of two */
};
enum status text_map_init(struct text_map *map, size_t count, struct error *error);
/* False when the text is there already (its value stays). */
bool text_map_add(struct text_map *map, const char *text, size_t length, uint32_t value);
int32_t text_map_find(const struct text_map *map, const char *text, size_t length);
void text_map_release(struct text_map *map);

struct pretokenizer;
enum status pretokenizer_new(const char *pre, struct pretokenizer **pretokenizer,
                             struct error *error);
void pretokenizer_free(struct pretokenizer *pretokenizer);
typedef enum status pretokenizer_piece(void *context, const char *data, size_t length,
                                       struct error *error);
enum status pretokenizer_run(const struct pretokenizer *pretokenizer, const char *text,
                             size_t length, pretokenizer_piece *piece, void *context,
                             struct error *error);
/* The patterns of a name, the rest NULL; NULL: no such name. And the first name that has these. */
#define PRETOKENIZER_PATTERNS 2
extern const char pretokenizer_gpt2_pattern[], pretokenizer_number_pattern[];
const char *const *pretokenizer_patterns(const char *pre);
const char *pretokenizer_name(const char *const pattern[PRETOKENIZER_PATTERNS]);
/* Whether a word that is a token as a whole is taken without merging (Llama 3). */
bool pretokenizer_whole_words(const struct pretokenizer *pretokenizer);

struct tokenizer {
    char model[16], pre[32];
    bool bpe; /* byte-level; else SentencePiece */
    struct token *token;
    uint32_t tokens;
    char *text; /* all tokens' and merges' texts */
    struct text_map id;
    struct text_map rank; /* "left right" -> rank, byte-level only */
    struct pretokenizer *pretokenizer;
    int32_t bos, eos, unknown, byte_token[256];
    bool adds_bos, space_prefix;
    int32_t *special; /* ids of control, unknown and user-defined tokens, longest first */
    size_t specials;
    bool special_start[256]; /* bytes that a special token may begin with */
};

/* Appends one id. */
enum status token_list_add(struct token_list *list, int32_t id, struct error *error);
/* Plain text (no special tokens) to ids. */
enum status bpe_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                       struct token_list *list, struct error *error);
enum status sentencepiece_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                                 struct token_list *list, struct error *error);
/* Bytes that a byte-level token's text stands for. */
enum status bpe_decode(const char *text, size_t length, struct buf *out, struct error *error);
/* GPT-2's printable stand-in of a byte as UTF-8 (one or two bytes); returns its length. */
size_t bpe_byte_text(unsigned char byte, char out[2]);

/* Pairs waiting to be merged: a binary heap, smallest (key, left) first. */
struct merge {
    double key;
    uint32_t left, right;
    uint32_t length; /* of both together: stale when it no longer holds */
};
struct merge_heap {
    struct merge *merge;
    size_t count, capacity;
};
enum status merge_heap_push(struct merge_heap *heap, const struct merge *merge,
                            struct error *error);
bool merge_heap_pop(struct merge_heap *heap, struct merge *merge);

/* Symbols of a text being merged: a list through an array. */
struct symbol {
    const char *text;
    uint32_t length;         /* 0: merged into its left neighbour */
    uint32_t previous, next; /* UINT32_MAX: none */
};

/* Merges neighbours as `key_of` allows (false: no merge), lowest key first, until none is left. */
typedef bool merge_key(const struct tokenizer *tokenizer, const char *text, uint32_t left_length,
                       uint32_t length, double *key);
enum status merge_symbols(const struct tokenizer *tokenizer, struct symbol *symbol, size_t count,
                          merge_key *key_of, struct merge_heap *heap, struct error *error);

#endif
