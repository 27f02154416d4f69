/* model/config: from GGUF metadata and tensor list to the checked shape of a model. Invariant: when
 * it returns STATUS_OK, every tensor that a layer of the shape needs is present with the size that
 * the metadata promises, every tensor of the file has a known role, and nothing that changes the
 * model's output (experts, unknown rope scaling) is left unread. */
#include "model/config.h"

#include "base/memory.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_SIZE                                                                                 \
    (1U << 24) /* of hidden, intermediate, vocabulary, context: products stay in 64 bits */

/* The metadata while it is being read. */
struct reader {
    const struct gguf *gguf;
    struct model_config *config;
    struct error *error;
    uint32_t heads[ARCH_MAX_LAYERS], kv_heads[ARCH_MAX_LAYERS], width[ARCH_MAX_LAYERS];
    uint32_t key_length;
    /* [layer][role]: index of the tensor in the file + 1; layer 0 holds those outside layers too */
    uint32_t (*place)[ROLES];
    char key[128];
};

static const char *key_of(struct reader *reader, const char *suffix)
{
    snprintf(reader->key, sizeof reader->key, "%s.%s", reader->config->architecture, suffix);
    return reader->key;
}

static enum status read_u32(struct reader *reader, const char *suffix, bool required,
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

static enum status read_architecture(struct reader *reader)
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
static enum status read_name(struct reader *reader)
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

static enum status read_sizes(struct reader *reader)
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
static enum status read_layers(struct reader *reader)
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

static enum status read_head_size(struct reader *reader)
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
static enum status check_scaling_keys(struct reader *reader)
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
static enum status read_scaling(struct reader *reader)
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

static enum status read_rope(struct reader *reader)
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

/* The role of a tensor name and its layer; false: unknown. */
static bool find_role(const char *name, enum tensor_role *role, uint32_t *layer)
{
    unsigned number = 0;
    int used = 0;
    bool in_layer = sscanf(name, "blk.%3u.%n", &number, &used) == 1 && used > 0;
    for (size_t r = 0; r < ROLES; r++) {
        char expected[64];
        if (role_table[r].in_layer != in_layer) {
            continue;
        }
        /* Printing the number again refuses spellings like "blk.+1" and "blk.01". */
        const char *rest = strchr(role_table[r].name, '%');
        if (in_layer) {
            snprintf(expected, sizeof expected, "blk.%u%s", number, rest + 2);
        } else {
            snprintf(expected, sizeof expected, "%s", role_table[r].name);
        }
        if (strcmp(name, expected) == 0) {
            *role = (enum tensor_role)r;
            *layer = number;
            return true;
        }
    }
    return false;
}

static enum status read_tensors(struct reader *reader)
{
    struct arch_shape *shape = &reader->config->shape;
    size_t count = gguf_tensor_count(reader->gguf);
    shape->tensor = memory_new(count, sizeof *shape->tensor, reader->error);
    reader->place = memory_new(shape->layers, sizeof *reader->place, reader->error);
    if (shape->tensor == NULL || reader->place == NULL) {
        return STATUS_MEMORY;
    }
    shape->tensors = count;
    for (size_t i = 0; i < count; i++) {
        const struct gguf_tensor *tensor = gguf_tensor_at(reader->gguf, i);
        enum tensor_role role;
        uint32_t layer;
        if (!find_role(tensor->name, &role, &layer)) {
            return error_set(reader->error, STATUS_INVALID,
                             "%s: tensor %s has no place in a llama or deci model",
                             gguf_path(reader->gguf), tensor->name);
        }
        if (layer >= shape->layers || tensor->size[2] != 1 || tensor->size[3] != 1) {
            return error_set(reader->error, STATUS_INVALID,
                             "%s: tensor %s: expected a layer below %" PRIu32
                             " and at most two dimensions",
                             gguf_path(reader->gguf), tensor->name, shape->layers);
        }
        shape->tensor[i] = (struct arch_tensor){.role = role,
                                                .layer = layer,
                                                .dimensions = tensor->dimensions,
                                                .columns = tensor->size[0],
                                                .rows = tensor->size[1],
                                                .type = tensor->type};
        reader->place[layer][role] = (uint32_t)(i + 1);
    }
    return STATUS_OK;
}

/* `rows` 1 stands for a vector, which is F32. */
static enum status check_tensor(struct reader *reader, enum tensor_role role, uint32_t layer,
                                bool required, uint64_t columns, uint64_t rows)
{
    uint32_t place = reader->place[layer][role];
    char name[64];
    const char *pattern = role_table[role].name, *rest = strchr(pattern, '%');
    if (rest == NULL) {
        snprintf(name, sizeof name, "%s", pattern);
    } else {
        snprintf(name, sizeof name, "blk.%" PRIu32 "%s", layer, rest + 2);
    }
    if (place == 0) {
        return required ? error_set(reader->error, STATUS_INVALID, "%s: tensor %s is missing",
                                    gguf_path(reader->gguf), name)
                        : STATUS_OK;
    }
    const struct arch_tensor *tensor = &reader->config->shape.tensor[place - 1];
    if (tensor->columns != columns || tensor->rows != rows) {
        return error_set(
            reader->error, STATUS_INVALID,
            "%s: tensor %s is %" PRIu64 " x %" PRIu64 ", expected %" PRIu64 " x %" PRIu64,
            gguf_path(reader->gguf), name, tensor->columns, tensor->rows, columns, rows);
    }
    if (!role_table[role].matrix && tensor->type != WEIGHT_F32) {
        return error_set(reader->error, STATUS_INVALID, "%s: tensor %s is not F32",
                         gguf_path(reader->gguf), name);
    }
    return STATUS_OK;
}

struct expectation {
    enum tensor_role role;
    bool required;
    uint64_t columns, rows;
};

static enum status check_all(struct reader *reader, uint32_t layer,
                             const struct expectation *expected, size_t count)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = check_tensor(reader, expected[i].role, layer, expected[i].required,
                              expected[i].columns, expected[i].rows);
    }
    return status;
}

