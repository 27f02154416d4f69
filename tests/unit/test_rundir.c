/* The run directory as a place: its lock, run.json, log, front.csv, and reading a run without its
 * model. */
#include "store/rundir.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "store/baselines.h"
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    return folder == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static const char *place(const char *name)
{
    static char path[2][4096];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[0], "%s/%s", folder, name);
    return path[turn];
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static struct rundir *open_run(const char *name)
{
    struct rundir *rundir;
    struct error error = {0};
    if (rundir_open(place(name), &rundir, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return rundir;
}

/* ---- life ---- */

static void an_unused_directory_goes_away(void **state)
{
    (void)state;
    struct rundir *rundir = open_run("a.run");
    assert_string_equal(rundir_path(rundir), place("a.run"));
    assert_true(exists(place("a.run/lock")));
    assert_false(rundir_exists(place("a.run")));
    rundir_log(rundir, "a courtesy");
    assert_true(exists(place("a.run/log.txt")));
    rundir_close(rundir);
    assert_false(exists(place("a.run")));
    rundir_close(NULL);
}

static void what_stood_there_before_stays(void **state)
{
    (void)state;
    assert_int_equal(mkdir(place("a.run"), 0777), 0);
    assert_int_equal(atomic_file_replace(place("a.run/note"), "mine", 4, NULL), STATUS_OK);
    rundir_close(open_run("a.run"));
    assert_true(exists(place("a.run/note")));
    /* made by this process, but with something in it */
    struct rundir *rundir = open_run("b.run");
    assert_int_equal(atomic_file_replace(place("b.run/note"), "mine", 4, NULL), STATUS_OK);
    rundir_close(rundir);
    assert_true(exists(place("b.run/note")));
}

/* What kill -9 leaves is cleared away; another program's file is not. */
static void leftovers_of_a_killed_process_go_away(void **state)
{
    static const char *const left[] = {"a.run/run.json.tmp-1-1", "a.run/state.json.tmp-1-22",
                                       "a.run/front.csv.tmp-99-0", "a.run/order.bin.tmp-1-3"};
    (void)state;
    assert_int_equal(mkdir(place("a.run"), 0777), 0);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(atomic_file_replace(place(left[i]), "{", 1, NULL), STATUS_OK);
    assert_int_equal(atomic_file_replace(place("a.run/x.gguf.tmp-1-1"), "x", 1, NULL), STATUS_OK);
    struct rundir *rundir = open_run("a.run");
    for (size_t i = 0; i < 4; i++)
        assert_false(exists(place(left[i])));
    assert_true(exists(place("a.run/x.gguf.tmp-1-1")));
    rundir_close(rundir);
}

static void run_json_is_kept(void **state)
{
    (void)state;
    struct rundir *rundir = open_run("deep/er/a.run");
    json_t *run;
    assert_int_equal(rundir_read_run(rundir, &run, NULL), STATUS_OK);
    assert_null(run);
    json_t *made = json_pack("{s:s,s:i}", "z", "first", "a", 2);
    assert_int_equal(rundir_write_run(rundir, made, NULL), STATUS_OK);
    rundir_close(rundir);
    assert_true(rundir_exists(place("deep/er/a.run")));
    rundir = open_run("deep/er/a.run");
    assert_int_equal(rundir_read_run(rundir, &run, NULL), STATUS_OK);
    assert_true(json_equal(run, made));
    json_decref(run);
    json_decref(made);
    rundir_close(rundir);
}

static void a_broken_run_json_is_refused(void **state)
{
    (void)state;
    static const char *const broken[] = {"", "{", "[1, 2]", "{\"a\": 1, \"a\": 2}", "nonsense"};
    assert_int_equal(mkdir(place("a.run"), 0777), 0);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct error error = {0};
        json_t *run;
        assert_int_equal(
            atomic_file_replace(place("a.run/run.json"), broken[i], strlen(broken[i]), NULL),
            STATUS_OK);
        struct rundir *rundir = open_run("a.run");
        assert_int_equal(rundir_read_run(rundir, &run, &error), STATUS_INVALID);
        assert_null(run);
        assert_non_null(strstr(error.message, "run.json"));
        rundir_close(rundir);
    }
}

static void places_that_cannot_be(void **state)
{
    (void)state;
    assert_int_equal(atomic_file_replace(place("file"), "x", 1, NULL), STATUS_OK);
    static const char *const names[] = {"file", "file/a.run", "a\001/../file/b.run"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct rundir *rundir = (void *)folder;
        struct error error = {0};
        assert_int_equal(rundir_open(place(names[i]), &rundir, &error), STATUS_IO);
        assert_null(rundir);
        assert_non_null(strstr(error.message, "cannot make the folder"));
    }
    struct rundir *rundir;
    struct error error = {0};
    assert_int_equal(rundir_open("", &rundir, &error), STATUS_INVALID);
    /* the reason given is the one that counts: /sys lets nobody make a folder */
    if (access("/sys/kernel", F_OK) == 0) {
        assert_int_equal(rundir_open("/sys/paretop-run", &rundir, &error), STATUS_IO);
        assert_null(strstr(error.message, "No such file"));
    }
    /* a folder that may be made but not written in leaves nothing */
    if (geteuid() != 0) {
        assert_int_equal(mkdir(place("closed"), 0555), 0);
        assert_int_equal(rundir_open(place("closed"), &rundir, &error), STATUS_IO);
        assert_non_null(strstr(error.message, "Permission denied"));
        assert_int_equal(rundir_open(place("closed/a.run"), &rundir, &error), STATUS_IO);
        assert_non_null(strstr(error.message, "Permission denied"));
    }
}

/* ---- lock ---- */

static void a_held_lock_names_its_holder(void **state)
{
    (void)state;
    int ready[2], done[2];
    char byte, expected[64], who[160], advice[4200];
    assert_false(rundir_in_use(place("a.run"), who, sizeof who)); /* nor is it there */
    assert_int_equal(pipe(ready) | pipe(done), 0);
    pid_t child = fork();
    if (child == 0) {
        struct rundir *rundir;
        enum status status = rundir_open(place("a.run"), &rundir, NULL);
        bool told = write(ready[1], "x", 1) == 1 && read(done[0], &byte, 1) == 1;
        _exit(status == STATUS_OK && told ? 0 : 1); /* killed, as it were: no close */
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct rundir *rundir;
    struct error error = {0};
    assert_int_equal(rundir_open(place("a.run"), &rundir, &error), STATUS_INVALID);
    assert_null(rundir);
    snprintf(expected, sizeof expected, "process %ld on ", (long)child);
    assert_non_null(strstr(error.message, expected));
    assert_non_null(strstr(error.message, " since 2"));
    snprintf(advice, sizeof advice, "paretop watch %s", place("a.run"));
    assert_non_null(strstr(error.message, advice));
    assert_true(rundir_in_use(place("a.run"), who, sizeof who));
    assert_non_null(strstr(who, expected));
    assert_non_null(strstr(error.message, place("a.run")));
    assert_true(exists(place("a.run/lock"))); /* the refused one took nothing away */
    assert_int_equal(write(done[1], "x", 1), 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(rundir_in_use(place("a.run"), who, sizeof who));
    rundir = open_run("a.run"); /* the lock died with its holder */
    assert_int_equal(rundir_open(place("a.run"), &(struct rundir *){0}, &error), STATUS_INVALID);
    snprintf(expected, sizeof expected, "process %ld on ", (long)getpid());
    assert_non_null(strstr(error.message, expected));
    rundir_close(rundir);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(done[i]);
    }
}

/* Many processes open a directory that is not there yet at the same time: one holds it, and what
 * the others clean up is not the holder's. */
static int race(const char *path, int start, int report, int release)
{
    char byte;
    struct rundir *rundir;
    if (read(start, &byte, 1) != 1)
        return 1;
    bool won = rundir_open(path, &rundir, NULL) == STATUS_OK;
    if (write(report, won ? "w" : "l", 1) != 1 || read(release, &byte, 1) != 1)
        return 1;
    if (won) {
        struct buf lock;
        if (rundir_file(rundir, "lock", &lock, NULL) != STATUS_OK || access(lock.data, F_OK) != 0)
            return 2;
        rundir_close(rundir);
    }
    return 0;
}

static void one_of_many_wins(void **state)
{
    (void)state;
    enum { RACERS = 8 };
    for (int round = 0; round < 60; round++) {
        int start[2], report[2], release[2], status;
        char answers[RACERS + 1] = "", go[RACERS] = {0};
        size_t winners = 0;
        pid_t child[RACERS];
        assert_int_equal(pipe(start) | pipe(report) | pipe(release), 0);
        for (int i = 0; i < RACERS; i++)
            if ((child[i] = fork()) == 0)
                _exit(race(place("a.run"), start[0], report[1], release[0]));
        assert_int_equal(write(start[1], go, RACERS), RACERS);
        for (int i = 0; i < RACERS; i++)
            assert_int_equal(read(report[0], &answers[i], 1), 1);
        assert_int_equal(write(release[1], go, RACERS), RACERS);
        for (int i = 0; i < RACERS; i++) {
            assert_int_equal(waitpid(child[i], &status, 0), child[i]);
            assert_int_equal(status, 0);
            winners += answers[i] == 'w';
        }
        assert_int_equal(winners, 1);
        rundir_close(open_run("a.run")); /* free again */
        unlink(place("a.run/lock"));     /* the winner need not be the one that made the folder */
        rmdir(place("a.run"));
        assert_false(exists(place("a.run")));
        for (int i = 0; i < 2; i++) {
            close(start[i]);
            close(report[i]);
            close(release[i]);
        }
    }
}

/* ---- front.csv, log, summary ---- */

static struct row row_of(uint32_t id, double acc, double bytes)
{
    struct row row = {.id = id, .code = {"88.8"}, .origin = "nsga2", .n = 10, .finished = 86400};
    row.code.text[id % 4] = '4';
    for (int i = 0; i < OBJECTIVES; i++)
        row.value[i] = NAN;
    row.value[OBJECTIVE_ACC] = acc;
    row.value[OBJECTIVE_BYTES] = bytes;
    row.standard_error = NAN;
    return row;
}

static void front_csv_holds_the_front(void **state)
{
    (void)state;
    struct archive *archive;
    struct row rows[3] = {row_of(0, .5, 100), row_of(1, .1, 200), row_of(2, .25, 50)};
    struct rundir *rundir = open_run("a.run");
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(archive_append(archive, &rows[i], NULL), STATUS_OK);
    assert_int_equal(front_write(rundir, archive, (uint32_t[]){2, 0}, 2, NULL), STATUS_OK);
    char *text;
    size_t length;
    assert_int_equal(file_read(place("a.run/front.csv"), &text, &length, NULL), STATUS_OK);
    assert_string_equal(text, "id,code,origin,generation,acc,acc_norm,choice_nll,perplexity,params,"
                              "bytes,macs,decode_ms,prompt_ms,decode_tps,prompt_tps,stderr,n,"
                              "seconds,finished\n"
                              "2,8848,nsga2,0,0.25,,,,,50,,,,,,,10,0,1970-01-02T00:00:00Z\n"
                              "0,48.8,nsga2,0,0.5,,,,,100,,,,,,,10,0,1970-01-02T00:00:00Z\n");
    memory_free(text);
    assert_int_equal(front_write(rundir, archive, NULL, 0, NULL), STATUS_OK); /* replaced */
    assert_int_equal(file_read(place("a.run/front.csv"), &text, &length, NULL), STATUS_OK);
    assert_int_equal(strcspn(text, "\n") + 1, length);
    memory_free(text);
    archive_free(archive);
    rundir_close(rundir);
}

static void the_log_has_a_line_a_message(void **state)
{
    (void)state;
    struct rundir *rundir = open_run("a.run");
    rundir_log(rundir, "one");
    rundir_log(rundir, "two: \"quoted\", %s");
    char *text;
    size_t length;
    assert_int_equal(file_read(place("a.run/log.txt"), &text, &length, NULL), STATUS_OK);
    assert_int_equal(length, 21 + 3 + 1 + 21 + 17 + 1);
    assert_memory_equal(text + 20, " one\n", 5);
    assert_non_null(strstr(text, "Z two: \"quoted\", %s\n"));
    memory_free(text);
    rundir_close(rundir);
}

static void summaries_need_no_model(void **state)
{
    (void)state;
    struct rundir *rundir = open_run("a.run");
    struct run_summary summary;
    struct error error = {0};
    struct run_state *saved = memory_new(1, sizeof *saved, NULL);
    json_t *run =
        json_pack("{s:{s:s},s:[s,s]}", "model", "name", "SmolLM2", "objectives", "acc", "bytes");
    assert_int_equal(run_summary_read(place("a.run"), &summary, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "is not a run directory"));
    assert_int_equal(rundir_write_run(rundir, run, NULL), STATUS_OK);
    json_decref(run);
    assert_int_equal(run_summary_read(place("a.run"), &summary, NULL), STATUS_OK); /* no rows yet */
    assert_int_equal(summary.rows, 0);
    run_summary_release(&summary);

    struct row rows[2] = {row_of(0, .5, 100), row_of(1, .4, 50)};
    assert_int_equal(history_append(rundir, &rows[0], NULL), STATUS_OK);
    assert_int_equal(history_append(rundir, &rows[1], NULL), STATUS_OK);
    assert_int_equal(pins_parse("bytes<=90MiB", NULL, &saved->pins, NULL), STATUS_OK);
    saved->method.rng.state[0] = 1;
    assert_int_equal(state_write(rundir, saved, NULL), STATUS_OK);
    /* while the run is being written */
    assert_int_equal(run_summary_read(place("a.run"), &summary, NULL), STATUS_OK);
    assert_string_equal(summary.model_name, "SmolLM2");
    assert_int_equal(summary.m, 2);
    assert_int_equal(summary.objectives[1], OBJECTIVE_BYTES);
    assert_int_equal(summary.rows, 2);
    assert_int_equal(summary.pins.count, 1);
    assert_true(summary.measured[OBJECTIVE_ACC] && summary.measured[OBJECTIVE_BYTES]);
    assert_false(summary.measured[OBJECTIVE_PERPLEXITY]);
    assert_true(archive_row(summary.archive, 1)->value[OBJECTIVE_BYTES] == 50);
    run_summary_release(&summary);
    memory_free(saved);

    static const char *const broken[] = {
        "{}", "{\"objectives\": [\"acc\"]}", "{\"objectives\": [\"acc\", 3]}",
        "{\"objectives\": [\"acc\", \"speed\"]}",
        "{\"objectives\": [\"acc\", \"bytes\", \"macs\", \"params\"]}"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        assert_int_equal(
            atomic_file_replace(place("a.run/run.json"), broken[i], strlen(broken[i]), NULL),
            STATUS_OK);
        assert_int_equal(run_summary_read(place("a.run"), &summary, &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, "run.json"));
    }
    rundir_close(rundir);
}

static void one_process_makes_baselines(void **state)
{
    int lock, other;
    struct error error = {0};
    (void)state;
    mkdir(place("a.run"), 0777);
    assert_int_equal(baselines_lock(place("a.run"), &lock, &error), STATUS_OK);
    assert_int_equal(baselines_lock(place("a.run"), &other, &error), STATUS_INVALID);
    assert_int_equal(other, -1);
    assert_non_null(strstr(error.message, "another process is making the baselines of"));
    close(lock);
    assert_int_equal(baselines_lock(place("a.run"), &lock, &error), STATUS_OK);
    close(lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unused_directory_goes_away),         TEST(what_stood_there_before_stays),
        TEST(leftovers_of_a_killed_process_go_away), TEST(run_json_is_kept),
        TEST(a_broken_run_json_is_refused),          TEST(places_that_cannot_be),
        TEST(a_held_lock_names_its_holder),          TEST(one_of_many_wins),
        TEST(one_process_makes_baselines),           TEST(front_csv_holds_the_front),
        TEST(the_log_has_a_line_a_message),          TEST(summaries_need_no_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
