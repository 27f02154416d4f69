/* Folders that are whole or absent. Invariant: what stands under the temporary name is made by this
 * program, and all of it is removed unless the folder is committed. */
#include "io/atomic_folder.h"

#include "atomic_private.h"
#include "base/buf.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FILES 8
#define TRIES 1000

struct atomic_folder {
    char *path, *temporary;
    const char *const *names;
    bool replace;
    int slot; /* of the folder itself */
    int file; /* being written, or -1 */
    struct {
        char *path;
        int slot;
    } made[MOST_FILES];
    size_t count;
};

static bool among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Removes a folder and its files of `names`. */
static void remove_folder(const char *path, const char *const *names)
{
    const int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return;
    for (; *names != NULL; names++)
        unlinkat(folder, *names, 0);
    close(folder);
    rmdir(path);
}

static enum status check_contents(const char *path, const char *const *names, struct error *error)
{
    DIR *list = opendir(path);
    enum status status = STATUS_OK;
    if (list == NULL)
        return errno == ENOTDIR ? error_set(error, STATUS_INVALID,
                                            "%s is a file: a folder does not replace it", path)
                                : error_errno(error, "cannot read", path);
    for (struct dirent *entry = readdir(list); status == STATUS_OK && entry != NULL;
         entry = readdir(list))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !among(entry->d_name, names))
            status = error_set(error, STATUS_INVALID,
                               "%s holds %.100s, which no folder written here does: --force does "
                               "not replace it",
                               path, entry->d_name);
    closedir(list);
    return status;
}

static enum status create(struct atomic_folder *folder, struct error *error)
{
    for (int i = 0; i < TRIES; i++) {
        memory_free(folder->temporary);
        folder->temporary = atomic_temporary(folder->path, error);
        if (folder->temporary == NULL)
            return STATUS_MEMORY;
        if (mkdir(folder->temporary, 0777) == 0) {
            folder->slot = atomic_register(folder->temporary);
            return STATUS_OK;
        }
        if (errno != EEXIST)
            break;
    }
    enum status status = error_errno(error, "cannot make the folder", folder->path);
    memory_free(folder->temporary);
    folder->temporary = NULL;
    return status;
}

enum status atomic_folder_open(const char *path, bool replace, const char *const *names,
                               struct atomic_folder **folder, struct error *error)
{
    struct stat about;
    *folder = NULL;
    struct atomic_folder *opened = memory_new(1, sizeof *opened, error);
    if (opened == NULL)
        return STATUS_MEMORY;
    *opened = (struct atomic_folder){.names = names, .replace = replace, .slot = -1, .file = -1};
    opened->path = memory_string(path, error);
    enum status status = opened->path != NULL ? STATUS_OK : STATUS_MEMORY;
    if (status == STATUS_OK) {
        for (size_t i = strlen(opened->path); i > 1 && opened->path[i - 1] == '/'; i--)
            opened->path[i - 1] = '\0';
        if (lstat(opened->path, &about) == 0)
            status = replace ? check_contents(opened->path, names, error)
                             : atomic_taken(opened->path, error);
    }
    if (status == STATUS_OK)
        status = create(opened, error);
    if (status != STATUS_OK)
        atomic_folder_abort(opened);
    else
        *folder = opened;
    return status;
}

const char *atomic_folder_path(const struct atomic_folder *folder)
{
    return folder->temporary;
}

enum status atomic_folder_begin(struct atomic_folder *folder, const char *name, struct error *error)
{
    struct buf path;
    buf_init(&path);
    enum status status = buf_printf(&path, error, "%s/%s", folder->temporary, name);
    char *copy = status == STATUS_OK ? memory_string(path.data, error) : NULL;
    buf_release(&path);
    if (copy == NULL)
        return STATUS_MEMORY;
    if (folder->count == MOST_FILES || !among(name, folder->names)) {
        memory_free(copy);
        return error_set(error, STATUS_FAILED, "%s is no file of this folder", name);
    }
    folder->made[folder->count].path = copy;
    folder->made[folder->count++].slot = atomic_register(copy);
    folder->file = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return folder->file >= 0 ? STATUS_OK : error_errno(error, "cannot write", folder->path);
}

enum status atomic_folder_write(struct atomic_folder *folder, const void *data, size_t length,
                                struct error *error)
{
    return atomic_write(folder->file, folder->path, data, length, error);
}

enum status atomic_folder_end(struct atomic_folder *folder, struct error *error)
{
    enum status status =
        fsync(folder->file) == 0 ? STATUS_OK : error_errno(error, "cannot write", folder->path);
    if (close(folder->file) != 0 && status == STATUS_OK)
        status = error_errno(error, "cannot write", folder->path);
    folder->file = -1;
    return status;
}

static void release(struct atomic_folder *folder)
{
    if (folder->file >= 0)
        close(folder->file);
    for (size_t i = 0; i < folder->count; i++) {
        atomic_unregister(folder->made[i].slot);
        memory_free(folder->made[i].path);
    }
    atomic_unregister(folder->slot);
    memory_free(folder->path);
    memory_free(folder->temporary);
    memory_free(folder);
}

void atomic_folder_abort(struct atomic_folder *folder)
{
    if (folder == NULL)
        return;
    if (folder->temporary != NULL)
        remove_folder(folder->temporary, folder->names);
    release(folder);
}

/* A new name, or one exchanged with the old, which then stands under the temporary name. */
static enum status put_in_place(struct atomic_folder *folder, struct error *error)
{
    const char *from = folder->temporary, *to = folder->path;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return STATUS_OK;
    if (errno == EEXIST && !folder->replace)
        return atomic_taken(to, error);
    if (errno == EEXIST) {
        enum status status = check_contents(to, folder->names, error);
        if (status != STATUS_OK || renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE) == 0)
            return status;
    }
    if (errno != EINVAL && errno != ENOSYS)
        return error_errno(error, "cannot write", to);
    /* a file system that knows neither: for a moment there is none */
    if (folder->replace)
        remove_folder(to, folder->names);
    return rename(from, to) == 0 ? STATUS_OK : error_errno(error, "cannot write", to);
}

enum status atomic_folder_commit(struct atomic_folder *folder, struct error *error)
{
    const int made = open(folder->temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (made >= 0) { /* its names; a file system that cannot sync a folder has done what it can */
        fsync(made);
        close(made);
    }
    enum status status = put_in_place(folder, error);
    if (status == STATUS_OK)
        atomic_sync_folder(folder->path);
    atomic_folder_abort(folder); /* the old folder, if there was one */
    return status;
}
