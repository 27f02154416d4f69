/* Search methods on a made-up model of 30 layers: what an ask hands out, that it can be repeated
 * and extended, and that it finds more than chance does. */
#include "search/hypervolume.h"

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
static const struct {
    const char *method;
    const struct space_options *space;
    const char *pins; /* set after the second generation; NULL none */
    enum crossover crossover;
} setting[] = {
    {"nsga2", &layers_space, NULL, CROSSOVER_UNIFORM},
    {"nsga2", &nas_space, NULL, CROSSOVER_UNIFORM},
    {"linas", &layers_space, "acc>=0.4 and bytes<=1MiB", CROSSOVER_UNIFORM},
    {"linas", &nas_space, NULL, CROSSOVER_UNIFORM},
    {"random", &layers_space, NULL, CROSSOVER_UNIFORM},
    {"random", &nas_space, NULL, CROSSOVER_UNIFORM},
    {"nsga2", &layers_space, "bytes<=75MiB", CROSSOVER_UNIFORM},
    {"nsga2", &nas_space, "params<=110M and bytes>=70MB", CROSSOVER_UNIFORM},
    {"random", &layers_space, "bytes<=75MiB", CROSSOVER_UNIFORM},
    /* nothing lies within */
    {"nsga2", &layers_space, "acc>=0.4 and bytes<=1MiB", CROSSOVER_UNIFORM},
    {"nsga2", &layers_space, NULL, CROSSOVER_PREFIX},
    {"nsga2", &nas_space, NULL, CROSSOVER_PREFIX},
    {"nsga2", &layers_space, "bytes<=75MiB", CROSSOVER_PREFIX},
};
#define SETTINGS (sizeof setting / sizeof *setting)

/* A learning method's asks take longer, and those that repair towards a pin: the first ones tell.
 */
static int generations_of(size_t i, int most)
{
    return strcmp(setting[i].method, "linas") == 0 ? 3 : setting[i].pins != NULL ? 4 : most;
}

static void set_pins_of(struct world *world, size_t i, int generation_number)
{
    if (generation_number == 2 && setting[i].pins != NULL)
        pin(world, setting[i].pins);
}

/* ---- what an ask hands out ---- */

static void codes_are_new_distinct_canonical_and_of_the_space(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETTINGS; i++) {
        struct world world;
        open_world(&world, setting[i].method, 30, setting[i].space, i);
        world.options.crossover = setting[i].crossover;
        for (int g = 0; g < generations_of(i, 12); g++) {
            struct arch_code codes[POPULATION], parsed;
            struct genome genome;
            set_pins_of(&world, i, g);
            size_t count = ask(&world, &world.state, POPULATION, codes);
            for (size_t k = 0; k < count; k++) {
                assert_int_equal(arch_code_parse(&world.shape, codes[k].text, &parsed, NULL),
                                 STATUS_OK);
                assert_string_equal(parsed.text, codes[k].text);
                assert_true(space_encode(&world.space, &codes[k], &genome));
                assert_null(archive_find(world.archive, &codes[k])); /* those before it included */
                add_row(&world, &codes[k]);
            }
            /* the archive stood still during the ask: what `taken` saw is what was asked */
            assert_int_equal(world.method->tell(&world.state, &world.options, &world.context, NULL),
                             STATUS_OK);
            assert_int_equal(world.state.generation, g + 1);
            assert_int_equal(count, POPULATION);
        }
        assert_int_equal(
            strcmp(archive_row(world.archive, 0)->code.text, "888888888888888888888888888888"), 0);
        close_world(&world);
    }
}

static void one_seed_makes_one_search(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETTINGS; i++) {
        struct world world[3];
        for (size_t w = 0; w < 3; w++) {
            open_world(&world[w], setting[i].method, 30, setting[i].space, w < 2 ? 5 : 6);
            world[w].options.crossover = setting[i].crossover;
            for (int g = 0; g < (w < 2 ? 3 : 2); g++) {
                set_pins_of(&world[w], i, g);
                generation(&world[w]);
            }
        }
        size_t rows = archive_count(world[0].archive), others = archive_count(world[2].archive);
        size_t differ = 0;
        assert_int_equal(rows, archive_count(world[1].archive));
        for (size_t r = 0; r < rows; r++) {
            const char *text = archive_row(world[0].archive, r)->code.text;
            assert_string_equal(text, archive_row(world[1].archive, r)->code.text);
            differ += r < others && strcmp(text, archive_row(world[2].archive, r)->code.text) != 0;
        }
        assert_true(differ > others / 2); /* another seed makes another */
        for (size_t w = 0; w < 3; w++)
            close_world(&world[w]);
    }
}

