/* Completion scripts for shells, made from the tables of commands and options. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include <stdbool.h>

/* Prints the script for "bash" or "zsh"; false: no such shell. */
bool completion_print(const char *shell);

#endif
