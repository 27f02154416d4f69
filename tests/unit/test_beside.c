/* What stands in a run directory beside the search's own files: the log's last lines, what a user
 * has seen, other fronts, and what the process that makes the run does at this moment. */
#include "live_run.h"
#include "support.h"

#include "base/memory.h"
#include "base/shared.h"
#include "engine/run.h"
#include "io/atomic_file.h"
#include "store/log_tail.h"
#include "store/rundir.h"
#include "store/seen.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;
static char model[256], directory[300];

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
    assert_int_equal(folder_make(directory, NULL), STATUS_OK);
}

static const char *place(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void good(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s", error->message);
}

static void put(const char *name, const char *text)
{
    assert_int_equal(atomic_file_replace(place(name), text, strlen(text), NULL), STATUS_OK);
}

static void add(const char *name, const char *text)
{
    assert_int_equal(file_append(place(name), text, strlen(text), NULL), STATUS_OK);
}

/* ---- the log ---- */

static void lines_of_the_log(void **state)
{
    (void)state;
    struct log_tail *tail;
    const void *held;
    size_t lines;
    static const struct {
        const char *text, *shown;
        int64_t time;
    } row[] = {
        {"2026-11-29T12:00:00Z paused", "paused", 1795953600},
        {"a library's line", "a library's line", 0},
        {"2026-11-29T12:00:0 no time", "2026-11-29T12:00:0 no time", 0},
        {"2026-99-29T12:00:00Z none", "2026-99-29T12:00:00Z none", 0},
        {"\x1b[31mred\x1b[0m\tend", "?[31mred?[0m end", 0},
        {"10 %\r20 %\r100 %\r", "100 %", 0},
        {"caf\xC3\xA9 \xFF\xC2\x9B", "caf\xC3\xA9 ??", 0},
    };
    in_directory("log.run");
    assert_int_equal(log_tail_new(directory, &tail, NULL), STATUS_OK);
    assert_false(log_tail_read(tail)); /* no log yet */
    log_tail_lines(tail, &lines, &held);
    assert_int_equal(lines, 0);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        add("log.txt", row[i].text);
        assert_false(log_tail_read(tail)); /* not whole yet */
        add("log.txt", "\n\n");
        assert_true(log_tail_read(tail));
        const struct run_line *line = log_tail_lines(tail, &lines, &held);
        assert_int_equal(lines, i + 1);
        assert_string_equal(line[i].text, row[i].shown);
        assert_int_equal(line[i].time, row[i].time);
    }
    assert_false(log_tail_read(tail));
    put("log.txt", "another\n"); /* replaced */
    assert_true(log_tail_read(tail));
    const struct run_line *line = log_tail_lines(tail, &lines, &held);
    assert_int_equal(lines, 1);
    assert_string_equal(line->text, "another");
    log_tail_free(tail);
}

/* The last thousand, however many there were and however long; what was told stays while held. */
static void a_long_log_takes_bounded_memory(void **state)
{
    (void)state;
    struct log_tail *tail;
    struct buf text;
    const void *held, *first;
    size_t lines, kept;
    in_directory("long-log.run");
    buf_init(&text);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(buf_printf(&text, NULL, "line %d\n", i), STATUS_OK);
    put("log.txt", text.data);
    assert_int_equal(log_tail_new(directory, &tail, NULL), STATUS_OK);
    assert_true(log_tail_read(tail));
    const struct run_line *line = log_tail_lines(tail, &lines, &first), *old = line;
    assert_int_equal(lines, LOG_LINES);
    assert_string_equal(line[lines - 1].text, "line 19999");
    assert_string_equal(line[0].text, "line 19000");
    shared_hold(first);
    for (int i = 20000; i < 26000; i++) {
        char more[32];
        snprintf(more, sizeof more, "line %d\n", i);
        add("log.txt", more);
        if (i % 7 == 0)
            log_tail_read(tail);
    }
    log_tail_read(tail);
    line = log_tail_lines(tail, &lines, &held);
    assert_int_equal(lines, LOG_LINES);
    assert_string_equal(line[0].text, "line 25000");
    assert_string_equal(old[0].text, "line 19000"); /* as it was told */
    shared_drop(first);
    buf_release(&text);
    buf_init(&text);
    for (int i = 0; i < 2000; i++) /* long ones, cut */
        assert_int_equal(buf_printf(&text, NULL, "%05d%05000d\n", i, 7), STATUS_OK);
    add("log.txt", text.data);
    log_tail_read(tail);
    line = log_tail_lines(tail, &lines, &held);
    kept = strlen(line[lines - 1].text);
    assert_true(lines >= 200 && lines <= LOG_LINES && kept >= 200 && kept <= 1000);
    assert_memory_equal(line[lines - 1].text, "01999", 5);
    log_tail_free(tail);
    buf_release(&text);
}

