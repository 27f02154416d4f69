/* A run watched by others in the same process: what they see is what the run has; requests take
 * effect and are answered; what is missing or damaged is said. For the thread sanitizer, too. */
#include "live_run.h"
#include "support.h"

#include "base/memory.h"
#include "base/version.h"
#include "engine/run.h"
#include "io/atomic_file.h"
#include "io/json.h"
#include "store/rundir.h"

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
    snprintf(directory, sizeof directory, "%s/a.run", folder != NULL ? folder : "");
    return folder != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

static const char *place(const char *name)
{
    static char path[2][400];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[0], "%s/%s", directory, name);
    return path[turn];
}

static struct run *started_run(size_t evaluations)
{
    return live_run(
        (struct run_options){.model = model, .directory = directory, .evaluations = evaluations});
}

static struct run *opened_watcher(const struct run_options *options)
{
    struct run *run;
    struct error error = {0};
    if (run_watch(options, &run, &error) != STATUS_OK || run_start(run, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return run;
}

static struct run *watcher(void)
{
    return live_watcher(directory);
}

static bool has_rows(const struct snapshot *s, size_t n)
{
    return s->rows >= n;
}

static bool has_answers(const struct snapshot *s, size_t n)
{
    return s->answers >= n;
}

static void wait_until(struct run *run, bool (*good)(const struct snapshot *s, size_t n), size_t n)
{
    snapshot_release(live_when_of(run, good, n));
}

/* ---- seeing ---- */

static void same_rows(const struct snapshot *a, const struct snapshot *b)
{
    assert_int_equal(a->rows, b->rows);
    for (size_t i = 0; i < a->rows; i++) {
        const struct row *x = archive_row(a->archive, i), *y = archive_row(b->archive, i);
        assert_string_equal(x->code.text, y->code.text);
        for (int k = 0; k < OBJECTIVES; k++)
            assert_memory_equal(&x->value[k], &y->value[k], sizeof x->value[k]);
    }
    assert_int_equal(a->fronts, b->fronts);
    assert_memory_equal(a->front, b->front, a->fronts * sizeof *a->front);
    assert_true(a->hypervolume >= b->hypervolume && a->hypervolume <= b->hypervolume);
    assert_int_equal(a->knee, b->knee);
    assert_int_equal(a->base, b->base);
    assert_int_equal(a->feasible, b->feasible);
    assert_int_equal(a->samples, b->samples);
}

static void a_watcher_sees_what_the_run_has(void **state)
{
    (void)state;
    struct run *run = started_run(40);
    wait_until(run, has_rows, 1);
    struct run *watching = watcher();
    wait_until(run, live_in_phase, RUN_FINISHED);
    wait_until(watching, live_in_phase, RUN_FINISHED);
    const struct snapshot *a = run_snapshot(run), *b = live_when_of(watching, has_rows, 40);
    same_rows(a, b);
    assert_true(b->watched);
    assert_false(a->watched);
    assert_string_equal(a->model_name, b->model_name);
    assert_string_equal(a->task_name, b->task_name);
    assert_int_equal(a->task_items, b->task_items);
    assert_memory_equal(a->chance, b->chance, sizeof a->chance);
    assert_memory_equal(a->measured, b->measured, sizeof a->measured);
    assert_memory_equal(a->influence, b->influence, a->shape->layers * sizeof *a->influence);
    snapshot_release(a);
    snapshot_release(b);
    live_end(run);
    live_end(watching);
}

/* The process is gone, and there is one again. */
static void who_writes_is_seen(void **state)
{
    (void)state;
    struct run *run = started_run(100000), *watching;
    struct error error = {0};
    wait_until(run, has_rows, 3);
    watching = watcher();
    wait_until(watching, live_in_phase, RUN_EVALUATING);
    live_end(run);
    const struct snapshot *s = live_when_of(watching, live_in_phase, RUN_FINISHED);
    assert_true(s->stopped);
    size_t rows = s->rows;
    snapshot_release(s);
    assert_int_equal(run_request(watching, "pause", "", &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "nobody writes this run"));
    run = started_run(100000);
    wait_until(watching, live_in_phase, RUN_EVALUATING);
    wait_until(watching, has_rows, rows + 5);
    live_end(run);
    /* as kill -9 leaves it: the state does not tell of an end */
    json_t *stored;
    assert_int_equal(json_read_file(place("state.json"), &stored, NULL), STATUS_OK);
    json_object_set_new(stored, "ended", json_string(""));
    assert_int_equal(json_write_file(place("state.json"), stored, NULL), STATUS_OK);
    json_decref(stored);
    s = live_when_of(watching, live_in_phase, RUN_ABANDONED);
    assert_non_null(strstr(s->message, "nobody writes this run"));
    snapshot_release(s);
    live_end(watching);
    char *log, resumed[60];
    size_t length;
    assert_int_equal(file_read(place("log.txt"), &log, &length, NULL), STATUS_OK);
    const char *begun = strstr(log, "Z begun by paretop " PARETOP_VERSION
                                    ": 0 of 100000 evaluations; linas, space layers, objectives ");
    assert_non_null(begun);
    snprintf(resumed, sizeof resumed, "Z resumed by paretop %s: %zu of 100000 evaluations; ",
             PARETOP_VERSION, rows);
    assert_non_null(strstr(begun, resumed));
    assert_null(strstr(begun + 20, "begun by"));
    memory_free(log);
}

static void neither_model_nor_tasks_are_needed(void **state)
{
    (void)state;
    struct run *run = started_run(20);
    struct error error = {0};
    wait_until(run, live_in_phase, RUN_FINISHED);
    live_end(run);
    assert_int_equal(unlink(model), 0);
    struct run *watching = watcher();
    const struct snapshot *s = live_when_of(watching, has_rows, 20);
    assert_int_equal(s->shape->layers, 6);
    assert_int_equal(s->shape->layer[5].intermediate, 256);
    assert_int_equal(s->fronts > 0, 1);
    for (uint32_t id = 0; id < s->rows; id++) { /* what the code alone tells is told here, too */
        static const enum objective computed[] = {OBJECTIVE_BYTES, OBJECTIVE_PARAMS,
                                                  OBJECTIVE_MACS};
        const struct row *row = archive_row(s->archive, id);
        for (size_t k = 0; k < 3; k++)
            assert_true(objective_computed(computed[k], s->shape, &row->code, &s->weights, NULL) ==
                        row->value[computed[k]]);
    }
    assert_non_null(strstr(s->no_extraction, "needs the model"));
    assert_int_equal(run_extract(watching, &archive_row(s->archive, 0)->code, NULL,
                                 place("no.gguf"), false, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "needs the model"));
    snapshot_release(s);
    live_end(watching);
    /* of a run from before run.json told the tensors, then from before it told the shape */
    json_t *stored;
    assert_int_equal(json_read_file(place("run.json"), &stored, NULL), STATUS_OK);
    json_object_del(json_object_get(stored, "shape"), "tensors");
    assert_int_equal(json_write_file(place("run.json"), stored, NULL), STATUS_OK);
    watching = watcher();
    s = live_when_of(watching, has_rows, 20);
    assert_true(isnan(objective_computed(OBJECTIVE_BYTES, s->shape,
                                         &archive_row(s->archive, 0)->code, &s->weights, NULL)));
    snapshot_release(s);
    live_end(watching);
    json_object_del(stored, "shape");
    assert_int_equal(json_write_file(place("run.json"), stored, NULL), STATUS_OK);
    json_decref(stored);
    assert_int_equal(run_watch(&(struct run_options){.directory = directory}, &run, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "the model must be readable"));
    assert_non_null(strstr(error.message, model));
}

/* Writes run.json with this in its shape; a watcher refuses it. */
static void refuse_shape(const char *key, const char *text)
{
    json_t *stored;
    struct run *watching;
    struct error error = {0};
    assert_int_equal(json_read_file(place("run.json"), &stored, NULL), STATUS_OK);
    json_t *before = json_deep_copy(stored), *value = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    json_object_set_new(json_object_get(stored, "shape"), key, value);
    assert_int_equal(json_write_file(place("run.json"), stored, NULL), STATUS_OK);
    assert_int_equal(run_watch(&(struct run_options){.directory = directory}, &watching, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "shape"));
    assert_int_equal(json_write_file(place("run.json"), before, NULL), STATUS_OK);
    json_decref(before);
    json_decref(stored);
}

static void a_shape_that_cannot_be_is_refused(void **state)
{
    static const char *const tensors[] = {
        "[]",
        "[3]",
        "[[\"blk.%u.attn_q.weight\", 0, 64, 64]]",
        "[[\"blk.%u.attn_z.weight\", 0, 64, 64, \"f32\"]]",
        "[[\"blk.%u.attn_q.weight\", 6, 64, 64, \"f32\"]]",
        "[[\"blk.%u.attn_q.weight\", 0, 0, 64, \"f32\"]]",
        "[[\"blk.%u.attn_q.weight\", 0, -64, 64, \"f32\"]]",
        "[[\"blk.%u.attn_q.weight\", 0, 281474976710656, 2, \"f32\"]]",
        "[[\"blk.%u.attn_q.weight\", 0, 64, 64, \"f33\"]]",
    };
    static const char *const file[] = {"{}", "{\"alignment\": 0}", "{\"alignment\": 48}",
                                       "{\"alignment\": 32, \"bytes\": -1}"};
    static const char *const shape[] = {"{}", "[]", "3", "{\"hidden\": 64, \"heads\": []}"};
    (void)state;
    struct run *run = started_run(8), *watching;
    wait_until(run, live_in_phase, RUN_FINISHED);
    live_end(run);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        refuse_shape("tensors", tensors[i]);
    for (size_t i = 0; i < sizeof file / sizeof *file; i++)
        refuse_shape("file", file[i]);
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        json_t *stored;
        struct error error = {0};
        assert_int_equal(json_read_file(place("run.json"), &stored, NULL), STATUS_OK);
        json_object_set_new(stored, "shape", json_loads(shape[i], JSON_DECODE_ANY, NULL));
        assert_int_equal(json_write_file(place("run.json"), stored, NULL), STATUS_OK);
        json_decref(stored);
        assert_int_equal(
            run_watch(&(struct run_options){.directory = directory}, &watching, &error),
            STATUS_INVALID);
        assert_non_null(strstr(error.message, "shape"));
    }
    assert_int_equal(
        run_watch(&(struct run_options){.directory = folder}, &watching, &(struct error){0}),
        STATUS_INVALID);
}

/* ---- steering ---- */

static void what_is_asked_is_answered(void **state)
{
    static const char *const asked[][2] = {
        {"pin", "bytes<=300kB"}, {"lock", "0=8"}, {"inject", "8.8888"}, {"pause", ""}};
    (void)state;
    struct run *run = started_run(100000);
    struct error error = {0};
    wait_until(run, has_rows, 2);
    struct run *watching = watcher(), *other = watcher();
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        assert_int_equal(run_request(watching, asked[i][0], asked[i][1], &error), STATUS_OK);
        const struct snapshot *s = live_when_of(watching, has_answers, i + 1);
        assert_non_null(strstr(s->answer, asked[i][0]));
        assert_non_null(strstr(s->answer, "taken, from evaluation "));
        assert_false(s->refused);
        snapshot_release(s);
    }
    const struct snapshot *s = live_when_of(watching, live_in_phase, RUN_PAUSED);
    assert_int_equal(s->pins.count, 1);
    assert_string_equal(s->pins.pin[0].text, "bytes<=300kB");
    assert_int_equal(s->locks, 1);
    assert_string_equal(s->lock[0].text, "0=8");
    snapshot_release(s);
    assert_int_equal(run_request(watching, "lock", "99=8", &error), STATUS_INVALID);
    /* two watchers; one hears nothing of what the other asks but sees it */
    assert_int_equal(run_request(other, "continue", "", &error), STATUS_OK);
    wait_until(other, live_in_phase, RUN_EVALUATING);
    wait_until(watching, live_in_phase, RUN_EVALUATING);
    assert_int_equal(run_request(other, "stop", "", &error), STATUS_OK);
    assert_int_equal(run_wait(run, &error), STATUS_OK);
    run_close(run);
    s = live_when_of(watching, live_in_phase, RUN_FINISHED);
    assert_true(s->stopped);
    bool injected = false;
    for (size_t i = 0; i < s->rows; i++)
        injected |= strcmp(archive_row(s->archive, i)->code.text, "8.8888") == 0 &&
                    strcmp(archive_row(s->archive, i)->origin, "inject") == 0;
    assert_true(injected);
    snapshot_release(s);
    live_end(watching);
    live_end(other);
}

