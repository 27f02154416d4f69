/* Signals while the screen is up. Handlers use async-signal-safe calls only: they send a byte
 * through a pipe that the loop polls, or, for a crash, put the terminal back with a prepared
 * string and tcsetattr, and die of the same signal. */
#ifndef UI_GUARD_H
#define UI_GUARD_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum guard_event { /* bytes of the pipe */
                   GUARD_RESIZE = 'r',
                   GUARD_SUSPEND = 't',
                   GUARD_CONTINUE = 'c',
                   GUARD_INTERRUPT = 'i',
                   GUARD_TERMINATE = 'e',
                   GUARD_HANGUP = 'h',
};

/* Installs the handlers and unblocks their signals in the calling thread. The terminal on fd must
 * still be in its usual mode, which is what a crash goes back to. One guard at a time. */
enum status guard_open(int fd, struct error *error);
/* What to write to the terminal after a crash (copied, cut at 512 bytes), once it is known. */
void guard_reset_string(const char *text, size_t length);
int guard_fd(void); /* readable when an event is there */
bool guard_next(enum guard_event *event);
/* Stops the process as Ctrl-Z does, and returns when it goes on. */
void guard_stop_process(void);
void guard_close(void); /* former handlers and mask are back */

#endif
