/* support/tiny_model: see the header. Weights are normal with variance 1/columns, so that the
 * residual stream neither dies nor explodes. */
#include "tiny_model.h"

#include "arch/shape.h"
#include "base/memory.h"
#include "base/rng.h"
#include "num/quant.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

const struct tiny_recipe tiny_llama = {
    .layers = 4,
    .hidden = 64,
    .head_size = 16,
    .heads = {4, 4, 4, 4},
    .kv_heads = {2, 2, 2, 2},
    .width = {96, 96, 96, 96},
    .seed = 1,
};

const struct tiny_recipe tiny_deci = {
    .architecture = "deci",
    .layers = 5,
    .hidden = 64,
    .head_size = 16,
    .heads = {4, 4, 0, 4, 4},
    .kv_heads = {1, 2, 0, 4, 2},
    .width = {96, 64, 128, 256, 160},
    .untied = true,
    .biases = true,
    .rope_factors = true,
    .seed = 2,
};

/* A file being written: the tensors are gone through twice, declared and then filled. */
struct tiny {
    const struct tiny_recipe *recipe;
    struct gguf_writer *writer;
    struct gguf_sink sink;
    struct rng rng;
    bool fill;
};

static void check(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fail_msg("tiny model: %s", error->message);
    }
}

static enum status write_file(void *context, const void *data, size_t length, struct error *error)
{
    if (fwrite(data, 1, length, context) != length) {
        return error_errno(error, "cannot write", "a tiny model");
    }
    return STATUS_OK;
}

const char *tiny_path(const char *name, char out[256])
{
    const char *folder = getenv("TMPDIR");
    snprintf(out, 256, "%s/paretop-%s-%ld.gguf", folder == NULL ? "/tmp" : folder, name,
             (long)getpid());
    return out;
}

static void tensor_data(struct tiny *t, uint64_t columns, uint64_t rows, enum weight_type type,
                        double mean, double deviation)
{
    struct error error = {0};
    uint64_t bytes = weight_type_row_bytes(type, columns);
    float *row = memory_new(columns, sizeof *row, &error);
    void *code = memory_new(bytes, 1, &error);
    assert_true(row != NULL && code != NULL && bytes > 0);
    for (uint64_t r = 0; r < rows; r++) {
        for (uint64_t c = 0; c < columns; c++) {
            row[c] = (float)(mean + deviation * rng_normal(&t->rng));
        }
        quant_encode(type, row, code, columns);
        check(gguf_writer_data(t->writer, &t->sink, code, bytes, &error), &error);
    }
    memory_free(row);
    memory_free(code);
}

static void tensor(struct tiny *t, enum tensor_role role, uint32_t layer, uint64_t columns,
                   uint64_t rows)
{
    const struct role_info *info = &role_table[role];
    const char *number = strchr(info->name, '%');
    struct error error = {0};
    char name[64];
    if (number == NULL) {
        snprintf(name, sizeof name, "%s", info->name);
    } else {
        snprintf(name, sizeof name, "blk.%u%s", layer, number + 2);
    }
    if (rows == 0 || (t->recipe->leave_out != NULL && strcmp(name, t->recipe->leave_out) == 0)) {
        return;
    }
    if (t->recipe->shorten != NULL && strcmp(name, t->recipe->shorten) == 0) {
        rows--;
    }
    enum weight_type type = !info->matrix                                    ? WEIGHT_F32
                            : role == ROLE_TOKEN_EMBD || role == ROLE_OUTPUT ? t->recipe->embedding
                                                                             : t->recipe->matrix;
    if (!t->fill) {
        uint64_t size[2] = {columns, rows};
        check(gguf_writer_tensor(t->writer, name, info->matrix ? 2 : 1, size, type, &error),
              &error);
    } else if (info->matrix) {
        tensor_data(t, columns, rows, type, 0.0, 1.0 / sqrt((double)columns));
    } else {
        bool norm = role == ROLE_ATTN_NORM || role == ROLE_FFN_NORM || role == ROLE_OUTPUT_NORM;
        double mean = role == ROLE_ROPE_FREQS ? 2.0 : norm ? 1.0 : 0.0;
        tensor_data(t, columns, 1, type, mean, role == ROLE_ROPE_FREQS ? 0.1 : 0.3);
    }
}

