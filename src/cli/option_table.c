/* The table of options. A row's help is what `--help` and the manual page say. */
#include "cli/options.h"

#include "base/weight_type.h"

#define FLAG(NAME, LETTER, GROUP, HELP)                                                            \
    {                                                                                              \
        .name = NAME, .letter = LETTER, .help = HELP, .group = GROUP, .kind = KIND_FLAG            \
    }
#define TEXT(NAME, LETTER, ARGUMENT, GROUP, HELP)                                                  \
    {                                                                                              \
        .name = NAME, .letter = LETTER, .argument = ARGUMENT, .help = HELP, .group = GROUP,        \
        .kind = KIND_TEXT                                                                          \
    }
#define LIST(NAME, ARGUMENT, GROUP, HELP)                                                          \
    {                                                                                              \
        .name = NAME, .argument = ARGUMENT, .help = HELP, .group = GROUP, .kind = KIND_LIST        \
    }
#define INTEGER(NAME, ARGUMENT, GROUP, MINIMUM, MAXIMUM, HELP)                                     \
    {                                                                                              \
        .name = NAME, .argument = ARGUMENT, .help = HELP, .group = GROUP, .kind = KIND_INTEGER,    \
        .minimum = MINIMUM, .maximum = MAXIMUM                                                     \
    }
#define QUANTITY(NAME, ARGUMENT, GROUP, QUANTITY, MINIMUM, MAXIMUM, HELP)                          \
    {                                                                                              \
        .name = NAME, .argument = ARGUMENT, .help = HELP, .group = GROUP, .kind = KIND_QUANTITY,   \
        .minimum = MINIMUM, .maximum = MAXIMUM, .quantity = QUANTITY                               \
    }

const char *const option_group_names[GROUPS] = {
    [GROUP_SCORE] = "what to score", [GROUP_SEARCH] = "what to search",
    [GROUP_SCREEN] = "the screen",   [GROUP_WEIGHTS] = "the network and its weights",
    [GROUP_RESULT] = "results",      [GROUP_COMMON] = "common",
};

