/* The growable byte buffer. Invariant: data is NULL, or data[length] is NUL. */
#include "base/buf.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void buf_init(struct buf *buf)
{
    *buf = (struct buf){0};
}

void buf_release(struct buf *buf)
{
    memory_free(buf->data);
    buf_init(buf);
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

static enum status reserve(struct buf *buf, size_t more, struct error *error)
{
    if (more > SIZE_MAX - buf->length - 1)
        return error_memory(error, more);
    return memory_reserve(&buf->data, &buf->capacity, buf->length + more + 1, 1, error);
}

enum status buf_append(struct buf *buf, const void *data, size_t length, struct error *error)
{
    enum status status = reserve(buf, length, error);
    if (status != STATUS_OK)
        return status;
    if (length > 0)
        memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return STATUS_OK;
}

enum status buf_printf(struct buf *buf, struct error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0)
        return error_set(error, STATUS_INVALID, "a text could not be formatted");
    enum status status = reserve(buf, (size_t)length, error);
    if (status != STATUS_OK)
        return status;
    va_start(arguments, format);
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buf->length += (size_t)length;
    return STATUS_OK;
}
