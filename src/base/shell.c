#include "base/shell.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *shell_quote(const char *text, char *out, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "%+,-./:=@_";
    size_t length = 0;
    if (*text != '\0' && strspn(text, plain) == strlen(text)) {
        snprintf(out, size, "%s", text);
        return out;
    }
    length += (size_t)snprintf(out, size, "'");
    for (; *text != '\0' && length + 6 < size; text++)
        length +=
            (size_t)snprintf(out + length, size - length, *text == '\'' ? "'\\''" : "%c", *text);
    snprintf(out + length, size - length, "'");
    return out;
}

enum status shell_expand_home(const char *path, char *out, size_t size, struct error *error)
{
    bool home = path[0] == '~' && (path[1] == '/' || path[1] == '\0');
    const char *folder = home ? getenv("HOME") : "";
    if (folder == NULL || (home && *folder == '\0'))
        return error_set(error, STATUS_INVALID, "HOME is not set: what is ~/ in %s?", path);
    int length = snprintf(out, size, "%s%s", folder, home ? path + 1 : path);
    if (length < 0 || (size_t)length >= size)
        return error_set(error, STATUS_INVALID, "the path %s%.80s... is too long", folder,
                         home ? path + 1 : path);
    return STATUS_OK;
}
