/* tokenizer.* pairs copied, weights small numbers of no meaning. */
#include "vocabulary_model.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/gguf.h"

#include <string.h>

#define HIDDEN 32
#define HEAD 16

static enum status to_file(void *context, const void *data, size_t length, struct error *error)
{
    return atomic_file_write(context, data, length, error);
}

static enum status declare(struct gguf_writer *w, const struct gguf *gguf, struct error *error)
{
    static const struct {
        const char *key;
        uint32_t value;
    } number[] = {
        {"llama.block_count", 1},           {"llama.context_length", 256},
        {"llama.embedding_length", HIDDEN}, {"llama.feed_forward_length", HIDDEN},
        {"llama.attention.head_count", 2},  {"llama.attention.head_count_kv", 1},
    };
    enum status status = gguf_writer_string(w, "general.architecture", "llama", error);
    for (size_t i = 0; status == STATUS_OK && i < sizeof number / sizeof *number; i++)
        status = gguf_writer_u32(w, number[i].key, number[i].value, error);
    if (status == STATUS_OK)
        status = gguf_writer_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5F, error);
    for (size_t i = 0; status == STATUS_OK && i < gguf_pair_count(gguf); i++)
        if (strncmp(gguf_pair_at(gguf, i)->key.data, "tokenizer.", 10) == 0)
            status = gguf_writer_copy(w, NULL, gguf_pair_at(gguf, i), error);
    return status;
}

enum status vocabulary_model(const char *vocabulary, const char *path, struct error *error)
{
    struct gguf *gguf = NULL;
    struct gguf_writer *w = NULL;
    struct atomic_file *file = NULL;
    float *values = NULL;
    enum status status = gguf_open(vocabulary, &gguf, error);
    if (status != STATUS_OK)
        return status;
    const uint64_t words = gguf_find(gguf, "tokenizer.ggml.tokens")->count;
    const struct {
        const char *name;
        uint64_t columns, rows;
    } tensor[] = {
        {"token_embd.weight", HIDDEN, words},           {"output_norm.weight", HIDDEN, 1},
        {"blk.0.attn_norm.weight", HIDDEN, 1},          {"blk.0.attn_q.weight", HIDDEN, 2 * HEAD},
        {"blk.0.attn_k.weight", HIDDEN, HEAD},          {"blk.0.attn_v.weight", HIDDEN, HEAD},
        {"blk.0.attn_output.weight", 2 * HEAD, HIDDEN}, {"blk.0.ffn_norm.weight", HIDDEN, 1},
        {"blk.0.ffn_gate.weight", HIDDEN, HIDDEN},      {"blk.0.ffn_up.weight", HIDDEN, HIDDEN},
        {"blk.0.ffn_down.weight", HIDDEN, HIDDEN},
    };
    const size_t tensors = sizeof tensor / sizeof *tensor;
    struct gguf_sink sink = {.write = to_file};
    if ((status = gguf_writer_new(32, &w, error)) == STATUS_OK)
        status = declare(w, gguf, error);
    for (size_t i = 0; status == STATUS_OK && i < tensors; i++)
        status =
            gguf_writer_tensor(w, tensor[i].name, tensor[i].rows == 1 ? 1 : 2,
                               (uint64_t[]){tensor[i].columns, tensor[i].rows}, WEIGHT_F32, error);
    if (status == STATUS_OK)
        values = memory_new((size_t)words * HIDDEN, sizeof *values, error);
    if (status == STATUS_OK && values == NULL)
        status = STATUS_MEMORY;
    for (uint64_t i = 0; status == STATUS_OK && i < words * HIDDEN; i++)
        values[i] = (float)(i * 7919 % 1000) / 1000 - 0.4F;
    if (status == STATUS_OK && (status = atomic_file_open(path, true, &file, error)) == STATUS_OK) {
        sink.context = file;
        status = gguf_writer_begin(w, &sink, error);
    }
    for (size_t i = 0; status == STATUS_OK && i < tensors; i++)
        status = gguf_writer_data(w, &sink, values, 4 * tensor[i].columns * tensor[i].rows, error);
    if (status == STATUS_OK)
        status = atomic_file_commit(file, error);
    else
        atomic_file_abort(file);
    memory_free(values);
    gguf_writer_free(w);
    gguf_close(gguf);
    return status;
}
