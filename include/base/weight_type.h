/* The weight types of GGUF that paretop knows: block length, bytes, id, name. One table. */
#ifndef BASE_WEIGHT_TYPE_H
#define BASE_WEIGHT_TYPE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weight_type { /* values are ggml's type ids, as stored in GGUF */
                   WEIGHT_F32 = 0,
                   WEIGHT_F16 = 1,
                   WEIGHT_Q4_0 = 2,
                   WEIGHT_Q4_1 = 3,
                   WEIGHT_Q5_0 = 6,
                   WEIGHT_Q5_1 = 7,
                   WEIGHT_Q8_0 = 8,
                   WEIGHT_Q4_K = 12,
                   WEIGHT_Q5_K = 13,
                   WEIGHT_Q6_K = 14,
                   WEIGHT_BF16 = 30,
                   WEIGHT_SOURCE =
                       -1, /* as an option only: each tensor keeps its own type (RULES.md) */
};

struct weight_type_info {
    enum weight_type type;
    const char *name;     /* "q4_1", as on the command line */
    uint32_t block;       /* elements per block */
    uint32_t block_bytes; /* bytes per block */
    bool encodable;       /* num/quant can write it */
    uint32_t file_type;   /* general.file_type for a file of mostly this type (llama.cpp's ids) */
    char letter;          /* in architecture codes (arch/code.h); of what can be written, else 0 */
};

/* All known types, ended by a row with name NULL (WEIGHT_SOURCE is not in it). */
extern const struct weight_type_info weight_types[];

const struct weight_type_info *weight_type_by_id(uint32_t id);        /* NULL: unknown */
const struct weight_type_info *weight_type_by_name(const char *name); /* case ignored; NULL */

const struct weight_type_info *weight_type_by_letter(char letter);    /* NULL: of none */
/* "source" or the name of a type that can be written; STATUS_INVALID lists the names. */
enum status weight_type_parse(const char *text, enum weight_type *type, struct error *error);
/* The name that weight_type_parse reads. */
const char *weight_type_name(enum weight_type type);

/* Bytes of a row of `count` elements; 0 when the block does not divide it (or count is 0). */
uint64_t weight_type_row_bytes(enum weight_type type, uint64_t count);

#endif
