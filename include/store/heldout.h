/* DIR/heldout.csv: what networks of a run got on questions that its search has not seen. A row is
 * one network on one set of questions: code,order,task,sha256,n,acc,stderr,acc_norm,choice_nll,
 * seconds,finished. It is appended to by one process at a time, and read without a lock. */
#ifndef STORE_HELDOUT_H
#define STORE_HELDOUT_H

#include "arch/code.h"
#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heldout_row {
    struct arch_code code;
    bool magnitude;          /* neurons by magnitude (a baseline's), not in the run's order */
    char task[64];           /* its name */
    char sha256[SHA256_HEX]; /* of the questions, see task/items.h */
    uint32_t n;              /* questions answered */
    double acc, standard_error, acc_norm, choice_nll;
    double seconds;
    int64_t finished; /* UTC, seconds since 1970 */
};

struct heldout_rows {        /* zero value: none */
    struct heldout_row *row; /* owned */
    size_t count, capacity;
    size_t damaged; /* lines that are no rows; left out */
};

/* A file that is absent has no rows; a torn last line is none. STATUS_INVALID when the file has no
 * header, or not the columns. Release in any case. */
enum status heldout_read(const char *directory, struct heldout_rows *rows, struct error *error);
void heldout_release(struct heldout_rows *rows);
/* This network on the first `n` of these questions, or NULL. */
const struct heldout_row *heldout_find(const struct heldout_rows *rows,
                                       const struct arch_code *code, bool magnitude,
                                       const char *sha256, uint32_t n);
/* The last row of this network, on whatever questions; or NULL. */
const struct heldout_row *heldout_last(const struct heldout_rows *rows,
                                       const struct arch_code *code, bool magnitude);

/* Opens the file for appending, making it where it is absent: takes its lock (STATUS_INVALID:
 * another process has it), cuts a torn last line. */
struct heldout_file;
enum status heldout_open(const char *directory, struct heldout_file **file, struct error *error);
void heldout_close(struct heldout_file *file); /* NULL: nothing */
/* On disk when the call returns. */
enum status heldout_append(struct heldout_file *file, const struct heldout_row *row,
                           struct error *error);

#endif
