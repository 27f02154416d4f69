/* model/config_tensors: the tensor list of a model file, checked against its metadata. */
#include "base/memory.h"
#include "config_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static enum status read_tensors(struct config_reader *reader)
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
static enum status check_tensor(struct config_reader *reader, enum tensor_role role, uint32_t layer,
                                bool required, uint64_t columns, uint64_t rows)
{
    uint32_t place = reader->place[layer][role];
    char name[64];
    role_tensor_name(role, layer, name);
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

static enum status check_all(struct config_reader *reader, uint32_t layer,
                             const struct expectation *expected, size_t count)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        status = check_tensor(reader, expected[i].role, layer, expected[i].required,
                              expected[i].columns, expected[i].rows);
    }
    return status;
}

static enum status check_layer(struct config_reader *reader, uint32_t l)
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

static enum status check_tensors(struct config_reader *reader)
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

enum status config_read_tensors(struct config_reader *reader)
{
    enum status status = read_tensors(reader);
    return status == STATUS_OK ? check_tensors(reader) : status;
}
