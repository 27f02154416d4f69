/* Steering a search: pins, locks, odd rows; on a made-up model of 30 layers. */

#include "search_world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct space_options layers_space = {.kind = SPACE_LAYERS};
static const struct space_options nas_space = {.kind = SPACE_LLAMA_NAS};

static size_t within(const struct world *world, const struct arch_code *codes, size_t count)
{
    size_t inside = 0;
    for (size_t i = 0; i < count; i++)
        inside += arch_bytes(&world->shape, &codes[i], &world->weights) <=
                  (uint64_t)world->pins.pin[0].limit;
    return inside;
}

static void pins_on_bytes_are_respected_before_evaluation(void **state)
{
    (void)state;
    static const struct {
        const struct space_options *space;
        int generations;
    } row[] = {{&layers_space, 1}, {&layers_space, 3}, {&nas_space, 1}, {&nas_space, 2}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        size_t with = 0, without = 0, asked = 0;
        for (uint64_t seed = 0; seed < 5; seed++) {
            struct world world;
            struct arch_code codes[POPULATION], base;
            struct method_state copy;
            char text[64];
            open_world(&world, "nsga2", 30, row[i].space, seed);
            for (int g = 0; g < row[i].generations; g++)
                generation(&world);
            arch_code_full(&world.shape, &base);
            snprintf(text, sizeof text, "bytes<=%llu",
                     (unsigned long long)arch_bytes(&world.shape, &base, &world.weights) * 4 / 5);
            assert_int_equal(method_state_copy(&copy, &world.state, NULL), STATUS_OK);
            pin(&world, text);
            world.pins.pin[0].enabled = false;
            size_t count = ask(&world, &copy, POPULATION, codes);
            without += within(&world, codes, count);
            method_state_release(&copy);
            world.pins.pin[0].enabled = true;
            count = ask(&world, &world.state, POPULATION, codes);
            assert_int_equal(count, POPULATION);
            assert_true(3 * within(&world, codes, count) >= 2 * count);
            with += within(&world, codes, count);
            asked += count;
            close_world(&world);
        }
        if (2 * without > with)
            fail_msg("setting %zu: %zu of %zu within, without the pin %zu", i, with, asked,
                     without);
    }
}

static void a_pin_from_the_start_leaves_the_base(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, "nsga2", 30, &layers_space, 1);
    pin(&world, "bytes<=75MiB");
    generation(&world);
    assert_int_equal(strspn(archive_row(world.archive, 0)->code.text, "8"), 30);
    for (size_t i = 1; i < world.context.rows; i++)
        assert_true(archive_row(world.archive, i)->value[OBJECTIVE_BYTES] <= 75 * 1048576.0);
    assert_true(world.context.rows >= POPULATION / 2);
    close_world(&world);
}

static void locks_hold_from_the_next_ask_on(void **state)
{
    (void)state;
    static const char *const methods[] = {"nsga2", "random"};
    static const struct space_options *const spaces[] = {&layers_space, &nas_space};
    for (size_t i = 0; i < 4; i++) {
        struct world world;
        struct arch_code codes[POPULATION];
        open_world(&world, methods[i / 2], 30, spaces[i % 2], 1);
        generation(&world);
        generation(&world);
        assert_int_equal(space_lock(&world.space, "3-5=6", NULL), STATUS_OK);
        assert_int_equal(space_lock(&world.space, "9=.", NULL), STATUS_OK);
        size_t count = ask(&world, &world.state, POPULATION, codes);
        assert_int_equal(count, POPULATION);
        for (size_t k = 0; k < count; k++) {
            assert_memory_equal(codes[k].text + 3, "666", 3);
            assert_int_equal(codes[k].text[9], '.');
        }
        close_world(&world);
    }
}

/* Rows that are broken, or injected from outside the space, are no stumbling block. */
static void odd_rows_are_no_parents_of_trouble(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, "nsga2", 30, &layers_space, 1);
    generation(&world);
    struct row row = {.id = (uint32_t)world.context.rows};
    memset(row.code.text, '2', 30); /* of no choice of the space */
    for (int i = 0; i < OBJECTIVES; i++)
        row.value[i] = NAN;
    row.value[OBJECTIVE_ACC] = INFINITY;
    row.value[OBJECTIVE_BYTES] = 1;
    assert_int_equal(archive_append(world.archive, &row, NULL), STATUS_OK);
    world.context.rows = world.seen = row.id + 1;
    tell(&world);
    for (size_t i = 0; i < world.state.members; i++)
        assert_int_not_equal(world.state.member[i], row.id);
    struct arch_code outside = {"a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"};
    add_row(&world, &outside);
    assert_int_equal(generation(&world), POPULATION);
    close_world(&world);
}

/* The population is what nsga2_survive keeps of all rows, under the pins in force: a pin that comes
 * later brings back what had been left out. */
static void the_population_comes_from_the_whole_archive(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, "nsga2", 30, &layers_space, 2);
    for (int g = 0; g < 6; g++)
        generation(&world);
    for (int pinned = 0; pinned < 2; pinned++) {
        double points[200][2], violation[200];
        uint32_t kept[POPULATION];
        size_t n = world.context.rows;
        assert_in_range(n, 2 * POPULATION, 200);
        if (pinned)
            pin(&world, "acc>=0.49");
        for (size_t i = 0; i < n; i++) {
            const struct row *row = archive_row(world.archive, i);
            points[i][0] = -row->value[OBJECTIVE_ACC];
            points[i][1] = row->value[OBJECTIVE_BYTES];
            violation[i] = pins_violation(&world.pins, row->value, false);
        }
        tell(&world);
        assert_int_equal(nsga2_survive(points[0], violation, n, 2, POPULATION, kept, NULL),
                         STATUS_OK);
        assert_int_equal(world.state.members, POPULATION);
        assert_memory_equal(world.state.member, kept, sizeof kept);
    }
    close_world(&world);
}

/* With nothing within the pins the least violating are tried, not nothing. */
static void impossible_pins_still_find_the_nearest(void **state)
{
    (void)state;
    struct world world;
    open_world(&world, "nsga2", 30, &layers_space, 4);
    generation(&world);
    pin(&world, "bytes<=1MiB");
    double least = INFINITY, before = INFINITY;
    for (size_t i = 0; i < world.context.rows; i++)
        before = fmin(before, archive_row(world.archive, i)->value[OBJECTIVE_BYTES]);
    for (int g = 0; g < 3; g++)
        generation(&world);
    for (size_t i = 0; i < world.context.rows; i++)
        least = fmin(least, archive_row(world.archive, i)->value[OBJECTIVE_BYTES]);
    assert_true(least < before);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pins_on_bytes_are_respected_before_evaluation),
        cmocka_unit_test(a_pin_from_the_start_leaves_the_base),
        cmocka_unit_test(locks_hold_from_the_next_ask_on),
        cmocka_unit_test(odd_rows_are_no_parents_of_trouble),
        cmocka_unit_test(the_population_comes_from_the_whole_archive),
        cmocka_unit_test(impossible_pins_still_find_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
