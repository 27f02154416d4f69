/* `paretop extract`: a sub-network as a GGUF file or a Hugging Face folder, written, read again and
 * compared. */
#include "model/folder.h"
#include "model/source.h"

#include "cli/commands.h"
#include "cli/fallbacks.h"
#include "cli/loaded.h"
#include "cli/report.h"
#include "engine/file_check.h"
#include "engine/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct extraction {
    struct loaded loaded;
    struct buf path;
    struct extract_result result;
    const char *folder;     /* --hf */
    char no_tokenizer[256]; /* why the folder has none; "" */
    const struct options *options;
    struct progress progress;
    struct file_check check;
    char sha256[SHA256_HEX];
    bool began; /* the first tensor is written */
};

/* "MODEL-NAME-112M-q8_0.gguf" in the working directory. */
static enum status choose_path(const struct options *options, struct extraction *e,
                               struct error *error)
{
    const char *given = option_text(options, OPTION_OUTPUT, NULL);
    char name[256];
    e->folder = option_text(options, OPTION_HF, NULL);
    if (given != NULL && e->folder != NULL)
        return error_set(error, STATUS_INVALID,
                         "--output names a GGUF file and --hf a folder: give one of them");
    if (given != NULL || e->folder != NULL)
        return buf_printf(&e->path, error, "%s", given != NULL ? given : e->folder);
    model_source_name(e->loaded.path, name, sizeof name);
    double params = (double)arch_params(supernet_shape(e->loaded.supernet), &e->loaded.code);
    const char *type = weight_type_name(e->loaded.weights.type);
    bool source = e->loaded.weights.type == WEIGHT_SOURCE;
    return buf_printf(&e->path, error, "%s-%.0f%s%s%s.gguf", name,
                      params < 1e6   ? params / 1e3
                      : params < 1e9 ? params / 1e6
                                     : params / 1e9,
                      params < 1e6   ? "K"
                      : params < 1e9 ? "M"
                                     : "B",
                      source ? "" : "-", source ? "" : type);
}

static int show_progress(void *context, double done)
{
    struct extraction *e = context;
    e->began = true;
    return progress_show(&e->progress, done);
}

/* The file's answers beside the sub-network's. */
static enum status check(void *context, struct supernet *written, struct error *error)
{
    struct extraction *e = context;
    progress_clear(&e->progress);
    progress_start(&e->progress, e->options, "verifying");
    const struct file_check_options wanted = {
        .supernet = e->loaded.supernet,
        .tokenizer = e->loaded.tokenizer,
        .code = &e->loaded.code,
        .weights = &e->loaded.weights,
        .padded = option_given(e->options, OPTION_PAD),
        .threads = e->loaded.threads,
        .memory = loaded_memory(e->options),
        .progress = progress_show,
        .context = &e->progress,
    };
    return file_check_run(&wanted, written, &e->check, error);
}

static enum status extract(const struct options *options, struct extraction *e, struct error *error)
{
    bool force = option_given(options, OPTION_FORCE);
    enum status status = choose_path(options, e, error);
    if (status != STATUS_OK)
        return status;
    /* Said before the minutes that an order may take. */
    if (!force && access(e->path.data, F_OK) == 0)
        return error_set(error, STATUS_INVALID, "%s exists already; --force replaces it",
                         e->path.data);
    if ((status = loaded_order(options, &e->loaded, error)) != STATUS_OK ||
        (status = model_sha256_of(e->loaded.path, NULL, NULL, e->sha256, error)) != STATUS_OK)
        return status;
    progress_start(&e->progress, options, "writing");
    const struct extract_options wanted = {
        .weights = e->loaded.weights,
        .pad = option_given(options, OPTION_PAD),
        .replace = force,
        .threads = e->loaded.threads,
        .source_sha256 = e->sha256,
        .progress = show_progress,
        .check = check,
        .context = e,
    };
    if (e->folder != NULL) {
        struct folder_result folder;
        status = folder_write(e->loaded.supernet, e->loaded.tokenizer, &e->loaded.code, &wanted,
                              e->path.data, &folder, error);
        e->result = folder.written;
        memcpy(e->no_tokenizer, folder.no_tokenizer, sizeof e->no_tokenizer);
    } else {
        status = extract_write(e->loaded.supernet, e->loaded.tokenizer, &e->loaded.code, &wanted,
                               e->path.data, &e->result, error);
    }
    progress_clear(&e->progress);
    return status;
}

