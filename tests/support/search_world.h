/* A search without a model behind it: 30 layers like SmolLM2-135M's, a made-up accuracy that falls
 * with what is missing, weighted by block influence. For tests of search methods. */
#ifndef SUPPORT_SEARCH_WORLD_H
#define SUPPORT_SEARCH_WORLD_H

#include "search/method.h"
#include "search/row.h"

#define POPULATION 20

struct world {
    struct arch_shape shape;
    struct space space;
    struct archive *archive;
    struct pins pins;
    struct weight_options weights;
    struct method_options options;
    struct method_context context; /* objectives acc and bytes */
    struct method_state state;
    const struct method_entry *method;
    struct estimate estimate; /* over all rows */
    size_t seen;              /* rows that `taken` knows */
};

/* `layers` at most 30; the space's influence is filled in. */
void open_world(struct world *world, const char *method, uint32_t layers,
                const struct space_options *space, uint64_t seed);
void close_world(struct world *world);
/* Evaluates a code and appends its row; the context sees it. */
void add_row(struct world *world, const struct arch_code *code);
/* Asks for codes[want]; returns how many came. */
size_t ask(struct world *world, struct method_state *state, size_t want, struct arch_code *codes);
void tell(struct world *world);
/* Asks a generation, evaluates it, tells; returns the number of codes. */
size_t generation(struct world *world);
void pin(struct world *world, const char *text);

#endif
