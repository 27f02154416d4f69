/* A model of one tiny layer with the tokenizer of a GGUF file that has no weights (ggml-vocab-*). */
#ifndef SUPPORT_VOCABULARY_MODEL_H
#define SUPPORT_VOCABULARY_MODEL_H

#include "base/error.h"

enum status vocabulary_model(const char *vocabulary, const char *path, struct error *error);

#endif
