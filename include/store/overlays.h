/* DIR/overlays/NAME.csv as this program writes it: networks of the run with their weights in
 * another type. NAME is "q8_0", or "q8_0-head-f16" where the output matrix has a type of its own.
 * It has the columns of history.csv and two more, `type` and `head`, so that no row passes for one
 * of the run's own, nor a file that somebody put there for one of these. */
#ifndef STORE_OVERLAYS_H
#define STORE_OVERLAYS_H

#include "store/rundir.h"

#define OVERLAY_NAME 32

/* Returns name. `head` WEIGHT_SOURCE: as the type. */
const char *overlay_name(const struct weight_options *weights, char name[OVERLAY_NAME]);
/* A rows_reader of this file. */
enum status overlay_reader_new(const char *directory, const char *name,
                               const struct arch_shape *shape, history_complaint *complaint,
                               void *context, struct history_reader **reader, struct error *error);
/* Makes DIR/overlays, and takes the lock in it (STATUS_INVALID: another process has it); *lock is a
 * descriptor to be closed. */
enum status overlays_lock(const char *directory, int *lock, struct error *error);
/* Appends one row; on disk when the call returns. One process at a time. STATUS_INVALID when the
 * file has other columns than these. */
enum status overlay_append(const char *directory, const struct weight_options *weights,
                           const struct row *row, struct error *error);

#endif
