/* What a shell makes of a word, and a word that it leaves alone. */
#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/* `text` as one word for a shell, in quotes where it needs them; cut where out (of 8 bytes at
 * least) is too small. Returns out. */
const char *shell_quote(const char *text, char *out, size_t size);

/* A path that a user typed: "~/" at its start is $HOME, as in a shell; STATUS_INVALID where HOME is
 * not set or out is too small. */
enum status shell_expand_home(const char *path, char *out, size_t size, struct error *error);

/* Starts /bin/sh -c command, with signals as usual, in a process group of its own, with nothing to
 * read; it writes to out and err. environment: NULL-ended "NAME=VALUE", NULL: this process's own.
 * The caller waits for *process. Returns 0, or why it could not be started (an errno). */
int shell_spawn(const char *command, int out, int err, char *const *environment, pid_t *process);

#endif
