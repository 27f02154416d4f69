/* model/pieces: the store of decoded weights. A piece is made by the thread that first asks for it,
 * without the lock, while others that want it sleep; once ready it never changes. Held pieces stay;
 * of the others the longest unused go when the memory they may take is full. */
#include "supernet_private.h"

#include "base/memory.h"

#include <string.h>

static bool key_equal(const struct piece_key *a, const struct piece_key *b)
{
    return a->sorted == b->sorted && a->compensated == b->compensated &&
           a->precision == b->precision && a->rows == b->rows && a->columns == b->columns &&
           memcmp(a->type, b->type, sizeof a->type) == 0;
}

static void piece_free(struct piece *piece)
{
    packed_matrix_free(piece->packed);
    memory_free(piece->w);
    memory_free(piece);
}

static void unlink_piece(struct supernet *supernet, struct piece *piece)
{
    struct piece **link = &supernet->pieces[piece->key.layer][piece->key.role];
    while (*link != piece) {
        link = &(*link)->next;
    }
    *link = piece->next;
    supernet->decoded -= piece->bytes;
}

/* The piece that nobody holds and that was held longest ago. */
static struct piece *find_oldest(const struct supernet *supernet)
{
    struct piece *oldest = NULL;
    for (uint32_t l = 0; l < supernet->config.shape.layers; l++) {
        for (size_t r = 0; r < ROLES; r++) {
            for (struct piece *piece = supernet->pieces[l][r]; piece != NULL; piece = piece->next) {
                if (piece->holds == 0 && (oldest == NULL || piece->dropped < oldest->dropped)) {
                    oldest = piece;
                }
            }
        }
    }
    return oldest;
}

static void make_room(struct supernet *supernet, uint64_t bytes)
{
    while (supernet->decoded + bytes > supernet->memory) {
        struct piece *oldest = find_oldest(supernet);
        if (oldest == NULL) {
            return; /* what is held is needed, whatever it takes */
        }
        unlink_piece(supernet, oldest);
        piece_free(oldest);
    }
}

enum status piece_claim(struct supernet *supernet, const struct piece_key *key,
                        struct piece **claimed, bool *mine, struct error *error)
{
    enum status status = STATUS_OK;
    mutex_lock(supernet->lock);
    struct piece **list = &supernet->pieces[key->layer][key->role], *piece = *list;
    while (piece != NULL && !key_equal(&piece->key, key)) {
        piece = piece->next;
    }
    *mine = piece == NULL;
    if (piece == NULL) {
        piece = memory_new(1, sizeof *piece, error);
        status = piece == NULL ? STATUS_MEMORY : STATUS_OK;
    }
    if (piece != NULL && *mine) {
        piece->key = *key;
        piece->bytes = piece_size(supernet, key);
        make_room(supernet, piece->bytes);
        supernet->decoded += piece->bytes;
        supernet->any_sorted = supernet->any_sorted || key->sorted;
        piece->next = *list;
        *list = piece;
    }
    if (piece != NULL) {
        piece->holds++;
    }
    mutex_unlock(supernet->lock);
    *claimed = piece;
    return status;
}

void piece_make(struct supernet *supernet, struct piece *piece)
{
    struct error error = {0};
    enum status status = piece_decode(supernet, piece, &error);
    mutex_lock(supernet->lock);
    piece->state = status == STATUS_OK ? PIECE_READY : PIECE_FAILED;
    if (status != STATUS_OK) {
        piece->error = error;
        unlink_piece(supernet, piece); /* the next to ask tries again */
    }
    mutex_wake(supernet->lock);
    mutex_unlock(supernet->lock);
}

/* Lock held. */
static void end_hold(struct supernet *supernet, struct piece *piece)
{
    piece->holds--;
    piece->dropped = ++supernet->drops;
    if (piece->holds == 0 && piece->state == PIECE_FAILED) {
        piece_free(piece);
    } else if (piece->holds == 0 && supernet->decoded > supernet->memory) {
        make_room(supernet, 0);
    }
}

enum status piece_await(struct supernet *supernet, struct piece *piece, struct error *error)
{
    enum status status = STATUS_OK;
    mutex_lock(supernet->lock);
    while (piece->state == PIECE_MAKING) {
        mutex_wait(supernet->lock);
    }
    if (piece->state == PIECE_FAILED) {
        status = piece->error.status;
        if (error != NULL) {
            *error = piece->error;
        }
        end_hold(supernet, piece);
    }
    mutex_unlock(supernet->lock);
    return status;
}

void piece_drop(struct supernet *supernet, struct piece *piece)
{
    mutex_lock(supernet->lock);
    end_hold(supernet, piece);
    mutex_unlock(supernet->lock);
}

enum status piece_hold(struct supernet *supernet, const struct piece_key *key, struct piece **piece,
                       struct error *error)
{
    bool mine;
    enum status status = piece_claim(supernet, key, piece, &mine, error);
    if (status != STATUS_OK) {
        return status;
    }
    if (mine) {
        piece_make(supernet, *piece);
    }
    return piece_await(supernet, *piece, error);
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
