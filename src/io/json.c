/* JSON by jansson, with errors in the project's form. */
#include "io/json.h"

#include "io/atomic_file.h"

#include "base/buf.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static enum status parse(const char *name, size_t line, const char *text, size_t length,
                         size_t flags, json_t **value, struct error *error)
{
    json_error_t why;
    *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | flags, &why);
    if (*value != NULL)
        return STATUS_OK;
    size_t at = line + (why.line > 0 ? (size_t)why.line - 1 : 0);
    return error_set(error, STATUS_INVALID, "%s, line %zu: not valid JSON: %s", name, at, why.text);
}

static enum status read_whole(const char *path, size_t flags, json_t **value, struct error *error)
{
    char *text;
    size_t length;
    enum status status = file_read_regular(path, &text, &length, error);
    if (status != STATUS_OK)
        return status;
    status = parse(path, 1, text, length, flags, value, error);
    memory_free(text);
    return status;
}

enum status json_read_file(const char *path, json_t **value, struct error *error)
{
    return read_whole(path, 0, value, error);
}

enum status json_read_file_reals(const char *path, json_t **value, struct error *error)
{
    return read_whole(path, JSON_DECODE_INT_AS_REAL, value, error);
}

enum status json_read_text(const char *name, size_t line, const char *text, size_t length,
                           json_t **value, struct error *error)
{
    return parse(name, line, text, length, 0, value, error);
}

/* ---- values one after the other ---- */

static enum status next_line(struct json_stream *stream, json_t **value, size_t *line,
                             struct error *error)
{
    while (stream->at < stream->length) {
        const char *start = stream->text + stream->at;
        const char *end = memchr(start, '\n', stream->length - stream->at);
        size_t bytes = end != NULL ? (size_t)(end - start) : stream->length - stream->at;
        stream->at += bytes + (end != NULL);
        *line = stream->line++;
        if (strspn(start, " \t\r") < bytes)
            return parse(stream->name, *line, start, bytes, 0, value, error);
    }
    return STATUS_OK;
}

static char skip_blanks(struct json_stream *stream)
{
    for (; stream->at < stream->length; stream->at++) {
        char next = stream->text[stream->at];
        if (next == '\n')
            stream->line++;
        else if (next != ' ' && next != '\t' && next != '\r')
            return next;
    }
    return '\0';
}

static enum status unexpected(const struct json_stream *stream, const char *wanted,
                              struct error *error)
{
    return error_set(error, STATUS_INVALID, "%s, line %zu: not valid JSON: %s expected",
                     stream->name, stream->line, wanted);
}

/* `at` is behind '[' or behind an element. */
static enum status next_element(struct json_stream *stream, bool first, json_t **value,
                                size_t *line, struct error *error)
{
    json_error_t why;
    char next = skip_blanks(stream);
    if (next == ']') {
        stream->at++;
        if (skip_blanks(stream) != '\0')
            return unexpected(stream, "nothing behind the array", error);
        return STATUS_OK;
    }
    if (!first && next != ',')
        return unexpected(stream, "',' or ']'", error);
    if (!first) {
        stream->at++;
        skip_blanks(stream);
    }
    const char *start = stream->text + stream->at;
    *line = stream->line;
    *value = json_loadb(start, stream->length - stream->at,
                        JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &why);
    if (*value == NULL)
        return error_set(error, STATUS_INVALID, "%s, line %zu: not valid JSON: %s", stream->name,
                         stream->line + (why.line > 0 ? (size_t)why.line - 1 : 0), why.text);
    for (int i = 0; i < why.position; i++)
        stream->line += start[i] == '\n';
    stream->at += (size_t)why.position;
    return STATUS_OK;
}

enum status json_stream_next(struct json_stream *stream, json_t **value, size_t *line,
                             struct error *error)
{
    *value = NULL;
    bool first = false;
    if (stream->at == 0) {
        first = stream->array = skip_blanks(stream) == '[';
        if (first)
            stream->at++;
        else
            *stream = (struct json_stream){stream->name, stream->text, stream->length, 0, 1, false};
    }
    return stream->array ? next_element(stream, first, value, line, error)
                         : next_line(stream, value, line, error);
}

enum status json_format(const json_t *value, bool one_line, struct buf *out, struct error *error)
{
    char *text = json_dumps(value, (one_line ? 0 : JSON_INDENT(2)) | JSON_REAL_PRECISION(12));
    if (text == NULL)
        return error_memory(error, 0);
    enum status status = buf_printf(out, error, "%s\n", text);
    free(text); /* jansson's own allocation */
    return status;
}

enum status json_write_file(const char *path, const json_t *value, struct error *error)
{
    char *text = json_dumps(value, JSON_INDENT(2));
    if (text == NULL)
        return error_memory(error, 0);
    struct buf line;
    buf_init(&line);
    enum status status = buf_printf(&line, error, "%s\n", text);
    if (status == STATUS_OK)
        status = atomic_file_replace(path, line.data, line.length, error);
    buf_release(&line);
    free(text); /* jansson's own allocation */
    return status;
}
