/* model/config: from GGUF metadata and tensor list to the checked shape of a model. Invariant: when
 * it returns STATUS_OK, every tensor that a layer of the shape needs is present with the size that
 * the metadata promises, every tensor of the file has a known role, and nothing that changes the
 * model's output (experts, unknown rope scaling) is left unread. */
#include "base/memory.h"
#include "config_private.h"
#include "model/extract.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *key_of(struct config_reader *reader, const char *suffix)
{
    snprintf(reader->key, sizeof reader->key, "%s.%s", reader->config->architecture, suffix);
    return reader->key;
}

static enum status read_u32(struct config_reader *reader, const char *suffix, bool required,
                            uint32_t minimum, uint32_t maximum, uint32_t *value)
{
    const char *key = key_of(reader, suffix);
    enum status status = gguf_get_u32(reader->gguf, key, required, value, reader->error);
    if (status == STATUS_OK && (*value < minimum || *value > maximum)) {
        status = error_set(reader->error, STATUS_INVALID,
                           "%s: %s is %" PRIu32 ", expected %" PRIu32 " to %" PRIu32,
                           gguf_path(reader->gguf), key, *value, minimum, maximum);
    }
    return status;
}

static enum status read_architecture(struct config_reader *reader)
{
    struct gguf_string text;
    enum status status =
        gguf_get_string(reader->gguf, "general.architecture", true, &text, reader->error);
    if (status != STATUS_OK) {
        return status;
    }
    static const char *const known[] = {"llama", "deci"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (text.length == strlen(known[i]) && memcmp(text.data, known[i], text.length) == 0) {
            snprintf(reader->config->architecture, sizeof reader->config->architecture, "%s",
                     known[i]);
            return STATUS_OK;
        }
    }
    return error_set(reader->error, STATUS_INVALID,
                     "%s: general.architecture is \"%.*s\", expected llama or deci",
                     gguf_path(reader->gguf), (int)(text.length < 64 ? text.length : 64),
                     text.data);
}

/* general.name, else the file's name without its folder and ".gguf". */
static enum status read_name(struct config_reader *reader)
{
    struct gguf_string text = {0};
    enum status status = gguf_get_string(reader->gguf, "general.name", false, &text, reader->error);
    if (status != STATUS_OK) {
        return status;
    }
    if (text.length == 0) {
        const char *path = gguf_path(reader->gguf), *slash = strrchr(path, '/');
        text.data = slash == NULL ? path : slash + 1;
        text.length = strlen(text.data);
        if (text.length > 5 && strcmp(text.data + text.length - 5, ".gguf") == 0) {
            text.length -= 5;
        }
    }
    size_t room = sizeof reader->config->name - 1;
    size_t length = text.length < room ? text.length : room;
    memcpy(reader->config->name, text.data, length);
    reader->config->name[length] = '\0';
    return STATUS_OK;
}

static enum status read_sizes(struct config_reader *reader)
{
    struct arch_shape *shape = &reader->config->shape;
    enum status status;
    uint32_t experts = 0;
    bool causal = true;
    if ((status = read_u32(reader, "block_count", true, 1, ARCH_MAX_LAYERS, &shape->layers)) ||
        (status = read_u32(reader, "embedding_length", true, 1, LIMIT_SIZE, &shape->hidden)) ||
        (status = read_u32(reader, "context_length", true, 1, LIMIT_SIZE, &shape->context)) ||
        (status = read_u32(reader, "expert_count", false, 0, UINT32_MAX, &experts)) ||
        (status = gguf_get_bool(reader->gguf, key_of(reader, "attention.causal"), false, &causal,
                                reader->error))) {
        return status;
    }
    if (experts != 0 || !causal) {
        return error_set(reader->error, STATUS_INVALID, "%s: %s cannot be honoured%s",
                         gguf_path(reader->gguf),
                         key_of(reader, experts != 0 ? "expert_count" : "attention.causal"),
                         experts != 0 ? ": mixtures of experts are not supported" : "");
    }
    float epsilon = 0.0F;
    status = gguf_get_f32(reader->gguf, key_of(reader, "attention.layer_norm_rms_epsilon"), true,
                          &epsilon, reader->error);
    if (status == STATUS_OK && !(epsilon >= 0.0F && epsilon < 1.0F)) {
        status = error_set(reader->error, STATUS_INVALID, "%s: %s is %g, expected 0 to 1",
                           gguf_path(reader->gguf), reader->key, (double)epsilon);
    }
    reader->config->rms_epsilon = epsilon;
    return status;
}

