/* Judging a run: what is known is read, what is missing is scored and stored network by network. */
#include "engine/judge.h"

#include "await_private.h"
#include "base/clock.h"
#include "base/memory.h"
#include "judge_private.h"
#include "replica_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct judging {
    const struct judge_options *options;
    struct judgement *judgement;
    struct setup setup; /* run.json's, without the model */
    struct task task;   /* held out */
    struct heldout_rows known;
    double seconds_per_item;
    struct replica replica;
    struct prepared_task *prepared;
    struct heldout_file *file;
    unsigned threads;
    /* what is being scored: the sink's while it is */
    bool magnitude;
    size_t wanted;
    atomic_size_t done;
    enum status status;
    struct error error;
};

/* ---- the questions ---- */

static bool has_default(const struct setup *setup)
{
    return setup->tasks == 1 && strcmp(setup->task[0].path, "search") == 0;
}

bool judge_usual(const char *directory)
{
    struct setup setup;
    bool usual = replica_setup(directory, &setup, NULL) == STATUS_OK && has_default(&setup) &&
                 (setup.limit == 0 || setup.limit >= SETUP_USUAL_LIMIT);
    setup_release(&setup);
    return usual;
}

/* Other questions than the search's are wanted: told apart by their content. */
static enum status check_other(const char *heldout, const char sha256[SHA256_HEX], const char *own,
                               struct error *error)
{
    if (strcmp(sha256, own) != 0)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID,
                     "--heldout %.200s has the very questions that the search is led by (SHA-256 "
                     "%.12s...): others are needed to judge it",
                     heldout, sha256);
}

enum status judge_check(const char *heldout, const char *const *tasks, size_t count,
                        struct error *error)
{
    static const char *const embedded[] = {"search"};
    struct task task = {0}, own = {0};
    enum status status = task_load(heldout, &(struct task_options){0}, &task, error);
    if (status != STATUS_OK)
        error_prefix(error, "--heldout");
    for (size_t i = 0; status == STATUS_OK && i < (count > 0 ? count : 1); i++) {
        status =
            task_load(count > 0 ? tasks[i] : embedded[i], &(struct task_options){0}, &own, error);
        if (status == STATUS_OK)
            status = check_other(heldout, task.sha256, own.sha256, error);
        task_release(&own);
    }
    task_release(&task);
    return status;
}

static enum status load_questions(struct judging *j, struct error *error)
{
    const struct setup *setup = &j->setup;
    const char *source = j->options->heldout;
    const struct task_options wanted = {
        .limit = j->options->limit, .shots = setup->shots, .from = setup->shots_from};
    if (source == NULL && !has_default(setup))
        return error_set(error, STATUS_INVALID,
                         "this run's questions (%.100s) have none held out that are known here: "
                         "--heldout NAME|FILE|DIR names some that the search has not seen",
                         setup->tasks > 0 ? setup->task[0].path : "none");
    if (source == NULL)
        source = "heldout";
    enum status status = task_load(source, &wanted, &j->task, error);
    if (status != STATUS_OK)
        return error_prefix(error, "--heldout");
    for (size_t i = 0; status == STATUS_OK && i < setup->tasks; i++)
        status = check_other(source, j->task.sha256, setup->task[i].stored, error);
    snprintf(j->judgement->task, sizeof j->judgement->task, "%s", j->task.name);
    memcpy(j->judgement->sha256, j->task.sha256, SHA256_HEX);
    j->judgement->items = j->task.items;
    return status;
}

/* ---- what is known ---- */

static void put(struct judgement *judgement, size_t index, const struct heldout_row *row)
{
    judgement->network[index].heldout = *row;
    judgement->judged[index].heldout = row->acc;
    judgement->judged[index].heldout_error = row->standard_error;
}

/* Returns how many have no row. */
static size_t look_up(struct judging *j)
{
    struct judgement *judgement = j->judgement;
    size_t missing = 0;
    for (size_t i = 0; i < judgement->count; i++) {
        const struct judged_network *network = &judgement->network[i];
        const struct heldout_row *row =
            heldout_find(&j->known, &network->row.code, network->magnitude, judgement->sha256,
                         (uint32_t)judgement->items);
        if (row != NULL)
            put(judgement, i, row);
        else
            missing++;
    }
    return missing;
}

