/* Scoring on tiny models against the naive way: each choice alone, one sequence, plain loops. */
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

/* As lm-evaluation-harness does: blanks at the context's end go over to the continuation; both are
 * tokenised together, the context alone tells where the continuation begins; the last context + 1
 * tokens count. */
static void naive_choice(const struct model *model, const struct item *item, uint32_t choice,
                         uint32_t context, struct choice_result *result, bool *cut)
{
    struct token_list before = {0}, whole = {0};
    char text[4096];
    const char *own = item->context_end != NULL ? item->context_end[choice] : "";
    int length =
        snprintf(text, sizeof text, "%s%s%s", item->context, own, item->continuation[choice]);
    size_t end = strlen(item->context) + strlen(own);
    while (end > 0 && text[end - 1] == ' ')
        end--;
    check(tokenizer_encode(model->tokenizer, text, end, true, true, &before, NULL), NULL);
    check(tokenizer_encode(model->tokenizer, text, (size_t)length, true, true, &whole, NULL), NULL);
    size_t scored = whole.count - before.count, count = whole.count;
    int32_t token[4096];
    if (before.count == 0) /* something must come before the first token */
        token[0] = tokenizer_bos(model->tokenizer), count++;
    memcpy(token + (before.count == 0), whole.id, whole.count * sizeof *token);
    if (before.count > 0)
        memcpy(token, before.id, before.count * sizeof *token);
    size_t first = count > context + 1 ? count - context - 1 : 0;
    *cut = first > 0;
    if (scored > count - first - 1)
        scored = count - first - 1;
    result->loglik = naive_sum(model, token + first, count - first, scored);
    result->tokens = (uint32_t)scored;
    token_list_release(&before);
    token_list_release(&whole);
}

/* ---- items ---- */

#define COMMON                                                                                     \
    {                                                                                              \
        " the thing", " the thin", " a", " an answer and more", " \xC3\xA9\xE2\x82\xAC"            \
    }
#define LONG_ONES                                                                                  \
    {                                                                                              \
        " in the beginning and in the end and in between",                                         \
            " another one that is as long as the first one is"                                     \
    }
static char filler[700];

static const struct plain_item {
    const char *context, *choice[5];
    uint32_t choices;
} plain[] = {
    {"Question: What?\nAnswer:", COMMON, 5},
    {"the", {" the", " the the", " the the the"}, 3}, /* each begins the next */
    {"Question: blanks  ", COMMON, 5},
    {"", COMMON, 5}, /* no context */
    {"Which?", {" x", " x"}, 2},
    {filler, COMMON, 5}, /* several shards */
    {filler, LONG_ONES, 2},
    {"Last:", LONG_ONES, 2},
    {"In the ", {" is the end", " is the end"}, 2}, /* two contexts */
};
#define ITEMS (sizeof plain / sizeof *plain)
static const char *const ends[] = {"beginning", "thin end "}; /* of the last one's contexts */
static struct item items[ITEMS];

/* Items borrow the texts: scoring only reads them. */
static struct item item_of(const struct plain_item *from, uint32_t gold)
{
    return (struct item){.context = (char *)(uintptr_t)from->context,
                         .continuation = (char **)(uintptr_t)from->choice,
                         .choices = from->choices,
                         .gold = gold};
}

static struct task task_of_items(void)
{
    for (size_t i = 0; i + 1 < sizeof filler; i++)
        filler[i] = "the in and "[i * 7 % 11];
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = item_of(&plain[i], 0);
    items[ITEMS - 1].context_end = (char **)(uintptr_t)ends;
    return (struct task){.name = "hand", .item = items, .items = ITEMS};
}

static void score_all(const struct model *model, const struct prepared_task *prepared,
                      struct choice_result *results)
{
    struct error error = {0};
    check(prepared_task_run(prepared, model->subnet, model->scratch, results, &error), &error);
}

