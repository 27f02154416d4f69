/* Finished generations: progress.csv, written, followed, damaged, cut off by a kill; and what
 * stands in its place in a run from before it. */
#include "live_run.h"
#include "support.h"

#include "base/memory.h"
#include "base/shared.h"
#include "engine/run.h"
#include "io/atomic_file.h"
#include "long_run.h"
#include "store/rounds.h"
#include "store/rundir.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *folder;
static char model[256], directory[300], progress[320];
static const enum objective two[] = {OBJECTIVE_ACC_EST, OBJECTIVE_BYTES};

static int make_folder(void **state)
{
    (void)state;
    folder = support_model_folder(model);
    return folder != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static void in_directory(const char *name)
{
    snprintf(directory, sizeof directory, "%s/%s", folder, name);
    snprintf(progress, sizeof progress, "%s/progress.csv", directory);
}

static void good(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static char *text_of(const char *path)
{
    char *text = NULL;
    size_t length;
    struct error error = {0};
    good(file_read(path, &text, &length, &error), &error);
    return text;
}

static void write_text(const char *text)
{
    assert_int_equal(atomic_file_replace(progress, text, strlen(text), NULL), STATUS_OK);
}

static void add_text(const char *text)
{
    assert_int_equal(file_append(progress, text, strlen(text), NULL), STATUS_OK);
}

/* ---- the file ---- */

static struct run_round round_of(uint32_t generation)
{
    return (struct run_round){.generation = generation,
                              .evaluations = 20 * ((size_t)generation + 1),
                              .feasible = 3,
                              .front = 5,
                              .hypervolume = 0.1 + generation / 3.0,
                              .seconds = 1.25 * generation,
                              .correlation = {generation > 0 ? 0.5 : NAN, NAN, NAN},
                              .error = {generation > 0 ? 0.01 : NAN, NAN, NAN}};
}

static bool same_number(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a <= b && a >= b);
}

static void expect_same(const struct run_round *a, const struct run_round *b)
{
    assert_int_equal(a->generation, b->generation);
    assert_int_equal(a->evaluations, b->evaluations);
    assert_int_equal(a->feasible, b->feasible);
    assert_int_equal(a->front, b->front);
    assert_true(same_number(a->hypervolume, b->hypervolume));
    assert_true(fabs(a->seconds - b->seconds) < 0.001);
    for (size_t k = 0; k < 3; k++) {
        assert_true(same_number(a->correlation[k], b->correlation[k]));
        assert_true(same_number(a->error[k], b->error[k]));
    }
}

#define HEADER                                                                                     \
    "generation,evaluations,feasible,front,hypervolume,seconds,acc_est_correlation,"               \
    "acc_est_error\n"

static void lines_are_appended_and_read_back(void **state)
{
    (void)state;
    struct rundir *rundir;
    struct rounds_reader *reader;
    struct error error = {0};
    bool anew;
    size_t count;
    in_directory("appended.run");
    good(rundir_open(directory, &rundir, &error), &error);
    good(rounds_reader_new(directory, two, 2, &reader, &error), &error);
    good(rounds_reader_read(reader, &anew, &error), &error);
    rounds_reader_lines(reader, &count);
    assert_int_equal(count, 0); /* there is no file yet */
    for (uint32_t g = 0; g < 5; g++) {
        struct run_round round = round_of(g);
        good(rounds_append(rundir, &round, two, 2, &error), &error);
        good(rounds_reader_read(reader, &anew, &error), &error);
        const struct run_round *line = rounds_reader_lines(reader, &count);
        assert_int_equal(count, g + 1);
        expect_same(&line[g], &round);
        assert_false(anew);
    }
    assert_false(rounds_reader_damaged(reader));
    char *text = text_of(progress);
    assert_int_equal(strncmp(text, HEADER "0,20,3,5,0.1,0,,\n1,40,3,5,", strlen(HEADER) + 26), 0);
    memory_free(text);
    struct run_round one = round_of(7);
    good(rounds_replace(rundir, &one, 1, two, 2, &error), &error);
    good(rounds_reader_read(reader, &anew, &error), &error);
    assert_true(anew); /* another file */
    const struct run_round *line = rounds_reader_lines(reader, &count);
    assert_int_equal(count, 1);
    expect_same(line, &one);
    rounds_reader_free(reader);
    rundir_close(rundir);
}

static void damaged_lines_are_left_out(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t lines;
        bool damaged;
    } row[] = {
        {HEADER "0,20,3,5,0.1,0,,\n1,40,3,5,0.2,9,0.5,0.01\n", 2, false},
        {HEADER "0,20,3,5,0.1,0,,\n1,40,3,5,0.2", 1, false}, /* torn: no line yet */
        {HEADER "0,20,3,5,0.1,0,,\n1,40,3\n2,60,3,5,0.3,9,,\n", 2, true},
        {HEADER "0,20,3,5,0.1,0,,\n0,20,3,5,0.1,0,,\n", 1, true}, /* twice */
        {HEADER "0,20,3,5,0.1,0,,\nx\xff,20,3,5,0.1,0,,\n", 1, true},
        {HEADER "0,20,3,5,nan,0,,\n1,20,3,5,,0,,\n-1,20,3,5,0.1,0,,\n", 0, true},
        {HEADER "0,-20,3,5,0.1,0,,\n0,20,3,5,0.1,inf,,\n\"0,\n", 0, true},
        {"id,code\n0,8888\n", 0, true}, /* another file's */
        {"\"\n0,20,3,5,0.1,0,,\n", 0, true},
        /* of another version: the numbers count, the file is to be written anew */
        {"seconds,hypervolume,front,feasible,evaluations,generation,mood\n9,.5,5,3,20,0,good\n", 1,
         true},
    };
    in_directory("damaged.run");
    assert_int_equal(folder_make(directory, NULL), STATUS_OK);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rounds_reader *reader;
        bool anew;
        size_t count;
        write_text(row[i].text);
        assert_int_equal(rounds_reader_new(directory, two, 2, &reader, NULL), STATUS_OK);
        assert_int_equal(rounds_reader_read(reader, &anew, NULL), STATUS_OK);
        rounds_reader_lines(reader, &count);
        if (count != row[i].lines || rounds_reader_damaged(reader) != row[i].damaged)
            fail_msg("row %zu: %zu lines", i, count);
        rounds_reader_free(reader);
    }
}

