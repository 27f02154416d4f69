/* Importance orders as files: what is written is read, files from before there were shares are, and
 * nothing else. */
#include "model/order.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "model/supernet.h"
#include "tiny_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fail_msg("%s", error->message);
    }
}

static void make_order(struct model_order *order)
{
    static const uint32_t width[3] = {5, 0, 7}, drop[3] = {2, 0, 1};
    *order = (struct model_order){.layers = 3};
    order->width = memory_new(3, sizeof(uint32_t), NULL);
    order->neuron = memory_new(3, sizeof(uint32_t *), NULL);
    order->influence = memory_new(3, sizeof(float), NULL);
    order->layer = memory_new(3, sizeof(uint32_t), NULL);
    for (uint32_t l = 0; l < 3; l++) {
        order->width[l] = width[l];
        order->influence[l] = 0.25F * (float)l;
        order->layer[l] = drop[l];
        order->neuron[l] = width[l] == 0 ? NULL : memory_new(width[l], sizeof(uint32_t), NULL);
        for (uint32_t i = 0; i < width[l]; i++) {
            order->neuron[l][i] = width[l] - 1 - i;
        }
    }
    order->mean = memory_new(3, sizeof(float *), NULL);
    for (uint32_t l = 0; l < 3; l++) {
        order->mean[l] = width[l] == 0 ? NULL : memory_new(width[l], sizeof(float), NULL);
        for (uint32_t i = 0; i < width[l]; i++) {
            order->mean[l][i] = 0.5F - (float)i;
        }
    }
    order->beyond = memory_new(3 * 8, sizeof(float), NULL);
    for (uint32_t k = 0; k < 3 * 8; k++) {
        order->beyond[k] = k / 8 == 1 ? 0.0F : 1.0F - 0.125F * (float)(k % 8);
    }
    memset(order->model_sha256, 'a', 64);
    memset(order->text_sha256, 'b', 64);
}

static void test_save_and_load(void **state)
{
    (void)state;
    struct model_order order, loaded;
    struct error error = {0};
    char path[256];
    make_order(&order);
    tiny_path("order-bin", path);
    ok(model_order_save(path, &order, &error), &error);
    ok(model_order_load(path, &loaded, &error), &error);
    assert_int_equal(loaded.layers, 3);
    assert_memory_equal(loaded.width, order.width, 12);
    assert_memory_equal(loaded.neuron[2], order.neuron[2], 28);
    assert_null(loaded.neuron[1]);
    assert_memory_equal(loaded.influence, order.influence, 12);
    assert_memory_equal(loaded.layer, order.layer, 12);
    assert_memory_equal(loaded.beyond, order.beyond, 96);
    assert_memory_equal(loaded.mean[2], order.mean[2], 28);
    assert_null(loaded.mean[1]);
    assert_string_equal(loaded.model_sha256, order.model_sha256);
    assert_string_equal(loaded.text_sha256, order.text_sha256);
    model_order_release(&loaded);

    /* Every shorter file, one byte more, and every byte changed: refused or a valid order. */
    char *data = NULL;
    size_t length = 0;
    ok(file_read(path, &data, &length, &error), &error);
    for (size_t cut = 0; cut < length; cut++) {
        ok(atomic_file_replace(path, data, cut, &error), &error);
        assert_int_equal(model_order_load(path, &loaded, &error), STATUS_INVALID);
    }
    ok(atomic_file_replace(path, data, length + 1, &error), &error); /* the closing NUL */
    assert_int_equal(model_order_load(path, &loaded, &error), STATUS_INVALID);
    size_t refused = 0;
    for (size_t i = 0; i < length; i++) {
        data[i] = (char)(data[i] ^ 0x40);
        ok(atomic_file_replace(path, data, length, &error), &error);
        enum status status = model_order_load(path, &loaded, &error);
        assert_true(status == STATUS_OK || status == STATUS_INVALID);
        refused += status == STATUS_INVALID;
        model_order_release(&loaded);
        data[i] = (char)(data[i] ^ 0x40);
    }
    /* hashes, means and influences may hold anything, and of a share the low bytes */
    assert_true(refused >= length - 2 * 64 - 12 - 96 - 48);
    memory_free(data);
    remove(path);
    assert_int_equal(model_order_load(path, &loaded, &error), STATUS_IO);
    model_order_release(&order);
}

