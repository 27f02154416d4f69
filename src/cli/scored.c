/* A network's scores: kept, and told as text and JSON. */
#include "cli/scored.h"

#include "base/memory.h"
#include "cli/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- keeping ---- */

static enum status write_items(struct scored *scored, const struct evaluation *evaluation)
{
    const struct prepared_task *prepared = scored->scoring->prepared[0];
    const struct task *task = prepared_task_items(prepared);
    struct error *error = &scored->error;
    enum status status =
        buf_printf(&scored->items, error, "item,choice,loglik,tokens,characters,gold\n");
    for (size_t i = 0; i < task->items; i++) {
        const struct choice_result *result =
            evaluation->results[0] + prepared_task_choice_offset(prepared, i);
        for (uint32_t c = 0; c < task->item[i].choices && status == STATUS_OK; c++)
            status = buf_printf(
                &scored->items, error, "%zu,%" PRIu32 ",%.6f,%" PRIu32 ",%" PRIu32 ",%" PRIu32 "\n",
                i, c, result[c].loglik, result[c].tokens, result[c].characters, task->item[i].gold);
    }
    return status;
}

static enum status keep_groups(struct scored *scored, const struct evaluation *evaluation)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < scored->scoring->tasks; i++)
        status =
            task_reduce_groups(scored->scoring->prepared[i], evaluation->results[i],
                               &scored->groups[i].list, &scored->groups[i].count, &scored->error);
    return status;
}

static void keep(void *context, const struct evaluation *evaluation)
{
    struct scored *scored = context;
    if (evaluation->status != STATUS_OK)
        return;
    for (size_t i = 0; i < scored->scoring->tasks; i++)
        scored->task[i] = evaluation->task[i];
    for (size_t i = 0; i < scored->scoring->texts; i++)
        scored->text[i] = evaluation->text[i];
    scored->seconds = evaluation->seconds;
    scored->params = (uint64_t)evaluation->value[OBJECTIVE_PARAMS];
    scored->bytes = (uint64_t)evaluation->value[OBJECTIVE_BYTES];
    scored->status = keep_groups(scored, evaluation);
    if (scored->status == STATUS_OK && scored->items_wanted)
        scored->status = write_items(scored, evaluation);
}

enum status scored_run(const struct options *options, const struct loaded *loaded,
                       struct scored *scored, struct error *error)
{
    const struct scoring *scoring = scored->scoring;
    scored->task = memory_new(scoring->tasks, sizeof *scored->task, error);
    scored->text = memory_new(scoring->texts, sizeof *scored->text, error);
    scored->groups = memory_new(scoring->tasks, sizeof *scored->groups, error);
    if (scored->task == NULL || scored->text == NULL || scored->groups == NULL)
        return STATUS_MEMORY;
    enum status status = scoring_run(options, loaded, scoring, keep, scored, error);
    if (status == STATUS_OK && scored->status != STATUS_OK) {
        *error = scored->error;
        status = scored->status;
    }
    if (loaded->as_it_is)
        scored->bytes = supernet_shape(loaded->supernet)->file_bytes;
    return status;
}

void scored_release(struct scored *scored)
{
    for (size_t i = 0; scored->groups != NULL && i < scored->scoring->tasks; i++)
        memory_free(scored->groups[i].list);
    memory_free(scored->groups);
    memory_free(scored->task);
    memory_free(scored->text);
    buf_release(&scored->items);
    *scored = (struct scored){0};
}

/* ---- JSON ---- */

static json_t *groups_json(const struct scored_groups *groups)
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

/* What guessing gets of the accuracy. */
static double chance_of(const struct task *task)
{
    double chance = 0;
    for (size_t i = 0; i < task->items; i++)
        chance += 1.0 / task->item[i].choices / (double)task->items;
    return chance;
}

json_t *scored_tasks_json(const struct scored *scored)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scored->scoring->tasks; i++) {
        const struct task_score *score = &scored->task[i];
        json_t *task = json_pack(
            "{s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:I}", "name", report_text(scored->scoring->task[i].name),
            "n", (json_int_t)score->n, "acc", report_number(score->acc), "acc_norm",
            report_number(score->acc_norm), "stderr", report_number(score->standard_error),
            "chance", report_number(chance_of(&scored->scoring->task[i])), "choice_nll",
            report_number(score->choice_nll), "truncated",
            (json_int_t)prepared_task_truncated(scored->scoring->prepared[i]));
        if (scored->groups[i].count > 0)
            json_object_set_new(task, "groups", groups_json(&scored->groups[i]));
        json_array_append_new(list, task);
    }
    return list;
}

json_t *scored_texts_json(const struct scored *scored)
{
    json_t *list = json_array();
    for (size_t i = 0; i < scored->scoring->texts; i++) {
        const struct text_score *score = &scored->text[i];
        json_t *text = json_pack(
            "{s:o,s:I,s:I,s:o}", "name", report_text(prepared_text_name(scored->scoring->text[i])),
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

/* ---- text ---- */

static void print_groups(const struct scored_groups *groups)
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

void scored_print(const struct loaded *loaded, const struct scored *scored, bool verbose,
                  bool chance)
{
    const struct scoring *scoring = scored->scoring;
    uint64_t tokens = scoring_tokens(scoring);
    for (size_t i = 0; i < scoring->tasks; i++) {
        const struct task_score *score = &scored->task[i];
        size_t truncated = prepared_task_truncated(scoring->prepared[i]);
        printf("%s: acc %.2f %% +- %.2f, acc_norm %.2f %%, choice_nll %.4f, %zu questions",
               scoring->task[i].name, 100 * score->acc, 100 * score->standard_error,
               100 * score->acc_norm, score->choice_nll, score->n);
        if (chance)
            printf(", chance %.2f %%", 100 * chance_of(&scoring->task[i]));
        if (truncated > 0)
            printf(", %zu truncated", truncated);
        if (scored->groups[i].count > 0)
            printf(", mean of %zu subjects by size", scored->groups[i].count);
        putchar('\n');
        if (verbose)
            print_groups(&scored->groups[i]);
    }
    for (size_t i = 0; i < scoring->texts; i++)
        print_text_score(prepared_text_name(scoring->text[i]), &scored->text[i]);
    printf("%" PRIu64 " tokens in %.1f s, %.0f a second, %u threads\n", tokens, scored->seconds,
           scored->seconds > 0 ? (double)tokens / scored->seconds : 0, loaded->threads);
}
