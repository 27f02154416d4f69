/* The file of settings. */
#include "settings.h"

#include "base/memory.h"
#include "io/atomic_file.h"
#include "io/user_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status find(struct buf *folder, struct buf *path, struct error *error)
{
    buf_init(folder);
    buf_init(path);
    enum status status = user_folder("XDG_CONFIG_HOME", ".config", folder, error);
    return status == STATUS_OK ? buf_printf(path, error, "%s/config", folder->data) : status;
}

void settings_load(struct settings *settings, struct keymap *keymap)
{
    struct buf folder, path;
    char *text = NULL;
    size_t length;
    settings_init(settings);
    if (find(&folder, &path, NULL) == STATUS_OK) {
        snprintf(settings->path, sizeof settings->path, "%s", path.data);
        if (file_read(path.data, &text, &length, NULL) == STATUS_OK)
            settings_read(settings, keymap, text, path.data);
        fputs(settings->mistakes, stderr); /* the log, while a screen is open */
    }
    memory_free(text);
    buf_release(&folder);
    buf_release(&path);
}

/* The file is read anew: another screen may have kept something meanwhile. One that is there and
 * cannot be read is not replaced; a link, as those who collect such files have, stays one. */
static enum status replace(const struct settings *settings, const char *path, struct buf *fresh,
                           struct error *error)
{
    char *text = NULL, *target = realpath(path, NULL);
    size_t length;
    enum status status = target ? file_read(target, &text, &length, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = settings_write(settings, text ? text : "", fresh, error);
    if (status == STATUS_OK)
        status = atomic_file_replace(target ? target : path, fresh->data, fresh->length, error);
    memory_free(text);
    free(target);
    return status;
}

static enum status keep(const struct settings *settings, struct error *error)
{
    struct buf folder, path, fresh;
    buf_init(&fresh);
    enum status status = find(&folder, &path, error);
    if (status == STATUS_OK)
        status = folder_make(folder.data, error);
    if (status == STATUS_OK)
        status = replace(settings, path.data, &fresh, error);
    buf_release(&fresh);
    buf_release(&folder);
    buf_release(&path);
    return status;
}

enum status settings_keep(struct settings *settings, struct error *error)
{
    bool any = false;
    for (int i = 0; i < SETTINGS; i++)
        any |= settings->changed[i];
    enum status status = any ? keep(settings, error) : STATUS_OK;
    if (status == STATUS_OK)
        memset(settings->changed, 0, sizeof settings->changed);
    return status;
}