/* A line that never ends, of a progress display say, is read once. */
static void an_endless_line_is_cut(void **state)
{
    (void)state;
    enum { LONG = 5 << 19 };
    struct log_tail *tail;
    const void *held;
    size_t lines;
    in_directory("endless.run");
    char *text = memory_new(LONG + 1, 1, NULL);
    assert_non_null(text);
    memset(text, 'x', LONG);
    put("log.txt", "begins\n");
    assert_int_equal(log_tail_new(directory, &tail, NULL), STATUS_OK);
    assert_true(log_tail_read(tail));
    add("log.txt", text);
    assert_true(log_tail_read(tail));
    log_tail_lines(tail, &lines, &held);
    assert_int_equal(lines, 3); /* two and a half MiB: the rest waits for its end */
    assert_false(log_tail_read(tail));
    add("log.txt", "y\nends\n");
    assert_true(log_tail_read(tail));
    const struct run_line *line = log_tail_lines(tail, &lines, &held);
    assert_int_equal(lines, 5);
    assert_string_equal(line[0].text, "begins");
    assert_int_equal(strspn(line[3].text, "x"), strlen(line[2].text));
    assert_string_equal(line[4].text, "ends");
    log_tail_free(tail);
    memory_free(text);
}

/* ---- what was seen ---- */

static void each_user_has_seen_so_much(void **state)
{
    (void)state;
    size_t rows = 7;
    int64_t time = 7;
    struct stat about;
    in_directory("seen.run");
    assert_int_equal(chmod(directory, 0775), 0);
    seen_read(directory, &rows, &time);
    assert_int_equal(time, 0); /* never */
    assert_int_equal(rows, 0);
    seen_write(directory, 123, 1795953600);
    assert_int_equal(stat(place("seen.d"), &about), 0);
    assert_int_equal(about.st_mode & 07777, 01775); /* those who share the run keep theirs there */
    seen_read(directory, &rows, &time);
    assert_int_equal(rows, 123);
    assert_int_equal(time, 1795953600);
    static const char *const damaged[] = {"", "12", "x 2026-11-29T12:00:00Z\n", "5 yesterday\n",
                                          "5 2026-11-29T12:00:00Z"};
    char *name = NULL;
    char command[400], found[100] = "";
    snprintf(command, sizeof command, "ls %s/seen.d", directory);
    FILE *list = popen(command, "r");
    assert_non_null(list);
    assert_non_null(fgets(found, sizeof found, list));
    pclose(list);
    found[strcspn(found, "\n")] = '\0';
    assert_true(asprintf(&name, "seen.d/%s", found) > 0);
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        put(name, damaged[i]);
        seen_read(directory, &rows, &time);
        assert_int_equal(time, 0);
        assert_int_equal(rows, 0);
    }
    free(name);
    seen_write("/nowhere/at/all", 1, 1); /* silently nothing */
}

/* ---- in a run ---- */

static bool has_overlay_rows(const struct snapshot *s, size_t n)
{
    return s->overlays == 2 && s->overlay[1].rows == n;
}

static bool has_line(const struct snapshot *s, size_t n)
{
    (void)n;
    return s->lines > 0 && strcmp(s->line[s->lines - 1].text, "noise of a library") == 0;
}

static bool works(const struct snapshot *s, size_t n)
{
    return s->rows >= n && s->phase == RUN_EVALUATING && s->current.text[0] != '\0' &&
           isfinite(s->shared);
}

static struct run *opened(bool watch, size_t evaluations)
{
    if (watch)
        return live_watcher(directory);
    return live_run((struct run_options){
        .model = model, .directory = directory, .evaluations = evaluations, .threads = 1});
}

static void write_overlay(const struct snapshot *s, const char *name, size_t rows)
{
    struct buf text;
    buf_init(&text);
    assert_int_equal(history_format_header(&text, NULL), STATUS_OK);
    for (size_t i = rows; i-- > 0;) { /* ids fall, as on a front by size */
        struct row row = *archive_row(s->archive, i);
        row.value[OBJECTIVE_BYTES] /= 2;
        assert_int_equal(history_format_row(&row, &text, NULL), STATUS_OK);
    }
    put(name, text.data);
    buf_release(&text);
}

