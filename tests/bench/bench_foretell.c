/* bench_foretell: what learning to foretell costs (engine/foretell: a lesson of at most 400 rows,
 * predictors of four measured objectives), by the number of rows of the architecture problem.
 * Prints as CSV: rows, rows learnt from, CPU milliseconds of the lesson and of all four predictors,
 * of the accuracy's alone, nanoseconds of a network that is foretold, root mean square error of its
 * accuracy over unseen networks, and what cross-validation tells of it. */
#include "arch_problem.h"
#include "base/clock.h"
#include "search/lesson.h"
#include "shapes.h"

#include <math.h>
#include <stdio.h>

#define ROWS_MOST 10000
#define LEARNT_MOST 400
#define UNSEEN 1000

static const size_t counts[] = {12, 20, 50, 200, 1000, ROWS_MOST};
static const enum objective learnt[] = {OBJECTIVE_ACC, OBJECTIVE_ACC_EST, OBJECTIVE_ACC_NORM,
                                        OBJECTIVE_CHOICE_NLL};
enum { LEARNT = sizeof learnt / sizeof *learnt };

/* Some changes of the full model, none of layer 0. */
static void draw(const struct space *space, struct rng *rng, struct arch_code *code)
{
    struct genome genome;
    arch_code_full(space->shape, code);
    space_project(space, code, &genome);
    for (uint32_t changes = 1 + rng_below(rng, 16); changes > 0; changes--) {
        uint32_t gene = 1 + rng_below(rng, 29);
        genome.gene[gene] = (uint8_t)rng_below(rng, space->choices[gene]);
    }
    space_decode(space, &genome, code);
}

static enum status append(struct archive *archive, const struct space *space, struct rng *rng,
                          size_t id, struct error *error)
{
    struct row row = {.id = (uint32_t)id, .n = ARCH_PROBLEM_QUESTIONS};
    for (int k = 0; k < OBJECTIVES; k++)
        row.value[k] = NAN;
    draw(space, rng, &row.code);
    double acc = arch_problem_seen(&row.code, 1), truth = arch_problem_accuracy(&row.code);
    row.value[OBJECTIVE_ACC] = acc;
    row.value[OBJECTIVE_ACC_NORM] = arch_problem_seen(&row.code, 2);
    row.value[OBJECTIVE_CHOICE_NLL] = 1.1 * exp(1.5 * (.5 - truth));
    row.value[OBJECTIVE_PARAMS] = (double)arch_params(space->shape, &row.code);
    row.standard_error = sqrt(acc * (1 - acc) / ARCH_PROBLEM_QUESTIONS);
    return archive_append(archive, &row, error);
}

static void judge(const struct space *space, const struct predictor *predictor, size_t rows,
                  size_t n, const double seconds[2])
{
    struct rng rng;
    static struct arch_code code[UNSEEN];
    double square = 0, sum = 0;
    rng_init(&rng, 2, "bench", 0);
    for (int i = 0; i < UNSEEN; i++)
        draw(space, &rng, &code[i]);
    double start = clock_cpu_seconds();
    for (int i = 0; i < UNSEEN; i++)
        sum += predictor_mean(predictor, &code[i]);
    double each = (clock_cpu_seconds() - start) / UNSEEN;
    for (int i = 0; i < UNSEEN && isfinite(sum); i++)
        square +=
            pow(predictor_mean(predictor, &code[i]) - arch_problem_accuracy(&code[i]), 2) / UNSEEN;
    printf("%zu,%zu,%.1f,%.1f,%.0f,%.4f,%.4f\n", rows, n, 1000 * seconds[0], 1000 * seconds[1],
           1e9 * each, sqrt(square), predictor_error(predictor));
}

static enum status measure(const struct method_context *context, struct error *error)
{
    struct lesson lesson;
    struct predictor *predictor[LEARNT] = {NULL};
    double start = clock_cpu_seconds(), seconds[2] = {0};
    enum status status = lesson_init(&lesson, context, LEARNT_MOST, error);
    for (int k = 0; status == STATUS_OK && k < LEARNT; k++) {
        double before = clock_cpu_seconds();
        status = lesson_learn(&lesson, learnt[k], &predictor[k], error);
        if (k == 0)
            seconds[1] = clock_cpu_seconds() - before;
    }
    seconds[0] = clock_cpu_seconds() - start;
    if (status == STATUS_OK)
        judge(context->space, predictor[0], context->rows, lesson.n, seconds);
    for (int k = 0; k < LEARNT; k++)
        predictor_free(predictor[k]);
    lesson_release(&lesson);
    return status;
}

static enum status measure_all(const struct space *space, struct archive *archive,
                               struct error *error)
{
    static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_PARAMS};
    static const double chance[OBJECTIVES] = {
        [OBJECTIVE_ACC] = ARCH_PROBLEM_CHANCE, [OBJECTIVE_ACC_NORM] = ARCH_PROBLEM_CHANCE};
    const struct pins none = {0};
    enum status status = STATUS_OK;
    struct rng rng;
    rng_init(&rng, 1, "bench", 0);
    printf("rows,learnt,milliseconds,milliseconds_acc,nanoseconds,error,told\n");
    for (size_t i = 0, id = 0; status == STATUS_OK && i < sizeof counts / sizeof *counts; i++) {
        for (; status == STATUS_OK && id < counts[i]; id++)
            status = append(archive, space, &rng, id, error);
        const struct estimate estimate = estimate_of_rows(archive, counts[i]);
        const struct method_context context = {.space = space,
                                               .archive = archive,
                                               .rows = counts[i],
                                               .estimate = &estimate,
                                               .objectives = objectives,
                                               .m = 2,
                                               .pins = &none,
                                               .chance = chance};
        if (status == STATUS_OK)
            status = measure(&context, error);
    }
    return status;
}

int main(void)
{
    struct arch_shape shape;
    struct space space;
    struct archive *archive = NULL;
    struct error error = {0};
    const struct space_options options = {.kind = SPACE_LAYERS,
                                          .influence = arch_problem_influence};
    shape_build(&shape, &shape_smollm);
    enum status status = space_init(&space, &shape, &options, &error);
    if (status == STATUS_OK)
        status = archive_new(&archive, &error);
    if (status == STATUS_OK)
        status = measure_all(&space, archive, &error);
    if (status != STATUS_OK)
        fprintf(stderr, "bench_foretell: %s\n", error.message);
    archive_free(archive);
    arch_shape_release(&shape);
    return status == STATUS_OK ? 0 : 1;
}
