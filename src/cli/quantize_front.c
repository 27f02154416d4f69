/* `paretop quantize-front`: a run's front at other weight types, beside the run. */
#include "engine/quantize.h"

#include "cli/commands.h"
#include "cli/loaded.h"
#include "cli/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- the options ---- */

/* "q8_0,q4_0" */
static enum status read_types(const char *text, enum weight_type type[QUANTIZE_TYPES],
                              size_t *types, struct error *error)
{
    *types = 0;
    for (const char *at = text; *at != '\0';) {
        char word[24];
        size_t length = strcspn(at, " ,");
        if (*types == QUANTIZE_TYPES)
            return error_set(error, STATUS_INVALID, "--types has more than %d", QUANTIZE_TYPES);
        snprintf(word, sizeof word, "%.*s", (int)(length < 23 ? length : 23), at);
        if (weight_type_parse(word, &type[*types], error) != STATUS_OK)
            return error_prefix(error, "--types");
        if (type[(*types)++] == WEIGHT_SOURCE)
            return error_set(error, STATUS_INVALID,
                             "--types: source is no type to convert to; q8_0,q4_0, say");
        at += length;
        at += strspn(at, " ,");
    }
    return *types > 0 ? STATUS_OK : error_set(error, STATUS_INVALID, "--types names no type");
}

/* ---- output ---- */

static void print_number(double value)
{
    if (isfinite(value))
        printf(",%.17g", value);
    else
        putchar(',');
}

static void csv_row(const struct quantized *q, uint32_t id, const char *type, const struct row *row)
{
    printf("%" PRIu32 ",%s,%s", id, row->code.text, type);
    for (int k = 0; k < OBJECTIVES; k++)
        if (q->measured[k])
            print_number(row_value(row, (enum objective)k, &q->estimate));
    print_number(row->standard_error);
    printf(",%" PRIu32 "\n", row->n);
}

/* A line for each network and type; the run's own type is "own". */
static void print_csv(const struct quantized *q)
{
    fputs("id,code,type", stdout);
    for (int k = 0; k < OBJECTIVES; k++)
        if (q->measured[k])
            printf(",%s", objective_table[k].name);
    puts(",stderr,n");
    for (size_t i = 0; i < q->points; i++) {
        const struct quantized_point *point = &q->point[i];
        csv_row(q, point->own.id, "own", &point->own);
        for (size_t t = 0; t < q->types; t++)
            csv_row(q, point->own.id, q->type[t].name, &point->at[t]);
    }
}

static json_t *row_json(const struct quantized *q, const struct row *row)
{
    double value[OBJECTIVES];
    json_t *object = json_object();
    row_values(row, &q->estimate, value);
    report_objectives(object, q->measured, value);
    json_object_set_new(object, "stderr", report_number(row->standard_error));
    json_object_set_new(object, "n", json_integer((json_int_t)row->n));
    return object;
}

/* The means, into an object. */
static void set_means(const struct quantized *q, const struct quantized_means *means,
                      json_t *object)
{
    json_object_set_new(object, "smaller", report_number(means->smaller));
    json_object_set_new(object, "loss_of", json_string(objective_table[q->objective].name));
    json_object_set_new(object, "loss", report_number(means->loss));
    json_object_set_new(object, "loss_stderr", report_number(means->loss_error));
    json_object_set_new(object, "choice_nll", report_number(means->nll));
    json_object_set_new(object, "worst", report_number(means->worst));
    json_object_set_new(object, "worst_id", json_integer(q->point[means->worst_point].own.id));
}

static json_t *type_json(const struct quantized *q, const struct quantized_type *type)
{
    enum weight_type head =
        type->weights.head != WEIGHT_SOURCE ? type->weights.head : type->weights.type;
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:o,s:o}", "name", type->name, "type",
                  weight_type_name(type->weights.type), "head", weight_type_name(head), "front",
                  (json_int_t)type->fronts, "evaluated", (json_int_t)type->fresh, "seconds_first",
                  report_number(type->first_seconds), "seconds_each", report_number(type->seconds));
    set_means(q, &type->own, object);
    if (type == q->type)
        return object;
    json_t *first = json_pack("{s:s}", "name", q->type[0].name);
    set_means(q, &type->first, first);
    json_object_set_new(object, "against", first);
    return object;
}

static json_t *as_json(const struct quantized *q)
{
    json_t *types = json_array(), *points = json_array();
    for (size_t t = 0; t < q->types; t++)
        json_array_append_new(types, type_json(q, &q->type[t]));
    for (size_t i = 0; i < q->points; i++) {
        const struct quantized_point *point = &q->point[i];
        json_t *object = json_pack("{s:I,s:s,s:o}", "id", (json_int_t)point->own.id, "code",
                                   point->own.code.text, "own", row_json(q, &point->own));
        for (size_t t = 0; t < q->types; t++)
            json_object_set_new(object, q->type[t].name, row_json(q, &point->at[t]));
        json_array_append_new(points, object);
    }
    return json_pack("{s:s,s:o,s:o}", "own_type", q->own_type, "types", types, "points", points);
}

