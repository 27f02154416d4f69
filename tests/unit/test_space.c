/* Search spaces: choices, counts, genomes to codes and back, locks, projections, the first
 * generation. */
#include "search/space.h"

#include "shapes.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Block influences of SmolLM2-135M, rounded. */
static const float influence[30] = {.98F, .16F, .04F, .03F, .04F, .04F, .04F, .04F, .05F, .04F,
                                    .04F, .04F, .03F, .03F, .03F, .03F, .03F, .03F, .04F, .04F,
                                    .06F, .05F, .05F, .07F, .16F, .03F, .03F, .05F, .05F, .23F};

static void build(struct arch_shape *shape, uint32_t layers)
{
    struct shape_recipe recipe = shape_smollm;
    recipe.layers = layers;
    shape_build(shape, &recipe);
}

static void make(struct space *space, const struct arch_shape *shape, enum space_kind kind,
                 const char *choices)
{
    const struct space_options options = {.kind = kind, .choices = choices};
    struct error error = {0};
    if (space_init(space, shape, &options, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void lock(struct space *space, const char *text)
{
    struct error error = {0};
    if (space_lock(space, text, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void expect_code(const struct space *space, const struct genome *genome, const char *text)
{
    struct arch_code code;
    assert_true(space_decode(space, genome, &code));
    assert_string_equal(code.text, text);
}

/* ---- choices and counts ---- */

static void depths_are_three_quarters_seven_eighths_and_all(void **state)
{
    (void)state;
    static const struct {
        uint32_t layers, count, depths[3];
    } row[] = {
        {30, 3, {23, 26, 30}}, {32, 3, {24, 28, 32}}, {24, 3, {18, 21, 24}},
        {22, 3, {17, 19, 22}}, {6, 3, {5, 5, 6}},     {4, 2, {3, 4, 0}},
        {3, 2, {2, 3, 0}},     {2, 1, {2, 0, 0}},     {1, 1, {1, 0, 0}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arch_shape shape;
        struct space space;
        build(&shape, row[i].layers);
        make(&space, &shape, SPACE_LLAMA_NAS, NULL);
        uint32_t expected[3], distinct = 0;
        for (uint32_t k = 0; k < row[i].count; k++) /* equal ones are merged */
            if (distinct == 0 || expected[distinct - 1] != row[i].depths[k])
                expected[distinct++] = row[i].depths[k];
        assert_int_equal(space.choices[0], distinct);
        assert_memory_equal(space.depths, expected, distinct * sizeof *expected);
        assert_int_equal(space.genes, row[i].layers + 1);
        assert_true(fabs(space_log10_genotypes(&space) -
                         (log10(distinct) + row[i].layers * log10(2))) < 1e-9);
        arch_shape_release(&shape);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Distinct codes over all genomes of a small space, each checked to come back from its code. */
static size_t count_networks(const struct space *space)
{
    static char text[1 << 16][16];
    struct genome genome = {.genes = (uint16_t)space->genes};
    size_t codes = 0, distinct = 0;
    for (;;) {
        struct arch_code code, parsed, back;
        struct genome again;
        if (space_decode(space, &genome, &code)) {
            assert_int_equal(arch_code_parse(space->shape, code.text, &parsed, NULL), STATUS_OK);
            assert_string_equal(parsed.text, code.text); /* canonical */
            assert_true(space_encode(space, &code, &again));
            assert_true(space_decode(space, &again, &back));
            assert_string_equal(back.text, code.text);
            snprintf(text[codes++], sizeof text[0], "%.15s", code.text);
        }
        uint32_t gene = 0;
        while (gene < space->genes && ++genome.gene[gene] == space->choices[gene])
            genome.gene[gene++] = 0;
        if (gene == space->genes)
            break;
    }
    qsort(text, codes, sizeof *text, by_text);
    for (size_t i = 0; i < codes; i++)
        distinct += i == 0 || strcmp(text[i], text[i - 1]) != 0;
    return distinct;
}

static void every_network_comes_back_from_its_code(void **state)
{
    (void)state;
    static const struct {
        enum space_kind kind;
        uint32_t layers;
        const char *choices, *lock[3];
        size_t networks;
    } row[] = {
        {SPACE_LAYERS, 5, NULL, {NULL}, 7775}, /* 6^5 - 1 */
        {SPACE_LAYERS, 4, "8 4 .", {NULL}, 80},
        {SPACE_LAYERS, 4, "8 4 .", {"1-2=8"}, 9},
        {SPACE_LAYERS, 4, "8 4 .", {"0=."}, 26},
        {SPACE_LAYERS, 3, "0 1 2 3 4 5 6 7 8 a h .", {NULL}, 1727},
        {SPACE_LAYERS, 3, "8 8 8", {NULL}, 1},
        {SPACE_LLAMA_NAS, 8, NULL, {NULL}, 448}, /* 2^6 + 2^7 + 2^8 */
        {SPACE_LLAMA_NAS, 8, NULL, {"7=8"}, 224},
        {SPACE_LLAMA_NAS, 8, NULL, {"0-7=8", "0-3="}, 16 + 8 + 4},
        {SPACE_LLAMA_NAS, 8, NULL, {"0-7=8"}, 1},
        {SPACE_LLAMA_NAS, 8, NULL, {"7=."}, 128 + 64}, /* depths 8 and 7 are the same */
        {SPACE_LLAMA_NAS, 8, NULL, {"0-3=."}, 16},     /* all depths are the same */
        {SPACE_LLAMA_NAS, 8, NULL, {"0-1=.", "2=0"}, 32},
        {SPACE_ATTN_MLP, 7, NULL, {NULL}, 16383}, /* 4^7 - 1 */
        {SPACE_ATTN_MLP, 5, NULL, {"0=8", "3=4"}, 64},
        {SPACE_ATTN_MLP, 4, NULL, {"0-1=.", "2=h"}, 4},
        {SPACE_ATTN_MLP, 3, NULL, {"0-2=d"}, 1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct arch_shape shape;
        struct space space;
        build(&shape, row[i].layers);
        make(&space, &shape, row[i].kind, row[i].choices);
        for (size_t k = 0; k < 3 && row[i].lock[k] != NULL; k++)
            lock(&space, row[i].lock[k]);
        assert_int_equal(count_networks(&space), row[i].networks);
        arch_shape_release(&shape);
    }
}

/* Depths out of reach of locks in a real model's number of layers. */
static void networks_of_thirty_layers_come_back_too(void **state)
{
    (void)state;
    static const char *const locks[][3] = {
        {NULL}, {"12-13=."}, {"0-2=."}, {"5=.", "20-29=8"}, {"0-25=8"}, {"0-23=8", "24-26=."}};
    struct arch_shape shape;
    struct rng rng;
    build(&shape, 30);
    rng_init(&rng, 1, "space", 0);
    for (size_t i = 0; i < sizeof locks / sizeof *locks; i++) {
        struct space space;
        make(&space, &shape, SPACE_LLAMA_NAS, NULL);
        for (size_t k = 0; k < 3 && locks[i][k] != NULL; k++)
            lock(&space, locks[i][k]);
        for (int round = 0; round < 100; round++) {
            struct genome genome;
            struct arch_code code;
            space_random(&space, &rng, &genome);
            assert_true(space_decode(&space, &genome, &code));
            assert_true(space_encode(&space, &code, &genome));
            expect_code(&space, &genome, code.text);
        }
    }
    arch_shape_release(&shape);
}

/* Widths that coincide are one choice; a layer offers only what it has. */
static void choices_are_canonical_and_without_repeats(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct space space;
    build(&shape, 8);
    shape.layer[1].intermediate = 64; /* 4/8 is 32, 6/8 and 7/8 too */
    shape_remove(&shape, 2, true, false);
    shape_remove(&shape, 3, false, true);
    shape_remove(&shape, 4, true, true);
    make(&space, &shape, SPACE_LAYERS, "8 7 6 4 h .");
    assert_string_equal(space.letter[0], "8764h.");
    assert_string_equal(space.letter[1], "81h.");
    assert_string_equal(space.letter[2], "hgfd.");
    assert_string_equal(space.letter[3], "0.");
    assert_string_equal(space.letter[4], ".");
    assert_int_equal(space.choices[2], 5);
    make(&space, &shape, SPACE_LLAMA_NAS, NULL);
    assert_string_equal(space.letter[3], "hd");
    assert_string_equal(space.letter[4], "0");
    assert_string_equal(space.letter[5], ".");
    count_networks(&space); /* every code comes back */
    make(&space, &shape, SPACE_ATTN_MLP, NULL);
    assert_int_equal(space.genes, 16);
    assert_string_equal(space.letter[0], "0.");
    assert_string_equal(space.letter[1], "h.");
    assert_string_equal(space.letter[4], "."); /* layer 2 has no attention */
    assert_string_equal(space.letter[5], "h.");
    assert_string_equal(space.letter[7], ".");
    assert_int_equal(count_networks(&space), 4 * 4 * 2 * 2 * 64 - 1);
    arch_shape_release(&shape);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct space_options options;
        const char *message;
    } row[] = {
        {{.kind = SPACE_LAYERS, .choices = ""}, "no network"},
        {{.kind = SPACE_LAYERS, .choices = " "}, "no network"},
        {{.kind = SPACE_LAYERS, .choices = "."}, "no network"},
        {{.kind = SPACE_LAYERS, .choices = "84"}, "blanks between"},
        {{.kind = SPACE_LAYERS, .choices = "8 9"}, "blanks between"},
        {{.kind = SPACE_LAYERS, .choices = "8,4"}, "blanks between"},
        {{.kind = SPACE_LAYERS, .choices = "8 7 6 5 4 3 2 1 0 a b c d e f g h"}, "more than 16"},
        {{.kind = SPACE_LLAMA_NAS, .choices = "8 4"}, "its own choices"},
        {{.kind = SPACE_ATTN_MLP, .choices = "8 4"}, "attn-mlp has its own choices"},
        {{.kind = SPACE_LAYERS, .locks = {"9=8"}}, "0 to 7"},
        {{.kind = SPACE_LAYERS, .locks = {"0-8=8"}}, "0 to 7"},
        {{.kind = SPACE_LAYERS, .locks = {"0=9"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"0=88"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"3-1=8"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"-1=8"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"0-=8"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"=8"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"0"}}, "no lock"},
        {{.kind = SPACE_LAYERS, .locks = {"99999999999999999999=8"}}, "0 to 7"},
        {{.kind = SPACE_LAYERS, .locks = {"0-7=."}}, "no layer would be left"},
        {{.kind = SPACE_LLAMA_NAS, .locks = {"0-3=.", "4-7=."}}, "no layer would be left"},
        {{.kind = SPACE_ATTN_MLP, .locks = {"0-7=."}}, "no layer would be left"},
    };
    struct arch_shape shape;
    build(&shape, 8);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct space space;
        struct error error = {0};
        assert_int_equal(space_init(&space, &shape, &row[i].options, &error), STATUS_INVALID);
        if (strstr(error.message, row[i].message) == NULL)
            fail_msg("%s", error.message);
    }
    arch_shape_release(&shape);
}

/* ---- locks ---- */

static void locks_hold_and_are_taken_off(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct space space;
    struct rng rng;
    build(&shape, 8);
    make(&space, &shape, SPACE_LAYERS, "8 4 .");
    lock(&space, "0-1=6"); /* a lock may be what the space does not offer */
    lock(&space, "5=.");
    rng_init(&rng, 1, "locks", 0);
    for (int i = 0; i < 200; i++) {
        struct genome genome;
        struct arch_code code;
        space_random(&space, &rng, &genome);
        if (!space_decode(&space, &genome, &code))
            continue;
        assert_memory_equal(code.text, "66", 2);
        assert_int_equal(code.text[5], '.');
    }
    assert_true(space_gene_weight(&space, 0) == 0);
    /* a refused lock changes nothing */
    assert_int_equal(space_lock(&space, "0-7=.", NULL), STATUS_INVALID);
    assert_int_equal(space.choices[0], 1);
    assert_int_equal(space.letter[0][0], '6');
    lock(&space, "0-7=");
    assert_int_equal(space.choices[0], 3);
    assert_string_equal(space.letter[0], "84.");
    assert_string_equal(space.letter[5], "84.");
    assert_true(fabs(space_log10_genotypes(&space) - 8 * log10(3)) < 1e-9);
    arch_shape_release(&shape);
}

static void a_kept_layer_passes_its_drop_on(void **state)
{
    (void)state;
    static const uint32_t order[8] = {3, 5, 1, 0, 2, 4, 6, 7};
    static const struct {
        const char *lock;
        const char *shallow, *middle, *deep; /* depths 6, 7, 8 */
    } row[] = {
        {NULL, "888.8.88", "888.8888", "88888888"},  {"3=8", "8.888.88", "88888.88", "88888888"},
        {"3=4", "8.848.88", "88848.88", "88848888"}, {"3=.", "888.8.88", "888.8888", "888.8888"},
        {"7=.", "888.888.", "8888888.", "8888888."}, {"3-5=8", "..888888", "8.888888", "88888888"},
    };
    struct arch_shape shape;
    build(&shape, 8);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct space_options options = {
            .kind = SPACE_LLAMA_NAS, .drop_order = order, .locks = {row[i].lock}};
        struct space space;
        struct genome genome = {.genes = 9};
        assert_int_equal(space_init(&space, &shape, &options, NULL), STATUS_OK);
        expect_code(&space, &genome, row[i].shallow);
        genome.gene[0] = 1;
        expect_code(&space, &genome, row[i].middle);
        genome.gene[0] = 2;
        expect_code(&space, &genome, row[i].deep);
    }
    arch_shape_release(&shape);
}

/* ---- projections ---- */

static void codes_from_outside_become_their_nearest(void **state)
{
    (void)state;
    static const struct {
        enum space_kind kind;
        const char *choices, *lock, *from, *to;
        bool inside;
    } row[] = {
        {SPACE_LAYERS, "8 6 4 .", NULL, "8864.888", "8864.888", true},
        {SPACE_LAYERS, "8 6 4 .", NULL, "87531h0.", "8864484.", false},
        {SPACE_LAYERS, "8 6 4 .", "0-1=4", "8864.888", "4464.888", false},
        {SPACE_LAYERS, "8 6 4 .", "4=8", "8864.888", "88648888", false},
        {SPACE_LLAMA_NAS, NULL, NULL, "84848.8.", "848488..", false}, /* the tail is dropped */
        {SPACE_LLAMA_NAS, NULL, NULL, "848488..", "848488..", true},
        {SPACE_LLAMA_NAS, NULL, NULL, "8.......", "888888..", false},
        {SPACE_LLAMA_NAS, NULL, "7=8", "8888888.", "888888.8", false},
        {SPACE_ATTN_MLP, NULL, NULL, "80h.80h.", "80h.80h.", true},
        {SPACE_ATTN_MLP, NULL, NULL, "7543210c", "8880000.", false},
        {SPACE_ATTN_MLP, NULL, "0-1=4", "44888888", "44888888", true},
        {SPACE_ATTN_MLP, NULL, "0-1=4", "8.888888", "44888888", false},
    };
    struct arch_shape shape;
    build(&shape, 8);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const struct space_options options = {
            .kind = row[i].kind, .choices = row[i].choices, .locks = {row[i].lock}};
        struct space space;
        struct arch_code code;
        struct genome genome;
        assert_int_equal(space_init(&space, &shape, &options, NULL), STATUS_OK);
        assert_int_equal(arch_code_parse(&shape, row[i].from, &code, NULL), STATUS_OK);
        space_project(&space, &code, &genome);
        expect_code(&space, &genome, row[i].to);
        assert_int_equal(space_encode(&space, &code, &genome), row[i].inside);
    }
    arch_shape_release(&shape);
}

static void genes_know_their_layers_and_weights(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct space space;
    build(&shape, 30);
    struct space_options options = {.kind = SPACE_LAYERS, .influence = influence};
    assert_int_equal(space_init(&space, &shape, &options, NULL), STATUS_OK);
    assert_int_equal(space_gene_layer(&space, 7), 7);
    assert_true(space_gene_weight(&space, 12) > 5 * space_gene_weight(&space, 0));
    options.kind = SPACE_LLAMA_NAS;
    assert_int_equal(space_init(&space, &shape, &options, NULL), STATUS_OK);
    assert_int_equal(space_gene_layer(&space, 0), UINT32_MAX);
    assert_int_equal(space_gene_layer(&space, 7), 6);
    assert_true(space_gene_weight(&space, 13) > 5 * space_gene_weight(&space, 1));
    assert_true(space_gene_weight(&space, 0) > 0);
    options.kind = SPACE_ATTN_MLP;
    assert_int_equal(space_init(&space, &shape, &options, NULL), STATUS_OK);
    assert_int_equal(space_gene_layer(&space, 24), 12);
    assert_int_equal(space_gene_layer(&space, 25), 12);
    assert_true(space_gene_weight(&space, 25) > 5 * space_gene_weight(&space, 1));
    arch_shape_release(&shape);
}

static void a_layer_may_be_what_its_genes_offer(void **state)
{
    (void)state;
    static const struct {
        enum space_kind kind;
        const char *lock, *may, *may_not; /* layer 1 */
    } row[] = {
        {SPACE_LAYERS, NULL, "8764h.", "0123fg"}, {SPACE_LAYERS, "1=5", "5", "8."},
        {SPACE_LLAMA_NAS, NULL, "84.", "0h6"},    {SPACE_LLAMA_NAS, "1=8", "8", "4."},
        {SPACE_ATTN_MLP, NULL, "80h.", "47d"},    {SPACE_ATTN_MLP, "1=h", "h", "80."},
    };
    struct arch_shape shape;
    build(&shape, 8);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct space space;
        make(&space, &shape, row[i].kind, NULL);
        if (row[i].lock != NULL)
            lock(&space, row[i].lock);
        for (const char *at = row[i].may; *at != '\0'; at++)
            assert_true(space_may_be(&space, 1, *at));
        for (const char *at = row[i].may_not; *at != '\0'; at++)
            assert_false(space_may_be(&space, 1, *at));
    }
    arch_shape_release(&shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(depths_are_three_quarters_seven_eighths_and_all),
        cmocka_unit_test(every_network_comes_back_from_its_code),
        cmocka_unit_test(networks_of_thirty_layers_come_back_too),
        cmocka_unit_test(choices_are_canonical_and_without_repeats),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(locks_hold_and_are_taken_off),
        cmocka_unit_test(a_kept_layer_passes_its_drop_on),
        cmocka_unit_test(codes_from_outside_become_their_nearest),
        cmocka_unit_test(genes_know_their_layers_and_weights),
        cmocka_unit_test(a_layer_may_be_what_its_genes_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