/* Who holds a list's memory reads on in it while the list goes on. */
static void a_list_never_moves_what_is_held(void **state)
{
    (void)state;
    struct rounds rounds = {0};
    const struct run_round *held = NULL;
    for (uint32_t g = 0; g < 1000; g++) {
        struct run_round round = round_of(g);
        assert_int_equal(rounds_add(&rounds, &round, NULL), STATUS_OK);
        if (g == 9) {
            held = rounds.round;
            shared_hold(held);
        }
    }
    for (uint32_t g = 0; g < 10; g++) {
        struct run_round round = round_of(g);
        expect_same(&held[g], &round);
        expect_same(&rounds.round[g], &round);
    }
    shared_drop(held);
    rounds_release(&rounds);
    assert_int_equal(rounds.count, 0);
}

/* ---- runs ---- */

static struct run *started(size_t evaluations)
{
    return live_run(
        (struct run_options){.model = model, .directory = directory, .evaluations = evaluations});
}

static bool has_rounds(const struct snapshot *s, size_t n)
{
    return s->rounds >= n;
}

static void expect_rounds(const struct snapshot *s, size_t rounds)
{
    assert_int_equal(s->rounds, rounds);
    for (size_t i = 0; i < rounds; i++) {
        assert_int_equal(s->round[i].generation, i);
        assert_int_equal(s->round[i].evaluations, 8 * (i + 1));
        assert_true(s->round[i].front > 0 && s->round[i].front <= s->round[i].feasible);
        assert_true(i == 0 || s->round[i].hypervolume >= s->round[i - 1].hypervolume);
        assert_true(i == 0 || s->round[i].seconds >= s->round[i - 1].seconds);
    }
}

