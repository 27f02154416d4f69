/* Objectives and pins: names, units, refusals that say what is meant, violations. */
#include "search/pins.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* ---- objectives ---- */

static void objectives_by_name_and_alias(void **state)
{
    (void)state;
    enum objective objective;
    for (int i = 0; i < OBJECTIVES; i++) {
        assert_int_equal(objective_table[i].objective, i);
        assert_int_equal(objective_named((enum objective)i), i < OBJECTIVE_TASK_FIRST);
        if (i >= OBJECTIVE_TASK_FIRST)
            continue;
        assert_int_equal(objective_by_name(objective_table[i].name, &objective, NULL), STATUS_OK);
        assert_int_equal(objective, i);
        double better = objective_cost(objective, 2), worse = objective_cost(objective, 1);
        assert_int_equal(objective_table[i].maximise, better < worse);
    }
    assert_int_equal(objective_by_name("size", &objective, NULL), STATUS_OK);
    assert_int_equal(objective, OBJECTIVE_BYTES);
    assert_true(isnan(objective_cost(OBJECTIVE_ACC, NAN)));
    assert_true(isnan(objective_cost(OBJECTIVE_BYTES, NAN)));
}

static void tasks_are_named(void **state)
{
    (void)state;
#define X32 "0123456789abcdefghijklmnopqrstuv"
    static const struct {
        const char *task[9], *name[9];
    } row[] = {
        {{"arc_easy"}, {NULL}}, /* of one task acc is it */
        {{"arc_easy", "piqa"}, {"acc:arc_easy", "acc:piqa"}},
        {{"a", "a", "b", "A"}, {"acc:a", "acc:a-2", "acc:b", "acc:A-3"}},
        {{"a", "a-2", "a"}, {"acc:a", "acc:a-2", "acc:a-3"}},
        {{"a", "a", "a-2"}, {"acc:a", "acc:a-2", "acc:a-2-2"}},
        {{"a,b", "c \"d\"", "1>=0.4 and b", "x\ty\nz", "v1.0-b+c"},
         {"acc:a_b", "acc:c__d_", "acc:1__0.4_and_b", "acc:x_y_z", "acc:v1.0-b+c"}},
        {{"\303\244\342\202\254", "\303\244\303\244", "\303"}, {"acc:__", "acc:__-2", "acc:_"}},
        {{X32 "w", X32 "x", "0123456789abcdefghijklmnopqrst-3", X32},
         {"acc:" X32, "acc:0123456789abcdefghijklmnopqrst-2",
          "acc:0123456789abcdefghijklmnopqrst-3", "acc:0123456789abcdefghijklmnopqrst-4"}},
        {{"a", "a", "a", "a", "a", "a", "a", "a", "a"},
         {"acc:a", "acc:a-2", "acc:a-3", "acc:a-4", "acc:a-5", "acc:a-6", "acc:a-7", "acc:a-8"}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char again[OBJECTIVE_TASKS][OBJECTIVE_NAME];
        const char *name[9];
        size_t count = 0;
        while (count < 9 && row[i].task[count] != NULL)
            count++;
        memcpy(name, row[i].task, sizeof name);
        for (int pass = 0; pass < 2; pass++) { /* names that were made so stay */
            objective_name_tasks(name, count);
            for (int k = 0; k < OBJECTIVE_TASKS; k++) {
                enum objective objective = (enum objective)(OBJECTIVE_TASK_FIRST + k),
                               found = OBJECTIVE_ACC;
                const char *wanted = row[i].name[k];
                assert_string_equal(objective_table[objective].name, wanted != NULL ? wanted : "");
                assert_int_equal(objective_named(objective), wanted != NULL);
                if (wanted == NULL)
                    continue;
                assert_int_equal(objective_by_name(wanted, &found, NULL), STATUS_OK);
                assert_int_equal(found, objective);
                snprintf(again[k], sizeof again[k], "%s", wanted + strlen("acc:"));
                name[k] = again[k];
            }
        }
    }
    objective_name_tasks(NULL, 0);
}

static void accuracies_of_tasks_are_objectives(void **state)
{
    (void)state;
    enum objective list[3];
    size_t count;
    struct error error = {0};
    struct pin pin;
    struct pins pins;
    double value[OBJECTIVES] = {0};
    objective_name_tasks((const char *const[]){"arc_easy", "piqa"}, 2);
    assert_int_equal(objective_parse_list("acc:piqa,bytes,acc:arc_easy", list, &count, NULL),
                     STATUS_OK);
    assert_int_equal(list[0], OBJECTIVE_TASK_FIRST + 1);
    assert_int_equal(list[2], OBJECTIVE_TASK_FIRST);
    assert_int_equal(pin_parse("acc:piqa >= 45%", NULL, &pin, NULL), STATUS_OK);
    assert_int_equal(pin.objective, OBJECTIVE_TASK_FIRST + 1);
    assert_string_equal(pin.text, "acc:piqa>=45%");
    assert_int_equal(
        pins_parse("acc:arc_easy>=0.4 and acc:piqa<=0.5 and acc>=0.1", NULL, &pins, NULL),
        STATUS_OK);
    value[OBJECTIVE_ACC] = 0.35;
    value[OBJECTIVE_TASK_FIRST] = 0.3;
    value[OBJECTIVE_TASK_FIRST + 1] = 0.4;
    assert_true(fabs(pins_violation(&pins, value, false) - 0.25) < 1e-12);
    assert_int_equal(objective_parse_list("acc:boolq,bytes", list, &count, &error), STATUS_INVALID);
    assert_string_equal(error.message,
                        "\"acc:boolq\" is no objective; there are acc:arc_easy acc:piqa");
    const bool measured[OBJECTIVES] = {[OBJECTIVE_TASK_FIRST] = true};
    assert_int_equal(pin_parse("acc:piqa>=45%", measured, &pin, &error), STATUS_INVALID);
    assert_string_equal(error.message, "acc:piqa is not measured in this run");
    objective_name_tasks((const char *const[]){"arc_easy"}, 1);
    assert_int_equal(pin_parse("acc:arc_easy>=0.4", NULL, &pin, &error), STATUS_INVALID);
    assert_non_null(strstr(error.message, "only with two or more tasks"));
}

/* The longest message: all names at their longest. */
static void all_names_fit_the_message(void **state)
{
    (void)state;
    enum objective objective;
    struct error error = {0};
    const char *name[OBJECTIVE_TASKS];
    for (int i = 0; i < OBJECTIVE_TASKS; i++)
        name[i] = X32;
    objective_name_tasks(name, OBJECTIVE_TASKS);
    assert_int_equal(objective_by_name("nothing", &objective, &error), STATUS_INVALID);
    size_t length = strlen(error.message);
    assert_string_equal(error.message + length - 4, "st-8");
    objective_name_tasks(NULL, 0);
}

static void lists_of_objectives(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message; /* NULL: accepted */
        size_t count;
        enum objective list[3];
    } row[] = {
        {"acc,bytes", NULL, 2, {OBJECTIVE_ACC, OBJECTIVE_BYTES}},
        {"bytes,acc", NULL, 2, {OBJECTIVE_BYTES, OBJECTIVE_ACC}},
        {"choice_nll,size,macs", NULL, 3, {OBJECTIVE_CHOICE_NLL, OBJECTIVE_BYTES, OBJECTIVE_MACS}},
        {"acc", "two or three", 0, {0}},
        {"", "no objective", 0, {0}},
        {"acc,", "no objective", 0, {0}},
        {",acc", "no objective", 0, {0}},
        {"acc,bytes,macs,params", "two or three", 0, {0}},
        {"acc,acc", "acc twice", 0, {0}},
        {"acc,bytes,acc_est", "one accuracy twice", 0, {0}},
        {"bytes,size", "size twice", 0, {0}},
        {"acc,speed", "\"speed\" is no objective; there are acc acc_est acc_norm", 0, {0}},
        {"ACC,bytes", "\"ACC\" is no objective", 0, {0}},
        {"acc,latency", NULL, 2, {OBJECTIVE_ACC, OBJECTIVE_DECODE_MS}},
        {"acc,throughput", NULL, 2, {OBJECTIVE_ACC, OBJECTIVE_DECODE_TPS}},
        {"acc,prompt_ms,prompt_tps",
         NULL,
         3,
         {OBJECTIVE_ACC, OBJECTIVE_PROMPT_MS, OBJECTIVE_PROMPT_TPS}},
        {"latency,decode_ms", "decode_ms twice", 0, {0}},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error error = {0};
        enum objective list[3];
        size_t count;
        enum status status = objective_parse_list(row[i].text, list, &count, &error);
        if (row[i].message != NULL) {
            assert_int_equal(status, STATUS_INVALID);
            assert_non_null(strstr(error.message, row[i].message));
            continue;
        }
        assert_int_equal(status, STATUS_OK);
        assert_int_equal(count, row[i].count);
        assert_memory_equal(list, row[i].list, count * sizeof *list);
    }
}

