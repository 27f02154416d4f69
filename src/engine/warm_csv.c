/* CSV files with networks that were evaluated elsewhere: by history.csv's columns, or as DyNAS-T
 * writes its results. That names a network by a dictionary of its elastic parameters: `num_layers`
 * (the first so many are kept), `intermediate_size` and `num_attention_heads` (a number for each
 * layer, or one for all), `hidden_size`. */
#include "warm_private.h"

#include "base/memory.h"
#include "io/csv.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a dictionary ---- */

struct numbers {
    long value[ARCH_MAX_LAYERS];
    size_t count; /* 0: not there */
};

enum parameter { LAYERS, WIDTH, HEADS, HIDDEN, PARAMETERS };
static const char *const parameter_name[PARAMETERS] = {"num_layers", "intermediate_size",
                                                       "num_attention_heads", "hidden_size"};

static const char *skip_blanks(const char *at)
{
    while (isspace((unsigned char)*at))
        at++;
    return at;
}

/* A number or a list of them; NULL when it is neither. */
static const char *read_numbers(const char *at, struct numbers *to)
{
    bool list = *(at = skip_blanks(at)) == '[';
    to->count = 0;
    at += list;
    do {
        char *end;
        if (to->count == ARCH_MAX_LAYERS)
            return NULL;
        to->value[to->count++] = strtol(at, &end, 10);
        if (end == at)
            return NULL;
        at = skip_blanks(end);
    } while (list && *at == ',' && *at++);
    if (list && *at++ != ']')
        return NULL;
    return skip_blanks(at);
}

static const char *read_name(const char *at, enum parameter *parameter)
{
    char quote = *(at = skip_blanks(at));
    if (quote != '\'' && quote != '"')
        return NULL;
    at++;
    for (int i = 0; i < PARAMETERS; i++) {
        size_t length = strlen(parameter_name[i]);
        if (strncmp(at, parameter_name[i], length) == 0 && at[length] == quote) {
            *parameter = (enum parameter)i;
            at = skip_blanks(at + length + 1);
            return *at == ':' ? at + 1 : NULL;
        }
    }
    return NULL;
}

static bool read_dictionary(const char *at, struct numbers parameter[PARAMETERS])
{
    if (*at++ != '{')
        return false;
    do {
        enum parameter which = LAYERS;
        if ((at = read_name(at, &which)) == NULL ||
            (at = read_numbers(at, &parameter[which])) == NULL)
            return false;
    } while (*at == ',' && *at++);
    return *at == '}' && *skip_blanks(at + 1) == '\0';
}

/* Of a layer: its own number, or the one for all. False: there is none. */
static bool number_of(const struct numbers *numbers, size_t layer, long *value)
{
    if (numbers->count != 1 && layer >= numbers->count)
        return false;
    *value = numbers->value[numbers->count == 1 ? 0 : layer];
    return true;
}

static char letter_of(const struct arch_shape *shape, uint32_t layer, long width)
{
    if (width == 0)
        return '0';
    for (unsigned eighths = 8; eighths >= 1; eighths--)
        if ((long)arch_mlp_width(shape, layer, eighths) == width)
            return (char)('0' + eighths);
    return '\0';
}

static enum status code_of_dictionary(const struct arch_shape *shape, const char *text,
                                      char code[ARCH_MAX_LAYERS + 1], struct error *error)
{
    struct numbers parameter[PARAMETERS] = {{{0}, 0}};
    long layers = (long)shape->layers, value;
    if (!read_dictionary(text, parameter))
        return error_set(error, STATUS_INVALID,
                         "%.60s is neither a code nor a dictionary of num_layers, "
                         "intermediate_size, num_attention_heads and hidden_size",
                         text);
    if (number_of(&parameter[HIDDEN], 0, &value) && value != (long)shape->hidden)
        return error_set(error, STATUS_INVALID, "hidden_size is %ld, this model's %u", value,
                         shape->hidden);
    if (parameter[LAYERS].count > 0)
        layers = parameter[LAYERS].value[0];
    if (layers < 1 || layers > (long)shape->layers)
        return error_set(error, STATUS_INVALID, "num_layers is %ld, this model has %u", layers,
                         shape->layers);
    for (uint32_t i = 0; i < shape->layers; i++) {
        code[i] = i < layers ? '8' : '.';
        if (i >= layers)
            continue;
        if (parameter[HEADS].count > 0 &&
            (!number_of(&parameter[HEADS], i, &value) || value != (long)shape->layer[i].heads))
            return error_set(error, STATUS_INVALID, "layer %u has %u heads, which cannot be cut", i,
                             shape->layer[i].heads);
        if (parameter[WIDTH].count == 0)
            continue;
        if (!number_of(&parameter[WIDTH], i, &value) ||
            (code[i] = letter_of(shape, i, value)) == '\0')
            return error_set(error, STATUS_INVALID,
                             "the width of layer %u is no number of eighths of %u", i,
                             shape->layer[i].intermediate);
    }
    code[shape->layers] = '\0';
    return STATUS_OK;
}

/* ---- the file ---- */

struct source {
    const char *path;
    const struct arch_shape *shape;
    struct csv_table table;
    bool dynas;
    int code, n, error, seconds, objective[OBJECTIVES]; /* columns; -1: none */
};

