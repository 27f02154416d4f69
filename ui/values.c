/* Values of networks, see values.h. */
#include "values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which ---- */

bool values_searched(const struct snapshot *snapshot, enum objective objective)
{
    bool found = false;
    for (size_t i = 0; i < snapshot->m; i++)
        found |= snapshot->objectives[i] == objective;
    return found;
}

static void add_value(enum objective objective, enum objective order[OBJECTIVES], size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        if (order[i] == objective)
            return;
    order[(*count)++] = objective;
}

size_t values_order(const struct snapshot *snapshot, enum objective order[OBJECTIVES])
{
    size_t count = 0;
    for (size_t i = 0; i < snapshot->m; i++)
        add_value(snapshot->objectives[i], order, &count);
    for (size_t i = 0; i < snapshot->pins.count; i++)
        if (snapshot->pins.pin[i].enabled)
            add_value(snapshot->pins.pin[i].objective, order, &count);
    for (int k = 0; k < OBJECTIVES; k++) {
        enum objective o = (enum objective)((k + OBJECTIVE_TASK_FIRST) % OBJECTIVES);
        if (snapshot->measured[o])
            add_value(o, order, &count);
    }
    return count;
}

/* ---- differences ---- */

const char *difference_format(enum objective objective, double from, double to, double error,
                              char *out, size_t size)
{
    double by = to - from;
    const char *doubt = isfinite(error) && error > 0 && fabs(by) <= error ? "?" : "";
    *out = '\0';
    if (!isfinite(by))
        return out;
    if (by == 0)
        snprintf(out, size, "same");
    else if (objective_table[objective].quantity == QUANTITY_FRACTION)
        snprintf(out, size, "%+.1f%s", 100 * by, doubt);
    else if (from > 0 && to > 0)
        snprintf(out, size, "%+.*f %%%s", fabs(by) < 0.1 * from ? 1 : 0, 100 * by / from, doubt);
    return out;
}

const char *value_error_format(enum objective objective, double value, double error, char *out,
                               size_t size)
{
    bool fraction = objective_table[objective].quantity == QUANTITY_FRACTION;
    value_format(objective, value, out, size);
    size_t length = strlen(out);
    if (isfinite(error) && error > 0 && isfinite(value))
        snprintf(out + length, size - length, " \302\261%.*f", fraction ? 1 : 3,
                 fraction ? 100 * error : error);
    return out;
}

/* ---- codes ---- */

struct code_summary code_summarize(const struct arch_shape *shape, const struct arch_code *code)
{
    struct code_summary summary = {0};
    double width = 0, full = 0;
    summary.layers = (unsigned)arch_code_layers(code);
    for (uint32_t i = 0; i < summary.layers; i++) {
        unsigned eighths = arch_mlp_eighths(code->text[i]);
        bool known = shape && i < shape->layers;
        summary.kept += arch_keeps_layer(code->text[i]);
        summary.attention += arch_keeps_attention(code->text[i]);
        width += known ? arch_mlp_width(shape, i, eighths) : eighths;
        full += known ? shape->layer[i].intermediate : 8;
    }
    summary.mlp = full > 0 ? width / full : 0;
    return summary;
}

char lock_of_layer(const struct snapshot *snapshot, size_t layer)
{
    for (size_t i = 0; i < snapshot->locks; i++) {
        char *end;
        const char *text = snapshot->lock[i].text;
        unsigned long from = strtoul(text, &end, 10), to = from;
        if (*end == '-')
            to = strtoul(end + 1, &end, 10);
        if (*end == '=' && layer >= from && layer <= to)
            return end[1];
    }
    return '\0';
}

/* ---- foretold ---- */

void values_foretell(const struct snapshot *snapshot, const struct arch_code *code,
                     struct foretold *foretold)
{
    for (int o = 0; o < OBJECTIVES; o++) {
        foretold->value[o] = foretold->error[o] = NAN;
        if (snapshot->measured[o] && snapshot->shape)
            snapshot_foretell(snapshot, code, (enum objective)o, &foretold->value[o],
                              &foretold->error[o]);
    }
}

/* ---- pins ---- */

/* Chance that what was measured with this (normal) error is within the pin. */
static double chance_within(const struct pin *pin, double value, double error)
{
    double above = 0.5 * erfc((pin->limit - value) / error / sqrt(2));
    return pin->at_least ? above : 1 - above;
}

bool pin_verdict(const struct pin *pin, double value, double error, char *out, size_t size)
{
    char by[32];
    bool within = pin->at_least ? value >= pin->limit : value <= pin->limit;
    if (isnan(value)) {
        snprintf(out, size, "not known");
    } else if (isfinite(error) && error > 0) {
        double sure = chance_within(pin, value, error);
        int percent = (int)(100 * (within ? sure : 1 - sure));
        snprintf(out, size, "%s, %d %% sure", within ? "yes" : "no", percent > 99 ? 99 : percent);
    } else if (within) {
        snprintf(out, size, "yes");
    } else {
        double over = value - pin->limit;
        quantity_format(objective_table[pin->objective].quantity, fabs(over), by, sizeof by);
        snprintf(out, size, "no, %c%s", over > 0 ? '+' : '-', by);
    }
    return within;
}
