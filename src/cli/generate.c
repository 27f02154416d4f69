/* `paretop generate`: continues a prompt, token by token, on standard output. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/rng.h"
#include "cli/commands.h"
#include "cli/loaded.h"
#include "cli/report.h"
#include "model/forward.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_TOKENS 128

struct generation {
    struct loaded loaded;
    struct subnet *subnet;
    struct forward_session *session;
    struct token_list prompt;
    float *logits;   /* [vocabulary] */
    struct buf text; /* generated so far */
    uint32_t wanted, made;
    double temperature, seconds;
    struct rng rng;
    bool stream, began;
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
static int32_t draw(struct generation *g, uint32_t count)
{
    const float *logits = g->logits;
    int32_t top = likeliest(logits, count);
    if (g->temperature <= 0)
        return top;
    double sum = 0, most = (double)logits[top];
    for (uint32_t i = 0; i < count; i++)
        sum += exp(((double)logits[i] - most) / g->temperature);
    double left = rng_uniform(&g->rng) * sum;
    for (uint32_t i = 0; i < count; i++) {
        left -= exp(((double)logits[i] - most) / g->temperature);
        if (left < 0)
            return (int32_t)i;
    }
    return top;
}

static enum status prepare(const struct options *options, struct generation *g, struct error *error)
{
    const char *prompt = options->argument[1];
    const struct arch_shape *shape = supernet_shape(g->loaded.supernet);
    enum status status = tokenizer_encode(g->loaded.tokenizer, prompt, strlen(prompt), true, true,
                                          &g->prompt, error);
    if (status != STATUS_OK)
        return status;
    if (g->prompt.count == 0)
        return error_set(error, STATUS_INVALID, "the prompt is empty");
    if (g->prompt.count >= shape->context)
        return error_set(error, STATUS_INVALID,
                         "the prompt has %zu tokens, the model's context is %" PRIu32,
                         g->prompt.count, shape->context);
    uint32_t room = shape->context - (uint32_t)g->prompt.count;
    g->wanted = (uint32_t)option_integer(options, OPTION_TOKENS, DEFAULT_TOKENS);
    if (g->wanted > room) {
        if (option_given(options, OPTION_TOKENS))
            report_note(options, "the model's context has room for %" PRIu32 " tokens only", room);
        g->wanted = room;
    }
    if ((status = loaded_order(options, &g->loaded, error)) != STATUS_OK ||
        (status = subnet_new_precision(g->loaded.supernet, &g->loaded.code, &g->loaded.weights,
                                       g->loaded.precision, &g->subnet, error)) != STATUS_OK ||
        (status = forward_session_new(g->subnet, (uint32_t)g->prompt.count + g->wanted, &g->session,
                                      error)) != STATUS_OK)
        return status;
    g->logits = memory_new(shape->vocabulary, sizeof *g->logits, error);
    return g->logits != NULL ? STATUS_OK : STATUS_MEMORY;
}

/* Appends the token's text; prints what is new when streaming. */
static enum status say(struct generation *g, int32_t token, struct error *error)
{
    size_t before = g->text.length;
    enum status status = tokenizer_decode(g->loaded.tokenizer, token, false, &g->text, error);
    if (status != STATUS_OK || !g->stream || g->text.length == before)
        return status;
    fwrite(g->text.data + before, 1, g->text.length - before, stdout);
    if (fflush(stdout) != 0)
        return error_errno(error, "cannot write", "standard output");
    return STATUS_OK;
}

static enum status generate(struct generation *g, struct error *error)
{
    uint32_t vocabulary = supernet_shape(g->loaded.supernet)->vocabulary;
    double start = clock_seconds();
    g->began = true;
    enum status status =
        forward_session_feed(g->session, g->prompt.id, (uint32_t)g->prompt.count, g->logits, error);
    while (status == STATUS_OK && g->made < g->wanted) {
        int32_t token = draw(g, vocabulary);
        if (token == tokenizer_eos(g->loaded.tokenizer))
            break;
        g->made++;
        status = say(g, token, error);
        if (status == STATUS_OK && g->made < g->wanted)
            status = forward_session_feed(g->session, &token, 1, g->logits, error);
    }
    g->seconds = clock_seconds() - start;
    if (g->stream && g->made > 0)
        putchar('\n');
    return status;
}

static void release(struct generation *g)
{
    forward_session_free(g->session);
    subnet_free(g->subnet);
    token_list_release(&g->prompt);
    memory_free(g->logits);
    buf_release(&g->text);
    loaded_close(&g->loaded);
}

int command_generate(const struct options *options)
{
    struct generation g = {.stream = !option_given(options, OPTION_JSON)};
    struct error error = {0};
    int result = EXIT_DONE;
    g.temperature = options->value[OPTION_TEMPERATURE].number;
    rng_init(&g.rng, (uint64_t)option_integer(options, OPTION_SEED, 0), "generate", 0);
    enum status status = loaded_open(options, options->argument[0], &g.loaded, &error);
    if (status == STATUS_OK)
        status = prepare(options, &g, &error);
    if (status == STATUS_OK)
        status = generate(&g, &error);
    if (status != STATUS_OK) {
        result = report_failure(status, &error, g.began);
    } else if (!g.stream) {
        /* Bytes that are no whole character, at the end say, cannot be in JSON. */
        json_t *text = json_stringn(g.text.length > 0 ? g.text.data : "", g.text.length);
        result = report_json(json_pack("{s:o,s:s,s:o,s:I,s:o}", "model", report_text(g.loaded.path),
                                       "code", g.loaded.code.text, "text",
                                       text != NULL ? text : json_null(), "tokens",
                                       (json_int_t)g.made, "seconds", report_number(g.seconds)),
                             false);
    }
    if (status == STATUS_OK && option_given(options, OPTION_VERBOSE))
        report_note(options, "%zu tokens read, %" PRIu32 " written in %.2f s", g.prompt.count,
                    g.made, g.seconds);
    release(&g);
    return result;
}
