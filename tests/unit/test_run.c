/* Whole runs on a tiny model: one history for any number of threads, with and without interruption,
 * steered by requests. Rows are compared as history.csv has them, times apart. */
#include "support.h"

#include "base/memory.h"
#include "engine/run.h"
#include "io/atomic_file.h"
#include "io/csv.h"
#include "store/rundir.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ITEMS 12

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

static const char *place(const char *name)
{
    static char path[4][300];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static struct run_options options_for(const char *directory, size_t evaluations)
{
    return (struct run_options){.model = model,
                                .directory = directory,
                                .limit = ITEMS,
                                .evaluations = evaluations,
                                .population = 8,
                                .seed = 7,
                                .seed_given = true,
                                .threads = 2};
}

static struct run *opened(const struct run_options *options)
{
    struct run *run = NULL;
    struct error error = {0};
    if (run_open(options, &run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return run;
}

static void wait_wake(struct run *run)
{
    struct pollfd ready = {.fd = run_wake_fd(run), .events = POLLIN};
    if (poll(&ready, 1, 60000) <= 0)
        fail_msg("the run says nothing for a minute");
}

/* Until the run has finished, or has this many rows. */
static void wait_for(struct run *run, size_t rows)
{
    for (;;) {
        const struct snapshot *snapshot = run_snapshot(run);
        enum run_phase phase = snapshot->phase;
        size_t have = snapshot->rows;
        char message[256];
        snprintf(message, sizeof message, "%s", snapshot->message);
        snapshot_release(snapshot);
        if (phase == RUN_FAILED)
            fail_msg("%s", message);
        if (phase == RUN_FINISHED || have >= rows)
            return;
        wait_wake(run);
    }
}

static void started(struct run *run)
{
    struct error error = {0};
    if (run_start(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void ended(struct run *run)
{
    struct error error = {0};
    run_stop(run);
    if (run_wait(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    run_close(run);
}

static void completed(const struct run_options *options)
{
    struct run *run = opened(options);
    started(run);
    wait_for(run, SIZE_MAX);
    ended(run);
}

/* Two runs take and measure their own times. */
static bool is_time(const char *column)
{
    static const char *const names[] = {"seconds",   "finished",   "decode_ms",
                                        "prompt_ms", "decode_tps", "prompt_tps"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column, names[i]) == 0)
            return true;
    return false;
}

/* history.csv or front.csv without the columns of times; the caller frees. */
static char *rows_of(const char *directory, const char *name)
{
    char path[400];
    struct csv_table table;
    struct buf text;
    struct error error = {0};
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (csv_read_file(path, &table, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(table.rows > 0);
    buf_init(&text);
    for (size_t i = 0; i < table.rows; i++) {
        for (size_t k = 0; k < table.row[i].fields; k++)
            if (!is_time(table.row[0].field[k]))
                csv_append_field(&text, k == 0, table.row[i].field[k], &error);
        buf_append(&text, "\n", 1, &error);
    }
    csv_release(&table);
    return text.data;
}

static void assert_same_rows(const char *a, const char *b)
{
    static const char *const names[] = {"history.csv", "front.csv"};
    for (int i = 0; i < 2; i++) {
        char *first = rows_of(a, names[i]), *second = rows_of(b, names[i]);
        assert_string_equal(first, second);
        memory_free(first);
        memory_free(second);
    }
}

static size_t count_rows(const char *directory)
{
    struct archive *archive = NULL;
    struct error error = {0};
    assert_int_equal(archive_new(&archive, &error), STATUS_OK);
    if (history_read(directory, archive, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    size_t rows = archive_count(archive);
    for (size_t i = 0; i < rows; i++) /* none twice */
        assert_ptr_equal(archive_find(archive, &archive_row(archive, i)->code),
                         archive_row(archive, i));
    archive_free(archive);
    return rows;
}

/* ---- tests ---- */

static void one_history_for_any_threads(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        char name[32];
        snprintf(name, sizeof name, "threads%u.run", threads);
        struct run_options options = options_for(place(name), 30);
        options.threads = threads;
        completed(&options);
        assert_int_equal(count_rows(options.directory), 30);
    }
    assert_same_rows(place("threads1.run"), place("threads2.run"));
    assert_same_rows(place("threads1.run"), place("threads4.run"));
}

static void another_seed_is_another_history(void **state)
{
    (void)state;
    struct run_options options = options_for(place("seed.run"), 30);
    options.seed = 8;
    completed(&options);
    char *a = rows_of(place("threads1.run"), "history.csv");
    char *b = rows_of(place("seed.run"), "history.csv");
    assert_string_not_equal(a, b);
    memory_free(a);
    memory_free(b);
}

/* From the first that was bred on: each generation is in the order that shares most, which the
 * codes alone decide. */
static void generations_are_sorted(void **state)
{
    (void)state;
    struct archive *archive = NULL;
    struct arch_code code[8];
    struct error error = {0};
    size_t sorted = 0;
    assert_int_equal(archive_new(&archive, &error), STATUS_OK);
    assert_int_equal(history_read(place("threads1.run"), archive, &error), STATUS_OK);
    for (size_t i = 0, count; i < archive_count(archive); i += count) {
        uint32_t generation = archive_row(archive, i)->generation;
        for (count = 0; i + count < archive_count(archive) &&
                        archive_row(archive, i + count)->generation == generation;
             count++)
            code[count] = archive_row(archive, i + count)->code;
        arch_code_sort(code, count);
        for (size_t k = 0; generation > 0 && k < count; k++)
            assert_string_equal(archive_row(archive, i + k)->code.text, code[k].text);
        sorted += generation > 0 ? count : 0;
    }
    assert_int_equal(sorted, 22);
    archive_free(archive);
}

static void stopped_and_resumed(void **state)
{
    (void)state;
    const char *directory = place("stopped.run");
    for (size_t rows = 3; rows < 30; rows += 5) {
        struct run_options options = options_for(directory, 30);
        struct run *run = opened(&options);
        started(run);
        wait_for(run, rows);
        ended(run);
    }
    struct run_options options = options_for(directory, 30);
    completed(&options);
    assert_same_rows(place("threads1.run"), directory);
}

/* The same command, with pins and locks of which the later ones replace the earlier, and codes of
 * which some are still to be evaluated, asks for nothing new. */
static void stopped_and_resumed_with_steering(void **state)
{
    static const char *const pins[] = {"bytes<=900kB", "bytes<=1MB"}, *locks[] = {"0-3=8", "1=4"},
                             *codes[] = {"888811", "111111", "aaaaaa", "222222"};
    (void)state;
    for (int interrupted = 0; interrupted < 2; interrupted++) {
        struct run_options options = options_for(place(interrupted ? "same.run" : "whole.run"), 30);
        options.pins = pins;
        options.locks = locks;
        options.injects = codes;
        options.pin_count = options.lock_count = 2;
        options.inject_count = 4;
        options.threads = 1;
        for (size_t rows = 1; interrupted && rows < 30; rows += rows < 6 ? 1 : 5) {
            struct run *run = opened(&options);
            started(run);
            wait_for(run, rows);
            ended(run);
        }
        completed(&options);
    }
    assert_same_rows(place("whole.run"), place("same.run"));
    assert_int_not_equal(access(place("same.run/requests.d"), F_OK), 0); /* nothing was asked */
}

static size_t wanted_by(const struct run_options *options)
{
    struct run *run = opened(options);
    const struct snapshot *snapshot = run_snapshot(run);
    size_t wanted = snapshot->evaluations_wanted;
    snapshot_release(snapshot);
    run_close(run);
    return wanted;
}

static size_t rows_yet(const char *directory)
{
    return access(directory, F_OK) == 0 ? count_rows(directory) : 0;
}

/* A time alone ends a run; a number that somebody asked for ends it, too. */
static void a_time_is_no_number(void **state)
{
    (void)state;
    struct run_options options = options_for(place("timed.run"), 0), given;
    options.time_limit = .6;
    completed(&options);
    size_t rows = rows_yet(options.directory);
    assert_int_equal(wanted_by(&options), RUN_EVALUATIONS_MOST); /* the same command */
    for (int i = 0; i < 30 && rows_yet(options.directory) <= rows; i++)
        completed(&options); /* a slow build may spend a time on loading and planning alone */
    assert_true(count_rows(options.directory) > rows);
    assert_int_equal(wanted_by(&(struct run_options){.directory = options.directory}),
                     RUN_EVALUATIONS_MOST);

    given = options_for(place("usual.run"), 0);
    struct run *run = opened(&given);
    started(run);
    wait_for(run, 3);
    ended(run);
    assert_int_equal(wanted_by(&given), RUN_EVALUATIONS);
    given.time_limit = 2;
    assert_int_equal(wanted_by(&given), RUN_EVALUATIONS_MOST);
    given.evaluations = 300;
    assert_int_equal(wanted_by(&given), 300);

    given = options_for(place("threads1.run"), 0);
    given.time_limit = 2;
    assert_int_equal(wanted_by(&given), 30); /* that many were asked for */
}

/* The time is looked at within an ask, too, which then has not been made: it changes nothing. */
static void a_time_that_ends_in_an_ask(void **state)
{
    (void)state;
    struct run_options options = options_for(place("whole_asks.run"), 44);
    options.method = "linas"; /* asks for longer than it evaluates */
    completed(&options);
    options.directory = place("cut_asks.run");
    for (size_t rows = 0, session = 1; rows < 44 && session < 10; session++) {
        options.time_limit = .1 * (double)session;
        clock_t start = clock(); /* of processors: other work on the machine does not count */
        completed(&options);
        double took = (double)(clock() - start) / CLOCKS_PER_SEC;
        if (took > 5 + options.threads * options.time_limit)
            fail_msg("%g s for a time of %g s", took, options.time_limit);
        rows = rows_yet(options.directory);
    }
    options.time_limit = 0;
    completed(&options);
    assert_same_rows(place("whole_asks.run"), place("cut_asks.run"));
}

/* Goes on with the run until it has this many rows; what is in force then. */
static void steered_to(const struct run_options *options, size_t rows, const char *pins,
                       const char *locks)
{
    char have[2][256] = {"", ""};
    struct run *run = opened(options);
    started(run);
    wait_for(run, rows);
    const struct snapshot *snapshot = run_snapshot(run);
    for (size_t i = 0; i < snapshot->pins.count; i++)
        snprintf(have[0] + strlen(have[0]), 80, "%s ", snapshot->pins.pin[i].text);
    for (size_t i = 0; i < snapshot->locks; i++)
        snprintf(have[1] + strlen(have[1]), 80, "%s ", snapshot->lock[i].text);
    snapshot_release(snapshot);
    ended(run);
    assert_string_equal(have[0], pins);
    assert_string_equal(have[1], locks);
}

/* The command that started the run is no request when it is given again; what it has more is. */
static void what_was_removed_stays_removed(void **state)
{
    static const char *const pins[] = {"size<=2MB", "acc>=1%", "bytes>=1kB"};
    static const char *const locks[] = {"0-3=8", "2=4", "5=4"};
    (void)state;
    struct error error = {0};
    struct run_options options = options_for(place("removed.run"), 200);
    options.pins = pins;
    options.locks = locks;
    options.pin_count = options.lock_count = 2;
    struct run *run = opened(&options);
    started(run);
    wait_for(run, 4);
    assert_int_equal(run_request(run, "unpin", "bytes<=", &error), STATUS_OK);
    assert_int_equal(run_request(run, "pin", "acc>=2%", &error), STATUS_OK);
    assert_int_equal(run_request(run, "unlock", "0-1", &error), STATUS_OK);
    wait_for(run, 30);
    ended(run);
    steered_to(&options, 45, "acc>=2% ", "2=4 3=8 ");
    options.pin_count = options.lock_count = 3;
    steered_to(&options, 70, "acc>=2% bytes>=1kB ", "2=4 3=8 5=4 ");
    options.pins = (const char *const[]){"bytes<=1.5MB"};
    options.locks = (const char *const[]){"0=7", "3-5="};
    options.pin_count = 1;
    options.lock_count = 2;
    steered_to(&options, 95, "acc>=2% bytes>=1kB bytes<=1.5MB ", "0=7 2=4 ");
}

static void extended(void **state)
{
    (void)state;
    const char *directory = place("extended.run");
    struct run_options options = options_for(directory, 11);
    completed(&options);
    assert_int_equal(count_rows(directory), 11);
    options = (struct run_options){.directory = directory, .evaluations = 30, .threads = 1};
    completed(&options); /* everything else from run.json */
    assert_same_rows(place("threads1.run"), directory);
}

/* Which crossover it is belongs to the run. */
static void extended_with_its_crossover(void **state)
{
    (void)state;
    struct run_options options = options_for(place("prefix.run"), 30);
    options.crossover = "prefix";
    completed(&options);
    options.directory = place("prefix extended.run");
    options.evaluations = 11;
    completed(&options);
    options = (struct run_options){.directory = options.directory, .evaluations = 30};
    completed(&options);
    assert_same_rows(place("prefix.run"), options.directory);
    char *prefix = rows_of(place("prefix.run"), "history.csv");
    char *uniform = rows_of(place("threads1.run"), "history.csv");
    assert_string_not_equal(prefix, uniform);
    memory_free(prefix);
    memory_free(uniform);
}

static void extended_while_it_waits(void **state)
{
    (void)state;
    struct error error = {0};
    struct run_options options = options_for(place("waits.run"), 13);
    struct run *run = opened(&options);
    started(run);
    wait_for(run, SIZE_MAX);
    assert_int_equal(run_request(run, "evals", "30", &error), STATUS_OK);
    for (size_t rows = 0; rows < 30; wait_wake(run)) { /* it is still said to be finished */
        const struct snapshot *snapshot = run_snapshot(run);
        rows = snapshot->rows;
        snapshot_release(snapshot);
        if (rows >= 30)
            break;
    }
    ended(run);
    assert_same_rows(place("threads1.run"), place("waits.run"));
}

static void pausing_changes_nothing(void **state)
{
    (void)state;
    struct error error = {0};
    struct run_options options = options_for(place("paused.run"), 30);
    struct run *run = opened(&options);
    started(run);
    wait_for(run, 5);
    assert_int_equal(run_request(run, "pause", "", &error), STATUS_OK);
    for (bool paused = false; !paused; wait_wake(run)) {
        const struct snapshot *snapshot = run_snapshot(run);
        paused = snapshot->phase == RUN_PAUSED;
        bool finished = snapshot->phase == RUN_FINISHED;
        snapshot_release(snapshot);
        assert_false(finished);
        if (paused)
            break;
    }
    assert_int_equal(run_request(run, "continue", "", &error), STATUS_OK);
    wait_for(run, SIZE_MAX);
    ended(run);
    assert_same_rows(place("threads1.run"), place("paused.run"));
}

/* Share of rows first..first+count-1 with at most `bytes`. */
static double within(const char *directory, size_t first, size_t count, double bytes)
{
    struct archive *archive = NULL;
    struct error error = {0};
    size_t inside = 0;
    assert_int_equal(archive_new(&archive, &error), STATUS_OK);
    assert_int_equal(history_read(directory, archive, &error), STATUS_OK);
    assert_true(archive_count(archive) >= first + count);
    for (size_t i = first; i < first + count; i++)
        inside += archive_row(archive, i)->value[OBJECTIVE_BYTES] <= bytes;
    archive_free(archive);
    return (double)inside / (double)count;
}

/* Id of the evaluation before which the first request took effect. */
static size_t first_answer(const char *directory)
{
    struct error error = {0};
    char path[400], *answers;
    size_t length, line = 0, id = 0;
    snprintf(path, sizeof path, "%s/requests.d/answers.csv", directory);
    assert_int_equal(file_read(path, &answers, &length, &error), STATUS_OK);
    assert_int_equal(sscanf(strchr(answers, '\n') + 1, "%*[^,],%zu,%zu", &line, &id), 2);
    memory_free(answers);
    assert_int_equal(line, 1);
    return id;
}

static void pins_steer_from_their_answer_on(void **state)
{
    (void)state;
    struct error error = {0};
    struct run_options options = options_for(place("pinned.run"), 80);
    char pin[64];
    struct run *run = opened(&options);
    started(run);
    wait_for(run, 20);
    const struct snapshot *snapshot = run_snapshot(run);
    double limit = 0.8 * archive_row(snapshot->archive, 0)->value[OBJECTIVE_BYTES];
    snapshot_release(snapshot);
    snprintf(pin, sizeof pin, "bytes<=%.0f", limit);
    assert_int_equal(run_request(run, "pin", pin, &error), STATUS_OK);
    wait_for(run, SIZE_MAX);
    ended(run);
    size_t id = first_answer(options.directory);
    assert_true(id >= 20 && id + 20 <= 80);
    assert_true(within(options.directory, id, 20, limit) >= 2.0 / 3.0);
}

static void injected_next(void **state)
{
    (void)state;
    struct error error = {0};
    struct run_options options = options_for(place("injected.run"), 30);
    struct run *run = opened(&options);
    started(run);
    wait_for(run, 10);
    assert_int_equal(run_request(run, "inject", "123.ab", &error), STATUS_OK);
    wait_for(run, SIZE_MAX);
    ended(run);
    struct archive *archive = NULL;
    assert_int_equal(archive_new(&archive, &error), STATUS_OK);
    assert_int_equal(history_read(options.directory, archive, &error), STATUS_OK);
    const struct row *row = archive_find(archive, &(struct arch_code){.text = "123.ab"});
    assert_non_null(row);
    assert_string_equal(row->origin, "inject");
    assert_true(row->id >= 10);
    assert_int_equal(row->id, first_answer(options.directory)); /* the next one to be begun */
    assert_int_equal(archive_count(archive), 30);
    archive_free(archive);
}

static void injected_from_the_start(void **state)
{
    (void)state;
    const char *codes[] = {"888844", "111111"};
    struct run_options options = options_for(place("injects.run"), 12);
    options.injects = codes;
    options.inject_count = 2;
    completed(&options);
    char *rows = rows_of(options.directory, "history.csv");
    const char *line = strchr(rows, '\n') + 1;
    assert_memory_equal(line, "0,888888,base,", 14);
    line = strchr(line, '\n') + 1;
    assert_memory_equal(line, "1,888844,inject,", 16);
    line = strchr(line, '\n') + 1;
    assert_memory_equal(line, "2,111111,inject,", 16);
    memory_free(rows);
}

static void locked(void **state)
{
    (void)state;
    struct error error = {0};
    const char *locks[] = {"0-2=8", "4=."};
    struct run_options options = options_for(place("locked.run"), 40);
    options.locks = locks;
    options.lock_count = 2;
    completed(&options);
    struct archive *archive = NULL;
    assert_int_equal(archive_new(&archive, &error), STATUS_OK);
    assert_int_equal(history_read(options.directory, archive, &error), STATUS_OK);
    for (size_t i = 0; i < archive_count(archive); i++) {
        const char *code = archive_row(archive, i)->code.text;
        if (strncmp(code, "888", 3) != 0 || code[4] != '.')
            fail_msg("id %zu is %s", i, code);
    }
    assert_true(archive_count(archive) >= 30); /* 6 * 6 codes in all */
    archive_free(archive);
}

static void a_tiny_space_ends(void **state)
{
    (void)state;
    const char *locks[] = {"0-4=8"};
    struct run_options options = options_for(place("ends.run"), 40);
    options.locks = locks;
    options.lock_count = 1;
    completed(&options);
    assert_int_equal(count_rows(options.directory), 6);
}

/* What a request did is its answer, once; a pin that is not there is gone already. */
static void asked_before_the_start(void **state)
{
    static const char *const asked[][2] = {
        {"unpin", "bytes<="}, {"inject", "123.ab"}, {"evals", "9"}, {"stop", ""}};
    (void)state;
    struct error error = {0};
    char path[400], *answers;
    size_t length;
    struct run_options options = options_for(place("asked.run"), 8);
    options.threads = 1;
    struct run *run = opened(&options);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(run_request(run, asked[i][0], asked[i][1], &error), STATUS_OK);
    started(run);
    assert_int_equal(run_wait(run, &error), STATUS_OK);
    const struct snapshot *snapshot = run_snapshot(run);
    assert_int_equal(snapshot->phase, RUN_FINISHED);
    assert_true(snapshot->stopped);
    const struct arch_code code = {"123.ab"}; /* nobody would hear of it */
    assert_int_equal(run_extract(run, &code, NULL, place("late.gguf"), false, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "has ended"));
    snapshot_release(snapshot);
    run_close(run);
    completed(&options);
    assert_int_equal(count_rows(options.directory), 9);
    snprintf(path, sizeof path, "%s/requests.d/answers.csv", options.directory);
    assert_int_equal(file_read(path, &answers, &length, &error), STATUS_OK);
    for (int line = 1; line <= 4; line++) { /* without a refusal */
        char end[32];
        snprintf(end, sizeof end, ".csv,%d,0,\n", line);
        assert_non_null(strstr(answers, end));
    }
    memory_free(answers);
}

static void refused_requests(void **state)
{
    static const char *const bad[][2] = {
        {"pin", "decode_ms<=12MiB"}, {"pin", "perplexity<=20"}, {"pin", "bytes"},
        {"pin", "bytes<=1M"},        {"lock", "0-9=8"},         {"lock", "0-5=."},
        {"inject", "8888"},          {"inject", "......"},      {"inject", "88x888"},
        {"evals", "many"},           {"unpin", "speed<="},      {"dance", ""},
    };
    (void)state;
    struct run_options options = options_for(place("refused.run"), 8);
    struct run *run = opened(&options);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error error = {0};
        if (run_request(run, bad[i][0], bad[i][1], &error) != STATUS_INVALID)
            fail_msg("%s %s was taken", bad[i][0], bad[i][1]);
        assert_true(strlen(error.message) > 10);
    }
    run_close(run);
    assert_int_not_equal(access(options.directory, F_OK), 0); /* never started: nothing is left */
}

static void defaults_said_aloud_are_the_same(void **state)
{
    (void)state;
    struct run_options options = options_for(place("threads1.run"), 30);
    options.choices = "8 7 6 4 h .";
    options.space = "layers";
    options.crossover = "uniform";
    options.objectives = "acc_est,size";
    options.type = "SOURCE";
    options.precision = "F32";
    run_close(opened(&options));
}

static void refused_to_go_on_as_another(void **state)
{
    (void)state;
    struct error error = {0};
    struct run *run = NULL;
    struct run_options options = options_for(place("threads1.run"), 30);
    options.seed = 9;
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "--seed 7, not 9"));
    options = options_for(place("threads1.run"), 30);
    options.space = "llama-nas";
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "--space layers, not llama-nas"));
    options = options_for(place("threads1.run"), 30);
    options.crossover = "prefix";
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "--crossover uniform, not prefix"));
    options = options_for(place("threads1.run"), 30);
    options.precision = "bf16";
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "--precision ")); /* f32, not bf16; or not built */
    const char *tasks[] = {"heldout"};
    options = options_for(place("threads1.run"), 30);
    options.tasks = tasks;
    options.task_count = 1;
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "heldout"));
}

