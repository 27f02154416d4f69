/* The weights of a Hugging Face folder, placed where a GGUF would have them. Matrices stay in their
 * files; q and k, whose rotary halves GGUF has alternating, by gguf_tensor's `halves`. Vectors,
 * which are F32 in a GGUF, are made. Invariant: every tensor of the files has its place, or is one
 * that carries nothing. */
#include "hugging_face_private.h"

#include "base/memory.h"
#include "extract_private.h"
#include "num/quant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* [layer][role]; layer 0 has those outside layers too. */
typedef const struct safetensor *places[ROLES];

void hugging_face_weights_free(void *owner)
{
    struct hugging_face_weights *weights = owner;
    if (weights == NULL)
        return;
    for (size_t i = 0; i < weights->files; i++)
        safetensors_close(weights->file[i]);
    for (size_t i = 0; i < weights->made_count; i++)
        memory_free(weights->made[i]);
    memory_free(weights->file);
    memory_free(weights->made);
    memory_free(weights->place);
    memory_free(weights);
}

enum status hugging_face_weights_open(const char *folder, struct hugging_face_weights *weights,
                                      struct error *error)
{
    struct model_files files = {0};
    size_t capacity = 0;
    enum status status = hugging_face_weight_files(folder, &files, &capacity, error);
    if (status == STATUS_OK) {
        weights->file = memory_new(files.count, sizeof *weights->file, error);
        status = weights->file != NULL ? STATUS_OK : STATUS_MEMORY;
    }
    for (size_t i = 0; status == STATUS_OK && i < files.count; i++) {
        status = safetensors_open(files.path[i], &weights->file[weights->files], error);
        weights->files += status == STATUS_OK;
    }
    model_files_release(&files);
    return status;
}

/* ---- which tensor is which ---- */

static bool find_role(const char *name, enum tensor_role *role, uint32_t *layer)
{
    unsigned number = 0;
    int used = 0;
    const bool in_layer = sscanf(name, "model.layers.%3u.%n", &number, &used) == 1 && used > 0;
    for (int r = 0; r < ROLES; r++) {
        char expected[128];
        if (hugging_face_names[r] == NULL || role_table[r].in_layer != in_layer)
            continue;
        hugging_face_tensor_name((enum tensor_role)r, number, expected);
        if (strcmp(name, expected) == 0) {
            *role = (enum tensor_role)r;
            *layer = number;
            return true;
        }
    }
    return false;
}

/* Buffers that old checkpoints have, computed from the configuration. */
static bool carries_nothing(const char *name)
{
    static const char suffix[] = ".rotary_emb.inv_freq";
    const size_t length = strlen(name);
    return length > sizeof suffix && strcmp(name + length + 1 - sizeof suffix, suffix) == 0;
}

static enum status place_file(const struct safetensors *file,
                              const struct hugging_face_config *config, places *place,
                              struct error *error)
{
    for (size_t i = 0; i < safetensors_count(file); i++) {
        const struct safetensor *tensor = safetensors_at(file, i);
        enum tensor_role role;
        uint32_t layer;
        if (carries_nothing(tensor->name))
            continue;
        if (!find_role(tensor->name, &role, &layer) || layer >= config->layers)
            return error_set(error, STATUS_INVALID,
                             "%s: tensor %.100s has no place in a LLaMA model of %" PRIu32
                             " layers",
                             safetensors_path(file), tensor->name, config->layers);
        if (role == ROLE_OUTPUT && config->tied)
            continue;
        if (place[layer][role] != NULL)
            return error_set(error, STATUS_INVALID, "%s: tensor %.100s is in another file, too",
                             safetensors_path(file), tensor->name);
        place[layer][role] = tensor;
    }
    return STATUS_OK;
}

static bool is_bias(enum tensor_role role)
{
    return role_table[role].in_layer && !role_table[role].matrix && role != ROLE_ATTN_NORM &&
           role != ROLE_FFN_NORM;
}

static enum status check_complete(const char *folder, const struct hugging_face_config *config,
                                  const places *place, struct error *error)
{
    for (uint32_t l = 0; l < config->layers; l++)
        for (int r = 0; r < ROLES; r++) {
            const enum tensor_role role = (enum tensor_role)r;
            char name[128];
            const bool needed = hugging_face_names[r] != NULL && !is_bias(role) &&
                                (role_table[r].in_layer || l == 0) &&
                                !(role == ROLE_OUTPUT && config->tied);
            if (!needed || place[l][r] != NULL)
                continue;
            hugging_face_tensor_name(role, l, name);
            return error_set(error, STATUS_INVALID, "%s: tensor %s is missing", folder, name);
        }
    const struct safetensor *embedding = place[0][ROLE_TOKEN_EMBD];
    if (embedding->dimensions == 2 && embedding->size[0] != config->vocabulary)
        return error_set(error, STATUS_INVALID,
                         "%s: vocab_size is %" PRIu32 ", but the embedding has %" PRIu64 " rows",
                         folder, config->vocabulary, embedding->size[0]);
    return STATUS_OK;
}

/* ---- where its data is ---- */

static enum status add_place(struct hugging_face_weights *weights, const struct gguf_place *place,
                             struct error *error)
{
    enum status status = memory_reserve(&weights->place, &weights->place_capacity,
                                        weights->places + 1, sizeof *weights->place, error);
    if (status == STATUS_OK)
        weights->place[weights->places++] = *place;
    return status;
}

