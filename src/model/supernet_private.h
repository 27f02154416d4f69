/* What supernet.c (the model's file and order), subnet.c (views of its weights), pieces.c (the
 * store of decoded weights) and decode.c (how one is made) share. */
#ifndef MODEL_SUPERNET_PRIVATE_H
#define MODEL_SUPERNET_PRIVATE_H

#include "base/mutex.h"
#include "model/supernet.h"

/* What a piece of decoded weights is. ROLE_ATTN_Q stands for q, k and v, one behind the other, so
 * that one product computes them. */
struct piece_key {
    enum tensor_role role;
    uint32_t layer;
    bool sorted;              /* neurons most important first */
    bool compensated;         /* a bias: supernet_compensation for `columns` neurons */
    enum weight_type type[3]; /* as written; q, k, v, else [0] alone */
    enum precision precision;
    uint32_t rows, columns; /* packed: what of the matrix; f32: 0, all of it; see above */
};

enum piece_state { PIECE_MAKING, PIECE_READY, PIECE_FAILED };

struct piece {
    struct piece *next;
    struct piece_key key;
    enum piece_state state;
    unsigned holds;
    uint64_t dropped; /* when the last hold ended, in drops of all pieces */
    uint64_t bytes;
    float *w;                     /* owned; NULL when packed */
    struct packed_matrix *packed; /* owned; NULL when f32 */
    struct error error;           /* of PIECE_FAILED */
};

struct supernet {
    struct gguf *gguf;                 /* owned */
    struct model_config config;        /* owned */
    struct model_order order;          /* owned copy: `width`, `neuron` and `mean` only */
    bool sorted_file[ARCH_MAX_LAYERS]; /* paretop.neurons_sorted: file order is the order */
    uint32_t (*place)[ROLES];          /* [layers][role]: index of the tensor in the file + 1 */
    struct mutex *lock;                /* over all that follows, except what is in a ready piece */
    struct piece *(*pieces)[ROLES];    /* [layers][role]: lists, owned */
    bool any_sorted;                   /* a piece depends on `order` */
    uint64_t memory, decoded;          /* bytes: that may be kept; of all pieces */
    uint64_t drops;
};

/* NULL when the file has no such tensor. */
const struct gguf_tensor *supernet_tensor(const struct supernet *supernet, enum tensor_role role,
                                          uint32_t layer);

/* The roles of one piece, and how many. */
size_t piece_roles(enum tensor_role role, enum tensor_role roles[3]);

/* decode.c: fills piece->w or piece->packed; the lock is open, the piece is the caller's. */
enum status piece_decode(struct supernet *supernet, struct piece *piece, struct error *error);
uint64_t piece_size(const struct supernet *supernet, const struct piece_key *key);
/* Rows token[0..count) of the embedding as written in `type`, from the file: x[count, hidden]. */
enum status decode_embedding(const struct supernet *supernet, enum weight_type type,
                             const int32_t *token, size_t count, float *x, struct error *error);

/* pieces.c. A claim is a hold on a piece that may not be there yet: whoever finds *mine true makes
 * it (piece_make), then everyone waits for it. So threads that want the same pieces make different
 * ones. On failure of piece_await the hold is gone. */
enum status piece_claim(struct supernet *supernet, const struct piece_key *key,
                        struct piece **piece, bool *mine, struct error *error);
void piece_make(struct supernet *supernet, struct piece *piece);
enum status piece_await(struct supernet *supernet, struct piece *piece, struct error *error);
void piece_drop(struct supernet *supernet, struct piece *piece);
/* The three of them. */
enum status piece_hold(struct supernet *supernet, const struct piece_key *key, struct piece **piece,
                       struct error *error);
void pieces_release(struct supernet *supernet);

#endif