/* In the run, which has ended and is looked at, and for a watcher. */
static void other_fronts_are_laid_over(void **state)
{
    (void)state;
    in_directory("overlaid.run");
    struct run *run = opened(false, 16);
    const struct snapshot *s = live_when_of(run, live_in_phase, RUN_FINISHED);
    assert_int_equal(s->overlays, 0);
    assert_int_equal(folder_make(place("overlays"), NULL), STATUS_OK);
    put("overlays/a\xC2\x9B.csv", "id,code\n0,88\n"); /* no history's columns */
    put("overlays/notes.txt", "nothing");
    write_overlay(s, "overlays/q8_0.csv", 5);
    struct run *watching = opened(true, 0);
    for (int i = 0; i < 2; i++) {
        const struct snapshot *over = live_when_of(i ? watching : run, has_overlay_rows, 5);
        assert_string_equal(over->overlay[0].name, "a\xC2\x9B");
        assert_non_null(strstr(over->message, "overlays/a  .csv")); /* no control character */
        assert_int_equal(over->overlay[0].rows, 0);
        assert_int_equal(over->overlay[0].fronts, 0);
        const struct run_overlay *q8 = &over->overlay[1];
        assert_string_equal(q8->name, "q8_0");
        assert_true(q8->fronts > 0);
        struct pins none = {0};
        uint32_t *id;
        size_t count, feasible;
        assert_int_equal(front_of_rows(q8->archive, q8->rows, &over->estimate, over->objectives,
                                       over->m, &none, &id, &count, &feasible, NULL),
                         STATUS_OK);
        assert_int_equal(q8->fronts, count);
        assert_memory_equal(q8->front, id, count * sizeof *id);
        memory_free(id);
        snapshot_release(over);
    }
    write_overlay(s, "overlays/q8_0.csv", 9);
    snapshot_release(live_when_of(run, has_overlay_rows, 9));
    snapshot_release(live_when_of(watching, has_overlay_rows, 9));
    snapshot_release(s);
    live_end(watching);
    live_end(run);
}

static void the_log_is_shown(void **state)
{
    (void)state;
    in_directory("overlaid.run");
    struct run *run = opened(false, 16);
    snapshot_release(live_when_of(run, live_in_phase, RUN_FINISHED));
    struct run *watching = opened(true, 0);
    add("log.txt", "noise of a library\n");
    snapshot_release(live_when_of(run, has_line, 0)); /* though nothing else happens */
    snapshot_release(live_when_of(watching, has_line, 0));
    live_end(watching);
    live_end(run);
}

static void what_is_seen_is_kept(void **state)
{
    (void)state;
    in_directory("overlaid.run");
    struct run *run = opened(false, 16);
    const struct snapshot *s = live_when_of(run, live_in_phase, RUN_FINISHED);
    assert_int_equal(s->seen_time, 0);
    snapshot_release(s);
    run_mark_seen(run);
    live_end(run);
    run = opened(true, 0);
    s = run_snapshot(run);
    assert_int_equal(s->seen_rows, 16);
    assert_true(s->seen_time > time(NULL) - 1000);
    snapshot_release(s);
    char command[1000], moved[400];
    snprintf(moved, sizeof moved, "%s-elsewhere", directory);
    assert_int_equal(rename(directory, moved), 0);
    run_mark_seen(run); /* who looks makes no directory anew */
    assert_int_not_equal(access(directory, F_OK), 0);
    assert_int_equal(rename(moved, directory), 0);
    snprintf(command, sizeof command, "rm -r %s/seen.d && mv %s/run.json %s/json", directory,
             directory, directory);
    assert_int_equal(system(command), 0);
    run_mark_seen(run); /* nor in one that is no run's (yet) */
    assert_int_not_equal(access(place("seen.d"), F_OK), 0);
    assert_int_equal(rename(place("json"), moved), 0);
    assert_int_equal(rename(moved, place("run.json")), 0);
    run_mark_seen(run);
    assert_int_equal(access(place("seen.d"), F_OK), 0);
    live_end(run);
}

