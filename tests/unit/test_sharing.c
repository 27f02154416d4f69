/* What questions share is computed once: the same log-likelihoods as in full, fewer tokens. The
 * texts are of single characters that no merge joins, so that a test can count tokens by itself. */
#include "task/score.h"

#include "base/memory.h"
#include "passes.h"
#include "scoring.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST_ITEMS 100
#define MOST_TEXT 2000

/* ---- tasks by hand ---- */

struct hand { /* texts are its own */
    struct task task;
    struct item item[MOST_ITEMS];
    char text[MOST_ITEMS][MOST_TEXT];
};

static const char *const letters[] = {"A", "B", "C", "D"}; /* one token each */
static const char *const phrases[] = {" the thing", " the thin end", " X"};
static const char *const ends[] = {"1", "2 the", "3", "4"}; /* of a choice's own context */

static struct hand *hand_new(void)
{
    struct hand *hand = memory_new(1, sizeof *hand, NULL);
    assert_non_null(hand);
    hand->task = (struct task){.name = "hand", .item = hand->item};
    return hand;
}

/* `block` characters that depend on `subject` alone, then `own` ones that depend on the item. */
static struct item *add(struct hand *hand, unsigned subject, size_t block, size_t own,
                        const char *const *choice, uint32_t choices)
{
    size_t index = hand->task.items++;
    assert_true(index < MOST_ITEMS && block + own < MOST_TEXT);
    char *text = hand->text[index];
    for (size_t i = 0; i < block; i++)
        text[i] = (char)('0' + (subject + i * (subject + 3) + i * i) % 10);
    for (size_t i = 0; i < own; i++)
        text[block + i] = (char)('E' + (i == 0 ? index : index + i * i * (index + 1)) % 20);
    hand->item[index] = (struct item){
        .context = text, .continuation = (char **)(uintptr_t)choice, .choices = choices, .gold = 0};
    return &hand->item[index];
}

static struct prepared_task *prepare(const struct hand *hand, const struct model *model,
                                     uint32_t context, enum task_sharing sharing)
{
    struct prepared_task *prepared;
    struct error error = {0};
    check(prepared_task_new(&hand->task, model->tokenizer,
                            &(struct prepare_options){context, sharing}, &prepared, &error),
          &error);
    return prepared;
}

static struct forward_batch batch_of(const struct prepared_task *prepared, size_t shard,
                                     int32_t *prefix)
{
    struct forward_batch batch;
    prepared_task_shard(prepared, shard, &batch, prefix);
    return batch;
}

/* Checks what every shard promises; counts the prefixes. */
static size_t count_prefixes(const struct prepared_task *prepared)
{
    size_t prefixes = 0;
    uint64_t tokens = 0;
    int32_t last = -1;
    for (size_t i = 0; i < prepared_task_shards(prepared); i++) {
        int32_t prefix, above;
        const struct forward_batch batch = batch_of(prepared, i, &prefix);
        tokens += batch.tokens - batch.known;
        assert_int_equal(batch.known > 0, prefix >= 0);
        if (batch.targets == 0) { /* nothing in it but what others need */
            prefixes++;
            last = (int32_t)i;
            assert_int_equal(prefix, -1);
            continue;
        }
        assert_true(batch.target[0].row >= batch.known);
        if (prefix < 0)
            continue;
        assert_int_equal(prefix, last);
        const struct forward_batch first = batch_of(prepared, (size_t)prefix, &above);
        assert_int_equal(above, -1);
        assert_int_equal(first.targets, 0);
        assert_int_equal(first.tokens, batch.known);
        assert_memory_equal(first.token, batch.token, batch.known * sizeof *batch.token);
    }
    assert_int_equal(prepared_task_tokens(prepared), tokens);
    return prefixes;
}

static uint64_t tokens_of(const struct hand *hand, const struct model *model,
                          enum task_sharing sharing, size_t prefixes)
{
    struct prepared_task *prepared = prepare(hand, model, 4096, sharing);
    uint64_t tokens = prepared_task_tokens(prepared);
    assert_int_equal(count_prefixes(prepared), prefixes);
    prepared_task_free(prepared);
    return tokens;
}

/* ---- the same results ---- */

static struct choice_result *run(const struct model *model, const struct prepared_task *prepared)
{
    struct error error = {0};
    struct choice_result *results =
        memory_new(prepared_task_choices(prepared), sizeof *results, NULL);
    assert_non_null(results);
    check(prepared_task_run(prepared, model->subnet, model->scratch, results, &error), &error);
    return results;
}

