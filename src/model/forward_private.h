/* What the files of the forward pass share: scratch memory, the attention plan, one layer's work.
 *   forward.c    batches: check, layers, output head       layers.c   one layer over T rows
 *   attention.c  who sees whom, and the products           session.c  token by token */
#ifndef MODEL_FORWARD_PRIVATE_H
#define MODEL_FORWARD_PRIVATE_H

#include "model/forward.h"

/* ---- attention ---- */

struct attention_span { /* visible columns of one row */
    uint32_t column, count;
};
struct attention_keys { /* key rows first.. stand in columns column.. of a block's scores */
    uint32_t first, count, column;
};
struct attention_block { /* query rows that are computed together */
    uint32_t first, count;
    size_t keys; /* index of its first attention_keys */
    uint32_t key_runs, columns;
};

/* Who sees whom in a batch; the same for every layer. */
struct attention_plan {
    struct attention_block *block;
    size_t blocks, block_capacity;
    struct attention_keys *keys;
    size_t key_runs, keys_capacity;
    struct attention_span *span;
    size_t spans, span_capacity;
    size_t *row_span; /* [rows + 1]: index of each row's first span */
    size_t rows, row_capacity;
    size_t largest; /* rows * columns of the largest block */
};

void attention_plan_release(struct attention_plan *plan);
/* Segments in order of their tokens; row i of queries and keys is token i. The first `known`
 * tokens, whole segments, are seen but do not look. */
enum status attention_plan_tree(struct attention_plan *plan, const struct forward_segment *segment,
                                uint32_t segments, uint32_t known, struct error *error);
/* `count` query rows; row i sees keys 0..past+i. */
enum status attention_plan_past(struct attention_plan *plan, uint32_t past, uint32_t count,
                                struct error *error);

struct attention_task {
    const struct attention_plan *plan;
    uint32_t heads, kv_heads, head_size;
    const float *q, *k, *v; /* rotated; rows of heads * head_size and kv_heads * head_size */
    size_t q_stride, kv_stride, out_stride;
    float *out;                              /* [rows, heads * head_size] */
    float *query, *score, *result, *inverse; /* scratch: see attention_scratch_sizes */
};
/* Elements of attention_task's scratch for this plan and at most `group` query heads a key head. */
void attention_scratch_sizes(const struct attention_plan *plan, size_t group, size_t head_size,
                             size_t *query, size_t *score, size_t *inverse);
void attention_run(const struct attention_task *task);

/* ---- layers ---- */

struct floats { /* grows, never shrinks */
    float *data;
    size_t capacity;
};

struct forward_plan {
    struct forward_batch batch; /* its arrays are borrowed */
    struct attention_plan attention;
    uint32_t *position; /* [tokens] */
    uint32_t positions; /* highest + 1 */
    uint32_t *head_row; /* rows of x that the head reads, in order */
    size_t head_rows;
};

struct forward_scratch {
    struct floats x;                                    /* [T, hidden], of whole passes */
    struct floats normed, qkv, mixed, gate, up, before; /* [T, ...] */
    struct floats query, score, result, inverse;        /* attention */
    struct floats rope;                                 /* [positions][2 * rope_dimensions] */
    const struct supernet *rope_of;                     /* whose angles they are, and of which */
    uint32_t rope_first, rope_count;                    /* positions */
    struct floats head, logits, maximum;                /* output head */
    double *sum;                                        /* [rows of a head chunk] */
    size_t sum_capacity;
    uint32_t *position; /* [T], of a session */
    size_t position_capacity;
    struct attention_plan plan;    /* of a session */
    struct packed_scratch *packed; /* NULL until a product in a lower precision needs it */
};

enum status floats_reserve(struct floats *floats, size_t count, struct error *error);

/* Keys and values of earlier tokens; the layer appends its rows at `past`. */
struct layer_cache {
    float *k, *v; /* [context, kv_heads * head_size] */
    uint32_t past;
};

/* What passes a layer. */
struct layers_input {
    const struct attention_plan *plan;
    const uint32_t *position; /* [known + rows]: the row of scratch->rope */
    float *x;                 /* [rows, hidden] */
    size_t rows, known;
    const float *known_keys;         /* [known, 2 * kv_heads * head_size]: keys, then values */
    float *keep_keys;                /* the same of the rows; NULL: not wanted */
    const struct layer_cache *cache; /* NULL: none; then known is 0 */
    const struct forward_observer *observer; /* NULL: none */
};

/* Room for the input through any layer of the sub-network. */
enum status layers_reserve(const struct subnet *subnet, struct forward_scratch *scratch,
                           const struct layers_input *input, struct error *error);
/* Angles of positions first..first+count-1 into scratch->rope. */
enum status layers_rope(const struct subnet *subnet, struct forward_scratch *scratch,
                        uint32_t first, uint32_t count, struct error *error);
/* y[rows, count] = x[rows, columns] @ w[first.., columns]^T + beta * y, in the matrix's precision;
 * `first` is a multiple of PACKED_PANEL, and the end too if it is not the matrix's. */
enum status layers_product(struct forward_scratch *scratch, const struct matrix *matrix,
                           size_t first, size_t count, size_t rows, const float *x, float beta,
                           float *y, size_t y_stride, struct error *error);
/* Tells the observer, if there is one. */
void layers_tell(const struct forward_observer *observer, uint32_t index, enum forward_part part);
/* Runs kept layer `index` of the sub-network, holding its weights meanwhile. */
enum status layers_run(const struct subnet *subnet, struct forward_scratch *scratch, uint32_t index,
                       const struct layers_input *input, struct error *error);

/* STATUS_INVALID for a token outside the vocabulary. */
enum status forward_check_tokens(uint32_t vocabulary, const int32_t *token, size_t count,
                                 struct error *error);
/* Frequency of rope pair `pair`: radians a position. */
double layers_rope_frequency(const struct subnet *subnet, uint32_t pair);

#endif
