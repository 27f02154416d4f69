/* The batched forward pass against the naive oracle, on tiny models and their sub-networks; and, on
 * the default model, against the log-likelihoods of an independent program. */
#include "model/forward.h"

#include "base/memory.h"
#include "base/rng.h"
#include "num/quant.h"
#include "passes.h"
#include "tiny_model.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define V TINY_VOCABULARY

static void ok(enum status status, const struct error *error)
{
    if (status != STATUS_OK) {
        fail_msg("%s", error->message);
    }
}

static struct supernet *open_recipe(const struct tiny_recipe *recipe)
{
    char path[256];
    struct supernet *supernet = NULL;
    struct error error = {0};
    tiny_path("forward", path);
    tiny_write(recipe, path);
    ok(supernet_open(path, &supernet, &error), &error);
    remove(path);
    return supernet;
}

static struct subnet *cut(struct supernet *supernet, const char *text,
                          const struct weight_options *options)
{
    struct arch_code code;
    struct subnet *subnet = NULL;
    struct error error = {0};
    if (text == NULL) {
        arch_code_full(supernet_shape(supernet), &code);
    } else {
        ok(arch_code_parse(supernet_shape(supernet), text, &code, &error), &error);
    }
    ok(subnet_new(supernet, &code, options, &subnet, &error), &error);
    return subnet;
}

/* Weights of all layers into the sub-network's own list, held until the super-network closes. */
static void hold_all(struct subnet *subnet)
{
    struct error error = {0};
    for (uint32_t l = 0; l < subnet->layers; l++) {
        struct subnet_held held;
        ok(subnet_hold(subnet, l, &held, &error), &error);
        subnet->layer[l] = held.layer;
    }
}

/* A permutation of every layer's neurons. */
static void random_order(const struct supernet *supernet, struct model_order *order)
{
    const struct arch_shape *shape = supernet_shape(supernet);
    struct rng rng;
    *order = (struct model_order){.layers = shape->layers};
    order->width = memory_new(shape->layers, sizeof *order->width, NULL);
    order->neuron = memory_new(shape->layers, sizeof(uint32_t *), NULL);
    rng_init(&rng, 3, "order", 0);
    for (uint32_t l = 0; l < shape->layers; l++) {
        uint32_t width = shape->layer[l].intermediate;
        order->width[l] = width;
        order->neuron[l] = memory_new(width, sizeof(uint32_t), NULL);
        for (uint32_t i = 0; i < width; i++) {
            uint32_t j = rng_below(&rng, i + 1);
            order->neuron[l][i] = order->neuron[l][j];
            order->neuron[l][j] = i;
        }
    }
}

/* A batch of random trees and its chains written out. */
struct forest {
    int32_t token[600];
    struct forward_segment segment[60];
    struct forward_target target[600];
    struct forward_batch batch;
};

static void add_segment(struct forest *f, struct rng *rng, int32_t parent, uint32_t count)
{
    struct forward_batch *b = &f->batch;
    f->segment[b->segments++] = (struct forward_segment){parent, b->tokens, count};
    for (uint32_t i = 0; i < count; i++) {
        f->token[b->tokens++] = (int32_t)rng_below(rng, V);
    }
}

static void grow(struct forest *f, uint64_t seed)
{
    struct rng rng;
    memset(f, 0, sizeof *f);
    f->batch.token = f->token;
    f->batch.segment = f->segment;
    f->batch.target = f->target;
    rng_init(&rng, seed, "forest", 0);
    for (int question = 0; question < 6; question++) { /* a prompt and its choices */
        int32_t root = (int32_t)f->batch.segments;
        add_segment(f, &rng, -1, 1 + rng_below(&rng, 30));
        for (int choice = 0; choice < 4; choice++) {
            add_segment(f, &rng, root, 1 + rng_below(&rng, 6));
        }
    }
    int32_t shared = (int32_t)f->batch.segments; /* a long preamble, prompts, choices */
    add_segment(f, &rng, -1, 130);
    for (int question = 0; question < 3; question++) {
        int32_t prompt = (int32_t)f->batch.segments;
        add_segment(f, &rng, shared, 1 + rng_below(&rng, 20));
        add_segment(f, &rng, prompt, 2);
        add_segment(f, &rng, prompt, 3);
    }
    add_segment(f, &rng, 0, 5); /* a child far from its parent */
    for (uint32_t row = 0; row < f->batch.tokens; row++) {
        for (uint32_t i = rng_below(&rng, 3); i > 0; i--) {
            f->target[f->batch.targets++] =
                (struct forward_target){row, (int32_t)rng_below(&rng, V)};
        }
    }
}

