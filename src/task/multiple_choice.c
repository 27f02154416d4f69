/* Multiple choice by log-likelihood as lm-evaluation-harness does it: context and continuation are
 * tokenised together; the sum of the continuation's log-probabilities is the score. What the
 * choices of a question share is computed once, as a parent segment; shards are fixed slices of
 * whole items. Everything is laid out when the task is prepared, so that scoring only runs and adds
 * up. */
#include "task/score.h"

#include "base/memory.h"
#include "loader_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHARD_TOKENS 600 /* enough rows for large products, few enough for many shards */

struct shard {
    size_t first_item, items;
    size_t first_token, tokens;
    size_t first_segment, segments;
    size_t first_target, targets;
};

struct prepared_task {
    const struct task *task;
    struct prepare_options options;
    int32_t empty_prefix; /* token that an empty context begins with */
    size_t *choice_offset;
    size_t choices, truncated;
    struct choice_result *blank; /* [choices], tokens and characters set */
    /* batches of all shards, one after the other */
    struct token_list token;
    struct forward_segment *segment;
    size_t segments, segment_capacity;
    struct forward_target *target;
    uint32_t *target_choice; /* [targets], over all items */
    size_t targets, target_capacity, choice_capacity;
    struct shard *shard;
    size_t shards, shard_capacity;
};

/* Tokens of one choice: context and continuation. */
struct sequence {
    struct token_list token;
    size_t scored; /* last tokens */
};

