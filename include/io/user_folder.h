/* Folders of the user's: where a program keeps its cache and its configuration. */
#ifndef IO_USER_FOLDER_H
#define IO_USER_FOLDER_H

#include "base/buf.h"

/* Appends "FOLDER/paretop" to path: FOLDER is the variable's value if that is an absolute path
 * (XDG_CACHE_HOME, XDG_CONFIG_HOME), else $HOME/otherwise. STATUS_IO when HOME is not set. Nothing
 * is made. */
enum status user_folder(const char *variable, const char *otherwise, struct buf *path,
                        struct error *error);

#endif
