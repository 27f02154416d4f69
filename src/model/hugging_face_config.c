/* config.json of a LLaMA model (LlamaForCausalLM, and MistralForCausalLM where its window is the
 * whole context). Invariant: what it says and this program does not do is refused by name. Defaults
 * of absent values: transformers' LlamaConfig. */
#include "extract_private.h"
#include "hugging_face_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct reading {
    const char *path; /* of config.json, for messages */
    const json_t *object;
    struct error *error;
};

/* JSON's null is as good as absent. */
static const json_t *value_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static enum status read_whole(const struct reading *r, const char *key, bool required,
                              uint32_t *value)
{
    const json_t *given = value_of(r->object, key);
    if (given == NULL && !required)
        return STATUS_OK;
    if (!json_is_integer(given) || json_integer_value(given) < 1 ||
        json_integer_value(given) > 1 << 24)
        return error_set(r->error, STATUS_INVALID,
                         "%s: %s is %s, a whole number from 1 to 16777216 expected", r->path, key,
                         given == NULL ? "absent" : "something else");
    *value = (uint32_t)json_integer_value(given);
    return STATUS_OK;
}

static enum status read_positive(const struct reading *r, const json_t *object, const char *key,
                                 bool required, double *value)
{
    const json_t *given = value_of(object, key);
    if (given == NULL && !required)
        return STATUS_OK;
    if (!json_is_number(given) || !(json_number_value(given) > 0) ||
        !isfinite((float)json_number_value(given)))
        return error_set(r->error, STATUS_INVALID, "%s: %s is %s, a number above 0 expected",
                         r->path, key, given == NULL ? "absent" : "something else");
    *value = json_number_value(given);
    return STATUS_OK;
}

static enum status refuse(const struct reading *r, const char *key, const char *why)
{
    return error_set(r->error, STATUS_INVALID, "%s: %s cannot be honoured: %s", r->path, key, why);
}

/* ---- what model it is ---- */

static enum status check_architecture(const struct reading *r)
{
    const char *name =
        json_string_value(json_array_get(json_object_get(r->object, "architectures"), 0));
    const char *type = json_string_value(json_object_get(r->object, "model_type"));
    const bool llama = name != NULL ? strcmp(name, "LlamaForCausalLM") == 0
                                    : type != NULL && strcmp(type, "llama") == 0;
    const bool mistral = name != NULL ? strcmp(name, "MistralForCausalLM") == 0
                                      : type != NULL && strcmp(type, "mistral") == 0;
    if (!llama && !mistral)
        return error_set(r->error, STATUS_INVALID,
                         "%s: the architecture is %.60s, expected LlamaForCausalLM or "
                         "MistralForCausalLM",
                         r->path,
                         name != NULL   ? name
                         : type != NULL ? type
                                        : "not said");
    const json_t *window = value_of(r->object, "sliding_window");
    const json_t *context = value_of(r->object, "max_position_embeddings");
    if (mistral && window != NULL && json_number_value(window) < json_number_value(context))
        return refuse(r, "sliding_window", "attention here reaches over the whole context");
    return STATUS_OK;
}

static enum status check_kinds(const struct reading *r)
{
    const json_t *activation = value_of(r->object, "hidden_act");
    const json_t *partial = value_of(r->object, "partial_rotary_factor");
    const char *name = json_string_value(activation);
    if (activation != NULL && (name == NULL || (strcmp(name, "silu") && strcmp(name, "swish"))))
        return refuse(r, "hidden_act", "silu is what is computed here");
    if (partial != NULL && json_number_value(partial) != 1)
        return refuse(r, "partial_rotary_factor", "all dimensions rotate here");
    if (value_of(r->object, "quantization_config") != NULL)
        return refuse(r, "quantization_config",
                      "weights in F32, F16 or BF16 are read (or a quantized GGUF file)");
    return STATUS_OK;
}

/* ---- rope ---- */

