/* history.csv as a file: rows are appended in the order of columns that its header has, whichever
 * program wrote it; columns that came later are added to it, and nothing of it is lost. */
#include "rundir_private.h"

#include "base/memory.h"
#include "io/csv.h"

#include <string.h>
#include <sys/stat.h>

/* What the columns of the file are; those that the file lacks are behind them. Returns how many of
 * these there are. */
static enum status match_columns(const struct csv_row *header, int **column, size_t *columns,
                                 size_t *added, struct error *error)
{
    int usual[HISTORY_COLUMNS];
    size_t count = history_usual_columns(usual);
    *columns = *added = 0;
    *column = memory_new(header->fields + count, sizeof **column, error);
    if (*column == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < header->fields; i++)
        (*column)[(*columns)++] = history_column(header->field[i]);
    for (size_t i = 0; i < count; i++) {
        bool there = false;
        for (size_t k = 0; k < header->fields; k++)
            there = there || (*column)[k] == usual[i];
        if (there)
            continue;
        (*column)[(*columns)++] = usual[i];
        ++*added;
    }
    return STATUS_OK;
}

/* The whole file once more, with the last `added` of the columns, which are empty in its rows.
 * Lines that are no rows get them, too: what is in them is not looked at. */
static enum status add_columns(const char *path, const char *text, size_t length, const int *column,
                               size_t columns, size_t added, struct error *error)
{
    struct buf out;
    enum status status = STATUS_OK;
    buf_init(&out);
    for (size_t at = 0; status == STATUS_OK && at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t whole = (size_t)(end - text) - at;
        size_t line = whole > 0 && end[-1] == '\r' ? whole - 1 : whole;
        status = buf_append(&out, text + at, line, error);
        for (size_t k = columns - added; status == STATUS_OK && line > 0 && k < columns; k++)
            status =
                csv_append_field(&out, 0, at == 0 ? history_column_name(column[k]) : "", error);
        if (status == STATUS_OK)
            status = buf_append(&out, "\n", 1, error);
        at += whole + 1;
    }
    if (status == STATUS_OK)
        status = atomic_file_replace(path, out.data, out.length, error);
    buf_release(&out);
    return status;
}

/* `length` is of whole lines. A new file gets its header. */
static enum status read_header(struct rundir *rundir, const char *path, const char *text,
                               size_t length, struct error *error)
{
    struct buf header;
    struct csv_table table = {0};
    size_t added = 0;
    buf_init(&header);
    enum status status = length == 0 ? history_format_header(&header, error) : STATUS_OK;
    if (status == STATUS_OK && length == 0)
        status = atomic_file_replace(path, header.data, header.length, error);
    size_t first = length > 0 ? (size_t)((const char *)memchr(text, '\n', length) - text) : 0;
    if (status == STATUS_OK)
        status = csv_read_memory(path, length > 0 ? text : header.data,
                                 length > 0 ? first : header.length, &table, error);
    if (status == STATUS_OK && table.rows == 0)
        status = error_set(error, STATUS_INVALID, "%s, line 1: a header expected", path);
    if (status == STATUS_OK)
        status = match_columns(&table.row[0], &rundir->column, &rundir->columns, &added, error);
    if (status == STATUS_OK && added > 0)
        status = add_columns(path, text, length, rundir->column, rundir->columns, added, error);
    csv_release(&table);
    buf_release(&header);
    return status;
}

static enum status open_history(struct rundir *rundir, struct error *error)
{
    struct buf path;
    char *text = NULL;
    size_t length = 0;
    memory_free(rundir->column); /* of a call that failed */
    rundir->column = NULL;
    enum status status = rundir_file(rundir, "history.csv", &path, error);
    if (status == STATUS_OK) /* makes it, and cuts a torn last line */
        status = append_file_open(path.data, &rundir->history, error);
    if (status == STATUS_OK)
        status = file_read_regular(path.data, &text, &length, error);
    append_file_close(rundir->history);
    rundir->history = NULL;
    if (status == STATUS_OK)
        status = read_header(rundir, path.data, text, length, error);
    if (status == STATUS_OK)
        status = append_file_open(path.data, &rundir->history, error);
    memory_free(text);
    buf_release(&path);
    return status;
}