/* Tokens of the chain that ends with segment `s`. */
static uint32_t chain(const struct forest *f, int32_t s, int32_t *out)
{
    if (s < 0) {
        return 0;
    }
    uint32_t before = chain(f, f->segment[s].parent, out);
    memcpy(out + before, f->token + f->segment[s].first, f->segment[s].count * sizeof *out);
    return before + f->segment[s].count;
}

static double log_softmax(const float *logits, int32_t token)
{
    double maximum = -INFINITY, sum = 0.0;
    for (int i = 0; i < V; i++) {
        maximum = fmax(maximum, (double)logits[i]);
    }
    for (int i = 0; i < V; i++) {
        sum += exp((double)logits[i] - maximum);
    }
    return (double)logits[token] - maximum - log(sum);
}

/* Every target of the forest against the oracle, chain by chain. */
static void compare_forest(const struct subnet *subnet, const struct forest *f)
{
    static float loglik[600], logits[300 * V];
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_score(subnet, scratch, &f->batch, loglik, &error), &error);
    uint32_t at = 0;
    for (uint32_t s = 0; s < f->batch.segments; s++) {
        int32_t token[300];
        uint32_t length = chain(f, (int32_t)s, token),
                 end = f->segment[s].first + f->segment[s].count;
        ok(reference_logits(subnet, token, length, logits, &error), &error);
        for (; at < f->batch.targets && f->target[at].row < end; at++) {
            const float *row = logits + (size_t)(length - (end - f->target[at].row)) * V;
            double expected = log_softmax(row, f->target[at].token);
            if (!(fabs((double)loglik[at] - expected) <= 1e-4 * fabs(expected))) {
                fail_msg("%s, target %" PRIu32 ": %.7g, expected %.7g", subnet->code.text, at,
                         (double)loglik[at], expected);
            }
        }
    }
    assert_int_equal(at, f->batch.targets);
    forward_scratch_free(scratch);
}

static void compare_codes(const struct tiny_recipe *recipe, const char *const *codes, bool sorted)
{
    struct supernet *supernet = open_recipe(recipe);
    struct forest f;
    struct error error = {0};
    if (sorted) {
        struct model_order order;
        random_order(supernet, &order);
        ok(supernet_set_order(supernet, &order, &error), &error);
        model_order_release(&order);
    }
    for (size_t i = 0; codes[i] != NULL; i++) {
        grow(&f, i);
        struct subnet *subnet = cut(supernet, codes[i], NULL);
        compare_forest(subnet, &f);
        subnet_free(subnet);
    }
    supernet_close(supernet);
}

static void test_llama_codes(void **state)
{
    (void)state;
    static const char *const codes[] = {"8888", "8.88", "0h88", "4d.3", "...a", "6666", NULL};
    compare_codes(&tiny_llama, codes, false);
    compare_codes(&tiny_llama, codes, true);
}

static void test_deci_codes(void **state)
{
    (void)state;
    static const char *const codes[] = {"88h88", "0.b4h", "44d44", "h.h..", NULL};
    compare_codes(&tiny_deci, codes, true);
}

static void test_quantized(void **state)
{
    (void)state;
    static const char *const codes[] = {"8888", "4d.3", NULL};
    struct tiny_recipe recipe = tiny_llama;
    recipe.matrix = WEIGHT_Q4_1;
    recipe.embedding = WEIGHT_Q8_0;
    compare_codes(&recipe, codes, true);
}

static void test_odd_sizes(void **state)
{
    (void)state;
    static const char *const codes[] = {"888", "4.c", NULL};
    struct tiny_recipe recipe = {.layers = 3,
                                 .hidden = 52,
                                 .head_size = 10,
                                 .heads = {6, 6, 6},
                                 .kv_heads = {6, 1, 3},
                                 .width = {77, 172, 100},
                                 .rope_dimensions = 6,
                                 .biases = true,
                                 .seed = 9};
    compare_codes(&recipe, codes, true);
}

