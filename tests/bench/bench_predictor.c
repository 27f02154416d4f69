/* bench_predictor DIR...: what the predictors' prior knowledge of layers and neurons is worth. DIRs
 * are directories of searches of the default model on the embedded questions; of each, models learn
 * from the first rows of history.csv and rank the others. Prints as CSV, by objective, model,
 * number of rows learnt from and prior (none; block influence; the neurons' importance, too):
 * Kendall's tau and the mean difference between predicted and measured, weighted means over the
 * histories by the number of networks ranked. A model that the rows do not determine has no row. */
#include "base/memory.h"
#include "bench_tools.h"
#include "engine/evaluator.h"
#include "engine/orders.h"
#include "search/correlation.h"
#include "search/predictor.h"
#include "store/rundir.h"
#include "support.h"
#include "task/items.h"

#include <math.h>
#include <stdio.h>

#define HISTORIES 32
#define LEAST_RANKED 20 /* networks left over */

enum { PRIORS = 3 };
static const char *const prior_name[PRIORS] = {"none", "influence", "influence+neurons"};
static const char *const model_name[] = {"layers", "ridge", "process", NULL};
static const size_t learnt_rows[] = {1, 20, 40, 80};
static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_CHOICE_NLL};

struct history { /* rows that count, in id order */
    size_t n;
    const struct arch_code **code;
    double *value[OBJECTIVES], *variance[OBJECTIVES];
    struct archive *archive;
};

struct bench {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct model_order order;
    struct space space[PRIORS];
    double chance;
    struct history history[HISTORIES];
    size_t histories;
};

struct score {
    double weight, tau, error;
};

/* ---- reading ---- */

static enum status read_history(struct bench *bench, const char *directory, struct error *error)
{
    struct history *history = &bench->history[bench->histories];
    if (bench->histories == HISTORIES)
        return error_set(error, STATUS_INVALID, "more than %d directories", HISTORIES);
    bench->histories++;
    enum status status = archive_new(&history->archive, error);
    if (status == STATUS_OK)
        status = history_read(directory, history->archive, error);
    size_t rows = status == STATUS_OK ? archive_count(history->archive) : 0;
    history->code = memory_new(rows, sizeof *history->code, error);
    for (size_t k = 0; k < sizeof objectives / sizeof *objectives; k++) {
        history->value[objectives[k]] = memory_new(rows, sizeof(double), error);
        history->variance[objectives[k]] = memory_new(rows, sizeof(double), error);
        if (history->value[objectives[k]] == NULL || history->variance[objectives[k]] == NULL)
            return STATUS_MEMORY;
    }
    if (history->code == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < rows; i++) {
        const struct row *row = archive_row(history->archive, i);
        double acc = row->value[OBJECTIVE_ACC];
        if (archive_superseded(history->archive, i, rows) || !isfinite(acc) ||
            !isfinite(row->value[OBJECTIVE_CHOICE_NLL]))
            continue;
        history->code[history->n] = &row->code;
        history->value[OBJECTIVE_ACC][history->n] = acc;
        history->variance[OBJECTIVE_ACC][history->n] = row->standard_error * row->standard_error;
        history->value[OBJECTIVE_CHOICE_NLL][history->n++] = row->value[OBJECTIVE_CHOICE_NLL];
    }
    return status;
}

/* ---- judging ---- */

/* Adds what the model makes of one history. */
static enum status rank_rest(const struct bench *bench, const struct history *history,
                             enum objective objective, const char *model, size_t rows,
                             const struct space *space, struct score *score, struct error *error)
{
    const struct predictor_data data = {.space = space,
                                        .code = history->code,
                                        .value = history->value[objective],
                                        .variance = history->variance[objective],
                                        .n = rows,
                                        .maximise = objective_table[objective].maximise,
                                        .floor = objective == OBJECTIVE_ACC ? bench->chance : 0};
    struct predictor *predictor = NULL;
    size_t rest = history->n - rows;
    const double *measured = history->value[objective] + rows;
    double *predicted = memory_new(rest, sizeof *predicted, error), off = 0;
    if (predicted == NULL)
        return STATUS_MEMORY;
    enum status status = predictor_fit(&data, model, &predictor, error);
    for (size_t i = 0; status == STATUS_OK && i < rest; i++) {
        predicted[i] = predictor_mean(predictor, history->code[rows + i]);
        off += fabs(predicted[i] - measured[i]);
    }
    if (status == STATUS_OK) {
        score->weight += (double)rest;
        score->tau += (double)rest * kendall_tau(predicted, measured, rest);
        score->error += off;
    }
    predictor_free(predictor);
    memory_free(predicted);
    return status == STATUS_FAILED ? STATUS_OK : status; /* the data determine none */
}

