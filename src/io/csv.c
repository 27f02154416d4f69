/* CSV by libcsv in strict mode. Fields go one after the other, each with its NUL, into one buffer;
 * offsets become pointers once the buffer stands still. libcsv reports no lines, so the text is
 * handed over in pieces that end at line ends; a piece begins a row unless it begins inside quotes,
 * of which a strict file has had an odd number then. */
#include "io/csv.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "io/atomic_file.h"

#include <csv.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct reading {
    struct buf text;
    size_t *field, fields, field_capacity; /* offsets in text */
    struct {
        size_t first, line;
    } * row;
    size_t rows, row_capacity;
    size_t first;    /* field that the current row begins with */
    size_t line;     /* being parsed */
    size_t row_line; /* where the current row began */
    bool quoted;     /* the line begins inside quotes */
    struct error *error;
    enum status status;
};

static void take_field(void *data, size_t length, void *context)
{
    struct reading *reading = context;
    if (reading->status != STATUS_OK)
        return;
    reading->status = memory_reserve(&reading->field, &reading->field_capacity, reading->fields + 1,
                                     sizeof *reading->field, reading->error);
    if (reading->status != STATUS_OK)
        return;
    reading->field[reading->fields++] = reading->text.length;
    reading->status = buf_append(&reading->text, data != NULL ? data : "", length, reading->error);
    if (reading->status == STATUS_OK)
        reading->status = buf_append(&reading->text, "", 1, reading->error);
}

static void take_row(int end, void *context)
{
    struct reading *reading = context;
    (void)end;
    if (reading->status != STATUS_OK || reading->fields == reading->first)
        return;
    reading->status = memory_reserve(&reading->row, &reading->row_capacity, reading->rows + 1,
                                     sizeof *reading->row, reading->error);
    if (reading->status != STATUS_OK)
        return;
    reading->row[reading->rows].first = reading->first;
    reading->row[reading->rows++].line = reading->row_line;
    reading->first = reading->fields;
}

static size_t count(const char *text, size_t length, char what)
{
    size_t found = 0;
    for (size_t i = 0; i < length; i++)
        found += text[i] == what;
    return found;
}

/* Bytes from the text's beginning that are ASCII, found eight at a time. */
static size_t ascii_length(const char *text, size_t length)
{
    size_t at = 0;
    for (uint64_t eight; length - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        if ((eight | (eight - 0x0101010101010101)) & 0x8080808080808080) /* high bits, or NUL */
            break;
    }
    return at;
}

static enum status check_text(const char *name, const char *text, size_t length,
                              struct error *error)
{
    for (size_t at = ascii_length(text, length), step; at < length; at += step) {
        step = utf8_length(text + at, length - at, NULL);
        if (step > 0 && text[at] != '\0')
            continue;
        return error_set(error, STATUS_INVALID, "%s, line %zu: %s", name, 1 + count(text, at, '\n'),
                         step > 0 ? "a NUL byte in a CSV file" : "not valid UTF-8");
    }
    return STATUS_OK;
}

static enum status refuse(const char *name, const struct reading *reading,
                          struct csv_parser *parser, struct error *error)
{
    size_t line = reading->line;
    if (csv_error(parser) == CSV_EPARSE)
        return error_set(
            error, STATUS_INVALID,
            "%s, line %zu: a stray quote (a quote inside a field is written twice, and the "
            "field quoted)",
            name, line);
    return error_set(error, csv_error(parser) == CSV_ENOMEM ? STATUS_MEMORY : STATUS_INVALID,
                     "%s, line %zu: %s", name, line, csv_strerror(csv_error(parser)));
}

static enum status parse(const char *name, const char *text, size_t length, struct reading *reading,
                         struct error *error)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return error_memory(error, sizeof parser);
    enum status status = STATUS_OK;
    for (size_t at = 0; status == STATUS_OK && at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t piece = end != NULL ? (size_t)(end - text) + 1 - at : length - at;
        reading->line++;
        if (!reading->quoted)
            reading->row_line = reading->line;
        for (size_t i = at; i < at + piece; i++)
            reading->quoted ^= text[i] == '"';
        if (csv_parse(&parser, text + at, piece, take_field, take_row, reading) != piece)
            status = refuse(name, reading, &parser, error);
        else
            status = reading->status;
        at += piece;
    }
    if (status == STATUS_OK && csv_fini(&parser, take_field, take_row, reading) != 0)
        status = error_set(error, STATUS_INVALID,
                           "%s, line %zu: a quoted field of the row that begins here never ends",
                           name, reading->row_line);
    csv_free(&parser);
    return status != STATUS_OK ? status : reading->status;
}

