/* Perplexity of a text. The text is one stream of tokens; a definition only says which windows of
 * it are run and which tokens of each are scored. Pages lie one behind the other in the stream, and
 * no window has tokens of two. */
#include "task/perplexity.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "loader_private.h"
#include "task/wikitext.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct window {
    size_t first_token;
    struct forward_segment segment; /* all of it */
    size_t first_target;
    uint32_t targets;
};

struct page {
    size_t first_token; /* rolling: the prefix token, those of the page behind it */
    size_t tokens;
};

struct prepared_text {
    char name[128], sha256[SHA256_HEX];
    enum perplexity definition;
    struct token_list token;
    struct page *page; /* one, but in raw WikiText as the harness reads it */
    size_t pages, page_capacity;
    bool detokenised;
    struct window *window;
    size_t windows;
    struct forward_target *target;
    size_t targets;
    bool whole;            /* no --chunks: all windows */
    uint64_t words, bytes; /* rolling: of the pages as the file has them */
};

static const char *const names[] = {
    [PERPLEXITY_LLAMA] = "llama", [PERPLEXITY_ROLLING] = "rolling", [PERPLEXITY_JOINED] = "joined"};

const char *perplexity_name(enum perplexity definition)
{
    return names[definition];
}

enum status perplexity_parse(const char *name, enum perplexity *definition, struct error *error)
{
    *definition = PERPLEXITY_LLAMA;
    for (size_t i = 0; name != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *definition = (enum perplexity)i;
            return STATUS_OK;
        }
    return name == NULL ? STATUS_OK
                        : error_set(error, STATUS_INVALID,
                                    "--ppl %.40s: llama, rolling or joined is expected", name);
}

/* ---- windows ---- */

/* `inputs` tokens from `first` on; its rows [from, to) are scored on the token after each. */
static void add_window(struct prepared_text *p, size_t first, uint32_t inputs, uint32_t from,
                       uint32_t to)
{
    p->window[p->windows++] = (struct window){first, {-1, 0, inputs}, p->targets, to - from};
    for (uint32_t row = from; row < to; row++)
        p->target[p->targets++] = (struct forward_target){row, p->token.id[first + row + 1]};
}

/* Whole chunks: scored are rows [from, context - 1); run are `inputs` tokens. */
static void cut_chunks(struct prepared_text *p, size_t windows, uint32_t context, uint32_t from,
                       uint32_t inputs)
{
    while (p->windows < windows)
        add_window(p, p->windows * context, inputs, from, context - 1);
}

/* Token i of a page stands i + 1 behind its first. Each window predicts the next `context` tokens,
 * the last one of a page those that are left, with as many before them as fill it. */
static void cut_rolling(struct prepared_text *p, size_t windows, uint32_t context)
{
    for (size_t i = 0; i < p->pages; i++) {
        const struct page *page = &p->page[i];
        for (size_t start = 0; start < page->tokens && p->windows < windows; start += context) {
            size_t left = page->tokens - start;
            uint32_t scored = (uint32_t)(left < context ? left : context);
            uint32_t before = start > 0 ? context - scored : 0;
            add_window(p, page->first_token + start - before, before + scored, before,
                       before + scored);
        }
    }
}

static size_t rolling_windows(const struct prepared_text *p, uint32_t context)
{
    size_t windows = 0;
    for (size_t i = 0; i < p->pages; i++)
        windows += (p->page[i].tokens + context - 1) / context;
    return windows;
}

