/* The XDG base directories. */
#include "io/user_folder.h"

#include <stdlib.h>

enum status user_folder(const char *variable, const char *otherwise, struct buf *path,
                        struct error *error)
{
    const char *folder = getenv(variable), *home = getenv("HOME");
    if (folder != NULL && folder[0] == '/')
        return buf_printf(path, error, "%s/paretop", folder);
    if (home == NULL || home[0] == '\0')
        return error_set(error, STATUS_IO, "no folder for %s: HOME is not set", variable);
    return buf_printf(path, error, "%s/%s/paretop", home, otherwise);
}
