/* Mapped files: opened without waiting, so that a FIFO is refused and does not hang. */
#include "mapping_private.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum status mapping_open(const char *path, const char *expected, struct mapping *mapping,
                         struct error *error)
{
    struct stat about;
    *mapping = (struct mapping){0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return error_errno(error, "cannot open", path);
    enum status status = STATUS_OK;
    if (fstat(file, &about) != 0)
        status = error_errno(error, "cannot read", path);
    else if (!S_ISREG(about.st_mode))
        status = error_set(error, STATUS_INVALID, "%s is not a regular file; %s is expected", path,
                           expected);
    else if (about.st_size == 0)
        status = error_set(error, STATUS_INVALID, "%s is empty; %s is expected", path, expected);
    if (status == STATUS_OK) {
        void *map = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (map == MAP_FAILED)
            status = error_errno(error, "cannot map", path);
        else
            *mapping = (struct mapping){map, (uint64_t)about.st_size};
    }
    close(file);
    return status;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->data != NULL)
        munmap((void *)(uintptr_t)mapping->data, (size_t)mapping->bytes);
    *mapping = (struct mapping){0};
}