/* An interrupted ask is repeated from its saved state; a run that is given more evaluations asks
 * for more from the same state: it must begin with what was evaluated already. */
static void an_ask_can_be_repeated_and_extended(void **state)
{
    (void)state;
    for (size_t i = 0; i < SETTINGS; i++) {
        struct world world;
        open_world(&world, setting[i].method, 30, setting[i].space, 40 + i);
        world.options.crossover = setting[i].crossover;
        const size_t step = strcmp(setting[i].method, "linas") == 0 ? 2 : 1; /* asks take longer */
        for (int g = 0; g < generations_of(i, 5); g++) {
            static const size_t want[] = {20, 20, 10, 1, 13, 19};
            struct arch_code first[POPULATION], codes[POPULATION];
            size_t all = 0;
            set_pins_of(&world, i, g);
            for (size_t k = 0; k < sizeof want / sizeof *want; k += step) {
                struct method_state copy;
                assert_int_equal(method_state_copy(&copy, &world.state, NULL), STATUS_OK);
                size_t count = ask(&world, &copy, want[k], k == 0 ? first : codes);
                if (k == 0) {
                    all = count;
                } else {
                    assert_int_equal(count, all < want[k] ? all : want[k]);
                    for (size_t c = 0; c < count; c++)
                        assert_string_equal(codes[c].text, first[c].text);
                }
                method_state_release(&copy);
            }
            generation(&world);
        }
        close_world(&world);
    }
}

/* What was finished of an interrupted generation is in the archive, and a repeated ask that is
 * shown only the rows that the first one saw gives the same codes. */
static void rows_of_an_interrupted_generation_change_nothing(void **state)
{
    (void)state;
    for (int g = 0; g < 4; g++) {
        struct world world;
        struct arch_code first[POPULATION], again[POPULATION];
        struct method_state copy;
        open_world(&world, "nsga2", 30, &layers_space, 3);
        for (int k = 0; k < g; k++)
            generation(&world);
        size_t rows = world.context.rows;
        assert_int_equal(method_state_copy(&copy, &world.state, NULL), STATUS_OK);
        size_t count = ask(&world, &copy, POPULATION, first);
        for (size_t k = 0; k < count / 2; k++)
            add_row(&world, &first[k]);
        world.context.rows = world.seen = rows;
        assert_int_equal(ask(&world, &world.state, POPULATION, again), count);
        assert_memory_equal(first, again, count * sizeof *first);
        method_state_release(&copy);
        close_world(&world);
    }
}

struct clock_of_asks { /* lets an ask look at it so many times */
    size_t looks, last;
};

static bool run_down(void *context)
{
    struct clock_of_asks *clock = context;
    return clock->looks++ == clock->last; /* once: what was seen is remembered */
}

/* Nothing is within the pin, so that every candidate is repaired to no end: an ask that is stopped
 * ends at once, wherever it is, and asking again on the state before it gives what it would have
 * given. */
static void an_ask_ends_when_it_is_stopped(void **state)
{
    (void)state;
    static const char *const methods[] = {"nsga2", "random"};
    for (size_t i = 0; i < 4; i++) {
        struct world world;
        struct arch_code whole[POPULATION], codes[POPULATION];
        struct method_state copy;
        struct error error;
        struct clock_of_asks clock = {.last = SIZE_MAX};
        open_world(&world, methods[i % 2], 30, &layers_space, 5);
        world.context.stopping = run_down;
        world.context.stopping_context = &clock;
        if (i >= 2)
            generation(&world);
        pin(&world, "bytes<=1MiB");
        clock.looks = 0;
        assert_int_equal(method_state_copy(&copy, &world.state, NULL), STATUS_OK);
        size_t count = ask(&world, &copy, POPULATION, whole), looks = clock.looks;
        assert_true(looks > 1000);
        method_state_release(&copy);
        for (clock.last = 0; clock.last < looks; clock.last += 1 + looks / 50) {
            clock.looks = 0;
            assert_int_equal(method_state_copy(&copy, &world.state, NULL), STATUS_OK);
            assert_int_equal(world.method->ask(&copy, &world.options, &world.context, POPULATION,
                                               codes, &(size_t){0}, &error),
                             STATUS_CANCELLED);
            assert_int_equal(clock.looks, clock.last + 1); /* seen is done */
            method_state_release(&copy);
        }
        clock = (struct clock_of_asks){.last = SIZE_MAX};
        assert_int_equal(ask(&world, &world.state, POPULATION, codes), count);
        assert_memory_equal(codes, whole, count * sizeof *codes);
        close_world(&world);
    }
}

