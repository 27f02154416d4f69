/* The file is opened anew for each call: it may have been replaced. */
#include "io/follow.h"

#include "io/atomic_file.h"

#include "base/buf.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define LINE_MOST ((size_t)1 << 20) /* bytes of a line */

enum status follower_init(struct follower *follower, const char *directory, const char *name,
                          struct error *error)
{
    struct buf path;
    *follower = (struct follower){0};
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/%s", directory, name);
    if (status == STATUS_OK && (follower->path = memory_string(path.data, error)) == NULL)
        status = STATUS_MEMORY;
    buf_release(&path);
    return status;
}

void follower_release(struct follower *follower)
{
    memory_free(follower->path);
    memory_free(follower->text);
    *follower = (struct follower){0};
}

void follower_rewind(struct follower *follower)
{
    follower->offset = 0;
}

bool follower_touched(const struct follower *follower)
{
    const struct stat *then = &follower->about;
    struct stat now;
    return stat(follower->path, &now) == 0 &&
           (now.st_ino != then->st_ino || now.st_size != then->st_size ||
            now.st_mtim.tv_sec != then->st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != then->st_mtim.tv_nsec);
}

/* `want` bytes behind the offset, or as many as there are. */
static enum status read_piece(struct follower *follower, int file, size_t want, size_t *length,
                              struct error *error)
{
    enum status status = memory_reserve(&follower->text, &follower->capacity, want + 2, 1, error);
    *length = 0;
    while (status == STATUS_OK && *length < want) {
        ssize_t got = pread(file, follower->text + *length, want - *length,
                            follower->offset + (off_t)*length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = error_errno(error, "cannot read", follower->path);
        if (got <= 0)
            break;
        *length += (size_t)got;
    }
    return status;
}

static enum status read_lines(struct follower *follower, int file, size_t most, size_t *length,
                              struct error *error)
{
    size_t left = follower->about.st_size > follower->offset
                      ? (size_t)(follower->about.st_size - follower->offset)
                      : 0;
    enum status status = STATUS_OK;
    off_t given = 0;
    *length = 0;
    for (size_t want = most < left ? most : left; status == STATUS_OK && want > 0;) {
        size_t got;
        status = read_piece(follower, file, want, &got, error);
        if (status != STATUS_OK)
            return status;
        const char *newline = memrchr(follower->text, '\n', got);
        if (newline != NULL) {
            *length = (size_t)(newline - follower->text) + 1;
            given = (off_t)*length;
        } else if (got >= LINE_MOST) { /* one is put there */
            follower->text[got] = '\n';
            *length = got + 1;
            given = (off_t)got;
        }
        if (*length > 0 || got < want || want == left)
            break;
        want = want < left / 2 ? 2 * want : left; /* a line longer than that */
        want = want < LINE_MOST ? want : LINE_MOST;
    }
    if (*length > 0)
        follower->text[*length] = '\0';
    follower->offset += given;
    return status;
}

enum status follower_read(struct follower *follower, size_t most, size_t *length, bool *anew,
                          struct error *error)
{
    struct stat about;
    *length = 0;
    *anew = false;
    int file = open(follower->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        return STATUS_OK;
    enum status status = file_check_regular(file, follower->path, error);
    if (status == STATUS_OK && fstat(file, &about) != 0)
        status = error_errno(error, "cannot read", follower->path);
    if (status == STATUS_OK) {
        *anew = follower->offset > 0 &&
                (about.st_ino != follower->about.st_ino || about.st_size < follower->offset);
        if (*anew)
            follower_rewind(follower);
        follower->about = about;
        status = read_lines(follower, file, most, length, error);
    }
    if (file >= 0)
        close(file);
    return status;
}
