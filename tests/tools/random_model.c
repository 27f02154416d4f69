/* random_model PATH [name=value...]: a GGUF of any LLaMA shape with random weights, by default
 * LLaMA2-7B's in Q4_0 (3.8 GB); for measurements of speed and memory, where what the weights say
 * does not matter. Names: layers, hidden, heads, kv_heads, intermediate, vocabulary, context, tied,
 * type, seed, and tokenizer=FILE.gguf, whose tokenizer (and so vocabulary) is taken; else one in
 * SentencePiece's manner is made up from the words of the calibration text.
 *
 * Matrices are normal with deviation 0.02, norms are 1, so that activations stay finite at any
 * depth. A pool of weights is encoded once; a row is put together from pieces of it, each from a
 * random place, and written at once, so that a large model takes as long as its file takes to
 * write. */
#include "arch/shape.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/rng.h"
#include "io/gguf.h"
#include "num/quant.h"
#include "task/score.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVIATION 0.02
#define POOL ((size_t)1 << 20) /* weights in the pool */
#define PIECE 256U             /* weights taken from one place of it */
#define SPECIALS 3             /* <unk> <s> </s> */
#define BYTES 256
#define LEAST_VOCABULARY 320 /* specials, bytes, printable ASCII less the space, the space */

enum number {
    LAYERS,
    HIDDEN,
    HEADS,
    KV_HEADS,
    INTERMEDIATE,
    VOCABULARY,
    CONTEXT,
    TIED,
    SEED,
    NUMBERS,
};

static struct {
    const char *name;
    uint32_t least, most;
    uint32_t value;
} number[NUMBERS] = {
    [LAYERS] = {"layers", 1, ARCH_MAX_LAYERS, 32},
    [HIDDEN] = {"hidden", 2, 1 << 20, 4096},
    [HEADS] = {"heads", 1, 1 << 12, 32},
    [KV_HEADS] = {"kv_heads", 0, 1 << 12, 0}, /* 0: as many as heads */
    [INTERMEDIATE] = {"intermediate", 1, 1 << 20, 11008},
    [VOCABULARY] = {"vocabulary", LEAST_VOCABULARY, 1 << 20, 32000},
    [CONTEXT] = {"context", 1, 1 << 20, 4096},
    [TIED] = {"tied", 0, 1, 0},
    [SEED] = {"seed", 0, UINT32_MAX, 0},
};

struct model {
    enum weight_type type;
    const char *tokenizer; /* a GGUF file; NULL: made up */
    struct gguf *source;   /* it, opened */
    struct gguf_writer *writer;
    struct gguf_sink sink;
    struct rng rng;
    char *pool, *row;
    bool fill; /* tensors are gone through twice: declared, then filled */
};

/* ---- tokenizer ---- */

struct pieces {
    struct buf text; /* one after the other, each ended by NUL */
    size_t *offset, capacity, count;
};

static enum status add_piece(struct pieces *pieces, const char *text, size_t length,
                             struct error *error)
{
    enum status status = memory_reserve(&pieces->offset, &pieces->capacity, pieces->count + 1,
                                        sizeof *pieces->offset, error);
    if (status != STATUS_OK)
        return status;
    pieces->offset[pieces->count++] = pieces->text.length;
    status = buf_append(&pieces->text, text, length, error);
    return status == STATUS_OK ? buf_append(&pieces->text, "", 1, error) : status;
}

static bool has_piece(const struct pieces *pieces, const char *text)
{
    for (size_t i = SPECIALS + BYTES; i < pieces->count; i++)
        if (strcmp(pieces->text.data + pieces->offset[i], text) == 0)
            return true;
    return false;
}

static enum status add_bytes(struct pieces *pieces, struct error *error)
{
    static const char *const special[SPECIALS] = {"<unk>", "<s>", "</s>"};
    enum status status = STATUS_OK;
    char text[8] = "\xe2\x96\x81";
    for (int i = 0; i < SPECIALS && status == STATUS_OK; i++)
        status = add_piece(pieces, special[i], strlen(special[i]), error);
    for (unsigned i = 0; i < BYTES && status == STATUS_OK; i++) {
        char byte[8];
        int length = snprintf(byte, sizeof byte, "<0x%02X>", i);
        status = add_piece(pieces, byte, (size_t)length, error);
    }
    if (status == STATUS_OK)
        status = add_piece(pieces, text, 3, error);
    for (char c = '!'; c <= '~' && status == STATUS_OK; c++)
        status = add_piece(pieces, &c, 1, error);
    return status;
}

