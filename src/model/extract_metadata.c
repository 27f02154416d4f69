/* Metadata of an extracted file: every pair of the source, keys under the new architecture's
 * prefix; what the sub-network changes is rewritten; paretop.* tells code and source. Invariant:
 * extract_metadata_cost counts exactly what extract_declare_metadata declares, and nothing in it
 * depends on the code but the layers kept and the architecture (arch/cost relies on it). */
#include "extract_private.h"

#include "base/buf.h"
#include "base/memory.h"

#include <string.h>

static const uint32_t quantization_version = 2;

/* Numbers under the architecture's prefix that are written anew, one u32 each (in a deci file the
 * three per layer are INT32 arrays). key_length and value_length are told always: readers derive
 * the head size from the first layer's heads, which need not be the source's first layer's. */
enum number { BLOCKS, WIDTHS, HEADS, KV_HEADS, KEY_LENGTH, VALUE_LENGTH, NUMBERS };
static const char *const number_key[NUMBERS] = {
    [BLOCKS] = "block_count",
    [WIDTHS] = "feed_forward_length",
    [HEADS] = "attention.head_count",
    [KV_HEADS] = "attention.head_count_kv",
    [KEY_LENGTH] = "attention.key_length",
    [VALUE_LENGTH] = "attention.value_length",
};
static const char *const general_key[] = {"general.architecture", "general.file_type",
                                          "general.quantization_version"};
static const char *const paretop_key[] = {KEY_CODE, KEY_SOURCE, KEY_SORTED};
static const char *const architectures[] = {"llama", "deci"};

/* ---- which pairs are carried over ---- */

static bool key_is(struct gguf_string key, const char *text)
{
    return key.length == strlen(text) && memcmp(key.data, text, key.length) == 0;
}

static bool key_among(struct gguf_string key, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (key_is(key, list[i]))
            return true;
    return false;
}

/* The key behind "<architecture>."; false when it has another prefix. */
static bool key_behind(struct gguf_string key, const char *architecture, struct gguf_string *rest)
{
    const size_t length = strlen(architecture);
    if (key.length <= length || memcmp(key.data, architecture, length) != 0 ||
        key.data[length] != '.')
        return false;
    *rest = (struct gguf_string){key.data + length + 1, key.length - length - 1};
    return true;
}

enum carry { CARRY_NOT, CARRY_PLAIN, CARRY_PREFIXED };

static enum carry carry_of(const struct gguf_pair *pair, const char *architecture,
                           struct gguf_string *rest)
{
    if (key_behind(pair->key, architecture, rest))
        return key_among(*rest, number_key, NUMBERS) ? CARRY_NOT : CARRY_PREFIXED;
    /* Keys of the other architecture mean nothing here and could clash with rewritten ones. */
    for (size_t i = 0; i < sizeof architectures / sizeof *architectures; i++)
        if (key_behind(pair->key, architectures[i], rest))
            return CARRY_NOT;
    return key_among(pair->key, general_key, sizeof general_key / sizeof *general_key) ||
                   key_among(pair->key, paretop_key, sizeof paretop_key / sizeof *paretop_key)
               ? CARRY_NOT
               : CARRY_PLAIN;
}

/* ---- cost ---- */

static uint64_t pair_bytes(uint64_t key_length, uint64_t value_bytes)
{
    return 8 + key_length + 4 + value_bytes;
}

void extract_metadata_cost(const struct gguf *gguf, const struct model_config *config,
                           struct arch_metadata_cost *cost)
{
    const uint64_t array_head = 4 + 8, string_head = 8;
    struct gguf_string rest;

    *cost = (struct arch_metadata_cost){.alignment = gguf_alignment(gguf)};
    for (size_t i = 0; i < gguf_pair_count(gguf); i++) {
        const struct gguf_pair *pair = gguf_pair_at(gguf, i);
        const enum carry carry = carry_of(pair, config->architecture, &rest);
        const uint64_t value = pair->value_bytes + (pair->type == GGUF_ARRAY ? array_head : 0);
        if (carry == CARRY_NOT)
            continue;
        const bool prefixed = carry == CARRY_PREFIXED;
        cost->fixed_bytes += pair_bytes(prefixed ? 1 + rest.length : pair->key.length, value);
        cost->prefixed_pairs += prefixed;
        cost->fixed_pairs++;
    }
    /* The architecture's name is a value here; arch/cost adds it as it does a prefix. */
    cost->fixed_bytes += pair_bytes(strlen(general_key[0]), string_head);
    cost->fixed_bytes += pair_bytes(strlen(general_key[1]), 4);
    cost->fixed_bytes += pair_bytes(strlen(general_key[2]), 4);
    for (size_t i = 0; i < NUMBERS; i++)
        cost->fixed_bytes += pair_bytes(1 + strlen(number_key[i]), 4);
    cost->fixed_bytes += pair_bytes(strlen(KEY_CODE), string_head + config->shape.layers);
    cost->fixed_bytes += pair_bytes(strlen(KEY_SOURCE), string_head + SHA256_HEX - 1);
    cost->fixed_bytes += pair_bytes(strlen(KEY_SORTED), array_head);
    cost->prefixed_pairs += 1 + NUMBERS;
    cost->fixed_pairs += 3 + NUMBERS + 3;
}

/* ---- declaring ---- */