static void print_cell(const struct quantized *q, const struct row *row)
{
    char bytes[32], value[32];
    printf("  %9s %6s",
           quantity_format(QUANTITY_BYTES, row->value[OBJECTIVE_BYTES], bytes, sizeof bytes),
           quantity_format(objective_table[q->objective].quantity,
                           row_value(row, q->objective, &q->estimate), value, sizeof value));
}

/* "0.5 points of accuracy", "1.2 % of perplexity"; a loss below 0 is a gain. */
static const char *loss_text(const struct quantized *q, double loss, double error, char out[80])
{
    bool points = objective_table[q->objective].quantity == QUANTITY_FRACTION;
    char errors[24] = "";
    if (isfinite(error))
        snprintf(errors, sizeof errors, " +- %.2f", 100 * error);
    snprintf(out, 80, "%.2f%s %s of %s %s", 100 * fabs(loss), errors, points ? "points" : "%",
             objective_table[q->objective].heading, loss >= 0 ? "lost" : "won");
    return out;
}

static void print_means(const struct quantized *q, const struct quantized_means *means)
{
    char mean[80], worst[80];
    printf("%.1f %% %s, %s on average", 100 * fabs(means->smaller),
           means->smaller >= 0 ? "smaller" : "larger",
           loss_text(q, means->loss, means->loss_error, mean));
    if (isfinite(means->nll))
        printf(", choice_nll %+.4f", means->nll);
    printf("; at worst %s, #%" PRIu32 "\n", loss_text(q, means->worst, (double)NAN, worst),
           q->point[means->worst_point].own.id);
}

static void print_type(const struct quantized *q, const struct quantized_type *type)
{
    printf("%s against %s: ", type->name, q->own_type);
    print_means(q, &type->own);
    if (type != q->type) {
        printf("%s against %s: ", type->name, q->type[0].name);
        print_means(q, &type->first);
    }
    printf("  %zu of the %zu are a front at this type", type->fronts, q->points);
    if (isfinite(type->seconds))
        printf("; %zu evaluated, the first in %.2f s, the others in %.2f s each", type->fresh,
               type->first_seconds, type->seconds);
    putchar('\n');
}

static void print_text(const struct quantized *q)
{
    printf("%5s  %16.16s", "id", q->own_type);
    for (size_t t = 0; t < q->types; t++)
        printf("  %16.16s      +-", q->type[t].name);
    puts("  code");
    for (size_t i = 0; i < q->points; i++) {
        const struct quantized_point *point = &q->point[i];
        printf("%5" PRIu32, point->own.id);
        print_cell(q, &point->own);
        for (size_t t = 0; t < q->types; t++) {
            print_cell(q, &point->at[t]);
            printf(" %+7.2f", 100 * (0 - quantized_loss(q, &point->own, &point->at[t])));
        }
        printf("  %s\n", point->own.code.text);
    }
    for (size_t t = 0; t < q->types; t++)
        print_type(q, &q->type[t]);
}

/* ---- the command ---- */

int command_quantize_front(const struct options *options)
{
    enum weight_type type[QUANTIZE_TYPES];
    struct telling telling = {.options = options};
    struct quantized quantized = {0};
    struct weight_options weights = {.type = WEIGHT_SOURCE, .head = WEIGHT_SOURCE};
    struct error error = {0};
    struct quantize_options wanted = {
        .directory = options->argument[0],
        .type = type,
        .threads = (unsigned)option_integer(options, OPTION_THREADS, 0),
        .memory = loaded_memory(options),
        .cache = loaded_cache(options),
        .listener = telling_listener(&telling),
    };
    int result = EXIT_DONE;
    enum status status = report_one_format(options, &error);
    if (status == STATUS_OK)
        status = read_types(option_text(options, OPTION_TYPES, "q8_0,q4_0"), type, &wanted.types,
                            &error);
    if (status == STATUS_OK)
        status = loaded_weights(options, &weights, &error);
    wanted.head = weights.head;
    if (status == STATUS_OK)
        status = quantize_front(&wanted, &quantized, &error);
    progress_clear(&telling.progress);
    if (status != STATUS_OK)
        result = report_failure(status, &error, quantized.began);
    else if (option_given(options, OPTION_JSON))
        result = report_json(as_json(&quantized), false);
    else if (option_given(options, OPTION_CSV))
        print_csv(&quantized);
    else
        print_text(&quantized);
    quantized_release(&quantized);
    return result;
}
