/* Help and manual, printed from the tables of commands, options and keys. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

void help_short(void);                              /* a bare `paretop`: standard error */
void help_all(void);                                /* --help */
void help_command(const struct command *command);   /* COMMAND --help */
/* Sections of the manual page as mdoc: "commands", "options", "objectives", "keys"; false: no such
 * part. */
bool help_mdoc(const char *part);

#endif
