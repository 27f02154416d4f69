/* What a shell makes of a word, and a word that it leaves alone. */
#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include "base/error.h"

#include <stddef.h>

/* `text` as one word for a shell, in quotes where it needs them; cut where out (of 8 bytes at
 * least) is too small. Returns out. */
const char *shell_quote(const char *text, char *out, size_t size);

/* A path that a user typed: "~/" at its start is $HOME, as in a shell; STATUS_INVALID where HOME is
 * not set or out is too small. */
enum status shell_expand_home(const char *path, char *out, size_t size, struct error *error);

#endif
