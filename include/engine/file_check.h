/* What was extracted, read again and asked a few questions, beside the sub-network that it was made
 * from: they have the same answers. */
#ifndef ENGINE_FILE_CHECK_H
#define ENGINE_FILE_CHECK_H

#include "arch/plan.h"
#include "num/packed.h"
#include "task/items.h"

struct supernet;
struct tokenizer;

#define FILE_CHECK_ITEMS 20
/* How far the log-likelihood of a choice may be from the sub-network's, in parts of it (of 1, when
 * it is smaller): what two orders of the same sums may differ by. The weights are the same numbers,
 * of any type; see model/extract.h. Then accuracies can only differ where two choices are as likely
 * to that many digits. Of padded files it is the second: see EXTRACT_PADDED_TOLERANCE. */
#define FILE_CHECK_TOLERANCE 1e-4
#define FILE_CHECK_PADDED_TOLERANCE 1e-3

struct file_check_options {
    struct supernet *supernet;         /* borrowed, like all here */
    const struct tokenizer *tokenizer; /* the super-network's, which the file carries over */
    const struct arch_code *code;
    const struct weight_options *weights;
    enum precision precision;
    const struct task *task;                     /* NULL: the embedded search questions */
    bool padded;                                 /* extracted with extract_options.pad */
    unsigned threads;                            /* >= 1 */
    uint64_t memory;                             /* bytes, see engine/evaluator.h */
    int (*progress)(void *context, double done); /* nonzero cancels; may be NULL */
    void *context;
};

struct file_check {
    char task[64];
    size_t n;             /* the first questions of it */
    double acc, file_acc; /* the sub-network's, the file's */
    double tolerance;
    double max_difference; /* of log-likelihoods, in parts as FILE_CHECK_TOLERANCE is; NaN when one
                              of two is not a number */
};

/* STATUS_FAILED when a log-likelihood is farther than the tolerance, *check filled all the
 * same; STATUS_CANCELLED. */
enum status file_check_run(const struct file_check_options *options, struct supernet *written,
                           struct file_check *check, struct error *error);

#endif
