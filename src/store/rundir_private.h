/* What the store's files share. */
#ifndef STORE_RUNDIR_PRIVATE_H
#define STORE_RUNDIR_PRIVATE_H

#include "io/atomic_file.h"
#include "store/rundir.h"

struct request_file { /* how far a writer's file has been read */
    char name[96];
    size_t lines;
};

struct rundir {
    char *path;
    int lock;    /* descriptor of DIR/lock, -1: not held */
    bool made;   /* by this process */
    bool stored; /* run.json is there */
    struct append_file *history, *answers, *requests, *log;
    int *column; /* owned; what the columns of history.csv are, -1: not known here */
    size_t columns;
    bool answers_read;
    struct request_file *file; /* owned; one a writer, and a run may see many in its life */
    size_t files, file_capacity;
};

/* lock.c. STATUS_INVALID names who holds it. */
enum status lock_take(struct rundir *rundir, struct error *error);

/* history.c. Columns of history.csv by number: the fixed ones, then the objectives. */
enum { HISTORY_FIXED = 8, HISTORY_COLUMNS = HISTORY_FIXED + OBJECTIVES };
const char *history_column_name(int column);
int history_column(const char *heading); /* case ignored; -1: none */
/* Those that a new file has, in its order; returns how many. */
size_t history_usual_columns(int column[HISTORY_COLUMNS]);
/* A row's line in this order of columns; -1 is an empty field. */
enum status history_format_fields(const struct row *row, const int *column, size_t columns,
                                  struct buf *out, struct error *error);

#endif
