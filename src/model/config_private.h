/* What config.c (metadata) and config_tensors.c (the tensor list) share. */
#ifndef MODEL_CONFIG_PRIVATE_H
#define MODEL_CONFIG_PRIVATE_H

#include "model/config.h"

/* Of hidden, intermediate, vocabulary, context: products of two stay far inside 64 bits. */
#define LIMIT_SIZE (1U << 24)

/* The metadata while it is being read. */
struct config_reader {
    const struct gguf *gguf;
    struct model_config *config;
    struct error *error;
    uint32_t heads[ARCH_MAX_LAYERS], kv_heads[ARCH_MAX_LAYERS], width[ARCH_MAX_LAYERS];
    /* [layer][role]: index of the tensor in the file + 1; layer 0 holds those outside layers too */
    uint32_t (*place)[ROLES];
    char key[128];
};

/* Gives every tensor of the file its role and checks that what the metadata promises is there, with
 * the right size, and nothing else. Fills shape.tensor, vocabulary, tied_output, has_rope_factors.
 */
enum status config_read_tensors(struct config_reader *reader);

#endif
