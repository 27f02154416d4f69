/* What the parts of a model cost in time on one machine: seconds of each kind of attention, of an
 * MLP at each width, and of the two ends (embedding, output norm, head), measured once (model/
 * timing.h) by one thread. A network's time is the sum over its parts; so it is known from the code
 * alone, in about a microsecond, and a table that is kept gives the same numbers again.
 * Decode: one token at batch 1 behind `context` cached ones. Prompt: `prompt` tokens at once into
 * an empty cache, the head on the last one only. */
#ifndef ARCH_COST_TABLE_H
#define ARCH_COST_TABLE_H

#include "arch/code.h"

enum cost_workload { COST_DECODE, COST_PROMPT, COST_WORKLOADS };

struct cost_attention { /* the attention part of a layer, its norm too */
    uint32_t heads, kv_heads;
    double seconds[COST_WORKLOADS];
};

struct cost_mlp { /* the MLP part, its norm too */
    uint32_t width;
    double seconds[COST_WORKLOADS];
};

#define COST_WIDTHS_MAX 64 /* a model of more different widths has some of them interpolated */

struct cost_table {
    uint32_t context, prompt; /* tokens: cached before a decode step, of a prompt */
    char precision[8];        /* of the products with weights */
    double ends[COST_WORKLOADS];
    uint32_t attentions, mlps;
    struct cost_attention attention[ARCH_MAX_LAYERS]; /* by heads, kv_heads, ascending */
    struct cost_mlp mlp[COST_WIDTHS_MAX];             /* by width, ascending */
};

/* Sets the kinds of parts that networks of this shape can have; their seconds are 0. */
void cost_table_init(struct cost_table *table, const struct arch_shape *shape);
struct cost_attention *cost_table_attention(struct cost_table *table, uint32_t heads,
                                            uint32_t kv_heads); /* NULL: not of this model */
struct cost_mlp *cost_table_mlp(struct cost_table *table, uint32_t width); /* NULL: interpolated */
/* True when the table prices all parts of this shape, and nothing else, in plausible numbers
 * (finite, at least 0, the ends above 0): for tables that were read from a file. */
bool cost_table_fits(const struct cost_table *table, const struct arch_shape *shape);

/* Seconds of one decode step or one prompt: the ends, and the parts of the layers kept. A width
 * between two of the table's is interpolated, one outside of them is proportional to the nearest.
 */
double cost_seconds(const struct cost_table *table, const struct arch_shape *shape,
                    const struct arch_code *code, enum cost_workload workload);
/* Tokens a second that so many seconds of this workload mean. */
double cost_tokens_per_second(const struct cost_table *table, enum cost_workload workload,
                              double seconds);

#endif
