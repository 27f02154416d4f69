/* What the values of networks come to, for the panels that show and compare them: which objectives
 * in which order, differences, what is foretold of a network, and whether a pin holds. */
#ifndef UI_VALUES_H
#define UI_VALUES_H

#include "view.h"

/* The search's objectives, what is pinned, the tasks' accuracies behind their mean, the rest. */
size_t values_order(const struct snapshot *snapshot, enum objective order[OBJECTIVES]);
bool values_searched(const struct snapshot *snapshot, enum objective objective);

/* How a value differs from another: "-1.1" points of a fraction, else "-4 %". A "?" behind it: not
 * by more than the error of the difference (NaN: not known, 0: none). "" where one is unknown. */
const char *difference_format(enum objective objective, double from, double to, double error,
                              char *out, size_t size);

/* "57.2 %", with its error behind it where there is one (not 0, not NaN). */
const char *value_error_format(enum objective objective, double value, double error, char *out,
                               size_t size);

struct code_summary {
    unsigned layers, kept, attention; /* of the model; with anything; with attention */
    double mlp;                       /* 0..1, of all neurons */
};
struct code_summary code_summarize(const struct arch_shape *shape, /* NULL: widths all alike */
                                   const struct arch_code *code);

/* All that is foretold of a code. */
void values_foretell(const struct snapshot *snapshot, const struct arch_code *code,
                     struct foretold *foretold);

/* Whether a value is within a pin, and how sure that is where it has an error: "yes", "yes, 61 %
 * sure", "no, +3.1 MiB", "not known". Returns whether it is within. */
bool pin_verdict(const struct pin *pin, double value, double error, char *out, size_t size);
/* The character that a layer is locked to in the search; 0: none. */
char lock_of_layer(const struct snapshot *snapshot, size_t layer);

#endif
