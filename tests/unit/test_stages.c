/* Evaluations in stages: who drops out of the race, and that what is scored in parts is what is
 * scored at once. */
#include "support.h"

#include "base/memory.h"
#include "base/rng.h"
#include "engine/run.h"
#include "search/race.h"
#include "store/rundir.h"
#include "task/score.h"

#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ITEMS 30

static char *folder;
static char model[256];

static int setup(void **state)
{
    (void)state;
    folder = support_model_folder(model);
    return folder != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

/* ---- the race ---- */

static void who_drops_out(void **state)
{
    static const struct {
        double acc[2], bytes[2]; /* of a rival on 200 questions; of a network on n */
        uint32_t n;
        bool stays;
    } cases[] = {
        {{0.80, 0.30}, {100, 100}, 50, false}, /* beaten by far */
        {{0.80, 0.30}, {101, 100}, 50, true},  /* smaller than who is better */
        {{0.50, 0.40}, {100, 100}, 50, true},  /* within the error */
        {{0.35, 0.00}, {90, 100}, 2, true},    /* none of two says little */
        {{0.30, 0.80}, {90, 100}, 50, true},   /* better */
        {{0.30, 0.80}, {90, 100}, 200, false}, /* whole: in no race any more */
    };
    const enum objective objectives[] = {OBJECTIVE_ACC, OBJECTIVE_BYTES};
    const struct pins none = {0};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct archive *archive;
        uint32_t *id;
        size_t count;
        assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
        for (uint32_t k = 0; k < 2; k++) {
            struct row row = {.id = k, .n = k == 0 ? 200 : cases[i].n};
            snprintf(row.code.text, sizeof row.code.text, "%u", 8 - k);
            row.value[OBJECTIVE_ACC] = cases[i].acc[k];
            row.value[OBJECTIVE_BYTES] = cases[i].bytes[k];
            assert_int_equal(archive_append(archive, &row, NULL), STATUS_OK);
        }
        assert_int_equal(
            race_survivors(archive, 2, NULL, objectives, 2, &none, 200, &id, &count, NULL),
            STATUS_OK);
        if (count != cases[i].stays)
            fail_msg("case %zu: %zu survivors", i, count);
        memory_free(id);
        archive_free(archive);
    }
}

static struct archive *archive_of(const struct row *row, size_t rows)
{
    struct archive *archive;
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    for (size_t i = 0; i < rows; i++) {
        struct row next = row[i];
        next.id = (uint32_t)i;
        assert_int_equal(archive_append(archive, &next, NULL), STATUS_OK);
    }
    return archive;
}

/* Is the last of these rows a survivor? */
static bool stays(const struct row *row, size_t rows, const struct estimate *estimate,
                  const enum objective *objectives, size_t m)
{
    const struct pins none = {0};
    struct archive *archive = archive_of(row, rows);
    uint32_t *id;
    size_t count;
    assert_int_equal(
        race_survivors(archive, rows, estimate, objectives, m, &none, 200, &id, &count, NULL),
        STATUS_OK);
    bool last = count > 0 && id[count - 1] == rows - 1;
    memory_free(id);
    archive_free(archive);
    return last;
}

/* A crowd beats whom one of it beats alone. */
static void crowds_beat_as_their_members_do(void **state)
{
    static const enum objective objectives[][3] = {
        {OBJECTIVE_ACC_EST, OBJECTIVE_BYTES, OBJECTIVE_CHOICE_NLL},
        {OBJECTIVE_ACC, OBJECTIVE_BYTES, OBJECTIVE_MACS},
        {OBJECTIVE_CHOICE_NLL, OBJECTIVE_BYTES, OBJECTIVE_MACS},
    };
    enum { ROWS = 6, OTHERS = 24 }; /* which an estimate needs */
    size_t stayed = 0, out = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct row row[OTHERS] = {0};
        struct rng rng;
        const enum objective *by = objectives[seed % 3];
        size_t m = 2 + seed / 3 % 2;
        rng_init(&rng, seed, "test_stages crowds", 0);
        for (uint32_t i = 0; i < OTHERS; i++) {
            double acc = rng_uniform(&rng);
            snprintf(row[i].code.text, sizeof row[i].code.text, "%u", i);
            row[i].n = i + 1 != ROWS && rng_below(&rng, 9) == 0 ? 200 : 1 + 60 * rng_below(&rng, 2);
            row[i].standard_error =
                rng_below(&rng, 9) == 0 ? NAN : sqrt(acc * (1 - acc) / row[i].n);
            row[i].value[OBJECTIVE_ACC] = acc;
            row[i].value[OBJECTIVE_CHOICE_NLL] =
                by[0] == OBJECTIVE_ACC_EST && rng_below(&rng, 9) == 0 && m == 2
                    ? NAN
                    : -log(.1 + .8 * acc + .05 * rng_uniform(&rng));
            row[i].value[OBJECTIVE_BYTES] = rng_below(&rng, 2);
            row[i].value[OBJECTIVE_MACS] = rng_below(&rng, 2);
        }
        struct archive *archive = archive_of(row, OTHERS);
        struct estimate estimate = estimate_of_rows(archive, OTHERS);
        archive_free(archive);
        bool wanted = true;
        for (size_t i = 0; i + 1 < ROWS; i++)
            wanted = wanted && stays((struct row[]){row[i], row[ROWS - 1]}, 2, &estimate, by, m);
        if (stays(row, ROWS, &estimate, by, m) != wanted)
            fail_msg("seed %d", (int)seed);
        stayed += wanted;
        out += !wanted;
    }
    assert_true(stayed > 5 && out > 5);
}

