/* A run: model, task, space, method and run directory, driven by an engine thread and N workers.
 * The front end reads snapshots and posts requests; it never touches model or task. */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "engine/snapshot.h"
#include "search/method.h"

struct run_generation { /* what a finished generation leaves, for progress lines */
    uint32_t generation;
    size_t evaluations, feasible, front; /* rows so far, of them within the pins, on the front */
    double hypervolume;
    double seconds;                     /* run time so far, earlier sessions included */
    const struct method_report *report; /* of the method's forecast of it; NULL: not known, or
                                           the generation is not whole */
    const enum objective *objectives;   /* [m] its order; NULL: no report */
    size_t m;                           /* 0: no report */
    double shared; /* part of the layers' work that the prefix cache spared, this session */
};

#define RUN_DEFAULT_CACHE ((uint64_t)1 << 30)

struct run_options {          /* zero value: default; strings are borrowed during run_open */
    const char *model;        /* path; NULL on resume by directory: taken from run.json */
    const char *directory;    /* run directory; NULL: ./MODEL-NAME.run */
    const char *const *tasks; /* names/files/dirs; 0: the embedded search file, 200 items */
    size_t task_count;
    const char *text;             /* --text FILE: perplexity; NULL none */
    size_t limit, chunks;         /* 0: default/all */
    unsigned context, shots;      /* 0: 512; 0 */
    const char *shots_from, *ppl; /* NULL: the format's own; llama */
    const char *space, *choices, *depth_order, *method, *crossover, *objectives; /* or NULL */
    const char *const *locks, *const *pins, *const *injects;                     /* counts below */
    size_t lock_count, pin_count, inject_count;
    const char *type, *head; /* NULL: source */
    const char *types;       /* that each layer may have by a gene: "source,q8_0"; NULL: no genes */
    bool bias_compensation;
    const char *precision;   /* NULL: f32 */
    const char *measure;     /* command with {model} that measures times; NULL: the table */
    const char *neuron_order, *calibration;
    const char *stages;             /* "50,200": counts of each task's items; NULL: all at once */
    size_t evaluations, population; /* 0: 200 (with a time limit any number), 20 */
    uint64_t seed;
    bool seed_given;
    double time_limit;       /* seconds; 0 none */
    size_t stall;            /* generations without a gain in hypervolume; 0 none */
    const char *const *warm; /* run directories and CSV files whose rows are taken over */
    size_t warm_count;
    unsigned threads;       /* 0: CPUs allowed by affinity and cgroup quota */
    uint64_t memory, cache; /* bytes, see engine/evaluator.h; 0: the default; no cache */
    /* Called in the engine thread after each generation, and once more for one that the end of the
     * run cut short. NULL: not wanted. `text` in on_message: one line worth telling a headless
     * user (what is being done, the estimate of the whole run, warnings). */
    void (*on_generation)(void *context, const struct run_generation *generation);
    void (*on_message)(void *context, const char *text);
    void *listener; /* given to both as their context */
};

struct run;

/* Checks options and the run directory, takes the lock, reads run.json and history when resuming
 * (a differing identity option is STATUS_INVALID naming both values). Returns before the model is
 * loaded, so that a screen can draw its first frame. */
enum status run_open(const struct run_options *options, struct run **run, struct error *error);
/* Opens a run that another process makes, or has made: nothing is written but requests, no lock is
 * taken, neither model nor tasks are needed. All below works on it; run_wait ends when run_stop was
 * called. Of the options directory and listeners count. STATUS_INVALID without a run.json. */
enum status run_watch(const struct run_options *options, struct run **run, struct error *error);
enum status run_start(struct run *run, struct error *error); /* starts the engine thread */
/* Asks to stop: running shards are finished or dropped, state saved. Does not wait. */
void run_stop(struct run *run);
/* Waits until the engine thread has ended; its outcome: STATUS_OK (stopped or finished), or what
 * went wrong: STATUS_INVALID when it was refused before the first evaluation. The engine thread
 * of a finished run waits for requests ("evals,400", "inject,CODE") until run_stop. */
enum status run_wait(struct run *run, struct error *error);
void run_close(struct run *run);

/* The current snapshot; release with snapshot_release. Never NULL. */
const struct snapshot *run_snapshot(struct run *run);
/* Readable when a newer snapshot is there than the last one taken: for poll(). One byte at most is
 * ever pending. run_snapshot drains it. */
int run_wake_fd(struct run *run);

/* A request line as stored in requests.d ("pin,bytes<=90MiB", "unpin,bytes<=", "lock,0-3=8",
 * "unlock,0-3", "inject,CODE", "pause", "continue", "stop", "evals,400"): checked here, written to
 * this process's request file, taken by the engine within one generation. */
enum status run_request(struct run *run, const char *verb, const char *argument,
                        struct error *error);

/* The user has seen everything up to now: later snapshots' seen_rows and seen_time say so, of this
 * session and the next. Silently nothing where the folder cannot be written. Any thread. */
void run_mark_seen(struct run *run);

/* A line for the run's log that is no message of the run's. A watcher writes none. Any thread. */
void run_log(struct run *run, const char *text);

/* Starts an extraction in the background; one at a time. weights NULL: the run's own. */
enum status run_extract(struct run *run, const struct arch_code *code,
                        const struct weight_options *weights, const char *path, bool replace,
                        struct error *error);

/* Continues the prompt with the network and with the base, greedily, at most `tokens` tokens each,
 * in the background: snapshots show it (engine/try.h). `chat`: in the model's form of a
 * conversation, where it is known. One at a time: a new one cancels the one at work. Returns at
 * once, works while the search is paused or has finished, and in a watcher that has the model;
 * STATUS_INVALID says why not. */
enum status run_try(struct run *run, const struct arch_code *code, const char *prompt, bool chat,
                    uint32_t tokens, struct error *error);
void run_try_cancel(struct run *run); /* what was written stays; does not wait */

/* Ends one that runs soon: it becomes EXTRACT_FAILED and leaves no file. */
void run_extract_cancel(struct run *run);

/* Default path of the run directory for a model file ("./smollm2-135m.run"); caller frees. */
enum status run_default_directory(const char *model, char **directory, struct error *error);
bool run_is_directory(const char *path); /* a folder with run.json */

#endif