static enum status cut(struct prepared_text *p, const struct tokenizer *tokenizer,
                       const struct text_options *options, struct error *error)
{
    uint32_t context = options->context;
    bool rolling = options->definition == PERPLEXITY_ROLLING;
    size_t count = p->token.count;
    size_t windows = rolling ? rolling_windows(p, context) : count / context;
    if (windows == 0 && rolling)
        return error_set(error, STATUS_INVALID, "%s is empty", p->name);
    if (windows == 0)
        return error_set(error, STATUS_INVALID,
                         "%s has %zu tokens, less than one chunk of %" PRIu32 " (see --context)",
                         p->name, count, context);
    p->whole = options->chunks == 0 || options->chunks >= windows;
    if (!p->whole)
        windows = options->chunks;
    p->window = memory_new(windows, sizeof *p->window, error);
    p->target = p->window != NULL
                    ? memory_new(rolling ? count : windows * context, sizeof *p->target, error)
                    : NULL;
    if (p->target == NULL)
        return STATUS_MEMORY;
    if (rolling)
        cut_rolling(p, windows, context);
    else if (options->definition == PERPLEXITY_JOINED)
        cut_chunks(p, windows, context, 0, context - 1);
    else
        cut_chunks(p, windows, context, context / 2, context);
    if (options->definition == PERPLEXITY_LLAMA && tokenizer_adds_bos(tokenizer))
        for (size_t i = 0; i < p->windows; i++)
            p->token.id[p->window[i].first_token] = tokenizer_bos(tokenizer);
    return STATUS_OK;
}

/* Python's len(re.split(r"\s+", text)). */
static uint64_t count_words(const char *text, size_t length)
{
    uint64_t words = 1;
    for (size_t at = 0; at < length;) {
        size_t blanks = python_blanks(text + at);
        words += blanks > 0;
        at += blanks > 0 ? blanks : 1;
    }
    return words;
}

static enum status add_page(struct prepared_text *p, const struct tokenizer *tokenizer,
                            const char *text, size_t length, struct error *error)
{
    bool rolling = p->definition == PERPLEXITY_ROLLING;
    size_t first = p->token.count;
    enum status status =
        memory_reserve(&p->token.id, &p->token.capacity, first + 1, sizeof *p->token.id, error);
    if (status == STATUS_OK)
        status = memory_reserve(&p->page, &p->page_capacity, p->pages + 1, sizeof *p->page, error);
    if (status != STATUS_OK)
        return status;
    if (rolling) {
        int32_t bos = tokenizer_bos(tokenizer);
        int32_t prefix = bos >= 0 ? bos : tokenizer_eos(tokenizer);
        if (prefix < 0)
            return error_set(error, STATUS_INVALID,
                             "--ppl rolling: the tokenizer has neither BOS nor EOS to begin with");
        p->token.id[p->token.count++] = prefix;
    }
    status = tokenizer_encode(tokenizer, text, length, true, false, &p->token, error);
    p->page[p->pages++] = (struct page){first, p->token.count - first - rolling};
    return status;
}

static enum status add_wikitext(struct prepared_text *p, const struct tokenizer *tokenizer,
                                char *text, size_t length, struct error *error)
{
    struct wikitext_page page;
    struct buf written;
    size_t at = 0;
    enum status status = STATUS_OK;
    buf_init(&written);
    p->detokenised = true;
    length = wikitext_lines(text, length);
    while (status == STATUS_OK && wikitext_next(text, length, &at, &page)) {
        p->bytes += page.length;
        p->words += count_words(page.text, page.length);
        status = wikitext_detokenise(&page, &written, error);
        if (status == STATUS_OK)
            status = add_page(p, tokenizer, written.data, written.length, error);
    }
    buf_release(&written);
    return status;
}

static enum status tokenise(struct prepared_text *p, const struct tokenizer *tokenizer, char *text,
                            size_t length, struct error *error)
{
    if (p->definition != PERPLEXITY_ROLLING)
        return add_page(p, tokenizer, text, length, error);
    if (wikitext_matches(text, length))
        return add_wikitext(p, tokenizer, text, length, error);
    p->bytes = length;
    p->words = count_words(text, length);
    return add_page(p, tokenizer, text, length, error);
}

