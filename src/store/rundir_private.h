/* What the store's files share. */
#ifndef STORE_RUNDIR_PRIVATE_H
#define STORE_RUNDIR_PRIVATE_H

#include "io/atomic_file.h"
#include "io/csv.h"
#include "store/rundir.h"

struct request_file { /* how far a writer's file has been read */
    char name[96];
    size_t lines;
};

struct rundir {
    char *path;
    int lock;      /* descriptor of DIR/lock, -1: not held */
    bool made;     /* by this process */
    bool stored;   /* run.json is there */
    bool watching; /* another process writes it */
    struct append_file *history, *answers, *requests, *progress;
    int *column; /* owned; what the columns of history.csv are, -1: not known here */
    size_t columns;
    char own[96];        /* name of this process's request file; "" none yet */
    size_t own_lines;    /* in it */
    size_t answers_seen; /* bytes of answers.csv */
    bool answers_read;
    struct request_file *file; /* owned; one a writer, and a run may see many in its life */
    size_t files, file_capacity;
};

/* rundir.c. As rundir_log, unless the log has the line already. */
void rundir_log_once(struct rundir *rundir, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* lock.c. Opens the file, making it where it is absent, and takes its lock: *lock is a descriptor
 * to be closed. *busy: another process has it, which the caller is to say (STATUS_INVALID, no
 * message). -1 without it. */
enum status lock_file(const char *path, int *lock, bool *busy, struct error *error);
/* Makes the folder DIRECTORY/FOLDER and takes the lock of the file "lock" in it, as lock_file does;
 * a process that has it is told to be `doing` that. */
enum status lock_folder(const char *directory, const char *folder, const char *doing, int *lock,
                        struct error *error);
/* The run's. STATUS_INVALID names who holds it. */
enum status lock_take(struct rundir *rundir, struct error *error);

/* history.c. Columns of history.csv by number: the fixed ones, then the objectives. */
enum history_fixed {
    HISTORY_ID,
    HISTORY_CODE,
    HISTORY_ORIGIN,
    HISTORY_GENERATION,
    HISTORY_STDERR,
    HISTORY_N,
    HISTORY_SECONDS,
    HISTORY_FINISHED,
    HISTORY_FIXED,
};
enum { HISTORY_COLUMNS = HISTORY_FIXED + OBJECTIVES };
const char *history_column_name(int column);
bool history_stores(int column);         /* what follows from all rows is in no file */
int history_column(const char *heading); /* case ignored; -1: none */
/* Those that a new file has, in its order; returns how many. */
size_t history_usual_columns(int column[HISTORY_COLUMNS]);
/* A row's line in this order of columns; -1 is an empty field. */
enum status history_format_fields(const struct row *row, const int *column, size_t columns,
                                  struct buf *out, struct error *error);
/* history_file.c. Appends a row to DIRECTORY/NAME, whose columns are history.csv's and `headings`
 * (with commas between); on disk when the call returns. STATUS_INVALID when the file has others. */
enum status rows_append_longer(const char *directory, const char *name, const struct row *row,
                               const char *headings, const char *fields, struct error *error);
/* A number in 15 or 17 digits, as few as read back as the same; nothing for NaN. */
enum status history_format_number(double value, struct buf *out, struct error *error);
/* Whole fields, read; false: no such thing. An empty number is NaN. */
bool history_read_number(const char *text, double *value);
bool history_read_count(const char *text, uint32_t *value);
/* Where a file's header has the columns; those of objectives -1 when it has not. */
struct history_columns {
    int fixed[HISTORY_FIXED], objective[OBJECTIVES];
};
enum status history_find_columns(const char *path, const struct csv_table *table,
                                 struct history_columns *columns, struct error *error);
/* Name of the column that cannot be read, or NULL. */
const char *history_read_row(const struct csv_row *from, const struct history_columns *c,
                             struct row *row);

/* longest_rise.c. Marks with `true` a longest run of rows whose ids rise. */
enum status history_longest_rise(const struct row *row, size_t rows, bool *in, struct error *error);

#endif