/* More rows than pass through an MLP or the head together: the same as each segment alone. */
static void test_long_batch(void **state)
{
    (void)state;
    enum { SEGMENTS = 45, LENGTH = 30, ROWS = SEGMENTS * LENGTH };
    static int32_t token[ROWS];
    static struct forward_segment segment[SEGMENTS];
    static struct forward_target target[ROWS];
    static float together[ROWS], alone[LENGTH];
    struct supernet *supernet = open_recipe(&tiny_llama);
    struct subnet *subnet = cut(supernet, NULL, NULL);
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    struct rng rng;
    rng_init(&rng, 5, "long", 0);
    for (uint32_t i = 0; i < ROWS; i++) {
        token[i] = (int32_t)rng_below(&rng, V);
        target[i] = (struct forward_target){i, (int32_t)rng_below(&rng, V)};
        segment[i / LENGTH] = (struct forward_segment){-1, i / LENGTH * LENGTH, LENGTH};
    }
    struct forward_batch batch = {token, ROWS, segment, SEGMENTS, target, ROWS, 0};
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_score(subnet, scratch, &batch, together, &error), &error);
    for (uint32_t s = 0; s < SEGMENTS; s++) {
        struct forward_target own[LENGTH];
        for (uint32_t i = 0; i < LENGTH; i++) {
            own[i] = (struct forward_target){i, target[s * LENGTH + i].token};
        }
        struct forward_batch one = {token + s * LENGTH, LENGTH, segment, 1, own, LENGTH, 0};
        ok(forward_score(subnet, scratch, &one, alone, &error), &error);
        for (uint32_t i = 0; i < LENGTH; i++) {
            double expected = (double)alone[i];
            assert_true(fabs((double)together[s * LENGTH + i] - expected) <= 1e-4 * fabs(expected));
        }
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
    supernet_close(supernet);
}

/* ---- the neuron order ---- */

/* The same model with its neurons written in another order, F32. */
static void permuted_order(struct supernet *supernet, const char *code, float *logits)
{
    struct forest f;
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    uint32_t row[8];
    grow(&f, 1);
    for (uint32_t i = 0; i < 8; i++) {
        row[i] = i * 9;
    }
    struct subnet *subnet = cut(supernet, code, NULL);
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_logits(subnet, scratch, &f.batch, row, 8, logits, &error), &error);
    forward_scratch_free(scratch);
    subnet_free(subnet);
}

/* Rows of gate and up, columns of down, moved by hand in a full sub-network's layers: the function
 * stays. This is the permutation that a cut applies before it takes a prefix. */
