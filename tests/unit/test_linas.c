/* LINAS on a made-up model of 30 layers: what it learns, that pins and locks hold in its inner
 * search, what it says of its forecasts. */
#include "search/row.h"

#include "search_world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct space_options layers_space = {.kind = SPACE_LAYERS};

static void forecasts_are_judged_on_what_was_not_seen(void **state)
{
    (void)state;
    struct world world;
    double sum = 0;
    open_world(&world, "linas", 30, &layers_space, 3);
    generation(&world);
    assert_int_equal(world.state.report.networks, 0); /* nothing was foretold */
    assert_null(world.state.report.model[0]);
    for (int g = 1; g < 6; g++) {
        size_t count = generation(&world);
        const struct method_report *report = &world.state.report;
        assert_int_equal(report->networks, count);
        assert_non_null(report->model[0]);
        assert_null(report->model[1]); /* bytes are computed */
        assert_true(report->error[0] >= 0 && report->error[0] < .25);
        sum += report->correlation[0] / 5;
    }
    assert_true(sum > .5);
    close_world(&world);
}

/* Two networks are in order by chance. */
static void the_order_of_few_networks_says_nothing(void **state)
{
    (void)state;
    struct world world;
    struct arch_code codes[POPULATION];
    open_world(&world, "linas", 30, &layers_space, 3);
    generation(&world);
    for (size_t want = METHOD_RANKED_LEAST - 1; want <= METHOD_RANKED_LEAST; want++) {
        assert_int_equal(ask(&world, &world.state, want, codes), want);
        for (size_t i = 0; i < want; i++)
            add_row(&world, &codes[i]);
        tell(&world);
        const struct method_report *report = &world.state.report;
        assert_int_equal(report->networks, want);
        assert_true(isfinite(report->error[0]));
        assert_int_equal(isfinite(report->correlation[0]) != 0, want == METHOD_RANKED_LEAST);
    }
    close_world(&world);
}

/* The first part of a search seen by its own limits: all of the next rounds lie within. */
static void pins_on_what_is_computed_hold(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, "linas", 30, &layers_space, 4);
    generation(&world);
    pin(&world, "bytes<=80MiB and params>=85M");
    for (int g = 0; g < 2; g++) {
        size_t before = archive_count(world.archive);
        generation(&world);
        for (size_t i = before; i < archive_count(world.archive); i++) {
            const double *value = archive_row(world.archive, i)->value;
            assert_true(value[OBJECTIVE_BYTES] <= 80.0 * 1024 * 1024);
            assert_true(value[OBJECTIVE_PARAMS] >= 85e6);
        }
    }
    close_world(&world);
}

static void pins_on_what_is_learnt_lead(void **state)
{
    (void)state;
    struct world world;
    size_t within = 0, asked = 0;
    open_world(&world, "linas", 30, &layers_space, 5);
    for (int g = 0; g < 3; g++)
        generation(&world);
    pin(&world, "acc>=0.40");
    for (int g = 0; g < 2; g++) {
        size_t before = archive_count(world.archive);
        asked += generation(&world);
        for (size_t i = before; i < archive_count(world.archive); i++)
            within += archive_row(world.archive, i)->value[OBJECTIVE_ACC] >= .40;
    }
    assert_true(2 * within > asked);
    close_world(&world);
}

/* No network is within: the search goes towards the pins. */
static void impossible_pins_are_neared(void **state)
{
    (void)state;
    struct world world;
    double first = 0, last = 0;
    open_world(&world, "linas", 30, &layers_space, 6);
    pin(&world, "acc>=0.49 and params<=60M");
    for (int g = 0; g < 4; g++) {
        size_t before = archive_count(world.archive), count = generation(&world);
        for (size_t i = before; i < archive_count(world.archive); i++) {
            double violation =
                pins_violation(&world.pins, archive_row(world.archive, i)->value, false);
            if (g == 0)
                first += violation / (double)count;
            if (g == 3)
                last += violation / (double)count;
        }
    }
    assert_true(last < .9 * first);
    close_world(&world);
}