/* head_count, head_count_kv and feed_forward_length: a number or one a layer. */
static enum status read_layers(struct config_reader *reader)
{
    struct arch_shape *shape = &reader->config->shape;
    const struct gguf *gguf = reader->gguf;
    enum status status;
    if ((status = gguf_get_u32_array(gguf, key_of(reader, "attention.head_count"), true,
                                     shape->layers, reader->heads, reader->error))) {
        return status;
    }
    memcpy(reader->kv_heads, reader->heads, sizeof reader->heads);
    if ((status = gguf_get_u32_array(gguf, key_of(reader, "attention.head_count_kv"), false,
                                     shape->layers, reader->kv_heads, reader->error)) ||
        (status = gguf_get_u32_array(gguf, key_of(reader, "feed_forward_length"), true,
                                     shape->layers, reader->width, reader->error))) {
        return status;
    }
    for (uint32_t l = 0; l < shape->layers; l++) {
        uint32_t heads = reader->heads[l], kv_heads = reader->kv_heads[l];
        if (heads > LIMIT_SIZE || kv_heads > heads || (heads != 0 && kv_heads == 0) ||
            (kv_heads != 0 && heads % kv_heads != 0)) {
            return error_set(reader->error, STATUS_INVALID,
                             "%s: layer %" PRIu32 " has %" PRIu32 " heads and %" PRIu32
                             " key/value heads, expected a multiple (or 0 and 0)",
                             gguf_path(gguf), l, heads, kv_heads);
        }
        if (reader->width[l] > LIMIT_SIZE) {
            return error_set(reader->error, STATUS_INVALID,
                             "%s: layer %" PRIu32 " has feed_forward_length %" PRIu32
                             ", expected at most %u",
                             gguf_path(gguf), l, reader->width[l], LIMIT_SIZE);
        }
        shape->layer[l] = (struct arch_layer_shape){.attention = heads != 0,
                                                    .mlp = reader->width[l] != 0,
                                                    .heads = heads,
                                                    .kv_heads = kv_heads,
                                                    .intermediate = reader->width[l]};
        shape->heads = heads > shape->heads ? heads : shape->heads;
        shape->kv_heads = kv_heads > shape->kv_heads ? kv_heads : shape->kv_heads;
    }
    return STATUS_OK;
}

static enum status read_head_size(struct config_reader *reader)
{
    struct arch_shape *shape = &reader->config->shape;
    uint32_t first = 0;
    for (uint32_t l = 0; l < shape->layers && first == 0; l++) {
        first = reader->heads[l];
    }
    uint32_t key_length = first == 0 ? 2 : shape->hidden / first, value_length;
    enum status status = read_u32(reader, "attention.key_length", false, 2, 65536, &key_length);
    if (status != STATUS_OK) {
        return status;
    }
    value_length = key_length;
    status = read_u32(reader, "attention.value_length", false, 2, 65536, &value_length);
    if (status != STATUS_OK) {
        return status;
    }
    if (key_length != value_length || key_length < 2) {
        return error_set(reader->error, STATUS_INVALID,
                         "%s: keys have length %" PRIu32 " and values %" PRIu32
                         ", expected equal lengths of at least 2",
                         gguf_path(reader->gguf), key_length, value_length);
    }
    if ((uint64_t)shape->heads * key_length > LIMIT_SIZE) {
        return error_set(reader->error, STATUS_INVALID,
                         "%s: %" PRIu32 " heads of length %" PRIu32 " are too many",
                         gguf_path(reader->gguf), shape->heads, key_length);
    }
    shape->head_size = key_length;
    return STATUS_OK;
}

static bool string_is(struct gguf_string text, const char *expected)
{
    return text.length == strlen(expected) && memcmp(text.data, expected, text.length) == 0;
}

/* Any <architecture>.rope.scaling.* key but those read here would change the angles. */
static enum status check_scaling_keys(struct config_reader *reader)
{
    static const char *const honoured[] = {"type", "factor", "finetuned", "original_context_length",
                                           "attn_factor"};
    char prefix[64];
    int length = snprintf(prefix, sizeof prefix, "%s.rope.scaling.", reader->config->architecture);
    size_t skip = (size_t)length;
    for (size_t i = 0; i < gguf_pair_count(reader->gguf); i++) {
        struct gguf_string key = gguf_pair_at(reader->gguf, i)->key;
        if (key.length < skip || memcmp(key.data, prefix, skip) != 0) {
            continue;
        }
        bool known = false;
        struct gguf_string rest = {key.data + skip, key.length - skip};
        for (size_t j = 0; j < sizeof honoured / sizeof *honoured; j++) {
            known = known || string_is(rest, honoured[j]);
        }
        if (!known) {
            return error_set(reader->error, STATUS_INVALID, "%s: %.*s cannot be honoured",
                             gguf_path(reader->gguf), (int)(key.length < 100 ? key.length : 100),
                             key.data);
        }
    }
    return STATUS_OK;
}

