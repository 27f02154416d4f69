/* The run directory: what a run asked (run.json), every evaluated network (history.csv), the front
 * (front.csv), the method's state (state.json), requests and their answers (requests.d), the lock,
 * and messages (log.txt). Files are whole or absent; history grows by whole lines, each on disk
 * before the call returns. Nothing here knows the model. */
#ifndef STORE_RUNDIR_H
#define STORE_RUNDIR_H

#include "base/buf.h"
#include "io/json.h"
#include "search/front.h"
#include "search/method.h"

struct rundir;

/* Opens DIR for writing, making it where it is absent: takes the lock (STATUS_INVALID names who
 * holds it), cuts a torn last line of history.csv. */
enum status rundir_open(const char *path, struct rundir **rundir, struct error *error);
/* Gives the lock back. Removes the folder again when this process made it and nothing was stored.
 */
void rundir_close(struct rundir *rundir);
/* Opens DIR, which another process may write: without the lock, for reading and for requests. */
enum status rundir_watch(const char *path, struct rundir **rundir, struct error *error);
const char *rundir_path(const struct rundir *rundir);
/* "DIR/NAME" in a buffer that lives as long as the rundir; one per name. */
enum status rundir_file(const struct rundir *rundir, const char *name, struct buf *path,
                        struct error *error);
bool rundir_exists(const char *path); /* a folder with run.json */
/* Does a process hold the run's lock? who: "process PID on HOST since TIME". Takes nothing: a
 * process that opens the run at this instant is not refused. */
bool rundir_in_use(const char *directory, char *who, size_t size);

/* run.json as it stands: NULL and STATUS_OK when absent; the caller owns it. */
enum status rundir_read_run(const struct rundir *rundir, json_t **run, struct error *error);
enum status rundir_write_run(struct rundir *rundir, const json_t *run, struct error *error);

/* ---- history.csv: id,code,origin,generation, every objective but acc_est,
 * stderr,n,seconds,finished ---- */

/* Reads DIR/history.csv into the archive (columns by name), as a history_reader does. */
enum status history_read(const char *directory, struct archive *archive, struct error *error);
/* Reads it again and again while another process may write it. Lines that are no rows of the run
 * are left out and told to `complaint` (a sentence each; may be NULL); where rows are missing the
 * others move up, so that ids are consecutive. `shape` (borrowed; may be NULL): codes must be those
 * of this model. */
struct history_reader;
typedef void history_complaint(void *context, const char *text);
enum status history_reader_new(const char *directory, const struct arch_shape *shape,
                               history_complaint *complaint, void *context,
                               struct history_reader **reader, struct error *error);
/* The same of another file with these columns, whose ids are another run's (a front's, say): they
 * are not looked at, rows count from 0. */
enum status rows_reader_new(const char *directory, const char *name, const struct arch_shape *shape,
                            history_complaint *complaint, void *context,
                            struct history_reader **reader, struct error *error);
void history_reader_free(struct history_reader *reader);
/* What has come since the last call. *anew: the archive is another one, read from the beginning.
 * STATUS_INVALID when the file has no header, or not the columns. */
enum status history_reader_read(struct history_reader *reader, bool *anew, struct error *error);
struct archive *history_reader_archive(const struct history_reader *reader); /* borrowed */
bool history_reader_damaged(const struct history_reader *reader); /* lines were left out */
/* Replaces history.csv by the archive's rows; the file as it was stays as history.csv.damaged (or
 * .damaged-2...). */
enum status history_repair(struct rundir *rundir, const struct archive *archive,
                           struct error *error);
/* Appends one row; on disk when the call returns. The row follows the header that the file has; at
 * the first call, columns that it lacks (of a run from before there were these objectives) are
 * added to it, empty in the rows that are there. */
enum status history_append(struct rundir *rundir, const struct row *row, struct error *error);
/* Replaces front.csv (same columns). */
enum status front_write(struct rundir *rundir, const struct archive *archive, const uint32_t *id,
                        size_t count, struct error *error);
