/* Importance orders: measured against sums made by hand, and what the order is
 * for: on a trained model, a cut by importance beats a cut in file order. */
#include "model/order.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "model/forward.h"
#include "model/tokenizer.h"
#include "passes.h"
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

static const char text[] = "the quick brown fox jumps over the lazy dog. "
                           "pack my box with five dozen liquor jugs, said the judge; "
                           "how vexingly quick daft zebras jump over the sleeping hounds of spring";

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fail_msg("%s", error->message);
    }
}

struct opened {
    struct supernet *supernet;
    struct tokenizer *tokenizer;
};

static struct opened open_path(const char *path)
{
    struct opened opened = {0};
    struct error error = {0};
    ok(supernet_open(path, &opened.supernet, &error), &error);
    ok(tokenizer_new(supernet_gguf(opened.supernet), &opened.tokenizer, &error), &error);
    return opened;
}

static struct opened open_tiny(const struct tiny_recipe *recipe)
{
    char path[256];
    tiny_path("order", path);
    tiny_write(recipe, path);
    return open_path(path); /* kept: measuring hashes the file */
}

static void close_opened(struct opened *opened)
{
    tokenizer_free(opened->tokenizer);
    supernet_close(opened->supernet);
}

static void remove_tiny(void)
{
    char path[256];
    remove(tiny_path("order", path));
}

/* ---- the scores, by hand ---- */

struct by_hand {
    double squares[TINY_LAYERS][256], cosine[TINY_LAYERS];
    uint32_t tokens;
};

static void hand_block(void *context, uint32_t index, const float *x_in, const float *x_out,
                       uint32_t t, uint32_t hidden)
{
    struct by_hand *sums = context;
    for (uint32_t i = 0; i < t; i++) {
        double ab = 0.0, aa = 0.0, bb = 0.0;
        for (uint32_t j = 0; j < hidden; j++) {
            double a = (double)x_in[i * hidden + j], b = (double)x_out[i * hidden + j];
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        sums->cosine[index] += ab / sqrt(aa * bb);
    }
}

static void hand_neurons(void *context, uint32_t index, const float *h, uint32_t t, uint32_t width)
{
    struct by_hand *sums = context;
    for (uint32_t i = 0; i < t * width; i++) {
        sums->squares[index][i % width] += (double)h[i] * (double)h[i];
    }
}

static struct subnet *full_subnet(struct supernet *supernet)
{
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct error error = {0};
    arch_code_full(supernet_shape(supernet), &code);
    ok(subnet_new(supernet, &code, NULL, &subnet, &error), &error);
    return subnet;
}

static void measure_by_hand(const struct opened *opened, const struct subnet *subnet,
                            struct by_hand *sums)
{
    struct token_list list = {0};
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    const struct forward_observer observer = {sums, hand_block, hand_neurons, NULL};
    ok(tokenizer_encode(opened->tokenizer, text, strlen(text), true, false, &list, &error), &error);
    assert_true(list.count > 20 && list.count < 512);
    struct forward_segment segment = {-1, 0, (uint32_t)list.count};
    struct forward_batch batch = {
        .token = list.id, .tokens = segment.count, .segment = &segment, .segments = 1};
    memset(sums, 0, sizeof *sums);
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_observe(subnet, scratch, &batch, &observer, &error), &error);
    sums->tokens = segment.count;
    forward_scratch_free(scratch);
    token_list_release(&list);
}

/* What the neurons beyond each width have of a layer's summed score, added up one by one. */
static void check_shares(const struct arch_shape *shape, uint32_t layer, const double *score,
                         const uint32_t *rank, const float *beyond)
{
    uint32_t width = shape->layer[layer].intermediate;
    for (unsigned k = 0; k < 8; k++) {
        double kept = 0.0, all = 0.0;
        for (uint32_t i = 0; i < width; i++) {
            all += score[rank[i]];
            kept += i < arch_mlp_width(shape, layer, k) ? score[rank[i]] : 0.0;
        }
        double share = width > 0 ? 1.0 - kept / all : 0.0;
        assert_true(fabs((double)beyond[k] - share) < 1e-4);
    }
    assert_true(width == 0 || beyond[0] == 1.0F);
    assert_true(width < 96 || (beyond[1] > 0.1F && beyond[7] < beyond[1]));
}

