/* The sources of objectives' values. */
#ifndef ENGINE_SOURCES_PRIVATE_H
#define ENGINE_SOURCES_PRIVATE_H

#include "arch/plan.h"
#include "search/objective.h"
#include "task/perplexity.h"
#include "task/score.h"

struct measured { /* what is known of a network once it is scored */
    const struct arch_shape *shape;
    const struct arch_code *code;
    const struct weight_options *weights;
    const struct cost_table *cost; /* NULL: times are not known */
    const struct task_score *task; /* [tasks] */
    size_t tasks;
    const struct text_score *text; /* [texts] */
    size_t texts;
};

/* One for each objective that is not computed from the code: the list's last column. */
#define SOURCE_OF_true(id)
#define SOURCE_OF_false(id) double source_##id(const struct measured *m);
#define X(id, name, heading, quantity, maximise, computed) SOURCE_OF_##computed(id)
OBJECTIVE_LIST(X)
#undef X

/* value[]: NaN where nothing was measured. Several tasks or texts: their mean, and the accuracy of
 * each task behind it. */
void sources_fill(const struct measured *measured, double value[OBJECTIVES]);
/* Of the mean accuracy; NaN without a task. */
double sources_standard_error(const struct measured *measured);

#endif