static uint32_t code_points(const char *text)
{
    uint32_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* Context and continuation; trailing blanks of the context move over, as the harness does. */
static enum status tokenise(const struct prepared_task *p, const struct tokenizer *tokenizer,
                            const struct item *item, uint32_t choice, struct sequence *sequence,
                            struct error *error)
{
    struct buf whole;
    struct token_list joint = {0};
    buf_init(&whole);
    enum status status = buf_printf(&whole, error, "%s%s", item->context,
                                    item->context_end != NULL ? item->context_end[choice] : "");
    size_t context = status == STATUS_OK ? python_rstrip(whole.data, whole.length) : 0;
    if (status == STATUS_OK)
        status = buf_printf(&whole, error, "%s", item->continuation[choice]);
    sequence->token.count = 0;
    if (status == STATUS_OK)
        status =
            tokenizer_encode(tokenizer, whole.data, context, true, true, &sequence->token, error);
    if (status == STATUS_OK)
        status = tokenizer_encode(tokenizer, whole.data, whole.length, true, true, &joint, error);
    size_t prefix = sequence->token.count;
    if (status == STATUS_OK && prefix == 0 && p->empty_prefix >= 0)
        status = memory_reserve(&sequence->token.id, &sequence->token.capacity, 1, sizeof(int32_t),
                                error);
    if (status == STATUS_OK && prefix == 0 && p->empty_prefix >= 0)
        sequence->token.id[sequence->token.count++] = p->empty_prefix;
    sequence->scored = joint.count > prefix ? joint.count - prefix : 0;
    if (status == STATUS_OK)
        status = memory_reserve(&sequence->token.id, &sequence->token.capacity,
                                sequence->token.count + sequence->scored, sizeof(int32_t), error);
    for (size_t i = 0; status == STATUS_OK && i < sequence->scored; i++)
        sequence->token.id[sequence->token.count++] = joint.id[prefix + i];
    if (status == STATUS_OK && (sequence->scored == 0 || sequence->token.count < 2))
        status =
            error_set(error, STATUS_INVALID, "%s: a choice of question \"%.60s\" has no tokens",
                      p->task->name, item->context);
    token_list_release(&joint);
    buf_release(&whole);
    return status;
}

/* Cut on the left to context + 1 tokens, the last of which is only predicted. */
static bool cut_left(struct sequence *sequence, uint32_t context)
{
    size_t most = (size_t)context + 1, count = sequence->token.count;
    if (count <= most)
        return false;
    memmove(sequence->token.id, sequence->token.id + (count - most), most * sizeof(int32_t));
    sequence->token.count = most;
    if (sequence->scored > most - 1)
        sequence->scored = most - 1;
    return true;
}

/* Inputs (all tokens but the last) that every sequence begins with. */
static size_t shared_inputs(const struct sequence *sequence, uint32_t choices)
{
    size_t shared = sequence[0].token.count - 1;
    for (uint32_t c = 1; c < choices; c++) {
        size_t most = sequence[c].token.count - 1;
        shared = shared < most ? shared : most;
        for (size_t i = 0; i < shared; i++)
            if (sequence[c].token.id[i] != sequence[0].token.id[i])
                shared = i;
    }
    return shared;
}

static enum status add_segment(struct prepared_task *p, const struct shard *shard, int32_t parent,
                               const int32_t *token, size_t count, struct error *error)
{
    enum status status = memory_reserve(&p->segment, &p->segment_capacity, p->segments + 1,
                                        sizeof *p->segment, error);
    if (status == STATUS_OK)
        status = memory_reserve(&p->token.id, &p->token.capacity, p->token.count + count,
                                sizeof *p->token.id, error);
    if (status != STATUS_OK)
        return status;
    p->segment[p->segments++] = (struct forward_segment){
        parent, (uint32_t)(p->token.count - shard->first_token), (uint32_t)count};
    memcpy(p->token.id + p->token.count, token, count * sizeof *token);
    p->token.count += count;
    return STATUS_OK;
}

static enum status add_target(struct prepared_task *p, size_t row, int32_t token, size_t choice,
                              struct error *error)
{
    enum status status =
        memory_reserve(&p->target, &p->target_capacity, p->targets + 1, sizeof *p->target, error);
    if (status == STATUS_OK)
        status = memory_reserve(&p->target_choice, &p->choice_capacity, p->targets + 1,
                                sizeof *p->target_choice, error);
    if (status != STATUS_OK)
        return status;
    p->target[p->targets] = (struct forward_target){(uint32_t)row, token};
    p->target_choice[p->targets++] = (uint32_t)choice;
    return STATUS_OK;
}

/* Lays out one item in the current shard: the shared inputs, then each choice's own ones. Targets
 * come out sorted by row: first those that shared rows predict, row by row, then those of each
 * choice. */
static enum status lay_out(struct prepared_task *p, struct shard *shard, size_t item,
                           const struct sequence *sequence, struct error *error)
{
    uint32_t choices = p->task->item[item].choices;
    bool share = p->options.sharing != SHARING_NONE;
    size_t shared = share ? shared_inputs(sequence, choices) : 0, offset = p->choice_offset[item];
    size_t base = p->token.count - shard->first_token;
    int32_t parent = -1;
    enum status status = STATUS_OK;
    if (shared > 0) {
        parent = (int32_t)(p->segments - shard->first_segment);
        status = add_segment(p, shard, -1, sequence[0].token.id, shared, error);
    }
    for (size_t row = 0; status == STATUS_OK && row < shared; row++)
        for (uint32_t c = 0; status == STATUS_OK && c < choices; c++) {
            const struct sequence *s = &sequence[c];
            if (row + 1 >= s->token.count - s->scored)
                status = add_target(p, base + row, s->token.id[row + 1], offset + c, error);
        }
    for (uint32_t c = 0; status == STATUS_OK && c < choices; c++) {
        const struct sequence *s = &sequence[c];
        size_t inputs = s->token.count - 1, start = p->token.count - shard->first_token;
        if (inputs > shared)
            status = add_segment(p, shard, parent, s->token.id + shared, inputs - shared, error);
        for (size_t row = shared; status == STATUS_OK && row < inputs; row++)
            if (row + 1 >= s->token.count - s->scored)
                status =
                    add_target(p, start + row - shared, s->token.id[row + 1], offset + c, error);
    }
    shard->items++;
    shard->tokens = p->token.count - shard->first_token;
    shard->segments = p->segments - shard->first_segment;
    shard->targets = p->targets - shard->first_target;
    return status;
}

static enum status next_shard(struct prepared_task *p, size_t item, struct error *error)
{
    enum status status =
        memory_reserve(&p->shard, &p->shard_capacity, p->shards + 1, sizeof *p->shard, error);
    if (status == STATUS_OK)
        p->shard[p->shards++] = (struct shard){.first_item = item,
                                               .first_token = p->token.count,
                                               .first_segment = p->segments,
                                               .first_target = p->targets};
    return status;
}

static enum status prepare_item(struct prepared_task *p, const struct tokenizer *tokenizer,
                                size_t index, struct error *error)
{
    const struct item *item = &p->task->item[index];
    struct sequence *sequence = memory_new(item->choices, sizeof *sequence, error);
    enum status status = sequence != NULL ? STATUS_OK : STATUS_MEMORY;
    bool cut = false;
    for (uint32_t c = 0; status == STATUS_OK && c < item->choices; c++) {
        status = tokenise(p, tokenizer, item, c, &sequence[c], error);
        if (status != STATUS_OK)
            break;
        cut = cut_left(&sequence[c], p->options.context) || cut;
        const char *text = item->continuation[c];
        p->blank[p->choice_offset[index] + c] = (struct choice_result){
            0, (uint32_t)sequence[c].scored, code_points(text + (*text == ' '))};
    }
    p->truncated += cut;
    if (status == STATUS_OK && (p->shards == 0 || p->shard[p->shards - 1].tokens >= SHARD_TOKENS))
        status = next_shard(p, index, error);
    if (status == STATUS_OK)
        status = lay_out(p, &p->shard[p->shards - 1], index, sequence, error);
    for (uint32_t c = 0; sequence != NULL && c < item->choices; c++)
        token_list_release(&sequence[c].token);
    memory_free(sequence);
    return status;
}

enum status prepared_task_new(const struct task *task, const struct tokenizer *tokenizer,
                              const struct prepare_options *options,
                              struct prepared_task **prepared, struct error *error)
{
    struct prepared_task *p = memory_new(1, sizeof *p, error);
    *prepared = NULL;
    if (p == NULL)
        return STATUS_MEMORY;
    p->task = task;
    p->options = *options;
    p->empty_prefix =
        tokenizer_bos(tokenizer) >= 0 ? tokenizer_bos(tokenizer) : tokenizer_eos(tokenizer);
    p->choice_offset = memory_new(task->items + 1, sizeof *p->choice_offset, error);
    for (size_t i = 0; p->choice_offset != NULL && i < task->items; i++)
        p->choice_offset[i + 1] = p->choices += task->item[i].choices;
    p->blank = memory_new(p->choices, sizeof *p->blank, error);
    enum status status = p->choice_offset != NULL && p->blank != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < task->items; i++)
        status = prepare_item(p, tokenizer, i, error);
    if (status != STATUS_OK) {
        prepared_task_free(p);
        return status;
    }
    *prepared = p;
    return STATUS_OK;
}

