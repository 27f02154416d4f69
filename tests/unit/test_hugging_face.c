/* Hugging Face folders as others write them: in several files, with other spellings of the same;
 * and what is in config.json, tokenizer.json and the weights that cannot be honoured, refused by
 * name. */
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/json.h"
#include "model/folder.h"
#include "model/source.h"
#include "support.h"
#include "tiny_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder;
static char model[256], out[256];

static void must(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

/* A folder of a tiny model, anew; `code` of its three layers. */
static void make(bool sentencepiece, const char *text)
{
    const struct tiny_options tiny = {
        .layers = 3, .own_output = true, .sentencepiece = sentencepiece, .chat = true};
    const struct extract_options options = {
        .weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE}, .replace = true};
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct folder_result result;
    struct arch_code code;
    struct error error = {0};
    must(support_tiny_model(model, &tiny, &error), &error);
    must(supernet_open(model, &supernet, &error), &error);
    must(tokenizer_new(supernet_gguf(supernet), &tokenizer, &error), &error);
    must(arch_code_parse(supernet_shape(supernet), text, &code, &error), &error);
    must(folder_write(supernet, tokenizer, &code, &options, out, &result, &error), &error);
    assert_string_equal(result.no_tokenizer, "");
    tokenizer_free(tokenizer);
    supernet_close(supernet);
}

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    snprintf(model, sizeof model, "%s/model.gguf", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static const char *file(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", out, name);
    return path;
}

/* Puts JSON text at "a.b.0.c" of a file; NULL removes the key. */
static void edit(const char *name, const char *keys, const char *text)
{
    json_t *root, *at;
    char copy[128], *rest = copy;
    struct error error = {0};
    must(json_read_file(file(name), &root, &error), &error);
    snprintf(copy, sizeof copy, "%s", keys);
    at = root;
    for (char *key = strsep(&rest, "."); key != NULL; key = strsep(&rest, ".")) {
        json_t *value = rest != NULL   ? NULL
                        : text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL)
                                       : NULL;
        assert_true(rest != NULL || text == NULL || value != NULL);
        if (rest != NULL)
            at = json_is_array(at) ? json_array_get(at, strtoul(key, NULL, 10))
                                   : json_object_get(at, key);
        else if (json_is_array(at))
            json_array_set_new(at, strtoul(key, NULL, 10), value);
        else if (value != NULL)
            json_object_set_new(at, key, value);
        else
            json_object_del(at, key);
    }
    must(json_write_file(file(name), root, &error), &error);
    json_decref(root);
}

static enum status open_folder(struct supernet **supernet, struct tokenizer **tokenizer,
                               struct error *error)
{
    enum status status = supernet_open(out, supernet, error);
    *tokenizer = NULL;
    if (status == STATUS_OK) {
        status = tokenizer_new(supernet_gguf(*supernet), tokenizer, error);
        if (status != STATUS_OK)
            supernet_close(*supernet);
    }
    return status;
}

struct row {
    const char *file, *keys, *text, *part;
};

static void refused(const struct row *row, size_t count, bool sentencepiece)
{
    for (size_t i = 0; i < count; i++) {
        struct supernet *supernet;
        struct tokenizer *tokenizer;
        struct error error = {0};
        make(sentencepiece, "888");
        edit(row[i].file, row[i].keys, row[i].text);
        const enum status status = open_folder(&supernet, &tokenizer, &error);
        if (status != STATUS_INVALID || strstr(error.message, row[i].part) == NULL ||
            strstr(error.message, out) == NULL)
            fail_msg("%s: status %d, \"%s\", expected \"%s\"", row[i].keys, (int)status,
                     error.message, row[i].part);
    }
}