/* The header line and one row's line, with '\n'. Numbers are written so that they read back
 * exactly, but seconds are rounded to milliseconds. */
enum status history_format_header(struct buf *out, struct error *error);
enum status history_format_row(const struct row *row, struct buf *out, struct error *error);

/* ---- state.json: all that a repeated ask needs ---- */

#define STATE_CODES_MAX 256

struct run_state {
    struct method_state method; /* before the ask */
    size_t asked_rows;          /* rows that the ask saw */
    size_t want;                /* codes asked for; 0: nothing asked yet */
    size_t generation_done;     /* of this generation evaluated before the ask */
    struct pins pins;
    char lock[16][24]; /* in force, as typed */
    size_t locks;
    struct arch_code inject[STATE_CODES_MAX]; /* to be evaluated before the asked codes */
    size_t injects;
    bool paused;
    char ended[12];     /* "finished", "stopped", "failed": how, for those who watch; "": goes on */
    size_t evaluations; /* wanted in all */
    uint32_t stall_from; /* generations before this one do not count as without a gain: more was
                            asked for after them */
    double seconds;      /* run time so far */
};

/* *found false when there is none. */
enum status state_read(const struct rundir *rundir, struct run_state *state, bool *found,
                       struct error *error);
enum status state_write(struct rundir *rundir, const struct run_state *state, struct error *error);
void run_state_release(struct run_state *state);

/* ---- requests.d ---- */

struct request {
    char file[96]; /* of the writer */
    size_t line;   /* 1-based */
    char verb[16];
    char argument[ARCH_CODE_TEXT]; /* a code is the longest */
};

/* Appends "verb,argument" to this process's own file (HOST-PID.csv). Any thread of the process, one
 * at a time. */
enum status request_write(struct rundir *rundir, const char *verb, const char *argument,
                          struct error *error);
/* The next request that has no answer yet, of any file; *found false: none. */
enum status request_next(struct rundir *rundir, struct request *request, bool *found,
                         struct error *error);
/* Appends file, line, id (the evaluation before which it took effect) and, when it was refused,
 * why. */
enum status request_answer(struct rundir *rundir, const struct request *request, uint32_t id,
                           const char *refusal, struct error *error);

/* The line that this process's last request stands in, when `file` (NULL: any) is its file;
 * else 0. */
size_t request_own_line(const struct rundir *rundir, const char *file);

struct answer {
    char file[96]; /* of the request's writer */
    size_t line;
    uint32_t id;
    char refusal[512]; /* "": it was taken */
};
typedef enum status answer_sink(void *context, const struct answer *answer, struct error *error);
/* The answers that came since the last call; damaged lines are left out. sink NULL: skips them. */
enum status answers_read(struct rundir *rundir, answer_sink *sink, void *context,
                         struct error *error);

/* A line of log.txt, with the time; failures are ignored: the log is a courtesy. */
void rundir_log(struct rundir *rundir, const char *text);

/* now.json: what the run's process is doing, for those who watch (engine/now.c). It is whole or
 * absent, goes with the rundir, and a failure to write it is ignored. */
void rundir_write_now(struct rundir *rundir, const char *text);
enum status rundir_read_now(const struct rundir *rundir, json_t **value); /* the caller owns it */

/* ---- reading a run without its model (paretop front) ---- */

struct run_summary {
    char model_name[64];
    enum objective objectives[3];
    size_t m;
    bool measured[OBJECTIVES];
    double chance[OBJECTIVES]; /* of an accuracy, by guessing; 0: not told */
    struct archive *archive;
    size_t rows;
    struct estimate estimate; /* over them */
    struct pins pins;
};
enum status run_summary_read(const char *directory, struct run_summary *summary,
                             struct error *error);
void run_summary_release(struct run_summary *summary);

#endif
