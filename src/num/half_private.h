/* Half precision and bf16 as bits, and back. Little-endian hosts only. */
#ifndef NUM_HALF_PRIVATE_H
#define NUM_HALF_PRIVATE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#define F16_MOST 65504.0F /* the largest number of each */
#define BF16_MOST 0x1.FEp127F

#ifdef __FLT16_MAX__ /* the compiler has the type on this machine */

static inline float from_f16(uint16_t half)
{
    _Float16 value;
    memcpy(&value, &half, sizeof value);
    return (float)value;
}

static inline uint16_t to_f16(float value)
{
    _Float16 half = (_Float16)value;
    uint16_t bits;
    memcpy(&bits, &half, sizeof bits);
    return bits;
}

#else

/* A half's exponent and mantissa, moved to a float's place, are the number times 2^-112: also where
 * the half is subnormal. */
static inline float from_f16(uint16_t half)
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
static inline uint16_t to_f16(float value)
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

static inline float from_bf16(uint16_t upper)
{
    uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounds to nearest even; a NaN stays one (quiet). */
static inline uint16_t to_bf16(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return (uint16_t)(bits >> 16 | 0x40u);
    return (uint16_t)((bits + 0x7FFFu + (bits >> 16 & 1u)) >> 16);
}

static inline uint16_t read_u16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static inline void write_u16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof value);
}

/* What f16 holds that is nearest to the number: finite where that is. */
static inline uint16_t to_finite_f16(float value)
{
    const float most = isfinite(value) ? F16_MOST : INFINITY;
    return to_f16(value > most ? most : value < -most ? -most : value);
}

#endif
