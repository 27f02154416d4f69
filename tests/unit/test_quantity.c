/* Numbers with units, in and out. */
#include "base/quantity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void numbers_with_units_are_read(void **state)
{
    (void)state;
    static const struct {
        enum quantity kind;
        const char *text;
        double value;
    } row[] = {
        {QUANTITY_NUMBER, "31.5", 31.5},
        {QUANTITY_NUMBER, "-3", -3},
        {QUANTITY_NUMBER, "+3", 3},
        {QUANTITY_NUMBER, "1e-3", 0.001},
        {QUANTITY_NUMBER, "5.", 5},
        {QUANTITY_NUMBER, ".5", 0.5},
        {QUANTITY_FRACTION, "0.45", 0.45},
        {QUANTITY_FRACTION, "45%", 0.45},
        {QUANTITY_FRACTION, "45 %", 0.45},
        {QUANTITY_FRACTION, "0.1%", 0.001},
        {QUANTITY_FRACTION, "1e2%", 1},
        {QUANTITY_BYTES, "1000", 1000},
        {QUANTITY_BYTES, "1000B", 1000},
        {QUANTITY_BYTES, "90MiB", 94371840},
        {QUANTITY_BYTES, "1.5KiB", 1536},
        {QUANTITY_BYTES, "2GiB", 2147483648},
        {QUANTITY_BYTES, "1.5GB", 1.5e9},
        {QUANTITY_BYTES, "98.3MB", 98300000},
        {QUANTITY_BYTES, "64kB", 64000},
        {QUANTITY_BYTES, "64KB", 64000},
        {QUANTITY_COUNT, "119M", 119e6},
        {QUANTITY_COUNT, "134.515008M", 134515008},
        {QUANTITY_COUNT, "1.2G", 1.2e9},
        {QUANTITY_COUNT, "7B", 7e9},
        {QUANTITY_COUNT, "1000", 1000},
        {QUANTITY_COUNT, "5k", 5000},
        {QUANTITY_MILLISECONDS, "12ms", 12},
        {QUANTITY_MILLISECONDS, "12", 12},
        {QUANTITY_MILLISECONDS, "1.5s", 1500},
        {QUANTITY_MILLISECONDS, "350us", 0.35},
        {QUANTITY_SECONDS, "90", 90},
        {QUANTITY_SECONDS, "5m", 300},
        {QUANTITY_SECONDS, "5min", 300},
        {QUANTITY_SECONDS, "1.5h", 5400},
        {QUANTITY_SECONDS, "2d", 172800},
        {QUANTITY_RATE, "31.2/s", 31.2},
        {QUANTITY_RATE, "31.2", 31.2},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double value;
        struct error error = {0};
        if (quantity_parse(row[i].kind, row[i].text, &value, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        if (value != row[i].value)
            fail_msg("%s: %.17g, %.17g expected", row[i].text, value, row[i].value);
    }
}

/* A decimal unit moves the point and nothing else: the number is the one nearest to the text. */
static void decimal_units_are_exact(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[32], same[32];
        double value;
        snprintf(text, sizeof text, "%d.%03dMB", i / 10, i % 1000);
        snprintf(same, sizeof same, "%d.%03de6", i / 10, i % 1000);
        assert_int_equal(quantity_parse(QUANTITY_BYTES, text, &value, NULL), STATUS_OK);
        assert_true(value == strtod(same, NULL));
        snprintf(text, sizeof text, "%d.%d%%", i / 100, i % 100);
        snprintf(same, sizeof same, "%d.%de-2", i / 100, i % 100);
        assert_int_equal(quantity_parse(QUANTITY_FRACTION, text, &value, NULL), STATUS_OK);
        assert_true(value == strtod(same, NULL));
    }
}

static void what_is_no_quantity_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum quantity kind;
        const char *text, *message;
    } row[] = {
        {QUANTITY_NUMBER, "", "is not a number"},
        {QUANTITY_NUMBER, "x", "is not a number"},
        {QUANTITY_NUMBER, "-", "is not a number"},
        {QUANTITY_NUMBER, ".", "is not a number"},
        {QUANTITY_NUMBER, "e5", "is not a number"},
        {QUANTITY_NUMBER, " 5", "is not a number"},
        {QUANTITY_NUMBER, "5x", "is not a number"},
        {QUANTITY_NUMBER, "5 5", "is not a number"},
        {QUANTITY_NUMBER, "1,5", "is not a number"},
        {QUANTITY_NUMBER, "1e", "is not a number"},
        {QUANTITY_NUMBER, "nan", "is not a number"},
        {QUANTITY_NUMBER, "inf", "is not a number"},
        {QUANTITY_NUMBER, "0x10", "is not a number"},
        {QUANTITY_NUMBER, "1e309", "too large"},
        {QUANTITY_NUMBER, "1e99999999999999999999", "too large"},
        {QUANTITY_BYTES, "1e307GiB", "too large"},
        {QUANTITY_NUMBER, "50%", "is not a number"},
        {QUANTITY_FRACTION, "45%%", "is not a fraction"},
        {QUANTITY_BYTES, "90M", "90MiB (powers of 1024) or 90MB"},
        {QUANTITY_BYTES, "90 M", "90MiB (powers of 1024) or 90MB"},
        {QUANTITY_BYTES, "90K", "90KiB (powers of 1024) or 90kB"},
        {QUANTITY_BYTES, "90k", "90KiB (powers of 1024) or 90kB"},
        {QUANTITY_BYTES, "1.5G", "1.5GiB (powers of 1024) or 1.5GB"},
        {QUANTITY_BYTES, "90Mib", "is not a size"},
        {QUANTITY_BYTES, "90TiB", "is not a size"},
        {QUANTITY_COUNT, "119MB", "is not a count"},
        {QUANTITY_MILLISECONDS, "12m", "is not a time"},
        {QUANTITY_SECONDS, "12ms", "is not a duration"},
        {QUANTITY_RATE, "12ms", "is not a rate"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double value;
        struct error error = {0};
        if (quantity_parse(row[i].kind, row[i].text, &value, &error) != STATUS_INVALID)
            fail_msg("\"%s\" was taken", row[i].text);
        if (strstr(error.message, row[i].message) == NULL)
            fail_msg("%s", error.message);
    }
    char digits[200];
    double value;
    memset(digits, '1', 199);
    digits[199] = '\0';
    assert_int_equal(quantity_parse(QUANTITY_NUMBER, digits, &value, NULL), STATUS_INVALID);
    assert_int_equal(quantity_parse(QUANTITY_NUMBER, "1e-99999999999999999999", &value, NULL),
                     STATUS_OK);
    assert_true(value == 0);
}

