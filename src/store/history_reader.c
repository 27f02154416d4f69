/* history.csv, or another file of its rows, read line by line while others may append to it. A line
 * that is no row of the run (torn, garbage, of another shape, an id out of order) is told and left
 * out; the good rows count, renumbered where some are missing. As long as all is in order only what
 * has come is read; a file with damage, or one that was replaced, is read again from its beginning
 * into a new archive. */
#include "rundir_private.h"
#include "store/baselines.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMPLAINTS 8 /* told one by one; of more only their number */

struct history_reader {
    const char *name;               /* of the file, for messages */
    char *path;                     /* owned */
    const struct arch_shape *shape; /* borrowed; NULL: codes of any model */
    history_complaint *complain;    /* NULL: nobody listens */
    void *context;
    struct archive *archive; /* a reference */
    struct history_columns columns;
    size_t fields; /* of the header; 0: not read yet */
    size_t line;   /* lines read */
    size_t complaints;
    bool damaged;      /* something was left out or renumbered */
    off_t offset;      /* behind the lines read */
    struct stat about; /* of the file when it was read last */
    struct row *row;   /* owned: those just read, ids as in the file */
    size_t *row_line;  /* owned: where they stand */
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
    if (++reader->complaints > COMPLAINTS || reader->complain == NULL)
        return;
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
    return keep_row(reader, &row, error);
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
        status = error_set(error, STATUS_INVALID, "%s, line %zu: no header: %s", reader->path,
                           reader->line, why.message);
    } else if (status != STATUS_OK) {
        const char *said = strstr(why.message, ": ");
        complain(reader, reader->line, "%s", said != NULL ? said + 2 : why.message);
        status = STATUS_OK;
    } else if (table.rows > 0 && header) {
        status = history_find_columns(reader->path, &table, &reader->columns, error);
        reader->fields = table.row[0].fields;
    } else if (table.rows > 0) {
        status = take_line(reader, &table.row[0], error);
    }
    csv_release(&table);
    return status;
}

/* ---- ids ---- */

/* Marks with `true` a longest run of rows whose ids rise: with damage anywhere, what was written
 * in order stays. (Longest increasing subsequence by patience sorting.) */
static enum status longest_rise(const struct row *row, size_t rows, bool *in, struct error *error)
{
    size_t *end = memory_new(rows, sizeof *end, error), longest = 0;
    size_t *before = memory_new(rows, sizeof *before, error);
    enum status status = end != NULL && before != NULL ? STATUS_OK : STATUS_MEMORY;
    for (size_t i = 0; status == STATUS_OK && i < rows; i++) {
        size_t low = 0, high = longest; /* end[k]: least last id of a rise of k + 1 */
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (row[end[middle]].id < row[i].id)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < longest && row[end[low]].id == row[i].id)
            continue; /* of equal ids the first counts */
        before[i] = low > 0 ? end[low - 1] : SIZE_MAX;
        end[low] = i;
        longest += low == longest;
    }
    for (size_t i = longest > 0 && status == STATUS_OK ? end[longest - 1] : SIZE_MAX; i != SIZE_MAX;
         i = before[i])
        in[i] = true;
    memory_free(end);
    memory_free(before);
    return status;
}

/* Rows in their places; *again when earlier lines must be seen anew to know which count. */
static enum status place_rows(struct history_reader *reader, bool *again, struct error *error)
{
    size_t have = archive_count(reader->archive);
    bool *in = memory_new(reader->rows, sizeof *in, error), rises = true;
    if (in == NULL)
        return STATUS_MEMORY;
    for (size_t i = 0; i < reader->rows; i++)
        rises = rises && reader->row[i].id == have + i;
    *again = !rises && have > 0;
    enum status status = STATUS_OK;
    if (!rises && !*again)
        status = longest_rise(reader->row, reader->rows, in, error);
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
    reader->fields = reader->line = reader->complaints = 0;
    reader->damaged = false;
    reader->offset = 0;
    return STATUS_OK;
}

