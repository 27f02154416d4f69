/* model/pieces: decoded weights, made once and kept. Invariant: what is decoded is what extraction
 * would write, so a converted or permuted matrix goes through its encoder and back. */
#include "supernet_private.h"

#include "base/memory.h"
#include "num/quant.h"

#include <string.h>

/* One matrix being decoded into `target`, row by row through `row` and `code`. */
struct decoding {
    const struct gguf_tensor *tensor;
    const uint32_t *neuron; /* order of rows or columns, or NULL */
    bool columns;           /* `neuron` permutes columns (down), else rows */
    enum weight_type type;  /* as written */
    float *target;
    float *row, *permuted; /* one row each */
    void *code;            /* one row in the type as written */
};

/* Columns that whole blocks cover: a cut never reaches past them. */
static uint64_t whole_blocks(enum weight_type type, uint64_t columns)
{
    uint64_t block = weight_type_by_id((uint32_t)type)->block;
    return columns / block * block;
}

static void decode_row(struct decoding *d, uint64_t r)
{
    uint64_t columns = d->tensor->size[0];
    uint64_t from = d->neuron != NULL && !d->columns ? d->neuron[r] : r;
    uint64_t row_bytes = d->tensor->bytes / d->tensor->size[1];
    float *target = d->target + r * columns;
    bool permute = d->neuron != NULL && d->columns;
    float *plain = permute ? d->row : target;
    quant_decode(d->tensor->type, (const char *)d->tensor->data + from * row_bytes, plain, columns);
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

static enum status decode_matrix(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                                 bool sorted, enum weight_type type, float *target,
                                 struct error *error)
{
    const struct gguf_tensor *tensor = supernet_tensor(supernet, role, layer);
    struct decoding d = {.tensor = tensor,
                         .neuron = sorted ? supernet_neurons(supernet, layer) : NULL,
                         .columns = sorted && role == ROLE_FFN_DOWN,
                         .type = type,
                         .target = target};
    const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
    size_t columns = tensor->size[0];
    enum status status = STATUS_OK;
    d.row = memory_new(columns, sizeof *d.row, error);
    d.code = memory_new(columns / info->block + 1, info->block_bytes, error);
    if (d.row == NULL || d.code == NULL) {
        status = STATUS_MEMORY;
    } else if ((type != tensor->type || d.columns) && !info->encodable) {
        status = error_set(error, STATUS_INVALID, "tensor %s cannot be written as %s", tensor->name,
                           info->name);
    }
    for (uint64_t r = 0; r < tensor->size[1] && status == STATUS_OK; r++) {
        decode_row(&d, r);
    }
    memory_free(d.row);
    memory_free(d.code);
    return status;
}

/* The roles that share one piece: q, k and v, so that one product computes them. */
static size_t piece_roles(enum tensor_role role, enum tensor_role roles[3])
{
    roles[0] = role;
    roles[1] = ROLE_ATTN_K;
    roles[2] = ROLE_ATTN_V;
    return role == ROLE_ATTN_Q ? 3 : 1;
}

static struct piece *piece_find(const struct supernet *supernet, enum tensor_role role,
                                uint32_t layer, bool sorted, const enum weight_type *type,
                                size_t types)
{
    for (struct piece *piece = supernet->pieces[layer][role]; piece != NULL; piece = piece->next) {
        if (piece->sorted == sorted && piece->packed == NULL &&
            (types == 0 || memcmp(piece->type, type, types * sizeof *type) == 0)) {
            return piece;
        }
    }
    return NULL;
}

static struct piece *piece_add(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                               bool sorted, size_t elements, struct error *error)
{
    struct piece *piece = memory_new(1, sizeof *piece, error);
    float *w = piece == NULL ? NULL : memory_new(elements, sizeof *w, error);
    if (w == NULL) {
        memory_free(piece);
        return NULL;
    }
    *piece = (struct piece){.next = supernet->pieces[layer][role], .sorted = sorted, .w = w};
    return piece;
}

static void piece_keep(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                       struct piece *piece)
{
    supernet->pieces[layer][role] = piece;
    supernet->any_sorted = supernet->any_sorted || piece->sorted;
}

static void piece_free(struct piece *piece)
{
    packed_matrix_free(piece->packed);
    memory_free(piece->w);
    memory_free(piece);
}

static enum status piece_make(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                              bool sorted, const enum weight_type *type, struct piece **made,
                              struct error *error)
{
    enum tensor_role roles[3];
    size_t count = piece_roles(role, roles), elements = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gguf_tensor *tensor = supernet_tensor(supernet, roles[i], layer);
        elements += (size_t)(tensor->size[0] * tensor->size[1]);
    }
    struct piece *piece = piece_add(supernet, role, layer, sorted, elements, error);
    if (piece == NULL) {
        return STATUS_MEMORY;
    }
    enum status status = STATUS_OK;
    float *target = piece->w;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct gguf_tensor *tensor = supernet_tensor(supernet, roles[i], layer);
        piece->type[i] = type[i];
        status = decode_matrix(supernet, roles[i], layer, sorted, type[i], target, error);
        target += tensor->size[0] * tensor->size[1];
    }
    if (status != STATUS_OK) {
        piece_free(piece);
        return status;
    }
    *made = piece;
    return STATUS_OK;
}

/* Written as F32 a matrix keeps its values, so it shares the piece of its own type; not so a cut
 * down, which in its own type is encoded again. Returns how many types there are. */
