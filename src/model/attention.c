/* model/attention: who sees whom in a batch of segment trees, and the products that follow.
 * Query rows are taken in blocks; a block's scores cover only the key rows that some row of it
 * sees, and each row's softmax runs over its own spans of them, the rest being zero. The query
 * heads that share a key head are stacked into one product (grouped queries: Ainslie et al., 2023).
 */
#include "forward_private.h"

#include "base/memory.h"
#include "num/gemm.h"
#include "num/kernels.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 64U
#define MERGE_GAP 16U    /* key rows that nobody sees, rather than one more product */
#define BLOCK_SLACK 4096 /* scores that may be wasted to save a block */

void attention_plan_release(struct attention_plan *plan)
{
    memory_free(plan->block);
    memory_free(plan->keys);
    memory_free(plan->span);
    memory_free(plan->row_span);
    *plan = (struct attention_plan){0};
}

/* A block being collected: its last entry in plan->block, its keys at the end of plan->keys. */
struct collecting {
    struct attention_plan *plan;
    const struct forward_segment *segment;
    struct error *error;
    uint64_t needed;        /* scores that some row sees */
    uint32_t first_segment; /* of the block's first row */
};

static enum status plan_reset(struct attention_plan *plan, size_t rows, struct error *error)
{
    plan->blocks = plan->key_runs = plan->spans = plan->largest = 0;
    plan->rows = rows;
    enum status status = memory_reserve(&plan->row_span, &plan->row_capacity, rows + 1,
                                        sizeof *plan->row_span, error);
    if (status == STATUS_OK) {
        plan->row_span[0] = 0;
    }
    return status;
}

/* Adds key rows [first, first + count) to the sorted, disjoint runs keys[*runs], which has room for
 * one more. */
static void keys_add(struct attention_keys *keys, uint32_t *runs, uint32_t first, uint32_t count)
{
    uint32_t at = 0, end = first + count;
    while (at < *runs && keys[at].first + keys[at].count + MERGE_GAP < first) {
        at++;
    }
    uint32_t past = at;
    while (past < *runs && keys[past].first <= end + MERGE_GAP) {
        uint32_t run_end = keys[past].first + keys[past].count;
        first = keys[past].first < first ? keys[past].first : first;
        end = run_end > end ? run_end : end;
        past++;
    }
    memmove(keys + at + 1, keys + past, (*runs - past) * sizeof *keys);
    *runs = *runs + 1 - (past - at);
    keys[at] = (struct attention_keys){.first = first, .count = end - first};
}

static uint32_t keys_columns(struct attention_keys *keys, uint32_t runs)
{
    uint32_t columns = 0;
    for (uint32_t i = 0; i < runs; i++) {
        keys[i].column = columns;
        columns += keys[i].count;
    }
    return columns;
}

static uint32_t chain_length(const struct forward_segment *segment, int32_t index)
{
    uint32_t length = 0;
    for (; index >= 0; index = segment[index].parent) {
        length += segment[index].count;
    }
    return length;
}

static uint32_t chain_depth(const struct forward_segment *segment, int32_t index)
{
    uint32_t depth = 0;
    for (; index >= 0; index = segment[index].parent) {
        depth++;
    }
    return depth;
}

static enum status add_span(struct attention_plan *plan, size_t row, uint32_t column,
                            uint32_t count, struct error *error)
{
    if (plan->spans > plan->row_span[row]) {
        struct attention_span *last = &plan->span[plan->spans - 1];
        if (last->column + last->count == column) {
            last->count += count;
            return STATUS_OK;
        }
    }
    enum status status = memory_reserve(&plan->span, &plan->span_capacity, plan->spans + 1,
                                        sizeof *plan->span, error);
    if (status == STATUS_OK) {
        plan->span[plan->spans++] = (struct attention_span){.column = column, .count = count};
    }
    return status;
}

/* Column of key row `row` in a block. */
static uint32_t column_of(const struct attention_plan *plan, const struct attention_block *block,
                          uint32_t row)
{
    const struct attention_keys *keys = plan->keys + block->keys;
    uint32_t i = 0;
    while (i + 1 < block->key_runs && keys[i + 1].first <= row) {
        i++;
    }
    return keys[i].column + (row - keys[i].first);
}

/* Spans of the ancestors from the root down to `index`. */
static enum status add_chain(struct collecting *c, const struct attention_block *block, size_t row,
                             int32_t index)
{
    if (index < 0) {
        return STATUS_OK;
    }
    enum status status = STATUS_OK;
    uint32_t depth = chain_depth(c->segment, index);
    for (uint32_t level = depth; level-- > 0 && status == STATUS_OK;) {
        int32_t at = index;
        for (uint32_t up = 0; up < level; up++) {
            at = c->segment[at].parent;
        }
        uint32_t column = column_of(c->plan, block, c->segment[at].first);
        status = add_span(c->plan, row, column, c->segment[at].count, c->error);
    }
    return status;
}

