/* state.json: every field comes back; what is damaged is refused, whatever was done to it. */
#include "store/rundir.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *folder;
static char state_path[4096];
static struct rundir *rundir;

static int open_run(void **state)
{
    char path[4000];
    (void)state;
    folder = support_folder();
    if (folder == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/a.run", folder);
    snprintf(state_path, sizeof state_path, "%s/state.json", path);
    return rundir_open(path, &rundir, NULL) != STATUS_OK;
}

static int close_run(void **state)
{
    (void)state;
    rundir_close(rundir);
    support_folder_remove(folder);
    return 0;
}

/* A state with something in every field. */
static struct run_state *full_state(void)
{
    static const char *const pins[] = {"bytes<=90MiB", "acc>=35%", "size>=1kB", "perplexity<=31.5"};
    struct run_state *s = memory_new(1, sizeof *s, NULL);
    assert_non_null(s);
    rng_init(&s->method.rng, 7, "method", 0);
    s->method.rng.state[1] = 0;
    s->method.rng.state[2] = UINT64_MAX;
    s->method.generation = UINT32_MAX;
    s->method.members = 50;
    s->method.member = memory_new(50, sizeof *s->method.member, NULL);
    for (uint32_t i = 0; i < 50; i++)
        s->method.member[i] = i * 3;
    s->method.member[49] = UINT32_MAX - 1;
    s->asked_rows = 123456;
    s->want = 20;
    s->generation_done = 3;
    for (size_t i = 0; i < 4; i++) {
        struct pin pin;
        assert_int_equal(pin_parse(pins[i], NULL, &pin, NULL), STATUS_OK);
        pin.enabled = i % 2 == 0;
        assert_int_equal(pins_set(&s->pins, &pin, NULL), STATUS_OK);
    }
    for (s->locks = 0; s->locks < 16; s->locks++)
        snprintf(s->lock[s->locks], sizeof s->lock[0], "%zu-255=8", s->locks);
    for (s->injects = 0; s->injects < STATE_CODES_MAX; s->injects++) {
        char *text = s->inject[s->injects].text;
        memset(text, '8', s->injects + 1);
        text[s->injects / 2] = "0.a"[s->injects % 3];
    }
    s->paused = true;
    snprintf(s->ended, sizeof s->ended, "stopped");
    s->evaluations = 250;
    s->stall_from = 4294967295;
    s->seconds = 12345.678901234567;
    return s;
}

static void expect_equal(const struct run_state *a, const struct run_state *b)
{
    assert_memory_equal(&a->method.rng, &b->method.rng, sizeof a->method.rng);
    assert_int_equal(a->method.generation, b->method.generation);
    assert_int_equal(a->method.members, b->method.members);
    if (b->method.members > 0)
        assert_memory_equal(a->method.member, b->method.member,
                            b->method.members * sizeof *b->method.member);
    assert_int_equal(a->asked_rows, b->asked_rows);
    assert_int_equal(a->want, b->want);
    assert_int_equal(a->generation_done, b->generation_done);
    assert_int_equal(a->pins.count, b->pins.count);
    for (size_t i = 0; i < b->pins.count; i++) {
        assert_int_equal(a->pins.pin[i].objective, b->pins.pin[i].objective);
        assert_int_equal(a->pins.pin[i].at_least, b->pins.pin[i].at_least);
        assert_int_equal(a->pins.pin[i].enabled, b->pins.pin[i].enabled);
        assert_true(a->pins.pin[i].limit == b->pins.pin[i].limit);
        assert_string_equal(a->pins.pin[i].text, b->pins.pin[i].text);
    }
    assert_int_equal(a->locks, b->locks);
    for (size_t i = 0; i < b->locks; i++)
        assert_string_equal(a->lock[i], b->lock[i]);
    assert_int_equal(a->injects, b->injects);
    for (size_t i = 0; i < b->injects; i++)
        assert_string_equal(a->inject[i].text, b->inject[i].text);
    assert_int_equal(a->paused, b->paused);
    assert_string_equal(a->ended, b->ended);
    assert_int_equal(a->evaluations, b->evaluations);
    assert_int_equal(a->stall_from, b->stall_from);
    assert_true(a->seconds == b->seconds);
}

static void round_trip(const struct run_state *written)
{
    struct run_state *read = memory_new(1, sizeof *read, NULL);
    struct error error = {0};
    bool found = false;
    assert_int_equal(state_write(rundir, written, NULL), STATUS_OK);
    if (state_read(rundir, read, &found, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(found);
    expect_equal(read, written);
    run_state_release(read);
    memory_free(read);
}

static void every_field_comes_back(void **state)
{
    (void)state;
    struct run_state *s = full_state();
    round_trip(s);
    run_state_release(s);
    assert_null(s->method.member);
    s->method.rng.state[3] = 1; /* as empty as a state may be */
    round_trip(s);
    s->method.rng.state[3] = UINT64_C(0x8000000000000000);
    s->seconds = 0.1 + 0.2;
    round_trip(s);
    memory_free(s);
}

static void no_file_is_no_state(void **state)
{
    (void)state;
    struct run_state *s = full_state();
    run_state_release(s);
    bool found = true;
    assert_int_equal(state_read(rundir, s, &found, NULL), STATUS_OK);
    assert_false(found);
    assert_int_equal(s->evaluations, 0);
    memory_free(s);
}

static void expect_refused(const char *text, size_t length, const char *what)
{
    struct run_state *s = memory_new(1, sizeof *s, NULL);
    struct error error = {0};
    bool found = true;
    assert_int_equal(atomic_file_replace(state_path, text, length, NULL), STATUS_OK);
    if (state_read(rundir, s, &found, &error) != STATUS_INVALID)
        fail_msg("taken: %s", what);
    assert_false(found);
    assert_non_null(strstr(error.message, "state.json"));
    assert_null(s->method.member);
    memory_free(s);
}

/* Each field missing, or replaced by values that it cannot have. */
static void each_damaged_field_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *value[10]; /* JSON */
    } row[] = {
        {"generation", {"-1", "4294967296", "\"3\"", "1.5", "null"}},
        {"rng",
         {"[]", "null", "{}", "[\"1\",\"2\",\"3\",\"4\"]",
          "[\"0000000000000001\",\"0000000000000001\",\"0000000000000001\"]",
          "[\"0000000000000001\",\"0000000000000001\",\"0000000000000001\",\"000000000000000g\"]",
          "[\"0000000000000001\",\"0000000000000001\",\"0000000000000001\",1]",
          "[\"0000000000000000\",\"0000000000000000\",\"0000000000000000\",\"0000000000000000\"]",
          "[\"0000000000000001\",\"0000000000000001\",\"0000000000000001\",\"0000000000000001\","
          "\"0000000000000001\"]",
          "\"0000000000000001\""}},
        {"members", {"null", "3", "{}", "[-1]", "[4294967295]", "[\"1\"]", "[1.5]", "[null]"}},
        {"asked_rows", {"-1", "\"3\"", "null", "1.5"}},
        {"want", {"-1", "\"3\"", "null"}},
        {"generation_done", {"-1", "\"3\"", "null"}},
        {"pins",
         {"null", "{}", "[1]", "[{\"pin\": \"bytes<=90M\", \"enabled\": true}]",
          "[{\"pin\": \"speed<=9\", \"enabled\": true}]", "[{\"enabled\": true}]",
          "[{\"pin\": \"acc>=0.4\"}]", "[{\"pin\": \"acc>=0.4\", \"enabled\": 1}]"}},
        {"locks",
         {"null", "{}", "[3]", "[\"a lock of twenty-four bytes\"]",
          "[\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0="
          "8\","
          "\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\",\"0=8\"]"}},
        {"injects", {"null", "{}", "[3]", "[\"88x8\"]", "[\"\"]", "[\"8888\", null]"}},
        {"paused", {"null", "0", "\"no\""}},
        {"evaluations", {"-1", "\"3\"", "null"}},
        {"seconds", {"null", "\"3\"", "[]"}},
        {"ended", {"null", "3", "\"a word too long\""}},
        {"stall_from", {"-1", "4294967296", "\"3\"", "1.5", "null"}},
    };
    struct run_state *s = full_state();
    json_t *whole;
    assert_int_equal(state_write(rundir, s, NULL), STATUS_OK);
    assert_int_equal(json_read_file(state_path, &whole, NULL), STATUS_OK);
    assert_int_equal(json_object_size(whole), sizeof row / sizeof *row); /* all fields are here */
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (size_t k = 0; k <= 10 && (k == 0 || row[i].value[k - 1] != NULL); k++) {
            char what[300];
            if (k == 0 &&
                (strcmp(row[i].key, "ended") == 0 || strcmp(row[i].key, "stall_from") == 0))
                continue; /* a state from before it was told */
            json_t *damaged = json_copy(whole);
            const char *value = k == 0 ? "(missing)" : row[i].value[k - 1];
            assert_int_equal(json_object_del(damaged, row[i].key), 0);
            if (k > 0) {
                json_t *wrong = json_loads(value, JSON_DECODE_ANY, NULL);
                assert_non_null(wrong);
                json_object_set_new(damaged, row[i].key, wrong);
            }
            char *text = json_dumps(damaged, 0);
            snprintf(what, sizeof what, "%s %s", row[i].key, value);
            expect_refused(text, strlen(text), what);
            free(text);
            json_decref(damaged);
        }
    json_decref(whole);
    run_state_release(s);
    memory_free(s);
}

static void cut_files_are_refused(void **state)
{
    (void)state;
    struct run_state *s = full_state();
    char *text;
    size_t length;
    s->injects = 1;
    s->method.members = 3;
    assert_int_equal(state_write(rundir, s, NULL), STATUS_OK);
    assert_int_equal(file_read(state_path, &text, &length, NULL), STATUS_OK);
    for (size_t cut = 0; cut + 2 < length; cut += 5)
        expect_refused(text, cut, "a cut file");
    expect_refused("[]", 2, "an array");
    expect_refused("{}", 2, "an empty object");
    expect_refused("3", 1, "a number");
    memory_free(text);
    run_state_release(s);
    memory_free(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_run, close_run)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_field_comes_back),
        TEST(no_file_is_no_state),
        TEST(each_damaged_field_is_refused),
        TEST(cut_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