/* Two subjects, each interrupted; a small group; items too long; contexts of a choice's own. */
static struct hand *mixed_items(void)
{
    struct hand *hand = hand_new();
    for (int i = 0; i < 30; i++)
        add(hand, 1, 90, 40, letters, 4);
    add(hand, 7, 0, 250, phrases, 3); /* of no subject */
    for (int i = 0; i < 24; i++)
        add(hand, 1, 90, 45, i % 2 == 0 ? phrases : letters, 3);
    add(hand, 1, 90, 400, letters, 4); /* begins like the others until it is cut */
    for (int i = 0; i < 3; i++)
        add(hand, 1, 90, 10, letters, 4);
    for (int i = 0; i < 20; i++)
        add(hand, 2, 70, 50, letters, 4)->context_end =
            i % 3 == 0 ? (char **)(uintptr_t)ends : NULL;
    return hand;
}

static void sharing_changes_no_result(void **state)
{
    (void)state;
    static const struct {
        bool sentencepiece;
        const char *code;
        uint32_t context;
        size_t prefixes, truncated;
    } row[] = {{false, "8888", 300, 3, 1}, {true, "8888", 300, 3, 1},  {false, "84.h", 300, 3, 1},
               {true, "0h68", 300, 3, 1},  {false, "8888", 60, 0, 79}, {false, "8888", 1024, 3, 0}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct model model;
        struct hand *hand = mixed_items();
        struct prepared_task *prepared[3];
        struct choice_result *results[3];
        open_model(&model, row[r].sentencepiece, row[r].code);
        for (int s = SHARING_ALL; s <= SHARING_NONE; s++) {
            prepared[s] = prepare(hand, &model, row[r].context, (enum task_sharing)s);
            results[s] = run(&model, prepared[s]);
            assert_int_equal(count_prefixes(prepared[s]), s == SHARING_ALL ? row[r].prefixes : 0);
            assert_int_equal(prepared_task_truncated(prepared[s]), row[r].truncated);
        }
        for (size_t i = 0; i < prepared_task_choices(prepared[0]); i++)
            for (int s = SHARING_ALL; s < SHARING_NONE; s++)
                if (!close_to(results[s][i].loglik, results[SHARING_NONE][i].loglik))
                    fail_msg("row %zu, choice %zu, sharing %d: %g, %g in full", r, i, s,
                             results[s][i].loglik, results[SHARING_NONE][i].loglik);
        for (int s = SHARING_ALL; s <= SHARING_NONE; s++) {
            memory_free(results[s]);
            prepared_task_free(prepared[s]);
        }
        close_model(&model);
        memory_free(hand);
    }
}

/* ---- what is computed ---- */

/* Worked examples of three subjects, the choice a letter, as in MMLU. */
static void worked_examples_are_computed_once_a_subject(void **state)
{
    (void)state;
    enum { SUBJECTS = 3, EACH = 20, BLOCK = 64, OWN = 50, ITEMS = SUBJECTS * EACH };
    struct model model;
    struct hand *hand = hand_new();
    open_model(&model, false, "8888");
    for (unsigned i = 0; i < ITEMS; i++)
        add(hand, 1 + i / EACH, BLOCK, OWN, letters, 4);
    assert_int_equal(tokens_of(hand, &model, SHARING_NONE, 0), 4 * ITEMS * (BLOCK + OWN));
    assert_int_equal(tokens_of(hand, &model, SHARING_QUESTION, 0), ITEMS * (BLOCK + OWN));
    assert_int_equal(tokens_of(hand, &model, SHARING_ALL, SUBJECTS),
                     SUBJECTS * BLOCK + ITEMS * OWN);

    struct prepared_task *prepared = prepare(hand, &model, 1024, SHARING_ALL);
    size_t targets = 0, rows = 0;
    for (size_t i = 0; i < prepared_task_shards(prepared); i++) {
        int32_t prefix;
        const struct forward_batch batch = batch_of(prepared, i, &prefix);
        targets += batch.targets;
        for (uint32_t t = 0; t < batch.targets; t++)
            rows += t == 0 || batch.target[t].row != batch.target[t - 1].row;
    }
    assert_int_equal(targets, 4 * ITEMS);
    assert_int_equal(rows, ITEMS); /* the head runs once a question */
    prepared_task_free(prepared);
    close_model(&model);
    memory_free(hand);
}

