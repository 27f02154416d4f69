/* bench_estimate [splits=N] [questions=N] ITEMS.csv...: which figure of a network tells most about
 * its accuracy on questions that it was not measured on? Reads what `paretop eval --items` wrote of
 * several networks on the same questions (run tests/bench/estimate), cuts the questions at random
 * into a part to measure on (half of them, or as many as said) and the rest, `splits` times, and
 * prints as CSV, means over the splits: Kendall's tau of acc, choice_nll and acc_est on the part
 * against acc on the rest; how often acc_est ranks better than acc; the error of both as estimates
 * of acc on the rest, what all networks have in common left out. Then the shares of an accuracy's
 * sampling variance that search/estimate.h names. */
#include "base/memory.h"
#include "base/rng.h"
#include "bench_tools.h"
#include "io/csv.h"
#include "search/correlation.h"
#include "search/estimate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NETWORKS 256
#define QUESTIONS 4096

struct answers { /* of a network, to each question */
    double right[QUESTIONS], nll[QUESTIONS];
};

struct bench {
    struct answers *network[NETWORKS]; /* owned */
    size_t networks, questions, part, splits;
};

/* ---- reading ---- */

/* Rows [first, end) are the choices of one question. */
static void take_question(const struct csv_table *table, size_t first, size_t end, int loglik,
                          int gold, double *right, double *nll)
{
    double most = -INFINITY, sum = 0;
    size_t best = 0, answer = (size_t)atol(table->row[first].field[gold]);
    for (size_t i = first; i < end; i++)
        if (atof(table->row[i].field[loglik]) > most) {
            most = atof(table->row[i].field[loglik]);
            best = i - first;
        }
    for (size_t i = first; i < end; i++)
        sum += exp(atof(table->row[i].field[loglik]) - most);
    *right = best == answer;
    *nll = answer < end - first ? most + log(sum) - atof(table->row[first + answer].field[loglik])
                                : NAN;
}

static enum status read_items(struct bench *bench, const char *path, struct error *error)
{
    struct csv_table table;
    enum status status = csv_read_file(path, &table, error);
    int item = csv_column(&table, "item"), loglik = csv_column(&table, "loglik"),
        gold = csv_column(&table, "gold");
    if (status == STATUS_OK && (item < 0 || loglik < 0 || gold < 0 || bench->networks == NETWORKS))
        status =
            error_set(error, STATUS_INVALID, "%s is no file of --items, or one too many", path);
    struct answers *answers = status == STATUS_OK ? memory_new(1, sizeof *answers, error) : NULL;
    size_t questions = 0;
    for (size_t i = 1, end; answers != NULL && i < table.rows && questions < QUESTIONS; i = end) {
        for (end = i;
             end < table.rows && strcmp(table.row[end].field[item], table.row[i].field[item]) == 0;)
            end++;
        take_question(&table, i, end, loglik, gold, &answers->right[questions],
                      &answers->nll[questions]);
        questions++;
    }
    csv_release(&table);
    if (answers == NULL)
        return status == STATUS_OK ? STATUS_MEMORY : status;
    bench->network[bench->networks++] = answers;
    if (bench->networks > 1 && questions != bench->questions)
        return error_set(error, STATUS_INVALID, "%s has %zu questions, not %zu", path, questions,
                         bench->questions);
    bench->questions = questions;
    return STATUS_OK;
}

/* ---- splits ---- */

struct look { /* what one part of the questions says about each network */
    double acc[NETWORKS], nll[NETWORKS], est[NETWORKS];
};

static void look_at(const struct bench *bench, const size_t *order, size_t first, size_t end,
                    struct look *look)
{
    double n = (double)(end - first);
    struct estimate estimate = {0};
    struct row row = {.n = (uint32_t)n};
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < bench->networks; i++) {
            double right = 0, nll = 0;
            for (size_t k = first; k < end; k++) {
                right += bench->network[i]->right[order[k]];
                nll += bench->network[i]->nll[order[k]];
            }
            look->acc[i] = row.value[OBJECTIVE_ACC] = right / n;
            look->nll[i] = row.value[OBJECTIVE_CHOICE_NLL] = nll / n;
            row.standard_error = sqrt(look->acc[i] * (1 - look->acc[i]) / (n - 1));
            if (pass == 0)
                estimate_add(&estimate, &row);
            else
                look->est[i] = row_value(&row, OBJECTIVE_ACC_EST, &estimate);
        }
}

/* Root mean square of a - b without the mean of a - b. */
static double spread(const double *a, const double *b, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += a[i] - b[i];
        squares += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sqrt(squares / (double)n - sum * sum / (double)(n * n));
}

