/* The table of commands: a row each, in the order of `--help`. */
#include "cli/commands.h"

#define SCORE "task text limit chunks context shots shots-from ppl"
#define SCREEN "headless ascii no-colour bell"
#define WEIGHTS "type head bias-compensation neuron-order calibration memory"

const struct command command_table[] = {
    {"info", "MODEL", "architecture, widths per layer, bytes by part, tokenizer", "", 1, 1,
     command_info},
    {"eval", "MODEL", "accuracy on questions, perplexity of a text",
     SCORE " arch " WEIGHTS " precision run items", 1, 1, command_eval},
    {"search", "MODEL", "search for the best sub-networks, on the screen or headless",
     SCORE " space choices depth-order quant-genes types lock method crossover objectives evals "
           "stages population "
           "pin inject warm time stall heldout measure cache on-finish " SCREEN " " WEIGHTS
           " precision run",
     1, 1, command_search},
    {"watch", "DIR", "the screen of a run that another process makes, to see and to steer it",
     SCREEN " script dump", 1, 1, command_watch},
    {"front", "DIR", "the front of a run: table, CSV or JSON",
     "pin sort csv knee best within-error", 1, 1, command_front},
    {"baselines", "MODEL|DIR", "known pruning methods on a run's model, evaluated beside the run",
     "run sizes methods chunks cache memory", 1, 1, command_baselines},
    {"quantize-front", "DIR", "a run's front at other weight types, evaluated beside the run",
     "types head cache memory csv", 1, 1, command_quantize_front},
    {"report", "DIR", "judge a run's front and baselines on questions held out",
     "heldout limit cache memory csv", 1, 1, command_report},
    {"space", "MODEL", "how large a search space is: counts, range of sizes, samples",
     "space choices depth-order quant-genes types lock cost type head bias-compensation precision "
     "calibration memory run",
     1, 1, command_space},
    {"extract", "MODEL", "write a sub-network as a file for llama.cpp, or for transformers",
     "arch " WEIGHTS " run output hf pad force", 1, 1, command_extract},
    {"verify", "FILE",
     "a model file from anywhere: what it is, what it scores, whether it is MODEL's",
     SCORE " model run neuron-order calibration memory", 1, 1, command_verify},
    {"generate", "MODEL PROMPT", "continue a text, token by token",
     "arch " WEIGHTS " precision run tokens temperature chat", 2, 2, command_generate},
    {0},
};
