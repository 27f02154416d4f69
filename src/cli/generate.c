/* `paretop generate`: continues a prompt, token by token, on standard output. */
#include "model/generate.h"
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/loaded.h"
#include "cli/report.h"

#include <inttypes.h>
#include <stdio.h>

#define DEFAULT_TOKENS 128

struct generate {
    struct loaded loaded;
    struct subnet *subnet;
    struct generation *generation;
    struct token_list prompt;
    double seconds;
    bool stream, began;
};

static enum status prepare(const struct options *options, struct generate *g, struct error *error)
{
    const struct gguf *gguf = supernet_gguf(g->loaded.supernet);
    bool chat = option_given(options, OPTION_CHAT);
    struct generation_options wanted = {
        .tokenizer = g->loaded.tokenizer,
        .prompt = &g->prompt,
        .tokens = (uint32_t)option_integer(options, OPTION_TOKENS, DEFAULT_TOKENS),
        .temperature = options->value[OPTION_TEMPERATURE].number,
        .seed = (uint64_t)option_integer(options, OPTION_SEED, 0),
    };
    const struct chat_form *form = chat ? chat_form_of(gguf) : NULL;
    enum status status;
    if (chat && form == NULL)
        return error_set(error, STATUS_INVALID,
                         "--chat: the model does not say how it is spoken to, or in a form that is "
                         "not known here");
    if ((status = chat_encode(form, g->loaded.tokenizer, options->argument[1], &g->prompt,
                              error)) != STATUS_OK ||
        (status = chat_end(form, g->loaded.tokenizer, &wanted.end, error)) != STATUS_OK ||
        (status = loaded_order(options, &g->loaded, error)) != STATUS_OK ||
        (status = subnet_new_precision(g->loaded.supernet, &g->loaded.code, &g->loaded.weights,
                                       g->loaded.precision, &g->subnet, error)) != STATUS_OK ||
        (status = generation_new(g->subnet, &wanted, &g->generation, error)) != STATUS_OK)
        return status;
    uint32_t room = generation_wanted(g->generation);
    if (room < wanted.tokens && option_given(options, OPTION_TOKENS))
        report_note(options, "the model's context has room for %" PRIu32 " tokens only", room);
    return STATUS_OK;
}

/* Prints what is new when streaming. */
static enum status say(const struct generate *g, size_t before, struct error *error)
{
    const struct buf *text = generation_text(g->generation);
    if (!g->stream || text->length == before)
        return STATUS_OK;
    fwrite(text->data + before, 1, text->length - before, stdout);
    if (fflush(stdout) != 0)
        return error_errno(error, "cannot write", "standard output");
    return STATUS_OK;
}

static enum status generate(struct generate *g, struct error *error)
{
    double start = clock_seconds();
    enum status status = STATUS_OK;
    g->began = true;
    while (status == STATUS_OK && generation_end(g->generation) == GENERATION_GOES_ON) {
        size_t before = generation_text(g->generation)->length;
        status = generation_step(g->generation, error);
        if (status == STATUS_OK)
            status = say(g, before, error);
    }
    g->seconds = clock_seconds() - start;
    if (g->stream && generation_made(g->generation) > 0)
        putchar('\n');
    return status;
}

static void release(struct generate *g)
{
    generation_free(g->generation);
    subnet_free(g->subnet);
    token_list_release(&g->prompt);
    loaded_close(&g->loaded);
}

static int print_json(const struct generate *g)
{
    const struct buf *made = generation_text(g->generation);
    /* Bytes that are no whole character, at the end say, cannot be in JSON. */
    json_t *text = json_stringn(made->length > 0 ? made->data : "", made->length);
    return report_json(
        json_pack("{s:o,s:s,s:o,s:I,s:o}", "model", report_text(g->loaded.path), "code",
                  g->loaded.code.text, "text", text != NULL ? text : json_null(), "tokens",
                  (json_int_t)generation_made(g->generation), "seconds", report_number(g->seconds)),
        false);
}

int command_generate(const struct options *options)
{
    struct generate g = {.stream = !option_given(options, OPTION_JSON)};
    struct error error = {0};
    int result = EXIT_DONE;
    enum status status = loaded_open(options, options->argument[0], &g.loaded, &error);
    if (status == STATUS_OK)
        status = prepare(options, &g, &error);
    if (status == STATUS_OK)
        status = generate(&g, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, g.began);
    else if (!g.stream)
        result = print_json(&g);
    if (status == STATUS_OK && option_given(options, OPTION_VERBOSE))
        report_note(options, "%zu tokens read, %" PRIu32 " written in %.2f s", g.prompt.count,
                    generation_made(g.generation), g.seconds);
    release(&g);
    return result;
}
