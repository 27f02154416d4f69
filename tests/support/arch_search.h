/* One search by a method of the table on the architecture problem (support/arch_problem). */
#ifndef SUPPORT_ARCH_SEARCH_H
#define SUPPORT_ARCH_SEARCH_H

#include "arch_problem.h"
#include "search/method.h"
#include "search/row.h"

#define ARCH_SEARCH_MOST 2000 /* evaluations */

struct arch_search_plan {
    const struct method_entry *method;
    struct method_options options; /* its seed is that of the noise, too */
    const struct space_options *space;
    size_t evals; /* at most ARCH_SEARCH_MOST */
};

struct arch_search {
    struct arch_shape shape;
    struct space space;
    struct archive *archive;
    struct arch_code code[ARCH_SEARCH_MOST]; /* in order of evaluation */
    double seen[ARCH_SEARCH_MOST];           /* accuracy */
    size_t count;
    size_t end[ARCH_SEARCH_MOST]; /* of each generation: the count behind it */
    size_t generations;
};

/* Ends early when the method has nothing more to ask. Release it after an error, too. */
enum status arch_search_run(struct arch_search *search, const struct arch_search_plan *plan,
                            struct error *error);
void arch_search_release(struct arch_search *search);

#endif
