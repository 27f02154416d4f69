/* The last lines of DIR/log.txt, followed while it grows. */
#ifndef STORE_LOG_TAIL_H
#define STORE_LOG_TAIL_H

#include <stddef.h>
#include <stdint.h>

#define LOG_LINES 1000 /* kept at most */

struct run_line {
    int64_t time;     /* UTC, seconds since 1970; 0: a line without one (of a library, say) */
    const char *text; /* behind the time; UTF-8 without control characters, never empty */
};

#endif
