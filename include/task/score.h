/* Multiple choice by log-likelihood (lm-evaluation-harness's protocol), cut into shards that any
 * thread may run; results are reduced in item order, so that they do not depend on the threads. */
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

/* What is computed once for all that begin with the same tokens. */
enum task_sharing {
    SHARING_ALL,      /* what items share (worked examples, a preamble), and what choices share */
    SHARING_QUESTION, /* what the choices of an item share */
    SHARING_NONE,     /* every choice in full: to see what sharing gains */
};
struct prepare_options {
    uint32_t context; /* tokens; longer items are cut on the left */
    enum task_sharing sharing;
};

/* A task made ready for one tokenizer: tokens of every item. Immutable; borrows the task. */
struct prepared_task;
enum status prepared_task_new(const struct task *task, const struct tokenizer *tokenizer,
                              const struct prepare_options *options,
                              struct prepared_task **prepared, struct error *error);
void prepared_task_free(struct prepared_task *prepared);
const struct task *prepared_task_items(const struct prepared_task *prepared);
size_t prepared_task_shards(const struct prepared_task *prepared);  /* fixed slices of items */
size_t prepared_task_choices(const struct prepared_task *prepared); /* over all items */
size_t prepared_task_choice_offset(const struct prepared_task *prepared, size_t item);
uint64_t prepared_task_tokens(const struct prepared_task *prepared);  /* forward tokens computed */
size_t prepared_task_truncated(const struct prepared_task *prepared); /* items cut on the left */
/* What one shard runs; the batch is borrowed from the task. *prefix is an earlier shard, the last
 * prefix before this, all of whose tokens are the first batch->known ones of this batch: their keys
 * and values come from there; -1: none. A prefix shard has no targets, no items and itself no
 * prefix. */
void prepared_task_shard(const struct prepared_task *prepared, size_t shard,
                         struct forward_batch *batch, int32_t *prefix);
/* Writes results[choice_offset(item) + choice] of the shard's items only, from the log-likelihoods
 * [batch.targets] of its targets. */
void prepared_task_take(const struct prepared_task *prepared, size_t shard, const float *loglik,
                        struct choice_result *results);

struct task_score {
    size_t n;
    double acc, acc_norm;
    double standard_error; /* of acc: sqrt(p (1-p) / (n-1)) */
    double choice_nll;     /* mean of -log softmax over the choices' loglik at the gold */
};
void task_reduce(const struct prepared_task *prepared, const struct choice_result *results,
                 struct task_score *score);
/* The score of both parts' items together (neither is empty), as if they had been reduced at once.
 */
void task_score_join(struct task_score *score, const struct task_score *part);
/* The same of one group of items (MMLU: a subject), groups in the order of their first items. Their
 * mean weighted by n is the task's. *groups is owned by the caller (memory_free), the names are
 * borrowed from the task; none: *count 0. */
struct group_score {
    const char *name;
    struct task_score score;
};
enum status task_reduce_groups(const struct prepared_task *prepared,
                               const struct choice_result *results, struct group_score **groups,
                               size_t *count, struct error *error);

/* The embedded calibration text (data/calibration.txt, our own words, about 8,000 tokens). */
const char *embedded_calibration(size_t *length);

#endif
