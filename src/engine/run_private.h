/* What the files of a run share. Who may touch what: `constant` is written before the engine thread
 * starts; `shared` under the lock, by any thread; `engine` by the engine thread alone. */
#ifndef ENGINE_RUN_PRIVATE_H
#define ENGINE_RUN_PRIVATE_H

#include "engine/cost.h"
#include "engine/evaluator.h"
#include "engine/file_check.h"
#include "engine/orders.h"
#include "engine/run.h"
#include "progress_private.h"
#include "setup_private.h"
#include "store/heldout.h"
#include "store/log_tail.h"
#include "store/rounds.h"
#include "store/rundir.h"
#include "task/perplexity.h"
#include "task/score.h"

#include <pthread.h>

#define RUN_MESSAGE 256

struct delivery { /* an evaluation on its way from a worker to the engine thread */
    struct delivery *after;
    struct arch_code code;
    struct stage_range stages;
    enum status status;
    struct error error;
    double value[OBJECTIVES];
    double standard_error, seconds;
    uint32_t n;
};

struct extraction {
    pthread_t thread;
    bool started; /* the thread is to be joined */
    struct run *run;
    struct arch_code code;
    struct weight_options weights;
    char *path; /* owned */
    bool replace;
    struct file_check check;
    /* shared */
    enum extract_phase phase;
    double progress;
    bool cancelled; /* by the user */
    char message[640], command[512];
};

struct trying { /* prompts being continued: try.c */
    pthread_t thread;
    bool started; /* it is to be joined */
    /* shared */
    bool running;                /* it has not come to its end */
    bool cancelled;              /* what it does is not wanted any more */
    struct try_request *next;    /* for it to take; owned; NULL: none */
    const struct run_try *shown; /* the newest picture; held; NULL: none yet */
};

struct warm {             /* rows of earlier runs */
    struct archive *rows; /* as they were read; NULL: none */
    json_t *from;         /* owned: of each source path, run.json (or null), rows */
    size_t imported;      /* rows that begin the history */
};

struct round_log {                /* engine/rounds.c */
    struct rounds rounds;         /* finished generations */
    struct rounds_reader *reader; /* of progress.csv; NULL: not read yet, or not any more */
    size_t row, line;             /* that were passed */
    size_t codes;                 /* distinct ones among the rows passed */
};

struct run {
    /* ---- constant ---- */
    struct setup setup;
    struct rundir *rundir;
    struct supernet *supernet;
    const struct arch_shape *shape; /* of the super-network */
    struct task task[SETUP_TASKS];
    struct space plain; /* without measured orders: for checking requests */
    bool measured[OBJECTIVES];
    double chance[OBJECTIVES]; /* of an accuracy, by guessing; else 0 */
    size_t items[SETUP_TASKS]; /* questions of each task */
    char title[SETUP_TASKS][64];
    struct watching *watching; /* another process makes this run; NULL: this one does */
    int nudge;                 /* a watcher's: readable when the inbox has something; else -1 */
    unsigned threads;
    uint64_t memory, cache; /* bytes, see engine/evaluator.h */
    double time_limit;      /* of this session; 0: none */
    size_t stall;           /* of this session; 0: none */
    bool evals_given;       /* by the command that starts the run */
    void (*on_generation)(void *context, const struct run_generation *generation);
    void (*on_message)(void *context, const char *text);
    void *context;
    bool resumed;           /* run.json was there */
    bool repaired;          /* history.csv had lines that are no rows: rows have moved up */
    char kernel_before[32]; /* OpenBLAS's, when run.json names another one; "" the same */

