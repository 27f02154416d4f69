/* Shapes of models built by hand, for tests that need no weights. Release with
 * arch_shape_release. */
#ifndef SUPPORT_SHAPES_H
#define SUPPORT_SHAPES_H

#include "arch/shape.h"

struct shape_recipe {
    uint32_t layers, hidden, head_size, heads, kv_heads, intermediate, vocabulary;
    bool tied, biases, rope_freqs;
    enum weight_type matrix, embedding;
};

void shape_build(struct arch_shape *shape, const struct shape_recipe *recipe);

/* SmolLM2-135M: 30 layers, 576 wide, 9 heads of 64 (3 key/value heads), 1536 neurons, tied. */
extern const struct shape_recipe shape_smollm;
/* LLaMA-2 7B. */
extern const struct shape_recipe shape_llama2_7b;
/* Small, untied, with every optional tensor, a width that is no multiple of 32. */
extern const struct shape_recipe shape_odd;

/* Takes a part of a layer away, as a source file may lack it. */
void shape_remove(struct arch_shape *shape, uint32_t layer, bool attention, bool mlp);

#endif
