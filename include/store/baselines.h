/* DIR/baselines.csv: networks that known pruning methods make of the run's model, evaluated as the
 * run's own are. It has the columns of history.csv and one more, `order`: which order of neurons a
 * cut MLP keeps the first of, "importance" (the run's) or "magnitude". Rows are the methods' names
 * for codes: one code may be in several, of as many origins, "baseline:NAME". */
#ifndef STORE_BASELINES_H
#define STORE_BASELINES_H

#include "store/rundir.h"

/* A history_reader of this file. */
enum status baselines_reader_new(const char *directory, const struct arch_shape *shape,
                                 history_complaint *complaint, void *context,
                                 struct history_reader **reader, struct error *error);
/* Makes DIR/baselines.d, for what the methods keep, and takes the lock in it (STATUS_INVALID:
 * another process has it); *lock is a descriptor to be closed. */
enum status baselines_lock(const char *directory, int *lock, struct error *error);
/* Appends one row; on disk when the call returns. One process at a time. STATUS_INVALID when the
 * file has other columns than these. */
enum status baselines_append(const char *directory, const struct row *row, bool magnitude,
                             struct error *error);
/* Were this row's neurons in the order of magnitude? By its origin. */
bool baselines_by_magnitude(const struct row *row);

#endif
