/* num/quant: decoding of blocks. A block is a scale (and offset) and small integers; layouts are
 * ggml's. The integers have so few bits that their product with the scale is exact: one rounding at
 * most, the same on every machine. */
#include "quant_private.h"

#include "half_private.h"

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

/* ---- rows ---- */

#define DECODE_ROW(ID, NAME, BLOCK, BYTES)                                                         \
    void quant_decode_##ID(const uint8_t *source, float *values, size_t count)                     \
    {                                                                                              \
        for (size_t i = 0; i < count; i += BLOCK, source += BYTES)                                 \
            NAME(source, values + i);                                                              \
    }
DECODE_ROW(Q4_0, decode_q4_0, 32, 18)
DECODE_ROW(Q4_1, decode_q4_1, 32, 20)
DECODE_ROW(Q5_0, decode_q5_0, 32, 22)
DECODE_ROW(Q5_1, decode_q5_1, 32, 24)
DECODE_ROW(Q8_0, decode_q8_0, 32, 34)
DECODE_ROW(Q4_K, decode_q4_k, 256, 144)
DECODE_ROW(Q5_K, decode_q5_k, 256, 176)
DECODE_ROW(Q6_K, decode_q6_k, 256, 210)