/* What is behind reader->offset, whole lines only: a torn last line is none yet. */
static enum status read_new(struct history_reader *reader, int file, char **text, size_t *length,
                            struct error *error)
{
    size_t want = reader->about.st_size > reader->offset
                      ? (size_t)(reader->about.st_size - reader->offset)
                      : 0;
    *length = 0;
    *text = memory_new(want + 1, 1, error);
    if (*text == NULL)
        return STATUS_MEMORY;
    while (*length < want) {
        ssize_t got = pread(file, *text + *length, want - *length, reader->offset + (off_t)*length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(error, "cannot read", reader->path);
        if (got == 0)
            break;
        *length += (size_t)got;
    }
    while (*length > 0 && (*text)[*length - 1] != '\n')
        --*length;
    return STATUS_OK;
}

static enum status take_text(struct history_reader *reader, const char *text, size_t length,
                             bool *again, struct error *error)
{
    enum status status = STATUS_OK;
    reader->rows = 0;
    for (size_t at = 0; status == STATUS_OK && at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t piece = (size_t)(end - text) + 1 - at;
        status = parse_line(reader, text + at, piece, error);
        at += piece;
    }
    reader->offset += (off_t)length;
    return status == STATUS_OK ? place_rows(reader, again, error) : status;
}

/* Must everything be read again? */
static bool changed_behind(const struct history_reader *reader, const struct stat *now)
{
    const struct stat *then = &reader->about;
    bool touched = now->st_size != then->st_size || now->st_mtim.tv_sec != then->st_mtim.tv_sec ||
                   now->st_mtim.tv_nsec != then->st_mtim.tv_nsec;
    return now->st_ino != then->st_ino || now->st_size < reader->offset ||
           (reader->damaged && touched);
}

enum status history_reader_read(struct history_reader *reader, bool *anew, struct error *error)
{
    struct stat about = reader->about;
    char *text = NULL;
    size_t length = 0;
    bool again = false;
    *anew = false;
    int file = open(reader->path, O_RDONLY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return STATUS_OK; /* not there yet, or just being replaced */
    enum status status = file < 0 || fstat(file, &about) != 0
                             ? error_errno(error, "cannot read", reader->path)
                             : STATUS_OK;
    if (status == STATUS_OK && reader->offset > 0 && changed_behind(reader, &about)) {
        status = begin(reader, error);
        *anew = true;
    }
    reader->about = about;
    if (status == STATUS_OK)
        status = read_new(reader, file, &text, &length, error);
    if (status == STATUS_OK && length > 0)
        status = take_text(reader, text, length, &again, error);
    memory_free(text);
    text = NULL;
    if (status == STATUS_OK && again) {
        *anew = true;
        status = begin(reader, error);
        if (status == STATUS_OK)
            status = read_new(reader, file, &text, &length, error);
        if (status == STATUS_OK)
            status = take_text(reader, text, length, &again, error);
    }
    tell_the_number(reader);
    memory_free(text);
    if (file >= 0)
        close(file);
    return status;
}

static enum status reader_new(const char *directory, const char *name,
                              const struct arch_shape *shape, history_complaint *complaint,
                              void *context, struct history_reader **reader, struct error *error)
{
    struct buf path;
    struct history_reader *r = memory_new(1, sizeof *r, error);
    *reader = NULL;
    if (r == NULL)
        return STATUS_MEMORY;
    r->name = name;
    r->shape = shape;
    r->complain = complaint;
    r->context = context;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/%s", directory, name);
    if (status == STATUS_OK && (r->path = memory_string(path.data, error)) == NULL)
        status = STATUS_MEMORY;
    if (status == STATUS_OK)
        status = begin(r, error);
    buf_release(&path);
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
    return reader_new(directory, "history.csv", shape, complaint, context, reader, error);
}

enum status baselines_reader_new(const char *directory, const struct arch_shape *shape,
                                 history_complaint *complaint, void *context,
                                 struct history_reader **reader, struct error *error)
{
    return reader_new(directory, "baselines.csv", shape, complaint, context, reader, error);
}

void history_reader_free(struct history_reader *reader)
{
    if (reader == NULL)
        return;
    archive_free(reader->archive);
    memory_free(reader->row);
    memory_free(reader->row_line);
    memory_free(reader->path);
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
