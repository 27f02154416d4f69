/* history.csv, or another file of its rows, read line by line while others may append to it. A line
 * that is no row of the run (torn, garbage, of another shape, an id out of order) is told and left
 * out; the good rows count, renumbered where some are missing. As long as all is in order only what
 * has come is read; a file with damage, or one that was replaced, is read again from its beginning
 * into a new archive. */
#include "rundir_private.h"
#include "store/baselines.h"

#include "base/memory.h"
#include "io/follow.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define COMPLAINTS 8            /* told one by one; of more only their number */
#define PIECE ((size_t)1 << 18) /* bytes read at once */

struct history_reader {
    const char *name;               /* of the file, for messages; points into file.path */
    const struct arch_shape *shape; /* borrowed; NULL: codes of any model */
    bool numbers;                   /* ids are the rows' numbers; else the reader numbers them */
    history_complaint *complain;    /* NULL: nobody listens */
    void *context;
    struct archive *archive; /* a reference */
    struct history_columns columns;
    size_t fields; /* of the header; 0: not read yet */
    size_t line;   /* lines read */
    size_t complaints;
    size_t said;  /* the last line that was told of */
    size_t told;  /* when lines are read once more: what was told up to this one is not again */
    bool damaged; /* something was left out or renumbered */
    struct follower file;
    /* Rows go to the archive as they come while their ids are in order. When one is not, all are
     * read again and kept, to see which are to count. */
    bool keeping, disorder;
    struct row *row;  /* owned: those kept, ids as in the file */
    size_t *row_line; /* owned: where they stand */
    size_t rows, capacity, line_capacity;
};

/* ---- telling ---- */

static void complain(struct history_reader *reader, size_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void complain(struct history_reader *reader, size_t line, const char *format, ...)
{
    char why[200], text[256];
    va_list arguments;
    reader->damaged = true;
    if (++reader->complaints > COMPLAINTS || reader->complain == NULL || line <= reader->told)
        return;
    reader->said = line;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "%s, line %zu: %s; left out", reader->name, line, why);
    reader->complain(reader->context, text);
}

static void tell_the_number(struct history_reader *reader)
{
    char text[96];
    if (reader->complaints <= COMPLAINTS || reader->complain == NULL)
        return;
    snprintf(text, sizeof text, "%s: %zu more lines are left out", reader->name,
             reader->complaints - COMPLAINTS);
    reader->complain(reader->context, text);
}

/* ---- a line ---- */

static const char *wrong_code(const struct history_reader *reader, const struct row *row)
{
    struct arch_code code;
    if (reader->shape == NULL)
        return NULL;
    if (arch_code_parse(reader->shape, row->code.text, &code, NULL) != STATUS_OK)
        return "the code is not one of this model";
    return arch_code_equal(&code, &row->code) ? NULL : "the code is not in this model's usual form";
}

static enum status keep_row(struct history_reader *reader, const struct row *row,
                            struct error *error)
{
    enum status status = memory_reserve(&reader->row, &reader->capacity, reader->rows + 1,
                                        sizeof *reader->row, error);
    if (status == STATUS_OK)
        status = memory_reserve(&reader->row_line, &reader->line_capacity, reader->rows + 1,
                                sizeof *reader->row_line, error);
    if (status != STATUS_OK)
        return status;
    reader->row[reader->rows] = *row;
    reader->row_line[reader->rows++] = reader->line;
    return STATUS_OK;
}

static enum status take_row(struct history_reader *reader, struct row *row, struct error *error)
{
    size_t next = archive_count(reader->archive);
    if (!reader->numbers)
        row->id = (uint32_t)next;
    if (reader->keeping)
        return keep_row(reader, row, error);
    if (row->id == next && !reader->disorder)
        return archive_append(reader->archive, row, error);
    reader->disorder = true;
    return STATUS_OK;
}

static enum status take_line(struct history_reader *reader, const struct csv_row *from,
                             struct error *error)
{
    struct row row;
    memset(&row, 0, sizeof row);
    if (from->fields != reader->fields) {
        complain(reader, reader->line, "%zu fields, %zu expected", from->fields, reader->fields);
        return STATUS_OK;
    }
    const char *wrong = history_read_row(from, &reader->columns, &row);
    if (wrong != NULL) {
        complain(reader, reader->line, "the column %s cannot be read", wrong);
        return STATUS_OK;
    }
    wrong = wrong_code(reader, &row);
    if (wrong != NULL) {
        complain(reader, reader->line, "%s", wrong);
        return STATUS_OK;
    }
    return take_row(reader, &row, error);
}

