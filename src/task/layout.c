/* task/layout: consecutive questions that begin with the same tokens (worked examples, a preamble)
 * form a group. What a group shares is a shard of its own, a prefix, whose keys and values the
 * group's other shards take; when one shard is enough for the group, it is computed in that. What
 * the choices of a question share is a segment, each choice's own tokens one behind it. A token
 * after which something is scored is never in a prefix, so that a prefix needs no output head. */
#include "layout_private.h"

#include "base/memory.h"

#include <string.h>

/* Tokens that a shard computes, about: enough for large products; of a small task fewer, so that
 * there are about so many shards for the threads to share. */
#define SHARD_TOKENS 600
#define SHARD_TOKENS_LEAST 150
#define SHARDS 8
/* Tokens that are worth one segment more for each question. */
#define PREFIX_LEAST 32

struct group {
    size_t first, questions;
    size_t prefix; /* tokens that all of them begin with; 0: nothing is shared */
};

/* ---- who begins alike ---- */

static size_t common_inputs(const struct questions *q, size_t a, size_t b, size_t most)
{
    const int32_t *one = q->token.id + q->question[a].first_token;
    const int32_t *other = q->token.id + q->question[b].first_token;
    size_t common = 0;
    while (common < most && one[common] == other[common])
        common++;
    return common;
}

/* Grows the group while that saves no fewer tokens than before: with n questions, (n - 1) times
 * the prefix. */
static struct group find_group(const struct questions *q, size_t first, enum task_sharing sharing)
{
    struct group group = {first, 1, q->question[first].unscored};
    for (size_t next = first + 1; sharing == SHARING_ALL && next < q->count; next++) {
        size_t most = q->question[next].unscored;
        size_t prefix = common_inputs(q, first, next, most < group.prefix ? most : group.prefix);
        if (prefix < PREFIX_LEAST ||
            group.questions * prefix < (group.questions - 1) * group.prefix)
            break;
        group.prefix = prefix;
        group.questions++;
    }
    if (group.questions == 1)
        group.prefix = 0;
    return group;
}

/* Tokens that the group computes besides its prefix. */
static size_t own_tokens(const struct questions *q, const struct group *group)
{
    size_t tokens = 0;
    for (size_t i = group->first; i < group->first + group->questions; i++) {
        const struct question *question = &q->question[i];
        tokens += question->shared - group->prefix;
        for (size_t c = 0; c < question->choices; c++)
            tokens += q->choice[question->first_choice + c].rest - 1;
    }
    return tokens;
}

/* ---- shards ---- */

static struct shard *last_shard(struct layout *layout)
{
    return &layout->shard[layout->shards - 1];
}

static enum status add_shard(struct layout *layout, size_t question, int32_t prefix,
                             struct error *error)
{
    enum status status = memory_reserve(&layout->shard, &layout->shard_capacity, layout->shards + 1,
                                        sizeof *layout->shard, error);
    if (status == STATUS_OK)
        layout->shard[layout->shards++] = (struct shard){.prefix = prefix,
                                                         .first_question = question,
                                                         .first_token = layout->token.count,
                                                         .first_segment = layout->segments,
                                                         .first_target = layout->targets};
    return status;
}

static enum status add_segment(struct layout *layout, int32_t parent, const int32_t *token,
                               size_t count, struct error *error)
{
    struct shard *shard = last_shard(layout);
    enum status status = memory_reserve(&layout->segment, &layout->segment_capacity,
                                        layout->segments + 1, sizeof *layout->segment, error);
    if (status == STATUS_OK)
        status = memory_reserve(&layout->token.id, &layout->token.capacity,
                                layout->token.count + count, sizeof *token, error);
    if (status != STATUS_OK)
        return status;
    layout->segment[layout->segments++] =
        (struct forward_segment){parent, (uint32_t)shard->tokens, (uint32_t)count};
    memcpy(layout->token.id + layout->token.count, token, count * sizeof *token);
    layout->token.count += count;
    shard->tokens += count;
    shard->segments++;
    return STATUS_OK;
}

static enum status add_target(struct layout *layout, size_t row, int32_t token, size_t choice,
                              struct error *error)
{
    enum status status = memory_reserve(&layout->target, &layout->target_capacity,
                                        layout->targets + 1, sizeof *layout->target, error);
    if (status == STATUS_OK)
        status = memory_reserve(&layout->target_choice, &layout->choice_capacity,
                                layout->targets + 1, sizeof *layout->target_choice, error);
    if (status != STATUS_OK)
        return status;
    layout->target[layout->targets] = (struct forward_target){(uint32_t)row, token};
    layout->target_choice[layout->targets++] = (uint32_t)choice;
    last_shard(layout)->targets++;
    return STATUS_OK;
}

/* ---- questions ---- */

/* Targets on the shared rows, row by row; the first of them in the batch is `base`, of the question
 * `from`. */
static enum status add_shared_targets(struct layout *layout, const struct questions *q,
                                      const struct question *question, size_t base, size_t from,
                                      struct error *error)
{
    const int32_t *shared = q->token.id + question->first_token;
    enum status status = STATUS_OK;
    for (size_t row = question->unscored; row < question->shared; row++) {
        const int32_t *rest = shared + question->shared;
        for (size_t c = 0; status == STATUS_OK && c < question->choices; c++) {
            const struct choice_tokens *own = &q->choice[question->first_choice + c];
            if (row + 1 + own->scored >= question->shared + own->rest)
                status = add_target(layout, base + row - from,
                                    row + 1 < question->shared ? shared[row + 1] : *rest,
                                    question->first_choice + c, error);
            rest += own->rest;
        }
    }
    return status;
}