/* Writes the spans of all rows of the block that is complete. */
static enum status block_close(struct collecting *c)
{
    struct attention_plan *plan = c->plan;
    if (plan->blocks == 0) {
        return STATUS_OK;
    }
    struct attention_block *block = &plan->block[plan->blocks - 1];
    block->columns = keys_columns(plan->keys + block->keys, block->key_runs);
    plan->key_runs = block->keys + block->key_runs;
    size_t area = (size_t)block->count * block->columns;
    plan->largest = area > plan->largest ? area : plan->largest;
    enum status status = STATUS_OK;
    uint32_t s = c->first_segment;
    for (uint32_t row = block->first; row < block->first + block->count && status == STATUS_OK;
         row++) {
        while (row >= c->segment[s].first + c->segment[s].count) {
            s++;
        }
        status = add_chain(c, block, row, c->segment[s].parent);
        if (status == STATUS_OK) {
            uint32_t column = column_of(plan, block, c->segment[s].first);
            status = add_span(plan, row, column, row + 1 - c->segment[s].first, c->error);
        }
        plan->row_span[row + 1] = plan->spans;
    }
    return status;
}

static enum status block_open(struct collecting *c, uint32_t first, uint32_t s)
{
    struct attention_plan *plan = c->plan;
    enum status status = memory_reserve(&plan->block, &plan->block_capacity, plan->blocks + 1,
                                        sizeof *plan->block, c->error);
    if (status == STATUS_OK) {
        plan->block[plan->blocks++] =
            (struct attention_block){.first = first, .keys = plan->key_runs};
        c->needed = 0;
        c->first_segment = s;
    }
    return status;
}

/* Adds rows [first, first + count) of segment s to the open block; false: they would waste more
 * than they share, nothing was changed. An empty block takes everything. */
static enum status block_extend(struct collecting *c, uint32_t s, uint32_t first, uint32_t count,
                                bool *taken)
{
    struct attention_plan *plan = c->plan;
    struct attention_block *block = &plan->block[plan->blocks - 1];
    const struct forward_segment *segment = &c->segment[s];
    uint32_t depth = chain_depth(c->segment, (int32_t)s), runs = block->key_runs;
    /* The candidate's runs are made behind the block's own. */
    size_t at = block->keys + runs, room = (size_t)runs + depth + 1;
    enum status status =
        memory_reserve(&plan->keys, &plan->keys_capacity, at + room, sizeof *plan->keys, c->error);
    if (status != STATUS_OK) {
        return status;
    }
    struct attention_keys *own = plan->keys + block->keys, *keys = plan->keys + at;
    memcpy(keys, own, runs * sizeof *keys);
    for (int32_t a = segment->parent; a >= 0; a = c->segment[a].parent) {
        keys_add(keys, &runs, c->segment[a].first, c->segment[a].count);
    }
    keys_add(keys, &runs, segment->first, first + count - segment->first);
    uint64_t before = (uint64_t)chain_length(c->segment, segment->parent) + first - segment->first;
    uint64_t needed = c->needed + count * before + (uint64_t)count * (count + 1) / 2;
    uint64_t area = (uint64_t)(block->count + count) * keys_columns(keys, runs);
    *taken = block->count == 0 ||
             (block->count + count <= BLOCK_ROWS && area <= 2 * needed + BLOCK_SLACK);
    if (*taken) {
        memmove(own, keys, runs * sizeof *keys);
        block->key_runs = runs;
        block->count += count;
        c->needed = needed;
    }
    return STATUS_OK;
}

enum status attention_plan_tree(struct attention_plan *plan, const struct forward_segment *segment,
                                uint32_t segments, uint32_t known, struct error *error)
{
    size_t rows =
        segments == 0 ? 0 : (size_t)segment[segments - 1].first + segment[segments - 1].count;
    struct collecting c = {.plan = plan, .segment = segment, .error = error};
    enum status status = plan_reset(plan, rows, error);
    for (uint32_t row = 0; row < known && status == STATUS_OK; row++) {
        plan->row_span[row + 1] = 0;
    }
    for (uint32_t s = 0; s < segments && status == STATUS_OK; s++) {
        if (segment[s].first < known) {
            continue;
        }
        for (uint32_t offset = 0; offset < segment[s].count && status == STATUS_OK;) {
            uint32_t left = segment[s].count - offset, first = segment[s].first + offset;
            uint32_t count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
            bool taken = false;
            if (plan->blocks > 0) {
                status = block_extend(&c, s, first, count, &taken);
            }
            if (!taken && status == STATUS_OK && (status = block_close(&c)) == STATUS_OK &&
                (status = block_open(&c, first, s)) == STATUS_OK) {
                status = block_extend(&c, s, first, count, &taken);
            }
            offset += count;
        }
    }
    return status == STATUS_OK ? block_close(&c) : status;
}

