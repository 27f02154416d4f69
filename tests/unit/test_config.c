/* Configuration: what is read of good files, what is refused by name of others. */
#include "model/config.h"

#include "support.h"
#include "tiny_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Writes the recipe, reads its configuration; the file is gone afterwards, *gguf stays open. */
static enum status read_recipe(const struct tiny_recipe *recipe, struct gguf **gguf,
                               struct model_config *config, struct error *error)
{
    char path[256];
    tiny_path("config", path);
    tiny_write(recipe, path);
    enum status status = gguf_open(path, gguf, error);
    if (status == STATUS_OK) {
        status = model_config_read(*gguf, config, error);
    }
    remove(path);
    return status;
}

static void test_llama(void **state)
{
    (void)state;
    struct gguf *gguf = NULL;
    struct model_config config;
    struct error error = {0};
    assert_int_equal(read_recipe(&tiny_llama, &gguf, &config, &error), STATUS_OK);
    const struct arch_shape *shape = &config.shape;
    assert_string_equal(config.architecture, "llama");
    assert_string_equal(config.name, "tiny");
    assert_int_equal(shape->layers, 4);
    assert_int_equal(shape->hidden, 64);
    assert_int_equal(shape->head_size, 16);
    assert_int_equal(shape->heads, 4);
    assert_int_equal(shape->kv_heads, 2);
    assert_int_equal(shape->vocabulary, TINY_VOCABULARY);
    assert_int_equal(shape->context, 256);
    assert_true(shape->tied_output && !config.has_rope_factors);
    assert_int_equal(shape->tensors, 2 + 4 * 9);
    assert_int_equal(shape->tensor[0].role, ROLE_TOKEN_EMBD);
    assert_int_equal(shape->layer[3].intermediate, 96);
    assert_int_equal(shape->file_bytes, gguf_file_bytes(gguf));
    assert_int_equal(shape->metadata.alignment, 32);
    assert_true(shape->metadata.fixed_bytes > 0);
    assert_true(config.rope_base == 10000.0F && config.rope_scale == 1.0F);
    model_config_release(&config);
    gguf_close(gguf);
}

static void test_deci(void **state)
{
    (void)state;
    struct gguf *gguf = NULL;
    struct model_config config;
    struct error error = {0};
    assert_int_equal(read_recipe(&tiny_deci, &gguf, &config, &error), STATUS_OK);
    const struct arch_shape *shape = &config.shape;
    assert_string_equal(config.architecture, "deci");
    assert_int_equal(shape->kv_heads, 4);
    assert_false(shape->layer[2].attention);
    assert_true(shape->layer[2].mlp);
    assert_int_equal(shape->layer[2].heads, 0);
    assert_int_equal(shape->layer[3].kv_heads, 4);
    assert_int_equal(shape->layer[3].intermediate, 256);
    assert_true(!shape->tied_output && config.has_rope_factors);
    model_config_release(&config);
    gguf_close(gguf);
}

static void linear_scaling(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_string(w, "llama.rope.scaling.type", "linear", NULL), STATUS_OK);
    assert_int_equal(gguf_writer_f32(w, "llama.rope.scaling.factor", 4.0F, NULL), STATUS_OK);
    assert_int_equal(gguf_writer_f32(w, "llama.rope.freq_base", 500000.0F, NULL), STATUS_OK);
}

static void old_scaling(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_f32(w, "llama.rope.scale_linear", 2.0F, NULL), STATUS_OK);
}

static void no_scaling(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_string(w, "llama.rope.scaling.type", "none", NULL), STATUS_OK);
    assert_int_equal(gguf_writer_f32(w, "llama.rope.scaling.factor", 4.0F, NULL), STATUS_OK);
}

static void test_scaling_honoured(void **state)
{
    (void)state;
    static const struct {
        void (*extra)(struct gguf_writer *);
        float scale, base;
    } rows[] = {{linear_scaling, 4.0F, 500000.0F},
                {old_scaling, 2.0F, 10000.0F},
                {no_scaling, 1.0F, 10000.0F}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tiny_recipe recipe = tiny_llama;
        struct gguf *gguf = NULL;
        struct model_config config;
        struct error error = {0};
        recipe.extra = rows[i].extra;
        assert_int_equal(read_recipe(&recipe, &gguf, &config, &error), STATUS_OK);
        assert_true(config.rope_scale == rows[i].scale && config.rope_base == rows[i].base);
        model_config_release(&config);
        gguf_close(gguf);
    }
}

static void yarn(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_string(w, "llama.rope.scaling.type", "yarn", NULL), STATUS_OK);
    assert_int_equal(gguf_writer_f32(w, "llama.rope.scaling.factor", 4.0F, NULL), STATUS_OK);
}

static void unknown_scaling(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_f32(w, "llama.rope.scaling.yarn_log_multiplier", 0.1F, NULL),
                     STATUS_OK);
}

static void attention_factor(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_f32(w, "llama.rope.scaling.attn_factor", 1.2F, NULL), STATUS_OK);
}