/* ---- pins ---- */

static void pins_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
        enum objective objective;
        bool at_least;
        double limit;
    } row[] = {
        {"bytes<=90MiB", "bytes<=90MiB", OBJECTIVE_BYTES, false, 94371840},
        {"size<=90MiB", "size<=90MiB", OBJECTIVE_BYTES, false, 94371840},
        {" bytes <= 90 MiB ", "bytes<=90MiB", OBJECTIVE_BYTES, false, 94371840},
        {"bytes<=1.5GB", "bytes<=1.5GB", OBJECTIVE_BYTES, false, 1.5e9},
        {"bytes>=98362432", "bytes>=98362432", OBJECTIVE_BYTES, true, 98362432},
        {"bytes<=64kB", "bytes<=64kB", OBJECTIVE_BYTES, false, 64000},
        {"bytes<=64KiB", "bytes<=64KiB", OBJECTIVE_BYTES, false, 65536},
        {"params<=119M", "params<=119M", OBJECTIVE_PARAMS, false, 119e6},
        {"params<=1.2G", "params<=1.2G", OBJECTIVE_PARAMS, false, 1.2e9},
        {"macs<=500K", "macs<=500K", OBJECTIVE_MACS, false, 500e3},
        {"acc>=0.45", "acc>=0.45", OBJECTIVE_ACC, true, 0.45},
        {"acc>=45%", "acc>=45%", OBJECTIVE_ACC, true, 0.45},
        {"acc>=35%", "acc>=35%", OBJECTIVE_ACC, true, 0.35},
        {"acc>=47 %", "acc>=47%", OBJECTIVE_ACC, true, 0.47},
        {"acc_norm>=.4", "acc_norm>=.4", OBJECTIVE_ACC_NORM, true, 0.4},
        {"perplexity<=31.5", "perplexity<=31.5", OBJECTIVE_PERPLEXITY, false, 31.5},
        {"choice_nll<=1e0", "choice_nll<=1e0", OBJECTIVE_CHOICE_NLL, false, 1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct pin pin;
        char shown[64];
        assert_int_equal(pin_parse(row[i].text, NULL, &pin, NULL), STATUS_OK);
        assert_int_equal(pin.objective, row[i].objective);
        assert_int_equal(pin.at_least, row[i].at_least);
        assert_true(pin.limit == row[i].limit);
        assert_true(pin.enabled);
        assert_string_equal(pin_format(&pin, shown, sizeof shown), row[i].shown);
        struct pin again; /* what is shown reads back, as state.json does */
        assert_int_equal(pin_parse(shown, NULL, &again, NULL), STATUS_OK);
        assert_true(again.limit == pin.limit);
    }
}

