/* The evaluator: whatever the threads, the memory and the cache, a network's log-likelihoods are
 * the same bits, in the order of submission. */
#include "engine/evaluator.h"

#include "base/memory.h"
#include "base/rng.h"
#include "scoring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ITEMS 40
#define CODES 14

static struct item items[ITEMS];
static struct task task = {.name = "made", .item = items, .items = ITEMS};
static char contexts[ITEMS][400], choices[ITEMS][3][64];
static char *lists[ITEMS][3];

static const char *const code[CODES] = {"8888", "8848", "884.", "88..", "8488", "84.8", "8440",
                                        "h888", "h884", "h8h.", ".888", "..88", "8888", "88.4"};

/* Half of the items begin with the same long text. */
static void make_items(void)
{
    struct rng rng;
    rng_init(&rng, 5, "items", 0);
    for (size_t i = 0; i < ITEMS; i++) {
        size_t length = 0;
        if (i >= ITEMS / 2)
            length = (size_t)snprintf(contexts[i], sizeof contexts[i],
                                      "A long preamble that many questions have in common: %s",
                                      "one two three four five six seven eight nine ten. ");
        for (uint32_t k = 10 + rng_below(&rng, 90); k > 0; k--)
            contexts[i][length++] = (char)('a' + rng_below(&rng, 26));
        for (size_t c = 0; c < 3; c++) {
            snprintf(choices[i][c], sizeof choices[i][c], " choice %u", rng_below(&rng, 1000000));
            lists[i][c] = choices[i][c];
        }
        items[i] = (struct item){.context = contexts[i],
                                 .continuation = lists[i],
                                 .choices = 3,
                                 .gold = rng_below(&rng, 3)};
    }
}

struct outcome {
    struct arch_code code[CODES];
    struct choice_result result[CODES][3 * ITEMS];
    double value[CODES][OBJECTIVES];
    size_t count, failures;
    bool failed[CODES];
    struct evaluator_savings savings;
};

static void keep(void *context, const struct evaluation *evaluation)
{
    struct outcome *outcome = context;
    size_t i = outcome->count++;
    outcome->code[i] = evaluation->code;
    outcome->failed[i] = evaluation->status != STATUS_OK;
    outcome->failures += outcome->failed[i];
    if (evaluation->status == STATUS_OK)
        memcpy(outcome->result[i], evaluation->results[0], sizeof outcome->result[i]);
    memcpy(outcome->value[i], evaluation->value, sizeof outcome->value[i]);
}

static void run(struct model *model, const struct evaluator_options *wanted,
                struct outcome *outcome)
{
    const struct prepare_options how = {.context = 1024};
    struct evaluator_options options = *wanted;
    struct prepared_task *prepared = NULL;
    struct evaluator *evaluator = NULL;
    struct arch_code codes[CODES];
    struct error error = {0};
    memset(outcome, 0, sizeof *outcome);
    check(prepared_task_new(&task, model->tokenizer, &how, &prepared, &error), &error);
    assert_true(prepared_task_shards(prepared) > 3);
    options.supernet = model->supernet;
    options.task = (const struct prepared_task *const *)&prepared;
    options.tasks = 1;
    check(evaluator_new(&options, keep, outcome, &evaluator, &error), &error);
    for (size_t i = 0; i < CODES; i++)
        check(arch_code_parse(supernet_shape(model->supernet), code[i], &codes[i], &error), &error);
    check(evaluator_submit(evaluator, codes, 5, &error), &error);
    check(evaluator_submit(evaluator, codes + 5, CODES - 5, &error), &error);
    evaluator_wait(evaluator);
    outcome->savings = evaluator_savings(evaluator);
    evaluator_free(evaluator);
    prepared_task_free(prepared);
    assert_int_equal(outcome->count, CODES);
    for (size_t i = 0; i < CODES; i++)
        assert_true(arch_code_equal(&outcome->code[i], &codes[i]));
}

