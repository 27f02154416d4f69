/* The architecture code: one character per layer of the full model (DESIGN in the README):
 *     8 whole; 1..7 attention and an MLP of that many eighths; 0 attention only;
 *     a..h MLP only at 1/8..8/8; . dropped
 * Width of digit k < 8: round-half-up(k*f/8/32)*32, at least 32, less than f (f: the layer's own
 * full width); 8 is f exactly. The canonical digit is the smallest with an equal width; equal
 * networks have equal canonical codes.
 * After them, optionally, ':' and one character per layer for the weight type of its matrices
 * (struct weight_type_info's letter): '-' as the option --type says, '.' of a dropped layer. A code
 * in which no layer has a type of its own is without the suffix. */
#ifndef ARCH_CODE_H
#define ARCH_CODE_H

#include "arch/shape.h"
#include "base/error.h"
#include "base/weight_type.h"

#define ARCH_CODE_TEXT (2 * ARCH_MAX_LAYERS + 2)

struct arch_code {
    char text[ARCH_CODE_TEXT]; /* canonical, NUL-terminated; its first shape.layers characters are
                                  the layers', behind them NUL or ':' */
};

/* Parses strictly and canonicalises: a wrong length or character is STATUS_INVALID naming the
 * position (1-based); all layers dropped is refused. A layer that lacks a part in the source takes
 * only what it has. */
enum status arch_code_parse(const struct arch_shape *shape, const char *text,
                            struct arch_code *code, struct error *error);
/* True when text could be some model's code: layers, and as many types if there is a ':'. */
bool arch_code_readable(const char *text);
/* Layers that the code speaks of. */
size_t arch_code_layers(const struct arch_code *code);
/* The weight type of a layer's own; WEIGHT_SOURCE: as the options say. */
enum weight_type arch_code_type(const struct arch_code *code, uint32_t layer);
/* Its letter; '-': none of its own; '.': the layer is dropped. */
char arch_code_type_letter(const struct arch_code *code, uint32_t layer);
/* Sets the types of all layers, [layers] letters; NULL: none has one. Canonical afterwards. */
void arch_code_set_types(struct arch_code *code, const char *letters);
/* Makes one layer of a canonical code what the character says, its own weight type kept. */
void arch_code_set_layer(const struct arch_shape *shape, struct arch_code *code, uint32_t layer,
                         char character);
/* The full model's code ("888...", or what the source has). */
void arch_code_full(const struct arch_shape *shape, struct arch_code *code);
/* Canonical form of one layer's character, on the layer's own shape. */
char arch_code_canonical(const struct arch_shape *shape, uint32_t layer, char character);
bool arch_code_equal(const struct arch_code *a, const struct arch_code *b);
/* True when a layer is the same in both codes, its weight type included. */
bool arch_code_layer_equal(const struct arch_code *a, const struct arch_code *b, uint32_t layer);
/* True when the first `depth` layers are alike, their weight types included. */
bool arch_code_begins_alike(const struct arch_code *a, const struct arch_code *b, uint32_t depth);
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
