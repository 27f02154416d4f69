/* support/replay: threads that take the next product of the list until there is none. */
#include "replay.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>

#define WEIGHTS ((size_t)1 << 26)      /* floats that the products walk through: 256 MiB */
#define SMALL ((size_t)1 << 16)        /* a second factor below it is no weight: attention's */
#define PACKED_BYTES ((size_t)1 << 25) /* copies of each shape of packed matrix: 32 MiB */
#define MOST_COPIES 32U
#define MOST_SHAPES 64U
#define LOW_PRIORITY 10 /* as the evaluator's workers */

struct shape { /* a packed matrix, in copies */
    size_t rows, columns, copies;
    struct packed_matrix *copy[MOST_COPIES];
};

struct replay {
    enum precision precision;
    float *w;
    struct shape shape[MOST_SHAPES];
    size_t shapes;
};

struct player { /* one thread */
    struct play *play;
    pthread_t thread;
    float *x, *y;
    struct packed_scratch *scratch;
    enum status status;
    struct error error;
};

struct play {
    struct replay *replay;
    const struct gemm_record *record;
    size_t count;
    atomic_size_t next, at; /* product; place in the weights */
    pthread_mutex_t gate;   /* held until all have been started */
};

enum status replay_new(enum precision precision, struct replay **replay, struct error *error)
{
    struct replay *r = memory_new(1, sizeof *r, error);
    *replay = r;
    if (r == NULL) {
        return STATUS_MEMORY;
    }
    r->precision = precision;
    r->w = memory_new(2 * WEIGHTS, sizeof *r->w, error); /* the last one may reach beyond */
    if (r->w == NULL) {
        replay_free(r);
        *replay = NULL;
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < 2 * WEIGHTS; i++) {
        r->w[i] = (float)(i % 17) * 0.1F - 0.8F;
    }
    return STATUS_OK;
}

void replay_free(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    for (size_t s = 0; s < replay->shapes; s++) {
        for (size_t i = 0; i < replay->shape[s].copies; i++) {
            packed_matrix_free(replay->shape[s].copy[i]);
        }
    }
    memory_free(replay->w);
    memory_free(replay);
}

static const struct shape *find_shape(const struct replay *replay, size_t rows, size_t columns)
{
    for (size_t s = 0; s < replay->shapes; s++) {
        if (replay->shape[s].rows == rows && replay->shape[s].columns == columns) {
            return &replay->shape[s];
        }
    }
    return NULL;
}

static enum status add_shape(struct replay *replay, size_t rows, size_t columns,
                             struct error *error)
{
    if (replay->shapes == MOST_SHAPES || rows * columns > WEIGHTS) {
        return error_set(error, STATUS_INVALID, "the products have shapes too many or too large");
    }
    struct shape *shape = &replay->shape[replay->shapes++];
    size_t bytes = 0;
    *shape = (struct shape){.rows = rows, .columns = columns};
    while (shape->copies == 0 || (shape->copies < MOST_COPIES && bytes < PACKED_BYTES)) {
        enum status status = packed_matrix_new(replay->precision, rows, columns, replay->w, columns,
                                               &shape->copy[shape->copies], error);
        if (status != STATUS_OK) {
            return status;
        }
        bytes += packed_matrix_bytes(shape->copy[shape->copies++]);
    }
    return STATUS_OK;
}

/* Packs what is not there yet; *x and *y get the most floats that a product needs. */
static enum status look_through(struct replay *replay, const struct gemm_record *record,
                                size_t count, size_t *x, size_t *y, struct error *error)
{
    enum status status = STATUS_OK;
    *x = *y = 0;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const struct gemm_record *r = &record[i];
        *x = r->m * r->k > *x ? r->m * r->k : *x;
        *y = r->m * r->n > *y ? r->m * r->n : *y;
        if (r->packed && find_shape(replay, r->n, r->k) == NULL) {
            status = add_shape(replay, r->n, r->k, error);
        } else if (!r->packed && r->n * r->k > WEIGHTS) {
            status =
                error_set(error, STATUS_INVALID, "a matrix of %zu x %zu is too large", r->n, r->k);
        }
    }
    return status;
}