/* Files from before there were shares stay readable, and stay without. */
static void test_without_shares(void **state)
{
    (void)state;
    struct model_order order, loaded;
    struct error error = {0};
    char path[256], *data = NULL;
    size_t length = 0;
    make_order(&order);
    memory_free(order.beyond);
    order.beyond = NULL;
    memory_free(order.mean[0]);
    order.mean[0] = NULL; /* one that lacks, and none is written */
    tiny_path("order-old", path);
    ok(model_order_save(path, &order, &error), &error);
    ok(file_read(path, &data, &length, &error), &error);
    /* to the byte what was written then: magic, version, layers, flags, hashes, the lists */
    assert_int_equal(length, 8 + 3 * 4 + 2 * 64 + (3 + 5 + 7) * 4 + 3 * 4 + 3 * 4);
    assert_int_equal(data[16], 1);
    ok(model_order_load(path, &loaded, &error), &error);
    assert_null(loaded.beyond);
    assert_false(model_order_has_means(&loaded));
    assert_memory_equal(loaded.influence, order.influence, 12);
    memory_free(data);
    remove(path);
    model_order_release(&loaded);
    model_order_release(&order);
}

static void test_hostile_shares(void **state)
{
    (void)state;
    static const struct {
        size_t at; /* layer * 8 + eighths */
        float value;
    } rows[] = {{0, 1.5F},  {0, NAN},   {3, NAN},   {7, NAN},    {16, INFINITY}, {23, -0.5F},
                {5, 0.75F}, {9, 0.25F}, {2, -1.0F}, {23, -0.0F}, {20, 0.5F}};
    char path[256];
    tiny_path("order-hostile", path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model_order order, loaded;
        struct error error = {0};
        make_order(&order);
        bool same = order.beyond[rows[i].at] == rows[i].value;
        bool fits = same || rows[i].value == 0.0F; /* the last two */
        order.beyond[rows[i].at] = rows[i].value;
        ok(model_order_save(path, &order, &error), &error);
        enum status status = model_order_load(path, &loaded, &error);
        assert_int_equal(status, fits ? STATUS_OK : STATUS_INVALID);
        if (!fits) {
            assert_non_null(strstr(error.message, "shares of layer"));
            assert_null(loaded.beyond);
        }
        model_order_release(&loaded);
        model_order_release(&order);
    }
    remove(path);
}

static void test_csv(void **state)
{
    (void)state;
    static const struct {
        const char *content, *named; /* NULL: accepted */
    } rows[] = {{"1,0,2\n2,1,0\n", NULL},
                {"1,0,2\n2,1\n", "line 2"},
                {"1,0,2\n", "2 layers"},
                {"1,0,2\n2,1,3\n", "line 2"},
                {"1,0,2\n2,1,1\n", "occurs twice"},
                {"1,0,2\n2,x,0\n", "field 2"},
                {"1,0,2\n2,-1,0\n", "field 2"},
                {"1,0,\"2\n2,1,0\n", ""}};
    const struct tiny_recipe recipe = {.layers = 2,
                                       .hidden = 8,
                                       .head_size = 4,
                                       .heads = {2, 2},
                                       .kv_heads = {1, 1},
                                       .width = {3, 3}};
    struct supernet *supernet;
    char path[256], model[256];
    tiny_write(&recipe, tiny_path("order-model", model));
    assert_int_equal(supernet_open(model, &supernet, NULL), STATUS_OK);
    tiny_path("order-csv", path);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct model_order order;
        struct error error = {0};
        ok(atomic_file_replace(path, rows[i].content, strlen(rows[i].content), &error), &error);
        enum status status = model_order_read_csv(path, supernet, &order, &error);
        if (rows[i].named == NULL) {
            ok(status, &error);
            assert_int_equal(order.neuron[1][0], 2);
            ok(supernet_set_order(supernet, &order, &error), &error);
            model_order_release(&order);
        } else {
            assert_int_equal(status, STATUS_INVALID);
            assert_non_null(strstr(error.message, rows[i].named));
        }
    }
    remove(path);
    supernet_close(supernet);
    remove(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_without_shares),
        cmocka_unit_test(test_hostile_shares),
        cmocka_unit_test(test_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