static enum status read_known(struct judging *j, struct error *error)
{
    heldout_release(&j->known);
    return heldout_read(j->options->directory, &j->known, error);
}

/* ---- scoring ---- */

static void sink(void *context, const struct evaluation *evaluation)
{
    struct judging *j = context;
    struct judgement *judgement = j->judgement;
    if (j->status == STATUS_OK && evaluation->status != STATUS_OK) {
        j->status = evaluation->status;
        j->error = evaluation->error;
    }
    if (j->status == STATUS_OK) {
        const struct task_score *score = &evaluation->task[0];
        struct heldout_row row = {
            .code = evaluation->code,
            .magnitude = j->magnitude,
            .n = (uint32_t)score->n,
            .acc = score->acc,
            .standard_error = score->standard_error,
            .acc_norm = score->acc_norm,
            .choice_nll = score->choice_nll,
            .seconds = evaluation->seconds,
            .finished = clock_utc(),
        };
        memcpy(row.task, judgement->task, sizeof row.task);
        memcpy(row.sha256, judgement->sha256, sizeof row.sha256);
        j->status = heldout_append(j->file, &row, &j->error);
        for (size_t i = 0; j->status == STATUS_OK && i < judgement->count; i++)
            if (judgement->network[i].magnitude == row.magnitude &&
                arch_code_equal(&judgement->network[i].row.code, &row.code))
                put(judgement, i, &row);
        judgement->fresh += j->status == STATUS_OK;
    }
    /* a failure ends the waiting, too: what is pending is dropped */
    atomic_fetch_add(&j->done, j->status == STATUS_OK ? 1 : j->wanted);
}

static enum status score(struct judging *j, struct arch_code *codes, size_t count,
                         struct error *error)
{
    struct evaluator_options wanted =
        replica_evaluator(&j->replica, j->threads, j->options->memory, j->options->cache);
    struct evaluator *evaluator = NULL;
    enum status status = STATUS_OK;
    if (j->magnitude)
        status = replica_magnitude(&j->replica, j->options->memory, error);
    if (j->magnitude)
        wanted.supernet = j->replica.magnitude;
    wanted.task = (const struct prepared_task *const *)&j->prepared;
    wanted.tasks = 1;
    arch_code_sort(codes, count);
    if (status == STATUS_OK)
        status = evaluator_new(&wanted, sink, j, &evaluator, error);
    if (status == STATUS_OK)
        status = evaluator_submit(evaluator, codes, count, error);
    if (status == STATUS_OK)
        await_networks(evaluator, &j->options->listener, "judging", &j->done,
                       atomic_load(&j->done) + count, j->wanted);
    evaluator_free(evaluator);
    if (status == STATUS_OK && j->status != STATUS_OK) {
        status = j->status;
        if (error != NULL)
            *error = j->error;
    }
    return status;
}

/* Codes without a row whose neurons are in this order, each once. */
static size_t missing_codes(const struct judgement *judgement, bool magnitude,
                            struct arch_code *codes)
{
    size_t count = 0;
    for (size_t i = 0; i < judgement->count; i++) {
        const struct judged_network *network = &judgement->network[i];
        bool skip = network->heldout.n > 0 || network->magnitude != magnitude;
        for (size_t k = 0; !skip && k < count; k++)
            skip = arch_code_equal(&codes[k], &network->row.code);
        if (!skip)
            codes[count++] = network->row.code;
    }
    return count;
}

static void estimate(const struct judging *j)
{
    char all[32] = "";
    double seconds = j->seconds_per_item * (double)j->judgement->items * (double)j->wanted;
    size_t known = 0;
    for (size_t i = 0; i < j->judgement->count; i++)
        known += j->judgement->network[i].heldout.n > 0;
    if (isfinite(seconds) && seconds >= 1)
        quantity_format(QUANTITY_SECONDS, seconds, all, sizeof all);
    listener_say(&j->options->listener,
                 "%s: %zu networks to judge on %zu questions held out%s%s%s; known already: %zu",
                 j->judgement->task, j->wanted, j->judgement->items, *all != '\0' ? ", about " : "",
                 all, *all != '\0' ? " by the search's own times" : "", known);
}

