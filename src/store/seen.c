/* What a user has seen of a run. */
#include "store/seen.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/shared_folder.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Of the account, not of the environment: sudo -u and cron say there what they like. */
static void user_name(char *name, size_t size)
{
    char room[4096];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found != NULL &&
        entry.pw_name[0] != '\0' && entry.pw_name[0] != '.' && strchr(entry.pw_name, '/') == NULL)
        snprintf(name, size, "%s", entry.pw_name);
    else
        snprintf(name, size, "%ld", (long)geteuid());
}

static enum status find_file(const char *directory, struct buf *path, struct error *error)
{
    char name[128];
    user_name(name, sizeof name);
    buf_init(path);
    return buf_printf(path, error, "%s/seen.d/%s", directory, name);
}

void seen_read(const char *directory, size_t *rows, int64_t *time)
{
    struct buf path;
    char *text = NULL, when[21], end;
    size_t length = 0;
    *rows = 0;
    *time = 0;
    if (find_file(directory, &path, NULL) == STATUS_OK &&
        file_read_regular(path.data, &text, &length, NULL) == STATUS_OK &&
        (sscanf(text, "%zu %20s%c", rows, when, &end) != 3 || end != '\n' ||
         clock_parse_iso8601(when, time) != 0)) {
        *rows = 0;
        *time = 0;
    }
    memory_free(text);
    buf_release(&path);
}

void seen_write(const char *directory, size_t rows, int64_t time)
{
    struct buf path;
    char text[64], when[21];
    enum status status = find_file(directory, &path, NULL);
    if (status == STATUS_OK)
        status = shared_folder_make(directory, "seen.d", NULL);
    int length = snprintf(text, sizeof text, "%zu %s\n", rows, clock_iso8601(time, when));
    if (status == STATUS_OK)
        atomic_file_put(path.data, text, (size_t)length, NULL); /* nobody waits for a disk for it */
    buf_release(&path);
}
