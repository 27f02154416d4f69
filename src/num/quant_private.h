/* Between the files of num/quant: a decoder of rows for each weight type, an encoder for those that
 * are written. `count` is a multiple of the block. */
#ifndef NUM_QUANT_PRIVATE_H
#define NUM_QUANT_PRIVATE_H

#include "num/quant.h"

#include <stdint.h>

typedef void quant_decoder(const uint8_t *source, float *values, size_t count);
typedef size_t quant_encoder(const float *values, uint8_t *target, size_t count); /* not held */

#define DECLARE(ID, VALUE, NAME, BLOCK, BYTES, FILE_TYPE, LETTER, USE)                             \
    quant_decoder quant_decode_##ID;                                                               \
    quant_encoder quant_encode_##ID;
WEIGHT_TYPE_LIST(DECLARE)
#undef DECLARE

#endif
