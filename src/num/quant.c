/* Block-wise weight types: encoding and decoding of rows. A block is a scale (and offset) and small
 * integers; layouts are ggml's. Little-endian hosts only. */
#include "num/quant.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- half precision ---- */

#ifdef __FLT16_MAX__ /* the compiler has the type on this machine */

static float from_f16(uint16_t half)
{
    _Float16 value;
    memcpy(&value, &half, sizeof value);
    return (float)value;
}

static uint16_t to_f16(float value)
{
    _Float16 half = (_Float16)value;
    uint16_t bits;
    memcpy(&bits, &half, sizeof bits);
    return bits;
}

#else

/* A half's exponent and mantissa, moved to a float's place, are the number times 2^-112: also where
 * the half is subnormal. */
static float from_f16(uint16_t half)
{
    uint32_t bits = (uint32_t)(half & 0x7FFFu) << 13;
    float value;
    if (bits >= 0x0F800000u) { /* infinite or NaN: the NaN quiet */
        bits |= 0x70000000u | (bits > 0x0F800000u ? 0x00400000u : 0);
        memcpy(&value, &bits, sizeof value);
    } else {
        memcpy(&value, &bits, sizeof value);
        value *= 0x1p112F;
    }
    return half & 0x8000u ? -value : value;
}

/* Rounds to nearest even. Adding a power of two leaves as many bits of a small number as a
 * subnormal half has. */
static uint16_t to_f16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000u;
    bits &= 0x7FFFFFFFu;
    if (bits > 0x7F800000u)
        return (uint16_t)(sign | 0x7E00u | (bits >> 13 & 0x3FFu));
    if (bits >= 0x47800000u) /* 65536 and more */
        return (uint16_t)(sign | 0x7C00u);
    if (bits < 0x38800000u) { /* below 2^-14 */
        float small = fabsf(value) + 0.5F;
        memcpy(&bits, &small, sizeof bits);
        return (uint16_t)(sign | (bits - 0x3F000000u));
    }
    bits += 0x0FFFu + (bits >> 13 & 1u);
    return (uint16_t)(sign | ((bits - 0x38000000u) >> 13));
}

#endif

static float from_bf16(uint16_t upper)
{
    uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounds to nearest even; a NaN stays one (quiet). */
static uint16_t to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

static uint16_t read_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void write_u16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

/* ---- decoding: one block of a type to `y` ---- */

static void decode_q4_0(const uint8_t *block, float *y)
{
    const float d = from_f16(read_u16(block));
    const uint8_t *q = block + 2;
    for (int j = 0; j < 16; j++) {
        y[j] = (float)((q[j] & 15) - 8) * d;
        y[j + 16] = (float)((q[j] >> 4) - 8) * d;
    }
}

static void decode_q4_1(const uint8_t *block, float *y)
{
    const float d = from_f16(read_u16(block)), m = from_f16(read_u16(block + 2));
    const uint8_t *q = block + 4;
    for (int j = 0; j < 16; j++) {
        y[j] = (float)(q[j] & 15) * d + m;
        y[j + 16] = (float)(q[j] >> 4) * d + m;
    }
}

/* Fifth bits of elements j and j + 16. */
static int low_high_bit(uint32_t qh, int j)
{
    return (int)(qh >> j & 1u) << 4;
}

static void decode_q5_0(const uint8_t *block, float *y)
{
    const float d = from_f16(read_u16(block));
    const uint8_t *q = block + 6;
    uint32_t qh;
    memcpy(&qh, block + 2, sizeof qh);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)(((q[j] & 15) | low_high_bit(qh, j)) - 16) * d;
        y[j + 16] = (float)(((q[j] >> 4) | low_high_bit(qh, j + 16)) - 16) * d;
    }
}

static void decode_q5_1(const uint8_t *block, float *y)
{
    const float d = from_f16(read_u16(block)), m = from_f16(read_u16(block + 2));
    const uint8_t *q = block + 8;
    uint32_t qh;
    memcpy(&qh, block + 4, sizeof qh);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)((q[j] & 15) | low_high_bit(qh, j)) * d + m;
        y[j + 16] = (float)((q[j] >> 4) | low_high_bit(qh, j + 16)) * d + m;
    }
}