/* What a run did not have from the start it cannot have later. */
static void refused_files_that_come_late(void **state)
{
    (void)state;
    struct error error = {0};
    struct run *run = NULL;
    struct run_options options = options_for(place("threads1.run"), 40);
    options.text = model;
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "without --text"));
    options = options_for(place("threads1.run"), 40);
    options.neuron_order = model;
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "without --neuron-order"));
    options = options_for(place("threads1.run"), 40);
    options.calibration = model;
    assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "without --calibration"));
}

/* run.json changed by hand, or gone: a sentence, no crash and no rows of something else. */
static void refused_a_run_json_that_does_not_say(void **state)
{
    static const char *const bad[][2] = {
        {"tasks", "[{}]"},
        {"tasks", "[{\"path\": 3, \"sha256\": \"0\"}]"},
        {"tasks", "[3]"},
        {"tasks", "[null]"},
        {"model", "{}"},
        {"model", "[]"},
        {"text", "{\"path\": \"search\"}"},
        {"options", "{\"type\": \"q9\"}"},
        {"options", "{\"head\": \"q6_k\"}"},
        {"options", "{\"population\": \"1000\"}"},
        {"options", "{\"seed\": \"-1\"}"},
    };
    (void)state;
    char path[400], *text;
    size_t length;
    struct error error = {0};
    struct run *run = NULL;
    const struct run_options options = {.directory = place("threads1.run")};
    snprintf(path, sizeof path, "%s/run.json", options.directory);
    assert_int_equal(file_read(path, &text, &length, &error), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *whole, *value;
        assert_int_equal(json_read_text("run", 1, text, length, &whole, &error), STATUS_OK);
        assert_int_equal(json_read_text("value", 1, bad[i][1], strlen(bad[i][1]), &value, &error),
                         STATUS_OK);
        if (strcmp(bad[i][0], "options") == 0)
            json_object_update(json_object_get(whole, "options"), value);
        else
            json_object_set(whole, bad[i][0], value);
        assert_int_equal(json_write_file(path, whole, &error), STATUS_OK);
        json_decref(whole);
        json_decref(value);
        if (run_open(&options, &run, &error) != STATUS_INVALID)
            fail_msg("%s %s was taken", bad[i][0], bad[i][1]);
    }
    assert_int_equal(unlink(path), 0);
    const struct run_options again = options_for(options.directory, 40);
    assert_int_equal(run_open(&again, &run, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "no run.json"));
    assert_int_equal(atomic_file_replace(path, text, length, &error), STATUS_OK);
    memory_free(text);
}

