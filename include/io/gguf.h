/* GGUF v3 (and v2) files: a memory-mapped, read-only reader that checks every size before use, and
 * a writer whose output goes to a sink (a file, or a counter). Format: FORMATS in the README's
 * sources; ggml's gguf specification. Little-endian hosts only.
 * The reader knows no architecture: it hands out pairs and tensors. */
#ifndef IO_GGUF_H
#define IO_GGUF_H

#include "base/buf.h"
#include "base/error.h"
#include "base/weight_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum gguf_type {
    GGUF_U8, GGUF_I8, GGUF_U16, GGUF_I16, GGUF_U32, GGUF_I32, GGUF_F32,
    GGUF_BOOL, GGUF_STRING, GGUF_ARRAY, GGUF_U64, GGUF_I64, GGUF_F64,
};

/* A string inside the mapping: not NUL-terminated. */
struct gguf_string {
    const char *data;
    size_t length;
};

/* One key/value pair; all pointers go into the mapping and live as long as the gguf. */
struct gguf_pair {
    struct gguf_string key;
    enum gguf_type type;
    enum gguf_type element;   /* of an array; else = type */
    uint64_t count;           /* elements of an array; else 1 */
    const uint8_t *value;     /* first byte of the (first) value, packed, unaligned */
    uint64_t value_bytes;     /* bytes from `value` to the end of the pair */
};

struct gguf_tensor {
    const char *name;      /* NUL-terminated, owned by the gguf */
    uint32_t dimensions;   /* 1..4 */
    uint64_t size[4];      /* size[0] is contiguous (columns = inputs); unused ones are 1 */
    enum weight_type type; /* known: a file with an unknown type is refused naming the tensor */
    const void *data;      /* in a mapping; row 0 unless `halves` */
    uint64_t bytes;
    uint32_t halves;       /* not 0: the data's rows stand in groups of this many, each as two halves
                              whose rows alternate here (rotary pairs as Hugging Face keeps them) */
    bool in_memory;        /* made when the model was opened, in no file */
};

/* Where row `row` begins. */
const void *gguf_tensor_row(const struct gguf_tensor *tensor, uint64_t row);

struct gguf;

/* Opens, maps and checks the whole header: counts, lengths, overflow, dims, offsets within the
 * file, alignment, duplicate keys and names. STATUS_INVALID with offset for a bad file. */
enum status gguf_open(const char *path, struct gguf **gguf, struct error *error);
void gguf_close(struct gguf *gguf); /* NULL is fine */

/* The parts of a split model, NAME-00001-of-0000N.gguf, named by the first, are opened together and
 * read as one. How many a path names by its form (1: it is no such name), and the path of part
 * `index` (0..) of them. */
size_t gguf_split_count(const char *path);
enum status gguf_split_path(const char *path, size_t index, struct buf *out, struct error *error);

/* A model that is no GGUF, shown as one: `header` is what gguf_writer_begin gives (taken over, also
 * on failure), place[] where the data of each of its tensors is. `release` frees their owner when the
 * gguf is closed, also on failure. file_bytes: of the model's files together. */
struct gguf_place {
    const void *data;
    uint64_t bytes;
    uint32_t halves; /* as in gguf_tensor */
    bool in_memory;
};
enum status gguf_open_given(const char *path, struct buf *header, const struct gguf_place *place,
                            uint64_t file_bytes, void *owner, void (*release)(void *owner),
                            struct gguf **gguf, struct error *error);

/* The tensor's pages may leave memory until they are read again. */
void gguf_tensor_forget(const struct gguf *gguf, const struct gguf_tensor *tensor);

