/* From a code to a Hugging Face folder that transformers loads (LlamaForCausalLM): config.json,
 * model.safetensors, and where it can be made from the metadata tokenizer.json with
 * tokenizer_config.json. Written whole or not at all, opened again and compared. */
#ifndef MODEL_FOLDER_H
#define MODEL_FOLDER_H

#include "model/extract.h"

struct folder_result {
    struct extract_result written; /* bytes: of all files; shown_bytes: as foretold */
    char no_tokenizer[256];        /* why there is no tokenizer.json; "" when there is */
};

/* Refused (STATUS_INVALID): layers that are not equal, by the first that differs, unless
 * options->pad; weight types other than f32, f16, bf16; a folder that exists, unless
 * options->replace, and then one that holds other files. Verification as extract_write's. */
enum status folder_write(struct supernet *supernet, const struct tokenizer *tokenizer,
                         const struct arch_code *code, const struct extract_options *options,
                         const char *path, struct folder_result *result, struct error *error);

#endif
