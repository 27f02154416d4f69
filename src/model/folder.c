/* A sub-network as a Hugging Face folder: planned (so that its size is known), written beside its
 * place, opened again, compared, renamed. */
#include "folder_private.h"

#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const file_names[] = {FILE_CONFIG,           FILE_GENERATION, FILE_TOKENIZER,
                                         FILE_TOKENIZER_CONFIG, FILE_WEIGHTS,    NULL};

enum text { TEXT_CONFIG, TEXT_GENERATION, TEXT_TOKENIZER, TEXT_TOKENIZER_CONFIG, TEXTS };

struct writing {
    struct supernet *supernet;
    const struct tokenizer *tokenizer;
    const struct arch_code *code;
    const struct extract_options *options;
    struct arch_plan plan;
    struct folder_weights weights;
    struct buf text[TEXTS]; /* of the files of that place in file_names; empty: not written */
    struct folder_result *result;
    struct error *error;
};

/* ---- planning ---- */

/* Every layer like the first, or a sentence about the first that is not. */
static enum status check_equal(const struct arch_plan *plan, bool pad, struct error *error)
{
    static const char way_out[] = "a Hugging Face folder has equal layers: --pad fills what they "
                                  "lack with zeros, or leave --hf out for a GGUF file";
    for (uint32_t i = 0; i < plan->layers; i++) {
        const uint32_t layer = plan->source_layer[i];
        if (!pad && !arch_keeps_attention(plan->code.text[layer]))
            return error_set(error, STATUS_INVALID, "layer %u has no attention; %s", layer,
                             way_out);
        if (plan->width[i] != plan->width[0])
            return error_set(error, STATUS_INVALID,
                             "layer %u has an MLP of %u neurons, layer %u of %u; %s", layer,
                             plan->width[i], plan->source_layer[0], plan->width[0], way_out);
        if (plan->heads[i] != plan->heads[0] || plan->kv_heads[i] != plan->kv_heads[0])
            return error_set(error, STATUS_INVALID,
                             "layer %u has %u and %u heads, layer %u %u and %u: a Hugging Face "
                             "folder has equal layers",
                             layer, plan->heads[i], plan->kv_heads[i], plan->source_layer[0],
                             plan->heads[0], plan->kv_heads[0]);
    }
    return STATUS_OK;
}

static enum status make_texts(struct writing *w)
{
    const char *source = gguf_path(supernet_gguf(w->supernet));
    char sha256[SHA256_HEX];
    struct error why = {0};
    enum status status = STATUS_OK;
    if (w->options->source_sha256 != NULL)
        snprintf(sha256, sizeof sha256, "%s", w->options->source_sha256);
    else
        status = model_source_sha256(source, NULL, NULL, sha256, w->error);
    if (status == STATUS_OK)
        status = folder_config(w->supernet, w->tokenizer, &w->plan, &w->weights, sha256,
                               &w->text[TEXT_CONFIG], &w->text[TEXT_GENERATION], w->error);
    if (status != STATUS_OK)
        return status;
    status = folder_tokenizer(supernet_gguf(w->supernet), w->tokenizer,
                              supernet_shape(w->supernet)->context, &w->text[TEXT_TOKENIZER],
                              &w->text[TEXT_TOKENIZER_CONFIG], &why);
    if (status == STATUS_INVALID) {
        snprintf(w->result->no_tokenizer, sizeof w->result->no_tokenizer, "%.250s", why.message);
        buf_clear(&w->text[TEXT_TOKENIZER]);
        buf_clear(&w->text[TEXT_TOKENIZER_CONFIG]);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        *w->error = why;
    return status;
}

static enum status plan_folder(struct writing *w)
{
    uint64_t gguf_bytes;
    enum status status =
        extract_plan(w->supernet, w->code, w->options, &w->plan, &gguf_bytes, w->error);
    if (status == STATUS_OK)
        status = check_equal(&w->plan, w->options->pad, w->error);
    if (status == STATUS_OK)
        status = folder_weights_plan(supernet_shape(w->supernet), &w->plan, &w->weights, w->error);
    if (status == STATUS_OK)
        status = make_texts(w);
    w->result->written.fallbacks = w->plan.fallbacks;
    w->result->written.shown_bytes = w->weights.bytes;
    for (int i = 0; i < TEXTS; i++)
        w->result->written.shown_bytes += w->text[i].length;
    return status;
}

/* ---- writing ---- */

static enum status write_files(struct writing *w, struct atomic_folder *folder)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < TEXTS; i++) {
        if (w->text[i].length == 0)
            continue;
        status = atomic_folder_begin(folder, file_names[i], w->error);
        if (status == STATUS_OK)
            status = atomic_folder_write(folder, w->text[i].data, w->text[i].length, w->error);
        if (status == STATUS_OK)
            status = atomic_folder_end(folder, w->error);
    }
    if (status == STATUS_OK)
        status = atomic_folder_begin(folder, FILE_WEIGHTS, w->error);
    if (status == STATUS_OK)
        status = folder_weights_send(w->supernet, &w->weights, w->options, folder,
                                     &w->result->written, w->error);
    return status == STATUS_OK ? atomic_folder_end(folder, w->error) : status;
}

