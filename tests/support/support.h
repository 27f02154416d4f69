/* What the tests share: reference data, the default model, tiny models made on the spot. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "base/error.h"
#include "base/weight_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Path of a file of the reference data (PARETOP_SHARED, else ../shared), NULL when absent. The
 * caller frees (free). */
char *support_shared(const char *name);
/* The default model: MODEL (empty: none), else its place in the cache; NULL when absent. The text
 * lives as long as the program. */
const char *support_model(void);

struct tiny_options {         /* zero value: the default in brackets */
    uint32_t layers, hidden;  /* [6], [64] */
    uint32_t heads, kv_heads; /* [4], [2]; head size hidden / heads */
    uint32_t intermediate;    /* [128] */
    uint32_t context;         /* [1024] */
    bool own_output;          /* output.weight of its own, else tied */
    bool biases;              /* on q, k, v, attn_output, gate, up, down */
    enum weight_type type;    /* of the matrices [F32] */
    bool sentencepiece;       /* tokenizer of model llama with byte fallback, else gpt2/smollm */
    bool chat;                /* its metadata have a chat template (ChatML) */
    uint64_t seed;
};

/* Writes a deterministic random LLaMA model whose tokenizer knows all bytes and some merges. Layers
 * differ in scale, so that dropping one or another matters differently. */
enum status support_tiny_model(const char *path, const struct tiny_options *options,
                               struct error *error);

/* A fresh folder below TMPDIR or /tmp; support_folder_remove takes it away with what is in it. */
char *support_folder(void);
void support_folder_remove(char *folder);
/* Such a folder with the program's cache and a tiny model in it, six layers of 64, whose path is
 * model's; NULL when the model cannot be written. */
char *support_model_folder(char model[256]);

#endif