static void print_splits(const struct bench *bench)
{
    static struct look part, rest;
    size_t order[QUESTIONS], n = bench->networks;
    double acc = 0, nll = 0, est = 0, better = 0, acc_error = 0, est_error = 0;
    struct rng rng;
    rng_init(&rng, 0, "bench_estimate", 0);
    for (size_t s = 0; s < bench->splits; s++) {
        for (size_t i = 0; i < bench->questions; i++) {
            size_t k = rng_below(&rng, (uint32_t)i + 1);
            order[i] = order[k];
            order[k] = i;
        }
        look_at(bench, order, 0, bench->part, &part);
        look_at(bench, order, bench->part, bench->questions, &rest);
        double plain = kendall_tau(part.acc, rest.acc, n),
               ours = kendall_tau(part.est, rest.acc, n);
        acc += plain;
        est += ours;
        nll -= kendall_tau(part.nll, rest.acc, n); /* the less the better */
        better += ours > plain;
        acc_error += spread(part.acc, rest.acc, n);
        est_error += spread(part.est, rest.acc, n);
    }
    double splits = (double)bench->splits;
    printf("tau of acc,%.4f\ntau of choice_nll,%.4f\ntau of acc_est,%.4f\n", acc / splits,
           nll / splits, est / splits);
    printf("splits in which acc_est ranks better than acc,%.4f\n", better / splits);
    printf("rms of acc from acc on the rest,%.5f\nrms of acc_est from acc on the rest,%.5f\n",
           acc_error / splits, est_error / splits);
}

/* ---- shares ---- */

/* Per question: how a network's answer differs from its mean, and what of that the line makes of
 * the difference of its nll (slope d x / d nll); from both the mean over networks is taken. */
static void print_shares(const struct bench *bench)
{
    static double right[NETWORKS], through[NETWORKS];
    static struct look all;
    size_t order[QUESTIONS], n = bench->networks;
    double total = 0, own = 0, shared = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < bench->questions; i++)
        order[i] = i;
    look_at(bench, order, 0, bench->questions, &all);
    for (size_t i = 0; i < n; i++) {
        x += 1 / (1 + all.nll[i]) / (double)n;
        y += all.acc[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        xx += pow(1 / (1 + all.nll[i]) - x, 2);
        xy += (1 / (1 + all.nll[i]) - x) * (all.acc[i] - y);
    }
    for (size_t q = 0; q < bench->questions; q++) {
        double right_mean = 0, through_mean = 0;
        for (size_t i = 0; i < n; i++) {
            right[i] = bench->network[i]->right[q] - all.acc[i];
            through[i] = -xy / xx * (bench->network[i]->nll[q] - all.nll[i]) /
                         ((1 + all.nll[i]) * (1 + all.nll[i]));
            right_mean += right[i] / (double)n;
            through_mean += through[i] / (double)n;
        }
        for (size_t i = 0; i < n; i++) {
            total += right[i] * right[i];
            own += (right[i] - right_mean) * (right[i] - right_mean) * (double)n / (double)(n - 1);
            shared +=
                (right[i] - right_mean) * (through[i] - through_mean) * (double)n / (double)(n - 1);
        }
    }
    printf("share of the variance that is the network's own,%.4f\n", own / total);
    printf("share of the variance that residuals show,%.4f\n", (own - shared) / total);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct error error = {0};
    enum status status = STATUS_OK;
    bench.splits = 200;
    for (int i = 1; status == STATUS_OK && i < argc; i++)
        if (!bench_number(argv[i], "splits", 1, 100000, &bench.splits) &&
            !bench_number(argv[i], "questions", 10, QUESTIONS, &bench.part))
            status = read_items(&bench, argv[i], &error);
    if (bench.part == 0)
        bench.part = bench.questions / 2;
    if (status == STATUS_OK &&
        (bench.networks < ESTIMATE_ROWS || bench.part + 1 >= bench.questions))
        status =
            error_set(&error, STATUS_INVALID,
                      "answers of %zu networks to %zu questions; tests/bench/estimate makes more",
                      bench.networks, bench.questions);
    if (status != STATUS_OK) {
        fprintf(stderr, "bench_estimate: %s\n", error.message);
        return 2;
    }
    printf("figure,value\nnetworks,%zu\nquestions measured on,%zu\nquestions in the rest,%zu\n"
           "splits,%zu\n",
           bench.networks, bench.part, bench.questions - bench.part, bench.splits);
    print_splits(&bench);
    print_shares(&bench);
    for (size_t i = 0; i < bench.networks; i++)
        memory_free(bench.network[i]);
    return 0;
}
