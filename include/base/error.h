/* Errors: a status that tells the kind and one sentence that says what was expected, what was
 * found, and where (file, offset, line). Nothing below cli/ and ui/ prints or exits. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

enum status {
    STATUS_OK = 0,
    STATUS_INVALID,   /* input or option is wrong: refused, exit 2 when work has not begun */
    STATUS_IO,        /* the system said no: unreadable, unwritable, disk full */
    STATUS_MEMORY,    /* out of memory */
    STATUS_CANCELLED, /* the user or a signal asked to stop */
    STATUS_FAILED,    /* ran, and the answer is no (a verification, say): exit 1 */
};

struct error {
    enum status status;
    char message[512]; /* one sentence, no newline, no trailing full stop needed */
};

/* Fills *error (may be NULL) and returns status, so that callers write
 * `return error_set(error, STATUS_INVALID, "...", ...)`. */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* error_set(STATUS_MEMORY) with the count of bytes that could not be had. */
enum status error_memory(struct error *error, unsigned long long bytes);

/* error_set(STATUS_IO) with "<what> <path>: <strerror(errno)>"; call it right after the failure. */
enum status error_errno(struct error *error, const char *what, const char *path);

/* Puts "<prefix>: " before the message that *error holds; returns its status. */
enum status error_prefix(struct error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