static void bias(struct tiny *t, enum tensor_role role, uint32_t layer, uint64_t count)
{
    if (t->recipe->biases) {
        tensor(t, role, layer, count, 1);
    }
}

static void all_tensors(struct tiny *t)
{
    const struct tiny_recipe *r = t->recipe;
    uint64_t hidden = r->hidden;
    uint32_t rope = r->rope_dimensions == 0 ? r->head_size : r->rope_dimensions;
    rng_init(&t->rng, r->seed, "tiny", 0);
    tensor(t, ROLE_TOKEN_EMBD, 0, hidden, TINY_VOCABULARY);
    for (uint32_t l = 0; l < r->layers; l++) {
        uint64_t q = (uint64_t)r->heads[l] * r->head_size,
                 kv = (uint64_t)r->kv_heads[l] * r->head_size;
        if (q > 0) {
            tensor(t, ROLE_ATTN_NORM, l, hidden, 1);
            tensor(t, ROLE_ATTN_Q, l, hidden, q);
            tensor(t, ROLE_ATTN_K, l, hidden, kv);
            tensor(t, ROLE_ATTN_V, l, hidden, kv);
            tensor(t, ROLE_ATTN_OUTPUT, l, q, hidden);
            bias(t, ROLE_ATTN_Q_BIAS, l, q);
            bias(t, ROLE_ATTN_K_BIAS, l, kv);
            bias(t, ROLE_ATTN_V_BIAS, l, kv);
            bias(t, ROLE_ATTN_OUTPUT_BIAS, l, hidden);
        }
        if (r->width[l] > 0) {
            tensor(t, ROLE_FFN_NORM, l, hidden, 1);
            tensor(t, ROLE_FFN_GATE, l, hidden, r->width[l]);
            tensor(t, ROLE_FFN_UP, l, hidden, r->width[l]);
            tensor(t, ROLE_FFN_DOWN, l, r->width[l], hidden);
            bias(t, ROLE_FFN_GATE_BIAS, l, r->width[l]);
            bias(t, ROLE_FFN_UP_BIAS, l, r->width[l]);
            bias(t, ROLE_FFN_DOWN_BIAS, l, hidden);
        }
    }
    tensor(t, ROLE_OUTPUT_NORM, 0, hidden, 1);
    if (r->add != NULL && !t->fill) {
        struct error error = {0};
        check(gguf_writer_tensor(t->writer, r->add, 1, &hidden, WEIGHT_F32, &error), &error);
    } else if (r->add != NULL) {
        tensor_data(t, hidden, 1, WEIGHT_F32, 0.0, 1.0);
    }
    if (r->untied) {
        tensor(t, ROLE_OUTPUT, 0, hidden, TINY_VOCABULARY);
    }
    if (r->rope_factors) {
        tensor(t, ROLE_ROPE_FREQS, 0, rope / 2, 1);
    }
}

