/* Extraction: plan, write, read again, compare, and only then give the file its name. Invariant: a
 * file under PATH is complete, of the size that was shown, and computes what was evaluated. */
#include "extract_private.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "model/source.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LOGIT_TOLERANCE 1e-3
#define PADDED_TOLERANCE 1e-4 /* of the largest logit */
#define SAMPLE_TOKENS 24

static const struct weight_options source_weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
static const char sample_text[] =
    "The river rises in the hills, and in the spring its water is cold; by 1900 there were 12 "
    "mills on it. \"Why so many?\" asked the child.";

/* ---- writing ---- */

static enum status declare_tensors(struct gguf_writer *writer, const struct arch_plan *plan,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < plan->tensors && status == STATUS_OK; i++) {
        const struct plan_tensor *tensor = &plan->tensor[i];
        const uint64_t size[4] = {tensor->columns + tensor->pad_columns,
                                  tensor->rows + tensor->pad_rows, 1, 1};
        char name[64];
        role_tensor_name(tensor->role, tensor->layer, name);
        status = gguf_writer_tensor(writer, name, tensor->dimensions, size, tensor->type, error);
    }
    return status;
}

/* Numbers of this tensor that its type could not hold are added to the result's. */
static void count_beyond(const struct plan_tensor *tensor, struct extract_room *room,
                         struct extract_result *result)
{
    const uint64_t before = result->beyond;
    for (unsigned i = 0; i < room->threads; i++) {
        result->beyond += room->beyond[i];
        room->beyond[i] = 0;
    }
    if (before == 0 && result->beyond > 0)
        role_tensor_name(tensor->role, tensor->layer, result->beyond_tensor);
}

/* Sends the whole file into the sink. `options` and `result` NULL: it is only counted. */
static enum status send_file(struct supernet *supernet, const struct arch_plan *plan,
                             const struct weight_options *weights, const char *sha256,
                             const struct extract_options *options, struct extract_result *result,
                             struct gguf_sink *sink, struct error *error)
{
    const struct gguf *gguf = supernet_gguf(supernet);
    struct gguf_writer *writer = NULL;
    struct extract_room room = {0};
    enum status status;

    if ((status = extract_room_init(&room, options != NULL ? options->threads : 1, error)) !=
            STATUS_OK ||
        (status = gguf_writer_new(gguf_alignment(gguf), &writer, error)) != STATUS_OK ||
        (status = extract_declare_metadata(writer, gguf, supernet_config(supernet), plan, weights,
                                           sha256, error)) != STATUS_OK ||
        (status = declare_tensors(writer, plan, error)) != STATUS_OK ||
        (status = gguf_writer_begin(writer, sink, error)) != STATUS_OK)
        goto out;
    for (size_t i = 0; i < plan->tensors; i++) {
        status = extract_tensor_padded(supernet, &plan->tensor[i], writer, sink, &room, error);
        if (status != STATUS_OK)
            goto out;
        if (result != NULL)
            count_beyond(&plan->tensor[i], &room, result);
        if (options != NULL && options->progress != NULL &&
            options->progress(options->context,
                              (double)sink->bytes / (double)result->shown_bytes) != 0) {
            status = error_set(error, STATUS_CANCELLED, "extraction was stopped");
            goto out;
        }
    }
    status = gguf_writer_end(writer, sink, error);
out:
    extract_room_release(&room);
    gguf_writer_free(writer);
    return status;
}

enum status extract_count(struct supernet *supernet, const struct arch_code *code,
                          const struct weight_options *weights, uint64_t *bytes,
                          struct error *error)
{
    char any_sha256[SHA256_HEX];
    struct gguf_sink sink = {0};
    struct arch_plan plan;
    enum status status;

    if (weights == NULL)
        weights = &source_weights;
    memset(any_sha256, '0', sizeof any_sha256 - 1);
    any_sha256[sizeof any_sha256 - 1] = '\0';
    status = arch_plan_make(supernet_shape(supernet), code, weights, &plan, error);
    if (status != STATUS_OK)
        return status;
    status = send_file(supernet, &plan, weights, any_sha256, NULL, NULL, &sink, error);
    arch_plan_release(&plan);
    *bytes = sink.bytes;
    return status;
}

static enum status to_file(void *context, const void *data, size_t length, struct error *error)
{
    return atomic_file_write(context, data, length, error);
}

/* ---- verification ---- */

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

