/* Learning to foretell what networks will be: predictors of what is measured, in a thread of their
 * own, over and over as rows come, from so few of them and so seldom that a search takes less than
 * a hundredth of its time for it. Snapshots share what was learnt last. */
#include "foretell_private.h"
#include "run_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/shared.h"
#include "base/thread.h"
#include "search/lesson.h"

#include <math.h>
#include <string.h>

#define LEAST_ROWS 12    /* below, the mean is as good */
#define MOST_ROWS 400    /* looked at: more change little, and cost time */
#define GROWTH 0.05      /* part of the rows, that is new */
#define PART_OF_TIME 100 /* a search's that goes into learning: at most one part */
#define LOW_PRIORITY 10

struct learning { /* what a thread works on, owned by the run */
    struct run *run;
    struct space space;
    struct archive *archive; /* held */
    struct estimate estimate;
    struct pins pins;
    struct method_context context; /* over these */
    bool wanted[OBJECTIVES];
};

static void forget(void *memory)
{
    struct foretelling *foretelling = memory;
    for (int k = 0; k < OBJECTIVES; k++)
        predictor_free(foretelling->predictor[k]);
}

/* NULL: out of memory, or nothing can be learnt yet. */
static struct foretelling *learn(const struct learning *learning)
{
    struct lesson lesson;
    size_t learnt = 0;
    struct foretelling *made = shared_new(sizeof *made, forget, NULL);
    enum status status =
        made != NULL ? lesson_init(&lesson, &learning->context, MOST_ROWS, NULL) : STATUS_MEMORY;
    for (int k = 0; status == STATUS_OK && k < OBJECTIVES; k++) {
        if (!learning->wanted[k])
            continue;
        status = lesson_learn(&lesson, (enum objective)k, &made->predictor[k], NULL);
        learnt += status == STATUS_OK;
        if (status == STATUS_FAILED) /* all values are equal, say */
            status = STATUS_OK;
    }
    if (made == NULL)
        return NULL;
    made->rows = lesson.n;
    lesson_release(&lesson);
    if (status == STATUS_OK && learnt > 0)
        return made;
    shared_drop(made);
    return NULL;
}

static void learning_free(struct learning *learning)
{
    if (learning == NULL)
        return;
    archive_free(learning->archive);
    memory_free(learning);
}

static void *learn_once(void *argument)
{
    struct learning *learning = argument;
    struct run *run = learning->run;
    thread_low_priority(LOW_PRIORITY);
    const struct foretelling *made = learn(learning), *before = NULL;
    double seconds = clock_cpu_seconds();
    pthread_mutex_lock(&run->lock);
    if (made != NULL) {
        before = run->foretelling;
        run->foretelling = made;
    }
    run->learning_seconds = seconds;
    run->learning_ended = clock_seconds();
    run->learning_worked = clock_process_seconds();
    run->is_learning = false; /* who sees it joins this thread, lock held */
    pthread_mutex_unlock(&run->lock);
    shared_drop(before);
    learning_free(learning);
    run_inbox_signal(run);
    return NULL;
}

/* ---- when, and what ---- */

static bool is_known(const struct run *run, enum objective objective)
{
    return objective_table[objective].computed &&
           (run->look.cost != NULL || !objective_is_time(objective));
}

/* Measured, and shown beside every network, or searched or pinned. */
static bool is_wanted(const struct run *run, enum objective objective)
{
    bool wanted = !objective_is_time(objective) && !objective_is_task(objective);
    for (size_t k = 0; k < run->setup.m; k++)
        wanted = wanted || run->setup.objectives[k] == objective;
    for (size_t i = 0; i < run->look.pins.count; i++)
        wanted = wanted || run->look.pins.pin[i].objective == objective;
    return wanted && run->measured[objective] && !is_known(run, objective);
}

/* Since the last one ended; also on a machine that others use as well, or with many threads. */
static double rest(const struct run *run)
{
    double time = clock_seconds() - run->learning_ended;
    bool alone = run->watching == NULL; /* in this process evaluations are made */
    return alone ? fmin(time, clock_process_seconds() - run->learning_worked) : time;
}

/* While evaluations are made, only from many that are new, and seldom; else all count. Lock held.
 */
static bool is_due(const struct run *run)
{
    size_t rows = archive_count(run->archive), before = run->learnt_rows;
    bool anew = run->archive != run->learnt_archive || rows < before;
    bool quiet = run->look.phase != RUN_EVALUATING;
    bool many = (double)rows > (1 + GROWTH) * (double)before ||
                run->state.method.generation != run->learnt_generation;
    return !run->is_learning && rows >= LEAST_ROWS &&
           (anew || (rows > before &&
                     (quiet || (many && rest(run) >= PART_OF_TIME * run->learning_seconds))));
}

static struct learning *new_learning(struct run *run)
{
    struct learning *learning = memory_new(1, sizeof *learning, NULL);
    if (learning == NULL)
        return NULL;
    learning->run = run;
    learning->space = run->space;
    learning->archive = run->archive;
    learning->estimate = run->look.estimate;
    learning->pins = run->look.pins;
    archive_hold(run->archive);
    for (int k = 0; k < OBJECTIVES; k++)
        learning->wanted[k] = is_wanted(run, (enum objective)k);
    learning->context = (struct method_context){
        .space = &learning->space,
        .archive = run->archive,
        .rows = archive_count(run->archive),
        .estimate = &learning->estimate,
        .objectives = run->setup.objectives,
        .m = run->setup.m,
        .pins = &learning->pins,
        .weights = &run->setup.weights,
        .cost = run->look.cost,
        .chance = run->chance,
    };
    return learning;
}

void run_foretell_follow(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    bool due = is_due(run);
    pthread_mutex_unlock(&run->lock);
    if (!due)
        return;
    struct learning *learning = new_learning(run);
    if (learning == NULL)
        return; /* later, then */
    run_foretell_end(run);
    run->is_learning = true;
    run->learning_started =
        thread_start(&run->learning_thread, learn_once, learning, NULL) == STATUS_OK;
    if (!run->learning_started) {
        run->is_learning = false;
        learning_free(learning);
        return;
    }
    run->learnt_rows = archive_count(run->archive);
    run->learnt_archive = run->archive;
    run->learnt_generation = run->state.method.generation;
}

void run_foretell_end(struct run *run)
{
    if (run->learning_started)
        pthread_join(run->learning_thread, NULL);
    run->learning_started = false;
}