static void quantities_are_shown_short(void **state)
{
    (void)state;
    static const struct {
        enum quantity kind;
        double value;
        const char *text;
    } row[] = {
        {QUANTITY_BYTES, 0, "0 B"},
        {QUANTITY_BYTES, 1023, "1023 B"},
        {QUANTITY_BYTES, 1024, "1.00 KiB"},
        {QUANTITY_BYTES, 10.0 * 1024, "10.0 KiB"},
        {QUANTITY_BYTES, 98362432, "93.8 MiB"},
        {QUANTITY_BYTES, 1048575, "1.00 MiB"}, /* never "1024 KiB" */
        {QUANTITY_BYTES, 5.38e9, "5.01 GiB"},
        {QUANTITY_BYTES, -2048, "-2.00 KiB"},
        {QUANTITY_COUNT, 999, "999"},
        {QUANTITY_COUNT, 134515008, "134.5 M"},
        {QUANTITY_COUNT, 999999, "1.00 M"},
        {QUANTITY_COUNT, 6738415616, "6.74 G"},
        {QUANTITY_FRACTION, 0.572, "57.2 %"},
        {QUANTITY_FRACTION, 1, "100.0 %"},
        {QUANTITY_MILLISECONDS, 12.14, "12.1 ms"},
        {QUANTITY_MILLISECONDS, 0.0123, "0.012 ms"},
        {QUANTITY_MILLISECONDS, 2.345, "2.35 ms"},
        {QUANTITY_MILLISECONDS, 1500, "1.50 s"},
        {QUANTITY_SECONDS, 16, "16 s"},
        {QUANTITY_SECONDS, 300, "5 min"},
        {QUANTITY_SECONDS, 4000, "67 min"},
        {QUANTITY_SECONDS, 5400, "1.5 h"},
        {QUANTITY_RATE, 31.24, "31.2 /s"},
        {QUANTITY_RATE, 81234.6, "81235 /s"},
        {QUANTITY_RATE, 0.25, "0.250 /s"},
        {QUANTITY_NUMBER, 24.486, "24.49"},
        {QUANTITY_NUMBER, 1e6, "1.000e+06"},
        {QUANTITY_NUMBER, NAN, "-"},
        {QUANTITY_BYTES, INFINITY, "-"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[32];
        assert_ptr_equal(quantity_format(row[i].kind, row[i].value, text, sizeof text), text);
        assert_string_equal(text, row[i].text);
    }
}

static void integers_are_strict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t minimum, maximum, value;
        const char *message;
    } row[] = {
        {"0", 0, 9, 0, NULL},
        {"9", 0, 9, 9, NULL},
        {"+7", 0, 9, 7, NULL},
        {"-7", -9, 9, -7, NULL},
        {"007", 0, 9, 7, NULL},
        {"9223372036854775807", 0, INT64_MAX, INT64_MAX, NULL},
        {"-9223372036854775808", INT64_MIN, 0, INT64_MIN, NULL},
        {"10", 0, 9, 0, "evals must be within 0 and 9, not 10"},
        {"-1", 0, 9, 0, "within 0 and 9"},
        {"9223372036854775808", 0, INT64_MAX, 0, "within"},
        {"", 0, 9, 0, "evals must be a whole number"},
        {"-", 0, 9, 0, "whole number"},
        {"+-1", -9, 9, 0, "whole number"},
        {" 1", 0, 9, 0, "whole number"},
        {"1 ", 0, 9, 0, "whole number"},
        {"1.0", 0, 9, 0, "whole number"},
        {"1e1", 0, 99, 0, "whole number"},
        {"0x1", 0, 9, 0, "whole number"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int64_t value = -77;
        struct error error = {0};
        enum status status =
            integer_parse("evals", row[i].text, row[i].minimum, row[i].maximum, &value, &error);
        assert_int_equal(status, row[i].message == NULL ? STATUS_OK : STATUS_INVALID);
        if (row[i].message != NULL)
            assert_non_null(strstr(error.message, row[i].message));
        assert_true(value == (row[i].message == NULL ? row[i].value : -77));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_with_units_are_read),
        cmocka_unit_test(decimal_units_are_exact),
        cmocka_unit_test(what_is_no_quantity_is_refused),
        cmocka_unit_test(quantities_are_shown_short),
        cmocka_unit_test(integers_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
