/* history.csv: rows come back to the bit, torn lines never were, damage is left out and told with
 * its line, a full disk leaves whole lines. */
#include "store/rundir.h"

#include "base/memory.h"
#include "base/rng.h"
#include "io/atomic_file.h"
#include "shapes.h"
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

static char told[2000];

static void hear(void *context, const char *text)
{
    (void)context;
    size_t length = strlen(told);
    snprintf(told + length, sizeof told - length, "%s\n", text);
}

static struct history_reader *opened_reader(const struct arch_shape *shape)
{
    struct history_reader *reader;
    told[0] = '\0';
    assert_int_equal(history_reader_new(run_path, shape, hear, NULL, &reader, NULL), STATUS_OK);
    return reader;
}

/* Reads what has come; the archive then has rows of these generations. */
static bool expect_generations(struct history_reader *reader, const char *generations)
{
    bool anew;
    struct error error = {0};
    char found[64] = "";
    if (history_reader_read(reader, &anew, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    const struct archive *archive = history_reader_archive(reader);
    for (size_t i = 0; i < archive_count(archive); i++) {
        assert_int_equal(archive_row(archive, i)->id, i);
        found[i] = (char)('0' + archive_row(archive, i)->generation);
    }
    assert_string_equal(found, generations);
    return anew;
}

#define LINE(id, generation) id ",88,base," generation ",0.5,0.1,10,1,2026-11-24T12:00:00Z\n"

/* What is no row is left out and told with its line; the good rows count. */
static void damage_is_left_out_and_told(void **state)
{
    (void)state;
    static const struct {
        const char *text, *told, *generations;
    } row[] = {
        {LINE("-1", "1"), "line 3: the column id", "09"},
        {LINE("4294967296", "1"), "line 3: the column id", "09"},
        {LINE("", "1"), "line 3: the column id", "09"},
        {"1,8x,base,1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: the column code", "09"},
        {"1,,base,1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: the column code", "09"},
        {LINE("1", "-1"), "column generation", "09"},
        {"1,88,base,1,0.5x,0.1,10,1,2026-11-24T12:00:00Z\n", "column acc", "09"},
        {"1,88,base,1,nan,0.1,10,1,2026-11-24T12:00:00Z\n", "column acc", "09"},
        {"1,88,base,1,0.5,x,10,1,2026-11-24T12:00:00Z\n", "column stderr", "09"},
        {"1,88,base,1,0.5,0.1,1e3,1,2026-11-24T12:00:00Z\n", "column n", "09"},
        {"1,88,base,1,0.5,0.1,10,fast,2026-11-24T12:00:00Z\n", "column seconds", "09"},
        {"1,88,base,1,0.5,0.1,10,1,yesterday\n", "column finished", "09"},
        {"1,88,base,1,0.5,0.1,10,1\n", "line 3: 8 fields, 9 expected", "09"},
        {"\n\n1,88,base,0\n", "line 5: 4 fields, 9 expected", "09"},
        {"1,88,ba\"se,1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: a stray quote", "09"},
        {"1,88,\"base,1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "never ends", "09"},
        {"1,88,b\xFFse,1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n", "line 3: not valid UTF-8", "09"},
        {LINE("0", "1"), "line 3: id 0 out of order", "09"},
        {LINE("700", "1"), "line 3: id 700 out of order", "09"}, /* of another run's history */
        {LINE("1", "1") LINE("2", "2") LINE("1", "3"), "line 5: id 1 out of order", "0129"},
        {"\x7f"
         "ELF\x02\x01\n\x03\n",
         "line 3: 1 fields", "09"},
        {"1,88,base,1,inf,0.1,10,1,2026-11-24T12:00:00Z\n", "", "019"}, /* on no front, but a row */
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[1024];
        snprintf(text, sizeof text, "%s%s%s%s", HEADER, LINE("0", "0"), row[i].text,
                 LINE("7", "9"));
        write_history(text, strlen(text));
        struct history_reader *reader = opened_reader(NULL);
        expect_generations(reader, row[i].generations);
        if (strstr(told, row[i].told) == NULL)
            fail_msg("row %zu: %s", i, told);
        if (*row[i].told && strstr(strstr(told, row[i].told) + 1, row[i].told) != NULL)
            fail_msg("row %zu is told twice: %s", i, told);
        assert_true(history_reader_damaged(reader)); /* 7 does not follow 1 or 2 */
        history_reader_free(reader);
    }
}

static void append_text(const char *text)
{
    FILE *file = fopen(history_path, "a");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_file_without_a_header_is_refused(void **state)
{
    static const char *const text[] = {"id,code\n0,88\n", GOOD, "\xFF\xFE\n" HEADER GOOD};
    (void)state;
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        bool anew;
        struct error error = {0};
        write_history(text[i], strlen(text[i]));
        struct history_reader *reader = opened_reader(NULL);
        assert_int_equal(history_reader_read(reader, &anew, &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, history_path));
        assert_non_null(strstr(error.message, "line 1"));
        append_text(LINE("1", "1")); /* who follows it says the same of what comes */
        assert_int_equal(history_reader_read(reader, &anew, &error), STATUS_INVALID);
        assert_non_null(strstr(error.message, "line 1"));
        assert_int_equal(archive_count(history_reader_archive(reader)), 0);
        write_history(HEADER LINE("0", "5"), strlen(HEADER LINE("0", "5")));
        assert_true(expect_generations(reader, "5"));
        history_reader_free(reader);
    }
}

static void codes_of_another_model_are_left_out(void **state)
{
    struct arch_shape shape;
    struct shape_recipe recipe = shape_smollm;
    (void)state;
    recipe.layers = 2;
    shape_build(&shape, &recipe);
    char longest[ARCH_MAX_LAYERS + 400] = HEADER LINE("0", "0"), *at = longest + strlen(longest);
    at += sprintf(at, "1,");
    memset(at, '8', ARCH_MAX_LAYERS + 1);
    sprintf(at + ARCH_MAX_LAYERS + 1,
            ",base,1,0.5,0.1,10,1,2026-11-24T12:00:00Z\n"
            "2,888,base,2,0.5,0.1,10,1,2026-11-24T12:00:00Z\n"
            "3,..,base,3,0.5,0.1,10,1,2026-11-24T12:00:00Z\n" LINE("4", "4"));
    write_history(longest, strlen(longest));
    struct history_reader *reader = opened_reader(&shape);
    expect_generations(reader, "04");
    assert_non_null(strstr(told, "line 3: the column code"));
    assert_non_null(strstr(told, "line 4: the code is not one of this model"));
    assert_non_null(strstr(told, "line 5: the code is not one of this model"));
    history_reader_free(reader);
    arch_shape_release(&shape);
}

/* Only the first are told one by one; a line may have any length. */
static void much_damage_is_told_by_its_number(void **state)
{
    enum { LONG = 1 << 20 };
    char *text = memory_new(LONG + 4096, 1, NULL), *at = text;
    (void)state;
    at += sprintf(at, "%s%s", HEADER, LINE("0", "0"));
    memset(at, '9', LONG);
    at += LONG;
    *at++ = '\n';
    for (int i = 0; i < 30; i++)
        at += sprintf(at, "nonsense\n");
    at += sprintf(at, "%s1,88,base,2,0.5", LINE("1", "1")); /* and torn at its end */
    write_history(text, (size_t)(at - text));
    memory_free(text);
    struct history_reader *reader = opened_reader(NULL);
    expect_generations(reader, "01");
    assert_non_null(strstr(told, "23 more lines are left out"));
    assert_null(strstr(told, "torn"));
    history_reader_free(reader);
}

/* A reader follows a file that grows, by whole lines; one that was replaced or shrank is read from
 * its beginning, and so is one with damage, of which later lines tell what it was. */
static void a_reader_follows_the_file(void **state)
{
    (void)state;
    struct history_reader *reader = opened_reader(NULL);
    assert_false(expect_generations(reader, "")); /* there is no file yet */
    write_history(HEADER, strlen(HEADER));
    assert_false(expect_generations(reader, ""));
    append_text(LINE("0", "0"));
    assert_false(expect_generations(reader, "0"));
    const struct archive *archive = history_reader_archive(reader);
    append_text("1,88,base,1,0.5,0.1");
    assert_false(expect_generations(reader, "0"));
    append_text(",10,1,2026-11-24T12:00:00Z\n" LINE("2", "2"));
    assert_false(expect_generations(reader, "012"));
    assert_ptr_equal(archive, history_reader_archive(reader));
    assert_false(history_reader_damaged(reader));
    append_text(LINE("90", "9")); /* of another run: known as such when 3 comes */
    assert_true(expect_generations(reader, "0129"));
    append_text(LINE("3", "3"));
    assert_true(expect_generations(reader, "0123"));
    append_text(LINE("4", "4"));
    assert_true(expect_generations(reader, "01234"));
    assert_true(history_reader_damaged(reader));
    assert_false(expect_generations(reader, "01234")); /* nothing new, nothing read */
    write_history(HEADER LINE("0", "5"), strlen(HEADER LINE("0", "5")));
    assert_true(expect_generations(reader, "5"));
    assert_false(history_reader_damaged(reader));
    history_reader_free(reader);
}

/* Whoever goes on with a damaged history has a good one; the file as it was is kept. */
static void a_history_is_repaired(void **state)
{
    static const char damaged[] = HEADER LINE("0", "0") "garbage\n" LINE("2", "2");
    char path[4300], *text = NULL;
    size_t length = 0;
    (void)state;
    write_history(damaged, strlen(damaged));
    struct rundir *rundir = open_run();
    for (int round = 0; round < 2; round++) {
        struct history_reader *reader = opened_reader(NULL);
        expect_generations(reader, "02");
        assert_int_equal(history_repair(rundir, history_reader_archive(reader), NULL), STATUS_OK);
        history_reader_free(reader);
        reader = opened_reader(NULL);
        expect_generations(reader, "02");
        assert_string_equal(told, "");
        assert_false(history_reader_damaged(reader));
        history_reader_free(reader);
    }
    rundir_close(rundir);
    snprintf(path, sizeof path, "%s.damaged", history_path);
    assert_int_equal(file_read(path, &text, &length, NULL), STATUS_OK);
    assert_string_equal(text, damaged);
    memory_free(text);
    snprintf(path, sizeof path, "%s.damaged-2", history_path);
    assert_int_equal(access(path, F_OK), 0);
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
        TEST(rows_come_back_to_the_bit),           TEST(tasks_have_columns),
        TEST(unknown_seconds_are_no_damage),       TEST(a_torn_last_line_never_was),
        TEST(columns_are_found_by_name),           TEST(a_row_follows_the_header_that_is_there),
        TEST(damage_is_left_out_and_told),         TEST(a_file_without_a_header_is_refused),
        TEST(codes_of_another_model_are_left_out), TEST(much_damage_is_told_by_its_number),
        TEST(a_reader_follows_the_file),           TEST(a_history_is_repaired),
        TEST(a_size_limit_leaves_whole_lines),     TEST(a_full_disk_leaves_whole_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
