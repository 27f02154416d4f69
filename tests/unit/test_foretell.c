/* What is foretold of networks that nobody has evaluated: computed objectives as evaluating finds
 * them, to the bit; measured ones ever closer; by every method, in a resumed run, in a watcher that
 * has neither model nor orders; what is asked for. For the thread sanitizer, too. */
#include "live_run.h"
#include "support.h"

#include "arch_problem.h"
#include "base/memory.h"
#include "io/json.h"
#include "search/lesson.h"
#include "search_world.h"
#include "shapes.h"
#include "store/rundir.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define UNSEEN 200 /* networks that are foretold */

static char *folder;
static char model[256], directory[300];

static int make_folder(void **state)
{
    (void)state;
    folder = support_model_folder(model);
    snprintf(directory, sizeof directory, "%s/a.run", folder != NULL ? folder : "");
    return folder != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static struct run *started(const char *method, size_t evaluations)
{
    return live_run((struct run_options){
        .model = model, .directory = directory, .method = method, .evaluations = evaluations});
}

static bool foretells_in_the_end(const struct snapshot *s)
{
    return s->phase == RUN_FINISHED && s->foretold_rows == s->rows;
}

/* ---- computed ---- */

static void check_computed(const struct snapshot *s)
{
    double value, error;
    for (size_t i = 0; i < s->rows; i++)
        for (int k = 0; k < OBJECTIVES; k++) {
            const struct row *row = archive_row(s->archive, i);
            if (!objective_table[k].computed)
                continue;
            assert_true(snapshot_foretell(s, &row->code, (enum objective)k, &value, &error));
            assert_memory_equal(&value, &row->value[k], sizeof value);
            assert_true(error >= 0 && error <= 0);
        }
}

static void computed_ones_are_exact(void **state)
{
    (void)state;
    double value, error;
    struct run *run = started(NULL, 24);
    const struct snapshot *s = live_when(run, foretells_in_the_end);
    check_computed(s);
    assert_int_equal(s->expecteds, 0);
    assert_false(
        snapshot_foretell(s, &s->current, OBJECTIVE_PERPLEXITY, &value, &error)); /* no text */
    assert_true(isnan(value) && isnan(error));
    snapshot_release(s);
    run_close(run);
    run = live_watcher(directory);
    s = live_when(run, foretells_in_the_end);
    check_computed(s);
    snapshot_release(s);
    run_close(run);
}

/* ---- measured ---- */

static void check_measured(const struct snapshot *s)
{
    static const enum objective asked[] = {OBJECTIVE_ACC, OBJECTIVE_ACC_EST, OBJECTIVE_ACC_NORM,
                                           OBJECTIVE_CHOICE_NLL};
    struct arch_code code;
    assert_int_equal(arch_code_parse(s->shape, "87.8h4", &code, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        double value, error;
        assert_true(snapshot_foretell(s, &code, asked[i], &value, &error));
        assert_true(isfinite(value));
        assert_true(s->foretold_rows < 15 ? isnan(error) : error > 0 && error < 1);
    }
}

static void by_every_method_and_afterwards(void **state)
{
    (void)state;
    for (const struct method_entry *method = method_table; method->name != NULL; method++) {
        snprintf(directory, sizeof directory, "%s/%s.run", folder, method->name);
        struct run *run = started(method->name, 24);
        const struct snapshot *s = live_when(run, foretells_in_the_end);
        check_measured(s);
        snapshot_release(s);
        run_close(run);
        run = started(method->name, 0); /* has finished before */
        s = live_when(run, foretells_in_the_end);
        check_measured(s);
        snapshot_release(s);
        run_close(run);
    }
}

/* ---- expected ---- */

static bool expects(const struct snapshot *s)
{
    return s->expecteds > 0 && s->generation > 1 && s->foretold_rows > 0;
}

static bool paused(const struct snapshot *s)
{
    return s->phase == RUN_PAUSED;
}

static const struct run_expected *expected(const struct snapshot *s, const char *code)
{
    for (size_t i = 0; i < s->expecteds; i++)
        if (strcmp(s->expected[i].code.text, code) == 0)
            return &s->expected[i];
    return NULL;
}

static bool expects_the_injected(const struct snapshot *s)
{
    return expected(s, "888.88") != NULL;
}

static void what_is_asked_for_is_expected(void **state)
{
    (void)state;
    struct error error = {0};
    struct run *run = started("linas", 2000);
    const struct snapshot *s = live_when(run, expects);
    assert_true(s->expecteds <= s->population);
    for (size_t i = 0; i < s->expecteds; i++) {
        const struct run_expected *e = &s->expected[i];
        assert_true(isfinite(e->value[OBJECTIVE_ACC]) && isfinite(e->value[OBJECTIVE_CHOICE_NLL]));
        assert_true(isnan(e->value[OBJECTIVE_PERPLEXITY]));
        assert_true(e->value[OBJECTIVE_BYTES] > 0 && e->value[OBJECTIVE_DECODE_MS] > 0);
        for (size_t k = 0; k < s->rows; k++)
            assert_false(arch_code_equal(&e->code, &archive_row(s->archive, k)->code));
    }
    snapshot_release(s);
    assert_int_equal(run_request(run, "pause", "", &error), STATUS_OK);
    live_until(run, paused);
    assert_int_equal(run_request(run, "inject", "888.88", &error), STATUS_OK);
    s = run_snapshot(run);
    bool evaluated = false; /* by the search itself, before */
    for (size_t k = 0; k < s->rows; k++)
        evaluated = evaluated || strcmp(archive_row(s->archive, k)->code.text, "888.88") == 0;
    snapshot_release(s);
    if (!evaluated) {
        struct run *watching = live_watcher(directory);
        s = live_when(run, expects_the_injected);
        assert_true(isfinite(expected(s, "888.88")->value[OBJECTIVE_ACC]));
        snapshot_release(s);
        live_until(watching, expects_the_injected);
        run_close(watching);
    }
    run_close(run);
}

/* ---- how close: a made-up history of a made-up model ---- */

static json_t *numbers(size_t count, json_int_t number)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer(number));
    return array;
}

