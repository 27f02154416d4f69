/* Options of the command line: one table of rows that drives parsing, `--help` and the manual
 * page, and the parsed result. Nothing here prints. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"
#include "base/quantity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option {
    /* what to score */
    OPTION_TASK,
    OPTION_TEXT,
    OPTION_LIMIT,
    OPTION_CHUNKS,
    OPTION_CONTEXT,
    OPTION_SHOTS,
    OPTION_SHOTS_FROM,
    OPTION_PPL,
    OPTION_HELDOUT,
    /* what to search */
    OPTION_SPACE,
    OPTION_CHOICES,
    OPTION_DEPTH_ORDER,
    OPTION_QUANT_GENES,
    OPTION_LOCK,
    OPTION_METHOD,
    OPTION_CROSSOVER,
    OPTION_OBJECTIVES,
    OPTION_EVALS,
    OPTION_STAGES,
    OPTION_POPULATION,
    OPTION_PIN,
    OPTION_INJECT,
    OPTION_WARM,
    OPTION_TIME,
    OPTION_STALL,
    OPTION_CACHE,
    OPTION_SIZES,
    OPTION_METHODS,
    OPTION_COST,
    OPTION_MEASURE,
    /* the screen */
    OPTION_HEADLESS,
    OPTION_ASCII,
    OPTION_NO_COLOUR,
    OPTION_BELL,
    OPTION_ON_FINISH,
    OPTION_SCRIPT,
    OPTION_DUMP,
    /* the network and its weights */
    OPTION_ARCH,
    OPTION_TYPE,
    OPTION_HEAD,
    OPTION_TYPES,
    OPTION_BIAS_COMPENSATION,
    OPTION_PRECISION,
    OPTION_NEURON_ORDER,
    OPTION_CALIBRATION,
    OPTION_RUN,
    OPTION_MEMORY,
    OPTION_MODEL,
    /* results */
    OPTION_OUTPUT,
    OPTION_HF,
    OPTION_PAD,
    OPTION_FORCE,
    OPTION_ITEMS,
    OPTION_TOKENS,
    OPTION_TEMPERATURE,
    OPTION_CHAT,
    OPTION_SORT,
    OPTION_CSV,
    OPTION_KNEE,
    OPTION_WITHIN_ERROR,
    OPTION_BEST,
    /* common to all commands */
    OPTION_THREADS,
    OPTION_SEED,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTIONS,
};

enum option_group {
    GROUP_SCORE,
    GROUP_SEARCH,
    GROUP_SCREEN,
    GROUP_WEIGHTS,
    GROUP_RESULT,
    GROUP_COMMON,
    GROUPS
};

enum option_kind {
    KIND_FLAG,     /* no value */
    KIND_TEXT,     /* any text; the last one given counts */
    KIND_LIST,     /* any text, repeatable, all kept in order */
    KIND_INTEGER,  /* whole number within [minimum, maximum] */
    KIND_QUANTITY, /* number with a unit of `quantity`, within [minimum, maximum] */
};

struct option_info {
    const char *name;     /* without dashes */
    char letter;          /* short form, or 0 */
    const char *argument; /* placeholder; NULL for a flag */
    const char *help;     /* one line, with the default */
    enum option_group group;
    enum option_kind kind;
    int64_t minimum, maximum;
    enum quantity quantity;
};
extern const struct option_info option_table[OPTIONS]; /* indexed by enum option */
extern const char *const option_group_names[GROUPS];   /* headings */

struct option_value {
    bool given;
    const char *text;  /* as typed; borrowed from argv */
    int64_t integer;   /* KIND_INTEGER */
    double number;     /* KIND_QUANTITY */
    const char **list; /* KIND_LIST: owned array of borrowed texts */
    size_t count;
};

struct command;
struct options {
    const struct command *command;
    const char **argument; /* positional arguments: owned array, borrowed texts */
    size_t arguments;
    struct option_value value[OPTIONS];
};

/* Parses argv[0..argc) (without program and command name). STATUS_INVALID with one sentence for an
 * option that is unknown (names the nearest) or not of this command, a missing or malformed value,
 * a wrong number of arguments (not checked with --help or --version). Release in any case. */
enum status options_parse(const struct command *command, size_t argc, const char *const *argv,
                          struct options *options, struct error *error);
void options_release(struct options *options);

/* Index of the first argument that is no option nor an option's value, argc when there is none. */
size_t options_first_argument(size_t argc, const char *const *argv);

/* True when this command takes this option (its own or a common one). */
bool command_takes(const struct command *command, enum option option);

/* Short ways to read; a text or integer that was not given is `otherwise`. */
bool option_given(const struct options *options, enum option option);
const char *option_text(const struct options *options, enum option option, const char *otherwise);
int64_t option_integer(const struct options *options, enum option option, int64_t otherwise);

/* The name in names[count] with the fewest single-letter changes from `word`, or NULL when none is
 * near enough to be what was meant. */
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
