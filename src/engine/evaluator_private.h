/* What the evaluator's queue (evaluator.c) and the networks in it (network.c) share. The unit of
 * work is a step: one slice (a shard of a task or text) through one layer of one network, or
 * through the output head. */
#ifndef ENGINE_EVALUATOR_PRIVATE_H
#define ENGINE_EVALUATOR_PRIVATE_H

#include "engine/evaluator.h"
#include "engine/prefix_cache.h"

#include <pthread.h>

#define NETWORK_SAVES 32 /* checkpoints that one network leaves */

struct slice { /* the same for all networks; those of a stage are neighbours */
    struct forward_batch batch;
    struct forward_plan *plan; /* owned */
    size_t source, shard;      /* task of a stage, or text behind all of these; its shard */
    size_t prefix;             /* slice whose keys and values this one reads; SIZE_MAX: none */
    uint32_t dependents;       /* slices that read this one's */
    size_t floats;             /* of its residual stream */
};

struct step {      /* where a slice of a network stands */
    uint32_t next; /* kept layer; = layers: the head; layers + 1: done */
    bool running;
    float *x;         /* owned; NULL before the first step and after the last */
    float **keys;     /* [layers], for dependents; owned */
    uint32_t *unread; /* [layers]: dependents that have not read them */
};

enum stage { STAGE_WAITING, STAGE_BEGINNING, STAGE_SCORING, STAGE_DONE };

struct network {
    struct network *after;
    struct arch_code code;
    struct stage_range range;
    size_t begin, end_slice; /* its slices */
    enum stage stage;
    struct subnet *subnet;
    struct prefix_cache *cache; /* of its stage; NULL: none */
    struct step *step;          /* [slices], of its own ones used */
    size_t running, done;      /* slices */
    uint64_t steps, all_steps; /* finished; to be made */
    struct prefix_entry *from; /* checkpoint that all slices start at; NULL: the embeddings */
    uint32_t first;            /* the layer behind it */
    struct prefix_entry *save[NETWORK_SAVES];
    uint32_t save_at[NETWORK_SAVES]; /* after so many layers */
    size_t saves;
    enum status status;
    struct error error;
    double start, end, cpu;
    struct choice_result **results; /* [stages][tasks]; NULL where not scored */
    double **nll;                   /* [texts] */
};

struct worker {
    struct evaluator *evaluator;
    pthread_t thread;
    struct forward_scratch *scratch;
};

struct evaluator {
    struct evaluator_options options;
    const struct prepared_task **task; /* copies of the option's lists */
    const struct prepared_text **text;
    evaluator_sink *sink;
    void *context;
    struct slice *slice; /* [slices] */
    size_t slices;
    size_t stages, parts;        /* parts: stages x tasks */
    size_t *stage_slice;         /* [stages + 1] owned; where each stage's slices begin */
    uint64_t stream_limit;       /* bytes of residual streams in work */
    struct prefix_cache **cache; /* [stages] owned; NULL: none */
    pthread_mutex_t lock;       /* over all that follows, and the cache */
    pthread_cond_t work, change;
    struct network *first, *last;
    uint64_t streams; /* bytes of residual streams in work */
    size_t running;   /* steps */
    bool delivering, closing;
    bool quiet; /* no step may begin: something is measured */
    struct evaluator_savings savings;
    struct worker *worker;
    unsigned threads;
    struct task_score *task_score; /* of the network being delivered */
    struct text_score *text_score;
};

/* network.c; the lock is held, network_run and network_begin let go of it meanwhile. */
struct network *network_new(const struct evaluator *e, const struct arch_code *code,
                            struct stage_range range, struct error *error);
void network_free(struct evaluator *e, struct network *network);
void network_begin(struct evaluator *e, struct network *network);
/* A step that can be made now: the slice, else SIZE_MAX. */
size_t network_find(const struct evaluator *e, const struct network *network);
void network_run(struct evaluator *e, struct network *network, size_t slice,
                 struct forward_scratch *scratch);

/* slices.c */
enum status slices_make(struct evaluator *e, struct error *error);
void slices_free(struct evaluator *e);

#endif
