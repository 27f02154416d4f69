/* JSON by jansson, with errors in the project's form. */
#include "io/json.h"

#include "io/atomic_file.h"

#include "base/buf.h"
#include "base/memory.h"

#include <stdlib.h>

static enum status parse(const char *name, size_t line, const char *text, size_t length,
                         json_t **value, struct error *error)
{
    json_error_t why;
    *value = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
    if (*value != NULL)
        return STATUS_OK;
    size_t at = line + (why.line > 0 ? (size_t)why.line - 1 : 0);
    return error_set(error, STATUS_INVALID, "%s, line %zu: not valid JSON: %s", name, at, why.text);
}

enum status json_read_file(const char *path, json_t **value, struct error *error)
{
    char *text;
    size_t length;
    enum status status = file_read(path, &text, &length, error);
    if (status != STATUS_OK)
        return status;
    status = parse(path, 1, text, length, value, error);
    memory_free(text);
    return status;
}

enum status json_read_text(const char *name, size_t line, const char *text, size_t length,
                           json_t **value, struct error *error)
{
    return parse(name, line, text, length, value, error);
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
