/* Numbers with units: a table of units per kind, read and shown by the same rules everywhere. */
#include "base/quantity.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    enum quantity kind;
    const char *name;
    double factor;
    int power; /* of ten, applied to the digits: 35% is then exactly what 0.35 is */
};

static const struct unit units[] = {
    {QUANTITY_FRACTION, "%", 1, -2},
    {QUANTITY_BYTES, "B", 1, 0},
    {QUANTITY_BYTES, "KiB", 1024.0, 0},
    {QUANTITY_BYTES, "MiB", 1024.0 * 1024, 0},
    {QUANTITY_BYTES, "GiB", 1024.0 * 1024 * 1024, 0},
    {QUANTITY_BYTES, "kB", 1, 3},
    {QUANTITY_BYTES, "KB", 1, 3},
    {QUANTITY_BYTES, "MB", 1, 6},
    {QUANTITY_BYTES, "GB", 1, 9},
    {QUANTITY_COUNT, "K", 1, 3},
    {QUANTITY_COUNT, "k", 1, 3},
    {QUANTITY_COUNT, "M", 1, 6},
    {QUANTITY_COUNT, "G", 1, 9},
    {QUANTITY_COUNT, "B", 1, 9},
    {QUANTITY_MILLISECONDS, "ms", 1, 0},
    {QUANTITY_MILLISECONDS, "us", 1, -3},
    {QUANTITY_MILLISECONDS, "s", 1, 3},
    {QUANTITY_SECONDS, "s", 1, 0},
    {QUANTITY_SECONDS, "m", 60, 0},
    {QUANTITY_SECONDS, "min", 60, 0},
    {QUANTITY_SECONDS, "h", 3600, 0},
    {QUANTITY_SECONDS, "d", 86400, 0},
    {QUANTITY_RATE, "/s", 1, 0},
};
#define UNITS (sizeof units / sizeof units[0])

static const char *const kind_name[] = {
    [QUANTITY_NUMBER] = "a number",
    [QUANTITY_FRACTION] = "a fraction such as 0.45 or 45%",
    [QUANTITY_BYTES] = "a size such as 90MiB or 1.5GB",
    [QUANTITY_COUNT] = "a count such as 119M or 1000",
    [QUANTITY_MILLISECONDS] = "a time such as 12ms or 1.5s",
    [QUANTITY_SECONDS] = "a duration such as 90s, 5m or 1.5h",
    [QUANTITY_RATE] = "a rate such as 31.2/s",
};

static const struct unit *find_unit(enum quantity kind, const char *name)
{
    for (size_t i = 0; i < UNITS; i++)
        if (units[i].kind == kind && strcmp(units[i].name, name) == 0)
            return &units[i];
    return NULL;
}

/* Reads plain decimal digits only: strtod alone would take hex, nan, inf and leading blanks. */
static const char *number_end(const char *text)
{
    const char *at = text;
    int digits = 0;
    if (*at == '+' || *at == '-')
        at++;
    for (; isdigit((unsigned char)*at); at++)
        digits++;
    if (*at == '.')
        for (at++; isdigit((unsigned char)*at); at++)
            digits++;
    if (digits == 0)
        return NULL;
    if (*at == 'e' || *at == 'E') {
        const char *exponent = at + 1;
        if (*exponent == '+' || *exponent == '-')
            exponent++;
        if (isdigit((unsigned char)*exponent)) {
            while (isdigit((unsigned char)*exponent))
                exponent++;
            at = exponent;
        }
    }
    return at;
}

/* The number that `digits` (see number_end) times 10^power is nearest to. */
static double read_digits(const char *digits, int power)
{
    char text[96];
    size_t mantissa = strcspn(digits, "eE");
    long exponent = digits[mantissa] != '\0' ? strtol(digits + mantissa + 1, NULL, 10) : 0;
    exponent = exponent > 9999 ? 9999 : exponent < -9999 ? -9999 : exponent;
    snprintf(text, sizeof text, "%.*se%ld", (int)mantissa, digits, exponent + power);
    return strtod(text, NULL);
}