static void choices_score_as_each_alone(void **state)
{
    (void)state;
    static const struct {
        bool sentencepiece;
        const char *code;
        uint32_t context;
    } row[] = {{false, "8888", 1024}, {true, "8888", 1024}, {false, "84.h", 1024},
               {true, "0868", 20},    {false, "8888", 20},  {false, "8888", 3}};
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        struct model model;
        struct task task = task_of_items();
        struct prepared_task *prepared;
        struct error error = {0};
        open_model(&model, row[r].sentencepiece, row[r].code);
        check(prepared_task_new(&task, model.tokenizer,
                                &(struct prepare_options){.context = row[r].context}, &prepared,
                                &error),
              &error);
        size_t choices = prepared_task_choices(prepared), cuts = 0;
        struct choice_result *results = memory_new(choices, sizeof *results, NULL);
        assert_int_equal(choices, 5 + 3 + 5 + 5 + 2 + 5 + 2 + 2 + 2);
        assert_ptr_equal(prepared_task_items(prepared), &task);
        if (row[r].context == 1024)
            assert_true(prepared_task_shards(prepared) > 1);
        score_all(&model, prepared, results);
        for (size_t i = 0; i < ITEMS; i++) {
            bool item_cut = false;
            for (uint32_t c = 0; c < items[i].choices; c++) {
                struct choice_result naive,
                    *found = &results[prepared_task_choice_offset(prepared, i) + c];
                bool cut;
                naive_choice(&model, &items[i], c, row[r].context, &naive, &cut);
                item_cut = item_cut || cut;
                assert_int_equal(found->tokens, naive.tokens);
                if (!close_to(found->loglik, naive.loglik))
                    fail_msg("model %zu, item %zu, choice %u: %g, %g expected", r, i, c,
                             found->loglik, naive.loglik);
            }
            cuts += item_cut;
        }
        assert_int_equal(prepared_task_truncated(prepared), cuts);
        assert_int_equal(cuts > 0, row[r].context < 1024);
        assert_int_equal(results[4].characters, 2); /* code points, without the blank */
        assert_int_equal(results[0].characters, 9);
        memory_free(results);
        prepared_task_free(prepared);
        close_model(&model);
    }
}

/* What is shared is computed once; results are the same bits whenever they are computed. */
static void shared_tokens_are_computed_once(void **state)
{
    (void)state;
    struct model model;
    struct prepared_task *prepared;
    struct choice_result first[5], again[5];
    struct error error = {0};
    open_model(&model, false, "8888");
    struct task task = task_of_items();
    task.items = 1;
    check(prepared_task_new(&task, model.tokenizer, &(struct prepare_options){.context = 1024},
                            &prepared, &error),
          &error);
    uint64_t separate = 0;
    for (uint32_t c = 0; c < 5; c++) {
        struct token_list list = {0};
        char text[200];
        int length =
            snprintf(text, sizeof text, "%s%s", items[0].context, items[0].continuation[c]);
        check(tokenizer_encode(model.tokenizer, text, (size_t)length, true, true, &list, &error),
              &error);
        separate += list.count - 1; /* the last is only predicted */
        token_list_release(&list);
    }
    uint64_t context = strlen(items[0].context);
    assert_true(prepared_task_tokens(prepared) < separate);
    assert_true(prepared_task_tokens(prepared) < separate - 3 * (context / 2));
    score_all(&model, prepared, first);
    score_all(&model, prepared, again);
    for (int c = 0; c < 5; c++)
        assert_memory_equal(&first[c].loglik, &again[c].loglik, sizeof(double));
    prepared_task_free(prepared);
    prepared_task_free(NULL);
    close_model(&model);
}

static void choices_without_tokens_are_refused(void **state)
{
    (void)state;
    static const struct plain_item empty = {"Which?", {" x", ""}, 2};
    struct model model;
    struct prepared_task *prepared;
    struct error error = {0};
    struct item item = item_of(&empty, 0);
    struct task task = {.name = "hand", .item = &item, .items = 1};
    open_model(&model, false, "8888");
    assert_int_equal(prepared_task_new(&task, model.tokenizer,
                                       &(struct prepare_options){.context = 1024}, &prepared,
                                       &error),
                     STATUS_INVALID);
    assert_null(prepared);
    assert_non_null(strstr(error.message, "Which?"));
    close_model(&model);
}

/* ---- reduction ---- */

