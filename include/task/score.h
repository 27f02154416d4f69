/* Multiple choice by log-likelihood (lm-evaluation-harness's protocol) and perplexity of a text
 * (llama-perplexity's), cut into shards that any thread may run; results are reduced in item
 * order, so that they do not depend on the threads. */
#ifndef TASK_SCORE_H
#define TASK_SCORE_H

#include "model/forward.h"
#include "model/tokenizer.h"
#include "task/items.h"

struct choice_result {
    double loglik;       /* sum over its tokens */
    uint32_t tokens;     /* scored */
    uint32_t characters; /* code points of the choice without the leading space */
};

/* A task made ready for one tokenizer: tokens of every item. Immutable; borrows the task. */
struct prepared_task;
enum status prepared_task_new(const struct task *task, const struct tokenizer *tokenizer,
                              uint32_t context /* tokens; longer items are cut on the left */,
                              struct prepared_task **prepared, struct error *error);
void prepared_task_free(struct prepared_task *prepared);
const struct task *prepared_task_items(const struct prepared_task *prepared);
size_t prepared_task_shards(const struct prepared_task *prepared); /* fixed slices of items */
size_t prepared_task_choices(const struct prepared_task *prepared); /* over all items */
size_t prepared_task_choice_offset(const struct prepared_task *prepared, size_t item);
uint64_t prepared_task_tokens(const struct prepared_task *prepared); /* forward tokens computed */
size_t prepared_task_truncated(const struct prepared_task *prepared); /* items cut on the left */
/* Scores one shard; writes results[choice_offset(item) + choice] of its items only. */
enum status prepared_task_score(const struct prepared_task *prepared, size_t shard,
                                const struct subnet *subnet, struct forward_scratch *scratch,
                                struct choice_result *results, struct error *error);

struct task_score {
    size_t n;
    double acc, acc_norm;
    double standard_error;   /* of acc: sqrt(p (1-p) / (n-1)) */
    double choice_nll;       /* mean of -log softmax over the choices' loglik at the gold */
};
void task_reduce(const struct prepared_task *prepared, const struct choice_result *results,
                 struct task_score *score);

/* Perplexity of a text as llama-perplexity computes it: chunks of `context` tokens; with BOS when
 * the tokenizer adds one, put in place of each chunk's first token; the second half scored. */
struct prepared_text;
enum status prepared_text_new(const char *path, const struct tokenizer *tokenizer,
                              uint32_t context, size_t chunks /* 0: all */,
                              struct prepared_text **prepared, struct error *error);
void prepared_text_free(struct prepared_text *prepared);
const char *prepared_text_name(const struct prepared_text *prepared);   /* the file's name */
const char *prepared_text_sha256(const struct prepared_text *prepared);
size_t prepared_text_shards(const struct prepared_text *prepared);      /* one a chunk */
uint64_t prepared_text_tokens(const struct prepared_text *prepared);    /* forward tokens */
/* nll[shard] gets the chunk's summed negative log-likelihood. */
enum status prepared_text_score(const struct prepared_text *prepared, size_t shard,
                                const struct subnet *subnet, struct forward_scratch *scratch,
                                double *nll, struct error *error);
struct text_score {
    size_t chunks;
    uint64_t tokens;         /* scored */
    double perplexity;
};
void text_reduce(const struct prepared_text *prepared, const double *nll,
                 struct text_score *score);

/* The embedded calibration text (data/calibration.txt, our own words, about 8,000 tokens). */
const char *embedded_calibration(size_t *length);

#endif
