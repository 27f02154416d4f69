/* Reading of architecture codes and their canonical form. Invariant: two codes that name the same
 * network on a shape have equal text, so that the text is the key for duplicates. */
#include "arch/code.h"

#include <stdio.h>
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

/* ---- weight types ---- */

#define NO_TYPE '-'

static bool known_type(char c)
{
    return c == NO_TYPE || c == '.' || weight_type_by_letter(c) != NULL;
}

size_t arch_code_layers(const struct arch_code *code)
{
    return strcspn(code->text, ":");
}

char arch_code_type_letter(const struct arch_code *code, uint32_t layer)
{
    const char *types = strchr(code->text, ':');
    return !arch_keeps_layer(code->text[layer]) ? '.' : types != NULL ? types[1 + layer] : NO_TYPE;
}

enum weight_type arch_code_type(const struct arch_code *code, uint32_t layer)
{
    const struct weight_type_info *info = weight_type_by_letter(arch_code_type_letter(code, layer));
    return info != NULL ? info->type : WEIGHT_SOURCE;
}

void arch_code_set_types(struct arch_code *code, const char *letters)
{
    const size_t layers = arch_code_layers(code);
    char *types = code->text + layers;
    bool any = false;
    memset(types, 0, sizeof code->text - layers);
    for (size_t i = 0; letters != NULL && i < layers; i++) {
        const bool kept = arch_keeps_layer(code->text[i]);
        types[1 + i] = !kept ? '.' : letters[i] == '.' ? NO_TYPE : letters[i];
        any = any || (kept && types[1 + i] != NO_TYPE);
    }
    if (any)
        types[0] = ':';
    else
        memset(types, 0, sizeof code->text - layers);
}

void arch_code_set_layer(const struct arch_shape *shape, struct arch_code *code, uint32_t layer,
                         char character)
{
    const size_t layers = arch_code_layers(code);
    char types[ARCH_MAX_LAYERS];
    for (size_t i = 0; i < layers; i++)
        types[i] = arch_code_type_letter(code, (uint32_t)i);
    code->text[layer] = arch_code_canonical(shape, layer, character);
    arch_code_set_types(code, types);
}

bool arch_code_readable(const char *text)
{
    const size_t layers = strcspn(text, ":"), length = strlen(text);
    bool readable =
        layers > 0 && layers <= ARCH_MAX_LAYERS && (layers == length || length == 2 * layers + 1);
    for (size_t i = 0; readable && i < layers; i++)
        readable =
            known_character(text[i]) && (layers == length || known_type(text[layers + 1 + i]));
    return readable;
}

/* ---- reading ---- */

static enum status refuse_character(char character, size_t position, const char *expected,
                                    struct error *error)
{
    const unsigned char byte = (unsigned char)character;
    return error_set(error, STATUS_INVALID,
                     byte > ' ' && byte < 0x7f
                         ? "architecture code: '%c' at position %zu, expected one of %s"
                         : "architecture code: byte %d at position %zu, expected one of %s",
                     byte, position, expected);
}

static enum status refuse_length(size_t length, size_t before, uint32_t layers, const char *what,
                                 struct error *error)
{
    return error_set(error, STATUS_INVALID,
                     "architecture code: %zu %s for %u layers, %s position %zu", length, what,
                     layers, length < layers ? "nothing for the layer at" : "too many from",
                     before + (length < layers ? length : (size_t)layers) + 1);
}

static enum status read_types(const char *text, size_t before, struct arch_code *code,
                              uint32_t layers, struct error *error)
{
    char expected[64];
    size_t length = strlen(text), used = 0;
    for (const struct weight_type_info *info = weight_types; info->name != NULL; info++)
        if (weight_type_by_letter(info->letter) != NULL)
            used += (size_t)snprintf(expected + used, sizeof expected - used, "%c, ", info->letter);
    snprintf(expected + used, sizeof expected - used, "'-' and '.'");
    for (size_t i = 0; i < length && i < layers; i++)
        if (!known_type(text[i]))
            return refuse_character(text[i], before + i + 1, expected, error);
    if (length != layers)
        return refuse_length(length, before, layers, "weight types", error);
    arch_code_set_types(code, text);
    return STATUS_OK;
}

enum status arch_code_parse(const struct arch_shape *shape, const char *text,
                            struct arch_code *code, struct error *error)
{
    const size_t length = strcspn(text, ":");
    bool any = false;

    memset(code, 0, sizeof *code);
    for (size_t i = 0; i < length && i < shape->layers; i++) {
        if (!known_character(text[i]))
            return refuse_character(text[i], i + 1, "0-8, a-h and '.'", error);
        code->text[i] = arch_code_canonical(shape, (uint32_t)i, text[i]);
        any = any || arch_keeps_layer(code->text[i]);
    }
    if (length != shape->layers)
        return refuse_length(length, 0, shape->layers, "characters", error);
    if (!any)
        return error_set(error, STATUS_INVALID,
                         "architecture code: all %u layers are dropped, at least one must stay",
                         shape->layers);
    if (text[length] == ':')
        return read_types(text + length + 1, length + 1, code, shape->layers, error);
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

bool arch_code_layer_equal(const struct arch_code *a, const struct arch_code *b, uint32_t layer)
{
    return a->text[layer] == b->text[layer] &&
           arch_code_type_letter(a, layer) == arch_code_type_letter(b, layer);
}

bool arch_code_begins_alike(const struct arch_code *a, const struct arch_code *b, uint32_t depth)
{
    bool alike = memcmp(a->text, b->text, depth) == 0;
    const bool typed = strchr(a->text, ':') != NULL || strchr(b->text, ':') != NULL;
    for (uint32_t i = 0; typed && alike && i < depth; i++)
        alike = arch_code_type_letter(a, i) == arch_code_type_letter(b, i);
    return alike;
}

/* What a layer keeps: attention weighs more than any MLP; of types any order does. */
static int kept(char c)
{
    return (arch_keeps_attention(c) ? 16 : 0) + (int)arch_mlp_eighths(c);
}

static int most_kept_first(const void *a, const void *b)
{
    const struct arch_code *x = a, *y = b;
    const size_t layers = arch_code_layers(x);
    for (size_t i = 0; i < layers; i++) {
        const int types =
            arch_code_type_letter(x, (uint32_t)i) - arch_code_type_letter(y, (uint32_t)i);
        if (x->text[i] != y->text[i])
            return kept(y->text[i]) - kept(x->text[i]);
        if (types != 0)
            return types;
    }
    return 0;
}

void arch_code_sort(struct arch_code *codes, size_t count)
{
    qsort(codes, count, sizeof *codes, most_kept_first);
}
