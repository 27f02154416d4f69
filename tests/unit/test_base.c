/* base: quantities, random numbers, hashes, worker pool, memory, buffers, errors, clock. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/pool.h"
#include "base/quantity.h"
#include "base/rng.h"
#include "base/shell.h"
#include "support.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- random numbers ---- */

static void streams_do_not_depend_on_each_other(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        const char *purpose;
        uint64_t index;
    } stream[] = {{0, "a", 0}, {1, "a", 0}, {0, "b", 0}, {0, "a", 1}, {0, "", 0}, {1, "a", 1}};
    struct rng rng[6], again;
    for (size_t i = 0; i < 6; i++)
        rng_init(&rng[i], stream[i].seed, stream[i].purpose, stream[i].index);
    for (size_t i = 0; i < 6; i++) {
        rng_init(&again, stream[i].seed, stream[i].purpose, stream[i].index);
        uint64_t first = rng_next(&rng[i]);
        assert_true(first == rng_next(&again));
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(&rng[i], &rng[k], sizeof *rng);
    }
}

/* xoshiro256++'s first numbers from the state 1, 2, 3, 4, as its authors' program prints them. */
static void the_generator_is_the_published_one(void **state)
{
    (void)state;
    static const uint64_t published[] = {UINT64_C(41943041),
                                         UINT64_C(58720359),
                                         UINT64_C(3588806011781223),
                                         UINT64_C(3591011842654386),
                                         UINT64_C(9228616714210784205),
                                         UINT64_C(9973669472204895162)};
    struct rng rng = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++)
        assert_true(rng_next(&rng) == published[i]);
}

static void numbers_stay_within_bounds_and_fill_them(void **state)
{
    (void)state;
    static const uint32_t bounds[] = {1, 2, 3, 6, 7, 10, 1000, 0x80000001u, UINT32_MAX};
    struct rng rng;
    rng_init(&rng, 1, "bounds", 0);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        uint32_t count[10] = {0}, draws = 60000;
        for (uint32_t k = 0; k < draws; k++) {
            uint32_t value = rng_below(&rng, bounds[i]);
            assert_true(value < bounds[i]);
            count[bounds[i] <= 10 ? value : (uint64_t)value * 10 / bounds[i]]++;
        }
        uint32_t cells = bounds[i] < 10 ? bounds[i] : 10; /* five deviations */
        double expected = (double)draws / cells;
        for (uint32_t k = 0; k < cells; k++)
            assert_true(fabs(count[k] - expected) < 5 * sqrt(expected) + 1);
    }
    /* 2^32 draws over 3 * 2^30 values: without drawing some again every third comes twice as often
     */
    uint32_t thirds = 0;
    for (int k = 0; k < 30000; k++)
        thirds += rng_below(&rng, 3u << 30) % 3 == 0;
    assert_in_range(thirds, 9500, 10500);
    double sum = 0, squares = 0, normal = 0, normal_squares = 0;
    for (int k = 0; k < 100000; k++) {
        double u = rng_uniform(&rng), n = rng_normal(&rng);
        assert_true(u >= 0 && u < 1 && isfinite(n));
        sum += u, squares += u * u, normal += n, normal_squares += n * n;
    }
    assert_true(fabs(sum / 1e5 - .5) < .005 && fabs(squares / 1e5 - 1. / 3) < .005);
    assert_true(fabs(normal / 1e5) < .02 && fabs(normal_squares / 1e5 - 1) < .03);
}

/* ---- hashes ---- */

static int give_up_at_half(void *context, double done)
{
    *(double *)context = done;
    return done > 0.5;
}

static void sha256_of_published_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text, *hex;
    } row[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    char *folder = support_folder(), path[4200], hex[SHA256_HEX];
    snprintf(path, sizeof path, "%s/x", folder);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(sha256_bytes(row[i].text, strlen(row[i].text), hex, NULL), STATUS_OK);
        assert_string_equal(hex, row[i].hex);
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(row[i].text, file);
        fclose(file);
        assert_int_equal(sha256_file(path, hex, NULL), STATUS_OK);
        assert_string_equal(hex, row[i].hex);
    }
    FILE *file = fopen(path, "wb"); /* a million times a: more than one block of reading */
    for (int i = 0; i < 1000000; i++)
        fputc('a', file);
    fclose(file);
    assert_int_equal(sha256_file(path, hex, NULL), STATUS_OK);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    struct error error = {0};
    double done = 0;
    assert_int_equal(truncate(path, 100 << 20), 0); /* zeros: reports come every 32 MiB */
    assert_int_equal(sha256_file_watched(path, give_up_at_half, &done, hex, &error),
                     STATUS_CANCELLED);
    assert_true(done > 0.5 && done < 1);
    assert_int_equal(sha256_file(folder, hex, &error), STATUS_IO);
    unlink(path);
    assert_int_equal(sha256_file(path, hex, &error), STATUS_IO);
    assert_non_null(strstr(error.message, path));
    support_folder_remove(folder);
}

