/* A search by a method of the table as an engine makes it, generation by generation, with values
 * from anywhere. */
#ifndef SUPPORT_METHOD_SEARCH_H
#define SUPPORT_METHOD_SEARCH_H

#include "search/method.h"
#include "search/row.h"

struct method_search {
    const struct method_entry *method;
    struct method_options options;
    const struct space *space;
    const enum objective *objectives; /* [m] */
    size_t m;
    const double *chance; /* [OBJECTIVES], see struct method_context; NULL: 0 */
    size_t evals;
    /* Fills rows[count], whose codes, ids, origins and generations are there: values (NaN before),
     * standard_error, n. */
    enum status (*evaluate)(void *context, struct row *rows, size_t count, struct error *error);
    void *context;
};

/* Appends to the archive, which is empty. end[g], room for `evals`: the rows behind generation g.
 * Ends early when the method has nothing more to ask. */
enum status method_search_run(const struct method_search *search, struct archive *archive,
                              size_t *end, size_t *generations, struct error *error);

#endif
