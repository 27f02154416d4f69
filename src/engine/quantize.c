/* The quantized front: which networks, what is there, the rest evaluated type by type. A layer that
 * was encoded for one network stays for the others as long as the memory lasts (model/pieces). */
#include "engine/quantize.h"

#include "await_private.h"
#include "base/clock.h"
#include "base/memory.h"
#include "replica_private.h"
#include "search/front.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct quantizing {
    const struct quantize_options *options;
    struct quantized *quantized;
    struct replica replica;
    unsigned threads;
    int lock;
    size_t rows[QUANTIZE_TYPES]; /* in each overlay */
    struct arch_code *codes;     /* owned: room for as many as there are points */
    size_t wanted;               /* evaluations of this call, all types */
    atomic_size_t done;
    /* what is being evaluated; the sink's while it is */
    size_t type;
    enum status status;
    struct error error;
};

/* ---- which networks ---- */

static enum status read_front(const char *directory, struct quantized *q, struct error *error)
{
    struct run_summary run;
    uint32_t *front = NULL;
    size_t feasible;
    enum status status = run_summary_read(directory, &run, error);
    if (status != STATUS_OK)
        return status;
    if (run.rows == 0)
        status = error_set(error, STATUS_INVALID, "%s has no evaluated network yet", directory);
    if (status == STATUS_OK)
        status = front_of_rows(run.archive, run.rows, &run.estimate, run.objectives, run.m,
                               &run.pins, &front, &q->points, &feasible, error);
    if (status == STATUS_OK) {
        q->point = memory_new(q->points, sizeof *q->point, error);
        status = q->point != NULL ? STATUS_OK : STATUS_MEMORY;
    }
    for (size_t i = 0; status == STATUS_OK && i < q->points; i++) {
        q->point[i].own = *archive_row(run.archive, front[i]);
        q->point[i].code = q->point[i].own.code;
        arch_code_set_types(&q->point[i].code, NULL); /* they would beat the type */
    }
    memcpy(q->measured, run.measured, sizeof q->measured);
    q->objective = run.measured[OBJECTIVE_ACC] ? OBJECTIVE_ACC : run.objectives[0];
    q->estimate = run.estimate;
    memory_free(front);
    run_summary_release(&run);
    return status;
}

/* history.csv may hold anything; the evaluator takes this model's codes alone. */
static enum status check_codes(const struct quantizing *z, struct error *error)
{
    for (size_t i = 0; i < z->quantized->points; i++) {
        const struct arch_code *code = &z->quantized->point[i].own.code;
        struct arch_code canonical;
        if (arch_code_parse(z->replica.shape, code->text, &canonical, NULL) != STATUS_OK ||
            !arch_code_equal(&canonical, code))
            return error_set(error, STATUS_INVALID,
                             "a row of the run has the code %.100s, which is none of this model's",
                             code->text);
    }
    return STATUS_OK;
}

static enum status set_types(struct quantizing *z, struct error *error)
{
    struct quantized *q = z->quantized;
    const struct weight_options *own = &z->replica.setup.weights;
    bool head = own->head != WEIGHT_SOURCE && own->head != own->type;
    snprintf(q->own_type, sizeof q->own_type, "%s%s%s", weight_type_name(own->type),
             head ? ", head " : "", head ? weight_type_name(own->head) : "");
    for (size_t t = 0; t < z->options->types; t++) {
        struct quantized_type *type = &q->type[t];
        *type = (struct quantized_type){
            .weights = *own, .seconds = (double)NAN, .first_seconds = (double)NAN};
        type->weights.type = z->options->type[t];
        type->weights.head = z->options->head;
        overlay_name(&type->weights, type->name);
        for (size_t k = 0; k < t; k++)
            if (strcmp(q->type[k].name, type->name) == 0)
                return error_set(error, STATUS_INVALID, "--types names %s twice", type->name);
    }
    q->types = z->options->types;
    return STATUS_OK;
}

/* ---- what is there ---- */

/* A row of this type: its size says so, too. */
static bool is_of(const struct quantizing *z, const struct row *row,
                  const struct weight_options *weights)
{
    uint64_t bytes = arch_bytes(z->replica.shape, &row->code, weights);
    return row->n == replica_items(&z->replica) && row->value[OBJECTIVE_BYTES] >= (double)bytes &&
           row->value[OBJECTIVE_BYTES] <= (double)bytes;
}

static void put(struct quantized *q, size_t type, const struct row *row)
{
    for (size_t i = 0; i < q->points; i++)
        if (arch_code_equal(&q->point[i].code, &row->code))
            q->point[i].at[type] = *row;
}

/* Codes without a row of this type, each once; returns how many. */
static size_t missing_codes(const struct quantized *q, size_t type, struct arch_code *codes)
{
    size_t count = 0;
    for (size_t i = 0; i < q->points; i++) {
        bool skip = q->point[i].at[type].code.text[0] != '\0';
        for (size_t k = 0; !skip && k < count; k++)
            skip = arch_code_equal(&codes[k], &q->point[i].code);
        if (!skip)
            codes[count++] = q->point[i].code;
    }
    return count;
}

