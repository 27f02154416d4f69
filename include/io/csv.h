/* CSV by libcsv (RFC 4180, strict quotes): the whole file at once, as rows of NUL-terminated UTF-8
 * fields. A UTF-8 byte-order mark is dropped, CR LF and embedded newlines are understood. */
#ifndef IO_CSV_H
#define IO_CSV_H

#include "base/buf.h"
#include "base/error.h"

#include <stddef.h>

struct csv_row {
    size_t fields;
    char **field; /* borrowed from the table */
    size_t line;  /* 1-based line of the row's start in the file */
};

struct csv_table {
    size_t rows;
    struct csv_row *row;
    void *owned;
};

/* STATUS_INVALID with file and line for a stray quote, an unterminated quote, a NUL byte or
 * invalid UTF-8; STATUS_IO when unreadable. Empty lines are skipped. `name` is for messages. */
enum status csv_read_file(const char *path, struct csv_table *table, struct error *error);
enum status csv_read_memory(const char *name, const void *data, size_t length,
                            struct csv_table *table, struct error *error);
void csv_release(struct csv_table *table);

/* Index of the column with this heading in row 0 (case ignored), or -1. */
int csv_column(const struct csv_table *table, const char *heading);

/* Appends one field, quoted where needed, preceded by a comma when `first` is 0. */
enum status csv_append_field(struct buf *out, int first, const char *text, struct error *error);

#endif
