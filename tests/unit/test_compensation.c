/* Bias compensation: a cut layer's output keeps the mean that the whole layer's has, on the text
 * that the means were measured on; the bias is the sum that it is defined as; and an order without
 * means, from before there were any, gets them measured. */
#include "engine/orders.h"
#include "model/forward.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "support.h"
#include "tiny_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct weight_options plain = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
static const struct weight_options compensated = {
    .type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE, .compensate = true};
static const char text[] = "The mill stood by the river, and the miller's cat slept on the sacks "
                           "of corn. In winter the wheel froze; then he read to his children.";

static struct {
    char *folder, path[512];
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    int measured; /* calls of progress */
} world;

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static const char *in_folder(const char *name)
{
    snprintf(world.path, sizeof world.path, "%s/%s", world.folder, name);
    return world.path;
}

static int count(void *context, double done)
{
    (void)done;
    ++*(int *)context;
    return 0;
}

static void open_model(const struct tiny_recipe *recipe)
{
    struct error error = {0};
    tiny_write(recipe, in_folder("tiny.gguf"));
    ok(supernet_open(world.path, &world.supernet, &error), &error);
    ok(tokenizer_new(supernet_gguf(world.supernet), &world.tokenizer, &error), &error);
}

static void close_model(void)
{
    tokenizer_free(world.tokenizer);
    supernet_close(world.supernet);
}

static void set_measured_order(struct model_order *order)
{
    struct error error = {0};
    ok(model_order_measure(world.supernet, world.tokenizer, text, strlen(text), 2, NULL, NULL,
                           order, &error),
       &error);
    assert_true(model_order_has_means(order));
    ok(supernet_set_order(world.supernet, order, &error), &error);
}

static struct subnet *network(const char *code_text, const struct weight_options *weights)
{
    struct arch_code code;
    struct error error = {0};
    struct subnet *subnet;
    ok(arch_code_parse(supernet_shape(world.supernet), code_text, &code, &error), &error);
    ok(subnet_new(world.supernet, &code, weights, &subnet, &error), &error);
    return subnet;
}

/* ---- what the means are ---- */

static void add_up(void *context, uint32_t index, const float *x_in, const float *x_out, uint32_t t,
                   uint32_t hidden)
{
    double *sum = context;
    (void)x_in, (void)index;
    for (uint32_t i = 0; i < t; i++)
        for (uint32_t j = 0; j < hidden; j++)
            sum[j] += (double)x_out[i * hidden + j] / t;
}

/* mean[hidden] over the text's tokens of what the first layer gives. */
static void mean_output(const char *code, const struct weight_options *weights, double *mean)
{
    struct token_list list = {0};
    struct error error = {0};
    struct forward_scratch *scratch;
    struct forward_plan *plan;
    struct subnet *subnet = network(code, weights);
    ok(tokenizer_encode(world.tokenizer, text, strlen(text), true, false, &list, &error), &error);
    const struct forward_segment segment = {.parent = -1, .count = (uint32_t)list.count};
    const struct forward_batch batch = {
        .token = list.id, .tokens = (uint32_t)list.count, .segment = &segment, .segments = 1};
    const struct forward_observer observer = {.context = mean, .block = add_up};
    const uint32_t hidden = supernet_shape(world.supernet)->hidden;
    float *x = memory_new(list.count * hidden, sizeof *x, NULL);
    memset(mean, 0, hidden * sizeof *mean);
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_plan_new(&batch, TINY_VOCABULARY, &plan, &error), &error);
    ok(forward_begin(subnet, plan, x, &error), &error);
    ok(forward_layer_observed(subnet, scratch, plan, 0, x, &observer, &error), &error);
    forward_plan_free(plan);
    forward_scratch_free(scratch);
    memory_free(x);
    token_list_release(&list);
    subnet_free(subnet);
}

static double distance(const double *a, const double *b, uint32_t count_)
{
    double sum = 0;
    for (uint32_t i = 0; i < count_; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sqrt(sum);
}

static void a_cut_layer_keeps_its_mean(void **state)
{
    static const char *const codes[] = {"4888", "1888", "7888", "0888"};
    double whole[64], without[64], with[64];
    struct model_order order;
    (void)state;
    for (int biases = 0; biases < 2; biases++) {
        struct tiny_recipe recipe = tiny_llama;
        recipe.biases = biases != 0;
        open_model(&recipe);
        set_measured_order(&order);
        for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
            mean_output("8888", &compensated, whole);
            mean_output(codes[i], &plain, without);
            mean_output(codes[i], &compensated, with);
            if (!(distance(whole, with, 64) < 1e-3 * distance(whole, without, 64)))
                fail_msg("%s: the mean is off by %g, without compensation by %g", codes[i],
                         distance(whole, with, 64), distance(whole, without, 64));
        }
        model_order_release(&order);
        close_model();
    }
}

/* ---- what the bias is ---- */