/* The tiny run's directory becomes one of SmolLM2-135M's shape, without rows, model and orders. */
static void make_it_another(void)
{
    static const char *const gone[] = {"history.csv", "order.bin", "front.csv", "state.json"};
    char path[400];
    json_t *run;
    struct run *first = started(NULL, 1);
    live_until(first, live_finished);
    run_close(first);
    for (size_t i = 0; i < sizeof gone / sizeof *gone; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, gone[i]);
        assert_int_equal(unlink(path), 0);
    }
    snprintf(path, sizeof path, "%s/run.json", directory);
    assert_int_equal(json_read_file(path, &run, NULL), STATUS_OK);
    json_t *shape = json_object_get(run, "shape"), *task = json_object_get(run, "tasks");
    json_object_set_new(shape, "heads", numbers(ARCH_PROBLEM_LAYERS, 9));
    json_object_set_new(shape, "kv_heads", numbers(ARCH_PROBLEM_LAYERS, 3));
    json_object_set_new(shape, "intermediate", numbers(ARCH_PROBLEM_LAYERS, 1536));
    json_object_set_new(json_array_get(task, 0), "chance", json_real(ARCH_PROBLEM_CHANCE));
    json_object_del(run, "hypervolume");
    assert_int_equal(json_write_file(path, run, NULL), STATUS_OK);
    json_decref(run);
    assert_int_equal(unlink(model), 0);
}

#define ROWS 700

struct networks {
    struct arch_shape shape;
    struct space space;
    struct rng rng;
    struct arch_code row[ROWS]; /* distinct */
};

static void open_networks(struct networks *networks)
{
    const struct space_options options = {.kind = SPACE_LAYERS};
    shape_build(&networks->shape, &shape_smollm);
    assert_int_equal(space_init(&networks->space, &networks->shape, &options, NULL), STATUS_OK);
    rng_init(&networks->rng, 1, "test", 0);
}

/* Some changes of the full model; not of layer 0, without which all is chance. */
static void draw(struct networks *networks, uint32_t changes, struct arch_code *code)
{
    struct genome genome;
    arch_code_full(&networks->shape, code);
    space_project(&networks->space, code, &genome);
    for (; changes > 0; changes--) {
        uint32_t gene = 1 + rng_below(&networks->rng, 29);
        genome.gene[gene] = (uint8_t)rng_below(&networks->rng, networks->space.choices[gene]);
    }
    space_decode(&networks->space, &genome, code);
}

static bool is_there(const struct networks *networks, size_t rows, const struct arch_code *code)
{
    for (size_t i = 0; i < rows; i++)
        if (arch_code_equal(&networks->row[i], code))
            return true;
    return false;
}

static void append_rows(struct networks *networks, size_t from, size_t to)
{
    struct rundir *rundir;
    assert_int_equal(rundir_open(directory, &rundir, NULL), STATUS_OK);
    for (size_t i = from; i < to; i++) {
        struct row row = {.id = (uint32_t)i, .n = ARCH_PROBLEM_QUESTIONS, .seconds = 1};
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        do
            draw(networks, i == 0 ? 0 : 1 + rng_below(&networks->rng, 16), &row.code);
        while (is_there(networks, i, &row.code));
        networks->row[i] = row.code;
        double acc = row.value[OBJECTIVE_ACC] = arch_problem_seen(&row.code, 1);
        row.value[OBJECTIVE_CHOICE_NLL] = exp(2 * (.5 - arch_problem_accuracy(&row.code)));
        row.value[OBJECTIVE_BYTES] = (double)arch_params(&networks->shape, &row.code);
        row.standard_error = sqrt(acc * (1 - acc) / ARCH_PROBLEM_QUESTIONS);
        snprintf(row.origin, sizeof row.origin, "seed");
        assert_int_equal(history_append(rundir, &row, NULL), STATUS_OK);
    }
    rundir_close(rundir);
}

