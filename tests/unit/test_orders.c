/* Where orders come from: measured once with what lies beyond each width, then from the cache; a
 * run's own file holds as it is; neurons from a CSV file have no measured shares. */
#include "engine/orders.h"

#include "io/atomic_file.h"
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

static struct {
    char *folder, path[512];
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    int measured; /* calls of progress */
} world;

static const struct tiny_recipe recipe = {
    .layers = 1, .hidden = 8, .head_size = 4, .heads = {2}, .kv_heads = {1}, .width = {96}};

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

static int open_world(void **state)
{
    (void)state;
    struct error error = {0};
    world.folder = support_folder();
    setenv("XDG_CACHE_HOME", world.folder, 1);
    tiny_write(&recipe, in_folder("tiny.gguf"));
    ok(supernet_open(world.path, &world.supernet, &error), &error);
    ok(tokenizer_new(supernet_gguf(world.supernet), &world.tokenizer, &error), &error);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    tokenizer_free(world.tokenizer);
    supernet_close(world.supernet);
    support_folder_remove(world.folder);
    return 0;
}

static int count(void *context, double done)
{
    (void)done;
    ++*(int *)context;
    return 0;
}

/* True when the model was passed over the text for it. */
static bool provide(const char *directory, const char *neuron_order, struct model_order *order)
{
    struct error error = {0};
    const struct orders_options options = {.directory = directory,
                                           .neuron_order = neuron_order,
                                           .progress = count,
                                           .context = &world.measured};
    world.measured = 0;
    ok(orders_provide(world.supernet, world.tokenizer, &options, order, &error), &error);
    return world.measured > 0;
}

static void shares_are_measured_once(void **state)
{
    (void)state;
    struct model_order first, second;
    assert_true(provide(NULL, NULL, &first));
    assert_false(provide(NULL, NULL, &second));
    assert_true(first.beyond[0] == 1 && first.beyond[7] < first.beyond[1]);
    assert_memory_equal(first.beyond, second.beyond, 8 * sizeof(float));
    model_order_release(&first);
    model_order_release(&second);
}

/* A run from before there were shares goes on without, whatever the cache has. */
static void a_runs_own_file_holds(void **state)
{
    (void)state;
    struct model_order order, again;
    struct error error = {0};
    provide(NULL, NULL, &order);
    float *beyond = order.beyond;
    order.beyond = NULL;
    ok(model_order_save(in_folder("order.bin"), &order, &error), &error);
    order.beyond = beyond;
    assert_false(provide(world.folder, NULL, &again));
    assert_null(again.beyond);
    assert_memory_equal(again.neuron[0], order.neuron[0], 96 * sizeof(uint32_t));
    model_order_release(&again);
    ok(model_order_save(in_folder("order.bin"), &order, &error), &error);
    assert_false(provide(world.folder, NULL, &again));
    assert_memory_equal(again.beyond, order.beyond, 8 * sizeof(float));
    model_order_release(&again);
    model_order_release(&order);
    remove(in_folder("order.bin"));
}

static void given_neurons_have_no_shares(void **state)
{
    (void)state;
    struct model_order order;
    struct error error = {0};
    char line[512];
    size_t length = 0;
    for (int i = 95; i >= 0; i--)
        length += (size_t)snprintf(line + length, sizeof line - length, "%d%c", i, i ? ',' : '\n');
    ok(atomic_file_replace(in_folder("order.csv"), line, length, &error), &error);
    provide(NULL, world.path, &order);
    assert_int_equal(order.neuron[0][0], 95);
    assert_non_null(order.influence);
    assert_null(order.beyond);
    model_order_release(&order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_measured_once),
        cmocka_unit_test(a_runs_own_file_holds),
        cmocka_unit_test(given_neurons_have_no_shares),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
