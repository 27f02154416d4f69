/* What supernet.c (the model's file and order) and pieces.c (its decoded weights) share. */
#ifndef MODEL_SUPERNET_PRIVATE_H
#define MODEL_SUPERNET_PRIVATE_H

#include "base/mutex.h"
#include "model/supernet.h"

/* One decoded piece, by what was written and decoded again. */
struct piece {
    struct piece *next;
    bool sorted;              /* neurons most important first */
    enum weight_type type[3]; /* as written; q, k, v in one piece, else [0] */
    float *w;                 /* owned; NULL when `packed` */
    struct packed_matrix *packed; /* owned; NULL: f32. Then also a key: */
    enum precision precision;
    uint32_t rows, columns;
};

struct supernet {
    struct gguf *gguf;                 /* owned */
    struct model_config config;        /* owned */
    struct model_order order;          /* owned copy: `width` and `neuron` only */
    bool sorted_file[ARCH_MAX_LAYERS]; /* paretop.neurons_sorted: file order is the order */
    uint32_t (*place)[ROLES];          /* [layers][role]: index of the tensor in the file + 1 */
    struct mutex *lock;                /* over `pieces`; a piece once in the list never changes */
    struct piece *(*pieces)[ROLES];    /* [layers][role]: lists, owned */
    bool any_sorted;                   /* a piece depends on `order` */
};

/* NULL when the file has no such tensor. */
const struct gguf_tensor *supernet_tensor(const struct supernet *supernet, enum tensor_role role,
                                          uint32_t layer);

/* Decoded weights of a matrix of the full width, in file order or `sorted`; made on first use.
 * Role ROLE_ATTN_Q gives q, k and v, one behind the other, and reads three types. A cut to `width`
 * neurons is the first `width` rows of a sorted gate or up, the first `width` columns of a sorted
 * down: weight types encode runs of a row, so a prefix encoded alone has the same values. */
enum status piece_get(struct supernet *supernet, enum tensor_role role, uint32_t layer, bool sorted,
                      const enum weight_type *type, const float **w, struct error *error);
/* The first `rows` rows and `columns` columns of the same, packed for `precision`. Role ROLE_ATTN_Q:
 * `rows` counts those of q, k and v. */
enum status piece_packed(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                         bool sorted, const enum weight_type *type, enum precision precision,
                         uint32_t rows, uint32_t columns, const struct packed_matrix **packed,
                         struct error *error);
/* An F32 vector of the file (aligned copy), its neurons sorted if asked; *w NULL when absent. */
enum status piece_vector(struct supernet *supernet, enum tensor_role role, uint32_t layer,
                         bool sorted, const float **w, struct error *error);
void pieces_release(struct supernet *supernet);

#endif