static void the_bias_is_the_sum_it_is_defined_as(void **state)
{
    struct model_order order;
    struct error error = {0};
    (void)state;
    struct tiny_recipe recipe = tiny_llama;
    recipe.biases = true;
    recipe.matrix = WEIGHT_Q4_1;
    open_model(&recipe);
    set_measured_order(&order);
    struct subnet *full = network("8888", &compensated), *cut = network("4088", &compensated);
    for (uint32_t l = 0; l < 2; l++) {
        struct subnet_held held;
        const uint32_t width = l == 0 ? cut->layer[0].width : 0;
        ok(subnet_hold(full, l, &held, &error), &error);
        for (uint32_t r = 0; r < 64; r++) {
            double sum = (double)full->layer[l].down.bias[r];
            for (uint32_t i = width; i < order.width[l]; i++) {
                const uint32_t neuron = order.neuron[l][i];
                sum += (double)order.mean[l][neuron] *
                       (double)held.layer.down.w[r * held.layer.down.stride + neuron];
            }
            assert_true(fabs(sum - (double)cut->layer[l].down.bias[r]) < 1e-6);
        }
        subnet_drop(full, &held);
    }
    /* whole layers keep their own */
    assert_memory_equal(cut->layer[2].down.bias, full->layer[2].down.bias, 64 * sizeof(float));
    subnet_free(full);
    subnet_free(cut);
    model_order_release(&order);
    close_model();
}

static void without_means_it_is_refused(void **state)
{
    struct arch_code code;
    struct subnet *subnet;
    struct error error = {0};
    (void)state;
    open_model(&tiny_llama);
    ok(arch_code_parse(supernet_shape(world.supernet), "8848", &code, &error), &error);
    assert_int_equal(subnet_new(world.supernet, &code, &compensated, &subnet, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "has none for layer 2"));
    subnet_free(network("88h8", &compensated)); /* nothing is missing */
    close_model();
}

/* ---- where the means come from ---- */

static void provide(const struct orders_options *options, struct model_order *order)
{
    struct orders_options wanted = *options;
    struct error error = {0};
    wanted.progress = count;
    wanted.context = &world.measured;
    world.measured = 0;
    ok(orders_provide(world.supernet, world.tokenizer, &wanted, order, &error), &error);
}

static void means_that_lack_are_measured(void **state)
{
    static const struct tiny_recipe recipe = {
        .layers = 1, .hidden = 8, .head_size = 4, .heads = {2}, .kv_heads = {1}, .width = {96}};
    char line[512], csv[600];
    size_t length = 0;
    struct model_order first, order;
    struct error error = {0};
    (void)state;
    open_model(&recipe);
    provide(&(struct orders_options){.means = true}, &first);
    assert_true(world.measured > 0 && model_order_has_means(&first));
    provide(&(struct orders_options){.means = true}, &order);
    assert_true(world.measured == 0);
    assert_memory_equal(order.mean[0], first.mean[0], 96 * sizeof(float));
    model_order_release(&order);
    /* a run from before there were means: its neurons stay, the means are those of the cache */
    float **mean = first.mean;
    first.mean = NULL;
    const uint32_t swapped = first.neuron[0][0];
    first.neuron[0][0] = first.neuron[0][1];
    first.neuron[0][1] = swapped;
    ok(model_order_save(in_folder("order.bin"), &first, &error), &error);
    first.mean = mean;
    provide(&(struct orders_options){.directory = world.folder}, &order);
    assert_false(model_order_has_means(&order));
    model_order_release(&order);
    provide(&(struct orders_options){.directory = world.folder, .means = true}, &order);
    assert_memory_equal(order.mean[0], first.mean[0], 96 * sizeof(float));
    assert_memory_equal(order.neuron[0], first.neuron[0], 96 * sizeof(uint32_t));
    model_order_release(&order);
    remove(in_folder("order.bin"));
    /* neurons from a CSV file */
    for (int i = 95; i >= 0; i--)
        length += (size_t)snprintf(line + length, sizeof line - length, "%d%c", i, i ? ',' : '\n');
    snprintf(csv, sizeof csv, "%s", in_folder("order.csv"));
    ok(atomic_file_replace(csv, line, length, &error), &error);
    provide(&(struct orders_options){.neuron_order = csv, .neurons_only = true, .means = true},
            &order);
    assert_int_equal(order.neuron[0][0], 95);
    assert_memory_equal(order.mean[0], first.mean[0], 96 * sizeof(float));
    model_order_release(&order);
    model_order_release(&first);
    close_model();
}

static int make_folder(void **state)
{
    (void)state;
    world.folder = support_folder();
    setenv("XDG_CACHE_HOME", world.folder, 1);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(world.folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_layer_keeps_its_mean),
        cmocka_unit_test(the_bias_is_the_sum_it_is_defined_as),
        cmocka_unit_test(without_means_it_is_refused),
        cmocka_unit_test(means_that_lack_are_measured),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
