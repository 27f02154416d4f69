/* Reading of architecture codes and their canonical form. Invariant: two codes that name the same
 * network on a shape have equal text, so that the text is the key for duplicates. */
#include "arch/code.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH_STEP 32u /* widths are multiples of the block of the small weight types */
#define WHOLE 8u       /* eighths */

uint32_t arch_mlp_width(const struct arch_shape *shape, uint32_t layer, unsigned eighths)
{
    const uint32_t full = shape->layer[layer].intermediate;
    if (eighths == 0)
        return 0;
    /* At or below one step there is no narrower width: every digit means the whole MLP. */
    if (eighths >= WHOLE || full <= WIDTH_STEP)
        return full;
    const uint64_t steps =
        ((uint64_t)eighths * full + WHOLE * WIDTH_STEP / 2) / (WHOLE * WIDTH_STEP);
    const uint32_t most = (full - 1) / WIDTH_STEP * WIDTH_STEP;
    const uint64_t width = steps * WIDTH_STEP;
    return width < WIDTH_STEP ? WIDTH_STEP : width > most ? most : (uint32_t)width;
}

static unsigned canonical_eighths(const struct arch_shape *shape, uint32_t layer, unsigned eighths)
{
    const uint32_t width = arch_mlp_width(shape, layer, eighths);
    if (width == shape->layer[layer].intermediate)
        return WHOLE;
    unsigned smallest = 1;
    while (arch_mlp_width(shape, layer, smallest) != width)
        smallest++;
    return smallest;
}

char arch_code_canonical(const struct arch_shape *shape, uint32_t layer, char character)
{
    const struct arch_layer_shape *source = &shape->layer[layer];
    const bool attention = arch_keeps_attention(character) && source->attention;
    unsigned eighths = source->mlp ? arch_mlp_eighths(character) : 0;
    if (eighths > 0)
        eighths = canonical_eighths(shape, layer, eighths);
    if (attention)
        return (char)('0' + eighths);
    return eighths > 0 ? (char)('a' + eighths - 1) : '.';
}

static bool known_character(char c)
{
    return arch_keeps_attention(c) || arch_mlp_eighths(c) > 0 || c == '.';
}

enum status arch_code_parse(const struct arch_shape *shape, const char *text,
                            struct arch_code *code, struct error *error)
{
    const size_t length = strlen(text);
    bool any = false;

    memset(code, 0, sizeof *code);
    for (size_t i = 0; i < length && i < shape->layers; i++) {
        const unsigned char byte = (unsigned char)text[i];
        if (!known_character(text[i]))
            return error_set(error, STATUS_INVALID,
                             byte > ' ' && byte < 0x7f
                                 ? "architecture code: '%c' at position %zu, expected one of "
                                   "0-8, a-h and '.'"
                                 : "architecture code: byte %d at position %zu, expected one of "
                                   "0-8, a-h and '.'",
                             byte, i + 1);
        code->text[i] = arch_code_canonical(shape, (uint32_t)i, text[i]);
        any = any || arch_keeps_layer(code->text[i]);
    }
    if (length != shape->layers)
        return error_set(error, STATUS_INVALID,
                         "architecture code: %zu characters for %u layers, %s position %zu", length,
                         shape->layers,
                         length < shape->layers ? "nothing for the layer at" : "too many from",
                         (length < shape->layers ? length : (size_t)shape->layers) + 1);
    if (!any)
        return error_set(error, STATUS_INVALID,
                         "architecture code: all %u layers are dropped, at least one must stay",
                         shape->layers);
    return STATUS_OK;
}

void arch_code_full(const struct arch_shape *shape, struct arch_code *code)
{
    memset(code, 0, sizeof *code);
    for (uint32_t layer = 0; layer < shape->layers; layer++)
        code->text[layer] = arch_code_canonical(shape, layer, '8');
}

bool arch_code_equal(const struct arch_code *a, const struct arch_code *b)
{
    return strcmp(a->text, b->text) == 0;
}

/* What a layer keeps: attention weighs more than any MLP. */
static int kept(char c)
{
    return (arch_keeps_attention(c) ? 16 : 0) + (int)arch_mlp_eighths(c);
}

static int most_kept_first(const void *a, const void *b)
{
    const struct arch_code *x = a, *y = b;
    size_t i = 0;
    while (x->text[i] != '\0' && x->text[i] == y->text[i])
        i++;
    return kept(y->text[i]) - kept(x->text[i]);
}

void arch_code_sort(struct arch_code *codes, size_t count)
{
    qsort(codes, count, sizeof *codes, most_kept_first);
}