static void watchers_know_of_this_moment(void **state)
{
    (void)state;
    struct stat about;
    in_directory("now.run");
    struct run *run = opened(false, 100000);
    const struct snapshot *s = live_when_of(run, works, 3);
    snapshot_release(s);
    struct run *watching = opened(true, 0);
    s = live_when_of(watching, works, 3);
    assert_int_equal(s->evaluations_wanted, 100000);
    assert_int_equal(strlen(s->current.text), s->shape->layers);
    assert_true(s->current_progress >= 0 && s->current_progress <= 1);
    assert_true(isfinite(s->seconds_left) != 0);
    snapshot_release(s);
    live_end(run);
    assert_int_not_equal(stat(place("now.json"), &about), 0); /* it goes with its process */
    put("now.json", "{\"phase\":\"evaluating\",\"code\":\"888888\",\"progress\":0.5}");
    s = live_when_of(watching, live_in_phase, RUN_FINISHED);
    assert_string_equal(s->current.text, ""); /* nobody makes the run */
    assert_true(isnan(s->shared) != 0);
    snapshot_release(s);
    static const char wild[] =
        "{\"phase\":\"evaluating\",\"phase_progress\":-7,\"code\":\"\",\"progress\":1e300,"
        "\"seconds_left\":1e300,\"evaluations_per_minute\":-1,"
        "\"evaluations_wanted\":9223372036854775807,\"shared\":9}";
    static const char *const damaged[] = {"",
                                          wild,
                                          "[]",
                                          "{\"phase\":3}",
                                          "{\"phase\":\"dancing\"}",
                                          "{\"phase\":\"evaluating\",\"code\":\"xyz\"}"};
    struct rundir *rundir;
    struct error error = {0};
    good(rundir_open(directory, &rundir, &error), &error); /* as if it went on */
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct run *other;
        put("now.json", damaged[i]);
        good(run_watch(&(struct run_options){.directory = directory}, &other, &error), &error);
        s = run_snapshot(other);
        assert_string_equal(s->current.text, "");
        assert_false(s->current_progress < 0 || s->current_progress > 1);
        assert_false(s->phase_progress < 0 || s->phase_progress > 1);
        assert_false(s->seconds_left > 1e9 || s->evaluations_per_minute < 0 || s->shared > 1);
        assert_true(s->evaluations_wanted <= RUN_EVALUATIONS_MOST);
        snapshot_release(s);
        run_close(other);
    }
    rundir_close(rundir);
    live_end(watching);
}

/* A search that was ended by --stall goes on after "evals", also in another session. */
static void more_evaluations_end_a_stall(void **state)
{
    (void)state;
    struct run *run;
    struct rundir *rundir;
    struct run_state told;
    struct error error = {0};
    bool found;
    in_directory("stalled.run");
    const struct run_options options = {.model = model,
                                        .directory = directory,
                                        .objectives = "params,bytes",
                                        .method = "random",
                                        .limit = 12,
                                        .evaluations = 4000,
                                        .population = 4,
                                        .stall = 2,
                                        .seed = 7,
                                        .seed_given = true,
                                        .threads = 1};
    uint32_t generation[3];
    for (int i = 0; i < 3; i++) {
        good(run_open(&options, &run, &error), &error);
        if (i == 1)
            good(run_request(run, "evals", "5000", &error), &error);
        good(run_start(run, &error), &error);
        const struct snapshot *s = live_when_of(run, live_in_phase, RUN_FINISHED);
        generation[i] = s->generation;
        snapshot_release(s);
        live_end(run);
        good(rundir_open(directory, &rundir, &error), &error);
        good(state_read(rundir, &told, &found, &error), &error);
        if (i == 1) { /* as if it had been killed right behind the request */
            told.stall_from = told.method.generation;
            good(state_write(rundir, &told, &error), &error);
        }
        run_state_release(&told);
        rundir_close(rundir);
    }
    assert_true(generation[1] >= generation[0] + 2); /* by the request */
    assert_true(generation[2] >= generation[1] + 2); /* by what the state says */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_the_log),
        cmocka_unit_test(a_long_log_takes_bounded_memory),
        cmocka_unit_test(an_endless_line_is_cut),
        cmocka_unit_test(each_user_has_seen_so_much),
        cmocka_unit_test(other_fronts_are_laid_over),
        cmocka_unit_test(the_log_is_shown),
        cmocka_unit_test(what_is_seen_is_kept),
        cmocka_unit_test(watchers_know_of_this_moment),
        cmocka_unit_test(more_evaluations_end_a_stall),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
