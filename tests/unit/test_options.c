/* The command line's parser: both forms of a value, short letters, lists, ranges, `--`, and one
 * sentence for everything that is wrong; and that the table itself is in order. */
#include "cli/command.h"
#include "cli/decimal.h"
#include "cli/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct command sample = {
    .name = "sample",
    .usage = "MODEL",
    .options = "task limit pin time output force arch",
    .least = 1,
    .most = 2,
};

static struct options options;
static struct error error;

/* Words up to a NULL. */
static enum status parse(const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    options_release(&options);
    error = (struct error){0};
    return options_parse(&sample, count, words, &options, &error);
}
#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static int release(void **state)
{
    (void)state;
    options_release(&options);
    return 0;
}

/* ---- what is taken ---- */

static void both_forms_of_a_value(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m", "--limit=12", "--arch", "88.8"), STATUS_OK);
    assert_int_equal(option_integer(&options, OPTION_LIMIT, 0), 12);
    assert_string_equal(option_text(&options, OPTION_ARCH, ""), "88.8");
    assert_int_equal(PARSE("m", "--arch=8=8", "--limit", "0012"), STATUS_OK);
    assert_string_equal(option_text(&options, OPTION_ARCH, ""), "8=8");
    assert_int_equal(option_integer(&options, OPTION_LIMIT, 0), 12);
}

static void short_letters(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-o", "a.gguf", "m", "-fq"), STATUS_OK);
    assert_string_equal(option_text(&options, OPTION_OUTPUT, ""), "a.gguf");
    assert_true(option_given(&options, OPTION_FORCE));
    assert_true(option_given(&options, OPTION_QUIET));
    assert_int_equal(PARSE("-foa.gguf", "m"), STATUS_OK);
    assert_string_equal(option_text(&options, OPTION_OUTPUT, ""), "a.gguf");
}

static void lists_keep_all_in_order(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--pin", "a<=1", "m", "--pin=b>=2", "--pin=a<=1"), STATUS_OK);
    const struct option_value *pins = &options.value[OPTION_PIN];
    assert_int_equal(pins->count, 3);
    assert_string_equal(pins->list[0], "a<=1");
    assert_string_equal(pins->list[1], "b>=2");
    assert_int_equal(options.value[OPTION_TASK].count, 0);
}

static void the_last_of_a_repeated_option_counts(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m", "--limit=1", "--limit=2"), STATUS_OK);
    assert_int_equal(option_integer(&options, OPTION_LIMIT, 0), 2);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--", "--limit", "-q"), STATUS_OK);
    assert_int_equal(options.arguments, 2);
    assert_string_equal(options.argument[0], "--limit");
    assert_false(option_given(&options, OPTION_QUIET));
}

static void a_dash_alone_is_an_argument(void **state)
{
    (void)state;
    assert_int_equal(PARSE("-", ""), STATUS_OK);
    assert_int_equal(options.arguments, 2);
}

static void quantities(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m", "--time=1.5h"), STATUS_OK);
    assert_true(options.value[OPTION_TIME].number > 5399 &&
                options.value[OPTION_TIME].number < 5401);
}

static void defaults_of_what_is_not_given(void **state)
{
    (void)state;
    assert_int_equal(PARSE("m"), STATUS_OK);
    assert_int_equal(option_integer(&options, OPTION_LIMIT, 7), 7);
    assert_string_equal(option_text(&options, OPTION_ARCH, "x"), "x");
}

static void help_needs_no_arguments(void **state)
{
    (void)state;
    assert_int_equal(PARSE("--help"), STATUS_OK);
    assert_int_equal(PARSE("-h"), STATUS_OK);
    assert_int_equal(PARSE("--version"), STATUS_OK);
}

/* ---- what is refused ---- */

static void refusals(void **state)
{
    static const struct {
        const char *word[4], *expected; /* part of the sentence */
    } cases[] = {
        {{"m", "--limti=3"}, "did you mean --limit?"},
        {{"m", "--out", "x"}, "did you mean --output?"},
        {{"m", "--zzzzzz"}, "no option --zzzzzz"},
        {{"m", "-x"}, "no option -x"},
        {{"m", "--tokens", "3"}, "sample does not take --tokens"},
        {{"m", "--limit"}, "--limit needs a value: --limit N"},
        {{"m", "--limit", "--force"}, "--limit needs a value"},
        {{"m", "-o"}, "--output needs a value"},
        {{"m", "--limit="}, "--limit must be a whole number"},
        {{"m", "--limit=3x"}, "--limit must be a whole number"},
        {{"m", "--limit=0"}, "--limit must be within 1 and"},
        {{"m", "--limit=99999999999999999999"}, "--limit must be within"},
        {{"m", "--arch="}, "--arch is empty"},
        {{"m", "--force=yes"}, "--force takes no value"},
        {{"m", "--time=3 parsecs"}, "--time: "},
        {{"m", "--time=0"}, "--time must be within 1 and"},
        {{"--force"}, "sample needs one argument, none given"},
        {{"m", "n", "o"}, "\"o\" is one argument too many"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (parse(cases[i].word) != STATUS_INVALID)
            fail_msg("case %zu was taken", i);
        if (strstr(error.message, cases[i].expected) == NULL)
            fail_msg("case %zu: \"%s\" lacks \"%s\"", i, error.message, cases[i].expected);
        if (strchr(error.message, '\n') != NULL)
            fail_msg("case %zu: more than one line", i);
    }
}

/* ---- which word is the command ---- */

static void first_argument(void **state)
{
    static const struct {
        const char *word[5];
        size_t count, expected;
    } cases[] = {
        {{"eval", "m"}, 2, 0},
        {{"--json", "eval"}, 2, 1},
        {{"--threads", "2", "eval"}, 3, 2},
        {{"--threads=2", "eval"}, 2, 1},
        {{"-o", "x", "eval"}, 3, 2},
        {{"-ox", "eval"}, 2, 1},
        {{"-q", "eval"}, 2, 1},
        {{"--nonsense", "eval"}, 2, 1},
        {{"--", "eval"}, 2, 1},
        {{"--json"}, 1, 1},
        {{"--threads"}, 1, 1},
        {{"--"}, 1, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t first = options_first_argument(cases[i].count, cases[i].word);
        if (first != cases[i].expected && !(first > cases[i].count && cases[i].expected >= first))
            fail_msg("case %zu: %zu, expected %zu", i, first, cases[i].expected);
    }
}

static void names_near_enough(void **state)
{
    static const char *const names[] = {"eval", "extract", "search"};
    (void)state;
    assert_string_equal(nearest_name("evla", names, COUNT(names)), "eval");
    assert_string_equal(nearest_name("xtract", names, COUNT(names)), "extract");
    assert_string_equal(nearest_name("sear", names, COUNT(names)), "search");
    assert_null(nearest_name("paint", names, COUNT(names)));
    assert_null(nearest_name("", names, COUNT(names)));
    assert_null(nearest_name("x", names, COUNT(names)));
}

/* ---- the tables ---- */

static void options_are_in_order(void **state)
{
    (void)state;
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_info *info = &option_table[i];
        assert_non_null(info->name);
        assert_non_null(info->help);
        assert_true(strlen(info->name) < 24);
        assert_true((info->argument == NULL) == (info->kind == KIND_FLAG));
        assert_true(info->kind != KIND_INTEGER || info->minimum < info->maximum);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(info->name, option_table[k].name);
            assert_true(info->letter == 0 || info->letter != option_table[k].letter);
        }
    }
}

