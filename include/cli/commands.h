/* The functions behind command_table, one a file. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

/* What no command's name stands for: search, or of a run that another process makes, watch. */
int command_default(const struct options *options);

int command_info(const struct options *options);
int command_eval(const struct options *options);
int command_search(const struct options *options);
int command_watch(const struct options *options);
int command_front(const struct options *options);
int command_baselines(const struct options *options);
int command_quantize_front(const struct options *options);
int command_report(const struct options *options);
int command_space(const struct options *options);
int command_verify(const struct options *options);
int command_extract(const struct options *options);
int command_generate(const struct options *options);

#endif