enum status history_append(struct rundir *rundir, const struct row *row, struct error *error)
{
    struct buf line;
    buf_init(&line);
    enum status status = rundir->history == NULL ? open_history(rundir, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = history_format_fields(row, rundir->column, rundir->columns, &line, error);
    if (status == STATUS_OK)
        status = append_file_line(rundir->history, line.data, line.length, error);
    buf_release(&line);
    return status;
}

/* A line of history.csv's columns with more behind it. */
static enum status lengthen(struct buf *line, const char *more, struct error *error)
{
    line->data[--line->length] = '\0'; /* the line's end */
    return buf_printf(line, error, ",%s\n", more);
}

enum status rows_append_longer(const char *directory, const char *name, const struct row *row,
                               const char *headings, const char *fields, struct error *error)
{
    struct buf path, header, line;
    struct append_file *file = NULL;
    enum status status;
    buf_init(&path);
    buf_init(&header);
    buf_init(&line);
    if ((status = buf_printf(&path, error, "%s/%s", directory, name)) ||
        (status = history_format_header(&header, error)) ||
        (status = lengthen(&header, headings, error)) ||
        (status = history_format_row(row, &line, error)) ||
        (status = lengthen(&line, fields, error)) ||
        (status = append_file_open(path.data, &file, error)) || /* makes it, cuts a torn line */
        (status = append_file_header(file, header.data, header.length, error)))
        goto out;
    status = append_file_line(file, line.data, line.length, error);
out:
    append_file_close(file);
    buf_release(&line);
    buf_release(&header);
    buf_release(&path);
    return status;
}

/* Beside the file, under the first name that is free. */
static enum status keep_damaged(const char *path, struct error *error)
{
    char *text = NULL;
    size_t length = 0;
    struct buf kept;
    buf_init(&kept);
    enum status status = file_read_regular(path, &text, &length, error);
    for (unsigned i = 1; status == STATUS_OK; i++) {
        struct stat about;
        buf_release(&kept);
        buf_init(&kept);
        status = i == 1 ? buf_printf(&kept, error, "%s.damaged", path)
                        : buf_printf(&kept, error, "%s.damaged-%u", path, i);
        if (status == STATUS_OK && stat(kept.data, &about) != 0)
            break;
    }
    if (status == STATUS_OK)
        status = atomic_file_replace(kept.data, text, length, error);
    memory_free(text);
    buf_release(&kept);
    return status;
}

enum status history_repair(struct rundir *rundir, const struct archive *archive,
                           struct error *error)
{
    struct buf text, path;
    buf_init(&text);
    enum status status = rundir_file(rundir, "history.csv", &path, error);
    if (status == STATUS_OK)
        status = keep_damaged(path.data, error);
    if (status == STATUS_OK)
        status = history_format_header(&text, error);
    for (size_t i = 0; status == STATUS_OK && i < archive_count(archive); i++)
        status = history_format_row(archive_row(archive, i), &text, error);
    if (status == STATUS_OK)
        status = atomic_file_replace(path.data, text.data, text.length, error);
    buf_release(&text);
    buf_release(&path);
    return status;
}

enum status front_write(struct rundir *rundir, const struct archive *archive, const uint32_t *id,
                        size_t count, struct error *error)
{
    struct buf text, path;
    buf_init(&text);
    enum status status = rundir_file(rundir, "front.csv", &path, error);
    if (status == STATUS_OK)
        status = history_format_header(&text, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = history_format_row(archive_row(archive, id[i]), &text, error);
    if (status == STATUS_OK)
        status = atomic_file_replace(path.data, text.data, text.length, error);
    buf_release(&text);
    buf_release(&path);
    return status;
}
