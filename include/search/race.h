/* The race between networks that were scored on few questions: who is scored on more. One drops out
 * only when another is at least as good in all that is exact, and better beyond the error in all
 * that is sampled: by more than RACE_ERRORS standard errors of the difference. For acc_est that is
 * row_difference_error; for other accuracies it is as if the two had answered different questions:
 * they answered partly the same ones, which makes the difference surer, so that race is careful. It
 * looks at rows alone, so that it can be held again.
 *
 * Sampled are the accuracies. choice_nll has no error of its own here: who is better in it must be
 * better in acc, too, beyond the error of acc. */
#ifndef SEARCH_RACE_H
#define SEARCH_RACE_H

#include "search/estimate.h"

#define RACE_ERRORS 2.0

/* Of the first `rows` rows those that count, have fewer items than `whole` and do not drop out: ids
 * ascending, allocated (memory_new), *count their number. Another must not be further outside the
 * pins to beat a row; a row whose computed values are outside the pins drops out when one is within
 * all of them. A row without one of the objectives drops out. */
enum status race_survivors(const struct archive *archive, size_t rows,
                           const struct estimate *estimate, const enum objective *objectives,
                           size_t m, const struct pins *pins, uint32_t whole, uint32_t **id,
                           size_t *count, struct error *error);

#endif
