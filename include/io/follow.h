/* A file of whole lines that another process may append to, cut or replace: what is new in it. */
#ifndef IO_FOLLOW_H
#define IO_FOLLOW_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct follower {
    char *path;        /* owned */
    off_t offset;      /* behind the lines that were given */
    struct stat about; /* of the file when it was read last */
    char *text;        /* owned: the lines given last, and a NUL */
    size_t capacity;
};

enum status follower_init(struct follower *follower, const char *directory, const char *name,
                          struct error *error);
void follower_release(struct follower *follower);
/* The next whole lines: follower->text[0..*length), valid until the next call, of about `most`
 * bytes or more where a line is longer; *length 0: there are none (yet: the last line may be torn).
 * What goes on for a MiB without an end is given in pieces of that, as lines: nobody reads it again
 * and again.
 * *anew: it is another file than before, or was cut: these are its first lines. An absent file has
 * none: it may just be replaced. */
enum status follower_read(struct follower *follower, size_t most, size_t *length, bool *anew,
                          struct error *error);
/* Has the file been written to since it was read last? */
bool follower_touched(const struct follower *follower);
void follower_rewind(struct follower *follower); /* the next lines are the first */

#endif