static void configurations(void **state)
{
    (void)state;
    static const struct row row[] = {
        {"config.json", "architectures", "[\"GPT2LMHeadModel\"]", "is GPT2LMHeadModel, expected"},
        {"config.json", "hidden_act", "\"gelu\"", "hidden_act cannot be honoured"},
        {"config.json", "partial_rotary_factor", "0.5", "partial_rotary_factor cannot"},
        {"config.json", "quantization_config", "{}", "quantization_config cannot be honoured"},
        {"config.json", "rope_parameters", "{\"rope_type\":\"yarn\",\"factor\":4}",
         "not default, linear or llama3"},
        {"config.json", "rope_parameters.rope_theta", "-1", "rope_theta is something else"},
        {"config.json", "rope_parameters",
         "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,\"high_freq_factor\":4,"
         "\"original_max_position_embeddings\":8192}",
         "high_freq_factor is not above"},
        {"config.json", "num_hidden_layers", NULL, "num_hidden_layers is absent"},
        {"config.json", "num_hidden_layers", "300", "expected at most 256"},
        {"config.json", "num_hidden_layers", "4",
         "model.layers.3.input_layernorm.weight is missing"},
        {"config.json", "num_hidden_layers", "2", "no place in a LLaMA model of 2 layers"},
        {"config.json", "hidden_size", "\"64\"", "hidden_size is something else"},
        {"config.json", "hidden_size", "0", "hidden_size is something else"},
        {"config.json", "intermediate_size", "99", "ffn_gate.weight is"},
        {"config.json", "num_key_value_heads", "3", "heads"},
        {"config.json", "head_dim", "15", "an even number expected"},
        {"config.json", "head_dim", "64", "has another shape than config.json says"},
        {"config.json", "vocab_size", "7", "vocab_size is 7, but the embedding has"},
        {"config.json", "rms_norm_eps", "0", "rms_norm_eps is something else"},
    };
    refused(row, sizeof row / sizeof *row, false);
}

static void mistral_without_a_window(void **state)
{
    (void)state;
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct error error = {0};
    make(false, "888");
    edit("config.json", "architectures", "[\"MistralForCausalLM\"]");
    edit("config.json", "sliding_window", "null");
    must(open_folder(&supernet, &tokenizer, &error), &error);
    tokenizer_free(tokenizer);
    supernet_close(supernet);
    edit("config.json", "sliding_window", "100");
    assert_int_equal(open_folder(&supernet, &tokenizer, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "sliding_window cannot be honoured"));
}

static void byte_level_tokenizers(void **state)
{
    (void)state;
    static const struct row row[] = {
        {"tokenizer.json", "model.type", "\"Unigram\"", "the model cannot be honoured: Unigram"},
        {"tokenizer.json", "model.merges", NULL, "BPE with vocab and merges is expected"},
        {"tokenizer.json", "model.merges.0", "\"ab\"", "a merge that is no pair"},
        {"tokenizer.json", "model.merges.0", "[\"a\"]", "a merge that is no pair"},
        {"tokenizer.json", "model.vocab.a", "1", "have the same id"},
        {"tokenizer.json", "model.vocab.a", "-1", "the id of the token"},
        {"tokenizer.json", "model.end_of_word_suffix", "\"</w>\"", "end_of_word_suffix cannot"},
        {"tokenizer.json", "normalizer", "{\"type\":\"NFC\"}", "the normalizer cannot be honoured"},
        {"tokenizer.json", "pre_tokenizer", "null", "it has no type"},
        {"tokenizer.json", "pre_tokenizer", "{\"type\":\"Whitespace\"}", "honoured: Whitespace"},
        {"tokenizer.json", "pre_tokenizer",
         "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":"
         "\"[a-z]+\"},\"behavior\":\"Isolated\",\"invert\":false},{\"type\":\"ByteLevel\","
         "\"add_prefix_space\":false,\"use_regex\":false}]}",
         "honoured: [a-z]+"},
        {"tokenizer.json", "pre_tokenizer", "{\"type\":\"ByteLevel\"}", "add_prefix_space"},
        {"tokenizer.json", "pre_tokenizer", "{\"type\":\"Digits\",\"individual_digits\":false}",
         "not individual"},
        {"tokenizer.json", "pre_tokenizer.pretokenizers.0", "{\"type\":\"Sequence\"}",
         "a Sequence in a Sequence"},
        {"tokenizer.json", "added_tokens", "[{\"id\":\"x\"}]", "has no id and content"},
    };
    refused(row, sizeof row / sizeof *row, false);
}

static void sentencepiece_tokenizers(void **state)
{
    (void)state;
    static const struct row row[] = {
        {"tokenizer.json", "normalizer", "null", "spaces do not become"},
        {"tokenizer.json", "normalizer", "{\"type\":\"Lowercase\"}", "honoured: Lowercase"},
        {"tokenizer.json", "pre_tokenizer",
         "{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"split\":true}",
         "a Metaspace that splits"},
        {"tokenizer.json", "pre_tokenizer", "{\"type\":\"Digits\"}", "honoured: Digits"},
    };
    refused(row, sizeof row / sizeof *row, true);
}

