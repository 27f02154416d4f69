/* The known pruning methods on a run's model: their networks at given sizes, as codes, evaluated on
 * the run's own tasks, with its weights, precision and times, into DIR/baselines.csv. They
 * influence no search, and may be made while one runs in the directory. */
#ifndef ENGINE_BASELINES_H
#define ENGINE_BASELINES_H

#include "engine/listener.h"
#include "search/row.h"
#include "store/baselines.h"

#define BASELINES_SIZES 16

struct baselines_options {
    const char *directory;
    const char *model;   /* NULL: the path in run.json */
    const double *size;  /* [sizes], parts of the full model's parameters, within (0, 1) */
    size_t sizes;        /* 0: .9, .8 and .7 */
    const char *methods; /* names with commas between; NULL: all */
    size_t chunks;    /* windows of 256 tokens of the calibration text that losses are of; 0: 4 */
    unsigned threads; /* 0: CPUs allowed */
    uint64_t memory, cache;   /* bytes, see engine/evaluator.h */
    struct listener listener; /* hears of progress in any thread */
};

struct baseline { /* what a method gives at a size */
    const char *method;
    double size; /* asked for */
    double part; /* parameters of the network, of the full model's; NaN without one */
    bool found;  /* the method goes as far down */
    bool fresh;  /* evaluated by this call */
    struct row row;
};

struct baselines {
    struct baseline *list; /* owned: methods in their order, sizes as asked for */
    size_t count;
    bool measured[OBJECTIVES];
};

/* What is in the file already, or in the run's history with as many items, is not evaluated again.
 * Losses asked for on the way are kept in DIR/baselines.d, so that a call that was killed goes on
 * where it was. Release in any case. */
enum status baselines_make(const struct baselines_options *options, struct baselines *made,
                           struct error *error);
void baselines_release(struct baselines *made);

#endif
