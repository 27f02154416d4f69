/* Architecture codes: widths, strict reading, canonical form, parameters and products. */
#include "arch/plan.h"
#include "base/rng.h"
#include "shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void set_width(struct arch_shape *shape, uint32_t width)
{
    for (uint32_t i = 0; i < shape->layers; i++)
        shape->layer[i].intermediate = width;
}

/* Expected widths from the rule round-half-up(k * f / 8 / 32) * 32, worked out by hand. */
static void widths_follow_the_rule(void **state)
{
    static const struct {
        uint32_t full, width[9];
    } row[] = {
        {1536, {0, 192, 384, 576, 768, 960, 1152, 1344, 1536}},
        {11008, {0, 1376, 2752, 4128, 5504, 6880, 8256, 9632, 11008}},
        {172, {0, 32, 32, 64, 96, 96, 128, 160, 172}},
        {160, {0, 32, 32, 64, 96, 96, 128, 128, 160}}, /* 7/8: 140 -> 128 */
        {96, {0, 32, 32, 32, 64, 64, 64, 64, 96}},     /* 7/8: 84 -> 96, but less than f */
        {64, {0, 32, 32, 32, 32, 32, 32, 32, 64}},
        {33, {0, 32, 32, 32, 32, 32, 32, 32, 33}},
        {32, {0, 32, 32, 32, 32, 32, 32, 32, 32}},
        {20, {0, 20, 20, 20, 20, 20, 20, 20, 20}},
        {768, {0, 96, 192, 288, 384, 480, 576, 672, 768}},
    };
    (void)state;
    struct arch_shape shape;
    shape_build(&shape, &shape_odd);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        set_width(&shape, row[i].full);
        for (unsigned k = 0; k <= 8; k++)
            assert_int_equal(arch_mlp_width(&shape, 3, k), row[i].width[k]);
    }
    arch_shape_release(&shape);
}

static void canonical_digits_are_the_smallest(void **state)
{
    static const struct {
        uint32_t full;
        const char *in, *out;
    } row[] = {
        {1536, "012345678abcdefgh.", "012345678abcdefgh."},
        {172, "012345678abcdefgh.", "011344678aacddfgh."},
        {64, "012345678abcdefgh.", "011111118aaaaaaah."},
        {32, "012345678abcdefgh.", "088888888hhhhhhhh."},
    };
    (void)state;
    struct arch_shape shape;
    shape_build(&shape, &shape_odd);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        set_width(&shape, row[i].full);
        for (size_t c = 0; row[i].in[c] != '\0'; c++)
            assert_int_equal(arch_code_canonical(&shape, 0, row[i].in[c]), row[i].out[c]);
    }
    arch_shape_release(&shape);
}

static void layers_take_only_what_they_have(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_code code, full;
    struct error error = {0};
    shape_build(&shape, &shape_odd);
    shape_remove(&shape, 1, true, false);
    shape_remove(&shape, 2, false, true);
    shape_remove(&shape, 3, true, true);
    assert_int_equal(arch_code_parse(&shape, "888848888888", &code, &error), STATUS_OK);
    assert_string_equal(code.text, "8h0.48888888");
    assert_int_equal(arch_code_parse(&shape, "h0h044444444", &code, &error), STATUS_OK);
    assert_string_equal(code.text, "h...44444444");
    arch_code_full(&shape, &full);
    assert_string_equal(full.text, "8h0.88888888");
    assert_false(arch_code_equal(&code, &full));
    /* Only layers that have nothing: the same as all dropped. */
    assert_int_equal(arch_code_parse(&shape, ".0h8........", &code, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "dropped"));
    arch_shape_release(&shape);
}

static void bad_codes_are_refused_by_position(void **state)
{
    static const struct {
        const char *text, *message;
    } row[] = {
        {"", "position 1"},
        {"88888888888", "position 12"},
        {"8888888888888", "position 13"},
        {"9...........", "'9' at position 1"},
        {"88888888888i", "'i' at position 12"},
        {"8888 8888888", "position 5"},
        {"88888888A888", "'A' at position 9"},
        {"888888888888:", "position 14"},
        {"8888888888\xc3\xa9", "byte 195 at position 11"},
        {"............", "dropped"},
    };
    (void)state;
    struct arch_shape shape;
    shape_build(&shape, &shape_odd);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arch_code code;
        struct error error = {0};
        assert_int_equal(arch_code_parse(&shape, row[i].text, &code, &error), STATUS_INVALID);
        if (strstr(error.message, row[i].message) == NULL)
            fail_msg("code '%s': '%s' lacks '%s'", row[i].text, error.message, row[i].message);
    }
    arch_shape_release(&shape);
}

