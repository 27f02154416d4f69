/* history.csv and front.csv: a row per evaluated network, columns by name. Here: their text,
 * written and read. */
#include "rundir_private.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- columns ---- */

enum fixed {
    FIXED_ID,
    FIXED_CODE,
    FIXED_ORIGIN,
    FIXED_GENERATION,
    FIXED_STDERR,
    FIXED_N,
    FIXED_SECONDS,
    FIXED_FINISHED,
    FIXED = HISTORY_FIXED
};
static const char *const fixed_name[FIXED] = {"id",     "code", "origin",  "generation",
                                              "stderr", "n",    "seconds", "finished"};

const char *history_column_name(int column)
{
    return column < FIXED ? fixed_name[column] : objective_table[column - FIXED].name;
}

/* What follows from all rows is in no file. */
static bool is_stored(int column)
{
    return column < FIXED || (objective_named((enum objective)(column - FIXED)) &&
                              !objective_is_derived((enum objective)(column - FIXED)));
}

int history_column(const char *heading)
{
    for (int i = 0; *heading != '\0' && i < HISTORY_COLUMNS; i++)
        if (is_stored(i) && strcasecmp(heading, history_column_name(i)) == 0)
            return i;
    return -1;
}

size_t history_usual_columns(int column[HISTORY_COLUMNS])
{
    size_t count = 0;
    for (int i = FIXED_ID; i <= FIXED_GENERATION; i++)
        column[count++] = i;
    for (int i = 0; i < OBJECTIVES; i++)
        if (is_stored(FIXED + i))
            column[count++] = FIXED + i;
    for (int i = FIXED_STDERR; i < FIXED; i++)
        column[count++] = i;
    return count;
}

/* ---- formatting ---- */

/* The shortest of 15 or 17 digits that reads back as the same number; nothing for NaN. */
static enum status format_number(double value, struct buf *out, struct error *error)
{
    char text[40];
    if (isnan(value))
        return STATUS_OK;
    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    return buf_printf(out, error, "%s", text);
}

static enum status format_field(const struct row *row, int column, struct buf *out,
                                struct error *error)
{
    char finished[21];
    if (column >= FIXED)
        return format_number(row->value[column - FIXED], out, error);
    switch ((enum fixed)column) {
    case FIXED_ID:
        return buf_printf(out, error, "%" PRIu32, row->id);
    case FIXED_CODE:
        return buf_printf(out, error, "%s", row->code.text);
    case FIXED_ORIGIN:
        return buf_printf(out, error, "%s", row->origin);
    case FIXED_GENERATION:
        return buf_printf(out, error, "%" PRIu32, row->generation);
    case FIXED_STDERR:
        return format_number(row->standard_error, out, error);
    case FIXED_N:
        return buf_printf(out, error, "%" PRIu32, row->n);
    case FIXED_SECONDS: /* milliseconds will do */
        return format_number(nearbyint(1000 * row->seconds) / 1000, out, error);
    case FIXED_FINISHED:
        return buf_printf(out, error, "%s", clock_iso8601(row->finished, finished));
    case FIXED:
        break;
    }
    return STATUS_OK; /* a column of another program's: empty */
}

enum status history_format_fields(const struct row *row, const int *column, size_t columns,
                                  struct buf *out, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < columns; i++) {
        if (i > 0)
            status = buf_append(out, ",", 1, error);
        if (status == STATUS_OK && column[i] >= 0)
            status = format_field(row, column[i], out, error);
    }
    return status == STATUS_OK ? buf_append(out, "\n", 1, error) : status;
}

enum status history_format_header(struct buf *out, struct error *error)
{
    int column[HISTORY_COLUMNS];
    size_t columns = history_usual_columns(column);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < columns; i++)
        status = csv_append_field(out, i == 0, history_column_name(column[i]), error);
    return status == STATUS_OK ? buf_append(out, "\n", 1, error) : status;
}

enum status history_format_row(const struct row *row, struct buf *out, struct error *error)
{
    int column[HISTORY_COLUMNS];
    size_t columns = history_usual_columns(column);
    return history_format_fields(row, column, columns, out, error);
}

/* ---- reading ---- */

struct columns {
    int fixed[FIXED], objective[OBJECTIVES];
};