/* A code that was injected before the first ask is not asked again, be it the base. */
static void the_base_is_not_asked_twice(void **state)
{
    (void)state;
    static const char *const methods[] = {"nsga2", "random"};
    for (size_t i = 0; i < 2; i++) {
        struct world world;
        struct arch_code codes[POPULATION], base;
        open_world(&world, methods[i], 30, &layers_space, 1);
        arch_code_full(&world.shape, &base);
        add_row(&world, &base);
        size_t count = ask(&world, &world.state, POPULATION, codes);
        assert_in_range(count, POPULATION - 1, POPULATION);
        for (size_t k = 0; k < count; k++)
            assert_false(arch_code_equal(&codes[k], &base));
        close_world(&world);
    }
}

/* Half of the population is dominated and marked by its last layers: of the genes of children few
 * carry the mark, a quarter where both parents come out of tournaments. */
static void the_better_are_parents_more_often(void **state)
{
    (void)state;
    struct world world;
    size_t marked = 0, all = 0;
    open_world(&world, "nsga2", 30, &layers_space, 1);
    world.state.generation = 1;
    for (int i = 0; i < POPULATION; i++) {
        struct row row = {.id = (uint32_t)i};
        memset(row.code.text, '8', 30);
        row.code.text[i % 10] = '7';
        if (i >= POPULATION / 2)
            memset(row.code.text + 10, 'h', 20);
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        row.value[OBJECTIVE_ACC] = .4 + .01 * (i % 10) - (i >= POPULATION / 2 ? .2 : 0);
        row.value[OBJECTIVE_BYTES] = 1000 + i % 10;
        assert_int_equal(archive_append(world.archive, &row, NULL), STATUS_OK);
    }
    world.context.rows = world.seen = POPULATION;
    for (int round = 0; round < 10; round++) {
        struct arch_code codes[POPULATION];
        size_t count = ask(&world, &world.state, POPULATION, codes);
        for (size_t i = 0; i < count; i++)
            for (int layer = 10; layer < 30; layer++) {
                marked += codes[i].text[layer] == 'h';
                all++;
            }
    }
    assert_true(marked > 0 && marked < all * 4 / 10);
    close_world(&world);
}

/* Two parents, one of full layers, one of cut ones: how their children change from one to the
 * other, and how far they are as a parent is. */
static void children_of_two(enum crossover crossover, double *changes, double *prefix)
{
    struct world world;
    size_t children = 0;
    open_world(&world, "nsga2", 30, &layers_space, 1);
    world.options.crossover = crossover;
    world.state.generation = 1;
    *changes = *prefix = 0;
    for (int i = 0; i < 2; i++) {
        struct row row = {.id = (uint32_t)i};
        memset(row.code.text, i == 0 ? '8' : '7', 30);
        for (int k = 0; k < OBJECTIVES; k++)
            row.value[k] = NAN;
        row.value[OBJECTIVE_ACC] = .4 - .1 * i;
        row.value[OBJECTIVE_BYTES] = 1000 - i;
        assert_int_equal(archive_append(world.archive, &row, NULL), STATUS_OK);
    }
    world.context.rows = world.seen = 2;
    for (int round = 0; round < 20; round++) {
        struct arch_code codes[POPULATION];
        size_t count = ask(&world, &world.state, POPULATION, codes);
        for (size_t i = 0; i < count; i++, children++) {
            const char *text = codes[i].text;
            int same = 1;
            while (same < 30 && text[same] == text[0])
                same++;
            *prefix += same;
            for (int layer = 1; layer < 30; layer++)
                *changes += text[layer] != text[layer - 1];
        }
    }
    assert_int_equal(children, 20 * POPULATION);
    *changes /= (double)children;
    *prefix /= (double)children;
    close_world(&world);
}

/* One cut, and mutations behind it only: each of those makes two changes at most, and there are two
 * on average. Uniform crossover of different parents makes fifteen. */
static void prefix_crossover_cuts_once_and_keeps_what_is_before(void **state)
{
    (void)state;
    double changes, prefix, usual_changes, usual_prefix;
    children_of_two(CROSSOVER_PREFIX, &changes, &prefix);
    children_of_two(CROSSOVER_UNIFORM, &usual_changes, &usual_prefix);
    if (!(changes < 5 && prefix > 15 && usual_changes > 8 && usual_prefix < 8))
        fail_msg("layers: %.1f changes, the first after %.1f; uniform %.1f, %.1f", changes, prefix,
                 usual_changes, usual_prefix);
}

