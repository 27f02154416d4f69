/* num/quant: encoding of blocks of 32. Which scale (and offset) is best cannot be told from a
 * block's extremes alone: to cut the largest value a little makes the steps finer for the others.
 * So a few dozen scales are tried; for each, the integers are the nearest, and the best scale for
 * these integers follows by least squares (as in ggml's make_qx_quants and make_qkx2_quants; the
 * search is ours). What competes in the end are numbers as f16 holds them, among them ggml's own
 * plain choice: so no block has a larger squared error than its. A lane holds a block, and as many
 * blocks are encoded at a time; a lane does not depend on its neighbours. */
#include "quant_private.h"

#include "half_private.h"
#include "lanes_private.h"

#define BLOCK 32
#define SMALLEST 1e-9F /* a block below it has no scale in f16 but 0 */
#define MAGIC 12582912.0F

struct group { /* one block a lane */
    lanes x[BLOCK];
    lanes_int beyond; /* values that the type cannot hold, counted */
};

struct fit { /* value = scale * q + offset */
    lanes scale, offset;
    lanes q[BLOCK];
    lanes error; /* sum of squares */
};

/* Scales to try, as the integer that the block's extreme (or range) is mapped to. */
struct tries {
    int count;
    float at[32];
};

LANES_INLINE lanes nearest(lanes x, float low, float high)
{
    x = lanes_select(x < low, lanes_set(low), x);
    x = lanes_select(x > high, lanes_set(high), x);
    return (x + MAGIC) - MAGIC;
}

LANES_INLINE lanes magnitude(lanes x)
{
    return (lanes)((lanes_int)x & 0x7FFFFFFF);
}

/* 1 / x, or 0 where |x| says nothing. */
LANES_INLINE lanes inverse(lanes x, float least)
{
    const lanes_int some = magnitude(x) > least;
    return lanes_select(some, 1.0F / lanes_select(some, x, lanes_set(1.0F)), (lanes){0});
}

static lanes as_f16(lanes x)
{
    float value[LANES];
    lanes_store(value, x);
    for (int i = 0; i < LANES; i++)
        value[i] = from_f16(to_finite_f16(value[i]));
    return lanes_load(value);
}

/* `blocks` blocks, the other lanes zeros; numbers beyond `reach` become it, what is no finite
 * number becomes 0. */
static void load_group(struct group *group, const float *values, size_t blocks, float reach)
{
    group->beyond = (lanes_int){0};
    for (int j = 0; j < BLOCK; j++) {
        float one[LANES] = {0};
        for (size_t b = 0; b < blocks; b++)
            one[b] = values[b * BLOCK + (size_t)j];
        lanes x = lanes_load(one);
        const lanes_int finite = ((lanes_int)x & 0x7F800000) != 0x7F800000;
        const lanes_int within = magnitude(x) <= reach;
        group->beyond -= ~(finite & within);
        x = lanes_select(x > reach, lanes_set(reach), x);
        x = lanes_select(x < -reach, lanes_set(-reach), x);
        group->x[j] = lanes_select(finite, x, (lanes){0});
    }
}

static size_t count_beyond(const struct group *group, size_t blocks)
{
    size_t count = 0;
    for (size_t b = 0; b < blocks; b++)
        count += (size_t)group->beyond[b];
    return count;
}

/* The nearest integers and the error that they leave. */
static void set_fit(const struct group *group, lanes scale, lanes offset, float low, float high,
                    struct fit *fit)
{
    const lanes by = inverse(scale, 0.0F);
    fit->scale = scale;
    fit->offset = offset;
    fit->error = (lanes){0};
    for (int j = 0; j < BLOCK; j++) {
        fit->q[j] = nearest((group->x[j] - offset) * by, low, high);
        const lanes rest = group->x[j] - (scale * fit->q[j] + offset);
        fit->error += rest * rest;
    }
}

/* *best becomes the better of the two, lane by lane. */
static void keep_better(struct fit *best, const struct fit *other)
{
    const lanes_int better = other->error < best->error;
    best->scale = lanes_select(better, other->scale, best->scale);
    best->offset = lanes_select(better, other->offset, best->offset);
    best->error = lanes_select(better, other->error, best->error);
    for (int j = 0; j < BLOCK; j++)
        best->q[j] = lanes_select(better, other->q[j], best->q[j]);
}

/* The scale of least squared error for these integers, the offset as it is. */
static lanes best_scale(const struct group *group, const struct fit *fit, lanes offset)
{
    lanes xq = {0}, qq = {0};
    for (int j = 0; j < BLOCK; j++) {
        xq += (group->x[j] - offset) * fit->q[j];
        qq += fit->q[j] * fit->q[j];
    }
    return xq * inverse(qq, 0.0F);
}

/* ---- value = scale * q, q from low to high; ggml maps the extreme to `plain` ---- */

