/* A model opened for a command: super-network, tokenizer, the network and weights that the options
 * name, and the neuron order where the network needs one. */
#ifndef CLI_LOADED_H
#define CLI_LOADED_H

#include "cli/options.h"
#include "model/supernet.h"
#include "model/tokenizer.h"

struct loaded {
    const char *path; /* borrowed */
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct weight_options weights;
    enum precision precision;
    struct arch_code code;
    bool as_it_is; /* no --arch, no --type, no --head: the file itself */
    unsigned threads;
};

/* --type, --head, --bias-compensation. */
enum status loaded_weights(const struct options *options, struct weight_options *weights,
                           struct error *error);
unsigned loaded_threads(const struct options *options);
uint64_t loaded_memory(const struct options *options); /* --memory, bytes; 0: the default */
uint64_t loaded_cache(const struct options *options);  /* --cache, bytes, or its default */

/* Opens the model at `path` and reads --arch, --type, --head, --precision. Release in any case. */
enum status loaded_open(const struct options *options, const char *path, struct loaded *loaded,
                        struct error *error);
/* Gives the super-network its neuron order when loaded->code cuts a layer: --neuron-order, the
 * order of the run directory --run, the cache, else measured, with progress. */
enum status loaded_order(const struct options *options, struct loaded *loaded, struct error *error);
void loaded_close(struct loaded *loaded);

/* The weight types that --quant-genes searches, a list of names; NULL: none. --types alone is refused.
 */
enum status loaded_types(const struct options *options, const char **types, struct error *error);

#endif