    /* ---- shared ---- */
    pthread_mutex_t lock;
    pthread_cond_t change; /* something in the inbox */
    bool stopping, requested;
    bool ending; /* the engine thread makes no further evaluation */
    bool lost;   /* a delivery could not be made: out of memory */
    struct delivery *first, *last;
    struct snapshot *current;
    int wake[2];
    bool awake; /* a byte is in the pipe */
    bool ready; /* model, tokenizer and orders are there: extraction may start */
    bool ended; /* the engine thread publishes nothing any more */
    struct extraction extraction;
    size_t seen_rows; /* see snapshot */
    int64_t seen_time;
    struct trying trying;
    bool is_learning;                      /* the thread of learning.c has not come to its end */
    double learning_ended, learning_worked; /* when the last one did, and the process's CPU time */
    double learning_seconds;                /* CPU time that it took; 0: there was none */
    const struct foretelling *foretelling; /* what was learnt last; held; NULL: nothing */
    pthread_mutex_t request_lock; /* of this process's request file */
    pthread_mutex_t prepare_lock; /* of what a watcher needs to run networks */

    /* ---- engine ---- */
    pthread_t thread;
    bool started;
    enum status outcome;
    struct error error;
    bool begun; /* the first evaluation has been asked for: errors are no refusals any more */
    struct tokenizer *tokenizer;
    struct prepared_task *prepared[SETUP_STAGES_MOST * SETUP_TASKS]; /* [stages][tasks] */
    struct task part[SETUP_STAGES_MOST * SETUP_TASKS];               /* their items, borrowed */
    size_t parts;
    struct prepared_text *prepared_text;
    struct model_order order;
    struct cost_table cost;
    bool costed;                  /* the table is there */
    struct cost_check cost_check; /* of no networks: not checked yet */
    struct space space;
    struct evaluator *evaluator;
    struct archive *archive;
    struct warm warm;
    const struct method_entry *method;
    struct method_state live; /* of the method, after the ask */
    struct run_state state;   /* before the ask: what state.json holds */
    struct arch_code asked[STATE_CODES_MAX];
    size_t asks;
    bool planned;     /* asked[] is what is to be evaluated */
    bool raced;       /* nobody goes on to another stage, as long as there is no row more */
    size_t in_flight; /* submitted, neither delivered nor withdrawn */
    bool exhausted;
    bool failing; /* it ends by an error */
    struct progress progress;
    struct snapshot look; /* what the next snapshot copies; its lists are not owned. Its pins are
                             those in force, and at once those that wait to be */
    struct estimate estimate;  /* over all rows; look.estimate follows when a generation ends */
    size_t estimated;          /* rows when it did; 0: it is to do so */
    uint32_t estimated_before; /* the generation then */
    bool stale;                /* the front is to be found anew, baselines be looked for */
    bool grown;                /* rows have come since, which may wait for others */
    double front_found;        /* when it was */
    struct kept_front front;
    struct history_reader *baselines; /* of baselines.csv; NULL: not read yet */
    struct round_log log;
    struct log_tail *tail;     /* of log.txt; NULL: not read yet */
    struct overlays *overlays; /* NULL: not looked for yet */
    bool told_now;             /* now.json was written: when, of which phase, its hash */
    enum run_phase told_phase;
    double told_time;
    uint64_t told_hash;
    struct heldout_rows heldout; /* as they were when the run was opened */
    pthread_t learning_thread;   /* learning.c */
    bool learning_started;       /* it is to be joined */
    size_t learnt_rows;          /* that there were when it began, of this archive (not held) */
    const struct archive *learnt_archive;
    uint32_t learnt_generation;
    double clock_start;  /* when the run clock was let go; < 0: it stands */
    double clock_before; /* run time before that */
    double session_start;
    double recent[16];       /* when the last rows came (run time) */
    size_t recents;          /* in all */
    bool estimating;         /* the message is the estimate made before the first row */
    double expected_seconds; /* of one evaluation, before any was made; NaN unknown */
};

/* run.c. A run that nothing is known of; the options' listeners. Close it, also on failure. */
enum status run_new(const struct run_options *options, struct run **run, struct error *error);
void run_say_measured(struct run *run);

/* watch.c */
void *watch_engine(void *run);
/* request_lock held. */
enum status watch_request(struct run *run, const char *verb, const char *argument,
                          struct error *error);