const char *gguf_path(const struct gguf *gguf);
uint64_t gguf_file_bytes(const struct gguf *gguf); /* of all its files */
uint32_t gguf_alignment(const struct gguf *gguf);
size_t gguf_pair_count(const struct gguf *gguf);
const struct gguf_pair *gguf_pair_at(const struct gguf *gguf, size_t index);
const struct gguf_pair *gguf_find(const struct gguf *gguf, const char *key); /* NULL: absent */
size_t gguf_tensor_count(const struct gguf *gguf);
const struct gguf_tensor *gguf_tensor_at(const struct gguf *gguf, size_t index);
const struct gguf_tensor *gguf_tensor_find(const struct gguf *gguf, const char *name); /* hashed */

/* Typed reading. `required` false: a missing key leaves *value as it was and is no error.
 * A wrong type is STATUS_INVALID naming key, expected and found type. Integers of any width that
 * fit are accepted for u32/u64; f32 accepts f64. */
enum status gguf_get_u32(const struct gguf *g, const char *key, bool required, uint32_t *value,
                         struct error *error);
enum status gguf_get_f32(const struct gguf *g, const char *key, bool required, float *value,
                         struct error *error);
enum status gguf_get_bool(const struct gguf *g, const char *key, bool required, bool *value,
                          struct error *error);
enum status gguf_get_string(const struct gguf *g, const char *key, bool required,
                            struct gguf_string *value, struct error *error);
/* A scalar (broadcast) or an integer array of exactly `count` elements into values[count]. */
enum status gguf_get_u32_array(const struct gguf *g, const char *key, bool required, size_t count,
                               uint32_t *values, struct error *error);

/* Walks an array of strings: start with offset 0; false at the end. */
bool gguf_next_string(const struct gguf_pair *array, uint64_t *offset, struct gguf_string *value);
/* Element `index` (< count) of a numeric or bool array (or scalar, index 0). */
double gguf_number_at(const struct gguf_pair *pair, uint64_t index);

/* ---- writing ---- */

/* Where bytes go. write may be NULL: then they are only counted. */
struct gguf_sink {
    enum status (*write)(void *context, const void *data, size_t length, struct error *error);
    void *context;
    uint64_t bytes; /* written so far */
};

struct gguf_writer; /* first all pairs and tensors are declared, then header and data go out */

enum status gguf_writer_new(uint32_t alignment, struct gguf_writer **writer, struct error *error);
void gguf_writer_free(struct gguf_writer *writer);
/* A pair copied as it is, under another key when `key` is not NULL. */
enum status gguf_writer_copy(struct gguf_writer *w, const char *key, const struct gguf_pair *pair,
                             struct error *error);
enum status gguf_writer_u32(struct gguf_writer *w, const char *key, uint32_t value,
                            struct error *error);
enum status gguf_writer_f32(struct gguf_writer *w, const char *key, float value,
                            struct error *error);
enum status gguf_writer_bool(struct gguf_writer *w, const char *key, bool value,
                             struct error *error);
enum status gguf_writer_string(struct gguf_writer *w, const char *key, const char *value,
                               struct error *error);
/* An array; `values` packed as the type says (bool: one byte each); strings: const char *const *. */
enum status gguf_writer_array(struct gguf_writer *w, const char *key, enum gguf_type element,
                              const void *values, uint64_t count, struct error *error);
/* Declares a tensor; data must follow in the order of declaration. */
enum status gguf_writer_tensor(struct gguf_writer *w, const char *name, uint32_t dimensions,
                               const uint64_t *size, enum weight_type type, struct error *error);
/* Header, pairs, tensor infos, padding up to the data section. */
enum status gguf_writer_begin(struct gguf_writer *w, struct gguf_sink *sink, struct error *error);
/* The next piece of data; when a tensor is complete its padding is written too. With data NULL and
 * a counting sink only the length counts. */
enum status gguf_writer_data(struct gguf_writer *w, struct gguf_sink *sink, const void *data,
                             uint64_t length, struct error *error);
/* Checks that every declared tensor was written in full. */
enum status gguf_writer_end(struct gguf_writer *w, struct gguf_sink *sink, struct error *error);

#endif