static void test_permutation_changes_nothing(void **state)
{
    (void)state;
    struct tiny_recipe recipe = tiny_deci;
    struct supernet *supernet = open_recipe(&recipe);
    struct model_order order;
    struct error error = {0};
    static float before[8 * V], after[8 * V];
    permuted_order(supernet, NULL, before);
    random_order(supernet, &order);
    struct subnet *subnet = cut(supernet, NULL, NULL);
    float *owned[TINY_LAYERS][5] = {{0}};
    for (uint32_t l = 0; l < subnet->layers; l++) {
        struct subnet_layer *layer = &subnet->layer[l];
        struct subnet_held held;
        ok(subnet_hold(subnet, l, &held, &error), &error);
        *layer = held.layer;
        layer->q.w = layer->o.w = NULL;
        struct matrix *m[3] = {&layer->gate, &layer->up, &layer->down};
        size_t size = (size_t)layer->width * m[0]->columns;
        const uint32_t *neuron = order.neuron[layer->source];
        for (int i = 0; i < 3; i++) {
            owned[l][i] = memory_new(size, sizeof(float), &error);
            for (uint32_t r = 0; r < m[i]->rows; r++) {
                for (uint32_t c = 0; c < m[i]->columns; c++) {
                    size_t from =
                        i < 2 ? neuron[r] * m[i]->stride + c : r * m[i]->stride + neuron[c];
                    owned[l][i][(size_t)r * m[i]->columns + c] = m[i]->w[from];
                }
            }
            m[i]->w = owned[l][i];
            m[i]->stride = m[i]->columns;
        }
        for (int i = 0; i < 2; i++) {
            owned[l][3 + i] = memory_new(layer->width, sizeof(float), &error);
            for (uint32_t n = 0; n < layer->width; n++) {
                owned[l][3 + i][n] = m[i]->bias[neuron[n]];
            }
            m[i]->bias = owned[l][3 + i];
        }
        subnet_drop(subnet, &held);
    }
    struct forest f;
    struct forward_scratch *scratch = NULL;
    uint32_t row[8];
    grow(&f, 1);
    for (uint32_t i = 0; i < 8; i++) {
        row[i] = i * 9;
    }
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_logits(subnet, scratch, &f.batch, row, 8, after, &error), &error);
    double worst = 0.0, largest = 0.0;
    for (int i = 0; i < 8 * V; i++) {
        worst = fmax(worst, fabs((double)before[i] - (double)after[i]));
        largest = fmax(largest, fabs((double)before[i]));
    }
    assert_true(largest > 0.5 && worst <= 1e-4 * largest && worst > 0.0);
    for (uint32_t l = 0; l < subnet->layers; l++) {
        for (int i = 0; i < 5; i++) {
            memory_free(owned[l][i]);
        }
    }
    forward_scratch_free(scratch);
    subnet_free(subnet);
    model_order_release(&order);
    supernet_close(supernet);
}

/* Which weights a cut keeps: rows and columns of the order's first neurons; layers that are whole,
 * or sorted in the file already, keep file order. */
static void test_cut_takes_the_first_of_the_order(void **state)
{
    (void)state;
    static const bool sorted_file[4] = {false, true, false, false};
    struct tiny_recipe recipe = tiny_llama;
    recipe.neurons_sorted = sorted_file;
    struct supernet *supernet = open_recipe(&recipe);
    struct model_order order;
    struct error error = {0};
    random_order(supernet, &order);
    ok(supernet_set_order(supernet, &order, &error), &error);
    struct subnet *full = cut(supernet, NULL, NULL), *half = cut(supernet, "4488", NULL);
    hold_all(full);
    hold_all(half);
    assert_int_equal(half->layer[0].width, 64); /* 48 rounded half up to a multiple of 32 */
    for (uint32_t i = 0; i < 64; i++) {
        uint32_t n = order.neuron[0][i];
        const struct subnet_layer *a = &half->layer[0], *b = &full->layer[0];
        assert_memory_equal(a->gate.w + i * a->gate.stride, b->gate.w + n * b->gate.stride, 64 * 4);
        assert_memory_equal(a->up.w + i * a->up.stride, b->up.w + n * b->up.stride, 64 * 4);
        for (uint32_t r = 0; r < 64; r++) {
            assert_true(a->down.w[r * a->down.stride + i] == b->down.w[r * b->down.stride + n]);
        }
    }
    assert_null(supernet_neurons(supernet, 1));
    assert_memory_equal(half->layer[1].gate.w, full->layer[1].gate.w, 64 * 64 * 4);
    assert_ptr_equal(half->layer[2].gate.w, full->layer[2].gate.w);
    assert_int_equal(supernet_set_order(supernet, NULL, &error), STATUS_INVALID);
    subnet_free(full);
    subnet_free(half);
    model_order_release(&order);
    supernet_close(supernet);
}

/* A cut down is what its encoder makes of the permuted rows; gate and up keep the file's numbers;
 * a conversion encodes once. */