/* Once the watcher has as many, which follows a moment later. */
static void expect_equal_rounds(struct run *watching, const struct snapshot *of)
{
    const struct snapshot *seen = live_when_of(watching, has_rounds, of->rounds);
    assert_int_equal(seen->rounds, of->rounds);
    for (size_t i = 0; i < of->rounds; i++)
        expect_same(&seen->round[i], &of->round[i]);
    snapshot_release(seen);
}

/* In the run, for a watcher, for who goes on with it, killed between line and state or not. */
static void a_run_has_its_rounds(void **state)
{
    (void)state;
    in_directory("a.run");
    struct run *run = started(40), *watching;
    const struct snapshot *s = live_when(run, live_finished);
    expect_rounds(s, 5);
    assert_true(isnan(s->round[0].correlation[0]) != 0);
    assert_true(isfinite(s->round[2].error[0]) != 0); /* linas foretold it */
    assert_true(isnan(s->round[2].error[1]) != 0);    /* bytes are computed */
    watching = live_watcher(directory);
    expect_equal_rounds(watching, s);
    snapshot_release(s);
    live_end(run);
    /* a line that the state does not know of: killed before it was saved */
    add_text("5,48,1,1,0.9,1000,,\n");
    add_text("6,56");
    run = started(48);
    s = live_when(run, live_finished);
    expect_rounds(s, 6);
    assert_true(s->round[5].seconds < 900);
    char *text = text_of(progress);
    assert_non_null(strstr(text, "\n5,48,"));
    assert_null(strstr(text, ",1000,")); /* it does not stand there twice */
    assert_null(strstr(text, "6,56"));
    memory_free(text);
    expect_equal_rounds(watching, s);
    snapshot_release(s);
    live_end(run);
    live_end(watching);
}

/* From before there was the file, or with a part of it: what the history tells stands in. */
static void rounds_without_a_line_are_from_the_history(void **state)
{
    (void)state;
    struct error error = {0};
    struct run *run;
    in_directory("old.run");
    good(long_run_make(
             &(struct long_run){
                 .model = model, .directory = directory, .rows = 105, .population = 10},
             &error),
         &error);
    write_text(HEADER "3,40,33,7,0.25,77,0.5,0.01\n");
    for (int own = 0; own < 2; own++) {
        good((own ? run_open : run_watch)(
                 &(struct run_options){.directory = directory, .threads = 1}, &run, &error),
             &error);
        const struct snapshot *s = run_snapshot(run);
        assert_int_equal(s->rows, 105);
        assert_int_equal(s->rounds, 10);
        for (size_t i = 0; i < 10; i++) {
            const struct run_round *round = &s->round[i];
            assert_int_equal(round->generation, i);
            assert_int_equal(round->evaluations, 10 * (i + 1));
            assert_int_equal(round->front, i == 3 ? 7 : 0);
            if (i == 3) {
                assert_true(same_number(round->seconds, 77));
                continue;
            }
            assert_true(isnan(round->error[0]) != 0);
            assert_true(same_number(round->hypervolume, s->sample[10 * i + 9].hypervolume));
            assert_true(same_number(round->seconds, s->sample[10 * i + 9].seconds));
            assert_int_equal(s->sample[10 * i + 9].rows, round->evaluations);
        }
        snapshot_release(s);
        run_close(run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_appended_and_read_back),
        cmocka_unit_test(damaged_lines_are_left_out),
        cmocka_unit_test(a_list_never_moves_what_is_held),
        cmocka_unit_test(a_run_has_its_rounds),
        cmocka_unit_test(rounds_without_a_line_are_from_the_history),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