static void locks_hold(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, "linas", 30, &layers_space, 7);
    for (int g = 0; g < 2; g++)
        generation(&world);
    assert_int_equal(space_lock(&world.space, "10-14=8", NULL), STATUS_OK);
    assert_int_equal(space_lock(&world.space, "20=.", NULL), STATUS_OK);
    size_t before = archive_count(world.archive);
    for (int g = 0; g < 2; g++)
        generation(&world);
    for (size_t i = before; i < archive_count(world.archive); i++) {
        const char *text = archive_row(world.archive, i)->code.text;
        assert_memory_equal(text + 10, "88888", 5);
        assert_int_equal(text[20], '.');
    }
    close_world(&world);
}

/* Rows of networks that the space has not: injected ones, imported ones. */
static void foreign_rows_are_learnt_from(void **state)
{
    (void)state;
    struct world world;
    struct arch_code code;
    open_world(&world, "linas", 30, &layers_space, 8);
    generation(&world);
    assert_int_equal(arch_code_parse(&world.shape, "85321abcdefgh0.888888888888888", &code, NULL),
                     STATUS_OK);
    add_row(&world, &code);
    assert_int_equal(generation(&world), POPULATION);
    close_world(&world);
}

/* Nothing tells anything: all accuracies are one, or none is known. The search goes on as NSGA-II
 * does. */
static void values_that_tell_nothing_end_nothing(void **state)
{
    (void)state;
    static const double accuracy[] = {.25, NAN};
    for (size_t k = 0; k < 2; k++) {
        struct world world;
        struct arch_code codes[POPULATION];
        open_world(&world, "linas", 30, &layers_space, 9);
        for (int g = 0; g < 3; g++) {
            size_t count = ask(&world, &world.state, POPULATION, codes);
            assert_int_equal(count, POPULATION);
            for (size_t i = 0; i < count; i++) {
                struct row row = {.id = (uint32_t)archive_count(world.archive), .code = codes[i]};
                for (int o = 0; o < OBJECTIVES; o++)
                    row.value[o] = NAN;
                row.value[OBJECTIVE_ACC] = accuracy[k];
                row.value[OBJECTIVE_BYTES] =
                    (double)arch_bytes(&world.shape, &codes[i], &world.weights);
                assert_int_equal(archive_append(world.archive, &row, NULL), STATUS_OK);
                world.context.rows = world.seen = archive_count(world.archive);
            }
            tell(&world);
        }
        close_world(&world);
    }
}

/* Three objectives, of which two are learnt. */
static void three_objectives_are_searched(void **state)
{
    (void)state;
    static const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_CHOICE_NLL,
                                                OBJECTIVE_BYTES};
    struct world world;
    struct arch_code codes[POPULATION];
    open_world(&world, "linas", 30, &layers_space, 12);
    world.context.objectives = objectives;
    world.context.m = 3;
    for (int g = 0; g < 4; g++) {
        size_t count = ask(&world, &world.state, POPULATION, codes);
        assert_int_equal(count, POPULATION);
        for (size_t i = 0; i < count; i++)
            add_row(&world, &codes[i]);
        tell(&world);
    }
    assert_non_null(world.state.report.model[0]);
    assert_non_null(world.state.report.model[1]);
    assert_null(world.state.report.model[2]);
    assert_true(world.state.report.correlation[1] > .4);
    close_world(&world);
}

static bool stops(void *context)
{
    unsigned *left = context;
    return (*left)-- == 0;
}

static void an_inner_search_can_be_stopped(void **state)
{
    (void)state;
    struct world world;
    struct arch_code codes[POPULATION];
    size_t count = 0;
    unsigned left = 40;
    open_world(&world, "linas", 30, &layers_space, 11);
    generation(&world);
    world.context.stopping = stops;
    world.context.stopping_context = &left;
    assert_int_equal(world.method->ask(&world.state, &world.options, &world.context, POPULATION,
                                       codes, &count, NULL),
                     STATUS_CANCELLED);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forecasts_are_judged_on_what_was_not_seen),
        cmocka_unit_test(the_order_of_few_networks_says_nothing),
        cmocka_unit_test(pins_on_what_is_computed_hold),
        cmocka_unit_test(pins_on_what_is_learnt_lead),
        cmocka_unit_test(impossible_pins_are_neared),
        cmocka_unit_test(locks_hold),
        cmocka_unit_test(foreign_rows_are_learnt_from),
        cmocka_unit_test(values_that_tell_nothing_end_nothing),
        cmocka_unit_test(three_objectives_are_searched),
        cmocka_unit_test(an_inner_search_can_be_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
