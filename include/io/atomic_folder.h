/* Folders of files that are whole or absent: written beside their place, fsynced, renamed. */
#ifndef IO_ATOMIC_FOLDER_H
#define IO_ATOMIC_FOLDER_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct atomic_folder; /* PATH.tmp-PID-N in the same folder until committed */

/* With `replace` false an existing PATH is refused (STATUS_INVALID, says --force); with it, one that
 * holds anything but files of `names` (ended by NULL, borrowed): what else is in a folder is not
 * ours to delete. A slash at the end of PATH means nothing. */
enum status atomic_folder_open(const char *path, bool replace, const char *const *names,
                               struct atomic_folder **folder, struct error *error);
const char *atomic_folder_path(const struct atomic_folder *folder); /* the temporary folder's */
/* One file of `names` after the other. */
enum status atomic_folder_begin(struct atomic_folder *folder, const char *name,
                                struct error *error);
enum status atomic_folder_write(struct atomic_folder *folder, const void *data, size_t length,
                                struct error *error);
enum status atomic_folder_end(struct atomic_folder *folder, struct error *error); /* fsync */
/* Rename; frees *folder in any case; on failure nothing is left. */
enum status atomic_folder_commit(struct atomic_folder *folder, struct error *error);
void atomic_folder_abort(struct atomic_folder *folder); /* NULL is fine */

#endif
