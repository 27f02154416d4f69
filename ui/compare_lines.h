/* The lines of the comparison: what is told of each network, in the order of a decision. */
#ifndef UI_COMPARE_LINES_H
#define UI_COMPARE_LINES_H

#include "values.h"

enum compare_kind {
    LINE_FOUND,     /* generation and origin */
    LINE_FRONT,     /* on the front or not */
    LINE_PIN,       /* within it or not, and how sure */
    LINE_OBJECTIVE, /* value, its error, difference to the first network */
    LINE_ERROR,     /* of the objective above, where it has no room beside it */
    LINE_SMALLER,   /* how often it fits in the base's size */
    LINE_FASTER,
    LINE_HELDOUT, /* accuracy on questions that the search has not seen */
    LINE_LAYERS,
    LINE_ATTENTION,
    LINE_MLP,
};

struct compare_line {
    enum compare_kind kind;
    enum objective objective; /* of LINE_OBJECTIVE and LINE_ERROR */
    const struct pin *pin;    /* of LINE_PIN */
};
#define COMPARE_LINES (2 * OBJECTIVES + PINS_MAX + 8)

/* Those that can be told of these networks; `errors`: errors on lines of their own. */
int compare_lines(const struct snapshot *snapshot, const uint32_t *id, size_t count, bool errors,
                  struct compare_line line[COMPARE_LINES]);
const char *compare_label(const struct snapshot *snapshot, const struct compare_line *line,
                          const uint32_t *id, size_t count, char *out, size_t size);

struct compare_cell {
    char value[48], error[16], difference[16]; /* "" where there is none */
    bool best;                                 /* of all, and not all are equal */
    int sense;                                 /* 1 better than the first, -1 worse, 0 neither, or
                                                  not beyond doubt; of a pin: within or not */
};
/* What a line says of network `at`; all objectives' values are in the unit of the largest. */
void compare_cell(const struct snapshot *snapshot, const struct compare_line *line,
                  const uint32_t *id, size_t count, size_t at, struct compare_cell *cell);

#endif
