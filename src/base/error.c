#include "base/error.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status error_set(struct error *error, enum status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        utf8_blank(error->message); /* a terminal obeys what a file may hold */
        error->status = status;
    }
    return status;
}

enum status error_memory(struct error *error, unsigned long long bytes)
{
    return error_set(error, STATUS_MEMORY, "out of memory: %llu bytes could not be had", bytes);
}

enum status error_errno(struct error *error, const char *what, const char *path)
{
    int code = errno;
    return error_set(error, STATUS_IO, "%s %s: %s", what, path, strerror(code));
}

enum status error_prefix(struct error *error, const char *format, ...)
{
    if (!error)
        return STATUS_FAILED;
    char message[sizeof error->message];
    memcpy(message, error->message, sizeof message);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    size_t length = strlen(error->message), room = sizeof error->message - length;
    if (room > 2) {
        memcpy(error->message + length, ": ", 2);
        snprintf(error->message + length + 2, room - 2, "%s", message);
    }
    utf8_blank(error->message);
    return error->status;
}
