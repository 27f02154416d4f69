/* What the options say is to be scored: tasks and texts made ready for a model's tokenizer; and one
 * network scored on them, with progress. */
#ifndef CLI_SCORING_H
#define CLI_SCORING_H

#include "cli/loaded.h"
#include "engine/evaluator.h"

struct scoring {
    size_t tasks, texts;
    struct task *task; /* owned */
    struct prepared_task **prepared;
    struct prepared_text **text;
};

/* --task, --text, --limit, --chunks, --context, --shots, --shots-from, --ppl; without task and text
 * the embedded search file, whole. Release in any case. */
enum status scoring_prepare(const struct options *options, const struct loaded *loaded,
                            struct scoring *scoring, struct error *error);
void scoring_release(struct scoring *scoring);
uint64_t scoring_tokens(const struct scoring *scoring); /* forward tokens of one network */
/* Scores loaded->code; `sink` is called once, in a worker thread, also when scoring failed. */
enum status scoring_run(const struct options *options, const struct loaded *loaded,
                        const struct scoring *scoring, evaluator_sink *sink, void *context,
                        struct error *error);

#endif