/* A whole percentage is exactly the fraction that counting gives. */
static void percentages_are_exact(void **state)
{
    (void)state;
    for (int percent = 0; percent <= 1000; percent++) {
        struct pin pin;
        char text[32];
        snprintf(text, sizeof text, "acc>=%d.%d%%", percent / 10, percent % 10);
        assert_int_equal(pin_parse(text, NULL, &pin, NULL), STATUS_OK);
        double value[OBJECTIVES] = {[OBJECTIVE_ACC] = (double)percent / 1000.0};
        assert_true(pin_violation(&pin, value) == 0);
    }
}

static void pins_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message, *other; /* both in the message; other may be NULL */
    } row[] = {
        {"", "is no pin", NULL},
        {"bytes", "is no pin", NULL},
        {"bytes<90MiB", "is no pin", NULL},
        {"bytes=90MiB", "is no pin", NULL},
        {"bytes==90MiB", "is no pin", NULL},
        {"bytes=<90MiB", "is no pin", NULL},
        {"bytes< =90MiB", "is no pin", NULL},
        {"<=90MiB", "no objective", NULL},
        {"bytes<=", "is not a size", NULL},
        {"bytes<=MiB", "is not a size", NULL},
        {"bytes<=90M", "90MiB", "90MB"}, /* both readings named */
        {"bytes<=90K", "90KiB", "90kB"},
        {"bytes<=1.5G", "1.5GiB", "1.5GB"},
        {"size<=90M", "90MiB", "90MB"},
        {"bytes<=90mib", "is not a size", NULL},
        {"bytes<=9 0MiB", "is not a size", NULL},
        {"bytes<=90MiB acc>=0.4", "is not a size", NULL},
        {"acc>=0.4 5", "is not a fraction", NULL},
        {"ac c>=0.4", "no objective", NULL},
        {"acc>=45MiB", "is not a fraction", NULL},
        {"acc>=nan", "is not a fraction", NULL},
        {"acc>=inf", "is not a fraction", NULL},
        {"acc>=0x1p-1", "is not a fraction", NULL},
        {"acc>=1e999", "too large", NULL},
        {"acc>=45", "acc>=45%", "acc>=0.45"}, /* both ways to write it are named */
        {"acc <= 62.5", "acc<=62.5%", "acc<=0.625"},
        {"acc>=1.01", "acc>=1.01%", "acc>=0.0101"},
        {"acc>=101%", "beyond 100 %", "45% or 0.45"},
        {"acc>=450", "beyond 100 %", "45% or 0.45"},
        {"params<=119MiB", "is not a count", NULL},
        {"speed>=3", "\"speed\" is no objective", "bytes"},
        {"latency<=12ms", "decode_ms is not measured", NULL}, /* see `measured` below */
        {"decode_tps>=30", "decode_tps is not measured", NULL},
        {"latency<=12MiB", "decode_ms is not measured", NULL},
        {"perplexity<=30", "perplexity is not measured", NULL}, /* see `measured` below */
        {"bytes<=11111111111111111111111111111111111111111111111111111111111111111111111", "63",
         NULL},
    };
    static const bool measured[OBJECTIVES] = {
        [OBJECTIVE_ACC] = true,
        [OBJECTIVE_BYTES] = true,
        [OBJECTIVE_PARAMS] = true,
        [OBJECTIVE_MACS] = true,
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct error error = {0};
        struct pin pin;
        if (pin_parse(row[i].text, measured, &pin, &error) != STATUS_INVALID)
            fail_msg("\"%s\" was taken", row[i].text);
        if (strstr(error.message, row[i].message) == NULL ||
            (row[i].other != NULL && strstr(error.message, row[i].other) == NULL))
            fail_msg("\"%s\": %s", row[i].text, error.message);
    }
}