/* A word behind a space and each beginning of it, so that merging from the left reaches it. */
static enum status add_word(struct pieces *pieces, const char *word, size_t length, size_t most,
                            struct error *error)
{
    char text[64] = "\xe2\x96\x81";
    enum status status = STATUS_OK;
    for (size_t i = 0; i < length && i < sizeof text - 4; i++) {
        text[3 + i] = word[i];
        text[4 + i] = '\0';
        if (status == STATUS_OK && pieces->count < most && !has_piece(pieces, text))
            status = add_piece(pieces, text, 4 + i, error);
    }
    return status;
}

static enum status add_words(struct pieces *pieces, size_t most, struct error *error)
{
    size_t length, from = 0;
    const char *text = embedded_calibration(&length);
    enum status status = STATUS_OK;
    while (from < length && status == STATUS_OK) {
        size_t to = from;
        while (to < length && isalpha((unsigned char)text[to]))
            to++;
        status = add_word(pieces, text + from, to - from, most, error);
        from = to + (to == from);
    }
    for (unsigned i = 0; pieces->count < most && status == STATUS_OK; i++) {
        char unused[24];
        int count = snprintf(unused, sizeof unused, "\xe2\x96\x81#%u", i);
        status = add_piece(pieces, unused, (size_t)count, error);
    }
    return status;
}

static enum status write_pieces(struct model *m, const struct pieces *pieces, struct error *error)
{
    size_t count = pieces->count;
    const char **text = memory_new(count, sizeof *text, error);
    float *score = memory_new(count, sizeof *score, error);
    int32_t *kind = memory_new(count, sizeof *kind, error);
    enum status status = text && score && kind ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        text[i] = pieces->text.data + pieces->offset[i];
        score[i] = -(float)i;
        kind[i] = i == 0 ? 2 : i < SPECIALS ? 3 : i < SPECIALS + BYTES ? 6 : 1;
    }
    struct gguf_writer *w = m->writer;
    if (status != STATUS_OK ||
        (status = gguf_writer_string(w, "tokenizer.ggml.model", "llama", error)) ||
        (status = gguf_writer_array(w, "tokenizer.ggml.tokens", GGUF_STRING, text, count, error)) ||
        (status = gguf_writer_array(w, "tokenizer.ggml.scores", GGUF_F32, score, count, error)) ||
        (status =
             gguf_writer_array(w, "tokenizer.ggml.token_type", GGUF_I32, kind, count, error)) ||
        (status = gguf_writer_u32(w, "tokenizer.ggml.bos_token_id", 1, error)))
        goto out;
    status = gguf_writer_u32(w, "tokenizer.ggml.eos_token_id", 2, error);
out:
    memory_free(text);
    memory_free(score);
    memory_free(kind);
    return status;
}

static enum status make_tokenizer(struct model *m, struct error *error)
{
    struct pieces pieces = {0};
    buf_init(&pieces.text);
    enum status status = add_bytes(&pieces, error);
    if (status == STATUS_OK)
        status = add_words(&pieces, number[VOCABULARY].value, error);
    if (status == STATUS_OK)
        status = write_pieces(m, &pieces, error);
    buf_release(&pieces.text);
    memory_free(pieces.offset);
    return status;
}

static enum status copy_tokenizer(struct model *m, struct error *error)
{
    static const char prefix[] = "tokenizer.";
    enum status status = STATUS_OK;
    for (size_t i = 0; i < gguf_pair_count(m->source) && status == STATUS_OK; i++) {
        const struct gguf_pair *pair = gguf_pair_at(m->source, i);
        if (pair->key.length > sizeof prefix &&
            strncmp(pair->key.data, prefix, sizeof prefix - 1) == 0)
            status = gguf_writer_copy(m->writer, NULL, pair, error);
    }
    return status;
}

static enum status open_tokenizer(struct model *m, struct error *error)
{
    if (m->tokenizer == NULL)
        return STATUS_OK;
    enum status status = gguf_open(m->tokenizer, &m->source, error);
    if (status != STATUS_OK)
        return status;
    const struct gguf_pair *tokens = gguf_find(m->source, "tokenizer.ggml.tokens");
    if (tokens == NULL || tokens->type != GGUF_ARRAY || tokens->count == 0)
        return error_set(error, STATUS_INVALID, "%s has no tokenizer.ggml.tokens", m->tokenizer);
    number[VOCABULARY].value = (uint32_t)tokens->count;
    return STATUS_OK;
}

/* ---- metadata ---- */

static enum status put(struct model *m, const char *key, uint32_t value, struct error *error)
{
    return gguf_writer_u32(m->writer, key, value, error);
}

