/* What the engine publishes: an immutable picture of a run that a view can draw without asking.
 * Snapshots are counted references; a new one replaces the old under a lock. */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include "arch/plan.h"
#include "base/hash.h"
#include "engine/foretell.h"
#include "engine/try.h"
#include "search/front.h"
#include "search/space.h"
#include "store/heldout.h"
#include "store/log_tail.h"
#include "store/rounds.h"

#define RUN_EVALUATIONS 200            /* wanted, unless something else is */
#define RUN_EVALUATIONS_MOST 2000000   /* that a run can be asked for: their number is not limited */

enum run_phase {
    RUN_LOADING,      /* opening the model, tokenising */
    RUN_CALIBRATING,  /* importance orders; progress 0..1 */
    RUN_EVALUATING,
    RUN_PAUSED,
    RUN_STOPPING,     /* saving */
    RUN_FINISHED,     /* evaluations used up, or space exhausted */
    RUN_FAILED,       /* message says why; everything finished is saved */
    RUN_ABANDONED,    /* seen by a watcher: the process that made it is gone */
};

struct run_sample {           /* one point of the progress curve, a row each */
    size_t rows;              /* up to and with this one */
    double seconds;           /* of run time */
    double hypervolume;
};

struct run_overlay {          /* DIR/overlays/NAME.csv: another front, drawn over this run's */
    char name[32];
    const struct archive *archive; /* rows of this model; read rows below `rows` only */
    size_t rows;
    const uint32_t *front;    /* [fronts] ids: by this run's objectives and estimate, without pins */
    size_t fronts;
};
#define RUN_OVERLAYS 8        /* at most */

struct run_lock { char text[24]; };   /* "0-3=8" */

enum extract_phase { EXTRACT_NONE, EXTRACT_RUNNING, EXTRACT_DONE, EXTRACT_FAILED };

enum { SNAPSHOT_ROUNDS, SNAPSHOT_LINES, SNAPSHOT_OVERLAYS, SNAPSHOT_HELD };

struct snapshot {
    unsigned references;               /* use snapshot_hold / snapshot_release */
    /* identity */
    char model_name[64], task_name[64], space_name[16], method_name[16], type_name[16];
    char precision_name[8];            /* of the products with weights: "f32" */
    char run_path[512];
    size_t task_items;
    uint64_t seed;
    enum objective objectives[3];
    size_t m;
    bool measured[OBJECTIVES];
    double chance[OBJECTIVES];         /* of an accuracy, by guessing: mean of 1/choices; else 0 */
    size_t questions[OBJECTIVES];      /* of a task's accuracy; else 0 */
    /* the model: NULL until loaded; lives as long as the run */
    const struct arch_shape *shape;
    struct weight_options weights;
    const float *influence;            /* [layers] block influence; NULL until known */
    char no_extraction[256];           /* why networks cannot be extracted here; "" they can */
    bool watched;                      /* another process makes the run; leaving does not end it */
    unsigned answers;                  /* to a watcher's requests, so far */
    char answer[256];                  /* the last one */
    bool refused;                      /* it says no */
    /* state */
    enum run_phase phase;
    double phase_progress;             /* 0..1 in loading, calibrating */
    bool stopped;                      /* ended by run_stop or a request, not by itself */
    char message[256];                 /* last message worth showing; "" none */
    uint32_t generation;
    size_t evaluations;                /* distinct codes */
    size_t evaluations_wanted, population; /* wanted: RUN_EVALUATIONS_MOST any number */
    double run_seconds;                /* time spent in this and earlier sessions */
    double seconds_left;               /* estimate; NaN unknown */
    double evaluations_per_minute;     /* recent; NaN unknown */
    double shared;                     /* part of the work that the prefix cache spared; NaN unknown */
    double hypervolume, hypervolume_gain; /* gain over the last generation */
    struct arch_code current;          /* evaluating now; "" none */
    double current_progress;           /* shards done of it */
    /* rows */
    const struct archive *archive;     /* held; read rows below `rows` only; archive_superseded */
    size_t rows;
    size_t seen_rows;                  /* when this user's screen was last left: run_mark_seen */
    int64_t seen_time;                 /* UTC, seconds since 1970; 0: never, nothing is new to him */
    struct estimate estimate;          /* acc_est by the rows before the generation in work began */
    const struct archive *baselines;   /* held; of pruning methods (store/baselines.h); NULL: none */
    size_t baseline_rows;
    const struct heldout_rows *heldout; /* as paretop report left them, lives as long as the run; NULL: none */
    uint32_t base;                     /* id of the base's row; UINT32_MAX: not evaluated yet */
    uint32_t *front;                   /* ids, see front_of_rows; owned by the snapshot */
    size_t fronts;                     /* its length */
    unsigned settled;                  /* how often it was found: rows that came since may wait */
    size_t feasible;                   /* of evaluations and imported, within the pins */
    size_t imported;                   /* networks of another run that this one began with (--warm) */
    size_t knee;                       /* position in front */
    bool knee_few;                     /* too few points for one: it is the most accurate */
    struct pins pins;
    struct run_lock lock[16];
    size_t locks;
    struct run_sample *sample;         /* [samples] owned by the snapshot; of many rows each k-th */
    size_t samples;
    /* lists that snapshots share; they live as long as the snapshot does */
    const struct run_round *round;     /* [rounds] earlier sessions included, oldest first */
    size_t rounds;
    const struct run_line *line;       /* [lines] the last ones of log.txt, oldest first */
    size_t lines;
    const struct run_overlay *overlay; /* [overlays] by name */
    size_t overlays;
    const void *held[SNAPSHOT_HELD];   /* what they live in; see base/shared.h */
    /* extraction (one at a time) */
    enum extract_phase extract;
    double extract_progress;
    char extract_message[640];         /* result sentence, or why it failed */
    char extract_path[512];            /* of the file; cut when it is longer */
    char extract_command[512];         /* the llama.cpp command line that runs the file */
    /* networks that nobody has evaluated: see engine/foretell.h */
    const struct cost_table *cost;     /* from which times follow, lives as long as the run; or NULL */
    const struct foretelling *foretelling; /* held; for snapshot_foretell; NULL: nothing learnt */
    size_t foretold_rows;              /* networks that it is learnt from */
    struct run_expected *expected;     /* [expecteds], owned by the snapshot */
    size_t expecteds;
    /* a prompt being continued (one at a time): see engine/try.h */
    char no_try[256];                  /* why none can be continued here; "" one can */
    bool chat_known;                   /* the model has a form in which it is spoken to */
    const struct run_try *attempt;     /* held; NULL: none yet */
};

void snapshot_release(const struct snapshot *snapshot);

#endif