const struct option_info option_table[OPTIONS] = {
    [OPTION_TASK] = LIST("task", "NAME|FILE|DIR", GROUP_SCORE,
                         "questions: embedded (search, heldout), CSV, JSON, MMLU folder [search]"),
    [OPTION_TEXT] = TEXT("text", 0, "FILE", GROUP_SCORE, "text to measure perplexity on [none]"),
    [OPTION_LIMIT] =
        INTEGER("limit", "N", GROUP_SCORE, 1, 1000000000,
                "the first N questions of each task [all; search, without a task: 200]"),
    [OPTION_CHUNKS] =
        INTEGER("chunks", "N", GROUP_SCORE, 1, 1000000000,
                "the first N chunks of the text [all]; baselines: windows of calibration text [4]"),
    [OPTION_CONTEXT] =
        INTEGER("context", "N", GROUP_SCORE, 8, 1048576, "tokens of a chunk of the text [512]"),
    [OPTION_SHOTS] = INTEGER("shots", "K", GROUP_SCORE, 0, 100,
                             "worked examples before each question, of the train file beside [0]"),
    [OPTION_SHOTS_FROM] = TEXT("shots-from", 0, "first|sample", GROUP_SCORE,
                               "which: the first, or drawn as lm-evaluation-harness does [MMLU: "
                               "first; else: sample]"),
    [OPTION_PPL] = TEXT("ppl", 0, "llama|rolling|joined", GROUP_SCORE,
                        "perplexity as llama-perplexity, lm-eval (raw WikiText by pages) or "
                        "pruning papers define it [llama]"),
    [OPTION_HELDOUT] = TEXT("heldout", 0, "NAME|FILE|DIR", GROUP_SCORE,
                            "questions that the search has not seen, to judge its front on "
                            "[heldout, of a run on search]"),

    [OPTION_SPACE] =
        TEXT("space", 0, "NAME", GROUP_SEARCH,
             "layers; llama-nas: depth and halved MLPs; attn-mlp: attention and MLP of "
             "each layer kept or dropped [layers]"),
    [OPTION_CHOICES] = TEXT("choices", 0, "LIST", GROUP_SEARCH,
                            "what each layer may be, in the space layers [\"8 7 6 4 h .\"]"),
    [OPTION_DEPTH_ORDER] = TEXT("depth-order", 0, "importance|tail|LIST", GROUP_SEARCH,
                                "which layers go first, in the space llama-nas [importance]"),
    [OPTION_QUANT_GENES] = FLAG("quant-genes", 0, GROUP_SEARCH,
                                "a weight type for each layer is searched, too: a gene a layer"),
    [OPTION_LOCK] = LIST("lock", "LAYERS=CHOICE", GROUP_SEARCH,
                         "lock layers to one choice: 0-3=8 or 5=. (repeatable)"),
    [OPTION_METHOD] = TEXT("method", 0, "NAME", GROUP_SEARCH, "linas, nsga2 or random [linas]"),
    [OPTION_CROSSOVER] = TEXT("crossover", 0, "uniform|two-point|prefix", GROUP_SEARCH,
                              "prefix: children keep a parent's first layers, so more is shared "
                              "by --cache [uniform]"),
    [OPTION_OBJECTIVES] = TEXT(
        "objectives", 0, "LIST", GROUP_SEARCH,
        "two or three names; acc:NAME is one of several tasks [acc_est,bytes; with --text alone "
        "perplexity,bytes]"),
    [OPTION_EVALS] = INTEGER("evals", "N", GROUP_SEARCH, 1, 2000000,
                             "networks to evaluate in all, the full model included [200; with "
                             "--time any number]"),
    [OPTION_STAGES] =
        TEXT("stages", 0, "N,...,ALL", GROUP_SEARCH,
             "questions of each task: N for every network, more for those that may be on the "
             "front, as in 50,200 [all at once]"),
    [OPTION_POPULATION] =
        INTEGER("population", "P", GROUP_SEARCH, 2, 256, "networks a generation [20]"),
    [OPTION_PIN] = LIST("pin", "EXPR", GROUP_SEARCH,
                        "a limit to stay within: bytes<=90MiB, acc>=45% (repeatable)"),
    [OPTION_INJECT] =
        LIST("inject", "CODE", GROUP_SEARCH, "evaluate this network first (repeatable)"),
    [OPTION_WARM] = LIST("warm", "DIR|FILE.csv", GROUP_SEARCH,
                         "begin with an earlier run's networks, which --evals does not count "
                         "(repeatable)"),
    [OPTION_TIME] = QUANTITY("time", "DURATION", GROUP_SEARCH, QUANTITY_SECONDS, 1, 3153600000,
                             "stop after this time, such as 90s, 30m, 6h [none]"),
    [OPTION_STALL] = INTEGER("stall", "K", GROUP_SEARCH, 1, 1000000,
                             "stop after K generations without a gain in hypervolume [none]"),
    [OPTION_CACHE] = QUANTITY("cache", "BYTES", GROUP_SEARCH, QUANTITY_BYTES, 0, 1LL << 50,
                              "memory for what networks with equal first layers share [1GiB]"),
    [OPTION_SIZES] = TEXT("sizes", 0, "LIST", GROUP_SEARCH,
                          "of baselines, in parts of the full model's parameters [0.9,0.8,0.7]"),
    [OPTION_METHODS] = TEXT("methods", 0, "LIST", GROUP_SEARCH,
                            "of baselines: uniform-eh2,uniform-l1,shortgpt,sleb,multipruner [all]"),
    [OPTION_MEASURE] = TEXT("measure", 0, "COMMAND", GROUP_SEARCH,
                            "a program of yours gives the times: --measure 'COMMAND {model}'"),
    [OPTION_COST] = FLAG("cost", 0, GROUP_SEARCH,
                         "measure what layers cost in time here, and run 10 networks to check"),

    [OPTION_HEADLESS] =
        FLAG("headless", 0, GROUP_SCREEN, "no screen: a line a generation on standard output"),
    [OPTION_ASCII] = FLAG("ascii", 0, GROUP_SCREEN, "plain characters, whatever the locale says"),
    [OPTION_NO_COLOUR] = FLAG("no-colour", 0, GROUP_SCREEN, "no colours"),
    [OPTION_BELL] =
        FLAG("bell", 0, GROUP_SCREEN, "ring when the search has ended, or an extraction"),
    [OPTION_ON_FINISH] = TEXT("on-finish", 0, "COMMAND", GROUP_SCREEN,
                              "a shell command to run when the search ends by itself or fails; "
                              "PARETOP_RUN, PARETOP_OUTCOME... tell it more"),
    [OPTION_SCRIPT] = TEXT("script", 0, "KEYS", GROUP_SCREEN,
                           "keys to begin with, as the help names them: jj<Enter>p<Tab>"),
    [OPTION_DUMP] = TEXT("dump", 0, "COLUMNSxROWS", GROUP_SCREEN,
                         "print the screen, after --script, as text: no terminal is needed"),

    [OPTION_ARCH] = TEXT("arch", 0, "CODE", GROUP_WEIGHTS,
                         "the sub-network, a character a layer [the full model]"),
    [OPTION_TYPE] =
        TEXT("type", 0, "TYPE", GROUP_WEIGHTS, "weight type: " WEIGHT_TYPE_NAMES " [source]"),
    [OPTION_HEAD] =
        TEXT("head", 0, "TYPE", GROUP_WEIGHTS, "weight type of the output matrix [as --type]"),
    [OPTION_TYPES] = TEXT("types", 0, "LIST", GROUP_WEIGHTS,
                          "weight types: of quantize-front, each an overlay [q8_0,q4_0]; with "
                          "--quant-genes what each layer may have [source,q8_0,q4_0]"),
    [OPTION_BIAS_COMPENSATION] =
        FLAG("bias-compensation", 0, GROUP_WEIGHTS,
             "what a cut MLP's missing neurons give on average becomes its bias"),
    [OPTION_PRECISION] = TEXT("precision", 0, "f32|bf16|int8", GROUP_WEIGHTS,
                              "what products compute in; bf16, int8: faster, not exact [f32]"),
    [OPTION_NEURON_ORDER] =
        TEXT("neuron-order", 0, "FILE", GROUP_WEIGHTS,
             "CSV, a line a layer: MLP neurons, most important first [measured once, cached]"),
    [OPTION_CALIBRATION] = TEXT("calibration", 0, "FILE", GROUP_WEIGHTS,
                                "text that importance is measured on [embedded]"),
    [OPTION_RUN] = TEXT("run", 0, "DIR", GROUP_WEIGHTS,
                        "run directory; extract, eval, generate: its neuron order is used"),
    [OPTION_MEMORY] = QUANTITY("memory", "BYTES", GROUP_WEIGHTS, QUANTITY_BYTES, 1 << 20, 1LL << 50,
                               "memory for decoded weights and work [half of the machine's]"),
    [OPTION_MODEL] = TEXT("model", 0, "MODEL", GROUP_WEIGHTS,
                          "verify: the model that the file was extracted from, to compare with"),

    [OPTION_OUTPUT] = TEXT("output", 'o', "FILE", GROUP_RESULT,
                           "file to write [MODEL-NAME and parameters, in the working directory]"),
    [OPTION_HF] = TEXT("hf", 0, "FOLDER", GROUP_RESULT,
                       "write a Hugging Face folder, for transformers, in place of a GGUF file"),
    [OPTION_PAD] = FLAG("pad", 0, GROUP_RESULT,
                        "make all layers equal by zeros, for what knows only llama [deci]"),
    [OPTION_FORCE] = FLAG("force", 'f', GROUP_RESULT, "replace an existing file"),
    [OPTION_ITEMS] = TEXT("items", 0, "OUT.csv", GROUP_RESULT,
                          "write the log-likelihood of every choice of every question"),
    [OPTION_TOKENS] =
        INTEGER("tokens", "N", GROUP_RESULT, 1, 1000000, "most tokens to generate [128]"),
    [OPTION_TEMPERATURE] = QUANTITY("temperature", "X", GROUP_RESULT, QUANTITY_NUMBER, 0, 100,
                                    "0: always the likeliest token; above: drawn [0]"),
    [OPTION_CHAT] = FLAG("chat", 0, GROUP_RESULT,
                         "the prompt as a question, in the form that the model was taught"),
    [OPTION_SORT] =
        TEXT("sort", 0, "COLUMN", GROUP_RESULT,
             "order of rows: an objective (best first), id, n, seconds, generation [size]"),
    [OPTION_CSV] = FLAG("csv", 0, GROUP_RESULT, "print CSV: of front, the columns of history.csv"),
    [OPTION_KNEE] = FLAG("knee", 0, GROUP_RESULT, "print the knee of the front only"),
    [OPTION_WITHIN_ERROR] = FLAG("within-error", 0, GROUP_RESULT,
                                 "the front and what is within one standard error of it"),
    [OPTION_BEST] = TEXT("best", 0, "EXPR", GROUP_RESULT,
                         "print the best within limits joined by and: \"bytes<=90MiB\""),

    [OPTION_THREADS] = INTEGER("threads", "T", GROUP_COMMON, 1, 1024,
                               "worker threads [CPUs allowed by affinity and quota]"),
    [OPTION_SEED] =
        INTEGER("seed", "S", GROUP_COMMON, 0, INT64_MAX, "seed of all random numbers [0]"),
    [OPTION_JSON] = FLAG("json", 0, GROUP_COMMON, "print JSON"),
    [OPTION_QUIET] = FLAG("quiet", 'q', GROUP_COMMON, "no progress, no notes; errors only"),
    [OPTION_VERBOSE] = FLAG("verbose", 'v', GROUP_COMMON, "say more on standard error"),
    [OPTION_HELP] = FLAG("help", 'h', GROUP_COMMON, "this help; after a command: that command's"),
    [OPTION_VERSION] = FLAG("version", 'V', GROUP_COMMON, "print the version"),
};