static size_t wanted_rows;

static bool learnt_from_all(const struct snapshot *s)
{
    return s->rows == wanted_rows && s->foretold_rows == (wanted_rows < 400 ? wanted_rows : 400);
}

static bool has_all(const struct snapshot *s)
{
    return s->rows == wanted_rows;
}

/* Root mean square of what is foretold of unseen networks, less the truth. */
static double off_by(const struct snapshot *s, double *told)
{
    static struct networks unseen;
    double square = 0, error;
    open_networks(&unseen);
    rng_init(&unseen.rng, 2, "test", 0);
    for (int i = 0; i < UNSEEN; i++) {
        struct arch_code code;
        double value;
        draw(&unseen, 1 + rng_below(&unseen.rng, 16), &code);
        assert_true(snapshot_foretell(s, &code, OBJECTIVE_ACC, &value, &error));
        square += pow(value - arch_problem_accuracy(&code), 2) / UNSEEN;
        assert_true(snapshot_foretell(s, &code, OBJECTIVE_CHOICE_NLL, &value, &error));
        assert_true(fabs(value - exp(2 * (.5 - arch_problem_accuracy(&code)))) < .2);
        snapshot_foretell(s, &code, OBJECTIVE_ACC, &value, told);
    }
    arch_shape_release(&unseen.shape);
    return sqrt(square);
}

static void more_rows_foretell_better(void **state)
{
    (void)state;
    static const size_t counts[] = {11, 20, 100, ROWS};
    double before = INFINITY, told, value;
    static struct networks networks;
    struct arch_code code;
    open_networks(&networks);
    make_it_another();
    struct run *run = live_watcher(directory);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        append_rows(&networks, i == 0 ? 0 : counts[i - 1], counts[i]);
        wanted_rows = counts[i];
        const struct snapshot *s = live_when(run, i == 0 ? has_all : learnt_from_all);
        if (i == 0) { /* too few */
            assert_int_equal(s->foretold_rows, 0);
            draw(&networks, 3, &code);
            assert_false(snapshot_foretell(s, &code, OBJECTIVE_ACC, &value, &told));
            assert_true(snapshot_foretell(s, &code, OBJECTIVE_PARAMS, &value, &told));
        } else {
            double off = off_by(s, &told);
            assert_true(off < before);
            /* with the noise of 400 questions */
            assert_true(told > off && told < .04);
            before = off;
        }
        snapshot_release(s);
    }
    assert_true(before < .008);
    run_close(run);
    arch_shape_release(&networks.shape);
}

/* ---- the lesson ---- */

static void a_lesson_of_some_rows_has_them_from_all_over(void **state)
{
    (void)state;
    struct world world;
    struct lesson all, some;
    struct predictor *predictor;
    struct arch_code code[POPULATION];
    open_world(&world, "random", 30, &(struct space_options){.kind = SPACE_LAYERS}, 1);
    for (int i = 0; i < 5; i++) {
        size_t count = ask(&world, &world.state, POPULATION, code);
        for (size_t k = 0; k < count; k++)
            add_row(&world, &code[k]);
        tell(&world);
    }
    assert_int_equal(lesson_init(&all, &world.context, 0, NULL), STATUS_OK);
    assert_int_equal(lesson_init(&some, &world.context, 40, NULL), STATUS_OK);
    assert_int_equal(all.n, world.context.rows);
    assert_int_equal(some.n, 40);
    for (size_t i = 0, at = 0; i < some.n; i++, at++) /* from all over, in order */
        while (all.id[at] != some.id[i])
            assert_true(++at < all.n);
    assert_int_equal(all.id[0], some.id[0]);
    assert_true(some.id[20] == all.id[all.n / 2]);
    assert_int_equal(lesson_learn(&some, OBJECTIVE_PERPLEXITY, &predictor, NULL), STATUS_FAILED);
    lesson_release(&all);
    lesson_release(&some);
    enum status status = STATUS_MEMORY;
    for (unsigned long k = 1; status == STATUS_MEMORY; k++) {
        memory_fail_at(k);
        predictor = NULL;
        status = lesson_init(&some, &world.context, 40, NULL);
        if (status == STATUS_OK)
            status = lesson_learn(&some, OBJECTIVE_ACC, &predictor, NULL);
        memory_fail_at(0);
        predictor_free(predictor);
        lesson_release(&some);
    }
    assert_int_equal(status, STATUS_OK);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(computed_ones_are_exact, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(by_every_method_and_afterwards, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_asked_for_is_expected, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(more_rows_foretell_better, make_folder, remove_folder),
        cmocka_unit_test(a_lesson_of_some_rows_has_them_from_all_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
