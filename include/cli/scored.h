/* What a network scored, kept of an evaluation, and how it is told. */
#ifndef CLI_SCORED_H
#define CLI_SCORED_H

#include "base/buf.h"
#include "cli/scoring.h"
#include "io/json.h"

struct scored_groups { /* of a task that has them (MMLU) */
    struct group_score *list;
    size_t count;
};

struct scored { /* filled in a worker thread, read after it has ended */
    const struct scoring *scoring;
    struct task_score *task;      /* [tasks] */
    struct text_score *text;      /* [texts] */
    struct scored_groups *groups; /* [tasks] */
    double seconds;
    uint64_t params, bytes;
    struct buf items; /* the file of --items; empty when not wanted */
    bool items_wanted;
    enum status status;
    struct error error;
};

/* Scores loaded->code on scored->scoring. Release in any case. */
enum status scored_run(const struct options *options, const struct loaded *loaded,
                       struct scored *scored, struct error *error);
void scored_release(struct scored *scored);

/* Arrays of an object per task and text. */
json_t *scored_tasks_json(const struct scored *scored);
json_t *scored_texts_json(const struct scored *scored);
/* A line per task and text, one for the speed; `chance`: what guessing would get, too. */
void scored_print(const struct loaded *loaded, const struct scored *scored, bool verbose,
                  bool chance);

#endif