static size_t piece_types(const struct supernet *supernet, enum tensor_role role, uint32_t layer,
                          bool sorted, const enum weight_type *written, enum weight_type type[3])
{
    enum tensor_role roles[3];
    size_t count = piece_roles(role, roles);
    for (size_t i = 0; i < count; i++) {
        bool same = written[i] == WEIGHT_F32 && !(sorted && role == ROLE_FFN_DOWN);
        type[i] = same ? supernet_tensor(supernet, roles[i], layer)->type : written[i];
    }
    return count;
}

enum status piece_get(struct supernet *supernet, enum tensor_role role, uint32_t layer, bool sorted,
                      const enum weight_type *written, const float **w, struct error *error)
{
    enum status status = STATUS_OK;
    enum weight_type type[3];
    size_t count = piece_types(supernet, role, layer, sorted, written, type);
    mutex_lock(supernet->lock);
    struct piece *piece = piece_find(supernet, role, layer, sorted, type, count);
    if (piece == NULL) {
        status = piece_make(supernet, role, layer, sorted, type, &piece, error);
        if (status == STATUS_OK) {
            piece_keep(supernet, role, layer, piece);
        }
    }
    mutex_unlock(supernet->lock);
    *w = piece == NULL ? NULL : piece->w;
    return status;
}

/* ---- lower precision ---- */

/* Packs what `wanted` says from the f32 piece. That one is kept when it was there or is sorted:
 * other widths are cut from it. Lock held. */
static enum status pack(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                        size_t types, struct piece *wanted, struct error *error)
{
    struct piece *whole = piece_find(supernet, role, layer, wanted->sorted, wanted->type, types);
    bool found = whole != NULL;
    enum status status = STATUS_OK;
    if (!found) {
        status = piece_make(supernet, role, layer, wanted->sorted, wanted->type, &whole, error);
    }
    if (status == STATUS_OK) {
        size_t stride = (size_t)supernet_tensor(supernet, role, layer)->size[0];
        status = packed_matrix_new(wanted->precision, wanted->rows, wanted->columns, whole->w,
                                   stride, &wanted->packed, error);
    }
    if (whole != NULL && !found && wanted->sorted) {
        piece_keep(supernet, role, layer, whole);
    } else if (whole != NULL && !found) {
        piece_free(whole);
    }
    return status;
}

static const struct piece *find_packed(const struct supernet *supernet, enum tensor_role role,
                                       uint32_t layer, const struct piece *wanted)
{
    for (const struct piece *p = supernet->pieces[layer][role]; p != NULL; p = p->next) {
        if (p->packed != NULL && p->sorted == wanted->sorted && p->precision == wanted->precision &&
            p->rows == wanted->rows && p->columns == wanted->columns &&
            memcmp(p->type, wanted->type, sizeof p->type) == 0) {
            return p;
        }
    }
    return NULL;
}

enum status piece_packed(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                         bool sorted, const enum weight_type *written, enum precision precision,
                         uint32_t rows, uint32_t columns, const struct packed_matrix **packed,
                         struct error *error)
{
    enum status status = STATUS_OK;
    struct piece wanted = {
        .sorted = sorted, .precision = precision, .rows = rows, .columns = columns};
    size_t types = piece_types(supernet, role, layer, sorted, written, wanted.type);
    mutex_lock(supernet->lock);
    const struct piece *piece = find_packed(supernet, role, layer, &wanted);
    if (piece == NULL) {
        struct piece *made = memory_new(1, sizeof *made, error);
        status = made == NULL ? STATUS_MEMORY : pack(supernet, role, layer, types, &wanted, error);
        if (status == STATUS_OK) {
            wanted.next = supernet->pieces[layer][role];
            *made = wanted;
            piece_keep(supernet, role, layer, made);
            piece = made;
        } else {
            memory_free(made);
        }
    }
    mutex_unlock(supernet->lock);
    *packed = piece == NULL ? NULL : piece->packed;
    return status;
}

enum status piece_vector(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                         bool sorted, const float **w, struct error *error)
{
    const struct gguf_tensor *tensor = supernet_tensor(supernet, role, layer);
    enum status status = STATUS_OK;
    *w = NULL;
    if (tensor == NULL) {
        return STATUS_OK;
    }
    mutex_lock(supernet->lock);
    struct piece *piece = piece_find(supernet, role, layer, sorted, NULL, 0);
    if (piece == NULL) {
        size_t count = (size_t)tensor->size[0];
        const uint32_t *neuron = sorted ? supernet_neurons(supernet, layer) : NULL;
        piece = piece_add(supernet, role, layer, sorted, count, error);
        status = piece == NULL ? STATUS_MEMORY : STATUS_OK;
        for (size_t i = 0; i < count && piece != NULL; i++) {
            size_t from = neuron == NULL ? i : neuron[i];
            memcpy(&piece->w[i], (const char *)tensor->data + from * sizeof(float), sizeof(float));
        }
        if (piece != NULL) {
            piece_keep(supernet, role, layer, piece);
        }
    }
    mutex_unlock(supernet->lock);
    *w = piece == NULL ? NULL : piece->w;
    return status;
}

void pieces_release(struct supernet *supernet)
{
    for (uint32_t l = 0; supernet->pieces != NULL && l < supernet->config.shape.layers; l++) {
        for (size_t r = 0; r < ROLES; r++) {
            for (struct piece *piece = supernet->pieces[l][r]; piece != NULL;) {
                struct piece *next = piece->next;
                piece_free(piece);
                piece = next;
            }
        }
    }
    memory_free(supernet->pieces);
}