static void parts_join_to_the_whole(void **state)
{
    (void)state;
    struct task_score score = {.n = 50, .acc = 13.0 / 50, .acc_norm = 0.5, .choice_nll = 1.25};
    const struct task_score part = {.n = 150, .acc = 0.4, .acc_norm = 0.3, .choice_nll = 1.75};
    task_score_join(&score, &part);
    assert_int_equal(score.n, 200);
    assert_true(fabs(score.acc - 73.0 / 200) < 1e-15);
    assert_true(fabs(score.acc_norm - 70.0 / 200) < 1e-15);
    assert_true(fabs(score.choice_nll - 1.625) < 1e-12);
    assert_true(fabs(score.standard_error - sqrt(0.365 * 0.635 / 199)) < 1e-12);
}

/* ---- whole runs ---- */

static struct run_options options_for(const char *name, char path[300], const char *stages)
{
    snprintf(path, 300, "%s/%s", folder, name);
    return (struct run_options){.model = model,
                                .directory = path,
                                .limit = ITEMS,
                                .objectives = "acc,bytes",
                                .method = "random", /* asks the same whatever the values */
                                .stages = stages,
                                .evaluations = 24,
                                .population = 8,
                                .seed = 7,
                                .seed_given = true,
                                .threads = 2};
}

