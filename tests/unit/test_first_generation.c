/* The first generation: base, uniform widths, the depth chain, samples from few changes to many. */
#include "search/space.h"

#include "shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MOST 300
#define FULL "888888888888888888888888888888"

static const uint32_t drop_order[30] = {14, 13, 17, 12, 25, 15, 26, 16, 3,  11, 9,  7,  4, 2,  6,
                                        5,  18, 10, 19, 8,  21, 22, 27, 28, 20, 23, 24, 1, 29, 0};

struct first {
    struct arch_shape shape;
    struct space space;
    struct arch_code code[MOST];
    size_t count;
};

static void generate(struct first *first, const struct space_options *options, uint32_t layers,
                     size_t want, uint64_t seed)
{
    struct shape_recipe recipe = shape_smollm;
    struct rng rng;
    struct error error = {0};
    recipe.layers = layers;
    shape_build(&first->shape, &recipe);
    assert_int_equal(space_init(&first->space, &first->shape, options, NULL), STATUS_OK);
    rng_init(&rng, seed, "first", 0);
    if (space_first_generation(&first->space, &rng, want, first->code, &first->count, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(first->count <= want);
}

static bool holds(const struct first *first, const char *text)
{
    for (size_t i = 0; i < first->count; i++)
        if (strcmp(first->code[i].text, text) == 0)
            return true;
    return false;
}

static void codes_are_distinct_canonical_and_of_the_space(void **state)
{
    (void)state;
    static const struct {
        struct space_options options;
        uint32_t layers;
        size_t want, least;
    } row[] = {
        {{.kind = SPACE_LAYERS, .drop_order = drop_order}, 30, 20, 20},
        {{.kind = SPACE_LAYERS, .drop_order = drop_order}, 30, 50, 50},
        {{.kind = SPACE_LAYERS, .drop_order = drop_order}, 30, 256, 256},
        {{.kind = SPACE_LAYERS}, 30, 1, 1},
        {{.kind = SPACE_LAYERS}, 30, 2, 2},
        {{.kind = SPACE_LAYERS}, 30, 0, 0},
        {{.kind = SPACE_LAYERS, .locks = {"0-4=8", "29=8", "7=."}}, 30, 50, 50},
        {{.kind = SPACE_LAYERS, .choices = "7 6 ."}, 30, 50, 50}, /* the base is outside */
        {{.kind = SPACE_LLAMA_NAS, .drop_order = drop_order}, 30, 50, 50},
        {{.kind = SPACE_LLAMA_NAS, .locks = {"0-9=8", "12=."}}, 30, 50, 50},
        {{.kind = SPACE_LAYERS, .choices = "8 ."}, 3, 50, 4}, /* 7 networks in all */
        {{.kind = SPACE_LAYERS, .choices = "8"}, 3, 50, 1},
        {{.kind = SPACE_LLAMA_NAS, .locks = {"0-2=8"}}, 3, 50, 1},
        {{.kind = SPACE_LAYERS}, 1, 50, 3},
        {{.kind = SPACE_ATTN_MLP, .drop_order = drop_order}, 30, 50, 50},
        {{.kind = SPACE_ATTN_MLP, .drop_order = drop_order, .locks = {"0-4=8", "29=h"}},
         30,
         20,
         20},
        {{.kind = SPACE_ATTN_MLP}, 2, 50, 12},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        static struct first first;
        generate(&first, &row[i].options, row[i].layers, row[i].want, i);
        assert_in_range(first.count, row[i].least, row[i].want);
        for (size_t k = 0; k < first.count; k++) {
            struct arch_code parsed;
            struct genome genome;
            assert_int_equal(arch_code_parse(&first.shape, first.code[k].text, &parsed, NULL),
                             STATUS_OK);
            assert_string_equal(parsed.text, first.code[k].text);
            assert_true(space_encode(&first.space, &first.code[k], &genome));
            for (size_t j = 0; j < k; j++)
                assert_false(arch_code_equal(&first.code[j], &first.code[k]));
        }
        arch_shape_release(&first.shape);
    }
}

static void base_widths_and_depth_chain_of_layers(void **state)
{
    (void)state;
    static struct first first;
    const struct space_options options = {.kind = SPACE_LAYERS, .drop_order = drop_order};
    static const uint32_t dropped[] = {1, 2, 3, 4, 6, 8};
    generate(&first, &options, 30, 50, 1);
    assert_string_equal(first.code[0].text, FULL);
    for (char width = '4'; width <= '7'; width++) {
        char text[31] = "";
        memset(text, width, 30);
        assert_int_equal(holds(&first, text), width != '5'); /* 5/8 is not offered */
    }
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        char text[] = FULL;
        for (uint32_t k = 0; k < dropped[i]; k++)
            text[drop_order[k]] = '.';
        assert_true(holds(&first, text));
    }
    arch_shape_release(&first.shape);
}

static void base_widths_and_depths_of_llama_nas(void **state)
{
    (void)state;
    static struct first first;
    const struct space_options options = {.kind = SPACE_LLAMA_NAS, .drop_order = drop_order};
    static const uint32_t dropped[] = {4, 7};
    generate(&first, &options, 30, 50, 1);
    assert_string_equal(first.code[0].text, FULL);
    assert_true(holds(&first, "444444444444444444444444444444"));
    for (size_t i = 0; i < sizeof dropped / sizeof *dropped; i++) {
        char text[] = FULL;
        for (uint32_t k = 0; k < dropped[i]; k++)
            text[drop_order[k]] = '.';
        assert_true(holds(&first, text));
    }
    arch_shape_release(&first.shape);
}

/* Half of the chain's room goes to layers without attention; no width is offered. */
static void base_and_both_chains_of_attn_mlp(void **state)
{
    (void)state;
    static struct first first;
    const struct space_options options = {
        .kind = SPACE_ATTN_MLP, .drop_order = drop_order, .locks = {"17=8", "25=h"}};
    char without[] = FULL, dropped[] = FULL;
    without[25] = dropped[25] = 'h';
    generate(&first, &options, 30, 30, 1); /* room for ten */
    assert_string_equal(first.code[0].text, dropped);
    for (size_t i = 0, made = 0; made < 3; i++) {
        uint32_t layer = drop_order[i];
        if (layer == 17 || layer == 25)
            continue;
        without[layer] = 'h';
        dropped[layer] = '.';
        assert_string_equal(first.code[1 + made].text, without);
        assert_string_equal(first.code[6 + made].text, dropped);
        made++;
    }
    arch_shape_release(&first.shape);
}

/* The chain passes over layers that may not be dropped. */
static void the_depth_chain_respects_locks(void **state)
{
    (void)state;
    static struct first first;
    const struct space_options options = {
        .kind = SPACE_LAYERS, .drop_order = drop_order, .locks = {"13-14=8"}};
    char text[] = FULL;
    generate(&first, &options, 30, 50, 1);
    text[17] = '.';
    assert_true(holds(&first, text));
    text[12] = '.';
    assert_true(holds(&first, text));
    text[25] = '.'; /* three, none of them spent on a locked layer */
    assert_true(holds(&first, text));
    arch_shape_release(&first.shape);
}

static uint32_t changes(const char *text)
{
    uint32_t count = 0;
    for (; *text != '\0'; text++)
        count += *text != '8';
    return count;
}

/* Samples follow base, three widths and the chain of at most six; from one changed gene to two
 * thirds of the genes, a step of at most two between neighbours. */
static void changed_genes_are_spread_from_few_to_many(void **state)
{
    (void)state;
    static struct first first;
    const struct space_options options = {.kind = SPACE_LAYERS, .drop_order = drop_order};
    for (uint64_t seed = 0; seed < 5; seed++) {
        generate(&first, &options, 30, 50, seed);
        uint32_t before = 0, most = 0;
        size_t begin = 1 + 3;
        while (begin < first.count && strspn(first.code[begin].text, "8.") == 30)
            begin++;
        for (size_t i = begin; i < first.count; i++) {
            uint32_t now = changes(first.code[i].text);
            assert_in_range(now, before, before + 2);
            before = now;
            most = now;
        }
        assert_in_range(begin, 8, 12);
        assert_int_equal(most, 20);
        arch_shape_release(&first.shape);
    }
}

static void changes_are_drawn_towards_unimportant_layers(void **state)
{
    (void)state;
    static struct first first;
    float influence[30];
    uint32_t changed[30] = {0};
    for (int i = 0; i < 30; i++)
        influence[i] = i < 15 ? .01F : 1.0F;
    const struct space_options options = {.kind = SPACE_LAYERS, .influence = influence};
    for (uint64_t seed = 0; seed < 20; seed++) {
        generate(&first, &options, 30, 50, seed);
        for (size_t i = 12; i < 30; i++) /* few changes */
            for (int layer = 0; layer < 30; layer++)
                changed[layer] += first.code[i].text[layer] != '8';
        arch_shape_release(&first.shape);
    }
    uint32_t little = 0, much = 0;
    for (int layer = 0; layer < 15; layer++) {
        little += changed[layer];
        much += changed[layer + 15];
        assert_true(changed[layer] > 0 && changed[layer + 15] > 0); /* none is left out */
    }
    assert_true(little > 3 * much);
}

static void one_seed_makes_one_generation(void **state)
{
    (void)state;
    static struct first a, b, other;
    const struct space_options options = {.kind = SPACE_LAYERS, .drop_order = drop_order};
    generate(&a, &options, 30, 50, 7);
    generate(&b, &options, 30, 50, 7);
    generate(&other, &options, 30, 50, 8);
    assert_int_equal(a.count, b.count);
    assert_memory_equal(a.code, b.code, a.count * sizeof *a.code);
    assert_memory_not_equal(a.code, other.code, a.count * sizeof *a.code);
    arch_shape_release(&a.shape);
    arch_shape_release(&b.shape);
    arch_shape_release(&other.shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_distinct_canonical_and_of_the_space),
        cmocka_unit_test(base_widths_and_depth_chain_of_layers),
        cmocka_unit_test(base_widths_and_depths_of_llama_nas),
        cmocka_unit_test(base_and_both_chains_of_attn_mlp),
        cmocka_unit_test(the_depth_chain_respects_locks),
        cmocka_unit_test(changed_genes_are_spread_from_few_to_many),
        cmocka_unit_test(changes_are_drawn_towards_unimportant_layers),
        cmocka_unit_test(one_seed_makes_one_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