static void encode(const char *text, struct token_list *list)
{
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct error error = {0};
    must(open_folder(&supernet, &tokenizer, &error), &error);
    must(tokenizer_encode(tokenizer, text, strlen(text), true, false, list, &error), &error);
    tokenizer_free(tokenizer);
    supernet_close(supernet);
}

/* Metaspace for Prepend and Replace, merges as texts, a length of 10^30: what newer and older files
 * have in place of what is written here. */
static void other_spellings_are_the_same(void **state)
{
    (void)state;
    static const char text[] = "The river rises, and  then falls.";
    struct token_list first = {0}, second = {0};
    make(true, "888");
    encode(text, &first);
    edit("tokenizer.json", "normalizer", "null");
    edit("tokenizer.json", "pre_tokenizer",
         "{\"type\":\"Metaspace\",\"replacement\":\"\\u2581\",\"prepend_scheme\":\"first\","
         "\"split\":false}");
    edit("tokenizer_config.json", "add_bos_token", "true");
    edit("tokenizer.json", "post_processor", "null");
    json_t *root, *merge;
    size_t i;
    struct error error = {0};
    must(json_read_file(file("tokenizer.json"), &root, &error), &error);
    json_t *merges = json_object_get(json_object_get(root, "model"), "merges");
    assert_true(json_array_size(merges) > 0);
    json_array_foreach(merges, i, merge)
    {
        char both[64];
        snprintf(both, sizeof both, "%s %s", json_string_value(json_array_get(merge, 0)),
                 json_string_value(json_array_get(merge, 1)));
        json_array_set_new(merges, i, json_string(both));
    }
    must(json_write_file(file("tokenizer.json"), root, &error), &error);
    json_decref(root);
    static const char settings[] =
        "{\"model_max_length\":1000000000000000019884624838656,\"add_bos_token\":true,"
        "\"bos_token\":{\"content\":\"<s>\"},\"eos_token\":\"</s>\"}";
    must(atomic_file_put(file("tokenizer_config.json"), settings, strlen(settings), &error),
         &error);
    encode(text, &second);
    assert_int_equal(first.count, second.count);
    assert_memory_equal(first.id, second.id, first.count * sizeof *first.id);
    assert_true(first.count > 5);
    token_list_release(&first);
    token_list_release(&second);
}

/* ---- weights ---- */