static const char *key_under(struct buf *key, const char *architecture, const char *rest,
                             size_t length, struct error *error)
{
    buf_clear(key);
    return buf_printf(key, error, "%s.", architecture) == STATUS_OK &&
                   buf_append(key, rest, length, error) == STATUS_OK
               ? key->data
               : NULL;
}

static enum status carry_pairs(struct gguf_writer *writer, const struct gguf *gguf,
                               const char *from, const char *to, struct buf *key,
                               struct error *error)
{
    for (size_t i = 0; i < gguf_pair_count(gguf); i++) {
        const struct gguf_pair *pair = gguf_pair_at(gguf, i);
        struct gguf_string rest;
        const enum carry carry = carry_of(pair, from, &rest);
        const char *name = NULL;
        if (carry == CARRY_NOT)
            continue;
        if (carry == CARRY_PREFIXED) {
            name = key_under(key, to, rest.data, rest.length, error);
            if (name == NULL)
                return STATUS_MEMORY;
        }
        const enum status status = gguf_writer_copy(writer, name, pair, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status declare_numbers(struct gguf_writer *writer, const struct model_config *config,
                                   const struct arch_plan *plan, const char *architecture,
                                   struct buf *key, struct error *error)
{
    const uint32_t head_size = config->shape.head_size;
    const uint32_t scalar[NUMBERS] = {plan->layers,      plan->width[0], plan->heads[0],
                                      plan->kv_heads[0], head_size,      head_size};
    const uint32_t *const per_layer[NUMBERS] = {
        [WIDTHS] = plan->width, [HEADS] = plan->heads, [KV_HEADS] = plan->kv_heads};

    for (size_t i = 0; i < NUMBERS; i++) {
        const char *name =
            key_under(key, architecture, number_key[i], strlen(number_key[i]), error);
        if (name == NULL)
            return STATUS_MEMORY;
        /* INT32, not UINT32: llama.cpp reads no other element type here. */
        const enum status status =
            plan->deci && per_layer[i] != NULL
                ? gguf_writer_array(writer, name, GGUF_I32, per_layer[i], plan->layers, error)
                : gguf_writer_u32(writer, name, scalar[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* general.file_type: that of the type asked for, else the source's, else of the type that most of
 * the bytes have. */
static uint32_t file_type(const struct gguf *gguf, const struct arch_plan *plan,
                          const struct weight_options *weights)
{
    const struct weight_type_info *info = weight_type_by_id((uint32_t)weights->type);
    const struct weight_type_info *most = NULL;
    uint64_t best = 0;
    uint32_t value = 0;

    if (weights->type != WEIGHT_SOURCE && info != NULL)
        return info->file_type;
    if (gguf_find(gguf, "general.file_type") != NULL &&
        gguf_get_u32(gguf, "general.file_type", true, &value, NULL) == STATUS_OK)
        return value;
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++) {
        uint64_t elements = 0;
        for (size_t i = 0; i < plan->tensors; i++)
            if (plan->tensor[i].type == row->type)
                elements += plan->tensor[i].columns * plan->tensor[i].rows;
        if (elements > best) {
            best = elements;
            most = row;
        }
    }
    return most != NULL ? most->file_type : 0;
}

void extract_fill_sorted(const struct gguf *gguf, const struct model_config *config,
                         const struct arch_plan *plan, bool sorted[ARCH_MAX_LAYERS])
{
    const struct gguf_pair *before = gguf_find(gguf, KEY_SORTED);
    if (before != NULL && (before->type != GGUF_ARRAY || before->element != GGUF_BOOL ||
                           before->count != config->shape.layers))
        before = NULL;
    for (uint32_t i = 0; i < plan->layers; i++) {
        const uint32_t source = plan->source_layer[i];
        sorted[i] = (before != NULL && gguf_number_at(before, source) != 0) ||
                    arch_mlp_eighths(plan->code.text[source]) != 8;
    }
}

enum status extract_declare_metadata(struct gguf_writer *writer, const struct gguf *gguf,
                                     const struct model_config *config,
                                     const struct arch_plan *plan,
                                     const struct weight_options *weights,
                                     const char *source_sha256, struct error *error)
{
    const char *to = architectures[plan->deci];
    bool sorted[ARCH_MAX_LAYERS];
    struct buf key;
    enum status status;

    buf_init(&key);
    extract_fill_sorted(gguf, config, plan, sorted);
    if ((status = gguf_writer_string(writer, general_key[0], to, error)) == STATUS_OK &&
        (status = carry_pairs(writer, gguf, config->architecture, to, &key, error)) == STATUS_OK &&
        (status = gguf_writer_u32(writer, general_key[1], file_type(gguf, plan, weights), error)) ==
            STATUS_OK &&
        (status = gguf_writer_u32(writer, general_key[2], quantization_version, error)) ==
            STATUS_OK &&
        (status = declare_numbers(writer, config, plan, to, &key, error)) == STATUS_OK &&
        (status = gguf_writer_string(writer, KEY_CODE, plan->code.text, error)) == STATUS_OK &&
        (status = gguf_writer_string(writer, KEY_SOURCE, source_sha256, error)) == STATUS_OK)
        status = gguf_writer_array(writer, KEY_SORTED, GGUF_BOOL, sorted, plan->layers, error);
    buf_release(&key);
    return status;
}