static enum status judge(const struct bench *bench, enum objective objective, const char *model,
                         size_t rows, struct error *error)
{
    for (int prior = 0; prior < PRIORS; prior++) {
        struct score score = {0};
        for (size_t h = 0; h < bench->histories; h++) {
            enum status status = STATUS_OK;
            if (bench->history[h].n >= rows + LEAST_RANKED)
                status = rank_rest(bench, &bench->history[h], objective, model, rows,
                                   &bench->space[prior], &score, error);
            if (status != STATUS_OK)
                return status;
        }
        if (score.weight > 0)
            printf("%s,%s,%zu,%s,%.3f,%.4f\n", objective_table[objective].name,
                   model != NULL ? model : "chosen", rows, prior_name[prior],
                   score.tau / score.weight, score.error / score.weight);
    }
    return STATUS_OK;
}

static enum status judge_all(const struct bench *bench, struct error *error)
{
    enum status status = STATUS_OK;
    printf("objective,model,rows,prior,tau,error\n");
    for (size_t k = 0; k < sizeof objectives / sizeof *objectives; k++)
        for (size_t m = 0; m < sizeof model_name / sizeof *model_name; m++)
            for (size_t r = 0; r < sizeof learnt_rows / sizeof *learnt_rows; r++)
                if (status == STATUS_OK)
                    status = judge(bench, objectives[k], model_name[m], learnt_rows[r], error);
    return status;
}

/* ---- opening ---- */

static enum status find_chance(struct bench *bench, struct error *error)
{
    const struct task_options whole = {0};
    struct task task;
    enum status status = task_load("search", &whole, &task, error);
    for (size_t i = 0; status == STATUS_OK && i < task.items; i++)
        bench->chance += 1.0 / task.item[i].choices / (double)task.items;
    if (status == STATUS_OK)
        task_release(&task);
    return status;
}

static enum status open_model(struct bench *bench, const char *model, struct error *error)
{
    const struct orders_options orders = {.threads = evaluator_default_threads()};
    enum status status;
    if ((status = supernet_open(model, &bench->supernet, error)) ||
        (status = tokenizer_new(supernet_gguf(bench->supernet), &bench->tokenizer, error)) ||
        (status = orders_provide(bench->supernet, bench->tokenizer, &orders, &bench->order, error)))
        return status;
    for (int prior = 0; status == STATUS_OK && prior < PRIORS; prior++) {
        const struct space_options space = {
            .kind = SPACE_LAYERS,
            .influence = prior > 0 ? bench->order.influence : NULL,
            .beyond = prior > 1 ? bench->order.beyond : NULL,
        };
        status = space_init(&bench->space[prior], supernet_shape(bench->supernet), &space, error);
    }
    return status == STATUS_OK ? find_chance(bench, error) : status;
}

static void close_all(struct bench *bench)
{
    for (size_t h = 0; h < bench->histories; h++) {
        struct history *history = &bench->history[h];
        for (int k = 0; k < OBJECTIVES; k++) {
            memory_free(history->value[k]);
            memory_free(history->variance[k]);
        }
        memory_free(history->code);
        archive_free(history->archive);
    }
    model_order_release(&bench->order);
    tokenizer_free(bench->tokenizer);
    supernet_close(bench->supernet);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    const char *model = support_model();
    struct error error = {0};
    if (model == NULL || argc < 2) {
        fprintf(stderr, "SKIPPED: bench_predictor: %s\n",
                model == NULL ? "default model absent" : "no directory of a search named");
        return 0;
    }
    enum status status = open_model(&bench, model, &error);
    for (int i = 1; status == STATUS_OK && i < argc; i++)
        status = read_history(&bench, argv[i], &error);
    if (status == STATUS_OK)
        status = judge_all(&bench, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "bench_predictor: %s\n", error.message);
    close_all(&bench);
    return status == STATUS_OK ? 0 : status == STATUS_INVALID ? 2 : 1;
}
