/* Between the files of model/extract. */
#ifndef MODEL_EXTRACT_PRIVATE_H
#define MODEL_EXTRACT_PRIVATE_H

#include "model/extract.h"

#define KEY_CODE "paretop.code"
#define KEY_SOURCE "paretop.source_sha256"
#define KEY_SORTED "paretop.neurons_sorted"

/* Layers whose neurons stand by importance: cut now, or sorted in the source already. */
void extract_fill_sorted(const struct gguf *gguf, const struct model_config *config,
                         const struct arch_plan *plan, bool sorted[ARCH_MAX_LAYERS]);
/* Declares all pairs of the written file. `weights` as asked (never NULL). */
enum status extract_declare_metadata(struct gguf_writer *writer, const struct gguf *gguf,
                                     const struct model_config *config,
                                     const struct arch_plan *plan,
                                     const struct weight_options *weights,
                                     const char *source_sha256, struct error *error);

/* Scratch of extract_tensor_data, grown as needed; starts as zeros but for threads and pool. */
struct extract_room {
    unsigned threads;    /* that encode, 1 or more */
    struct pool *pool;   /* owned; NULL: this thread alone */
    float *row;          /* owned: one source row decoded, for each thread */
    size_t row_capacity; /* floats */
    float *values;       /* owned: rows as they will be encoded */
    size_t values_capacity;
    uint8_t *bytes; /* owned: rows encoded */
    size_t bytes_capacity;
    size_t *beyond; /* owned, [threads]: numbers that the types could not hold */
};
enum status extract_room_init(struct extract_room *room, unsigned threads, struct error *error);
void extract_room_release(struct extract_room *room);
/* Sends one tensor's data, some megabytes at a time (only its length into a counting sink). */
enum status extract_tensor_data(struct supernet *supernet, const struct plan_tensor *tensor,
                                struct gguf_writer *writer, struct gguf_sink *sink,
                                struct extract_room *room, struct error *error);

/* Numbers of the tensor just sent that its type could not hold are added to the result's. */
void extract_count_beyond(const struct plan_tensor *tensor, struct extract_room *room,
                          struct extract_result *result);

/* The plan of the GGUF file asked for, and its size. */
enum status extract_plan(const struct supernet *supernet, const struct arch_code *code,
                         const struct extract_options *options, struct arch_plan *plan,
                         uint64_t *bytes, struct error *error);

/* Whether both paths are there and lead to the same file or folder. */
bool extract_same_place(const char *a, const char *b);

/* What takes a tensor's bytes. */
struct extract_target {
    enum status (*write)(void *context, const void *data, uint64_t length, struct error *error);
    void *context;
};
/* Sends one tensor's data on, with its padding; `halves` (0: none): its rows in groups of so many,
 * those of even number first (as Hugging Face keeps rotary pairs). */
enum status extract_tensor_shaped(struct supernet *supernet, const struct plan_tensor *tensor,
                                  uint32_t halves, const struct extract_target *target,
                                  struct extract_room *room, struct error *error);
/* The same into a GGUF file, whose writer has the tensor declared with its padding. */
enum status extract_tensor_padded(struct supernet *supernet, const struct plan_tensor *tensor,
                                  struct gguf_writer *writer, struct gguf_sink *sink,
                                  struct extract_room *room, struct error *error);

/* extract_check.c. What was written at `path`, read again: logits, options->check. */
enum status extract_check(struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_code *code, const struct extract_options *options,
                          const char *path, struct extract_result *result, struct error *error);
/* Says that PATH was not kept, its verification having ended with `status`; what its own reader
 * refuses is this program's fault, not the input's: STATUS_FAILED. Returns the status. */
enum status extract_not_kept(enum status status, const char *path, struct error *error);

#endif