static bool is_extracted(const struct snapshot *s, size_t n)
{
    (void)n;
    return s->extract == EXTRACT_DONE || s->extract == EXTRACT_FAILED;
}

static void a_watcher_extracts(void **state)
{
    (void)state;
    struct run *run = started_run(16);
    struct error error = {0};
    wait_until(run, live_in_phase, RUN_FINISHED);
    struct run *watching = watcher();
    const struct snapshot *s = live_when_of(watching, has_rows, 16);
    const struct row row = *archive_row(s->archive, 3);
    snapshot_release(s);
    assert_int_equal(run_extract(watching, &row.code, NULL, place("sub.gguf"), false, &error),
                     STATUS_OK);
    s = live_when_of(watching, is_extracted, 0);
    if (s->extract != EXTRACT_DONE)
        fail_msg("%s", s->extract_message);
    snapshot_release(s);
    struct stat about;
    assert_int_equal(stat(place("sub.gguf"), &about), 0);
    assert_true((double)about.st_size == row.value[OBJECTIVE_BYTES]);
    live_end(watching);
    live_end(run);
}

/* ---- headless: generations ---- */

struct lines {
    struct run_generation line[40];
    size_t count;
};

static void hear_generation(void *context, const struct run_generation *generation)
{
    struct lines *lines = context;
    assert_true(lines->count < 40);
    lines->line[lines->count++] = *generation;
}