/* A choice's own inputs and the targets on them. */
static enum status add_choice(struct layout *layout, int32_t parent, const int32_t *rest,
                              const struct choice_tokens *own, size_t choice, struct error *error)
{
    size_t base = last_shard(layout)->tokens;
    if (own->rest == 1)
        return STATUS_OK;
    enum status status = add_segment(layout, parent, rest, own->rest - 1, error);
    for (size_t row = 0; status == STATUS_OK && row + 1 < own->rest; row++)
        if (row + 1 + own->scored >= own->rest)
            status = add_target(layout, base + row, rest[row + 1], choice, error);
    return status;
}

/* Lays out one question in the last shard, behind the segment `parent` (-1: none) that holds its
 * first `prefix` tokens. Targets come out sorted by row. */
static enum status add_question(struct layout *layout, const struct questions *q, size_t index,
                                int32_t parent, size_t prefix, struct error *error)
{
    const struct question *question = &q->question[index];
    const int32_t *token = q->token.id + question->first_token;
    struct shard *shard = last_shard(layout);
    size_t base = shard->tokens;
    enum status status = STATUS_OK;
    if (question->shared > prefix) {
        int32_t above = parent;
        parent = (int32_t)shard->segments;
        status = add_segment(layout, above, token + prefix, question->shared - prefix, error);
    }
    if (status == STATUS_OK)
        status = add_shared_targets(layout, q, question, base, prefix, error);
    token += question->shared;
    for (size_t c = 0; status == STATUS_OK && c < question->choices; c++) {
        size_t choice = question->first_choice + c;
        status = add_choice(layout, parent, token, &q->choice[choice], choice, error);
        token += q->choice[choice].rest;
    }
    shard->questions++;
    return status;
}

/* ---- groups ---- */

/* A group that one shard is enough for goes on in the last shard while that has room; its prefix is
 * a segment among others. */
static enum status add_small_group(struct layout *layout, const struct questions *q,
                                   const struct group *group, struct error *error)
{
    const struct shard *shard = layout->shards > 0 ? last_shard(layout) : NULL;
    int32_t parent = -1;
    enum status status = STATUS_OK;
    if (shard == NULL || shard->prefix >= 0 || shard->tokens >= layout->shard_tokens)
        status = add_shard(layout, group->first, -1, error);
    if (status == STATUS_OK && group->prefix > 0) {
        parent = (int32_t)last_shard(layout)->segments;
        status = add_segment(layout, -1, q->token.id + q->question[group->first].first_token,
                             group->prefix, error);
    }
    for (size_t i = 0; status == STATUS_OK && i < group->questions; i++)
        status = add_question(layout, q, group->first + i, parent, group->prefix, error);
    return status;
}

/* A shard that takes the first tokens of the group from the shard `prefix`; -1: that shard. */
static enum status begin_shard(struct layout *layout, const struct questions *q,
                               const struct group *group, size_t question, int32_t prefix,
                               struct error *error)
{
    const int32_t *token = q->token.id + q->question[group->first].first_token;
    enum status status = add_shard(layout, question, prefix, error);
    if (status == STATUS_OK && prefix >= 0)
        last_shard(layout)->known = (uint32_t)group->prefix;
    return status == STATUS_OK ? add_segment(layout, -1, token, group->prefix, error) : status;
}

/* The prefix, then shards that compute `size` tokens, or more by less than a question. */
static enum status add_large_group(struct layout *layout, const struct questions *q,
                                   const struct group *group, size_t size, struct error *error)
{
    int32_t prefix = (int32_t)layout->shards;
    enum status status = begin_shard(layout, q, group, group->first, -1, error);
    for (size_t i = group->first; status == STATUS_OK && i < group->first + group->questions; i++) {
        const struct shard *shard = last_shard(layout);
        if (shard->prefix < 0 || shard->tokens - shard->known >= size)
            status = begin_shard(layout, q, group, i, prefix, error);
        if (status == STATUS_OK)
            status = add_question(layout, q, i, 0, group->prefix, error);
    }
    return status;
}

enum status layout_make(struct layout *layout, const struct questions *q, enum task_sharing sharing,
                        struct error *error)
{
    struct group group;
    enum status status = STATUS_OK;
    size_t all = 0;
    for (size_t i = 0; i < q->count; i += group.questions) {
        group = find_group(q, i, sharing);
        all += group.prefix + own_tokens(q, &group);
    }
    layout->shard_tokens = all / SHARDS < SHARD_TOKENS_LEAST ? SHARD_TOKENS_LEAST : all / SHARDS;
    if (layout->shard_tokens > SHARD_TOKENS)
        layout->shard_tokens = SHARD_TOKENS;
    for (size_t i = 0; status == STATUS_OK && i < q->count; i += group.questions) {
        group = find_group(q, i, sharing);
        size_t tokens = own_tokens(q, &group);
        size_t shards = (tokens + layout->shard_tokens / 2) / layout->shard_tokens;
        if (group.prefix > 0 && shards > 1)
            status = add_large_group(layout, q, &group, (tokens + shards - 1) / shards, error);
        else
            status = add_small_group(layout, q, &group, error);
    }
    return status;
}

void layout_release(struct layout *layout)
{
    token_list_release(&layout->token);
    memory_free(layout->segment);
    memory_free(layout->target);
    memory_free(layout->target_choice);
    memory_free(layout->shard);
    *layout = (struct layout){0};
}
