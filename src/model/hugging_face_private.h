/* Hugging Face folders of LLaMA models, in: config.json, safetensors and tokenizer.json shown as a
 * GGUF. Files: hugging_face.c (the folder), hugging_face_config.c, hugging_face_tensors.c,
 * hugging_face_tokenizer.c, hugging_face_pieces.c (pre-tokenizers). The writers (model/folder*.c)
 * share the tables. */
#ifndef MODEL_HUGGING_FACE_PRIVATE_H
#define MODEL_HUGGING_FACE_PRIVATE_H

#include "arch/shape.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "model/source.h"

#define FILE_CONFIG "config.json"
#define FILE_GENERATION "generation_config.json"
#define FILE_TOKENIZER "tokenizer.json"
#define FILE_TOKENIZER_CONFIG "tokenizer_config.json"
#define FILE_TEMPLATE "chat_template.jinja"
#define FILE_WEIGHTS "model.safetensors"
#define FILE_INDEX "model.safetensors.index.json"

/* Opens the folder; STATUS_INVALID with a sentence for what is no LLaMA model or cannot be honoured. */
enum status hugging_face_open(const char *folder, struct gguf **gguf, struct error *error);
/* The files that hugging_face_open reads, and generation_config.json, which belongs to them: those
 * that are there. */
enum status hugging_face_files(const char *folder, struct model_files *files, size_t *capacity,
                               struct error *error);
/* Of these, those with weights. */
enum status hugging_face_weight_files(const char *folder, struct model_files *files,
                                      size_t *capacity, struct error *error);
/* source.c: adds a copy of `path`. */
enum status model_files_add(struct model_files *files, size_t *capacity, const char *path,
                            struct error *error);

/* ---- config.json ---- */

enum rope_kind { ROPE_PLAIN, ROPE_LINEAR, ROPE_LLAMA3 };

struct rope_scaling { /* factor: LINEAR and LLAMA3; the rest: LLAMA3 */
    enum rope_kind kind;
    double factor, low, high, original; /* original: context in tokens */
};

struct hugging_face_config {
    uint32_t layers, hidden, intermediate, heads, kv_heads, head_size, vocabulary, context;
    double rms_epsilon, rope_base;
    struct rope_scaling scaling;
    bool tied;
    int64_t bos, eos; /* -1: none */
    json_t *object;   /* owned: config.json */
};
void hugging_face_config_release(struct hugging_face_config *config);

enum status hugging_face_config_read(const char *folder, struct hugging_face_config *config,
                                     struct error *error);
/* Declares general.* and llama.* pairs; file_type as GGUF's. */
enum status hugging_face_config_declare(struct gguf_writer *writer, const char *folder,
                                        const struct hugging_face_config *config,
                                        uint32_t file_type, struct error *error);
/* Llama 3's frequency factors, [dimensions / 2], as llama.cpp's converter computes them. */
void hugging_face_rope_factors(const struct rope_scaling *scaling, double base, uint32_t dimensions,
                               float *factor);

/* ---- weights ---- */

/* "model.layers.%u.self_attn.q_proj.weight"; NULL for what no folder has (rope factors). */
extern const char *const hugging_face_names[ROLES];
/* The name of a role's tensor. */
void hugging_face_tensor_name(enum tensor_role role, uint32_t layer, char name[128]);

struct hugging_face_weights {
    struct safetensors **file; /* owned: all of the folder */
    size_t files;
    void **made; /* owned, each: data that is in no file */
    size_t made_count, made_capacity;
    struct gguf_place *place; /* owned, in order of declaration */
    size_t places, place_capacity;
    uint32_t file_type;
};
/* Opens the safetensors files. */
enum status hugging_face_weights_open(const char *folder, struct hugging_face_weights *weights,
                                      struct error *error);
/* Declares the tensors and places their data. */
enum status hugging_face_weights_declare(struct hugging_face_weights *weights, const char *folder,
                                         const struct hugging_face_config *config,
                                         struct gguf_writer *writer, struct error *error);
void hugging_face_weights_free(void *weights); /* from memory_new; NULL is fine */

/* ---- the tokenizer ---- */

/* Declares tokenizer.* pairs of tokenizer.json and tokenizer_config.json; none without the first. */
enum status hugging_face_tokenizer_declare(struct gguf_writer *writer, const char *folder,
                                           const struct hugging_face_config *config,
                                           struct error *error);

/* The name ("smollm") of a byte-level tokenizer's rules by the pre_tokenizer of its tokenizer.json;
 * `path` is for messages. */
enum status hugging_face_pre_name(const char *path, const json_t *pre_tokenizer, const char **name,
                                  struct error *error);
/* The pre_tokenizer that a name stands for; the caller owns it. NULL: none, or out of memory. */
json_t *hugging_face_pre_json(const char *name);

/* "FOLDER/NAME"; whether it is there. */
enum status hugging_face_path(const char *folder, const char *name, struct buf *out,
                              struct error *error);
bool hugging_face_has(const char *folder, const char *name);

#endif
