/* The run directory as a place: run.json, log. */
#include "rundir_private.h"

#include "base/clock.h"
#include "base/memory.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status rundir_file(const struct rundir *rundir, const char *name, struct buf *path,
                        struct error *error)
{
    buf_init(path);
    return buf_printf(path, error, "%s/%s", rundir->path, name);
}

const char *rundir_path(const struct rundir *rundir)
{
    return rundir->path;
}

bool rundir_exists(const char *path)
{
    struct buf file;
    struct stat about;
    buf_init(&file);
    bool exists = buf_printf(&file, NULL, "%s/run.json", path) == STATUS_OK &&
                  stat(file.data, &about) == 0 && S_ISREG(about.st_mode);
    buf_release(&file);
    return exists;
}

/* Temporary files of a process that was killed while it wrote: nobody else writes these names while
 * the lock is held. */
static void remove_leftovers(const struct rundir *rundir)
{
    static const char *const names[] = {"run.json.tmp-",  "state.json.tmp-",  "front.csv.tmp-",
                                        "order.bin.tmp-", "history.csv.tmp-", "measured.gguf",
                                        "now.json",       "progress.csv.tmp-"};
    DIR *folder = opendir(rundir->path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;)
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            if (strncmp(entry->d_name, names[i], strlen(names[i])) == 0)
                unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder != NULL)
        closedir(folder);
}

enum status rundir_open(const char *path, struct rundir **rundir, struct error *error)
{
    struct rundir *r = memory_new(1, sizeof *r, error);
    struct stat about;
    *rundir = NULL;
    if (r == NULL)
        return STATUS_MEMORY;
    r->lock = -1;
    r->path = memory_string(path, error);
    r->made = stat(path, &about) != 0;
    enum status status = r->path != NULL ? folder_make(path, error) : STATUS_MEMORY;
    if (status == STATUS_OK)
        status = lock_take(r, error);
    if (status != STATUS_OK) {
        /* Without the lock what the folder holds is another's, made at the same time. */
        if (r->made && r->lock < 0) {
            rmdir(path);
            r->made = false;
        }
        rundir_close(r);
        return status;
    }
    remove_leftovers(r);
    r->stored = rundir_exists(path);
    *rundir = r;
    return STATUS_OK;
}

enum status rundir_watch(const char *path, struct rundir **rundir, struct error *error)
{
    struct rundir *r = memory_new(1, sizeof *r, error);
    *rundir = NULL;
    if (r == NULL)
        return STATUS_MEMORY;
    r->lock = -1;
    r->path = memory_string(path, error);
    r->stored = rundir_exists(path);
    r->watching = true;
    if (r->path == NULL) {
        rundir_close(r);
        return STATUS_MEMORY;
    }
    *rundir = r;
    return STATUS_OK;
}

/* Without its process it says nothing. */
static void remove_now(const struct rundir *rundir)
{
    struct buf path;
    if (rundir_file(rundir, "now.json", &path, NULL) == STATUS_OK)
        unlink(path.data);
    buf_release(&path);
}

/* Takes away what an opened but never used directory holds. */
static void remove_unused(struct rundir *rundir)
{
    static const char *const names[] = {"lock", "log.txt", "order.bin", "state.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct buf path;
        if (rundir_file(rundir, names[i], &path, NULL) == STATUS_OK)
            unlink(path.data);
        buf_release(&path);
    }
    rmdir(rundir->path);
}

void rundir_close(struct rundir *rundir)
{
    if (rundir == NULL)
        return;
    append_file_close(rundir->history);
    append_file_close(rundir->answers);
    append_file_close(rundir->requests);
    append_file_close(rundir->progress);
    if (rundir->lock >= 0)
        remove_now(rundir);
    if (rundir->made && !rundir->stored)
        remove_unused(rundir);
    if (rundir->lock >= 0)
        close(rundir->lock);
    memory_free(rundir->column);
    memory_free(rundir->file);
    memory_free(rundir->path);
    memory_free(rundir);
}

enum status rundir_read_run(const struct rundir *rundir, json_t **run, struct error *error)
{
    struct buf path;
    *run = NULL;
    if (!rundir->stored)
        return STATUS_OK;
    enum status status = rundir_file(rundir, "run.json", &path, error);
    if (status == STATUS_OK)
        status = json_read_file(path.data, run, error);
    if (status == STATUS_OK && !json_is_object(*run)) {
        status = error_set(error, STATUS_INVALID, "%s is not a JSON object", path.data);
        json_decref(*run);
        *run = NULL;
    }
    buf_release(&path);
    return status;
}

enum status rundir_write_run(struct rundir *rundir, const json_t *run, struct error *error)
{
    struct buf path;
    enum status status = rundir_file(rundir, "run.json", &path, error);
    if (status == STATUS_OK)
        status = json_write_file(path.data, run, error);
    rundir->stored = rundir->stored || status == STATUS_OK;
    buf_release(&path);
    return status;
}

void rundir_log(struct rundir *rundir, const char *text)
{
    struct buf line, path;
    char now[21];
    if (rundir->watching) /* the log is the writer's */
        return;
    buf_init(&line);
    /* commands of the user's and libraries write there, too */
    if (rundir_file(rundir, "log.txt", &path, NULL) == STATUS_OK &&
        buf_printf(&line, NULL, "%s %s\n", clock_iso8601(clock_utc(), now), text) == STATUS_OK)
        file_append(path.data, line.data, line.length, NULL);
    buf_release(&path);
    buf_release(&line);
}

void rundir_log_once(struct rundir *rundir, const char *format, ...)
{
    char text[256], *log = NULL;
    size_t length = 0;
    struct buf path;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bool told = rundir_file(rundir, "log.txt", &path, NULL) == STATUS_OK &&
                file_read_regular(path.data, &log, &length, NULL) == STATUS_OK &&
                strstr(log, text) != NULL;
    if (!told)
        rundir_log(rundir, text);
    memory_free(log);
    buf_release(&path);
}

void rundir_write_now(struct rundir *rundir, const char *text)
{
    struct buf path;
    if (rundir_file(rundir, "now.json", &path, NULL) == STATUS_OK)
        atomic_file_put(path.data, text, strlen(text), NULL);
    buf_release(&path);
}

enum status rundir_read_now(const struct rundir *rundir, json_t **value)
{
    struct buf path;
    *value = NULL;
    enum status status = rundir_file(rundir, "now.json", &path, NULL);
    if (status == STATUS_OK)
        status = json_read_file(path.data, value, NULL);
    buf_release(&path);
    return status;
}
