/* Weight types of single layers: their letters in codes, what a plan writes of them, genes, and
 * predictors that tell coarse ones. */
#include "engine/orders.h"
#include "search/correlation.h"
#include "search/predictor.h"

#include "base/memory.h"
#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arch_shape shape;

static int open_shape(void **state)
{
    (void)state;
    struct shape_recipe recipe = shape_smollm;
    recipe.layers = 8;
    shape_build(&shape, &recipe);
    return 0;
}

static int close_shape(void **state)
{
    (void)state;
    arch_shape_release(&shape);
    return 0;
}

static struct arch_code parsed(const char *text)
{
    struct arch_code code;
    struct error error = {0};
    if (arch_code_parse(&shape, text, &code, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(arch_code_readable(code.text));
    return code;
}

/* ---- codes ---- */

static void codes_are_canonical(void **state)
{
    (void)state;
    static const char *const row[][2] = {
        {"88888888:--------", "88888888"},          {"8.888888:8.......", "8.888888:8.------"},
        {"8.888888:444-----", "8.888888:4.4-----"}, {".......8:4444444-", ".......8"},
        {"88h40888:f-hb84d8", "88h40888:f-hb84d8"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        assert_string_equal(parsed(row[i][0]).text, row[i][1]);
    const struct arch_code code = parsed("8.888888:84f-----");
    assert_int_equal(arch_code_layers(&code), 8);
    assert_int_equal(arch_code_type(&code, 0), WEIGHT_Q8_0);
    assert_int_equal(arch_code_type(&code, 1), WEIGHT_SOURCE);
    assert_int_equal(arch_code_type(&code, 2), WEIGHT_F32);
    assert_int_equal(arch_code_type_letter(&code, 7), '-');
}

static void wrong_ones_are_refused_by_position(void **state)
{
    (void)state;
    static const char *const row[][2] = {
        {"88888888:", "position 10"},          {"88888888:-------", "position 17"},
        {"88888888:---------", "position 18"}, {"88888888:--x-----", "'x' at position 12"},
        {"8888888:--------", "position 8"},    {"88888888:--------:", "position 18"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arch_code code;
        struct error error = {0};
        assert_int_equal(arch_code_parse(&shape, row[i][0], &code, &error), STATUS_INVALID);
        if (strstr(error.message, row[i][1]) == NULL)
            fail_msg("%s: %s", row[i][0], error.message);
    }
    static const char *const unreadable[] = {"", ":", "88:8", "88:8x", "88:888", "8x", ":88"};
    for (size_t i = 0; i < sizeof unreadable / sizeof *unreadable; i++)
        assert_false(arch_code_readable(unreadable[i]));
}

static void layers_change_and_keep_their_types(void **state)
{
    (void)state;
    struct arch_code code = parsed("88888888:48------");
    arch_code_set_layer(&shape, &code, 1, '4');
    assert_string_equal(code.text, "84888888:48------");
    arch_code_set_layer(&shape, &code, 0, '.');
    assert_string_equal(code.text, ".4888888:.8------");
    arch_code_set_layer(&shape, &code, 1, '.');
    assert_string_equal(code.text, "..888888");
}

static void beginnings_count_types(void **state)
{
    (void)state;
    const struct arch_code a = parsed("88884888:4-------"), b = parsed("88888888:4-8-----"),
                           c = parsed("88888888");
    assert_true(arch_code_begins_alike(&a, &b, 2));
    assert_false(arch_code_begins_alike(&a, &b, 3));
    assert_false(arch_code_begins_alike(&a, &c, 1));
    assert_true(arch_code_begins_alike(&a, &c, 0));
    /* a dropped layer has no type, whether others have one or not */
    const struct arch_code none = parsed("8.888888"), late = parsed("8.888888:---4----");
    assert_int_equal(arch_code_type_letter(&none, 1), '.');
    assert_true(arch_code_begins_alike(&none, &late, 3));
    assert_false(arch_code_begins_alike(&none, &late, 4));
    struct arch_code list[4] = {b, c, a, c};
    arch_code_sort(list, 4);
    assert_true(arch_code_equal(&list[0], &list[1]) || arch_code_equal(&list[2], &list[3]));
}

/* ---- plans ---- */

static void a_layers_own_type_beats_the_options(void **state)
{
    (void)state;
    const struct arch_code code = parsed("8.888888:8.4-----");
    const struct weight_options options = {WEIGHT_F16, WEIGHT_SOURCE, false};
    struct arch_plan plan;
    assert_int_equal(arch_plan_make(&shape, &code, &options, &plan, NULL), STATUS_OK);
    for (size_t i = 0; i < plan.tensors; i++) {
        const struct plan_tensor *tensor = &plan.tensor[i];
        enum weight_type expected = !role_table[tensor->role].matrix ? WEIGHT_F32
                                    : !role_table[tensor->role].in_layer || tensor->layer > 1
                                        ? WEIGHT_F16
                                    : tensor->layer == 0 ? WEIGHT_Q8_0
                                                         : WEIGHT_Q4_0;
        assert_int_equal(tensor->type, expected);
        if (role_table[tensor->role].in_layer) {
            const struct weight_options own =
                arch_layer_options(&options, &code, tensor->source_layer);
            assert_int_equal(
                arch_written_type(&shape, &own, tensor->role, tensor->source_layer, '8'), expected);
        }
    }
    arch_plan_release(&plan);
    /* four bits take less than eight, these less than sixteen; the rest is the suffix */
    const struct arch_code plain = parsed("8.888888"), four = parsed("8.888888:4.444444"),
                           eight = parsed("8.888888:8.888888");
    assert_true(arch_bytes(&shape, &four, &options) < arch_bytes(&shape, &eight, &options));
    assert_true(arch_bytes(&shape, &eight, &options) < arch_bytes(&shape, &plain, &options));
    assert_int_equal(arch_params(&shape, &four), arch_params(&shape, &plain));
}

/* ---- genes ---- */

static void make(struct space *space, enum space_kind kind, const char *types)
{
    const struct space_options options = {.kind = kind, .types = types};
    struct error error = {0};
    if (space_init(space, &shape, &options, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void genomes_and_codes_tell_the_same(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 3, "types", 0);
    for (int kind = 0; kind < SPACES; kind++) {
        struct space space;
        size_t typed = 0;
        make(&space, (enum space_kind)kind, "-84");
        for (int i = 0; i < 200; i++) {
            struct genome genome, back;
            struct arch_code code, again;
            space_random(&space, &rng, &genome);
            if (!space_decode(&space, &genome, &code))
                continue;
            typed += code.text[8] == ':';
            assert_true(space_encode(&space, &code, &back));
            assert_true(space_decode(&space, &back, &again));
            assert_string_equal(code.text, again.text);
        }
        assert_true(typed > 150);
        /* a type that is not offered becomes the first, a lock is none of types */
        struct genome genome;
        struct arch_code code = parsed("88888888:hhhhhhh4"), inside;
        space_project(&space, &code, &genome);
        assert_true(space_decode(&space, &genome, &inside));
        assert_string_equal(inside.text, "88888888:-------4");
        assert_int_equal(space_lock(&space, "0-7=8", NULL), STATUS_OK);
        uint32_t free = 0;
        for (uint32_t gene = 0; gene < space.genes; gene++)
            free += space.choices[gene] > 1 && space_is_type_gene(&space, gene);
        assert_int_equal(free, 8);
    }
}

static void the_first_generation_has_each_type(void **state)
{
    (void)state;
    struct space space;
    struct rng rng;
    struct arch_code code[20];
    size_t count = 0, uniform = 0;
    make(&space, SPACE_LAYERS, "-84");
    rng_init(&rng, 1, "types", 0);
    assert_int_equal(space_first_generation(&space, &rng, 20, code, &count, NULL), STATUS_OK);
    assert_int_equal(count, 20);
    assert_string_equal(code[0].text, "88888888");
    for (size_t i = 0; i < count; i++)
        uniform += strcmp(code[i].text, "88888888:88888888") == 0 ||
                   strcmp(code[i].text, "88888888:44444444") == 0;
    assert_int_equal(uniform, 2);
}

static void lists_of_types(void **state)
{
    (void)state;
    char letters[SPACE_TYPES];
    struct error error = {0};
    assert_int_equal(space_read_types("source, q8_0,Q4_0,q8_0", letters, &error), STATUS_OK);
    assert_string_equal(letters, "-84");
    static const char *const wrong[] = {"q8_0", "", "q8_0,q8_0", "q8_0,q9", "q4_k,q8_0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(space_read_types(wrong[i], letters, &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, "--types"));
    }
}

/* What is written alike is one type: 'd' is that of the file. */
static void a_type_of_two_names_is_one(void **state)
{
    (void)state;
    static const struct {
        enum weight_type type;
        const char *given, *left;
    } row[] = {{WEIGHT_SOURCE, "-d8", "-8"},
               {WEIGHT_SOURCE, "8d-", "8d"},
               {WEIGHT_Q8_0, "-84", "-4"},
               {WEIGHT_Q8_0, "-d4", "-d4"},
               {WEIGHT_SOURCE, "-84f", "-84f"}};
    struct error error = {0};
    char letters[SPACE_TYPES];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct weight_options weights = {.type = row[i].type, .head = WEIGHT_SOURCE};
        snprintf(letters, sizeof letters, "%s", row[i].given);
        assert_int_equal(space_distinct_types(&shape, &weights, letters, &error), STATUS_OK);
        assert_string_equal(letters, row[i].left);
    }
    const struct weight_options source = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
    snprintf(letters, sizeof letters, "-d");
    assert_int_equal(space_distinct_types(&shape, &source, letters, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "--types"));
}

/* Letters of types are no widths. */
static void only_cut_layers_need_the_order(void **state)
{
    (void)state;
    const struct arch_code whole = parsed("88888888:44444444"), cut = parsed("88848888:--------");
    assert_false(code_needs_order(&whole));
    assert_true(code_needs_order(&cut));
}

/* ---- predictors ---- */

#define NETWORKS 240
#define KNOWN 160

/* A loss that is the sum of the layers': by width, and a third of an eighth's at four bits. */
static double value_of(const struct arch_code *code)
{
    double loss = 0;
    for (uint32_t l = 0; l < 8; l++) {
        double importance = .02 + .01 * ((l * 5) % 8),
               missing = 8 - arch_mlp_eighths(code->text[l]);
        char letter = arch_code_type_letter(code, l);
        loss += importance * (missing / 8 + (letter == '4' ? .35 : letter == '8' ? .002 : 0));
        loss += importance * (arch_keeps_attention(code->text[l]) ? 0 : .5);
    }
    return .3 + .4 * exp(-2 * loss);
}

static void predictors_tell_coarse_types(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        double least;
    } row[] = {{"layers", .9}, {"ridge", .6}, {"process", .6}};
    struct space space;
    struct rng rng;
    struct genome genome;
    static struct arch_code code[NETWORKS];
    const struct arch_code *list[NETWORKS];
    double value[NETWORKS], variance[NETWORKS] = {0}, mean[NETWORKS];
    make(&space, SPACE_LAYERS, "-84");
    rng_init(&rng, 7, "types", 0);
    for (size_t i = 0; i < NETWORKS; i++) {
        do {
            space_random(&space, &rng, &genome);
        } while (!space_decode(&space, &genome, &code[i]));
        list[i] = &code[i];
        value[i] = value_of(&code[i]);
    }
    const struct predictor_data data = {.space = &space,
                                        .code = list,
                                        .value = value,
                                        .variance = variance,
                                        .n = KNOWN,
                                        .maximise = true,
                                        .floor = .3};
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        struct predictor *predictor, *sample;
        struct error error = {0};
        if (predictor_fit(&data, row[k].model, &predictor, &error) != STATUS_OK)
            fail_msg("%s: %s", row[k].model, error.message);
        for (size_t i = KNOWN; i < NETWORKS; i++)
            mean[i] = predictor_mean(predictor, &code[i]);
        double tau = kendall_tau(mean + KNOWN, value + KNOWN, NETWORKS - KNOWN);
        if (!(tau > row[k].least))
            fail_msg("%s: tau %.3f, above %.2f expected", row[k].model, tau, row[k].least);
        /* what types alone change is told, too */
        const struct arch_code fine = parsed("88888888"), coarse = parsed("88888888:44444444");
        double rounding = predictor_mean(predictor, &fine) - predictor_mean(predictor, &coarse);
        if (!(rounding > .02))
            fail_msg("%s: four bits cost %.3f, in truth .106", row[k].model, rounding);
        assert_int_equal(predictor_sample(predictor, &rng, &sample, &error), STATUS_OK);
        assert_true(isfinite(predictor_mean(sample, &coarse)));
        predictor_free(sample);
        predictor_free(predictor);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_canonical),
        cmocka_unit_test(wrong_ones_are_refused_by_position),
        cmocka_unit_test(layers_change_and_keep_their_types),
        cmocka_unit_test(beginnings_count_types),
        cmocka_unit_test(a_layers_own_type_beats_the_options),
        cmocka_unit_test(genomes_and_codes_tell_the_same),
        cmocka_unit_test(the_first_generation_has_each_type),
        cmocka_unit_test(lists_of_types),
        cmocka_unit_test(a_type_of_two_names_is_one),
        cmocka_unit_test(only_cut_layers_need_the_order),
        cmocka_unit_test(predictors_tell_coarse_types),
    };
    return cmocka_run_group_tests(tests, open_shape, close_shape);
}
