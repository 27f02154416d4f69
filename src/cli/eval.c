/* `paretop eval`: accuracy and perplexity of a model or one of its sub-networks. */
#include "base/memory.h"
#include "cli/commands.h"
#include "cli/fallbacks.h"
#include "cli/report.h"
#include "cli/scoring.h"
#include "io/atomic_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct outcome { /* kept of an evaluation: filled in a worker thread, read after it has ended */
    const struct scoring *scoring;
    struct task_score *task; /* [tasks] */
    struct text_score *text; /* [texts] */
    struct groups {          /* of each task that has them (MMLU) */
        struct group_score *list;
        size_t count;
    } * groups; /* [tasks] */
    double seconds;
    uint64_t params, bytes;
    struct buf items; /* the file of --items; empty when not wanted */
    bool items_wanted;
    enum status status;
    struct error error;
};

static enum status write_items(struct outcome *outcome, const struct evaluation *evaluation)
{
    const struct prepared_task *prepared = outcome->scoring->prepared[0];
    const struct task *task = prepared_task_items(prepared);
    struct error *error = &outcome->error;
    enum status status =
        buf_printf(&outcome->items, error, "item,choice,loglik,tokens,characters,gold\n");
    for (size_t i = 0; i < task->items; i++) {
        const struct choice_result *result =
            evaluation->results[0] + prepared_task_choice_offset(prepared, i);
        for (uint32_t c = 0; c < task->item[i].choices && status == STATUS_OK; c++)
            status = buf_printf(&outcome->items, error,
                                "%zu,%" PRIu32 ",%.6f,%" PRIu32 ",%" PRIu32 ",%" PRIu32 "\n", i, c,
                                result[c].loglik, result[c].tokens, result[c].characters,
                                task->item[i].gold);
    }
    return status;
}

static enum status keep_groups(struct outcome *outcome, const struct evaluation *evaluation)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < outcome->scoring->tasks; i++)
        status = task_reduce_groups(outcome->scoring->prepared[i], evaluation->results[i],
                                    &outcome->groups[i].list, &outcome->groups[i].count,
                                    &outcome->error);
    return status;
}

static void keep(void *context, const struct evaluation *evaluation)
{
    struct outcome *outcome = context;
    if (evaluation->status != STATUS_OK)
        return;
    for (size_t i = 0; i < outcome->scoring->tasks; i++)
        outcome->task[i] = evaluation->task[i];
    for (size_t i = 0; i < outcome->scoring->texts; i++)
        outcome->text[i] = evaluation->text[i];
    outcome->seconds = evaluation->seconds;
    outcome->params = (uint64_t)evaluation->value[OBJECTIVE_PARAMS];
    outcome->bytes = (uint64_t)evaluation->value[OBJECTIVE_BYTES];
    outcome->status = keep_groups(outcome, evaluation);
    if (outcome->status == STATUS_OK && outcome->items_wanted)
        outcome->status = write_items(outcome, evaluation);
}

/* ---- output ---- */

static json_t *groups_json(const struct groups *groups)
{
    json_t *list = json_array();
    for (size_t i = 0; i < groups->count; i++) {
        const struct task_score *score = &groups->list[i].score;
        json_array_append_new(
            list, json_pack("{s:o,s:I,s:o,s:o}", "name", report_text(groups->list[i].name), "n",
                            (json_int_t)score->n, "acc", report_number(score->acc), "stderr",
                            report_number(score->standard_error)));
    }
    return list;
}

static json_t *tasks_json(const struct outcome *outcome)
{
    json_t *list = json_array();
    for (size_t i = 0; i < outcome->scoring->tasks; i++) {
        const struct task_score *score = &outcome->task[i];
        json_t *task = json_pack(
            "{s:o,s:I,s:o,s:o,s:o,s:o,s:I}", "name", report_text(outcome->scoring->task[i].name),
            "n", (json_int_t)score->n, "acc", report_number(score->acc), "acc_norm",
            report_number(score->acc_norm), "stderr", report_number(score->standard_error),
            "choice_nll", report_number(score->choice_nll), "truncated",
            (json_int_t)prepared_task_truncated(outcome->scoring->prepared[i]));
        if (outcome->groups[i].count > 0)
            json_object_set_new(task, "groups", groups_json(&outcome->groups[i]));
        json_array_append_new(list, task);
    }
    return list;
}

static json_t *texts_json(const struct outcome *outcome)
{
    json_t *list = json_array();
    for (size_t i = 0; i < outcome->scoring->texts; i++) {
        const struct text_score *score = &outcome->text[i];
        json_t *text = json_pack(
            "{s:o,s:I,s:I,s:o}", "name", report_text(prepared_text_name(outcome->scoring->text[i])),
            "chunks", (json_int_t)score->chunks, "tokens", (json_int_t)score->tokens, "perplexity",
            report_number(score->perplexity));
        if (score->definition != PERPLEXITY_LLAMA)
            json_object_set_new(text, "ppl", json_string(perplexity_name(score->definition)));
        if (score->definition == PERPLEXITY_ROLLING) {
            json_object_set_new(text, "pages", json_integer((json_int_t)score->pages));
            json_object_set_new(text, "detokenised", json_boolean(score->detokenised));
            json_object_set_new(text, "word_perplexity", report_number(score->word_perplexity));
            json_object_set_new(text, "byte_perplexity", report_number(score->byte_perplexity));
            json_object_set_new(text, "bits_per_byte", report_number(score->bits_per_byte));
        }
        json_array_append_new(list, text);
    }
    return list;
}