static enum status read_overlay(struct quantizing *z, size_t type, struct error *error)
{
    struct quantized *q = z->quantized;
    struct history_reader *reader = NULL;
    bool anew;
    enum status status = overlay_reader_new(z->options->directory, q->type[type].name,
                                            z->replica.shape, NULL, NULL, &reader, error);
    if (status == STATUS_OK)
        status = history_reader_read(reader, &anew, error);
    if (status == STATUS_OK && history_reader_damaged(reader))
        status = error_set(error, STATUS_INVALID,
                           "%s/overlays/%s.csv has lines that are no rows: move it away",
                           z->options->directory, q->type[type].name);
    const struct archive *archive = reader != NULL ? history_reader_archive(reader) : NULL;
    z->rows[type] = archive != NULL ? archive_count(archive) : 0;
    for (size_t i = 0; status == STATUS_OK && i < z->rows[type]; i++)
        if (is_of(z, archive_row(archive, i), &q->type[type].weights))
            put(q, type, archive_row(archive, i));
    if (status == STATUS_OK)
        z->wanted += missing_codes(q, type, z->codes);
    history_reader_free(reader);
    return status;
}

/* ---- evaluating ---- */

static enum status keep(struct quantizing *z, const struct evaluation *evaluation)
{
    struct quantized_type *type = &z->quantized->type[z->type];
    struct row row = {
        .id = (uint32_t)z->rows[z->type],
        .code = evaluation->code,
        .origin = "quantized",
        .standard_error = evaluation->standard_error,
        .n = evaluation->n,
        .seconds = evaluation->seconds,
        .finished = clock_utc(),
    };
    memcpy(row.value, evaluation->value, sizeof row.value);
    enum status status = evaluation->status;
    if (status == STATUS_OK)
        status = overlay_append(z->options->directory, &type->weights, &row, &z->error);
    else
        z->error = evaluation->error;
    if (status != STATUS_OK)
        return status;
    z->rows[z->type]++;
    put(z->quantized, z->type, &row);
    if (type->fresh++ == 0)
        type->first_seconds = row.seconds;
    else
        type->seconds = (isnan(type->seconds) ? 0 : type->seconds) + row.seconds;
    return STATUS_OK;
}

static void sink(void *context, const struct evaluation *evaluation)
{
    struct quantizing *z = context;
    if (z->status == STATUS_OK)
        z->status = keep(z, evaluation);
    /* a failure ends the waiting, too: what is pending is dropped */
    atomic_fetch_add(&z->done, z->status == STATUS_OK ? 1 : z->wanted);
}

static enum status evaluate(struct quantizing *z, size_t type, struct error *error)
{
    struct replica *r = &z->replica;
    struct quantized *q = z->quantized;
    struct evaluator *evaluator = NULL;
    struct evaluator_options wanted =
        replica_evaluator(r, z->threads, z->options->memory, z->options->cache);
    char doing[48];
    size_t count = missing_codes(q, type, z->codes);
    wanted.weights = q->type[type].weights;
    wanted.task = (const struct prepared_task *const *)r->prepared;
    wanted.tasks = r->setup.tasks;
    wanted.text = (const struct prepared_text *const *)&r->text;
    wanted.texts = r->text != NULL;
    arch_code_sort(z->codes, count);
    z->type = type;
    snprintf(doing, sizeof doing, "evaluating at %s", q->type[type].name);
    enum status status = count > 0 ? evaluator_new(&wanted, sink, z, &evaluator, error) : STATUS_OK;
    if (status == STATUS_OK && count > 0)
        status = evaluator_submit(evaluator, z->codes, count, error);
    if (status == STATUS_OK && count > 0)
        await_networks(evaluator, &z->options->listener, doing, &z->done,
                       atomic_load(&z->done) + count, z->wanted);
    evaluator_free(evaluator);
    if (status == STATUS_OK && z->status != STATUS_OK) {
        status = z->status;
        if (error != NULL)
            *error = z->error;
    }
    if (q->type[type].fresh > 1)
        q->type[type].seconds /= (double)(q->type[type].fresh - 1);
    return status;
}

/* ---- comparing ---- */

double quantized_loss(const struct quantized *quantized, const struct row *before,
                      const struct row *row)
{
    enum objective objective = quantized->objective;
    double cost = objective_cost(objective, row_value(before, objective, &quantized->estimate));
    double after = objective_cost(objective, row_value(row, objective, &quantized->estimate));
    if (objective_table[objective].quantity == QUANTITY_FRACTION)
        return after - cost;
    return cost != 0 ? (after - cost) / fabs(cost) : (double)NAN;
}