static void experts(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_u32(w, "llama.expert_count", 8, NULL), STATUS_OK);
}

static void bad_base(struct gguf_writer *w)
{
    assert_int_equal(gguf_writer_f32(w, "llama.rope.freq_base", -1.0F, NULL), STATUS_OK);
}

static const struct tiny_recipe base = {.layers = 2,
                                        .hidden = 64,
                                        .head_size = 16,
                                        .heads = {4, 4},
                                        .kv_heads = {2, 2},
                                        .width = {64, 64}};

static void expect_refusal(const struct tiny_recipe *recipe, const char *named)
{
    struct gguf *gguf = NULL;
    struct model_config config;
    struct error error = {0};
    enum status status = read_recipe(recipe, &gguf, &config, &error);
    if (status != STATUS_INVALID || strstr(error.message, named) == NULL) {
        fail_msg("expected a refusal naming %s, found status %d: %s", named, (int)status,
                 error.message);
    }
    assert_null(config.shape.tensor);
    gguf_close(gguf);
}

static void test_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        void (*extra)(struct gguf_writer *);
        const char *named;
    } rows[] = {{yarn, "yarn"},
                {unknown_scaling, "llama.rope.scaling.yarn_log_multiplier"},
                {attention_factor, "llama.rope.scaling.attn_factor"},
                {experts, "llama.expert_count"},
                {bad_base, "llama.rope.freq_base"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct tiny_recipe recipe = base;
        recipe.extra = rows[i].extra;
        expect_refusal(&recipe, rows[i].named);
    }
}

static void test_tensors_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"token_embd.weight", "output_norm.weight",
                                        "blk.1.attn_k.weight", "blk.0.ffn_down.weight",
                                        "blk.1.ffn_norm.weight"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct tiny_recipe recipe = base;
        recipe.leave_out = names[i];
        expect_refusal(&recipe, names[i]);
    }
    struct tiny_recipe recipe = base;
    recipe.shorten = "blk.1.ffn_up.weight";
    expect_refusal(&recipe, "blk.1.ffn_up.weight");
    recipe = base;
    recipe.biases = true;
    recipe.untied = true;
    recipe.shorten = "output.weight";
    expect_refusal(&recipe, "output.weight");
}

static void test_heads_refused(void **state)
{
    (void)state;
    struct tiny_recipe recipe = base;
    recipe.architecture = "deci";
    recipe.kv_heads[1] = 0; /* "linear attention" of deci: not supported */
    expect_refusal(&recipe, "layer 1");
    recipe = base;
    recipe.architecture = "deci";
    recipe.kv_heads[1] = 3;
    expect_refusal(&recipe, "layer 1");
    recipe = base;
    recipe.architecture = "mamba";
    expect_refusal(&recipe, "mamba");
    recipe = base;
    recipe.rope_dimensions = 32; /* more than a head has */
    expect_refusal(&recipe, "rope.dimension_count");
}

static void test_unknown_tensor(void **state)
{
    (void)state;
    struct tiny_recipe recipe = base;
    recipe.add = "blk.0.attn_q_norm.weight";
    expect_refusal(&recipe, "blk.0.attn_q_norm.weight");
    recipe.add = "blk.01.attn_q.weight";
    expect_refusal(&recipe, "blk.01.attn_q.weight");
    recipe.add = "blk.2.attn_q.weight"; /* a layer too many */
    expect_refusal(&recipe, "blk.2.attn_q.weight");
}

/* The shared files: what each is, and that llama.cpp's own cases are understood. */
static void test_shared_models(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        uint32_t layers, width1; /* of layer 1 */
        bool attention1;
    } rows[] = {{"models/stories260K.gguf", 5, 172, true},
                {"models/t_perlayer_deci.gguf", 4, 96, true},
                {"models/t_depth_llama.gguf", 4, 172, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct gguf *gguf = NULL;
        struct model_config config;
        struct error error = {0};
        char *path = support_shared(rows[i].file);
        if (path == NULL) {
            print_message("SKIPPED: %s of the reference data absent\n", rows[i].file);
            skip();
        }
        assert_int_equal(gguf_open(path, &gguf, &error), STATUS_OK);
        assert_int_equal(model_config_read(gguf, &config, &error), STATUS_OK);
        assert_int_equal(config.shape.layers, rows[i].layers);
        assert_int_equal(config.shape.layer[1].attention, rows[i].attention1);
        assert_int_equal(config.shape.layer[1].intermediate, rows[i].width1);
        model_config_release(&config);
        gguf_close(gguf);
        free(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_llama),
        cmocka_unit_test(test_deci),
        cmocka_unit_test(test_scaling_honoured),
        cmocka_unit_test(test_refused_by_name),
        cmocka_unit_test(test_tensors_refused),
        cmocka_unit_test(test_heads_refused),
        cmocka_unit_test(test_unknown_tensor),
        cmocka_unit_test(test_shared_models),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
