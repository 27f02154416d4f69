/* From log-likelihoods to scores: acc by their sum, acc_norm by the sum over the characters, the
 * mean negative log softmax at the right choice; of a task and of its groups. */
#include "task/score.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

/* Position of the largest score, the first of equals; `per_character` divides. A score that is not
 * a number never wins. */
static uint32_t best_choice(const struct choice_result *result, uint32_t choices,
                            bool per_character)
{
    uint32_t best = UINT32_MAX;
    double most = -INFINITY;
    for (uint32_t c = 0; c < choices; c++) {
        double score = result[c].loglik;
        if (per_character)
            score /= result[c].characters > 0 ? result[c].characters : 1;
        if (score > most) {
            most = score;
            best = c;
        }
    }
    return best;
}

/* -log softmax of the scores at the right choice. */
static double negative_log_softmax(const struct choice_result *result, uint32_t choices,
                                   uint32_t gold)
{
    double most = -INFINITY, sum = 0;
    for (uint32_t c = 0; c < choices; c++)
        most = fmax(most, result[c].loglik);
    for (uint32_t c = 0; c < choices; c++)
        sum += exp(result[c].loglik - most);
    return log(sum) + most - result[gold].loglik;
}

static double standard_error(double acc, size_t n)
{
    return n > 1 ? sqrt(acc * (1 - acc) / (double)(n - 1)) : 0;
}

/* Over the items of the group (NULL: all). */
static void reduce(const struct prepared_task *p, const struct choice_result *results,
                   const char *group, struct task_score *score)
{
    const struct task *task = prepared_task_items(p);
    size_t n = 0, right = 0, right_norm = 0;
    double nll = 0;
    for (size_t i = 0; i < task->items; i++) {
        const struct item *item = &task->item[i];
        const struct choice_result *result = results + prepared_task_choice_offset(p, i);
        if (group != NULL && (item->group == NULL || strcmp(group, item->group) != 0))
            continue;
        n++;
        right += best_choice(result, item->choices, false) == item->gold;
        right_norm += best_choice(result, item->choices, true) == item->gold;
        nll += negative_log_softmax(result, item->choices, item->gold);
    }
    double acc = (double)right / (double)n;
    *score = (struct task_score){
        .n = n,
        .acc = acc,
        .acc_norm = (double)right_norm / (double)n,
        .standard_error = standard_error(acc, n),
        .choice_nll = nll / (double)n,
    };
}

void task_reduce(const struct prepared_task *prepared, const struct choice_result *results,
                 struct task_score *score)
{
    reduce(prepared, results, NULL, score);
}

/* Counts of right answers are whole numbers again, so that the share is the one to the bit. */
static double joint(double a, size_t na, double b, size_t nb)
{
    double right = a * (double)na + b * (double)nb, whole = nearbyint(right);
    return (fabs(right - whole) < 1e-6 ? whole : right) / (double)(na + nb);
}

void task_score_join(struct task_score *score, const struct task_score *part)
{
    size_t n = score->n + part->n;
    double acc = joint(score->acc, score->n, part->acc, part->n);
    *score = (struct task_score){
        .n = n,
        .acc = acc,
        .acc_norm = joint(score->acc_norm, score->n, part->acc_norm, part->n),
        .standard_error = standard_error(acc, n),
        .choice_nll =
            (score->choice_nll * (double)score->n + part->choice_nll * (double)part->n) / (double)n,
    };
}

enum status task_reduce_groups(const struct prepared_task *prepared,
                               const struct choice_result *results, struct group_score **groups,
                               size_t *count, struct error *error)
{
    const struct task *task = prepared_task_items(prepared);
    size_t capacity = 0;
    *groups = NULL;
    *count = 0;
    for (size_t i = 0; i < task->items; i++) {
        const char *name = task->item[i].group;
        bool known = name == NULL;
        for (size_t k = *count; !known && k-- > 0;)
            known = strcmp((*groups)[k].name, name) == 0;
        if (known)
            continue;
        enum status status = memory_reserve(groups, &capacity, *count + 1, sizeof **groups, error);
        if (status != STATUS_OK) {
            memory_free(*groups);
            *groups = NULL;
            *count = 0;
            return status;
        }
        (*groups)[(*count)++].name = name;
    }
    for (size_t k = 0; k < *count; k++)
        reduce(prepared, results, (*groups)[k].name, &(*groups)[k].score);
    return STATUS_OK;
}