static enum status metadata(struct model *m, struct error *error)
{
    struct gguf_writer *w = m->writer;
    uint32_t head_size = number[HIDDEN].value / number[HEADS].value;
    enum status status;
    if ((status = gguf_writer_string(w, "general.architecture", "llama", error)) ||
        (status = gguf_writer_string(w, "general.name", "random", error)) ||
        (status =
             put(m, "general.file_type", weight_type_by_id((uint32_t)m->type)->file_type, error)) ||
        (status = put(m, "llama.block_count", number[LAYERS].value, error)) ||
        (status = put(m, "llama.context_length", number[CONTEXT].value, error)) ||
        (status = put(m, "llama.embedding_length", number[HIDDEN].value, error)) ||
        (status = put(m, "llama.feed_forward_length", number[INTERMEDIATE].value, error)) ||
        (status = put(m, "llama.attention.head_count", number[HEADS].value, error)) ||
        (status = put(m, "llama.attention.head_count_kv", number[KV_HEADS].value, error)) ||
        (status = put(m, "llama.rope.dimension_count", head_size, error)) ||
        (status = put(m, "llama.vocab_size", number[VOCABULARY].value, error)) ||
        (status = gguf_writer_f32(w, "llama.attention.layer_norm_rms_epsilon", 1e-5F, error)))
        return status;
    return m->source != NULL ? copy_tokenizer(m, error) : make_tokenizer(m, error);
}

/* ---- tensors ---- */

static enum status fill_pool(struct model *m, struct error *error)
{
    float *values = memory_new(POOL, sizeof *values, error);
    m->pool = memory_new(weight_type_row_bytes(m->type, POOL), 1, error);
    if (values == NULL || m->pool == NULL) {
        memory_free(values);
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < POOL; i++)
        values[i] = (float)(DEVIATION * rng_normal(&m->rng));
    quant_encode(m->type, values, m->pool, POOL);
    memory_free(values);
    return STATUS_OK;
}

static enum status matrix_data(struct model *m, uint64_t columns, uint64_t rows,
                               struct error *error)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)m->type);
    enum status status = STATUS_OK;
    for (uint64_t r = 0; r < rows && status == STATUS_OK; r++) {
        size_t bytes = 0;
        for (uint64_t c = 0; c < columns; c += PIECE) {
            uint64_t count = columns - c < PIECE ? columns - c : PIECE;
            uint32_t at = rng_below(&m->rng, (uint32_t)((POOL - PIECE) / info->block));
            size_t length = weight_type_row_bytes(m->type, count);
            memcpy(m->row + bytes, m->pool + (size_t)at * info->block_bytes, length);
            bytes += length;
        }
        status = gguf_writer_data(m->writer, &m->sink, m->row, bytes, error);
    }
    return status;
}

static enum status tensor(struct model *m, enum tensor_role role, uint32_t layer, uint64_t columns,
                          uint64_t rows, struct error *error)
{
    const struct role_info *info = &role_table[role];
    const char *place = strchr(info->name, '%');
    char name[64];
    if (place == NULL)
        snprintf(name, sizeof name, "%s", info->name);
    else
        snprintf(name, sizeof name, "blk.%" PRIu32 "%s", layer, place + 2);
    if (!m->fill) {
        const uint64_t size[2] = {columns, rows};
        return gguf_writer_tensor(m->writer, name, info->matrix ? 2 : 1, size,
                                  info->matrix ? m->type : WEIGHT_F32, error);
    }
    if (info->matrix)
        return matrix_data(m, columns, rows, error);
    float *norm = (float *)m->row;
    for (uint64_t c = 0; c < columns; c++)
        norm[c] = 1.0F;
    return gguf_writer_data(m->writer, &m->sink, norm, columns * sizeof *norm, error);
}

static enum status tensors(struct model *m, struct error *error)
{
    uint64_t hidden = number[HIDDEN].value, width = number[INTERMEDIATE].value;
    uint64_t kv = hidden / number[HEADS].value * number[KV_HEADS].value;
    const struct {
        enum tensor_role role;
        uint64_t columns, rows;
    } part[] = {
        {ROLE_ATTN_NORM, hidden, 1},        {ROLE_ATTN_Q, hidden, hidden},
        {ROLE_ATTN_K, hidden, kv},          {ROLE_ATTN_V, hidden, kv},
        {ROLE_ATTN_OUTPUT, hidden, hidden}, {ROLE_FFN_NORM, hidden, 1},
        {ROLE_FFN_GATE, hidden, width},     {ROLE_FFN_UP, hidden, width},
        {ROLE_FFN_DOWN, width, hidden},
    };
    enum status status = tensor(m, ROLE_TOKEN_EMBD, 0, hidden, number[VOCABULARY].value, error);
    for (uint32_t l = 0; l < number[LAYERS].value; l++)
        for (size_t i = 0; i < sizeof part / sizeof *part && status == STATUS_OK; i++)
            status = tensor(m, part[i].role, l, part[i].columns, part[i].rows, error);
    if (status == STATUS_OK)
        status = tensor(m, ROLE_OUTPUT_NORM, 0, hidden, 1, error);
    if (status == STATUS_OK && number[TIED].value == 0)
        status = tensor(m, ROLE_OUTPUT, 0, hidden, number[VOCABULARY].value, error);
    return status;
}