/* The networks at type t against themselves at type `before`, SIZE_MAX: the run's own. */
static struct quantized_means average(const struct quantized *q, size_t t, size_t before)
{
    struct quantized_means means = {.worst = -INFINITY};
    double squares = 0, count = (double)q->points;
    for (size_t i = 0; i < q->points; i++) {
        const struct quantized_point *point = &q->point[i];
        const struct row *other = before == SIZE_MAX ? &point->own : &point->at[before];
        const struct row *row = &point->at[t];
        double loss = quantized_loss(q, other, row);
        means.smaller += (1 - row->value[OBJECTIVE_BYTES] / other->value[OBJECTIVE_BYTES]) / count;
        means.loss += loss / count;
        squares += loss * loss;
        means.nll +=
            (row->value[OBJECTIVE_CHOICE_NLL] - other->value[OBJECTIVE_CHOICE_NLL]) / count;
        if (loss > means.worst) {
            means.worst = loss;
            means.worst_point = i;
        }
    }
    squares = fmax(0, squares - count * means.loss * means.loss);
    means.loss_error = q->points > 1 ? sqrt(squares / (count - 1) / count) : (double)NAN;
    return means;
}

/* Networks at type t that no other, smaller and better, beats. */
static size_t count_front(const struct quantized *q, size_t t)
{
    size_t fronts = 0;
    for (size_t i = 0; i < q->points; i++) {
        const struct row *row = &q->point[i].at[t];
        bool beaten = false;
        for (size_t k = 0; !beaten && k < q->points; k++) {
            const struct row *other = &q->point[k].at[t];
            double better = objective_cost(q->objective, row->value[q->objective]) -
                            objective_cost(q->objective, other->value[q->objective]);
            double smaller = row->value[OBJECTIVE_BYTES] - other->value[OBJECTIVE_BYTES];
            beaten = better >= 0 && smaller >= 0 && (better > 0 || smaller > 0);
        }
        fronts += !beaten;
    }
    return fronts;
}

static void compare(struct quantized *q)
{
    for (size_t t = 0; t < q->types; t++) {
        q->type[t].own = average(q, t, SIZE_MAX);
        q->type[t].first = average(q, t, 0);
        q->type[t].fronts = count_front(q, t);
    }
}

/* ---- all ---- */

static void estimate(const struct quantizing *z)
{
    const struct quantized *q = z->quantized;
    double seconds = 0, count = 0;
    char all[40] = "", time[24];
    for (size_t i = 0; i < q->points; i++)
        if (q->point[i].own.seconds > 0) {
            seconds += q->point[i].own.seconds;
            count++;
        }
    seconds *= count > 0 ? (double)z->wanted / count : 0;
    if (seconds >= 1)
        snprintf(all, sizeof all, ", about %s by the search's own times",
                 quantity_format(QUANTITY_SECONDS, seconds, time, sizeof time));
    listener_say(&z->options->listener,
                 "%zu networks of the front, %zu type%s: %zu to evaluate%s; known already: %zu",
                 q->points, q->types, q->types == 1 ? "" : "s", z->wanted, all,
                 q->points * q->types - z->wanted);
}

/* The lock is taken first: what another process has added until then counts. */
static enum status make(struct quantizing *z, struct error *error)
{
    const struct quantize_options *o = z->options;
    struct quantized *q = z->quantized;
    enum status status;
    if ((status = read_front(o->directory, q, error)) ||
        (status = replica_open(o->directory, NULL, z->threads, o->memory, &z->replica, error)) ||
        (status = check_codes(z, error)) || (status = set_types(z, error)) ||
        (status = overlays_lock(o->directory, &z->lock, error)))
        return status;
    z->codes = memory_new(q->points, sizeof *z->codes, error);
    if (z->codes == NULL)
        return STATUS_MEMORY;
    for (size_t t = 0; status == STATUS_OK && t < q->types; t++)
        status = read_overlay(z, t, error);
    if (status == STATUS_OK && z->wanted > 0)
        estimate(z);
    q->began = status == STATUS_OK && z->wanted > 0;
    for (size_t t = 0; status == STATUS_OK && t < q->types; t++)
        status = evaluate(z, t, error);
    if (status == STATUS_OK)
        compare(q);
    return status;
}

enum status quantize_front(const struct quantize_options *options, struct quantized *quantized,
                           struct error *error)
{
    struct quantizing z = {
        .options = options,
        .quantized = quantized,
        .threads = options->threads > 0 ? options->threads : evaluator_default_threads(),
        .lock = -1,
    };
    *quantized = (struct quantized){0};
    atomic_init(&z.done, 0);
    enum status status = make(&z, error);
    replica_release(&z.replica);
    memory_free(z.codes);
    if (z.lock >= 0)
        close(z.lock);
    return status;
}

void quantized_release(struct quantized *quantized)
{
    memory_free(quantized->point);
    *quantized = (struct quantized){0};
}
