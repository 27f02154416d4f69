/* Encoding and decoding of rows of weights, bit for bit as ggml's reference routines do. */
#ifndef NUM_QUANT_H
#define NUM_QUANT_H

#include "base/weight_type.h"

#include <stddef.h>

/* count is a multiple of the type's block. All types of base/weight_type.h. */
void quant_decode(enum weight_type type, const void *source, float *values, size_t count);
/* Encodable types only (weight_type_info.encodable). */
void quant_encode(enum weight_type type, const float *values, void *target, size_t count);

#endif