static enum status multiply(struct player *player, const struct gemm_record *r, struct error *error)
{
    struct play *play = player->play;
    struct replay *replay = play->replay;
    size_t weights = r->n * r->k;
    if (r->packed) {
        const struct shape *shape = find_shape(replay, r->n, r->k);
        size_t copy = atomic_fetch_add(&play->at, weights) / weights % shape->copies;
        return packed_product(player->scratch, shape->copy[copy], 0, r->n, r->m, player->x, r->k,
                              0.0F, player->y, r->n, error);
    }
    const float *w =
        replay->w + (weights < SMALL ? 0 : atomic_fetch_add(&play->at, weights) % WEIGHTS);
    if (r->transposed) {
        gemm_nt(r->m, r->n, r->k, player->x, r->k, w, r->k, 0.0F, player->y, r->n);
    } else {
        gemm_nn(r->m, r->n, r->k, 1.0F, player->x, r->k, w, r->n, 0.0F, player->y, r->n);
    }
    return STATUS_OK;
}

static void *play_products(void *argument)
{
    struct player *player = argument;
    struct play *play = player->play;
    setpriority(PRIO_PROCESS, 0, LOW_PRIORITY); /* of this thread alone, on Linux */
    pthread_mutex_lock(&play->gate);
    pthread_mutex_unlock(&play->gate);
    for (size_t i;
         player->status == STATUS_OK && (i = atomic_fetch_add(&play->next, 1)) < play->count;) {
        player->status = multiply(player, &play->record[i], &player->error);
    }
    return NULL;
}

static enum status player_init(struct player *player, struct play *play, size_t x, size_t y,
                               struct error *error)
{
    player->play = play;
    player->x = memory_new(x, sizeof *player->x, error);
    player->y = memory_new(y, sizeof *player->y, error);
    if (player->x == NULL || player->y == NULL) {
        return STATUS_MEMORY;
    }
    for (size_t i = 0; i < x; i++) {
        player->x[i] = (float)(i % 13) * 0.1F - 0.6F;
    }
    return play->replay->precision == PRECISION_F32 ? STATUS_OK
                                                    : packed_scratch_new(&player->scratch, error);
}

static void player_release(struct player *player)
{
    memory_free(player->x);
    memory_free(player->y);
    packed_scratch_free(player->scratch);
}

/* Starts the threads, lets them go, waits for them. */
static enum status run_players(struct play *play, struct player *player, unsigned threads,
                               double *seconds, struct error *error)
{
    enum status status = STATUS_OK;
    unsigned started = 0;
    pthread_mutex_init(&play->gate, NULL);
    pthread_mutex_lock(&play->gate);
    while (started < threads && status == STATUS_OK) {
        int failed = pthread_create(&player[started].thread, NULL, play_products, &player[started]);
        if (failed != 0) {
            status = error_set(error, STATUS_IO, "cannot start a thread: %s", strerror(failed));
            atomic_store(&play->next, play->count);
        } else {
            started++;
        }
    }
    double begin = clock_seconds();
    pthread_mutex_unlock(&play->gate);
    for (unsigned i = 0; i < started; i++) {
        pthread_join(player[i].thread, NULL);
        if (player[i].status != STATUS_OK) {
            status = player[i].status;
            *error = player[i].error;
        }
    }
    *seconds = clock_seconds() - begin;
    pthread_mutex_destroy(&play->gate);
    return status;
}

enum status replay_run(struct replay *replay, const struct gemm_record *record, size_t count,
                       unsigned threads, double *seconds, struct error *error)
{
    struct play play = {.replay = replay, .record = record, .count = count};
    struct player *player = memory_new(threads, sizeof *player, error);
    size_t x, y;
    if (player == NULL) {
        return STATUS_MEMORY;
    }
    enum status status = look_through(replay, record, count, &x, &y, error);
    for (unsigned i = 0; i < threads && status == STATUS_OK; i++) {
        status = player_init(&player[i], &play, x, y, error);
    }
    if (status == STATUS_OK) {
        status = run_players(&play, player, threads, seconds, error);
    }
    for (unsigned i = 0; i < threads; i++) {
        player_release(&player[i]);
    }
    memory_free(player);
    return status;
}