/* ---- the file ---- */

static enum status write_file(void *context, const void *data, size_t length, struct error *error)
{
    if (fwrite(data, 1, length, context) != length)
        return error_errno(error, "cannot write", "the model");
    return STATUS_OK;
}

static enum status write_model(struct model *m, FILE *file, struct error *error)
{
    uint32_t longest = number[HIDDEN].value > number[INTERMEDIATE].value
                           ? number[HIDDEN].value
                           : number[INTERMEDIATE].value;
    enum status status;
    m->sink = (struct gguf_sink){.write = write_file, .context = file};
    rng_init(&m->rng, number[SEED].value, "random_model", 0);
    m->row = memory_new(longest, sizeof(float), error);
    if (m->row == NULL)
        return STATUS_MEMORY;
    if ((status = open_tokenizer(m, error)) || (status = gguf_writer_new(32, &m->writer, error)) ||
        (status = metadata(m, error)) || (status = tensors(m, error)) ||
        (status = gguf_writer_begin(m->writer, &m->sink, error)) || (status = fill_pool(m, error)))
        return status;
    m->fill = true;
    if ((status = tensors(m, error)))
        return status;
    return gguf_writer_end(m->writer, &m->sink, error);
}

/* ---- options ---- */

static enum status read_option(struct model *m, char *argument, struct error *error)
{
    char *value = strchr(argument, '=');
    if (value == NULL)
        return error_set(error, STATUS_INVALID, "expected name=value, found %s", argument);
    *value++ = '\0';
    if (strcmp(argument, "type") == 0) {
        enum status status = weight_type_parse(value, &m->type, error);
        if (status == STATUS_OK && m->type == WEIGHT_SOURCE)
            status = error_set(error, STATUS_INVALID, "a random model has no source");
        return status;
    }
    if (strcmp(argument, "tokenizer") == 0) {
        m->tokenizer = value;
        return STATUS_OK;
    }
    for (int i = 0; i < NUMBERS; i++) {
        char *end;
        if (strcmp(argument, number[i].name) != 0)
            continue;
        unsigned long long parsed = strtoull(value, &end, 10);
        if (*value == '\0' || *end != '\0' || parsed < number[i].least || parsed > number[i].most)
            return error_set(error, STATUS_INVALID, "%s is %s, expected %" PRIu32 " to %" PRIu32,
                             argument, value, number[i].least, number[i].most);
        number[i].value = (uint32_t)parsed;
        return STATUS_OK;
    }
    return error_set(error, STATUS_INVALID, "unknown option %s", argument);
}

static enum status check_heads(struct error *error)
{
    uint32_t heads = number[HEADS].value;
    number[KV_HEADS].value = number[KV_HEADS].value == 0 ? heads : number[KV_HEADS].value;
    if (number[HIDDEN].value % heads != 0 || heads % number[KV_HEADS].value != 0 ||
        number[HIDDEN].value / heads % 2 != 0)
        return error_set(error, STATUS_INVALID,
                         "%" PRIu32 " heads and %" PRIu32
                         " of keys and values do not divide %" PRIu32,
                         heads, number[KV_HEADS].value, number[HIDDEN].value);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    struct model m = {.type = WEIGHT_Q4_0};
    struct error error = {0};
    FILE *file = NULL;
    enum status status =
        argc > 1 ? STATUS_OK : error_set(&error, STATUS_INVALID, "a path is needed");
    for (int i = 2; i < argc && status == STATUS_OK; i++)
        status = read_option(&m, argv[i], &error);
    if (status == STATUS_OK)
        status = check_heads(&error);
    if (status == STATUS_OK && (file = fopen(argv[1], "wb")) == NULL)
        status = error_errno(&error, "cannot open", argv[1]);
    if (status == STATUS_OK)
        status = write_model(&m, file, &error);
    if (file != NULL && fclose(file) != 0 && status == STATUS_OK)
        status = error_errno(&error, "cannot write", argv[1]);
    if (status != STATUS_OK) {
        fprintf(stderr, "random_model: %s\n", error.message);
        if (file != NULL)
            unlink(argv[1]);
    }
    gguf_writer_free(m.writer);
    gguf_close(m.source);
    memory_free(m.pool);
    memory_free(m.row);
    return status == STATUS_OK ? 0 : 2;
}