/* For threads that run networks: model file, tokenizer, order. `progress` of hashing the model,
 * nonzero cancels: STATUS_CANCELLED. */
enum status watch_prepare_networks(struct run *run, int (*progress)(void *context, double done),
                                   void *context, struct error *error);
void watch_release(struct run *run);

/* watch_json.c. What run.json tells those who have neither model nor tasks: the model's shape, the
 * tasks' names, sizes and chance. */
void run_tell_watchers(const struct run *run, json_t *value);
/* *told false: a run from before it was told. */
enum status watch_read_json(struct run *run, const json_t *stored, struct arch_shape *shape,
                            bool *told, struct error *error);

/* run.c: the inbox */
void run_inbox_signal(struct run *run);
void run_nudge(const struct run *run); /* what run_inbox_signal does of a watcher's thread */
bool run_is_stopping(struct run *run);
/* A row that was read from history.csv: what base, hypervolume and the curve make of it. */
enum status run_replay_row(struct run *run, const struct row *row, struct error *error);

/* load.c: everything up to the first evaluation, in the engine thread. */
enum status run_load(struct run *run, struct error *error);
/* The space as it was asked for; order NULL: not measured yet. */
enum status run_space_init(const struct setup *setup, const struct arch_shape *shape,
                           const struct model_order *order, struct space *space,
                           struct error *error);
void run_unload(struct run *run);

/* costing.c. The table of costs in run.json, if there is one; and one at last, checked when the
 * search goes by times. */
enum status run_read_costs(struct run *run, const json_t *stored, struct error *error);
/* Rows of a run from before there were times, which history.csv has without, get theirs. */
enum status run_complete_rows(struct run *run, struct error *error);
enum status run_find_costs(struct run *run, struct error *error);
/* For the evaluator, with --measure: the times of the network by the command. */
enum status run_measure(void *run, const struct arch_code *code, double value[OBJECTIVES],
                        struct error *error);
/* The table from which times are known before an evaluation; NULL with --measure. */
const struct cost_table *run_costs(const struct run *run);

/* generation.c. run_plan: the state is saved, then the method asked, unless what it was asked
 * before a crash is asked again. When the time is used up meanwhile nothing is planned. */
enum status run_save_state(struct run *run, struct error *error);
enum status run_plan(struct run *run, struct error *error);
/* All asked codes are evaluated: the method is told; run->exhausted when it had none to give. */
enum status run_finish_generation(struct run *run, struct error *error);
/* To the listener; `report` of the generation when it is whole, else NULL. */
void run_report_generation(struct run *run, const struct method_report *report);
double run_shared(const struct run *run); /* see run_generation */
enum status run_write_front(struct run *run, struct error *error);

/* rounds.c: finished generations. run_rounds_read: what progress.csv has; then run_rounds_follow,
 * once state and rows that are as new are known: rounds up to the state's generation, into the
 * next snapshots. */
enum status run_rounds_read(struct run *run, bool *news, struct error *error);
enum status run_rounds_follow(struct run *run, bool *news, struct error *error);
/* The generation has ended as the snapshot in work tells: on disk, and a round. */
enum status run_rounds_end(struct run *run, struct error *error);
void run_rounds_forget(struct run *run); /* the rows are others */
void run_rounds_release(struct run *run);

/* beside.c: what others leave in the directory. True: there is something new to be shown. */
bool run_look_beside(struct run *run);
void run_beside_release(struct run *run);
/* overlays.c */
bool run_look_at_overlays(struct run *run);
void run_overlays_release(struct run *run);

/* now.c: tells those who watch what is being done. */
void run_tell_now(struct run *run);

/* stages.c. The tasks' items by stages: run->part. */
void run_cut_tasks(struct run *run);
/* How many stages of its items a row has (NULL: 0), of a run without stages one; whether
 * it has all of them. */
size_t run_stages_done(const struct run *run, const struct row *row);
bool run_is_whole(const struct run *run, const struct row *row);
/* What a code is to be scored on first: the next stage; the full model, and who is to be whole, all
 * that is left. */
