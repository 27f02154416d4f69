/* Append-only files of whole lines, and whole files read at once. */
#include "io/atomic_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct append_file {
    int file;
    char *path;
    off_t length; /* of whole lines on disk */
};

enum status file_check_regular(int file, const char *path, struct error *error)
{
    struct stat about = {0};
    if (file < 0 ? errno != ENXIO : fstat(file, &about) != 0) /* ENXIO: a socket */
        return error_errno(error, file < 0 ? "cannot open" : "cannot read", path);
    if (file < 0 || !S_ISREG(about.st_mode))
        return error_set(error, STATUS_INVALID, "%s is not an ordinary file", path);
    return STATUS_OK;
}

/* Offset behind the last '\n', so that a line torn by a crash is cut away. */
static enum status whole_lines(int file, const char *path, off_t *length, struct error *error)
{
    char block[4096];
    struct stat about;
    if (fstat(file, &about) != 0)
        return error_errno(error, "cannot read", path);
    for (off_t end = about.st_size; end > 0;) {
        size_t want = end < (off_t)sizeof block ? (size_t)end : sizeof block;
        ssize_t got = pread(file, block, want, end - (off_t)want);
        if (got != (ssize_t)want)
            return error_errno(error, "cannot read", path);
        const char *newline = memrchr(block, '\n', want);
        if (newline != NULL) {
            *length = end - (off_t)want + (newline - block) + 1;
            return STATUS_OK;
        }
        end -= (off_t)want;
    }
    *length = 0;
    return STATUS_OK;
}

enum status append_file_open(const char *path, struct append_file **file, struct error *error)
{
    struct append_file *opened = memory_new(1, sizeof *opened, error);
    *file = NULL;
    if (opened == NULL)
        return STATUS_MEMORY;
    opened->path = memory_string(path, error);
    opened->file = open(path, O_RDWR | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
    enum status status = opened->path == NULL ? STATUS_MEMORY : STATUS_OK;
    if (status == STATUS_OK && opened->file < 0)
        status = error_errno(error, "cannot write", path);
    if (status == STATUS_OK)
        status = file_check_regular(opened->file, path, error);
    if (status == STATUS_OK)
        status = whole_lines(opened->file, path, &opened->length, error);
    if (status == STATUS_OK && ftruncate(opened->file, opened->length) != 0)
        status = error_errno(error, "cannot write", path);
    if (status != STATUS_OK) {
        append_file_close(opened);
        return status;
    }
    *file = opened;
    return STATUS_OK;
}

enum status append_file_line(struct append_file *file, const char *line, size_t length,
                             struct error *error)
{
    size_t done = 0;
    while (done < length) {
        ssize_t written =
            pwrite(file->file, line + done, length - done, file->length + (off_t)done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            break;
        done += (size_t)written;
    }
    if (done == length && fdatasync(file->file) == 0) {
        file->length += (off_t)length;
        return STATUS_OK;
    }
    enum status status = error_errno(error, "cannot write", file->path);
    if (ftruncate(file->file, file->length) != 0)
        error_prefix(error, "a torn line may be left");
    return status;
}

void append_file_close(struct append_file *file)
{
    if (file == NULL)
        return;
    if (file->file >= 0)
        close(file->file);
    memory_free(file->path);
    memory_free(file);
}

enum status file_append(const char *path, const char *data, size_t length, struct error *error)
{
    /* a pipe that nobody reads must not hold up the writer */
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (file < 0)
        return error_errno(error, "cannot write", path);
    enum status status = STATUS_OK;
    errno = ENOSPC; /* for a write that is cut short */
    if (write(file, data, length) != (ssize_t)length)
        status = error_errno(error, "cannot write", path);
    close(file);
    return status;
}

/* Reads to the end, growing: sizes of pipes and /proc files are not known before. */
static enum status read_all(int file, const char *path, char **data, size_t *length,
                            struct error *error)
{
    size_t capacity = 0, used = 0;
    for (;;) {
        enum status status = memory_reserve(data, &capacity, used + 65536, 1, error);
        if (status != STATUS_OK)
            return status;
        ssize_t got = read(file, *data + used, capacity - used - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_errno(error, "cannot read", path);
        used += (size_t)got;
        if (got == 0) {
            (*data)[used] = '\0';
            *length = used;
            return STATUS_OK;
        }
    }
}

static enum status read_file(const char *path, bool regular, char **data, size_t *length,
                             struct error *error)
{
    *data = NULL;
    *length = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK | O_NOCTTY : 0));
    enum status status = STATUS_OK;
    if (regular)
        status = file_check_regular(file, path, error);
    else if (file < 0)
        status = error_errno(error, "cannot open", path);
    if (status == STATUS_OK)
        status = read_all(file, path, data, length, error);
    if (file >= 0)
        close(file);
    if (status != STATUS_OK) {
        memory_free(*data);
        *data = NULL;
    }
    return status;
}

enum status file_read(const char *path, char **data, size_t *length, struct error *error)
{
    return read_file(path, false, data, length, error);
}

enum status file_read_regular(const char *path, char **data, size_t *length, struct error *error)
{
    return read_file(path, true, data, length, error);
}

enum status append_file_header(struct append_file *file, const char *header, size_t length,
                               struct error *error)
{
    char *text = NULL;
    size_t there = 0;
    if (file->length == 0)
        return append_file_line(file, header, length, error);
    enum status status = file_read(file->path, &text, &there, error);
    if (status == STATUS_OK && (there < length || memcmp(text, header, length) != 0))
        status =
            error_set(error, STATUS_INVALID,
                      "%s has other columns than this version writes: move it away", file->path);
    memory_free(text);
    return status;
}
