/* Files that are whole or absent: written beside their place, fsynced, renamed; and append-only
 * files of whole lines, each on disk before the call returns. Also: whole-file reads. */
#ifndef IO_ATOMIC_FILE_H
#define IO_ATOMIC_FILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct atomic_file; /* PATH.tmp-PID-N in the same folder until committed */

/* With `replace` false an existing PATH is refused (STATUS_INVALID, says --force). */
enum status atomic_file_open(const char *path, bool replace, struct atomic_file **file,
                             struct error *error);
enum status atomic_file_write(struct atomic_file *file, const void *data, size_t length,
                              struct error *error);
/* fsync, rename, fsync of the folder; frees *file in any case; on failure nothing is left. */
enum status atomic_file_commit(struct atomic_file *file, struct error *error);
void atomic_file_abort(struct atomic_file *file); /* removes the temporary file; NULL is fine */
/* The temporary file's path (for a verification that re-opens it before the commit: data written
 * so far is flushed by atomic_file_flush). */
const char *atomic_file_path(const struct atomic_file *file);
enum status atomic_file_flush(struct atomic_file *file, struct error *error);
/* Removes temporary files and folders (io/atomic_folder) that the calling process has open
 * (async-signal-safe: unlink and rmdir only). */
void atomic_file_abort_all(void);

/* Whole file replaced in one call. */
enum status atomic_file_replace(const char *path, const void *data, size_t length,
                                struct error *error);

/* The same for what need not survive a failure of power: readers see it whole or as before, but it
 * is not put on disk at once. */
enum status atomic_file_put(const char *path, const void *data, size_t length, struct error *error);

/* Append-only log of lines. Opening truncates a torn last line (no '\n' at the end). */
struct append_file;
enum status append_file_open(const char *path, struct append_file **file, struct error *error);
/* Appends `line` (which ends in '\n') with one write and fdatasync; on a full disk the file is cut
 * back to its length before the call. */
enum status append_file_line(struct append_file *file, const char *line, size_t length,
                             struct error *error);
/* An empty log gets `header` (which ends in '\n'), the names of its columns, as its first line;
 * another one must begin with it, else STATUS_INVALID. */
enum status append_file_header(struct append_file *file, const char *header, size_t length,
                               struct error *error);
void append_file_close(struct append_file *file);
/* One write at the end of a file that other processes append to, too. */
enum status file_append(const char *path, const char *data, size_t length, struct error *error);

/* The whole file in memory, NUL-terminated; release with memory_free. A pipe is read to its end,
 * however long that takes: for what the user names. */
enum status file_read(const char *path, char **data, size_t *length, struct error *error);
/* The same of an ordinary file only, for what lies in a folder that others may write to: a pipe
 * there, which would hold up its reader, a socket, a device or a folder is STATUS_INVALID. */
enum status file_read_regular(const char *path, char **data, size_t *length, struct error *error);
/* `file` is what open(path, ... | O_NONBLOCK) has just returned: refused unless it is one. */
enum status file_check_regular(int file, const char *path, struct error *error);

/* mkdir -p. */
enum status folder_make(const char *path, struct error *error);

#endif
