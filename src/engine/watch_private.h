/* What the files of a watcher share. */
#ifndef ENGINE_WATCH_PRIVATE_H
#define ENGINE_WATCH_PRIVATE_H

#include "run_private.h"

#include <sys/stat.h>

#define WATCH_ASKED 32 /* requests whose answers are told in their words */

#define WATCH_DAMAGES 16

struct asked {
    size_t line; /* of this process's request file */
    char text[256];
};

struct now { /* of now.json */
    bool known;
    enum run_phase phase;
    double phase_progress, progress, seconds_left, rate, shared; /* NaN: not known */
    size_t wanted;                                               /* 0: not known */
    struct arch_code code;                                       /* "" none */
};

struct watching {
    struct arch_shape shape; /* as run.json tells it: without tensors */
    /* shared: run->lock */
    bool attended; /* a process holds the run's lock */
    /* request_lock */
    struct asked asked[WATCH_ASKED];
    size_t asks;
    /* extraction thread */
    bool prepared;
    /* watching thread */
    struct history_reader *reader;
    struct stat state;              /* of state.json when it was read last */
    char holder[160];               /* "process PID on HOST since TIME"; "" nobody */
    uint64_t damage[WATCH_DAMAGES]; /* hashes of what was told of damaged files */
    size_t damages;
    char trouble[512]; /* last thing that could not be read */
    uint32_t last;     /* generation of the last row taken in */
    size_t told_rows;
    struct now now;
    int inotify;
};

/* watch.c. In the log of this process, once each: a damaged file is read anew again and again.
 * `run` is a struct run. */
void watch_tell_once(void *run, const char *text);

/* watch_look.c. Takes in what has changed; publishes nothing. */
enum status watch_look(struct run *run, struct error *error);
/* Tells the listener of the generations that are over; when nobody makes the run, of the last. */
void watch_tell_generations(struct run *run);

/* now.c. What the process that makes the run says of this moment; and in the snapshot in work. */
void watch_look_at_now(struct run *run, bool attended);
void watch_show_now(const struct run *run, struct snapshot *look);

#endif
