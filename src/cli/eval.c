/* `paretop eval`: accuracy and perplexity of a model or one of its sub-networks. */
#include "cli/commands.h"
#include "cli/fallbacks.h"
#include "cli/report.h"
#include "cli/scored.h"
#include "io/atomic_file.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- output ---- */

static json_t *as_json(const struct loaded *loaded, const struct scored *scored)
{
    return json_pack(
        "{s:o,s:s,s:I,s:I,s:s,s:s,s:I,s:I,s:o,s:o,s:o}", "model", report_text(loaded->path), "code",
        loaded->code.text, "params", (json_int_t)scored->params, "bytes", (json_int_t)scored->bytes,
        "type", weight_type_name(loaded->weights.type), "precision",
        precision_name(loaded->precision), "threads", (json_int_t)loaded->threads, "tokens",
        (json_int_t)scoring_tokens(scored->scoring), "seconds", report_number(scored->seconds),
        "tasks", scored_tasks_json(scored), "texts", scored_texts_json(scored));
}

static void print_text(const struct loaded *loaded, const struct scored *scored, bool verbose)
{
    char params[24], bytes[24];
    printf("%s  %s\n", loaded->path, loaded->code.text);
    printf("parameters %s, %s (%" PRIu64 " bytes), weights %s, precision %s\n",
           quantity_format(QUANTITY_COUNT, (double)scored->params, params, sizeof params),
           quantity_format(QUANTITY_BYTES, (double)scored->bytes, bytes, sizeof bytes),
           scored->bytes, weight_type_name(loaded->weights.type),
           precision_name(loaded->precision));
    scored_print(loaded, scored, verbose, false);
}

/* ---- the command ---- */

/* The file is opened before the work begins: one that cannot be written is refused at once. */
static enum status open_items(const struct options *options, const struct scoring *scoring,
                              struct atomic_file **file, struct error *error)
{
    const char *path = option_text(options, OPTION_ITEMS, NULL);
    if (path == NULL)
        return STATUS_OK;
    if (scoring->tasks != 1)
        return error_set(error, STATUS_INVALID, "--items is for one task, %zu are given",
                         scoring->tasks);
    return atomic_file_open(path, true, file, error);
}

static enum status evaluate(const struct options *options, const struct loaded *loaded,
                            struct scored *scored, struct atomic_file **file, struct error *error)
{
    scored->items_wanted = *file != NULL;
    enum status status = scored_run(options, loaded, scored, error);
    if (status != STATUS_OK || *file == NULL)
        return status;
    status = atomic_file_write(*file, scored->items.data, scored->items.length, error);
    if (status == STATUS_OK) {
        status = atomic_file_commit(*file, error);
        *file = NULL;
    }
    return status;
}

int command_eval(const struct options *options)
{
    struct loaded loaded;
    struct scoring scoring = {0};
    struct scored scored = {.scoring = &scoring};
    struct atomic_file *file = NULL;
    struct error error = {0};
    bool began = false;
    int result = EXIT_DONE;
    enum status status;
    if ((status = loaded_open(options, options->argument[0], &loaded, &error)) == STATUS_OK &&
        (status = scoring_prepare(options, &loaded, &scoring, &error)) == STATUS_OK &&
        (status = open_items(options, &scoring, &file, &error)) == STATUS_OK &&
        (status = loaded_order(options, &loaded, &error)) == STATUS_OK &&
        (loaded.as_it_is ||
         (status = fallbacks_note(options, &loaded, NULL, &error)) == STATUS_OK)) {
        began = true;
        status = evaluate(options, &loaded, &scored, &file, &error);
    }
    atomic_file_abort(file);
    if (status != STATUS_OK)
        result = report_failure(status, &error, began);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&loaded, &scored), false);
    else
        print_text(&loaded, &scored, option_given(options, OPTION_VERBOSE));
    scored_release(&scored);
    scoring_release(&scoring);
    loaded_close(&loaded);
    return result;
}