static enum status check_layer(struct reader *reader, uint32_t l)
{
    const struct arch_shape *shape = &reader->config->shape;
    const struct arch_layer_shape *layer = &shape->layer[l];
    uint64_t hidden = shape->hidden, width = layer->intermediate;
    uint64_t q = (uint64_t)layer->heads * shape->head_size;
    uint64_t kv = (uint64_t)layer->kv_heads * shape->head_size;
    const struct expectation attention[] = {
        {ROLE_ATTN_NORM, true, hidden, 1},         {ROLE_ATTN_Q, true, hidden, q},
        {ROLE_ATTN_K, true, hidden, kv},           {ROLE_ATTN_V, true, hidden, kv},
        {ROLE_ATTN_OUTPUT, true, q, hidden},       {ROLE_ATTN_Q_BIAS, false, q, 1},
        {ROLE_ATTN_K_BIAS, false, kv, 1},          {ROLE_ATTN_V_BIAS, false, kv, 1},
        {ROLE_ATTN_OUTPUT_BIAS, false, hidden, 1},
    };
    const struct expectation mlp[] = {
        {ROLE_FFN_NORM, true, hidden, 1},       {ROLE_FFN_GATE, true, hidden, width},
        {ROLE_FFN_UP, true, hidden, width},     {ROLE_FFN_DOWN, true, width, hidden},
        {ROLE_FFN_GATE_BIAS, false, width, 1},  {ROLE_FFN_UP_BIAS, false, width, 1},
        {ROLE_FFN_DOWN_BIAS, false, hidden, 1},
    };
    enum status status = STATUS_OK;
    for (size_t r = 0; r < ROLES; r++) {
        const struct role_info *role = &role_table[r];
        if (reader->place[l][r] != 0 && role->in_layer &&
            ((role->attention && !layer->attention) || (role->mlp && !layer->mlp))) {
            return error_set(
                reader->error, STATUS_INVALID,
                "%s: tensor %s is there, but the metadata gives the layer no such part",
                gguf_path(reader->gguf),
                gguf_tensor_at(reader->gguf, reader->place[l][r] - 1)->name);
        }
    }
    if (layer->attention) {
        status = check_all(reader, l, attention, sizeof attention / sizeof *attention);
    }
    if (status == STATUS_OK && layer->mlp) {
        status = check_all(reader, l, mlp, sizeof mlp / sizeof *mlp);
    }
    return status;
}

static enum status check_tensors(struct reader *reader)
{
    struct arch_shape *shape = &reader->config->shape;
    uint32_t place = reader->place[0][ROLE_TOKEN_EMBD];
    uint64_t vocabulary = place == 0 ? 0 : shape->tensor[place - 1].rows;
    if (place != 0 && (vocabulary == 0 || vocabulary > LIMIT_SIZE)) {
        return error_set(reader->error, STATUS_INVALID,
                         "%s: token_embd.weight has %" PRIu64 " rows, expected 1 to %u",
                         gguf_path(reader->gguf), vocabulary, LIMIT_SIZE);
    }
    shape->vocabulary = (uint32_t)vocabulary;
    shape->tied_output = reader->place[0][ROLE_OUTPUT] == 0;
    reader->config->has_rope_factors = reader->place[0][ROLE_ROPE_FREQS] != 0;
    const struct expectation outside[] = {
        {ROLE_TOKEN_EMBD, true, shape->hidden, vocabulary},
        {ROLE_OUTPUT_NORM, true, shape->hidden, 1},
        {ROLE_OUTPUT, false, shape->hidden, vocabulary},
        {ROLE_ROPE_FREQS, false, reader->config->rope_dimensions / 2, 1},
    };
    enum status status = check_all(reader, 0, outside, sizeof outside / sizeof *outside);
    for (uint32_t l = 0; l < shape->layers && status == STATUS_OK; l++) {
        status = check_layer(reader, l);
    }
    return status;
}

enum status model_config_read(const struct gguf *gguf, struct model_config *config,
                              struct error *error)
{
    *config = (struct model_config){0};
    struct reader *reader = memory_new(1, sizeof *reader, error);
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
        (status = read_tensors(reader)) || (status = check_tensors(reader))) {
        model_config_release(config);
    }
    config->shape.file_bytes = gguf_file_bytes(gguf);
    config->shape.metadata.alignment = gguf_alignment(gguf);
    memory_free(reader->place);
    memory_free(reader);
    return status;
}

void model_config_release(struct model_config *config)
{
    arch_shape_release(&config->shape);
}
