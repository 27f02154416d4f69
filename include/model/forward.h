/* Batched evaluation of many token sequences through a sub-network, f32. Sequences are segments: a
 * segment continues its parent (a question's shared prompt, say), sees all of the parent's chain
 * and its own earlier tokens, nothing else. All tokens of a batch are packed into one matrix
 * X[T, hidden] for every product; attention is block-diagonal over trees of segments; the output
 * head runs only on rows that a target reads, once a row. */
#ifndef MODEL_FORWARD_H
#define MODEL_FORWARD_H

#include "model/supernet.h"

struct forward_segment {
    int32_t parent; /* index of an earlier segment of the batch, or -1 */
    uint32_t first; /* index of its first token in batch.token; segments cover the tokens
                       in order, without gaps */
    uint32_t count; /* >= 1 */
};

/* Asks for log softmax(logits of row)[token]: `row` is the index in batch.token of the token after
 * which `token` is predicted. Targets are sorted by row. */
struct forward_target {
    uint32_t row;
    int32_t token;
};

struct forward_batch {
    const int32_t *token;
    uint32_t tokens;
    const struct forward_segment *segment;
    uint32_t segments;
    const struct forward_target *target;
    uint32_t targets;
    uint32_t known; /* the first tokens, whole segments, whose keys and values come from another
                       batch (forward_layer): nothing else of them is computed, no target is on
                       them */
};

/* Scratch memory of one thread, grown as needed. */
struct forward_scratch;
enum status forward_scratch_new(struct forward_scratch **scratch, struct error *error);
void forward_scratch_free(struct forward_scratch *scratch);

/* loglik[targets], natural logarithm. Same batch, same sub-network: same bits on every thread. No
 * known tokens. */
enum status forward_score(const struct subnet *subnet, struct forward_scratch *scratch,
                          const struct forward_batch *batch, float *loglik, struct error *error);

/* The same step by step, so that many batches pass one layer before the next, and a batch goes on
 * where another sub-network with the same first layers left it. A plan is a batch made ready: who
 * sees whom, positions; immutable, for any sub-network and thread; borrows the batch's arrays. */
struct forward_plan;
enum status forward_plan_new(const struct forward_batch *batch, uint32_t vocabulary,
                             struct forward_plan **plan, struct error *error);
void forward_plan_free(struct forward_plan *plan);
uint32_t forward_plan_rows(const struct forward_plan *plan); /* tokens that are not known */
/* x[rows, hidden], the caller's residual stream: embeddings; after each kept layer; the head. */
enum status forward_begin(const struct subnet *subnet, const struct forward_plan *plan, float *x,
                          struct error *error);
/* Keys and values are rows of [2 * kv_heads * head_size], rotated: `known`[batch.known] are read,
 * `keep`[rows] (NULL: not wanted) gets the batch's own. Not used by a layer without attention. */
enum status forward_layer(const struct subnet *subnet, struct forward_scratch *scratch,
                          const struct forward_plan *plan, uint32_t index, float *x,
                          const float *known, float *keep, struct error *error);
size_t forward_keep_floats(const struct subnet *subnet, uint32_t index); /* of such a row; or 0 */
enum status forward_end(const struct subnet *subnet, struct forward_scratch *scratch,
                        const struct forward_plan *plan, const float *x, float *loglik,
                        struct error *error);

/* Logits of chosen rows: logits[rows][vocabulary]. */
enum status forward_logits(const struct subnet *subnet, struct forward_scratch *scratch,
                           const struct forward_batch *batch, const uint32_t *row, uint32_t rows,
                           float *logits, struct error *error);

/* What has just been done: a layer's weights are there, its attention, its MLP; or what is before,
 * between and behind the layers: embedding, last norm, head. */
enum forward_part { FORWARD_HELD, FORWARD_ATTENTION, FORWARD_MLP, FORWARD_ENDS };

/* What calibration looks at while a batch runs (model/order, model/timing); any may be NULL. */
struct forward_observer {
    void *context;
    /* x_in, x_out: [T, hidden] residual stream before and after kept layer `index`. */
    void (*block)(void *context, uint32_t index, const float *x_in, const float *x_out, uint32_t t,
                  uint32_t hidden);
    /* h[t, width] = silu(gate) * up, the inputs of ffn_down; a layer's rows may come in several
     * calls, in order. */
    void (*neurons)(void *context, uint32_t index, const float *h, uint32_t t, uint32_t width);
    /* A part of kept layer `index` (any for the ends) is done. */
    void (*part)(void *context, uint32_t index, enum forward_part part);
};
/* forward_layer, watched; no known tokens. */
enum status forward_layer_observed(const struct subnet *subnet, struct forward_scratch *scratch,
                                   const struct forward_plan *plan, uint32_t index, float *x,
                                   const struct forward_observer *observer, struct error *error);

/* Token by token with a key/value cache. */
struct forward_session;
enum status forward_session_new(const struct subnet *subnet, uint32_t context,
                                struct forward_session **session, struct error *error);
void forward_session_free(struct forward_session *session);
/* Feeds tokens; logits[vocabulary] of the last one. STATUS_INVALID when the context is full. */
enum status forward_session_feed(struct forward_session *session, const int32_t *token,
                                 uint32_t count, float *logits, struct error *error);
/* Forgets all tokens but the first `tokens` of those fed. */
void forward_session_rewind(struct forward_session *session, uint32_t tokens);
/* Borrows the observer, which sees every part from now on; NULL: nobody does. */
void forward_session_observe(struct forward_session *session,
                             const struct forward_observer *observer);

/* The naive oracle (src/model/reference.c): one sequence, plain loops in double precision, logits
 * [tokens][vocabulary]. */
enum status reference_logits(const struct subnet *subnet, const int32_t *token, uint32_t tokens,
                             float *logits, struct error *error);

#endif