static void reduction_is_by_the_book(void **state)
{
    (void)state;
    /* two choices, gold 0; loglik, characters; right by acc, by acc_norm */
    static const struct {
        double loglik[2];
        uint32_t characters[2];
        bool acc, acc_norm;
    } row[] = {
        {{-1, -2}, {1, 1}, true, true},
        {{-2, -1}, {1, 1}, false, false},
        {{-1, -1}, {1, 1}, true, true}, /* a tie is the first choice's */
        {{-2, -1.5}, {4, 1}, false, true},
        {{-1.5, -2}, {1, 4}, true, false},
        {{-2, -4}, {2, 4}, true, true},
        {{NAN, -4}, {2, 4}, false, false}, /* what is no number never wins */
        {{-4, NAN}, {2, 4}, true, true},
        {{NAN, NAN}, {2, 4}, false, false},
        {{-3, -4}, {0, 4}, true, false}, /* no characters: as if it had one */
    };
    static const struct plain_item two = {"q", {" a", " b"}, 2};
    enum { ROWS = sizeof row / sizeof *row };
    struct model model;
    struct item item[ROWS];
    struct prepared_task *prepared;
    struct error error = {0};
    struct choice_result results[2 * ROWS];
    open_model(&model, false, "8888");
    for (size_t i = 0; i < ROWS; i++)
        item[i] = item_of(&two, 0);
    for (size_t i = 0; i < ROWS; i++) { /* each alone */
        struct task task = {.name = "hand", .item = item, .items = 1};
        struct task_score score;
        check(prepared_task_new(&task, model.tokenizer, &(struct prepare_options){.context = 99},
                                &prepared, &error),
              &error);
        for (int c = 0; c < 2; c++)
            results[c] = (struct choice_result){row[i].loglik[c], 1, row[i].characters[c]};
        task_reduce(prepared, results, &score);
        assert_int_equal(score.n, 1);
        assert_true(score.acc == row[i].acc && score.acc_norm == row[i].acc_norm);
        assert_true(score.standard_error == 0);
        double nll = -row[i].loglik[0] + log(exp(row[i].loglik[0]) + exp(row[i].loglik[1]));
        assert_true(isnan(nll) ? isnan(score.choice_nll) : fabs(score.choice_nll - nll) < 1e-12);
        prepared_task_free(prepared);
    }
    struct task task = {.name = "hand", .item = item, .items = 6}; /* 4 of 6 right */
    struct task_score score;
    item[0].gold = 1; /* wrong now: 3 of 6 */
    check(prepared_task_new(&task, model.tokenizer, &(struct prepare_options){.context = 99},
                            &prepared, &error),
          &error);
    for (size_t i = 0; i < 12; i++)
        results[i] = (struct choice_result){1000 * row[i / 2].loglik[i % 2], 1,
                                            row[i / 2].characters[i % 2]};
    task_reduce(prepared, results, &score);
    assert_true(score.acc == .5 && fabs(score.acc_norm - .5) < 1e-12);
    assert_true(fabs(score.standard_error - sqrt(.25 / 5)) < 1e-12);
    /* -log softmax of scores in the thousands: 1000, 1000, log 2, 500, 0, 0 */
    assert_true(fabs(score.choice_nll - (2500 + log(2)) / 6) < 1e-9);
    prepared_task_free(prepared);
    close_model(&model);
}

static void groups_are_scored_apart(void **state)
{
    (void)state;
    static char art[] = "art", law[] = "law", *const name[] = {art, law, art, law, law};
    static const struct plain_item two = {"q", {" a", " b"}, 2};
    struct model model;
    struct item item[5];
    struct prepared_task *prepared;
    struct error error = {0};
    struct choice_result results[10];
    struct group_score *groups;
    struct task_score all;
    size_t count;
    open_model(&model, false, "8888");
    for (size_t i = 0; i < 5; i++) {
        item[i] = item_of(&two, 0);
        item[i].group = name[i];
        results[2 * i] = (struct choice_result){-1, 1, 1};
        results[2 * i + 1] = (struct choice_result){i == 0 || i == 3 ? 0 : -2, 1, 1};
    }
    struct task task = {.name = "hand", .item = item, .items = 5};
    check(prepared_task_new(&task, model.tokenizer, &(struct prepare_options){.context = 99},
                            &prepared, &error),
          &error);
    check(task_reduce_groups(prepared, results, &groups, &count, &error), &error);
    assert_int_equal(count, 2);
    assert_string_equal(groups[0].name, "art");
    assert_string_equal(groups[1].name, "law");
    assert_int_equal(groups[0].score.n, 2);
    assert_true(groups[0].score.acc == .5 && fabs(groups[1].score.acc - 2 / 3.) < 1e-12);
    assert_true(fabs(groups[0].score.standard_error - .5) < 1e-12);
    task_reduce(prepared, results, &all); /* their mean by size */
    assert_true(fabs(all.acc - (2 * groups[0].score.acc + 3 * groups[1].score.acc) / 5) < 1e-12);
    memory_free(groups);
    for (size_t i = 0; i < 5; i++)
        item[i].group = NULL;
    check(task_reduce_groups(prepared, results, &groups, &count, &error), &error);
    assert_true(count == 0 && groups == NULL);
    prepared_task_free(prepared);
    close_model(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_score_as_each_alone),
        cmocka_unit_test(shared_tokens_are_computed_once),
        cmocka_unit_test(choices_without_tokens_are_refused),
        cmocka_unit_test(reduction_is_by_the_book),
        cmocka_unit_test(groups_are_scored_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
