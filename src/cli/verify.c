/* `paretop verify`: a model file from anywhere, this program's or another's: does it load, what is
 * it, what does it score; and is it what the model that it says it comes from gives. */
#include "model/extract.h"

#include "cli/commands.h"
#include "cli/report.h"
#include "cli/scored.h"
#include "cli/type_sums.h"
#include "engine/orders.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MATCHES 16

struct verification {
    struct loaded loaded;
    struct scoring scoring;
    struct scored scored;
    char code[ARCH_CODE_TEXT], source_sha256[SHA256_HEX]; /* as recorded; "" not */
    /* --model */
    const char *model;
    struct loaded source;
    struct extract_match match; /* how the file was extracted */
    double max_error, tolerance;
};

/* ---- what is recorded ---- */

static void read_text(const struct gguf *gguf, const char *key, char *out, size_t size)
{
    struct gguf_string text = {0};
    out[0] = '\0';
    if (gguf_find(gguf, key) == NULL ||
        gguf_get_string(gguf, key, false, &text, NULL) != STATUS_OK || text.length >= size)
        return;
    memcpy(out, text.data, text.length);
    out[text.length] = '\0';
    for (char *at = out; *at != '\0'; at++) /* it may hold anything */
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f)
            *at = '?';
}

/* ---- against its source ---- */

static enum status open_source(const struct options *options, struct verification *v,
                               struct error *error)
{
    char sha256[SHA256_HEX];
    enum status status;
    if (v->code[0] == '\0' || v->source_sha256[0] == '\0')
        return error_set(error, STATUS_INVALID,
                         "%s does not tell its source (paretop.code, paretop.source_sha256): it "
                         "cannot be compared with %s",
                         v->loaded.path, v->model);
    if ((status = loaded_open(options, v->model, &v->source, error)) ||
        (status = model_sha256_of(v->model, NULL, NULL, sha256, error)))
        return status;
    if (strcmp(sha256, v->source_sha256) != 0)
        return error_set(error, STATUS_FAILED,
                         "%s was extracted from a model of SHA-256 %s; that of %s is %s",
                         v->loaded.path, v->source_sha256, v->model, sha256);
    status = arch_code_parse(supernet_shape(v->source.supernet), v->code, &v->source.code, error);
    if (status != STATUS_OK) {
        error_prefix(error, "%s, paretop.code", v->loaded.path);
        return STATUS_FAILED;
    }
    return STATUS_OK;
}

/* Of several options with which the file could have been written those whose logits are nearest. */
static enum status compare(const struct options *options, struct verification *v,
                           struct error *error)
{
    struct extract_match match[MATCHES];
    size_t matches = extract_matches(supernet_shape(v->source.supernet), &v->source.code,
                                     supernet_shape(v->loaded.supernet), match, MATCHES);
    double largest = 0;
    if (matches == 0)
        return error_set(error, STATUS_FAILED,
                         "%s has not the tensors, in size and type, that %s of %s would be written "
                         "with",
                         v->loaded.path, v->source.code.text, v->model);
    v->source.weights = match[0].weights;
    enum status status = loaded_order(options, &v->source, error);
    v->max_error = INFINITY;
    for (size_t i = 0; status == STATUS_OK && i < matches && v->max_error > 0; i++) {
        double one;
        status = extract_compare(v->source.supernet, v->source.tokenizer, &v->source.code,
                                 &match[i].weights, v->loaded.supernet, &one, &largest, error);
        if (status == STATUS_OK && one < v->max_error) {
            v->max_error = one;
            v->match = match[i];
        }
    }
    if (status != STATUS_OK)
        return status;
    v->tolerance = match[0].pad ? fmax(EXTRACT_LOGIT_TOLERANCE, EXTRACT_PADDED_TOLERANCE * largest)
                                : EXTRACT_LOGIT_TOLERANCE;
    if (v->max_error <= v->tolerance)
        return STATUS_OK;
    return error_set(error, STATUS_FAILED,
                     "%s does not compute what %s of %s does: logits differ by %g, at most %g is "
                     "expected%s",
                     v->loaded.path, v->source.code.text, v->model, v->max_error, v->tolerance,
                     code_needs_order(&v->source.code)
                         ? " (of another order of neurons? --run, --neuron-order, --calibration)"
                         : "");
}

/* A model that computes no numbers loads, but is none. */
static enum status check_numbers(const struct verification *v, struct error *error)
{
    for (size_t i = 0; i < v->scoring.tasks; i++)
        if (!isfinite(v->scored.task[i].choice_nll))
            return error_set(error, STATUS_FAILED,
                             "%s: answers to %s are no numbers: the file loads, but its weights "
                             "are damaged",
                             v->loaded.path, v->scoring.task[i].name);
    for (size_t i = 0; i < v->scoring.texts; i++)
        if (!isfinite(v->scored.text[i].perplexity))
            return error_set(error, STATUS_FAILED,
                             "%s: the perplexity is no number: the file loads, but its weights are "
                             "damaged",
                             v->loaded.path);
    return STATUS_OK;
}

/* ---- output ---- */

