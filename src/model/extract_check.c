/* Verification: what was written is opened again and computes what the sub-network computes. */
#include "extract_private.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

#define SAMPLE_TOKENS 24

static const char sample_text[] =
    "The river rises in the hills, and in the spring its water is cold; by 1900 there were 12 "
    "mills on it. \"Why so many?\" asked the child.";

/* Tokens to compare on: the sample text, or without a tokenizer ids spread over the vocabulary. */
static enum status sample_tokens(const struct arch_shape *shape, const struct tokenizer *tokenizer,
                                 int32_t token[SAMPLE_TOKENS], uint32_t *count, struct error *error)
{
    struct token_list list = {0};
    enum status status = STATUS_OK;
    const uint32_t most = shape->context < SAMPLE_TOKENS ? shape->context : SAMPLE_TOKENS;

    if (tokenizer != NULL)
        status = tokenizer_encode(tokenizer, sample_text, strlen(sample_text), true, false, &list,
                                  error);
    *count = list.count > 0 && list.count < most ? (uint32_t)list.count : most;
    for (uint32_t i = 0; i < *count; i++) {
        const bool known =
            i < list.count && list.id[i] >= 0 && (uint32_t)list.id[i] < shape->vocabulary;
        token[i] = known ? list.id[i] : (int32_t)((i * 2654435761U) % shape->vocabulary);
    }
    token_list_release(&list);
    return status;
}

/* Logits after every sample token, [count][vocabulary]. */
static enum status sample_logits(struct supernet *supernet, const struct arch_code *code,
                                 const struct weight_options *weights, const int32_t *token,
                                 uint32_t count, float *logits, struct error *error)
{
    const struct forward_segment segment = {.parent = -1, .first = 0, .count = count};
    const struct forward_batch batch = {
        .token = token, .tokens = count, .segment = &segment, .segments = 1};
    struct forward_scratch *scratch = NULL;
    struct subnet *subnet = NULL;
    uint32_t row[SAMPLE_TOKENS];
    enum status status;

    for (uint32_t i = 0; i < count; i++)
        row[i] = i;
    if ((status = subnet_new(supernet, code, weights, &subnet, error)) == STATUS_OK &&
        (status = forward_scratch_new(&scratch, error)) == STATUS_OK)
        status = forward_logits(subnet, scratch, &batch, row, count, logits, error);
    forward_scratch_free(scratch);
    subnet_free(subnet);
    return status;
}

/* Largest difference; NAN when a logit is not a number in one of them only. */
static double largest_difference(const float *a, const float *b, size_t count)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        const double difference = fabs((double)a[i] - (double)b[i]);
        if (isnan(a[i]) != isnan(b[i]))
            return (double)NAN;
        if (difference > largest)
            largest = difference;
    }
    return largest;
}

enum status extract_compare(struct supernet *supernet, const struct tokenizer *tokenizer,
                            const struct arch_code *code, const struct weight_options *weights,
                            struct supernet *written, double *max_error, double *largest,
                            struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    const uint32_t vocabulary = supernet_shape(written)->vocabulary;
    struct arch_code whole;
    int32_t token[SAMPLE_TOKENS];
    uint32_t count = 0;
    enum status status;

    if (vocabulary != shape->vocabulary)
        return error_set(error, STATUS_FAILED, "vocabulary %u, expected %u", vocabulary,
                         shape->vocabulary);
    arch_code_full(supernet_shape(written), &whole);
    float *expected = memory_new((size_t)SAMPLE_TOKENS * vocabulary, sizeof *expected, error);
    float *found = memory_new((size_t)SAMPLE_TOKENS * vocabulary, sizeof *found, error);
    status = expected != NULL && found != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK &&
        (status = sample_tokens(shape, tokenizer, token, &count, error)) == STATUS_OK &&
        (status = sample_logits(supernet, code, weights, token, count, expected, error)) ==
            STATUS_OK &&
        (status = sample_logits(written, &whole, NULL, token, count, found, error)) == STATUS_OK)
        *max_error = largest_difference(expected, found, (size_t)count * vocabulary);
    *largest = 0;
    for (size_t i = 0; status == STATUS_OK && i < (size_t)count * vocabulary; i++)
        *largest = fmax(*largest, fabs((double)expected[i]));
    memory_free(expected);
    memory_free(found);
    return status;
}

enum status extract_check(struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_code *code, const struct extract_options *options,
                          const char *path, struct extract_result *result, struct error *error)
{
    struct supernet *written = NULL;
    double largest;
    enum status status = supernet_open(path, &written, error);
    if (status != STATUS_OK)
        return status;
    supernet_set_memory(written, 1); /* a layer at a time: a large model fits twice */
    status = extract_compare(supernet, tokenizer, code, &options->weights, written,
                             &result->max_logit_error, &largest, error);
    result->logit_tolerance = EXTRACT_LOGIT_TOLERANCE;
    if (options->pad)
        result->logit_tolerance = fmax(EXTRACT_LOGIT_TOLERANCE, EXTRACT_PADDED_TOLERANCE * largest);
    if (status == STATUS_OK && !(result->max_logit_error <= result->logit_tolerance))
        status = error_set(error, STATUS_FAILED,
                           "logits read again differ by %g, at most %g is expected",
                           result->max_logit_error, result->logit_tolerance);
    if (status == STATUS_OK && options->check != NULL)
        status = options->check(options->context, written, error);
    result->verified = status == STATUS_OK;
    supernet_close(written);
    return status;
}

enum status extract_not_kept(enum status status, const char *path, struct error *error)
{
    if (status == STATUS_CANCELLED)
        return status;
    error_prefix(error, "%s was not kept: its verification failed", path);
    return status == STATUS_INVALID ? STATUS_FAILED : status;
}
