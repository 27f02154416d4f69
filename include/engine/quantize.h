/* A run's front with its weights in other types: every network of it evaluated on the run's own
 * questions at each type, into DIR/overlays/TYPE.csv, which the screen draws over the run's front.
 * They influence no search, and may be made while one runs in the directory. Networks answer the
 * same questions at every type, so that differences are between pairs. */
#ifndef ENGINE_QUANTIZE_H
#define ENGINE_QUANTIZE_H

#include "arch/plan.h"
#include "engine/listener.h"
#include "search/estimate.h"
#include "store/overlays.h"

#define QUANTIZE_TYPES 8

struct quantize_options {
    const char *directory;
    const enum weight_type *type; /* [types], distinct, none WEIGHT_SOURCE */
    size_t types;
    enum weight_type head;    /* WEIGHT_SOURCE: each type's own */
    unsigned threads;         /* 0: CPUs allowed */
    uint64_t memory, cache;   /* bytes, see engine/evaluator.h */
    struct listener listener; /* hears of progress in any thread */
};

/* Means over the networks, each against itself at another type. A loss is how much worse the
 * objective became: points of accuracy, of 1; else part of the value (0.02: 2 % more perplexity).
 * Its error is the standard deviation of the losses by the root of their number. */
struct quantized_means {
    double smaller, loss, loss_error, nll;
    double worst;       /* loss */
    size_t worst_point; /* whose */
};

struct quantized_type {
    struct weight_options weights;
    char name[OVERLAY_NAME];           /* of the overlay */
    size_t fresh;                      /* networks evaluated by this call */
    double seconds;                    /* for these, each, but for the first of them */
    double first_seconds;              /* for the first; both NaN: there is none */
    struct quantized_means own, first; /* against the run's own type, the first of the types */
    size_t fronts;                     /* networks that none of the others beats at this type */
};

struct quantized_point {   /* a network of the front */
    struct arch_code code; /* without weight types of its layers' own */
    struct row own;
    struct row at[QUANTIZE_TYPES]; /* of each type */
};

struct quantized {
    char own_type[64]; /* of the run's weights */
    struct quantized_type type[QUANTIZE_TYPES];
    size_t types;
    struct quantized_point *point; /* owned: by the second objective, as the front is sorted */
    size_t points;
    bool measured[OBJECTIVES];
    enum objective
        objective; /* that losses are of: acc where there are questions, else the first */
    struct estimate estimate; /* the run's */
    bool began;               /* something was evaluated */
};

/* What stands in the overlays already, of this type, size and number of questions, is not evaluated
 * again; each network is on disk as soon as it is evaluated. Release in any case. */
enum status quantize_front(const struct quantize_options *options, struct quantized *quantized,
                           struct error *error);
void quantized_release(struct quantized *quantized);

/* How much worse `row` is than `before`, the same network at another type: see quantized_means. */
double quantized_loss(const struct quantized *quantized, const struct row *before,
                      const struct row *row);

#endif
