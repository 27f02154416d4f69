/* Encoding and decoding of rows of weights. Decoding gives what ggml's reference routines give, bit
 * for bit; encoding looks for the block's scale (and offset) of least squared error, ggml's own
 * among those tried, so that it is never less exact. A block's bits depend on its values alone. */
#ifndef NUM_QUANT_H
#define NUM_QUANT_H

#include "base/weight_type.h"

#include <stddef.h>

/* count is a multiple of the type's block. All types of base/weight_type.h. */
void quant_decode(enum weight_type type, const void *source, float *values, size_t count);
/* Encodable types only (weight_type_info.encodable). Returns how many values the type cannot hold:
 * numbers beyond its range become the largest that it has; a NaN or an infinity becomes 0 in a type
 * with blocks, and stays in one without. */
size_t quant_encode(enum weight_type type, const float *values, void *target, size_t count);

#endif
