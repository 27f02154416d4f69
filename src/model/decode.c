/* model/decode: from a tensor of the file to weights. Invariant: what is decoded is what extraction
 * would write, so a converted or permuted matrix goes through its encoder and back. */
#include "supernet_private.h"

#include "base/memory.h"
#include "num/quant.h"

#include <string.h>

/* One matrix being decoded row by row through `row` and `code`. */
struct decoding {
    const struct gguf_tensor *tensor;
    const uint32_t *neuron; /* order of rows or columns, or NULL */
    bool columns;           /* `neuron` permutes columns (down), else rows */
    enum weight_type type;  /* as written */
    float *row;             /* one row */
    void *code;             /* one row in the type as written */
};

static enum status decoding_init(struct decoding *d, struct error *error)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)d->type);
    size_t columns = d->tensor->size[0];
    if ((d->type != d->tensor->type || d->columns) && !info->encodable) {
        return error_set(error, STATUS_INVALID, "tensor %s cannot be written as %s",
                         d->tensor->name, info->name);
    }
    d->row = memory_new(columns, sizeof *d->row, error);
    d->code = memory_new(columns / info->block + 1, info->block_bytes, error);
    return d->row == NULL || d->code == NULL ? STATUS_MEMORY : STATUS_OK;
}

static void decoding_release(struct decoding *d)
{
    memory_free(d->row);
    memory_free(d->code);
}

/* Columns that whole blocks cover: a cut never reaches past them. */
static uint64_t whole_blocks(enum weight_type type, uint64_t columns)
{
    uint64_t block = weight_type_by_id((uint32_t)type)->block;
    return columns / block * block;
}

/* Row `from` of the file as it is written; down's columns in their order. */
static void decode_row(const struct decoding *d, uint64_t from, float *target)
{
    uint64_t columns = d->tensor->size[0];
    bool permute = d->neuron != NULL && d->columns;
    float *plain = permute ? d->row : target;
    quant_decode(d->tensor->type, gguf_tensor_row(d->tensor, from), plain, columns);
    if (permute) {
        for (uint64_t c = 0; c < columns; c++) {
            target[c] = d->row[d->neuron[c]];
        }
    }
    /* A cut down is encoded again even in its own type and in file order, as extraction does. */
    if (d->type != d->tensor->type || d->columns) {
        uint64_t whole = whole_blocks(d->type, columns);
        quant_encode(d->type, target, d->code, whole);
        quant_decode(d->type, d->code, target, whole);
    }
}

static enum status decode_matrix(struct supernet *supernet, enum tensor_role role,
                                 const struct piece_key *key, enum weight_type type, float *target,
                                 struct error *error)
{
    const struct gguf_tensor *tensor = supernet_tensor(supernet, role, key->layer);
    struct decoding d = {.tensor = tensor,
                         .neuron = key->sorted ? supernet_neurons(supernet, key->layer) : NULL,
                         .columns = key->sorted && role == ROLE_FFN_DOWN,
                         .type = type};
    enum status status = decoding_init(&d, error);
    for (uint64_t r = 0; r < tensor->size[1] && status == STATUS_OK; r++) {
        decode_row(&d, d.neuron != NULL && !d.columns ? d.neuron[r] : r,
                   target + r * tensor->size[0]);
    }
    decoding_release(&d);
    if (gguf_file_bytes(supernet->gguf) > supernet->memory / 2) {
        gguf_tensor_forget(supernet->gguf, tensor);
    }
    return status;
}

size_t piece_roles(enum tensor_role role, enum tensor_role roles[3])
{
    roles[0] = role;
    roles[1] = ROLE_ATTN_K;
    roles[2] = ROLE_ATTN_V;
    return role == ROLE_ATTN_Q ? 3 : 1;
}