static void decode_q8_0(const uint8_t *block, float *y)
{
    const float d = from_f16(read_u16(block));
    const int8_t *q = (const int8_t *)(block + 2);
    for (int j = 0; j < 32; j++)
        y[j] = (float)q[j] * d;
}

/* Scale and minimum j (0..7) out of the 12 bytes that Q4_K and Q5_K pack eight pairs of 6 bits in:
 * the first four in the low bits, the last four split between nibbles and those bytes' top bits. */
static void scale_and_minimum(int j, const uint8_t *packed, uint8_t *scale, uint8_t *minimum)
{
    if (j < 4) {
        *scale = packed[j] & 63;
        *minimum = packed[j + 4] & 63;
    } else {
        *scale = (uint8_t)((packed[j + 4] & 15) | packed[j - 4] >> 6 << 4);
        *minimum = (uint8_t)(packed[j + 4] >> 4 | packed[j] >> 6 << 4);
    }
}

/* Q4_K and Q5_K: four groups of 64, low nibbles then high nibbles of 32 bytes; `high` holds the
 * fifth bits (NULL: four bits only). */
static void decode_k(const uint8_t *block, const uint8_t *high, const uint8_t *q, float *y)
{
    const float d = from_f16(read_u16(block)), dmin = from_f16(read_u16(block + 2));
    for (int group = 0; group < 4; group++, q += 32, y += 64)
        for (int half = 0; half < 2; half++) {
            uint8_t scale, minimum;
            scale_and_minimum(2 * group + half, block + 4, &scale, &minimum);
            const float step = d * (float)scale, offset = dmin * (float)minimum;
            for (int l = 0; l < 32; l++) {
                int value = half ? q[l] >> 4 : q[l] & 15;
                if (high != NULL)
                    value |= (high[l] >> (2 * group + half) & 1) << 4;
                y[32 * half + l] = step * (float)value - offset;
            }
        }
}

static void decode_q4_k(const uint8_t *block, float *y)
{
    decode_k(block, NULL, block + 16, y);
}

static void decode_q5_k(const uint8_t *block, float *y)
{
    decode_k(block, block + 16, block + 48, y);
}

static void decode_q6_k(const uint8_t *block, float *y)
{
    const uint8_t *low = block, *high = block + 128;
    const int8_t *scale = (const int8_t *)(block + 192);
    const float d = from_f16(read_u16(block + 208));
    for (int half = 0; half < 2; half++, low += 64, high += 32, scale += 8, y += 128)
        for (int l = 0; l < 32; l++)
            for (int part = 0; part < 4; part++) { /* elements l, l + 32, l + 64, l + 96 */
                int byte = low[l + 32 * (part & 1)];
                int value = (part < 2 ? byte & 15 : byte >> 4) | (high[l] >> (2 * part) & 3) << 4;
                y[l + 32 * part] = d * (float)scale[l / 16 + 2 * part] * (float)(value - 32);
            }
}

static void decode_blocks(void (*decode)(const uint8_t *, float *), enum weight_type type,
                          const uint8_t *source, float *values, size_t count)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
    for (size_t i = 0; i < count; i += info->block, source += info->block_bytes)
        decode(source, values + i);
}