static void test_scores(void **state)
{
    (void)state;
    static struct by_hand sums;
    struct opened opened = open_tiny(&tiny_deci);
    struct model_order order;
    struct error error = {0};
    struct subnet *subnet = full_subnet(opened.supernet);
    measure_by_hand(&opened, subnet, &sums);
    ok(model_order_measure(opened.supernet, opened.tokenizer, text, strlen(text), 2, NULL, NULL,
                           &order, &error),
       &error);
    assert_int_equal(order.layers, 5);
    for (uint32_t l = 0; l < 5; l++) {
        struct subnet_held held;
        ok(subnet_hold(subnet, l, &held, &error), &error);
        const struct matrix *down = &held.layer.down;
        double last = INFINITY, scores[256];
        assert_int_equal(order.width[l], tiny_deci.width[l]);
        for (uint32_t i = 0; i < order.width[l]; i++) {
            uint32_t n = order.neuron[l][i];
            double column = 0.0;
            for (uint32_t r = 0; r < down->rows; r++) {
                column += pow((double)down->w[r * down->stride + n], 2.0);
            }
            double score = sums.squares[l][n] * column;
            assert_true(score <= last * (1.0 + 1e-9));
            last = scores[n] = score;
        }
        check_shares(supernet_shape(opened.supernet), l, scores, order.neuron[l],
                     order.beyond + (size_t)l * 8);
        subnet_drop(subnet, &held);
        double influence = 1.0 - sums.cosine[l] / sums.tokens;
        assert_true(fabs((double)order.influence[l] - influence) < 1e-5);
        assert_true(l == 0 ||
                    order.influence[order.layer[l - 1]] <= order.influence[order.layer[l]]);
    }
    model_order_release(&order);
    subnet_free(subnet);
    close_opened(&opened);
    remove_tiny();
}

/* Every neuron once, none before one whose rows of gate and up sum to more. */
static void test_magnitude(void **state)
{
    (void)state;
    struct opened opened = open_tiny(&tiny_deci);
    struct model_order order;
    struct error error = {0};
    struct subnet *subnet = full_subnet(opened.supernet);
    ok(model_order_by_magnitude(opened.supernet, &order, &error), &error);
    assert_null(order.layer);
    assert_null(order.beyond);
    for (uint32_t l = 0; l < 5; l++) {
        struct subnet_held held;
        bool seen[256] = {false};
        double last = INFINITY, first = 0.0;
        ok(subnet_hold(subnet, l, &held, &error), &error);
        assert_int_equal(order.width[l], tiny_deci.width[l]);
        for (uint32_t i = 0; i < order.width[l]; i++) {
            uint32_t n = order.neuron[l][i];
            const float *gate = held.layer.gate.w + (size_t)n * held.layer.gate.stride;
            const float *up = held.layer.up.w + (size_t)n * held.layer.up.stride;
            double sum = 0.0;
            for (uint32_t k = 0; k < held.layer.gate.columns; k++) {
                sum += fabs((double)gate[k]);
                sum += fabs((double)up[k]);
            }
            assert_true(n < order.width[l] && !seen[n]);
            assert_true(sum <= last * (1.0 + 1e-12));
            seen[n] = true;
            first = i == 0 ? sum : first;
            last = sum;
        }
        assert_true(first > 1.05 * last); /* they do differ */
        subnet_drop(subnet, &held);
    }
    model_order_release(&order);
    subnet_free(subnet);
    close_opened(&opened);
    remove_tiny();
}

/* The same integers for any number of threads; a long text is cut after 8,192 tokens. */
static void test_threads(void **state)
{
    (void)state;
    struct opened opened = open_tiny(&tiny_llama);
    struct model_order one, three;
    struct error error = {0};
    static char longer[20000];
    for (size_t i = 0; i + sizeof text < sizeof longer; i += sizeof text - 1) {
        memcpy(longer + i, text, sizeof text - 1);
    }
    ok(model_order_measure(opened.supernet, opened.tokenizer, longer, strlen(longer), 1, NULL, NULL,
                           &one, &error),
       &error);
    ok(model_order_measure(opened.supernet, opened.tokenizer, longer, strlen(longer), 3, NULL, NULL,
                           &three, &error),
       &error);
    for (uint32_t l = 0; l < one.layers; l++) {
        assert_memory_equal(one.neuron[l], three.neuron[l], one.width[l] * sizeof(uint32_t));
    }
    assert_memory_equal(one.influence, three.influence, one.layers * sizeof(float));
    assert_memory_equal(one.layer, three.layer, one.layers * sizeof(uint32_t));
    assert_memory_equal(one.beyond, three.beyond, one.layers * 8 * sizeof(float));
    model_order_release(&one);
    model_order_release(&three);
    close_opened(&opened);
    remove_tiny();
}

