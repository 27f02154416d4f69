/* The weight types of GGUF that paretop knows: block length, bytes, id, name. One table. */
#ifndef BASE_WEIGHT_TYPE_H
#define BASE_WEIGHT_TYPE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* id, ggml's type id as stored in GGUF, name on the command line, elements and bytes of a block,
 * general.file_type of a file of mostly this type (llama.cpp's llama_ftype), its letter in
 * architecture codes, and whether it is WRITTEN or only READ. num/quant has a decoder for each row,
 * an encoder for those written. */
#define WEIGHT_TYPE_LIST(X)                                                                        \
    X(F32, 0, "f32", 1, 4, 0, 'f', WRITTEN)                                                        \
    X(F16, 1, "f16", 1, 2, 1, 'h', WRITTEN)                                                        \
    X(BF16, 30, "bf16", 1, 2, 32, 'b', WRITTEN)                                                    \
    X(Q8_0, 8, "q8_0", 32, 34, 7, '8', WRITTEN)                                                    \
    X(Q5_1, 7, "q5_1", 32, 24, 9, 'e', WRITTEN)                                                    \
    X(Q5_0, 6, "q5_0", 32, 22, 8, '5', WRITTEN)                                                    \
    X(Q4_1, 3, "q4_1", 32, 20, 3, 'd', WRITTEN)                                                    \
    X(Q4_0, 2, "q4_0", 32, 18, 2, '4', WRITTEN)                                                    \
    X(Q4_K, 12, "q4_k", 256, 144, 15, 0, READ)                                                     \
    X(Q5_K, 13, "q5_k", 256, 176, 17, 0, READ)                                                     \
    X(Q6_K, 14, "q6_k", 256, 210, 18, 0, READ)

/* "source, f32, ..." as text: what weight_type_parse takes. */
#define WEIGHT_NAME_WRITTEN(NAME) ", " NAME
#define WEIGHT_NAME_READ(NAME)
#define WEIGHT_NAME(ID, VALUE, NAME, BLOCK, BYTES, FILE_TYPE, LETTER, USE) WEIGHT_NAME_##USE(NAME)
#define WEIGHT_TYPE_NAMES "source" WEIGHT_TYPE_LIST(WEIGHT_NAME)

enum weight_type {
#define X(ID, VALUE, NAME, BLOCK, BYTES, FILE_TYPE, LETTER, USE) WEIGHT_##ID = VALUE,
    WEIGHT_TYPE_LIST(X)
#undef X
        WEIGHT_SOURCE = -1, /* as an option only: each tensor keeps its own type (RULES.md) */
};

struct weight_type_info {
    enum weight_type type;
    const char *name;     /* "q4_1", as on the command line */
    uint32_t block;       /* elements per block */
    uint32_t block_bytes; /* bytes per block */
    bool encodable;       /* num/quant can write it */
    uint32_t file_type;
    char letter; /* in architecture codes (arch/code.h); of what can be written, else 0 */
};

/* All known types, ended by a row with name NULL (WEIGHT_SOURCE is not in it). */
extern const struct weight_type_info weight_types[];

const struct weight_type_info *weight_type_by_id(uint32_t id);        /* NULL: unknown */
const struct weight_type_info *weight_type_by_name(const char *name); /* case ignored; NULL */

const struct weight_type_info *weight_type_by_letter(char letter); /* NULL: of none */
/* "source" or the name of a type that can be written; STATUS_INVALID lists the names. */
enum status weight_type_parse(const char *text, enum weight_type *type, struct error *error);
/* The name that weight_type_parse reads. */
const char *weight_type_name(enum weight_type type);

/* Bytes of a row of `count` elements; 0 when the block does not divide it (or count is 0). */
uint64_t weight_type_row_bytes(enum weight_type type, uint64_t count);

#endif
