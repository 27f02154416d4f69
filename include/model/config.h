/* What a GGUF says of a LLaMA-family model (architectures `llama` and `deci`), checked: every
 * tensor present with the size that the metadata promises; rope scaling that cannot be honoured
 * refused by name. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "arch/shape.h"
#include "io/gguf.h"

struct model_config {
    struct arch_shape shape; /* owned */
    char architecture[16];   /* "llama" or "deci" */
    char name[128];          /* general.name, else the file's name without .gguf */
    float rms_epsilon;
    float rope_base;
    float rope_scale;        /* linear rope scaling: positions divided by it; 1 without */
    uint32_t rope_dimensions;
    bool has_rope_factors;   /* rope_freqs.weight is present (Llama 3) */
};

enum status model_config_read(const struct gguf *gguf, struct model_config *config,
                              struct error *error);
void model_config_release(struct model_config *config);

#endif
