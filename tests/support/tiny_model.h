/* Writes small models with random weights as GGUF files, for tests of everything that reads one:
 * any head counts and widths per layer, biases, rope factors, tied or untied output, any encodable
 * weight type, and a tokenizer (SentencePiece with byte fallback). */
#ifndef SUPPORT_TINY_MODEL_H
#define SUPPORT_TINY_MODEL_H

#include "io/gguf.h"

#define TINY_LAYERS 8
#define TINY_VOCABULARY 300 /* <unk> <s> </s>, 256 bytes, the space, letters, some pairs */

struct tiny_recipe {
    const char *architecture; /* NULL: "llama" */
    uint32_t layers, hidden, head_size;
    uint32_t heads[TINY_LAYERS], kv_heads[TINY_LAYERS], width[TINY_LAYERS]; /* 0: no such part */
    bool untied, biases, rope_factors;
    uint32_t rope_dimensions;           /* 0: head_size */
    enum weight_type matrix, embedding; /* zero: F32 */
    const bool *neurons_sorted;         /* [layers]: paretop.neurons_sorted; NULL: no such key */
    uint64_t seed;
    /* Adds or breaks metadata; may be NULL. */
    void (*extra)(struct gguf_writer *writer);
    /* Leaves the tensor of this name out, writes it one row short, adds a vector of this name.
     * May be NULL. */
    const char *leave_out, *shorten, *add;
};

/* Four layers, 64 wide, 4 heads of 16 on 2 key heads, 96 neurons. */
extern const struct tiny_recipe tiny_llama;
/* deci: a layer without attention, one with other heads, widths that differ; biases, rope factors.
 */
extern const struct tiny_recipe tiny_deci;

/* Path of a file in $TMPDIR made unique by `name` and the process; overwrites. */
const char *tiny_path(const char *name, char out[256]);
/* Fails the running test when the file cannot be written. */
void tiny_write(const struct tiny_recipe *recipe, const char *path);

#endif
