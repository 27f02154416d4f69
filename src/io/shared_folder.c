/* Folders that several accounts write to: chmod g+w of the folder around them is enough. */
#include "io/shared_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHERS (S_IWGRP | S_IWOTH)

/* What another account has made is as it made it. */
static void share(int directory, int folder)
{
    struct stat around, about;
    if (fstat(directory, &around) != 0 || fstat(folder, &about) != 0 || about.st_uid != geteuid())
        return;
    mode_t mode = about.st_mode | (around.st_mode & (S_ISGID | S_IRWXU | S_IRWXG | S_IRWXO));
    if ((mode & OTHERS) != 0)
        mode |= S_ISVTX;
    if (mode != about.st_mode)
        fchmod(folder, mode & 07777);
}

enum status shared_folder_make(const char *directory, const char *name, struct error *error)
{
    enum status status = STATUS_OK;
    int folder = -1, around = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (around < 0)
        return error_errno(error, "cannot open", directory);
    if (mkdirat(around, name, 0777) != 0 && errno != EEXIST) {
        status = error_errno(error, "cannot make a folder in", directory);
    } else {
        folder = openat(around, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder < 0 && (errno == ENOTDIR || errno == ELOOP))
            status = error_set(error, STATUS_INVALID, "%s/%s is not a folder", directory, name);
        else if (folder >= 0)
            share(around, folder);
        /* else one that may be written to, but not listed */
    }
    if (folder >= 0)
        close(folder);
    close(around);
    return status;
}