static enum status read_scaling(const struct reading *r, const json_t *object,
                                struct rope_scaling *scaling)
{
    const json_t *kind = value_of(object, "rope_type");
    if (kind == NULL)
        kind = value_of(object, "type");
    const char *name = json_string_value(kind);
    enum status status;
    *scaling = (struct rope_scaling){.kind = ROPE_PLAIN, .factor = 1};
    if (object == NULL || kind == NULL || (name != NULL && strcmp(name, "default") == 0))
        return STATUS_OK;
    if (name != NULL && strcmp(name, "linear") == 0)
        scaling->kind = ROPE_LINEAR;
    else if (name != NULL && strcmp(name, "llama3") == 0)
        scaling->kind = ROPE_LLAMA3;
    else
        return refuse(r, "rope_scaling", "its type is not default, linear or llama3");
    if ((status = read_positive(r, object, "factor", true, &scaling->factor)) != STATUS_OK ||
        scaling->kind == ROPE_LINEAR)
        return status;
    if ((status = read_positive(r, object, "low_freq_factor", true, &scaling->low)) ||
        (status = read_positive(r, object, "high_freq_factor", true, &scaling->high)) ||
        (status = read_positive(r, object, "original_max_position_embeddings", true,
                                &scaling->original)))
        return status;
    if (!(scaling->high > scaling->low))
        return refuse(r, "rope_scaling", "high_freq_factor is not above low_freq_factor");
    return STATUS_OK;
}

/* rope_theta and rope_scaling, or both in rope_parameters (transformers 5). */
static enum status read_rope(const struct reading *r, struct hugging_face_config *config)
{
    const json_t *parameters = value_of(r->object, "rope_parameters");
    const json_t *scaling = value_of(r->object, "rope_scaling");
    config->rope_base = 10000;
    enum status status = read_positive(r, r->object, "rope_theta", false, &config->rope_base);
    if (status == STATUS_OK)
        status = read_positive(r, parameters, "rope_theta", false, &config->rope_base);
    return status == STATUS_OK
               ? read_scaling(r, parameters != NULL ? parameters : scaling, &config->scaling)
               : status;
}

void hugging_face_rope_factors(const struct rope_scaling *scaling, double base, uint32_t dimensions,
                               float *factor)
{
    const double low = scaling->original / scaling->low, high = scaling->original / scaling->high;
    for (uint32_t i = 0; i < dimensions / 2; i++) {
        const double frequency = pow(base, -2.0 * i / dimensions);
        const double wave = 2 * acos(-1) / frequency;
        const double smooth =
            (scaling->original / wave - scaling->low) / (scaling->high - scaling->low);
        factor[i] = (float)(wave < high  ? 1
                            : wave > low ? scaling->factor
                                         : 1 / ((1 - smooth) / scaling->factor + smooth));
    }
}

/* ---- the whole ---- */

static int64_t first_id(const json_t *value)
{
    if (json_is_array(value))
        value = json_array_get(value, 0);
    return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value)
                                                                    : -1;
}

static enum status read_all(const struct reading *r, struct hugging_face_config *c)
{
    enum status status;
    c->context = 2048;
    c->rms_epsilon = 1e-6;
    if ((status = check_architecture(r)) || (status = check_kinds(r)) ||
        (status = read_whole(r, "num_hidden_layers", true, &c->layers)) ||
        (status = read_whole(r, "hidden_size", true, &c->hidden)) ||
        (status = read_whole(r, "intermediate_size", true, &c->intermediate)) ||
        (status = read_whole(r, "num_attention_heads", true, &c->heads)) ||
        (status = read_whole(r, "vocab_size", true, &c->vocabulary)) ||
        (status = read_whole(r, "max_position_embeddings", false, &c->context)) ||
        (status = read_positive(r, r->object, "rms_norm_eps", false, &c->rms_epsilon)) ||
        (status = read_rope(r, c)))
        return status;
    c->kv_heads = c->heads;
    c->head_size = c->hidden / c->heads;
    if ((status = read_whole(r, "num_key_value_heads", false, &c->kv_heads)) ||
        (status = read_whole(r, "head_dim", false, &c->head_size)))
        return status;
    if (c->layers > ARCH_MAX_LAYERS)
        return error_set(r->error, STATUS_INVALID,
                         "%s: num_hidden_layers is %" PRIu32 ", expected at most %d", r->path,
                         c->layers, ARCH_MAX_LAYERS);
    if (c->head_size < 2 || c->head_size % 2 != 0 || c->head_size > 65536)
        return error_set(r->error, STATUS_INVALID,
                         "%s: heads of %" PRIu32 " dimensions, an even number expected", r->path,
                         c->head_size);
    c->tied = json_is_true(json_object_get(r->object, "tie_word_embeddings"));
    c->bos = first_id(json_object_get(r->object, "bos_token_id"));
    c->eos = first_id(json_object_get(r->object, "eos_token_id"));
    return STATUS_OK;
}

