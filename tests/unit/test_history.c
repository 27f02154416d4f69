/* history.csv: rows come back to the bit, torn lines never were, damage is refused with its line, a
 * full disk leaves whole lines. */
#include "store/rundir.h"

#include "base/memory.h"
#include "base/rng.h"
#include "io/atomic_file.h"
#include "support.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;
static char run_path[4096], history_path[4200];

static int make_folder(void **state)
{
    (void)state;
    folder = support_folder();
    if (folder == NULL)
        return 1;
    snprintf(run_path, sizeof run_path, "%s/a.run", folder);
    snprintf(history_path, sizeof history_path, "%s/history.csv", run_path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    umount2(run_path, MNT_DETACH); /* where a test failed on its small file system */
    support_folder_remove(folder);
    return 0;
}

static struct rundir *open_run(void)
{
    struct rundir *rundir;
    struct error error = {0};
    if (rundir_open(run_path, &rundir, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return rundir;
}

/* Numbers of any size and precision. */
static double any_number(struct rng *rng)
{
    static const double odd[] = {0,        -0.0,    1.0 / 3,       0.1,  NAN,     INFINITY,
                                 5e-324,   1e308,   98362432,      1e15, -1e-300, 0.35,
                                 1e15 + 1, 2.0 / 3, 123456789.125, 1e22, 1e23,    9007199254740991};
    uint32_t draw = rng_below(rng, 30);
    uint64_t bits = rng_next(rng);
    double value;
    if (draw < sizeof odd / sizeof *odd)
        return odd[draw];
    memcpy(&value, &bits, sizeof value);
    return draw < 25 && isfinite(value) ? value : rng_uniform(rng);
}

static bool is_stored(enum objective objective)
{
    return objective_named(objective) && !objective_is_derived(objective);
}

static void any_row(struct rng *rng, uint32_t id, struct row *row)
{
    static const char *const origins[] = {"base", "seed", "nsga2", "inject", "random"};
    memset(row, 0, sizeof *row);
    row->id = id;
    for (uint32_t i = 0, length = 1 + rng_below(rng, 60); i < length; i++)
        row->code.text[i] = "012345678abcdefgh."[rng_below(rng, 18)];
    snprintf(row->origin, sizeof row->origin, "%s", origins[rng_below(rng, 5)]);
    row->generation = rng_below(rng, 4) == 0 ? UINT32_MAX : rng_below(rng, 100);
    for (int i = 0; i < OBJECTIVES; i++)
        row->value[i] = is_stored((enum objective)i) ? any_number(rng) : NAN;
    row->standard_error = any_number(rng);
    row->n = (uint32_t)rng_next(rng);
    row->seconds = (double)rng_below(rng, 1000000) / 1000; /* kept to the millisecond */
    row->finished = rng_below(rng, UINT32_MAX);
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void expect_rows(const struct row *row, size_t count)
{
    struct archive *archive;
    struct error error = {0};
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    if (history_read(run_path, archive, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(archive_count(archive), count);
    for (size_t i = 0; i < count; i++) {
        const struct row *found = archive_row(archive, i);
        assert_int_equal(found->id, i);
        assert_string_equal(found->code.text, row[i].code.text);
        assert_string_equal(found->origin, row[i].origin);
        assert_int_equal(found->generation, row[i].generation);
        for (int k = 0; k < OBJECTIVES; k++)
            assert_true(same(found->value[k], row[i].value[k]));
        assert_true(same(found->standard_error, row[i].standard_error));
        assert_true(same(found->seconds, row[i].seconds));
        assert_int_equal(found->n, row[i].n);
        assert_int_equal(found->finished, row[i].finished);
    }
    archive_free(archive);
}

static void rows_come_back_to_the_bit(void **state)
{
    (void)state;
    static struct row row[150];
    struct rng rng;
    rng_init(&rng, 1, "history", 0);
    expect_rows(row, 0); /* nothing there: no rows */
    for (uint32_t i = 0; i < 150;) {
        struct rundir *rundir = open_run(); /* again and again, as runs are resumed */
        for (uint32_t end = i + 50; i < end; i++) {
            any_row(&rng, i, &row[i]);
            assert_int_equal(history_append(rundir, &row[i], NULL), STATUS_OK);
        }
        expect_rows(row, i); /* on disk while the run is open */
        rundir_close(rundir);
    }
    expect_rows(row, 150);
}

/* Columns of tasks are there when the run has named them; a reader that has not leaves them alone.
 */
static void tasks_have_columns(void **state)
{
    (void)state;
    static const char *const names[] = {"easy", "hard, too", "easy"};
    struct row row[2];
    struct rng rng;
    char *text;
    size_t length;
    rng_init(&rng, 1, "history", 0);
    for (uint32_t i = 0; i < 2; i++) {
        any_row(&rng, i, &row[i]);
        for (int k = 0; k < 3; k++)
            row[i].value[OBJECTIVE_TASK_FIRST + k] = 0.125 * (double)(k + 1);
    }
    objective_name_tasks(names, 3);
    struct rundir *rundir = open_run();
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(history_append(rundir, &row[i], NULL), STATUS_OK);
    rundir_close(rundir);
    expect_rows(row, 2);
    assert_int_equal(file_read(history_path, &text, &length, NULL), STATUS_OK);
    assert_non_null(strstr(text, ",acc:easy,acc:hard__too,acc:easy-2,stderr,"));
    memory_free(text);
    objective_name_tasks(NULL, 0);
    for (uint32_t i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++)
            row[i].value[OBJECTIVE_TASK_FIRST + k] = NAN;
    expect_rows(row, 2);
}

static void unknown_seconds_are_no_damage(void **state)
{
    (void)state;
    struct row row;
    struct rng rng;
    struct rundir *rundir = open_run();
    rng_init(&rng, 1, "history", 0);
    any_row(&rng, 0, &row);
    row.seconds = NAN;
    assert_int_equal(history_append(rundir, &row, NULL), STATUS_OK);
    expect_rows(&row, 1);
    rundir_close(rundir);
}

static void write_history(const char *text, size_t length)
{
    assert_int_equal(folder_make(run_path, NULL), STATUS_OK);
    assert_int_equal(atomic_file_replace(history_path, text, length, NULL), STATUS_OK);
}

/* Wherever a crash cuts the file: the lines that are whole are there, and the next row follows
 * them. */
static void a_torn_last_line_never_was(void **state)
{
    (void)state;
    struct row row[4];
    struct rng rng;
    char *text;
    size_t length;
    struct rundir *rundir = open_run();
    rng_init(&rng, 2, "history", 0);
    for (uint32_t i = 0; i < 4; i++)
        any_row(&rng, i, &row[i]);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(history_append(rundir, &row[i], NULL), STATUS_OK);
    assert_int_equal(file_read(history_path, &text, &length, NULL), STATUS_OK);
    rundir_close(rundir);
    for (size_t cut = 0; cut <= length; cut += cut + 60 < length ? 13 : 1) {
        size_t lines = 0;
        for (size_t i = 0; i < cut; i++)
            lines += text[i] == '\n';
        size_t whole = lines > 0 ? lines - 1 : 0; /* the first line is the header */
        write_history(text, cut);
        expect_rows(row, whole);
        struct row next = row[3];
        next.id = (uint32_t)whole;
        rundir = open_run();
        assert_int_equal(history_append(rundir, &next, NULL), STATUS_OK);
        rundir_close(rundir);
        struct row expected[4];
        memcpy(expected, row, sizeof expected);
        expected[whole] = next;
        expect_rows(expected, whole + 1);
    }
    memory_free(text);
}

/* What the files with columns of another order say. */
static struct row old_row(void)
{
    struct row row = {.code = {"88"},
                      .origin = "base",
                      .seconds = 1.5,
                      .n = 10,
                      .standard_error = 0.02,
                      .finished = 1795521600};
    for (int i = 0; i < OBJECTIVES; i++)
        row.value[i] = NAN;
    row.value[OBJECTIVE_ACC] = 0.5;
    return row;
}

static void columns_are_found_by_name(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "finished,id,note,acc,code,origin,seconds,n,stderr,generation\r\n"
                               "2026-11-24T12:00:00Z,0,\"of, old\",0.5,88,base,1.5,10,0.02,0\r\n";
    struct row row = old_row();
    write_history(text, sizeof text - 1);
    expect_rows(&row, 1);
}

/* A run of another program, or of a user who added a column: its header is kept to, and what it
 * lacks is added. */
static void a_row_follows_the_header_that_is_there(void **state)
{
    (void)state;
    static const char text[] =
        "finished,id,note,acc,code,origin,seconds,n,stderr,generation\n"
        "2026-11-24T12:00:00Z,0,\"of, \"\"old\"\"\",0.5,88,base,1.5,10,0.02,0\n";
    struct row row[3];
    struct rng rng;
    char *after;
    size_t length;
    rng_init(&rng, 1, "history", 0);
    for (uint32_t i = 1; i < 3; i++)
        any_row(&rng, i, &row[i]);
    row[0] = old_row();
    write_history(text, sizeof text - 1);
    for (uint32_t i = 1; i < 3; i++) { /* added once */
        struct rundir *rundir = open_run();
        assert_int_equal(history_append(rundir, &row[i], NULL), STATUS_OK);
        rundir_close(rundir);
        expect_rows(row, i + 1);
    }
    assert_int_equal(file_read(history_path, &after, &length, NULL), STATUS_OK);
    assert_memory_equal(after, text, strcspn(text, "\n"));
    assert_non_null(strstr(after, "generation,acc_norm,"));
    assert_non_null(
        strstr(after, "\n2026-11-24T12:00:00Z,0,\"of, \"\"old\"\"\",0.5,88,base,1.5,10,"));
    memory_free(after);
}

#define HEADER "id,code,origin,generation,acc,stderr,n,seconds,finished\n"
#define GOOD "0,88,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n"

static void damage_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
        bool missing_header;
    } row[] = {
        {GOOD "2,88,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: id 2, 1 expected", 0},
        {GOOD GOOD, "line 3: id 0, 1 expected", 0},
        {"-1,88,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 2: the column id", 0},
        {"4294967296,88,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 2: the column id", 0},
        {",88,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 2: the column id", 0},
        {GOOD "1,8x,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: the column code", 0},
        {GOOD "1,,base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: the column code", 0},
        {GOOD "1,88,base,-1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "column generation", 0},
        {GOOD "1,88,base,0,0.5x,0.1,10,1,2026-11-24T12:00:00Z\n", "column acc", 0},
        {GOOD "1,88,base,0,nan,0.1,10,1,2026-11-24T12:00:00Z\n", "column acc", 0},
        {GOOD "1,88,base,0,0.5,x,10,1,2026-11-24T12:00:00Z\n", "column stderr", 0},
        {GOOD "1,88,base,0,0.5,0.1,1e3,1,2026-11-24T12:00:00Z\n", "column n", 0},
        {GOOD "1,88,base,0,0.5,0.1,10,fast,2026-11-24T12:00:00Z\n", "column seconds", 0},
        {GOOD "1,88,base,0,0.5,0.1,10,1,yesterday\n", "column finished", 0},
        {GOOD "1,88,base,0,0.5,0.1,10,1\n", "line 3: 8 fields, 9 expected", 0},
        {GOOD "\n\n1,88,base,0\n", "line 5: 4 fields, 9 expected", 0},
        {GOOD "1,88,ba\"se,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: a stray quote", 0},
        {GOOD "1,88,\"base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "never ends", 0},
        {GOOD "1,88,b\xFFse,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: not valid UTF-8", 0},
        {"id,code\n0,88\n", "line 1: the column origin is missing", true},
        {GOOD, "line 1: the column id is missing", true},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[1024];
        struct archive *archive;
        struct error error = {0};
        snprintf(text, sizeof text, "%s%s", row[i].missing_header ? "" : HEADER, row[i].text);
        write_history(text, strlen(text));
        assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
        assert_int_equal(history_read(run_path, archive, &error), STATUS_INVALID);
        if (strstr(error.message, row[i].message) == NULL ||
            strstr(error.message, history_path) == NULL)
            fail_msg("row %zu: %s", i, error.message);
        archive_free(archive);
    }
    char longest[ARCH_MAX_LAYERS + 200] = HEADER "0,", *at = longest + strlen(longest);
    memset(at, '8', ARCH_MAX_LAYERS + 1);
    snprintf(at + ARCH_MAX_LAYERS + 1, 80, ",base,0,0.5,0.1,10,1,2026-11-24T12:00:00Z\n");
    struct archive *archive;
    write_history(longest, strlen(longest));
    assert_int_equal(archive_new(&archive, NULL), STATUS_OK);
    assert_int_equal(history_read(run_path, archive, NULL), STATUS_INVALID);
    archive_free(archive);
}

/* ---- full disk ---- */

/* Appends until it fails; the failure is the system's, and what is there is whole and can be gone
 * on with. Returns the number of rows that stand. */
static size_t append_until_full(struct rundir *rundir, struct row *row, size_t most)
{
    struct rng rng;
    struct error error = {0};
    size_t count = 0;
    enum status status = STATUS_OK;
    rng_init(&rng, 3, "history", 0);
    for (; count < most && status == STATUS_OK; count += status == STATUS_OK) {
        any_row(&rng, (uint32_t)count, &row[count]);
        status = history_append(rundir, &row[count], &error);
    }
    assert_int_equal(status, STATUS_IO);
    assert_non_null(strstr(error.message, "history.csv"));
    assert_int_equal(history_append(rundir, &row[count], &error), STATUS_IO); /* and again */
    expect_rows(row, count);
    return count;
}

static void a_size_limit_leaves_whole_lines(void **state)
{
    (void)state;
    static struct row row[3000];
    struct rlimit before, limit;
    struct rundir *rundir = open_run();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t bytes = 20000; bytes < 20400; bytes += 97) { /* cut at different places */
        limit = (struct rlimit){bytes, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        unlink(history_path);
        rundir_close(rundir);
        rundir = open_run();
        size_t count = append_until_full(rundir, row, 3000);
        assert_true(count > 20);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(history_append(rundir, &row[count], NULL), STATUS_OK); /* room again */
        expect_rows(row, count + 1);
    }
    signal(SIGXFSZ, handler);
    rundir_close(rundir);
}

static void a_full_disk_leaves_whole_lines(void **state)
{
    (void)state;
    static struct row row[3000];
    assert_int_equal(folder_make(run_path, NULL), STATUS_OK);
    if (mount("tmpfs", run_path, "tmpfs", 0, "size=64k") != 0) {
        print_message("SKIPPED: no small file system can be mounted here\n");
        skip();
    }
    struct rundir *rundir = open_run();
    size_t count = append_until_full(rundir, row, 3000);
    assert_true(count > 20);
    struct row *last = &row[count];
    /* nothing else is torn either: files are whole or absent */
    json_t *run =
        json_pack("{s:o}", "text", json_stringn(memset((char[9000]){0}, 'x', 9000), 9000));
    struct error error = {0};
    assert_int_equal(rundir_write_run(rundir, run, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "run.json"));
    assert_false(rundir_exists(run_path));
    json_decref(run);
    assert_int_equal(mount("tmpfs", run_path, "tmpfs", MS_REMOUNT, "size=128k"), 0);
    assert_int_equal(history_append(rundir, last, NULL), STATUS_OK); /* the user made room */
    expect_rows(row, count + 1);
    rundir_close(rundir);
    assert_int_equal(umount(run_path), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(rows_come_back_to_the_bit),       TEST(tasks_have_columns),
        TEST(unknown_seconds_are_no_damage),   TEST(a_torn_last_line_never_was),
        TEST(columns_are_found_by_name),       TEST(a_row_follows_the_header_that_is_there),
        TEST(damage_is_refused_with_its_line), TEST(a_size_limit_leaves_whole_lines),
        TEST(a_full_disk_leaves_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
