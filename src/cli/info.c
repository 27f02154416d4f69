/* `paretop info`: what a model file is made of. */
#include "cli/commands.h"
#include "cli/loaded.h"
#include "cli/report.h"
#include "cli/type_sums.h"
#include "engine/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum part { PART_EMBEDDING, PART_ATTENTION, PART_MLP, PART_OUTPUT, PART_OTHER, PARTS };
static const char *const part_name[PARTS] = {"embedding", "attention", "MLP", "output", "other"};

struct about {
    const struct model_config *config;
    const struct gguf *gguf;
    char tokenizer[80], sha256[SHA256_HEX];
    uint64_t params, part[PARTS], tensor_bytes;
    struct type_sums sums;
};

static enum part part_of(enum tensor_role role)
{
    if (role_table[role].attention)
        return PART_ATTENTION;
    if (role_table[role].mlp)
        return PART_MLP;
    if (role == ROLE_TOKEN_EMBD)
        return PART_EMBEDDING;
    return role == ROLE_OUTPUT || role == ROLE_OUTPUT_NORM ? PART_OUTPUT : PART_OTHER;
}

/* "gpt2 (smollm)"; a tokenizer that cannot be used here is named all the same. */
static void describe_tokenizer(const struct options *options, const struct gguf *gguf, char *out,
                               size_t size)
{
    struct tokenizer *tokenizer = NULL;
    struct error error = {0};
    struct gguf_string model = {"none", 4};
    if (tokenizer_new(gguf, &tokenizer, &error) == STATUS_OK) {
        const char *pre = tokenizer_pre(tokenizer);
        snprintf(out, size, "%s%s%s%s", tokenizer_model(tokenizer), *pre != '\0' ? " (" : "", pre,
                 *pre != '\0' ? ")" : "");
    } else {
        gguf_get_string(gguf, "tokenizer.ggml.model", false, &model, NULL);
        snprintf(out, size, "%.*s", (int)(model.length < 60 ? model.length : 60), model.data);
        report_note(options, "the tokenizer cannot be used: %s", error.message);
    }
    tokenizer_free(tokenizer);
}

static enum status look(const struct options *options, const struct supernet *supernet,
                        const char *path, struct about *about, struct error *error)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    struct arch_code full;
    *about = (struct about){.config = supernet_config(supernet), .gguf = supernet_gguf(supernet)};
    arch_code_full(shape, &full);
    about->params = arch_params(shape, &full);
    for (size_t i = 0; i < shape->tensors; i++) {
        const struct arch_tensor *tensor = &shape->tensor[i];
        about->part[part_of(tensor->role)] += tensor_bytes(tensor);
        about->tensor_bytes += tensor_bytes(tensor);
    }
    about->sums = type_sums_of(shape);
    describe_tokenizer(options, about->gguf, about->tokenizer, sizeof about->tokenizer);
    return model_sha256_of(path, NULL, NULL, about->sha256, error);
}

/* ---- JSON ---- */

static json_t *as_json(const struct about *about)
{
    const struct arch_shape *shape = &about->config->shape;
    json_t *widths = json_array(), *types = json_object();
    for (uint32_t i = 0; i < shape->layers; i++)
        json_array_append_new(widths, json_integer(shape->layer[i].intermediate));
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++)
        if (about->sums.type[row->type].tensors > 0)
            json_object_set_new(types, row->name,
                                json_integer((json_int_t)about->sums.type[row->type].tensors));
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:I,s:I,s:s,s:o,s:s}", "architecture",
                     about->config->architecture, "layers", (json_int_t)shape->layers, "hidden",
                     (json_int_t)shape->hidden, "heads", (json_int_t)shape->heads, "kv_heads",
                     (json_int_t)shape->kv_heads, "intermediate", widths, "vocabulary",
                     (json_int_t)shape->vocabulary, "context", (json_int_t)shape->context, "params",
                     (json_int_t)about->params, "bytes", (json_int_t)shape->file_bytes, "tokenizer",
                     about->tokenizer, "types", types, "sha256", about->sha256);
}

/* ---- text ---- */

static bool same_layer(const struct arch_layer_shape *a, const struct arch_layer_shape *b)
{
    return a->intermediate == b->intermediate && a->heads == b->heads && a->kv_heads == b->kv_heads;
}

/* "layers 0-3: 9 heads (3 key/value), MLP 1536", a line per run of equal layers. */
static void print_layers(const struct arch_shape *shape)
{
    for (uint32_t first = 0, last; first < shape->layers; first = last + 1) {
        const struct arch_layer_shape *layer = &shape->layer[first];
        char range[32], attention[48] = "no attention", mlp[32] = "no MLP";
        last = first;
        while (last + 1 < shape->layers && same_layer(layer, &shape->layer[last + 1]))
            last++;
        snprintf(range, sizeof range, first == last ? "%" PRIu32 : "%" PRIu32 "-%" PRIu32, first,
                 last);
        if (layer->attention)
            snprintf(attention, sizeof attention, "%" PRIu32 " heads, %" PRIu32 " key/value heads",
                     layer->heads, layer->kv_heads);
        if (layer->mlp)
            snprintf(mlp, sizeof mlp, "MLP %" PRIu32, layer->intermediate);
        printf("  %-13s %s, %s\n", range, attention, mlp);
    }
}

static void print_bytes(const char *name, uint64_t bytes, uint64_t all)
{
    char size[24];
    printf("  %-13s %12" PRIu64 "  %10s  %5.1f %%\n", name, bytes,
           quantity_format(QUANTITY_BYTES, (double)bytes, size, sizeof size),
           all > 0 ? 100 * (double)bytes / (double)all : 0);
}

static void print_text(const struct about *about, const char *path)
{
    const struct arch_shape *shape = &about->config->shape;
    char number[24];
    printf("%s: %s\n", path, about->config->name);
    printf("architecture    %s, %" PRIu32 " layers, hidden %" PRIu32 ", head size %" PRIu32 "\n",
           about->config->architecture, shape->layers, shape->hidden, shape->head_size);
    printf("vocabulary      %" PRIu32 ", output %s\n", shape->vocabulary,
           shape->tied_output ? "tied to the embedding" : "of its own");
    printf("context         %" PRIu32 "\n", shape->context);
    printf("tokenizer       %s\n", about->tokenizer);
    printf("parameters      %" PRIu64 " (%s)\n", about->params,
           quantity_format(QUANTITY_COUNT, (double)about->params, number, sizeof number));
    printf("SHA-256         %s\n", about->sha256);
    puts("layers");
    print_layers(shape);
    puts("bytes by part");
    for (int part = 0; part < PARTS; part++)
        if (about->part[part] > 0)
            print_bytes(part_name[part], about->part[part], shape->file_bytes);
    print_bytes("metadata", shape->file_bytes - about->tensor_bytes, shape->file_bytes);
    print_bytes("file", shape->file_bytes, shape->file_bytes);
    puts("bytes by type");
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++) {
        const struct type_sum *sum = &about->sums.type[row->type];
        char name[40];
        snprintf(name, sizeof name, "%s, %zu", row->name, sum->tensors);
        if (sum->tensors > 0)
            print_bytes(name, sum->bytes, shape->file_bytes);
    }
}

int command_info(const struct options *options)
{
    const char *path = options->argument[0];
    struct supernet *supernet = NULL;
    struct error error = {0};
    struct about about;
    int result = EXIT_DONE;
    enum status status = supernet_open(path, &supernet, &error);
    if (status == STATUS_OK)
        status = look(options, supernet, path, &about, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, false);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&about), false);
    else
        print_text(&about, path);
    supernet_close(supernet);
    return result;
}
