/* The evaluator: workers that score sub-networks shard by shard. Shards are fixed slices of the
 * tasks' items; all workers serve the earliest unfinished network first; results are reduced in
 * shard order, so that one history comes from any number of threads. */
#ifndef ENGINE_EVALUATOR_H
#define ENGINE_EVALUATOR_H

#include "num/packed.h"
#include "search/objective.h"
#include "task/score.h"

struct evaluator;

struct evaluator_options {
    struct supernet *supernet;                   /* borrowed */
    const struct prepared_task *const *task;     /* borrowed; mean over tasks is the objective */
    size_t tasks;
    const struct prepared_text *const *text;     /* borrowed */
    size_t texts;
    struct weight_options weights;
    enum precision precision;                    /* of the products with weights */
    const struct cost_table *cost;               /* borrowed; NULL: times are not known */
    unsigned threads;                            /* >= 1 */
};

struct evaluation {                      /* outcome for one code */
    struct arch_code code;
    enum status status;
    struct error error;
    double value[OBJECTIVES];            /* NaN: not measured */
    double standard_error;
    uint32_t n;
    double seconds;                      /* from its first shard's start to its last shard's end */
    double cpu_seconds;
    const struct task_score *task;       /* [tasks] */
    const struct text_score *text;       /* [texts] */
    const struct choice_result *const *results; /* [tasks], for --items */
};

/* Called in a worker thread, one call at a time, in the order of submission. */
typedef void evaluator_sink(void *context, const struct evaluation *evaluation);

enum status evaluator_new(const struct evaluator_options *options, evaluator_sink *sink,
                          void *context, struct evaluator **evaluator, struct error *error);
enum status evaluator_submit(struct evaluator *evaluator, const struct arch_code *codes,
                             size_t count, struct error *error);
/* Takes back codes of which no shard has started: writes them to codes (room for `count`) in order
 * of submission; returns how many. Their sink is not called. */
size_t evaluator_withdraw(struct evaluator *evaluator, struct arch_code *codes, size_t count);
/* Current network and its progress 0..1; false: idle. */
bool evaluator_progress(struct evaluator *evaluator, struct arch_code *code, double *done);
void evaluator_wait(struct evaluator *evaluator);   /* until nothing is pending */
/* Drops what has not been finished, joins the workers. */
void evaluator_free(struct evaluator *evaluator);

unsigned evaluator_default_threads(void); /* affinity and cgroup quota */

#endif
