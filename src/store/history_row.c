/* A row of history.csv from its fields. */
#include "rundir_private.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status history_find_columns(const char *path, const struct csv_table *table,
                                 struct history_columns *columns, struct error *error)
{
    for (int i = 0; i < HISTORY_FIXED; i++) {
        columns->fixed[i] = csv_column(table, history_column_name(i));
        if (columns->fixed[i] < 0)
            return error_set(error, STATUS_INVALID, "%s, line 1: the column %s is missing", path,
                             history_column_name(i));
    }
    for (int i = 0; i < OBJECTIVES; i++)
        columns->objective[i] =
            history_stores(HISTORY_FIXED + i) ? csv_column(table, objective_table[i].name) : -1;
    return STATUS_OK;
}

bool history_read_number(const char *text, double *value)
{
    char *end;
    *value = NAN;
    if (*text == '\0')
        return true;
    *value = strtod(text, &end);
    return end != text && *end == '\0' && !isnan(*value);
}

bool history_read_count(const char *text, uint32_t *value)
{
    int64_t number;
    if (integer_parse("", text, 0, UINT32_MAX, &number, NULL) != STATUS_OK)
        return false;
    *value = (uint32_t)number;
    return true;
}

const char *history_read_row(const struct csv_row *from, const struct history_columns *c,
                             struct row *row)
{
    char *const *field = from->field;
    const char *code = field[c->fixed[HISTORY_CODE]];
    if (!arch_code_readable(code))
        return "code";
    snprintf(row->code.text, sizeof row->code.text, "%s", code);
    snprintf(row->origin, sizeof row->origin, "%s", field[c->fixed[HISTORY_ORIGIN]]);
    if (!history_read_count(field[c->fixed[HISTORY_ID]], &row->id))
        return "id";
    if (!history_read_count(field[c->fixed[HISTORY_GENERATION]], &row->generation))
        return "generation";
    if (!history_read_count(field[c->fixed[HISTORY_N]], &row->n))
        return "n";
    for (int i = 0; i < OBJECTIVES; i++)
        if (!history_read_number(c->objective[i] >= 0 ? field[c->objective[i]] : "",
                                 &row->value[i]))
            return objective_table[i].name;
    if (!history_read_number(field[c->fixed[HISTORY_STDERR]], &row->standard_error))
        return "stderr";
    if (!history_read_number(field[c->fixed[HISTORY_SECONDS]], &row->seconds))
        return "seconds";
    if (clock_parse_iso8601(field[c->fixed[HISTORY_FINISHED]], &row->finished) != 0)
        return "finished";
    return NULL;
}
