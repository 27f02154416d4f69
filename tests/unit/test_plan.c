/* The plan of a written file and its size in closed form. */
#include "arch/plan.h"
#include "base/rng.h"
#include "shapes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <string.h>
#include <time.h>

static const struct weight_options source = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};

static struct arch_code code_of(const struct arch_shape *shape, const char *text)
{
    struct arch_code code;
    struct error error = {0};
    if (arch_code_parse(shape, text, &code, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return code;
}

static void make(const struct arch_shape *shape, const char *text,
                 const struct weight_options *options, struct arch_plan *plan)
{
    const struct arch_code code = code_of(shape, text);
    struct error error = {0};
    if (arch_plan_make(shape, &code, options, plan, &error) != STATUS_OK)
        fail_msg("%s: %s", text, error.message);
}

static const struct plan_tensor *find(const struct arch_plan *plan, enum tensor_role role,
                                      uint32_t layer)
{
    for (size_t i = 0; i < plan->tensors; i++)
        if (plan->tensor[i].role == role && plan->tensor[i].layer == layer)
            return &plan->tensor[i];
    return NULL;
}

static void check_tensor(const struct arch_plan *plan, enum tensor_role role, uint32_t layer,
                         enum plan_action action, enum weight_type type, uint64_t columns,
                         uint64_t rows)
{
    const struct plan_tensor *tensor = find(plan, role, layer);
    assert_non_null(tensor);
    assert_int_equal(tensor->action, action);
    assert_int_equal(tensor->type, type);
    assert_int_equal(tensor->columns, columns);
    assert_int_equal(tensor->rows, rows);
    assert_int_equal(tensor->dimensions, role_table[role].matrix ? 2 : 1);
}

/* ---- source: what is copied, cut, encoded ---- */

static void source_copies_what_is_whole(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_plan plan;
    shape_build(&shape, &shape_smollm);
    make(&shape, "888888888888888888888888888888", &source, &plan);
    assert_int_equal(plan.tensors, shape.tensors);
    assert_false(plan.deci);
    assert_int_equal(plan.fallbacks, 0);
    for (size_t i = 0; i < plan.tensors; i++) {
        assert_int_equal(plan.tensor[i].action, PLAN_COPY);
        assert_int_equal(plan.tensor[i].role, shape.tensor[i].role);
        assert_int_equal(plan.tensor[i].type, shape.tensor[i].type);
    }
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

static void a_cut_takes_rows_and_encodes_down(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_plan plan;
    shape_build(&shape, &shape_smollm);
    make(&shape, "8.6888888888888888888888888888", &source, &plan);
    assert_true(plan.deci);
    assert_int_equal(plan.layers, 29);
    assert_int_equal(plan.source_layer[1], 2);
    assert_int_equal(plan.width[0], 1536);
    assert_int_equal(plan.width[1], 1152);
    check_tensor(&plan, ROLE_FFN_GATE, 1, PLAN_ROWS, WEIGHT_Q4_1, 576, 1152);
    check_tensor(&plan, ROLE_FFN_UP, 1, PLAN_ROWS, WEIGHT_Q4_1, 576, 1152);
    check_tensor(&plan, ROLE_FFN_DOWN, 1, PLAN_CONVERT, WEIGHT_Q4_1, 1152, 576);
    check_tensor(&plan, ROLE_ATTN_Q, 1, PLAN_COPY, WEIGHT_Q4_1, 576, 576);
    assert_int_equal(find(&plan, ROLE_FFN_DOWN, 1)->source_layer, 2);
    assert_null(find(&plan, ROLE_FFN_DOWN, 29));
    arch_plan_release(&plan);
    /* Every width equal: no deci. */
    make(&shape, "444444444444444444444444444444", &source, &plan);
    assert_false(plan.deci);
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

static void cut_biases_follow_their_matrices(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_plan plan;
    shape_build(&shape, &shape_odd);
    make(&shape, "488888888888", &source, &plan);
    check_tensor(&plan, ROLE_FFN_GATE_BIAS, 0, PLAN_CONVERT, WEIGHT_F32, 352, 1);
    check_tensor(&plan, ROLE_FFN_UP_BIAS, 0, PLAN_CONVERT, WEIGHT_F32, 352, 1);
    check_tensor(&plan, ROLE_FFN_DOWN_BIAS, 0, PLAN_COPY, WEIGHT_F32, 256, 1);
    check_tensor(&plan, ROLE_FFN_GATE_BIAS, 1, PLAN_COPY, WEIGHT_F32, 688, 1);
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

/* ---- types by name, and where they do not fit ---- */

static void a_type_converts_every_matrix(void **state)
{
    (void)state;
    const struct weight_options q8 = {WEIGHT_Q8_0, WEIGHT_SOURCE, false};
    const struct weight_options q4_head = {WEIGHT_Q4_0, WEIGHT_F16, false};
    const struct weight_options own = {WEIGHT_Q4_1, WEIGHT_SOURCE, false};
    struct arch_shape shape;
    struct arch_plan plan;
    shape_build(&shape, &shape_smollm);
    make(&shape, "888888888888888888888888888888", &q8, &plan);
    for (size_t i = 0; i < plan.tensors; i++)
        assert_int_equal(plan.tensor[i].type,
                         role_table[plan.tensor[i].role].matrix ? WEIGHT_Q8_0 : WEIGHT_F32);
    /* The embedding is Q8_0 already: its bytes stay. */
    check_tensor(&plan, ROLE_TOKEN_EMBD, 0, PLAN_COPY, WEIGHT_Q8_0, 576, 49152);
    check_tensor(&plan, ROLE_ATTN_Q, 7, PLAN_CONVERT, WEIGHT_Q8_0, 576, 576);
    arch_plan_release(&plan);

    make(&shape, "488888888888888888888888888888", &q4_head, &plan);
    check_tensor(&plan, ROLE_TOKEN_EMBD, 0, PLAN_CONVERT, WEIGHT_F16, 576, 49152);
    check_tensor(&plan, ROLE_FFN_GATE, 0, PLAN_CONVERT, WEIGHT_Q4_0, 576, 768);
    arch_plan_release(&plan);

    make(&shape, "488888888888888888888888888888", &own, &plan);
    check_tensor(&plan, ROLE_TOKEN_EMBD, 0, PLAN_CONVERT, WEIGHT_Q4_1, 576, 49152);
    check_tensor(&plan, ROLE_FFN_GATE, 0, PLAN_ROWS, WEIGHT_Q4_1, 576, 768);
    check_tensor(&plan, ROLE_FFN_DOWN, 0, PLAN_CONVERT, WEIGHT_Q4_1, 768, 576);
    check_tensor(&plan, ROLE_FFN_DOWN, 1, PLAN_COPY, WEIGHT_Q4_1, 1536, 576);
    arch_plan_release(&plan);
    arch_shape_release(&shape);

    shape_build(&shape, &shape_odd); /* not tied: --head is for output.weight alone */
    make(&shape, "888888888888", &q4_head, &plan);
    check_tensor(&plan, ROLE_TOKEN_EMBD, 0, PLAN_CONVERT, WEIGHT_Q4_0, 256, 300);
    check_tensor(&plan, ROLE_OUTPUT, 0, PLAN_CONVERT, WEIGHT_F16, 256, 300);
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

static void check_text(const struct arch_plan *plan, const char *expected)
{
    struct error error;
    struct buf text;
    buf_init(&text);
    assert_int_equal(arch_plan_fallback_text(plan, &text, &error), STATUS_OK);
    assert_string_equal(text.data, expected);
    buf_release(&text);
}

static void what_does_not_fit_becomes_q8_0_or_f16(void **state)
{
    (void)state;
    struct shape_recipe recipe = shape_odd;
    const struct weight_options q4 = {WEIGHT_Q4_0, WEIGHT_SOURCE, false};
    struct arch_shape shape;
    struct arch_plan plan;

    /* 688 columns are no multiple of 32: full downs become F16 under q4_0. */
    shape_build(&shape, &recipe);
    make(&shape, "888888888888", &q4, &plan);
    check_tensor(&plan, ROLE_FFN_DOWN, 4, PLAN_COPY, WEIGHT_F16, 688, 256);
    check_tensor(&plan, ROLE_FFN_UP, 4, PLAN_CONVERT, WEIGHT_Q4_0, 256, 688);
    assert_int_equal(plan.fallbacks, 12);
    check_text(&plan, "blk.0-11.ffn_down.weight as f16 (rows are no whole blocks of q4_0)");
    arch_plan_release(&plan);
    arch_shape_release(&shape);

    /* K-quants have no encoder: a cut down becomes Q8_0, whole ones are copied. */
    recipe.matrix = WEIGHT_Q4_K;
    recipe.intermediate = 768;
    shape_build(&shape, &recipe);
    make(&shape, "80488h88888.", &source, &plan);
    check_tensor(&plan, ROLE_FFN_DOWN, 0, PLAN_COPY, WEIGHT_Q4_K, 768, 256);
    check_tensor(&plan, ROLE_FFN_DOWN, 1, PLAN_ZERO, WEIGHT_Q8_0, 32, 256);
    check_tensor(&plan, ROLE_FFN_GATE, 1, PLAN_ZERO, WEIGHT_Q4_K, 256, 32);
    check_tensor(&plan, ROLE_FFN_GATE, 2, PLAN_ROWS, WEIGHT_Q4_K, 256, 384);
    check_tensor(&plan, ROLE_FFN_DOWN, 2, PLAN_CONVERT, WEIGHT_Q8_0, 384, 256);
    assert_int_equal(plan.fallbacks, 2);
    check_text(&plan, "blk.1,2.ffn_down.weight as q8_0 (rows are no whole blocks of q4_k)");
    arch_plan_release(&plan);
    /* of intermediate 1024 the half is whole blocks, and five eighths (640) are not */
    arch_shape_release(&shape);
    recipe.intermediate = 1024;
    shape_build(&shape, &recipe);
    make(&shape, "44d85544.888", &source, &plan);
    check_text(&plan, "blk.0-2,6,7.ffn_down.weight as q8_0 (q4_k can be read, not written); "
                      "blk.4,5.ffn_down.weight as q8_0 (rows are no whole blocks of q4_k)");
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

static void types_without_encoder_are_refused(void **state)
{
    (void)state;
    const struct weight_options bad[] = {{WEIGHT_Q4_K, WEIGHT_SOURCE, false},
                                         {WEIGHT_SOURCE, WEIGHT_Q6_K, false}};
    struct arch_shape shape;
    struct arch_code code;
    shape_build(&shape, &shape_odd);
    arch_code_full(&shape, &code);
    for (size_t i = 0; i < 2; i++) {
        struct arch_plan plan;
        struct error error = {0};
        assert_int_equal(arch_plan_make(&shape, &code, &bad[i], &plan, &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, i == 0 ? "q4_k" : "q6_k"));
    }
    arch_shape_release(&shape);
}

/* ---- parts that are missing ---- */

static void no_mlp_is_a_zero_mlp(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_plan plan;
    shape_build(&shape, &shape_odd);
    make(&shape, "808888888888", &source, &plan);
    assert_true(plan.deci);
    assert_int_equal(plan.width[1], 32);
    assert_int_equal(plan.heads[1], 8);
    check_tensor(&plan, ROLE_FFN_NORM, 1, PLAN_COPY, WEIGHT_F32, 256, 1);
    check_tensor(&plan, ROLE_FFN_GATE, 1, PLAN_ZERO, WEIGHT_F16, 256, 32);
    check_tensor(&plan, ROLE_FFN_UP, 1, PLAN_ZERO, WEIGHT_F16, 256, 32);
    check_tensor(&plan, ROLE_FFN_DOWN, 1, PLAN_ZERO, WEIGHT_F16, 32, 256);
    assert_null(find(&plan, ROLE_FFN_DOWN_BIAS, 1));
    assert_null(find(&plan, ROLE_FFN_GATE_BIAS, 1));
    assert_non_null(find(&plan, ROLE_ATTN_Q_BIAS, 1));
    arch_plan_release(&plan);

    shape_remove(&shape, 1, false, true); /* the source has none either */
    make(&shape, "808888888888", &source, &plan);
    assert_int_equal(plan.width[1], 32);
    check_tensor(&plan, ROLE_FFN_NORM, 1, PLAN_ZERO, WEIGHT_F32, 256, 1);
    check_tensor(&plan, ROLE_FFN_GATE, 1, PLAN_ZERO, WEIGHT_F16, 256, 32);
    check_tensor(&plan, ROLE_FFN_DOWN, 1, PLAN_ZERO, WEIGHT_F16, 32, 256);
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

static void attention_of_the_first_kept_layer(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct arch_plan plan;
    shape_build(&shape, &shape_odd);
    make(&shape, ".h8h88888888", &source, &plan);
    assert_true(plan.deci);
    assert_int_equal(plan.heads[0], 8);
    assert_int_equal(plan.kv_heads[0], 2);
    assert_int_equal(plan.heads[1], 8);
    assert_int_equal(plan.heads[2], 0);
    assert_int_equal(plan.kv_heads[2], 0);
    check_tensor(&plan, ROLE_ATTN_Q, 0, PLAN_COPY, WEIGHT_F16, 256, 256);
    check_tensor(&plan, ROLE_ATTN_OUTPUT, 0, PLAN_ZERO, WEIGHT_F16, 256, 256);
    assert_null(find(&plan, ROLE_ATTN_OUTPUT_BIAS, 0));
    assert_null(find(&plan, ROLE_ATTN_Q, 2));
    assert_null(find(&plan, ROLE_ATTN_NORM, 2));
    assert_non_null(find(&plan, ROLE_ATTN_OUTPUT_BIAS, 1));
    arch_plan_release(&plan);

    shape_remove(&shape, 1, true, false);
    make(&shape, ".h8h88888888", &source, &plan);
    assert_int_equal(plan.heads[0], 8);
    check_tensor(&plan, ROLE_ATTN_NORM, 0, PLAN_ZERO, WEIGHT_F32, 256, 1);
    check_tensor(&plan, ROLE_ATTN_K, 0, PLAN_ZERO, WEIGHT_F16, 256, 64);
    check_tensor(&plan, ROLE_ATTN_OUTPUT, 0, PLAN_ZERO, WEIGHT_F16, 256, 256);
    arch_plan_release(&plan);
    arch_shape_release(&shape);
}

static void written_types_are_the_plans(void **state)
{
    (void)state;
    struct shape_recipe recipe = shape_odd;
    recipe.matrix = WEIGHT_Q4_K;
    recipe.intermediate = 768;
    const char text[] = "84h0.7g6532c";
    const struct weight_options options[] = {
        source, {WEIGHT_Q4_0, WEIGHT_F16, false}, {WEIGHT_BF16, WEIGHT_SOURCE, false}};
    struct arch_shape shape;
    shape_build(&shape, &recipe);
    for (size_t o = 0; o < 3; o++) {
        struct arch_plan plan;
        make(&shape, text, &options[o], &plan);
        for (size_t i = 0; i < plan.tensors; i++) {
            const struct plan_tensor *t = &plan.tensor[i];
            assert_int_equal(arch_written_type(&shape, &options[o], t->role, t->source_layer,
                                               plan.code.text[t->source_layer]),
                             t->type);
        }
        arch_plan_release(&plan);
    }
    arch_shape_release(&shape);
}

/* ---- sizes ---- */

/* The file's size counted from the plan as a writer would go through it. */
static uint64_t planned_bytes(const struct arch_shape *shape, const struct arch_plan *plan)
{
    const struct arch_metadata_cost *metadata = &shape->metadata;
    uint64_t head = 24 + metadata->fixed_bytes, data = 0;
    head += metadata->prefixed_pairs * strlen(plan->deci ? "deci" : "llama") + plan->layers;
    for (int array = 0; array < 3 && plan->deci; array++)
        head += 4 + 8 + 4 * (uint64_t)plan->layers - 4;
    for (size_t i = 0; i < plan->tensors; i++) {
        const struct plan_tensor *t = &plan->tensor[i];
        char name[64], format[64];
        snprintf(format, sizeof format, "%s", role_table[t->role].name);
        char *number = strstr(format, "%u");
        int length = (int)strlen(format);
        if (number != NULL) {
            *number = '\0';
            length = snprintf(name, sizeof name, "%s%u%s", format, t->layer, number + 2);
        }
        head += 8 + (uint64_t)length + 4 + 8 * (uint64_t)t->dimensions + 4 + 8;
        const struct weight_type_info *info = weight_type_by_id((uint32_t)t->type);
        assert_int_equal(t->columns % info->block, 0);
        const uint64_t bytes = t->columns / info->block * info->block_bytes * t->rows;
        data += bytes + (metadata->alignment - bytes % metadata->alignment) % metadata->alignment;
    }
    return head + (metadata->alignment - head % metadata->alignment) % metadata->alignment + data;
}

static void random_code(struct rng *rng, const struct arch_shape *shape, struct arch_code *code)
{
    static const char characters[] = "012345678abcdefgh.";
    char text[ARCH_MAX_LAYERS + 1] = {0};
    do {
        const uint32_t variety = 1 + rng_below(rng, 18), start = rng_below(rng, 18);
        for (uint32_t i = 0; i < shape->layers; i++)
            text[i] = characters[(start + rng_below(rng, variety)) % 18];
    } while (arch_code_parse(shape, text, code, NULL) != STATUS_OK);
}

static void closed_form_equals_the_plan(void **state)
{
    static const enum weight_type types[] = {WEIGHT_SOURCE, WEIGHT_SOURCE, WEIGHT_F32,
                                             WEIGHT_F16,    WEIGHT_BF16,   WEIGHT_Q8_0,
                                             WEIGHT_Q4_0,   WEIGHT_Q4_1};
    static const enum weight_type matrices[] = {WEIGHT_F32, WEIGHT_Q4_1, WEIGHT_Q4_K, WEIGHT_Q6_K,
                                                WEIGHT_Q5_0};
    unsigned deci = 0, fallbacks = 0;
    struct rng rng;
    (void)state;
    rng_init(&rng, 1, "test_plan", 0);
    for (unsigned round = 0; round < 2000; round++) {
        struct shape_recipe recipe = shape_odd;
        struct arch_shape shape;
        struct arch_code code;
        struct arch_plan plan;
        recipe.layers = 1 + rng_below(&rng, round % 10 == 0 ? 256 : 12);
        recipe.tied = rng_below(&rng, 2);
        recipe.biases = rng_below(&rng, 2);
        recipe.rope_freqs = rng_below(&rng, 2);
        recipe.matrix = matrices[rng_below(&rng, 5)];
        recipe.intermediate = recipe.matrix == WEIGHT_F32 ? 1 + rng_below(&rng, 900) : 768;
        shape_build(&shape, &recipe);
        shape.metadata.alignment = 8u << rng_below(&rng, 6);
        shape.metadata.fixed_bytes = 500 + rng_below(&rng, 5000);
        if (recipe.layers > 4 && rng_below(&rng, 2)) {
            shape_remove(&shape, rng_below(&rng, 4), rng_below(&rng, 2), rng_below(&rng, 2));
            shape_remove(&shape, 0, true, false);
        }
        random_code(&rng, &shape, &code);
        const struct weight_options options = {types[rng_below(&rng, 8)], types[rng_below(&rng, 8)],
                                               false};
        assert_int_equal(arch_plan_make(&shape, &code, &options, &plan, NULL), STATUS_OK);
        assert_int_equal(arch_bytes(&shape, &code, &options), planned_bytes(&shape, &plan));
        deci += plan.deci;
        fallbacks += plan.fallbacks;
        arch_plan_release(&plan);
        arch_shape_release(&shape);
    }
    assert_in_range(deci, 500, 1999); /* both kinds were tried */
    assert_true(fallbacks > 100);
}

/* One layer, worked out by hand. */
static void bytes_of_a_tiny_file(void **state)
{
    (void)state;
    const struct shape_recipe recipe = {.layers = 1,
                                        .hidden = 32,
                                        .head_size = 16,
                                        .heads = 2,
                                        .kv_heads = 1,
                                        .intermediate = 64,
                                        .vocabulary = 10,
                                        .tied = true};
    struct arch_shape shape;
    struct arch_code code;
    shape_build(&shape, &recipe);
    shape.metadata = (struct arch_metadata_cost){
        .fixed_bytes = 700, .prefixed_pairs = 7, .fixed_pairs = 12, .alignment = 32};
    arch_code_full(&shape, &code);
    /* 11 tensors, 8 of them matrices: name, its length, dimensions, sizes, type, offset */
    uint64_t infos = strlen("token_embd.weight") + strlen("blk.0.attn_norm.weight") +
                     strlen("blk.0.attn_q.weight") * 3 + strlen("blk.0.attn_output.weight") +
                     strlen("blk.0.ffn_norm.weight") + strlen("blk.0.ffn_gate.weight") +
                     strlen("blk.0.ffn_up.weight") + strlen("blk.0.ffn_down.weight") +
                     strlen("output_norm.weight");
    infos += 11 * 24 + 8 * 2 * 8 + 3 * 8;
    const uint64_t head = 24 + 700 + 7 * 5 + 1 + infos;
    const uint64_t data = 4 * (10 * 32 + 3 * 32 + 32 * 32 + 2 * 32 * 16 + 32 * 32 + 3 * 32 * 64);
    assert_int_equal(arch_bytes(&shape, &code, NULL), (head + 31) / 32 * 32 + data);
    arch_shape_release(&shape);
}

static void closed_forms_take_microseconds(void **state)
{
    (void)state;
    struct arch_shape shape;
    struct rng rng;
    shape_build(&shape, &shape_smollm);
    rng_init(&rng, 2, "test_plan", 0);
    struct arch_code code;
    random_code(&rng, &shape, &code);
    uint64_t sum = 0;
    const clock_t start = clock();
    for (int i = 0; i < 1000; i++)
        sum += arch_bytes(&shape, &code, &source);
    const double each = (double)(clock() - start) / CLOCKS_PER_SEC / 1000;
    print_message("arch_bytes of a 30-layer model: %.1f microseconds\n", each * 1e6);
    assert_true(sum > 0);
    assert_true(each < 1e-3);
    arch_shape_release(&shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_copies_what_is_whole),
        cmocka_unit_test(a_cut_takes_rows_and_encodes_down),
        cmocka_unit_test(cut_biases_follow_their_matrices),
        cmocka_unit_test(a_type_converts_every_matrix),
        cmocka_unit_test(what_does_not_fit_becomes_q8_0_or_f16),
        cmocka_unit_test(types_without_encoder_are_refused),
        cmocka_unit_test(no_mlp_is_a_zero_mlp),
        cmocka_unit_test(attention_of_the_first_kept_layer),
        cmocka_unit_test(written_types_are_the_plans),
        cmocka_unit_test(closed_form_equals_the_plan),
        cmocka_unit_test(bytes_of_a_tiny_file),
        cmocka_unit_test(closed_forms_take_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
