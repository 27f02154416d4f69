/* What io/atomic_file and io/atomic_folder share. */
#ifndef IO_ATOMIC_PRIVATE_H
#define IO_ATOMIC_PRIVATE_H

#include "base/error.h"

#include <stddef.h>

/* Paths (borrowed) that atomic_file_abort_all removes; the slot to give back, -1 when there is none
 * left (then nobody removes it on a signal). */
int atomic_register(const char *path);
void atomic_unregister(int slot);

enum status atomic_taken(const char *path, struct error *error); /* "exists already" */
/* "PATH.tmp-PID-N", another at each call; from memory_new. */
char *atomic_temporary(const char *path, struct error *error);
enum status atomic_write(int file, const char *path, const void *data, size_t length,
                         struct error *error);
/* Makes a rename in the folder of `path` last. */
void atomic_sync_folder(const char *path);

#endif
