/* The options given, as texts in their usual form, by which runs are compared. */
#include "setup_private.h"

#include "base/memory.h"
#include "engine/measure.h"
#include "search/space.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum status setup_give(char **to, struct error *error, const char *text)
{
    if (text == NULL)
        return STATUS_OK;
    *to = memory_string(text, error);
    return *to != NULL ? STATUS_OK : STATUS_MEMORY;
}

enum status setup_give_number(char **to, struct error *error, uint64_t number, bool given)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    return setup_give(to, error, given ? text : NULL);
}

/* "size,acc" is "bytes,acc". */
static enum status give_objectives(char **to, struct error *error, const char *text)
{
    enum objective list[3];
    size_t count = 0;
    char names[3 * OBJECTIVE_NAME] = "";
    if (text == NULL)
        return STATUS_OK;
    enum status status = objective_parse_list(text, list, &count, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", i > 0 ? "," : "",
                 objective_table[list[i]].name);
    }
    return status == STATUS_OK ? setup_give(to, error, names) : status;
}

static enum status give_type(char **to, struct error *error, const char *option, const char *text)
{
    enum weight_type type;
    if (text == NULL)
        return STATUS_OK;
    if (weight_type_parse(text, &type, error) != STATUS_OK)
        return error_prefix(error, "--%s", option);
    return setup_give(to, error, weight_type_name(type));
}

/* Their names with commas, without repeats. */
static enum status give_types(char **to, struct error *error, const char *text)
{
    char letters[SPACE_TYPES], names[SPACE_TYPES * 8] = "";
    if (text == NULL)
        return STATUS_OK;
    enum status status = space_read_types(text, letters, error);
    if (status != STATUS_OK)
        return status;
    for (const char *at = letters; *at != '\0'; at++) {
        const struct weight_type_info *info = weight_type_by_letter(*at);
        size_t length = strlen(names);
        snprintf(names + length, sizeof names - length, "%s%s", at > letters ? "," : "",
                 weight_type_name(info != NULL ? info->type : WEIGHT_SOURCE));
    }
    return setup_give(to, error, names);
}

/* The default said aloud is the default. */
static enum status give_choices(char **to, struct error *error, const char *text)
{
    bool usual = text != NULL && strcmp(text, space_default_choices) == 0;
    return setup_give(to, error, usual ? "" : text);
}

static enum status give_precision(char **to, struct error *error, const char *text)
{
    enum precision precision;
    enum status status = text != NULL ? precision_parse(text, &precision, error) : STATUS_OK;
    return status == STATUS_OK && text != NULL ? setup_give(to, error, precision_name(precision))
                                               : status;
}

static enum status give_measure(char **to, struct error *error, const char *text)
{
    enum status status = text != NULL ? measure_check(text, error) : STATUS_OK;
    return status == STATUS_OK ? setup_give(to, error, text) : status;
}

/* "50, 200" is "50,200". */
enum status setup_read_stages(const char *text, size_t stage[SETUP_STAGES_MOST], size_t *stages,
                              struct error *error)
{
    size_t count = 0, length = 0;
    enum status status = STATUS_OK;
    for (const char *at = text; status == STATUS_OK && *at != '\0'; at += length) {
        char number[24];
        int64_t value = 0;
        at += strspn(at, ", ");
        length = strcspn(at, ", ");
        snprintf(number, sizeof number, "%.*s", length < sizeof number ? (int)length : 23, at);
        if (length > 0)
            status = integer_parse("--stages", number, 1, UINT32_MAX, &value, error);
        bool more = count == 0 || (size_t)value > stage[count - 1];
        if (status == STATUS_OK && length > 0 && (count == SETUP_STAGES_MOST || !more))
            status = error_set(error, STATUS_INVALID,
                               "--stages \"%.60s\": two to %d ascending counts of questions "
                               "expected, as in 50,200",
                               text, SETUP_STAGES_MOST);
        if (status == STATUS_OK && length > 0)
            stage[count++] = (size_t)value;
    }
    if (status == STATUS_OK && count == 1)
        status = error_set(error, STATUS_INVALID,
                           "--stages %.60s: one stage is none; two or more counts expected, as in "
                           "50,200",
                           text);
    *stages = count;
    return status;
}

static enum status give_stages(char **to, struct error *error, const char *text)
{
    size_t stage[SETUP_STAGES_MOST], stages;
    char usual[SETUP_STAGES_MOST * 12] = "";
    if (text == NULL)
        return STATUS_OK;
    enum status status = setup_read_stages(text, stage, &stages, error);
    for (size_t i = 0; status == STATUS_OK && i < stages; i++) {
        size_t length = strlen(usual);
        snprintf(usual + length, sizeof usual - length, "%s%zu", i > 0 ? "," : "", stage[i]);
    }
    return status == STATUS_OK ? setup_give(to, error, usual) : status;
}

enum status setup_given_values(const struct run_options *o, char *value[SETUP_KEYS],
                               struct error *error)
{
    enum status status;
    if ((status = setup_give_number(&value[SETUP_LIMIT], error, o->limit, o->limit > 0)) ||
        (status = setup_give_number(&value[SETUP_CHUNKS], error, o->chunks, o->chunks > 0)) ||
        (status = setup_give_number(&value[SETUP_CONTEXT], error, o->context, o->context > 0)) ||
        (status = setup_give_number(&value[SETUP_SHOTS], error, o->shots, o->shots > 0)) ||
        (status = setup_give(&value[SETUP_SHOTS_FROM], error, o->shots_from)) ||
        (status = setup_give(&value[SETUP_PPL], error, o->ppl)) ||
        (status = give_stages(&value[SETUP_STAGES], error, o->stages)) ||
        (status = setup_give_number(&value[SETUP_POPULATION], error, o->population,
                                    o->population > 0)) ||
        (status = setup_give_number(&value[SETUP_SEED], error, o->seed, o->seed_given)) ||
        (status = setup_give(&value[SETUP_SPACE], error, o->space)) ||
        (status = give_choices(&value[SETUP_CHOICES], error, o->choices)) ||
        (status = setup_give(&value[SETUP_DEPTH_ORDER], error, o->depth_order)) ||
        (status = give_types(&value[SETUP_TYPES], error, o->types)) ||
        (status = setup_give(&value[SETUP_METHOD], error, o->method)) ||
        (status = setup_give(&value[SETUP_CROSSOVER], error, o->crossover)) ||
        (status = give_objectives(&value[SETUP_OBJECTIVES], error, o->objectives)) ||
        (status = give_type(&value[SETUP_TYPE], error, "type", o->type)) ||
        (status = give_type(&value[SETUP_HEAD], error, "head", o->head)) ||
        (status =
             setup_give(&value[SETUP_COMPENSATION], error, o->bias_compensation ? SETUP_FLAG_ON : NULL)) ||
        (status = give_precision(&value[SETUP_PRECISION], error, o->precision)) ||
        (status = give_measure(&value[SETUP_MEASURE], error, o->measure)))
        return status;
    return STATUS_OK;
}
