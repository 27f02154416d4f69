/* The chains of pruning methods: sizes, and greedy descents against naive ones on a made-up loss.
 */
#include "engine/baseline_chains.h"

#include "arch/plan.h"
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

static const double sizes[] = {.95, .9, .8, .7, .5};

/* Least important first: the middle of 30 layers, then outwards. */
static const uint32_t order[30] = {15, 14, 16, 13, 17, 12, 18, 11, 19, 10, 20, 9,  21, 8,  22,
                                   7,  23, 6,  24, 5,  25, 4,  26, 3,  27, 2,  28, 1,  29, 0};

/* What is missing costs by layer, and the more the more the layer before lacks: a greedy descent
 * must look again after each step. */
static double made_up_loss(const struct arch_shape *shape, const char *text)
{
    double loss = 1, before = 0;
    for (uint32_t l = 0; l < shape->layers; l++) {
        double missing = (arch_keeps_attention(text[l]) ? 0 : .35) +
                         (8 - arch_mlp_eighths(text[l])) / 8.0 * (l % 3 == 0 ? .4 : .7);
        loss += missing * (.2 + fabs(sin(l * 1.7)) + 3 * before);
        before = missing;
    }
    return loss;
}

struct made_up {
    struct arch_shape shape;
    struct baseline_world world;
    size_t asked;
    char nan[32]; /* the code whose loss is not known */
};

static enum status losses(void *context, const struct arch_code *codes, size_t count, double *loss,
                          struct error *error)
{
    struct made_up *m = context;
    (void)error;
    m->asked += count;
    for (size_t i = 0; i < count; i++) {
        struct arch_code code;
        assert_int_equal(arch_code_parse(&m->shape, codes[i].text, &code, NULL), STATUS_OK);
        assert_string_equal(code.text, codes[i].text); /* canonical */
        loss[i] = strcmp(m->nan, codes[i].text) == 0 ? NAN : made_up_loss(&m->shape, codes[i].text);
    }
    return STATUS_OK;
}

static void open_made_up(struct made_up *m, const struct shape_recipe *recipe, uint32_t layers)
{
    struct shape_recipe own = *recipe;
    own.layers = layers;
    memset(m, 0, sizeof *m);
    shape_build(&m->shape, &own);
    m->world =
        (struct baseline_world){.shape = &m->shape, .layer = order, .losses = losses, .context = m};
}

static const struct baseline_method *method(const char *name)
{
    const struct baseline_method *found = baseline_table;
    while (found->name != NULL && strcmp(found->name, name) != 0)
        found++;
    assert_non_null(found->name);
    return found;
}

static uint64_t full_params(const struct made_up *m)
{
    struct arch_code full;
    arch_code_full(&m->shape, &full);
    return arch_params(&m->shape, &full);
}

static uint64_t params(const struct made_up *m, const char *text)
{
    struct arch_code code;
    assert_int_equal(arch_code_parse(&m->shape, text, &code, NULL), STATUS_OK);
    return arch_params(&m->shape, &code);
}

/* The method's code at a size; it must be within it. */
static struct arch_code chain(const struct made_up *m, const char *name, double size)
{
    struct arch_code code;
    struct error error = {0};
    bool found;
    uint64_t most = (uint64_t)(size * (double)full_params(m));
    assert_int_equal(method(name)->chain(&m->world, most, &code, &found, &error), STATUS_OK);
    assert_true(found);
    assert_true(arch_params(&m->shape, &code) <= most);
    return code;
}

/* ---- without a loss ---- */

static void uniform_is_the_widest_within(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 30);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arch_code code = chain(&m, "uniform-eh2", sizes[i]), other;
        char wider[31];
        assert_int_equal(strspn(code.text, (char[]){code.text[0], '\0'}), 30);
        assert_in_range(code.text[0], '1', '7');
        memset(wider, code.text[0] + 1, 30);
        wider[30] = '\0';
        assert_true((double)params(&m, wider) > sizes[i] * (double)full_params(&m));
        other = chain(&m, "uniform-l1", sizes[i]);
        assert_string_equal(other.text, code.text); /* the same codes, of other neurons */
    }
    assert_true(method("uniform-l1")->magnitude && !method("uniform-eh2")->magnitude);
    assert_int_equal(m.asked, 0);
    arch_shape_release(&m.shape);
}

static void uniform_keeps_to_what_a_layer_has(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 6);
    shape_remove(&m.shape, 1, true, false);
    shape_remove(&m.shape, 3, false, true);
    shape_remove(&m.shape, 4, true, true);
    struct arch_code code = chain(&m, "uniform-eh2", .95);
    assert_int_equal(arch_mlp_eighths(code.text[1]), arch_mlp_eighths(code.text[0]));
    assert_false(arch_keeps_attention(code.text[1]));
    assert_int_equal(code.text[3], '0');
    assert_int_equal(code.text[4], '.');
    arch_shape_release(&m.shape);
}