/* Until it has finished or has this many rows; it is stopped then. */
static void made(const struct run_options *options, size_t rows)
{
    struct run *run = NULL;
    struct error error = {0};
    if (run_open(options, &run, &error) != STATUS_OK || run_start(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    for (bool end = false; !end;) {
        struct pollfd ready = {.fd = run_wake_fd(run), .events = POLLIN};
        assert_true(poll(&ready, 1, 60000) > 0);
        const struct snapshot *snapshot = run_snapshot(run);
        end = snapshot->phase == RUN_FINISHED || snapshot->phase == RUN_FAILED ||
              snapshot->rows >= rows;
        snapshot_release(snapshot);
    }
    run_stop(run);
    if (run_wait(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    run_close(run);
}

static struct archive *rows_of(const char *directory)
{
    struct archive *archive;
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    assert_int_equal(history_read(directory, archive, NULL), STATUS_OK);
    return archive;
}

static void assert_same(const char *a, const char *b)
{
    struct archive *one = rows_of(a), *other = rows_of(b);
    assert_int_equal(archive_count(one), archive_count(other));
    for (size_t i = 0; i < archive_count(one); i++) {
        const struct row *x = archive_row(one, i), *y = archive_row(other, i);
        assert_string_equal(x->code.text, y->code.text);
        assert_int_equal(x->n, y->n);
        assert_memory_equal(&x->value[OBJECTIVE_ACC], &y->value[OBJECTIVE_ACC], sizeof(double));
        assert_memory_equal(&x->value[OBJECTIVE_CHOICE_NLL], &y->value[OBJECTIVE_CHOICE_NLL],
                            sizeof(double));
    }
    archive_free(one);
    archive_free(other);
}

static void one_history(void **state)
{
    char first[300], other[300];
    (void)state;
    struct run_options options = options_for("one", first, "6,15,30");
    options.threads = 1;
    made(&options, SIZE_MAX);
    options = options_for("three", other, "6,15,30");
    options.threads = 3;
    made(&options, SIZE_MAX);
    assert_same(first, other);
    options = options_for("stopped", other, "6,15,30");
    for (size_t rows = 2; rows < 70; rows += 5)
        made(&options, rows);
    made(&options, SIZE_MAX);
    assert_same(first, other);
}

static void stages_end_where_the_whole_does(void **state)
{
    char staged[300], whole[300];
    (void)state;
    struct run_options options = options_for("one", staged, NULL);
    options = options_for("whole", whole, NULL);
    made(&options, SIZE_MAX);
    struct archive *parts = rows_of(staged), *all = rows_of(whole);
    size_t rows = archive_count(parts), ended = 0;
    assert_int_equal(archive_codes(parts), 24);
    assert_int_equal(archive_codes(all), 24);
    for (size_t i = 0; i < rows; i++) {
        const struct row *row = archive_row(parts, i), *same = archive_find(all, &row->code);
        assert_non_null(same);
        if (row->n < ITEMS)
            continue;
        ended++;
        assert_true(fabs(row->value[OBJECTIVE_ACC] - same->value[OBJECTIVE_ACC]) < 1e-6);
        assert_true(fabs(row->value[OBJECTIVE_ACC_NORM] - same->value[OBJECTIVE_ACC_NORM]) < 1e-6);
        assert_true(fabs(row->value[OBJECTIVE_CHOICE_NLL] - same->value[OBJECTIVE_CHOICE_NLL]) <
                    1e-4);
        assert_true(fabs(row->standard_error - same->standard_error) < 1e-6);
    }
    assert_true(ended > 1);
    archive_free(parts);
    archive_free(all);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Perplexity and bytes are exact after the first stage: who is dominated is scored no further. */
static void the_race_of_a_run_drops_the_dominated(void **state)
{
    char path[300], text[300], words[3000] = "";
    (void)state;
    for (size_t i = 0; i + 4 < sizeof words; i += 3)
        snprintf(words + i, sizeof words - i, "%c%c ", (char)('a' + i * 7 % 26),
                 (char)('a' + i * i % 26));
    snprintf(text, sizeof text, "%s/words.txt", folder);
    write_file(text, words);
    struct run_options options = options_for("dropped", path, "6,15,30");
    const char *task = "search";
    options.tasks = &task;
    options.task_count = 1;
    options.text = text;
    options.context = 32;
    options.objectives = "perplexity,bytes";
    made(&options, SIZE_MAX);
    struct archive *archive = rows_of(path);
    size_t rows = archive_count(archive), dropped = 0, whole = 0;
    for (size_t i = 0; i < rows; i++) {
        const double *own = archive_row(archive, i)->value;
        bool dominated = false;
        if (archive_superseded(archive, i, rows))
            continue;
        for (size_t k = 0; k < rows; k++) {
            const double *other = archive_row(archive, k)->value;
            dominated = dominated || (other[OBJECTIVE_PERPLEXITY] <= own[OBJECTIVE_PERPLEXITY] &&
                                      other[OBJECTIVE_BYTES] < own[OBJECTIVE_BYTES]);
        }
        whole += archive_row(archive, i)->n == ITEMS;
        dropped += archive_row(archive, i)->n < ITEMS;
        if (!dominated && archive_row(archive, i)->n < ITEMS)
            fail_msg("%s is on the front with %u items", archive_row(archive, i)->code.text,
                     archive_row(archive, i)->n);
        if (dominated && archive_row(archive, i)->n == 15)
            fail_msg("%s dropped out at 15 items", archive_row(archive, i)->code.text);
    }
    assert_true(dropped > 1);
    assert_true(whole > 1);
    archive_free(archive);
}

/* Rows of files with counts that are no stage's: more than all are whole, others are scored anew,
 * as soon as they may be on the front; never again and again. */
static void foreign_counts(void **state)
{
    char first[300], other[300], csv[300];
    (void)state;
    snprintf(csv, sizeof csv, "%s/foreign.csv", folder);
    write_file(csv, "code,acc,n\n777777,.9,20\n444444,.9,9999\n666666,.9,\n66666.,0,1\n");
    const char *warm = csv;
    struct run_options options = options_for("foreign", first, "6,15,30");
    options.warm = &warm;
    options.warm_count = 1;
    made(&options, SIZE_MAX);
    struct archive *archive = rows_of(first);
    assert_int_equal(archive_codes(archive), 24 + 4);
    assert_int_equal(archive_find(archive, &(struct arch_code){.text = "444444"})->n, 9999);
    for (size_t i = 0; i < 2; i++) {
        const char *code = i == 0 ? "777777" : "666666";
        struct arch_code wanted = {.text = ""};
        snprintf(wanted.text, sizeof wanted.text, "%s", code);
        assert_true(archive_find(archive, &wanted)->n >= 6);
        assert_true(archive_find(archive, &wanted)->value[OBJECTIVE_ACC] < .9);
    }
    assert_true(archive_count(archive) <= 3 * archive_codes(archive) + 4);
    archive_free(archive);
    options = options_for("foreign_stopped", other, "6,15,30");
    options.warm = &warm;
    options.warm_count = 1;
    for (size_t rows = 5; rows < 70; rows += 3)
        made(&options, rows);
    made(&options, SIZE_MAX);
    assert_same(first, other);
}

static void refused(void **state)
{
    static const char *const bad[] = {"30", "15,6,30", "6,15", "6,x,30", "0,30"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[300];
        struct run *run = NULL;
        struct error error = {0};
        struct run_options options = options_for("bad", path, bad[i]);
        assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, "--stages"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_drops_out),
        cmocka_unit_test(crowds_beat_as_their_members_do),
        cmocka_unit_test(parts_join_to_the_whole),
        cmocka_unit_test(one_history),
        cmocka_unit_test(stages_end_where_the_whole_does),
        cmocka_unit_test(the_race_of_a_run_drops_the_dominated),
        cmocka_unit_test(foreign_counts),
        cmocka_unit_test(refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