static void test_weights_are_those_written(void **state)
{
    (void)state;
    struct tiny_recipe recipe = tiny_llama;
    recipe.matrix = WEIGHT_Q4_0;
    struct supernet *supernet = open_recipe(&recipe);
    struct model_order order;
    struct error error = {0};
    random_order(supernet, &order);
    ok(supernet_set_order(supernet, &order, &error), &error);
    struct subnet *full = cut(supernet, NULL, NULL), *half = cut(supernet, "4888", NULL);
    const struct weight_options eight = {.type = WEIGHT_Q8_0, .head = WEIGHT_SOURCE};
    struct subnet *converted = cut(supernet, "4888", &eight);
    hold_all(full);
    hold_all(half);
    hold_all(converted);
    for (uint32_t r = 0; r < 64; r++) {
        float row[64], expected[64];
        char code[128];
        for (uint32_t i = 0; i < 64; i++) {
            row[i] = full->layer[0].down.w[r * full->layer[0].down.stride + order.neuron[0][i]];
        }
        quant_encode(WEIGHT_Q4_0, row, code, 64);
        quant_decode(WEIGHT_Q4_0, code, expected, 64);
        assert_memory_equal(half->layer[0].down.w + r * half->layer[0].down.stride, expected, 256);
        quant_encode(WEIGHT_Q8_0, row, code, 64);
        quant_decode(WEIGHT_Q8_0, code, expected, 64);
        assert_memory_equal(converted->layer[0].down.w + r * converted->layer[0].down.stride,
                            expected, 256);
        memcpy(row, full->layer[1].q.w + r * 64, sizeof row);
        quant_encode(WEIGHT_Q8_0, row, code, 64);
        quant_decode(WEIGHT_Q8_0, code, expected, 64);
        assert_memory_equal(converted->layer[1].q.w + r * 64, expected, 256);
    }
    subnet_free(full);
    subnet_free(half);
    subnet_free(converted);
    model_order_release(&order);
    supernet_close(supernet);
}

/* ---- steps, known tokens, little memory ---- */

/* The forest's first tree with its trunk computed in a batch of its own: the keys and values that
 * the trunk's batch keeps are known to the branches'. */
static void test_known_tokens(void **state)
{
    (void)state;
    enum { TRUNK = 40, TOKENS = 64 };
    struct supernet *supernet = open_recipe(&tiny_deci);
    struct subnet *subnet = cut(supernet, "8.h68", NULL);
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    int32_t token[TOKENS];
    struct forward_target target[TOKENS];
    static const struct forward_segment segment[] = {
        {-1, 0, 25}, {0, 25, 15}, {1, 40, 10}, {1, 50, 9}, {3, 59, 5}};
    static float whole[TOKENS], x[TOKENS * 64], own[TOKENS * 64], part[TOKENS], kept[TRUNK * 128];
    for (uint32_t i = 0; i < TOKENS; i++) {
        token[i] = (int32_t)(i * 31 + 5) % V;
        target[i] = (struct forward_target){i, (int32_t)(i * 7 + 1) % V};
    }
    struct forward_batch all = {token, TOKENS, segment, 5, target, TOKENS, 0};
    struct forward_batch trunk = {token, TRUNK, segment, 2, NULL, 0, 0};
    struct forward_batch rest = {token, TOKENS, segment, 5, target + TRUNK, TOKENS - TRUNK, TRUNK};
    struct forward_plan *first = NULL, *second = NULL;
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_score(subnet, scratch, &all, whole, &error), &error);
    ok(forward_plan_new(&trunk, V, &first, &error), &error);
    ok(forward_plan_new(&rest, V, &second, &error), &error);
    assert_int_equal(forward_plan_rows(second), TOKENS - TRUNK);
    ok(forward_begin(subnet, first, x, &error), &error);
    ok(forward_begin(subnet, second, own, &error), &error);
    for (uint32_t l = 0; l < subnet->layers; l++) {
        assert_true(forward_keep_floats(subnet, l) <= 128);
        ok(forward_layer(subnet, scratch, first, l, x, NULL, kept, &error), &error);
        ok(forward_layer(subnet, scratch, second, l, own, kept, NULL, &error), &error);
    }
    ok(forward_end(subnet, scratch, first, x, NULL, &error), &error); /* no targets: nothing */
    ok(forward_end(subnet, scratch, second, own, part, &error), &error);
    for (uint32_t i = 0; i < TOKENS - TRUNK; i++) {
        assert_true(fabsf(part[i] - whole[TRUNK + i]) <= 1e-4F * fabsf(part[i]));
    }
    rest.known = 30; /* no whole segments */
    forward_plan_free(second);
    assert_int_equal(forward_plan_new(&rest, V, &second, &error), STATUS_INVALID);
    assert_int_equal(forward_score(subnet, scratch, &rest, part, &error), STATUS_INVALID);
    forward_plan_free(first);
    forward_scratch_free(scratch);
    subnet_free(subnet);
    supernet_close(supernet);
}