static void generations_are_told(void **state)
{
    (void)state;
    struct lines own = {.count = 0}, seen = {.count = 0}, late = {.count = 0};
    struct run *run, *watching;
    struct error error = {0};
    const struct run_options options = {.model = model,
                                        .directory = directory,
                                        .limit = 12,
                                        .evaluations = 36,
                                        .population = 8,
                                        .on_generation = hear_generation,
                                        .listener = &own};
    assert_int_equal(run_open(&options, &run, &error), STATUS_OK);
    assert_int_equal(run_start(run, &error), STATUS_OK);
    wait_until(run, has_rows, 1);
    watching = opened_watcher(&(struct run_options){
        .directory = directory, .on_generation = hear_generation, .listener = &seen});
    wait_until(run, live_in_phase, RUN_FINISHED);
    live_end(run);
    wait_until(watching, live_in_phase, RUN_FINISHED);
    live_end(watching);
    live_end(opened_watcher(&(struct run_options){
        .directory = directory, .on_generation = hear_generation, .listener = &late}));
    assert_int_equal(own.count, 5); /* four generations of eight, and four networks */
    for (const struct lines *lines = &seen;; lines = &late) {
        assert_int_equal(lines->count, own.count);
        for (size_t i = 0; i < own.count; i++) {
            const struct run_generation *a = &own.line[i], *b = &lines->line[i];
            assert_int_equal(a->generation, b->generation);
            assert_int_equal(a->evaluations, b->evaluations);
            assert_int_equal(a->feasible, b->feasible);
            assert_int_equal(a->front, b->front);
            assert_true(a->hypervolume >= b->hypervolume && a->hypervolume <= b->hypervolume);
        }
        if (lines == &late)
            break;
    }
}