static void fit_scale(const struct group *group, float low, float high, float plain,
                      const struct tries *tries, struct fit *best)
{
    const lanes zero = {0};
    lanes extreme = zero, gain = zero, scale = zero;
    struct fit other;
    for (int j = 0; j < BLOCK; j++)
        extreme = lanes_select(magnitude(group->x[j]) > magnitude(extreme), group->x[j], extreme);
    const lanes by_extreme = inverse(extreme, SMALLEST);
    for (int i = 0; i < tries->count; i++) {
        const lanes by = by_extreme * tries->at[i];
        lanes xq = zero, qq = zero;
        for (int j = 0; j < BLOCK; j++) {
            const lanes q = nearest(group->x[j] * by, low, high);
            xq += group->x[j] * q;
            qq += q * q;
        }
        const lanes best_for_it = xq * inverse(qq, 0.0F), gain_of_it = best_for_it * xq;
        const lanes_int better = gain_of_it > gain;
        gain = lanes_select(better, gain_of_it, gain);
        scale = lanes_select(better, best_for_it, scale);
    }
    set_fit(group, as_f16(extreme * (1.0F / plain)), zero, low, high, best);
    set_fit(group, as_f16(scale), zero, low, high, &other);
    keep_better(best, &other);
    set_fit(group, as_f16(best_scale(group, &other, zero)), zero, low, high, &other);
    keep_better(best, &other);
}

/* ---- value = scale * q + offset, q from 0 to high ---- */

/* Scale and offset of least squared error for the integers that x * by + shift round to. */
struct line {
    lanes scale, offset, gain; /* of squared error, against all values being `least` */
};

static struct line best_line(const struct group *group, lanes least, lanes by, float high)
{
    lanes q1 = {0}, qq = {0}, xq = {0}, x1 = {0};
    for (int j = 0; j < BLOCK; j++) {
        const lanes x = group->x[j] - least, q = nearest(x * by, 0.0F, high);
        q1 += q;
        qq += q * q;
        xq += x * q;
        x1 += x;
    }
    const lanes by_determinant = inverse(qq * (float)BLOCK - q1 * q1, 0.0F);
    struct line line;
    line.scale = (xq * (float)BLOCK - x1 * q1) * by_determinant;
    line.offset = (qq * x1 - q1 * xq) * by_determinant;
    line.gain = line.scale * xq + line.offset * x1;
    line.offset += least;
    return line;
}

/* The integers of a line, its offset as f16 holds it, and the scale that is best then. */
static void fit_line(const struct group *group, lanes scale, lanes offset, float high,
                     struct fit *fit)
{
    const lanes held = as_f16(offset);
    set_fit(group, scale, held, 0.0F, high, fit);
    set_fit(group, as_f16(best_scale(group, fit, held)), held, 0.0F, high, fit);
}

static void fit_scale_and_offset(const struct group *group, float high, const struct tries *tries,
                                 struct fit *best)
{
    lanes least = group->x[0], most = group->x[0];
    struct line line = {.gain = {0}};
    struct fit other;
    for (int j = 1; j < BLOCK; j++) {
        least = lanes_select(group->x[j] < least, group->x[j], least);
        most = lanes_select(group->x[j] > most, group->x[j], most);
    }
    const lanes by_range = inverse(most - least, SMALLEST);
    line.offset = least;
    line.scale = (most - least) * (1.0F / high);
    for (int i = 0; i < tries->count; i++) {
        const struct line tried = best_line(group, least, by_range * tries->at[i], high);
        const lanes_int better = tried.gain > line.gain;
        line.gain = lanes_select(better, tried.gain, line.gain);
        line.scale = lanes_select(better, tried.scale, line.scale);
        line.offset = lanes_select(better, tried.offset, line.offset);
    }
    set_fit(group, as_f16((most - least) * (1.0F / high)), as_f16(least), 0.0F, high, best);
    fit_line(group, line.scale, line.offset, high, &other);
    keep_better(best, &other);
    const struct line again =
        best_line(group, other.offset, inverse(other.scale, 0.0F), high); /* of its integers */
    fit_line(group, again.scale, again.offset, high, &other);
    keep_better(best, &other);
}

/* ---- storing ---- */

/* Low nibbles of elements j, high ones of j + 16; with 5 bits a number, the fifths at `high`. */
static void store_nibbles(const struct fit *fit, size_t lane, float low, uint8_t *nibbles,
                          uint8_t *high)
{
    uint32_t fifths = 0;
    for (int j = 0; j < BLOCK / 2; j++) {
        const uint32_t a = (uint32_t)(fit->q[j][lane] - low),
                       b = (uint32_t)(fit->q[j + BLOCK / 2][lane] - low);
        nibbles[j] = (uint8_t)((a & 15) | (b & 15) << 4);
        fifths |= (a >> 4 & 1) << j | (b >> 4 & 1) << (j + BLOCK / 2);
    }
    if (high != NULL)
        memcpy(high, &fifths, sizeof fifths);
}

