/* Locks of files, and of a run directory: the kernel's, of the open file (F_OFD_SETLK), so that it
 * cannot outlive its process, holds across machines where the file system has locks, and can be
 * looked at without being taken. A run's lock file tells who holds it. */
#include "rundir_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "PID on HOST since 2026-11-24T12:00:00Z"; without "since" of a program that did not say. */
static void read_holder(const char *path, char *who, size_t size)
{
    char *text = NULL;
    size_t length = 0;
    snprintf(who, size, "another process");
    if (file_read_regular(path, &text, &length, NULL) == STATUS_OK && length > 0)
        snprintf(who, size, "process %.*s", (int)strcspn(text, "\n"), text);
    for (char *at = who; *at != '\0'; at++) /* the file may hold anything */
        if ((unsigned char)*at < ' ' || (unsigned char)*at >= 0x7f)
            *at = '?';
    memory_free(text);
}

static enum status in_use(const struct rundir *rundir, const char *path, struct error *error)
{
    char who[160];
    read_holder(path, who, sizeof who);
    return error_set(error, STATUS_INVALID,
                     "%s is writing the run %s; to see it, and to steer it: paretop watch %s, or "
                     "paretop %s and no options",
                     who, rundir->path, rundir->path, rundir->path);
}

enum status lock_file(const char *path, int *lock, bool *busy, struct error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    *busy = false;
    *lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*lock < 0)
        return error_errno(error, "cannot write", path);
    if (fcntl(*lock, F_OFD_SETLK, &whole) == 0)
        return STATUS_OK;
    *busy = errno == EAGAIN || errno == EACCES;
    enum status status = *busy ? STATUS_INVALID : error_errno(error, "cannot lock", path);
    close(*lock);
    *lock = -1;
    return status;
}

enum status lock_folder(const char *directory, const char *folder, const char *doing, int *lock,
                        struct error *error)
{
    struct buf path;
    bool busy = false;
    *lock = -1;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/%s", directory, folder);
    if (status == STATUS_OK)
        status = folder_make(path.data, error);
    if (status == STATUS_OK)
        status = buf_printf(&path, error, "/lock");
    if (status == STATUS_OK)
        status = lock_file(path.data, lock, &busy, error);
    if (busy)
        error_set(error, STATUS_INVALID, "another process is %s of %s", doing, directory);
    buf_release(&path);
    return status;
}

/* rundir->lock is -1 unless it is held. */
static enum status hold(struct rundir *rundir, const char *path, struct error *error)
{
    struct stat about;
    int file;
    bool busy;
    enum status status = lock_file(path, &file, &busy, error);
    if (busy)
        return in_use(rundir, path, error);
    if (status == STATUS_OK && (fstat(file, &about) != 0 || about.st_nlink == 0)) {
        status = error_set(error, STATUS_INVALID,
                           "another process has just removed the run %s; try again", rundir->path);
        close(file);
    }
    if (status == STATUS_OK)
        rundir->lock = file;
    return status;
}

enum status lock_take(struct rundir *rundir, struct error *error)
{
    struct buf path;
    char who[160], host[64] = "?", now[21];
    enum status status = rundir_file(rundir, "lock", &path, error);
    if (status == STATUS_OK)
        status = hold(rundir, path.data, error);
    if (status == STATUS_OK) {
        gethostname(host, sizeof host - 1);
        int length = snprintf(who, sizeof who, "%ld on %s since %s\n", (long)getpid(), host,
                              clock_iso8601(clock_utc(), now));
        errno = ENOSPC; /* for a write that is cut short */
        if (ftruncate(rundir->lock, 0) != 0 ||
            pwrite(rundir->lock, who, (size_t)length, 0) != length)
            status = error_errno(error, "cannot write", path.data);
    }
    buf_release(&path);
    return status;
}

bool rundir_in_use(const char *directory, char *who, size_t size)
{
    struct buf path;
    struct flock whole = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    buf_init(&path);
    int file = -1;
    if (buf_printf(&path, NULL, "%s/lock", directory) == STATUS_OK)
        file = open(path.data, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    bool held = file >= 0 && fcntl(file, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
    if (held)
        read_holder(path.data, who, size);
    if (file >= 0)
        close(file);
    buf_release(&path);
    return held;
}
