/* Folders that several accounts write to. */
#ifndef IO_SHARED_FOLDER_H
#define IO_SHARED_FOLDER_H

#include "base/error.h"

/* DIRECTORY/NAME, made if it is absent, for all who may write in DIRECTORY: it has DIRECTORY's
 * permissions whatever the umask, and in it each removes only what is his own (as in /tmp). One
 * made before gets them, too, where it is the caller's. STATUS_INVALID: it is a symbolic link,
 * which is not followed; or no folder. */
enum status shared_folder_make(const char *directory, const char *name, struct error *error);

#endif
