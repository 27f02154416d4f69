/* Extraction: plan, write, read again, compare, and only then give the file its name. Invariant: a
 * file under PATH is complete, of the size that was shown, and computes what was evaluated. */
#include "extract_private.h"

#include "io/atomic_file.h"
#include "model/source.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct weight_options source_weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};

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

void extract_count_beyond(const struct plan_tensor *tensor, struct extract_room *room,
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
            extract_count_beyond(&plan->tensor[i], &room, result);
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
    if (options->unchecked)
        return STATUS_OK;
    return extract_check(supernet, tokenizer, code, options, path, result, error);
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
        status = extract_not_kept(status, path, error);
        goto out;
    }
    status = atomic_file_commit(file, error);
    file = NULL;
out:
    atomic_file_abort(file);
    arch_plan_release(&plan);
    return status;
}