/* SentencePiece: specials, bytes, the space and the letters, each also behind a space. */
static void tokenizer(struct tiny *t)
{
    static char text[TINY_VOCABULARY][16];
    const char *token[TINY_VOCABULARY];
    float score[TINY_VOCABULARY];
    int32_t type[TINY_VOCABULARY];
    struct error error = {0};
    static const char *const special[] = {"<unk>", "<s>", "</s>"};
    for (int i = 0; i < TINY_VOCABULARY; i++) {
        token[i] = text[i];
        score[i] = (float)-i;
        type[i] = i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1;
        if (i < 3) {
            snprintf(text[i], sizeof text[i], "%s", special[i]);
        } else if (i < 259) {
            snprintf(text[i], sizeof text[i], "<0x%02X>", (unsigned)(i - 3) & 255U);
        } else if (i == 259) {
            snprintf(text[i], sizeof text[i], "\xe2\x96\x81");
        } else {
            int letter = 'a' + (i - 260) % 26;
            snprintf(text[i], sizeof text[i], "%s%c", i < 286 ? "" : "\xe2\x96\x81", letter);
        }
    }
    struct gguf_writer *w = t->writer;
    check(gguf_writer_string(w, "tokenizer.ggml.model", "llama", &error), &error);
    check(
        gguf_writer_array(w, "tokenizer.ggml.tokens", GGUF_STRING, token, TINY_VOCABULARY, &error),
        &error);
    check(gguf_writer_array(w, "tokenizer.ggml.scores", GGUF_F32, score, TINY_VOCABULARY, &error),
          &error);
    check(
        gguf_writer_array(w, "tokenizer.ggml.token_type", GGUF_I32, type, TINY_VOCABULARY, &error),
        &error);
    check(gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", 1, &error), &error);
    check(gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", 2, &error), &error);
}

static void put_u32(struct tiny *t, const char *suffix, uint32_t value)
{
    struct error error = {0};
    char key[96];
    snprintf(key, sizeof key, "%s.%s",
             t->recipe->architecture == NULL ? "llama" : t->recipe->architecture, suffix);
    check(gguf_writer_u32(t->writer, key, value, &error), &error);
}

/* A number when all layers agree, as converters write it; else an array of i32. */
static void put_layers(struct tiny *t, const char *suffix, const uint32_t *values)
{
    struct error error = {0};
    int32_t array[TINY_LAYERS];
    char key[96];
    bool equal = true;
    for (uint32_t l = 0; l < t->recipe->layers; l++) {
        array[l] = (int32_t)values[l];
        equal = equal && values[l] == values[0];
    }
    if (equal) {
        put_u32(t, suffix, values[0]);
        return;
    }
    snprintf(key, sizeof key, "%s.%s",
             t->recipe->architecture == NULL ? "llama" : t->recipe->architecture, suffix);
    check(gguf_writer_array(t->writer, key, GGUF_I32, array, t->recipe->layers, &error), &error);
}

static void metadata(struct tiny *t)
{
    const struct tiny_recipe *r = t->recipe;
    const char *architecture = r->architecture == NULL ? "llama" : r->architecture;
    struct error error = {0};
    char key[96];
    check(gguf_writer_string(t->writer, "general.architecture", architecture, &error), &error);
    check(gguf_writer_string(t->writer, "general.name", "tiny", &error), &error);
    put_u32(t, "block_count", r->layers);
    put_u32(t, "context_length", 256);
    put_u32(t, "embedding_length", r->hidden);
    put_layers(t, "feed_forward_length", r->width);
    put_layers(t, "attention.head_count", r->heads);
    put_layers(t, "attention.head_count_kv", r->kv_heads);
    put_u32(t, "attention.key_length", r->head_size);
    put_u32(t, "attention.value_length", r->head_size);
    put_u32(t, "rope.dimension_count", r->rope_dimensions == 0 ? r->head_size : r->rope_dimensions);
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", architecture);
    check(gguf_writer_f32(t->writer, key, 1e-5F, &error), &error);
    if (r->neurons_sorted != NULL) {
        check(gguf_writer_array(t->writer, "paretop.neurons_sorted", GGUF_BOOL, r->neurons_sorted,
                                r->layers, &error),
              &error);
    }
    tokenizer(t);
    if (r->extra != NULL) {
        r->extra(t->writer);
    }
}

void tiny_write(const struct tiny_recipe *recipe, const char *path)
{
    struct error error = {0};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    struct tiny t = {.recipe = recipe, .sink = {.write = write_file, .context = file}};
    check(gguf_writer_new(32, &t.writer, &error), &error);
    metadata(&t);
    all_tensors(&t);
    check(gguf_writer_begin(t.writer, &t.sink, &error), &error);
    t.fill = true;
    all_tensors(&t);
    check(gguf_writer_end(t.writer, &t.sink, &error), &error);
    gguf_writer_free(t.writer);
    assert_int_equal(fclose(file), 0);
}
