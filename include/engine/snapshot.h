/* What the engine publishes: an immutable picture of a run that a view can draw without asking.
 * Snapshots are counted references; a new one replaces the old under a lock. */
#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include "arch/plan.h"
#include "base/hash.h"
#include "search/front.h"
#include "search/space.h"
#include "store/heldout.h"

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
    double seconds;           /* of run time */
    double hypervolume;
};

struct run_lock { char text[24]; };   /* "0-3=8" */

enum extract_phase { EXTRACT_NONE, EXTRACT_RUNNING, EXTRACT_DONE, EXTRACT_FAILED };

struct snapshot {
    unsigned references;               /* use snapshot_hold / snapshot_release */
    /* identity */
    char model_name[64], task_name[64], space_name[16], method_name[16], type_name[16];
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
    double hypervolume, hypervolume_gain; /* gain over the last generation */
    struct arch_code current;          /* evaluating now; "" none */
    double current_progress;           /* shards done of it */
    /* rows */
    const struct archive *archive;     /* held; read rows below `rows` only; archive_superseded */
    size_t rows;
    struct estimate estimate;          /* over exactly those */
    const struct archive *baselines;   /* held; of pruning methods (store/baselines.h); NULL: none */
    size_t baseline_rows;
    const struct heldout_rows *heldout; /* as paretop report left them, lives as long as the run; NULL: none */
    uint32_t base;                     /* id of the base's row; UINT32_MAX: not evaluated yet */
    uint32_t *front;                   /* ids, see front_of_rows; owned by the snapshot */
    size_t fronts;                     /* its length */
    size_t feasible;                   /* of evaluations, within the pins */
    size_t knee;                       /* position in front */
    struct pins pins;
    struct run_lock lock[16];
    size_t locks;
    struct run_sample *sample;         /* [rows], owned by the snapshot (may be thinned: samples) */
    size_t samples;
    /* extraction (one at a time) */
    enum extract_phase extract;
    double extract_progress;
    char extract_message[512];         /* result sentence, or why it failed */
    char extract_command[512];         /* the llama.cpp command line that runs the file */
};

void snapshot_release(const struct snapshot *snapshot);

#endif