/* The table owns one block: rows, field pointers, text. */
static enum status make_table(const struct reading *reading, struct csv_table *table,
                              struct error *error)
{
    size_t rows = reading->rows * sizeof(struct csv_row), fields = reading->fields * sizeof(char *);
    char *block = memory_new(rows + fields + reading->text.length + 1, 1, error);
    if (block == NULL)
        return STATUS_MEMORY;
    struct csv_row *row = (void *)block;
    char **field = (void *)(block + rows), *text = block + rows + fields;
    if (reading->text.length > 0)
        memcpy(text, reading->text.data, reading->text.length);
    for (size_t i = 0; i < reading->fields; i++)
        field[i] = text + reading->field[i];
    for (size_t i = 0; i < reading->rows; i++) {
        size_t next = i + 1 < reading->rows ? reading->row[i + 1].first : reading->fields;
        row[i] = (struct csv_row){next - reading->row[i].first, field + reading->row[i].first,
                                  reading->row[i].line};
    }
    *table = (struct csv_table){reading->rows, row, block};
    return STATUS_OK;
}

/* ---- text without quotes ---- */

/* Then a field is what stands between commas, blanks and tabs aside, which libcsv cuts off. */
static bool is_plain(const char *text, size_t length)
{
    return memchr(text, '"', length) == NULL && memchr(text, '\r', length) == NULL &&
           memchr(text, ' ', length) == NULL && memchr(text, '\t', length) == NULL;
}

/* What libcsv makes of it, in a fifth of the time: a history of 100,000 rows is to be on the screen
 * at once. */
static enum status split(const char *data, size_t length, struct csv_table *table,
                         struct error *error)
{
    size_t lines = count(data, length, '\n') + 1, fields = count(data, length, ',') + lines;
    char *block =
        memory_new(lines * sizeof(struct csv_row) + fields * sizeof(char *) + length + 1, 1, error);
    if (block == NULL)
        return STATUS_MEMORY;
    struct csv_row *row = (void *)block;
    char **field = (void *)(row + lines), *text = (char *)(field + fields), *end = text + length;
    *table = (struct csv_table){.row = row, .owned = block};
    memcpy(text, data, length);
    for (size_t line = 1; text < end; line++) {
        char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        *stop = '\0';
        if (stop > text)
            row[table->rows++] = (struct csv_row){0, field, line};
        for (char *comma; text < stop; text = comma + 1) {
            comma = memchr(text, ',', (size_t)(stop - text));
            *field++ = text;
            row[table->rows - 1].fields++;
            if (comma == NULL)
                break;
            *comma = '\0';
            if (comma + 1 == stop) { /* an empty field is the last */
                *field++ = stop;
                row[table->rows - 1].fields++;
            }
        }
        text = stop + 1;
    }
    return STATUS_OK;
}

enum status csv_read_memory(const char *name, const void *data, size_t length,
                            struct csv_table *table, struct error *error)
{
    const char *text = data;
    struct reading reading = {.error = error};
    *table = (struct csv_table){0};
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        length -= 3;
    }
    enum status status = check_text(name, text, length, error);
    if (status == STATUS_OK && is_plain(text, length))
        return split(text, length, table, error);
    if (status == STATUS_OK)
        status = parse(name, text, length, &reading, error);
    if (status == STATUS_OK)
        status = make_table(&reading, table, error);
    buf_release(&reading.text);
    memory_free(reading.field);
    memory_free(reading.row);
    return status;
}

enum status csv_read_file(const char *path, struct csv_table *table, struct error *error)
{
    char *text;
    size_t length;
    *table = (struct csv_table){0};
    enum status status = file_read(path, &text, &length, error);
    if (status != STATUS_OK)
        return status;
    status = csv_read_memory(path, text, length, table, error);
    memory_free(text);
    return status;
}

void csv_release(struct csv_table *table)
{
    memory_free(table->owned);
    *table = (struct csv_table){0};
}

int csv_column(const struct csv_table *table, const char *heading)
{
    for (size_t i = 0; table->rows > 0 && i < table->row[0].fields; i++)
        if (strcasecmp(table->row[0].field[i], heading) == 0)
            return (int)i;
    return -1;
}

enum status csv_append_field(struct buf *out, int first, const char *text, struct error *error)
{
    enum status status = first ? STATUS_OK : buf_append(out, ",", 1, error);
    size_t length = strlen(text);
    bool plain = strpbrk(text, ",\"\r\n") == NULL;
    if (plain && length > 0)
        plain = text[0] != ' ' && text[length - 1] != ' ' && text[0] != '\t' &&
                text[length - 1] != '\t';
    if (status != STATUS_OK || plain)
        return status != STATUS_OK ? status : buf_append(out, text, length, error);
    status = buf_append(out, "\"", 1, error);
    for (; status == STATUS_OK && *text != '\0'; text++)
        status = *text == '"' ? buf_append(out, "\"\"", 2, error) : buf_append(out, text, 1, error);
    return status == STATUS_OK ? buf_append(out, "\"", 1, error) : status;
}
