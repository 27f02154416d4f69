/* heldout.csv, read and written. */
#include "store/heldout.h"

#include "base/clock.h"
#include "base/memory.h"
#include "io/csv.h"
#include "rundir_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum column {
    COLUMN_CODE,
    COLUMN_ORDER,
    COLUMN_TASK,
    COLUMN_SHA256,
    COLUMN_N,
    COLUMN_ACC,
    COLUMN_STDERR,
    COLUMN_ACC_NORM,
    COLUMN_CHOICE_NLL,
    COLUMN_SECONDS,
    COLUMN_FINISHED,
    COLUMNS
};
static const char *const column_name[COLUMNS] = {"code",       "order",   "task",    "sha256",
                                                 "n",          "acc",     "stderr",  "acc_norm",
                                                 "choice_nll", "seconds", "finished"};
static const char *const order_name[] = {"importance", "magnitude"}; /* by row.magnitude */

/* ---- reading ---- */

static bool read_code(const char *text, struct arch_code *code)
{
    if (!arch_code_readable(text))
        return false;
    snprintf(code->text, sizeof code->text, "%s", text);
    return true;
}

static bool read_order(const char *text, bool *magnitude)
{
    *magnitude = strcmp(text, order_name[1]) == 0;
    return *magnitude || strcmp(text, order_name[0]) == 0;
}

static bool read_share(const char *text, double *value)
{
    return history_read_number(text, value) && *value >= 0 && *value <= 1;
}

static bool read_row(const struct csv_row *from, const int at[COLUMNS], struct heldout_row *row)
{
    char *const *field = from->field;
    memset(row, 0, sizeof *row);
    snprintf(row->task, sizeof row->task, "%s", field[at[COLUMN_TASK]]);
    snprintf(row->sha256, sizeof row->sha256, "%s", field[at[COLUMN_SHA256]]);
    return read_code(field[at[COLUMN_CODE]], &row->code) &&
           read_order(field[at[COLUMN_ORDER]], &row->magnitude) &&
           strlen(field[at[COLUMN_SHA256]]) == SHA256_HEX - 1 &&
           history_read_count(field[at[COLUMN_N]], &row->n) && row->n > 0 &&
           read_share(field[at[COLUMN_ACC]], &row->acc) &&
           read_share(field[at[COLUMN_ACC_NORM]], &row->acc_norm) &&
           history_read_number(field[at[COLUMN_STDERR]], &row->standard_error) &&
           history_read_number(field[at[COLUMN_CHOICE_NLL]], &row->choice_nll) &&
           history_read_number(field[at[COLUMN_SECONDS]], &row->seconds) &&
           clock_parse_iso8601(field[at[COLUMN_FINISHED]], &row->finished) == 0;
}

static enum status find_columns(const char *path, const struct csv_table *table, int at[COLUMNS],
                                struct error *error)
{
    for (int i = 0; i < COLUMNS; i++) {
        at[i] = csv_column(table, column_name[i]);
        if (at[i] < 0)
            return error_set(error, STATUS_INVALID,
                             "%s, line 1: the column %s is missing; move the file away", path,
                             column_name[i]);
    }
    return STATUS_OK;
}

static enum status keep_row(const struct heldout_row *row, struct heldout_rows *rows,
                            struct error *error)
{
    enum status status =
        memory_reserve(&rows->row, &rows->capacity, rows->count + 1, sizeof *rows->row, error);
    if (status == STATUS_OK)
        rows->row[rows->count++] = *row;
    return status;
}

/* A line by itself, so that a stray quote costs one. */
static enum status take_line(const char *path, const char *line, size_t length, int at[COLUMNS],
                             size_t *fields, struct heldout_rows *rows, struct error *error)
{
    struct csv_table table;
    struct error why = {0};
    struct heldout_row row;
    enum status status = csv_read_memory(path, line, length, &table, &why);
    if (status == STATUS_MEMORY || (status != STATUS_OK && *fields == 0)) {
        if (error != NULL)
            *error = why;
    } else if (status != STATUS_OK) {
        rows->damaged++;
        status = STATUS_OK;
    } else if (table.rows > 0 && *fields == 0) {
        status = find_columns(path, &table, at, error);
        *fields = table.row[0].fields;
    } else if (table.rows > 0) {
        if (table.row[0].fields == *fields && read_row(&table.row[0], at, &row))
            status = keep_row(&row, rows, error);
        else
            rows->damaged++;
    }
    csv_release(&table);
    return status;
}