static void shortgpt_drops_in_the_order_no_more_than_needed(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 30);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct arch_code code = chain(&m, "shortgpt", sizes[i]);
        uint32_t dropped = 0;
        while (code.text[order[dropped]] == '.')
            dropped++;
        assert_int_equal(strspn(code.text, "8."), 30);
        for (uint32_t k = dropped; k < 30; k++)
            assert_int_equal(code.text[order[k]], '8');
        code.text[order[dropped - 1]] = '8';
        assert_true((double)params(&m, code.text) > sizes[i] * (double)full_params(&m));
    }
    arch_shape_release(&m.shape);
}

static void sizes_out_of_reach_are_told(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 30);
    for (const struct baseline_method *row = baseline_table; row->name != NULL; row++) {
        struct arch_code code;
        bool found = true;
        assert_int_equal(row->chain(&m.world, 1000, &code, &found, NULL), STATUS_OK);
        assert_false(found);
    }
    arch_shape_release(&m.shape);
}

/* ---- greedy, beside a naive descent over texts ---- */

/* The text of least loss among those that `change` makes of layer l's character, in the order of
 * layers and changes; false: none. */
static bool naive_step(const struct made_up *m, char *text, const char *(*change)(char now),
                       uint32_t from, uint32_t to)
{
    char best[64] = "";
    double least = INFINITY;
    for (uint32_t l = from; l < to; l++)
        for (const char *next = change(text[l]); *next != '\0'; next++) {
            char now = text[l];
            text[l] = *next;
            double loss = made_up_loss(&m->shape, text);
            if (loss < least) {
                least = loss;
                strcpy(best, text);
            }
            text[l] = now;
        }
    if (best[0] != '\0')
        strcpy(text, best);
    return best[0] != '\0';
}

static const char *to_nothing(char now)
{
    return now == '.' ? "" : ".";
}

static const char *to_a_block_less(char now)
{
    return now == '8' ? "h0" : now == 'h' || now == '0' ? "." : "";
}

static const char *to_narrower(char now)
{
    static char text[2];
    bool can = arch_mlp_eighths(now) > 1;
    text[0] = can ? (char)(now - 1) : '\0';
    return text;
}

static void sleb_looks_again_after_each_layer(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 30);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[64] = "888888888888888888888888888888";
        uint32_t dropped = 0;
        size_t expected = 0;
        m.asked = 0;
        struct arch_code code = chain(&m, "sleb", sizes[i]);
        while ((double)params(&m, text) > sizes[i] * (double)full_params(&m)) {
            expected += 28 - dropped++;
            assert_true(naive_step(&m, text, to_nothing, 1, 29));
        }
        assert_string_equal(code.text, text);
        assert_int_equal(m.asked, expected);
        assert_int_equal(baseline_losses(method("sleb"), &m.shape,
                                         (uint64_t)(sizes[i] * (double)full_params(&m))),
                         expected);
    }
    arch_shape_release(&m.shape);
}

static void multipruner_drops_blocks_then_narrows(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 30);
    uint64_t all = full_params(&m);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char text[64] = "888888888888888888888888888888";
        double most = floor(sizes[i] * (double)all), removed = (double)all - most;
        struct arch_code code = chain(&m, "multipruner", sizes[i]);
        while ((double)(all - params(&m, text)) < .44 * removed)
            assert_true(naive_step(&m, text, to_a_block_less, 0, 30));
        assert_int_equal(strspn(text, "80h."), 30);
        while ((double)params(&m, text) > most)
            assert_true(naive_step(&m, text, to_narrower, 0, 30));
        assert_string_equal(code.text, text);
    }
    arch_shape_release(&m.shape);
}

/* Of three layers only the middle one may go. */
static void the_ends_stay_and_something_is_left(void **state)
{
    (void)state;
    struct made_up m;
    struct arch_code code;
    bool found;
    open_made_up(&m, &shape_smollm, 3);
    assert_int_equal(method("sleb")->chain(&m.world, 1, &code, &found, NULL), STATUS_OK);
    assert_false(found);
    assert_string_equal(code.text, "8.8");
    assert_int_equal(method("multipruner")->chain(&m.world, 1, &code, &found, NULL), STATUS_OK);
    assert_false(found);
    assert_int_not_equal(strspn(code.text, "."), 3);
    arch_shape_release(&m.shape);
}

static void a_loss_that_is_no_number_is_the_worst(void **state)
{
    (void)state;
    struct made_up m;
    open_made_up(&m, &shape_smollm, 30);
    struct arch_code usual = chain(&m, "sleb", .98), other;
    strcpy(m.nan, usual.text);
    other = chain(&m, "sleb", .98);
    assert_string_not_equal(other.text, usual.text);
    /* also when it comes first */
    snprintf(m.nan, sizeof m.nan, "8.8888888888888888888888888888");
    other = chain(&m, "sleb", .98);
    assert_string_equal(other.text, usual.text);
    arch_shape_release(&m.shape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniform_is_the_widest_within),
        cmocka_unit_test(uniform_keeps_to_what_a_layer_has),
        cmocka_unit_test(shortgpt_drops_in_the_order_no_more_than_needed),
        cmocka_unit_test(sizes_out_of_reach_are_told),
        cmocka_unit_test(sleb_looks_again_after_each_layer),
        cmocka_unit_test(multipruner_drops_blocks_then_narrows),
        cmocka_unit_test(the_ends_stay_and_something_is_left),
        cmocka_unit_test(a_loss_that_is_no_number_is_the_worst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
