/* The evaluator: workers that score sub-networks step by step: a slice of a task's items through one
 * layer. All workers serve the earliest unfinished network first; results are reduced in item order,
 * so that one history comes from any number of threads. A layer's weights are decoded once for all
 * slices, and in bounded memory. Networks whose codes begin alike share the residual streams behind
 * their common layers (the prefix cache), to the bit. */
#ifndef ENGINE_EVALUATOR_H
#define ENGINE_EVALUATOR_H

#include "num/packed.h"
#include "search/objective.h"
#include "task/perplexity.h"
#include "task/score.h"

struct evaluator;

struct evaluator_options {
    struct supernet *supernet;                   /* borrowed */
    const struct prepared_task *const *task;     /* [stages][tasks] borrowed; mean over tasks is
                                                    the objective */
    size_t tasks;
    size_t stages; /* parts of the tasks' items that can be scored by themselves; 0: one */
    const struct prepared_text *const *text;     /* borrowed; scored with the first stage */
    size_t texts;
    struct weight_options weights;
    enum precision precision;                    /* of the products with weights */
    const struct cost_table *cost;               /* borrowed; NULL: times are not known */
    unsigned threads;                            /* >= 1 */
    uint64_t memory; /* bytes for decoded weights and streams in work; 0: half of the machine's.
                        A layer and a slice are worked on whatever they take */
    uint64_t cache;  /* bytes for streams that later networks may go on from; 0: none */
    /* Changes values of a network whose first stage has been scored, while all workers stand still; what it
     * returns is the network's status. NULL: none. */
    enum status (*measure)(void *context, const struct arch_code *code, double value[OBJECTIVES],
                           struct error *error);
    void *measure_context;
};

struct evaluator_savings {  /* what the prefix cache spared, in tokens through a layer */
    uint64_t layers, saved; /* of all networks begun; of these not computed again */
};

struct stage_range { /* the stages first <= s < end */
    size_t first, end;
};

struct evaluation {                      /* outcome for one code */
    struct arch_code code;
    struct stage_range stages;           /* that were scored: all that follows is of their items */
    enum status status;
    struct error error;
    double value[OBJECTIVES];            /* NaN: not measured */
    double standard_error;
    uint32_t n;
    double seconds;                      /* from its first shard's start to its last shard's end */
    double cpu_seconds;
    const struct task_score *task;       /* [tasks] */
    const struct text_score *text;       /* [texts]; of the first stage */
    const struct choice_result *const *results; /* [stages][tasks], for --items */
};

/* Called in a worker thread, one call at a time, in the order of submission. */
typedef void evaluator_sink(void *context, const struct evaluation *evaluation);

enum status evaluator_new(const struct evaluator_options *options, evaluator_sink *sink,
                          void *context, struct evaluator **evaluator, struct error *error);
enum status evaluator_submit(struct evaluator *evaluator, const struct arch_code *codes,
                             size_t count, struct error *error);
/* Of each code the stages range[i], not none. */
enum status evaluator_submit_stages(struct evaluator *evaluator, const struct arch_code *codes,
                                    const struct stage_range *range, size_t count,
                                    struct error *error);
/* Takes back codes of which no shard has started: writes them to codes (room for `count`) in order
 * of submission; returns how many. Their sink is not called. */
size_t evaluator_withdraw(struct evaluator *evaluator, struct arch_code *codes, size_t count);
/* Current network and its progress 0..1; false: idle. */
bool evaluator_progress(struct evaluator *evaluator, struct arch_code *code, double *done);
struct evaluator_savings evaluator_savings(struct evaluator *evaluator);
void evaluator_wait(struct evaluator *evaluator);   /* until nothing is pending */
/* Drops what has not been finished, joins the workers. */
void evaluator_free(struct evaluator *evaluator);

unsigned evaluator_default_threads(void); /* affinity and cgroup quota */
/* How `memory` (0: half of the machine's, or of the cgroup's) is shared: three quarters for decoded
 * weights (supernet_set_memory), the rest for streams in work. */
uint64_t evaluator_memory(uint64_t memory);
uint64_t evaluator_weights_memory(uint64_t memory);

#endif
