/* requests.d: what any process asks is read once, in order, only when its line is whole, and what
 * was answered stays answered. */
#include "store/rundir.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "support.h"

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
static char run_path[4000];
static struct rundir *rundir;

static void reopen(void)
{
    struct error error = {0};
    rundir_close(rundir);
    if (rundir_open(run_path, &rundir, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static int open_run(void **state)
{
    (void)state;
    folder = support_folder();
    if (folder == NULL)
        return 1;
    snprintf(run_path, sizeof run_path, "%s/a.run", folder);
    if (rundir_open(run_path, &rundir, NULL) != STATUS_OK)
        return 1;
    json_t *run = json_object();
    enum status status = rundir_write_run(rundir, run, NULL); /* the folder is to stay */
    json_decref(run);
    return status != STATUS_OK;
}

static int close_run(void **state)
{
    (void)state;
    rundir_close(rundir);
    rundir = NULL;
    support_folder_remove(folder);
    return 0;
}

static void write_request(const char *verb, const char *argument)
{
    struct error error = {0};
    if (request_write(rundir, verb, argument, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

/* Appends bytes to a writer's file as another process on another machine does. */
static void foreign(const char *name, const char *text)
{
    char path[4400];
    snprintf(path, sizeof path, "%s/requests.d", run_path);
    assert_int_equal(folder_make(path, NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/requests.d/%s", run_path, name);
    FILE *file = fopen(path, "ab");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    assert_int_equal(fclose(file), 0);
}

static bool next(struct request *request)
{
    struct error error = {0};
    bool found;
    if (request_next(rundir, request, &found, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return found;
}

static void expect_next(const char *verb, const char *argument)
{
    struct request request;
    if (!next(&request))
        fail_msg("no request; %s %s expected", verb, argument);
    assert_string_equal(request.verb, verb);
    assert_string_equal(request.argument, argument);
    struct request again; /* it stays the next one until it is answered */
    assert_true(next(&again));
    assert_string_equal(again.file, request.file);
    assert_int_equal(again.line, request.line);
    assert_int_equal(request_answer(rundir, &request, 7, "", NULL), STATUS_OK);
}

static void expect_none(void)
{
    struct request request;
    if (next(&request))
        fail_msg("%s %s is left over", request.verb, request.argument);
}

/* ---- one process ---- */

static void requests_are_answered_once_in_order(void **state)
{
    (void)state;
    expect_none();
    write_request("pin", "bytes<=90MiB");
    write_request("pause", "");
    write_request("inject", "88.8");
    expect_next("pin", "bytes<=90MiB");
    write_request("note", "commas, \"quotes\", blanks ");
    expect_next("pause", "");
    expect_next("inject", "88.8");
    expect_next("note", "commas, \"quotes\", blanks ");
    expect_none();
    reopen(); /* answers survive */
    expect_none();
    write_request("stop", "");
    expect_next("stop", "");
    expect_none();
}

static void what_is_not_answered_is_asked_again(void **state)
{
    (void)state;
    struct request request;
    write_request("pin", "acc>=0.4");
    write_request("lock", "0=8");
    assert_true(next(&request));
    reopen();
    expect_next("pin", "acc>=0.4");
    reopen();
    expect_next("lock", "0=8");
    expect_none();
}

static void a_request_is_one_line(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(request_write(rundir, "pin", "acc>=0.4\nstop,", &error), STATUS_INVALID);
    assert_int_equal(request_write(rundir, "pin\r", "", &error), STATUS_INVALID);
    expect_none();
}

static void answers_say_when_and_why_not(void **state)
{
    (void)state;
    struct request request;
    char path[4400], *text;
    size_t length;
    write_request("pin", "speed>=3");
    assert_true(next(&request));
    assert_int_equal(request_answer(rundir, &request, 41, "\"speed\" is no objective, sorry", NULL),
                     STATUS_OK);
    foreign("other.csv", "stop,\n");
    assert_true(next(&request));
    assert_int_equal(request_answer(rundir, &request, 42, "", NULL), STATUS_OK);
    snprintf(path, sizeof path, "%s/requests.d/answers.csv", run_path);
    assert_int_equal(file_read(path, &text, &length, NULL), STATUS_OK);
    struct csv_table table;
    assert_int_equal(csv_read_memory(path, text, length, &table, NULL), STATUS_OK);
    memory_free(text);
    assert_int_equal(table.rows, 3);
    assert_int_equal(csv_column(&table, "file"), 0);
    assert_int_equal(csv_column(&table, "line"), 1);
    assert_int_equal(csv_column(&table, "id"), 2);
    assert_string_equal(table.row[1].field[1], "1");
    assert_string_equal(table.row[1].field[2], "41");
    assert_string_equal(table.row[1].field[3], "\"speed\" is no objective, sorry");
    assert_string_equal(table.row[2].field[0], "other.csv");
    assert_string_equal(table.row[2].field[2], "42");
    csv_release(&table);
}

/* ---- others ---- */

static void a_torn_line_is_not_taken(void **state)
{
    (void)state;
    foreign("host-1.csv", "pin,bytes<=90MiB\nunp");
    expect_next("pin", "bytes<=90MiB");
    expect_none();
    foreign("host-1.csv", "in,bytes<=90MiB");
    expect_none();
    foreign("host-1.csv", "\n");
    expect_next("unpin", "bytes<=90MiB");
    expect_none();
}

static void nonsense_is_handed_out_and_done_with(void **state)
{
    (void)state;
    static const char text[] = "stray\"quote,1\n"
                               "\n"
                               "pin,\"open\n"
                               "verbs,as,many,fields\n"
                               "averyveryverylongverbthatiscut,x\n"
                               "\xFF\xFE,x\n"
                               "lone\n"
                               "ok,done\n";
    foreign("host-1.csv", text);
    struct request request;
    static const char *const verbs[] = {"", "", "", "verbs", "averyveryverylo", "", "lone"};
    for (size_t i = 0; i < 7; i++) {
        assert_true(next(&request));
        assert_int_equal(request.line, i + 1);
        assert_string_equal(request.verb, verbs[i]);
        assert_int_equal(request_answer(rundir, &request, 0, "what?", NULL), STATUS_OK);
    }
    expect_next("ok", "done");
    expect_none();
}

static void other_files_are_no_requests(void **state)
{
    (void)state;
    char name[120] = "";
    memset(name, 'x', 110);
    memcpy(name + 106, ".csv", 5);
    foreign("readme.txt", "stop,\n");
    foreign(".csv", "stop,\n");
    foreign(name, "stop,\n"); /* longer than any writer's */
    expect_none();
    foreign("a,\"b\".csv", "pin,acc>=0.4\n"); /* odd names do not break the answers */
    expect_next("pin", "acc>=0.4");
    reopen();
    expect_none();
}

/* A run that lives long is steered by many processes, each with its own file. */
/* Nor do they hold up or end the run, whatever they are. */
static void what_cannot_be_read_asks_nothing(void **state)
{
    char path[4400];
    (void)state;
    foreign("z.csv", "pause,\n");
    snprintf(path, sizeof path, "%s/requests.d/a.csv", run_path);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s/requests.d/b.csv", run_path);
    assert_int_equal(mkfifo(path, 0666), 0);
    snprintf(path, sizeof path, "%s/requests.d/c.csv", run_path);
    assert_int_equal(symlink("/nowhere/at/all", path), 0);
    foreign("d.csv", "pause,\n");
    snprintf(path, sizeof path, "%s/requests.d/d.csv", run_path);
    assert_int_equal(chmod(path, 0), 0);
    if (geteuid() == 0) /* who may read everything */
        expect_next("pause", "");
    expect_next("pause", "");
    expect_none();
}

static void there_may_be_any_number_of_writers(void **state)
{
    (void)state;
    char name[32], argument[32];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100; i++) {
            snprintf(name, sizeof name, "host-%03d.csv", i);
            snprintf(argument, sizeof argument, "x,%d\n", i + 100 * round);
            foreign(name, argument);
        }
        for (int i = 0; i < 100; i++) {
            snprintf(argument, sizeof argument, "%d", i + 100 * round);
            expect_next("x", argument);
        }
        expect_none();
        reopen();
        expect_none();
    }
}

/* Two processes write at the same time, in the way that a screen does: a request a line, each by
 * its own file; the run reads while they write. */
static void two_processes_write_while_the_run_reads(void **state)
{
    (void)state;
    enum { REQUESTS = 40 };
    pid_t child[2];
    int seen[2] = {0, 0};
    for (int w = 0; w < 2; w++)
        if ((child[w] = fork()) == 0) {
            enum status status = STATUS_OK;
            for (int i = 0; i < REQUESTS && status == STATUS_OK; i++) {
                char argument[32];
                snprintf(argument, sizeof argument, "%d,%d", w, i);
                status = request_write(rundir, "x", argument, NULL);
            }
            _exit(status == STATUS_OK ? 0 : 1);
        }
    for (int left = 2 * REQUESTS; left > 0;) {
        struct request request;
        int writer, number;
        if (!next(&request)) {
            usleep(1000);
            continue;
        }
        assert_string_equal(request.verb, "x");
        assert_int_equal(sscanf(request.argument, "%d,%d", &writer, &number), 2);
        assert_in_range(writer, 0, 1);
        assert_int_equal(number, seen[writer]);
        seen[writer]++;
        left--;
        assert_int_equal(request_answer(rundir, &request, 0, "", NULL), STATUS_OK);
    }
    for (int w = 0; w < 2; w++) {
        int status;
        assert_int_equal(waitpid(child[w], &status, 0), child[w]);
        assert_int_equal(status, 0);
    }
    expect_none();
    reopen();
    expect_none();
}

/* ---- answers.csv ---- */

static void a_torn_answer_is_given_again(void **state)
{
    (void)state;
    write_request("pin", "acc>=0.4");
    write_request("pin", "acc>=0.5");
    expect_next("pin", "acc>=0.4");
    foreign("answers.csv", "host-1.cs");
    reopen();
    expect_next("pin", "acc>=0.5");
    reopen();
    expect_none();
}

static size_t lines_of_log(const char *part)
{
    char path[4400], *text = NULL;
    size_t length = 0, count = 0;
    snprintf(path, sizeof path, "%s/log.txt", run_path);
    if (file_read(path, &text, &length, NULL) == STATUS_OK)
        for (const char *at = text; (at = strstr(at, part)) != NULL; at++)
            count++;
    memory_free(text);
    return count;
}

/* A damaged answer is none, and told once; the others count. */
static void damaged_answers_are_left_out(void **state)
{
    (void)state;
    static const char *const damage[] = {
        "nonsense\n",       "host-1.csv,0,3,\n",           "host-1.csv,x,3,\n",
        "host-1.csv,\"3\n", "host-1.csv,99999999999,3,\n", "host-1.csv,1,-1,\n",
        "\x01\xFF\n"};
    foreign("host-1.csv", "pin,acc>=0.3\npin,acc>=0.4\n");
    foreign("answers.csv", "file,line,id,refusal\n");
    for (size_t i = 0; i < sizeof damage / sizeof *damage; i++)
        foreign("answers.csv", damage[i]);
    foreign("answers.csv", "host-1.csv,1,7,\n");
    for (int round = 0; round < 2; round++) {
        reopen();
        struct request request;
        bool found;
        assert_int_equal(request_next(rundir, &request, &found, NULL), STATUS_OK);
        assert_true(found);
        assert_string_equal(request.argument, "acc>=0.4");
        assert_int_equal(lines_of_log("is no answer"), sizeof damage / sizeof *damage);
        assert_int_equal(lines_of_log("answers.csv, line 2 is no answer"), 1);
    }
}

static enum status count_answer(void *context, const struct answer *answer, struct error *error)
{
    (void)error;
    struct answer *last = context;
    *last = *answer;
    return STATUS_OK;
}

/* A watcher asks through a file of its own, and hears what becomes of it. */
static void a_watcher_hears_the_answers_that_come(void **state)
{
    struct rundir *watcher;
    struct answer last = {0};
    (void)state;
    write_request("pin", "acc>=0.1");
    expect_next("pin", "acc>=0.1"); /* answered */
    assert_int_equal(rundir_watch(run_path, &watcher, NULL), STATUS_OK);
    assert_int_equal(answers_read(watcher, NULL, NULL, NULL), STATUS_OK);
    assert_int_equal(request_write(watcher, "inject", "88.8", NULL), STATUS_OK);
    assert_int_equal(answers_read(watcher, count_answer, &last, NULL), STATUS_OK);
    assert_string_equal(last.file, "");
    expect_next("inject", "88.8");
    assert_int_equal(answers_read(watcher, count_answer, &last, NULL), STATUS_OK);
    assert_int_equal(request_own_line(watcher, last.file), last.line);
    assert_int_equal(request_own_line(watcher, "host-0.csv"), 0);
    memset(&last, 0, sizeof last);
    assert_int_equal(answers_read(watcher, count_answer, &last, NULL), STATUS_OK);
    assert_string_equal(last.file, ""); /* each once */
    rundir_close(watcher);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_run, close_run)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_are_answered_once_in_order),
        TEST(what_is_not_answered_is_asked_again),
        TEST(a_request_is_one_line),
        TEST(answers_say_when_and_why_not),
        TEST(a_torn_line_is_not_taken),
        TEST(nonsense_is_handed_out_and_done_with),
        TEST(other_files_are_no_requests),
        TEST(what_cannot_be_read_asks_nothing),
        TEST(there_may_be_any_number_of_writers),
        TEST(two_processes_write_while_the_run_reads),
        TEST(a_torn_answer_is_given_again),
        TEST(damaged_answers_are_left_out),
        TEST(a_watcher_hears_the_answers_that_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