/* With no memory to keep weights in, each layer is decoded again and again: the same bits. */
static void test_little_memory(void **state)
{
    (void)state;
    static const char *const code[] = {"84.8", "8888", "4288", "84.8"};
    struct supernet *supernet = open_recipe(&tiny_llama);
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    struct forest f;
    static float before[600], after[600];
    grow(&f, 2);
    ok(forward_scratch_new(&scratch, &error), &error);
    for (size_t i = 0; i < sizeof code / sizeof *code; i++) {
        struct subnet *subnet = cut(supernet, code[i], NULL);
        supernet_set_memory(supernet, UINT64_MAX);
        ok(forward_score(subnet, scratch, &f.batch, before, &error), &error);
        uint64_t all = supernet_decoded(supernet);
        supernet_set_memory(supernet, 0);
        ok(forward_score(subnet, scratch, &f.batch, after, &error), &error);
        assert_memory_equal(before, after, f.batch.targets * sizeof *before);
        assert_true(supernet_decoded(supernet) < all / 10); /* only norms are left */
        subnet_free(subnet);
    }
    forward_scratch_free(scratch);
    supernet_close(supernet);
}

/* ---- sessions, observers, bad batches ---- */

static void test_session(void **state)
{
    (void)state;
    struct supernet *supernet = open_recipe(&tiny_deci);
    struct subnet *subnet = cut(supernet, "8.h68", NULL);
    struct forward_session *session = NULL;
    struct error error = {0};
    static float expected[100 * V], logits[V];
    int32_t token[100];
    for (int i = 0; i < 100; i++) {
        token[i] = (i * 53 + 7) % V;
    }
    ok(reference_logits(subnet, token, 100, expected, &error), &error);
    ok(forward_session_new(subnet, 100, &session, &error), &error);
    static const uint32_t steps[] = {71, 1, 1, 5, 1, 21};
    uint32_t at = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ok(forward_session_feed(session, token + at, steps[i], logits, &error), &error);
        at += steps[i];
        for (int j = 0; j < V; j++) {
            double right = (double)expected[(at - 1) * V + (uint32_t)j];
            assert_true(fabs((double)logits[j] - right) <= 1e-4 * (1.0 + fabs(right)));
        }
    }
    assert_int_equal(at, 100);
    assert_int_equal(forward_session_feed(session, token, 1, logits, &error), STATUS_INVALID);
    forward_session_free(session);
    subnet_free(subnet);
    supernet_close(supernet);
}

struct seen {
    uint32_t blocks, neurons, rows;
    double difference;
};

static void see_block(void *context, uint32_t index, const float *x_in, const float *x_out,
                      uint32_t t, uint32_t hidden)
{
    struct seen *seen = context;
    assert_int_equal(index, seen->blocks++);
    for (uint32_t i = 0; i < t * hidden; i++) {
        seen->difference += fabs((double)(x_out[i] - x_in[i]));
    }
}

static void see_neurons(void *context, uint32_t index, const float *h, uint32_t t, uint32_t width)
{
    struct seen *seen = context;
    seen->neurons += isfinite(h[t * width - 1]) ? width : 0;
    seen->rows += t;
    (void)index;
}

static void test_observer(void **state)
{
    (void)state;
    struct supernet *supernet = open_recipe(&tiny_llama);
    struct subnet *subnet = cut(supernet, "8.04", NULL);
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    struct forest f;
    struct seen seen = {0};
    const struct forward_observer observer = {&seen, see_block, see_neurons, NULL};
    grow(&f, 4);
    ok(forward_scratch_new(&scratch, &error), &error);
    ok(forward_observe(subnet, scratch, &f.batch, &observer, &error), &error);
    assert_int_equal(seen.blocks, 3);
    assert_int_equal(seen.neurons, 96 + 64);
    assert_int_equal(seen.rows, 2 * f.batch.tokens);
    assert_true(seen.difference > 1.0);
    forward_scratch_free(scratch);
    subnet_free(subnet);
    supernet_close(supernet);
}

