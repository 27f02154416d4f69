/* history.csv and front.csv: a row per evaluated network, columns by name. Here: their text,
 * written. */
#include "rundir_private.h"

#include "base/clock.h"
#include "io/csv.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- columns ---- */

static const char *const fixed_name[HISTORY_FIXED] = {"id",     "code", "origin",  "generation",
                                                      "stderr", "n",    "seconds", "finished"};

const char *history_column_name(int column)
{
    return column < HISTORY_FIXED ? fixed_name[column]
                                  : objective_table[column - HISTORY_FIXED].name;
}

/* What follows from all rows is in no file. */
bool history_stores(int column)
{
    return column < HISTORY_FIXED ||
           (objective_named((enum objective)(column - HISTORY_FIXED)) &&
            !objective_is_derived((enum objective)(column - HISTORY_FIXED)));
}

int history_column(const char *heading)
{
    for (int i = 0; *heading != '\0' && i < HISTORY_COLUMNS; i++)
        if (history_stores(i) && strcasecmp(heading, history_column_name(i)) == 0)
            return i;
    return -1;
}

size_t history_usual_columns(int column[HISTORY_COLUMNS])
{
    size_t count = 0;
    for (int i = HISTORY_ID; i <= HISTORY_GENERATION; i++)
        column[count++] = i;
    for (int i = 0; i < OBJECTIVES; i++)
        if (history_stores(HISTORY_FIXED + i))
            column[count++] = HISTORY_FIXED + i;
    for (int i = HISTORY_STDERR; i < HISTORY_FIXED; i++)
        column[count++] = i;
    return count;
}

/* ---- formatting ---- */

enum status history_format_number(double value, struct buf *out, struct error *error)
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
    if (column >= HISTORY_FIXED)
        return history_format_number(row->value[column - HISTORY_FIXED], out, error);
    switch ((enum history_fixed)column) {
    case HISTORY_ID:
        return buf_printf(out, error, "%" PRIu32, row->id);
    case HISTORY_CODE:
        return buf_printf(out, error, "%s", row->code.text);
    case HISTORY_ORIGIN:
        return buf_printf(out, error, "%s", row->origin);
    case HISTORY_GENERATION:
        return buf_printf(out, error, "%" PRIu32, row->generation);
    case HISTORY_STDERR:
        return history_format_number(row->standard_error, out, error);
    case HISTORY_N:
        return buf_printf(out, error, "%" PRIu32, row->n);
    case HISTORY_SECONDS: /* milliseconds will do */
        return history_format_number(nearbyint(1000 * row->seconds) / 1000, out, error);
    case HISTORY_FINISHED:
        return buf_printf(out, error, "%s", clock_iso8601(row->finished, finished));
    case HISTORY_FIXED:
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