/* `count` floats that live as long as the weights. */
static enum status make_floats(struct hugging_face_weights *weights, uint64_t count, float **floats,
                               struct error *error)
{
    enum status status = memory_reserve(&weights->made, &weights->made_capacity,
                                        weights->made_count + 1, sizeof *weights->made, error);
    *floats = status == STATUS_OK ? memory_new((size_t)count, sizeof **floats, error) : NULL;
    if (*floats == NULL)
        return STATUS_MEMORY;
    weights->made[weights->made_count++] = *floats;
    return STATUS_OK;
}

static enum status declare_vector(struct hugging_face_weights *weights, enum weight_type type,
                                  const struct safetensor *tensor, uint32_t halves,
                                  struct gguf_writer *writer, const char *name, struct error *error)
{
    const uint64_t size[1] = {tensor->size[0]};
    float *floats = NULL, *decoded = memory_new((size_t)size[0], sizeof *decoded, error);
    enum status status =
        decoded != NULL ? make_floats(weights, size[0], &floats, error) : STATUS_MEMORY;
    if (status == STATUS_OK) {
        quant_decode(type, tensor->data, decoded, (size_t)size[0]);
        /* as a matrix of one column, so that its rows are found the same way */
        const struct gguf_tensor rows = {
            .type = WEIGHT_F32, .size = {1, size[0], 1, 1}, .data = decoded, .halves = halves};
        for (uint64_t i = 0; i < size[0]; i++)
            memcpy(&floats[i], gguf_tensor_row(&rows, i), sizeof *floats);
        status = gguf_writer_tensor(writer, name, 1, size, WEIGHT_F32, error);
    }
    memory_free(decoded);
    return status == STATUS_OK
               ? add_place(weights, &(struct gguf_place){floats, 4 * size[0], 0, true}, error)
               : status;
}

static enum status declare_tensor(struct hugging_face_weights *weights, const char *folder,
                                  const struct hugging_face_config *config, enum tensor_role role,
                                  uint32_t layer, const struct safetensor *tensor,
                                  struct gguf_writer *writer, struct error *error)
{
    static const char *const dtypes[] = {"F32", "F16", "BF16"};
    static const enum weight_type types[] = {WEIGHT_F32, WEIGHT_F16, WEIGHT_BF16};
    const bool matrix = role_table[role].matrix;
    const bool rotary = role == ROLE_ATTN_Q || role == ROLE_ATTN_K || role == ROLE_ATTN_Q_BIAS ||
                        role == ROLE_ATTN_K_BIAS;
    const uint32_t halves = rotary ? config->head_size : 0;
    char name[64];
    size_t kind = 0;
    while (kind < 3 && strcmp(dtypes[kind], tensor->dtype) != 0)
        kind++;
    if (kind == 3)
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %.100s has dtype %.20s, expected F32, F16 or BF16", folder,
                         tensor->name, tensor->dtype);
    if (tensor->dimensions != (matrix ? 2u : 1u) || tensor->bytes == 0 ||
        (rotary && tensor->size[0] % halves != 0))
        return error_set(error, STATUS_INVALID,
                         "%s: tensor %.100s has another shape than config.json says", folder,
                         tensor->name);
    role_tensor_name(role, layer, name);
    if (!matrix)
        return declare_vector(weights, types[kind], tensor, halves, writer, name, error);
    if (role != ROLE_TOKEN_EMBD && role != ROLE_OUTPUT)
        weights->file_type = weight_type_by_id((uint32_t)types[kind])->file_type;
    const uint64_t size[2] = {tensor->size[1], tensor->size[0]};
    enum status status = gguf_writer_tensor(writer, name, 2, size, types[kind], error);
    return status == STATUS_OK
               ? add_place(weights,
                           &(struct gguf_place){tensor->data, tensor->bytes, halves, false}, error)
               : status;
}

static enum status declare_factors(struct hugging_face_weights *weights,
                                   const struct hugging_face_config *config,
                                   struct gguf_writer *writer, struct error *error)
{
    const uint64_t size[1] = {config->head_size / 2};
    char name[64];
    float *factor;
    enum status status = make_floats(weights, size[0], &factor, error);
    if (status != STATUS_OK)
        return status;
    hugging_face_rope_factors(&config->scaling, config->rope_base, config->head_size, factor);
    role_tensor_name(ROLE_ROPE_FREQS, 0, name);
    status = gguf_writer_tensor(writer, name, 1, size, WEIGHT_F32, error);
    return status == STATUS_OK
               ? add_place(weights, &(struct gguf_place){factor, 4 * size[0], 0, true}, error)
               : status;
}

enum status hugging_face_weights_declare(struct hugging_face_weights *weights, const char *folder,
                                         const struct hugging_face_config *config,
                                         struct gguf_writer *writer, struct error *error)
{
    places *place = memory_new(config->layers, sizeof *place, error);
    enum status status = place != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < weights->files; i++)
        status = place_file(weights->file[i], config, place, error);
    if (status == STATUS_OK)
        status = check_complete(folder, config, (const places *)place, error);
    if (status == STATUS_OK && config->scaling.kind == ROPE_LLAMA3)
        status = declare_factors(weights, config, writer, error);
    for (uint32_t l = 0; l < config->layers; l++)
        for (int r = 0; r < ROLES; r++)
            if (status == STATUS_OK && place[l][r] != NULL)
                status = declare_tensor(weights, folder, config, (enum tensor_role)r, l,
                                        place[l][r], writer, error);
    memory_free(place);
    return status;
}