static json_t *as_json(const struct loaded *loaded, const struct outcome *outcome)
{
    return json_pack(
        "{s:o,s:s,s:I,s:I,s:s,s:s,s:I,s:I,s:o,s:o,s:o}", "model", report_text(loaded->path), "code",
        loaded->code.text, "params", (json_int_t)outcome->params, "bytes",
        (json_int_t)outcome->bytes, "type", weight_type_name(loaded->weights.type), "precision",
        precision_name(loaded->precision), "threads", (json_int_t)loaded->threads, "tokens",
        (json_int_t)scoring_tokens(outcome->scoring), "seconds", report_number(outcome->seconds),
        "tasks", tasks_json(outcome), "texts", texts_json(outcome));
}

static void print_groups(const struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct task_score *score = &groups->list[i].score;
        printf("  %s: acc %.2f %% +- %.2f, %zu questions\n", groups->list[i].name, 100 * score->acc,
               100 * score->standard_error, score->n);
    }
}

static void print_text_score(const char *name, const struct text_score *score)
{
    bool plain = score->definition == PERPLEXITY_LLAMA;
    printf("%s: ", name);
    if (score->detokenised)
        printf("rolling over %zu page%s, detokenised: ", score->pages,
               score->pages == 1 ? "" : "s");
    else if (!plain)
        printf("%s ", perplexity_name(score->definition));
    printf("perplexity %.4f, %zu %s, %" PRIu64 " tokens scored\n", score->perplexity, score->chunks,
           plain ? "chunks" : "windows", score->tokens);
    if (!isnan(score->word_perplexity))
        printf("  word_perplexity %.4f, byte_perplexity %.4f, bits_per_byte %.4f\n",
               score->word_perplexity, score->byte_perplexity, score->bits_per_byte);
}

static void print_text(const struct loaded *loaded, const struct outcome *outcome, bool verbose)
{
    char params[24], bytes[24];
    const struct scoring *scoring = outcome->scoring;
    uint64_t tokens = scoring_tokens(scoring);
    printf("%s  %s\n", loaded->path, loaded->code.text);
    printf("parameters %s, %s (%" PRIu64 " bytes), weights %s, precision %s\n",
           quantity_format(QUANTITY_COUNT, (double)outcome->params, params, sizeof params),
           quantity_format(QUANTITY_BYTES, (double)outcome->bytes, bytes, sizeof bytes),
           outcome->bytes, weight_type_name(loaded->weights.type),
           precision_name(loaded->precision));
    for (size_t i = 0; i < scoring->tasks; i++) {
        const struct task_score *score = &outcome->task[i];
        size_t truncated = prepared_task_truncated(scoring->prepared[i]);
        printf("%s: acc %.2f %% +- %.2f, acc_norm %.2f %%, choice_nll %.4f, %zu questions",
               scoring->task[i].name, 100 * score->acc, 100 * score->standard_error,
               100 * score->acc_norm, score->choice_nll, score->n);
        if (truncated > 0)
            printf(", %zu truncated", truncated);
        if (outcome->groups[i].count > 0)
            printf(", mean of %zu subjects by size", outcome->groups[i].count);
        putchar('\n');
        if (verbose)
            print_groups(&outcome->groups[i]);
    }
    for (size_t i = 0; i < scoring->texts; i++)
        print_text_score(prepared_text_name(scoring->text[i]), &outcome->text[i]);
    printf("%" PRIu64 " tokens in %.1f s, %.0f a second, %u threads\n", tokens, outcome->seconds,
           outcome->seconds > 0 ? (double)tokens / outcome->seconds : 0, loaded->threads);
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
                            struct outcome *outcome, struct atomic_file **file, struct error *error)
{
    const struct scoring *scoring = outcome->scoring;
    outcome->task = memory_new(scoring->tasks, sizeof *outcome->task, error);
    outcome->text = memory_new(scoring->texts, sizeof *outcome->text, error);
    outcome->groups = memory_new(scoring->tasks, sizeof *outcome->groups, error);
    outcome->items_wanted = *file != NULL;
    if (outcome->task == NULL || outcome->text == NULL || outcome->groups == NULL)
        return STATUS_MEMORY;
    enum status status = scoring_run(options, loaded, scoring, keep, outcome, error);
    if (status == STATUS_OK && outcome->status != STATUS_OK) {
        *error = outcome->error;
        status = outcome->status;
    }
    if (loaded->as_it_is)
        outcome->bytes = supernet_shape(loaded->supernet)->file_bytes;
    if (status != STATUS_OK || *file == NULL)
        return status;
    status = atomic_file_write(*file, outcome->items.data, outcome->items.length, error);
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
    struct outcome outcome = {.scoring = &scoring};
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
        status = evaluate(options, &loaded, &outcome, &file, &error);
    }
    atomic_file_abort(file);
    if (status != STATUS_OK)
        result = report_failure(status, &error, began);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&loaded, &outcome), false);
    else
        print_text(&loaded, &outcome, option_given(options, OPTION_VERBOSE));
    buf_release(&outcome.items);
    for (size_t i = 0; outcome.groups != NULL && i < scoring.tasks; i++)
        memory_free(outcome.groups[i].list);
    memory_free(outcome.groups);
    memory_free(outcome.task);
    memory_free(outcome.text);
    scoring_release(&scoring);
    loaded_close(&loaded);
    return result;
}