/* state.json or history.csv of another run, or changed by hand: a sentence, no crash. */
static void refused_to_go_on_from_a_foreign_state(void **state)
{
    static const struct {
        const char *key, *json, *says;
    } bad[] = {
        {"asked_rows", "[31]", "history.csv has 30 rows"},
        {"want", "[9]", "9 networks wanted of a generation of 8"},
        {"want", "[1000000]", "1000000 networks"},
        {"injects", "[[\"88\"]]", "2 characters for 6 layers"},
        {"injects", "[[\"......\"]]", "state.json"},
        {"locks", "[[\"0-9=8\"]]", "0-9=8"},
        {"pins", "[[{\"pin\": \"perplexity<=20\", \"enabled\": true}]]", "perplexity"},
        {"seconds", "[-1.0]", "does not hold a search's state"},
        {"seconds", "[1e300]", "does not hold a search's state"},
    };
    (void)state;
    struct run_options options = options_for(place("threads1.run"), 40);
    char path[400], *text;
    size_t length;
    struct error error = {0};
    snprintf(path, sizeof path, "%s/state.json", options.directory);
    assert_int_equal(file_read(path, &text, &length, &error), STATUS_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *whole, *value;
        struct run *run = NULL;
        assert_int_equal(json_read_text("state", 1, text, length, &whole, &error), STATUS_OK);
        assert_int_equal(
            json_read_text("value", 1, bad[i].json, strlen(bad[i].json), &value, &error),
            STATUS_OK);
        json_object_set(whole, bad[i].key, json_array_get(value, 0));
        assert_int_equal(json_write_file(path, whole, &error), STATUS_OK);
        json_decref(whole);
        json_decref(value);
        assert_int_equal(run_open(&options, &run, &error), STATUS_INVALID);
        if (strstr(error.message, bad[i].says) == NULL)
            fail_msg("\"%s\" does not say %s", error.message, bad[i].says);
    }
    assert_int_equal(atomic_file_replace(path, text, length, &error), STATUS_OK);
    memory_free(text);
}