static uint64_t params_of(const struct arch_shape *shape, const char *text)
{
    struct arch_code code;
    struct error error = {0};
    if (arch_code_parse(shape, text, &code, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return arch_params(shape, &code);
}

/* Attention of a SmolLM2-135M layer has 885,312 parameters, its MLP 3 * 576 * width + 576, the rest
 * 28,312,128. */
static void codes_that_begin_alike_are_sorted_together(void **state)
{
    (void)state;
    static const char *const sorted[] = {"8888", "8880", "888h", "888.", "87.8", "8.88",
                                         "8.8.", "7888", "08aa", "0.h1", "h888", "b888",
                                         "a888", ".888", ".8.1", ".0..", "...8"};
    enum { COUNT = sizeof sorted / sizeof *sorted };
    struct arch_code code[COUNT];
    struct rng rng;
    rng_init(&rng, 3, "shuffle", 0);
    for (int times = 0; times < 20; times++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            uint32_t k = rng_below(&rng, i + 1);
            code[i] = code[k];
            snprintf(code[k].text, sizeof code[k].text, "%s", sorted[i]);
        }
        arch_code_sort(code, COUNT);
        for (size_t i = 0; i < COUNT; i++)
            assert_string_equal(code[i].text, sorted[i]);
    }
    arch_code_sort(code, 0);
}

static void parameters_are_the_published_ones(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_code code;
    const uint64_t rest = 28312128, attention = 885312;
    const uint64_t mlp8 = 3 * 576 * 1536 + 576, mlp7 = 3 * 576 * 1344 + 576;

    shape_build(&shape, &shape_smollm);
    assert_int_equal(params_of(&shape, "888888888888888888888888888888"), 134515008);
    assert_int_equal(params_of(&shape, "777777777777777777777777777777"),
                     rest + 30 * (attention + mlp7));
    assert_int_equal(params_of(&shape, "444444444444444444444444444444"), 94701888);
    assert_int_equal(params_of(&shape, "8............................."), rest + attention + mlp8);
    assert_int_equal(params_of(&shape, "8h0..........................."),
                     rest + 2 * attention + 2 * mlp8);
    assert_int_equal(params_of(&shape, ".............................g"), rest + mlp7);
    /* Products: no norms; the tied embedding is the head. */
    arch_code_full(&shape, &code);
    assert_int_equal(arch_macs(&shape, &code), 134515008 - 576 * 61);
    arch_shape_release(&shape);

    shape_build(&shape, &shape_llama2_7b);
    arch_code_full(&shape, &code);
    assert_int_equal(arch_params(&shape, &code), 6738415616);
    assert_int_equal(arch_macs(&shape, &code), 6738415616 - 65 * 4096 - 32000ull * 4096);
    arch_shape_release(&shape);
}

static void rope_factors_are_no_parameters(void **state)
{
    (void)state;
    struct shape_recipe recipe = shape_odd;
    struct arch_shape with, without;
    struct arch_code code;
    shape_build(&with, &recipe);
    recipe.rope_freqs = false;
    shape_build(&without, &recipe);
    arch_code_full(&with, &code);
    assert_int_equal(arch_params(&with, &code), arch_params(&without, &code));
    assert_true(arch_bytes(&with, &code, NULL) > arch_bytes(&without, &code, NULL));
    arch_shape_release(&with);
    arch_shape_release(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(widths_follow_the_rule),
        cmocka_unit_test(canonical_digits_are_the_smallest),
        cmocka_unit_test(layers_take_only_what_they_have),
        cmocka_unit_test(bad_codes_are_refused_by_position),
        cmocka_unit_test(codes_that_begin_alike_are_sorted_together),
        cmocka_unit_test(parameters_are_the_published_ones),
        cmocka_unit_test(rope_factors_are_no_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