static void test_bad_batches(void **state)
{
    (void)state;
    struct supernet *supernet = open_recipe(&tiny_llama);
    struct subnet *subnet = cut(supernet, NULL, NULL);
    struct forward_scratch *scratch = NULL;
    struct error error = {0};
    const int32_t good[4] = {1, 2, 3, 4}, bad[4] = {1, V, 3, 4};
    const struct forward_segment fine[2] = {{-1, 0, 2}, {0, 2, 2}},
                                 gap[2] = {{-1, 0, 1}, {0, 2, 2}},
                                 later[2] = {{1, 0, 2}, {-1, 2, 2}},
                                 empty[2] = {{-1, 0, 4}, {0, 4, 0}};
    const struct forward_target ordered[2] = {{0, 1}, {3, 2}}, mixed[2] = {{3, 1}, {0, 2}},
                                outside[2] = {{0, 1}, {4, 2}}, strange[2] = {{0, -1}, {1, 2}};
    const struct {
        const int32_t *token;
        const struct forward_segment *segment;
        const struct forward_target *target;
        enum status status;
    } rows[] = {{good, fine, ordered, STATUS_OK},       {bad, fine, ordered, STATUS_INVALID},
                {good, gap, ordered, STATUS_INVALID},   {good, later, ordered, STATUS_INVALID},
                {good, empty, ordered, STATUS_INVALID}, {good, fine, mixed, STATUS_INVALID},
                {good, fine, outside, STATUS_INVALID},  {good, fine, strange, STATUS_INVALID}};
    ok(forward_scratch_new(&scratch, &error), &error);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float loglik[2];
        struct forward_batch batch = {rows[i].token, 4, rows[i].segment, 2, rows[i].target, 2, 0};
        assert_int_equal(forward_score(subnet, scratch, &batch, loglik, &error), rows[i].status);
    }
    struct forward_batch nothing = {good, 0, fine, 0, NULL, 0, 0};
    assert_int_equal(forward_score(subnet, scratch, &nothing, NULL, &error), STATUS_INVALID);
    forward_scratch_free(scratch);
    subnet_free(subnet);
    supernet_close(supernet);
}

/* Out of memory at every allocation in turn is an error, not a crash. */
static void test_out_of_memory(void **state)
{
    (void)state;
    char path[256];
    struct forest f;
    bool done = false;
    unsigned long k = 1;
    tiny_path("memory", path);
    tiny_write(&tiny_deci, path);
    grow(&f, 2);
    for (; !done && k < 2000; k++) {
        static float loglik[600];
        struct supernet *supernet = NULL;
        struct subnet *subnet = NULL;
        struct forward_scratch *scratch = NULL;
        struct arch_code code;
        struct error error = {0};
        memory_fail_at(k);
        enum status status = supernet_open(path, &supernet, &error);
        if (status == STATUS_OK) {
            status = arch_code_parse(supernet_shape(supernet), "84h8.", &code, &error);
        }
        if (status == STATUS_OK) {
            status = subnet_new(supernet, &code, NULL, &subnet, &error);
        }
        if (status == STATUS_OK) {
            status = forward_scratch_new(&scratch, &error);
        }
        if (status == STATUS_OK) {
            status = forward_score(subnet, scratch, &f.batch, loglik, &error);
        }
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        done = status == STATUS_OK;
        forward_scratch_free(scratch);
        subnet_free(subnet);
        supernet_close(supernet);
    }
    memory_fail_at(0);
    remove(path);
    assert_true(done && k > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_llama_codes),
        cmocka_unit_test(test_deci_codes),
        cmocka_unit_test(test_quantized),
        cmocka_unit_test(test_odd_sizes),
        cmocka_unit_test(test_long_batch),
        cmocka_unit_test(test_permutation_changes_nothing),
        cmocka_unit_test(test_cut_takes_the_first_of_the_order),
        cmocka_unit_test(test_weights_are_those_written),
        cmocka_unit_test(test_known_tokens),
        cmocka_unit_test(test_little_memory),
        cmocka_unit_test(test_session),
        cmocka_unit_test(test_observer),
        cmocka_unit_test(test_bad_batches),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