enum status heldout_read(const char *directory, struct heldout_rows *rows, struct error *error)
{
    struct buf path;
    char *text = NULL;
    size_t length = 0, fields = 0;
    int at[COLUMNS];
    *rows = (struct heldout_rows){0};
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/heldout.csv", directory);
    if (status == STATUS_OK && access(path.data, F_OK) == 0)
        status = file_read_regular(path.data, &text, &length, error);
    for (size_t from = 0; status == STATUS_OK && from < length;) {
        const char *end = memchr(text + from, '\n', length - from);
        if (end == NULL)
            break; /* torn */
        size_t piece = (size_t)(end + 1 - text) - from;
        status = take_line(path.data, text + from, piece, at, &fields, rows, error);
        from += piece;
    }
    memory_free(text);
    buf_release(&path);
    return status;
}

void heldout_release(struct heldout_rows *rows)
{
    memory_free(rows->row);
    *rows = (struct heldout_rows){0};
}

const struct heldout_row *heldout_find(const struct heldout_rows *rows,
                                       const struct arch_code *code, bool magnitude,
                                       const char *sha256, uint32_t n)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct heldout_row *row = &rows->row[i];
        if (row->magnitude == magnitude && row->n == n && arch_code_equal(&row->code, code) &&
            strcmp(row->sha256, sha256) == 0)
            return row;
    }
    return NULL;
}

const struct heldout_row *heldout_last(const struct heldout_rows *rows,
                                       const struct arch_code *code, bool magnitude)
{
    for (size_t i = rows->count; i-- > 0;)
        if (rows->row[i].magnitude == magnitude && arch_code_equal(&rows->row[i].code, code))
            return &rows->row[i];
    return NULL;
}

/* ---- writing ---- */

struct heldout_file {
    int lock; /* descriptor; the lock ends with it */
    struct append_file *lines;
};

static enum status take_lock(const char *path, int *lock, struct error *error)
{
    bool busy;
    enum status status = lock_file(path, lock, &busy, error);
    return !busy ? status
                 : error_set(error, STATUS_INVALID,
                             "another process is adding to %s; its rows are kept, so wait for its "
                             "end",
                             path);
}

static enum status begin(struct heldout_file *file, struct error *error)
{
    struct buf header;
    buf_init(&header);
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < COLUMNS; i++)
        status = csv_append_field(&header, i == 0, column_name[i], error);
    if (status == STATUS_OK)
        status = buf_append(&header, "\n", 1, error);
    if (status == STATUS_OK)
        status = append_file_header(file->lines, header.data, header.length, error);
    buf_release(&header);
    return status;
}

enum status heldout_open(const char *directory, struct heldout_file **file, struct error *error)
{
    struct buf path;
    struct heldout_file *opened = memory_new(1, sizeof *opened, error);
    *file = NULL;
    if (opened == NULL)
        return STATUS_MEMORY;
    opened->lock = -1;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/heldout.csv", directory);
    if (status == STATUS_OK)
        status = take_lock(path.data, &opened->lock, error);
    if (status == STATUS_OK)
        status = append_file_open(path.data, &opened->lines, error);
    if (status == STATUS_OK)
        status = begin(opened, error);
    buf_release(&path);
    if (status != STATUS_OK)
        heldout_close(opened);
    else
        *file = opened;
    return status;
}

void heldout_close(struct heldout_file *file)
{
    if (file == NULL)
        return;
    append_file_close(file->lines);
    if (file->lock >= 0)
        close(file->lock);
    memory_free(file);
}

static enum status format_row(const struct heldout_row *row, struct buf *line, struct error *error)
{
    const double number[] = {row->acc, row->standard_error, row->acc_norm, row->choice_nll,
                             nearbyint(1000 * row->seconds) / 1000};
    char finished[21];
    enum status status =
        buf_printf(line, error, "%s,%s", row->code.text, order_name[row->magnitude]);
    if (status == STATUS_OK)
        status = csv_append_field(line, 0, row->task, error);
    if (status == STATUS_OK)
        status = buf_printf(line, error, ",%s,%" PRIu32, row->sha256, row->n);
    for (size_t i = 0; status == STATUS_OK && i < sizeof number / sizeof *number; i++) {
        status = buf_append(line, ",", 1, error);
        if (status == STATUS_OK)
            status = history_format_number(number[i], line, error);
    }
    return status == STATUS_OK
               ? buf_printf(line, error, ",%s\n", clock_iso8601(row->finished, finished))
               : status;
}

enum status heldout_append(struct heldout_file *file, const struct heldout_row *row,
                           struct error *error)
{
    struct buf line;
    buf_init(&line);
    enum status status = format_row(row, &line, error);
    if (status == STATUS_OK)
        status = append_file_line(file->lines, line.data, line.length, error);
    buf_release(&line);
    return status;
}
