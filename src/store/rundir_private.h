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
    bool answers_read;
    struct request_file *file; /* owned; one a writer, and a run may see many in its life */
    size_t files, file_capacity;
};

#endif