void prepared_task_free(struct prepared_task *p)
{
    if (p == NULL)
        return;
    memory_free(p->choice_offset);
    memory_free(p->blank);
    token_list_release(&p->token);
    memory_free(p->segment);
    memory_free(p->target);
    memory_free(p->target_choice);
    memory_free(p->shard);
    memory_free(p);
}

const struct task *prepared_task_items(const struct prepared_task *prepared)
{
    return prepared->task;
}

size_t prepared_task_shards(const struct prepared_task *prepared)
{
    return prepared->shards;
}

size_t prepared_task_choices(const struct prepared_task *prepared)
{
    return prepared->choices;
}

size_t prepared_task_choice_offset(const struct prepared_task *prepared, size_t item)
{
    return prepared->choice_offset[item];
}

uint64_t prepared_task_tokens(const struct prepared_task *prepared)
{
    return prepared->token.count;
}

size_t prepared_task_truncated(const struct prepared_task *prepared)
{
    return prepared->truncated;
}

void prepared_task_shard(const struct prepared_task *p, size_t index, struct forward_batch *batch,
                         int32_t *prefix)
{
    const struct shard *shard = &p->shard[index];
    *batch = (struct forward_batch){
        .token = p->token.id + shard->first_token,
        .tokens = (uint32_t)shard->tokens,
        .segment = p->segment + shard->first_segment,
        .segments = (uint32_t)shard->segments,
        .target = p->target + shard->first_target,
        .targets = (uint32_t)shard->targets,
    };
    *prefix = -1;
}

void prepared_task_take(const struct prepared_task *p, size_t index, const float *loglik,
                        struct choice_result *results)
{
    const struct shard *shard = &p->shard[index];
    size_t first = p->choice_offset[shard->first_item];
    size_t end = p->choice_offset[shard->first_item + shard->items];
    memcpy(results + first, p->blank + first, (end - first) * sizeof *results);
    for (size_t i = 0; i < shard->targets; i++)
        results[p->target_choice[shard->first_target + i]].loglik += (double)loglik[i];
}

enum status prepared_task_score(const struct prepared_task *p, size_t index,
                                const struct subnet *subnet, struct forward_scratch *scratch,
                                struct choice_result *results, struct error *error)
{
    struct forward_batch batch;
    int32_t prefix;
    prepared_task_shard(p, index, &batch, &prefix);
    float *loglik = memory_new(batch.targets, sizeof *loglik, error);
    if (loglik == NULL)
        return STATUS_MEMORY;
    enum status status = forward_score(subnet, scratch, &batch, loglik, error);
    if (status == STATUS_OK)
        prepared_task_take(p, index, loglik, results);
    memory_free(loglik);
    return status;
}
