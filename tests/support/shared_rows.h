/* Networks of a model scored on an embedded task, each once, whoever asks: rows are kept in a
 * folder (the files of store/rundir.h), on disk before the next is waited for, so that a
 * measurement that was killed goes on where it was. */
#ifndef SUPPORT_SHARED_ROWS_H
#define SUPPORT_SHARED_ROWS_H

#include "engine/evaluator.h"
#include "search/row.h"
#include "store/rundir.h"

struct shared_rows_options {
    struct supernet *supernet; /* borrowed, in order */
    const struct tokenizer *tokenizer;
    const char *model_sha256;
    const char *directory;
    const char *task; /* "search", "heldout" */
    size_t limit;     /* of its questions; 0: all */
    enum precision precision;
    unsigned threads;
};

struct shared_rows {
    struct rundir *rundir;
    struct archive *archive;
    struct task task;
    struct prepared_task *prepared;
    struct evaluator *evaluator;
    size_t evaluated; /* by this process */
    enum status status;
    struct error error;
};

/* STATUS_INVALID when the folder has rows of another model, other questions or precision, or is in
 * use. Close it after an error, too. */
enum status shared_rows_open(struct shared_rows *shared, const struct shared_rows_options *options,
                             struct error *error);
void shared_rows_close(struct shared_rows *shared);
/* Values, standard_error, n and seconds of rows[count], by their codes; what is not known is
 * evaluated. */
enum status shared_rows_score(struct shared_rows *shared, struct row *rows, size_t count,
                              struct error *error);
/* What guessing gets: the mean over the questions of 1 / choices. */
double shared_rows_chance(const struct shared_rows *shared);

#endif
