/* Perplexity of a text, cut into shards (one a window) that any thread may run; results are reduced
 * in their order. */
#ifndef TASK_PERPLEXITY_H
#define TASK_PERPLEXITY_H

#include "model/forward.h"
#include "model/tokenizer.h"

/* Three published definitions. All tokenise the text once, with a BOS where the tokenizer adds one;
 * `context` is the window.
 * llama    llama-perplexity: chunks; a BOS that the tokenizer adds takes the place of each chunk's
 *          first token; the second half of each is scored.
 * rolling  lm-evaluation-harness: every token is scored, in windows that do not overlap, each after
 *          the token before it, the first after BOS (or EOS); the last window is filled up with
 *          context. Raw WikiText (its first line is ` = Title = `) is cut into pages, each
 *          detokenised and run on its own as in the harness's task wikitext; any other text is one
 *          page, as it stands.
 * joined   GPTQ, Wanda and other papers on pruning and quantization: windows; all tokens but each
 *          one's first are scored. */
enum perplexity { PERPLEXITY_LLAMA, PERPLEXITY_ROLLING, PERPLEXITY_JOINED };
const char *perplexity_name(enum perplexity definition);
enum status perplexity_parse(const char *name /* NULL: llama */, enum perplexity *definition,
                             struct error *error);

struct text_options {
    enum perplexity definition;
    uint32_t context; /* tokens; at most the model's */
    size_t chunks;    /* the first windows; 0: all */
};
struct prepared_text;
enum status prepared_text_new(const char *path, const struct tokenizer *tokenizer,
                              const struct text_options *options, struct prepared_text **prepared,
                              struct error *error);
/* The same of a text in memory, which is changed in place; `name` is for messages. */
enum status prepared_text_of(const char *name, char *text, size_t length,
                             const struct tokenizer *tokenizer, const struct text_options *options,
                             struct prepared_text **prepared, struct error *error);
void prepared_text_free(struct prepared_text *prepared);
const char *prepared_text_name(const struct prepared_text *prepared); /* the file's name */
const char *prepared_text_sha256(const struct prepared_text *prepared);
size_t prepared_text_shards(const struct prepared_text *prepared);   /* one a window */
uint64_t prepared_text_tokens(const struct prepared_text *prepared); /* forward tokens */
/* What one shard runs, borrowed from the text. */
void prepared_text_shard(const struct prepared_text *prepared, size_t shard,
                         struct forward_batch *batch);
/* nll[shard] gets the window's summed negative log-likelihood, from those of its targets. */
void prepared_text_take(const struct prepared_text *prepared, size_t shard,
                        const float *loglik /* [batch.targets] */, double *nll);
struct text_score {
    enum perplexity definition;
    size_t chunks;
    uint64_t tokens;   /* scored */
    double perplexity; /* exp(nll / tokens) */
    size_t pages;      /* rolling: those that windows are of; else 0 */
    bool detokenised;
    /* rolling, of the whole text: the same nll over words (len(re.split("\\s+", page))) and bytes
     * of the pages as the file has them; else NaN */
    double word_perplexity, byte_perplexity, bits_per_byte;
};
void text_reduce(const struct prepared_text *prepared, const double *nll, struct text_score *score);

#endif