static void a_share_is_at_most_all(void **state)
{
    (void)state;
    struct pin pin;
    static const bool measured[OBJECTIVES] = {[OBJECTIVE_ACC] = true};
    assert_int_equal(pin_parse("acc>=1", measured, &pin, NULL), STATUS_OK);
    assert_int_equal(pin_parse("acc<=100%", measured, &pin, NULL), STATUS_OK);
    assert_int_equal(pin_parse("acc>=45", NULL, &pin, NULL), STATUS_OK); /* taken long ago */
    assert_true(pin.limit == 45);
}

static void filters_are_joined_by_and(void **state)
{
    (void)state;
    struct pins pins;
    struct error error = {0};
    assert_int_equal(pins_parse("acc>=0.4 and size<=90MiB and params<=1M", NULL, &pins, NULL),
                     STATUS_OK);
    assert_int_equal(pins.count, 3);
    assert_int_equal(pins.pin[1].objective, OBJECTIVE_BYTES);
    /* name and direction replace, in place; the alias is the same name */
    assert_int_equal(
        pins_parse("bytes<=9MiB and acc>=0.4 and bytes>=1MiB and size<=8MiB", NULL, &pins, NULL),
        STATUS_OK);
    assert_int_equal(pins.count, 3);
    assert_true(pins.pin[0].limit == 8.0 * 1024 * 1024);
    assert_true(pins.pin[2].at_least);
    static const char *const refused[] = {
        "",
        "and",
        "acc>=0.4 and",
        "and acc>=0.4",
        " and ",
        "acc>=0.4and",
        "acc>=0.4 or bytes<=1MB",
        "acc>=0.4 and and bytes<=1MB",
        "acc>=0.4,",
        "acc>=0.4 and bytes<=9M",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (pins_parse(refused[i], NULL, &pins, &error) != STATUS_INVALID)
            fail_msg("\"%s\" was taken", refused[i]);
}

static void pins_are_set_and_removed(void **state)
{
    (void)state;
    struct pins pins = {0};
    struct error error = {0};
    char text[64];
    const char *name[OBJECTIVE_TASKS];
    for (int i = 0; i < OBJECTIVE_TASKS; i++)
        name[i] = X32;
    objective_name_tasks(name, OBJECTIVE_TASKS);
    for (int i = 0; i < OBJECTIVES; i++)
        for (int at_least = 0; at_least < 2; at_least++) {
            struct pin pin;
            snprintf(text, sizeof text, "%s%s=%d", objective_table[i].name, at_least ? ">" : "<",
                     i + 1);
            assert_int_equal(pin_parse(text, NULL, &pin, NULL), STATUS_OK);
            assert_int_equal(pins_set(&pins, &pin, &error), STATUS_OK);
        }
    assert_int_equal(pins.count, 2 * OBJECTIVES); /* none is refused for lack of room */
    assert_true(pins_remove(&pins, 2));
    assert_false(pins_remove(&pins, pins.count));
    assert_int_equal(pins.count, 2 * OBJECTIVES - 1);
    assert_int_equal(pins.pin[1].objective, 0);
    assert_int_equal(pins.pin[2].objective, 1);
    assert_true(pins.pin[2].at_least);
    while (pins_remove(&pins, 0))
        ;
    assert_int_equal(pins.count, 0);
    objective_name_tasks(NULL, 0);
}

static void violations_are_relative_sums(void **state)
{
    (void)state;
    static const struct {
        const char *pins;
        double acc, bytes, all, computed;
    } row[] = {
        {"bytes<=100", .5, 100, 0, 0}, /* the limit itself is within */
        {"bytes<=100", .5, 101, .01, .01},
        {"bytes<=100", .5, 150, .5, .5},
        {"acc>=0.4", .4, 1, 0, 0},
        {"acc>=0.4", .3, 1, .25, 0}, /* not computed: unknown before an evaluation */
        {"acc>=0.4 and bytes<=100", .3, 150, .75, .5},
        {"acc>=0.4", NAN, 1, INFINITY, 0},
        {"bytes<=100", .5, NAN, INFINITY, 0},   /* not known before the evaluation */
        {"perplexity<=10", .5, 1, INFINITY, 0}, /* NaN */
        {"acc>=-1", -2, 1, 1, 0},               /* relative to the magnitude */
        {"acc>=0", -.5, 1, .5, 0},              /* limit 0: absolute */
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct pins pins;
        double value[OBJECTIVES];
        for (int k = 0; k < OBJECTIVES; k++)
            value[k] = NAN;
        value[OBJECTIVE_ACC] = row[i].acc;
        value[OBJECTIVE_BYTES] = row[i].bytes;
        assert_int_equal(pins_parse(row[i].pins, NULL, &pins, NULL), STATUS_OK);
        double all = pins_violation(&pins, value, false),
               computed = pins_violation(&pins, value, true);
        assert_true(all == row[i].all || fabs(all - row[i].all) < 1e-12);
        assert_true(computed == row[i].computed || fabs(computed - row[i].computed) < 1e-12);
        for (size_t k = 0; k < pins.count; k++)
            pins.pin[k].enabled = false;
        assert_true(pins_violation(&pins, value, false) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objectives_by_name_and_alias),
        cmocka_unit_test(tasks_are_named),
        cmocka_unit_test(accuracies_of_tasks_are_objectives),
        cmocka_unit_test(all_names_fit_the_message),
        cmocka_unit_test(lists_of_objectives),
        cmocka_unit_test(pins_are_read),
        cmocka_unit_test(percentages_are_exact),
        cmocka_unit_test(pins_are_refused),
        cmocka_unit_test(a_share_is_at_most_all),
        cmocka_unit_test(filters_are_joined_by_and),
        cmocka_unit_test(pins_are_set_and_removed),
        cmocka_unit_test(violations_are_relative_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
