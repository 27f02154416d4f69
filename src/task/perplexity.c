/* Perplexity of a text as llama-perplexity computes it: the text is one stream of tokens, cut into
 * chunks of `context`; where the tokenizer adds a BOS it takes the place of each chunk's first
 * token; tokens after the chunk's middle are scored, context - context/2 - 1 of them. */
#include "task/score.h"

#include "base/memory.h"
#include "io/atomic_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct prepared_text {
    char name[128], sha256[SHA256_HEX];
    struct token_list token; /* chunks x context */
    uint32_t context;
    size_t chunks;
    struct forward_target *target; /* [chunks][scored] */
    uint32_t scored;               /* per chunk */
};

static enum status cut_chunks(struct prepared_text *p, const struct tokenizer *tokenizer,
                              size_t chunks, struct error *error)
{
    size_t whole = p->token.count / p->context;
    if (whole == 0)
        return error_set(error, STATUS_INVALID,
                         "%s has %zu tokens, less than one chunk of %" PRIu32 " (see --context)",
                         p->name, p->token.count, p->context);
    p->chunks = chunks > 0 && chunks < whole ? chunks : whole;
    p->scored = p->context - p->context / 2 - 1;
    p->target = memory_new(p->chunks * p->scored, sizeof *p->target, error);
    if (p->target == NULL)
        return STATUS_MEMORY;
    for (size_t chunk = 0; chunk < p->chunks; chunk++) {
        int32_t *token = p->token.id + chunk * p->context;
        for (uint32_t i = 0; i < p->scored; i++) {
            uint32_t row = p->context / 2 + i;
            p->target[chunk * p->scored + i] = (struct forward_target){row, token[row + 1]};
        }
        if (tokenizer_adds_bos(tokenizer))
            token[0] = tokenizer_bos(tokenizer);
    }
    return STATUS_OK;
}

enum status prepared_text_new(const char *path, const struct tokenizer *tokenizer, uint32_t context,
                              size_t chunks, struct prepared_text **prepared, struct error *error)
{
    struct prepared_text *p = memory_new(1, sizeof *p, error);
    char *text = NULL;
    size_t length = 0;
    *prepared = NULL;
    if (p == NULL)
        return STATUS_MEMORY;
    const char *slash = strrchr(path, '/');
    snprintf(p->name, sizeof p->name, "%s", slash != NULL ? slash + 1 : path);
    p->context = context;
    enum status status = file_read(path, &text, &length, error);
    if (status == STATUS_OK)
        status = sha256_bytes(text, length, p->sha256, error);
    if (status == STATUS_OK)
        status = tokenizer_encode(tokenizer, text, length, true, false, &p->token, error);
    if (status == STATUS_OK)
        status = cut_chunks(p, tokenizer, chunks, error);
    memory_free(text);
    if (status != STATUS_OK) {
        prepared_text_free(p);
        return status;
    }
    *prepared = p;
    return STATUS_OK;
}

void prepared_text_free(struct prepared_text *prepared)
{
    if (prepared == NULL)
        return;
    token_list_release(&prepared->token);
    memory_free(prepared->target);
    memory_free(prepared);
}

const char *prepared_text_name(const struct prepared_text *prepared)
{
    return prepared->name;
}

const char *prepared_text_sha256(const struct prepared_text *prepared)
{
    return prepared->sha256;
}

size_t prepared_text_shards(const struct prepared_text *prepared)
{
    return prepared->chunks;
}

uint64_t prepared_text_tokens(const struct prepared_text *prepared)
{
    return (uint64_t)prepared->chunks * prepared->context;
}

enum status prepared_text_score(const struct prepared_text *p, size_t shard,
                                const struct subnet *subnet, struct forward_scratch *scratch,
                                double *nll, struct error *error)
{
    const struct forward_segment segment = {-1, 0, p->context};
    const struct forward_batch batch = {
        p->token.id + shard * p->context, p->context, &segment, 1,
        p->target + shard * p->scored,    p->scored,
    };
    float *loglik = memory_new(p->scored, sizeof *loglik, error);
    if (loglik == NULL)
        return STATUS_MEMORY;
    enum status status = forward_score(subnet, scratch, &batch, loglik, error);
    double sum = 0;
    for (uint32_t i = 0; i < p->scored; i++)
        sum -= (double)loglik[i];
    nll[shard] = sum;
    memory_free(loglik);
    return status;
}

void text_reduce(const struct prepared_text *p, const double *nll, struct text_score *score)
{
    double sum = 0;
    for (size_t i = 0; i < p->chunks; i++)
        sum += nll[i];
    score->chunks = p->chunks;
    score->tokens = (uint64_t)p->chunks * p->scored;
    score->perplexity = exp(sum / (double)score->tokens);
}
