/* Search methods as ask/tell objects, one row of a table each. A method never evaluates: `ask`
 * hands out codes, `tell` takes rows. Its state is small and plain, so that it can be saved before
 * each ask and an interrupted ask can be repeated exactly. */
#ifndef SEARCH_METHOD_H
#define SEARCH_METHOD_H

#include "search/estimate.h"
#include "search/space.h"

struct method_context {                 /* what an ask may look at */
    const struct space *space;
    const struct archive *archive;      /* all rows told so far */
    size_t rows;                        /* of the archive that count (ids < rows) */
    const struct estimate *estimate;    /* over exactly those; NULL: acc_est is acc */
    const enum objective *objectives;   /* [m] */
    size_t m;
    const struct pins *pins;            /* in force; never NULL */
    const struct weight_options *weights; /* for exact bytes of candidates */
    const struct cost_table *cost;        /* for their times; NULL: known when evaluated only */
    const double *chance;                 /* [OBJECTIVES] of an accuracy, by guessing; NULL: 0 */
    /* True when this code must not be asked again (evaluated or in flight). */
    bool (*taken)(void *taken_context, const struct arch_code *code);
    void *taken_context;
    /* Looked at again and again within an ask; true: it returns STATUS_CANCELLED. NULL: never. */
    bool (*stopping)(void *stopping_context);
    void *stopping_context;
};
/* STATUS_CANCELLED when the context says that the ask is to stop. */
enum status method_check_stop(const struct method_context *context, struct error *error);

struct method_forecast {                /* what a predicting method expects of the codes it asked */
    size_t count;
    struct arch_code *code;             /* [count], owned */
    double (*value)[3];                 /* [count][m], owned */
    const char *model[3];               /* the predictor's name; NULL: computed */
};

#define METHOD_RANKED_LEAST 5           /* networks; of fewer the order says nothing */

struct method_report {                  /* how good the forecast of the last round was */
    size_t networks;                    /* compared, none of which the predictor had seen; 0: no forecast */
    const char *model[3];               /* of each objective; NULL: computed */
    double correlation[3];              /* Kendall's tau of foretold and found; NaN: undefined, or of too few */
    double error[3];                    /* mean absolute difference, in the objective's unit */
};

struct method_state {
    /* what the next ask depends on: store/ writes it as JSON */
    struct rng rng;
    uint32_t generation;                /* of the next ask */
    size_t members;                     /* ids of the population (nsga2), ascending; else 0 */
    uint32_t *member;                   /* owned */
    /* between an ask and its tell only: an ask that is repeated makes it again */
    struct method_forecast forecast;
    struct method_report report;        /* of the last tell */
};

enum crossover { CROSSOVER_UNIFORM, CROSSOVER_TWO_POINT, CROSSOVER_PREFIX, CROSSOVERS };
/* By name; STATUS_INVALID says which there are. */
enum status crossover_parse(const char *name, enum crossover *crossover, struct error *error);
const char *crossover_name(enum crossover crossover);

struct method_options {
    uint64_t seed;
    size_t population;                  /* also the number of codes of one ask */
    enum crossover crossover;           /* nsga2 */
};

struct method_entry {
    const char *name, *summary;
    /* Writes up to `want` new distinct canonical codes, not taken, to codes; *count 0 means the
     * space is exhausted as far as the method can see. Generation 0 is space_first_generation.
     * Computed objectives (bytes, params, times...) are checked against the pins before a code is
     * handed out: candidates beyond them are bred again or repaired, so that pins steer. After
     * anything but STATUS_OK the state is good for nothing but method_state_release: whoever may
     * have to ask again asks on a copy. */
    enum status (*ask)(struct method_state *state, const struct method_options *options,
                       const struct method_context *context, size_t want,
                       struct arch_code *codes, size_t *count, struct error *error);
    /* All rows up to context->rows are known; survivors are chosen, generation goes up by one. */
    enum status (*tell)(struct method_state *state, const struct method_options *options,
                        const struct method_context *context, struct error *error);
};
extern const struct method_entry method_table[]; /* NULL-ended: linas, nsga2, random */
const struct method_entry *method_by_name(const char *name); /* NULL: none */

void method_state_init(struct method_state *state, const struct method_options *options);
enum status method_state_copy(struct method_state *to, const struct method_state *from,
                              struct error *error);
void method_state_release(struct method_state *state);
void method_forecast_release(struct method_forecast *forecast);

/* The generic NSGA-II core (Deb et al. 2002), used by the table's row and by test problems, on
 * points[n][m] under constrained domination; violation[n] may be NULL. Survival by rank and
 * crowding; standings and the index that wins a binary tournament between two of n > 0. */
enum status nsga2_survive(const double *points, const double *violation, size_t n, size_t m,
                          size_t keep, uint32_t *kept /* indices, ascending */,
                          struct error *error);
struct nsga2_standing {
    uint32_t rank;   /* 0: the first front */
    double crowding; /* distance within it */
};
enum status nsga2_stand(const double *points, const double *violation, size_t n, size_t m,
                        struct nsga2_standing *standing /* [n] */, struct error *error);
size_t nsga2_tournament(struct rng *rng, const struct nsga2_standing *standing, size_t n);

#endif
