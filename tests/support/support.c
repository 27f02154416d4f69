/* Reference data, folders, and tiny models. */
#include "support.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/rng.h"
#include "io/atomic_file.h"
#include "io/gguf.h"
#include "num/quant.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKENS 320 /* 256 bytes, merges or pieces, and control tokens */

static char *existing(const char *folder, const char *name)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return NULL;
    if (access(path, R_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *support_shared(const char *name)
{
    const char *folder = getenv("PARETOP_SHARED");
    return existing(folder != NULL && *folder != '\0' ? folder : "../shared", name);
}

const char *support_model(void)
{
    static char path[4096];
    const char *model = getenv("MODEL"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (model != NULL)
        snprintf(path, sizeof path, "%s", model);
    else if (cache != NULL && *cache != '\0')
        snprintf(path, sizeof path, "%s/paretop/SmolLM2-135M-Instruct.Q4_1.gguf", cache);
    else
        snprintf(path, sizeof path, "%s/.cache/paretop/SmolLM2-135M-Instruct.Q4_1.gguf",
                 home != NULL ? home : "");
    return access(path, R_OK) == 0 ? path : NULL;
}

char *support_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    if (asprintf(&path, "%s/paretop-unit.XXXXXX", base != NULL ? base : "/tmp") < 0)
        return NULL;
    return mkdtemp(path);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

void support_folder_remove(char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

/* ---- tokenizers ---- */

/* GPT-2's printable stand-in of a byte, as UTF-8: printable Latin-1 stays, others go to U+0100 up.
 */
static void byte_text(unsigned byte, char out[8])
{
    unsigned point = byte, moved = 256;
    for (unsigned b = 0; b < 256; b++) {
        bool printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
        if (b == byte)
            point = printable ? b : moved;
        moved += !printable;
    }
    if (point < 0x80)
        snprintf(out, 8, "%c", (int)point);
    else
        snprintf(out, 8, "%c%c", (int)(0xC0 | point >> 6), (int)(0x80 | (point & 63)));
}

struct vocabulary {
    char text[TOKENS][24];
    float score[TOKENS];
    int32_t type[TOKENS];
    char merge[32][24];
    size_t tokens, merges;
};

static void add_token(struct vocabulary *v, const char *text, float score, int32_t type)
{
    snprintf(v->text[v->tokens], sizeof v->text[0], "%s", text);
    v->score[v->tokens] = score;
    v->type[v->tokens++] = type;
}

static void make_bpe(struct vocabulary *v)
{
    static const char *const merges[] = {"t h", "th e",       "i n",          "a n",  "e r",
                                         "o n", "\xC4\xA0 a", "\xC4\xA0 the", "an d", "in g"};
    add_token(v, "<|endoftext|>", 0, 3);
    for (unsigned byte = 0; byte < 256; byte++) {
        char text[8];
        byte_text(byte, text);
        add_token(v, text, 0, 1);
    }
    for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
        const char *space = strchr(merges[i], ' ');
        char joined[24];
        snprintf(joined, sizeof joined, "%.*s%s", (int)(space - merges[i]), merges[i], space + 1);
        snprintf(v->merge[v->merges++], sizeof v->merge[0], "%s", merges[i]);
        add_token(v, joined, 0, 1);
    }
}

static void make_sentencepiece(struct vocabulary *v)
{
    static const char *const pieces[] = {
        "\xE2\x96\x81",   "e", "t", "a", "h", "i", "n", "o", "th", "he", "an", "the", "in",
        "\xE2\x96\x81the"};
    char text[8];
    add_token(v, "<unk>", 0, 2);
    add_token(v, "<s>", 0, 3);
    add_token(v, "</s>", 0, 3);
    for (unsigned byte = 0; byte < 256; byte++) {
        snprintf(text, sizeof text, "<0x%02X>", byte);
        add_token(v, text, 0, 6);
    }
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        add_token(v, pieces[i], -(float)(20 - (int)i), 1);
}

static enum status write_tokenizer(struct gguf_writer *w, const struct vocabulary *v,
                                   bool sentencepiece, struct error *error)
{
    const char *text[TOKENS], *merge[32];
    for (size_t i = 0; i < v->tokens; i++)
        text[i] = v->text[i];
    for (size_t i = 0; i < v->merges; i++)
        merge[i] = v->merge[i];
    enum status s =
        gguf_writer_string(w, "tokenizer.ggml.model", sentencepiece ? "llama" : "gpt2", error);
    if (s == STATUS_OK && !sentencepiece)
        s = gguf_writer_string(w, "tokenizer.ggml.pre", "smollm", error);
    if (s == STATUS_OK)
        s = gguf_writer_array(w, "tokenizer.ggml.tokens", GGUF_STRING, text, v->tokens, error);
    if (s == STATUS_OK && sentencepiece)
        s = gguf_writer_array(w, "tokenizer.ggml.scores", GGUF_F32, v->score, v->tokens, error);
    if (s == STATUS_OK)
        s = gguf_writer_array(w, "tokenizer.ggml.token_type", GGUF_I32, v->type, v->tokens, error);
    if (s == STATUS_OK && !sentencepiece)
        s = gguf_writer_array(w, "tokenizer.ggml.merges", GGUF_STRING, merge, v->merges, error);
    if (s == STATUS_OK)
        s = gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", sentencepiece ? 1 : 0, error);
    if (s == STATUS_OK)
        s = gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", sentencepiece ? 2 : 0, error);
    return s == STATUS_OK
               ? gguf_writer_bool(w, "tokenizer.ggml.add_bos_token", sentencepiece, error)
               : s;
}

/* ---- weights ---- */

struct matrix_kind {
    const char *name;
    uint64_t columns, rows; /* rows 0: a vector of `columns` */
    float scale;            /* deviation; vectors: norms are 1 + deviation */
    bool norm, bias;
};

#define KINDS 20
struct tiny {
    struct tiny_options o;
    struct matrix_kind kind[KINDS]; /* of one layer */
    size_t kinds;
    struct matrix_kind outer[3];
    size_t outers;
    struct vocabulary vocabulary;
    uint8_t *bytes;
    float *values;
};

static void add_kind(struct tiny *t, const char *name, uint64_t columns, uint64_t rows, bool norm,
                     bool bias)
{
    float scale = norm ? 0.1F : bias ? 0.05F : 1.0F / sqrtf((float)columns);
    t->kind[t->kinds++] = (struct matrix_kind){name, columns, rows, scale, norm, bias};
}

static void describe(struct tiny *t)
{
    const struct tiny_options *o = &t->o;
    uint64_t d = o->hidden, kv = d / o->heads * o->kv_heads, f = o->intermediate;
    add_kind(t, "attn_norm.weight", d, 0, true, false);
    add_kind(t, "attn_q.weight", d, d, false, false);
    add_kind(t, "attn_k.weight", d, kv, false, false);
    add_kind(t, "attn_v.weight", d, kv, false, false);
    add_kind(t, "attn_output.weight", d, d, false, false);
    add_kind(t, "ffn_norm.weight", d, 0, true, false);
    add_kind(t, "ffn_gate.weight", d, f, false, false);
    add_kind(t, "ffn_up.weight", d, f, false, false);
    add_kind(t, "ffn_down.weight", f, d, false, false);
    if (o->biases) {
        add_kind(t, "attn_q.bias", d, 0, false, true);
        add_kind(t, "attn_k.bias", kv, 0, false, true);
        add_kind(t, "attn_v.bias", kv, 0, false, true);
        add_kind(t, "attn_output.bias", d, 0, false, true);
        add_kind(t, "ffn_gate.bias", f, 0, false, true);
        add_kind(t, "ffn_up.bias", f, 0, false, true);
        add_kind(t, "ffn_down.bias", d, 0, false, true);
    }
    uint64_t n = t->vocabulary.tokens;
    t->outer[t->outers++] = (struct matrix_kind){"token_embd.weight", d, n, 1.0F, false, false};
    t->outer[t->outers++] = (struct matrix_kind){"output_norm.weight", d, 0, 0.1F, true, false};
    if (o->own_output)
        t->outer[t->outers++] = (struct matrix_kind){"output.weight", d, n, 0.3F, false, false};
}

static enum weight_type type_of(const struct tiny *t, const struct matrix_kind *kind)
{
    bool fits = kind->rows > 0 && weight_type_row_bytes(t->o.type, kind->columns) > 0;
    return fits ? t->o.type : WEIGHT_F32;
}

static enum status declare(struct tiny *t, struct gguf_writer *w, const char *name,
                           const struct matrix_kind *kind, struct error *error)
{
    uint64_t size[2] = {kind->columns, kind->rows};
    return gguf_writer_tensor(w, name, kind->rows > 0 ? 2 : 1, size, type_of(t, kind), error);
}

static enum status write_values(struct tiny *t, struct gguf_writer *w, struct gguf_sink *sink,
                                const struct matrix_kind *kind, uint64_t layer, struct error *error)
{
    struct rng rng;
    rng_init(&rng, t->o.seed, kind->name, layer);
    /* a weak middle, as in trained models: some layers matter less */
    float strength = kind->rows > 0 && t->outers > 0 && layer < t->o.layers
                         ? 0.4F + 0.6F * (float)((layer * 7 + 3) % t->o.layers) / (float)t->o.layers
                         : 1.0F;
    size_t count = kind->columns * (kind->rows > 0 ? kind->rows : 1);
    for (size_t i = 0; i < count; i++)
        t->values[i] =
            (float)rng_normal(&rng) * kind->scale * strength + (kind->norm ? 1.0F : 0.0F);
    enum weight_type type = type_of(t, kind);
    quant_encode(type, t->values, t->bytes, count);
    uint64_t bytes = weight_type_row_bytes(type, kind->columns) * (kind->rows > 0 ? kind->rows : 1);
    return gguf_writer_data(w, sink, t->bytes, bytes, error);
}

/* Both passes go over the tensors in the same order: declared first, then written. */
static enum status each_tensor(struct tiny *t, struct gguf_writer *w, struct gguf_sink *sink,
                               struct error *error)
{
    enum status s = STATUS_OK;
    for (size_t i = 0; s == STATUS_OK && i < t->outers; i++)
        s = sink == NULL ? declare(t, w, t->outer[i].name, &t->outer[i], error)
                         : write_values(t, w, sink, &t->outer[i], t->o.layers, error);
    for (uint32_t layer = 0; layer < t->o.layers; layer++)
        for (size_t i = 0; s == STATUS_OK && i < t->kinds; i++) {
            char name[64];
            snprintf(name, sizeof name, "blk.%u.%s", layer, t->kind[i].name);
            s = sink == NULL ? declare(t, w, name, &t->kind[i], error)
                             : write_values(t, w, sink, &t->kind[i], layer, error);
        }
    return s;
}

static enum status write_metadata(struct tiny *t, struct gguf_writer *w, struct error *error)
{
    const struct tiny_options *o = &t->o;
    const struct {
        const char *key;
        uint32_t value;
    } number[] = {
        {"general.file_type", weight_type_by_id((uint32_t)o->type)->file_type},
        {"general.quantization_version", 2},
        {"llama.block_count", o->layers},
        {"llama.context_length", o->context},
        {"llama.embedding_length", o->hidden},
        {"llama.feed_forward_length", o->intermediate},
        {"llama.attention.head_count", o->heads},
        {"llama.attention.head_count_kv", o->kv_heads},
        {"llama.rope.dimension_count", o->hidden / o->heads},
        {"llama.vocab_size", (uint32_t)t->vocabulary.tokens},
    };
    enum status s = gguf_writer_string(w, "general.architecture", "llama", error);
    if (s == STATUS_OK)
        s = gguf_writer_string(w, "general.name", "tiny", error);
    for (size_t i = 0; s == STATUS_OK && i < sizeof number / sizeof *number; i++)
        s = gguf_writer_u32(w, number[i].key, number[i].value, error);
    if (s == STATUS_OK)
        s = gguf_writer_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5F, error);
    if (s == STATUS_OK)
        s = gguf_writer_f32(w, "llama.rope.freq_base", 10000.0F, error);
    if (s == STATUS_OK && o->chat)
        s = gguf_writer_string(w, "tokenizer.chat_template",
                               "{% for message in messages %}{{'<|im_start|>' + ...}}", error);
    return s == STATUS_OK ? write_tokenizer(w, &t->vocabulary, o->sentencepiece, error) : s;
}

static enum status to_file(void *context, const void *data, size_t length, struct error *error)
{
    return atomic_file_write(context, data, length, error);
}

static void set_defaults(struct tiny_options *o)
{
    o->layers = o->layers != 0 ? o->layers : 6;
    o->hidden = o->hidden != 0 ? o->hidden : 64;
    o->heads = o->heads != 0 ? o->heads : 4;
    o->kv_heads = o->kv_heads != 0 ? o->kv_heads : 2;
    o->intermediate = o->intermediate != 0 ? o->intermediate : 128;
    o->context = o->context != 0 ? o->context : 1024;
}

enum status support_tiny_model(const char *path, const struct tiny_options *options,
                               struct error *error)
{
    struct tiny *t = memory_new(1, sizeof *t, error);
    struct gguf_writer *w = NULL;
    struct atomic_file *file = NULL;
    if (t == NULL)
        return STATUS_MEMORY;
    t->o = *options;
    set_defaults(&t->o);
    if (t->o.sentencepiece)
        make_sentencepiece(&t->vocabulary);
    else
        make_bpe(&t->vocabulary);
    describe(t);
    size_t widest = t->o.hidden * (t->o.intermediate > TOKENS ? t->o.intermediate : TOKENS);
    widest =
        widest > (size_t)t->o.hidden * t->o.hidden ? widest : (size_t)t->o.hidden * t->o.hidden;
    t->values = memory_new(widest, sizeof(float), error);
    t->bytes = memory_new(widest, sizeof(float), error);
    enum status s = t->values != NULL && t->bytes != NULL ? STATUS_OK : STATUS_MEMORY;
    if (s == STATUS_OK)
        s = gguf_writer_new(32, &w, error);
    if (s == STATUS_OK)
        s = write_metadata(t, w, error);
    if (s == STATUS_OK)
        s = each_tensor(t, w, NULL, error);
    if (s == STATUS_OK)
        s = atomic_file_open(path, true, &file, error);
    struct gguf_sink sink = {to_file, file, 0};
    if (s == STATUS_OK)
        s = gguf_writer_begin(w, &sink, error);
    if (s == STATUS_OK)
        s = each_tensor(t, w, &sink, error);
    if (s == STATUS_OK)
        s = gguf_writer_end(w, &sink, error);
    if (s == STATUS_OK)
        s = atomic_file_commit(file, error);
    else
        atomic_file_abort(file);
    gguf_writer_free(w);
    memory_free(t->values);
    memory_free(t->bytes);
    memory_free(t);
    return s;
}

char *support_model_folder(char model[256])
{
    const struct tiny_options options = {
        .layers = 6, .hidden = 64, .intermediate = 256, .context = 256};
    char *folder = support_folder();
    snprintf(model, 256, "%s/tiny.gguf", folder);
    setenv("XDG_CACHE_HOME", folder, 1);
    if (support_tiny_model(model, &options, NULL) == STATUS_OK)
        return folder;
    support_folder_remove(folder);
    return NULL;
}
