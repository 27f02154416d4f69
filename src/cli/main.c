/* paretop: which command, with which options. */
#include "base/memory.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Stands for the program when no command is named. */
static const struct command no_command = {"paretop", "MODEL | RUN-DIR | COMMAND", "", "", 0, 0,
                                          NULL};

/* A closed standard stream would hand its number to the next file opened. */
static void keep_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDONLY) < 0)
            _exit(EXIT_NO);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *command = command_table; command->name != NULL; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int unknown_word(const char *word)
{
    const char *names[32];
    size_t count = 0;
    for (const struct command *c = command_table; c->name != NULL && count < 32; c++)
        names[count++] = c->name;
    const char *near = nearest_name(word, names, count);
    fprintf(stderr, "paretop: there is no command, model file or run directory \"%.200s\"%s%s%s\n",
            word, near != NULL ? "; did you mean " : "", near != NULL ? near : "",
            near != NULL ? "?" : "; see paretop --help");
    return EXIT_REFUSED;
}

static int run_command(const struct command *command, size_t argc, const char *const *argv)
{
    struct options options;
    struct error error = {0};
    int result;
    enum status status = options_parse(command, argc, argv, &options, &error);
    if (status != STATUS_OK) {
        result = report_failure(status, &error, false);
    } else if (option_given(&options, OPTION_HELP)) {
        command->run != NULL ? help_command(command) : help_all();
        result = EXIT_DONE;
    } else if (option_given(&options, OPTION_VERSION)) {
        puts("paretop " PARETOP_VERSION);
        result = EXIT_DONE;
    } else if (command->run == NULL) {
        help_short();
        result = EXIT_REFUSED;
    } else {
        report_catch_signals();
        result = command->run(&options);
    }
    options_release(&options);
    return report_flush(result);
}

/* argv without the command's name at `first`. */
static int run_named(const struct command *command, size_t first, size_t argc,
                     const char *const *argv)
{
    struct error error = {0};
    const char **rest = memory_new(argc, sizeof *rest, &error);
    if (rest == NULL)
        return report_failure(STATUS_MEMORY, &error, false);
    memcpy(rest, argv, first * sizeof *rest);
    memcpy(rest + first, argv + first + 1, (argc - first - 1) * sizeof *rest);
    int result = run_command(command, argc - 1, rest);
    memory_free(rest);
    return result;
}

static int completion(size_t count, const char *const *words)
{
    if (count == 2 && completion_print(words[1]))
        return report_flush(EXIT_DONE);
    fputs("paretop: --completion takes a shell, bash or zsh, and nothing else\n", stderr);
    return EXIT_REFUSED;
}

int main(int argc, char **argv)
{
    struct stat about;
    keep_standard_files();
    if (argc < 2) {
        help_short();
        return EXIT_REFUSED;
    }
    size_t count = (size_t)argc - 1;
    const char *const *words = (const char *const *)argv + 1;
    if (count == 2 && strcmp(words[0], "--mdoc") == 0 && help_mdoc(words[1]))
        return report_flush(EXIT_DONE);
    if (strcmp(words[0], "--completion") == 0)
        return completion(count, words);
    size_t first = options_first_argument(count, words);
    if (first == count)
        return run_command(&no_command, count, words);
    const struct command *command = find_command(words[first]);
    if (command != NULL)
        return run_named(command, first, count, words);
    command = find_command("search");
    if (command == NULL || stat(words[first], &about) != 0)
        return unknown_word(words[first]);
    struct command default_job = *command;
    default_job.run = command_default;
    return run_command(&default_job, count, words);
}