static json_t *source_json(const struct verification *v)
{
    if (v->model == NULL)
        return json_null();
    return json_pack("{s:o,s:s,s:s,s:b,s:b,s:o,s:o}", "model", report_text(v->model), "type",
                     weight_type_name(v->match.weights.type), "head",
                     weight_type_name(v->match.weights.head), "bias_compensation",
                     v->match.weights.compensate, "padded", v->match.pad, "max_logit_error",
                     report_number(v->max_error), "logit_tolerance", report_number(v->tolerance));
}

static json_t *recorded(const char *text)
{
    return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *as_json(const struct verification *v)
{
    const struct arch_shape *shape = supernet_shape(v->loaded.supernet);
    const struct type_sums sums = type_sums_of(shape);
    json_t *types = json_object();
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++)
        if (sums.type[row->type].tensors > 0)
            json_object_set_new(types, row->name,
                                json_integer((json_int_t)sums.type[row->type].bytes));
    return json_pack(
        "{s:o,s:s,s:I,s:o,s:o,s:o,s:I,s:I,s:o,s:o,s:o}", "file", report_text(v->loaded.path),
        "architecture", supernet_config(v->loaded.supernet)->architecture, "layers",
        (json_int_t)shape->layers, "code", recorded(v->code), "source_sha256",
        recorded(v->source_sha256), "type_bytes", types, "bytes", (json_int_t)shape->file_bytes,
        "params", (json_int_t)v->scored.params, "tasks", scored_tasks_json(&v->scored), "texts",
        scored_texts_json(&v->scored), "source", source_json(v));
}

static void print_types(const struct arch_shape *shape)
{
    const struct type_sums sums = type_sums_of(shape);
    const char *separator = "";
    char bytes[24];
    fputs("weights       ", stdout);
    for (const struct weight_type_info *row = weight_types; row->name != NULL; row++) {
        const struct type_sum *sum = &sums.type[row->type];
        if (sum->tensors == 0)
            continue;
        printf("%s %s %s (%zu tensors)", separator, row->name,
               quantity_format(QUANTITY_BYTES, (double)sum->bytes, bytes, sizeof bytes),
               sum->tensors);
        separator = ",";
    }
    putchar('\n');
}

static void print_text(const struct verification *v, bool verbose)
{
    const struct model_config *config = supernet_config(v->loaded.supernet);
    const struct arch_shape *shape = &config->shape;
    const struct weight_options *weights = &v->match.weights;
    char number[24];
    printf("%s: %s\n", v->loaded.path, config->name);
    printf("architecture   %s, %" PRIu32 " layers\n", config->architecture, shape->layers);
    printf("parameters     %" PRIu64 " (%s)\n", v->scored.params,
           quantity_format(QUANTITY_COUNT, (double)v->scored.params, number, sizeof number));
    printf("size           %" PRIu64 " bytes (%s)\n", shape->file_bytes,
           quantity_format(QUANTITY_BYTES, (double)shape->file_bytes, number, sizeof number));
    print_types(shape);
    printf("code           %s\n", v->code[0] != '\0' ? v->code : "not recorded");
    printf("of a model of  %s%s\n", v->source_sha256[0] != '\0' ? "SHA-256 " : "",
           v->source_sha256[0] != '\0' ? v->source_sha256 : "which it does not tell");
    if (v->model != NULL) {
        printf("compared       with %s: its SHA-256; written with --type %s", v->model,
               weight_type_name(weights->type));
        if (weights->head != WEIGHT_SOURCE)
            printf(" --head %s", weight_type_name(weights->head));
        printf("%s%s; logits within %.2g of the sub-network's (at most %g)\n",
               weights->compensate ? " --bias-compensation" : "", v->match.pad ? " --pad" : "",
               v->max_error, v->tolerance);
    }
    scored_print(&v->loaded, &v->scored, verbose, true);
}

/* ---- the command ---- */

static enum status verify(const struct options *options, struct verification *v, bool *began,
                          struct error *error)
{
    enum status status = loaded_open(options, options->argument[0], &v->loaded, error);
    if (status != STATUS_OK)
        return status;
    read_text(supernet_gguf(v->loaded.supernet), "paretop.code", v->code, sizeof v->code);
    read_text(supernet_gguf(v->loaded.supernet), "paretop.source_sha256", v->source_sha256,
              sizeof v->source_sha256);
    v->model = option_text(options, OPTION_MODEL, NULL);
    status = scoring_prepare(options, &v->loaded, &v->scoring, error);
    if (status == STATUS_OK && v->model != NULL)
        status = open_source(options, v, error);
    if (status != STATUS_OK)
        return status;
    *began = true;
    if (v->model != NULL)
        status = compare(options, v, error);
    if (status == STATUS_OK)
        status = scored_run(options, &v->loaded, &v->scored, error);
    return status == STATUS_OK ? check_numbers(v, error) : status;
}

int command_verify(const struct options *options)
{
    struct verification v = {0};
    struct error error = {0};
    bool began = false;
    int result = EXIT_DONE;
    v.scored.scoring = &v.scoring;
    enum status status = verify(options, &v, &began, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, began);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&v), false);
    else
        print_text(&v, option_given(options, OPTION_VERBOSE));
    scored_release(&v.scored);
    scoring_release(&v.scoring);
    loaded_close(&v.source);
    loaded_close(&v.loaded);
    return result;
}
