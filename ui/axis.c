/* Axes. Ticks are 1, 2 or 5 times a power of ten of the shown unit, so that a reader can count
 * between them; on a logarithmic axis 1, 2 and 5 of each decade. */
#include "axis.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HUGE_FROM 1e10 /* in the shown unit: from here on as 1.0e+10 */
#define DECIMALS_MOST 6

struct unit unit_for(enum quantity quantity, double magnitude)
{
    double m = fabs(magnitude);
    switch (quantity) {
    case QUANTITY_FRACTION:
        return (struct unit){0.01, "%"};
    case QUANTITY_BYTES:
        if (m >= 4.0 * 1024 * 1024 * 1024)
            return (struct unit){1024.0 * 1024 * 1024, "GiB"};
        if (m >= 4.0 * 1024 * 1024)
            return (struct unit){1024.0 * 1024, "MiB"};
        return m >= 4096 ? (struct unit){1024, "KiB"} : (struct unit){1, "B"};
    case QUANTITY_COUNT:
        if (m >= 4e9)
            return (struct unit){1e9, "G"};
        if (m >= 4e6)
            return (struct unit){1e6, "M"};
        return m >= 4e3 ? (struct unit){1e3, "K"} : (struct unit){1, ""};
    case QUANTITY_MILLISECONDS:
        return m >= 1e4 ? (struct unit){1000, "s"} : (struct unit){1, "ms"};
    case QUANTITY_SECONDS:
        if (m >= 3 * 3600)
            return (struct unit){3600, "h"};
        return m >= 180 ? (struct unit){60, "min"} : (struct unit){1, "s"};
    case QUANTITY_RATE:
        return (struct unit){1, "/s"};
    case QUANTITY_NUMBER:
        break;
    }
    return (struct unit){1, ""};
}

int unit_decimals(enum quantity quantity, double magnitude)
{
    double m = fabs(magnitude) / unit_for(quantity, magnitude).size;
    if (quantity != QUANTITY_MILLISECONDS && quantity != QUANTITY_RATE)
        return 1;
    return m < 1 ? 3 : m < 10 ? 2 : m < 1000 ? 1 : 0;
}

const char *unit_format(struct unit unit, int decimals, double value, char *out, size_t size)
{
    if (!isfinite(value))
        snprintf(out, size, "%s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
    else
        snprintf(out, size, fabs(value / unit.size) < HUGE_FROM ? "%.*f" : "%.*e",
                 fabs(value / unit.size) < HUGE_FROM ? decimals : 1, value / unit.size);
    return out;
}

double nice_step(double x)
{
    if (!isfinite(x) || x < 1e-300) /* below, powers of ten are none */
        return 1;
    double power = pow(10, floor(log10(x)));
    double digit = x / power;
    return power * (digit <= 1.0000001 ? 1 : digit <= 2.0000001 ? 2 : digit <= 5.0000001 ? 5 : 10);
}

static void add_tick(struct axis *axis, double shown)
{
    double value = shown * axis->unit.size;
    double slack = (axis->hi - axis->lo) * 1e-9;
    if (axis->ticks < AXIS_TICKS && value >= axis->lo - slack && value <= axis->hi + slack)
        axis->tick[axis->ticks++] = value;
}

static void linear_ticks(struct axis *axis, int most)
{
    double lo = axis->lo / axis->unit.size, hi = axis->hi / axis->unit.size;
    double step = nice_step((hi - lo) / (most > 1 ? most : 1));
    axis->decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    if (axis->decimals > DECIMALS_MOST)
        axis->decimals = DECIMALS_MOST;
    double first = ceil(lo / step - 1e-9);
    for (int i = 0; i < AXIS_TICKS && (first + i) * step <= hi + step * 1e-6; i++)
        add_tick(axis, (first + i) * step);
}

static void log_ticks(struct axis *axis, int most)
{
    double lo = axis->lo / axis->unit.size, hi = axis->hi / axis->unit.size;
    int first = (int)floor(log10(lo)), last = (int)ceil(log10(hi));
    static const int digits[] = {1, 2, 5};
    for (int decade = first; decade <= last && decade - first < 40; decade++)
        for (int i = 0; i < 3; i++)
            add_tick(axis, digits[i] * pow(10, decade));
    if (axis->ticks < 2 || axis->ticks > most) { /* too narrow or too wide for 1-2-5 of a decade */
        axis->ticks = 0;
        if (hi / lo < 10) {
            linear_ticks(axis, most);
            return;
        }
        for (int decade = first; decade <= last && decade - first < 40; decade++)
            add_tick(axis, pow(10, decade));
    }
    axis->decimals = axis->ticks && axis->tick[0] / axis->unit.size < 1
                         ? (int)ceil(-log10(axis->tick[0] / axis->unit.size) - 1e-9)
                         : 0;
    if (axis->decimals > DECIMALS_MOST)
        axis->decimals = DECIMALS_MOST;
}

void axis_init(struct axis *axis, enum quantity quantity, double lo, double hi, bool log, int most)
{
    if (!isfinite(lo) || !isfinite(hi) || lo > hi) {
        lo = 0;
        hi = 1;
    }
    if (!(hi - lo > fabs(hi) * 1e-9)) {
        double half = hi != 0 ? fabs(hi) * 0.05 : 0.5;
        lo -= half;
        hi += half;
    }
    *axis = (struct axis){.lo = lo, .hi = hi, .log = log && lo > 0};
    axis->unit = unit_for(quantity, fmax(fabs(lo), fabs(hi)));
    if (most > AXIS_TICKS)
        most = AXIS_TICKS;
    if (axis->log)
        log_ticks(axis, most);
    else
        linear_ticks(axis, most);
}

int axis_position(const struct axis *axis, double value, int dots)
{
    double lo = axis->lo, hi = axis->hi;
    if (!isfinite(value) || (axis->log && value <= 0) || dots < 1)
        return INT_MIN;
    if (axis->log) {
        lo = log(lo);
        hi = log(hi);
        value = log(value);
    }
    double position = (value - lo) / (hi - lo) * (dots - 1);
    if (position < -1e6 || position > 1e6)
        return position < 0 ? -1000000 : 1000000;
    return (int)lround(position);
}

int value_decimals(enum objective objective, double magnitude)
{
    return objective_table[objective].quantity == QUANTITY_NUMBER
               ? 3
               : unit_decimals(objective_table[objective].quantity, magnitude);
}

const char *value_format(enum objective objective, double value, char *out, size_t size)
{
    struct unit unit = unit_for(objective_table[objective].quantity, value);
    int decimals = value_decimals(objective, value);
    if (!isfinite(value)) {
        snprintf(out, size, "-");
        return out;
    }
    unit_format(unit, decimals, value, out, size);
    size_t length = strlen(out);
    snprintf(out + length, size - length, "%s%s", *unit.name ? " " : "", unit.name);
    return out;
}
