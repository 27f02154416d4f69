/* config.json and generation_config.json. Values that transformers 4 and 5 call differently are
 * written under both names. */
#include "folder_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status folder_json(json_t *value, bool indented, struct buf *out, struct error *error)
{
    enum status status =
        value != NULL ? json_format(value, !indented, out, error) : error_memory(error, 0);
    json_decref(value);
    return status;
}

/* The shortest decimal that is this float: 1e-05, not 9.99999974738e-06. */
static json_t *short_number(float value)
{
    char text[32];
    for (int digits = 1; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return json_real(strtod(text, NULL));
}

/* The llama3 scaling whose factors these are. GGUF keeps the factors alone: the last is `factor`;
 * of the other three those that Llama 3.1 to 3.3 have are tried. */
static bool find_scaling(const float *factor, float base, uint32_t dimensions,
                         struct rope_scaling *scaling)
{
    float made[ARCH_MAX_LAYERS * 4];
    const uint32_t count = dimensions / 2;
    if (count == 0 || count > sizeof made / sizeof *made)
        return false;
    *scaling = (struct rope_scaling){ROPE_LLAMA3, (double)factor[count - 1], 1, 4, 8192};
    hugging_face_rope_factors(scaling, (double)base, dimensions, made);
    for (uint32_t i = 0; i < count; i++)
        if (!(fabsf(made[i] - factor[i]) <= 1e-5F * fabsf(factor[i])))
            return false;
    return true;
}

static enum status add_rope(json_t *object, const struct supernet *supernet, struct error *error)
{
    const struct model_config *config = supernet_config(supernet);
    const struct gguf_tensor *factors =
        gguf_tensor_find(supernet_gguf(supernet), "rope_freqs.weight");
    json_t *scaling = NULL;
    struct rope_scaling found;
    if (config->rope_dimensions != config->shape.head_size)
        return error_set(error, STATUS_INVALID,
                         "%u of %u dimensions rotate, which transformers' LLaMA cannot",
                         config->rope_dimensions, config->shape.head_size);
    if (config->has_rope_factors &&
        (config->rope_scale != 1 ||
         !find_scaling(factors->data, config->rope_base, config->rope_dimensions, &found)))
        return error_set(error, STATUS_INVALID,
                         "rope_freqs.weight has other factors than Llama 3's scaling gives: "
                         "config.json cannot tell them");
    if (config->has_rope_factors)
        scaling = json_pack("{s:s,s:o,s:f,s:f,s:i}", "rope_type", "llama3", "factor",
                            short_number((float)found.factor), "low_freq_factor", found.low,
                            "high_freq_factor", found.high, "original_max_position_embeddings",
                            (int)found.original);
    else if (config->rope_scale != 1)
        scaling = json_pack("{s:s,s:o}", "rope_type", "linear", "factor",
                            short_number(config->rope_scale));
    json_t *theta = short_number(config->rope_base);
    json_t *parameters =
        scaling != NULL ? json_deep_copy(scaling) : json_pack("{s:s}", "rope_type", "default");
    json_object_set(parameters, "rope_theta", theta);
    json_object_set_new(object, "rope_theta", theta);
    json_object_set_new(object, "rope_scaling", scaling != NULL ? scaling : json_null());
    json_object_set_new(object, "rope_parameters", parameters);
    return STATUS_OK;
}

static const char *dtype_name(enum weight_type type)
{
    return type == WEIGHT_F16 ? "float16" : type == WEIGHT_BF16 ? "bfloat16" : "float32";
}

static json_t *id_or_null(int32_t id)
{
    return id >= 0 ? json_integer(id) : json_null();
}

static json_t *sorted_layers(const struct supernet *supernet, const struct arch_plan *plan)
{
    bool sorted[ARCH_MAX_LAYERS];
    json_t *list = json_array();
    extract_fill_sorted(supernet_gguf(supernet), supernet_config(supernet), plan, sorted);
    for (uint32_t i = 0; i < plan->layers; i++)
        json_array_append_new(list, json_boolean(sorted[i]));
    return list;
}

enum status folder_config(const struct supernet *supernet, const struct tokenizer *tokenizer,
                          const struct arch_plan *plan, const struct folder_weights *weights,
                          const char *source_sha256, struct buf *config, struct buf *generation,
                          struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    const int32_t bos = tokenizer != NULL ? tokenizer_bos(tokenizer) : -1;
    const int32_t eos = tokenizer != NULL ? tokenizer_eos(tokenizer) : -1;
    const char *dtype = dtype_name(weights->type);
    json_t *object = json_pack(
        "{s:[s],s:s,s:s,s:s,s:s,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:i,s:o,s:b,s:b,s:b,s:o,s:o}",
        "architectures", "LlamaForCausalLM", "model_type", "llama", "dtype", dtype, "torch_dtype",
        dtype, "hidden_act", "silu", "num_hidden_layers", (int)plan->layers, "hidden_size",
        (int)shape->hidden, "intermediate_size", (int)plan->width[0], "num_attention_heads",
        (int)plan->heads[0], "num_key_value_heads", (int)plan->kv_heads[0], "head_dim",
        (int)shape->head_size, "vocab_size", (int)shape->vocabulary, "max_position_embeddings",
        (int)shape->context, "rms_norm_eps", short_number(supernet_config(supernet)->rms_epsilon),
        "tie_word_embeddings", (int)shape->tied_output, "attention_bias",
        (int)weights->attention_bias, "mlp_bias", (int)weights->mlp_bias, "bos_token_id",
        id_or_null(bos), "eos_token_id", id_or_null(eos));
    if (object == NULL)
        return error_memory(error, 0);
    json_object_set_new(object, KEY_CODE, json_string(plan->code.text));
    json_object_set_new(object, KEY_SOURCE, json_string(source_sha256));
    json_object_set_new(object, KEY_SORTED, sorted_layers(supernet, plan));
    enum status status = add_rope(object, supernet, error);
    if (status != STATUS_OK)
        json_decref(object);
    else
        status = folder_json(object, true, config, error);
    return status == STATUS_OK
               ? folder_json(json_pack("{s:b,s:o,s:o}", "_from_model_config", 1, "bos_token_id",
                                       id_or_null(bos), "eos_token_id", id_or_null(eos)),
                             true, generation, error)
               : status;
}