/* Runs `fit_group` over groups of blocks and stores each block by `store_block`. */
typedef void group_fitter(const struct group *group, struct fit *fit);
typedef void block_storer(const struct fit *fit, size_t lane, uint8_t *block);

LANES_INLINE size_t encode_rows(const float *values, uint8_t *target, size_t count, float reach,
                                size_t block_bytes, group_fitter *fit_group,
                                block_storer *store_block)
{
    size_t beyond = 0;
    for (size_t blocks = count / BLOCK; blocks > 0;) {
        const size_t now = blocks < LANES ? blocks : LANES;
        struct group group;
        struct fit fit;
        load_group(&group, values, now, reach);
        fit_group(&group, &fit);
        beyond += count_beyond(&group, now);
        for (size_t lane = 0; lane < now; lane++, target += block_bytes) {
            write_u16(target, to_f16(fit.scale[lane]));
            store_block(&fit, lane, target);
        }
        values += now * BLOCK;
        blocks -= now;
    }
    return beyond;
}

/* ---- the types ---- */

static void fit_q8_0(const struct group *group, struct fit *fit)
{
    static const struct tries tries = {5, {126.5F, 127.0F, 127.5F, 128.0F, 128.5F}};
    fit_scale(group, -127, 127, 127, &tries, fit);
}

static void store_q8_0(const struct fit *fit, size_t lane, uint8_t *block)
{
    for (int j = 0; j < BLOCK; j++)
        block[2 + j] = (uint8_t)(int8_t)fit->q[j][lane];
}

static void fit_q5_0(const struct group *group, struct fit *fit)
{
    static const struct tries tries = {16,
                                       {-18, -17.5F, -17, -16.5F, -16.25F, -16, -15.75F, -15.5F,
                                        -15, -14.5F, 14.5F, 15, 15.5F, 16, 16.5F, 17}};
    fit_scale(group, -16, 15, -16, &tries, fit);
}

static void store_q5_0(const struct fit *fit, size_t lane, uint8_t *block)
{
    store_nibbles(fit, lane, -16, block + 6, block + 2);
}

static void fit_q4_0(const struct group *group, struct fit *fit)
{
    static const struct tries tries = {
        24, {-9.5F, -9.25F, -9, -8.75F, -8.5F, -8.25F, -8, -7.75F, -7.5F, -7.25F, -7,    -6.75F,
             -6.5F, -6,     6,  6.25F,  6.5F,  6.75F,  7,  7.25F,  7.5F,  7.75F,  8.25F, 8.75F}};
    fit_scale(group, -8, 7, -8, &tries, fit);
}

static void store_q4_0(const struct fit *fit, size_t lane, uint8_t *block)
{
    store_nibbles(fit, lane, -8, block + 2, NULL);
}

static void fit_q5_1(const struct group *group, struct fit *fit)
{
    static const struct tries tries = {10, {28, 29, 29.5F, 30, 30.5F, 31, 31.5F, 32, 32.5F, 33}};
    fit_scale_and_offset(group, 31, &tries, fit);
}

static void store_q5_1(const struct fit *fit, size_t lane, uint8_t *block)
{
    write_u16(block + 2, to_f16(fit->offset[lane]));
    store_nibbles(fit, lane, 0, block + 8, block + 4);
}

static void fit_q4_1(const struct group *group, struct fit *fit)
{
    static const struct tries tries = {14,
                                       {12.5F, 13, 13.25F, 13.5F, 13.75F, 14, 14.25F, 14.5F, 14.75F,
                                        15, 15.25F, 15.5F, 16, 16.5F}};
    fit_scale_and_offset(group, 15, &tries, fit);
}

static void store_q4_1(const struct fit *fit, size_t lane, uint8_t *block)
{
    write_u16(block + 2, to_f16(fit->offset[lane]));
    store_nibbles(fit, lane, 0, block + 4, NULL);
}

/* REACH: how far the type's largest scale reaches; an offset, which is f16 too, no further. */
#define ENCODE_ROW(ID, NAME, BYTES, REACH)                                                         \
    size_t quant_encode_##ID(const float *values, uint8_t *target, size_t count)                   \
    {                                                                                              \
        return encode_rows(values, target, count, REACH, BYTES, fit_##NAME, store_##NAME);         \
    }
ENCODE_ROW(Q8_0, q8_0, 34, 127 * F16_MOST)
ENCODE_ROW(Q5_0, q5_0, 22, 15 * F16_MOST)
ENCODE_ROW(Q5_1, q5_1, 24, F16_MOST)
ENCODE_ROW(Q4_0, q4_0, 18, 7 * F16_MOST)
ENCODE_ROW(Q4_1, q4_1, 20, F16_MOST)
