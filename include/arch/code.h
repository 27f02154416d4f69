/* The architecture code: one character per layer of the full model (DESIGN in the README):
 *     8 whole; 1..7 attention and an MLP of that many eighths; 0 attention only;
 *     a..h MLP only at 1/8..8/8; . dropped
 * Width of digit k < 8: round-half-up(k*f/8/32)*32, at least 32, less than f (f: the layer's own
 * full width); 8 is f exactly. The canonical digit is the smallest with an equal width; equal
 * networks have equal canonical codes. */
#ifndef ARCH_CODE_H
#define ARCH_CODE_H

#include "arch/shape.h"
#include "base/error.h"

struct arch_code {
    char text[ARCH_MAX_LAYERS + 1]; /* canonical, NUL-terminated; length = shape.layers */
};

/* Parses strictly and canonicalises: a wrong length or character is STATUS_INVALID naming the
 * position (1-based); all layers dropped is refused. A layer that lacks a part in the source takes
 * only what it has. */
enum status arch_code_parse(const struct arch_shape *shape, const char *text,
                            struct arch_code *code, struct error *error);
/* The full model's code ("888...", or what the source has). */
void arch_code_full(const struct arch_shape *shape, struct arch_code *code);
/* Canonical form of one layer's character, on the layer's own shape. */
char arch_code_canonical(const struct arch_shape *shape, uint32_t layer, char character);
bool arch_code_equal(const struct arch_code *a, const struct arch_code *b);
/* Sorts so that codes which begin alike stand together, layer by layer in the order 8..0, h..a and
 * '.': the full model is the first of all. Equal codes are not told apart. */
void arch_code_sort(struct arch_code *codes, size_t count);

/* Readings of one character (no shape needed). */
static inline bool arch_keeps_attention(char c) { return c >= '0' && c <= '8'; }
static inline unsigned arch_mlp_eighths(char c) /* 0 without an MLP */
{
    return c >= '1' && c <= '8' ? (unsigned)(c - '0') : c >= 'a' && c <= 'h' ? (unsigned)(c - 'a' + 1) : 0;
}
static inline bool arch_keeps_layer(char c) { return c != '.'; }

/* MLP width in neurons that `eighths` (0..8) means in this layer. */
uint32_t arch_mlp_width(const struct arch_shape *shape, uint32_t layer, unsigned eighths);

#endif
