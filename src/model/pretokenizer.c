/* Pre-tokenizers: patterns, run by PCRE2, that cut a text into the pieces within which byte pairs
 * merge. A row of the table is a list of patterns, each applied to the pieces of the one before;
 * text between matches is a piece too. */
#include "tokenizer_private.h"

#include "base/memory.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#define PATTERNS PRETOKENIZER_PATTERNS

const char pretokenizer_gpt2_pattern[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
const char pretokenizer_number_pattern[] = "\\p{N}";
#define LLAMA3(digits)                                                                             \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits                           \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
static const char llama3_pattern[] = LLAMA3("\\p{N}{1,3}");
static const char qwen2_pattern[] = LLAMA3("\\p{N}");

static const struct rule {
    const char *name;
    const char *pattern[PATTERNS];
    bool whole_words;
} rules[] = {
    {"smollm", {pretokenizer_number_pattern, pretokenizer_gpt2_pattern}, false},
    {"starcoder", {pretokenizer_number_pattern, pretokenizer_gpt2_pattern}, false},
    {"refact", {pretokenizer_number_pattern, pretokenizer_gpt2_pattern}, false},
    {"gpt-2", {pretokenizer_gpt2_pattern, NULL}, false},
    {"llama-bpe", {llama3_pattern, NULL}, true},
    {"llama3", {llama3_pattern, NULL}, true},
    {"qwen2", {qwen2_pattern, NULL}, false},
    {NULL, {NULL, NULL}, false},
};

const char *const *pretokenizer_patterns(const char *pre)
{
    for (const struct rule *rule = rules; rule->name != NULL; rule++)
        if (strcmp(rule->name, pre) == 0)
            return rule->pattern;
    return NULL;
}

const char *pretokenizer_name(const char *const pattern[PRETOKENIZER_PATTERNS])
{
    for (const struct rule *rule = rules; rule->name != NULL; rule++) {
        bool same = true;
        for (size_t i = 0; i < PATTERNS; i++)
            same = same && (pattern[i] == NULL || rule->pattern[i] == NULL
                                ? pattern[i] == rule->pattern[i]
                                : strcmp(pattern[i], rule->pattern[i]) == 0);
        if (same)
            return rule->name;
    }
    return NULL;
}

struct pretokenizer {
    const struct rule *rule;
    pcre2_code *code[PATTERNS]; /* NULL: none */
};

static enum status unknown_rule(const char *pre, struct error *error)
{
    return error_set(
        error, STATUS_INVALID,
        "the pre-tokenizer \"%.40s\" is not supported (smollm, starcoder, refact, gpt-2, "
        "llama-bpe, qwen2 are)",
        pre);
}

enum status pretokenizer_new(const char *pre, struct pretokenizer **pretokenizer,
                             struct error *error)
{
    const struct rule *rule = rules;
    while (rule->name != NULL && strcmp(rule->name, pre) != 0)
        rule++;
    *pretokenizer = NULL;
    if (rule->name == NULL)
        return unknown_rule(pre, error);
    struct pretokenizer *made = memory_new(1, sizeof *made, error);
    if (made == NULL)
        return STATUS_MEMORY;
    made->rule = rule;
    for (size_t i = 0; i < PATTERNS && rule->pattern[i] != NULL; i++) {
        int code;
        PCRE2_SIZE offset;
        made->code[i] =
            pcre2_compile((PCRE2_SPTR)rule->pattern[i], PCRE2_ZERO_TERMINATED,
                          PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF, &code, &offset, NULL);
        if (made->code[i] == NULL) {
            pretokenizer_free(made);
            return error_set(error, STATUS_FAILED, "PCRE2 refuses the pattern of %s (error %d)",
                             pre, code);
        }
        pcre2_jit_compile(made->code[i], PCRE2_JIT_COMPLETE); /* without JIT it is only slower */
    }
    *pretokenizer = made;
    return STATUS_OK;
}

void pretokenizer_free(struct pretokenizer *pretokenizer)
{
    if (pretokenizer == NULL)
        return;
    for (size_t i = 0; i < PATTERNS; i++)
        pcre2_code_free(pretokenizer->code[i]);
    memory_free(pretokenizer);
}

bool pretokenizer_whole_words(const struct pretokenizer *pretokenizer)
{
    return pretokenizer->rule->whole_words;
}

struct run {
    const struct pretokenizer *pretokenizer;
    pretokenizer_piece *piece;
    void *context;
};

static enum status split(const struct run *run, size_t level, const char *text, size_t length,
                         struct error *error)
{
    if (length == 0)
        return STATUS_OK;
    if (level == PATTERNS || run->pretokenizer->code[level] == NULL)
        return run->piece(run->context, text, length, error);
    const pcre2_code *code = run->pretokenizer->code[level];
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    if (match == NULL)
        return error_memory(error, 0);
    enum status status = STATUS_OK;
    size_t at = 0;
    while (status == STATUS_OK && at < length) {
        int found = pcre2_match(code, (PCRE2_SPTR)text, length, at, 0, match, NULL);
        const PCRE2_SIZE *range = pcre2_get_ovector_pointer(match);
        if (found < 0 && found != PCRE2_ERROR_NOMATCH)
            status =
                error_set(error, STATUS_FAILED, "PCRE2 cannot split the text (error %d)", found);
        if (found < 0 || range[1] <= range[0])
            break;
        status = split(run, level + 1, text + at, range[0] - at, error);
        if (status == STATUS_OK)
            status = split(run, level + 1, text + range[0], range[1] - range[0], error);
        at = range[1];
    }
    if (status == STATUS_OK)
        status = split(run, level + 1, text + at, length - at, error);
    pcre2_match_data_free(match);
    return status;
}

enum status pretokenizer_run(const struct pretokenizer *pretokenizer, const char *text,
                             size_t length, pretokenizer_piece *piece, void *context,
                             struct error *error)
{
    const struct run run = {pretokenizer, piece, context};
    return split(&run, 0, text, length, error);
}

struct listener {
    void (*piece)(void *context, const char *data, size_t length);
    void *context;
};

static enum status hand_on(void *context, const char *data, size_t length, struct error *error)
{
    const struct listener *listener = context;
    (void)error;
    listener->piece(listener->context, data, length);
    return STATUS_OK;
}

enum status pretokenizer_split(const char *pre, const char *text, size_t length,
                               void (*piece)(void *context, const char *data, size_t length),
                               void *context, struct error *error)
{
    struct pretokenizer *pretokenizer;
    struct listener listener = {piece, context};
    enum status status = pretokenizer_new(pre, &pretokenizer, error);
    if (status == STATUS_OK)
        status = pretokenizer_run(pretokenizer, text, length, hand_on, &listener, error);
    pretokenizer_free(pretokenizer);
    return status;
}