static size_t piece_elements(const struct supernet *supernet, const struct piece_key *key)
{
    enum tensor_role roles[3];
    size_t count = piece_roles(key->role, roles), elements = 0;
    if (key->compensated) {
        return supernet->config.shape.hidden;
    }
    for (size_t i = 0; i < count; i++) {
        const struct gguf_tensor *tensor = supernet_tensor(supernet, roles[i], key->layer);
        elements += (size_t)(tensor->size[0] * tensor->size[1]);
    }
    return elements;
}

uint64_t piece_size(const struct supernet *supernet, const struct piece_key *key)
{
    if (key->precision == PRECISION_F32) {
        return sizeof(struct piece) + piece_elements(supernet, key) * sizeof(float);
    }
    uint64_t element = key->precision == PRECISION_BF16 ? 2 : 1;
    return sizeof(struct piece) + element * key->rows * key->columns;
}

static enum status decode_vector(struct supernet *supernet, const struct piece_key *key, float *w)
{
    const struct gguf_tensor *tensor = supernet_tensor(supernet, key->role, key->layer);
    const uint32_t *neuron = key->sorted ? supernet_neurons(supernet, key->layer) : NULL;
    for (size_t i = 0; i < tensor->size[0]; i++) {
        size_t from = neuron == NULL ? i : neuron[i];
        memcpy(&w[i], (const char *)tensor->data + from * sizeof(float), sizeof(float));
    }
    return STATUS_OK;
}

static enum status decode_f32(struct supernet *supernet, const struct piece_key *key, float **w,
                              struct error *error)
{
    enum tensor_role roles[3];
    size_t count = piece_roles(key->role, roles);
    float *target = *w = memory_new(piece_elements(supernet, key), sizeof(float), error);
    enum status status = target == NULL ? STATUS_MEMORY : STATUS_OK;
    if (key->compensated && status == STATUS_OK) {
        return supernet_compensation(supernet, key->layer, key->columns, target, error);
    }
    if (!role_table[key->role].matrix) {
        return status == STATUS_OK ? decode_vector(supernet, key, target) : status;
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct gguf_tensor *tensor = supernet_tensor(supernet, roles[i], key->layer);
        status = decode_matrix(supernet, roles[i], key, key->type[i], target, error);
        target += tensor->size[0] * tensor->size[1];
    }
    return status;
}

/* A sorted f32 piece is kept in the store: other widths are packed from it. */
static enum status decode_packed(struct supernet *supernet, struct piece *piece,
                                 struct error *error)
{
    struct piece_key key = piece->key;
    struct piece *whole = NULL;
    float *own = NULL;
    key.precision = PRECISION_F32;
    key.rows = key.columns = 0;
    enum status status = key.sorted ? piece_hold(supernet, &key, &whole, error)
                                    : decode_f32(supernet, &key, &own, error);
    if (status == STATUS_OK) {
        size_t stride = (size_t)supernet_tensor(supernet, key.role, key.layer)->size[0];
        status = packed_matrix_new(piece->key.precision, piece->key.rows, piece->key.columns,
                                   whole != NULL ? whole->w : own, stride, &piece->packed, error);
        if (whole != NULL) {
            piece_drop(supernet, whole);
        }
    }
    memory_free(own);
    return status;
}

enum status piece_decode(struct supernet *supernet, struct piece *piece, struct error *error)
{
    if (piece->key.precision != PRECISION_F32) {
        return decode_packed(supernet, piece, error);
    }
    return decode_f32(supernet, &piece->key, &piece->w, error);
}

enum status decode_embedding(const struct supernet *supernet, enum weight_type type,
                             const int32_t *token, size_t count, float *x, struct error *error)
{
    struct decoding d = {.tensor = supernet_tensor(supernet, ROLE_TOKEN_EMBD, 0), .type = type};
    size_t hidden = d.tensor->size[0];
    enum status status = decoding_init(&d, error);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        decode_row(&d, (uint64_t)token[i], x + i * hidden);
    }
    decoding_release(&d);
    return status;
}
