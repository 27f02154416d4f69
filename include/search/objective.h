/* Objectives: what a network is measured by. One X-macro row each: identifier, name (columns,
 * JSON, pins), heading, quantity (unit, format), direction. engine/ must supply the source of each
 * row, or it does not link. Behind them the accuracies of single tasks, which a run names. */
#ifndef SEARCH_OBJECTIVE_H
#define SEARCH_OBJECTIVE_H

#include "arch/cost_table.h"
#include "arch/plan.h"
#include "base/error.h"
#include "base/quantity.h"

#include <stdbool.h>
#include <stddef.h>

/*    id          name          heading       quantity           maximise  computed from the code */
#define OBJECTIVE_LIST(X)                                                                          \
    X(ACC, "acc", "accuracy", QUANTITY_FRACTION, true, false)                                      \
    X(ACC_EST, "acc_est", "accuracy est.", QUANTITY_FRACTION, true, false)                         \
    X(ACC_NORM, "acc_norm", "acc_norm", QUANTITY_FRACTION, true, false)                            \
    X(CHOICE_NLL, "choice_nll", "choice nll", QUANTITY_NUMBER, false, false)                       \
    X(PERPLEXITY, "perplexity", "perplexity", QUANTITY_NUMBER, false, false)                       \
    X(PARAMS, "params", "parameters", QUANTITY_COUNT, false, true)                                 \
    X(BYTES, "bytes", "size", QUANTITY_BYTES, false, true)                                         \
    X(MACS, "macs", "MACs/token", QUANTITY_COUNT, false, true)                                     \
    X(DECODE_MS, "decode_ms", "latency", QUANTITY_MILLISECONDS, false, true)                       \
    X(PROMPT_MS, "prompt_ms", "prompt", QUANTITY_MILLISECONDS, false, true)                        \
    X(DECODE_TPS, "decode_tps", "throughput", QUANTITY_RATE, true, true)                           \
    X(PROMPT_TPS, "prompt_tps", "prompt rate", QUANTITY_RATE, true, true)

#define OBJECTIVE_TASKS 8 /* tasks of a run at most */
#define OBJECTIVE_NAME 37 /* bytes: "acc:", 32 of a task's name, NUL */

enum objective {
#define X(id, name, heading, quantity, maximise, computed) OBJECTIVE_##id,
    OBJECTIVE_LIST(X)
#undef X
        OBJECTIVE_TASK_FIRST,
    OBJECTIVES = OBJECTIVE_TASK_FIRST + OBJECTIVE_TASKS
};

struct objective_info {
    enum objective objective;
    const char *name, *heading; /* "": a task's place that has none */
    enum quantity quantity;
    bool maximise;
    bool computed; /* from the code alone, in microseconds: known before evaluation, but times only
                      with a table of costs */
};
extern const struct objective_info objective_table[OBJECTIVES];

/* Names the accuracies of a run's tasks "acc:NAME": with one task there are none, acc is it. Set
 * once, by who opens a run or reads its directory, before other threads look at the table; the
 * names of the run before are forgotten. Of a task's name letters, digits and _ - . + stay, any
 * other character becomes _, and after 32 of them it is cut; of equal ones (case ignored) the later
 * end in -2, -3... Names that were made so stay as they are. */
void objective_name_tasks(const char *const *task, size_t tasks);
bool objective_named(enum objective objective); /* there is such an objective in this run */
bool objective_is_task(enum objective objective);
/* The mean of the first `tasks` task accuracies' chances is that of what they are the mean of. */
void objective_join_chances(double chance[OBJECTIVES], size_t tasks);
/* True of acc_est, which follows from all rows (search/estimate.h): rows and files hold none. */
bool objective_is_derived(enum objective objective);

/* By name or alias (size = bytes, latency = decode_ms, throughput = decode_tps). STATUS_INVALID
 * lists the names. */
enum status objective_by_name(const char *name, enum objective *objective, struct error *error);
/* "acc,bytes": two or three, distinct. */
enum status objective_parse_list(const char *text, enum objective list[3], size_t *count,
                                 struct error *error);
/* Value of a computed objective, from the code alone; NaN for the others, and for times without a
 * table (cost NULL). */
double objective_computed(enum objective objective, const struct arch_shape *shape,
                          const struct arch_code *code, const struct weight_options *weights,
                          const struct cost_table *cost);
/* True of what a table of costs or --measure gives. */
bool objective_is_time(enum objective objective);
/* Value as minimised (negated when maximised); NaN stays NaN. */
double objective_cost(enum objective objective, double value);

#endif