/* The files may hold anything; the evaluator takes this model's codes alone. */
static enum status check_codes(const struct judging *j, struct error *error)
{
    for (size_t i = 0; i < j->judgement->count; i++) {
        const struct arch_code *code = &j->judgement->network[i].row.code;
        struct arch_code canonical;
        if (arch_code_parse(j->replica.shape, code->text, &canonical, NULL) != STATUS_OK ||
            !arch_code_equal(&canonical, code))
            return error_set(error, STATUS_INVALID,
                             "a row of the run or its baselines has the code %.100s, which is none "
                             "of this model's",
                             code->text);
    }
    return STATUS_OK;
}

static enum status open_replica(struct judging *j, struct error *error)
{
    const struct judge_options *o = j->options;
    enum status status =
        replica_open(o->directory, NULL, j->threads, o->memory, &j->replica, error);
    if (status == STATUS_OK)
        status = check_codes(j, error);
    if (status == STATUS_OK)
        status = prepared_task_new(&j->task, j->replica.tokenizer,
                                   &(struct prepare_options){.context = j->replica.shape->context},
                                   &j->prepared, error);
    size_t cut = status == STATUS_OK ? prepared_task_truncated(j->prepared) : 0;
    if (cut > 0)
        listener_say(
            &j->options->listener,
            "%s: %zu of %zu questions are longer than the model's context and were cut on the "
            "left",
            j->task.name, cut, j->task.items);
    return status;
}

/* The lock is taken first: what another process has added until then counts. */
static enum status score_missing(struct judging *j, struct error *error)
{
    struct arch_code *codes = NULL;
    enum status status;
    if ((status = heldout_open(j->options->directory, &j->file, error)) ||
        (status = read_known(j, error)) || look_up(j) == 0 || (status = open_replica(j, error)))
        return status;
    codes = memory_new(j->judgement->count, sizeof *codes, error);
    if (codes == NULL)
        return STATUS_MEMORY;
    j->wanted = missing_codes(j->judgement, false, codes);
    j->wanted += missing_codes(j->judgement, true, codes);
    estimate(j);
    j->judgement->began = true;
    for (int magnitude = 0; status == STATUS_OK && magnitude < 2; magnitude++) {
        size_t count = missing_codes(j->judgement, magnitude != 0, codes);
        j->magnitude = magnitude != 0;
        if (count > 0)
            status = score(j, codes, count, error);
    }
    memory_free(codes);
    return status;
}

enum status judge_run(const struct judge_options *options, struct judgement *judgement,
                      struct error *error)
{
    struct judging j = {
        .options = options,
        .judgement = judgement,
        .threads = options->threads > 0 ? options->threads : evaluator_default_threads(),
    };
    enum status status;
    *judgement = (struct judgement){0};
    atomic_init(&j.done, 0);
    if ((status = replica_setup(options->directory, &j.setup, error)) == STATUS_OK &&
        (status = load_questions(&j, error)) == STATUS_OK &&
        (status = judge_collect(options->directory, judgement, &j.seconds_per_item, error)) ==
            STATUS_OK &&
        (status = read_known(&j, error)) == STATUS_OK) {
        if (j.known.damaged > 0)
            listener_say(&j.options->listener,
                         "%s/heldout.csv: %zu lines are no rows and are left out",
                         options->directory, j.known.damaged);
        if (look_up(&j) > 0)
            status = score_missing(&j, error);
    }
    heldout_close(j.file);
    prepared_task_free(j.prepared);
    replica_release(&j.replica);
    task_release(&j.task);
    heldout_release(&j.known);
    setup_release(&j.setup);
    return status;
}

void judgement_release(struct judgement *judgement)
{
    memory_free(judgement->network);
    memory_free(judgement->judged);
    *judgement = (struct judgement){0};
}