/* ---- what lies there in place of a file ---- */

/* The rows that a watcher finds, or -1 and why. */
static long rows_watched(char *told, size_t size)
{
    struct run *run;
    struct error error = {0};
    alarm(30); /* a reader that waits for a pipe is to end the test */
    enum status status = run_watch(&(struct run_options){.directory = directory}, &run, &error);
    alarm(0);
    if (status != STATUS_OK) {
        assert_int_equal(status, STATUS_INVALID);
        snprintf(told, size, "%s", error.message);
        return -1;
    }
    const struct snapshot *s = run_snapshot(run);
    long rows = (long)s->rows;
    snprintf(told, size, "%s", s->message);
    snapshot_release(s);
    run_close(run);
    return rows;
}

static void a_pipe_in_place_of_a_file_holds_up_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool needed;
    } files[] = {{"now.json", false},  {"progress.csv", false}, {"log.txt", false},
                 {"order.bin", false}, {"lock", false},         {"history.csv", true},
                 {"state.json", true}, {"run.json", true}};
    char told[600], kept[400];
    struct run *run = started_run(12);
    wait_until(run, live_in_phase, RUN_FINISHED);
    live_end(run);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const char *path = place(files[i].name);
        snprintf(kept, sizeof kept, "%s", place("kept"));
        bool there = rename(path, kept) == 0;
        assert_int_equal(mkfifo(path, 0666), 0);
        long rows = rows_watched(told, sizeof told);
        if (rows != (files[i].needed ? -1 : 12))
            fail_msg("%s: %ld rows, \"%s\"", files[i].name, rows, told);
        bool said = strstr(told, files[i].name) != NULL;
        assert_true(said == (files[i].needed || strcmp(files[i].name, "progress.csv") == 0));
        assert_int_equal(unlink(path), 0);
        assert_true(!there || rename(kept, path) == 0);
    }
}

