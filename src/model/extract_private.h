/* Between the files of model/extract. */
#ifndef MODEL_EXTRACT_PRIVATE_H
#define MODEL_EXTRACT_PRIVATE_H

#include "model/extract.h"

/* Declares all pairs of the written file. `weights` as asked (never NULL). */
enum status extract_declare_metadata(struct gguf_writer *writer, const struct gguf *gguf,
                                     const struct model_config *config,
                                     const struct arch_plan *plan,
                                     const struct weight_options *weights,
                                     const char *source_sha256, struct error *error);

/* Scratch of extract_tensor_data, grown as needed; starts as zeros. */
struct extract_room {
    float *row;          /* owned: one source row decoded */
    size_t row_capacity; /* floats */
    float *values;       /* owned: rows as they will be encoded */
    size_t values_capacity;
    uint8_t *bytes; /* owned: rows encoded */
    size_t bytes_capacity;
};
void extract_room_release(struct extract_room *room);
/* Sends one tensor's data, about a megabyte at a time (only its length into a counting sink). */
enum status extract_tensor_data(struct supernet *supernet, const struct plan_tensor *tensor,
                                struct gguf_writer *writer, struct gguf_sink *sink,
                                struct extract_room *room, struct error *error);

/* GGUF name of a role's tensor; `layer` is ignored outside layers. */
void extract_tensor_name(enum tensor_role role, uint32_t layer, char name[64]);

#endif
