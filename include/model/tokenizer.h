/* Text to token ids and back, from GGUF metadata: byte-level BPE (`gpt2`; pre-tokenizers smollm,
 * gpt-2, starcoder, refact, llama-bpe, qwen2, run by PCRE2) and SentencePiece BPE with byte
 * fallback (`llama`). Immutable after creation; encode is thread-safe. */
#ifndef MODEL_TOKENIZER_H
#define MODEL_TOKENIZER_H

#include "base/buf.h"
#include "io/gguf.h"

struct tokenizer;

struct token_list {
    int32_t *id; /* owned (memory_new) */
    size_t count;
    size_t capacity;
};
void token_list_release(struct token_list *list);

/* Copies what it needs: the gguf may be closed afterwards. An unknown model or pre-tokenizer is
 * STATUS_INVALID by name. */
enum status tokenizer_new(const struct gguf *gguf, struct tokenizer **tokenizer,
                          struct error *error);
void tokenizer_free(struct tokenizer *tokenizer);

/* Appends the ids of `text` (UTF-8; invalid bytes go through byte fallback) to *list. `add_bos`:
 * put BOS first when the model's metadata says that it adds one. `special`: text of control tokens
 * ("<|im_start|>") becomes that token, else plain text (user-defined tokens always match). */
enum status tokenizer_encode(const struct tokenizer *tokenizer, const char *text, size_t length,
                             bool add_bos, bool special, struct token_list *list,
                             struct error *error);
/* Appends the text of one token (empty for control tokens); `first`: SentencePiece drops the space
 * before the first word. */
enum status tokenizer_decode(const struct tokenizer *tokenizer, int32_t id, bool first,
                             struct buf *out, struct error *error);

const char *tokenizer_model(const struct tokenizer *tokenizer); /* "gpt2", "llama" */
const char *tokenizer_pre(const struct tokenizer *tokenizer);   /* "smollm"; "" when none */
uint32_t tokenizer_vocabulary(const struct tokenizer *tokenizer);
bool tokenizer_adds_bos(const struct tokenizer *tokenizer);
int32_t tokenizer_bos(const struct tokenizer *tokenizer); /* -1: none */
int32_t tokenizer_eos(const struct tokenizer *tokenizer); /* -1: none */

/* Only the pre-tokenizer's split, for tests without a vocabulary: called for each piece. */
enum status pretokenizer_split(const char *pre, const char *text, size_t length,
                               void (*piece)(void *context, const char *data, size_t length),
                               void *context, struct error *error);

#endif
