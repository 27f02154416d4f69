/* Pins: limits on objectives, read from text, measured as relative violations (Deb 2000). */
#include "search/pins.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Copies text[0, length) without the blanks around it. */
static enum status copy_part(const char *text, size_t length, char out[64], struct error *error)
{
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        length--;
    while (length > 0 && isspace((unsigned char)*text))
        text++, length--;
    if (length > 63)
        return error_set(error, STATUS_INVALID, "a pin of more than 63 characters");
    memcpy(out, text, length);
    out[length] = '\0';
    return STATUS_OK;
}

static enum status join_parts(const char *name, const char *relation, const char *number,
                              char out[64], struct error *error)
{
    char joint[160];
    size_t length = (size_t)snprintf(joint, sizeof joint, "%s%.2s", name, relation);
    for (; *number != '\0'; number++)
        if (*number != ' ')
            joint[length++] = *number;
    return copy_part(joint, length, out, error);
}

/* 45 for 45 % is the slip that empties every front. */
static enum status check_share(const struct pin *pin, struct error *error)
{
    const char *name = objective_table[pin->objective].name, *sign = pin->at_least ? ">=" : "<=";
    bool percent = pin->text[strlen(pin->text) - 1] == '%';
    if (objective_table[pin->objective].quantity != QUANTITY_FRACTION || pin->limit <= 1)
        return STATUS_OK;
    if (percent || pin->limit > 100)
        return error_set(error, STATUS_INVALID,
                         "%s is beyond 100 %%; a share is written as 45%% or 0.45", pin->text);
    return error_set(error, STATUS_INVALID,
                     "%s is beyond 100 %%; what is meant is written %s%s%.10g%% or %s%s%.10g",
                     pin->text, name, sign, pin->limit, name, sign, pin->limit / 100);
}

enum status pin_parse(const char *text, const bool *measured, struct pin *pin, struct error *error)
{
    char name[64], number[64];
    size_t length = strcspn(text, "<>=");
    const char *relation = text + length;
    *pin = (struct pin){.enabled = true};
    if ((relation[0] != '<' && relation[0] != '>') || relation[1] != '=')
        return error_set(
            error, STATUS_INVALID,
            "\"%.63s\" is no pin; NAME<=NUMBER or NAME>=NUMBER expected, such as bytes<=90MiB",
            text);
    pin->at_least = relation[0] == '>';
    enum status status = copy_part(text, length, name, error);
    if (status == STATUS_OK)
        status = copy_part(relation + 2, strlen(relation + 2), number, error);
    if (status == STATUS_OK)
        status = join_parts(name, relation, number, pin->text, error);
    if (status == STATUS_OK)
        status = objective_by_name(name, &pin->objective, error);
    if (status != STATUS_OK)
        return status;
    const struct objective_info *info = &objective_table[pin->objective];
    if (measured != NULL && !measured[pin->objective])
        return error_set(error, STATUS_INVALID, "%s is not measured in this run", info->name);
    status = quantity_parse(info->quantity, number, &pin->limit, error);
    return status == STATUS_OK && measured != NULL ? check_share(pin, error) : status;
}

enum status pins_set(struct pins *pins, const struct pin *pin, struct error *error)
{
    for (size_t i = 0; i < pins->count; i++)
        if (pins->pin[i].objective == pin->objective && pins->pin[i].at_least == pin->at_least) {
            pins->pin[i] = *pin;
            return STATUS_OK;
        }
    if (pins->count == PINS_MAX)
        return error_set(error, STATUS_INVALID, "more than %d pins", PINS_MAX);
    pins->pin[pins->count++] = *pin;
    return STATUS_OK;
}

bool pins_remove(struct pins *pins, size_t index)
{
    if (index >= pins->count)
        return false;
    memmove(&pins->pin[index], &pins->pin[index + 1], (--pins->count - index) * sizeof *pins->pin);
    return true;
}

enum status pins_parse(const char *text, const bool *measured, struct pins *pins,
                       struct error *error)
{
    *pins = (struct pins){0};
    for (const char *at = text; at != NULL;) {
        const char *joint = strstr(at, " and ");
        char part[128];
        size_t length = joint != NULL ? (size_t)(joint - at) : strlen(at);
        if (length >= sizeof part)
            return error_set(error, STATUS_INVALID, "a pin of more than %zu characters",
                             sizeof part - 1);
        memcpy(part, at, length);
        part[length] = '\0';
        struct pin pin;
        enum status status = pin_parse(part, measured, &pin, error);
        if (status == STATUS_OK)
            status = pins_set(pins, &pin, error);
        if (status != STATUS_OK)
            return status;
        at = joint != NULL ? joint + strlen(" and ") : NULL;
    }
    return STATUS_OK;
}

double pin_violation(const struct pin *pin, const double value[OBJECTIVES])
{
    double v = value[pin->objective];
    if (isnan(v))
        return INFINITY;
    double over = pin->at_least ? pin->limit - v : v - pin->limit;
    double scale = fabs(pin->limit);
    return over <= 0 ? 0 : over / (scale > 0 ? scale : 1);
}

double pins_violation(const struct pins *pins, const double value[OBJECTIVES], bool only_computed)
{
    double sum = 0;
    for (size_t i = 0; i < pins->count; i++)
        if (pins->pin[i].enabled &&
            (!only_computed || (objective_table[pins->pin[i].objective].computed &&
                                !isnan(value[pins->pin[i].objective]))))
            sum += pin_violation(&pins->pin[i], value);
    return sum;
}

const char *pin_format(const struct pin *pin, char *out, size_t size)
{
    snprintf(out, size, "%s", pin->text);
    return out;
}
