/* --measure: the user's command gets the extracted file, quoted; what it prints is read; what goes
 * wrong is one sentence, and nothing is left behind. */
#include "engine/measure.h"

#include "base/clock.h"
#include "tiny_model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct world {
    char folder[300], path[400], model[256];
    struct supernet *supernet;
    struct tokenizer *tokenizer;
    struct arch_code code;
    uint64_t bytes; /* of the extracted file */
};

static int open_world(void **state)
{
    static struct world world;
    const struct weight_options weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false};
    tiny_path("measure", world.model);
    tiny_write(&tiny_llama, world.model);
    snprintf(world.folder, sizeof world.folder, "%s it's $HOME \"quoted\"; ls", world.model);
    snprintf(world.path, sizeof world.path, "%s/measured.gguf", world.folder);
    mkdir(world.folder, 0700);
    if (supernet_open(world.model, &world.supernet, NULL) != STATUS_OK ||
        tokenizer_new(supernet_gguf(world.supernet), &world.tokenizer, NULL) != STATUS_OK ||
        arch_code_parse(supernet_shape(world.supernet), "84.h", &world.code, NULL) != STATUS_OK)
        return 1;
    world.bytes = arch_bytes(supernet_shape(world.supernet), &world.code, &weights);
    *state = &world;
    return 0;
}

static int close_world(void **state)
{
    struct world *world = *state;
    tokenizer_free(world->tokenizer);
    supernet_close(world->supernet);
    remove(world->model);
    return rmdir(world->folder); /* fails when a file is left in it */
}

struct patience {
    int calls; /* until it is over; < 0: never */
};

static bool stopping(void *context)
{
    struct patience *patience = context;
    return patience->calls >= 0 && patience->calls-- == 0;
}

static enum status measure(const struct world *world, const char *command, double seconds,
                           int calls, struct measured_times *times, struct error *error)
{
    struct patience patience = {calls};
    const struct measure_options options = {
        .command = command,
        .supernet = world->supernet,
        .tokenizer = world->tokenizer,
        .weights = {WEIGHT_SOURCE, WEIGHT_SOURCE, false},
        .source_sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        .path = world->path,
        .seconds = seconds,
        .stopping = stopping,
        .context = &patience,
    };
    *times = (struct measured_times){0, 0};
    *error = (struct error){0};
    enum status status = measure_run(&options, &world->code, times, error);
    assert_int_equal(access(world->path, F_OK), -1); /* removed, whatever happened */
    return status;
}

static void a_command_needs_the_model(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(measure_check("llama-bench -m {model}", &error), STATUS_OK);
    assert_int_equal(measure_check("llama-bench", &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "{model}"));
    assert_int_equal(measure_check("", &error), STATUS_INVALID);
    assert_int_equal(measure_check("\xff {model}", &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "UTF-8"));
}

static void numbers_are_read_from_the_last_line(void **state)
{
    const struct world *world = *state;
    static const struct {
        const char *command;
        double decode, prompt; /* 0: none */
    } row[] = {
        {"echo 12.5 # {model}", 12.5, 0},
        {"printf '3 4\\nthe result:\\n 7.25 300 and more\\n\\n'; : {model}", 7.25, 300},
        {"echo 12.5ms per token # {model}", 12.5, 0},
        {"echo 1e1, 2.5e2 # {model}", 10, 250},
        {"printf '\\t.5;6' # {model}", .5, 6},
        {"echo 5 0 # {model}", 5, 0},
        {"echo 5 -3 # {model}", 5, 0},
        {"echo complaints >&2; echo 5 # {model}", 5, 0},
        {"yes | head -c 300000; echo; echo 4 # {model}", 4, 0},
        {"head -c 4 /dev/zero; echo; echo 8 # {model}", 8, 0},
        {"[ \"$(head -c 4 {model})\" = GGUF ] && [ -r {model} ] && echo 2", 2, 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct measured_times times;
        struct error error;
        if (measure(world, row[i].command, 0, -1, &times, &error) != STATUS_OK)
            fail_msg("%s: %s", row[i].command, error.message);
        if (fabs(times.decode - row[i].decode) > 1e-12)
            fail_msg("%s: %g", row[i].command, times.decode);
        if (row[i].prompt > 0 ? fabs(times.prompt - row[i].prompt) > 1e-12 : !isnan(times.prompt))
            fail_msg("%s: prompt %g", row[i].command, times.prompt);
    }
}

/* The folder's name has blanks, quotes and what a shell would act on. */
static void the_file_is_the_extracted_one(void **state)
{
    const struct world *world = *state;
    struct measured_times times;
    struct error error;
    if (measure(world, "wc -c {model}", 0, -1, &times, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(times.decode == (double)world->bytes);
    assert_true(isnan(times.prompt));
}

static void failures_are_sentences(void **state)
{
    const struct world *world = *state;
    static const struct {
        const char *command, *message;
    } row[] = {
        {"echo oops >&2; exit 3; {model}", "status 3: oops"},
        {"echo 5; false {model}", "status 1"},
        {"no-such-program {model}", "status 127: "},
        {"kill -9 $$; {model}", "signal 9"},
        {"kill -TERM $$; {model}", "signal 15"},
        {"true {model}", "not \"\""},
        {"echo fast; : {model}", "not \"fast\""},
        {"echo 5; echo done; : {model}", "not \"done\""},
        {"echo nan; : {model}", "not \"nan\""},
        {"echo inf; : {model}", "not \"inf\""},
        {"echo -5; : {model}", "not \"-5\""},
        {"echo 0; : {model}", "not \"0\""},
        {"echo 1e999; : {model}", "not \"1e999\""},
        {"( : {model}", "status 2"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct measured_times times;
        struct error error;
        if (measure(world, row[i].command, 0, -1, &times, &error) != STATUS_FAILED)
            fail_msg("%s: was taken", row[i].command);
        if (strncmp(error.message, "--measure: ", 11) != 0 ||
            strstr(error.message, row[i].message) == NULL || strchr(error.message, '\n') != NULL)
            fail_msg("%s: %s", row[i].command, error.message);
    }
}

static void what_hangs_is_ended(void **state)
{
    const struct world *world = *state;
    static const struct {
        const char *command;
        double seconds;
        int calls;
        enum status status;
    } row[] = {
        {"sleep 100; : {model}", .2, -1, STATUS_FAILED},
        {"sleep 100; : {model}", 0, 20, STATUS_CANCELLED},
        {"trap '' TERM; sleep 100; sleep 100; : {model}", .2, -1, STATUS_FAILED},
        {"yes; : {model}", .2, -1, STATUS_FAILED},
        {"sleep 100 & echo 3 # {model}", 0, -1, STATUS_OK}, /* left behind, holds the pipe */
        {"yes & echo 3 >/dev/null # {model}", 0, -1, STATUS_FAILED}, /* no number, but an end */
        {"echo 3; : {model}", 0, 0, STATUS_CANCELLED},               /* while the file is written */
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct measured_times times;
        struct error error;
        double start = clock_seconds();
        enum status status =
            measure(world, row[i].command, row[i].seconds, row[i].calls, &times, &error);
        if (status != row[i].status || clock_seconds() - start > 80)
            fail_msg("%s: status %d after %.1f s: %s", row[i].command, (int)status,
                     clock_seconds() - start, error.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_needs_the_model),
        cmocka_unit_test(numbers_are_read_from_the_last_line),
        cmocka_unit_test(the_file_is_the_extracted_one),
        cmocka_unit_test(failures_are_sentences),
        cmocka_unit_test(what_hangs_is_ended),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
