/* The options of the commands that show a screen. */
#ifndef CLI_SCREEN_H
#define CLI_SCREEN_H

#include "cli/options.h"
#include "ui/ui.h"

/* A screen is wanted, and there is a terminal for it. */
bool screen_wanted(const struct options *options);
/* What the screen is told; log_path is left to the caller. Strings are borrowed. */
struct ui_options screen_options(const struct options *options);
/* "80x24" */
enum status screen_size(const char *text, int *width, int *height, struct error *error);

#endif