enum status quantity_parse(enum quantity kind, const char *text, double *value, struct error *error)
{
    const char *end = number_end(text);
    if (end == NULL)
        return error_set(error, STATUS_INVALID, "\"%.40s\" is not %s", text, kind_name[kind]);
    char digits[64];
    size_t length = (size_t)(end - text);
    if (length >= sizeof digits)
        return error_set(error, STATUS_INVALID, "\"%.40s...\" has too many digits", text);
    memcpy(digits, text, length);
    digits[length] = '\0';
    double number = read_digits(digits, 0);
    while (*end == ' ')
        end++;
    if (*end != '\0') {
        const struct unit *unit = find_unit(kind, end);
        if (unit == NULL && kind != QUANTITY_COUNT && end[1] == '\0' &&
            strchr("kKMG", *end) != NULL) {
            char letter = (char)toupper((unsigned char)*end);
            return error_set(error, STATUS_INVALID,
                             "\"%s\" could mean %s%ciB (powers of 1024) or %s%cB (powers of 1000)",
                             text, digits, letter, digits, letter == 'K' ? 'k' : letter);
        }
        if (unit == NULL)
            return error_set(error, STATUS_INVALID, "\"%.40s\" is not %s", text, kind_name[kind]);
        number = read_digits(digits, unit->power) * unit->factor;
    }
    if (!isfinite(number))
        return error_set(error, STATUS_INVALID, "\"%.40s\" is too large", text);
    *value = number;
    return STATUS_OK;
}

static const char *scaled(double value, double step, const char *const *names, char *out,
                          size_t size)
{
    double magnitude = fabs(value);
    int at = 0;
    for (; at < 3 && magnitude >= step * 0.99995; at++)
        magnitude /= step;
    double shown = value < 0 ? -magnitude : magnitude;
    int digits = at == 0 ? 0 : magnitude < 9.995 ? 2 : magnitude < 999.5 ? 1 : 0;
    snprintf(out, size, "%.*f%s%s", digits, shown, names[at][0] != '\0' ? " " : "", names[at]);
    return out;
}

const char *quantity_format(enum quantity kind, double value, char *out, size_t size)
{
    static const char *const bytes[] = {"B", "KiB", "MiB", "GiB"};
    static const char *const counts[] = {"", "K", "M", "G"};
    if (!isfinite(value)) {
        snprintf(out, size, "-");
        return out;
    }
    switch (kind) {
    case QUANTITY_NUMBER:
        snprintf(out, size, fabs(value) < 1e5 ? "%.4g" : "%.3e", value);
        break;
    case QUANTITY_FRACTION:
        snprintf(out, size, "%.1f %%", 100 * value);
        break;
    case QUANTITY_BYTES:
        return scaled(value, 1024, bytes, out, size);
    case QUANTITY_COUNT:
        return scaled(value, 1000, counts, out, size);
    case QUANTITY_MILLISECONDS:
        snprintf(out, size, "%.*f %s",
                 value < 1                     ? 3
                 : value < 10 || value >= 1000 ? 2
                                               : 1,
                 value < 1000 ? value : value / 1000, value < 1000 ? "ms" : "s");
        break;
    case QUANTITY_SECONDS:
        if (value < 90)
            snprintf(out, size, "%.0f s", value);
        else if (value < 5400)
            snprintf(out, size, "%.0f min", value / 60);
        else
            snprintf(out, size, "%.1f h", value / 3600);
        break;
    case QUANTITY_RATE:
        snprintf(out, size, "%.*f /s",
                 value < 1      ? 3
                 : value < 10   ? 2
                 : value < 1000 ? 1
                                : 0,
                 value);
        break;
    }
    return out;
}

enum status integer_parse(const char *what, const char *text, int64_t minimum, int64_t maximum,
                          int64_t *value, struct error *error)
{
    const char *digit = text + (*text == '-' || *text == '+');
    bool whole = *digit != '\0' && strspn(digit, "0123456789") == strlen(digit);
    errno = 0;
    long long number = whole ? strtoll(text, NULL, 10) : 0;
    if (!whole)
        return error_set(error, STATUS_INVALID, "%s must be a whole number, not \"%.40s\"", what,
                         text);
    if (errno == ERANGE || number < minimum || number > maximum)
        return error_set(error, STATUS_INVALID, "%s must be within %lld and %lld, not %.40s", what,
                         (long long)minimum, (long long)maximum, text);
    *value = number;
    return STATUS_OK;
}