enum status prepared_text_of(const char *name, char *text, size_t length,
                             const struct tokenizer *tokenizer, const struct text_options *options,
                             struct prepared_text **prepared, struct error *error)
{
    struct prepared_text *p = memory_new(1, sizeof *p, error);
    *prepared = NULL;
    if (p == NULL)
        return STATUS_MEMORY;
    snprintf(p->name, sizeof p->name, "%s", name);
    p->definition = options->definition;
    enum status status = sha256_bytes(text, length, p->sha256, error);
    if (status == STATUS_OK)
        status = tokenise(p, tokenizer, text, length, error);
    if (status == STATUS_OK)
        status = cut(p, tokenizer, options, error);
    if (status != STATUS_OK) {
        prepared_text_free(p);
        return status;
    }
    *prepared = p;
    return STATUS_OK;
}

enum status prepared_text_new(const char *path, const struct tokenizer *tokenizer,
                              const struct text_options *options, struct prepared_text **prepared,
                              struct error *error)
{
    char *text = NULL;
    size_t length = 0;
    const char *slash = strrchr(path, '/');
    *prepared = NULL;
    enum status status = file_read(path, &text, &length, error);
    if (status == STATUS_OK)
        status = prepared_text_of(slash != NULL ? slash + 1 : path, text, length, tokenizer,
                                  options, prepared, error);
    memory_free(text);
    return status;
}

void prepared_text_free(struct prepared_text *prepared)
{
    if (prepared == NULL)
        return;
    token_list_release(&prepared->token);
    memory_free(prepared->page);
    memory_free(prepared->window);
    memory_free(prepared->target);
    memory_free(prepared);
}

/* ---- what it is ---- */

const char *prepared_text_name(const struct prepared_text *prepared)
{
    return prepared->name;
}

const char *prepared_text_sha256(const struct prepared_text *prepared)
{
    return prepared->sha256;
}

size_t prepared_text_shards(const struct prepared_text *prepared)
{
    return prepared->windows;
}

uint64_t prepared_text_tokens(const struct prepared_text *prepared)
{
    uint64_t tokens = 0;
    for (size_t i = 0; i < prepared->windows; i++)
        tokens += prepared->window[i].segment.count;
    return tokens;
}

/* With --chunks those that windows are of. */
static size_t pages_run(const struct prepared_text *prepared)
{
    if (prepared->whole)
        return prepared->pages;
    size_t last = prepared->window[prepared->windows - 1].first_token, pages = 0;
    while (pages < prepared->pages && prepared->page[pages].first_token <= last)
        pages++;
    return pages;
}

/* ---- scoring ---- */

void prepared_text_shard(const struct prepared_text *p, size_t shard, struct forward_batch *batch)
{
    const struct window *window = &p->window[shard];
    *batch = (struct forward_batch){
        .token = p->token.id + window->first_token,
        .tokens = window->segment.count,
        .segment = &window->segment,
        .segments = 1,
        .target = p->target + window->first_target,
        .targets = window->targets,
    };
}

void prepared_text_take(const struct prepared_text *p, size_t shard, const float *loglik,
                        double *nll)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->window[shard].targets; i++)
        sum -= (double)loglik[i];
    nll[shard] = sum;
}

void text_reduce(const struct prepared_text *p, const double *nll, struct text_score *score)
{
    double sum = 0;
    for (size_t i = 0; i < p->windows; i++)
        sum += nll[i];
    bool rolling = p->definition == PERPLEXITY_ROLLING, page = rolling && p->whole;
    *score = (struct text_score){
        .definition = p->definition,
        .chunks = p->windows,
        .pages = rolling ? pages_run(p) : 0,
        .detokenised = p->detokenised,
        .tokens = p->targets,
        .perplexity = exp(sum / (double)p->targets),
        .word_perplexity = page ? exp(sum / (double)p->words) : NAN,
        .byte_perplexity = page ? exp(sum / (double)p->bytes) : NAN,
        .bits_per_byte = page ? sum / (double)p->bytes / log(2) : NAN,
    };
}