/* One piece is the other parent's: two cuts, and mutations anywhere. Prefix crossover has one. */
static void two_point_crossover_exchanges_one_piece(void **state)
{
    (void)state;
    double changes, prefix, one_cut, usual;
    children_of_two(CROSSOVER_TWO_POINT, &changes, &prefix);
    children_of_two(CROSSOVER_PREFIX, &one_cut, &prefix);
    children_of_two(CROSSOVER_UNIFORM, &usual, &prefix);
    if (!(changes > one_cut + .3 && changes < 6 && usual > changes + 3))
        fail_msg("%.1f changes; prefix %.1f, uniform %.1f", changes, one_cut, usual);
}

/* The depth is no layer's: it still mutates, though few children have one of their own. */
static void prefix_crossover_mutates_the_depth_too(void **state)
{
    (void)state;
    struct world world;
    size_t other = 0;
    open_world(&world, "nsga2", 30, &nas_space, 1);
    world.options.crossover = CROSSOVER_PREFIX;
    world.state.generation = 1;
    struct row row = {.id = 0};
    memset(row.code.text, '8', 30);
    for (int k = 0; k < OBJECTIVES; k++)
        row.value[k] = 1;
    assert_int_equal(archive_append(world.archive, &row, NULL), STATUS_OK);
    world.context.rows = world.seen = 1;
    for (int round = 0; round < 20; round++) {
        struct arch_code codes[POPULATION];
        size_t count = ask(&world, &world.state, POPULATION, codes);
        for (size_t i = 0; i < count; i++)
            other += strchr(codes[i].text, '.') != NULL;
    }
    assert_in_range(other, 10, 200); /* of 400 */
    close_world(&world);
}

static void crossovers_by_name(void **state)
{
    (void)state;
    struct error error = {0};
    enum crossover crossover;
    for (int i = 0; i < CROSSOVERS; i++) {
        assert_int_equal(crossover_parse(crossover_name((enum crossover)i), &crossover, NULL),
                         STATUS_OK);
        assert_int_equal(crossover, i);
    }
    assert_int_equal(crossover_parse("Prefix", &crossover, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "uniform, two-point and prefix"));
}

/* ---- the ends of a space ---- */

static void tiny_spaces_are_used_up(void **state)
{
    (void)state;
    static const struct {
        const char *method;
        uint32_t layers;
        struct space_options space;
        size_t networks;
        enum crossover crossover;
    } row[] = {
        {"nsga2", 3, {.kind = SPACE_LAYERS, .choices = "8 4 ."}, 26, CROSSOVER_UNIFORM},
        {"random", 3, {.kind = SPACE_LAYERS, .choices = "8 4 ."}, 26, CROSSOVER_UNIFORM},
        {"nsga2", 6, {.kind = SPACE_LLAMA_NAS}, 32 + 64, CROSSOVER_UNIFORM}, /* depths 5 and 6 */
        {"random", 6, {.kind = SPACE_LLAMA_NAS}, 32 + 64, CROSSOVER_UNIFORM},
        {"nsga2", 5, {.kind = SPACE_LAYERS, .choices = "8 4 ."}, 242, CROSSOVER_UNIFORM},
        {"nsga2", 5, {.kind = SPACE_LAYERS, .choices = "8 4 ."}, 242, CROSSOVER_PREFIX},
        {"nsga2", 6, {.kind = SPACE_LLAMA_NAS}, 32 + 64, CROSSOVER_PREFIX},
        {"nsga2", 1, {.kind = SPACE_LAYERS}, 5, CROSSOVER_PREFIX},
        {"nsga2", 1, {.kind = SPACE_LAYERS}, 5, CROSSOVER_UNIFORM},
        {"nsga2", 4, {.kind = SPACE_ATTN_MLP}, 255, CROSSOVER_UNIFORM},
        {"nsga2", 4, {.kind = SPACE_ATTN_MLP}, 255, CROSSOVER_PREFIX},
        {"nsga2", 4, {.kind = SPACE_ATTN_MLP}, 255, CROSSOVER_TWO_POINT},
        {"nsga2", 5, {.kind = SPACE_LAYERS, .choices = "8 4 ."}, 242, CROSSOVER_TWO_POINT},
        {"nsga2", 6, {.kind = SPACE_LLAMA_NAS}, 32 + 64, CROSSOVER_TWO_POINT},
        {"linas", 4, {.kind = SPACE_ATTN_MLP}, 255, CROSSOVER_UNIFORM},
        {"linas", 5, {.kind = SPACE_LLAMA_NAS}, 16 + 32, CROSSOVER_UNIFORM},
        {"linas", 1, {.kind = SPACE_LAYERS, .choices = "8"}, 1, CROSSOVER_UNIFORM},
        {"random", 1, {.kind = SPACE_LAYERS, .choices = "8"}, 1, CROSSOVER_UNIFORM},
        {"nsga2", 2, {.kind = SPACE_LAYERS, .locks = {"0-1=8"}}, 1, CROSSOVER_UNIFORM},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct world world;
        open_world(&world, row[i].method, row[i].layers, &row[i].space, i);
        world.options.crossover = row[i].crossover;
        for (size_t g = 0; g < row[i].networks && generation(&world) > 0; g++)
            ;
        assert_int_equal(archive_count(world.archive), row[i].networks);
        assert_int_equal(generation(&world), 0);
        close_world(&world);
    }
}