enum status hugging_face_config_read(const char *folder, struct hugging_face_config *config,
                                     struct error *error)
{
    struct buf path;
    *config = (struct hugging_face_config){0};
    buf_init(&path);
    enum status status = hugging_face_path(folder, FILE_CONFIG, &path, error);
    if (status == STATUS_OK && !hugging_face_has(folder, FILE_CONFIG))
        status =
            error_set(error, STATUS_INVALID,
                      "%s is a folder without config.json (a model) and run.json (a run)", folder);
    if (status == STATUS_OK)
        status = json_read_file(path.data, &config->object, error);
    if (status == STATUS_OK)
        status = read_all(&(struct reading){path.data, config->object, error}, config);
    buf_release(&path);
    return status;
}

void hugging_face_config_release(struct hugging_face_config *config)
{
    json_decref(config->object);
    config->object = NULL;
}

/* What extraction told of the network that it wrote; nothing in folders of others. */
static enum status declare_origin(struct gguf_writer *w, const struct hugging_face_config *config,
                                  struct error *error)
{
    static const char *const keys[] = {KEY_CODE, KEY_SOURCE};
    const json_t *list = json_object_get(config->object, KEY_SORTED);
    uint8_t sorted[ARCH_MAX_LAYERS];
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < 2; i++) {
        const char *text = json_string_value(json_object_get(config->object, keys[i]));
        if (text != NULL)
            status = gguf_writer_string(w, keys[i], text, error);
    }
    if (json_array_size(list) != config->layers)
        return status;
    for (uint32_t l = 0; l < config->layers; l++)
        sorted[l] = json_is_true(json_array_get(list, l));
    return status == STATUS_OK
               ? gguf_writer_array(w, KEY_SORTED, GGUF_BOOL, sorted, config->layers, error)
               : status;
}

enum status hugging_face_config_declare(struct gguf_writer *w, const char *folder,
                                        const struct hugging_face_config *c, uint32_t file_type,
                                        struct error *e)
{
    char name[128];
    const struct {
        const char *key;
        uint32_t value;
    } whole[] = {
        {"general.file_type", file_type},
        {"llama.block_count", c->layers},
        {"llama.context_length", c->context},
        {"llama.embedding_length", c->hidden},
        {"llama.feed_forward_length", c->intermediate},
        {"llama.attention.head_count", c->heads},
        {"llama.attention.head_count_kv", c->kv_heads},
        {"llama.attention.key_length", c->head_size},
        {"llama.attention.value_length", c->head_size},
        {"llama.rope.dimension_count", c->head_size},
        {"llama.vocab_size", c->vocabulary},
    };
    enum status status = gguf_writer_string(w, "general.architecture", "llama", e);
    if (status == STATUS_OK)
        status =
            gguf_writer_string(w, "general.name", model_source_name(folder, name, sizeof name), e);
    for (size_t i = 0; status == STATUS_OK && i < sizeof whole / sizeof *whole; i++)
        status = gguf_writer_u32(w, whole[i].key, whole[i].value, e);
    if (status == STATUS_OK)
        status =
            gguf_writer_f32(w, "llama.attention.layer_norm_rms_epsilon", (float)c->rms_epsilon, e);
    if (status == STATUS_OK)
        status = gguf_writer_f32(w, "llama.rope.freq_base", (float)c->rope_base, e);
    if (status == STATUS_OK && c->scaling.kind == ROPE_LINEAR)
        status = gguf_writer_string(w, "llama.rope.scaling.type", "linear", e);
    if (status == STATUS_OK && c->scaling.kind == ROPE_LINEAR)
        status = gguf_writer_f32(w, "llama.rope.scaling.factor", (float)c->scaling.factor, e);
    return status == STATUS_OK ? declare_origin(w, c, e) : status;
}