enum status attention_plan_past(struct attention_plan *plan, uint32_t past, uint32_t count,
                                struct error *error)
{
    enum status status = plan_reset(plan, count, error);
    for (uint32_t first = 0; first < count && status == STATUS_OK; first += BLOCK_ROWS) {
        uint32_t rows = count - first < BLOCK_ROWS ? count - first : BLOCK_ROWS;
        uint32_t columns = past + first + rows;
        if ((status = memory_reserve(&plan->block, &plan->block_capacity, plan->blocks + 1,
                                     sizeof *plan->block, error)) ||
            (status = memory_reserve(&plan->keys, &plan->keys_capacity, plan->key_runs + 1,
                                     sizeof *plan->keys, error))) {
            return status;
        }
        plan->block[plan->blocks++] = (struct attention_block){.first = first,
                                                               .count = rows,
                                                               .keys = plan->key_runs,
                                                               .key_runs = 1,
                                                               .columns = columns};
        plan->keys[plan->key_runs++] = (struct attention_keys){.count = columns};
        size_t area = (size_t)rows * columns;
        plan->largest = area > plan->largest ? area : plan->largest;
        for (uint32_t row = first; row < first + rows && status == STATUS_OK; row++) {
            status = add_span(plan, row, 0, past + row + 1, error);
            plan->row_span[row + 1] = plan->spans;
        }
    }
    return status;
}

void attention_scratch_sizes(const struct attention_plan *plan, size_t group, size_t head_size,
                             size_t *query, size_t *score, size_t *inverse)
{
    *query = (size_t)BLOCK_ROWS * group * head_size; /* the result's size too */
    *score = plan->largest * group;
    *inverse = (size_t)BLOCK_ROWS * group;
}

/* Softmax over a row's spans without its division, zero elsewhere; returns 1 / sum. */
static float row_softmax(float *score, uint32_t columns, const struct attention_span *span,
                         size_t spans, float scale)
{
    float maximum = kernel_maximum(score + span[0].column, span[0].count), sum = 0.0F;
    for (size_t i = 1; i < spans; i++) {
        float here = kernel_maximum(score + span[i].column, span[i].count);
        maximum = here > maximum ? here : maximum;
    }
    uint32_t done = 0;
    for (size_t i = 0; i < spans; i++) {
        memset(score + done, 0, (span[i].column - done) * sizeof *score);
        sum += kernel_softmax_exp(score + span[i].column, span[i].count, scale, maximum);
        done = span[i].column + span[i].count;
    }
    memset(score + done, 0, (columns - done) * sizeof *score);
    return 1.0F / sum;
}

/* One block and one key head. */
static void attend(const struct attention_task *task, const struct attention_block *block,
                   uint32_t kv_head)
{
    const struct attention_plan *plan = task->plan;
    const struct attention_keys *keys = plan->keys + block->keys;
    size_t group = task->heads / task->kv_heads, size = task->head_size;
    size_t rows = block->count * group, row_floats = group * size;
    float scale = 1.0F / sqrtf((float)task->head_size);
    for (uint32_t t = 0; t < block->count; t++) {
        memcpy(task->query + t * row_floats,
               task->q + (block->first + t) * task->q_stride + kv_head * row_floats,
               row_floats * sizeof(float));
    }
    for (uint32_t i = 0; i < block->key_runs; i++) {
        gemm_nt(rows, keys[i].count, size, task->query, size,
                task->k + keys[i].first * task->kv_stride + kv_head * size, task->kv_stride, 0.0F,
                task->score + keys[i].column, block->columns);
    }
    for (size_t r = 0; r < rows; r++) {
        size_t row = block->first + r / group, span = plan->row_span[row];
        task->inverse[r] = row_softmax(task->score + r * block->columns, block->columns,
                                       plan->span + span, plan->row_span[row + 1] - span, scale);
    }
    for (uint32_t i = 0; i < block->key_runs; i++) {
        gemm_nn(rows, size, keys[i].count, 1.0F, task->score + keys[i].column, block->columns,
                task->v + keys[i].first * task->kv_stride + kv_head * size, task->kv_stride,
                i == 0 ? 0.0F : 1.0F, task->result, size);
    }
    for (size_t r = 0; r < rows; r++) {
        size_t head = kv_head * group + r % group;
        kernel_scale_copy(task->out + (block->first + r / group) * task->out_stride + head * size,
                          task->result + r * size, task->inverse[r], size);
    }
}

void attention_run(const struct attention_task *task)
{
    for (size_t b = 0; b < task->plan->blocks; b++) {
        for (uint32_t h = 0; h < task->kv_heads; h++) {
            attend(task, &task->plan->block[b], h);
        }
    }
}
