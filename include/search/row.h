/* A row: one evaluated network. An archive: rows by id in an append-only table that readers in
 * other threads may walk up to a count they were given, while the owner appends. A network that was
 * scored in stages has a row for each; the one with the largest n counts (of equal ones the first),
 * the others are superseded. */
#ifndef SEARCH_ROW_H
#define SEARCH_ROW_H

#include "arch/code.h"
#include "search/objective.h"

#include <stdbool.h>
#include <stdint.h>

struct row {
    uint32_t id;                 /* 0-based, consecutive */
    struct arch_code code;       /* canonical */
    char origin[24];             /* "base", "seed", "random", "nsga2", "inject", ... */
    uint32_t generation;
    double value[OBJECTIVES];    /* NaN: not measured in this run */
    double standard_error;       /* of acc; NaN without a task */
    uint32_t n;                  /* items scored (0 without a task) */
    double seconds;
    int64_t finished;            /* UTC, seconds since 1970 */
};

struct archive; /* rows never move once appended */
enum status archive_new(struct archive **archive, struct error *error);
/* One more owner: it stays until archive_free has been called once more. Any thread. */
void archive_hold(const struct archive *archive);
void archive_free(struct archive *archive); /* NULL: nothing */
enum status archive_append(struct archive *archive, const struct row *row, struct error *error);
size_t archive_count(const struct archive *archive);                 /* owner's thread only */
const struct row *archive_row(const struct archive *archive, size_t index); /* any thread, index <
                                                                  a count obtained under a lock */
/* True when among the first `rows` another row counts in place of this one: the answer does not
 * change while the owner appends. Any thread, as archive_row. */
bool archive_superseded(const struct archive *archive, size_t index, size_t rows);
/* Index of the row that counts among the first `rows`, of those with the code of this one. */
size_t archive_counting(const struct archive *archive, size_t index, size_t rows);
/* Index of the row that this one superseded when it was appended, or SIZE_MAX. Any thread. */
size_t archive_replaced(const struct archive *archive, size_t index);
/* The row that counts with this code, and the first one with it; or NULL. Distinct codes. Owner's
 * thread only. */
const struct row *archive_find(const struct archive *archive, const struct arch_code *code);
const struct row *archive_first(const struct archive *archive, const struct arch_code *code);
size_t archive_codes(const struct archive *archive);

#endif