static enum status sum_files(const char *folder, uint64_t *bytes, struct error *error)
{
    struct buf path;
    struct stat about;
    enum status status = STATUS_OK;
    buf_init(&path);
    *bytes = 0;
    for (size_t i = 0; status == STATUS_OK && file_names[i] != NULL; i++) {
        status = hugging_face_path(folder, file_names[i], &path, error);
        if (status == STATUS_OK && stat(path.data, &about) == 0)
            *bytes += (uint64_t)about.st_size;
    }
    buf_release(&path);
    return status;
}

static enum status verify(struct writing *w, const char *folder)
{
    struct extract_result *result = &w->result->written;
    enum status status = sum_files(folder, &result->bytes, w->error);
    if (status == STATUS_OK && result->bytes != result->shown_bytes)
        status =
            error_set(w->error, STATUS_FAILED, "%llu bytes on disk, %llu shown: expected the same",
                      (unsigned long long)result->bytes, (unsigned long long)result->shown_bytes);
    if (status != STATUS_OK || w->options->unchecked)
        return status;
    return extract_check(w->supernet, w->tokenizer, w->code, w->options, folder, result, w->error);
}

enum status folder_write(struct supernet *supernet, const struct tokenizer *tokenizer,
                         const struct arch_code *code, const struct extract_options *options,
                         const char *path, struct folder_result *result, struct error *error)
{
    struct writing w = {.supernet = supernet,
                        .tokenizer = tokenizer,
                        .code = code,
                        .options = options,
                        .result = result,
                        .error = error};
    struct atomic_folder *folder = NULL;
    enum status status;
    *result = (struct folder_result){0};
    if (extract_same_place(gguf_path(supernet_gguf(supernet)), path))
        return error_set(error, STATUS_INVALID,
                         "%s is the model that would be extracted from: give another folder", path);
    if ((status = plan_folder(&w)) == STATUS_OK &&
        (status = atomic_folder_open(path, options->replace, file_names, &folder, error)) ==
            STATUS_OK &&
        (status = write_files(&w, folder)) == STATUS_OK) {
        status = verify(&w, atomic_folder_path(folder));
        if (status != STATUS_OK)
            status = extract_not_kept(status, path, error);
    }
    if (status == STATUS_OK)
        status = atomic_folder_commit(folder, error);
    else
        atomic_folder_abort(folder);
    for (int i = 0; i < TEXTS; i++)
        buf_release(&w.text[i]);
    folder_weights_release(&w.weights);
    arch_plan_release(&w.plan);
    return status;
}
