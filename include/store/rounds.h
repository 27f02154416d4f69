/* DIR/progress.csv: a line for each finished generation, on disk before the state of the next one:
 * generation,evaluations,feasible,front,hypervolume,seconds, and for each objective that has to be
 * measured, so that a method may foretell it, NAME_correlation,NAME_error. Generations rise; a line
 * that is none of these is left out. A generation without a line (of a run from before there was
 * the file) is known from history.csv only. */
#ifndef STORE_ROUNDS_H
#define STORE_ROUNDS_H

#include "search/objective.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct run_round { /* a finished generation */
    uint32_t generation;
    size_t evaluations;     /* distinct networks up to its end */
    size_t feasible, front; /* of them within the pins, on the front; front 0: neither is known,
                               of a generation that has no line */
    double hypervolume;     /* at its end */
    double seconds;         /* of run time, earlier sessions included */
    /* [m] of the method's forecast of its networks, by objective: Kendall's tau of what was
     * foretold and found, mean absolute difference in the objective's unit; NaN: nothing was
     * foretold, or the objective is computed */
    double correlation[3], error[3];
};

/* A list that grows at its end. What is there never moves or changes, so that others who hold the
 * memory (base/shared.h) may read up to a count that they were told under a lock. Zero value:
 * empty. */
struct rounds {
    struct run_round *round; /* [count] shared memory; NULL: none */
    size_t count, capacity;
};
void rounds_release(struct rounds *rounds); /* empty again, in new memory */
enum status rounds_add(struct rounds *rounds, const struct run_round *round, struct error *error);

/* The file, followed while another process may write it. */
struct rounds_reader;
enum status rounds_reader_new(const char *directory, const enum objective *objectives, size_t m,
                              struct rounds_reader **reader, struct error *error);
void rounds_reader_free(struct rounds_reader *reader); /* NULL: nothing */
/* Reads what has come. *anew: the lines are another file's, from the first on. */
enum status rounds_reader_read(struct rounds_reader *reader, bool *anew, struct error *error);
/* The lines so far, valid until the next call of the reader's. */
const struct run_round *rounds_reader_lines(const struct rounds_reader *reader, size_t *count);
bool rounds_reader_damaged(const struct rounds_reader *reader); /* something was left out */
/* The first line that was left out, in a sentence; false: none was. */
bool rounds_reader_fault(const struct rounds_reader *reader, struct error *error);

struct rundir;
/* Appends a line; on disk when the call returns. */
enum status rounds_append(struct rundir *rundir, const struct run_round *round,
                          const enum objective *objectives, size_t m, struct error *error);
/* Replaces the file by these lines. Before the first rounds_append. */
enum status rounds_replace(struct rundir *rundir, const struct run_round *round, size_t count,
                           const enum objective *objectives, size_t m, struct error *error);

#endif
