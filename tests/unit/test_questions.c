/* The embedded questions on the default model: neither too easy nor too hard for it, and not to be
 * answered without the question. What the texts themselves must keep is tests/check/questions. */
#include "support.h"

#include "base/memory.h"
#include "engine/evaluator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct supernet *supernet;
static struct tokenizer *tokenizer;

static int setup(void **state)
{
    struct error error = {0};
    (void)state;
    if (support_model() == NULL)
        return 0;
    if (supernet_open(support_model(), &supernet, &error) != STATUS_OK ||
        tokenizer_new(supernet_gguf(supernet), &tokenizer, &error) != STATUS_OK) {
        fprintf(stderr, "%s\n", error.message);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tokenizer_free(tokenizer);
    supernet_close(supernet);
    return 0;
}

static void take_accuracy(void *context, const struct evaluation *evaluation)
{
    *(double *)context = evaluation->value[OBJECTIVE_ACC];
}

static double accuracy(const struct task *task)
{
    struct prepared_task *prepared = NULL;
    struct evaluator *evaluator = NULL;
    struct error error = {0};
    struct arch_code full;
    double acc = -1;
    if (prepared_task_new(task, tokenizer, &(struct prepare_options){.context = 512}, &prepared,
                          &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct evaluator_options options = {.supernet = supernet,
                                              .task =
                                                  (const struct prepared_task *const *)&prepared,
                                              .tasks = 1,
                                              .weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false},
                                              .threads = 2};
    if (evaluator_new(&options, take_accuracy, &acc, &evaluator, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    arch_code_full(supernet_shape(supernet), &full);
    assert_int_equal(evaluator_submit(evaluator, &full, 1, &error), STATUS_OK);
    evaluator_wait(evaluator);
    evaluator_free(evaluator);
    prepared_task_free(prepared);
    return acc;
}

/* Every fifth question, as all take a minute: all of them with QUESTIONS=all (tests/slow). */
static struct task asked(struct task *task)
{
    const char *wanted = getenv("QUESTIONS");
    size_t step = wanted != NULL && strcmp(wanted, "all") == 0 ? 1 : 5, count = 0;
    for (size_t i = 0; i < task->items; i += step) {
        struct item other = task->item[count];
        task->item[count++] = task->item[i];
        task->item[i] = other;
    }
    return task_part(task, 0, count);
}

static void neither_too_easy_nor_too_hard(void **state)
{
    static const char *const names[] = {"search", "heldout"};
    (void)state;
    if (support_model() == NULL) {
        printf("SKIPPED: the default model is absent (make deps, or MODEL=path)\n");
        skip();
    }
    for (int i = 0; i < 2; i++) {
        struct task task;
        struct error error = {0};
        assert_int_equal(task_load(names[i], &(struct task_options){0}, &task, &error), STATUS_OK);
        struct task part = asked(&task);
        double acc = accuracy(&part);
        printf("%s: %zu questions, acc %.4f\n", names[i], part.items, acc);
        assert_true(acc >= 0.50 && acc <= 0.75);
        task_release(&task);
    }
}

static void not_answered_without_the_question(void **state)
{
    static const char *const names[] = {"search", "heldout"};
    double right = 0, all = 0;
    (void)state;
    if (support_model() == NULL) {
        printf("SKIPPED: the default model is absent (make deps, or MODEL=path)\n");
        skip();
    }
    for (int i = 0; i < 2; i++) {
        struct task task;
        struct error error = {0};
        assert_int_equal(task_load(names[i], &(struct task_options){0}, &task, &error), STATUS_OK);
        for (size_t k = 0; k < task.items; k++) {
            memory_free(task.item[k].context);
            task.item[k].context = memory_string("Answer:", &error);
            assert_non_null(task.item[k].context);
        }
        struct task part = asked(&task);
        double acc = accuracy(&part);
        printf("%s without the question: acc %.4f\n", names[i], acc);
        right += acc * (double)part.items;
        all += (double)part.items;
        assert_true(acc <= 0.40);
        task_release(&task);
    }
    assert_true(right / all <= 0.40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neither_too_easy_nor_too_hard),
        cmocka_unit_test(not_answered_without_the_question),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