static enum status parse_line(struct history_reader *reader, const char *text, size_t length,
                              struct error *error)
{
    struct csv_table table;
    struct error why = {0};
    bool header = reader->fields == 0;
    reader->line++;
    enum status status = csv_read_memory(reader->name, text, length, &table, &why);
    if (status == STATUS_MEMORY) {
        if (error != NULL)
            *error = why;
    } else if (status != STATUS_OK && header) {
        status = error_set(error, STATUS_INVALID, "%s, line %zu: no header: %s", reader->file.path,
                           reader->line, why.message);
    } else if (status != STATUS_OK) {
        const char *said = strstr(why.message, ": ");
        complain(reader, reader->line, "%s", said != NULL ? said + 2 : why.message);
        status = STATUS_OK;
    } else if (table.rows > 0 && header) {
        status = history_find_columns(reader->file.path, &table, &reader->columns, error);
        reader->fields = status == STATUS_OK ? table.row[0].fields : 0;
    } else if (table.rows > 0) {
        status = take_line(reader, &table.row[0], error);
    }
    reader->damaged |= header && status != STATUS_OK; /* all is read again when it is another */
    csv_release(&table);
    return status;
}

/* ---- ids ---- */

/* Rows in their places; *again when earlier lines must be seen anew to know which count. */
static enum status place_rows(struct history_reader *reader, bool *again, struct error *error)
{
    size_t have = archive_count(reader->archive);
    reader->told = 0; /* that was of lines that are no rows */
    bool *in = memory_new(reader->rows, sizeof *in, error), rises = true;
    if (in == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < reader->rows; i++)
        rises = rises && reader->row[i].id == have + i;
    *again = !rises && have > 0;
    enum status status = STATUS_OK;
    if (!rises && !*again)
        status = history_longest_rise(reader->row, reader->rows, in, error);
    uint32_t expected = 0;
    for (size_t i = 0; status == STATUS_OK && !*again && i < reader->rows; i++) {
        struct row row = reader->row[i];
        if (!rises && !in[i]) {
            complain(reader, reader->row_line[i], "id %" PRIu32 " out of order", row.id);
            continue;
        }
        reader->damaged |= !rises; /* rows are missing: the others move up */
        if (!rises && row.id != expected && reader->complaints == 0)
            complain(reader, reader->row_line[i], "ids before %" PRIu32 " are missing", row.id);
        expected = row.id + 1;
        row.id = (uint32_t)archive_count(reader->archive);
        status = archive_append(reader->archive, &row, error);
    }
    memory_free(in);
    return status;
}

/* ---- the file ---- */

static enum status begin(struct history_reader *reader, struct error *error)
{
    struct archive *archive;
    enum status status = archive_new(&archive, error);
    if (status != STATUS_OK)
        return status;
    archive_free(reader->archive);
    reader->archive = archive;
    reader->fields = reader->line = reader->complaints = reader->rows = 0;
    reader->said = reader->told = 0;
    reader->damaged = reader->disorder = false;
    return STATUS_OK;
}

/* One by one, so that a line that is no row takes no other with it. */
static enum status take_lines(struct history_reader *reader, const char *text, size_t length,
                              struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t at = 0; status == STATUS_OK && at < length && !reader->disorder;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t piece = (size_t)(end - text) + 1 - at;
        status = parse_line(reader, text + at, piece, error);
        at += piece;
    }
    return status;
}

static size_t count_lines(const char *text, size_t length)
{
    size_t lines = 0;
    for (const char *at = text, *end; (end = memchr(at, '\n', length - (size_t)(at - text)));
         at = end + 1)
        lines++;
    return lines;
}

/* Where no field is quoted and no line ends in another way each line is a row of its own: all are
 * parsed at once, in a fraction of the time. *done false: they must be taken one by one. */
static enum status take_plain_lines(struct history_reader *reader, const char *text, size_t length,
                                    bool *done, struct error *error)
{
    struct csv_table table;
    struct error why = {0};
    size_t before = reader->line;
    *done = false;
    if (reader->fields == 0 || memchr(text, '"', length) != NULL ||
        memchr(text, '\r', length) != NULL)
        return STATUS_OK;
    enum status status = csv_read_memory(reader->name, text, length, &table, &why);
    if (status != STATUS_OK && status != STATUS_MEMORY)
        return STATUS_OK;
    if (status == STATUS_MEMORY && error != NULL)
        *error = why;
    *done = true;
    for (size_t i = 0; status == STATUS_OK && i < table.rows && !reader->disorder; i++) {
        reader->line = before + table.row[i].line;
        status = take_line(reader, &table.row[i], error);
    }
    reader->line = before + count_lines(text, length);
    csv_release(&table);
    return status;
}

