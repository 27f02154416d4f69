/* Between the files of model/folder: folder.c (the whole), folder_weights.c (model.safetensors),
 * folder_config.c, folder_tokenizer.c. */
#ifndef MODEL_FOLDER_PRIVATE_H
#define MODEL_FOLDER_PRIVATE_H

#include "extract_private.h"
#include "hugging_face_private.h"
#include "io/atomic_folder.h"
#include "model/folder.h"

/* ---- weights ---- */

struct folder_tensor {
    struct plan_tensor plan;
    uint64_t bytes, offset; /* in the file's data */
};
struct folder_weights {
    struct folder_tensor *tensor; /* owned */
    size_t tensors, capacity;
    bool attention_bias, mlp_bias; /* of all or none: those that lack are zeros */
    enum weight_type type;         /* that most elements have */
    struct buf header;             /* owned: with its length, as the file begins */
    uint64_t bytes;                /* of the whole file */
};
/* `plan` must have equal layers. */
enum status folder_weights_plan(const struct arch_shape *shape, const struct arch_plan *plan,
                                struct folder_weights *weights, struct error *error);
enum status folder_weights_send(struct supernet *supernet, const struct folder_weights *weights,
                                const struct extract_options *options, struct atomic_folder *folder,
                                struct extract_result *result, struct error *error);
void folder_weights_release(struct folder_weights *weights);

/* ---- texts ---- */

/* config.json and generation_config.json, appended. */
enum status folder_config(const struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_plan *plan, const struct folder_weights *weights,
                          const char *source_sha256, struct buf *config, struct buf *generation,
                          struct error *error);
/* tokenizer.json and tokenizer_config.json, appended. STATUS_INVALID: cannot be made, and why. */
enum status folder_tokenizer(const struct gguf *gguf, const struct tokenizer *tokenizer,
                             uint32_t context, struct buf *out, struct buf *settings,
                             struct error *error);
/* The value as text with a line end; takes the reference over. NULL: out of memory. */
enum status folder_json(json_t *value, bool indented, struct buf *out, struct error *error);

#endif