static enum status compare_logits(struct supernet *supernet, const struct tokenizer *tokenizer,
                                  const struct arch_code *code,
                                  const struct weight_options *weights, const char *path,
                                  double *max_error, double *largest, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    struct supernet *written = NULL;
    struct arch_code whole;
    int32_t token[SAMPLE_TOKENS];
    uint32_t count = 0;
    float *expected = NULL, *found = NULL;
    enum status status = supernet_open(path, &written, error);

    if (status != STATUS_OK)
        goto out;
    if (supernet_shape(written)->vocabulary != shape->vocabulary) {
        status = error_set(error, STATUS_FAILED, "vocabulary %u, expected %u",
                           supernet_shape(written)->vocabulary, shape->vocabulary);
        goto out;
    }
    arch_code_full(supernet_shape(written), &whole);
    expected = memory_new((size_t)SAMPLE_TOKENS * shape->vocabulary, sizeof *expected, error);
    found = memory_new((size_t)SAMPLE_TOKENS * shape->vocabulary, sizeof *found, error);
    if (expected == NULL || found == NULL) {
        status = STATUS_MEMORY;
        goto out;
    }
    if ((status = sample_tokens(shape, tokenizer, token, &count, error)) == STATUS_OK &&
        (status = sample_logits(supernet, code, weights, token, count, expected, error)) ==
            STATUS_OK &&
        (status = sample_logits(written, &whole, NULL, token, count, found, error)) == STATUS_OK)
        *max_error = largest_difference(expected, found, (size_t)count * shape->vocabulary);
    for (size_t i = 0; status == STATUS_OK && i < (size_t)count * shape->vocabulary; i++)
        *largest = fmax(*largest, fabs((double)expected[i]));
out:
    memory_free(expected);
    memory_free(found);
    supernet_close(written);
    return status;
}

/* The numbers are the same, but sums over padding's zeros are taken in another order, and what that
 * rounds a network with large activations makes more of. */
enum status extract_check_logits(struct supernet *supernet, const struct tokenizer *tokenizer,
                                 const struct arch_code *code,
                                 const struct extract_options *options, const char *path,
                                 struct extract_result *result, struct error *error)
{
    double largest = 0;
    if (options->unchecked)
        return STATUS_OK;
    const enum status status = compare_logits(supernet, tokenizer, code, &options->weights, path,
                                              &result->max_logit_error, &largest, error);
    if (status != STATUS_OK)
        return status;
    const double tolerance =
        options->pad ? fmax(LOGIT_TOLERANCE, PADDED_TOLERANCE * largest) : LOGIT_TOLERANCE;
    if (!(result->max_logit_error <= tolerance))
        return error_set(error, STATUS_FAILED,
                         "logits of what was written differ by %g, expected at most %g",
                         result->max_logit_error, tolerance);
    result->verified = true;
    return STATUS_OK;
}

static enum status verify(struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_code *code, const struct extract_options *options,
                          const char *path, struct extract_result *result, struct error *error)
{
    struct stat file;

    if (stat(path, &file) != 0)
        return error_errno(error, "cannot look at", path);
    if ((uint64_t)file.st_size != result->bytes || result->bytes != result->shown_bytes)
        return error_set(error, STATUS_FAILED,
                         "size on disk %llu, written %llu, shown %llu bytes: expected the same",
                         (unsigned long long)file.st_size, (unsigned long long)result->bytes,
                         (unsigned long long)result->shown_bytes);
    return extract_check_logits(supernet, tokenizer, code, options, path, result, error);
}

/* ---- the whole ---- */

bool extract_same_place(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

enum status extract_write(struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_code *code, const struct extract_options *options,
                          const char *path, struct extract_result *result, struct error *error)
{
    const char *source = gguf_path(supernet_gguf(supernet));
    char sha256[SHA256_HEX];
    struct atomic_file *file = NULL;
    struct gguf_sink sink = {.write = to_file};
    struct arch_plan plan = {0};
    enum status status;

    *result = (struct extract_result){0};
    if (extract_same_place(source, path))
        return error_set(error, STATUS_INVALID,
                         "%s is the model that would be extracted from: give another file", path);
    status = extract_plan(supernet, code, options, &plan, &result->shown_bytes, error);
    if (status != STATUS_OK)
        return status;
    result->deci = plan.deci;
    result->fallbacks = plan.fallbacks;
    if ((status = atomic_file_open(path, options->replace, &file, error)) != STATUS_OK)
        goto out;
    if (options->source_sha256 != NULL)
        snprintf(sha256, sizeof sha256, "%s", options->source_sha256);
    else if ((status = model_source_sha256(source, NULL, NULL, sha256, error)) != STATUS_OK)
        goto out;
    sink.context = file;
    status = send_file(supernet, &plan, &options->weights, sha256, options, result, &sink, error);
    result->bytes = sink.bytes;
    if (status != STATUS_OK || (status = atomic_file_flush(file, error)) != STATUS_OK)
        goto out;
    status = verify(supernet, tokenizer, code, options, atomic_file_path(file), result, error);
    if (status != STATUS_OK) {
        /* A file that its own reader refuses is this program's fault, not the input's. */
        error_prefix(error, "%s: verification", path);
        status = status == STATUS_INVALID ? STATUS_FAILED : status;
        goto out;
    }
    status = atomic_file_commit(file, error);
    file = NULL;
out:
    atomic_file_abort(file);
    arch_plan_release(&plan);
    return status;
}