static enum status read_all(struct history_reader *reader, bool *anew, struct error *error)
{
    size_t length = 0;
    bool other, done;
    enum status status;
    do {
        status = follower_read(&reader->file, PIECE, &length, &other, error);
        if (status == STATUS_OK && other) {
            *anew = true;
            status = begin(reader, error);
        }
        if (status == STATUS_OK && length > 0)
            status = take_plain_lines(reader, reader->file.text, length, &done, error);
        if (status == STATUS_OK && length > 0 && !done)
            status = take_lines(reader, reader->file.text, length, error);
    } while (status == STATUS_OK && length > 0 && !reader->disorder);
    return status;
}

/* All of it once more, from the beginning; `same`: what was told of its lines is not told again. */
static enum status read_again(struct history_reader *reader, bool same, bool *anew,
                              struct error *error)
{
    size_t said = reader->said;
    *anew = true;
    follower_rewind(&reader->file);
    enum status status = begin(reader, error);
    reader->told = same ? said : 0;
    return status == STATUS_OK ? read_all(reader, anew, error) : status;
}

enum status history_reader_read(struct history_reader *reader, bool *anew, struct error *error)
{
    bool again = false;
    enum status status = STATUS_OK;
    *anew = false;
    if (reader->damaged && follower_touched(&reader->file))
        status = read_again(reader, false, anew, error);
    else
        status = read_all(reader, anew, error);
    if (status == STATUS_OK && reader->disorder) {
        reader->keeping = true;
        status = read_again(reader, true, anew, error);
    }
    if (status == STATUS_OK && reader->rows > 0)
        status = place_rows(reader, &again, error);
    if (status == STATUS_OK && again &&
        (status = read_again(reader, true, anew, error)) == STATUS_OK)
        status = place_rows(reader, &again, error);
    reader->rows = 0;
    tell_the_number(reader);
    return status;
}

static enum status reader_new(const char *directory, const char *name,
                              const struct arch_shape *shape, bool numbers,
                              history_complaint *complaint, void *context,
                              struct history_reader **reader, struct error *error)
{
    struct history_reader *r = memory_new(1, sizeof *r, error);
    *reader = NULL;
    if (r == NULL)
        return STATUS_MEMORY;
    r->shape = shape;
    r->numbers = numbers;
    r->complain = complaint;
    r->context = context;
    enum status status = follower_init(&r->file, directory, name, error);
    if (status == STATUS_OK) {
        r->name = r->file.path + strlen(r->file.path) - strlen(name);
        status = begin(r, error);
    }
    if (status != STATUS_OK)
        history_reader_free(r);
    else
        *reader = r;
    return status;
}

enum status history_reader_new(const char *directory, const struct arch_shape *shape,
                               history_complaint *complaint, void *context,
                               struct history_reader **reader, struct error *error)
{
    return reader_new(directory, "history.csv", shape, true, complaint, context, reader, error);
}

enum status baselines_reader_new(const char *directory, const struct arch_shape *shape,
                                 history_complaint *complaint, void *context,
                                 struct history_reader **reader, struct error *error)
{
    return reader_new(directory, "baselines.csv", shape, true, complaint, context, reader, error);
}

enum status rows_reader_new(const char *directory, const char *name, const struct arch_shape *shape,
                            history_complaint *complaint, void *context,
                            struct history_reader **reader, struct error *error)
{
    return reader_new(directory, name, shape, false, complaint, context, reader, error);
}

void history_reader_free(struct history_reader *reader)
{
    if (reader == NULL)
        return;
    archive_free(reader->archive);
    memory_free(reader->row);
    memory_free(reader->row_line);
    follower_release(&reader->file);
    memory_free(reader);
}

struct archive *history_reader_archive(const struct history_reader *reader)
{
    return reader->archive;
}

bool history_reader_damaged(const struct history_reader *reader)
{
    return reader->damaged;
}

enum status history_read(const char *directory, struct archive *archive, struct error *error)
{
    struct history_reader *reader;
    bool anew;
    enum status status = history_reader_new(directory, NULL, NULL, NULL, &reader, error);
    if (status == STATUS_OK)
        status = history_reader_read(reader, &anew, error);
    for (size_t i = 0; status == STATUS_OK && i < archive_count(reader->archive); i++)
        status = archive_append(archive, archive_row(reader->archive, i), error);
    history_reader_free(reader);
    return status;
}