static void print_text(const struct extraction *e)
{
    char bytes[24], command[1024];
    const struct extract_result *result = &e->result;
    printf("%s: %s, %s%s, weights %s\n", e->path.data, e->loaded.code.text,
           e->folder != NULL ? "Hugging Face folder" : "architecture ",
           e->folder != NULL ? ""
           : result->deci    ? "deci"
                             : "llama",
           weight_type_name(e->loaded.weights.type));
    printf("size shown %" PRIu64 " bytes, written %" PRIu64 " (%s)\n", result->shown_bytes,
           result->bytes,
           quantity_format(QUANTITY_BYTES, (double)result->bytes, bytes, sizeof bytes));
    printf(
        "verified: read again, logits within %.2g of the sub-network's (at most %g, of any type: "
        "both are of the numbers as written)\n",
        result->max_logit_error, result->logit_tolerance);
    printf("accuracy on the first %zu questions of %s: %.2f %% shown, %.2f %% the file's own; "
           "log-likelihoods within %.2g of their size (at most %g)\n",
           e->check.n, e->check.task, 100 * e->check.acc, 100 * e->check.file_acc,
           e->check.max_difference, e->check.tolerance);
    if (e->folder == NULL)
        puts(extract_run_command(e->path.data, command, sizeof command));
    else
        printf("transformers.AutoModelForCausalLM.from_pretrained(\"%s\")\n", e->path.data);
}

static json_t *check_json(const struct file_check *check)
{
    return json_pack("{s:s,s:I,s:o,s:o,s:o,s:o}", "name", check->task, "n", (json_int_t)check->n,
                     "acc", report_number(check->acc), "file_acc", report_number(check->file_acc),
                     "max_loglik_error", report_number(check->max_difference), "tolerance",
                     report_number(check->tolerance));
}

static json_t *as_json(const struct extraction *e)
{
    return json_pack(
        "{s:o,s:s,s:s,s:I,s:I,s:b,s:o,s:o,s:o,s:o,s:I}", "file", report_text(e->path.data), "code",
        e->loaded.code.text, "type", weight_type_name(e->loaded.weights.type), "bytes",
        (json_int_t)e->result.bytes, "shown_bytes", (json_int_t)e->result.shown_bytes, "verified",
        e->result.verified, "max_logit_error", report_number(e->result.max_logit_error),
        "logit_tolerance", report_number(e->result.logit_tolerance), "sample",
        check_json(&e->check), "fallbacks", fallbacks_json(&e->loaded), "beyond",
        (json_int_t)e->result.beyond);
}

int command_extract(const struct options *options)
{
    struct extraction e = {.options = options};
    struct error error = {0};
    int result = EXIT_DONE;
    enum status status = loaded_open(options, options->argument[0], &e.loaded, &error);
    if (status == STATUS_OK)
        status = extract(options, &e, &error);
    if (status == STATUS_OK && e.no_tokenizer[0] != '\0')
        report_note(options, "the folder has no tokenizer.json: %s", e.no_tokenizer);
    if (status == STATUS_OK)
        status = fallbacks_note(options, &e.loaded, &e.result, &error);
    if (status != STATUS_OK)
        result = report_failure(status, &error, e.began);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&e), false);
    else
        print_text(&e);
    buf_release(&e.path);
    loaded_close(&e.loaded);
    return result;
}
