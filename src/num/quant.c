/* num/quant: the table of codecs, and the types without blocks. */
#include "quant_private.h"

#include "half_private.h"

struct codec {
    quant_decoder *decode;
    quant_encoder *encode; /* NULL: read only */
};

#define ENCODER_WRITTEN(ID) quant_encode_##ID
#define ENCODER_READ(ID) NULL
#define CODEC(ID, VALUE, NAME, BLOCK, BYTES, FILE_TYPE, LETTER, USE)                               \
    [VALUE] = {quant_decode_##ID, ENCODER_##USE(ID)},
static const struct codec codecs[] = {WEIGHT_TYPE_LIST(CODEC)}; /* by weight type */

void quant_decode(enum weight_type type, const void *source, float *values, size_t count)
{
    codecs[type].decode(source, values, count);
}

size_t quant_encode(enum weight_type type, const float *values, void *target, size_t count)
{
    return codecs[type].encode(values, target, count);
}

/* ---- types without blocks ---- */

void quant_decode_F32(const uint8_t *source, float *values, size_t count)
{
    memcpy(values, source, count * sizeof *values);
}

size_t quant_encode_F32(const float *values, uint8_t *target, size_t count)
{
    memcpy(target, values, count * sizeof *values);
    return 0;
}

void quant_decode_F16(const uint8_t *source, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = from_f16(read_u16(source + 2 * i));
}

size_t quant_encode_F16(const float *values, uint8_t *target, size_t count)
{
    size_t beyond = 0;
    for (size_t i = 0; i < count; i++) {
        write_u16(target + 2 * i, to_finite_f16(values[i]));
        beyond += isfinite(values[i]) && fabsf(values[i]) > F16_MOST;
    }
    return beyond;
}

void quant_decode_BF16(const uint8_t *source, float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = from_bf16(read_u16(source + 2 * i));
}

size_t quant_encode_BF16(const float *values, uint8_t *target, size_t count)
{
    size_t beyond = 0;
    for (size_t i = 0; i < count; i++) {
        const float most = isfinite(values[i]) ? BF16_MOST : INFINITY;
        beyond += fabsf(values[i]) > most;
        write_u16(target + 2 * i,
                  to_bf16(fabsf(values[i]) > most ? copysignf(most, values[i]) : values[i]));
    }
    return beyond;
}
