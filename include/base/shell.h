/* Words for a shell. */
#ifndef BASE_SHELL_H
#define BASE_SHELL_H

#include <stddef.h>

/* `text` as one word for a shell, in quotes where it needs them; cut where out (of 8 bytes at
 * least) is too small. Returns out. */
const char *shell_quote(const char *text, char *out, size_t size);

#endif
