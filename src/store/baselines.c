/* baselines.csv, written; and the lock over it. */
#include "store/baselines.h"

#include "base/memory.h"
#include "rundir_private.h"

#include <string.h>

enum status baselines_lock(const char *directory, int *lock, struct error *error)
{
    struct buf path;
    bool busy = false;
    *lock = -1;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/baselines.d", directory);
    if (status == STATUS_OK)
        status = folder_make(path.data, error);
    if (status == STATUS_OK)
        status = buf_printf(&path, error, "/lock");
    if (status == STATUS_OK)
        status = lock_file(path.data, lock, &busy, error);
    if (busy)
        error_set(error, STATUS_INVALID, "another process is making the baselines of %s",
                  directory);
    buf_release(&path);
    return status;
}

/* A line of history.csv's columns with one more field. */
static enum status lengthen(struct buf *line, const char *field, struct error *error)
{
    line->data[--line->length] = '\0'; /* the line's end */
    return buf_printf(line, error, ",%s\n", field);
}

enum status baselines_append(const char *directory, const struct row *row, bool magnitude,
                             struct error *error)
{
    struct buf path, header, line;
    struct append_file *file = NULL;
    enum status status;
    buf_init(&path);
    buf_init(&header);
    buf_init(&line);
    if ((status = buf_printf(&path, error, "%s/baselines.csv", directory)) ||
        (status = history_format_header(&header, error)) ||
        (status = lengthen(&header, "order", error)) ||
        (status = history_format_row(row, &line, error)) ||
        (status = lengthen(&line, magnitude ? "magnitude" : "importance", error)) ||
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

bool baselines_by_magnitude(const struct row *row)
{
    return strcmp(row->origin, "baseline:uniform-l1") == 0;
}
