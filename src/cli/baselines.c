/* `paretop baselines`: the known pruning methods on a run's model, at several sizes. */
#include "engine/baselines.h"

#include "cli/commands.h"
#include "cli/loaded.h"
#include "cli/report.h"
#include "engine/run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the options ---- */

/* "0.9,0.8,70%" */
static enum status read_sizes(const char *text, double size[BASELINES_SIZES], size_t *sizes,
                              struct error *error)
{
    *sizes = 0;
    for (const char *at = text; *at != '\0';) {
        char word[24];
        size_t length = strcspn(at, " ,");
        if (*sizes == BASELINES_SIZES)
            return error_set(error, STATUS_INVALID, "--sizes has more than %d", BASELINES_SIZES);
        snprintf(word, sizeof word, "%.*s", (int)(length < 23 ? length : 23), at);
        enum status status = quantity_parse(QUANTITY_FRACTION, word, &size[(*sizes)++], error);
        if (status != STATUS_OK)
            return error_prefix(error, "--sizes");
        at += length;
        at += strspn(at, " ,");
    }
    return *sizes > 0 ? STATUS_OK : error_set(error, STATUS_INVALID, "--sizes names no size");
}

/* The argument is the model of --run DIR, or the run directory itself. */
static enum status find_run(const struct options *options, struct baselines_options *wanted,
                            struct error *error)
{
    const char *run = option_text(options, OPTION_RUN, NULL), *argument = options->argument[0];
    if (run_is_directory(argument)) {
        if (run != NULL && strcmp(run, argument) != 0)
            return error_set(error, STATUS_INVALID,
                             "%s is a run directory, and --run names another", argument);
        wanted->directory = argument;
        return STATUS_OK;
    }
    wanted->model = argument;
    wanted->directory = run;
    return run != NULL ? STATUS_OK
                       : error_set(error, STATUS_INVALID,
                                   "baselines are of a run: --run DIR, or the directory in place "
                                   "of the model");
}

/* ---- output ---- */

static json_t *as_json(const struct baselines *made)
{
    json_t *list = json_array();
    for (size_t i = 0; i < made->count; i++) {
        const struct baseline *b = &made->list[i];
        json_t *object = json_pack("{s:s,s:o,s:o}", "method", b->method, "size",
                                   report_number(b->size), "part", report_number(b->part));
        if (b->found) {
            json_object_set_new(object, "id", json_integer(b->row.id));
            json_object_set_new(object, "code", json_string(b->row.code.text));
            json_object_set_new(
                object, "order",
                json_string(baselines_by_magnitude(&b->row) ? "magnitude" : "importance"));
            report_objectives(object, made->measured, b->row.value);
            json_object_set_new(object, "stderr", report_number(b->row.standard_error));
        }
        json_array_append_new(list, object);
    }
    return list;
}

static void print_text(const struct baselines *made)
{
    printf("%-12s %5s %6s", "method", "size", "params");
    for (int k = 0; k < OBJECTIVES; k++)
        if (made->measured[k] && k != OBJECTIVE_PARAMS)
            printf("  %*s", report_column_width(k), objective_table[k].name);
    puts("  code");
    for (size_t i = 0; i < made->count; i++) {
        const struct baseline *b = &made->list[i];
        char text[32];
        printf("%-12s %5.2f", b->method, b->size);
        if (!b->found) {
            puts("  the method does not go that far");
            continue;
        }
        printf(" %6.3f", b->part);
        for (int k = 0; k < OBJECTIVES; k++)
            if (made->measured[k] && k != OBJECTIVE_PARAMS)
                printf("  %*s", report_column_width(k),
                       quantity_format(objective_table[k].quantity, b->row.value[k], text,
                                       sizeof text));
        printf("  %s\n", b->row.code.text);
    }
}

/* ---- the command ---- */

int command_baselines(const struct options *options)
{
    double size[BASELINES_SIZES];
    struct telling telling = {.options = options};
    struct baselines made = {0};
    struct error error = {0};
    struct baselines_options wanted = {
        .size = size,
        .methods = option_text(options, OPTION_METHODS, NULL),
        .chunks = (size_t)option_integer(options, OPTION_CHUNKS, 0),
        .threads = (unsigned)option_integer(options, OPTION_THREADS, 0),
        .memory = loaded_memory(options),
        .cache = loaded_cache(options),
        .listener = telling_listener(&telling),
    };
    const char *sizes = option_text(options, OPTION_SIZES, NULL);
    int result = EXIT_DONE;
    enum status status = find_run(options, &wanted, &error);
    if (status == STATUS_OK && sizes != NULL)
        status = read_sizes(sizes, size, &wanted.sizes, &error);
    if (status == STATUS_OK)
        status = baselines_make(&wanted, &made, &error);
    progress_clear(&telling.progress);
    if (status != STATUS_OK)
        result = report_failure(status, &error, made.count > 0);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&made), false);
    else
        print_text(&made);
    baselines_release(&made);
    return result;
}