/* model.safetensors in two files, as others write large models. */
static void shard(void)
{
    char *data;
    size_t length;
    uint64_t header;
    struct error error = {0};
    json_t *map = json_object(), *root, *entry;
    const char *name,
        *names[2] = {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"};
    size_t i = 0;
    must(file_read(file("model.safetensors"), &data, &length, &error), &error);
    memcpy(&header, data, 8);
    root = json_loadb(data + 8, (size_t)header, 0, NULL);
    const size_t half = json_object_size(root) / 2;
    for (int part = 0; part < 2; part++, i = 0) {
        struct buf bytes;
        json_t *mine = json_object();
        buf_init(&bytes);
        json_object_foreach(root, name, entry)
        {
            if (strcmp(name, "__metadata__") != 0 && (i++ < half) == (part == 0))
                json_object_set(mine, name, entry);
        }
        json_object_foreach(mine, name, entry)
        {
            json_object_set_new(map, name, json_string(names[part]));
        }
        char *text = json_dumps(mine, 0);
        const uint64_t size = strlen(text);
        /* offsets hold, since all of the data goes into both */
        buf_append(&bytes, &size, 8, NULL);
        buf_append(&bytes, text, strlen(text), NULL);
        buf_append(&bytes, data + 8 + header, length - 8 - (size_t)header, NULL);
        must(atomic_file_put(file(names[part]), bytes.data, bytes.length, &error), &error);
        buf_release(&bytes);
        json_decref(mine);
        free(text);
    }
    json_t *index = json_pack("{s:o}", "weight_map", map);
    must(json_write_file(file("model.safetensors.index.json"), index, &error), &error);
    json_decref(index);
    json_decref(root);
    memory_free(data);
    assert_int_equal(unlink(file("model.safetensors")), 0);
}

static void weights_in_several_files(void **state)
{
    (void)state;
    struct gguf *one, *parts;
    struct model_files files;
    struct error error = {0};
    struct supernet *supernet;
    make(false, "888");
    shard();
    must(gguf_open(model, &one, &error), &error);
    must(model_source_open(out, &parts, &error), &error);
    assert_int_equal(gguf_tensor_count(one), gguf_tensor_count(parts));
    for (size_t i = 0; i < gguf_tensor_count(one); i++) {
        const struct gguf_tensor *a = gguf_tensor_at(one, i), *b = gguf_tensor_find(parts, a->name);
        assert_non_null(b);
        for (uint64_t row = 0; row < a->size[1]; row++)
            assert_memory_equal(gguf_tensor_row(a, row), gguf_tensor_row(b, row),
                                a->bytes / a->size[1]);
    }
    gguf_close(one);
    gguf_close(parts);
    must(model_files_list(out, &files, &error), &error);
    assert_int_equal(files.count, 7); /* two configs, two of the tokenizer, the index, two parts */
    model_files_release(&files);

    unlink(file("model-00002-of-00002.safetensors"));
    assert_int_equal(supernet_open(out, &supernet, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "model-00002-of-00002.safetensors"));
    edit("model.safetensors.index.json", "weight_map",
         "{\"x\":\"model-00001-of-00002.safetensors\"}");
    assert_int_equal(supernet_open(out, &supernet, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "is missing"));
    edit("model.safetensors.index.json", "weight_map", "{\"x\":\"../../etc/passwd\"}");
    assert_int_equal(supernet_open(out, &supernet, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "is no name of a file in the folder"));
    edit("model.safetensors.index.json", "weight_map", "{}");
    assert_int_equal(supernet_open(out, &supernet, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "has no weight_map"));
    unlink(file("model.safetensors.index.json"));
    assert_int_equal(supernet_open(out, &supernet, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "has no weights"));
    unlink(file("config.json"));
    assert_int_equal(supernet_open(out, &supernet, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "is a folder without config.json"));
    support_folder_remove(folder);
    make_folder(NULL);
}

/* The factors of Llama 3.1 in a tiny head: the first dimensions turn as before, the last slower by
 * `factor`; they come back as the same scaling. */
static void llama_3_scaling(void **state)
{
    (void)state;
    static const char scaling[] =
        "{\"rope_type\":\"llama3\",\"factor\":8.0,\"low_freq_factor\":1.0,"
        "\"high_freq_factor\":4.0,\"original_max_position_embeddings\":8192,"
        "\"rope_theta\":500000.0}";
    struct supernet *supernet;
    struct folder_result result;
    struct arch_code code;
    struct error error = {0};
    const struct extract_options options = {
        .weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE}, .replace = true};
    char again[300];
    json_t *config;
    make(false, "888");
    edit("config.json", "rope_parameters", scaling);
    must(supernet_open(out, &supernet, &error), &error);
    const struct gguf_tensor *factors =
        gguf_tensor_find(supernet_gguf(supernet), "rope_freqs.weight");
    const float *factor = factors->data;
    assert_int_equal(factors->size[0], 8);
    assert_true(factor[0] == 1 && factor[7] == 8);
    assert_true(supernet_config(supernet)->rope_base == 500000);
    for (int i = 1; i < 8; i++)
        assert_true(factor[i] >= factor[i - 1]);
    arch_code_full(supernet_shape(supernet), &code);
    snprintf(again, sizeof again, "%s/again", folder);
    must(folder_write(supernet, NULL, &code, &options, again, &result, &error), &error);
    assert_string_equal(result.no_tokenizer, "the model has no tokenizer");
    supernet_close(supernet);
    snprintf(again, sizeof again, "%s/again/config.json", folder);
    must(json_read_file(again, &config, &error), &error);
    const json_t *parameters = json_object_get(config, "rope_parameters");
    assert_string_equal(json_string_value(json_object_get(parameters, "rope_type")), "llama3");
    assert_true(json_number_value(json_object_get(parameters, "factor")) == 8);
    json_decref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations),
        cmocka_unit_test(mistral_without_a_window),
        cmocka_unit_test(byte_level_tokenizers),
        cmocka_unit_test(sentencepiece_tokenizers),
        cmocka_unit_test(other_spellings_are_the_same),
        cmocka_unit_test(weights_in_several_files),
        cmocka_unit_test(llama_3_scaling),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
