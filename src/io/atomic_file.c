/* Files that are whole or absent. The temporary file stands beside its place, so that the rename
 * stays within one file system; its path is in a fixed table while it is open, so that a signal
 * handler can unlink it. */
#include "io/atomic_file.h"

#include "atomic_private.h"
#include "base/buf.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_MAX_FILES 32

struct atomic_file {
    int file;
    char *path, *temporary;
    bool replace;
    int slot; /* in open_path, or -1 */
};

/* Temporary paths of open files; written by their owner, read by atomic_file_abort_all. */
static _Atomic(const char *) open_path[OPEN_MAX_FILES];
static atomic_ulong serial;

int atomic_register(const char *path)
{
    for (int i = 0; i < OPEN_MAX_FILES; i++) {
        const char *none = NULL;
        if (atomic_compare_exchange_strong(&open_path[i], &none, path))
            return i;
    }
    return -1;
}

void atomic_unregister(int slot)
{
    if (slot >= 0)
        atomic_store(&open_path[slot], NULL);
}

/* First the files, then the folders that they were in; each fails on what is of the other kind. */
void atomic_file_abort_all(void)
{
    for (int i = 0; i < 2 * OPEN_MAX_FILES; i++) {
        const char *path = atomic_load(&open_path[i % OPEN_MAX_FILES]);
        if (path != NULL)
            i < OPEN_MAX_FILES ? unlink(path) : rmdir(path);
    }
}

static void release(struct atomic_file *file)
{
    atomic_unregister(file->slot);
    if (file->file >= 0)
        close(file->file);
    memory_free(file->path);
    memory_free(file->temporary);
    memory_free(file);
}

enum status atomic_taken(const char *path, struct error *error)
{
    return error_set(error, STATUS_INVALID, "%s exists already; --force replaces it", path);
}

#define TRIES 1000

char *atomic_temporary(const char *path, struct error *error)
{
    struct buf name;
    buf_init(&name);
    enum status status = buf_printf(&name, error, "%s.tmp-%ld-%lu", path, (long)getpid(),
                                    atomic_fetch_add(&serial, 1));
    char *copy = status == STATUS_OK ? memory_string(name.data, error) : NULL;
    buf_release(&name);
    return copy;
}

/* A name of ours can be there: left by a killed process of the same number, which in a container is
 * the usual case. */
static enum status create(struct atomic_file *file, struct error *error)
{
    for (int i = 0; file->file < 0 && i < TRIES; i++) {
        memory_free(file->temporary);
        file->temporary = atomic_temporary(file->path, error);
        if (file->temporary == NULL)
            return STATUS_MEMORY;
        file->file = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file->file < 0 && errno != EEXIST)
            break;
    }
    return file->file >= 0 ? STATUS_OK : error_errno(error, "cannot write", file->path);
}

enum status atomic_file_open(const char *path, bool replace, struct atomic_file **file,
                             struct error *error)
{
    struct stat about;
    *file = NULL;
    if (!replace && lstat(path, &about) == 0)
        return atomic_taken(path, error);
    struct atomic_file *opened = memory_new(1, sizeof *opened, error);
    if (opened == NULL)
        return STATUS_MEMORY;
    *opened = (struct atomic_file){.file = -1, .replace = replace, .slot = -1};
    opened->path = memory_string(path, error);
    enum status status = opened->path != NULL ? create(opened, error) : STATUS_MEMORY;
    if (status != STATUS_OK) {
        release(opened);
        return status;
    }
    opened->slot = atomic_register(opened->temporary);
    *file = opened;
    return STATUS_OK;
}

enum status atomic_write(int file, const char *path, const void *data, size_t length,
                         struct error *error)
{
    const char *at = data;
    while (length > 0) {
        ssize_t written = write(file, at, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return error_errno(error, "cannot write", path);
        at += written;
        length -= (size_t)written;
    }
    return STATUS_OK;
}

enum status atomic_file_write(struct atomic_file *file, const void *data, size_t length,
                              struct error *error)
{
    return atomic_write(file->file, file->path, data, length, error);
}

enum status atomic_file_flush(struct atomic_file *file, struct error *error)
{
    return fsync(file->file) == 0 ? STATUS_OK : error_errno(error, "cannot write", file->path);
}

const char *atomic_file_path(const struct atomic_file *file)
{
    return file->temporary;
}

/* A file system that cannot sync a folder has done what it can. */
void atomic_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, sizeof folder, ".");
    else
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
}

void atomic_file_abort(struct atomic_file *file)
{
    if (file == NULL)
        return;
    unlink(file->temporary);
    release(file);
}

/* Closes the temporary file and puts it in its place. */
static enum status put_in_place(struct atomic_file *file, enum status status, struct error *error)
{
    int closed = close(file->file);
    file->file = -1;
    if (status == STATUS_OK && closed != 0)
        status = error_errno(error, "cannot write", file->path);
    /* link refuses an existing name, rename replaces it */
    if (status == STATUS_OK && !file->replace && link(file->temporary, file->path) != 0) {
        if (errno == EEXIST)
            status = atomic_taken(file->path, error);
        else if (rename(file->temporary, file->path) != 0) /* a file system without hard links */
            status = error_errno(error, "cannot write", file->path);
    }
    if (status == STATUS_OK && file->replace && rename(file->temporary, file->path) != 0)
        status = error_errno(error, "cannot write", file->path);
    if (status != STATUS_OK || !file->replace)
        unlink(file->temporary);
    return status;
}

enum status atomic_file_commit(struct atomic_file *file, struct error *error)
{
    enum status status = put_in_place(file, atomic_file_flush(file, error), error);
    if (status == STATUS_OK)
        atomic_sync_folder(file->path);
    release(file);
    return status;
}

static enum status replace(const char *path, const void *data, size_t length, bool durable,
                           struct error *error)
{
    struct atomic_file *file;
    enum status status = atomic_file_open(path, true, &file, error);
    if (status != STATUS_OK)
        return status;
    status = atomic_file_write(file, data, length, error);
    if (status != STATUS_OK) {
        atomic_file_abort(file);
        return status;
    }
    if (durable)
        return atomic_file_commit(file, error);
    status = put_in_place(file, STATUS_OK, error);
    release(file);
    return status;
}

enum status atomic_file_replace(const char *path, const void *data, size_t length,
                                struct error *error)
{
    return replace(path, data, length, true, error);
}

enum status atomic_file_put(const char *path, const void *data, size_t length, struct error *error)
{
    return replace(path, data, length, false, error);
}

enum status folder_make(const char *path, struct error *error)
{
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return error_set(error, STATUS_INVALID, "a folder's path of %zu bytes", length);
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        part[i] = '\0';
        struct stat about;
        int why = mkdir(part, 0777) != 0 ? errno : 0;
        if (why != 0 && (stat(part, &about) != 0 || !S_ISDIR(about.st_mode))) {
            errno = why == EEXIST ? ENOTDIR : why; /* mkdir's reason, not stat's */
            return error_errno(error, "cannot make the folder", part);
        }
        part[i] = path[i];
    }
    return STATUS_OK;
}
