/* Judging a run: the networks of its front, those that it would choose at given sizes, the full
 * model, and the baselines' networks, scored on questions that the search has not seen, with the
 * run's own weights, precision and order of neurons. What is scored goes to DIR/heldout.csv and is
 * not scored again. The run's lock is not needed: a search may go on meanwhile. */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "engine/listener.h"
#include "search/judgement.h"
#include "search/row.h"
#include "store/heldout.h"

struct judge_options {
    const char *directory;
    const char *heldout; /* a task's name, file or folder; NULL: the embedded one, of a run on the
                            embedded questions */
    size_t limit;        /* the first questions of it; 0: all */
    unsigned threads;    /* 0: CPUs allowed */
    uint64_t memory, cache;   /* bytes, see engine/evaluator.h */
    struct listener listener; /* hears in the caller's thread */
};

struct judged_network {
    struct row row;                  /* as the search, or the baselines, saw it */
    double estimate, estimate_error; /* acc_est */
    bool magnitude;                  /* neurons by magnitude, and that matters */
    struct heldout_row heldout;      /* n 0: not judged yet */
};

struct judgement {
    char model_name[64];
    char task[64], sha256[SHA256_HEX]; /* the questions held out */
    size_t items;                      /* of them */
    bool estimated;                    /* acc_est differs from acc */
    bool began;                        /* networks were being scored when it failed */
    struct judged_network *network;    /* owned: the search's by size, then the baselines' */
    struct judged *judged;             /* owned: the same networks, for search/judgement.h */
    size_t count, fresh;               /* fresh: scored by this call */
};

/* STATUS_INVALID when there are no questions held out, they are the run's own, or another process
 * judges the same run and something is missing. Release in any case. */
enum status judge_run(const struct judge_options *options, struct judgement *judgement,
                      struct error *error);
void judgement_release(struct judgement *judgement);

/* Is this run on the embedded questions, on as many as by default or more? Then its judgement, on
 * embedded ones too, costs little beside the search. */
bool judge_usual(const char *directory);
/* Refuses what cannot be questions held out from these tasks (none: the embedded one), before a
 * search. */
enum status judge_check(const char *heldout, const char *const *tasks, size_t count,
                        struct error *error);

#endif
