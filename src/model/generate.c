/* model/generate: one text, continued. Invariant: the logits are those behind the last token that
 * was fed, and what is fed is the prompt and all tokens made but the last. */
#include "model/generate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"

#include <inttypes.h>
#include <math.h>

#define READ_TOKENS 64U /* of the prompt in one step: who wants to stop waits for no more */

struct generation {
    struct generation_options options;
    struct forward_session *session; /* owned */
    float *logits;                   /* [vocabulary], owned */
    uint32_t vocabulary;
    struct buf text;
    struct rng rng;
    uint32_t read, made, wanted, passes;
    double seconds;
    enum generation_end end;
};

static int32_t likeliest(const float *logits, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (logits[i] > logits[best])
            best = i;
    return (int32_t)best;
}

/* One token from softmax(logits / temperature). */
static int32_t draw(struct generation *g)
{
    const float *logits = g->logits;
    double temperature = g->options.temperature;
    int32_t top = likeliest(logits, g->vocabulary);
    if (temperature <= 0)
        return top;
    double sum = 0, most = (double)logits[top];
    for (uint32_t i = 0; i < g->vocabulary; i++)
        sum += exp(((double)logits[i] - most) / temperature);
    double left = rng_uniform(&g->rng) * sum;
    for (uint32_t i = 0; i < g->vocabulary; i++) {
        left -= exp(((double)logits[i] - most) / temperature);
        if (left < 0)
            return (int32_t)i;
    }
    return top;
}

enum status generation_new(const struct subnet *subnet, const struct generation_options *options,
                           struct generation **generation, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(subnet->supernet);
    size_t prompt = options->prompt->count;
    *generation = NULL;
    if (prompt >= shape->context)
        return error_set(error, STATUS_INVALID,
                         "the prompt has %zu tokens, the model's context is %" PRIu32, prompt,
                         shape->context);
    struct generation *g = memory_new(1, sizeof *g, error);
    if (g == NULL)
        return STATUS_MEMORY;
    uint32_t room = shape->context - (uint32_t)prompt;
    g->options = *options;
    g->vocabulary = shape->vocabulary;
    g->wanted = options->tokens < room ? options->tokens : room;
    buf_init(&g->text);
    rng_init(&g->rng, options->seed, "generate", 0);
    g->logits = memory_new(shape->vocabulary, sizeof *g->logits, error);
    enum status status =
        g->logits != NULL
            ? forward_session_new(subnet, (uint32_t)prompt + g->wanted, &g->session, error)
            : STATUS_MEMORY;
    if (status != STATUS_OK) {
        generation_free(g);
        return status;
    }
    forward_session_observe(g->session, options->observer);
    *generation = g;
    return STATUS_OK;
}

void generation_free(struct generation *g)
{
    if (g == NULL)
        return;
    forward_session_free(g->session);
    memory_free(g->logits);
    buf_release(&g->text);
    memory_free(g);
}

static enum status read_some(struct generation *g, struct error *error)
{
    uint32_t left = (uint32_t)g->options.prompt->count - g->read;
    uint32_t some = left < READ_TOKENS ? left : READ_TOKENS;
    enum status status =
        forward_session_feed(g->session, g->options.prompt->id + g->read, some, g->logits, error);
    g->read += status == STATUS_OK ? some : 0;
    return status;
}

static enum status make_one(struct generation *g, struct error *error)
{
    int32_t token = draw(g);
    if (token == tokenizer_eos(g->options.tokenizer) || token == g->options.end) {
        g->end = GENERATION_END_OF_TEXT;
        return STATUS_OK;
    }
    enum status status = tokenizer_decode(g->options.tokenizer, token, false, &g->text, error);
    if (status != STATUS_OK)
        return status;
    g->made++;
    if (g->made < g->wanted) {
        double start = clock_seconds();
        status = forward_session_feed(g->session, &token, 1, g->logits, error);
        g->seconds += clock_seconds() - start;
        g->passes += status == STATUS_OK;
    } else {
        g->end = g->wanted < g->options.tokens ? GENERATION_FULL : GENERATION_ENOUGH;
    }
    return status;
}

enum status generation_step(struct generation *g, struct error *error)
{
    if (g->end != GENERATION_GOES_ON)
        return STATUS_OK;
    return g->read < g->options.prompt->count ? read_some(g, error) : make_one(g, error);
}

enum generation_end generation_end(const struct generation *g)
{
    return g->end;
}

const struct buf *generation_text(const struct generation *g)
{
    return &g->text;
}

uint32_t generation_read(const struct generation *g)
{
    return g->read;
}

uint32_t generation_made(const struct generation *g)
{
    return g->made;
}

uint32_t generation_wanted(const struct generation *g)
{
    return g->wanted;
}

double generation_seconds(const struct generation *g, uint32_t *passes)
{
    *passes = g->passes;
    return g->seconds;
}

uint64_t generation_memory(const struct subnet *subnet, uint32_t tokens)
{
    uint64_t row = 0;
    for (uint32_t l = 0; l < subnet->layers; l++)
        row += 2 * (uint64_t)subnet->layer[l].k.rows * sizeof(float);
    return row * tokens;
}
