/* What a run was asked: its identity (RULES.md, Resume) and where it comes from, the command line
 * or run.json. */
#ifndef ENGINE_SETUP_PRIVATE_H
#define ENGINE_SETUP_PRIVATE_H

#include "arch/plan.h"
#include "base/hash.h"
#include "engine/run.h"
#include "io/json.h"
#include "num/packed.h"
#include "search/method.h"
#include "search/objective.h"
#include "task/perplexity.h"
#include "task/score.h"

/* Options whose text is the identity: key in run.json, option's name, default. */
#define SETUP_LIST(X)                                                                              \
    X(LIMIT, "limit", "0")                                                                         \
    X(CHUNKS, "chunks", "0")                                                                       \
    X(CONTEXT, "context", "512")                                                                   \
    X(SHOTS, "shots", "0")                                                                         \
    X(SHOTS_FROM, "shots-from", "")                                                                \
    X(PPL, "ppl", "llama")                                                                         \
    X(SPACE, "space", "layers")                                                                    \
    X(CHOICES, "choices", "")                                                                      \
    X(DEPTH_ORDER, "depth-order", "importance")                                                    \
    X(TYPES, "types", "")                                                                          \
    X(METHOD, "method", "linas")                                                                   \
    X(CROSSOVER, "crossover", "uniform")                                                           \
    X(OBJECTIVES, "objectives", "")                                                                \
    X(TYPE, "type", "source")                                                                      \
    X(HEAD, "head", "source")                                                                      \
    X(COMPENSATION, "bias-compensation", "")                                                       \
    X(PRECISION, "precision", "f32")                                                               \
    X(MEASURE, "measure", "")                                                                      \
    X(STAGES, "stages", "")                                                                        \
    X(POPULATION, "population", "20")                                                              \
    X(SEED, "seed", "0")

#define SETUP_FLAG_ON "on" /* the text of an option without a value, where it is given */

enum setup_key {
#define X(id, name, fallback) SETUP_##id,
    SETUP_LIST(X)
#undef X
        SETUP_KEYS
};

#define SETUP_TASKS OBJECTIVE_TASKS
#define SETUP_USUAL_LIMIT 200 /* questions of the embedded task, unless --limit */
#define SETUP_STAGES_MOST 8

struct setup_file {          /* an input known by its content */
    char *path;              /* owned; absolute, or an embedded task's name; NULL: none */
    char sha256[SHA256_HEX]; /* of what is there now; "" until it was read */
    char stored[SHA256_HEX]; /* as run.json has it; "" in a new run */
};

struct setup {
    char *value[SETUP_KEYS]; /* owned */
    struct setup_file model, task[SETUP_TASKS], text, neuron_order, calibration;
    size_t tasks;
    /* the values, read */
    size_t limit, chunks, population;
    size_t stage[SETUP_STAGES_MOST]; /* items of each task until the end of each stage */
    size_t stages;                   /* 0: none, all items at once */
    uint32_t context;
    unsigned shots;
    enum shots_from shots_from;
    enum perplexity ppl;
    uint64_t seed;
    enum objective objectives[3];
    size_t m;
    struct weight_options weights;
    enum precision precision;
    enum crossover crossover;
};

/* setup_given.c. A copy of the text, or of the number as text: NULL, or not `given`, leaves *to. */
enum status setup_give(char **to, struct error *error, const char *text);
enum status setup_give_number(char **to, struct error *error, uint64_t number, bool given);
/* Of every option that was given its text in the usual form. */
enum status setup_given_values(const struct run_options *options, char *value[SETUP_KEYS],
                               struct error *error);
/* "50, 200" is 50 and 200; "" none. */
enum status setup_read_stages(const char *text, size_t stage[SETUP_STAGES_MOST], size_t *stages,
                              struct error *error);

/* setup.c. Joins the options given with run.json (NULL: a new run) and the defaults; names the
 * objectives of the tasks. An option that differs from run.json is STATUS_INVALID naming both
 * values. Release with setup_release also on failure.
 */
enum status setup_resolve(const struct run_options *options, const json_t *stored,
                          struct setup *setup, struct error *error);
void setup_release(struct setup *setup);
const char *setup_key_name(enum setup_key key); /* as run.json and the option have it */
/* What a run.json says of an option. */
const char *setup_stored_value(const json_t *stored, enum setup_key key);
struct method_options setup_method(const struct setup *setup);

/* The file now has this hash: STATUS_INVALID when run.json knows another. `what`: "the model". */
enum status setup_file_check(struct setup_file *file, const char *what,
                             const char sha256[SHA256_HEX], struct error *error);

/* Reads the questions of the setup's task `index`, and checks that they are the run's. */
enum status setup_load_task(struct setup *setup, size_t index, struct task *task,
                            struct error *error);

/* run.json's object, without "hypervolume"; the caller owns it. NULL: out of memory. */
json_t *setup_json(const struct setup *setup, const char *model_name);

#endif
