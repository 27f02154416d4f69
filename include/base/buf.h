/* A growable byte buffer; as text it is always NUL-terminated. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/error.h"

#include <stddef.h>

struct buf {
    char *data; /* owns; NULL when empty and never used */
    size_t length;
    size_t capacity;
};

void buf_init(struct buf *buf);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); /* length 0, memory kept */
enum status buf_append(struct buf *buf, const void *data, size_t length, struct error *error);
enum status buf_printf(struct buf *buf, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