static void hash64_spreads(void **state)
{
    (void)state;
    static uint8_t bucket[4096];
    uint32_t used = 0;
    for (uint32_t i = 0; i < 4096; i++) {
        char key[16];
        int length = snprintf(key, sizeof key, "8888%u", i);
        uint64_t hash = hash64(key, (size_t)length);
        assert_true(hash == hash64(key, (size_t)length));
        used += bucket[hash % 4096]++ == 0;
    }
    assert_true(used > 2450); /* 1 - 1/e of them by chance: 2589 */
    assert_true(hash64("a", 1) != hash64("a\0", 2));
    assert_true(hash64("", 0) != hash64("\0", 1));
}

/* ---- pool ---- */

struct tally {
    atomic_uint count[1000];
    atomic_uint wrong_worker, signals_open;
    unsigned threads;
};

static void tick(void *context, size_t index, unsigned worker)
{
    struct tally *tally = context;
    sigset_t blocked;
    atomic_fetch_add(&tally->count[index], 1);
    atomic_fetch_add(&tally->wrong_worker, worker >= tally->threads);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    atomic_fetch_add(&tally->signals_open, !sigismember(&blocked, SIGINT));
}

static void all_indices_run_once(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 7, 1000};
    for (unsigned threads = 1; threads <= 9; threads += 2)
        for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
            static struct tally tally;
            struct pool *pool;
            memset(&tally, 0, sizeof tally);
            tally.threads = threads;
            assert_int_equal(pool_new(threads, &pool, NULL), STATUS_OK);
            pool_wait(pool); /* nothing to wait for */
            assert_int_equal(pool_run(pool, tick, &tally, counts[i], NULL), STATUS_OK);
            for (int batch = 0; batch < 3; batch++)
                assert_int_equal(pool_submit(pool, tick, &tally, counts[i], NULL), STATUS_OK);
            pool_wait(pool);
            for (size_t k = 0; k < 1000; k++)
                assert_int_equal(atomic_load(&tally.count[k]), k < counts[i] ? 4 : 0);
            assert_int_equal(atomic_load(&tally.wrong_worker), 0);
            assert_int_equal(atomic_load(&tally.signals_open), 0);
            pool_free(pool);
        }
    pool_free(NULL);
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked); /* the caller's own are as before */
    assert_false(sigismember(&blocked, SIGINT));
}

static void slow_tick(void *context, size_t index, unsigned worker)
{
    (void)index, (void)worker;
    usleep(2000);
    atomic_fetch_add((atomic_uint *)context, 1);
}

static void freeing_drops_what_is_queued(void **state)
{
    (void)state;
    atomic_uint done = 0;
    struct pool *pool;
    assert_int_equal(pool_new(2, &pool, NULL), STATUS_OK);
    for (int batch = 0; batch < 5; batch++)
        assert_int_equal(pool_submit(pool, slow_tick, &done, 1000, NULL), STATUS_OK);
    pool_free(pool);
    assert_true(atomic_load(&done) < 1000);
}

/* ---- memory, buffers ---- */

