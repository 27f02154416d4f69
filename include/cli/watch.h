/* The screen of a run that another process makes, for the default job. */
#ifndef CLI_WATCH_H
#define CLI_WATCH_H

#include "cli/options.h"

/* `who` makes the run, see rundir_in_use. Returns the exit status. */
int watch_attach(const struct options *options, const char *directory, const char *who);

#endif