/* Linear scaling is honoured, under its new and its old key; every other kind is refused. */
static enum status read_scaling(struct config_reader *reader)
{
    const struct gguf *gguf = reader->gguf;
    struct gguf_string type = {"linear", 6};
    float factor = 0.0F, attention = 1.0F;
    enum status status;
    if ((status = check_scaling_keys(reader)) ||
        (status = gguf_get_f32(gguf, key_of(reader, "rope.scale_linear"), false, &factor,
                               reader->error)) ||
        (status = gguf_get_f32(gguf, key_of(reader, "rope.scaling.factor"), false, &factor,
                               reader->error)) ||
        (status = gguf_get_f32(gguf, key_of(reader, "rope.scaling.attn_factor"), false, &attention,
                               reader->error)) ||
        (status = gguf_get_string(gguf, key_of(reader, "rope.scaling.type"), false, &type,
                                  reader->error))) {
        return status;
    }
    if (!string_is(type, "linear") && !string_is(type, "none")) {
        return error_set(reader->error, STATUS_INVALID,
                         "%s: %s \"%.*s\" cannot be honoured, expected none or linear",
                         gguf_path(gguf), key_of(reader, "rope.scaling.type"),
                         (int)(type.length < 32 ? type.length : 32), type.data);
    }
    if (attention != 1.0F) {
        return error_set(reader->error, STATUS_INVALID, "%s: %s %g cannot be honoured",
                         gguf_path(gguf), key_of(reader, "rope.scaling.attn_factor"),
                         (double)attention);
    }
    if (!(factor >= 0.0F) || !isfinite(factor)) {
        return error_set(reader->error, STATUS_INVALID, "%s: %s is %g, expected a positive number",
                         gguf_path(gguf), key_of(reader, "rope.scaling.factor"), (double)factor);
    }
    reader->config->rope_scale = string_is(type, "none") || factor == 0.0F ? 1.0F : factor;
    return STATUS_OK;
}

static enum status read_rope(struct config_reader *reader)
{
    struct model_config *config = reader->config;
    config->rope_base = 10000.0F;
    config->rope_dimensions = config->shape.head_size;
    enum status status;
    if ((status = read_u32(reader, "rope.dimension_count", false, 2, config->shape.head_size,
                           &config->rope_dimensions)) ||
        (status = gguf_get_f32(reader->gguf, key_of(reader, "rope.freq_base"), false,
                               &config->rope_base, reader->error)) ||
        (status = read_scaling(reader))) {
        return status;
    }
    if (config->rope_dimensions % 2 != 0) {
        return error_set(reader->error, STATUS_INVALID,
                         "%s: rope rotates %" PRIu32 " dimensions, expected an even number",
                         gguf_path(reader->gguf), config->rope_dimensions);
    }
    if (!(config->rope_base > 0.0F) || !isfinite(config->rope_base)) {
        return error_set(reader->error, STATUS_INVALID, "%s: %s is %g, expected a positive number",
                         gguf_path(reader->gguf), key_of(reader, "rope.freq_base"),
                         (double)config->rope_base);
    }
    return STATUS_OK;
}

enum status model_config_read(const struct gguf *gguf, struct model_config *config,
                              struct error *error)
{
    *config = (struct model_config){0};
    struct config_reader *reader = memory_new(1, sizeof *reader, error);
    if (reader == NULL) {
        return STATUS_MEMORY;
    }
    reader->gguf = gguf;
    reader->config = config;
    reader->error = error;
    enum status status;
    if ((status = read_architecture(reader)) || (status = read_name(reader)) ||
        (status = read_sizes(reader)) || (status = read_layers(reader)) ||
        (status = read_head_size(reader)) || (status = read_rope(reader)) ||
        (status = config_read_tensors(reader))) {
        model_config_release(config);
    } else {
        config->shape.file_bytes = gguf_file_bytes(gguf);
        extract_metadata_cost(gguf, config, &config->shape.metadata);
    }
    memory_free(reader->place);
    memory_free(reader);
    return status;
}

void model_config_release(struct model_config *config)
{
    arch_shape_release(&config->shape);
}