/* The history is what counts. */
static void a_damaged_progress_file_is_told_once(void **state)
{
    (void)state;
    char told[600];
    struct error error = {0};
    struct run *run = started_run(12);
    wait_until(run, live_in_phase, RUN_FINISHED);
    live_end(run);
    assert_int_equal(file_append(place("progress.csv"), "no,line\n", 8, &error), STATUS_OK);
    assert_int_equal(rows_watched(told, sizeof told), 12);
    assert_non_null(strstr(told, "progress.csv, line "));
    assert_non_null(strstr(told, "is no finished generation; left out"));
    assert_int_equal(atomic_file_replace(place("progress.csv"), "a,b\n1,2\n", 8, NULL), STATUS_OK);
    run = watcher(); /* the thread looks again and again */
    const struct snapshot *s = live_when_of(run, has_rows, 12);
    assert_non_null(strstr(s->message, "progress.csv has other columns"));
    snapshot_release(s);
    assert_int_equal(file_append(place("progress.csv"), "3,4\n", 4, &error), STATUS_OK);
    live_end(run);
    assert_int_equal(unlink(place("progress.csv")), 0);
    assert_int_equal(mkdir(place("progress.csv"), 0777), 0);
    assert_int_equal(rows_watched(told, sizeof told), 12);
    assert_non_null(strstr(told, "progress.csv is not an ordinary file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_watcher_sees_what_the_run_has),
        TEST(who_writes_is_seen),
        TEST(neither_model_nor_tasks_are_needed),
        TEST(a_shape_that_cannot_be_is_refused),
        TEST(what_is_asked_is_answered),
        TEST(a_watcher_extracts),
        TEST(generations_are_told),
        TEST(a_pipe_in_place_of_a_file_holds_up_nobody),
        TEST(a_damaged_progress_file_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