static int cancel(void *context, double done)
{
    ++*(int *)context;
    return done > 0.0;
}

static void test_cancel_and_empty(void **state)
{
    (void)state;
    struct opened opened = open_tiny(&tiny_llama);
    struct model_order order;
    struct error error = {0};
    int calls = 0;
    assert_int_equal(model_order_measure(opened.supernet, opened.tokenizer, text, strlen(text), 1,
                                         cancel, &calls, &order, &error),
                     STATUS_CANCELLED);
    assert_int_equal(calls, 1);
    assert_null(order.neuron);
    assert_int_equal(model_order_measure(opened.supernet, opened.tokenizer, "", 0, 1, NULL, NULL,
                                         &order, &error),
                     STATUS_INVALID);
    close_opened(&opened);
    remove_tiny();
}

/* ---- what it is for ---- */

static double perplexity(struct supernet *supernet, const char *code_text,
                         const struct token_list *list)
{
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    static struct forward_target target[256];
    static float loglik[256];
    double sum = 0.0;
    ok(arch_code_parse(supernet_shape(supernet), code_text, &code, &error), &error);
    ok(subnet_new(supernet, &code, NULL, &subnet, &error), &error);
    ok(forward_scratch_new(&scratch, &error), &error);
    for (uint32_t i = 0; i < 255; i++) {
        target[i] = (struct forward_target){i, list->id[i + 1]};
    }
    struct forward_segment segment = {-1, 0, 256};
    struct forward_batch batch = {list->id, 256, &segment, 1, target, 255, 0};
    ok(forward_score(subnet, scratch, &batch, loglik, &error), &error);
    for (int i = 0; i < 255; i++) {
        sum -= (double)loglik[i];
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
    return exp(sum / 255);
}

static void test_importance_beats_file_order(void **state)
{
    (void)state;
    char *model = support_shared("models/stories260K.gguf");
    char *story = support_shared("data/text/selfgen_stories260K.txt");
    if (model == NULL || story == NULL) {
        print_message("SKIPPED: stories260K.gguf or its text absent\n");
        free(model);
        free(story);
        skip();
    }
    struct error error = {0};
    char *data = NULL;
    size_t length = 0;
    struct token_list list = {0};
    struct model_order order;
    ok(file_read(story, &data, &length, &error), &error);
    assert_true(length > 20000);
    struct opened plain = open_path(model), ranked = open_path(model);
    ok(model_order_measure(ranked.supernet, ranked.tokenizer, data + length / 2, length / 2, 2,
                           NULL, NULL, &order, &error),
       &error);
    ok(supernet_set_order(ranked.supernet, &order, &error), &error);
    ok(tokenizer_encode(plain.tokenizer, data, 4000, true, false, &list, &error), &error);
    assert_true(list.count >= 256);
    double full = perplexity(plain.supernet, "88888", &list);
    double by_file = perplexity(plain.supernet, "44444", &list);
    double by_rank = perplexity(ranked.supernet, "44444", &list);
    print_message("stories260K perplexity: full %.2f, 4/8 by rank %.2f, by file order %.2f\n", full,
                  by_rank, by_file);
    assert_true(full < by_rank && by_rank * 2 < by_file);
    assert_true(perplexity(ranked.supernet, "88888", &list) == full);
    token_list_release(&list);
    model_order_release(&order);
    close_opened(&plain);
    close_opened(&ranked);
    memory_free(data);
    free(model);
    free(story);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores),
        cmocka_unit_test(test_magnitude),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_cancel_and_empty),
        cmocka_unit_test(test_importance_beats_file_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