static void sizes_are_checked(void **state)
{
    (void)state;
    struct error error = {0};
    assert_null(memory_new(SIZE_MAX, 2, &error));
    assert_int_equal(error.status, STATUS_MEMORY);
    assert_null(memory_new(SIZE_MAX / 2 + 1, 1, &error));
    assert_null(memory_new((size_t)1 << 32, (size_t)1 << 32, &error));
    assert_null(memory_new(SIZE_MAX, SIZE_MAX, NULL));
    for (size_t count = 0; count < 300; count += 37) {
        unsigned char *memory = memory_new(count, 3, NULL);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 64, 0);
        for (size_t i = 0; i < 3 * count; i++)
            assert_int_equal(memory[i], 0);
        memory_free(memory);
    }
    uint64_t *array = NULL;
    size_t capacity = 0;
    assert_int_equal(memory_reserve(&array, &capacity, SIZE_MAX / 4, sizeof *array, &error),
                     STATUS_MEMORY);
    assert_null(array);
    assert_int_equal(capacity, 0);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(memory_reserve(&array, &capacity, i + 1, sizeof *array, NULL), STATUS_OK);
        assert_true(array[i] == 0 && capacity > i);
        array[i] = i;
    }
    assert_int_equal(memory_reserve(&array, &capacity, SIZE_MAX, sizeof *array, NULL),
                     STATUS_MEMORY);
    for (size_t i = 0; i < 1000; i++) /* a failure takes nothing away */
        assert_true(array[i] == i);
    memory_free(array);
    memory_free(NULL);
}

static void allocations_fail_when_told(void **state)
{
    (void)state;
    memory_fail_at(3);
    void *a = memory_new(1, 1, NULL), *b = memory_new(1, 1, NULL), *c = memory_new(1, 1, NULL),
         *d = memory_new(1, 1, NULL);
    assert_true(a != NULL && b != NULL && c == NULL && d != NULL);
    memory_free(a), memory_free(b), memory_free(d);
    struct buf buf;
    struct error error = {0};
    buf_init(&buf);
    assert_int_equal(buf_printf(&buf, NULL, "kept"), STATUS_OK);
    memory_fail_at(1);
    assert_int_equal(buf_printf(&buf, &error, "%0200d", 1), STATUS_MEMORY);
    assert_string_equal(buf.data, "kept");
    memory_fail_at(0);
    buf_release(&buf);
}

static void buffers_are_always_terminated(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf);
    assert_int_equal(buf_append(&buf, NULL, 0, NULL), STATUS_OK);
    assert_string_equal(buf.data, "");
    for (int i = 0; i < 500; i++)
        assert_int_equal(buf_printf(&buf, NULL, "%d,", i % 10), STATUS_OK);
    assert_int_equal(buf.length, 1000);
    assert_int_equal(strlen(buf.data), 1000);
    assert_int_equal(buf_append(&buf, "a\0b", 3, NULL), STATUS_OK);
    assert_int_equal(buf.length, 1003);
    assert_int_equal(buf.data[1003], 0);
    assert_int_equal(buf_append(&buf, "x", SIZE_MAX, NULL), STATUS_MEMORY);
    buf_clear(&buf);
    assert_string_equal(buf.data, "");
    buf_release(&buf);
    assert_null(buf.data);
    buf_clear(&buf);
}

static void errors_keep_their_sentence(void **state)
{
    (void)state;
    struct error error;
    static char long_text[2000];
    assert_int_equal(error_set(&error, STATUS_INVALID, "%s %d", "line", 3), STATUS_INVALID);
    assert_int_equal(error_prefix(&error, "file %s", "x"), STATUS_INVALID);
    assert_string_equal(error.message, "file x: line 3");
    errno = ENOSPC;
    assert_int_equal(error_errno(&error, "cannot write", "x"), STATUS_IO);
    assert_string_equal(error.message, "cannot write x: No space left on device");
    assert_int_equal(error_set(NULL, STATUS_IO, "x"), STATUS_IO);
    memset(long_text, 'x', sizeof long_text - 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(error_prefix(&error, "%s", long_text), STATUS_IO);
    assert_true(strlen(error.message) < sizeof error.message);
    error_set(&error, STATUS_IO, "%s", "near \033[2J\302\233m\r\n\377 caf\303\251");
    assert_string_equal(error.message, "near  [2J  m  ? caf\303\251"); /* no terminal obeys it */
    error_prefix(&error, "\033]0;x\a");
    assert_string_equal(error.message, " ]0;x : near  [2J  m  ? caf\303\251");
}

/* ---- clock ---- */

static void times_come_back(void **state)
{
    (void)state;
    static const struct {
        int64_t utc;
        const char *text;
    } row[] = {{0, "1970-01-01T00:00:00Z"},
               {951782400, "2000-02-29T00:00:00Z"},
               {1795521600, "2026-11-24T12:00:00Z"},
               {4102444799, "2099-12-31T23:59:59Z"}};
    static const char *const malformed[] = {"",
                                            "2026-11-24",
                                            "2026-11-24T12:00:00",
                                            "2026-11-24T12:00:00Z ",
                                            "2026-11-24 12:00:00Z",
                                            "2026-13-24T12:00:00Z",
                                            "2026-11-24T25:00:00Z",
                                            "yesterday"};
    char text[21];
    int64_t back;
    setenv("TZ", "America/New_York", 1); /* has no say */
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_string_equal(clock_iso8601(row[i].utc, text), row[i].text);
        assert_int_equal(clock_parse_iso8601(text, &back), 0);
        assert_int_equal(back, row[i].utc);
    }
    for (int64_t utc = 1; utc < 4000000000; utc += 12345677) {
        assert_int_equal(clock_parse_iso8601(clock_iso8601(utc, text), &back), 0);
        assert_int_equal(back, utc);
    }
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        assert_int_equal(clock_parse_iso8601(malformed[i], &back), -1);
    assert_int_equal(strlen(clock_iso8601(INT64_MAX, text)), 20);
    assert_int_equal(strlen(clock_iso8601(INT64_MIN, text)), 20);
    double before = clock_seconds();
    usleep(2000);
    assert_true(clock_seconds() >= before + .002);
    assert_true(clock_utc() > 1700000000);
}

