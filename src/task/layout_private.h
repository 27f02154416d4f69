/* From the tokens of questions to batches: which questions begin alike, what is computed once for
 * them, and shards of about the same work. */
#ifndef TASK_LAYOUT_PRIVATE_H
#define TASK_LAYOUT_PRIVATE_H

#include "model/forward.h"
#include "model/tokenizer.h"
#include "task/score.h"

/* A question's tokens, one after the other in `token`: the inputs that all its choices begin with,
 * then each choice's rest. A choice's inputs are all its tokens but the last. */
struct question {
    size_t first_token;
    size_t shared;   /* inputs that all choices begin with */
    size_t unscored; /* of these, the ones behind which no choice is scored */
    size_t first_choice, choices;
};
struct choice_tokens {
    size_t rest;   /* tokens behind the shared ones, >= 1 */
    size_t scored; /* its last tokens, some of which may be shared */
};
struct questions {
    struct token_list token;
    struct question *question;
    size_t count;
    struct choice_tokens *choice; /* of all questions */
};

struct shard {
    int32_t prefix; /* the shard whose tokens are the first `known` ones of this; -1 */
    uint32_t known;
    size_t first_question, questions; /* none: a prefix */
    size_t first_token, tokens;
    size_t first_segment, segments;
    size_t first_target, targets;
};

/* The batches of all shards, one after the other. Zero value: none. */
struct layout {
    struct token_list token;
    struct forward_segment *segment;
    size_t segments, segment_capacity;
    struct forward_target *target;
    uint32_t *target_choice; /* [targets], over all questions */
    size_t targets, target_capacity, choice_capacity;
    struct shard *shard;
    size_t shards, shard_capacity;
    size_t shard_tokens; /* that a shard computes, about */
};

enum status layout_make(struct layout *layout, const struct questions *questions,
                        enum task_sharing sharing, struct error *error);
void layout_release(struct layout *layout);

#endif
