/* DIR/seen.d/USER: how many rows there were, and when, as this user's screen of the run was last
 * left: "ROWS TIME". A file a user, so that each has his own news, on whichever machine; the folder
 * is apart from what a run consists of, and may be removed. */
#ifndef STORE_SEEN_H
#define STORE_SEEN_H

#include <stddef.h>
#include <stdint.h>

/* *time 0 (and *rows 0): never, or it cannot be read. */
void seen_read(const char *directory, size_t *rows, int64_t *time);
/* Whole or as before; silently nothing where it cannot be written. */
void seen_write(const char *directory, size_t rows, int64_t time);

#endif
