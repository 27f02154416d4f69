/* A tokenizer.json while it is declared: hugging_face_tokenizer.c (tokens and merges) and
 * hugging_face_special.c (special tokens, chat template) share it. */
#ifndef MODEL_HUGGING_FACE_VOCABULARY_PRIVATE_H
#define MODEL_HUGGING_FACE_VOCABULARY_PRIVATE_H

#include "hugging_face_private.h"

struct vocabulary {
    const char *path;        /* of tokenizer.json */
    json_t *root, *settings; /* owned; settings: tokenizer_config.json, or NULL */
    json_t *model, *ids;     /* borrowed: the model, its vocab */
    uint32_t count;
    const char **text; /* owned; texts borrowed, or in `padding` */
    int32_t *kind;
    char (*padding)[24]; /* owned: names of ids without a token */
    struct gguf_writer *writer;
    struct error *error;
};

/* Whether object[key] is this text. */
bool vocabulary_text_is(const json_t *object, const char *key, const char *text);
enum status vocabulary_declare_special(struct vocabulary *v,
                                       const struct hugging_face_config *config);
enum status vocabulary_declare_template(struct vocabulary *v, const char *folder);

#endif
