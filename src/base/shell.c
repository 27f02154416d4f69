#include "base/shell.h"

#include <stdio.h>
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