static void refused_before_work(void **state)
{
    static const struct {
        struct run_options options;
        const char *says;
    } bad[] = {
        {{.space = "circles"}, "circles"},
        {{.method = "guess"}, "guess"},
        {{.crossover = "three-point"}, "uniform, two-point and prefix"},
        {{.objectives = "acc"}, "objectives"},
        {{.objectives = "perplexity,bytes"}, "--text"},
        {{.type = "q9"}, "q9"},
        {{.type = "q6_k"}, "q6_k"},
        {{.precision = "f16"}, "f32, bf16, int8"},
        {{.choices = "8 z"}, "choices"},
        {{.depth_order = "0 1 2"}, "depth-order"},
        {{.population = 100000}, "population"},
        {{.text = "/nowhere/text"}, "/nowhere/text"},
        {{.directory = "/proc/run"}, "/proc/run"},
        {{.model = "/nowhere/model.gguf"}, "/nowhere/model.gguf"},
        {{.text = "/nowhere/caf\xe9"}, "UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct run_options options = bad[i].options;
        struct error error = {0};
        struct run *run = NULL;
        if (options.model == NULL)
            options.model = model;
        if (options.directory == NULL)
            options.directory = place("bad.run");
        if (run_open(&options, &run, &error) == STATUS_OK)
            fail_msg("%s was taken", bad[i].says);
        if (strstr(error.message, bad[i].says) == NULL)
            fail_msg("\"%s\" does not name %s", error.message, bad[i].says);
        assert_int_not_equal(access(place("bad.run"), F_OK), 0);
    }
}

static void extracts_while_it_searches(void **state)
{
    (void)state;
    struct error error = {0};
    struct stat about;
    struct run_options options = options_for(place("extract.run"), 40);
    struct run *run = opened(&options);
    started(run);
    wait_for(run, 3);
    const struct snapshot *snapshot = run_snapshot(run);
    const struct row row = *archive_row(snapshot->archive, 2);
    snapshot_release(snapshot);
    const char *path = place("sub.gguf");
    assert_int_equal(run_extract(run, &row.code, NULL, path, false, &error), STATUS_OK);
    enum extract_phase phase = EXTRACT_RUNNING;
    while (phase == EXTRACT_RUNNING) {
        snapshot = run_snapshot(run);
        phase = snapshot->extract;
        if (phase == EXTRACT_FAILED)
            fail_msg("%s", snapshot->extract_message);
        if (phase == EXTRACT_DONE)
            assert_non_null(strstr(snapshot->extract_command, path));
        snapshot_release(snapshot);
        if (phase == EXTRACT_NONE)
            phase = EXTRACT_RUNNING;
        if (phase == EXTRACT_RUNNING)
            wait_wake(run);
    }
    assert_int_equal(stat(path, &about), 0);
    assert_true((double)about.st_size == row.value[OBJECTIVE_BYTES]);
    assert_int_equal(run_extract(run, &row.code, NULL, path, false, &error), STATUS_OK);
    for (int begun = 0; begun < 20;) { /* one begins as soon as the one before has ended */
        enum status status = run_extract(run, &row.code, NULL, path, true, &error);
        assert_true(status == STATUS_OK || strstr(error.message, "at a time") != NULL);
        begun += status == STATUS_OK;
    }
    ended(run);
}

/* Extracts, and asks to cancel it at once; how it ended. */
static enum extract_phase extract_once(struct run *run, const struct arch_code *code,
                                       const char *path, bool cancel, char message[640])
{
    struct error error = {0};
    const struct snapshot *before = run_snapshot(run); /* tells of the one before */
    enum extract_phase phase = EXTRACT_RUNNING;
    assert_int_equal(run_extract(run, code, NULL, path, true, &error), STATUS_OK);
    if (cancel)
        run_extract_cancel(run);
    while (phase == EXTRACT_RUNNING) {
        const struct snapshot *snapshot = run_snapshot(run);
        if (snapshot != before)
            phase = snapshot->extract;
        snprintf(message, 640, "%s", snapshot->extract_message);
        snapshot_release(snapshot);
        if (phase == EXTRACT_RUNNING)
            wait_wake(run);
    }
    snapshot_release(before);
    return phase;
}

static void extraction_cancelled(void **state)
{
    (void)state;
    struct stat about;
    struct run_options options = options_for(place("cancel.run"), 40);
    struct run *run = opened(&options);
    struct arch_code code;
    char message[640];
    bool cancelled = false;
    started(run);
    wait_for(run, 1);
    const struct snapshot *snapshot = run_snapshot(run);
    code = archive_row(snapshot->archive, 0)->code;
    snapshot_release(snapshot);
    const char *path = place("cancelled.gguf");
    for (int attempt = 0; attempt < 200 && !cancelled; attempt++) { /* some end before */
        cancelled = extract_once(run, &code, path, true, message) == EXTRACT_FAILED;
        assert_true(cancelled || unlink(path) == 0);
    }
    assert_true(cancelled);
    assert_non_null(strstr(message, "cancelled"));
    assert_int_equal(stat(path, &about), -1);
    assert_int_equal(extract_once(run, &code, path, false, message), EXTRACT_DONE);
    ended(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_history_for_any_threads),
        cmocka_unit_test(another_seed_is_another_history),
        cmocka_unit_test(generations_are_sorted),
        cmocka_unit_test(stopped_and_resumed),
        cmocka_unit_test(stopped_and_resumed_with_steering),
        cmocka_unit_test(a_time_is_no_number),
        cmocka_unit_test(a_time_that_ends_in_an_ask),
        cmocka_unit_test(what_was_removed_stays_removed),
        cmocka_unit_test(extended),
        cmocka_unit_test(extended_with_its_crossover),
        cmocka_unit_test(extended_while_it_waits),
        cmocka_unit_test(pausing_changes_nothing),
        cmocka_unit_test(pins_steer_from_their_answer_on),
        cmocka_unit_test(injected_next),
        cmocka_unit_test(injected_from_the_start),
        cmocka_unit_test(locked),
        cmocka_unit_test(a_tiny_space_ends),
        cmocka_unit_test(asked_before_the_start),
        cmocka_unit_test(refused_requests),
        cmocka_unit_test(defaults_said_aloud_are_the_same),
        cmocka_unit_test(refused_to_go_on_as_another),
        cmocka_unit_test(refused_files_that_come_late),
        cmocka_unit_test(refused_a_run_json_that_does_not_say),
        cmocka_unit_test(refused_to_go_on_from_a_foreign_state),
        cmocka_unit_test(refused_before_work),
        cmocka_unit_test(extracts_while_it_searches),
        cmocka_unit_test(extraction_cancelled),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