static enum status find_columns(const char *path, const struct csv_table *table,
                                struct columns *columns, struct error *error)
{
    for (int i = 0; i < FIXED; i++) {
        columns->fixed[i] = csv_column(table, fixed_name[i]);
        if (columns->fixed[i] < 0)
            return error_set(error, STATUS_INVALID, "%s, line 1: the column %s is missing", path,
                             fixed_name[i]);
    }
    for (int i = 0; i < OBJECTIVES; i++)
        columns->objective[i] =
            is_stored(FIXED + i) ? csv_column(table, objective_table[i].name) : -1;
    return STATUS_OK;
}

/* An empty field is NaN. */
static bool read_number(const char *text, double *value)
{
    char *end;
    *value = NAN;
    if (*text == '\0')
        return true;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && !isnan(*value);
}

static bool read_count(const char *text, uint32_t *value)
{
    int64_t number;
    if (integer_parse("", text, 0, UINT32_MAX, &number, NULL) != STATUS_OK)
        return false;
    *value = (uint32_t)number;
    return true;
}

/* Name of the column that cannot be read, or NULL. */
static const char *read_row(const struct csv_row *from, const struct columns *c, struct row *row)
{
    char *const *field = from->field;
    size_t length = strlen(field[c->fixed[FIXED_CODE]]);
    if (length == 0 || length > ARCH_MAX_LAYERS ||
        strspn(field[c->fixed[FIXED_CODE]], "012345678abcdefgh.") != length)
        return "code";
    memcpy(row->code.text, field[c->fixed[FIXED_CODE]], length + 1);
    snprintf(row->origin, sizeof row->origin, "%s", field[c->fixed[FIXED_ORIGIN]]);
    if (!read_count(field[c->fixed[FIXED_ID]], &row->id))
        return "id";
    if (!read_count(field[c->fixed[FIXED_GENERATION]], &row->generation))
        return "generation";
    if (!read_count(field[c->fixed[FIXED_N]], &row->n))
        return "n";
    for (int i = 0; i < OBJECTIVES; i++)
        if (!read_number(c->objective[i] >= 0 ? field[c->objective[i]] : "", &row->value[i]))
            return objective_table[i].name;
    if (!read_number(field[c->fixed[FIXED_STDERR]], &row->standard_error))
        return "stderr";
    if (!read_number(field[c->fixed[FIXED_SECONDS]], &row->seconds))
        return "seconds";
    return clock_parse_iso8601(field[c->fixed[FIXED_FINISHED]], &row->finished) != 0 ? "finished"
                                                                                     : NULL;
}

static enum status take_rows(const char *path, const struct csv_table *table,
                             struct archive *archive, struct error *error)
{
    struct columns columns;
    if (table->rows == 0)
        return STATUS_OK;
    enum status status = find_columns(path, table, &columns, error);
    for (size_t i = 1; status == STATUS_OK && i < table->rows; i++) {
        const struct csv_row *from = &table->row[i];
        struct row row;
        memset(&row, 0, sizeof row);
        if (from->fields != table->row[0].fields)
            return error_set(error, STATUS_INVALID, "%s, line %zu: %zu fields, %zu expected", path,
                             from->line, from->fields, table->row[0].fields);
        const char *wrong = read_row(from, &columns, &row);
        if (wrong != NULL)
            return error_set(error, STATUS_INVALID, "%s, line %zu: the column %s cannot be read",
                             path, from->line, wrong);
        if (row.id != i - 1)
            return error_set(error, STATUS_INVALID, "%s, line %zu: id %" PRIu32 ", %zu expected",
                             path, from->line, row.id, i - 1);
        status = archive_append(archive, &row, error);
    }
    return status;
}

enum status history_read(const char *directory, struct archive *archive, struct error *error)
{
    struct buf path;
    struct stat about;
    char *text = NULL;
    size_t length = 0;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/history.csv", directory);
    if (status == STATUS_OK && stat(path.data, &about) == 0)
        status = file_read(path.data, &text, &length, error);
    while (length > 0 && text[length - 1] != '\n') /* a torn last line never was */
        length--;
    if (status == STATUS_OK && length > 0) {
        struct csv_table table;
        status = csv_read_memory(path.data, text, length, &table, error);
        if (status == STATUS_OK)
            status = take_rows(path.data, &table, archive, error);
        csv_release(&table);
    }
    memory_free(text);
    buf_release(&path);
    return status;
}