/* ---- shell ---- */

static void words_are_quoted_for_a_shell(void **state)
{
    (void)state;
    static const char *const word[] = {"plain/name-1.run",
                                       "",
                                       "two words",
                                       "it's",
                                       "'",
                                       "$HOME `x` \"y\" \\",
                                       "*",
                                       "~/a",
                                       "a\nb",
                                       ";",
                                       "\303\244"};
    for (size_t i = 0; i < sizeof word / sizeof *word; i++) {
        char quoted[64], command[128], back[64] = "";
        snprintf(command, sizeof command, "printf %%s %s",
                 shell_quote(word[i], quoted, sizeof quoted));
        FILE *shell = popen(command, "r");
        assert_non_null(shell);
        back[fread(back, 1, sizeof back - 1, shell)] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(back, word[i]);
    }
    char out[10];
    assert_string_equal(shell_quote("plain", out, sizeof out), "plain");
    assert_string_equal(shell_quote("a 'b' c d e f", out, sizeof out),
                        "'a '\\'''"); /* closed where it is cut */
}

static void a_home_is_expanded(void **state)
{
    (void)state;
    struct error error = {0};
    char out[32], *before = getenv("HOME"), *kept = before != NULL ? strdup(before) : NULL;
    static const char *const row[][2] = {{"~/a.gguf", "/home/me/a.gguf"},
                                         {"~", "/home/me"},
                                         {"a/~/b", "a/~/b"},
                                         {"~you/a", "~you/a"},
                                         {"", ""},
                                         {"/~/", "/~/"}};
    setenv("HOME", "/home/me", 1);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_int_equal(shell_expand_home(row[i][0], out, sizeof out, NULL), STATUS_OK);
        assert_string_equal(out, row[i][1]);
    }
    assert_int_equal(shell_expand_home("~/012345678901234567890123456789", out, sizeof out, &error),
                     STATUS_INVALID);
    assert_non_null(strstr(error.message, "too long"));
    unsetenv("HOME");
    assert_int_equal(shell_expand_home("~/a", out, sizeof out, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "HOME is not set"));
    assert_int_equal(shell_expand_home("a", out, sizeof out, NULL), STATUS_OK);
    if (kept != NULL)
        setenv("HOME", kept, 1);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_do_not_depend_on_each_other),
        cmocka_unit_test(the_generator_is_the_published_one),
        cmocka_unit_test(numbers_stay_within_bounds_and_fill_them),
        cmocka_unit_test(sha256_of_published_vectors),
        cmocka_unit_test(hash64_spreads),
        cmocka_unit_test(all_indices_run_once),
        cmocka_unit_test(freeing_drops_what_is_queued),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(allocations_fail_when_told),
        cmocka_unit_test(buffers_are_always_terminated),
        cmocka_unit_test(errors_keep_their_sentence),
        cmocka_unit_test(words_are_quoted_for_a_shell),
        cmocka_unit_test(a_home_is_expanded),
        cmocka_unit_test(times_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
