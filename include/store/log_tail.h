/* The last lines of DIR/log.txt, followed while it grows: messages of the run, and what libraries
 * wrote to standard error while the screen was up. */
#ifndef STORE_LOG_TAIL_H
#define STORE_LOG_TAIL_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LINES 1000 /* told at most */

struct run_line {
    int64_t time;     /* UTC, seconds since 1970; 0: a line without one (of a library, say) */
    const char *text; /* behind the time; UTF-8 without control characters */
};

struct log_tail;
enum status log_tail_new(const char *directory, struct log_tail **tail, struct error *error);
void log_tail_free(struct log_tail *tail); /* NULL: nothing */
/* Takes in what has come; a file that is absent, or cannot be read, has nothing new. True: the
 * lines are others now. */
bool log_tail_read(struct log_tail *tail);
/* The last *lines, oldest first. They live in *held, shared memory (base/shared.h): who holds it
 * may read them while the tail goes on. NULL: none. */
const struct run_line *log_tail_lines(const struct log_tail *tail, size_t *lines,
                                      const void **held);

#endif
