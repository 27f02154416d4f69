/* Multiple choice by log-likelihood as lm-evaluation-harness does it: context and continuation are
 * tokenised together; the sum of the continuation's log-probabilities is the score. Everything is
 * laid out when the task is prepared (layout.c), so that scoring only runs and adds up. */
#include "task/score.h"

#include "base/memory.h"
#include "layout_private.h"
#include "loader_private.h"

#include <string.h>

struct prepared_task {
    const struct task *task;
    struct prepare_options options;
    int32_t empty_prefix; /* token that an empty context begins with */
    size_t *choice_offset;
    size_t choices, truncated;
    struct choice_result *blank; /* [choices], tokens and characters set */
    struct layout layout;
};

/* Tokens of one choice: context and continuation. */
struct sequence {
    struct token_list token;
    size_t context; /* its first tokens */
    size_t scored;  /* its last tokens */
};

static uint32_t code_points(const char *text)
{
    uint32_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* Appends `count` tokens. */
static enum status append(struct token_list *list, const int32_t *token, size_t count,
                          struct error *error)
{
    enum status status =
        memory_reserve(&list->id, &list->capacity, list->count + count, sizeof *token, error);
    if (status == STATUS_OK && count > 0)
        memcpy(list->id + list->count, token, count * sizeof *token);
    list->count += status == STATUS_OK ? count : 0;
    return status;
}

/* The context's tokens, into the sequence: those of the choice before when it has the same. */
static enum status tokenise_context(const struct tokenizer *tokenizer, const char *text,
                                    size_t length, const struct sequence *same,
                                    struct sequence *sequence, struct error *error)
{
    enum status status =
        same != NULL
            ? append(&sequence->token, same->token.id, same->context, error)
            : tokenizer_encode(tokenizer, text, length, true, true, &sequence->token, error);
    sequence->context = sequence->token.count;
    return status;
}

/* Context and continuation; trailing blanks of the context move over, as the harness does. */
static enum status tokenise(const struct prepared_task *p, const struct tokenizer *tokenizer,
                            const struct item *item, uint32_t choice, struct sequence *sequence,
                            struct error *error)
{
    struct buf whole;
    struct token_list joint = {0};
    struct sequence *own = &sequence[choice];
    bool ends = item->context_end != NULL;
    buf_init(&whole);
    enum status status =
        buf_printf(&whole, error, "%s%s", item->context, ends ? item->context_end[choice] : "");
    size_t context = status == STATUS_OK ? python_rstrip(whole.data, whole.length) : 0;
    if (status == STATUS_OK)
        status = buf_printf(&whole, error, "%s", item->continuation[choice]);
    if (status == STATUS_OK)
        status = tokenise_context(tokenizer, whole.data, context,
                                  choice > 0 && !ends ? &sequence[0] : NULL, own, error);
    if (status == STATUS_OK)
        status = tokenizer_encode(tokenizer, whole.data, whole.length, true, true, &joint, error);
    size_t prefix = own->context;
    if (status == STATUS_OK && prefix == 0 && p->empty_prefix >= 0)
        status = append(&own->token, &p->empty_prefix, 1, error);
    own->scored = joint.count > prefix ? joint.count - prefix : 0;
    if (status == STATUS_OK && own->scored > 0)
        status = append(&own->token, joint.id + prefix, own->scored, error);
    if (status == STATUS_OK && (own->scored == 0 || own->token.count < 2))
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

/* Puts the sequences into the question: what they share once, then each one's rest. */
static enum status add_sequences(struct questions *q, struct question *question,
                                 const struct sequence *sequence, enum task_sharing sharing,
                                 struct error *error)
{
    uint32_t choices = (uint32_t)question->choices;
    size_t shared = sharing == SHARING_NONE ? 0 : shared_inputs(sequence, choices);
    enum status status = append(&q->token, sequence[0].token.id, shared, error);
    question->shared = question->unscored = shared;
    for (uint32_t c = 0; status == STATUS_OK && c < choices; c++) {
        const struct sequence *s = &sequence[c];
        size_t count = s->token.count, unscored = count - s->scored;
        unscored -= unscored > 0; /* the last of them is scored upon */
        if (unscored < question->unscored)
            question->unscored = unscored;
        q->choice[question->first_choice + c] = (struct choice_tokens){count - shared, s->scored};
        status = append(&q->token, s->token.id + shared, count - shared, error);
    }
    return status;
}

static enum status prepare_item(struct prepared_task *p, const struct tokenizer *tokenizer,
                                size_t index, struct questions *q, struct error *error)
{
    const struct item *item = &p->task->item[index];
    struct question *question = &q->question[index];
    struct sequence *sequence = memory_new(item->choices, sizeof *sequence, error);
    enum status status = sequence != NULL ? STATUS_OK : STATUS_MEMORY;
    *question = (struct question){.first_token = q->token.count,
                                  .first_choice = p->choice_offset[index],
                                  .choices = item->choices};
    for (uint32_t c = 0; status == STATUS_OK && c < item->choices; c++)
        status = tokenise(p, tokenizer, item, c, sequence, error);
    bool cut = false;
    for (uint32_t c = 0; status == STATUS_OK && c < item->choices; c++) {
        const char *text = item->continuation[c];
        cut = cut_left(&sequence[c], p->options.context) || cut;
        p->blank[question->first_choice + c] = (struct choice_result){
            0, (uint32_t)sequence[c].scored, code_points(text + (*text == ' '))};
    }
    p->truncated += cut;
    if (status == STATUS_OK)
        status = add_sequences(q, question, sequence, p->options.sharing, error);
    for (uint32_t c = 0; sequence != NULL && c < item->choices; c++)
        token_list_release(&sequence[c].token);
    memory_free(sequence);
    return status;
}

/* Tokens of all items, then the batches made of them. */
static enum status prepare_items(struct prepared_task *p, const struct tokenizer *tokenizer,
                                 struct error *error)
{
    const struct task *task = p->task;
    struct questions q = {.count = task->items};
    p->choice_offset = memory_new(task->items + 1, sizeof *p->choice_offset, error);
    for (size_t i = 0; p->choice_offset != NULL && i < task->items; i++)
        p->choice_offset[i + 1] = p->choices += task->item[i].choices;
    p->blank = memory_new(p->choices, sizeof *p->blank, error);
    q.question = memory_new(task->items, sizeof *q.question, error);
    q.choice = memory_new(p->choices, sizeof *q.choice, error);
    bool enough =
        p->choice_offset != NULL && p->blank != NULL && q.question != NULL && q.choice != NULL;
    enum status status = enough ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < task->items; i++)
        status = prepare_item(p, tokenizer, i, &q, error);
    if (status == STATUS_OK)
        status = layout_make(&p->layout, &q, p->options.sharing, error);
    token_list_release(&q.token);
    memory_free(q.question);
    memory_free(q.choice);
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
    enum status status = prepare_items(p, tokenizer, error);
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
    layout_release(&p->layout);
    memory_free(p);
}

const struct task *prepared_task_items(const struct prepared_task *prepared)
{
    return prepared->task;
}

size_t prepared_task_shards(const struct prepared_task *prepared)
{
    return prepared->layout.shards;
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
    uint64_t tokens = 0;
    for (size_t i = 0; i < prepared->layout.shards; i++)
        tokens += prepared->layout.shard[i].tokens - prepared->layout.shard[i].known;
    return tokens;
}

size_t prepared_task_truncated(const struct prepared_task *prepared)
{
    return prepared->truncated;
}

void prepared_task_shard(const struct prepared_task *p, size_t index, struct forward_batch *batch,
                         int32_t *prefix)
{
    const struct shard *shard = &p->layout.shard[index];
    *batch = (struct forward_batch){
        .token = p->layout.token.id + shard->first_token,
        .tokens = (uint32_t)shard->tokens,
        .segment = p->layout.segment + shard->first_segment,
        .segments = (uint32_t)shard->segments,
        .target = p->layout.target + shard->first_target,
        .targets = (uint32_t)shard->targets,
        .known = shard->known,
    };
    *prefix = shard->prefix;
}

void prepared_task_take(const struct prepared_task *p, size_t index, const float *loglik,
                        struct choice_result *results)
{
    const struct shard *shard = &p->layout.shard[index];
    size_t first = p->choice_offset[shard->first_question];
    size_t end = p->choice_offset[shard->first_question + shard->questions];
    const uint32_t *choice = p->layout.target_choice + shard->first_target;
    memcpy(results + first, p->blank + first, (end - first) * sizeof *results);
    for (size_t i = 0; i < shard->targets; i++)
        results[choice[i]].loglik += (double)loglik[i];
}