static enum status find_columns(struct source *source, const bool *measured, struct error *error)
{
    const struct csv_table *table = &source->table;
    source->code = csv_column(table, "code");
    source->dynas = source->code < 0;
    if (source->dynas)
        source->code = csv_column(table, "Sub-network");
    if (table->rows == 0 || source->code < 0)
        return error_set(error, STATUS_INVALID,
                         "%s, line 1: a column \"code\" or \"Sub-network\" expected", source->path);
    bool any = source->dynas;
    for (int i = 0; i < OBJECTIVES; i++) {
        const char *name = objective_table[i].name;
        source->objective[i] = source->dynas || *name == '\0' || !measured[i] ||
                                       objective_is_derived((enum objective)i)
                                   ? -1
                                   : csv_column(table, name);
        any = any || source->objective[i] >= 0;
    }
    if (source->dynas)
        source->objective[OBJECTIVE_ACC] = (int)table->row[0].fields - 1;
    source->n = csv_column(table, "n");
    source->error = csv_column(table, "stderr");
    source->seconds = csv_column(table, "seconds");
    return any ? STATUS_OK
               : error_set(error, STATUS_INVALID,
                           "%s, line 1: no column is an objective of this run", source->path);
}

/* Empty, or not a column: NaN. */
static bool read_number(const struct csv_row *from, int column, double *value)
{
    char *end;
    *value = NAN;
    if (column < 0 || from->field[column][0] == '\0')
        return true;
    *value = strtod(from->field[column], &end);
    return *end == '\0' && isfinite(*value);
}

static enum status read_row(const struct source *source, const struct csv_row *from,
                            struct row *row, struct error *error)
{
    char text[ARCH_MAX_LAYERS + 1];
    const char *cell = from->field[source->code];
    double n;
    enum status status = STATUS_OK;
    if (source->dynas && *cell == '{') {
        status = code_of_dictionary(source->shape, cell, text, error);
        cell = text;
    }
    if (status == STATUS_OK)
        status = arch_code_parse(source->shape, cell, &row->code, error);
    for (int i = 0; status == STATUS_OK && i < OBJECTIVES; i++)
        if (!read_number(from, source->objective[i], &row->value[i]))
            status = error_set(error, STATUS_INVALID, "%s cannot be read", objective_table[i].name);
    if (status == STATUS_OK && (!read_number(from, source->error, &row->standard_error) ||
                                !read_number(from, source->seconds, &row->seconds) ||
                                !read_number(from, source->n, &n) || n < 0 || n > UINT32_MAX))
        status = error_set(error, STATUS_INVALID, "stderr, seconds or n cannot be read");
    if (status == STATUS_OK) {
        row->n = isnan(n) ? 0 : (uint32_t)n;
        row->seconds = isnan(row->seconds) ? 0 : row->seconds;
    }
    return status;
}

static bool is_share(int objective)
{
    return objective_table[objective].quantity == QUANTITY_FRACTION;
}

/* The largest of the shares, to tell percents; they are within 0 and 100. */
static enum status check_shares(const struct row *row, double *most, struct error *error)
{
    for (int i = 0; i < OBJECTIVES; i++) {
        if (!is_share(i) || isnan(row->value[i]))
            continue;
        if (row->value[i] < 0 || row->value[i] > 100)
            return error_set(error, STATUS_INVALID, "%s is %g, neither a fraction nor a percentage",
                             objective_table[i].name, row->value[i]);
        *most = fmax(*most, row->value[i]);
    }
    return STATUS_OK;
}

static void as_fractions(struct row *row)
{
    for (int i = 0; i < OBJECTIVES; i++)
        if (is_share(i))
            row->value[i] /= 100;
    row->standard_error /= 100;
}

static enum status read_rows(const struct source *source, struct row *row, bool *percents,
                             struct error *error)
{
    double most = 0;
    enum status status = STATUS_OK;
    const struct csv_table *table = &source->table;
    for (size_t i = 1; status == STATUS_OK && i < table->rows; i++) {
        if (table->row[i].fields != table->row[0].fields)
            status = error_set(error, STATUS_INVALID, "%zu fields, %zu expected",
                               table->row[i].fields, table->row[0].fields);
        if (status == STATUS_OK)
            status = read_row(source, &table->row[i], &row[i], error);
        if (status == STATUS_OK)
            status = check_shares(&row[i], &most, error);
        if (status != STATUS_OK)
            return error_prefix(error, "%s, line %zu", source->path, table->row[i].line);
    }
    *percents = most > 1;
    for (size_t i = 1; *percents && i < table->rows; i++)
        as_fractions(&row[i]);
    return status;
}

enum status warm_read_csv(const char *path, const struct arch_shape *shape,
                          const bool measured[OBJECTIVES], struct archive *rows, bool *percents,
                          struct error *error)
{
    struct source source = {.path = path, .shape = shape};
    struct row *row = NULL;
    enum status status = csv_read_file(path, &source.table, error);
    if (status == STATUS_OK)
        status = find_columns(&source, measured, error);
    if (status == STATUS_OK && (row = memory_new(source.table.rows, sizeof *row, error)) == NULL)
        status = STATUS_MEMORY;
    if (status == STATUS_OK)
        status = read_rows(&source, row, percents, error);
    for (size_t i = 1; status == STATUS_OK && i < source.table.rows; i++)
        if (archive_find(rows, &row[i].code) == NULL)
            status = archive_append(rows, &row[i], error);
    memory_free(row);
    csv_release(&source.table);
    return status;
}
