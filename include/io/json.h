/* JSON by jansson: files in and out with errors that name file and line. */
#ifndef IO_JSON_H
#define IO_JSON_H

#include "base/buf.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>

/* Of an ordinary file only (file_read_regular). The caller owns *value (json_decref).
 * STATUS_INVALID names the line. */
enum status json_read_file(const char *path, json_t **value, struct error *error);
/* The same; all numbers become reals, so that no whole one is too big. */
enum status json_read_file_reals(const char *path, json_t **value, struct error *error);
/* One JSON value a line (JSONL) from memory: `name` and the 1-based `line` are for messages. */
enum status json_read_text(const char *name, size_t line, const char *text, size_t length,
                           json_t **value, struct error *error);
/* Values one after the other: the elements of an array when the text begins with '[', else a value
 * a line (JSONL; empty lines are none). Set the first three and line = 1, the rest 0. */
struct json_stream {
    const char *name, *text; /* name: for messages */
    size_t length, at, line;
    bool array;
};
/* The next value (the caller owns it) and the 1-based line that it begins in; NULL behind the last.
 * STATUS_INVALID names the line. */
enum status json_stream_next(struct json_stream *stream, json_t **value, size_t *line,
                             struct error *error);

/* Appends the value and a line end to *out: indented by two, or on one line; numbers that are not
 * whole with 12 digits. */
enum status json_format(const json_t *value, bool one_line, struct buf *out, struct error *error);
/* Replaces the file atomically (io/atomic_file), indented by two, keys in order of insertion. */
enum status json_write_file(const char *path, const json_t *value, struct error *error);

#endif