/* Every name in a command's list is an option's, and every option is some command's. */
static void commands_name_real_options(void **state)
{
    bool used[OPTIONS] = {false};
    (void)state;
    for (const struct command *command = command_table; command->name != NULL; command++) {
        char text[512];
        assert_true(strlen(command->options) < sizeof text);
        strcpy(text, command->options);
        for (char *word = strtok(text, " "); word != NULL; word = strtok(NULL, " ")) {
            int found = 0;
            for (int i = 0; i < OPTIONS; i++)
                if (strcmp(option_table[i].name, word) == 0) {
                    found++;
                    used[i] = true;
                    assert_true(command_takes(command, (enum option)i));
                }
            if (found != 1)
                fail_msg("%s: there is no option \"%s\"", command->name, word);
        }
    }
    for (int i = 0; i < OPTIONS; i++)
        if (!used[i] && option_table[i].group != GROUP_COMMON)
            fail_msg("no command takes --%s", option_table[i].name);
}

/* "head" is in "headless" and "depth-order" ends in "order": whole names count. */
static void a_command_takes_whole_names(void **state)
{
    static const struct command other = {.name = "other", .options = "headless neuron-order"};
    (void)state;
    assert_true(command_takes(&other, OPTION_HEADLESS));
    assert_true(command_takes(&other, OPTION_NEURON_ORDER));
    assert_false(command_takes(&other, OPTION_HEAD));
    assert_false(command_takes(&other, OPTION_DEPTH_ORDER));
    assert_true(command_takes(&other, OPTION_THREADS));
}

/* ---- exact numbers ---- */

static void decimals_are_exact(void **state)
{
    struct decimal number, other;
    char text[DECIMAL_DIGITS + 1];
    (void)state;
    decimal_set(&number, 1);
    for (int i = 0; i < 32; i++)
        decimal_multiply(&number, 2);
    assert_string_equal(decimal_text(&number, text), "4294967296");
    decimal_set(&other, 0);
    assert_string_equal(decimal_text(&other, text), "0");
    decimal_add(&other, &number); /* 2^32 + 2^28 + 2^24, LLaMA2-7B's networks */
    decimal_set(&number, 1U << 28);
    decimal_add(&other, &number);
    decimal_set(&number, 1U << 24);
    decimal_add(&other, &number);
    assert_string_equal(decimal_text(&other, text), "4580179968");
    decimal_set(&number, 1);
    for (int i = 0; i < 30; i++)
        decimal_multiply(&number, 10);
    decimal_subtract_one(&number);
    assert_string_equal(decimal_text(&number, text), "999999999999999999999999999999");
    decimal_set(&number, 1);
    decimal_subtract_one(&number);
    assert_string_equal(decimal_text(&number, text), "0");
    decimal_set(&number, 1);
    for (int i = 0; i < 257; i++)
        decimal_multiply(&number, 256); /* more than any space */
    assert_int_equal(number.length, 619);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(both_forms_of_a_value, release),
        cmocka_unit_test_teardown(short_letters, release),
        cmocka_unit_test_teardown(lists_keep_all_in_order, release),
        cmocka_unit_test_teardown(the_last_of_a_repeated_option_counts, release),
        cmocka_unit_test_teardown(two_dashes_end_the_options, release),
        cmocka_unit_test_teardown(a_dash_alone_is_an_argument, release),
        cmocka_unit_test_teardown(quantities, release),
        cmocka_unit_test_teardown(defaults_of_what_is_not_given, release),
        cmocka_unit_test_teardown(help_needs_no_arguments, release),
        cmocka_unit_test_teardown(refusals, release),
        cmocka_unit_test(first_argument),
        cmocka_unit_test(names_near_enough),
        cmocka_unit_test(options_are_in_order),
        cmocka_unit_test(commands_name_real_options),
        cmocka_unit_test(a_command_takes_whole_names),
        cmocka_unit_test(decimals_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