struct stage_range run_first_stages(const struct run *run, const struct arch_code *code,
                                    bool all_of_them);
/* Makes a row of the later items alone (its values, standard error, n) one of all of them;
 * `seconds` stays its own. */
void run_join_row(const struct run *run, const struct row *before, struct row *row);
/* The codes that go on to their next stage, sorted; none: no code does that the rows leave a chance
 * of the front. When nothing is in flight and all that is asked has its first stage. */
enum status run_race(const struct run *run, struct arch_code *codes, size_t room, size_t *count,
                     struct error *error);

/* engine.c */
void *run_engine(void *run);
/* Tells a headless user, the log, and the screen's message line. */
void run_say(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* steering.c: requests. Is this one right (STATUS_INVALID says what is wrong)? Any thread. */
enum status run_check_request(const struct run *run, const char *verb, const char *argument,
                              struct error *error);
/* Takes the next request: *found false when there is none. One that changes what is to be asked
 * (pin, lock, inject...) waits until nothing is in flight: *wait is set and it is taken later. */
enum status run_take_request(struct run *run, bool *found, bool *wait, struct error *error);
/* What a request of this verb does to state and space; STATUS_INVALID when it is refused. */
enum status run_apply_request(struct run *run, const char *verb, const char *argument,
                              struct error *error);

/* warm.c: rows of earlier runs. At opening: reads and checks what the options name, or takes up an
 * import that was cut short (before history.csv is read). */
enum status run_warm_open(struct run *run, const struct run_options *options, const json_t *stored,
                          struct error *error);
/* In a new run, before run.json is written: the rows are checked against hashes, completed, stored
 * in warm.csv and taken into the archive. */
enum status run_warm_import(struct run *run, struct error *error);
/* After it: warm.csv becomes the beginning of history.csv. */
enum status run_warm_store(struct run *run, struct error *error);
void run_warm_count(struct run *run, const json_t *stored); /* as run.json says */
json_t *run_warm_json(const struct run *run);               /* of run.json; NULL: out of memory */
void run_warm_release(struct run *run);
size_t run_made(const struct run *run); /* networks evaluated by this run */

/* restore.c. State of a new run, or of the one in the directory joined with the options' pins,
 * locks, injections and evaluations. */
enum status run_restore(struct run *run, const struct run_options *options, const json_t *stored,
                        struct error *error);
/* What run.json keeps of the first command beside the identity; NULL: out of memory. */
json_t *run_command_json(const struct run *run);

/* publish.c */
double run_clock(const struct run *run);
void run_clock_go(struct run *run);
void run_clock_stand(struct run *run);
bool run_out_of_time(const struct run *run); /* the session's --time is used up */
void run_phase(struct run *run, enum run_phase phase, double progress); /* sets and publishes */
/* The same with the message "DOING: N %"; nonzero when the run is to stop. */
int run_tell_progress(struct run *run, enum run_phase phase, const char *doing, double progress);
void run_publish(struct run *run);
/* A row has come to the archive: is the front to follow at once? */
void run_front_follow(struct run *run, const struct row *row);
enum status run_first_snapshot(struct run *run, struct error *error);

/* extraction.c */
void run_extraction_end(struct run *run); /* cancels and joins */

/* learning.c: learns when there is enough that is new; in the thread that makes the snapshots. */
void run_foretell_follow(struct run *run);
void run_foretell_end(struct run *run); /* joins */
/* expected.c: the snapshot's list, of what is asked, not evaluated. Its foretelling is there. */
enum status run_expect(const struct run *run, struct snapshot *snapshot, struct error *error);

/* try.c */
bool run_try_is_news(
    struct run *run); /* its newest picture is not in the current snapshot; engine thread */
void run_try_end(struct run *run);     /* cancels and joins; once the run is ending */
void run_try_release(struct run *run); /* the picture, after run_try_end */

#endif
