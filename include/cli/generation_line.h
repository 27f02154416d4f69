/* The line of a generation that a headless search, or the watcher of one, prints. */
#ifndef CLI_GENERATION_LINE_H
#define CLI_GENERATION_LINE_H

#include "cli/options.h"
#include "engine/run.h"

/* On standard output, flushed: as text, with --json as an object. */
void print_generation(const struct options *options, const struct run_generation *generation);

#endif