/* ---- does it search? ---- */

static double volume_of(const struct world *world)
{
    double points[400][2], volume;
    size_t n = archive_count(world->archive);
    assert_true(n <= 400);
    double base = archive_row(world->archive, 0)->value[OBJECTIVE_BYTES];
    for (size_t i = 0; i < n; i++) {
        const struct row *row = archive_row(world->archive, i);
        points[i][0] = (.5 - row->value[OBJECTIVE_ACC]) / .25;
        points[i][1] = row->value[OBJECTIVE_BYTES] / base;
    }
    static const double reference[] = {1, 1};
    assert_int_equal(hypervolume(points[0], n, 2, reference, &volume, NULL), STATUS_OK);
    return volume;
}

/* After `evaluations`, and on the way there, after `early` of them (0: not asked). */
static double volume_after(const char *method, enum crossover crossover, uint64_t seed,
                           size_t evaluations, size_t early, double *early_volume)
{
    struct world world;
    open_world(&world, method, 30, &layers_space, seed);
    world.options.crossover = crossover;
    while (archive_count(world.archive) < evaluations) {
        generation(&world);
        if (archive_count(world.archive) == early)
            *early_volume = volume_of(&world);
    }
    double volume = volume_of(&world);
    close_world(&world);
    return volume;
}

static void nsga2_finds_more_than_chance_and_more_with_time(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 5; seed++) {
        double chance = volume_after("random", CROSSOVER_UNIFORM, seed, 240, 0, NULL);
        for (int i = 0; i < CROSSOVERS; i++) {
            enum crossover crossover = (enum crossover)i;
            double early = NAN, late = volume_after("nsga2", crossover, seed, 240, 60, &early);
            if (!(late > 1.05 * early && late > 1.2 * chance))
                fail_msg("%s, seed %d: hypervolume %g after 60, %g after 240, by chance %g",
                         crossover_name(crossover), (int)seed, early, late, chance);
        }
    }
}

static void linas_finds_more_than_nsga2_in_fewer_evaluations(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2; seed++) {
        double linas = volume_after("linas", CROSSOVER_UNIFORM, seed, 100, 0, NULL),
               nsga2 = volume_after("nsga2", CROSSOVER_UNIFORM, seed, 200, 0, NULL);
        if (!(linas > nsga2))
            fail_msg("seed %d: hypervolume %g after 100, NSGA-II %g after 200", (int)seed, linas,
                     nsga2);
    }
}

static void the_table_of_methods(void **state)
{
    (void)state;
    assert_string_equal(method_table[0].name, "linas");
    for (const struct method_entry *entry = method_table; entry->name != NULL; entry++) {
        assert_ptr_equal(method_by_name(entry->name), entry);
        assert_true(entry->summary[0] != '\0' && entry->ask != NULL && entry->tell != NULL);
    }
    assert_null(method_by_name("NSGA2"));
    assert_null(method_by_name(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_new_distinct_canonical_and_of_the_space),
        cmocka_unit_test(one_seed_makes_one_search),
        cmocka_unit_test(an_ask_can_be_repeated_and_extended),
        cmocka_unit_test(rows_of_an_interrupted_generation_change_nothing),
        cmocka_unit_test(an_ask_ends_when_it_is_stopped),
        cmocka_unit_test(the_base_is_not_asked_twice),
        cmocka_unit_test(the_better_are_parents_more_often),
        cmocka_unit_test(prefix_crossover_cuts_once_and_keeps_what_is_before),
        cmocka_unit_test(two_point_crossover_exchanges_one_piece),
        cmocka_unit_test(prefix_crossover_mutates_the_depth_too),
        cmocka_unit_test(crossovers_by_name),
        cmocka_unit_test(tiny_spaces_are_used_up),
        cmocka_unit_test(nsga2_finds_more_than_chance_and_more_with_time),
        cmocka_unit_test(linas_finds_more_than_nsga2_in_fewer_evaluations),
        cmocka_unit_test(the_table_of_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