static void test_same_bits(void **state)
{
    (void)state;
    static struct outcome plain, other;
    static const struct {
        unsigned threads;
        uint64_t memory, cache;
    } ways[] = {{3, 0, 0},       {1, 1, 0},       {2, 1, 0},
                {1, 0, 1 << 30}, {3, 0, 1 << 30}, {3, 1 << 20, 1 << 30},
                {2, 0, 3 << 20}, {2, 0, 1 << 20}};
    struct model model;
    open_model(&model, false, "8888");
    make_items();
    const struct evaluator_options one = {.threads = 1};
    run(&model, &one, &plain);
    assert_int_equal(plain.failures, 0);
    assert_int_equal(plain.savings.saved, 0);
    assert_memory_equal(plain.result[0], plain.result[12], sizeof plain.result[0]);
    assert_memory_not_equal(plain.result[0], plain.result[1], sizeof plain.result[0]);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        const struct evaluator_options options = {
            .threads = ways[i].threads, .memory = ways[i].memory, .cache = ways[i].cache};
        run(&model, &options, &other);
        assert_int_equal(other.failures, 0);
        for (size_t k = 0; k < CODES; k++)
            assert_memory_equal(plain.result[k], other.result[k], sizeof plain.result[k]);
        assert_memory_equal(plain.value, other.value, sizeof plain.value);
        assert_int_equal(other.savings.layers, plain.savings.layers);
        if (ways[i].cache == 1 << 30) /* room for everything: each shared beginning but one layer */
            assert_true(other.savings.saved * 5 > other.savings.layers);
    }
    close_model(&model);
}

struct measured_by_hand {
    unsigned calls;
};

static enum status by_hand(void *context, const struct arch_code *measured,
                           double value[OBJECTIVES], struct error *error)
{
    struct measured_by_hand *hand = context;
    if (++hand->calls == 4)
        return error_set(error, STATUS_FAILED, "the fourth cannot be measured");
    value[OBJECTIVE_MACS] = (double)strlen(measured->text) + hand->calls;
    return STATUS_OK;
}

static void test_measure(void **state)
{
    (void)state;
    static struct outcome outcome;
    struct measured_by_hand hand = {0};
    struct model model;
    open_model(&model, false, "8888");
    make_items();
    const struct evaluator_options options = {
        .threads = 2, .cache = 1 << 30, .measure = by_hand, .measure_context = &hand};
    run(&model, &options, &outcome);
    assert_int_equal(hand.calls, CODES);
    assert_int_equal(outcome.failures, 1);
    assert_true(outcome.value[0][OBJECTIVE_MACS] == 5);
    assert_true(outcome.value[CODES - 1][OBJECTIVE_MACS] == 4 + CODES);
    close_model(&model);
}

/* Whatever cannot be had: what is asked fails or succeeds, and nobody waits for ever; a network
 * that waits for a failed one's checkpoint fails with it. */
static void test_out_of_memory(void **state)
{
    (void)state;
    static struct outcome plain, other;
    const struct prepare_options how = {.context = 1024};
    struct model model;
    struct prepared_task *prepared = NULL;
    struct arch_code codes[CODES];
    unsigned refused = 0, failed = 0;
    struct error error = {0};
    open_model(&model, false, "8888");
    make_items();
    const struct evaluator_options one = {.threads = 1};
    run(&model, &one, &plain);
    check(prepared_task_new(&task, model.tokenizer, &how, &prepared, &error), &error);
    for (size_t i = 0; i < CODES; i++)
        check(arch_code_parse(supernet_shape(model.supernet), code[i], &codes[i], &error), &error);
    for (unsigned long k = 1; k < 2000; k += 1 + k / 7) {
        const struct evaluator_options options = {
            .supernet = model.supernet,
            .task = (const struct prepared_task *const *)&prepared,
            .tasks = 1,
            .threads = 2,
            .memory = 1, /* weights are decoded, and memory asked for, again and again */
            .cache = 1 << 30};
        struct evaluator *evaluator = NULL;
        memset(&other, 0, sizeof other);
        memory_fail_at(k);
        enum status status = evaluator_new(&options, keep, &other, &evaluator, &error);
        if (status == STATUS_OK)
            status = evaluator_submit(evaluator, codes, CODES, &error);
        if (status == STATUS_OK)
            evaluator_wait(evaluator);
        evaluator_free(evaluator);
        memory_fail_at(0);
        refused += status != STATUS_OK;
        failed += status == STATUS_OK && other.failures > 0;
        assert_true(status == STATUS_OK || status == STATUS_MEMORY);
        for (size_t i = 0; i < other.count; i++)
            assert_true(other.failed[i] ||
                        memcmp(plain.result[i], other.result[i], sizeof plain.result[i]) == 0);
    }
    assert_true(refused > 3 && failed > 10);
    prepared_task_free(prepared);
    close_model(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_measure),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