/* Items in a row, `count` of each kind, and what is computed of them. */
static void groups_are_those_that_save_most(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct {
            int count;
            unsigned subject;
            size_t block, own;
        } kind[3];
        size_t prefixes;
        uint64_t tokens;
    } row[] = {
        {"one shard is enough", {{4, 1, 64, 50}}, 0, 64 + 4 * 50},
        {"two are", {{18, 1, 64, 50}}, 1, 64 + 18 * 50},
        {"too short to share", {{4, 1, 31, 50}}, 0, 4 * 81},
        {"just long enough", {{4, 1, 32, 50}}, 0, 32 + 4 * 50},
        {"alone", {{1, 1, 64, 50}}, 0, 64 + 50},
        {"nothing in common", {{1, 1, 64, 50}, {1, 2, 64, 50}}, 0, 2 * 114},
        {"less in common would save less",
         {{3, 1, 200, 20}, {3, 1, 40, 20}},
         0,
         200 + 3 * 20 + 40 + 3 * 20},
        {"less in common saves more", {{3, 1, 100, 20}, {1, 1, 70, 20}}, 0, 70 + 3 * 50 + 20},
        {"interrupted", {{30, 1, 64, 50}, {1, 2, 0, 50}, {30, 1, 64, 50}}, 2, 2 * 64 + 61 * 50},
    };
    struct model model;
    open_model(&model, false, "8888");
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct hand *hand = hand_new();
        for (size_t k = 0; k < 3; k++)
            for (int i = 0; i < row[r].kind[k].count; i++)
                add(hand, row[r].kind[k].subject, row[r].kind[k].block, row[r].kind[k].own, letters,
                    4);
        uint64_t tokens = tokens_of(hand, &model, SHARING_ALL, row[r].prefixes);
        if (tokens != row[r].tokens)
            fail_msg("%s: %llu tokens, %llu expected", row[r].what, (unsigned long long)tokens,
                     (unsigned long long)row[r].tokens);
        memory_free(hand);
    }
    close_model(&model);
}

/* The row that predicts the first scored token is each question's own, even when all is alike. */
static void scored_rows_are_never_shared(void **state)
{
    (void)state;
    struct model model;
    struct hand *hand = hand_new();
    open_model(&model, false, "8888");
    for (int i = 0; i < 3; i++)
        add(hand, 1, 90, 10, letters, 4);
    for (int i = 1; i < 3; i++)
        strcpy(hand->text[i], hand->text[0]);
    assert_int_equal(tokens_of(hand, &model, SHARING_ALL, 0), 99 + 3);
    struct prepared_task *prepared = prepare(hand, &model, 1024, SHARING_ALL);
    struct choice_result *results = run(&model, prepared);
    for (size_t i = 4; i < 12; i++)
        assert_true(close_to(results[i].loglik, results[i % 4].loglik));
    memory_free(results);
    prepared_task_free(prepared);
    close_model(&model);
    memory_free(hand);
}

/* Every allocation may fail: an error, nothing is left behind. */
static void memory_runs_out(void **state)
{
    (void)state;
    struct model model;
    struct error error = {0};
    struct hand *hand = hand_new();
    open_model(&model, false, "8888");
    for (int i = 0; i < 20; i++)
        add(hand, 1, 64, 50, letters, 4);
    enum status status = STATUS_MEMORY;
    unsigned long k = 0;
    while (status == STATUS_MEMORY) {
        struct prepared_task *prepared = NULL;
        struct choice_result results[20 * 4] = {{0}};
        memory_fail_at(++k);
        status = prepared_task_new(&hand->task, model.tokenizer,
                                   &(struct prepare_options){1024, SHARING_ALL}, &prepared, &error);
        assert_true(status == STATUS_OK ? prepared != NULL : prepared == NULL);
        if (status == STATUS_OK)
            status = prepared_task_run(prepared, model.subnet, model.scratch, results, &error);
        memory_fail_at(0);
        prepared_task_free(prepared);
    }
    check(status, &error);
    assert_true(k > 100);
    close_model(&model);
    memory_free(hand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharing_changes_no_result),
        cmocka_unit_test(worked_examples_are_computed_once_a_subject),
        cmocka_unit_test(groups_are_those_that_save_most),
        cmocka_unit_test(scored_rows_are_never_shared),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