void quant_decode(enum weight_type type, const void *source, float *values, size_t count)
{
    const uint8_t *bytes = source;
    switch (type) {
    case WEIGHT_F32:
        memcpy(values, source, count * sizeof *values);
        break;
    case WEIGHT_F16:
        for (size_t i = 0; i < count; i++)
            values[i] = from_f16(read_u16(bytes + 2 * i));
        break;
    case WEIGHT_BF16:
        for (size_t i = 0; i < count; i++)
            values[i] = from_bf16(read_u16(bytes + 2 * i));
        break;
    case WEIGHT_Q4_0:
        decode_blocks(decode_q4_0, type, source, values, count);
        break;
    case WEIGHT_Q4_1:
        decode_blocks(decode_q4_1, type, source, values, count);
        break;
    case WEIGHT_Q5_0:
        decode_blocks(decode_q5_0, type, source, values, count);
        break;
    case WEIGHT_Q5_1:
        decode_blocks(decode_q5_1, type, source, values, count);
        break;
    case WEIGHT_Q8_0:
        decode_blocks(decode_q8_0, type, source, values, count);
        break;
    case WEIGHT_Q4_K:
        decode_blocks(decode_q4_k, type, source, values, count);
        break;
    case WEIGHT_Q5_K:
        decode_blocks(decode_q5_k, type, source, values, count);
        break;
    case WEIGHT_Q6_K:
        decode_blocks(decode_q6_k, type, source, values, count);
        break;
    case WEIGHT_SOURCE:
        break;
    }
}

/* ---- encoding: 32 values to one block ---- */

static void encode_q8_0(const float *x, uint8_t *block)
{
    float largest = 0;
    for (int j = 0; j < 32; j++)
        largest = fmaxf(largest, fabsf(x[j]));
    const float d = largest / 127.0F, inverse = d > 0 ? 1.0F / d : 0.0F;
    write_u16(block, to_f16(d));
    for (int j = 0; j < 32; j++)
        block[2 + j] = (uint8_t)(int8_t)roundf(x[j] * inverse);
}

static uint8_t clamp4(float value)
{
    return value <= 0 ? 0 : value >= 15 ? 15 : (uint8_t)value;
}

static void encode_q4_0(const float *x, uint8_t *block)
{
    float extreme = 0; /* of largest magnitude, signed: it becomes exactly -8 */
    for (int j = 0; j < 32; j++)
        if (fabsf(x[j]) > fabsf(extreme))
            extreme = x[j];
    const float d = extreme / -8.0F, inverse = d != 0 ? 1.0F / d : 0.0F;
    write_u16(block, to_f16(d));
    for (int j = 0; j < 16; j++)
        block[2 + j] =
            (uint8_t)(clamp4(x[j] * inverse + 8.5F) | clamp4(x[j + 16] * inverse + 8.5F) << 4);
}

static void encode_q4_1(const float *x, uint8_t *block)
{
    float least = x[0], most = x[0];
    for (int j = 1; j < 32; j++) {
        least = fminf(least, x[j]);
        most = fmaxf(most, x[j]);
    }
    const float d = (most - least) / 15.0F, inverse = d != 0 ? 1.0F / d : 0.0F;
    write_u16(block, to_f16(d));
    write_u16(block + 2, to_f16(least));
    for (int j = 0; j < 16; j++)
        block[4 + j] = (uint8_t)(clamp4((x[j] - least) * inverse + 0.5F) |
                                 clamp4((x[j + 16] - least) * inverse + 0.5F) << 4);
}

static void encode_blocks(void (*encode)(const float *, uint8_t *), enum weight_type type,
                          const float *values, uint8_t *target, size_t count)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)type);
    for (size_t i = 0; i < count; i += info->block, target += info->block_bytes)
        encode(values + i, target);
}

void quant_encode(enum weight_type type, const float *values, void *target, size_t count)
{
    uint8_t *bytes = target;
    switch (type) {
    case WEIGHT_F32:
        memcpy(target, values, count * sizeof *values);
        break;
    case WEIGHT_F16:
        for (size_t i = 0; i < count; i++)
            write_u16(bytes + 2 * i, to_f16(values[i]));
        break;
    case WEIGHT_BF16:
        for (size_t i = 0; i < count; i++)
            write_u16(bytes + 2 * i, to_bf16(values[i]));
        break;
    case WEIGHT_Q4_0:
        encode_blocks(encode_q4_0, type, values, target, count);
        break;
    case WEIGHT_Q4_1:
        encode_blocks(encode_q4_1, type, values, target, count);
        break;
    case WEIGHT_Q8_0:
        encode_blocks(encode_q8_0, type, values, target, count);
        break;
    default: /* not encodable: the weight_types table says so, callers ask it */
        break;
    }
}
